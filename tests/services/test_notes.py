"""Teachers' remarks through their one verb, on both engines: rights, locks, conflicts, history."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.notes import NoteKind, Span
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Book, WindowEffect, WindowMode
from app.errors import Forbidden, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import AuditEvent, Enrolment, HomeroomAssignment, LockWindow, StudentNote, TxLog
from app.services.clock import local_day
from app.services.enrolments import move_to_class
from app.services.notes import NoteLine, load_book, read_page
from app.services.notes_duties import note_duties
from app.services.notes_entry import NoteEdit, NotesSaved, enter_notes
from app.services.notes_year import student_year
from app.services.policies import set_policy
from app.services.unit_of_work import transaction
from app.services.years import chosen_period
from tests.conftest import counting
from tests.factories.province import Province, build
from tests.services.helpers import acting

OCTOBER, NOVEMBER, WEEK = "2026-10", "2026-11", "2026-W47"
GOOD, BETTER = "Ngoan, chăm học.", "Chăm học, tiến bộ rõ."


def write(
    province: Province,
    *edits: NoteEdit,
    username: str = "longpd.thcstk",
    kind: NoteKind = NoteKind.MONTHLY,
    period: str = NOVEMBER,
    class_id: int | None = None,
    **more: object,
) -> NotesSaved:
    room = class_id or province.first.class_ids["7A"]
    return enter_notes(
        acting(province, username),
        room,
        kind,
        period,
        edits,
        clock=province.clock,
        **more,  # type: ignore[arg-type]
    )


def first_line(
    province: Province, kind: NoteKind = NoteKind.MONTHLY, period: str = NOVEMBER, name: str = "7A"
) -> NoteLine:
    who, day = acting(province, "giangnt.thcstk"), local_day(province.now)
    book = load_book(db.session(), who, province.first.class_ids[name], kind, day)
    lines = read_page(db.session(), book, period, province.now).lines
    return next(line for line in lines if line.student_id == province.first.student_ids[0])


def rows() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(StudentNote)) or 0


def test_the_homeroom_teacher_remarks_on_the_whole_class_at_once(app: Flask, province: Province) -> None:
    students = province.first.student_ids[:8]
    saved = write(province, *(NoteEdit(s, None, f"  {GOOD}\n") for s in students))
    assert saved.changed == 8
    notes = db.session.scalars(sa.select(StudentNote)).all()
    assert {n.student_id for n in notes} == set(students)
    assert {(n.text, n.period, n.author_id) for n in notes} == {
        (GOOD, NOVEMBER, province.first.person_ids["longpd"])
    }
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "note.enter")).one()
    assert event.details == {"kind": "monthly", "period": NOVEMBER, "topic": None, "remarks": 8}


def test_history_says_who_when_and_what_stood_there(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    write(province, NoteEdit(student, None, GOOD))
    province.now += timedelta(hours=1)
    write(province, NoteEdit(student, GOOD, BETTER))
    write(province, NoteEdit(student, BETTER, None))
    past = first_line(province).history
    assert [(c.old, c.new, c.account) for c in past] == [
        (BETTER, None, "longpd.thcstk"),
        (GOOD, BETTER, "longpd.thcstk"),
        (None, GOOD, "longpd.thcstk"),
    ]
    assert past[0].by == "Phạm Đức Long"
    assert past[1].at - past[2].at >= timedelta(hours=1)
    assert rows() == 1


def test_the_period_before_stands_beside(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    write(province, NoteEdit(student, None, GOOD), period=OCTOBER)
    line = first_line(province)
    assert line.blank
    assert line.previous is not None
    assert line.previous.text == GOOD


@pytest.mark.parametrize("username", ["habtt.thcstk", "giangnt.thcstk", "quantb.thcstk", "vanlt.sogd"])
def test_nobody_else_writes_monthly_remarks(app: Flask, province: Province, username: str) -> None:
    with pytest.raises(Forbidden):
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD), username=username)
    assert rows() == 0
    refused = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.outcome == "refused")).one()
    assert refused.action == "note.enter"


def test_another_schools_class_looks_like_none(app: Flask, province: Province) -> None:
    with pytest.raises(NotFound):
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD), username="longpd.thcsba")


def test_rights_follow_the_assignment_of_the_day(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        row = work.session.scalars(
            sa.select(HomeroomAssignment).where(HomeroomAssignment.class_id == province.first.class_ids["7A"])
        ).one()
        row.ends_on = date(2026, 11, 15)
        work.session.add(
            HomeroomAssignment(
                person_id=province.first.person_ids["habtt"],
                class_id=row.class_id,
                starts_on=date(2026, 11, 16),
            )
        )
    with pytest.raises(Forbidden):
        write(province, NoteEdit(student, None, GOOD))
    assert write(province, NoteEdit(student, None, GOOD), username="habtt.thcstk").changed == 1


def test_subject_teachers_remark_on_the_class_and_on_single_students(app: Flask, province: Province) -> None:
    student, art = province.first.student_ids[0], province.subject_ids["art"]
    edits = NoteEdit(0, None, "Nền nếp tốt."), NoteEdit(student, None, "Quên vở bài tập.")
    assert write(province, *edits, kind=NoteKind.DISCIPLINE, period=WEEK).changed == 2
    assert write(province, *edits, kind=NoteKind.DISCIPLINE, period=WEEK, subject_id=art).changed == 2
    notes = db.session.scalars(sa.select(StudentNote)).all()
    assert {(n.student_id, n.subject_id) for n in notes} == {
        (s, subject) for s in (None, student) for subject in (province.subject_ids["math"], art)
    }
    with pytest.raises(Forbidden):
        write(province, *edits, kind=NoteKind.DISCIPLINE, period=WEEK, username="habtt.thcstk")


def test_the_school_sets_how_often_study_habits_are_remarked_on(app: Flask, province: Province) -> None:
    head, unit, day = acting(province, "giangnt.thcstk"), province.first.unit_id, local_day(province.now)
    edit = NoteEdit(0, None, "Nền nếp tốt.")
    write(province, edit, kind=NoteKind.DISCIPLINE, period=WEEK)
    set_policy(head, unit, PolicyKey.DISCIPLINE_PERIOD, Span.MONTHLY, day, "Quy chế", clock=province.clock)
    with pytest.raises(NotFound):
        write(province, edit, kind=NoteKind.DISCIPLINE, period=WEEK)
    assert write(province, edit, kind=NoteKind.DISCIPLINE, period=NOVEMBER).changed == 1


def test_a_level_belongs_to_preschools_record_only(app: Flask, province: Province) -> None:
    with pytest.raises(Invalid) as refusal:
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD, None, True))
    assert [p.column for p in refusal.value.problems] == ["reached"]
    with pytest.raises(NotFound):
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD), kind=NoteKind.DEVELOPMENT)


@pytest.mark.parametrize("period", ["2026-12", "2027-05"])
def test_a_period_to_come_waits(app: Flask, province: Province, period: str) -> None:
    with pytest.raises(Invalid, match="not begun"):
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD), period=period)


@pytest.mark.parametrize("period", ["2026-08", "2025-11", "T1", "2026-W47", "nonsense", ""])
def test_a_period_the_year_has_not(app: Flask, province: Province, period: str) -> None:
    with pytest.raises(NotFound):
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD), period=period)


def test_one_bad_remark_saves_nothing_and_names_itself(app: Flask, province: Province) -> None:
    one, two, three, *_rest = province.first.student_ids
    stranger = province.second.student_ids[0]
    with pytest.raises(Invalid) as refusal:
        write(
            province,
            NoteEdit(one, None, GOOD),
            NoteEdit(two, None, "x" * 501),
            NoteEdit(three, None, "Häc tèt"),
            NoteEdit(stranger, None, GOOD),
        )
    assert {p.student_id for p in refusal.value.problems} >= {two, stranger}
    assert rows() == 0


def test_whoever_saves_first_wins_and_the_other_sees_both(app: Flask, province: Province) -> None:
    one, two, *_rest = province.first.student_ids
    write(province, NoteEdit(one, None, GOOD))
    with pytest.raises(Stale) as refusal:
        write(province, NoteEdit(one, None, BETTER), NoteEdit(two, None, BETTER))
    (clash,) = refusal.value.conflicts
    assert (clash.yours, clash.theirs, clash.by) == (BETTER, GOOD, "Phạm Đức Long")
    assert rows() == 1
    assert write(province, NoteEdit(one, None, GOOD)).changed == 0  # the same text twice is no conflict


def test_the_same_request_twice_is_saved_once(app: Flask, province: Province) -> None:
    edit, number = NoteEdit(province.first.student_ids[0], None, GOOD), "5e1c0b3a-0000-4000-8000-000000000009"
    assert write(province, edit, request_id=number).changed == 1
    assert write(province, edit, request_id=number).changed == 0
    assert db.session.scalar(sa.select(sa.func.count()).where(TxLog.action == "note.enter")) == 1


def test_a_closed_book_locks_remarks_too_and_says_why(app: Flask, province: Province) -> None:
    student = province.first.student_ids[0]
    province.now = datetime(2027, 1, 17, 16, 59, 59, tzinfo=UTC)
    assert write(province, NoteEdit(student, None, GOOD), period="2026-12").changed == 1
    province.now = datetime(2027, 1, 17, 17, tzinfo=UTC)
    with pytest.raises(Locked) as refusal:
        write(province, NoteEdit(student, GOOD, BETTER), period="2026-12")
    assert refusal.value.reasons[0].reasons[0].unit_name == "Sở GDĐT Bình Giang"
    with pytest.raises(Locked):  # January ends in term II, whose book nobody has opened
        write(province, NoteEdit(student, None, GOOD), period="2027-01")


def window(province: Province, columns: list[str], ends: timedelta) -> None:
    """A round of the school's that locks what was entered when it closes."""
    who = acting(province, "giangnt.thcstk")
    with transaction(who, "test", clock=province.clock) as work:
        work.stamp()
        work.session.add(
            LockWindow(
                owner_id=province.first.unit_id, school_year_id=province.year_id, term=1, book=Book.GRADEBOOK,
                effect=WindowEffect.OPEN, mode=WindowMode.ENTERED_CELLS, columns=columns, title="Nhập nhận xét",
                reason="Quy chế", opens_at=province.now - timedelta(days=20), closes_at=province.now + ends,
                ordered_by_id=province.first.person_ids["giangnt"], executed_by_id=who.user_id,
            )
        )  # fmt: skip


def test_what_was_written_when_a_round_closed_is_locked_and_blanks_stay_open(
    app: Flask, province: Province
) -> None:
    one, two, three, *_rest = province.first.student_ids
    window(province, ["comment"], timedelta(hours=1))
    write(province, NoteEdit(one, None, GOOD), NoteEdit(three, None, GOOD))
    write(province, NoteEdit(three, GOOD, None))
    province.now += timedelta(hours=2)
    with pytest.raises(Locked) as refusal:
        write(province, NoteEdit(one, GOOD, BETTER), NoteEdit(two, None, GOOD))
    assert [cell.student_id for cell in refusal.value.reasons] == [one]
    assert write(province, NoteEdit(two, None, GOOD), NoteEdit(three, None, GOOD)).changed == 2
    assert write(province, NoteEdit(two, GOOD, BETTER)).changed == 1  # written after the round: open


def test_a_window_for_other_columns_does_not_open_remarks(app: Flask, province: Province) -> None:
    province.now = datetime(2027, 1, 20, 2, tzinfo=UTC)
    window(province, ["midterm"], timedelta(days=3))
    with pytest.raises(Locked):
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD), period="2026-12")


def test_a_student_who_changes_class_keeps_the_remark_with_its_author(app: Flask, province: Province) -> None:
    student, office = province.first.student_ids[0], acting(province, "hongvt.thcstk")
    write(province, NoteEdit(student, None, GOOD))
    move_to_class(
        office, student, province.first.class_ids["7B"], local_day(province.now), clock=province.clock
    )
    with pytest.raises(Invalid):  # gone from 7A
        write(province, NoteEdit(student, GOOD, BETTER))
    edit = NoteEdit(student, GOOD, BETTER)
    with pytest.raises(Invalid, match="not valid"):  # in 7B, but November's was written in 7A
        write(province, edit, username="habtt.thcstk", class_id=province.first.class_ids["7B"])
    line = first_line(province, name="7B")
    assert (line.text, line.elsewhere) == (GOOD, "7A")


def test_who_came_later_has_no_line_in_earlier_months(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        row = work.session.scalars(
            sa.select(Enrolment).where(Enrolment.student_id == province.first.student_ids[0])
        ).one()
        row.starts_on = date(2026, 11, 5)
    with pytest.raises(Invalid):
        write(province, NoteEdit(province.first.student_ids[0], None, GOOD), period=OCTOBER)
    assert write(province, NoteEdit(province.first.student_ids[0], None, GOOD)).changed == 1


def test_duties_count_what_a_homeroom_teacher_owes(app: Flask, province: Province) -> None:
    who, students = acting(province, "longpd.thcstk"), province.first.student_ids[:8]
    period = chosen_period(db.session(), who, local_day(province.now), None, None)
    assert period is not None
    write(province, *(NoteEdit(s, None, GOOD) for s in students), period="2026-09")
    write(province, *(NoteEdit(s, None, GOOD) for s in students[:5]), period=OCTOBER)
    found = note_duties(db.session(), who, period, province.now)
    assert [(d.class_name, d.period.code, d.missing, d.late) for d in found] == [
        ("7A", OCTOBER, 3, True),
        ("7A", NOVEMBER, 8, False),
    ]
    assert note_duties(db.session(), acting(province, "giangnt.thcstk"), period, province.now) == ()


def test_a_students_year_gathers_every_remark(app: Flask, province: Province) -> None:
    student, who = province.first.student_ids[0], acting(province, "giangnt.thcstk")
    write(province, NoteEdit(student, None, GOOD), period=OCTOBER)
    write(province, NoteEdit(student, None, GOOD))
    write(province, NoteEdit(student, None, "Quên vở."), kind=NoteKind.DISCIPLINE, period=WEEK)
    found = student_year(db.session(), who, student, province.year_id, local_day(province.now))
    assert len(found.of_kind(NoteKind.MONTHLY)) == 2
    assert [n.note.subject.short_name for n in found.of_kind(NoteKind.DISCIPLINE) if n.note.subject] == [
        "Toán"
    ]
    with pytest.raises(NotFound):
        student_year(
            db.session(),
            acting(province, "giangnt.thcsba"),
            student,
            province.year_id,
            local_day(province.now),
        )


def test_statements_dont_grow_with_the_class(app: Flask) -> None:
    province = build(app, pupils=45)
    students, who = province.first.student_ids[:45], acting(province, "longpd.thcstk")
    edits = [NoteEdit(s, None, GOOD) for s in students]
    with counting(app) as statements:
        enter_notes(
            who, province.first.class_ids["7A"], NoteKind.MONTHLY, NOVEMBER, edits, clock=province.clock
        )
    assert len(statements) <= 21, statements
