"""Who approves or closes a round checks and proposes nothing of it: two people look, not one (S0 Điều 14, S4 Điều 19 k2).

Only where a school is too small for that, with nobody else who has the step's right and an account to take it from, may
one person do both; the step then carries the name for everybody to see.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.closing import APART, Stage
from app.domain.vocabulary import Role
from app.errors import N_, Forbidden
from app.models import Account, AdminBoard, AdminBoardMember, Position
from app.models.base import in_force
from app.services.closing.book import Book

APPROVES: Final = N_(
    "Who approves and closes the book neither checks the signatures nor proposes to close: another person of the school"
    " does."
)
CHECKED_IT: Final = N_(
    "You have checked or proposed this round yourself: another person approves and closes it."
)
_STAFF: Final[Mapping[Stage, Collection[Role]]] = {
    Stage.CHECKED: (Role.OFFICE_STAFF, Role.SCHOOL_ADMIN),
    Stage.PROPOSED: (Role.SCHOOL_ADMIN,),
}
"""Whose step it is beside the board's members (domain/access: CLOSING_OFFICE, CLOSING_PROPOSE)."""


def kept_apart(session: Session, actor: Actor, book: Book, step: Stage | None, day: date) -> bool:
    """True when another person has to take this step, as the actor approves or closes; at most one statement."""
    return step in APART and _approves(actor, book) and _others(session, actor, book, step, day)


def require_apart(session: Session, actor: Actor, book: Book, step: Stage, day: date) -> None:
    """Raises Forbidden where another person has to take this step."""
    if kept_apart(session, actor, book, step, day):
        raise Forbidden(APPROVES)


def require_not_checked(session: Session, actor: Actor, book: Book, day: date) -> None:
    """Raises Forbidden for who has checked or proposed this round, where another could have; before approving, closing."""
    for step in APART & book.ticked.keys():
        if book.ticked[step].person_id == actor.person_id and _others(session, actor, book, step, day):
            raise Forbidden(CHECKED_IT)


def _approves(actor: Actor, book: Book) -> bool:
    """By office, or by having approved in this round on the head's authorisation."""
    if may(actor, Action.CLOSING_APPROVE, Target()):
        return True
    signed = [book.signature, *(room.approval for room in book.classes)]
    return any(s and s.turn == book.turn and s.person_id == actor.person_id for s in signed)


def _others(session: Session, actor: Actor, book: Book, step: Stage, day: date) -> bool:
    """Somebody else with the step's right and an open account, who doesn't head the school; one statement."""
    here = (Account.unit_id == book.unit.id, Account.active.is_(True), Account.person_id != actor.person_id)
    office = sa.select(Position.id).where(
        Position.person_id == Account.person_id,
        Position.unit_id == book.unit.id,
        Position.role.in_(_STAFF[step]),
        in_force(Position, day),
    )
    member = (
        sa.select(AdminBoardMember.id)
        .join(AdminBoard, AdminBoard.id == AdminBoardMember.board_id)
        .where(
            AdminBoardMember.person_id == Account.person_id,
            AdminBoard.unit_id == book.unit.id,
            in_force(AdminBoard, day),
        )
    )
    heads = sa.select(Position.id).where(
        Position.person_id == Account.person_id,
        Position.unit_id == book.unit.id,
        Position.role == Role.PRINCIPAL,
        in_force(Position, day),
    )
    found = sa.select(Account.id).where(*here, sa.or_(office.exists(), member.exists()), ~heads.exists())
    return session.scalar(found.limit(1)) is not None
