"""Papers of corrections printed at once: application, minutes, summary; each a print in the register.

Only the school prints (S0 Điều 12 khoản 3). xhtml2pdf is loaded when something is drawn.
"""

import logging
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.corrections import State
from app.errors import N_, Forbidden, Invalid, Unavailable
from app.models import CorrectionRequest, OrgUnit, SchoolYear
from app.reports.book_catalogue import CORRECTION_APPLICATION, CORRECTION_MINUTES, CORRECTION_SUMMARY
from app.reports.contexts import PrintStamp
from app.reports.form import Form
from app.reports.papers import Paper, digests_of
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.correction_lists import open_request
from app.services.documents.asked import Asked
from app.services.documents.correction_papers import build_summary, paper_of
from app.services.documents.register import line_of, new_seed
from app.services.printing import AT_THE_SCHOOL, NOT_DRAWN, hold_number, next_number, number_label
from app.services.unit_of_work import Work, plain_write, transaction

log = logging.getLogger(__name__)
NOT_APPLIED: Final = N_("The minutes are printed once the cells were written.")


@dataclass(frozen=True)
class Printed:
    """A paper, and what its file is called."""

    pdf: bytes
    name: str


def print_application(actor: Actor, correction_id: int, *, clock: Clock, site: str = "") -> Printed:
    """The application as PDF, in the register. Raises NotFound, Forbidden outside the school, Unavailable."""
    return _request_paper(actor, correction_id, CORRECTION_APPLICATION, "don-de-nghi", clock, site)


def print_minutes(actor: Actor, correction_id: int, *, clock: Clock, site: str = "") -> Printed:
    """The minutes as PDF, in the register. Raises as `print_application`, and Invalid before the cells were written."""
    return _request_paper(actor, correction_id, CORRECTION_MINUTES, "bien-ban", clock, site)


def draw_minutes(session: Session, row: CorrectionRequest, stamp: PrintStamp) -> bytes:
    """The minutes of an applied request for a sealed bundle; the bundle is their record. Raises Unavailable."""
    return _drawn(paper_of(session, row, CORRECTION_MINUTES, stamp))


def print_summary(actor: Actor, year: SchoolYear, term: int, *, clock: Clock, site: str = "") -> Printed:
    """The summary of a term (0: the year) of the actor's own school. Raises Forbidden, Unavailable."""
    with transaction(actor, "print.correction", clock=clock) as work:
        hold_number(work)
        day = local_day(work.now)
        unit = scope.get(work.session, actor, OrgUnit, actor.unit_id, day)
        if not unit.kind.is_school or not may(actor, Action.CORRECTION_SUMMARY, Target()):
            raise Forbidden(AT_THE_SCHOOL)
        stamp = _stamp(work, site)
        paper = build_summary(
            work.session, Asked(CORRECTION_SUMMARY, unit, year, None, term, None, day), stamp
        )
        label = number_label(stamp.number, work.now)
        work.audit("print.correction", target=unit, form=CORRECTION_SUMMARY.code, term=term, number=label)
        about: dict[str, Any] = {"unit_id": unit.id, "school_year_id": year.id, "period": term}
    return _registered(actor, paper, f"tong-hop-sua-chua-{paper.heading.school_year}", about)


def _request_paper(
    actor: Actor, correction_id: int, form: Form, name: str, clock: Clock, site: str
) -> Printed:
    with transaction(actor, "print.correction", clock=clock) as work:
        hold_number(work)
        row = open_request(work.session, actor, correction_id, work.now)
        if not may(actor, Action.CORRECTION_PRINT, Target(unit=actor.relation_to(row.unit_id))):
            raise Forbidden(AT_THE_SCHOOL)
        if form is CORRECTION_MINUTES and row.state is not State.APPLIED:
            raise Invalid(NOT_APPLIED)
        stamp = _stamp(work, site)
        paper = paper_of(work.session, row, form, stamp)
        work.audit(
            "print.correction", target=row, form=form.code, number=number_label(stamp.number, work.now)
        )
        about: dict[str, Any] = {
            "unit_id": row.unit_id,
            "school_year_id": row.school_year_id,
            "class_id": row.class_id,
            "period": row.term,
            "details": {"correction_id": row.id},
        }
        code = row.code
    return _registered(actor, paper, f"{name}-{code}", about)


def _stamp(work: Work, site: str) -> PrintStamp:
    actor = work.actor
    return PrintStamp(
        work.now, actor.username, actor.full_name, next_number(work), seed=new_seed(), site=site
    )


def _registered(actor: Actor, paper: Paper, name: str, about: dict[str, Any]) -> Printed:
    """Drawn outside the transaction, which takes longer than anybody else's save should wait; then written down."""
    pdf = _drawn(paper)
    ((_student, digest),) = digests_of(paper)
    day = local_day(paper.stamp.printed_at)
    with plain_write() as session:
        line = line_of(
            paper.stamp,
            pdf,
            form=paper.form.code,
            title=paper.title[:240],
            user_id=actor.user_id,
            data_digest=digest,
            read_on=day,
            **about,
        )
        session.add(line)
    return Printed(pdf, name)


def _drawn(paper: Paper) -> bytes:
    from app.reports import drawing
    from app.reports.renderer import RenderError

    try:
        return drawing.draw(paper, paper.parts[0], 1)
    except RenderError as error:
        log.exception("a paper of a correction was not printed")
        raise Unavailable(NOT_DRAWN) from error
