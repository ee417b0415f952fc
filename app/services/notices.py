"""Notices: what a person, or everybody of a unit, should know. Stored in the language of the record, not the reader's."""

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from app.domain.access import Actor
from app.models import Notice
from app.services.unit_of_work import Work

TITLE_LENGTH: Final = 200
BODY_LENGTH: Final = 1000


def own_notices(actor: Actor) -> sa.ColumnElement[bool]:
    """SQL: notices for the actor, or for everybody who works in the unit; a family reads those for itself only."""
    of_unit = sa.and_(Notice.unit_id == actor.unit_id, sa.literal(not actor.is_family))
    if actor.person_id is None:
        return of_unit
    return sa.or_(of_unit, Notice.person_id == actor.person_id)


def tell(work: Work, people: Iterable[int], title: str, body: str, url: str | None = None) -> None:
    """Inside a transaction: a notice for each of these people, once."""
    _add(work, ({"person_id": key} for key in sorted(set(people))), title, body, url)


def tell_units(work: Work, units: Iterable[int], title: str, body: str, url: str | None = None) -> None:
    """Inside a transaction: a notice for everybody of each unit."""
    _add(work, ({"unit_id": key} for key in units), title, body, url)


def _add(work: Work, readers: Iterable[dict[str, Any]], title: str, body: str, url: str | None) -> None:
    work.session.add_all(
        Notice(
            **reader,
            title=title[:TITLE_LENGTH],
            body=body[:BODY_LENGTH],
            url=url,
            created_at=work.now,
            created_by_id=work.actor.user_id,
        )
        for reader in readers
    )
