"""What the open formats hold: the gradebook of a class in a term, and the school record of one student.

Everything is as the record has it, nothing is worked out here. Students are named by `key`: their code of the Ministry,
else one of the file's own (`local-…`). The schema is `hocvu-records-1.0.xsd`; a record that gains a field gets a new one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from app.exchange.codec import data
from app.exchange.values import KINDS

VERSION: Final = "1.0"
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class School:
    """A school or centre, with the unit above it and the province's department."""

    TAGS: ClassVar[Names] = ("school",)
    code: str
    name: str
    authority: str
    department: str


@dataclass(frozen=True, slots=True)
class Parent:
    """Father, mother or guardian."""

    TAGS: ClassVar[Names] = ("guardian",)
    relation: str
    name: str
    birth_year: int | None
    job: str | None
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Pupil:
    """A student's personal sheet (sơ yếu lí lịch), with the codes of the Ministry's lists."""

    TAGS: ClassVar[Names] = ("student",)
    key: str
    name: str
    family_name: str
    middle_name: str
    given_name: str
    birth_date: date
    sex: str
    ethnicity: str
    nationality: str
    student_code: str | None
    national_id: str | None
    register_no: str | None
    religion: str | None
    birthplace: str | None
    hometown: str | None
    address: str | None
    phone: str | None
    policy: str | None
    disability: str | None
    guardians: tuple[Parent, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A student's time in the class."""

    TAGS: ClassVar[Names] = ("place",)
    student: str
    name: str
    birth_date: date
    number: int | None
    status: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Teacher:
    """Who teaches a subject to a group on the day of the file; `part`: Vật lí, Hóa học, …"""

    TAGS: ClassVar[Names] = ("teacher",)
    name: str
    in_charge: bool
    part: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the element is named by what it holds (mark, passing, level, …); `state` of a periodic test."""

    TAGS: ClassVar[Names] = KINDS
    column: str
    state: str | None
    kind: str = data(tag=True)
    value: str = data(text=True)


@dataclass(frozen=True, slots=True)
class Row:
    """A student's line on a sheet; `carried`: it came along from another class or school."""

    TAGS: ClassVar[Names] = ("row",)
    student: str
    carried: bool
    average: str | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A subject in a term with its lines; blank lines are left out. In a student's record only the student's line."""

    TAGS: ClassVar[Names] = ("sheet",)
    term: int
    subject: str
    name: str
    group: str
    form: str
    circular: str
    revision: int
    teachers: tuple[Teacher, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Exemption:
    """The head's decision that exempts a student (TT 22/2021 Điều 10, TT 58/2011 Điều 12); no term: the whole year."""

    TAGS: ClassVar[Names] = ("exemption",)
    student: str
    subject: str
    term: int | None
    number: str
    decided_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class SubjectYear:
    """A student's year in a subject: term results, the year's, the retest's."""

    TAGS: ClassVar[Names] = ("subjectYear",)
    student: str
    subject: str
    name: str
    circular: str
    term_1: str | None
    term_2: str | None
    average: str | None
    retest: str | None
    retest_level: str | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a term (1, 2) or the year (0) came to, by which circular in which version of its rules."""

    TAGS: ClassVar[Names] = ("result",)
    student: str
    period: int
    circular: str
    version: str
    learning: str | None
    learning_after: str | None
    training: str | None
    average: str | None
    title: str | None
    outcome: str | None
    class_rank: int | None
    absences: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What people decided of a student's year, with reasons."""

    TAGS: ClassVar[Names] = ("decision",)
    student: str
    training_year: str | None
    training_after: str | None
    head: str | None
    head_reason: str | None
    outstanding: str | None
    recognised: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A teacher's remark of a student, or of the class."""

    TAGS: ClassVar[Names] = ("remark",)
    student: str | None
    kind: str
    period: str
    subject: str | None
    area: str | None
    reached: bool | None
    text: str = data(text=True)


@dataclass(frozen=True, slots=True)
class AttendanceMonth:
    """What a student missed in a month, by day: "3P 17-K"; sessions with leave (P) and without (K)."""

    TAGS: ClassVar[Names] = ("attendance",)
    student: str
    month: str
    excused: int
    unexcused: int
    days: str = data(text=True)


@dataclass(frozen=True, slots=True)
class Gradebook:
    """The book of a class in a term (S2 Điều 2 khoản 2): students, every sheet, exemptions, remarks, results."""

    TAGS: ClassVar[Names] = ("gradebook",)
    version: str
    school_year: str
    term: int
    class_name: str
    grade: int
    level: str
    circular: str
    homeroom: str
    head: str
    taken_at: datetime
    school: School
    places: tuple[Place, ...]
    sheets: tuple[Sheet, ...]
    exemptions: tuple[Exemption, ...]
    subject_years: tuple[SubjectYear, ...]
    results: tuple[Result, ...]
    remarks: tuple[Remark, ...]
    attendance: tuple[AttendanceMonth, ...] = ()


@dataclass(frozen=True, slots=True)
class StudentYear:
    """A school year in a student's record (học bạ): class, people, subjects, results, decisions."""

    TAGS: ClassVar[Names] = ("year",)
    school_year: str
    class_name: str
    grade: int
    level: str
    circular: str
    homeroom: str
    head: str
    status: str
    starts_on: date
    ends_on: date | None
    school: School
    sheets: tuple[Sheet, ...]
    exemptions: tuple[Exemption, ...]
    subject_years: tuple[SubjectYear, ...]
    results: tuple[Result, ...]
    decisions: tuple[Decision, ...]
    remarks: tuple[Remark, ...]
    attendance: tuple[AttendanceMonth, ...] = ()


@dataclass(frozen=True, slots=True)
class StudentRecord:
    """A student's school record: the personal sheet and every year at the school that gives it."""

    TAGS: ClassVar[Names] = ("studentRecord",)
    version: str
    taken_at: datetime
    school: School
    student: Pupil
    years: tuple[StudentYear, ...]
