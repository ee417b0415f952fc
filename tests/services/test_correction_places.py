"""Corrections of what lies on no sheet, on both engines: retests, decisions of the year, teachers' remarks (issue 4)."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.assessment.primary_plan import traits_of
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.corrections import Place, Preset, State
from app.domain.notes import NoteKind, Topic
from app.domain.vocabulary import Level
from app.domain.year_decisions import Field
from app.errors import Forbidden, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import (
    CorrectionRequest,
    GradebookSheet,
    LockWindow,
    SchoolClass,
    StudentNote,
    SubjectYear,
    TxLog,
    YearDecision,
)
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintedMark, PrintStamp
from app.reports.papers import Paper
from app.services import corrections
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.correction_columns import column_name, place_name, value_name, whose
from app.services.correction_lists import corrected_cells, corrected_in_year, waiting_for
from app.services.correction_places.port import PlaceRef
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.notes import WHOLE_CLASS
from app.services.notes_entry import NoteEdit, enter_notes
from app.services.notes_history import histories_of
from app.services.retests import RetestChange, write_retests
from app.services.unit_of_work import transaction
from app.services.year_book import open_book as read_book
from app.services.year_decisions import DecisionChange, decide
from app.services.year_locks import changes_of, load_writes
from app.services.year_places import load_places
from tests.factories.province import Province
from tests.services.correction_helpers import (
    BOARD,
    HEAD,
    LEADER_ABOVE,
    OTHER,
    TEACHER,
    WHY,
    found,
    freeze,
    move_homeroom,
    send,
    set_preset,
    sit,
    sit_all,
)
from tests.services.helpers import acting
from tests.services.place_cases import (
    BETTER,
    CASES,
    GOOD,
    Case,
    close_windows,
    retest_case,
    year_class,
)
from tests.services.results_helpers import YEAR_OVER, fill, lines_of, make_class, put
from tests.services.test_results_primary import GRADE_4, fill_primary
from tests.services.year_helpers import open_book, teach

pytestmark = pytest.mark.usefixtures("chain_holds")


def ask(province: Province, case: Case, new: str | None = None, old: str | None = None) -> int:
    cells = (CellChange(case.student, case.column, old or case.values[0], new or case.values[2]),)
    return send(province, case.who, case.ref, *cells)


def certify(province: Province, case: Case, request_id: int) -> None:
    """By the homeroom teacher; where that is who asks, by whom the head names."""
    if case.who == TEACHER:
        named = province.first.person_ids[case.certifier.partition(".")[0]]
        corrections.name_certifier(acting(province, HEAD), request_id, named, clock=province.clock)
    assert [row.id for row in waiting_for(db.session, acting(province, case.certifier), province.now)] == [
        request_id
    ]
    sit(province, request_id, case.certifier)


def reopen(province: Province) -> None:
    open_book(province, columns=("retest", "comment"))
    with transaction(SYSTEM, "test.reopen", clock=province.clock) as work:
        row = work.session.get_one(LockWindow, province.first.window_ids[0])
        row.closes_at = province.now + timedelta(days=1)


@pytest.mark.parametrize("kind", CASES)
def test_refused_stale_and_applied(app: Flask, province: Province, kind: str) -> None:
    case = CASES[kind](province)
    set_preset(province, Preset.S1)
    reopen(province)
    entered, meanwhile, right = case.values
    case.type_it(None, entered)
    with pytest.raises(Invalid, match="open"):
        ask(province, case)
    close_windows(province)
    with pytest.raises(Locked):
        case.type_it(entered, right)
    with pytest.raises(Stale):
        ask(province, case, old=meanwhile)
    with pytest.raises(Invalid):
        ask(province, case, new=entered)
    before = case.stored()

    refused = ask(province, case)
    with pytest.raises(Invalid, match=found(refused).code):
        ask(province, case)
    certify(province, case, refused)
    corrections.refuse(acting(province, HEAD), refused, "Bài kiểm tra ghi đúng", clock=province.clock)
    assert (found(refused).state, case.stored()) == (State.REFUSED, before)

    spoiled = ask(province, case)
    certify(province, case, spoiled)
    reopen(province)
    case.type_it(entered, meanwhile)
    close_windows(province)
    between = case.stored()
    assert sit_all(province, spoiled, case.way) is State.STALE
    assert case.stored() == between
    assert found(spoiled).steps[-1].note

    request_id = ask(province, case, old=meanwhile)
    certify(province, case, request_id)
    assert sit_all(province, request_id, case.way) is State.APPLIED
    row = found(request_id)
    assert case.stored() == case.right
    tx = db.session.get_one(TxLog, row.applied_tx_id)
    assert (tx.action, tx.reason, tx.on_behalf_of_id) == (
        "correction.apply", WHY, acting(province, case.who).person_id,
    )  # fmt: skip
    assert (row.sheet_id, row.closed) == (None, "year" if case.ref.place is Place.YEAR else None)


def test_a_corrected_remark_of_a_month_stands_struck_in_the_contact_book(
    app: Flask, province: Province
) -> None:
    case = CASES["notes"](province)
    set_preset(province, Preset.S1)
    case.type_it(None, GOOD)
    close_windows(province)
    request_id = ask(province, case)
    certify(province, case, request_id)
    sit_all(province, request_id, case.way)
    room = db.session.get_one(SchoolClass, case.ref.class_id)
    day = local_day(province.now)
    asked = Asked(CATALOGUE["contact_book"], room.unit, room.school_year, room, 1, case.student, day)
    paper = builders.build(db.session(), asked, PrintStamp(province.now, "longpd", "Phạm Đức Long", 1))
    assert isinstance(paper, Paper)
    assert dict(paper.parts[0].page.months)["11/2026"] == PrintedMark(case.values[2], GOOD)


def test_names_on_paper_and_what_is_struck(app: Flask, province: Province) -> None:
    case = retest_case(province)
    set_preset(province, Preset.S1)
    reopen(province)
    case.type_it(None, "6")
    close_windows(province)
    revision = sa.select(sa.func.sum(GradebookSheet.revision))
    request_id, before = ask(province, case), db.session.scalar(revision)
    certify(province, case, request_id)
    sit_all(province, request_id, case.way)
    row = found(request_id)
    (cell,) = row.cells
    assert place_name(row) == "Kiểm tra lại Toán, lớp 8A, cả năm"
    assert (column_name(row, cell.column), value_name(row, cell.column, cell.new)) == ("Kiểm tra lại", "6,5")
    key = (case.ref.subject_id, case.student, "retest")
    assert corrected_in_year(db.session, case.ref.class_id or 0) == {key: "6.0"}
    year = sa.select(GradebookSheet.id).where(GradebookSheet.class_id == case.ref.class_id)
    (sheet,) = db.session.scalars(
        year.where(GradebookSheet.subject_id == case.ref.subject_id, GradebookSheet.term == 2)
    )
    assert corrected_cells(db.session, [sheet]) == {
        (sheet, case.student, "retest"): "6.0"
    }  # struck in the class book
    change = changes_of(load_writes(db.session, row.school_year_id, [case.student]))[0]
    assert (change.on_behalf_of, change.correction) == (row.requested_by.full_name, row.id)
    assert (db.session.scalar(revision) or 0) > (before or 0)  # results on record and signatures fall due


def test_the_heads_decision_is_corrected_with_its_reason_by_the_tier_above(
    app: Flask, province: Province
) -> None:
    made = year_class(province)
    student = made.students[0]
    set_preset(province, Preset.S1)
    open_book(province)
    plan = DecisionChange(student, Field.DISABILITY, "", "Kế hoạch cá nhân số 3")
    head = DecisionChange(student, Field.HEAD, "", "retained", reason="Chưa đạt mục tiêu")
    decide(acting(province, HEAD), made.class_id, [plan, head], clock=province.clock)
    close_windows(province)
    place = PlaceRef(Place.YEAR, None, made.class_id)
    value = CellChange(student, "head", "retained", "promoted")
    reason = CellChange(student, "head_reason", "Chưa đạt mục tiêu", "Đạt mục tiêu của kế hoạch")

    def asked(who: str, *cells: CellChange) -> int:
        return send(province, who, place, *cells)

    with pytest.raises(Invalid) as refusal:
        asked(HEAD, value, CellChange(student, "head_reason", "Chưa đạt mục tiêu", None))
    assert {problem.column for problem in refusal.value.problems} == {"head"}
    with pytest.raises(Forbidden):
        asked(BOARD, value)
    request_id = asked(HEAD, value, reason)
    assert "approver" in found(request_id).seats_above
    sit(province, request_id, TEACHER)
    assert sit(province, request_id, LEADER_ABOVE) is State.APPLIED
    row = db.session.get_one(YearDecision, (student, made.year_id))
    assert (row.head, row.head_reason) == ("promoted", "Đạt mục tiêu của kế hoạch")


def test_a_remark_on_the_whole_class_and_who_may_ask(app: Flask, province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    set_preset(province, Preset.S1)
    room = province.first.class_ids["7A"]
    enter_notes(
        acting(province, TEACHER), room, NoteKind.DISCIPLINE, "2026-W47", [NoteEdit(WHOLE_CLASS, None, GOOD)],
        subject_id=math_of(province), clock=province.clock,
    )  # fmt: skip
    close_windows(province)
    place = PlaceRef(Place.NOTES, None, room, math_of(province), str(Topic(NoteKind.DISCIPLINE, "2026-W47")))
    better = CellChange(WHOLE_CLASS, "text", GOOD, BETTER)
    for who, refusal in ((HEAD, Forbidden), ("longpd.thcsba", NotFound)):
        with pytest.raises(refusal):
            send(province, who, place, better)
    request_id = send(province, TEACHER, place, better)
    sit_all(province, request_id, (OTHER, HEAD))
    note = db.session.scalars(sa.select(StudentNote)).one()
    assert (note.text, note.author_id) == (BETTER, province.first.person_ids["longpd"])
    newest = histories_of(db.session, [note.cell])[note.cell][0]
    assert (newest.on_behalf_of, newest.correction) == ("Phạm Đức Long", request_id)
    row = found(request_id)
    assert (whose(row.cells[0]), row.cells[0].student_id) == ("Cả lớp", None)
    assert place_name(row) == "Nhận xét nền nếp tuần từ 16/11/2026, Toán, lớp 7A"


def math_of(province: Province) -> int:
    sheet = db.session.get_one(GradebookSheet, province.first.sheet_ids["7A", "math", 1])
    return sheet.subject_id


@pytest.mark.parametrize("kind", ["retest", "notes"])
def test_an_inspection_holds_the_last_step_here_too(app: Flask, province: Province, kind: str) -> None:
    case = CASES[kind](province)
    set_preset(province, Preset.S1)
    reopen(province)
    case.type_it(None, case.values[0])
    close_windows(province)
    request_id = ask(province, case)
    certify(province, case, request_id)
    *before, last = case.way
    for who in before:
        sit(province, request_id, who)
    freeze(province)
    with pytest.raises(Invalid, match="inspection"):
        sit(province, request_id, last)
    province.now += timedelta(days=2)
    assert sit(province, request_id, last) is State.APPLIED


def test_no_write_passes_the_locks_of_the_year_without_a_decided_request(
    app: Flask, province: Province
) -> None:
    case = retest_case(province)
    set_preset(province, Preset.S1)
    reopen(province)
    case.type_it(None, "6")
    close_windows(province)
    request_id = ask(province, case)
    change = RetestChange(case.student, case.ref.subject_id or 0, "retest", "6", "6,5")
    with transaction(acting(province, HEAD), "test.bypass", clock=province.clock) as work:
        places = load_places(work.session, SYSTEM, case.ref.class_id or 0, province.now.date())
        book = read_book(work.session, places, work.now)
        with pytest.raises(Forbidden):
            write_retests(work, book, [change], work.session.get_one(CorrectionRequest, request_id))
    assert case.stored() == Decimal("6.0")


def test_primary_supplements_and_awards_are_corrected_cell_by_cell(app: Flask, province: Province) -> None:
    made = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=2)
    well, low = made.students
    province.now = YEAR_OVER
    fill_primary(province, made, well, SubjectLevel.WELL, "8", TraitLevel.GOOD)
    fill_primary(province, made, low, SubjectLevel.DONE, "6", TraitLevel.PASSED)
    put(province, made, low, "traits", 2, final_trait_1=TraitLevel.NEEDS_EFFORT)
    put(province, made, low, "math", 2, final_level=SubjectLevel.NOT_DONE, final=Decimal("3"))
    math = teach(province, made, "math", "habtt")
    set_preset(province, Preset.S1)
    trait = traits_of("tt27-2020", 4)[0][1].code
    decisions = (
        CellChange(well, "outstanding", None, "Tiến bộ vượt bậc môn Toán"),
        CellChange(well, "recognised", None, "1"),
        CellChange(low, f"traits_after:{trait}", None, "Đ"),
    )
    asked = send(province, TEACHER, PlaceRef(Place.YEAR, None, made.class_id), *decisions)
    assert sit_all(province, asked, (HEAD, LEADER_ABOVE)) is State.APPLIED
    rows = {row.student_id: row for row in db.session.scalars(sa.select(YearDecision))}
    assert (rows[well].outstanding, rows[well].recognised) == ("Tiến bộ vượt bậc môn Toán", True)
    assert rows[low].traits_after == {trait: "Đ"}
    row = found(asked)
    assert [value_name(row, cell.column, cell.new) for cell in row.cells] == [
        "Tiến bộ vượt bậc môn Toán", "Có", "Đạt",
    ]  # fmt: skip
    levels = (CellChange(low, "retest_level", None, "H"), CellChange(low, "retest", None, "6"))
    asked = send(province, OTHER, PlaceRef(Place.YEAR, None, made.class_id, math), *levels)
    assert sit_all(province, asked, (HEAD, LEADER_ABOVE)) is State.APPLIED
    year = db.session.get_one(SubjectYear, (low, made.year_id, math))
    assert (year.retest_level, year.retest) == (SubjectLevel.DONE, Decimal(6))


def test_conduct_of_the_year_takes_its_reason_along(app: Flask, province: Province) -> None:
    lines = lines_of(("literature", 140), ("math", 140), ("physics", 35), ("physical_education", 70))
    made = make_class(province, "9A", lines, circular="tt26-2020", grade=9, pupils=1)
    (student,) = made.students
    fill(province, made, mark="7.0", training="good")
    province.now = YEAR_OVER
    set_preset(province, Preset.S1)
    open_book(province, ("final",))
    good = DecisionChange(student, Field.TRAINING_YEAR, "", "good")
    decide(acting(province, TEACHER), made.class_id, [good], clock=province.clock)
    close_windows(province)
    fair = CellChange(student, "training_year", "good", "fair")
    why = CellChange(student, "training_year_reason", None, "Vi phạm nội quy cuối năm")

    def asked(*cells: CellChange) -> int:
        return send(province, TEACHER, PlaceRef(Place.YEAR, None, made.class_id), *cells)

    with pytest.raises(Invalid):
        asked(fair)
    request_id = asked(fair, why)
    named = province.first.person_ids["habtt"]
    corrections.name_certifier(acting(province, HEAD), request_id, named, clock=province.clock)
    assert sit_all(province, request_id, (OTHER, HEAD, LEADER_ABOVE)) is State.APPLIED
    row = db.session.get_one(YearDecision, (student, made.year_id))
    assert (row.training_year, row.training_year_reason) == ("fair", "Vi phạm nội quy cuối năm")
