"""The rules of the watch list, each at its threshold and just below."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.access_review import AccessFacts, AccessFlag, flags
from app.domain.vocabulary import Role
from app.domain.watch import (
    USUAL,
    Edit,
    Pattern,
    SignIn,
    bursts,
    drifts,
    nights,
    raised_students,
    rates,
    two_places,
)

NOON = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)  # 12:00 in Vietnam


def edit(
    minutes: float = 0,
    old: str = "5",
    new: str = "6",
    *,
    person: int = 1,
    student: int = 1,
    posted: bool = False,
    start: datetime = NOON,
) -> Edit:
    return Edit(
        7, person, f"Người {person}", 1, "Toán 7A", student, f"Học sinh {student}", "midterm",
        start + timedelta(minutes=minutes), Decimal(old), Decimal(new), posted,
    )  # fmt: skip


def test_a_burst_is_many_cells_of_one_person_within_minutes() -> None:
    run = [edit(number * 0.5, student=number) for number in range(USUAL.burst_cells)]
    (prompt,) = bursts(run)
    assert (prompt.pattern, prompt.cells, prompt.person) == (Pattern.BURST, USUAL.burst_cells, "Người 1")
    assert bursts(run[1:]) == []
    assert bursts([edit(number * 2) for number in range(USUAL.burst_cells)]) == []
    two_people = [edit(number * 0.1, person=number % 2) for number in range(USUAL.burst_cells)]
    assert bursts(two_people) == []


def test_after_posting_fewer_cells_are_a_burst() -> None:
    posted = [edit(number, posted=True) for number in range(USUAL.burst_posted)]
    assert [prompt.posted for prompt in bursts(posted)] == [USUAL.burst_posted]
    assert bursts(posted[1:]) == []


def test_a_burst_is_found_wherever_it_begins() -> None:
    early = [edit(number * 4) for number in range(3)]
    run = [edit(30 + number * 0.5) for number in range(USUAL.burst_cells)]
    assert [prompt.first for prompt in bursts([*early, *run])] == [run[0].at]


def test_a_drift_goes_one_way() -> None:
    up = [edit(number, "5", "6") for number in range(8)]
    down = [edit(number, "6", "5") for number in range(2)]
    (prompt,) = drifts([*up, *down])
    assert (prompt.up, prompt.down, prompt.total) == (8, 2, Decimal(6))
    assert drifts([*up, *down, edit(1, "6", "5")]) == []
    assert drifts(up[:7]) == []
    assert [p.total for p in drifts([edit(n, "6", "5") for n in range(8)])] == [Decimal(-8)]


def test_one_student_raised_by_several_teachers() -> None:
    raised = [edit(number * 5000, "4", "6", person=number, student=3) for number in range(3)]
    (prompt,) = raised_students(raised)
    assert (prompt.student_id, prompt.about, prompt.cells, prompt.total) == (3, "Học sinh 3", 3, Decimal(6))
    assert prompt.person_id is None
    assert prompt.person == "Người 0, Người 1, Người 2"
    assert raised_students(raised[:2]) == []
    assert raised_students([*raised, edit(1, "9", "5", student=3)]) == []  # 2 points in all


@pytest.mark.parametrize(
    ("hour", "found"), [(21, False), (22, True), (23, True), (0, True), (4, True), (5, False)]
)
def test_night_is_from_ten_to_five_in_vietnam(hour: int, found: bool) -> None:
    start = datetime(2026, 12, 7, (hour - 7) % 24, 0, tzinfo=UTC)
    assert bool(nights([edit(number, start=start) for number in range(USUAL.night_cells)])) is found


def test_two_nights_are_two() -> None:
    start = datetime(2026, 12, 7, 16, 30, tzinfo=UTC)  # 23:30
    runs = [edit(number * 20 + day * 1440, start=start) for day in (0, 1) for number in range(3)]
    assert [prompt.cells for prompt in nights(runs)] == [3, 3]


def test_the_rate_counts_what_was_entered() -> None:
    changes = [edit(number) for number in range(10)]
    assert [prompt.percent for prompt in rates(changes, {1: 200})] == [5]
    assert rates(changes, {1: 201}) == []
    assert rates(changes[1:], {1: 20}) == []
    assert [prompt.percent for prompt in rates(changes, {})] == [100]


def test_two_places_overlap() -> None:
    def sign_in(address: str, since: int, until: int, account: int = 1) -> SignIn:
        return SignIn(
            7,
            1,
            "Người 1",
            account,
            address,
            NOON + timedelta(minutes=since),
            NOON + timedelta(minutes=until),
        )

    (prompt,) = two_places([sign_in("10.0.0.1", 0, 30), sign_in("10.0.0.2", 20, 40)])
    assert (prompt.about, prompt.cells) == ("10.0.0.1 · 10.0.0.2", 1)
    assert prompt.first == NOON + timedelta(minutes=20)
    assert prompt.last == NOON + timedelta(minutes=30)
    assert two_places([sign_in("10.0.0.1", 0, 30), sign_in("10.0.0.2", 30, 40)]) == []
    assert two_places([sign_in("10.0.0.1", 0, 30), sign_in("10.0.0.1", 20, 40)]) == []
    assert two_places([sign_in("10.0.0.1", 0, 30), sign_in("10.0.0.2", 20, 40, account=2)]) == []


USED = NOON - timedelta(days=1)
TEACHER = frozenset({Role.SUBJECT_TEACHER})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (AccessFacts(True, False, USED, TEACHER), set()),
        (AccessFacts(True, False, None, TEACHER), {AccessFlag.NEVER_USED}),
        (AccessFacts(True, False, NOON - timedelta(days=91), TEACHER), {AccessFlag.UNUSED}),
        (AccessFacts(True, False, USED), {AccessFlag.NO_ROLE}),
        (AccessFacts(True, False, USED, TEACHER, units=frozenset({1, 2})), {AccessFlag.TWO_UNITS}),
        (AccessFacts(True, False, USED, TEACHER, on_board=True), {AccessFlag.TEACHES_ON_BOARD}),
        (
            AccessFacts(True, False, USED, frozenset({Role.VICE_PRINCIPAL}), teaches=True),
            {AccessFlag.HEADS_AND_TEACHES},
        ),
        (AccessFacts(True, False, USED, TEACHER, delegations=1), {AccessFlag.ENTERS_FOR_OTHERS}),
        (AccessFacts(True, False, USED, TEACHER, rights=frozenset({"x"})), {AccessFlag.EXTRA_RIGHTS}),
        (AccessFacts(True, True, USED, has_holder=False), {AccessFlag.NO_HOLDER}),
        (AccessFacts(False, False, None), set()),
    ],
)
def test_what_stands_out_in_an_account(facts: AccessFacts, expected: set[AccessFlag]) -> None:
    assert flags(facts, NOON) == expected
