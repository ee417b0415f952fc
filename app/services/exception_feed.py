"""Reading the exception feed, and an office's note that it has looked. Nothing here changes a line of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.exceptions import ExceptionKind
from app.errors import N_
from app.models import ExceptionLook, ExceptionNote, OrgUnit
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.typed import one_line
from app.services.unit_of_work import transaction

PAGE: Final = 50
MOST_TEXT: Final = 500
SAY_SOMETHING = N_("Write what you found, in a few words.")


@dataclass(frozen=True)
class FeedLine:
    """A line of the feed with who has looked at it."""

    note: ExceptionNote
    looks: Sequence[ExceptionLook]


@dataclass(frozen=True)
class Feed:
    """One page of the feed, newest first."""

    lines: Sequence[FeedLine]
    number: int
    has_next: bool


@dataclass(frozen=True)
class Asked:
    """What of the feed to show; nothing chosen is everything."""

    unit_id: int | None = None
    kind: ExceptionKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    unseen: bool = False


def feed(session: Session, actor: Actor, asked: Asked, day: Any, *, number: int = 1) -> Feed:
    """Lines of one's unit and those below; three statements, whatever their number."""
    query = (
        _within(actor, asked, day)
        .options(
            joinedload(ExceptionNote.unit), joinedload(ExceptionNote.person), joinedload(ExceptionNote.user)
        )
        .order_by(ExceptionNote.happened_at.desc(), ExceptionNote.id.desc())
    )
    number = max(1, number)
    notes = session.scalars(query.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    looks: dict[int, list[ExceptionLook]] = {}
    if notes:
        rows = session.scalars(
            sa.select(ExceptionLook)
            .where(ExceptionLook.note_id.in_([note.id for note in notes]))
            .options(joinedload(ExceptionLook.unit), joinedload(ExceptionLook.person))
            .order_by(ExceptionLook.id)
        )
        for row in rows:
            looks.setdefault(row.note_id, []).append(row)
    lines = [FeedLine(note, looks.get(note.id, ())) for note in notes[:PAGE]]
    return Feed(lines, number, len(notes) > PAGE)


def units_in_feed(session: Session, actor: Actor, day: Any) -> Mapping[int, str]:
    """Units the filter offers: those that have a line; one statement."""
    told = sa.select(ExceptionNote.unit_id).where(scope.condition(actor, ExceptionNote, day))
    rows = sa.select(OrgUnit.id, OrgUnit.short_name).where(OrgUnit.id.in_(told)).order_by(OrgUnit.short_name)
    return dict(session.execute(rows).all())


def count_unseen(session: Session, actor: Actor, day: Any) -> int:
    """Lines from below one's office has not looked at, for its landing page; one statement."""
    found = _within(actor, Asked(unseen=True), day).limit(1000).with_only_columns(ExceptionNote.id).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def mark_looked(actor: Actor, note_id: int, text: str, *, clock: Clock) -> int:
    """An office notes that it has looked at a line, and what it found. Returns the note's id.

    NotFound out of reach; Forbidden for a school's own lines; Invalid without words.
    """
    with transaction(actor, "exception.look", clock=clock) as work:
        note = scope.get(work.session, actor, ExceptionNote, note_id, local_day(work.now))
        demand(actor, Action.EXCEPTION_MARK, note.unit_id)
        text = one_line(text, MOST_TEXT, SAY_SOMETHING, "text")
        row = ExceptionLook(
            note_id=note.id,
            unit_id=actor.unit_id,
            looked_at=work.now,
            person_id=actor.person_id,
            user_id=actor.user_id,
            text=text,
        )
        work.session.add(row)
        work.flush()
        work.audit("exception.look", target=note, reason=text)
        return row.id


def _within(actor: Actor, asked: Asked, day: Any) -> sa.Select[Any]:
    query = scope.scoped(actor, ExceptionNote, day)
    if asked.unit_id is not None:
        query = query.where(ExceptionNote.unit_id == asked.unit_id)
    if asked.kind is not None:
        query = query.where(ExceptionNote.kind == asked.kind)
    if asked.since is not None:
        query = query.where(ExceptionNote.happened_at >= asked.since)
    if asked.until is not None:
        query = query.where(ExceptionNote.happened_at < asked.until)
    if asked.unseen:
        mine = sa.select(ExceptionLook.id).where(
            ExceptionLook.note_id == ExceptionNote.id, ExceptionLook.unit_id == actor.unit_id
        )
        query = query.where(~mine.correlate(ExceptionNote).exists(), ExceptionNote.unit_id != actor.unit_id)
    return query
