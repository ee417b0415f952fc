"""The Ban quản trị: appointed by the unit's head by decision, three to five members (S4 Điều 12 khoản 1, 17 khoản 2).

S0 Điều 6 khoản 1 and 12 khoản 2; the columns are those of S1 Điều 6. The head and the deputy may sit on it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.domain.access import Action, Actor
from app.domain.dates import format_date
from app.domain.names import nfc
from app.domain.offices import ADMIN_ROLE
from app.errors import N_, Forbidden, Invalid
from app.models import AdminBoard, AdminBoardMember, OrgUnit, Person, Position
from app.models.base import in_force
from app.services.clock import Clock, local_day
from app.services.notices import tell
from app.services.rights import demand
from app.services.staff import end_before, later, locked_unit, staff
from app.services.unit_of_work import Work, transaction

CHAIR, DEPUTY, MEMBER = "chair", "deputy", "member"
SEATS = (CHAIR, DEPUTY, MEMBER)
FEWEST, MOST = 3, 5

Problem = tuple[str, str]


@dataclass(frozen=True)
class Seat:
    """One line of the decision: who, in which seat, with which position, duties and note."""

    person_id: int
    seat: str
    position_title: str
    duties: str
    note: str = ""


def appoint_board(
    actor: Actor,
    decision_number: str,
    decision_date: date | None,
    seats: Sequence[Seat],
    *,
    clock: Clock,
    starts_on: date | None = None,
) -> int:
    """The head of the actor's unit appoints its board from a day on (the decision's unless said otherwise).

    Returns the board's id. The former board ends the day before, and with it the administrators' rights of whoever is
    not on the new one, also where a position gave them. Forbidden for anybody but the head; NotFound for somebody of
    another unit; Invalid with `problems` (field, message) where fields of line n are named `seats-n-…`.
    """
    with transaction(actor, "board.appoint", clock=clock, reason=decision_number) as work:
        demand(actor, Action.BOARD_APPOINT, actor.unit_id)
        if actor.person_id is None:
            raise Forbidden(N_("The decision names the head who signs it. Sign in with a personal account."))
        today = local_day(clock())
        unit = locked_unit(work, actor, actor.unit_id, today)
        number = " ".join(nfc(decision_number or "").split())
        problems = [*_decision_problems(number, decision_date, starts_on, today), *_seat_problems(seats)]
        if problems or decision_date is None:
            raise Invalid(problems[0][1], problems=tuple(problems))
        people = {p.id: p for p in staff(work.session, unit.id, today, [seat.person_id for seat in seats])}
        start = starts_on or decision_date
        _refuse_before(work, unit, start, today)
        leaving = _end_former(work, unit, start, people)
        board = AdminBoard(
            unit=unit,
            decision_number=number,
            decision_date=decision_date,
            appointed_by_id=actor.person_id,
            starts_on=start,
            members=[
                _member(order, seat, people[seat.person_id])
                for order, seat in enumerate(in_order(seats), start=1)
            ],
        )
        work.session.add(board)
        tell(
            work,
            people,
            "Thầy cô được cử vào Ban quản trị",
            f"{_named(board)}; có hiệu lực từ {format_date(start)}.",
        )
        tell(
            work,
            leaving,
            "Thầy cô thôi tham gia Ban quản trị",
            f"{_named(board)}; thôi từ {format_date(start)}.",
        )
        work.flush()
        work.audit(
            "board.appoint", target=board, number=number, members=[p.full_name for p in people.values()]
        )
        return board.id


def in_order(seats: Sequence[Seat]) -> list[Seat]:
    """Chair, deputy, then members as given."""
    return sorted(seats, key=lambda seat: SEATS.index(seat.seat))


def _decision_problems(
    number: str, decided: date | None, starts_on: date | None, today: date
) -> list[Problem]:
    found: list[Problem] = []
    if not number:
        found.append(("decision_number", N_("Write the decision's number.")))
    elif len(number) > 60:
        found.append(("decision_number", N_("The number is too long.")))
    if decided is None:
        found.append(("decision_date", N_("Write the decision's date as dd/mm/yyyy.")))
    elif decided > today:
        found.append(("decision_date", N_("The decision's date lies in the future.")))
    elif starts_on is not None and starts_on < decided:
        found.append(("starts_on", N_("The board cannot begin before its decision.")))
    return found


def _seat_problems(seats: Sequence[Seat]) -> list[Problem]:
    found: list[Problem] = []
    if not FEWEST <= len(seats) <= MOST:
        found.append(("seats", N_("A board has three to five members, chair and deputy included.")))
    if sum(seat.seat == CHAIR for seat in seats) != 1:
        found.append(("seats", N_("A board has exactly one chair.")))
    if sum(seat.seat == DEPUTY for seat in seats) > 1:
        found.append(("seats", N_("A board has at most one deputy chair.")))
    seen: set[int] = set()
    for number, seat in enumerate(seats):
        if seat.person_id in seen:
            found.append((f"seats-{number}-person_id", N_("This person has a seat already.")))
        seen.add(seat.person_id)
        found += _line_problems(number, seat)
    return found


def _line_problems(number: int, seat: Seat) -> list[Problem]:
    found: list[Problem] = []
    if seat.seat not in SEATS:
        found.append((f"seats-{number}-seat", N_("Choose the seat.")))
    for field, text, longest, message in (
        ("position_title", seat.position_title, 80, N_("Write the position (chức vụ).")),
        ("duties", seat.duties, 500, N_("Write the duties and rights.")),
    ):
        if not text.strip():
            found.append((f"seats-{number}-{field}", message))
        elif len(text) > longest:
            found.append((f"seats-{number}-{field}", N_("This text is too long.")))
    if len(seat.note) > 200:
        found.append((f"seats-{number}-note", N_("This text is too long.")))
    return found


def _refuse_before(work: Work, unit: OrgUnit, start: date, today: date) -> None:
    """A mistyped year would say that the board in force had never been."""
    began = sa.select(sa.func.max(AdminBoard.starts_on)).where(
        AdminBoard.unit_id == unit.id, in_force(AdminBoard, today)
    )
    since = work.session.scalar(began)
    if since is not None and start < since:
        early = N_("The board in force began on %(day)s; a new one begins on that day or later.")
        raise Invalid(early, problems=(("starts_on", early),), day=format_date(since))


def _end_former(work: Work, unit: OrgUnit, start: date, staying: Collection[int]) -> list[int]:
    """End the boards before, and administrators' positions of people not `staying`; returns who thereby leaves."""
    leaving: dict[int, Person] = {}
    boards = sa.select(AdminBoard).where(AdminBoard.unit_id == unit.id, later(AdminBoard, start))
    for former in work.session.scalars(boards):
        end_before(former, start)
        leaving |= {seat.person_id: seat.person for seat in former.members}
    role = ADMIN_ROLE[unit.tier]
    held = sa.select(Position).where(
        Position.unit_id == unit.id, Position.role == role, later(Position, start)
    )
    for position in work.session.scalars(held.where(Position.person_id.not_in(staying))):
        end_before(position, start)
        leaving[position.person_id] = position.person
    gone = {key: person for key, person in leaving.items() if key not in staying}
    for person in gone.values():
        work.audit(
            "role.withdraw",
            target=person,
            role=role.value,
            person=person.full_name,
            from_day=start.isoformat(),
        )
    return sorted(gone)


def _member(order: int, seat: Seat, person: Person) -> AdminBoardMember:
    return AdminBoardMember(
        person=person,
        order_no=order,
        seat=seat.seat,
        position_title=" ".join(nfc(seat.position_title).split()),
        duties=nfc(seat.duties).strip(),
        note=nfc(seat.note).strip() or None,
    )


def _named(board: AdminBoard) -> str:
    return f"Quyết định số {board.decision_number} ngày {format_date(board.decision_date)}"
