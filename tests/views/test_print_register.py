"""The register of prints, the forms to order, and the page anybody checks a paper on."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import Document
from app.views.check import TRIES, WINDOW
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.print_helpers import HOMEROOM, NAMES, OFFICE, name_class

Client = Callable[[str], FlaskClient]


def order(client: FlaskClient, province: Province, **values: object) -> object:
    fields = {"class_id": province.first.class_ids["7A"], "part": "1", "purpose": "regular", **values}
    return client.post("/print/order", data={**fields, "csrf_token": csrf(client)})


def papers() -> list[Document]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Document).order_by(Document.id)))


def test_the_forms_of_ones_classes_can_be_ordered(app: Flask, province: Province, client_for: Client) -> None:
    page = client_for(HOMEROOM).get("/print/").text
    assert 'value="grade_slip"' in page
    assert 'value="school_record.tt22"' in page
    assert 'value="school_record.tt27"' not in page
    assert 'value="issued"' not in page
    one = client_for(OFFICE).get(f"/print/?student_id={province.first.student_ids[0]}").text
    assert 'value="issued"' in one
    offered = re.findall(r'<option value="([a-z_.0-9]+)" data-about="([a-z]+)"', one)
    assert {about for _code, about in offered} == {"student"}, "of one student, only what is about a student"
    register = client_for(OFFICE).get("/print-register/").text
    named = re.findall(r'<option value="school_record[^"]+">([^<]+)<', register)
    assert len(named) == len(set(named)) > 1, "each học bạ is told by its circular"
    assert client_for(OFFICE).get(f"/print/?student_id={province.second.student_ids[0]}").status_code == 404


def test_in_english_the_purposes_are_told_in_english(app: Flask, client_for: Client) -> None:
    client = client_for(OFFICE)
    client.get("/lang/en")
    for page in (client.get("/print/").text, client.get("/print-register/").text):
        assert "Regular print" in page
        assert "In thường xuyên" not in page


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"form": "no_such_form"}, 422),
        ({"form": "grade_slip", "copies": "0"}, 422),
        ({"form": "grade_slip", "copies": "x"}, 422),
        ({"form": "school_record.tt22", "part": "2"}, 422),
        ({"form": "school_record.tt27"}, 422),
        ({"form": "grade_slip", "purpose": "periodic"}, 422),
        ({"form": "grade_slip", "purpose": "issued"}, 422),
    ],
)
def test_what_does_not_fit_is_refused(
    app: Flask, province: Province, client_for: Client, values: dict[str, str], reason: int
) -> None:
    answer = order(client_for(OFFICE), province, **values)
    assert (answer.status_code, 'role="alert"' in answer.text) == (reason, True)
    assert papers() == []


def test_a_print_stands_in_the_register_and_is_checked_by_anybody(
    app: Flask, province: Province, client_for: Client
) -> None:
    name_class(province)
    office = client_for(OFFICE)
    assert order(office, province, form="grade_slip", copies="3").status_code == 302
    (first, *rest) = papers()
    assert len(rest) == len(NAMES) - 1
    with counting(app) as statements:
        page = office.get("/print-register/").text
    assert all(name.replace("'", "&#39;") in page for name in NAMES)
    assert len(statements) <= 12
    assert first.check_code[:4] in page
    assert "Phiếu báo điểm" in office.get("/print-register/?form=grade_slip&purpose=regular&number=1").text
    assert NAMES[0] not in office.get("/print-register/?form=class_book").text
    assert client_for(HOMEROOM).get("/print-register/").status_code == 403
    foreign = client_for("hongvt.thcsba")
    assert foreign.get(f"/print-register/?unit_id={province.first.unit_id}").status_code == 404
    assert foreign.get(f"/print-register/{first.id}.pdf").status_code == 404
    stranger = app.test_client()
    told = stranger.get(f"/check/{first.check_code}")
    assert told.status_code == 200
    assert "1/2026" in told.text
    assert NAMES[0] not in told.text
    assert stranger.get("/check/?code=" + first.check_code.lower()).status_code == 200


def test_an_office_chooses_the_school_whose_register_it_reads(
    app: Flask, province: Province, client_for: Client
) -> None:
    name_class(province)
    assert order(client_for(OFFICE), province, form="grade_slip").status_code == 302
    above = client_for("vanlt.sogd")
    with counting(app) as statements:
        page = above.get("/print-register/").text
    assert len(statements) <= 12
    way = re.search(rf'href="(/print-register/\?unit_id={province.first.unit_id}&[^"]+)"', page)
    assert way is not None
    assert NAMES[0] in above.get(html.unescape(way[1])).text
    assert f"unit_id={province.second.unit_id}&" in page, "a school that printed nothing has a register too"
    row = page[way.end() :].partition("</tr>")[0]
    assert re.findall(r">(\d+)</td>", row) == [str(len(NAMES)), "0"]


def test_wrong_codes_are_told_so_and_not_without_end(
    app: Flask, province: Province, client_for: Client
) -> None:
    stranger = app.test_client()
    assert stranger.get("/check/").status_code == 200
    answers = [stranger.get("/check/AAAA-BBBB-CCCC").status_code for _turn in range(TRIES + 1)]
    assert answers == [404] * TRIES + [429]
    province.now += WINDOW + timedelta(seconds=1)
    assert stranger.get("/check/<script>").status_code == 404
