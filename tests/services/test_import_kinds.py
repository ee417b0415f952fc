"""Importing staff, classes and assignments."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.models import (
    HomeroomAssignment,
    Person,
    Position,
    SchoolClass,
    TeachingAssignment,
    TeachingGroup,
    UnitGroup,
)
from app.services.spreadsheets.plan import CHANGED, NEW, SAME
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting, plan_for
from tests.services.import_helpers import BOARD, OFFICE, ON_SQLITE, carry_out, dry, only
from tests.support.workbooks import table

STAFF = (
    "Mã định danh",
    "Họ và tên",
    "Họ",
    "Tên đệm",
    "Tên",
    "Ngày sinh",
    "Giới tính",
    "Chức vụ",
    "Tổ chuyên môn",
)


def test_staff_are_imported_without_any_role(app: Flask, province: Province) -> None:
    with transaction(acting(province, BOARD), "test.team", clock=province.clock) as work:
        work.session.add(
            UnitGroup(
                unit_id=province.first.unit_id,
                kind="team",
                name="Tổ Toán",
                rights=[],
                starts_on=date(2026, 8, 1),
            )
        )
    rows = [
        {
            "Họ và tên": "Y Đức Niê",
            "Họ": "Niê",
            "Tên đệm": "Y",
            "Tên": "Đức",
            "Chức vụ": "Hiệu trưởng",
            "Tổ chuyên môn": "Tổ Toán",
        },
        {"Họ và tên": "Phạm Đức Long", "Mã định danh": "2400012345"},
    ]
    data = table(STAFF, *rows)
    plan = dry(province, "staff", data)
    assert [row.verdict for row in plan.rows] == [NEW, CHANGED]
    positions = db.session.scalar(sa.select(sa.func.count()).select_from(Position))
    carry_out(province, "staff", data, OFFICE)
    new = db.session.scalars(sa.select(Person).where(Person.full_name == "Y Đức Niê")).one()
    assert (new.given_name, new.title) == ("Đức", "Hiệu trưởng")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Position)) == positions
    assert dry(province, "staff", data).counts[SAME] == 2


@ON_SQLITE
def test_a_team_with_rights_is_not_joined_by_a_file(app: Flask, province: Province) -> None:
    with transaction(acting(province, BOARD), "test.team", clock=province.clock) as work:
        work.session.add(
            UnitGroup(
                unit_id=province.first.unit_id,
                kind="team",
                name="Tổ Toán",
                rights=["data.export"],
                starts_on=date(2026, 8, 1),
            )
        )
    data = table(STAFF, {"Họ và tên": "Phạm Đức Long", "Tổ chuyên môn": "Tổ Toán"})
    assert [problem.column for problem in only(dry(province, "staff", data, OFFICE)).problems] == [
        "Tổ chuyên môn"
    ]


CLASSES = ("Tên lớp", "Khối", "Thứ tự", "Giáo viên chủ nhiệm", "Chủ nhiệm từ ngày")


def test_classes_come_with_their_group_and_homeroom_teacher(app: Flask, province: Province) -> None:
    data = table(
        CLASSES,
        {
            "Tên lớp": "8A",
            "Khối": 8,
            "Giáo viên chủ nhiệm": "Phạm Đức Long",
            "Chủ nhiệm từ ngày": "16/11/2026",
        },
        {"Tên lớp": "7a", "Khối": "Khối 7", "Thứ tự": 3},
    )
    plan = dry(province, "classes", data)
    assert [row.verdict for row in plan.rows] == [NEW, CHANGED]
    carry_out(province, "classes", data)
    new = db.session.scalars(sa.select(SchoolClass).where(SchoolClass.name == "8A")).one()
    assert (new.grade, new.circular) == (8, "tt22-2021")
    assert (
        db.session.scalars(sa.select(TeachingGroup).where(TeachingGroup.class_id == new.id)).one().name
        == "8A"
    )
    homeroom = db.session.scalars(
        sa.select(HomeroomAssignment).where(HomeroomAssignment.class_id == new.id)
    ).one()
    assert homeroom.person_id == province.first.person_ids["longpd"]
    assert dry(province, "classes", data).counts[SAME] == 2


@ON_SQLITE
@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"Tên lớp": "10A", "Khối": 10}, "Khối"),
        ({"Tên lớp": "7A", "Khối": 8}, "Khối"),
        ({"Tên lớp": "7C", "Khối": 7, "Giáo viên chủ nhiệm": "Không Có Ai"}, "Giáo viên chủ nhiệm"),
        ({"Tên lớp": "7C", "Khối": 7, "Chủ nhiệm từ ngày": "16/11/2026"}, "Chủ nhiệm từ ngày"),
        (
            {
                "Tên lớp": "7A",
                "Khối": 7,
                "Giáo viên chủ nhiệm": "Bùi Thị Thu Hà",
                "Chủ nhiệm từ ngày": "01/09/2026",
            },
            "Chủ nhiệm từ ngày",
        ),
    ],
)
def test_classes_that_cannot_be_are_refused(
    app: Flask, province: Province, row: dict[str, Any], column: str
) -> None:
    assert [problem.column for problem in only(dry(province, "classes", table(CLASSES, row))).problems] == [
        column
    ]


@ON_SQLITE
def test_office_staff_name_no_homeroom_teacher(app: Flask, province: Province) -> None:
    named = table(CLASSES, {"Tên lớp": "7C", "Khối": 7, "Giáo viên chủ nhiệm": "Phạm Đức Long"})
    assert [p.column for p in only(dry(province, "classes", named, OFFICE)).problems] == [
        "Giáo viên chủ nhiệm"
    ]
    assert dry(province, "classes", table(CLASSES, {"Tên lớp": "7C", "Khối": 7}), OFFICE).counts[NEW] == 1


ASSIGNMENTS = ("Lớp hoặc nhóm", "Môn học", "Phân môn", "Giáo viên", "Cột điểm", "Phụ trách chính", "Từ ngày")
MATH_7A = {"Lớp hoặc nhóm": "7A", "Môn học": "Toán", "Giáo viên": "Bùi Thị Thu Hà"}


def test_another_teacher_takes_over_from_a_day(app: Flask, province: Province) -> None:
    plan_for(province, [("math", 140, "compulsory")])
    data = table(ASSIGNMENTS, MATH_7A)
    assert only(dry(province, "assignments", data)).changes[0] == (
        "Giáo viên",
        "Phạm Đức Long",
        "Bùi Thị Thu Hà",
    )
    carry_out(province, "assignments", data)
    query = (
        sa.select(Person.given_name, TeachingAssignment.starts_on, TeachingAssignment.ends_on)
        .join(Person, Person.id == TeachingAssignment.person_id)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .where(
            TeachingGroup.class_id == province.first.class_ids["7A"],
            TeachingAssignment.subject_id == province.subject_ids["math"],
        )
        .order_by(TeachingAssignment.starts_on)
    )
    assert [tuple(row) for row in db.session.execute(query)] == [
        ("Long", date(2026, 9, 1), date(2026, 11, 15)),
        ("Hà", date(2026, 11, 16), None),
    ]
    assert dry(province, "assignments", data).counts[SAME] == 1


def test_a_subject_shared_by_columns_keeps_one_in_charge(app: Flask, province: Province) -> None:
    plan_for(province, [("math", 140, "compulsory")])
    shared = [
        {**MATH_7A, "Cột điểm": "GK, CK", "Phụ trách chính": "Có"},
        {
            **MATH_7A,
            "Giáo viên": "Y Khương Byă",
            "Cột điểm": "TX1, TX2, TX3, TX4, NX",
            "Phụ trách chính": "Không",
        },
    ]
    data = table(ASSIGNMENTS, *shared)
    carry_out(province, "assignments", data)
    assert dry(province, "assignments", data).counts[SAME] == 2
    for wrong, column in (
        ([{**shared[0], "Phụ trách chính": "Có"}, {**shared[1], "Phụ trách chính": "Có"}], "Phụ trách chính"),
        ([shared[0], {**shared[1], "Cột điểm": "GK"}], "Lớp hoặc nhóm"),
    ):
        plan = dry(province, "assignments", table(ASSIGNMENTS, *wrong))
        assert column in {problem.column for problem in plan.problems}


@ON_SQLITE
@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"Lớp hoặc nhóm": "9Z"}, "Lớp hoặc nhóm"),
        ({"Môn học": "Thiên văn"}, "Môn học"),
        ({"Môn học": "Ngữ văn"}, "Môn học"),
        ({"Phân môn": "Hình học"}, "Phân môn"),
        ({"Giáo viên": "Không Có Ai"}, "Giáo viên"),
        ({"Từ ngày": "01/09/2026"}, "Từ ngày"),
        ({"Từ ngày": "01/09/2030"}, "Từ ngày"),
    ],
)
def test_assignments_that_cannot_be_are_refused(
    app: Flask, province: Province, changes: dict[str, str], column: str
) -> None:
    plan_for(province, [("math", 140, "compulsory")])
    row = only(dry(province, "assignments", table(ASSIGNMENTS, {**MATH_7A, **changes})))
    assert [problem.column for problem in row.problems] == [column]
