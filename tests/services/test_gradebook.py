"""Entering marks through the one write path, on both engines."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.vocabulary import Passing
from app.errors import Forbidden, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import Account, AuditEvent, Grade, LockWindow, TxLog
from app.services import history
from app.services.actors import actor_for
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from tests.conftest import counting
from tests.factories.province import Province, build


def actor(province: Province, username: str):
    account = db.session.scalars(sa.select(Account).where(Account.username == username)).one()
    return actor_for(db.session(), account, local_day(province.now))


def enter(province: Province, username: str, sheet: int, *cells: tuple[int, str, str | None, str | None]):
    changes = [CellChange(*cell) for cell in cells]
    return enter_scores(actor(province, username), sheet, changes, clock=province.clock)


def test_an_assigned_teacher_enters_marks_and_history_says_who_when_what(
    app: Flask, province: Province
) -> None:
    school, sheet = province.first, province.first.sheet_ids["7A", "math", 1]
    student = school.student_ids[0]
    saved = enter(province, "longpd.thcstk", sheet, (student, "regular_1", None, "8,5"))
    assert saved.revision == 1
    enter(province, "longpd.thcstk", sheet, (student, "regular_1", "8.5", "9"))
    changes = history.cell_history(db.session(), sheet, student, "regular_1")
    assert [(c.old, c.new, c.account) for c in changes] == [
        (Decimal("8.5"), Decimal("9.0"), "longpd.thcstk"),
        (None, Decimal("8.5"), "longpd.thcstk"),
    ]
    assert changes[0].at > changes[1].at


def test_the_average_follows_the_marks(app: Flask, province: Province) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    cells = [(student, f"regular_{n}", None, "8") for n in range(1, 5)]
    saved = enter(
        province,
        "longpd.thcstk",
        sheet,
        *cells,
        (student, "midterm", None, "7"),
        (student, "final", None, "8"),
    )
    assert saved.averages[student] == Decimal("7.8")
    again = enter(province, "longpd.thcstk", sheet, (student, "final", "8", None))
    assert again.averages[student] is None


def test_a_comment_subject_holds_passed_and_failed(app: Flask, province: Province) -> None:
    sheet, student = province.first.sheet_ids["7A", "art", 1], province.first.student_ids[1]
    cells = [(student, c, None, "Đ") for c in ("regular_1", "regular_2", "midterm", "final")]
    assert enter(province, "longpd.thcstk", sheet, *cells).averages[student] is Passing.PASSED


@pytest.mark.parametrize("username", ["habtt.thcstk", "giangnt.thcstk", "quantb.thcstk"])
def test_nobody_else_enters_marks(app: Flask, province: Province, username: str) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    with pytest.raises((Forbidden, NotFound)):
        enter(province, username, sheet, (student, "regular_1", None, "8"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Grade)) == 0


def test_another_schools_sheet_looks_like_none(app: Flask, province: Province) -> None:
    with pytest.raises(NotFound):
        enter(
            province, "longpd.thcsba", province.first.sheet_ids["7A", "math", 1], (1, "regular_1", None, "8")
        )


def test_a_refusal_is_logged_in_its_own_transaction(app: Flask, province: Province) -> None:
    sheet = province.first.sheet_ids["7A", "math", 1]
    with pytest.raises(Forbidden):
        enter(province, "giangnt.thcstk", sheet, (province.first.student_ids[0], "regular_1", None, "8"))
    refused = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.outcome == "refused")).all()
    assert [(e.action, e.user.username) for e in refused] == [("sheet.enter", "giangnt.thcstk")]


def test_one_bad_cell_saves_nothing_and_names_itself(app: Flask, province: Province) -> None:
    sheet, (one, two, *_rest) = province.first.sheet_ids["7A", "math", 1], province.first.student_ids
    with pytest.raises(Invalid) as refusal:
        enter(
            province, "longpd.thcstk", sheet, (one, "regular_1", None, "8"), (two, "regular_1", None, "7,25")
        )
    (problem,) = refusal.value.problems
    assert (problem.student_id, problem.column, problem.suggestion) == (two, "regular_1", Decimal("7.3"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Grade)) == 0


def test_whoever_saves_first_wins_and_the_other_sees_both_values(app: Flask, province: Province) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    enter(province, "longpd.thcstk", sheet, (student, "final", None, "7.5"))
    with pytest.raises(Stale) as refusal:
        enter(province, "longpd.thcstk", sheet, (student, "final", None, "7"))
    (conflict,) = refusal.value.conflicts
    assert (conflict.yours, conflict.theirs, conflict.by) == (Decimal("7.0"), Decimal("7.5"), "Phạm Đức Long")


def test_a_closed_window_locks_and_says_why(app: Flask, province: Province) -> None:
    province.now = datetime(2027, 1, 17, 17, 0, tzinfo=UTC)
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    with pytest.raises(Locked) as refusal:
        enter(province, "longpd.thcstk", sheet, (student, "final", None, "7"))
    reason = refusal.value.reasons[0].reasons[0]
    assert (reason.unit_name, reason.ordered_by) == ("Sở GDĐT Bình Giang", "Hồ Văn Bình")


def test_a_moment_before_the_close_is_open(app: Flask, province: Province) -> None:
    province.now = datetime(2027, 1, 17, 17, 0, tzinfo=UTC) - timedelta(microseconds=5)
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    assert enter(province, "longpd.thcstk", sheet, (student, "final", None, "7")).cells


def test_the_same_request_twice_is_saved_once(app: Flask, province: Province) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    who, change = actor(province, "longpd.thcstk"), [CellChange(student, "final", None, "7")]
    for _time in range(2):
        enter_scores(
            who, sheet, change, clock=province.clock, request_id="5e1c0b3a-0000-4000-8000-000000000001"
        )
    assert len(history.cell_history(db.session(), sheet, student, "final")) == 1
    assert db.session.scalar(sa.select(sa.func.count()).where(TxLog.action == "sheet.enter")) == 1


def test_a_class_of_45_with_ragged_changes_takes_few_statements(app: Flask) -> None:
    province = build(app, pupils=45)
    sheet, students = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[:45]
    columns = ("regular_1", "regular_2", "regular_3", "regular_4", "midterm", "final")
    first = [(s, c, None, "8") for s in students for c in columns]
    enter(province, "longpd.thcstk", sheet, *first)
    who = actor(province, "longpd.thcstk")
    ragged = [CellChange(s, columns[n % 6], "8", f"{n % 10}") for n, s in enumerate(students)]
    with counting(app) as statements:
        enter_scores(who, sheet, ragged, clock=province.clock)
    assert len(statements) <= 13, statements


def test_the_clock_may_not_run_backwards(app: Flask, province: Province) -> None:
    from app.errors import Unavailable

    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    enter(province, "longpd.thcstk", sheet, (student, "final", None, "7"))
    province.now -= timedelta(hours=1)
    with pytest.raises(Unavailable):
        enter(province, "longpd.thcstk", sheet, (student, "final", "7", "8"))


def test_entered_cells_lock_at_the_entry_day_and_blanks_stay_open(app: Flask, province: Province) -> None:
    from app.domain.vocabulary import Book, WindowEffect, WindowMode
    from app.services.unit_of_work import transaction

    sheet, (one, two, *_rest) = province.first.sheet_ids["7A", "math", 1], province.first.student_ids
    head = actor(province, "giangnt.thcstk")
    with transaction(head, "test", clock=province.clock) as work:
        work.stamp()
        work.session.add(
            LockWindow(
                owner_id=province.first.unit_id, school_year_id=province.year_id, term=1, book=Book.GRADEBOOK,
                effect=WindowEffect.OPEN, mode=WindowMode.ENTERED_CELLS, columns=["regular_1"], title="Nhập điểm tháng 11",
                reason="Quy chế Điều 5", opens_at=province.now - timedelta(days=20),
                closes_at=datetime(2026, 11, 23, 17, tzinfo=UTC), ordered_by_id=head.person_id, executed_by_id=head.user_id,
            )
        )  # fmt: skip
    enter(province, "longpd.thcstk", sheet, (one, "regular_1", None, "8"))
    province.now = datetime(2026, 11, 24, 2, tzinfo=UTC)
    with pytest.raises(Locked):
        enter(province, "longpd.thcstk", sheet, (one, "regular_1", "8", "9"))
    assert enter(province, "longpd.thcstk", sheet, (two, "regular_1", None, "7")).cells
    assert enter(province, "longpd.thcstk", sheet, (two, "regular_1", "7", "6")).cells
