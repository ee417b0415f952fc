"""Who can take which seat of a correction today: the school's people, and those of the tier above."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.corrections import (
    SEATS_OF,
    Candidates,
    PersonId,
    Seat,
    State,
    can_fill,
    seats_from_above,
)
from app.domain.offices import ADMIN_ROLE, HEAD_ROLE
from app.domain.vocabulary import Role
from app.models import (
    Account,
    AdminBoard,
    AdminBoardMember,
    Authorisation,
    CorrectionRequest,
    HomeroomAssignment,
    OrgUnit,
    Person,
    Position,
)
from app.models.base import in_force
from app.services.actors import ancestors

FAMILY: Final = (Role.PARENT, Role.STUDENT, Role.INSPECTOR)
OFFICERS: Final = (Role.DEPARTMENT_OFFICER, Role.DISTRICT_OFFICER)


@dataclass(frozen=True)
class Staffing:
    """Who has which office at a school and in the nearest office above it that has a leader, with an open account."""

    own: Candidates
    above: Candidates
    office: Candidates  # the seats this unit's people take in requests of units below
    upper_unit_id: int | None
    staff: frozenset[PersonId]
    homeroom: frozenset[PersonId]
    heads: frozenset[PersonId]
    titles: Mapping[tuple[int, PersonId], str]
    names: Mapping[PersonId, str]
    authorised: Mapping[PersonId, Authorisation]

    def plan(self, seats: Sequence[Seat], requester: PersonId) -> frozenset[Seat] | None:
        """The seats the tier above must fill; None where even so somebody would sit twice."""
        own = {**self.own, Seat.CERTIFIER: self._certifiers(requester)}
        return seats_from_above(seats, own, self.above, requester, head_asks=requester in self.heads)

    def _certifiers(self, requester: PersonId) -> frozenset[PersonId]:
        """The homeroom teacher; where that is the requester, or nobody, whom the head may name."""
        others = self.homeroom - {requester}
        return others or self.staff - {requester}

    def needs_naming(self, request: CorrectionRequest) -> bool:
        """True while the head must name who certifies instead of the homeroom teacher."""
        own = Seat.CERTIFIER not in request.seats_above
        return own and request.certifier_id is None and not self.homeroom - {request.requested_by_id}

    def pool(self, request: CorrectionRequest, seat: Seat) -> frozenset[PersonId]:
        """Who could take a seat of this request today, were nobody in it yet."""
        if seat is Seat.ATTENDEE:
            return frozenset({request.requested_by_id})
        if seat in request.seats_above:
            return self.above.get(seat, frozenset())
        if seat is Seat.CERTIFIER and request.certifier_id is not None:
            return frozenset({request.certifier_id}) & self.staff
        if seat is Seat.CERTIFIER:
            return self.homeroom - {request.requested_by_id}
        return self.own.get(seat, frozenset())

    def free(self, request: CorrectionRequest, seat: Seat) -> frozenset[PersonId]:
        """Of these, whoever sits nowhere else in the request."""
        if seat is Seat.ATTENDEE:
            return self.pool(request, seat)
        return self.pool(request, seat) - seated(request) - {request.requested_by_id}

    def seat_for(self, request: CorrectionRequest, person: PersonId) -> Seat | None:
        """The open seat of the present state this person may take; None for none.

        One whose taking would leave another seat to nobody comes last, and is refused by `leaves_all`.
        """
        wanted = set(SEATS_OF.get(request.state, ())) & set(request.seats_left)
        fitting = [
            s for s in SEATS_OF.get(request.state, ()) if s in wanted and person in self.free(request, s)
        ]
        return next((s for s in fitting if self.leaves_all(request, s, person)), next(iter(fitting), None))

    def leaves_all(self, request: CorrectionRequest, seat: Seat, person: PersonId) -> bool:
        """True when the seats that are left then can still be filled by others."""
        rest = [s for s in request.seats_left if s is not seat]
        if Seat.APPROVER in request.seats_above:  # whoever approves from above has consented too
            rest = [s for s in rest if s is not Seat.CONSENT]
        pools = {s: self.pool(request, s) for s in rest}
        if Seat.CERTIFIER in rest and self.needs_naming(request):
            pools[Seat.CERTIFIER] = self.staff
        return can_fill(rest, pools, {*seated(request), person}, request.requested_by_id)

    def waiting(self, request: CorrectionRequest) -> frozenset[PersonId]:
        """The people a request waits for now."""
        if request.state is State.CERTIFYING and self.needs_naming(request):
            return self.free(request, Seat.APPROVER)
        wanted = [s for s in SEATS_OF.get(request.state, ()) if s in request.seats_left]
        return frozenset().union(*(self.free(request, seat) for seat in wanted))


def seated(request: CorrectionRequest) -> frozenset[PersonId]:
    """Everybody who sits in the request already."""
    return frozenset(row.person_id for row in request.filled.values() if row.person_id is not None)


def load_staffing(
    session: Session, unit_id: int, class_id: int | None, day: date, class_day: date | None = None
) -> Staffing:
    """The people of a school and above it on `day`, the homeroom teacher on `class_day`; four statements."""
    units = _units(session, unit_id, day)
    positions = _positions(session, list(units), day)
    boards = _boards(session, list(units), day)
    authorised = _authorised(session, unit_id, day)
    found = _Found(units, positions, boards)
    upper = next((u for u in list(units)[1:] if found.having(u, HEAD_ROLE[units[u]])), None)
    heads, staff = found.having(unit_id, Role.PRINCIPAL), found.staff(unit_id)
    deputies = found.having(unit_id, Role.VICE_PRINCIPAL)
    own = {
        Seat.APPROVER: heads | (authorised.keys() & deputies),
        Seat.LEADER: heads | deputies,
        Seat.BOARD: found.board(unit_id),
    }
    homeroom = _homeroom(session, class_id, class_day or day) & staff if class_id else frozenset()
    return Staffing(
        own=own,
        above=found.office(upper) if upper else {},
        office=found.office(unit_id),
        upper_unit_id=upper,
        staff=staff,
        homeroom=homeroom,
        heads=heads,
        titles=found.titles,
        names=found.names,
        authorised=authorised,
    )


class _Found:
    """Rows of positions and boards, asked by unit and role."""

    def __init__(self, units: Mapping[int, Any], positions: Sequence[Any], boards: Sequence[Any]) -> None:
        self._units = units
        self._roles: dict[tuple[int, Role], set[int]] = {}
        self.titles: dict[tuple[int, int], str] = {}
        self.names: dict[int, str] = {}
        self._boards: dict[int, set[int]] = {}
        for person, unit, role, title, name in positions:
            self._roles.setdefault((unit, role), set()).add(person)
            self.titles.setdefault((unit, person), title)
            if role in (HEAD_ROLE[units[unit]], Role.VICE_PRINCIPAL):
                self.titles[unit, person] = title
            self.names[person] = name
        for person, unit in boards:
            if person in self.names:
                self._boards.setdefault(unit, set()).add(person)

    def having(self, unit: int, *roles: Role) -> frozenset[int]:
        return frozenset().union(*(self._roles.get((unit, role), ()) for role in roles))

    def board(self, unit: int) -> frozenset[int]:
        return self.having(unit, ADMIN_ROLE[self._units[unit]]) | self._boards.get(unit, set())

    def staff(self, unit: int) -> frozenset[int]:
        return frozenset(
            person
            for (where, role), people in self._roles.items()
            for person in people
            if where == unit and role not in FAMILY
        )

    def office(self, unit: int) -> dict[Seat, frozenset[int]]:
        leaders = self.having(unit, HEAD_ROLE[self._units[unit]])
        board = self.board(unit)
        return {
            Seat.APPROVER: leaders,
            Seat.CONSENT: leaders,
            Seat.LEADER: leaders | self.having(unit, *OFFICERS),
            Seat.BOARD: board,
            Seat.CERTIFIER: leaders | board | self.having(unit, *OFFICERS),
        }


def _units(session: Session, unit_id: int, day: date) -> dict[int, Any]:
    """The school and the units above it that day, nearest first, each with its tier."""
    above = ancestors(unit_id, day)
    depth = sa.func.coalesce(above.c.depth, 0)
    query = (
        sa.select(OrgUnit.id, OrgUnit.kind)
        .outerjoin(above, above.c.unit_id == OrgUnit.id)
        .where(sa.or_(OrgUnit.id == unit_id, above.c.unit_id.is_not(None)))
        .order_by(depth)
    )
    return {key: kind.tier for key, kind in session.execute(query)}


def _has_account(person: Any, unit: Any) -> sa.ColumnElement[bool]:
    """SQL: an account of one's own at that unit, open: each seat is taken from one."""
    own = sa.select(Account.id).where(
        Account.person_id == person,
        Account.unit_id == unit,
        Account.active.is_(True),
        Account.is_unit_admin.is_(False),
    )
    return own.exists()


def _positions(session: Session, units: Sequence[int], day: date) -> Sequence[Any]:
    query = (
        sa.select(Position.person_id, Position.unit_id, Position.role, Position.title, Person.full_name)
        .join(Person, Person.id == Position.person_id)
        .where(
            Position.unit_id.in_(units),
            in_force(Position, day),
            _has_account(Position.person_id, Position.unit_id),
        )
        .order_by(Position.id)
    )
    return session.execute(query).all()


def _boards(session: Session, units: Sequence[int], day: date) -> Sequence[Any]:
    query = (
        sa.select(AdminBoardMember.person_id, AdminBoard.unit_id)
        .join(AdminBoard, AdminBoard.id == AdminBoardMember.board_id)
        .where(AdminBoard.unit_id.in_(units), in_force(AdminBoard, day))
    )
    return session.execute(query).all()


def _homeroom(session: Session, class_id: int, day: date) -> frozenset[int]:
    query = sa.select(HomeroomAssignment.person_id).where(
        HomeroomAssignment.class_id == class_id, in_force(HomeroomAssignment, day)
    )
    return frozenset(session.scalars(query))


def _authorised(session: Session, unit_id: int, day: date) -> dict[int, Authorisation]:
    query = sa.select(Authorisation).where(Authorisation.unit_id == unit_id, in_force(Authorisation, day))
    return {row.person_id: row for row in session.scalars(query.order_by(Authorisation.id))}
