"""A form shown as it would be printed: of a class or student of the school, or of the example; nothing is registered."""

import logging
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.errors import N_, NotFound, Unavailable
from app.models import Enrolment, SchoolClass
from app.models.base import in_force
from app.reports.contexts import PrintStamp
from app.reports.form import DrawnFor, Form
from app.reports.papers import Printable
from app.services.clock import clamp
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.printing import printable_class

log = logging.getLogger(__name__)
NOT_SHOWN = N_("This could not be shown. The administrator finds the reason in the log.")


def shows_class(form: Form) -> bool:
    """True where a form is shown of a class of the school: whatever is drawn for classes or students."""
    return form.drawn_for in (DrawnFor.CLASS, DrawnFor.STUDENT)


def has_example(form: Form) -> bool:
    """True where the example can be drawn in the form."""
    from app.reports.examples import (
        EXAMPLES,  # with the templates' reader behind it: only where something is shown
    )

    return form.code in EXAMPLES


def preview_class(
    session: Session, actor: Actor, form: Form, class_id: int, period: int, now: datetime, day: date
) -> bytes:
    """The form of a class, or of its first student, marked as a preview.

    Raises NotFound out of reach, Forbidden without the right to print it, Invalid where the class has no such form.
    """
    room = printable_class(session, actor, class_id, day, form)
    if form.periods and period not in form.periods:
        period = form.periods[-1]
    student = _first_student(session, room, day) if form.drawn_for is DrawnFor.STUDENT else None
    asked = Asked(form, room.unit, room.school_year, room, period, student, day)
    return _drawn(builders.build(session, asked, _stamp(actor, now)))


def preview_example(actor: Actor, form: Form, now: datetime) -> bytes:
    """The form of the example. Raises NotFound where it has none."""
    from app.reports.examples import example_of

    paper = example_of(form, _stamp(actor, now))
    if paper is None:
        raise NotFound
    return _drawn(paper)


def _stamp(actor: Actor, now: datetime) -> PrintStamp:
    return PrintStamp(now, actor.username, actor.full_name, 0, preview=True)


def _first_student(session: Session, room: SchoolClass, day: date) -> int | None:
    """One student who sits in the class on the day, or on the year's nearest to it."""
    on = clamp(day, room.school_year.starts_on, room.school_year.ends_on)
    query = sa.select(Enrolment.student_id).where(Enrolment.class_id == room.id, in_force(Enrolment, on))
    return session.scalar(query.order_by(Enrolment.id).limit(1))


def _drawn(paper: Printable) -> bytes:
    from app.reports.preview import preview
    from app.reports.renderer import RenderError

    try:
        return preview(paper)
    except RenderError as error:
        log.exception("a preview of %s was not drawn", type(paper).__name__)
        raise Unavailable(NOT_SHOWN) from error
