"""Rounds in which stale papers are printed and signed anew: listed, ordered, and closed by the last signature."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.domain.access import Action, Actor, Target, may
from app.domain.signing import SigningRole
from app.errors import N_, Invalid
from app.models import Document, PrintJob, Signature, SigningRound, StalePaper
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintPurpose
from app.reports.form import DrawnFor
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.job_rows import JobState
from app.services.print_orders import PrintOrder, create_job
from app.services.unit_of_work import plain_write

SHOWN: Final = 100
SAME: Final = (
    "unit_id",
    "school_year_id",
    "class_id",
    "student_id",
    "form",
    "period",
    "purpose",
    "recipient",
)
"""What a new print has in common with the paper it stands for."""
NOTHING_LEFT: Final = N_("These papers are printed anew already, or are being printed.")
GONE: Final = N_("This form is not printed any more. Print the papers by hand.")


# -- seeing what is done -----------------------------------------------------------------------------------------


def settle(session: Session, *, clock: Clock, unit_id: int | None = None) -> None:
    """Note which new papers stand for stale ones, and close the rounds whose new papers bear every signature the old had.

    Nothing is written where nothing is new; two statements where no round is open.
    """
    news = {row.id: row.newest for row in session.execute(_followers(unit_id))}
    done = set(session.scalars(_done(unit_id))) if not news else set()
    if not news and not done:
        return
    with plain_write() as writing:
        papers = writing.scalars(sa.select(StalePaper).where(StalePaper.id.in_(news)))
        for paper in papers.all():
            paper.replaced_by_id = news[paper.id]
        writing.flush()
        now = clock()
        rounds = sa.select(SigningRound).where(SigningRound.id.in_(_done(unit_id)))
        for row in writing.scalars(rounds).all():
            row.closed_at = now


def _followers(unit_id: int | None) -> sa.Select[Any]:
    """Stale papers of open rounds with the newest print of the same, where that isn't noted yet."""
    later, old = aliased(Document), aliased(Document)
    newest = (
        sa.select(sa.func.max(later.id))
        .where(
            later.id > old.id,
            later.file.is_not(None),
            *(getattr(later, name).is_not_distinct_from(getattr(old, name)) for name in SAME),
        )
        .correlate(old)
        .scalar_subquery()
    )
    return (
        sa.select(StalePaper.id, newest.label("newest"))
        .join(SigningRound, SigningRound.id == StalePaper.round_id)
        .join(old, old.id == StalePaper.document_id)
        .where(*_open(unit_id), newest.is_not(None), newest.is_distinct_from(StalePaper.replaced_by_id))
    )


def _done(unit_id: int | None) -> sa.Select[Any]:
    """Open rounds all of whose papers are replaced by papers with the signatures the old ones had."""
    had, has = aliased(Signature), aliased(Signature)
    again = sa.select(has.id).where(has.document_id == StalePaper.replaced_by_id, has.role == had.role)
    missing = sa.select(had.id).where(
        had.document_id == StalePaper.document_id, ~again.correlate(had, StalePaper).exists()
    )
    unsettled = sa.select(StalePaper.id).where(
        StalePaper.round_id == SigningRound.id,
        sa.or_(StalePaper.replaced_by_id.is_(None), missing.correlate(StalePaper).exists()),
    )
    return sa.select(SigningRound.id).where(*_open(unit_id), ~unsettled.correlate(SigningRound).exists())


def _open(unit_id: int | None) -> tuple[sa.ColumnElement[bool], ...]:
    own = () if unit_id is None else (SigningRound.unit_id == unit_id,)
    return (SigningRound.closed_at.is_(None), *own)


# -- the list ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundLine:
    """A round as the page shows it. `left`: papers not printed anew; `missing`: signatures the new ones still lack."""

    signing_round: SigningRound
    name: str  # of the form
    left: Sequence[StalePaper]
    missing: Mapping[SigningRole, int]
    new_document_id: int | None

    @property
    def printing(self) -> bool:
        """Whether the new print is being made."""
        job = self.signing_round.job
        return job is not None and not JobState(job.state).over


def load_rounds(session: Session, actor: Actor, day: date) -> list[RoundLine]:
    """Open rounds first, then closed ones, newest first: the school's, or of a teacher those of the own classes."""
    query = (
        sa.select(SigningRound)
        .where(scope.condition(actor, SigningRound, day), SigningRound.unit_id == actor.unit_id)
        .options(
            joinedload(SigningRound.school_class),
            joinedload(SigningRound.school_year),
            joinedload(SigningRound.correction),
            joinedload(SigningRound.job),
            selectinload(SigningRound.papers).joinedload(StalePaper.document).joinedload(Document.student),
            selectinload(SigningRound.papers).joinedload(StalePaper.replaced_by),
        )
        .order_by(SigningRound.closed_at.is_not(None), SigningRound.id.desc())
        .limit(SHOWN)
    )
    if not sees_all(actor):
        query = query.where(SigningRound.class_id.in_(scope.taught_class_ids(actor)))
    rows = session.scalars(query).all()
    signed = _roles(
        session, {key for row in rows for p in row.papers for key in (p.document_id, p.replaced_by_id)}
    )
    return [_line(row, signed) for row in rows]


def sees_all(actor: Actor) -> bool:
    """Whether every round of the own school is the actor's business."""
    return any(
        may(actor, action, Target())
        for action in (Action.PRINT_REGISTER, Action.PAPER_APPROVE, Action.PAPER_SEAL)
    )


def _roles(session: Session, ids: set[int | None]) -> Mapping[int, set[SigningRole]]:
    found: dict[int, set[SigningRole]] = defaultdict(set)
    query = sa.select(Signature.document_id, Signature.role).where(Signature.document_id.in_(ids - {None}))
    for document_id, role in session.execute(query):
        found[document_id].add(role)
    return found


def _line(row: SigningRound, signed: Mapping[int, set[SigningRole]]) -> RoundLine:
    lacking = [
        role
        for paper in row.papers
        for role in signed.get(paper.document_id, ())
        if paper.replaced_by_id is None or role not in signed.get(paper.replaced_by_id, ())
    ]
    form = CATALOGUE.get(row.form)
    new = [paper.replaced_by_id for paper in row.papers if paper.replaced_by_id is not None]
    return RoundLine(
        signing_round=row,
        name=form.short_name if form else row.papers[0].document.title,
        left=[paper for paper in row.papers if paper.replaced_by_id is None],
        missing={role: lacking.count(role) for role in SigningRole if role in lacking},
        new_document_id=max(new, default=None),
    )


# -- printing anew -----------------------------------------------------------------------------------------------


def order_again(actor: Actor, round_id: int, *, clock: Clock, site: str = "") -> int:
    """Order the new print of a round: the same form, class, term and purpose, of the students it is about. The job's id.

    Raises NotFound; Invalid where all of it is printed or being printed; and what `create_job` does.
    """
    with plain_write() as session:
        row = scope.get(session, actor, SigningRound, round_id, local_day(clock()), hold=True)
        job = session.get(PrintJob, row.job_id) if row.job_id else None
        left = [paper.document for paper in row.papers if paper.replaced_by_id is None]
        if not left or (job is not None and not JobState(job.state).over):
            raise Invalid(NOTHING_LEFT)
        order = _order(row, left)
    job_id = create_job(actor, order, clock=clock, site=site)
    with plain_write() as session:
        session.get_one(SigningRound, round_id).job_id = job_id
    return job_id


def _order(row: SigningRound, papers: Sequence[Document]) -> PrintOrder:
    form = CATALOGUE.get(row.form)
    if form is None:
        raise Invalid(GONE)
    purpose, first = PrintPurpose(row.purpose), papers[0]
    issued = purpose is PrintPurpose.ISSUED
    students = tuple(p.student_id for p in papers if p.student_id is not None)
    several = students if form.drawn_for is DrawnFor.STUDENT and not issued else ()
    return PrintOrder(
        class_id=row.class_id,
        term=row.period or None,
        purpose=purpose,
        form=row.form,
        student_id=first.student_id if issued else None,
        student_ids=several,
        year_id=row.school_year_id if row.class_id is None else None,
        copies=first.copies,
        recipient=first.recipient or "",
        basis=first.basis or "",
    )
