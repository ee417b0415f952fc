"""Invented pupils, parents and staff of the demonstration province, repeatable from one seed.

Nothing here can be a real person's: telephone numbers lie in the 0900 0x block, personal numbers carry
the province part 099 and the Ministry's codes begin with 99, none of which is given out.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from app.reference.people_names import (
    FEMALE,
    KINH,
    MALE,
    DrawnName,
    Weighted,
    draw_ethnicity,
    draw_family,
    draw_person,
    draw_twin,
    group_of,
    shared_family,
)
from app.reference.resources import read_toml

_PLACES: dict[str, Any] = read_toml("places.toml")
_JOBS = {kind: Weighted.read(text) for kind, text in _PLACES["jobs"].items()}
_AWAY = Weighted.read(_PLACES["births"]["away"])
_QUALIFICATIONS = Weighted.read(_PLACES["qualifications"]["codes"])
_RELIGIONS = Weighted.read(_PLACES["religions"]["codes"])
_POLICIES = Weighted.read(_PLACES["policies"]["codes"])
_HAMLET_WORDS: dict[str, str] = _PLACES["hamlet_words"]

PROVINCE: str = _PLACES["province"]
"""Name of the invented province."""

COMMUNES: dict[str, tuple[str, ...]] = {
    commune["name"]: tuple(hamlet.strip() for hamlet in commune["hamlets"].split(","))
    for commune in _PLACES["communes"]
}
"""Hamlets (thôn, buôn, tổ dân phố) of each commune."""


@dataclass(frozen=True, slots=True)
class DrawnAddress:
    """Where someone lives; there is no district level since 01/07/2025."""

    hamlet: str
    commune: str
    province: str = PROVINCE

    def __str__(self) -> str:
        return f"{self.hamlet}, {self.commune}, {self.province}"


@dataclass(frozen=True, slots=True)
class DrawnParent:
    """A parent or guardian; `relation` is a code of the list `relation`."""

    relation: str
    name: DrawnName
    birth_year: int
    job: str
    phone: str
    personal_id: str


@dataclass(frozen=True, slots=True)
class DrawnStudent:
    """A pupil with the family. Codes are those of the lists ethnicity, sex, religion and policy."""

    name: DrawnName
    ethnic_code: str
    sex: str
    birth_date: date
    birthplace: str
    address: DrawnAddress
    personal_id: str
    moet_code: str
    religion_code: str
    policy_code: str | None
    parents: tuple[DrawnParent, ...]
    twin_of: int | None = None  # index of the elder twin in the same cohort


@dataclass(frozen=True, slots=True)
class DrawnStaff:
    """A member of staff. `qualification_code` is a code of the list `qualification`."""

    name: DrawnName
    ethnic_code: str
    sex: str
    birth_date: date
    birthplace: str
    address: DrawnAddress
    phone: str
    personal_id: str
    moet_code: str
    qualification_code: str


@dataclass(frozen=True, slots=True)
class _Household:
    address: DrawnAddress
    religion_code: str
    policy_code: str | None
    parents: tuple[DrawnParent, ...]


def draw_address(rng: Random, ethnic_code: str = KINH, commune: str | None = None) -> DrawnAddress:
    """A hamlet where people of this ethnicity live, in `commune` or in any."""
    chosen = commune or rng.choice(list(COMMUNES))
    hamlets = COMMUNES[chosen]
    word = _HAMLET_WORDS.get(ethnic_code)
    own = [hamlet for hamlet in hamlets if hamlet.startswith(word)] if word else []
    mixed = [hamlet for hamlet in hamlets if not hamlet.startswith(tuple(_HAMLET_WORDS.values()))]
    return DrawnAddress(rng.choice(own or mixed or list(hamlets)), chosen)


def draw_birth_date(rng: Random, year: int) -> date:
    """Any day of `year`."""
    return date(year, 1, 1) + timedelta(days=rng.randrange(365))


class PeopleDrawer:
    """Draws people from `rng` and never gives the same telephone number, personal number or code twice."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._given: set[str] = set()

    def _unused(self, prefix: str, digits: int) -> str:
        while True:
            number = f"{prefix}{self.rng.randrange(10**digits):0{digits}d}"
            if number not in self._given:
                self._given.add(number)
                return number

    def phone(self) -> str:
        """A telephone number of 10 digits."""
        return self._unused("09000", 5)

    def personal_id(self, sex: str, birth_year: int) -> str:
        """A personal number of 12 digits: province, sex with century, year of birth, six digits."""
        century_and_sex = (birth_year - 1900) // 100 * 2 + (sex == FEMALE)
        return self._unused(f"099{century_and_sex}{birth_year % 100:02d}", 6)

    def moet_code(self) -> str:
        """A code of the sector database, 10 digits."""
        return self._unused("99", 8)

    def _adult(
        self, relation: str, sex: str, ethnic_code: str, family: str | None, year: int, child: DrawnName
    ) -> DrawnParent:
        # nobody names a child after its own father, mother or grandparent
        name = draw_person(self.rng, ethnic_code, sex, adult=True, family=family, unlike=child.given)
        old = relation == "guardian"
        job = self.rng.choice(("Làm nông", "Già yếu")) if old else _JOBS[relation].draw(self.rng)
        return DrawnParent(relation, name, year, job, self.phone(), self.personal_id(sex, year))

    def _grandparent(self, child: DrawnName, ethnic_code: str, child_year: int) -> DrawnParent:
        """A guardian: the grandmother or grandfather the child lives with."""
        sex = self.rng.choice((MALE, FEMALE))
        giver = FEMALE if group_of(ethnic_code).mother_line else MALE
        family = shared_family(child, ethnic_code, sex) if sex == giver else None
        year = child_year - self.rng.randint(48, 62)
        return self._adult("guardian", sex, ethnic_code, family, year, child)

    def _couple(self, child: DrawnName, ethnic_code: str, child_year: int) -> tuple[DrawnParent, DrawnParent]:
        """Father and mother; the one the child has its family name from is of the child's people."""
        giver, other = (FEMALE, MALE) if group_of(ethnic_code).mother_line else (MALE, FEMALE)
        people = {giver: ethnic_code, other: KINH if self.rng.randrange(100) < 6 else ethnic_code}
        # outside the Kinh, with their few family names, one does not marry into one's own family
        apart = "" if ethnic_code == KINH else child.family
        family = {
            giver: shared_family(child, ethnic_code, giver),
            other: draw_family(self.rng, people[other], other, apart),
        }
        born = child_year - self.rng.randint(20, 37)
        father = self._adult("father", MALE, people[MALE], family[MALE], born - self.rng.randint(0, 7), child)
        return father, self._adult("mother", FEMALE, people[FEMALE], family[FEMALE], born, child)

    def _parents(self, child: DrawnName, ethnic_code: str, child_year: int) -> tuple[DrawnParent, ...]:
        """Mostly both parents; now and then one alone, or a grandparent as guardian."""
        draw = self.rng.randrange(100)
        if draw < 3:
            return (self._grandparent(child, ethnic_code, child_year),)
        father, mother = self._couple(child, ethnic_code, child_year)
        if draw < 8:
            return (mother,)
        return (father,) if draw < 9 else (father, mother)

    def _household(self, child: DrawnName, ethnic_code: str, year: int, commune: str | None) -> _Household:
        poor = self.rng.randrange(100) < (8 if ethnic_code == KINH else 26)
        parents = self._parents(child, ethnic_code, year)
        return _Household(
            address=draw_address(self.rng, ethnic_code, commune),
            religion_code=_RELIGIONS.draw(self.rng),
            policy_code=_POLICIES.draw_apart(self.rng, *_barred(ethnic_code, parents)) if poor else None,
            parents=parents,
        )

    def _birthplace(self, away: int, home: DrawnAddress) -> str:
        """Birthplace as a file names it; `away` of 100 were born in another province, most others at home."""
        if self.rng.randrange(100) < away:
            return _AWAY.draw(self.rng)
        commune = home.commune if self.rng.randrange(100) < 75 else self.rng.choice(list(COMMUNES))
        return f"{commune}, {home.province}"

    def _assemble(
        self, name: DrawnName, ethnic_code: str, sex: str, born: date, house: _Household, place: str
    ) -> DrawnStudent:
        return DrawnStudent(
            name=name,
            ethnic_code=ethnic_code,
            sex=sex,
            birth_date=born,
            birthplace=place,
            address=house.address,
            personal_id=self.personal_id(sex, born.year),
            moet_code=self.moet_code(),
            religion_code=house.religion_code,
            policy_code=house.policy_code,
            parents=house.parents,
        )

    def student(self, birth_year: int, commune: str | None = None) -> DrawnStudent:
        """A pupil born in `birth_year`, with parents or a guardian, living in `commune` or anywhere."""
        ethnic_code = draw_ethnicity(self.rng)
        sex = self.rng.choices((MALE, FEMALE), (51, 49))[0]
        name = draw_person(self.rng, ethnic_code, sex)
        born = draw_birth_date(self.rng, birth_year)
        house = self._household(name, ethnic_code, birth_year, commune)
        return self._assemble(name, ethnic_code, sex, born, house, self._birthplace(14, house.address))

    def twin(self, elder: DrawnStudent) -> DrawnStudent:
        """The twin of `elder`: same day, birthplace, home and parents."""
        sex = elder.sex if self.rng.randrange(100) < 66 else self.rng.choice((MALE, FEMALE))
        name = draw_twin(self.rng, elder.name, elder.ethnic_code, elder.sex, sex)
        house = _Household(elder.address, elder.religion_code, elder.policy_code, elder.parents)
        return self._assemble(name, elder.ethnic_code, sex, elder.birth_date, house, elder.birthplace)

    def namesake(self, other: DrawnStudent, commune: str | None = None) -> DrawnStudent:
        """A pupil of another family with the same full name as `other`."""
        born = draw_birth_date(self.rng, other.birth_date.year)
        house = self._household(other.name, other.ethnic_code, born.year, commune)
        return self._assemble(
            other.name, other.ethnic_code, other.sex, born, house, self._birthplace(14, house.address)
        )

    def cohort(self, size: int, birth_year: int, commune: str | None = None) -> tuple[DrawnStudent, ...]:
        """`size` pupils of one grade: most born in `birth_year`, some a year before.

        About one birth in 120 is of twins; a cohort of 60 or more always has a pair of twins, one of 100
        or more also two pupils of one name.
        """
        people: list[DrawnStudent] = []
        while len(people) < size:
            year = birth_year - (self.rng.randrange(100) < 6)
            people.append(self.student(year, commune))
            room = len(people) < size
            if room and (self.rng.randrange(120) == 0 or (size >= 60 and len(people) == size // 2)):
                people.append(replace(self.twin(people[-1]), twin_of=len(people) - 1))
        if size >= 100:
            self._add_namesake(people, commune)
        return tuple(people)

    def _add_namesake(self, people: list[DrawnStudent], commune: str | None) -> None:
        """Give one pupil, no twin, the name of another, unless two already share one."""
        if len({person.name.full_name for person in people}) < len(people):
            return
        elders = {person.twin_of for person in people}
        alone = [i for i, person in enumerate(people) if person.twin_of is None and i not in elders]
        kept, changed = self.rng.sample(alone, 2)
        people[changed] = self.namesake(people[kept], commune)

    def staff(self, today_year: int, commune: str | None = None) -> DrawnStaff:
        """A member of staff between 24 and 58 years old in `today_year`."""
        ethnic_code = draw_ethnicity(self.rng, kinh_extra=9000)
        sex = self.rng.choices((MALE, FEMALE), (34, 66))[0]
        born = draw_birth_date(self.rng, today_year - self.rng.randint(24, 58))
        address = draw_address(self.rng, ethnic_code, commune)
        return DrawnStaff(
            name=draw_person(self.rng, ethnic_code, sex, adult=True),
            ethnic_code=ethnic_code,
            sex=sex,
            birth_date=born,
            birthplace=self._birthplace(62, address),
            address=address,
            phone=self.phone(),
            personal_id=self.personal_id(sex, born.year),
            moet_code=self.moet_code(),
            qualification_code=_QUALIFICATIONS.draw(self.rng),
        )


def _barred(ethnic_code: str, parents: tuple[DrawnParent, ...]) -> tuple[str, ...]:
    """Policy codes that would contradict the rest of the file: 05 orphan of both, 11 small people."""
    orphan = parents[0].relation == "guardian"
    return (*(() if orphan else ("05",)), *(("11",) if ethnic_code == KINH else ()))
