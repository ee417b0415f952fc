"""Biểu mẫu and Quyết định in the browser: the catalogue, previews without value, the switch, the order of a decision."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import Document, PrintJob
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintStamp
from app.reports.examples import EXAMPLES, example_of
from app.reports.form import Form
from app.reports.preview import MARK, preview
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.print_helpers import HOMEROOM, OFFICE, close_term, pages_of, text_of

Client = Callable[[str], FlaskClient]
HEAD = "giangnt.thcstk"


@pytest.fixture
def engine_name() -> str:
    """One engine: what is read here is read on both in tests/services."""
    return "sqlite"


def said(answer: Any) -> str:
    return " ".join(answer.text.split())


@pytest.mark.parametrize("username", [HEAD, HOMEROOM, OFFICE, "vanlt.sogd"])
def test_the_catalogue_is_read_by_who_prints_and_who_looks_in(
    app: Flask, province: Province, client_for: Client, username: str
) -> None:
    client = client_for(username)
    client.get("/")
    with counting(app) as statements:
        answer = client.get("/forms/")
    assert answer.status_code == 200
    listed = [form for form in CATALOGUE.values() if not form.version_of]
    assert all(f'href="/forms/{form.code}"' in answer.text for form in listed)
    assert all(form.legal_source in said(answer) for form in listed)
    assert len(statements) <= 12


@pytest.mark.poppler
def test_both_versions_are_shown_of_the_same_student_and_registered_nowhere(
    province: Province, client_for: Client
) -> None:
    client, room = client_for(OFFICE), province.first.class_ids["7B"]
    page = client.get(f"/forms/grade_slip.compact?class_id={room}")
    assert page.text.count("<iframe") == 2
    words = {}
    for code in ("grade_slip", "grade_slip.compact"):
        address = f"/forms/{code}/preview.pdf?class_id={room}&period=1"
        assert address.replace("&", "&amp;") in page.text
        answer = client.get(address)
        assert answer.content_type == "application/pdf"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        words[code] = text_of(answer.data)
        assert words[code].count(MARK) >= 1
        assert "số bản in" not in words[code]
        assert "Lớp 7B" in words[code]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    name = words["grade_slip"].partition("Họ và tên học sinh: ")[2].partition(" Lớp")[0]
    assert name
    assert name in words["grade_slip.compact"]
    db.session.rollback()
    assert db.session.scalars(sa.select(Document)).all() == []
    assert db.session.scalars(sa.select(PrintJob)).all() == []


@pytest.mark.parametrize("code", sorted(EXAMPLES))
@pytest.mark.poppler
def test_every_page_of_an_example_is_marked(province: Province, code: str) -> None:
    stamp = PrintStamp(province.now, "x", "X", 0, preview=True)
    paper = example_of(CATALOGUE[code], stamp)
    assert paper is not None
    pdf = preview(paper)
    assert text_of(pdf).count(MARK) >= pages_of(pdf)


def forerunners() -> list[Form]:
    return [form for form in CATALOGUE.values() if form.replaces]


@pytest.mark.parametrize("form", forerunners(), ids=lambda form: form.code)
def test_a_form_stands_beside_the_one_it_replaced(province: Province, client_for: Client, form: Form) -> None:
    """Both of the example: one class is governed by one circular."""
    page = client_for("vanlt.sogd").get(f"/forms/{form.code}")
    assert page.status_code == 200
    for code in (form.code, form.replaces):
        assert code in EXAMPLES
        assert f'src="/forms/{code}/preview.pdf#' in page.text


def test_previews_stay_within_reach(province: Province, client_for: Client) -> None:
    client = client_for("giangnt.thcsba")
    theirs = province.first.class_ids["7A"]
    assert client.get(f"/forms/grade_slip/preview.pdf?class_id={theirs}&period=1").status_code == 404
    assert client.get("/forms/no_such_form").status_code == 404
    assert client.get("/forms/class_summary/preview.pdf").status_code == 404  # no class and no example
    other = province.first.class_ids["7B"]
    assert client_for(HOMEROOM).get(f"/forms/grade_slip/preview.pdf?class_id={other}").status_code == 403


def test_the_head_switches_from_a_term_on(province: Province, client_for: Client) -> None:
    client = client_for(HEAD)
    page = client.get("/forms/grade_slip.compact")
    assert 'action="/forms/grade_slip.compact/choose"' in page.text
    order = {"starts_on": "05/09/2027", "ordered_by": province.first.person_ids["giangnt"]}
    refused = client.post(
        "/forms/grade_slip.compact/choose", data={**order, "reason": "", "csrf_token": csrf(client)}
    )
    assert refused.status_code == 422
    done = client.post(
        "/forms/grade_slip.compact/choose",
        data={**order, "reason": "Tiết kiệm giấy", "csrf_token": csrf(client)},
    )
    assert done.status_code == 302
    assert "Tiết kiệm giấy" in client.get("/forms/grade_slip").text
    teacher = client_for(HOMEROOM)
    assert "/choose" not in teacher.get("/forms/grade_slip").text
    answer = teacher.post(
        "/forms/grade_slip/choose", data={**order, "reason": "x", "csrf_token": csrf(teacher)}
    )
    assert answer.status_code == 403
    answer = client.post(
        "/forms/class_book/choose", data={**order, "reason": "x", "csrf_token": csrf(client)}
    )
    assert answer.status_code == 404


def test_a_decision_is_ordered_on_its_own_page(app: Flask, province: Province, client_for: Client) -> None:
    close_term(province, 1)
    client = client_for(OFFICE)
    with counting(app) as statements:
        listed = client.get("/decisions/")
    assert listed.status_code == 200
    assert 'href="/decisions/closing' in listed.text
    assert len(statements) <= 24
    page = client.get("/decisions/closing")
    assert 'name="number"' in page.text
    assert "checked" in page.text
    wrong = client.post("/decisions/closing", data={"source": "1", "csrf_token": csrf(client)})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    typed = {"source": "1", "number": "27/QĐ", "place": "Thúc Kháng", "csrf_token": csrf(client)}
    assert client.post("/decisions/closing", data=typed).status_code == 302
    assert client.get("/decisions/nonsense").status_code == 404
    assert client_for(HOMEROOM).get("/decisions/").status_code == 403


def test_the_ways_to_decisions_and_forms(province: Province, client_for: Client) -> None:
    client = client_for(HEAD)
    for path in ("/print/", "/assignments/list/"):
        assert "/decisions/" in client.get(path).text
    assert 'href="/forms/"' in client.get("/print/").text
    assert 'value="decision.' not in client.get("/print/").text
    close_term(province, 1)
    assert "/decisions/closing?" in client.get("/closing/?period=1").text or (
        "/decisions/closing?" in client.get(f"/closing/unit/{province.first.unit_id}?period=1").text
    )
