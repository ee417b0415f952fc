"""Printing: the contexts of the official forms out of the record, the right to print, the running number of a print.

Only the school prints (S0 Điều 12 khoản 3, S4 Điều 17 khoản 3); every print carries its day and account (S4 Điều 18
khoản 2a). xhtml2pdf is loaded when something is drawn, not when the application starts.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import SYSTEM, Action, Actor, Target, UnitRelation, may
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Role
from app.errors import N_, Forbidden, Invalid, NotFound, Unavailable
from app.models import AuditEvent, HomeroomAssignment, SchoolClass, SchoolYear, UnitEpoch
from app.models.base import in_force
from app.reports import catalogue
from app.reports.catalogue import CLASS_BOOK
from app.reports.contexts import BookCover, ClassBook, PrintStamp, SubjectPage
from app.reports.form import Form
from app.reports.papers import digest_of
from app.services import scope
from app.services.book_pages import class_cover, sheet_cover, student_list, subject_page
from app.services.book_reading import (
    SheetLines,
    load_officials,
    load_seats,
    load_sheets,
    load_teachers,
    load_units_above,
)
from app.services.clock import VIETNAM, Clock, clamp, local_day
from app.services.correction_lists import corrected_cells
from app.services.documents.register import line_of, new_seed
from app.services.programme import terms_of
from app.services.sheet_reading import SheetFacts, load_facts, load_lines
from app.services.unit_of_work import Work, plain_write, transaction

log = logging.getLogger(__name__)

AT_THE_SCHOOL = N_("Official prints are made only at the school. You can read the book on the screen.")
NOT_YOURS = N_("Your role does not include this. Ask your unit's administrators if it should.")
NO_FORM = N_("HocVu has no printed form for grade %(grade)s in the school year %(year)s.")
NOT_DRAWN = N_("This could not be printed. The administrator finds the reason in the log.")

SHEET = "sheet"
"""What the register calls a print of one subject."""
PRINT_EVENTS = ("print.sheet", "print.class_book", "print.correction", "print.document", "exchange.keep")
"""Events that take a running number."""


@dataclass(frozen=True)
class PrintedSheet:
    """One subject in one term on paper."""

    pdf: bytes
    name: str  # of the file, without its ending
    number: str  # 127/2026


# -- the right, and the running number ---------------------------------------------------------------------------


def demand_print(actor: Actor, target: Target) -> None:
    """Raises Forbidden unless the actor may print this; offices and inspectors are told why not."""
    if may(actor, Action.BOOK_PRINT, target):
        return
    outside = target.unit is UnitRelation.BELOW or Role.INSPECTOR in actor.roles
    raise Forbidden(AT_THE_SCHOOL if outside else NOT_YOURS)


def printable_class(
    session: Session, actor: Actor, class_id: int, day: date, form: Form = CLASS_BOOK
) -> SchoolClass:
    """A class within reach whose forms the actor may print on that day, with its unit and year.

    Raises NotFound, Forbidden; Invalid where it has no such form.
    """
    query = (
        sa.select(SchoolClass)
        .where(SchoolClass.id == class_id, scope.condition(actor, SchoolClass, day))
        .options(joinedload(SchoolClass.unit), joinedload(SchoolClass.school_year))
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound
    is_homeroom = class_id in homeroom_classes(session, actor, day)
    demand_print(actor, Target(unit=actor.relation_to(found.unit_id), homeroom=is_homeroom))
    demand_form(form, found.circular, found.school_year, found.grade)
    return found


def printable_classes(session: Session, actor: Actor, year_id: int, day: date) -> list[SchoolClass]:
    """The classes of a year whose forms the actor may print, by grade and name; the homeroom teacher's own alone."""
    rows = session.scalars(
        sa.select(SchoolClass)
        .where(
            SchoolClass.school_year_id == year_id,
            SchoolClass.unit_id == actor.unit_id,
            scope.condition(actor, SchoolClass, day),
        )
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
        .options(joinedload(SchoolClass.school_year))
    ).all()
    own = homeroom_classes(session, actor, day)
    return [
        row
        for row in rows
        if may(actor, Action.BOOK_PRINT, Target(homeroom=row.id in own))
        and catalogue.forms_for(row.circular, row.school_year.start_year, row.grade)
    ]


def homeroom_classes(session: Session, actor: Actor, day: date) -> frozenset[int]:
    """Classes the actor is homeroom teacher of on that day."""
    if actor.person_id is None:
        return frozenset()
    query = sa.select(HomeroomAssignment.class_id).where(
        HomeroomAssignment.person_id == actor.person_id, in_force(HomeroomAssignment, day)
    )
    return frozenset(session.scalars(query))


def demand_form(form: Form, circular: str, year: SchoolYear, grade: int) -> None:
    """Raises Invalid where a class of that grade and school year under that circular has no such form."""
    if not form.fits(circular, year.start_year, grade):
        raise Invalid(NO_FORM, grade=grade, year=year.label)


def hold_number(work: Work) -> None:
    """First of all in a printing transaction: two prints of a unit at once never get the same number."""
    work.session.execute(
        sa.select(UnitEpoch.epoch).where(UnitEpoch.unit_id == work.actor.unit_id).with_for_update()
    )


def next_number(work: Work) -> int:
    """The running number of the unit's next print in this calendar year, from 1."""
    begins = datetime(local_day(work.now).year, 1, 1, tzinfo=VIETNAM)
    query = sa.select(sa.func.count()).where(
        AuditEvent.unit_id == work.actor.unit_id,
        AuditEvent.action.in_(PRINT_EVENTS),
        AuditEvent.outcome == "done",
        AuditEvent.happened_at >= begins,
    )
    return (work.session.scalar(query) or 0) + 1


def number_label(number: int, moment: datetime) -> str:
    """As people quote it: 127/2026."""
    return f"{number}/{local_day(moment).year}"


# -- one subject -------------------------------------------------------------------------------------------------


NO_PAGE = N_("The class book has no page for this sheet. Export it to Excel instead.")


def print_sheet(actor: Actor, sheet_id: int, *, clock: Clock, site: str = "") -> PrintedSheet:
    """One sheet as PDF, recorded as a print of its own. `site`: the program's address, for the code on the paper.

    Raises NotFound out of reach, Forbidden without the right, Invalid without a form for it, Unavailable when it
    can't be drawn.
    """
    with transaction(actor, "print.sheet", clock=clock) as work:
        hold_number(work)
        facts = load_facts(work.session, actor, sheet_id, local_day(work.now))
        sheet = facts.sheet
        demand_print(actor, facts.target(actor, work.now))
        if sheet.form is not SheetForm.MARKS:
            raise Invalid(NO_PAGE)
        demand_form(CLASS_BOOK, sheet.circular, sheet.school_year, sheet.grade)
        cover, page = _read_sheet(work.session, facts, local_day(work.now))
        number = next_number(work)
        stamp = PrintStamp(work.now, actor.username, actor.full_name, number, seed=new_seed(), site=site)
        label = number_label(number, work.now)
        work.audit("print.sheet", target=sheet, number=label)
        about: dict[str, Any] = {
            "unit_id": sheet.unit_id,
            "school_year_id": sheet.school_year_id,
            "class_id": sheet.class_id,
        }
        about |= {"sheet_id": sheet.id, "period": sheet.term, "read_on": local_day(work.now)}
    # Drawn outside the transaction: it takes longer than anybody else's save should wait.
    pdf, name = _drawn(cover, page, stamp), _file_name(cover, page)
    with plain_write() as session:
        digest = digest_of((cover, page))
        line = line_of(stamp, pdf, form=SHEET, title=name, user_id=actor.user_id, data_digest=digest, **about)
        session.add(line)
    return PrintedSheet(pdf, name, label)


def sheet_digest(session: Session, sheet_id: int, day: date) -> str:
    """Digest of what a print of the sheet read for that day would say; NotFound for a sheet that isn't there."""
    return digest_of(_read_sheet(session, load_facts(session, SYSTEM, sheet_id, day), day))


def _read_sheet(session: Session, facts: SheetFacts, today: date) -> tuple[BookCover, SubjectPage]:
    sheet, year = facts.sheet, facts.sheet.school_year
    term = terms_of(session, sheet.unit_id, year)[sheet.term]
    day, teachers = clamp(today, term.starts_on, term.ends_on), facts.teachers
    if day != today:
        found = load_teachers(session, [sheet], {sheet.term: day})
        teachers = found.get((sheet.group_id, sheet.subject_id, sheet.term), ())
    in_year = clamp(today, year.starts_on, year.ends_on)
    officials = load_officials(session, sheet.unit_id, sheet.class_id, in_year)
    lines = tuple(load_lines(session, sheet))
    corrected = {place[1:]: old for place, old in corrected_cells(session, [sheet.id]).items()}
    entry = SheetLines(sheet, teachers, lines, corrected)
    return sheet_cover(sheet, officials), subject_page(entry, officials, day)


def _drawn(cover: BookCover, page: SubjectPage, stamp: PrintStamp) -> bytes:
    from app.reports import forms
    from app.reports.renderer import RenderError

    try:
        return forms.subject_page(cover, page, stamp)
    except RenderError as error:
        log.exception("%s, class %s, was not printed", page.subject, cover.class_name)
        raise Unavailable(NOT_DRAWN) from error


def _file_name(cover: BookCover, page: SubjectPage) -> str:
    return f"{page.subject} {cover.class_name} HK{page.term} {cover.school_year}".replace("/", "-")


# -- the whole book ----------------------------------------------------------------------------------------------


def read_class_book(
    session: Session, school_class: SchoolClass, terms: Collection[int], stamp: PrintStamp, day: date
) -> ClassBook:
    """Everything the book of a class prints, for these terms; at most twelve statements, however large the class."""
    year, unit = school_class.school_year, school_class.unit
    dates = {number: term for number, term in terms_of(session, unit.id, year).items() if number in terms}
    days = {number: clamp(day, term.starts_on, term.ends_on) for number, term in dates.items()}
    in_year = clamp(day, year.starts_on, year.ends_on)
    officials = load_officials(session, unit.id, school_class.id, in_year)
    seats = load_seats(session, school_class.id)
    sheets = load_sheets(session, school_class, seats, dates, day)
    return ClassBook(
        cover=class_cover(school_class, officials, load_units_above(session, unit.id, in_year)),
        students=student_list(seats, officials, in_year),
        subjects=tuple(subject_page(entry, officials, days[entry.sheet.term]) for entry in sheets),
        stamp=stamp,
    )
