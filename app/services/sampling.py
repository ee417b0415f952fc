"""A random sample for a check: the seed that is printed with it brings the very same list again, anywhere.

Everything that could be drawn is put in the order of SHA-256 of the seed and its key; the first ones are the sample.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, Final

import sqlalchemy as sa
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.names import file_name
from app.errors import N_, Invalid
from app.models import (
    Enrolment,
    GradebookSheet,
    OrgUnit,
    SchoolClass,
    Student,
    Subject,
    TeachingGroup,
)
from app.services import scope
from app.services.clock import Clock
from app.services.rights import unit_for
from app.services.spreadsheets.writing import bold_cell, text_cell
from app.services.unit_of_work import record_event

KINDS: Final = ("sheets", "students")
MOST: Final = 200
LONGEST_SEED: Final = 40
HOW_MANY = N_("Draw from 1 to 200.")
_HEADINGS: Final = {
    "sheets": ("STT", "Lớp, nhóm", "Môn học", "Khối", "Mã trang sổ"),
    "students": ("STT", "Họ và tên", "Lớp", "Ngày sinh", "Mã học sinh"),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the sample: its key, and what it is called."""

    key: int
    name: str
    place: str
    detail: str
    class_id: int | None


@dataclass(frozen=True)
class Sample:
    """What was drawn, out of how many, by which seed."""

    unit: OrgUnit
    kind: str
    seed: str
    term: int
    wanted: int
    population: int
    lines: Sequence[Drawn]


def new_seed() -> str:
    """A seed nobody has chosen."""
    return secrets.token_hex(6)


def order_of(seed: str, kind: str, key: int) -> str:
    """Where a key stands: SHA-256 of "seed:kind:key", as hexadecimal digits."""
    return hashlib.sha256(f"{seed}:{kind}:{key}".encode()).hexdigest()


def draw(
    session: Session,
    actor: Actor,
    unit_id: int,
    year_id: int,
    term: int,
    kind: str,
    wanted: int,
    seed: str,
    day: date,
) -> Sample:
    """Draw sheets or students of a school; two statements.

    NotFound out of reach; Forbidden without the right to inspect; Invalid for a number out of range.
    """
    unit = unit_for(session, actor, Action.INSPECT, unit_id, day)
    if kind not in KINDS or not 1 <= wanted <= MOST:
        raise Invalid(HOW_MANY)
    seed = seed.strip()[:LONGEST_SEED] or new_seed()
    read = _sheets if kind == "sheets" else _students
    everything = read(session, actor, unit_id, year_id, term, day)
    chosen = sorted(everything, key=lambda line: order_of(seed, kind, line.key))[:wanted]
    return Sample(unit, kind, seed, term, wanted, len(everything), chosen)


def export_sample(actor: Actor, sample: Sample, *, clock: Clock) -> tuple[str, bytes]:
    """Name and content of the sample as a workbook; logged."""
    book = Workbook(write_only=True)
    page: Any = book.create_sheet("Mẫu ngẫu nhiên")
    for index, width in enumerate((6, 34, 24, 14, 18), start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    page.append([bold_cell(page, f"Danh sách chọn mẫu ngẫu nhiên: {sample.unit.name}")])
    page.append([text_cell(page, f"Mã chọn mẫu: {sample.seed}")])
    page.append([text_cell(page, f"Chọn {len(sample.lines)} trong {sample.population}")])
    page.append([bold_cell(page, heading) for heading in _HEADINGS[sample.kind]])
    for number, line in enumerate(sample.lines, start=1):
        values = (line.name, line.place, line.detail, str(line.key))
        page.append([number, *(text_cell(page, value) for value in values)])
    stream = BytesIO()
    book.save(stream)
    record_event(
        actor, "sample.export", clock=clock, target=sample.unit, seed=sample.seed, rows=len(sample.lines)
    )
    return f"{file_name(f'chon mau {sample.unit.short_name} {sample.seed}')}.xlsx", stream.getvalue()


def _sheets(session: Session, actor: Actor, unit_id: int, year_id: int, term: int, day: date) -> list[Drawn]:
    rows = session.execute(
        sa.select(
            GradebookSheet.id, TeachingGroup.name, Subject.name, GradebookSheet.grade, GradebookSheet.class_id
        )
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .where(
            scope.condition(actor, GradebookSheet, day),
            GradebookSheet.unit_id == unit_id,
            GradebookSheet.school_year_id == year_id,
            GradebookSheet.term == term,
        )
    )
    return [Drawn(key, group, subject, str(grade), class_id) for key, group, subject, grade, class_id in rows]


def _students(
    session: Session, actor: Actor, unit_id: int, year_id: int, _term: int, day: date
) -> list[Drawn]:
    rows = session.execute(
        sa.select(Student.id, Student.full_name, SchoolClass.name, Student.birth_date, SchoolClass.id)
        .join(Enrolment, Enrolment.student_id == Student.id)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(
            scope.condition(actor, SchoolClass, day),
            SchoolClass.unit_id == unit_id,
            SchoolClass.school_year_id == year_id,
        )
        .order_by(Enrolment.starts_on, Enrolment.id)
    )
    # who changed class stands once, with the later place
    found = {
        key: Drawn(key, name, place, f"{born:%d/%m/%Y}", class_id)
        for key, name, place, born, class_id in rows
    }
    return list(found.values())
