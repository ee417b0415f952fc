"""Ordering a print: which form of which class, student or school; who may; and what becomes of it afterwards.

Only the school prints (S0 Điều 12 khoản 3). Periodic prints are of closed books (S4 Điều 18 khoản 2b); a record is issued
to a student who asks for it, on an application that is noted (S0 Điều 9).
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.errors import N_, Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Enrolment, OrgUnit, PrintJob, SchoolClass, SchoolYear, Student
from app.reports.book_catalogue import TEACHER_BOOK_BLANK
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintPurpose
from app.reports.form import YEAR, DrawnFor, Form
from app.reports.unit_words import UnitWords
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.closing_state import closed_terms
from app.services.documents.asked import Asked
from app.services.documents.register import new_seed
from app.services.documents.school import NO_CLASS
from app.services.documents.teacher_reading import load_teachers_of_year
from app.services.form_choices import version_for
from app.services.job_rows import JobState
from app.services.printing import (
    AT_THE_SCHOOL,
    NO_FORM,
    demand_print,
    hold_number,
    next_number,
    number_label,
    printable_class,
)
from app.services.rights import demand
from app.services.unit_of_work import plain_write, record_event, transaction

log = logging.getLogger(__name__)

CLASS_BOOK: Final = "class_book"
KEEP: Final = timedelta(days=7)
"""How long a finished file can be fetched."""
MOST_COPIES: Final = 99

CHOOSE_FORM = N_("Choose the form.")
CHOOSE_CLASS = N_("Choose the class whose book is printed.")
CHOOSE_TEACHER = N_("Choose the teacher whose book is printed.")
CHOOSE_TERM = N_("Choose term I, term II or the whole year.")
CHOOSE_PURPOSE = N_("Choose what the book is printed for.")
NOT_THAT_TERM = N_("This form is not printed for this term. Choose another one.")
NOT_CLOSED = N_(
    "A periodic print is made from the closed book. Close the term or the year first, or choose a regular print."
)
COPIES = N_("The number of copies is a whole number from 1 to 99.")
WHO_ASKED = N_("Write who asked for the record and on which application.")
ONE_STUDENT = N_("A record is issued to one student. Choose the student and a form of the student.")
TO_ENACT = N_("A decision is ordered on its own page, with its number, day and place.")
NOT_KEPT = N_("This print is not kept any more, or not ready yet. Open its page, or start it again.")


@dataclass(frozen=True)
class PrintOrder:
    """What is wanted. `term` None: the whole year; `year_id`: of a form of the whole school; `recipient`, `basis`: of a
    record issued to a student; `details`: of a decision (`documents/decisions/details`); `student_ids`: of these of the class.
    `teacher_id`: of a teacher's own book, in the year `year_id`.
    """

    class_id: int | None = None
    term: int | None = None
    purpose: PrintPurpose = PrintPurpose.REGULAR
    form: str = CLASS_BOOK
    student_id: int | None = None
    year_id: int | None = None
    copies: int = 1
    recipient: str = ""
    basis: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    student_ids: tuple[int, ...] = ()
    teacher_id: int | None = None

    @property
    def params(self) -> dict[str, Any]:
        """As a job keeps it."""
        return {**vars(self), "purpose": self.purpose.value, "student_ids": list(self.student_ids)}

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> "PrintOrder":
        """What `params` kept; a job from before this form of order has fewer."""
        known = {name: params[name] for name in cls.__dataclass_fields__ if name in params}
        students = tuple(params.get("student_ids", ()))
        return cls(**{**known, "purpose": PrintPurpose(params["purpose"]), "student_ids": students})


# -- may it be printed -------------------------------------------------------------------------------------------


def asked_for(session: Session, actor: Actor, order: PrintOrder, day: date) -> Asked:
    """What the order means on that day, within the actor's right.

    Raises NotFound out of reach, Forbidden without the right, Invalid for a form, term or student that doesn't fit.
    """
    form = CATALOGUE.get(order.form)
    if form is None:
        raise Invalid(CHOOSE_FORM)
    if order.term not in (None, 1, 2):
        raise Invalid(CHOOSE_TERM)
    period = order.term or YEAR
    if form.periods and period not in form.periods:
        raise Invalid(NOT_THAT_TERM)
    if form.drawn_for is DrawnFor.UNIT:
        return _of_unit(session, actor, form, order, period, day)
    if form.drawn_for is DrawnFor.TEACHER:
        return _of_teacher(session, actor, form, order, period, day)
    if order.class_id is None:
        raise Invalid(CHOOSE_CLASS)
    room = printable_class(session, actor, order.class_id, day, form)
    form = version_for(session, form, room.unit_id, room.school_year, period)
    of_student = form.drawn_for is DrawnFor.STUDENT
    student, several = (order.student_id, order.student_ids) if of_student else (None, ())
    wanted = {*several, *(() if student is None else (student,))}
    if wanted and not _sat_in(session, wanted, room.id):
        raise NotFound
    return Asked(form, room.unit, room.school_year, room, period, student, day, student_ids=several)


def _of_unit(session: Session, actor: Actor, form: Form, order: PrintOrder, period: int, day: date) -> Asked:
    demand_print(actor, Target(unit=actor.relation_to(actor.unit_id)))
    unit, year = _school_and_year(session, actor, form, order, day)
    if form.circulars and not _has_class(session, unit, year, form):
        raise Invalid(NO_CLASS, year=year.label)
    return Asked(form, unit, year, None, period, None, day, order.details if form.is_decision else {})


def _school_and_year(
    session: Session, actor: Actor, form: Form, order: PrintOrder, day: date
) -> tuple[OrgUnit, SchoolYear]:
    unit = scope.get(session, actor, OrgUnit, actor.unit_id, day)
    if not unit.kind.is_school:
        raise Forbidden(AT_THE_SCHOOL)
    year = scope.get(session, actor, SchoolYear, order.year_id, day)
    if not form.valid_for(year.start_year, 0):
        raise Invalid(NO_FORM, grade="–", year=year.label)
    return unit, year


def _of_teacher(
    session: Session, actor: Actor, form: Form, order: PrintOrder, period: int, day: date
) -> Asked:
    """The school prints the books of its teachers (S4 Điều 19); a teacher her own, for daily use and never for stamping."""
    own = order.teacher_id is not None and order.teacher_id == actor.person_id
    daily = order.purpose is PrintPurpose.REGULAR and form is not TEACHER_BOOK_BLANK
    demand_print(actor, Target(unit=actor.relation_to(actor.unit_id), teaches=own and daily))
    unit, year = _school_and_year(session, actor, form, order, day)
    if order.teacher_id is None:
        raise Invalid(CHOOSE_TEACHER)
    names = dict(load_teachers_of_year(session, unit.id, year.id))
    if order.teacher_id not in names:
        raise NotFound
    details = {"teacher_id": order.teacher_id, "teacher": names[order.teacher_id]}
    return Asked(form, unit, year, None, period, None, day, details)


def printable_teachers(session: Session, actor: Actor, year_id: int) -> list[tuple[int, str]]:
    """(id, name) of those whose own books the actor may print: all of the school, or the actor's own; one statement."""
    if actor.unit_id is None:
        return []
    every = may(actor, Action.BOOK_PRINT, Target())
    found = load_teachers_of_year(session, actor.unit_id, year_id)
    return found if every else [row for row in found if row[0] == actor.person_id]


def _has_class(session: Session, unit: OrgUnit, year: SchoolYear, form: Form) -> bool:
    query = sa.select(SchoolClass.id).where(
        SchoolClass.unit_id == unit.id,
        SchoolClass.school_year_id == year.id,
        SchoolClass.circular.in_(sorted(form.circulars)),
    )
    return session.scalar(query.limit(1)) is not None


def _sat_in(session: Session, students: set[int], class_id: int) -> bool:
    query = sa.select(Enrolment.student_id).where(
        Enrolment.student_id.in_(students), Enrolment.class_id == class_id
    )
    return set(session.scalars(query)) == students


def check_order(session: Session, actor: Actor, order: PrintOrder, day: date) -> Asked:
    """The same, and that its purpose allows it now: a periodic print of a closed book, a record issued on application."""
    asked = asked_for(session, actor, order, day)
    if not 1 <= order.copies <= MOST_COPIES:
        raise Invalid(COPIES)
    if order.purpose is PrintPurpose.PERIODIC and asked.period not in closed_terms(
        session, asked.unit.id, asked.year.id
    ):
        raise Invalid(NOT_CLOSED)
    if asked.form.is_decision and not order.details:
        raise Invalid(TO_ENACT)
    if asked.form.is_decision != (order.purpose is PrintPurpose.ENACTED):
        raise Invalid(TO_ENACT if asked.form.is_decision else CHOOSE_PURPOSE)
    if order.purpose is PrintPurpose.ISSUED:
        demand(actor, Action.RECORD_ISSUE, asked.unit.id)
        if asked.student_id is None:
            raise Invalid(ONE_STUDENT)
        if not (order.recipient.strip() and order.basis.strip()):
            raise Invalid(WHO_ASKED)
    return asked


# -- what people do ----------------------------------------------------------------------------------------------


def create_job(actor: Actor, order: PrintOrder, *, clock: Clock, site: str = "") -> int:
    """Ask for a print; asking again while it is being made returns the same job. Returns the job's id.

    `site`: the program's address, for the code on the paper. Raises what `check_order` does.
    """
    action = "print.class_book" if order.form == CLASS_BOOK else "print.document"
    with transaction(actor, action, clock=clock) as work:
        hold_number(work)
        asked = check_order(work.session, actor, order, local_day(work.now))
        running = _same(work.session, actor, order.params)
        if running is not None:
            return running
        number = next_number(work)
        label = number_label(number, work.now)
        job = PrintJob(
            user_id=actor.user_id,
            unit_id=asked.unit.id,
            form=order.form,
            title=title_of(asked, _name(work.session, asked.student_id))[:200],
            params={**order.params, "number": number, "label": label, "seed": new_seed(), "site": site},
            state=JobState.WAITING,
            created_at=work.now,
            expires_at=work.now + KEEP,
        )
        work.session.add(job)
        work.flush()
        details = {"number": label, "class_id": order.class_id}
        if order.form != CLASS_BOOK:
            details |= {"form": order.form, "purpose": order.purpose.value, "student_id": asked.student_id}
        work.audit(action, target=job, reason=order.basis or None, **details)
        return job.id


def _same(session: Session, actor: Actor, wanted: Mapping[str, Any]) -> int | None:
    """An unfinished job of the actor for the same print: a second click is no second book."""
    query = sa.select(PrintJob).where(
        PrintJob.user_id == actor.user_id, PrintJob.state.in_((JobState.WAITING, JobState.RUNNING))
    )
    rows = session.scalars(query)
    return next(
        (row.id for row in rows if all(row.params.get(key) == value for key, value in wanted.items())), None
    )


def _name(session: Session, student_id: int | None) -> str:
    return session.get_one(Student, student_id).full_name if student_id else ""


def title_of(asked: Asked, student: str = "") -> str:
    """Stored as it is told in notices, in Vietnamese; `student`: the name of the only one it is of."""
    part = {YEAR: "cả năm", 1: "học kì I", 2: "học kì II"}[asked.period]
    name = UnitWords.of(asked.unit.kind).say(asked.form.short_name)
    whose = f" {'' if name.endswith(' lớp') else 'lớp '}{asked.room.name}" if asked.room else ""
    if student:
        whose = f" của {student},{whose}"
    if teacher := asked.details.get("teacher"):
        whose = f", {teacher}"
    when = f", {part}" if asked.form.periods else ""
    if number := asked.details.get("number"):
        when = f" số {number}{when}"
    return f"{name}{whose}{when}, {asked.year.label}"


def my_jobs(session: Session, actor: Actor, limit: int = 20) -> list[PrintJob]:
    """The actor's jobs, newest first."""
    query = sa.select(PrintJob).where(PrintJob.user_id == actor.user_id)
    return list(session.scalars(query.order_by(PrintJob.id.desc()).limit(limit)))


def cancel_job(actor: Actor, job_id: int, *, clock: Clock) -> None:
    """Stop a job that isn't over; a run notices before its next part. Invalid for one that is over."""
    with plain_write() as session:
        now = clock()
        job = scope.get(session, actor, PrintJob, job_id, local_day(now))
        session.refresh(job, with_for_update=True)
        if JobState(job.state).over:
            raise Invalid(N_("This print is over; there is nothing to stop."))
        job.state, job.finished_at = JobState.CANCELLED, now


def fetch_file(actor: Actor, job_id: int, folder: Path, *, clock: Clock) -> tuple[bytes, str]:
    """The finished file and its name; the right is asked for again, and the fetching recorded.

    Raises NotFound for another's job, one that isn't done and one that is expired; Forbidden when the right is gone.
    """
    now, session = clock(), db.session()
    job = scope.get(session, actor, PrintJob, job_id, local_day(now))
    if job.state != JobState.DONE or not job.file or now >= job.expires_at:
        raise NotFound(NOT_KEPT)
    asked_for(session, actor, PrintOrder.of(job.params), local_day(now))
    path = folder / job.file
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != job.digest:
        log.error("the file of print job %s is missing or not the one that was made", job_id)
        raise NotFound(NOT_KEPT)
    name, label = job.title.replace("/", "-"), job.params["label"]
    record_event(actor, "print.download", clock=clock, target=job, number=label)
    return content, name
