"""Signing, approving, closing and reopening a term, on both engines."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.assessment.registry import Circular
from app.domain.closing import ConfirmationKind, Missing, ReopenState, Stage, Standing
from app.domain.policies import CENTRE_SETTINGS
from app.errors import Forbidden, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import (
    Authorisation,
    Closing,
    Confirmation,
    Enrolment,
    Notice,
    Policy,
    ReopenRequest,
    SchoolClass,
    StudentResult,
    UnitEpoch,
    YearDecision,
)
from app.services.cells import CellChange
from app.services.closing import signing, steps
from app.services.closing_state import closed_terms
from app.services.gradebook import enter_scores
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import FIRST_DAY, Province
from tests.services.closing_helpers import (
    BOARD,
    HEAD,
    OFFICE,
    TEACHERS,
    VICE,
    approve_all,
    book,
    fill,
    print_all,
    sign_all,
    sign_own,
    step,
    up_to_closing,
)
from tests.services.helpers import acting


def close(province: Province, term: int = 1) -> int:
    return steps.close(acting(province, HEAD), province.year_id, term, "Đã đủ", clock=province.clock)


def change(province: Province, old: str, new: str) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    changes = [CellChange(student, "regular_1", old, new)]
    enter_scores(acting(province, TEACHERS[0]), sheet, changes, clock=province.clock)


def test_a_term_is_closed_step_by_step_and_nothing_may_be_skipped(app: Flask, province: Province) -> None:
    found = book(province)
    assert found.next_step is Stage.COMPLETE
    assert found.missing(Stage.COMPLETE).blank_cells > 0
    with pytest.raises(Invalid):
        sign_own(province, TEACHERS[0])
    fill(province)
    for which in (Stage.PRINTED, Stage.PROOF_OPENED):
        with pytest.raises(Invalid):
            step(province, OFFICE if which is Stage.PRINTED else VICE, which)
    sign_all(province)
    assert book(province).missing(Stage.PRINTED).unprinted == 2
    with pytest.raises(Invalid):
        step(province, OFFICE, Stage.PRINTED)
    print_all(province)
    step(province, OFFICE, Stage.PRINTED)
    with pytest.raises(Forbidden):
        step(province, OFFICE, Stage.PROOF_OPENED)
    step(province, VICE, Stage.PROOF_OPENED)
    assert book(province).missing(Stage.SIGNED).unsigned_sheets == 4
    with pytest.raises(Invalid):
        step(province, OFFICE, Stage.CHECKED)
    sign_all(province)
    step(province, OFFICE, Stage.CHECKED)
    with pytest.raises(Invalid):
        close(province)
    approve_all(province)
    step(province, OFFICE, Stage.SEALED)
    step(province, BOARD, Stage.PROPOSED)
    with pytest.raises(Forbidden):
        steps.close(acting(province, VICE), province.year_id, 1, "x", clock=province.clock)
    close(province)
    assert book(province).next_step is None
    assert closed_terms(db.session(), province.first.unit_id, province.year_id) == {1}
    with pytest.raises(Locked):
        change(province, "8", "9")


def test_a_change_after_signing_makes_every_signature_on_it_stale(app: Flask, province: Province) -> None:
    up_to_closing(province)
    assert book(province).next_step is Stage.CLOSED
    change(province, "8", "9")
    found = book(province)
    stale = [s for s in found.sheets if s.standing is Standing.STALE]
    assert [s.progress.subject for s in stale] == ["Toán"]
    assert found.next_step is Stage.COMPLETE
    assert found.approved is Standing.STALE
    by_name = {c.school_class.name: c for c in found.classes}
    assert by_name["7A"].approved is Standing.STALE
    assert by_name["7B"].approved is Standing.CONFIRMED
    with pytest.raises(Invalid):
        close(province)
    change(province, "9", "8")  # the very same data: what was signed holds again
    assert book(province).next_step is Stage.CLOSED


def test_signing_is_bound_to_what_the_page_showed(app: Flask, province: Province) -> None:
    fill(province)
    line = next(s for s in book(province).sheets if s.progress.class_name == "7A")
    number = line.progress.sheet_id
    with pytest.raises(Stale):
        signing.sign(
            acting(province, TEACHERS[0]),
            province.year_id,
            1,
            signing.Signed({number: "0" * 64}),
            clock=province.clock,
        )
    with pytest.raises(Forbidden):
        signing.sign(
            acting(province, TEACHERS[1]), province.year_id, 1, signing.Signed({number: line.digest}),
            clock=province.clock,
        )  # fmt: skip
    foreign = province.second.sheet_ids["7A", "math", 1]
    with pytest.raises(NotFound):
        signing.sign(
            acting(province, TEACHERS[0]),
            province.year_id,
            1,
            signing.Signed({foreign: "0" * 64}),
            clock=province.clock,
        )
    assert db.session.query(Confirmation).count() == 0


def test_a_signature_is_withdrawn_by_its_signer_until_the_head_has_approved(
    app: Flask, province: Province
) -> None:
    fill(province)
    sign_all(province)
    number = province.first.sheet_ids["7A", "math", 1]

    def take_back(username: str) -> None:
        signing.withdraw(
            acting(province, username),
            province.year_id,
            1,
            ConfirmationKind.SHEET,
            number,
            "Nhầm",
            clock=province.clock,
        )

    with pytest.raises(Forbidden):
        take_back(TEACHERS[1])
    take_back(TEACHERS[0])
    line = next(s for s in book(province).sheets if s.progress.sheet_id == number)
    assert line.standing is Standing.NONE
    sign_own(province, TEACHERS[0])
    classes = {c.school_class.id: c.digest for c in book(province).classes}
    signing.approve(acting(province, HEAD), province.year_id, 1, classes, clock=province.clock)
    with pytest.raises(Invalid):
        take_back(TEACHERS[0])


def test_approval_is_refused_while_anything_is_missing_and_to_who_may_not(
    app: Flask, province: Province
) -> None:
    fill(province)
    sign_own(province, TEACHERS[0])
    rooms = {c.school_class.name: c for c in book(province).classes}
    head = acting(province, HEAD)
    with pytest.raises(Invalid):
        signing.approve(
            head, province.year_id, 1, {rooms["7B"].school_class.id: rooms["7B"].digest}, clock=province.clock
        )
    ready = {rooms["7A"].school_class.id: rooms["7A"].digest}
    with pytest.raises(Forbidden):
        signing.approve(acting(province, VICE), province.year_id, 1, ready, clock=province.clock)
    authorise(province)
    signing.approve(acting(province, VICE), province.year_id, 1, ready, clock=province.clock)
    signed = {c.school_class.name: c.approval for c in book(province).classes}["7A"]
    assert signed is not None
    assert signed.authority == "KT. HIỆU TRƯỞNG (ủy quyền số 12/UQ ngày 10/11/2026)"


def authorise(province: Province) -> None:
    people = province.first.person_ids
    with transaction(SYSTEM, "test.authorise", clock=province.clock) as work:
        work.session.add(
            Authorisation(
                unit_id=province.first.unit_id, person_id=people["hocnv"], given_by_id=people["giangnt"],
                number="12/UQ", signed_on=date(2026, 11, 10), reason="Đi công tác",
                starts_on=date(2026, 11, 10), ends_on=date(2026, 11, 20),
            )
        )  # fmt: skip


def test_the_head_reopens_within_the_year_and_the_tier_above_is_told(app: Flask, province: Province) -> None:
    up_to_closing(province)
    number = close(province)
    with pytest.raises(Forbidden):
        steps.reopen(acting(province, BOARD), number, "Sửa", None, clock=province.clock)
    with pytest.raises(Invalid):
        steps.reopen(acting(province, HEAD), number, " ", None, clock=province.clock)
    with pytest.raises(NotFound):
        steps.reopen(acting(province, "giangnt.thcsba"), number, "Sửa", None, clock=province.clock)
    steps.reopen(acting(province, HEAD), number, "Sai sót khi nhập", None, clock=province.clock)
    change(province, "8", "9")
    told = {row.unit_id for row in db.session.query(Notice).filter(Notice.title.like("%mở lại sổ%"))}
    assert told == {province.commune_id, province.department_id}
    found = book(province)
    assert (found.turn, found.next_step) == (2, Stage.COMPLETE)
    with pytest.raises(Invalid):
        steps.reopen(acting(province, HEAD), number, "Lần nữa", None, clock=province.clock)


def test_a_past_year_is_reopened_with_the_consent_of_the_tier_above_for_a_time(
    app: Flask, province: Province
) -> None:
    up_to_closing(province)
    number = close(province)
    province.now += timedelta(days=250)
    until = province.now + timedelta(days=2)
    head = acting(province, HEAD)
    with pytest.raises(Invalid):
        steps.reopen(head, number, "Sửa", until, clock=province.clock)
    request = steps.ask_to_reopen(head, number, "Sai điểm", until, clock=province.clock)
    with pytest.raises(Invalid):
        steps.ask_to_reopen(head, number, "Sai điểm", until, clock=province.clock)
    with pytest.raises(Forbidden):
        steps.decide_request(head, request, True, "Tự duyệt", clock=province.clock)
    steps.decide_request(acting(province, "sonlv.xatk"), request, True, "Đồng ý", clock=province.clock)
    row, asked = db.session.get_one(Closing, number), db.session.get_one(ReopenRequest, request)
    assert (row.reopened_until, asked.state) == (until, ReopenState.CONSENTED)
    assert closed_terms(db.session(), province.first.unit_id, province.year_id) == {1}
    with pytest.raises(Invalid):
        steps.decide_request(acting(province, "sonlv.xatk"), request, False, "Thôi", clock=province.clock)


def test_a_centre_confirms_its_settings_before_it_closes(app: Flask, province: Province) -> None:
    up_to_closing(province)
    with transaction(SYSTEM, "test.centre", clock=province.clock) as work:
        for class_id in province.first.class_ids.values():
            work.session.get_one(SchoolClass, class_id).circular = Circular.TT43_2021
    with pytest.raises(Invalid) as refused:
        close(province)
    assert (refused.value.message, refused.value.params) == (steps.CENTRE_FIRST, {"n": 6})
    with transaction(SYSTEM, "test.settings", clock=province.clock) as work:
        for key in CENTRE_SETTINGS:
            work.session.add(
                Policy(
                    unit_id=province.first.unit_id, key=key.value, value="x", reason="QĐ", decided_at=province.now,
                    starts_on=FIRST_DAY,
                )
            )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        close(province)
    # two subjects are too few: no result of TT 43/2021 is there
    assert refused.value.message == steps.NOT_YET


def test_a_student_without_a_result_holds_up_the_approval(app: Flask, province: Province) -> None:
    """Every sheet is full and signed, and yet the class cannot be judged: it has no sheet of most subjects."""
    fill(province, judged=True)
    sign_all(province)
    found = book(province)
    seven_a = next(room for room in found.classes if room.school_class.name == "7A")
    pupils = len(province.first.student_ids)
    assert seven_a.missing == Missing(without_result=pupils // 2)
    assert found.missing(Stage.COMPLETE) == Missing(without_result=pupils)
    with pytest.raises(Invalid) as refused:
        signing.approve(
            acting(province, HEAD), province.year_id, 1, {seven_a.school_class.id: seven_a.digest},
            clock=province.clock,
        )  # fmt: skip
    assert refused.value.message == signing.NOT_READY
    _judge(province)
    assert not book(province).missing(Stage.COMPLETE).without_result


def _judge(province: Province) -> None:
    """What the worker keeps of a class that can be judged."""
    with transaction(SYSTEM, "test.judge", clock=province.clock) as work:
        seats = sa.select(Enrolment).where(Enrolment.class_id.in_(province.first.class_ids.values()))
        for number, seat in enumerate(work.session.scalars(seats)):
            work.session.add(
                StudentResult(
                    student_id=seat.student_id, school_year_id=province.year_id, period=1, class_id=seat.class_id,
                    unit_id=province.first.unit_id, circular="tt22-2021", version="1", figures={}, training="good",
                    learning="good" if number else None, computed_at=work.now,
                )
            )  # fmt: skip
            if not number:  # a student with a disability is judged by subject: no learning result of a term
                place = {"student_id": seat.student_id, "school_year_id": province.year_id}
                work.session.add(
                    YearDecision(
                        **place,
                        unit_id=province.first.unit_id,
                        class_id=seat.class_id,
                        disability_reason="Giấy XN",
                    )
                )


def test_the_year_waits_for_its_terms(app: Flask, province: Province) -> None:
    up_to_closing(province)
    assert book(province, 0).missing(Stage.COMPLETE).open_terms == 2
    close(province)
    assert book(province, 0).missing(Stage.COMPLETE).open_terms == 1


def test_reading_the_book_takes_as_many_statements_with_marks_and_signatures_as_without(
    app: Flask, province: Province
) -> None:
    with counting(app) as empty:
        book(province)
    up_to_closing(province)
    with counting(app) as full:
        book(province)
    assert len(full) <= len(empty) + 1
    assert len(full) < 30


def test_closing_takes_the_schools_epoch_and_touches_no_sheet(app: Flask, province: Province) -> None:
    """Design §4: one row is held exclusively, whatever the number of sheets; no sheet is written."""
    up_to_closing(province)
    before = epochs_of(province)
    db.session.rollback()
    with counting(app) as statements:
        close(province)
    assert epochs_of(province) == {**before, province.first.unit_id: before[province.first.unit_id] + 1}
    assert not [
        text for text in statements if text.startswith(("UPDATE gradebook_sheet", "INSERT INTO grade"))
    ]
    if db.engine.dialect.name != "sqlite":  # SQLite has one writer at a time
        held = [text for text in statements if "FROM unit_epoch" in text]
        assert held
        assert all(text.rstrip().endswith("FOR UPDATE") for text in held)


def epochs_of(province: Province) -> dict[int, int]:
    return {
        row.unit_id: row.epoch for row in db.session.execute(sa.select(UnitEpoch.unit_id, UnitEpoch.epoch))
    }
