"""What corrections must not do on either engine, who is told and asked, and sheets of every form."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.cell_values import parse_cell
from app.domain.corrections import Preset, State
from app.domain.locks import LockReason, LockRule
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Role, Tier
from app.errors import Forbidden, Invalid, Locked
from app.extensions import db
from app.models import (
    ROWS,
    Account,
    CorrectionRequest,
    Enrolment,
    ExceptionNote,
    GradebookSheet,
    LockWindow,
    Notice,
    SchoolYear,
    Term,
)
from app.services import corrections
from app.services.cells import CellChange
from app.services.correction_counts import count_corrections
from app.services.correction_lists import waiting_for
from app.services.correction_places.port import on_sheet
from app.services.correction_requests import NewCorrection, not_due, request_correction
from app.services.correction_seats import load_staffing
from app.services.gradebook import apply_correction_cells, enter_scores
from app.services.sheet_cells import sheet_cells
from app.services.unit_of_work import transaction
from tests.factories import sheet_forms
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
    freeze,
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
FOUR = (HEAD, TEACHER, OTHER, BOARD)
WAYS = {Preset.S1: (OTHER, HEAD)}


def end_the_year(province: Province) -> None:
    """The school year ended yesterday; the next one runs."""
    with transaction(SYSTEM, "test.year", clock=province.clock) as work:
        year = work.session.get_one(SchoolYear, province.year_id)
        year.ends_on = province.now.date() - timedelta(days=1)
        for key in province.term_ids.values():
            term = work.session.get_one(Term, key)
            term.ends_on = min(term.ends_on, year.ends_on)


def test_a_past_year_needs_the_consent_of_the_tier_above(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    end_the_year(province)
    set_preset(province, Preset.S1)
    request_id = ask(province)
    row = found(request_id)
    assert (row.closed, row.seats) == ("year", ["certifier", "approver", "consent"])
    sit(province, request_id, OTHER)
    assert sit(province, request_id, HEAD) is State.CONSENTING
    assert mark(province) == Decimal("6.5")
    for who in (HEAD, DEPUTY, ADMIN_ABOVE):
        with pytest.raises(Forbidden):
            sit(province, request_id, who)
    assert sit(province, request_id, LEADER_ABOVE) is State.APPLIED
    assert mark(province) == Decimal("8.5")
    note = db.session.scalars(sa.select(ExceptionNote)).one()
    assert (note.unit_id, note.kind.value) == (province.first.unit_id, "correction_closed")


def test_closed_data_is_corrected_with_evidence_only(app: Flask, province: Province) -> None:
    enter_and_lock(province, ALL_7A)
    end_the_year(province)
    with pytest.raises(Invalid, match="evidence"):
        ask(province, paper=b"")
    row = found(ask(province))
    assert (row.closed, row.evidence_name) == ("year", "bai.pdf")


def test_a_cell_that_is_not_due_yet_has_nothing_to_be_corrected(app: Flask, province: Province) -> None:
    """Neither before its window begins, nor where nobody has made one; a value that was brought in can be."""
    with transaction(SYSTEM, "test.later", clock=province.clock) as work:
        row = work.session.get_one(LockWindow, province.first.window_ids[0])
        row.opens_at, row.closes_at = province.now + timedelta(days=5), province.now + timedelta(days=9)
    with pytest.raises(Invalid, match="not been opened"):
        ask(province, old=None, new="9")
    with transaction(SYSTEM, "test.elsewhere", clock=province.clock) as work:
        work.session.get_one(LockWindow, province.first.window_ids[0]).columns = ["comment"]
    with pytest.raises(Invalid, match="not been opened"):
        ask(province, old=None, new="9")
    nobody = LockReason(
        Tier.SCHOOL, None, "", None, LockRule.NO_WINDOW, "", "", None, None, None, None, Role.PRINCIPAL
    )
    assert not_due([nobody], blank=True)
    assert not not_due([nobody], blank=False)


def test_notices_name_the_last_day_and_lines_above_say_things_once(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    end_the_year(province)
    set_preset(province, Preset.S1, days=10)
    request_id = ask(province)
    told = db.session.scalars(sa.select(Notice).where(Notice.title.like("Đề nghị điều chỉnh%"))).all()
    last = province.now.date() + timedelta(days=10)
    assert {notice.body.rpartition(" Hạn: ")[2] for notice in told} == {f"hết ngày {last:%d/%m/%Y}."}
    sit_all(province, request_id, (OTHER, HEAD, LEADER_ABOVE))
    note = db.session.scalars(sa.select(ExceptionNote)).one()
    assert note.reason == WHY
    assert WHY not in note.what
    assert "Hạn" not in note.what


def test_an_inspection_holds_the_last_step(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    set_preset(province, Preset.S1)
    request_id = ask(province)
    sit(province, request_id, OTHER)
    freeze(province)
    with pytest.raises(Invalid, match="inspection"):
        sit(province, request_id, HEAD)
    province.now += timedelta(days=2)
    assert sit(province, request_id, HEAD) is State.APPLIED


def test_no_write_passes_the_lock_without_a_decided_request(app: Flask, province: Province) -> None:
    """A locked cell: not by typing, not by a request half-way, not with a row made up on the side."""
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    change = CellChange(student_of(province), "midterm", "6,5", "8,5")
    for who in (TEACHER, HEAD):
        with pytest.raises((Locked, Forbidden)):
            enter_scores(acting(province, who), sheet_of(province), [change], clock=province.clock)
    request_id = ask(province)
    with transaction(acting(province, HEAD), "test.bypass", clock=province.clock) as work:
        row = work.session.get_one(CorrectionRequest, request_id)
        with pytest.raises(Forbidden):
            apply_correction_cells(work, row)
    assert mark(province) == Decimal("6.5")


def test_an_administration_account_is_nobodys_own(app: Flask, province: Province) -> None:
    enter_and_lock(province, ALL_7A)
    request_id = ask(province)
    impersonal = replace(acting(province, HEAD), is_unit_admin=True)
    with pytest.raises(Forbidden):
        corrections.take_seat(impersonal, request_id, clock=province.clock)


def test_comments_of_any_sheet_are_corrected_alike(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"comment": "Chăm"})
    set_preset(province, Preset.S1)
    request_id = ask(province, column="comment", old="Chăm", new="Chăm chỉ, tiến bộ")
    sit_all(province, request_id, WAYS[Preset.S1])
    assert mark(province, "comment") == "Chăm chỉ, tiến bộ"


EVERYBODY = (HEAD, DEPUTY, BOARD, OFFICE, TEACHER, OTHER, THIRD, LEADER_ABOVE, ADMIN_ABOVE, "vanlt.sogd")


def assert_counts(province: Province) -> None:
    """The one statement of landing pages says what the list shows, for everybody."""
    db.session.rollback()
    closed = set(db.session.scalars(sa.select(Account.username).where(Account.active.is_(False))))
    for who in set(EVERYBODY) - closed:
        actor = acting(province, who)
        listed = len(waiting_for(db.session, actor, province.now))
        assert count_corrections(db.session, actor, province.now) == listed, who


@pytest.mark.parametrize("few", [False, True], ids=["enough", "four"])
def test_counts_on_landing_pages_say_what_the_lists_show(app: Flask, province: Province, few: bool) -> None:
    if not few:
        move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, ALL_7A)
    if few:
        leave_only(province, *FOUR)
    request_id = ask(province)
    assert_counts(province)
    if few:
        named = province.first.person_ids["habtt"]
        corrections.name_certifier(acting(province, LEADER_ABOVE), request_id, named, clock=province.clock)
        assert_counts(province)
    for who in (OTHER, LEADER_ABOVE if few else HEAD, TEACHER, BOARD, HEAD if few else DEPUTY):
        sit(province, request_id, who)
        assert_counts(province)
    assert found(request_id).state is State.APPLIED


FORMS: dict[str, tuple[str, str | None, str]] = {  # column, what is entered, what is right
    SheetForm.WEIGHTED: ("periodic_1", "6,5", "8,5"),
    SheetForm.PRIMARY: ("final_level", "H", "T"),
    SheetForm.TRAITS: ("final_trait_1", "Đ", "T"),
    SheetForm.TRAINING: ("excused", "2", "3"),
    sheet_forms.CONDUCT: ("training", "K", "T"),
}


@pytest.mark.parametrize("form", FORMS)
def test_sheets_of_every_form_are_corrected(app: Flask, province: Province, form: str) -> None:
    sheet_id, who = sheet_forms.build(province)[form], sheet_forms.TEACHERS[form]
    sheet = db.session.get_one(GradebookSheet, sheet_id)
    row_class, other = ROWS[sheet.form], (OTHER if who == TEACHER else TEACHER)
    query = sa.select(Enrolment.student_id).where(Enrolment.class_id == sheet.class_id)
    student = db.session.scalars(query.order_by(Enrolment.student_id)).first()
    column, old, new = FORMS[form]
    entered = CellChange(student or 0, column, None, old)
    enter_scores(acting(province, who), sheet_id, [entered], clock=province.clock)
    before = getattr(db.session.get_one(row_class, (sheet_id, student)), column)
    lock(province)
    set_preset(province, Preset.S1)
    wanted = NewCorrection(on_sheet(sheet_id), (CellChange(student or 0, column, old, new),), WHY)
    request_id = request_correction(acting(province, who), wanted, folder=Path(), clock=province.clock)
    if found(request_id).state is State.CERTIFYING:
        stem = other.partition(".")[0]
        if corrections_needs_name(province, request_id):
            corrections.name_certifier(
                acting(province, HEAD), request_id, province.first.person_ids[stem], clock=province.clock
            )
        sit(province, request_id, other)
    assert sit(province, request_id, HEAD) is State.APPLIED
    db.session.rollback()
    after = getattr(db.session.get_one(row_class, (sheet_id, student)), column)
    assert (before, after) == tuple(
        parse_cell(text, {c.name: c for c in sheet_cells(sheet)}[column], sheet.kind).value
        for text in (old, new)
    )


def corrections_needs_name(province: Province, request_id: int) -> bool:
    row = found(request_id)
    return load_staffing(db.session, row.unit_id, row.class_id, province.now.date()).needs_naming(row)
