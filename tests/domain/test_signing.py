"""In which order papers are signed, and when a certificate signs."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.signing import CertificateState as State
from app.domain.signing import SigningRefusal as Why
from app.domain.signing import SigningRole as Role
from app.domain.signing import certificate_state, refusal, usable

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "after", "ended", "state"),
    [
        (-DAY, 31 * DAY, None, State.VALID),
        (-DAY, 30 * DAY, None, State.EXPIRING),
        (-DAY, timedelta(), None, State.EXPIRING),
        (-2 * DAY, -timedelta(seconds=1), None, State.EXPIRED),
        (DAY, 400 * DAY, None, State.EARLY),
        (-DAY, 400 * DAY, timedelta(), State.ENDED),
        (-DAY, 400 * DAY, DAY, State.VALID),
        (-2 * DAY, -DAY, -DAY, State.ENDED),
    ],
)
def test_how_a_certificate_stands(before, after, ended, state) -> None:
    over = NOW + ended if ended is not None else None
    assert certificate_state(NOW + before, NOW + after, over, NOW) is state
    assert usable(state) is (state in (State.VALID, State.EXPIRING))


@pytest.mark.parametrize(
    ("role", "person", "signed", "why"),
    [
        (Role.SUBJECT_TEACHER, 1, [], None),
        (Role.SUBJECT_TEACHER, 2, [(Role.SUBJECT_TEACHER, 1)], None),
        (Role.SUBJECT_TEACHER, 1, [(Role.SUBJECT_TEACHER, 1)], Why.TWICE),
        (Role.SUBJECT_TEACHER, 2, [(Role.HOMEROOM_TEACHER, 1)], Why.TOO_LATE),
        (Role.HOMEROOM_TEACHER, 1, [(Role.SUBJECT_TEACHER, 1)], None),
        (Role.HOMEROOM_TEACHER, 2, [(Role.HOMEROOM_TEACHER, 1)], Why.TWICE),
        (Role.HOMEROOM_TEACHER, 2, [(Role.HEAD, 1)], Why.TOO_LATE),
        (Role.HEAD, 3, [], None),
        (Role.HEAD, 4, [(Role.HEAD, 3)], Why.TWICE),
        (Role.SEAL, 5, [(Role.HOMEROOM_TEACHER, 1)], Why.HEAD_FIRST),
        (Role.SEAL, 3, [(Role.HEAD, 3)], None),
        (Role.SEAL, 5, [(Role.HEAD, 3), (Role.SEAL, 3)], Why.TWICE),
        (Role.HEAD, 3, [(Role.SEAL, 5)], Why.TOO_LATE),
    ],
)
def test_who_signs_after_whom(role, person, signed, why) -> None:
    assert refusal(role, person, signed) is why
