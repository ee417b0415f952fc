"""Progress counted from the record, on both engines."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.entry_schedule import ColumnGroup, EntryState
from app.errors import Forbidden, NotFound
from app.extensions import db
from app.models import (
    Delegation,
    Enrolment,
    ExemptionDecision,
    GradebookSheet,
    HomeroomAssignment,
    TeachingAssignment,
)
from app.services.clock import local_day
from app.services.progress_duties import school_duties
from app.services.progress_schools import sheets_of_school
from tests.factories.progress import (
    HEAD,
    MATH_CELLS,
    OFFICER,
    TEACHER,
    actor,
    arrange,
    enter,
    fill,
    home,
    office,
    period,
    school,
    window,
)
from tests.factories.province import Province

# -- figures ----------------------------------------------------------------------------------------------------


def test_cells_are_counted_column_by_column(app: Flask, province: Province) -> None:
    sheet_id = fill(province, ("regular_1", "midterm"), students=5)
    fill(province, ("regular_2",), students=8)
    sheet = next(s for s in home(province).sheets if s.sheet_id == sheet_id)
    figures = {group: (g.filled, g.required) for group, g in sheet.groups.items()}
    assert figures == {
        ColumnGroup.REGULAR: (13, 32),
        ColumnGroup.MIDTERM: (5, 8),
        ColumnGroup.FINAL: (0, 8),
        ColumnGroup.COMMENT: (0, 8),
    }
    assert sheet.students == 8
    assert sheet.last_change == province.now
    assert [t.full_name for t in sheet.teachers] == ["Phạm Đức Long"]


def test_a_student_who_has_left_is_neither_required_nor_counted(app: Flask, province: Province) -> None:
    fill(province, ("regular_1",))
    gone = province.first.student_ids[0]

    def leave(session: Any) -> None:
        row = session.scalars(sa.select(Enrolment).where(Enrolment.student_id == gone)).one()
        row.ends_on = local_day(province.now) - timedelta(days=1)

    arrange(province, leave)
    sheet = home(province).sheets[0]
    assert (sheet.students, sheet.columns[0].filled) == (7, 7)


def test_an_exempt_student_has_nothing_to_enter(app: Flask, province: Province) -> None:
    def exempt(session: Any) -> None:
        session.add(
            ExemptionDecision(
                student_id=province.first.student_ids[0], school_year_id=province.year_id,
                subject_id=province.subject_ids["math"], term=1, number="12/QĐ", decided_on=date(2026, 9, 20),
                decided_by_id=province.first.person_ids["giangnt"], evidence="Giấy khám", reason="Sức khỏe",
            )
        )  # fmt: skip

    arrange(province, exempt)
    students = {s.subject: s.students for s in home(province).sheets}
    assert sorted(students.values()) == [7, 8]


# -- a teacher's home -------------------------------------------------------------------------------------------


def test_a_teacher_sees_own_sheets_only(app: Flask, province: Province) -> None:
    mine = {s.sheet_id for s in home(province).sheets}
    assert mine == {province.first.sheet_ids["7A", code, 1] for code in ("math", "art")}
    assert {s.sheet_id for s in home(province, term=2).sheets} == {
        province.first.sheet_ids["7A", code, 2] for code in ("math", "art")
    }
    assert home(province, "khuongyb.thcstk").sheets == ()


def test_a_column_is_due_then_late_then_locked(app: Flask, province: Province) -> None:
    closes = province.now + timedelta(days=4)
    window(province, province.first, closes, "midterm")
    fill(province, ("midterm",), students=6)
    (math, _art) = home(province).due
    assert (math.columns, math.missing, math.due_at, math.open) == (("midterm",), 2, closes, True)

    province.now = closes
    late = home(province)
    assert late.due == ()
    assert {(t.columns, t.state, t.open) for t in late.late} == {(("midterm",), EntryState.LATE, True)}

    province.now = datetime(2027, 1, 17, 17, tzinfo=UTC)  # the department closes the whole book
    locked = home(province).late
    assert {t.open for t in locked} == {False}
    assert {c for t in locked for c in t.columns} == {*MATH_CELLS, "comment"}


def test_what_is_full_is_done(app: Flask, province: Province) -> None:
    fill(province, MATH_CELLS)
    found = home(province)
    assert (found.done, len(found.groups)) == (3, 8)  # the comment of Toán and all of Nghệ thuật are to come


def test_columns_of_a_sheet_due_together_are_one_task(app: Flask, province: Province) -> None:
    province.now = datetime(2027, 1, 10, 2, tzinfo=UTC)
    fill(province, ("regular_1", "regular_3"))
    (regular,) = [
        t for t in home(province).due if t.group is ColumnGroup.REGULAR and len(t.sheet.columns) == 7
    ]
    assert (regular.columns, regular.missing, regular.filled) == (("regular_2", "regular_4"), 16, 0)


def test_a_part_teacher_answers_for_own_columns(app: Flask, province: Province) -> None:
    sheet = province.first.sheet_ids["7A", "math", 1]

    def share(session: Any) -> None:
        group_id = session.get(GradebookSheet, sheet).group_id
        session.add(
            TeachingAssignment(
                person_id=province.first.person_ids["khuongyb"], group_id=group_id,
                subject_id=province.subject_ids["math"], columns=["regular_2"], in_charge=False,
                starts_on=date(2026, 9, 1),
            )
        )  # fmt: skip

    arrange(province, share)
    (own,) = home(province, "khuongyb.thcstk").sheets
    assert [c.column for c in own.columns] == ["regular_2"]


def test_a_delegate_sees_the_sheet_while_the_delegation_lasts(app: Flask, province: Province) -> None:
    sheet = province.first.sheet_ids["7A", "math", 1]
    people = province.first.person_ids

    def delegate(session: Any) -> None:
        session.add(
            Delegation(
                sheet_id=sheet, person_id=people["khuongyb"], on_behalf_of_id=people["longpd"], columns=["final"],
                starts_at=province.now, ends_at=province.now + timedelta(days=2), ordered_by_id=people["giangnt"],
                reason="Nghỉ ốm",
            )
        )  # fmt: skip

    arrange(province, delegate)
    (own,) = home(province, "khuongyb.thcstk").sheets
    assert (own.sheet_id, [c.column for c in own.columns]) == (sheet, ["final"])
    province.now += timedelta(days=3)
    assert home(province, "khuongyb.thcstk").sheets == ()


def test_a_homeroom_teacher_sees_how_the_class_stands(app: Flask, province: Province) -> None:
    def lead(session: Any) -> None:
        session.add(
            HomeroomAssignment(
                person_id=province.first.person_ids["khuongyb"], class_id=province.first.class_ids["7A"],
                starts_on=date(2026, 9, 1),
            )
        )  # fmt: skip

    arrange(province, lead)
    fill(province, MATH_CELLS)
    found = home(province, "khuongyb.thcstk")
    assert found.sheets == ()
    assert [(r.name, r.full, len(r.sheets)) for r in found.homerooms] == [("7A", 1, 2)]


# -- a school's progress ----------------------------------------------------------------------------------------


def test_the_matrix_has_every_class_and_subject(app: Flask, province: Province) -> None:
    fill(province, MATH_CELLS)
    progress = school(province)
    assert {r.name: [c.share.permille if c else None for c in r.cells] for r in progress.rows} == {
        "7A": [1000, 0],
        "7B": [0, 0],
    }
    assert (progress.share.filled, progress.share.required) == (48, 2 * 8 * (6 + 4))
    assert progress.share.plan_permille == 0


def test_who_is_late_is_named_with_what_is_missing(app: Flask, province: Province) -> None:
    closes = province.now + timedelta(days=1)
    window(province, province.first, closes, "regular_1", class_ids=[province.first.class_ids["7A"]])
    fill(province, ("regular_1",), students=5)
    assert school(province).late_teachers == ()
    province.now = closes + timedelta(days=2)
    (late,) = school(province).late_teachers
    assert (late.full_name, late.missing, late.since) == ("Phạm Đức Long", 3 + 8, closes)
    assert {(s.subject, len(columns)) for s, columns in late.late} == {("Toán", 1), ("Nghệ thuật", 1)}
    assert school(province).share.late == 11


def test_a_sheet_nobody_teaches_is_told_apart(app: Flask, province: Province) -> None:
    def end(session: Any) -> None:
        rows = session.scalars(
            sa.select(TeachingAssignment).where(
                TeachingAssignment.person_id == province.first.person_ids["habtt"]
            )
        )
        for row in rows:
            row.ends_on = local_day(province.now) - timedelta(days=1)

    arrange(province, end)
    progress = school(province)
    assert {s.class_name for s in progress.unassigned} == {"7B"}
    assert [t.full_name for t in progress.teachers] == ["Phạm Đức Long"]


def test_changes_after_entry_are_the_overwritten_cells_of_a_fortnight(app: Flask, province: Province) -> None:
    sheet, (one, two, *_rest) = province.first.sheet_ids["7A", "math", 1], province.first.student_ids
    enter(province, sheet, (one, "regular_1", None, "5"), (two, "regular_1", None, "6"))
    enter(province, sheet, (one, "regular_1", "5", "7"))
    province.now += timedelta(days=15)
    enter(province, sheet, (one, "regular_2", None, "8"), (two, "regular_1", "6", None))
    enter(province, sheet, (one, "regular_1", "7", "9"), (one, "regular_2", "8", "8,5"))
    changes = school(province).changes
    assert [(c.column, str(c.old), str(c.new)) for c in changes.items] == [
        ("regular_1", "7.0", "9.0"),
        ("regular_2", "8.0", "8.5"),
        ("regular_1", "6.0", "None"),
    ]
    assert {c.by for c in changes.items} == {"Phạm Đức Long"}
    assert {s.unit.short_name: s.changes for s in office(province).schools}["THCS Thúc Kháng"] == 3


def test_progress_is_not_for_teachers_nor_for_another_school(app: Flask, province: Province) -> None:
    with pytest.raises(Forbidden):
        school(province, TEACHER)
    for username in (HEAD, "hongvt.thcstk"):
        with pytest.raises(NotFound):
            school(province, username, unit_id=province.second.unit_id)
    with pytest.raises(NotFound):
        school(province, OFFICER, unit_id=province.commune_id)
    with pytest.raises(Forbidden):
        office(province, TEACHER)


def test_sheets_one_by_one(app: Flask, province: Province) -> None:
    unit, sheets = sheets_of_school(
        db.session(), actor(province, HEAD), province.first.unit_id, period(province, HEAD), province.now
    )
    assert unit.id == province.first.unit_id
    assert [(s.class_name, s.subject) for s in sheets] == [
        (name, subject) for name in ("7A", "7B") for subject in ("Toán", "Nghệ thuật")
    ]


def test_duties_count_what_waits_for_the_administrators(app: Flask, province: Province) -> None:
    duties = school_duties(
        db.session(), actor(province, "quantb.thcstk"), period(province, HEAD), province.now
    )
    assert (duties.classes, duties.students, duties.staff) == (2, 16, 7)
    assert (duties.without_homeroom, duties.without_students) == (0, 0)
    assert (duties.accounts, duties.never_signed_in) == (7, 7)
