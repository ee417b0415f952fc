"""Invented personal names of a mixed province, in the order of parts of each people.

Every draw comes from a `random.Random` given by the caller, so one seed always gives the same people.
Sex is a code of the list `sex`: "01" Nam, "02" Nữ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from app.domain.names import full_name
from app.reference.resources import read_toml

MALE, FEMALE = "01", "02"
KINH = "01"

PLAIN = "{family} {middle} {given}"


@dataclass(frozen=True, slots=True)
class DrawnName:
    """A name in parts; `full_name_override` is the whole name where it has another order of parts."""

    family: str
    middle: str
    given: str
    full_name_override: str | None = None

    @property
    def full_name(self) -> str:
        """The name as it is written in a book."""
        return full_name(self.family, self.middle, self.given, self.full_name_override)


@dataclass(frozen=True, slots=True)
class Weighted:
    """Values to draw from, each with its weight."""

    values: tuple[str, ...]
    weights: tuple[int, ...]

    @classmethod
    def read(cls, text: str) -> "Weighted":
        """Pool of "name:weight, name, …"; the weight is 1 when left out."""
        pairs = [piece.strip().rpartition(":") for piece in text.split(",")]
        split = [(name, int(weight)) if colon else (weight, 1) for name, colon, weight in pairs]
        return cls(tuple(name for name, _ in split), tuple(weight for _, weight in split))

    def draw(self, rng: Random) -> str:
        """One value, by weight."""
        return rng.choices(self.values, self.weights)[0]

    def draw_apart(self, rng: Random, *taken: str) -> str:
        """One value that shares no word with `taken`, by weight; any value where there is no such."""
        words = {word for name in taken for word in name.split()}
        pairs = zip(self.values, self.weights, strict=True)
        left = [(value, weight) for value, weight in pairs if words.isdisjoint(value.split())]
        if not left:
            return self.draw(rng)
        return rng.choices([value for value, _ in left], [weight for _, weight in left])[0]


_NOTHING = Weighted(("",), (1,))


@dataclass(frozen=True, slots=True)
class _Pool:
    """Names of one sex and generation; `first` doubles a middle name in `double` of 100 draws."""

    middle: Weighted
    given: Weighted
    first: Weighted = _NOTHING
    double: int = 0


@dataclass(frozen=True, slots=True)
class NameGroup:
    """How one people is named. `mother_line` says that a child bears the mother's family name."""

    share: int
    mother_line: bool
    families: Mapping[str, Weighted]
    forms: Mapping[str, str]
    pools: Mapping[tuple[str, bool], _Pool] = field(repr=False)


def _pool(table: Mapping[str, Any], sex: str, suffix: str) -> _Pool:
    middle = table.get(f"{sex}_middle{suffix}")
    first = table.get(f"{sex}_first{suffix}")
    return _Pool(
        Weighted.read(middle) if middle else _NOTHING,
        Weighted.read(table[f"{sex}_given{suffix}"]),
        Weighted.read(first) if first else _NOTHING,
        int(table.get("double", 0)) if first else 0,
    )


def _pools(table: Mapping[str, Any]) -> dict[tuple[str, bool], _Pool]:
    """Pools by (sex, adult); a group without names of its own for adults uses one pool for both."""
    pools = {}
    for sex, word in ((MALE, "male"), (FEMALE, "female")):
        pools[sex, False] = _pool(table, word, "")
        pools[sex, True] = _pool(table, word, "_adult" if f"{word}_given_adult" in table else "")
    return pools


def _group(table: Mapping[str, Any], all_tables: Mapping[str, Any]) -> NameGroup:
    source = all_tables[table["borrows"]] if "borrows" in table else table
    words = {MALE: "male", FEMALE: "female"}
    return NameGroup(
        share=int(table["share"]),
        mother_line=table.get("lineage") == "mother",
        families={s: Weighted.read(table.get(f"{w}_family") or table["family"]) for s, w in words.items()},
        forms={s: str(table.get(f"{w}_form", PLAIN)) for s, w in words.items()},
        pools=_pools(source),
    )


_DATA = read_toml("names.toml")
_AVOID = frozenset(_DATA["avoid"])

GROUPS: dict[str, NameGroup] = {
    code: _group(table, _DATA["groups"]) for code, table in _DATA["groups"].items()
}
"""Peoples of the province by ethnicity code."""


def group_of(ethnic_code: str) -> NameGroup:
    """Naming of a people; one without names of its own here is named as the Kinh are."""
    return GROUPS.get(ethnic_code, GROUPS[KINH])


def draw_ethnicity(rng: Random, kinh_extra: int = 0) -> str:
    """Ethnicity code by the shares of the province; `kinh_extra` raises that of the Kinh (staff, a town)."""
    shares = [group.share + (kinh_extra if code == KINH else 0) for code, group in GROUPS.items()]
    return rng.choices(list(GROUPS), shares)[0]


def draw_family(rng: Random, ethnic_code: str, sex: str, unlike: str = "") -> str:
    """A family name unlike `unlike`, or the word for the sex where a people has none (A Thuih, Y Byen)."""
    return group_of(ethnic_code).families[sex].draw_apart(rng, unlike)


def build_name(ethnic_code: str, sex: str, family: str, middle: str, given: str) -> DrawnName:
    """The name of these parts in the order its people write it."""
    form = group_of(ethnic_code).forms[sex]
    if form == PLAIN:
        return DrawnName(family, middle, given)
    written = form.format(family=family, middle=middle, given=given)
    # the word for the sex ("Y", "H'") stands where others have a middle name
    mark = form.replace("{family}", "").split("{given}")[0].strip()
    return DrawnName(family, middle if mark == family else mark, given, " ".join(written.split()))


def _draw_middle(rng: Random, pool: _Pool, family: str, given: str) -> str:
    middle = pool.middle.draw_apart(rng, given, family)
    if pool.double and rng.randrange(100) < pool.double:
        return f"{pool.first.draw_apart(rng, middle, given, family)} {middle}"
    return middle


def draw_person(
    rng: Random,
    ethnic_code: str,
    sex: str,
    *,
    adult: bool = False,
    family: str | None = None,
    unlike: str = "",
) -> DrawnName:
    """A name for a person of this people and sex. ValueError for an unknown sex.

    `adult` draws names of the parents' generation, `family` fixes the family name, `unlike` is a given
    name to stay away from.
    """
    if sex not in (MALE, FEMALE):
        raise ValueError(f"no sex {sex!r}")
    pool = group_of(ethnic_code).pools[sex, adult]
    while True:
        own = family or draw_family(rng, ethnic_code, sex)
        given = pool.given.draw_apart(rng, own, unlike)
        name = build_name(ethnic_code, sex, own, _draw_middle(rng, pool, own, given), given)
        if name.full_name not in _AVOID:
            return name


def draw_twin(rng: Random, elder: DrawnName, ethnic_code: str, elder_sex: str, sex: str) -> DrawnName:
    """The name of a twin: same family, the same middle name when the sex is the same, another given name."""
    if sex != elder_sex:
        return draw_person(rng, ethnic_code, sex, family=shared_family(elder, ethnic_code, sex))
    given_pool = group_of(ethnic_code).pools[sex, False].given
    taken = {elder.given, *elder.middle.split()}
    alike = [g for g in given_pool.values if g[0] == elder.given[0] and g not in taken]
    given = rng.choice(alike) if alike else given_pool.draw_apart(rng, elder.given, elder.middle)
    name = build_name(ethnic_code, sex, elder.family, elder.middle, given)
    return replace(name, middle=elder.middle)


def shared_family(elder: DrawnName, ethnic_code: str, sex: str) -> str | None:
    """Family name a relative of the given sex shares; none where the first word of a name tells the sex."""
    return elder.family if elder.family in group_of(ethnic_code).families[sex].values else None
