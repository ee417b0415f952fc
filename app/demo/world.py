"""What the demo has made so far, as plain facts: ids and names, never database rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from random import Random

from app.demo.plan import DemoClock, Plan, Timeline
from app.domain.access import Actor
from app.domain.sheet_forms import Cell, CellKind, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, Level, Role, SubjectKind
from app.reference.people import PeopleDrawer


def chance(day: date, area: str) -> Random:
    """Chance for one area of the demo of a day: the same every time, and nobody's secret."""
    return Random(f"{day.isoformat()} {area}")  # noqa: S311


@dataclass
class Member:
    """A member of staff with the personal account."""

    key: str
    full_name: str
    role: Role
    title: str
    unit: str  # the unit's code
    subjects: tuple[str, ...] = ()
    team: str = ""
    person_id: int = 0
    account_id: int = 0
    username: str = ""
    actor: Actor | None = None
    address: str = ""


@dataclass(frozen=True)
class Seat:
    """A student in a class or group, with the days of it."""

    student_id: int
    starts_on: date
    ends_on: date | None = None

    def covers(self, day: date) -> bool:
        """True on the days of it."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)


@dataclass
class ClassRoom:
    """A class of one school year."""

    id: int
    name: str
    grade: int
    level: Level
    group_id: int
    circular: str = ""  # of a group of several classes: none
    seats: list[Seat] = field(default_factory=list)
    homeroom: Member | None = None

    def students(self, day: date) -> list[int]:
        """Who sits in it on a day, in the order they came."""
        return [seat.student_id for seat in self.seats if seat.covers(day)]


@dataclass(frozen=True)
class Duty:
    """Who enters which columns of a sheet (empty: all), and from when on."""

    member: Member
    columns: frozenset[str] = frozenset()
    starts_on: date = date.min
    ends_on: date = date.max

    def covers(self, column: str, day: date) -> bool:
        """True when the member enters this column on this day."""
        return self.starts_on <= day <= self.ends_on and (not self.columns or column in self.columns)


@dataclass
class Sheet:
    """A gradebook sheet with those who sit in it and those who enter it."""

    id: int
    name: str  # of the class or group
    subject: str
    kind: SubjectKind
    form: SheetForm
    cells: tuple[Cell, ...]
    year: int  # start of the school year
    term: int
    school: str
    seats: list[Seat]
    duties: list[Duty] = field(default_factory=list)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns with marks, levels or counts, in printed order: all but texts."""
        return tuple(cell.name for cell in self.cells if cell.kind is not CellKind.TEXT)

    @property
    def regular(self) -> list[str]:
        """Its regular columns."""
        return [cell.name for cell in self.cells if cell.name in REGULAR_COLUMNS]

    def at_point(self, point: str) -> tuple[str, ...]:
        """Columns of a primary sheet at midterm or at the end of the term, texts and all."""
        return tuple(cell.name for cell in self.cells if cell.point == point)

    def cell(self, column: str) -> Cell:
        """The cell of a column. StopIteration for none of this sheet."""
        return next(cell for cell in self.cells if cell.name == column)

    def students(self, day: date) -> list[int]:
        """Who sits in it on a day."""
        return [seat.student_id for seat in self.seats if seat.covers(day)]

    def member_for(self, column: str, day: date) -> Member:
        """Who enters the column on a day; the one in charge comes first. LookupError when nobody does."""
        for duty in self.duties:
            if duty.covers(column, day):
                return duty.member
        raise LookupError(f"nobody enters {column} of {self.name} {self.subject} on {day}")


@dataclass
class School:
    """A unit of the demo with its staff; a school also with its classes and sheets by school year."""

    code: str
    id: int
    staff: dict[str, Member] = field(default_factory=dict)
    admin_id: int = 0  # the unit's administration account
    admin_name: str = ""
    classes: dict[tuple[int, str], ClassRoom] = field(default_factory=dict)  # (start year, name)
    groups: dict[tuple[int, str], ClassRoom] = field(
        default_factory=dict
    )  # mixed groups, seated like classes
    retained: set[int] = field(default_factory=set)  # students who repeat the grade of last year
    sheets: dict[tuple[int, int, str, str], Sheet] = field(
        default_factory=dict
    )  # (year, term, name, subject)

    def of_role(self, *roles: Role) -> list[Member]:
        """Staff holding one of the roles, in the order they were filed."""
        return [member for member in self.staff.values() if member.role in roles]

    @property
    def head(self) -> Member:
        """Who heads the unit."""
        return self.of_role(Role.PRINCIPAL, Role.DISTRICT_LEADER, Role.DEPARTMENT_LEADER)[0]

    def sheets_of(self, start_year: int, term: int, names: Iterable[str] = ()) -> list[Sheet]:
        """Sheets of a term, of some classes or all, in the order they were made."""
        wanted = set(names)
        return [
            sheet
            for (year, number, name, _subject), sheet in self.sheets.items()
            if (year, number) == (start_year, term) and (not wanted or name in wanted)
        ]


@dataclass
class World:
    """The whole demo while it is being made."""

    plan: Plan
    clock: DemoClock
    timeline: Timeline
    scale: float
    password_hash: str
    people: PeopleDrawer
    units: dict[str, School] = field(default_factory=dict)
    years: dict[int, int] = field(default_factory=dict)  # start year → id
    subjects: dict[str, int] = field(default_factory=dict)
    parts: dict[tuple[str, str], int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)  # account names
    families: list[tuple[str, str]] = field(default_factory=list)  # account name, whose it is
    counts: dict[str, int] = field(default_factory=dict)

    def rng(self, area: str) -> Random:
        """Chance for one area of the demo, the same for the same day of seeding."""
        return chance(self.plan.day, area)

    def count(self, what: str, by: int = 1) -> None:
        """Add to the figures told at the end."""
        self.counts[what] = self.counts.get(what, 0) + by

    def size(self, full: int) -> int:
        """Students of a class at this scale."""
        return max(5, int(full * self.scale))
