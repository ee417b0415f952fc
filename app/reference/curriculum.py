"""Subjects and yearly lessons of the general programme of 2018 and of the programme of 2006 it replaced.

Lesson counts are starting values: a school edits them per year (assessment facts F2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.domain.vocabulary import Level, SubjectKind
from app.reference.resources import read_rows

ELECTIVES_CHOSEN = 4
"""Môn lựa chọn a THPT student takes (TT 13/2022)."""

CLUSTERS_CHOSEN = 3
"""Cụm chuyên đề học tập a THPT student takes (TT 13/2022)."""


class Programme(StrEnum):
    """Curriculum a class is taught by (chương trình giáo dục phổ thông)."""

    GDPT_2018 = "gdpt_2018"  # TT 32/2018
    GDPT_2006 = "gdpt_2006"  # QĐ 16/2006, last used in 2023-2024 (grades 5, 9 and 12)


class LineStatus(StrEnum):
    """Standing of a subject in a grade's plan."""

    COMPULSORY = "compulsory"  # môn học, hoạt động giáo dục bắt buộc
    ELECTIVE = "elective"  # môn học lựa chọn
    OPTIONAL = "optional"  # môn học tự chọn
    CLUSTER = "cluster"  # cụm chuyên đề học tập


@dataclass(frozen=True, slots=True)
class SubjectPart:
    """Part (phân môn, mạch nội dung) of a subject that may have its own teacher but never its own average."""

    code: str
    name_vi: str


@dataclass(frozen=True, slots=True)
class SubjectInfo:
    """A subject with its official name, its name for narrow tables, and its form of assessment."""

    code: str
    name_vi: str
    short_vi: str
    kind: SubjectKind
    parts: tuple[SubjectPart, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A subject in one grade: lessons (tiết) per year, and the terms it is taught in."""

    subject_code: str
    annual_lessons: int
    status: LineStatus
    terms: tuple[int, ...] = (1, 2)

    @property
    def compulsory(self) -> bool:
        """Every student of the grade takes it."""
        return self.status is LineStatus.COMPULSORY

    @property
    def elective(self) -> bool:
        """Taken by those who chose it among the THPT electives, or as a cluster."""
        return self.status in (LineStatus.ELECTIVE, LineStatus.CLUSTER)

    @property
    def is_cluster(self) -> bool:
        """A cụm chuyên đề học tập of the subject, not the subject itself (TT 22/2021 Điều 6 khoản 3)."""
        return self.status is LineStatus.CLUSTER


def _parts(text: str) -> tuple[SubjectPart, ...]:
    pairs = (piece.split(":", 1) for piece in text.split("|") if piece)
    return tuple(SubjectPart(code, name) for code, name in pairs)


def _subjects() -> dict[str, SubjectInfo]:
    return {
        row["code"]: SubjectInfo(
            row["code"], row["name"], row["short"], SubjectKind(row["kind"]), _parts(row["parts"])
        )
        for row in read_rows("subjects.csv")
    }


def _lines(row: dict[str, str]) -> Iterator[tuple[int, PlanLine]]:
    """(grade, line) for every grade the row has lessons in."""
    terms = tuple(int(term) for term in row["terms"])
    for grade in range(1, 13):
        if row[str(grade)]:
            yield grade, PlanLine(row["subject"], int(row[str(grade)]), LineStatus(row["status"]), terms)


def _plans() -> dict[tuple[Programme, Level, int], tuple[PlanLine, ...]]:
    plans: dict[tuple[Programme, Level, int], tuple[PlanLine, ...]] = {}
    for row in read_rows("plans.csv"):
        for grade, line in _lines(row):
            key = (Programme(row["programme"]), Level(row["level"]), grade)
            plans[key] = (*plans.get(key, ()), line)
    return plans


SUBJECTS: dict[str, SubjectInfo] = _subjects()
"""Every subject of both programmes by code, in the printed order of grades 1–9; a plan has its own order."""

_PLANS = _plans()


def level_of(grade: int) -> Level:
    """Level of general education grade 1–12 belongs to. ValueError outside."""
    if not 1 <= grade <= 12:
        raise ValueError(f"no grade {grade}")
    if grade <= 5:
        return Level.PRIMARY
    return Level.LOWER_SECONDARY if grade <= 9 else Level.UPPER_SECONDARY


def plan(
    grade: int, level: Level | None = None, programme: Programme = Programme.GDPT_2018
) -> tuple[PlanLine, ...]:
    """Lines of `grade` in printed order; `level` is needed for a centre only.

    KeyError where no plan is kept.
    """
    return _PLANS[programme, level or level_of(grade), grade]


def is_default_to_confirm(level: Level) -> bool:
    """True where the plan is our assumption and the unit must confirm it: centres (GDTX)."""
    return level in (Level.CONTINUING_LOWER, Level.CONTINUING_UPPER)


def required_lessons(
    grade: int, level: Level | None = None, programme: Programme = Programme.GDPT_2018
) -> int:
    """Lessons per year every student has: compulsory lines, the electives and clusters to be chosen."""
    lines = plan(grade, level, programme)
    electives = [line.annual_lessons for line in lines if line.status is LineStatus.ELECTIVE]
    clusters = [line.annual_lessons for line in lines if line.is_cluster]
    # every elective of a grade has the same count, and so has every cluster
    chosen = sum(electives[:ELECTIVES_CHOSEN]) + sum(clusters[:CLUSTERS_CHOSEN])
    return chosen + sum(line.annual_lessons for line in lines if line.compulsory)
