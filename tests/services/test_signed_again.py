"""What was signed and has changed since: who is told, what falls back, and who signs what lies in a term gone by."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.closing import ConfirmationKind, Stage
from app.errors import Invalid
from app.extensions import db
from app.models import Confirmation, MarkQuestion, Notice, TeachingAssignment
from app.services.cells import CellChange
from app.services.closing import signing, steps
from app.services.closing.waits import Waits, count_waits
from app.services.closing_state import closed_terms
from app.services.families import answer, ask
from app.services.gradebook import enter_scores
from app.services.publications import publish
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services import correction_helpers as corrections
from tests.services.closing_helpers import (
    BOARD,
    HEAD,
    OFFICE,
    TEACHERS,
    VICE,
    approve_all,
    book,
    family,
    fill,
    print_all,
    sign_all,
    sign_own,
    step,
    up_to_closing,
)
from tests.services.helpers import acting


def waits(province: Province, username: str) -> Waits:
    db.session.rollback()
    return count_waits(db.session(), acting(province, username), province.now)


def later(province: Province, minutes: int = 5) -> None:
    province.now += timedelta(minutes=minutes)


def told(province: Province) -> list[int]:
    url = f"/signatures/sheet/{province.first.sheet_ids['7A', 'math', 1]}"
    return sorted(db.session.scalars(sa.select(Notice.person_id).where(Notice.url == url)))


def change(province: Province, old: str, new: str) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    later(province)
    cell = CellChange(student, "regular_1", old, new)
    enter_scores(acting(province, TEACHERS[0]), sheet, [cell], clock=province.clock)


def test_a_correction_of_a_closed_term_is_signed_printed_and_approved_again(
    app: Flask, province: Province
) -> None:
    corrections.move_homeroom(province, "7A", "habtt")
    corrections.set_preset(province, corrections.Preset.S1)
    up_to_closing(province)
    later(province)
    steps.close(acting(province, HEAD), province.year_id, 1, "Đã đủ", clock=province.clock)
    assert not book(province).fallen_back
    assert waits(province, TEACHERS[0]).stale == waits(province, HEAD).approvals == 0
    later(province)
    number = corrections.ask(province, old="8", new="9")
    corrections.sit_all(province, number, (corrections.OTHER, corrections.HEAD))

    people = province.first.person_ids
    assert told(province) == sorted(people[name] for name in ("longpd", "habtt", "giangnt"))
    assert waits(province, TEACHERS[0]).stale == 1
    assert waits(province, HEAD).approvals == 1
    assert waits(province, VICE).approvals == 0  # without the head's authorisation
    found = book(province)
    assert found.fallen_back
    assert found.next_step is Stage.COMPLETE
    assert {Stage.COMPLETE, Stage.PRINTED, Stage.CHECKED, Stage.APPROVED, Stage.SEALED}.isdisjoint(found.done)
    assert closed_terms(db.session(), province.first.unit_id, province.year_id) == {1}

    later(province)
    sign_own(province, TEACHERS[0])
    print_all(province)
    step(province, OFFICE, Stage.PRINTED)
    step(province, OFFICE, Stage.CHECKED)
    approve_all(province)
    step(province, OFFICE, Stage.SEALED)
    assert book(province).next_step is None
    assert waits(province, TEACHERS[0]).stale == waits(province, HEAD).approvals == 0


def test_signers_are_told_once_until_they_have_signed_again(app: Flask, province: Province) -> None:
    fill(province)
    sign_all(province)
    people = sorted(province.first.person_ids[name] for name in ("giangnt", "longpd"))
    approved = {c.school_class.id: c.digest for c in book(province).classes}
    room = province.first.class_ids["7A"]
    signing.approve(acting(province, HEAD), province.year_id, 1, {room: approved[room]}, clock=province.clock)
    change(province, "8", "9")
    change(province, "9", "10")
    assert told(province) == people
    later(province)
    sign_own(province, TEACHERS[0])
    approved = {c.school_class.id: c.digest for c in book(province).classes}
    signing.approve(acting(province, HEAD), province.year_id, 1, {room: approved[room]}, clock=province.clock)
    change(province, "10", "7")
    assert told(province) == sorted(people * 2)


def test_a_round_of_proof_reading_waits_for_who_has_something_to_sign_until_all_of_it_is(
    app: Flask, province: Province
) -> None:
    fill(province)
    sign_all(province)
    print_all(province)
    step(province, OFFICE, Stage.PRINTED)
    assert waits(province, TEACHERS[0]).proofs == 0
    later(province)
    step(province, VICE, Stage.PROOF_OPENED)
    later(province)
    assert waits(province, TEACHERS[0]).proofs == 3  # two sheets and the class
    assert waits(province, "khuongyb.thcstk").proofs == 0
    sheet = next(s for s in book(province).sheets if s.progress.class_name == "7A")
    signing.sign(
        acting(province, TEACHERS[0]), province.year_id, 1,
        signing.Signed({sheet.progress.sheet_id: sheet.digest}), clock=province.clock,
    )  # fmt: skip
    assert waits(province, TEACHERS[0]).proofs == 2
    sign_own(province, TEACHERS[0])
    assert waits(province, TEACHERS[0]).proofs == 0


def test_who_had_the_sheet_in_the_days_of_its_term_signs_it_after_the_year(
    app: Flask, province: Province, client_for
) -> None:
    """A head who taught, and a teacher whose assignment ended with the year."""
    fill(province)
    people, sheet = province.first.person_ids, province.first.sheet_ids["7A", "math", 1]
    with transaction(SYSTEM, "test.assignment", clock=province.clock) as work:
        for row in work.session.query(TeachingAssignment):
            row.ends_on = date(2027, 5, 31)
            if row.person_id == people["longpd"] and row.subject_id == province.subject_ids["math"]:
                row.person_id = people["giangnt"]
    province.now += timedelta(days=250)
    assert "subject_teacher" not in acting(province, HEAD).roles
    assert sign_own(province, HEAD) == 1
    assert sign_own(province, TEACHERS[0]) == 2  # the other sheet, and the class
    signed = db.session.query(Confirmation).filter_by(sheet_id=sheet).one()
    assert signed.person_id == people["giangnt"]
    assert client_for(TEACHERS[0]).get(f"/signatures/sheet/{sheet}").status_code == 200
    assert f"/signatures/sheet/{sheet}" in client_for(HEAD).get("/signatures/?period=1&year=2026").text


def test_questions_of_families_come_before_approval(app: Flask, province: Province, client_for) -> None:
    fill(province)
    sign_all(province)
    child = province.first.student_ids[0]
    parent = family(province, child)
    first = publish(acting(province, BOARD), province.year_id, 1, ["midterm"], 7, "", clock=province.clock)
    again = publish(acting(province, BOARD), province.year_id, 1, ["midterm"], 7, "", clock=province.clock)
    assert first == again
    later(province)
    sheet = province.first.sheet_ids["7A", "math", 1]
    ask(acting(province, parent), child, sheet, "Con em được 9", clock=province.clock)
    room = province.first.class_ids["7A"]
    found = next(c for c in book(province).classes if c.school_class.id == room)

    def approve(reason: str) -> int:
        head = acting(province, HEAD)
        chosen = {room: found.digest}
        return signing.approve(head, province.year_id, 1, chosen, reason, clock=province.clock)

    assert book(province).questions == 1
    assert "f-asked-classes" in client_for(HEAD).get(f"/closing/unit/{province.first.unit_id}?period=1").text
    with pytest.raises(Invalid):
        approve("Đã xem bài")
    province.now += timedelta(days=8)
    with pytest.raises(Invalid):
        approve("")
    assert approve("Đã xem bài kiểm tra, điểm đúng") == 1
    row = db.session.query(Confirmation).filter_by(kind=ConfirmationKind.CLASS_APPROVAL).one()
    assert row.reason == "Đã xem bài kiểm tra, điểm đúng"
    question = db.session.query(MarkQuestion.id).scalar()
    answer(acting(province, TEACHERS[0]), question, "Bài được 8 điểm", clock=province.clock)
    assert book(province).questions == 0
