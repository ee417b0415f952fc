"""Importing lists: the dry run, applying exactly that, all or nothing; exports that come back as they went."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.errors import Forbidden, Invalid, NotFound, Stale
from app.extensions import db
from app.models import (
    AuditEvent,
    Enrolment,
    Guardian,
    HomeroomAssignment,
    ImportBatch,
    Person,
    Position,
    SchoolClass,
    Student,
    TeachingAssignment,
    TeachingGroup,
    TxLog,
    UnitGroup,
)
from app.services import exports, imports
from app.services.spreadsheets import register
from app.services.spreadsheets import students as student_rows
from app.services.spreadsheets.kinds import KINDS
from app.services.spreadsheets.plan import CHANGED, NEW, REFUSED, SAME, Plan, RowVerdict
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting, plan_for
from tests.support.workbooks import table

ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""For judgements, which no engine does differently."""

BOARD, OFFICE = "quantb.thcstk", "hongvt.thcstk"
HEADINGS = (
    "Mã định danh",
    "Số định danh cá nhân",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Lớp",
    "Họ tên cha",
    "Điện thoại cha",
)
BINH = {"Họ và tên": "Trần Văn Bình", "Ngày sinh": "05/06/2014", "Giới tính": "Nam", "Lớp": "7A"}
AN = {"Họ và tên": "Nguyễn Hoàng An", "Ngày sinh": "01/03/2014", "Giới tính": "Nam"}
"""The first pupil of every class of the small province."""

RECORD = (
    Student,
    Guardian,
    Enrolment,
    Person,
    SchoolClass,
    TeachingAssignment,
    HomeroomAssignment,
    ImportBatch,
    TxLog,
)


def students(*rows: Mapping[str, Any], headings: Sequence[str] = HEADINGS, **options: Any) -> bytes:
    return table(headings, *rows, **options)


def dry(province: Province, kind: str, data: bytes, account: str = BOARD) -> Plan:
    return imports.dry_run(acting(province, account), kind, data, clock=province.clock)


def carry_out(
    province: Province, kind: str, data: bytes, account: str = BOARD, digest: str | None = None
) -> int:
    digest = digest or dry(province, kind, data, account).digest
    return imports.apply(acting(province, account), kind, data, digest, "Đợt thử", clock=province.clock)


def only(plan: Plan) -> RowVerdict:
    (row,) = plan.rows
    return row


def saved() -> list[int]:
    """How many rows the record holds, class by class."""
    return [db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in RECORD]


def places(student_id: int) -> list[tuple[str, date, date | None]]:
    query = (
        sa.select(SchoolClass.name, Enrolment.starts_on, Enrolment.ends_on)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id == student_id)
        .order_by(Enrolment.starts_on)
    )
    return [tuple(row) for row in db.session.execute(query)]


def messages(row: RowVerdict) -> list[tuple[str, str]]:
    return [(problem.column, problem.message) for problem in row.problems]


# -- the dry run and what it promises ---------------------------------------------------------------------------


def test_applying_does_what_the_dry_run_showed_and_again_changes_nothing(
    app: Flask, province: Province
) -> None:
    data = students(
        {**BINH, "Mã định danh": "0120260001", "Họ tên cha": "Trần Văn Cả", "Điện thoại cha": "0912345678"},
        {**AN, "Lớp": "7A", "Số định danh cá nhân": "024214000777"},
    )
    before = saved()
    plan = dry(province, "students", data)
    assert saved() == before
    assert plan.counts == {NEW: 1, CHANGED: 1, SAME: 0, REFUSED: 0}
    assert plan.rows[1].changes == (("Số định danh cá nhân", "", "024214000777"),)
    shown = {label: new for label, _old, new in plan.rows[0].changes}
    assert shown["Họ"], shown["Tên đệm"] == ("Trần", "Văn")
    assert shown["Ngày vào lớp"] == "16/11/2026"

    batch_id = carry_out(province, "students", data, digest=plan.digest)
    db.session.expire_all()
    new = db.session.scalars(sa.select(Student).where(Student.student_code == "0120260001")).one()
    assert (new.full_name, new.given_name, new.birth_date) == ("Trần Văn Bình", "Bình", date(2014, 6, 5))
    assert new.name_folded == "tran van binh"
    assert [(g.relation, g.full_name, g.phone) for g in new.guardians] == [
        ("father", "Trần Văn Cả", "0912345678")
    ]
    assert places(new.id) == [("7A", date(2026, 11, 16), None)]
    first = db.session.get_one(Student, province.first.student_ids[0])
    assert first.national_id == "024214000777"

    batch = db.session.get_one(ImportBatch, batch_id)
    assert (batch.name, batch.counts[NEW], batch.plan_digest) == ("Đợt thử", 1, plan.digest)
    logged = db.session.scalars(sa.select(TxLog).where(TxLog.action == "import.students")).one()
    assert logged.reason == "Đợt thử"
    again = dry(province, "students", data)
    assert again.counts == {NEW: 0, CHANGED: 0, SAME: 2, REFUSED: 0}
    after = saved()
    with pytest.raises(Invalid):
        carry_out(province, "students", data)
    assert saved() == after


def test_what_changed_in_between_is_looked_at_again(app: Flask, province: Province) -> None:
    data = students({**AN, "Lớp": "7A", "Số định danh cá nhân": "024214000777"})
    seen = dry(province, "students", data)
    carry_out(province, "students", students({**AN, "Lớp": "7A", "Số định danh cá nhân": "024214000999"}))
    before = saved()
    with pytest.raises(Stale):
        carry_out(province, "students", data, digest=seen.digest)
    with pytest.raises(Stale):
        carry_out(province, "students", students(BINH), digest=seen.digest)
    assert saved() == before


def test_one_refused_row_keeps_all_from_being_saved(app: Flask, province: Province) -> None:
    data = students(BINH, {**BINH, "Họ và tên": "Lê Văn Cao", "Ngày sinh": "31/02/2014"})
    plan = dry(province, "students", data)
    assert plan.counts == {NEW: 1, CHANGED: 0, SAME: 0, REFUSED: 1}
    assert [(p.row_no, p.column, p.value) for p in plan.problems] == [(3, "Ngày sinh", "31/02/2014")]
    before = saved()
    with pytest.raises(Invalid):
        carry_out(province, "students", data, digest=plan.digest)
    assert saved() == before


def test_a_failure_at_the_last_row_leaves_nothing_behind(
    app: Flask, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = students(BINH, {**BINH, "Họ và tên": "Lê Văn Cao"})
    digest = dry(province, "students", data).digest
    before, made = saved(), []

    def fail_at_the_second(*arguments: Any) -> None:
        made.append(arguments)
        if len(made) == 2:
            raise Invalid("the database refuses")

    monkeypatch.setattr(student_rows, "set_guardians", fail_at_the_second)
    with pytest.raises(Invalid):
        carry_out(province, "students", data, digest=digest)
    assert saved() == before


def test_questions_do_not_grow_with_the_rows(app: Flask, province: Province) -> None:
    def pupils(number: int) -> bytes:
        rows = (
            {
                **BINH,
                "Họ và tên": f"Trần Văn {chr(65 + n // 20)}a{chr(97 + n % 20)}",
                "Họ tên cha": "Trần Văn Cả",
            }
            for n in range(number)
        )
        return students(*rows)

    counts = []
    for number in (40, 120):
        data = pupils(number)
        digest = dry(province, "students", data).digest
        with counting(app) as statements:
            carry_out(province, "students", data, digest=digest)
        counts.append(sum(not statement.startswith("INSERT") for statement in statements))
    assert counts[1] <= counts[0] + 4  # one more load of parents where some are known by now
    with counting(app) as statements:
        assert dry(province, "students", pupils(120)).counts[SAME] == 120
    assert len(statements) <= 14


# -- who is who -------------------------------------------------------------------------------------------------


@ON_SQLITE
def test_twins_are_two_students_and_the_same_row_twice_is_not(app: Flask, province: Province) -> None:
    twins = [{**BINH, "Họ và tên": name} for name in ("Trần Văn Bình", "Trần Đức Bình")]
    assert dry(province, "students", students(*twins)).counts[NEW] == 2
    same = dry(province, "students", students(BINH, BINH))
    assert same.counts[REFUSED] == 2
    assert [(p.row_no, p.message, p.params) for p in same.problems] == [
        (2, student_rows.SAME_PERSON, {"rows": "3"}),
        (3, student_rows.SAME_PERSON, {"rows": "2"}),
    ]
    told_apart = students(*({**BINH, "Mã định danh": code} for code in ("0120260001", "0120260002")))
    assert dry(province, "students", told_apart).counts[NEW] == 2
    carry_out(province, "students", told_apart)
    unclear = only(dry(province, "students", students(BINH)))
    assert messages(unclear) == [("Họ và tên", register.AMBIGUOUS)]


@ON_SQLITE
def test_the_same_identifier_twice_is_refused_in_both_rows(app: Flask, province: Province) -> None:
    rows = [
        {**BINH, "Họ và tên": name, "Mã định danh": "0120260001"} for name in ("Trần Văn Bình", "Lê Văn Cao")
    ]
    plan = dry(province, "students", students(*rows))
    assert [(p.row_no, p.column, p.params["rows"]) for p in plan.problems] == [
        (2, "Mã định danh", "3"),
        (3, "Mã định danh", "2"),
    ]


@ON_SQLITE
def test_shifted_identifiers_are_refused(app: Flask, province: Province) -> None:
    carry_out(province, "students", students({**AN, "Lớp": "7A", "Mã định danh": "0120260001"}))
    shifted = only(dry(province, "students", students({**BINH, "Mã định danh": "0120260001"})))
    assert messages(shifted) == [("Mã định danh", register.NOT_THE_SAME)]
    corrected = only(
        dry(province, "students", students({**BINH, "Ngày sinh": "01/03/2014", "Mã định danh": "0120260001"}))
    )
    assert ("Họ và tên", "Nguyễn Hoàng An", "Trần Văn Bình") in corrected.changes


@ON_SQLITE
def test_another_schools_students_and_classes_are_out_of_reach(app: Flask, province: Province) -> None:
    carry_out(province, "students", students({**AN, "Lớp": "7A", "Mã định danh": "0120260001"}))
    other = "quantb.thcsba"
    taken = only(
        dry(province, "students", students({**AN, "Lớp": "7A", "Mã định danh": "0120260001"}), other)
    )
    assert messages(taken) == [("Mã định danh", register.ELSEWHERE)]
    unknown = only(dry(province, "students", students({**BINH, "Lớp": "9Z"})))
    assert messages(unknown) == [("Lớp", student_rows.NO_CLASS)]
    data = students({**BINH, "Mã trường": "thcsba"}, headings=("Mã trường", *HEADINGS))
    assert [problem.column for problem in only(dry(province, "students", data)).problems] == ["Mã trường"]
    assert (
        dry(
            province,
            "students",
            students({**BINH, "Mã trường": "THCS Thúc Kháng"}, headings=("Mã trường", *HEADINGS)),
        ).counts[NEW]
        == 1
    )


@ON_SQLITE
def test_a_namesake_in_another_class_is_asked_about(app: Flask, province: Province) -> None:
    carry_out(province, "students", students(BINH))
    row = only(dry(province, "students", students({**BINH, "Lớp": "7B"})))
    assert messages(row) == [("Họ và tên", register.IN_OTHER_CLASS)]


def test_moving_to_another_class_ends_the_former_place(app: Flask, province: Province) -> None:
    carry_out(province, "students", students({**AN, "Lớp": "7A", "Mã định danh": "0120260001"}))
    moved = students({**AN, "Lớp": "7B", "Mã định danh": "0120260001"})
    assert only(dry(province, "students", moved)).changes == (
        ("Lớp", "7A", "7B"),
        ("Ngày vào lớp", "01/09/2026", "16/11/2026"),
    )
    carry_out(province, "students", moved)
    student = db.session.scalars(sa.select(Student).where(Student.student_code == "0120260001")).one()
    assert places(student.id) == [
        ("7A", date(2026, 9, 1), date(2026, 11, 15)),
        ("7B", date(2026, 11, 16), None),
    ]
    assert dry(province, "students", moved).counts[SAME] == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Trạng thái", "Thôi học kỳ 1", student_rows.LEAVES),
        ("Ngày vào lớp", "01/06/2028", student_rows.OUTSIDE_YEAR),
        ("Ngày sinh", "05/06/1905", "The birth date %(day)s cannot be right."),
        ("Điện thoại cha", "0912345678", student_rows.PARENT_NAME),
    ],
)
def test_what_cannot_be_is_refused_at_its_cell(
    app: Flask, province: Province, column: str, value: str, message: str
) -> None:
    headings = (*HEADINGS, "Trạng thái", "Ngày vào lớp")
    row = only(dry(province, "students", students({**BINH, column: value}, headings=headings)))
    assert [problem.message for problem in row.problems][:1] == [message]
    assert row.problems[0].row_no == 2


@ON_SQLITE
def test_an_odd_age_is_pointed_out_and_blank_cells_leave_what_is_known(
    app: Flask, province: Province
) -> None:
    row = only(dry(province, "students", students({**BINH, "Ngày sinh": "05/06/2010"})))
    assert (row.verdict, [note.column for note in row.notes]) == (NEW, ["Ngày sinh"])
    carry_out(
        province, "students", students({**BINH, "Mã định danh": "0120260001", "Họ tên cha": "Trần Văn Cả"})
    )
    assert dry(province, "students", students(BINH)).counts[SAME] == 1


# -- the other kinds --------------------------------------------------------------------------------------------

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


# -- rights, years, exports -------------------------------------------------------------------------------------


@ON_SQLITE
@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ("longpd.thcstk", "students"),
        ("giangnt.thcstk", "students"),
        ("daoct.sogd", "students"),
        (OFFICE, "assignments"),
    ],
)
def test_importing_is_a_right_and_never_more_than_the_records_own(
    app: Flask, province: Province, account: str, kind: str
) -> None:
    data = students(BINH)
    with pytest.raises(Forbidden):
        dry(province, kind, data, account)
    with pytest.raises(Forbidden):
        carry_out(province, kind, data, account, digest="x")


@ON_SQLITE
def test_a_year_that_is_over_takes_no_import(app: Flask, province: Province) -> None:
    province.now += timedelta(days=300)
    with pytest.raises(Invalid):
        dry(province, "students", students(BINH))


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_comes_back_as_it_went_and_is_logged(app: Flask, province: Province, kind: str) -> None:
    carry_out(
        province,
        "students",
        students(
            {
                **BINH,
                "Mã định danh": "0120260001",
                "Họ tên cha": "Trần Văn Cả",
                "Điện thoại cha": "+84 912345678",
            }
        ),
    )
    made = exports.export(acting(province, BOARD), kind, clock=province.clock)
    with made.file:
        data = made.file.read()
    plan = dry(province, kind, data)
    assert plan.counts[SAME] == made.rows > 0, plan.problems
    assert len(plan.rows) == made.rows
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == f"export.{kind}")).one()
    assert (event.details["rows"], event.target_id) == (made.rows, province.first.unit_id)


@ON_SQLITE
def test_exporting_is_a_right_of_its_own_within_reach(app: Flask, province: Province) -> None:
    with pytest.raises(Forbidden):
        exports.export(acting(province, "longpd.thcstk"), "students", clock=province.clock)
    with pytest.raises(NotFound):
        exports.export(
            acting(province, BOARD), "students", clock=province.clock, unit_id=province.second.unit_id
        )
    with pytest.raises(Forbidden):
        exports.export(acting(province, BOARD), "students", clock=province.clock, unit_id=province.commune_id)
    office = acting(province, "maipt.xatk")
    with pytest.raises(NotFound):
        exports.export(office, "students", clock=province.clock, unit_id=province.department_id + 999)
    both = exports.export(acting(province, "maipt.xatk"), "students", clock=province.clock)
    one = exports.export(
        acting(province, "maipt.xatk"), "students", clock=province.clock, unit_id=province.second.unit_id
    )
    with both.file, one.file:
        assert both.rows == 2 * one.rows == len(province.first.student_ids + province.second.student_ids)


@ON_SQLITE
def test_an_office_exports_no_more_than_a_file_can_bear(
    app: Flask, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 20)
    with pytest.raises(Invalid):
        exports.export(acting(province, "maipt.xatk"), "students", clock=province.clock)


@ON_SQLITE
def test_a_template_offers_the_schools_own_classes(app: Flask, province: Province) -> None:
    name, data = exports.template(acting(province, BOARD), "students", clock=province.clock)
    assert name == "mau-hoc-sinh.xlsx"
    assert data.startswith(b"PK")
