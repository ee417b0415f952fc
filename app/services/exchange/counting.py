"""A term at a school outside the program counts in the student's year, as the record of that school tells it.

The year asks for both terms (TT 22/2021 Điều 9 khoản 1, TT 58/2011 Điều 10 and 11, TT 43/2021). Who comes after a term's end
brings its results; they go into the year rows as they are, name their source and are changed by nobody here. A record
keeping its place is no entry: lock windows are not asked (services/carry), a closed year refuses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.assessment.terms import AcademicLevel, Conduct, ResultLevel
from app.domain.vocabulary import Level, Passing, SubjectKind
from app.errors import N_, Invalid
from app.exchange import records
from app.models import ROWS, CountedTerm, Enrolment, GradebookSheet, IncomingRecord, SchoolClass, SubjectYear
from app.models.gradebook import Mark
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.exchange import counted
from app.services.exchange.counted import TERM
from app.services.exchange.incoming import GONE, Incoming, read_row
from app.services.programme import terms_of
from app.services.results.elsewhere import load_counted
from app.services.rights import demand
from app.services.sheet_cells import has_average
from app.services.unit_of_work import transaction

COUNTED: Final = N_("Term I of this student's year has been counted already. Put that record aside first.")
NOT_ENROLLED: Final = N_(
    "Nothing to count: the student sits in no class of your school in a year of this record."
)
OTHER_GRADE: Final = N_(
    "Nothing to count: the record is of another grade, or was assessed by another circular."
)
ONE_RESULT: Final = N_(
    "Nothing to count: in primary school the year ends with its last assessment. Term I stays readable here."
)
STILL_RUNS: Final = N_(
    "Nothing to count: term I was not over when the student came, so it is assessed here. The marks of that school can be "
    "read below with their source and count in no average; what is to count of them, a teacher enters here."
)
NO_RESULTS: Final = N_("Nothing to count: the record holds no result of term I that is not here already.")
NOT_IN_FILE: Final = N_("the file has no result of it for term I")
UNKNOWN_SUBJECT: Final = N_("no such subject in the class")
NOT_A_RESULT: Final = N_("no result of this subject")
HERE_ALREADY: Final = N_("known here already")


@dataclass(frozen=True)
class Line:
    """A subject's term result in the record; what doesn't count has a reason (a msgid)."""

    name: str
    text: str
    sheet: GradebookSheet | None = None
    value: Mark | None = None
    why: str = ""


@dataclass(frozen=True)
class Offer:
    """What of a record would count in which class, subject by subject; `refused` (a msgid) where nothing does."""

    school_class: SchoolClass | None
    lines: tuple[Line, ...] = ()
    training: str | None = None
    learning: str | None = None
    average: str | None = None
    absences: int | None = None
    class_name: str = ""  # at the former school
    refused: str = ""

    @property
    def taken(self) -> dict[GradebookSheet, Mark]:
        """The results that count, by a sheet of their subject."""
        return {line.sheet: line.value for line in self.lines if line.sheet and line.value is not None}


def load_offer(session: Session, found: Incoming) -> Offer:
    """What of a record that came would count; a handful of statements whatever the number of subjects."""
    years = {year.school_year: year for year in found.record.years}
    places = _places(session, found.row)
    place = next((p for p in reversed(places) if _label(p) in years), None)
    if place is None:
        return Offer(None, refused=NOT_ENROLLED)
    room, year = place.school_class, years[_label(place)]
    if (year.grade, year.circular) != (room.grade, room.circular):
        return Offer(room, refused=OTHER_GRADE)
    if room.circular in PRIMARY or room.level is Level.PRESCHOOL:
        return Offer(room, refused=ONE_RESULT)
    term = terms_of(session, room.unit_id, room.school_year).get(TERM)
    came = min(p.starts_on for p in places if p.school_class.school_year_id == room.school_year_id)
    if term is None or came <= term.ends_on:
        return Offer(room, refused=STILL_RUNS)
    lines = _lines(session, found.row.student_id, room, year)
    result = next((r for r in year.results if r.period == TERM), None)
    learning, training = (AcademicLevel, Conduct) if room.circular in CONDUCT else (ResultLevel, ResultLevel)
    offer = Offer(
        room,
        lines,
        training=_word(training, result.training if result else None),
        learning=_word(learning, result.learning if result else None),
        average=result.average if result else None,
        absences=result.absences if result else None,
        class_name=year.class_name,
    )
    return offer if offer.taken else Offer(room, lines, refused=NO_RESULTS)


def count(actor: Actor, record_id: int, *, clock: Clock) -> int:
    """Term I of an incoming record counts from now on in the student's year. Returns how many subjects.

    Raises NotFound, Forbidden without student.manage; Invalid: put aside, counted already, year closed, nothing fits.
    """
    with transaction(actor, "exchange.count", clock=clock) as work:
        row = scope.get(work.session, actor, IncomingRecord, record_id, local_day(clock()), hold=True)
        demand(actor, Action.STUDENT_MANAGE, row.unit_id)
        if row.aside_at is not None:
            raise Invalid(GONE)
        found = read_row(row)
        room = load_offer(work.session, found).school_class
        if room is None:
            raise Invalid(NOT_ENROLLED)
        if load_counted(work.session, room.school_year_id, [row.student_id]):
            raise Invalid(COUNTED)
        counted.hold(work, room)
        offer = load_offer(work.session, found)
        if offer.refused:
            raise Invalid(offer.refused)
        counted.write(work, row.student_id, offer.taken)
        work.session.add(
            CountedTerm(
                unit_id=row.unit_id,
                record_id=row.id,
                student_id=row.student_id,
                school_year_id=room.school_year_id,
                term=TERM,
                source_name=row.source_name,
                class_name=offer.class_name[:60],
                results={str(sheet.subject_id): str(value) for sheet, value in offer.taken.items()},
                training=offer.training,
                learning=offer.learning,
                average=offer.average,
                absences=offer.absences,
                counted_at=work.now,
                user_id=actor.user_id,
            )
        )
        work.audit(
            "exchange.count", target=row, term=TERM, subjects=len(offer.taken), source=row.source_code,
            digest=row.digest, lock_windows="not asked",
        )  # fmt: skip
        return len(offer.taken)


def counted_of(session: Session, row: IncomingRecord) -> CountedTerm | None:
    """The term that counts by this record; None where none does."""
    query = sa.select(CountedTerm).where(CountedTerm.record_id == row.id, CountedTerm.ended_at.is_(None))
    found: CountedTerm | None = session.scalar(query.limit(1))
    return found


def _places(session: Session, row: IncomingRecord) -> list[Enrolment]:
    """The student's places at the school that took the record in, oldest first."""
    query = (
        sa.select(Enrolment)
        .join(Enrolment.school_class)
        .where(Enrolment.student_id == row.student_id, SchoolClass.unit_id == row.unit_id)
        .options(joinedload(Enrolment.school_class).joinedload(SchoolClass.school_year))
        .order_by(Enrolment.starts_on, Enrolment.id)
    )
    return list(session.scalars(query))


def _label(place: Enrolment) -> str:
    start = place.school_class.school_year.start_year
    return f"{start}-{start + 1}"


def _lines(
    session: Session, student_id: int, room: SchoolClass, year: records.StudentYear
) -> tuple[Line, ...]:
    sheets = {sheet.subject.code: sheet for sheet in counted.sheets_by_subject(session, room).values()}
    known = _known(session, student_id, sheets.values())
    found = []
    results = _results(year)
    for code, (name, text) in results.items():
        sheet = sheets.get(code)
        if sheet is None:
            found.append(Line(name, text, why=UNKNOWN_SUBJECT))
        elif sheet.subject_id in known:
            found.append(Line(name, text, why=HERE_ALREADY))
        else:
            value = _value(sheet.kind, text)
            found.append(Line(name, text, sheet, value, why="" if value is not None else NOT_A_RESULT))
    lacking = [s for code, s in sheets.items() if code not in results and s.subject_id not in known]
    found += [Line(sheet.subject.name, "", why=NOT_IN_FILE) for sheet in lacking]
    return tuple(found)


def _results(year: records.StudentYear) -> dict[str, tuple[str, str]]:
    """Name and result of term I by subject code: of its year row, else of its sheet, for year rows begin with term II."""
    found = {
        sheet.subject: (sheet.name, row.average)
        for sheet in year.sheets
        for row in sheet.rows
        if sheet.term == TERM and row.average
    }
    return found | {line.subject: (line.name, line.term_1) for line in year.subject_years if line.term_1}


def _known(session: Session, student_id: int, sheets: Iterable[GradebookSheet]) -> set[int]:
    """Subjects whose term I the program knows: from its own schools, or counted before."""
    mine = [sheet for sheet in sheets if has_average(sheet.form)]
    if not mine:
        return set()
    year_id, found = mine[0].school_year_id, set[int]()
    for form in sorted({sheet.form for sheet in mine}):
        line = ROWS[form]
        query = (
            sa.select(GradebookSheet.subject_id)
            .join(line, line.sheet_id == GradebookSheet.id)
            .where(
                line.student_id == student_id,
                line.average.is_not(None),
                GradebookSheet.school_year_id == year_id,
                GradebookSheet.term == TERM,
            )
        )
        found |= set(session.scalars(query))
    stored = sa.select(SubjectYear.subject_id).where(
        SubjectYear.student_id == student_id,
        SubjectYear.school_year_id == year_id,
        SubjectYear.term_1.is_not(None),
    )
    return found | set(session.scalars(stored))


def _value(kind: SubjectKind, text: str) -> Mark | None:
    """A term result, of which the schema knows both shapes: a score, or Đạt / Chưa đạt; None where it is the other one."""
    if (text in set(Passing)) is (kind is SubjectKind.SCORED):
        return None
    return Decimal(text) if kind is SubjectKind.SCORED else Passing(text)


def _word(kind: type[StrEnum], text: str | None) -> str | None:
    """A word of the circular, or None for any other."""
    return text if text in set(kind) else None
