"""Công khai điểm: from a day on families see the marks of a term, or of some columns, before they are confirmed.

S0 Điều 8 khoản 1, S1 Điều 3 khoản 5.1, S4 Điều 14 khoản 1.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.vocabulary import CELL_COLUMNS
from app.errors import N_, Forbidden, Invalid
from app.models import Publication, SchoolYear
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.typed import one_line
from app.services.unit_of_work import transaction

MOST_DAYS: Final = 60
MOST_NOTE: Final = 300
DAYS: Final = N_("The time for questions is between 1 and %(n)s days.")
UNKNOWN: Final = N_("The sheets have no such column.")
NO_REASON: Final = N_("Give the reason.")
ENDED: Final = N_("This publication has ended already.")
NO_PERSON: Final = N_("This takes an account of a named person.")


def publish(
    actor: Actor, year_id: int, term: int, columns: Sequence[str], days: int, note: str, *, clock: Clock
) -> int:
    """Show a term's marks, or those of some columns, to students and guardians from now on. Returns its id.

    `days`: how long families may ask. Sent twice it is published once, while families may ask. Raises Forbidden,
    NotFound, Invalid.
    """
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(DAYS, n=MOST_DAYS)
    if set(columns) - set(CELL_COLUMNS) or term not in (1, 2):
        raise Invalid(UNKNOWN)
    note = one_line(note, MOST_NOTE)
    with transaction(actor, "publication.publish", clock=clock) as work:
        demand(actor, Action.MARKS_PUBLISH, actor.unit_id)
        if actor.person_id is None or actor.unit_id is None:
            raise Forbidden(NO_PERSON)
        year = scope.get(work.session, actor, SchoolYear, year_id, local_day(clock()))
        work.close_epoch(actor.unit_id)
        shown = [column for column in CELL_COLUMNS if column in columns]
        for held in load_publications(work.session, actor.unit_id, year.id):
            same = (held.term, held.columns, held.note or "") == (term, shown, note)
            if same and held.ended_at is None and held.questions_until > work.now:
                return held.id
        row = Publication(
            unit_id=actor.unit_id,
            school_year_id=year.id,
            term=term,
            columns=shown,
            note=note or None,
            published_at=work.now,
            questions_until=work.now + timedelta(days=days),
            published_by_id=actor.person_id,
        )
        work.session.add(row)
        work.flush()
        work.audit("publication.publish", target=row, term=term, columns=row.columns)
        return row.id


def end(actor: Actor, publication_id: int, reason: str, *, clock: Clock) -> None:
    """Take a publication back, with its reason; the row stays."""
    reason = one_line(reason, MOST_NOTE, NO_REASON)
    with transaction(actor, "publication.end", clock=clock, reason=reason) as work:
        row = scope.get(work.session, actor, Publication, publication_id, local_day(clock()), hold=True)
        demand(actor, Action.MARKS_PUBLISH, row.unit_id)
        if row.ended_at is not None:
            raise Invalid(ENDED)
        row.ended_at, row.ended_reason = work.now, reason
        work.audit("publication.end", target=row, reason=reason)


def load_publications(session: Session, unit_id: int, year_id: int) -> Sequence[Publication]:
    """A unit's publications of a year, the newest first; one statement."""
    query = (
        sa.select(Publication)
        .where(Publication.unit_id == unit_id, Publication.school_year_id == year_id)
        .options(joinedload(Publication.published_by))
        .order_by(Publication.id.desc())
    )
    return session.scalars(query).all()
