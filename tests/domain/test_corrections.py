"""The way of a correction: the whole truth table of states and steps, and who can sit where (domain/corrections)."""

from itertools import product

import pytest

from app.domain.corrections import (
    ALLOWED,
    PRESETS,
    NotAllowed,
    Preset,
    Seat,
    State,
    Step,
    after,
    can_fill,
    first_state,
    includes,
    left,
    seats_from_above,
    seats_of,
    together,
)

OPEN = {State.CERTIFYING, State.APPROVING, State.CONSENTING, State.WITNESSING}
TRUTH: dict[
    tuple[State, Step], dict[tuple[Seat, ...], State]
] = {  # (state, step): where it leads, by the seats left after it
    (State.CERTIFYING, Step.NAME): {(): State.CERTIFYING},
    (State.CERTIFYING, Step.CERTIFY): {(Seat.APPROVER,): State.APPROVING},
    (State.APPROVING, Step.APPROVE): {
        (Seat.CONSENT, Seat.BOARD): State.CONSENTING,
        (Seat.LEADER, Seat.BOARD): State.WITNESSING,
        (): State.APPLIED,
    },
    (State.CONSENTING, Step.CONSENT): {(Seat.ATTENDEE,): State.WITNESSING, (): State.APPLIED},
    (State.WITNESSING, Step.WITNESS): {(Seat.BOARD,): State.WITNESSING, (): State.APPLIED},
    **{(state, Step.REFUSE): {(): State.REFUSED} for state in OPEN},
    **{(state, Step.WITHDRAW): {(): State.WITHDRAWN} for state in OPEN},
    **{(state, Step.EXPIRE): {(): State.EXPIRED} for state in OPEN},
}


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_every_state_and_step_is_in_the_truth_table(state: State, step: Step) -> None:
    expected = TRUTH.get((state, step))
    if expected is None:
        with pytest.raises(NotAllowed):
            after(state, step)
        return
    for seats, goal in expected.items():
        assert after(state, step, seats) is goal
    assert set(expected.values()) <= set(ALLOWED[state][step])


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (State.APPROVING, Step.APPROVE),
        (State.CONSENTING, Step.CONSENT),
        (State.WITNESSING, Step.WITNESS),
    ],
)
def test_the_last_step_on_a_changed_cell_is_stale(state: State, step: Step) -> None:
    assert after(state, step, spoiled=True) is State.STALE


def test_closed_states_take_nothing() -> None:
    assert {state for state in State if state.over} == set(State) - OPEN


def test_no_step_goes_back() -> None:
    with pytest.raises(NotAllowed):
        after(State.WITNESSING, Step.WITNESS, (Seat.APPROVER,))
    with pytest.raises(NotAllowed):
        after(State.APPROVING, Step.APPROVE, (Seat.CERTIFIER,))


SECONDARY, PRIMARY = "tt22-2021", "tt27-2020"


@pytest.mark.parametrize(
    ("preset", "circular", "seats"),
    [
        (Preset.S1, SECONDARY, "certifier approver"),
        (Preset.S1, PRIMARY, "approver"),
        (Preset.S0, SECONDARY, "certifier approver board"),
        (Preset.S0, PRIMARY, "certifier approver board"),
        (Preset.S4, SECONDARY, "certifier approver leader board attendee"),
        (Preset.S4, PRIMARY, "approver leader board attendee"),
        (Preset.S0_S4, PRIMARY, "certifier approver leader board attendee"),
    ],
)
def test_seats_of_each_preset(preset: Preset, circular: str, seats: str) -> None:
    found = seats_of(preset, circular, upper_consent=False)
    assert " ".join(found) == seats
    assert first_state(found) is (State.CERTIFYING if "certifier" in seats else State.APPROVING)
    assert (Seat.ATTENDEE in PRESETS[preset].witnesses) == ("attendee" in seats)


def test_a_closed_past_year_adds_the_consent() -> None:
    assert seats_of(Preset.S1, PRIMARY, upper_consent=True) == (Seat.APPROVER, Seat.CONSENT)


def test_two_presets_bind_together() -> None:
    assert together([]) is None
    assert together([Preset.S0, Preset.S4]) is Preset.S0_S4
    assert together([Preset.S1, Preset.S0]) is Preset.S0
    assert includes(Preset.S0_S4, Preset.S4)
    assert not includes(Preset.S4, Preset.S0)


def test_who_approves_from_above_has_consented() -> None:
    seats = (Seat.APPROVER, Seat.CONSENT, Seat.BOARD)
    assert left(seats, {Seat.APPROVER}, {Seat.APPROVER}) == (Seat.BOARD,)
    assert left(seats, {Seat.APPROVER}, ()) == (Seat.CONSENT, Seat.BOARD)


def of(**people: str) -> dict[Seat, frozenset[int]]:
    return {Seat(seat): frozenset(map(int, who)) for seat, who in people.items()}


def test_different_people_for_all_seats() -> None:
    pool = of(certifier="12", approver="1", board="2")
    assert not can_fill([Seat.CERTIFIER, Seat.APPROVER, Seat.BOARD], pool, (), 9)
    assert can_fill([Seat.CERTIFIER, Seat.APPROVER], pool, (), 9)
    assert not can_fill([Seat.BOARD], pool, (2,), 9)
    assert not can_fill([Seat.BOARD], pool, (), 2)
    assert can_fill([Seat.ATTENDEE], pool, (), 2)


ABOVE = of(approver="7", consent="7", leader="78", board="8", certifier="78")


def test_the_tier_above_approves_where_the_head_must_witness() -> None:
    seats = seats_of(Preset.S0_S4, SECONDARY, upper_consent=False)
    own = of(certifier="2", approver="1", leader="1", board="3")
    assert seats_from_above(seats, own, ABOVE, 9, head_asks=False) == frozenset({Seat.APPROVER})
    enough = own | of(leader="14")
    assert seats_from_above(seats, enough, ABOVE, 9, head_asks=False) == frozenset()


def test_the_heads_own_request_is_approved_above() -> None:
    own = of(certifier="2", approver="1")
    assert seats_from_above((Seat.CERTIFIER, Seat.APPROVER), own, ABOVE, 1, head_asks=True) == frozenset(
        {Seat.APPROVER}
    )


def test_without_people_there_is_no_way() -> None:
    assert seats_from_above((Seat.APPROVER,), of(approver="1"), {}, 1, head_asks=True) is None
