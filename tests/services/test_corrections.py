"""Corrections on both engines: the whole way of each preset, and everything that must not happen (issue 4, section 2)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.corrections import Preset, Seat, State, Step
from app.domain.exceptions import ExceptionKind
from app.errors import Forbidden, Invalid, NotFound, Stale
from app.extensions import db
from app.models import (
    Authorisation,
    ExceptionNote,
    LockWindow,
    Notice,
    TeachingAssignment,
    TeachingGroup,
    TxLog,
)
from app.services import corrections
from app.services.cells import CellChange
from app.services.correction_seats import load_staffing
from app.services.gradebook import enter_scores
from app.services.history import cell_history
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.correction_helpers import (
    ADMIN_ABOVE,
    BOARD,
    DEPUTY,
    HEAD,
    LEADER_ABOVE,
    OFFICE,
    OTHER,
    TEACHER,
    THIRD,
    WHY,
    ask,
    enter_and_lock,
    found,
    leave_only,
    lock,
    mark,
    move_homeroom,
    set_preset,
    sheet_of,
    sit,
    sit_all,
    student_of,
)
from tests.services.helpers import acting

ALL_7A = {"regular_1": "7", "regular_2": "8", "midterm": "6,5", "final": "7"}

WAYS = {  # 7A's homeroom teacher is somebody else than who asks
    Preset.S1: (OTHER, HEAD),
    Preset.S0: (OTHER, HEAD, BOARD),
    Preset.S4: (OTHER, HEAD, DEPUTY, BOARD, TEACHER),
    Preset.S0_S4: (OTHER, HEAD, TEACHER, BOARD, DEPUTY),
}


@pytest.mark.parametrize("preset", list(Preset))
def test_each_preset_goes_its_way_to_the_book(app: Flask, province: Province, preset: Preset) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    if preset is not Preset.S0_S4:  # the default is both together
        set_preset(province, preset)
    request_id = ask(province)
    *before, last = WAYS[preset]
    for who in before:
        assert not sit(province, request_id, who).over
        assert mark(province) == Decimal("6.5")
    assert sit(province, request_id, last) is State.APPLIED
    assert mark(province) == Decimal("8.5")
    row = found(request_id)
    assert row.preset is preset
    assert [s.step for s in row.steps][-1] is Step.APPLY
    tx = db.session.get_one(TxLog, row.applied_tx_id)
    assert (tx.action, tx.reason) == ("correction.apply", WHY)
    assert tx.person_id == acting(province, last).person_id
    assert tx.on_behalf_of_id == province.first.person_ids["longpd"]
    newest = cell_history(db.session, sheet_of(province), student_of(province), "midterm")[0]
    assert (newest.old, newest.new, newest.correction) == (Decimal("6.5"), Decimal("8.5"), row.id)
    assert newest.on_behalf_of == "Phạm Đức Long"


def test_averages_follow_as_after_a_save(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A | {"regular_3": "8", "regular_4": "9"})
    before = mark(province, "average")
    set_preset(province, Preset.S1)
    sit_all(province, ask(province), WAYS[Preset.S1])
    # (7 + 8 + 8 + 9 + 2 × 8,5 + 3 × 7) : 9
    assert (before, mark(province, "average")) == (Decimal("7.3"), Decimal("7.8"))


FOUR = (HEAD, TEACHER, OTHER, BOARD)


@pytest.mark.parametrize("preset", list(Preset))
def test_four_staff_finish_each_preset_without_anybody_sitting_twice(
    app: Flask, province: Province, preset: Preset
) -> None:
    """The requester is the homeroom teacher too: another certifies, named in the record; the tier above fills the gap."""
    enter_and_lock(province, ALL_7A)
    leave_only(province, *FOUR)
    set_preset(province, preset)
    request_id = ask(province)
    row = found(request_id)
    wants_leader = Seat.LEADER in [Seat(s) for s in row.seats]
    assert row.seats_above == (["approver"] if wants_leader else [])
    approver = LEADER_ABOVE if wants_leader else HEAD
    named = province.first.person_ids["habtt"]
    corrections.name_certifier(acting(province, approver), request_id, named, clock=province.clock)
    sit(province, request_id, OTHER)
    state = sit(province, request_id, approver)
    for who in (HEAD, BOARD, TEACHER):
        if not state.over and corrections_waits_for(province, request_id, who):
            state = sit(province, request_id, who)
    assert state is State.APPLIED
    row = found(request_id)
    people = [step.person_id for seat, step in row.filled.items() if seat is not Seat.ATTENDEE]
    people.append(row.requested_by_id)
    assert len(people) == len(set(people))
    assert row.certifier_id == named
    assert mark(province) == Decimal("8.5")


def corrections_waits_for(province: Province, request_id: int, who: str) -> bool:
    row = found(request_id)
    staffing = load_staffing(db.session, row.unit_id, row.class_id, province.now.date())
    return acting(province, who).person_id in staffing.waiting(row)


def test_a_cell_that_changed_meanwhile_makes_it_stale(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    set_preset(province, Preset.S1)
    enter_and_lock(province, ALL_7A)
    request_id = ask(province)
    sit(province, request_id, OTHER)
    reopen(province)
    change = CellChange(student_of(province), "midterm", "6,5", "7")
    enter_scores(acting(province, TEACHER), sheet_of(province), [change], clock=province.clock)
    lock(province)
    assert sit(province, request_id, HEAD) is State.STALE
    assert mark(province) == Decimal(7)
    row = found(request_id)
    assert row.applied_tx_id is None
    assert "Nguyễn Hoàng An" in (row.steps[-1].note or "")
    with pytest.raises(Invalid):
        sit(province, request_id, HEAD)


def reopen(province: Province) -> None:
    with transaction(SYSTEM, "test.open", clock=province.clock) as work:
        row = work.session.get_one(LockWindow, province.first.window_ids[0])
        row.closes_at = province.now + timedelta(days=30)


def test_an_open_cell_is_typed_not_asked_for(app: Flask, province: Province) -> None:
    change = CellChange(student_of(province), "midterm", None, "6,5")
    enter_scores(acting(province, TEACHER), sheet_of(province), [change], clock=province.clock)
    with pytest.raises(Invalid, match="open"):
        ask(province)


def test_what_the_page_showed_must_be_there(app: Flask, province: Province) -> None:
    enter_and_lock(province, ALL_7A)
    with pytest.raises(Stale):
        ask(province, old="6")
    with pytest.raises(Invalid):
        ask(province, new="6,5")
    with pytest.raises(Invalid):
        ask(province, new="85")


def test_the_same_cell_is_asked_for_once(app: Flask, province: Province) -> None:
    enter_and_lock(province, ALL_7A)
    first = ask(province)
    with pytest.raises(Invalid, match=found(first).code):
        ask(province, new="9")
    corrections.withdraw(acting(province, TEACHER), first, clock=province.clock)
    assert ask(province, new="9") != first


def test_only_who_has_to_do_with_the_cell_asks(app: Flask, province: Province) -> None:
    enter_and_lock(province, ALL_7A)
    for who in (HEAD, OFFICE):
        with pytest.raises(Forbidden):
            ask(province, who)
    for who in (THIRD, OTHER):
        with pytest.raises((Forbidden, NotFound)):
            ask(province, who)


def test_the_homeroom_teacher_may_ask(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    assert found(ask(province, OTHER)).requested_as == "homeroom"


def test_refused_with_a_reason_by_whom_it_waits_for(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    request_id = ask(province)
    with pytest.raises(Forbidden):  # the head's turn comes after the certificate
        corrections.refuse(acting(province, HEAD), request_id, "Không", clock=province.clock)
    sit(province, request_id, OTHER)
    with pytest.raises(Invalid):
        corrections.refuse(acting(province, HEAD), request_id, " ", clock=province.clock)
    state = corrections.refuse(
        acting(province, HEAD), request_id, "Bài kiểm tra ghi 6,5", clock=province.clock
    )
    assert state is State.REFUSED
    assert mark(province) == Decimal("6.5")
    last = found(request_id).steps[-1]
    assert (last.step, last.note) == (Step.REFUSE, "Bài kiểm tra ghi 6,5")
    told = db.session.scalars(
        sa.select(Notice).where(Notice.person_id == province.first.person_ids["longpd"])
    )
    assert any("bị từ chối" in notice.title for notice in told)


def test_withdrawn_by_who_asked_alone(app: Flask, province: Province) -> None:
    enter_and_lock(province, ALL_7A)
    request_id = ask(province)
    with pytest.raises((Forbidden, NotFound)):
        corrections.withdraw(acting(province, OTHER), request_id, clock=province.clock)
    assert (
        corrections.withdraw(acting(province, TEACHER), request_id, clock=province.clock) is State.WITHDRAWN
    )


def test_it_expires_when_looked_at_and_by_the_worker(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    set_preset(province, Preset.S1, days=3)
    touched, forgotten = ask(province), ask(province, column="final", old="7", new="8")
    province.now += timedelta(days=4)
    assert sit(province, touched, OTHER) is State.EXPIRED
    assert corrections.expire_due(clock=province.clock) == 1
    assert corrections.expire_due(clock=province.clock) == 0
    assert {found(key).state for key in (touched, forgotten)} == {State.EXPIRED}
    assert mark(province) == Decimal("6.5")


def test_nobody_sits_twice_and_nobody_sits_for_another(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    request_id = ask(province)
    for who in (TEACHER, HEAD, BOARD, DEPUTY, OFFICE, THIRD, LEADER_ABOVE, ADMIN_ABOVE):
        with pytest.raises((Forbidden, NotFound)):
            sit(province, request_id, who)
    sit(province, request_id, OTHER)
    with pytest.raises(Forbidden):
        sit(province, request_id, OTHER)
    with pytest.raises(Forbidden):
        sit(province, request_id, DEPUTY)  # without authorisation
    sit(province, request_id, HEAD)
    with pytest.raises(Forbidden):
        sit(province, request_id, HEAD)  # approved, so no witness
    with pytest.raises((Forbidden, NotFound)):
        sit(province, request_id, "giangnt.thcsba")  # another school's head
    assert found(request_id).state is State.WITNESSING


def test_the_heads_own_request_goes_to_the_tier_above(app: Flask, province: Province) -> None:
    teach_as_head(province)
    change = CellChange(student_of(province), "midterm", None, "6,5")
    enter_scores(acting(province, HEAD), sheet_of(province), [change], clock=province.clock)
    lock(province)
    set_preset(province, Preset.S0)
    request_id = ask(province, HEAD)
    assert found(request_id).seats_above == ["approver"]
    (note,) = db.session.scalars(sa.select(ExceptionNote))
    assert (note.kind, note.person_id) == (ExceptionKind.HEADS_OWN, province.first.person_ids["giangnt"])
    assert found(request_id).code in note.what
    sit(province, request_id, TEACHER)  # homeroom teacher of 7A
    for who in (HEAD, DEPUTY, BOARD):
        with pytest.raises(Forbidden):
            sit(province, request_id, who)
    assert sit(province, request_id, LEADER_ABOVE) is State.WITNESSING
    assert sit(province, request_id, BOARD) is State.APPLIED


def teach_as_head(province: Province) -> None:
    with transaction(SYSTEM, "test.teach", clock=province.clock) as work:
        group = sa.select(TeachingGroup.id).where(TeachingGroup.class_id == province.first.class_ids["7A"])
        query = sa.select(TeachingAssignment).where(
            TeachingAssignment.group_id.in_(group),
            TeachingAssignment.subject_id == province.subject_ids["math"],
        )
        work.session.scalars(query).one().person_id = province.first.person_ids["giangnt"]


def test_a_deputy_approves_by_dated_authorisation_only(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    set_preset(province, Preset.S0)
    request_id = ask(province)
    sit(province, request_id, OTHER)
    with transaction(SYSTEM, "test.authorise", clock=province.clock) as work:
        work.session.add(
            Authorisation(
                unit_id=province.first.unit_id,
                person_id=province.first.person_ids["hocnv"],
                given_by_id=province.first.person_ids["giangnt"],
                number="05/GUQ",
                signed_on=date(2026, 11, 1),
                reason="Đi tập huấn",
                starts_on=date(2026, 11, 10),
                ends_on=date(2026, 11, 20),
            )
        )
    assert sit(province, request_id, DEPUTY) is State.WITNESSING
    approved = found(request_id).filled[Seat.APPROVER]
    assert approved.authorisation is not None
    assert approved.title == "Phó Hiệu trưởng"
