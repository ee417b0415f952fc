"""The pages of import and export: choosing, the dry run, confirming; what a stranger's token or role gets."""

import re
import stat
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from app.extensions import db
from app.models import AuditEvent, Grade, ImportBatch, Student
from app.services import sheet_files
from app.services.groups import SECTION, add_member, define_group
from app.services.spreadsheets.uploads import LIFETIME, Uploads
from tests.conftest import csrf, sign_in
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.workbooks import STUDENT_ROW, students

BOARD = "quantb.thcstk"
ClientFor = Callable[[str], FlaskClient]


@pytest.fixture
def engine_name() -> str:
    """The verbs' own tests run on both engines."""
    return "sqlite"


def send(client: FlaskClient, data: bytes, path: str = "/imports/check", **fields: str) -> Any:
    form = {
        "csrf_token": csrf(client),
        "kind": "students",
        **fields,
        "file": (BytesIO(data), "danh-sach-7A.xlsx"),
    }
    return client.post(path, data=form, content_type="multipart/form-data")


def checked(client: FlaskClient, data: bytes) -> tuple[str, str]:
    """Path of the dry run and its page."""
    answer = send(client, data)
    assert answer.status_code == 302, answer.text
    path = answer.headers["Location"]
    return path, client.get(path).text


def digest(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert found
    return found.group(1)


def confirm(client: FlaskClient, path: str, page: str, **changes: str) -> Any:
    form = {
        "csrf_token": csrf(client, "/imports/"),
        "digest": digest(page),
        "name": "Lớp 7A đầu năm",
        **changes,
    }
    return client.post(path.partition("?")[0] + "/apply", data=form)


def students_named(name: str) -> int:
    db.session.rollback()
    return (
        db.session.scalar(sa.select(sa.func.count()).select_from(Student).where(Student.full_name == name))
        or 0
    )


def test_a_file_is_checked_confirmed_and_listed(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client = client_for(BOARD)
    path, page = checked(client, students(STUDENT_ROW))
    assert "Trần Văn Bình" in page
    assert students_named("Trần Văn Bình") == 0
    assert confirm(client, path, page).status_code == 302
    assert students_named("Trần Văn Bình") == 1
    index = client.get("/imports/").text
    assert "Lớp 7A đầu năm" in index
    assert client.get(path).status_code == 302  # the file is not kept any longer


def test_kept_files_are_for_their_owner_only_and_for_an_hour(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client = client_for(BOARD)
    path, page = checked(client, students(STUDENT_ROW))
    kept = list((app.config["INSTANCE_DIR"] / "uploads").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
    other = client_for("hongvt.thcstk")
    assert other.get(path).status_code == 404
    assert confirm(other, path, page).status_code == 404
    for token in ("x", "..%2F..%2Fsecret_key", "a" * 32):
        assert client.get(f"/imports/check/{token}").status_code in (302, 404)
    province.now += LIFETIME * 2  # long enough to be signed out, too
    client = sign_in(app.test_client(), BOARD)
    assert client.get(path).status_code == 302
    assert confirm(client, path, page).status_code == 302
    assert students_named("Trần Văn Bình") == 0
    assert list((app.config["INSTANCE_DIR"] / "uploads").iterdir()) == []


def test_a_button_pressed_twice_imports_once(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for(BOARD)
    client.get("/lang/en")
    path, page = checked(client, students(STUDENT_ROW))
    for _press in range(2):
        assert confirm(client, path, page).status_code == 302
    assert students_named("Trần Văn Bình") == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ImportBatch)) == 1
    assert "it has been imported" in client.get("/imports/").text


def test_a_second_press_while_the_first_works_starts_nothing(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client = client_for(BOARD)
    client.get("/lang/en")
    path, page = checked(client, students(STUDENT_ROW))
    token = path.partition("?")[0].rsplit("/", 1)[1]
    with Uploads(app.config["INSTANCE_DIR"]).importing(token):
        answer = confirm(client, path, page)
        assert answer.headers["Location"] == "/imports/"
        assert "being imported at this moment" in client.get("/imports/").text
    assert students_named("Trần Văn Bình") == 0
    assert confirm(client, path, page).status_code == 302  # the file was not lost to it
    assert students_named("Trần Văn Bình") == 1


def test_another_digest_imports_nothing(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for(BOARD)
    path, page = checked(client, students(STUDENT_ROW))
    answer = confirm(client, path, page, digest="0" * 64)
    assert "/imports/check/" in answer.headers["Location"]  # a new dry run of the same file
    assert students_named("Trần Văn Bình") == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ImportBatch)) == 0


def test_refused_rows_are_told_with_row_and_column_and_give_no_button(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    rows = [STUDENT_ROW, ("Lê An", "31/02/2014", "Nữ", "7A"), ("Lê Ánh", "01/02/2014", "Nữ", "7Z")]
    _path, page = checked(client_for(BOARD), students(*rows))
    assert 'name="digest"' not in page
    text = re.sub(r"<[^>]+>|\s+", " ", page)
    for words in ("31/02/2014", "7Z", "3", "4", "Ngày sinh", "Lớp"):
        assert words in text


def test_a_bad_file_is_told_on_the_same_page(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for(BOARD)
    answer = send(
        client,
        students((*STUDENT_ROW, 150), headings=("Họ và tên", "Ngày sinh", "Giới tính", "Lớp", "Chiều cao")),
    )
    assert answer.status_code == 422
    assert "danh-sach-7A.xlsx" in answer.text
    assert "Chiều cao" in answer.text
    assert send(client, b"%PDF").status_code == 422
    form = {"csrf_token": csrf(client, "/imports/"), "kind": "students"}
    assert client.post("/imports/check", data=form).status_code == 422
    assert send(client, b"x", kind="teachers").status_code == 404


def test_the_dry_run_is_shown_in_pages_of_200_rows(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    rows = [(f"Trần Văn {chr(65 + n // 26)}a{chr(97 + n % 26)}", *STUDENT_ROW[1:]) for n in range(230)]
    client = client_for(BOARD)
    path, page = checked(client, students(*rows))
    assert page.count("<tr>") - 1 == 200
    second = client.get(f"{path.partition('?')[0]}?verdict=new&page=2").text
    assert second.count("<tr>") - 1 == 30
    assert client.get(f"{path.partition('?')[0]}?verdict=x&page=99").status_code == 200


def test_templates_and_exports_are_workbooks(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for(BOARD)
    for path in (
        "/imports/students/template.xlsx",
        "/exports/staff.xlsx",
        "/exports/students.xlsx?year=2026",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert load_workbook(BytesIO(answer.data)).worksheets
        answer.close()
    assert client.get("/imports/teachers/template.xlsx").status_code == 404
    assert client.get("/exports/teachers.xlsx").status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).where(AuditEvent.action.like("export.%"))) == 2


@pytest.mark.parametrize(
    ("account", "page", "importing", "exporting"),
    [
        (BOARD, 200, True, True),
        ("hongvt.thcstk", 200, True, True),
        ("giangnt.thcstk", 200, False, True),
        ("longpd.thcstk", 403, False, False),
        ("maipt.xatk", 200, False, True),
    ],
)
def test_who_may_import_and_who_may_export(
    app: Flask,
    province: Province,
    client_for: ClientFor,
    account: str,
    page: int,
    importing: bool,
    exporting: bool,
) -> None:
    client = client_for(account)
    answer = client.get("/imports/")
    assert answer.status_code == page
    assert ("/imports/check" in answer.text) is importing
    assert ("/exports/students.xlsx" in answer.text) is exporting
    exported = client.get("/exports/students.xlsx")
    assert (exported.status_code == 200) is exporting
    exported.close()
    assert (client.get("/imports/students/template.xlsx").status_code == 200) is importing


def test_a_group_that_may_import_finds_the_page(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    """Importing never gives more than the right to the records: the page offers what both rights allow."""

    def put_into_group(name: str, rights: list[str]) -> None:
        group = define_group(acting(province, BOARD), SECTION, name, rights, clock=province.clock)
        person = province.first.person_ids["longpd"]
        add_member(acting(province, BOARD), group, person, clock=province.clock)

    client = client_for("longpd.thcstk")
    client.get("/lang/en")
    assert 'href="/imports/"' not in client.get("/").text
    put_into_group("Tổ nhập liệu", ["data.import"])
    assert 'href="/imports/"' in client.get("/").text
    page = client.get("/imports/")
    assert page.status_code == 200
    assert "right to the records themselves" in page.text
    assert 'name="kind"' not in page.text
    assert "/exports/" not in page.text
    assert send(client, students(STUDENT_ROW)).status_code == 403
    put_into_group("Tổ tuyển sinh", ["student.manage"])
    page = client.get("/imports/").text
    assert re.findall(r'name="kind" value="(\w+)"', page) == ["students"]
    assert checked(client, students(STUDENT_ROW))


def test_an_office_chooses_one_of_its_schools(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for("maipt.xatk")
    assert f'value="{province.second.unit_id}"' in client.get("/imports/").text
    answer = client.get(f"/exports/classes.xlsx?unit={province.second.unit_id}")
    sheet = load_workbook(BytesIO(answer.data)).worksheets[0]
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == {"thcsba"}
    answer.close()
    assert client_for(BOARD).get(f"/exports/classes.xlsx?unit={province.second.unit_id}").status_code == 404


def test_a_sheet_goes_out_and_comes_back_through_its_page(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, sheet = client_for("longpd.thcstk"), province.first.sheet_ids["7A", "math", 1]
    book = load_workbook(BytesIO(client.get(f"/gradebook/{sheet}/export.xlsx").data))
    book.worksheets[0]["E5"] = 8.5
    stream = BytesIO()
    book.save(stream)
    page = f"/gradebook/{sheet}/import"
    form = {"csrf_token": csrf(client, page), "file": (BytesIO(stream.getvalue()), "toan-7a.xlsx")}
    answer = client.post(page, data=form, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    preview = client.get(answer.headers["Location"])
    assert "8,5" in preview.text
    token = re.search(r"/import/([\w-]{32})", preview.text)
    assert token
    other = province.first.sheet_ids["7A", "art", 1]
    confirmation = {"csrf_token": csrf(client, page), "digest": digest(preview.text), "name": "Tuần 10"}
    assert client.post(f"/gradebook/{other}/import/{token.group(1)}", data=confirmation).status_code == 404
    for _press in range(2):
        answer = client.post(f"/gradebook/{sheet}/import/{token.group(1)}", data=confirmation)
        assert answer.status_code == 302
    assert [str(grade.regular_1) for grade in db.session.scalars(sa.select(Grade))] == ["8.5"]


def test_imports_into_sheets_stand_among_the_past_ones(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    """For whoever may see the sheet: the board, and of the teachers only those who teach it."""
    teacher, sheet = acting(province, "longpd.thcstk"), province.first.sheet_ids["7A", "math", 1]
    book = load_workbook(BytesIO(sheet_files.export_sheet(teacher, sheet, clock=province.clock)[1]))
    book.worksheets[0]["E5"], book.worksheets[0]["E6"] = 8.5, 7
    stream = BytesIO()
    book.save(stream)
    data = stream.getvalue()
    plan = sheet_files.dry_run_sheet(teacher, sheet, data, clock=province.clock).plan
    sheet_files.import_sheet(teacher, sheet, data, plan.digest, "Tuần 10", clock=province.clock)
    client = client_for(BOARD)
    _path, preview = checked(client, students(STUDENT_ROW))
    assert confirm(client, _path, preview).status_code == 302
    page = client.get("/imports/").text
    names = re.findall(r'<tr><th scope="row">([^<]+)</th>', page)
    assert names == ["Lớp 7A đầu năm", "Tuần 10"]
    line = page[page.index("Tuần 10") :]
    assert f'href="/gradebook/{sheet}"' in line
    assert "Phạm Đức Long" in line
    assert re.findall(r'data-th="[^"]+">(\d+)</td>', line) == [
        str(plan.counts["new"]),
        str(plan.counts["changed"]),
    ]
    for account, seen in (("giangnt.thcstk", True), ("quantb.thcsba", False), ("maipt.xatk", False)):
        assert ("Tuần 10" in client_for(account).get("/imports/").text) is seen, account
    for teacher_name, seen in (("longpd", True), ("habtt", False)):
        group = define_group(
            acting(province, BOARD), SECTION, teacher_name, ["data.import"], clock=province.clock
        )
        add_member(
            acting(province, BOARD), group, province.first.person_ids[teacher_name], clock=province.clock
        )
        assert ("Tuần 10" in client_for(f"{teacher_name}.thcstk").get("/imports/").text) is seen


def test_a_sheets_page_refuses_what_it_cannot_use(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, sheet = client_for("longpd.thcstk"), province.first.sheet_ids["7A", "math", 1]
    page = f"/gradebook/{sheet}/import"
    form = {"csrf_token": csrf(client, page), "file": (BytesIO(students(STUDENT_ROW)), "a.xlsx")}
    assert client.post(page, data=form, content_type="multipart/form-data").status_code == 422
    assert client.get(f"{page}?token={'a' * 32}").status_code == 200
    foreign = province.second.sheet_ids["7A", "math", 1]
    assert client.get(f"/gradebook/{foreign}/import").status_code == 404
    assert client.get(f"/gradebook/{foreign}/export.xlsx").status_code == 404
    assert client_for("giangnt.thcstk").get(page).status_code == 403
