"""What the pages of a sheet of each form tell: columns, words, figures; the plain form and the files' buttons."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.sheet_forms import SheetForm
from tests.conftest import counting, csrf
from tests.factories import sheet_forms
from tests.factories.province import Province
from tests.views.test_sheet_page import sheet_data

ClientFor = Callable[[str], FlaskClient]
FORMS = list(sheet_forms.TEACHERS)


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


@pytest.fixture
def sheets(app: Flask, province: Province) -> dict[str, int]:
    return sheet_forms.build(province)


def teacher(client_for: ClientFor, form: str) -> FlaskClient:
    return client_for(sheet_forms.TEACHERS[form])


def fill(client: FlaskClient, sheet: int, **cells: str) -> str:
    """Send the plain form with these cells (`c501_midterm` for a cell of student 501)."""
    data = {f"cell-{name[1:].replace('_', '-', 1)}": value for name, value in cells.items()}
    answer = client.post(f"/gradebook/{sheet}/form", data={"csrf_token": csrf(client), **data})
    return answer.text


@pytest.mark.parametrize(
    ("form", "columns", "meta"),
    [
        (SheetForm.MARKS, ["score"] * 6 + ["text"], "Thông tư 22/2021"),
        (SheetForm.WEIGHTED, ["score"] * 7 + ["text"], "Thông tư 58/2011"),
        (
            SheetForm.PRIMARY,
            ["level", "whole_mark", "text"] * 2,
            "Thông tư 27/2020",
        ),  # a test at mid-term in grade 4
        (SheetForm.TRAITS, ["trait"] * 15 + ["text"], "Thông tư 27/2020"),
        (SheetForm.TRAINING, ["training", "count", "count", "text"], "Thông tư 22/2021"),
        (sheet_forms.CONDUCT, ["conduct", "count", "count", "text"], "Thông tư 58/2011"),
    ],
)
def test_columns_hold_what_the_form_says(
    province: Province,
    sheets: dict[str, int],
    client_for: ClientFor,
    form: str,
    columns: list[str],
    meta: str,
) -> None:
    client = teacher(client_for, form)
    found = sheet_data(client, sheets[form])
    kinds = [column["kind"] for column in found["columns"]]
    assert kinds == columns
    assert meta in client.get(f"/gradebook/{sheets[form]}").text
    averaged = form in (SheetForm.MARKS, SheetForm.WEIGHTED)
    assert found["sheet"]["has_average"] is averaged
    assert ("ĐĐGtx" in client.get(f"/gradebook/{sheets[form]}").text) is averaged


def test_weights_and_absences_stand_with_the_columns_that_have_them(
    province: Province, sheets: dict[str, int], client_for: ClientFor
) -> None:
    weighted = sheet_data(teacher(client_for, SheetForm.WEIGHTED), sheets[SheetForm.WEIGHTED])["columns"]
    assert [column["weight"] for column in weighted] == [1, 1, 1, 1, 2, 2, 3, 1]
    assert [column["name"] for column in weighted if column["periodic"]] == ["final"]
    primary = sheet_data(teacher(client_for, SheetForm.PRIMARY), sheets[SheetForm.PRIMARY])["columns"]
    assert [column["name"] for column in primary if column["periodic"]] == ["midterm", "final"]
    for form in (SheetForm.TRAITS, SheetForm.TRAINING):
        columns = sheet_data(teacher(client_for, form), sheets[form])["columns"]
        assert not [column for column in columns if column["periodic"]]


def test_traits_are_shown_a_point_at_a_time_first_the_one_still_to_do(
    province: Province, sheets: dict[str, int], client_for: ClientFor
) -> None:
    client, sheet = teacher(client_for, SheetForm.TRAITS), sheets[SheetForm.TRAITS]
    data = sheet_data(client, sheet)
    assert {column["name"].split("_")[0] for column in data["columns"]} == {"midterm"}
    cells = {
        f"c{student}_{column['name']}": "T"
        for student in (row["student"] for row in data["rows"])
        for column in data["columns"]
        if column["kind"] == "trait"
    }
    fill(client, sheet, **cells)
    assert {column["name"] for column in sheet_data(client, sheet)["columns"]} == {
        *(f"final_trait_{n}" for n in range(1, 16)),
        "comment",
    }
    groups = [column["group"] for column in data["columns"]]
    assert list(dict.fromkeys(groups))[:3] == ["Phẩm chất chủ yếu", "Năng lực chung", "Năng lực đặc thù"]


def test_the_plain_form_saves_words_and_shows_them_again(
    province: Province, sheets: dict[str, int], client_for: ClientFor
) -> None:
    client, sheet = teacher(client_for, SheetForm.TRAINING), sheets[SheetForm.TRAINING]
    student = province.first.student_ids[0]
    page = fill(client, sheet, **{f"c{student}_training": "Khá", f"c{student}_excused": "3"})
    assert '<option value="Khá" selected>' in page
    page = fill(client, sheet, **{f"c{student}_unexcused": "nhiều"})
    assert (
        'aria-invalid="true"'
        in client.post(
            f"/gradebook/{sheet}/form",
            data={"csrf_token": csrf(client), "column": "unexcused", f"cell-{student}-unexcused": "nhiều"},
        ).text
    )
    assert sheet_data(client, sheet)["rows"][0]["marks"] == {"training": "fair", "excused": "3"}


@pytest.mark.parametrize("form", [SheetForm.PRIMARY, SheetForm.TRAINING])
def test_an_unchanged_plain_form_saves_nothing(
    province: Province, sheets: dict[str, int], client_for: ClientFor, form: str
) -> None:
    client, sheet, student = teacher(client_for, form), sheets[form], province.first.student_ids[0]
    column, value = {"primary": ("midterm", "9"), "training": ("training", "Khá")}[form]
    fill(client, sheet, **{f"c{student}_{column}": value})
    before = sheet_data(client, sheet)["sheet"]["revision"]
    page = client.get(f"/gradebook/{sheet}/plain?column={column}").text
    old = re.search(rf'name="old-{student}-{column}" value="([^"]*)"', page)
    assert old
    data = {f"cell-{student}-{column}": value, f"old-{student}-{column}": old.group(1)}
    client.post(f"/gradebook/{sheet}/form", data={"csrf_token": csrf(client), **data})
    assert sheet_data(client, sheet)["sheet"]["revision"] == before


def test_a_whole_mark_is_compared_as_the_page_shows_it(
    province: Province, sheets: dict[str, int], client_for: ClientFor
) -> None:
    client, sheet = teacher(client_for, SheetForm.PRIMARY), sheets[SheetForm.PRIMARY]
    student = province.first.student_ids[0]

    def send(old: str | None, new: str) -> tuple[int, dict[str, object]]:
        change = {"student": student, "column": "midterm", "old": old, "new": new}
        answer = client.post(
            f"/gradebook/{sheet}/cells", json={"changes": [change]}, headers={"X-CSRFToken": csrf(client)}
        )
        return answer.status_code, answer.get_json()

    assert send(None, "9")[0] == 200
    status, clash = send("7", "8")
    assert (status, clash["conflicts"][0]["theirs"]) == (409, "9")
    assert send("9", "8")[0] == 200
    assert sheet_data(client, sheet)["rows"][0]["marks"]["midterm"] == "8"


def test_history_and_panel_speak_the_forms_words(
    province: Province, sheets: dict[str, int], client_for: ClientFor
) -> None:
    client, sheet = teacher(client_for, SheetForm.TRAINING), sheets[SheetForm.TRAINING]
    student = province.first.student_ids[0]
    fill(client, sheet, **{f"c{student}_training": "cd"})
    page = client.get(f"/gradebook/{sheet}/history?since=2026-09-01T00:00").text
    assert page.count("Chưa đạt") == 2  # what changed, and the sheet as it stands
    assert "not_passed" not in page
    panel = client.get(f"/gradebook/{sheet}/cell?student={student}&column=training").get_json()
    assert (panel["title"], panel["value"], panel["history"][0]["new"]) == (
        "Kết quả rèn luyện", "Chưa đạt", "Chưa đạt",
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_page_of_every_form_opens(
    province: Province, sheets: dict[str, int], client_for: ClientFor, form: str
) -> None:
    client = teacher(client_for, form)
    for path in ("", "/plain", "/plain?column=all", "/history", "/import", "/export.xlsx"):
        assert client.get(f"/gradebook/{sheets[form]}{path}").status_code == 200, path
    head = client_for("giangnt.thcstk")
    assert head.get(f"/delegations/sheet/{sheets[form]}").status_code == 200
    assert head.get(f"/locks/?sheet={sheets[form]}").status_code == 200


def test_homeroom_sheets_are_listed_with_the_class_for_its_homeroom_teacher(
    province: Province, sheets: dict[str, int], client_for: ClientFor
) -> None:
    page = client_for("habtt.thcstk").get("/gradebook/").text
    mine = page.split('id="hv-my-class"')[1]
    assert f"/gradebook/{sheets[SheetForm.TRAITS]}" in mine
    assert "Hạnh kiểm" in mine
    assert f"/gradebook/{sheets[SheetForm.TRAINING]}" not in page


def test_a_wide_sheet_asks_no_more_of_the_database(
    app: Flask, province: Province, sheets: dict[str, int], client_for: ClientFor
) -> None:
    client, path = teacher(client_for, SheetForm.TRAITS), f"/gradebook/{sheets[SheetForm.TRAITS]}"
    client.get(path)
    with counting(app) as sent:
        client.get(path)
    assert len(sent) <= 10
