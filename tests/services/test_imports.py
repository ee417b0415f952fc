"""Importing students: the dry run, applying exactly that, all or nothing; who is who."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.errors import Invalid, Stale
from app.extensions import db
from app.models import (
    ImportBatch,
    Student,
    TxLog,
)
from app.services.spreadsheets import register
from app.services.spreadsheets import students as student_rows
from app.services.spreadsheets.plan import CHANGED, NEW, REFUSED, SAME
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.import_helpers import (
    AN,
    BINH,
    HEADINGS,
    ON_SQLITE,
    carry_out,
    dry,
    messages,
    only,
    places,
    saved,
    students,
)
from tests.support.workbooks import repacked

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


@ON_SQLITE
def test_no_bad_file_saves_anything(app: Flask, province: Province) -> None:
    """Dry run and import alike, also by somebody who sends a digest of his own making."""
    hidden = students(BINH, BINH, change=lambda sheet: setattr(sheet.row_dimensions[3], "hidden", True))
    files = {
        "empty": b"",
        "old": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600,
        "page": b"<html><table><tr><td>x</td></tr></table></html>",
        "merged": students(BINH, change=lambda sheet: sheet.merge_cells("A1:B1")),
        "unknown": students({**BINH, "Chiều cao": 150}, headings=(*HEADINGS, "Chiều cao")),
        "date": students({**BINH, "Ngày sinh": "31/02/2014"}),
        "twice": students(BINH, BINH),
        "class": students({**BINH, "Lớp": "7Z"}),
        "old font": students({**BINH, "Họ và tên": "NguyÔn V¨n §øc"}),
        "number": students({**BINH, "Số định danh cá nhân": 24214000123}),
        "formula": students({**BINH, "Họ và tên": "=A1"}),
        "hidden": hidden,
        "bomb": repacked(students(BINH), {}, {"xl/media/x.bin": b"\0" * (60 * 1024 * 1024)}),
    }
    before = saved()
    for name, data in files.items():
        try:
            digest = dry(province, "students", data).digest
        except Invalid:
            digest = "0" * 64
        with pytest.raises((Invalid, Stale)):
            carry_out(province, "students", data, digest=digest)
        assert saved() == before, name
