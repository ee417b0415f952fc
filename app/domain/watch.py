"""What is worth a second look in the changes of a book: prompts for people, never verdicts (needs A1, A2, 7.13).

Every rule takes plain facts and thresholds and reads no clock. A change is a cell that held a value and got another, or
none; first entries are none. Marks alone have a direction.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, TypeVar

from app.domain.locks import VN_TIME
from app.domain.vocabulary import N_

NOT_A_RULE: Final = N_(
    "Write the numbers in the order and within the limits shown beside the field, as in 12/10/5."
)


class Pattern(StrEnum):
    """What caught the eye."""

    BURST = "burst"  # nhiều ô bị sửa trong ít phút
    DRIFT = "drift"  # phần lớn các lần sửa theo một chiều
    ONE_STUDENT = "one_student"  # nhiều điểm của một học sinh được nâng
    NIGHT = "night"  # sửa điểm ban đêm
    REOPENED = "reopened"  # mở lại sổ, gia hạn nhiều lần
    RATE = "rate"  # tỉ lệ sửa điểm cao
    TWO_PLACES = "two_places"  # một tài khoản dùng ở hai nơi cùng lúc
    ONE_ADDRESS = "one_address"  # nhiều tài khoản từ một địa chỉ trên cùng một đề nghị điều chỉnh


@dataclass(frozen=True)
class Thresholds:
    """From where on something is worth a look: the usual values, which the policies of the tiers change."""

    burst_cells: int = 12
    burst_minutes: int = 10
    burst_posted: int = 5  # instead of burst_cells, once the marks were shown to families
    drift_cells: int = 8
    drift_percent: int = 80  # of the changed marks in one direction
    student_cells: int = 3
    student_points: Decimal = Decimal(4)
    night_from: int = 22  # o'clock in Vietnam
    night_to: int = 5
    night_cells: int = 3  # in one night
    reopenings: int = 3
    rate_percent: int = 5  # cells changed of cells entered
    rate_cells: int = 10


USUAL: Final = Thresholds()


@dataclass(frozen=True)
class Part:
    """One number of a rule: its field of Thresholds, its range, and whether the higher value is the stricter one."""

    field: str
    least: int
    most: int
    rises: bool = False

    def stricter(self, values: Iterable[int]) -> int:
        """The strictest of these."""
        return max(values) if self.rises else min(values)


RULES: Final[Mapping[Pattern, tuple[Part, ...]]] = {
    Pattern.BURST: (
        Part("burst_cells", 2, 200),
        Part("burst_minutes", 1, 120, rises=True),
        Part("burst_posted", 1, 200),
    ),
    Pattern.DRIFT: (Part("drift_cells", 3, 500), Part("drift_percent", 51, 100)),
    Pattern.ONE_STUDENT: (Part("student_cells", 2, 50), Part("student_points", 1, 100)),
    Pattern.NIGHT: (
        Part("night_from", 18, 23),
        Part("night_to", 1, 7, rises=True),
        Part("night_cells", 1, 200),
    ),
    Pattern.REOPENED: (Part("reopenings", 1, 100),),
    Pattern.RATE: (Part("rate_cells", 1, 500), Part("rate_percent", 1, 100)),
}
"""The numbers of each rule a unit may set, in the order they are written: 12/10/5."""


def read_rule(pattern: Pattern, text: str) -> tuple[int, ...]:
    """The numbers of a written rule. ValueError where it isn't one."""
    words = [word.strip() for word in text.split("/")]
    parts = RULES[pattern]
    if len(words) != len(parts) or not all(word.isascii() and word.isdigit() for word in words):
        raise ValueError(NOT_A_RULE)
    numbers = tuple(map(int, words))
    if not all(part.least <= number <= part.most for part, number in zip(parts, numbers, strict=True)):
        raise ValueError(NOT_A_RULE)
    return numbers


def write_rule(numbers: Iterable[Any]) -> str:
    """As it is stored and typed."""
    return "/".join(map(str, numbers))


def usual_rule(pattern: Pattern) -> str:
    """What holds where nobody has set anything."""
    return write_rule(getattr(USUAL, part.field) for part in RULES[pattern])


def strictest_rule(pattern: Pattern, rules: Iterable[str]) -> str:
    """Of several rules the strictest number in each place."""
    columns = zip(*(read_rule(pattern, rule) for rule in rules), strict=True)
    return write_rule(part.stricter(column) for part, column in zip(RULES[pattern], columns, strict=True))


def thresholds_of(rules: Mapping[Pattern, str]) -> Thresholds:
    """The thresholds of written rules; the usual ones where there is none."""
    values: dict[str, Any] = {}
    for pattern, text in rules.items():
        numbers = zip(RULES[pattern], read_rule(pattern, text), strict=True)
        values |= {part.field: number for part, number in numbers}
    if "student_points" in values:
        values["student_points"] = Decimal(values["student_points"])
    return replace(USUAL, **values)


MANY_ACCOUNTS: Final = 3
AT_ONE_SITTING: Final = timedelta(hours=1)
"""From so many accounts on one request, at one address within that time: a whole school sits behind one address."""

Row = TypeVar("Row", "Edit", "SignIn", "SeatTaken")


@dataclass(frozen=True, slots=True)
class Edit:
    """One cell changed after it had held a value; `posted`: families had been shown it."""

    unit_id: int
    person_id: int | None
    person: str
    sheet_id: int
    place: str
    student_id: int
    student: str
    column: str
    at: datetime
    old: Any
    new: Any
    posted: bool = False

    @property
    def begins(self) -> datetime:
        """Where it stands among others."""
        return self.at

    @property
    def delta(self) -> Decimal:
        """By how much a mark rose or fell; 0 for what has no size."""
        if isinstance(self.old, Decimal) and isinstance(self.new, Decimal):
            return self.new - self.old
        return Decimal(0)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to look at: whose, from when to when, and the figures it rests on."""

    pattern: Pattern
    unit_id: int
    person_id: int | None
    person: str
    first: datetime
    last: datetime
    cells: int = 0
    up: int = 0
    down: int = 0
    total: Decimal = Decimal(0)
    posted: int = 0
    places: tuple[str, ...] = ()
    about: str = ""  # the student, or the two addresses
    student_id: int | None = None
    percent: int = 0
    request_id: int | None = None  # the correction it is about


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in and how long it was in use."""

    unit_id: int
    person_id: int | None
    person: str
    account_id: int
    address: str
    since: datetime
    until: datetime

    @property
    def begins(self) -> datetime:
        """Where it stands among others."""
        return self.since


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """A step of a correction, and from where it was taken."""

    unit_id: int
    request_id: int
    request: str
    account_id: int
    person: str
    address: str
    at: datetime

    @property
    def begins(self) -> datetime:
        """Where it stands among others."""
        return self.at


def bursts(edits: Iterable[Edit], rule: Thresholds = USUAL) -> list[Prompt]:
    """Many cells of one person within minutes; after posting, fewer are enough."""

    def enough(run: Sequence[Edit]) -> bool:
        return len(run) >= rule.burst_cells or sum(edit.posted for edit in run) >= rule.burst_posted

    span = timedelta(minutes=rule.burst_minutes)
    return [_prompt(Pattern.BURST, run) for mine in _by_person(edits) for run in _runs(mine, span, enough)]


def drifts(edits: Iterable[Edit], rule: Thresholds = USUAL) -> list[Prompt]:
    """One person's changes of marks, nearly all in one direction."""
    found = []
    for mine in _by_person(edits):
        sized = [edit for edit in mine if edit.delta]
        up = sum(edit.delta > 0 for edit in sized)
        most = max(up, len(sized) - up)
        if len(sized) >= rule.drift_cells and most * 100 >= len(sized) * rule.drift_percent:
            found.append(_prompt(Pattern.DRIFT, sized))
    return found


def raised_students(edits: Iterable[Edit], rule: Thresholds = USUAL) -> list[Prompt]:
    """Several marks of one student raised, whoever did it: the sum counts."""
    found = []
    for mine in _grouped(edits, lambda edit: (edit.unit_id, edit.student_id)):
        raised = [edit for edit in mine if edit.delta > 0]
        if len(raised) >= rule.student_cells and sum(e.delta for e in mine) >= rule.student_points:
            found.append(_prompt(Pattern.ONE_STUDENT, raised, about=raised[0].student))
    return found


def nights(edits: Iterable[Edit], rule: Thresholds = USUAL) -> list[Prompt]:
    """Cells one person changed in one night, by Vietnamese time."""
    at_night = [edit for edit in edits if _is_night(edit.at, rule)]
    span = timedelta(hours=24 - rule.night_from + rule.night_to)
    return [
        _prompt(Pattern.NIGHT, run)
        for mine in _by_person(at_night)
        for run in _runs(mine, span, lambda run: len(run) >= rule.night_cells)
    ]


def rates(edits: Iterable[Edit], entered: dict[int, int], rule: Thresholds = USUAL) -> list[Prompt]:
    """Who has changed many of the cells entered; `entered`: cells first filled in, by person."""
    found = []
    for mine in _by_person(edits):
        total = entered.get(mine[0].person_id or 0, 0)
        percent = 100 * len(mine) // total if total else 100
        if len(mine) >= rule.rate_cells and percent >= rule.rate_percent:
            found.append(_prompt(Pattern.RATE, mine, percent=percent))
    return found


def two_places(sign_ins: Iterable[SignIn]) -> list[Prompt]:
    """One account in use at two addresses at the same time: one prompt for each pair of addresses."""
    found: dict[tuple[int, frozenset[str]], Prompt] = {}
    for mine in _grouped(sign_ins, lambda sign_in: sign_in.account_id):
        for number, one in enumerate(mine):
            for other in mine[number + 1 :]:
                if one.address != other.address and one.since < other.until and other.since < one.until:
                    key = (one.account_id, frozenset((one.address, other.address)))
                    found[key] = _overlap(one, other, found.get(key))
    return list(found.values())


def one_address(steps: Iterable[SeatTaken]) -> list[Prompt]:
    """Several accounts that acted on one request from one address at one sitting: one prompt for each request."""
    found = []
    for mine in _grouped(steps, lambda step: (step.request_id, step.address)):
        for number, first in enumerate(mine):
            run = [step for step in mine[number:] if step.at - first.at <= AT_ONE_SITTING]
            people = {step.account_id: step.person for step in run}
            if len(people) >= MANY_ACCOUNTS:
                found.append(_sitting(run, sorted(people.values())))
                break
    return found


def _sitting(run: Sequence[SeatTaken], people: Sequence[str]) -> Prompt:
    return Prompt(
        pattern=Pattern.ONE_ADDRESS,
        unit_id=run[0].unit_id,
        person_id=None,
        person=", ".join(people),
        first=run[0].at,
        last=run[-1].at,
        cells=len(people),
        about=f"{run[0].request} · {run[0].address}",
        request_id=run[0].request_id,
    )


def _overlap(one: SignIn, other: SignIn, known: Prompt | None) -> Prompt:
    first, last = max(one.since, other.since), min(one.until, other.until)
    return Prompt(
        pattern=Pattern.TWO_PLACES,
        unit_id=one.unit_id,
        person_id=one.person_id,
        person=one.person,
        first=min(first, known.first) if known else first,
        last=max(last, known.last) if known else last,
        cells=known.cells + 1 if known else 1,
        about=" · ".join(sorted({one.address, other.address})),
    )


def _is_night(moment: datetime, rule: Thresholds) -> bool:
    hour = moment.astimezone(VN_TIME).hour
    return hour >= rule.night_from or hour < rule.night_to


def _by_person(edits: Iterable[Edit]) -> Iterator[list[Edit]]:
    return _grouped(edits, lambda edit: (edit.unit_id, edit.person_id))


def _grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> Iterator[list[Row]]:
    found: dict[Hashable, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    for mine in found.values():
        yield sorted(mine, key=lambda row: row.begins)


def _runs(
    edits: Sequence[Edit], span: timedelta, enough: Callable[[Sequence[Edit]], bool]
) -> Iterator[Sequence[Edit]]:
    """Stretches of one person's edits no longer than `span` that are enough; none is told twice."""
    start = 0
    while start < len(edits):
        end = start
        while end < len(edits) and edits[end].at - edits[start].at <= span:
            end += 1
        if enough(edits[start:end]):
            yield edits[start:end]
            start = end
        else:
            start += 1


def _prompt(pattern: Pattern, edits: Sequence[Edit], *, about: str = "", percent: int = 0) -> Prompt:
    ordered = sorted(edits, key=lambda edit: edit.at)
    people = {edit.person_id: edit.person for edit in ordered}
    places = [place for place, _same in groupby(sorted(edit.place for edit in ordered))]
    return Prompt(
        pattern=pattern,
        unit_id=ordered[0].unit_id,
        person_id=ordered[0].person_id if len(people) == 1 else None,
        person=", ".join(sorted(people.values())),
        first=ordered[0].at,
        last=ordered[-1].at,
        cells=len(ordered),
        up=sum(edit.delta > 0 for edit in ordered),
        down=sum(edit.delta < 0 for edit in ordered),
        total=sum((edit.delta for edit in ordered), Decimal(0)),
        posted=sum(edit.posted for edit in ordered),
        places=tuple(places),
        about=about,
        student_id=ordered[0].student_id if pattern is Pattern.ONE_STUDENT else None,
        percent=percent,
    )
