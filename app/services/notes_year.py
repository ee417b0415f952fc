"""A student's remarks over a school year, whoever wrote them, with their history; preschool's record as a file."""

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target
from app.domain.assessment import preschool
from app.domain.assessment.facts import YEAR, Facts, Section
from app.domain.names import file_name
from app.domain.notes import NoteKind
from app.domain.vocabulary import Level
from app.extensions import db
from app.models import Enrolment, SchoolClass, Student, StudentNote
from app.services import scope
from app.services.clock import VIETNAM, Clock, local_day
from app.services.notes import load_book, room_target
from app.services.notes_history import NoteChange, histories_of
from app.services.rights import demand
from app.services.spreadsheets.writing import bold_cell, text_cell
from app.services.unit_of_work import record_event

HEADINGS = (
    ("STT", 6), ("Họ và tên", 28), ("Ngày sinh", 12), ("Tháng", 10), ("Lĩnh vực", 34), ("Mục tiêu", 12),
    ("Nhận xét", 70), ("Người ghi", 24), ("Ghi lúc", 18),
)  # fmt: skip
REACHED = {True: "Đạt", False: "Chưa đạt", None: ""}


@dataclass(frozen=True)
class YearNote:
    """A remark with what became of it; `place`: the class it was written in."""

    note: StudentNote
    place: str
    history: tuple[NoteChange, ...]


@dataclass(frozen=True)
class StudentYear:
    """A student's school year: the latest class in it, and the remarks."""

    student: Student
    room: SchoolClass | None
    target: Target
    notes: tuple[YearNote, ...]

    def of_kind(self, kind: NoteKind) -> list[YearNote]:
        """Remarks of a kind."""
        return [item for item in self.notes if item.note.kind is kind]


def student_year(
    session: Session, actor: Actor, student_id: int, year_id: int | None, day: date
) -> StudentYear:
    """The remarks on a student in a year. NotFound out of reach; six statements, however many there are."""
    student = scope.get(session, actor, Student, student_id, day)
    room = _last_room(session, student_id, year_id)
    target = _target(session, actor, student, room, day)
    query = (
        scope.scoped(actor, StudentNote, day)
        .where(StudentNote.student_id == student_id, StudentNote.school_year_id == year_id)
        .options(
            joinedload(StudentNote.author),
            joinedload(StudentNote.subject),
            joinedload(StudentNote.school_class).joinedload(SchoolClass.unit),
        )
    )
    notes = session.scalars(query).all()
    histories = histories_of(session, [note.cell for note in notes])
    return StudentYear(
        student, room, target, tuple(YearNote(n, _place(n, room), histories.get(n.cell, ())) for n in notes)
    )


def year_target(session: Session, actor: Actor, student: Student, year_id: int | None, day: date) -> Target:
    """What the right to read the remarks on a student in a year is asked of: the actor's part in the last class."""
    return _target(session, actor, student, _last_room(session, student.id, year_id), day)


def _last_room(session: Session, student_id: int, year_id: int | None) -> SchoolClass | None:
    query = (
        sa.select(SchoolClass)
        .join(Enrolment, Enrolment.class_id == SchoolClass.id)
        .where(Enrolment.student_id == student_id, SchoolClass.school_year_id == year_id)
        .options(joinedload(SchoolClass.school_year), joinedload(SchoolClass.unit))
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
    )
    return session.scalars(query.limit(1)).one_or_none()


def _target(session: Session, actor: Actor, student: Student, room: SchoolClass | None, day: date) -> Target:
    return room_target(session, actor, room, day) if room else Target(actor.relation_to(student.unit_id))


def _place(note: StudentNote, room: SchoolClass | None) -> str:
    """The class a remark was written in, with its school where that is another."""
    if room is None or note.class_id == room.id:
        return note.school_class.name
    own = note.unit_id == room.unit_id
    return note.school_class.name if own else f"{note.school_class.name}, {note.school_class.unit.short_name}"


def child_sections(found: StudentYear, day: date) -> tuple[Section, ...]:
    """Why a child has no marks, which areas are recorded, and once the year is over how it ends; none above preschool."""
    room = found.room
    if room is None or room.level is not Level.PRESCHOOL:
        return ()
    written = {item.note.area or "": item.note.text or REACHED[item.note.reached] for item in found.notes}
    year = room.school_year
    last = preschool.last_year(found.student.birth_date, year.start_year)
    period = YEAR if day > year.ends_on else 1
    decisions = {preschool.FIVE_YEARS: ""} if last else {}
    facts = Facts(preschool.CODE, preschool.CODE, room.grade, period, (), traits=written, decisions=decisions)
    return preschool.explain(facts)


def export_development(actor: Actor, class_id: int, *, clock: Clock) -> tuple[str, bytes]:
    """A preschool class's record of the year as a workbook: name and content; logged.

    NotFound out of reach or for a class that is none of preschool, Forbidden without note.export.
    """
    session, day = db.session(), local_day(clock())
    book = load_book(session, actor, class_id, NoteKind.DEVELOPMENT, day)
    room = book.school_class
    target = book.target(actor)
    demand(actor, Action.NOTE_EXPORT, room.unit_id, homeroom=target.homeroom)
    rows = session.execute(_class_notes(room)).all()
    data = _workbook(room, rows)
    record_event(actor, "note.export", clock=clock, target=room, rows=len(rows))
    return f"{file_name(f'sổ theo dõi trẻ {room.name} {room.school_year.start_year}')}.xlsx", data


def _class_notes(room: SchoolClass) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(StudentNote, Student)
        .join(Student, Student.id == StudentNote.student_id)
        .where(
            StudentNote.class_id == room.id,
            StudentNote.kind == NoteKind.DEVELOPMENT,
            sa.or_(StudentNote.text.is_not(None), StudentNote.reached.is_not(None)),
        )
        .options(joinedload(StudentNote.author))
        .order_by(Student.sort_key, Student.id, StudentNote.period)
    )


def _workbook(room: SchoolClass, rows: Any) -> bytes:
    names = {area.code: area.name for area in preschool.areas_of(room.grade)}
    order = {code: place for place, code in enumerate(names)}
    histories = histories_of(db.session(), [note.cell for note, _student in rows])
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sổ theo dõi trẻ")
    sheet.freeze_panes = "C2"
    for index, (_heading, width) in enumerate(HEADINGS, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.append([bold_cell(sheet, heading) for heading, _width in HEADINGS])
    numbers: dict[int, int] = {}
    by_area = sorted(
        rows,
        key=lambda row: (row[1].sort_key, row[1].id, row[0].period, order.get(row[0].area, 0)),
    )
    for note, student in by_area:
        number = numbers.setdefault(student.id, len(numbers) + 1)
        written = histories[note.cell][0].at.astimezone(VIETNAM)
        year, _dash, month = note.period.partition("-")
        texts = (
            str(number), student.full_name, f"{student.birth_date:%d/%m/%Y}", f"{month}/{year}",
            names.get(note.area, ''), REACHED[note.reached], note.text or "",
            note.author.full_name if note.author else "", f"{written:%d/%m/%Y %H:%M}",
        )  # fmt: skip
        sheet.append([text_cell(sheet, text) for text in texts])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()
