"""Ordering a decision of the head: what it can be about, what is filled in before, and the print itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.assessment.facts import YEAR
from app.errors import N_, Invalid, NotFound
from app.extensions import db
from app.models import AdminBoard, Closing, Document, LockWindow, OrgUnit, SchoolYear
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintPurpose
from app.reports.form import Form
from app.services import scope
from app.services.book_reading import load_units_above
from app.services.clock import Clock, local_day
from app.services.documents.decisions.details import Details, read_details
from app.services.print_orders import PrintOrder, create_job
from app.services.rights import demand

BOARD, DUTIES, CLOSING = "decision.board", "decision.duties", "decision.closing"
REOPENING, LOCKS = "decision.reopening", "decision.locks"
_COMMUNES: Final = ("Ủy ban nhân dân xã ", "Ủy ban nhân dân phường ", "UBND xã ", "UBND phường ")
_SHOWN: Final = 20
NUMBER_TAKEN: Final = N_(
    "Another decision of the school has this number in the same year. Write the next free one."
)


@dataclass(frozen=True)
class Draft:
    """A decision that can be ordered: the rows it may be about, and what is filled in before."""

    form: Form
    rows: Sequence[Any]  # boards, closings or lock windows; empty: of the school year as a whole
    place: str
    grounds: tuple[str, ...]

    @property
    def of_year(self) -> bool:
        """True for a decision about the year's staff, which chooses no row."""
        return self.form.code == DUTIES

    @property
    def numbered(self) -> bool:
        """True where the record knows number and day: nobody types them."""
        return self.form.code == BOARD

    @property
    def several(self) -> bool:
        """True where it may be about several rows."""
        return self.form.code == LOCKS

    @property
    def ready(self) -> bool:
        """False where the record has nothing it could be about."""
        return self.of_year or bool(self.rows)


def forms() -> list[Form]:
    """The decisions of the catalogue."""
    return [form for form in CATALOGUE.values() if form.is_decision]


def drafts(session: Session, actor: Actor, year_id: int, day: date) -> list[Draft]:
    """Every decision of the actor's school for a school year; seven statements. Raises Forbidden."""
    unit = _unit(session, actor, day)
    year = scope.get(session, actor, SchoolYear, year_id, day)
    place, grounds = _before(session, unit, day)
    rows = _rows(session, unit.id, year.id)
    return [Draft(form, rows.get(form.code, ()), place, grounds) for form in forms()]


def draft_of(session: Session, actor: Actor, code: str, year_id: int, day: date) -> Draft:
    """One of them. Raises NotFound for no decision."""
    found = next((d for d in drafts(session, actor, year_id, day) if d.form.code == code), None)
    if found is None:
        raise NotFound
    return found


def order_decision(
    actor: Actor,
    draft: Draft,
    typed: Mapping[str, str],
    chosen: Collection[int],
    year_id: int,
    *,
    clock: Clock,
    site: str = "",
) -> int:
    """Have a decision printed for the head to sign. Returns the job's id.

    Raises Invalid with the field that is missing or wrong, NotFound for rows it can't be about.
    """
    rows = [row for row in draft.rows if row.id in chosen]
    if len(rows) != len(set(chosen)):
        raise NotFound
    source = tuple(row.id for row in rows)
    today = local_day(clock())
    details = read_details(
        typed,
        source,
        today,
        numbered=draft.numbered,
        of_year=draft.of_year,
        usual_day=_decided_on(draft, rows),
    )
    _demand_own_number(actor, draft, details)
    order = PrintOrder(
        term=_term(draft, rows),
        purpose=PrintPurpose.ENACTED,
        form=draft.form.code,
        year_id=year_id,
        details=details.kept,
    )
    return create_job(actor, order, clock=clock, site=site)


def _demand_own_number(actor: Actor, draft: Draft, details: Details) -> None:
    """A number is given once a year (NĐ 30/2020 Điều 15); the same decision may be printed again under its own."""
    if draft.numbered:
        return
    query = sa.select(Document.form, Document.details).where(
        Document.unit_id == actor.unit_id,
        Document.form.in_([form.code for form in forms()]),
        Document.details["number"].as_string() == details.number,
    )
    for form, kept in db.session().execute(query):
        other = Details.of(kept)
        same = (form, other.source) == (draft.form.code, details.source)
        if other.signed_on.year == details.signed_on.year and not same:
            raise Invalid(NUMBER_TAKEN, problems=(("number", NUMBER_TAKEN),))


def _term(draft: Draft, rows: Sequence[Any]) -> int | None:
    return (rows[0].term or None) if draft.form.periods and rows else None


def _decided_on(draft: Draft, rows: Sequence[Any]) -> date | None:
    """The day the book was closed, or reopened."""
    if not draft.form.periods or not rows:
        return None
    at = rows[0].reopened_at if draft.form.code == REOPENING else None
    return local_day(at or rows[0].closed_at)


def printed(session: Session, actor: Actor, day: date) -> list[Document]:
    """The school's decisions printed last; one statement."""
    query = (
        scope.scoped(actor, Document, day)
        .where(Document.unit_id == actor.unit_id, Document.form.in_([form.code for form in forms()]))
        .order_by(Document.id.desc())
        .limit(_SHOWN)
    )
    return list(session.scalars(query))


def signed_on(document: Document) -> date:
    """The day of signing a printed decision names."""
    return Details.of(document.details).signed_on


# -- reading -----------------------------------------------------------------------------------------------------


def _unit(session: Session, actor: Actor, day: date) -> OrgUnit:
    unit = scope.get(session, actor, OrgUnit, actor.unit_id, day)
    demand(actor, Action.RECORD_ISSUE, unit.id)
    return unit


def _rows(session: Session, unit_id: int, year_id: int) -> dict[str, list[Any]]:
    boards = sa.select(AdminBoard).where(AdminBoard.unit_id == unit_id).order_by(AdminBoard.id.desc())
    place = (Closing.unit_id == unit_id, Closing.school_year_id == year_id)
    closings = sa.select(Closing).where(*place).order_by(Closing.term == YEAR, Closing.term, Closing.id)
    windows = sa.select(LockWindow).where(
        LockWindow.owner_id == unit_id,
        LockWindow.school_year_id == year_id,
        LockWindow.sheet_id.is_(None),
    )
    closed = list(session.scalars(closings.options(joinedload(Closing.school_year))))
    return {
        BOARD: list(session.scalars(boards)),
        CLOSING: closed,
        REOPENING: [row for row in closed if row.reopened_at is not None],
        LOCKS: list(session.scalars(windows.order_by(LockWindow.opens_at, LockWindow.id))),
    }


def _before(session: Session, unit: OrgUnit, day: date) -> tuple[str, tuple[str, ...]]:
    """Place and own grounds of the school's last decision; at first the commune's name."""
    query = sa.select(Document.details).where(
        Document.unit_id == unit.id, Document.form.in_([form.code for form in forms()])
    )
    last = session.scalar(query.order_by(Document.id.desc()).limit(1))
    if last:
        kept = Details.of(last)
        return kept.place, kept.grounds
    above = load_units_above(session, unit.id, day)
    name = above[0].name if above else ""
    return next((name.removeprefix(start) for start in _COMMUNES if name.startswith(start)), ""), ()
