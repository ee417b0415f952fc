"""Correcting what is final: who sits where, which step follows which, and where the tier above steps in. No clock here.

A request is certified, approved, consented to where it touches a closed past year, witnessed, and then applied in the
transaction of its last step. Presets are the wordings of three real regulations; each names the seats to be filled.
The homeroom teacher's certificate (TT 22/2021 Điều 20, TT 58/2011 Điều 21) is also the homeroom teacher's witnessing
(S0 Điều 11.4): nobody sits twice, except that S4 Điều 15.4 makes the requester attend.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import chain, combinations
from typing import Final

from app.domain.assessment.registry import PRIMARY

IN_HAND: Final = timedelta(days=7)
"""How long an account counts as having been in another's hand: created, enabled, or given a new password (needs A2)."""


class Place(StrEnum):
    """Where the cells of a request lie."""

    SHEET = "sheet"  # một trang sổ: môn, lớp, học kì
    YEAR = "year"  # cả năm của một lớp: kiểm tra lại của một môn, hoặc quyết định cuối năm
    NOTES = "notes"  # nhận xét của một lớp trong một kì nhận xét
    ATTENDANCE = "attendance"  # điểm danh của một lớp trong một tháng


class Preset(StrEnum):
    """Whose wording a unit follows; the strictest last."""

    S1 = "s1"  # Hiệu trưởng cho phép theo đề nghị của giáo viên (S1 Điều 5.4, 7.2)
    S0 = "s0"  # lãnh đạo cho phép; Ban quản trị và GVCN chứng kiến (S0 Điều 11.4)
    S4 = "s4"  # Hiệu trưởng đồng ý; đại diện lãnh đạo, Ban quản trị, người đề nghị chứng kiến (S4 Điều 15.4)
    S0_S4 = "s0_s4"  # cả hai


class Seat(StrEnum):
    """What somebody does in a request, from an own account."""

    REQUESTER = "requester"  # người đề nghị
    CERTIFIER = "certifier"  # giáo viên chủ nhiệm xác nhận
    APPROVER = "approver"  # Hiệu trưởng, hoặc phó được ủy quyền
    CONSENT = "consent"  # cấp trên đồng ý
    LEADER = "leader"  # đại diện lãnh đạo chứng kiến
    BOARD = "board"  # Ban quản trị chứng kiến
    ATTENDEE = "attendee"  # người đề nghị dự


class State(StrEnum):
    """Where a request stands."""

    CERTIFYING = "certifying"  # chờ giáo viên chủ nhiệm xác nhận
    APPROVING = "approving"  # chờ duyệt
    CONSENTING = "consenting"  # chờ cấp trên đồng ý
    WITNESSING = "witnessing"  # chờ người chứng kiến
    APPLIED = "applied"  # đã ghi vào sổ
    REFUSED = "refused"  # bị từ chối
    WITHDRAWN = "withdrawn"  # đã rút
    EXPIRED = "expired"  # hết hạn
    STALE = "stale"  # ô điểm đã thay đổi

    @property
    def over(self) -> bool:
        """True where nothing can happen any more."""
        return not ALLOWED[self]


class Step(StrEnum):
    """What happens to a request."""

    REQUEST = "request"  # đề nghị
    NAME = "name"  # chỉ định người xác nhận thay
    CERTIFY = "certify"  # xác nhận
    APPROVE = "approve"  # duyệt
    CONSENT = "consent"  # cấp trên đồng ý
    WITNESS = "witness"  # chứng kiến
    APPLY = "apply"  # ghi vào sổ
    SPOIL = "spoil"  # không ghi được: ô đã thay đổi
    REFUSE = "refuse"  # từ chối
    WITHDRAW = "withdraw"  # rút
    EXPIRE = "expire"  # hết hạn


_ENDINGS: Final = {
    Step.REFUSE: (State.REFUSED,),
    Step.WITHDRAW: (State.WITHDRAWN,),
    Step.EXPIRE: (State.EXPIRED,),
}
_DONE: Final = (State.APPLIED, State.STALE)
ALLOWED: Final[Mapping[State, Mapping[Step, tuple[State, ...]]]] = {
    State.CERTIFYING: {Step.NAME: (State.CERTIFYING,), Step.CERTIFY: (State.APPROVING,), **_ENDINGS},
    State.APPROVING: {Step.APPROVE: (State.CONSENTING, State.WITNESSING, *_DONE), **_ENDINGS},
    State.CONSENTING: {Step.CONSENT: (State.WITNESSING, *_DONE), **_ENDINGS},
    State.WITNESSING: {Step.WITNESS: (State.WITNESSING, *_DONE), **_ENDINGS},
    State.APPLIED: {},
    State.REFUSED: {},
    State.WITHDRAWN: {},
    State.EXPIRED: {},
    State.STALE: {},
}
"""Which steps a state takes, and where each may lead. What isn't here doesn't happen."""

SEATS_OF: Final[Mapping[State, tuple[Seat, ...]]] = {
    State.CERTIFYING: (Seat.CERTIFIER,),
    State.APPROVING: (Seat.APPROVER,),
    State.CONSENTING: (Seat.CONSENT,),
    State.WITNESSING: (Seat.LEADER, Seat.BOARD, Seat.ATTENDEE),
}
"""The seats a state waits for, in the order of the way."""

STEP_OF: Final[Mapping[State, Step]] = {
    State.CERTIFYING: Step.CERTIFY,
    State.APPROVING: Step.APPROVE,
    State.CONSENTING: Step.CONSENT,
    State.WITNESSING: Step.WITNESS,
}
"""The step by which a seat of the state is taken."""

OPEN_STATES: Final = tuple(SEATS_OF)


class NotAllowed(ValueError):
    """The table has no such step from this state."""


def require(state: State, step: Step) -> None:
    """NotAllowed unless the table has the step."""
    if step not in ALLOWED[state]:
        raise NotAllowed(f"{state} does not take {step}")


def after(state: State, step: Step, left: Collection[Seat] = (), *, spoiled: bool = False) -> State:
    """The state a step leads to; `left`: seats still to be filled after it; `spoiled`: a cell no longer holds its value.

    NotAllowed outside the table.
    """
    require(state, step)
    goals = ALLOWED[state][step]
    if len(goals) == 1:
        return goals[0]
    wanted = next((s for s, seats in SEATS_OF.items() if set(seats) & set(left)), None)
    found = wanted or (State.STALE if spoiled else State.APPLIED)
    if found not in goals:
        raise NotAllowed(f"{state} does not lead to {found} by {step}")
    return found


def left(seats: Iterable[Seat], filled: Collection[Seat], above: Collection[Seat]) -> tuple[Seat, ...]:
    """Seats still to be filled, in order; an approver from above has consented with the approval."""
    agreed = {*filled} | ({Seat.CONSENT} if Seat.APPROVER in filled and Seat.APPROVER in above else set())
    return tuple(seat for seat in seats if seat not in agreed)


def first_state(seats: Collection[Seat]) -> State:
    """Where a new request with these seats begins."""
    return next(state for state, wanted in SEATS_OF.items() if set(wanted) & set(seats))


# -- presets -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PresetRule:
    """Who acts in a correction by one regulation, besides the requester and the approver."""

    homeroom: bool  # the homeroom teacher takes part whatever the circular says
    witnesses: tuple[Seat, ...]
    source: str


PRESETS: Final[Mapping[Preset, PresetRule]] = {
    Preset.S1: PresetRule(False, (), "S1 Điều 5 khoản 4, Điều 7 khoản 7.2"),
    Preset.S0: PresetRule(True, (Seat.BOARD,), "S0 Điều 11 khoản 4"),
    Preset.S4: PresetRule(False, (Seat.LEADER, Seat.BOARD, Seat.ATTENDEE), "S4 Điều 15 khoản 4"),
    Preset.S0_S4: PresetRule(
        True, (Seat.LEADER, Seat.BOARD, Seat.ATTENDEE), "S0 Điều 11 khoản 4, S4 Điều 15 khoản 4"
    ),
}


def together(presets: Iterable[Preset]) -> Preset | None:
    """The loosest preset that asks for all these ask for; None for none: tiers with different ones bind together."""
    wanted = list(presets)
    if not wanted:
        return None
    return next(preset for preset in Preset if all(includes(preset, other) for other in wanted))


def includes(preset: Preset, other: Preset) -> bool:
    """True when whoever follows `preset` does all that `other` asks for."""
    own, asked = PRESETS[preset], PRESETS[other]
    return set(own.witnesses) >= set(asked.witnesses) and own.homeroom >= asked.homeroom


def seats_of(preset: Preset, circular: str, *, upper_consent: bool) -> tuple[Seat, ...]:
    """The seats a request needs, in order. Circulars of secondary schools want every corrected mark certified."""
    rule = PRESETS[preset]
    certified = rule.homeroom or circular not in PRIMARY
    return (
        *((Seat.CERTIFIER,) if certified else ()),
        Seat.APPROVER,
        *((Seat.CONSENT,) if upper_consent else ()),
        *rule.witnesses,
    )


# -- who can fill them -------------------------------------------------------------------------------------------

PersonId = int
Candidates = Mapping[Seat, frozenset[PersonId]]
"""Who could take a seat today."""

FROM_ABOVE: Final = (Seat.APPROVER, Seat.LEADER, Seat.BOARD, Seat.CERTIFIER)
"""Seats the tier above fills where a school is too small, in this order: its approver sets the head free to witness."""


def can_fill(
    seats: Collection[Seat], candidates: Candidates, taken: Collection[PersonId], requester: PersonId
) -> bool:
    """True when different people, none of them in a seat already, can take all these seats.

    The requester takes no seat but the attendee's.
    """
    busy = {*taken, requester}
    choices: dict[Seat, frozenset[PersonId]] = {
        seat: candidates.get(seat, frozenset()) - busy
        for seat in seats
        if seat not in (Seat.ATTENDEE, Seat.REQUESTER)
    }
    holder: dict[PersonId, Seat] = {}

    def place(seat: Seat, tried: set[PersonId]) -> bool:
        for person in sorted(choices[seat] - tried):
            tried.add(person)
            if person not in holder or place(holder[person], tried):
                holder[person] = seat
                return True
        return False

    return all(place(seat, set()) for seat in choices)


def seats_from_above(
    seats: Collection[Seat], own: Candidates, above: Candidates, requester: PersonId, *, head_asks: bool
) -> frozenset[Seat] | None:
    """The fewest seats the tier above must fill so that all are filled by different people; None: it can't be done.

    The head's own requests are always approved above. Whoever approves from above has consented too.
    """
    must = {Seat.APPROVER} if head_asks else set()
    must |= {Seat.CONSENT} & set(seats)
    movable = [seat for seat in FROM_ABOVE if seat in seats and seat not in must]
    for chosen in _subsets(movable):
        moved = must | set(chosen)
        wanted = [s for s in seats if not (s is Seat.CONSENT and Seat.APPROVER in moved)]
        pool = {seat: (above if seat in moved else own).get(seat, frozenset()) for seat in wanted}
        if can_fill(wanted, pool, (), requester):
            return frozenset(moved)
    return None


def _subsets(seats: list[Seat]) -> Iterable[tuple[Seat, ...]]:
    return chain.from_iterable(combinations(seats, size) for size in range(len(seats) + 1))
