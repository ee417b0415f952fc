"""Where a request to open locked cells stands: the whole truth table."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.domain.lock_requests import ExtensionState, request_state

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(hours=1), NOW
W, G, E, R, D, L = (
    ExtensionState.WAITING, ExtensionState.GRANTED, ExtensionState.OVER, ExtensionState.REFUSED, ExtensionState.WITHDRAWN,
    ExtensionState.LAPSED,
)  # fmt: skip

TABLE = {
    # answers, withdrawn: state before `until`, and from it on
    ((None,), False): (W, L),
    ((None,), True): (D, D),
    ((True,), False): (G, E),
    ((False,), False): (R, R),
    ((None, None), False): (W, L),
    ((None, True), False): (W, L),
    ((True, True), False): (G, E),
    ((None, False), False): (R, R),
    ((True, False), False): (R, R),
    ((False, False), False): (R, R),
    ((None, None), True): (D, D),
    ((None, True), True): (D, D),
}


@pytest.mark.parametrize(("case", "expected"), TABLE.items())
def test_the_table(
    case: tuple[tuple[bool | None, ...], bool], expected: tuple[ExtensionState, ExtensionState]
) -> None:
    answers, withdrawn = case
    for order in (answers, answers[::-1]):
        assert request_state(order, LATER, withdrawn, NOW) is expected[0]
        assert request_state(order, BEFORE, withdrawn, NOW) is expected[1]


def test_nothing_is_granted_while_one_unit_has_not_said_yes() -> None:
    for answers in product((None, True, False), repeat=3):
        state = request_state(answers, LATER, withdrawn=False, now=NOW)
        assert (state is ExtensionState.GRANTED) == (answers == (True, True, True))
