"""Students' pages: who sees whom, how names are found, how a sheet is written, and what an address can't do."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import Enrolment, Guardian, Student
from app.views import datamodel
from app.views.students import StudentModelView
from tests.conftest import counting
from tests.factories.province import Province
from tests.views.forms import submit, values_on

Clients = Callable[[str], FlaskClient]
LIST = "/students/list/"
OFFICE = "hongvt.thcstk"
NEW = {
    "family_name": "Lò",
    "middle_name": "Văn",
    "given_name": "Pánh",
    "birth_date": "1/9/2014",
    "sex_code": "01",
    "ethnicity_code": "03",
    "starts_on": "16-11-2026",
}


MISTYPED = (
    "page_StudentModelView=-1",
    "page_StudentModelView=abc",
    "page_StudentModelView=99999999999",
    "psize_StudentModelView=1000000",
    "_oc_StudentModelView=unit&_od_StudentModelView=asc",
    "_oc_StudentModelView=versions&_od_StudentModelView=asc",
    "_flt_0_unit=1",
    "_flt_9_name_folded=a",
    "_flt_0_school_class=abc",
    "_flt_0_school_class=99999999999999999999",
    "_flt_0_status_code=99",
    "year=x&term=9",
    "endpoint=x&_external=1&_scheme=javascript",
)
ROW = '<th scope="row">'


def fresh() -> None:
    """Forget what the test's own session has read."""
    db.session.rollback()
    db.session.expire_all()


def admit(client: FlaskClient, class_id: int, **changes: object) -> TestResponse:
    """Fill the admission form."""
    return submit(client, "/students/add", **{**NEW, "school_class": class_id, **changes})


def test_a_school_sees_its_own_students_only(province: Province, client_for: Clients) -> None:
    mine, theirs = province.first.student_ids[0], province.second.student_ids[0]
    client = client_for(OFFICE)
    assert client.get(f"/students/show/{mine}").status_code == 200
    for path in (
        f"/students/show/{theirs}",
        f"/students/edit/{theirs}",
        f"/students/{theirs}/move",
        "/students/show/x",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get(LIST).text.count(ROW) == 16
    assert client_for("daoct.sogd").get(LIST + "?psize_StudentModelView=50").text.count(ROW) == 32


def test_a_teacher_sees_the_classes_taught(province: Province, client_for: Clients) -> None:
    in_7b = province.first.student_ids[8]
    client = client_for("longpd.thcstk")
    assert client.get(LIST).text.count(ROW) == 8
    assert client.get(f"/students/show/{in_7b}").status_code == 404


def test_search_finds_names_with_and_without_marks(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    for typed in ("tran duc anh", "Trần Đức Anh", "TRẦN đức ánh", "anh tran", "duc"):
        page = client.get(LIST, query_string={"_flt_0_name_folded": typed}).text
        assert page.count("Trần Đức Anh") >= 2, typed  # one in each class
        assert "Lê Ngọc" not in page, typed
    for typed in ("%", "_", "zzz", "'; drop", "!", "12345"):
        page = client.get(LIST, query_string={"_flt_0_name_folded": typed}).text
        assert ROW not in page, typed


def test_names_stand_in_vietnamese_order(province: Province, client_for: Clients) -> None:
    page = client_for("longpd.thcstk").get(LIST).text
    given = [
        page.index(f"{name}</a>")
        for name in ("Hoàng An", "Vân Anh", "Đức Anh", "Ngọc Ánh", "Gia Bảo", "Ngọc Bích")
    ]
    assert given == sorted(given)
    turned = (
        client_for("longpd.thcstk")
        .get(LIST + "?_oc_StudentModelView=full_name&_od_StudentModelView=desc")
        .text
    )
    assert turned.index("Ngọc Bích</a>") < turned.index("Hoàng An</a>")


def test_the_list_filters_by_class_and_status(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    by_class = client.get(LIST, query_string={"_flt_0_school_class": province.first.class_ids["7A"]}).text
    assert by_class.count(ROW) == 8
    gone = client.get(LIST, query_string={"_flt_0_status_code": "04"}).text
    assert ROW not in gone


def test_a_mistyped_address_is_no_error_and_no_door(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    for query in MISTYPED:
        page = client.get(f"{LIST}?{query}")
        assert page.status_code == 200, query
        assert page.text.count(ROW) <= 25, query


def test_a_page_of_students_takes_few_statements(app: Flask, province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    client.get(LIST)
    with counting(app) as statements:
        assert client.get(LIST).status_code == 200
    assert len(statements) <= 12, "\n".join(statements)


def test_a_student_is_admitted_on_one_page(province: Province, client_for: Clients) -> None:
    answer = admit(
        client_for(OFFICE),
        province.first.class_ids["7A"],
        mother_full_name="Lò Thị Xo",
        mother_birth_year="1990",
    )
    assert answer.status_code == 302, answer.text
    fresh()
    student = db.session.query(Student).filter_by(given_name="Pánh").one()
    assert (student.unit_id, student.name_folded, student.birth_date) == (
        province.first.unit_id,
        "lo van panh",
        date(2014, 9, 1),
    )
    assert answer.location.endswith(f"/students/show/{student.id}")
    place = db.session.query(Enrolment).filter_by(student_id=student.id).one()
    assert (place.class_id, place.starts_on) == (province.first.class_ids["7A"], date(2026, 11, 16))
    assert db.session.query(Guardian).filter_by(student_id=student.id).one().birth_year == 1990
    shown = client_for(OFFICE).get(answer.location).text
    for text in ("Lò Văn Pánh", "01/09/2014", "Thái", "Lò Thị Xo", "16/11/2026"):
        assert text in shown


def test_what_cannot_be_right_says_so_and_keeps_the_rest(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    client.get("/lang/en")
    for name, value, message in (
        ("birth_date", "31/02/2014", "Month 2 of 2014 has no day 31"),
        ("birth_date", "hôm qua", "“hôm qua” is not a date"),
        ("birth_date", "", "Fill this in."),
        ("given_name", "", "Fill this in."),
        ("ethnicity_code", "99", "Choose one from the list."),
        ("family_name", "Nguy\u00d4n V\u00a8n", "old font"),
        ("mother_birth_year", "19x", "“19x” is not a number."),
        ("national_id", "12", "12 digits"),
        ("birth_date", "01/09/2030", "The birth date 01/09/2030 cannot be right."),
        ("school_class", province.second.class_ids["7A"], "Choose one from the list."),
        ("starts_on", "01/09/2030", "01/09/2030 lies outside the school year."),
    ):
        answer = admit(client, province.first.class_ids["7A"], **{name: value})
        assert answer.status_code == 200, value
        assert message in answer.text, value
        assert 'value="Văn"' in answer.text, value
    fresh()
    assert db.session.query(Student).filter_by(middle_name="Văn", given_name="Pánh").count() == 0


def test_nothing_protected_comes_from_the_form(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    values = values_on(client, "/students/add")
    values |= {name: [text] for name, text in NEW.items()}
    values |= {
        "school_class": [str(province.first.class_ids["7A"])],
        "unit_id": [str(province.second.unit_id)],
    }
    values |= {
        "unit": [str(province.second.unit_id)],
        "status_code": ["04"],
        "name_folded": ["x"],
        "sort_key": ["x"],
    }
    answer = client.post(f"/students/add?_flt_0_unit={province.second.unit_id}", data=values)
    assert answer.status_code == 302
    fresh()
    student = db.session.query(Student).filter_by(given_name="Pánh").one()
    assert (student.unit_id, student.status_code) == (province.first.unit_id, "01")
    assert student.name_folded == "lo van panh"


def test_an_edited_name_is_folded_again(province: Province, client_for: Clients) -> None:
    student_id = province.first.student_ids[0]
    answer = submit(
        client_for(OFFICE),
        f"/students/edit/{student_id}",
        family_name="Byă",
        middle_name="Y",
        given_name="Khương",
        written_name="Y Khương Byă",
    )
    assert answer.status_code == 302, answer.text
    fresh()
    student = db.session.get(Student, student_id)
    assert (student.full_name, student.name_folded) == ("Y Khương Byă", "y khuong bya")
    assert values_on(client_for(OFFICE), f"/students/edit/{student_id}")["written_name"] == ["Y Khương Byă"]
    submit(client_for(OFFICE), f"/students/edit/{student_id}", given_name="Khánh", written_name="")
    fresh()
    assert db.session.get(Student, student_id).full_name == "Byă Y Khánh"


def test_a_homeroom_teacher_edits_the_own_class_only(province: Province, client_for: Clients) -> None:
    mine = province.first.student_ids[0]
    client = client_for("longpd.thcstk")
    assert "/students/edit/" in client.get(LIST).text
    answer = submit(client, f"/students/edit/{mine}", phone="0912345678")
    assert answer.status_code == 302
    assert client.get("/students/add").status_code == 403
    assert client.get(f"/students/{mine}/move").status_code == 403
    other = client_for("khuongyb.thcstk")
    assert other.get(f"/students/edit/{mine}").status_code in (302, 403, 404)
    fresh()
    assert db.session.get(Student, mine).phone == "0912345678"


def test_a_principal_reads_and_a_department_reads_but_neither_writes(
    province: Province, client_for: Clients
) -> None:
    student_id = province.first.student_ids[0]
    for username in ("giangnt.thcstk", "daoct.sogd", "maipt.xatk"):
        client = client_for(username)
        assert client.get(f"/students/show/{student_id}").status_code == 200
        assert client.get(f"/students/edit/{student_id}").status_code in (302, 403), username
        assert "/students/edit/" not in client.get(LIST).text


def test_a_parent_on_the_sheet_is_corrected_not_removed(province: Province, client_for: Clients) -> None:
    path = f"/students/edit/{province.first.student_ids[0]}"
    client = client_for(OFFICE)
    assert submit(client, path, father_full_name="Nguyễn Văn Bình").status_code == 302
    assert submit(client, path, father_full_name="").status_code == 200
    assert submit(client, path, father_full_name="Nguyễn Văn Bính", father_job="Thợ xây").status_code == 302
    fresh()
    assert db.session.query(Guardian).one().job == "Thợ xây"


def test_leaving_moving_and_status_by_their_pages(province: Province, client_for: Clients) -> None:
    province.now = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    client, student_id = client_for(OFFICE), province.first.student_ids[0]
    moved = submit(
        client, f"/students/{student_id}/move", school_class=province.first.class_ids["7B"], day="1/12/2026"
    )
    assert moved.status_code == 302, moved.text
    assert submit(client, f"/students/{student_id}/status", status="03", day="02/12/2026").status_code == 302
    assert values_on(client, f"/students/{student_id}/leave")["status"] == ["04"]
    left = submit(client, f"/students/{student_id}/leave", day="10.12.2026", other_school="THCS Bình An")
    assert left.status_code == 302
    again = submit(client, f"/students/{student_id}/leave", day="11/12/2026", status="04")
    assert again.status_code == 200  # refused: in no class any more
    fresh()
    places = db.session.query(Enrolment).filter_by(student_id=student_id).order_by(Enrolment.starts_on).all()
    assert [(p.status_code, p.ends_on) for p in places] == [
        ("01", date(2026, 11, 30)),
        ("04", date(2026, 12, 10)),
    ]


def test_nothing_is_deleted_from_a_page(province: Province, client_for: Clients) -> None:
    student_id = province.first.student_ids[0]
    for path in (f"/students/delete/{student_id}", f"/students/action/x/{student_id}"):
        assert client_for(OFFICE).post(path).status_code in (400, 404, 405)
    fresh()
    assert db.session.get(Student, student_id) is not None


def test_a_long_list_is_counted_to_a_cap_and_paged_to_its_end(
    province: Province, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datamodel, "COUNT_CAP", 5)
    monkeypatch.setattr(StudentModelView, "page_sizes", (5,))
    monkeypatch.setattr(StudentModelView, "page_size", 5)
    client = client_for(OFFICE)
    seen: list[str] = []
    for number, told in enumerate(("5+", "10+", "15+", "16")):
        page = client.get(f"{LIST}?page_StudentModelView={number}").text
        seen += re.findall(r"/students/show/(\d+)", page)
        assert f"</strong> / {told}</div>" in page, number
    assert sorted(map(int, seen)) == sorted(province.first.student_ids)
    for few in (0, 100):  # a common name in the list's order, a rare one by its keys
        monkeypatch.setattr(datamodel, "FEW", few)
        found = client.get(LIST, query_string={"_flt_0_name_folded": "duc"}).text
        assert found.count(ROW) == 2


def test_what_is_wrong_stands_beside_its_field(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    for name, value in (
        ("national_id", "12"),
        ("given_name", "Pánh 2"),
        ("written_name", "Lò Thị Pánh"),
        ("father_email", "không có"),
    ):
        named = {"father_full_name": "Lò Văn Sơn"} if name == "father_email" else {}
        answer = admit(client, province.first.class_ids["7A"], **named, **{name: value})
        assert f'id="{name}-error"' in answer.text, name
    nameless = admit(client, province.first.class_ids["7A"], father_phone="0912345678")
    assert 'id="father_full_name-error"' in nameless.text


def test_two_tabs_overwrite_nothing(province: Province, client_for: Clients) -> None:
    client, path = client_for(OFFICE), f"/students/edit/{province.first.student_ids[0]}"
    older = values_on(client, path)
    assert submit(client, path, address="Thôn 2").status_code == 302
    late = client.post(path, data=older | {"phone": ["0912345678"]})
    assert late.status_code == 200
    fresh()
    student = db.session.get(Student, province.first.student_ids[0])
    assert (student.address, student.phone) == ("Thôn 2", None)
    same = client.post(path, data=older | {"address": ["Thôn 2"]})
    assert same.status_code == 302  # the button pressed twice
