"""In sổ in the browser: one subject inline, a class book as a job with its page; refusals with the reason."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import AuditEvent, PrintJob
from app.services.print_orders import KEEP, PrintOrder, create_job
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import (
    HOMEROOM,
    NAMES,
    OFFICE,
    blank_forms,
    name_class,
    pages_of,
    text_of,
)

Client = Callable[[str], FlaskClient]


def path_of(province: Province, class_name: str = "7A", subject: str = "math") -> str:
    return f"/print/sheet/{province.first.sheet_ids[class_name, subject, 1]}.pdf"


def order(client: FlaskClient, province: Province, **values: Any) -> Any:
    fields = {"class_id": province.first.class_ids["7A"], "part": "1", "purpose": "regular", **values}
    return client.post("/print/order", data={**fields, "csrf_token": csrf(client)})


def said(answer: Any) -> str:
    return " ".join(answer.text.split())


@pytest.mark.poppler
def test_a_subject_opens_in_the_browser(app: Flask, province: Province, client_for: Client) -> None:
    name_class(province)
    client = client_for(HOMEROOM)
    with counting(app) as statements:
        answer = client.get(path_of(province))
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Cache-Control"] == "no-store"
    words = text_of(answer.data)
    assert all(name in words for name in NAMES)
    assert pages_of(answer.data) == 1
    assert len(statements) <= 17
    db.session.rollback()  # the test's own reading began before the request
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "print.sheet")).one()
    assert (event.target_id, event.details) == (
        province.first.sheet_ids["7A", "math", 1],
        {"number": "1/2026"},
    )


@pytest.mark.parametrize("username", ["vanlt.sogd", "daoct.sogd", "sonlv.xatk"])
def test_offices_are_told_why_they_print_nothing(
    app: Flask, province: Province, client_for: Client, username: str
) -> None:
    client = client_for(username)
    answers = [client.get(path_of(province)), client.get("/print/"), order(client, province)]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    reasons = ("Official prints are made only at the school.", "Chỉ nhà trường in sổ chính thức.")
    assert all(any(reason in said(answer) for reason in reasons) for answer in answers)
    assert 'href="/print/"' not in client.get("/").text


def test_another_schools_sheet_is_not_there(app: Flask, province: Province, client_for: Client) -> None:
    client = client_for("giangnt.thcsba")
    assert client.get(path_of(province)).status_code == 404
    assert order(client, province).status_code == 404
    assert client_for("longpd.thcstk").get(path_of(province, "7B")).status_code == 404


@pytest.mark.poppler
def test_a_class_book_is_asked_for_made_and_opened(
    app: Flask, province: Province, client_for: Client
) -> None:
    name_class(province)
    client = client_for(HOMEROOM)
    page = client.get("/print/").text
    assert ">7A</option>" in page
    assert ">7B</option>" not in page
    answer = order(client, province)
    assert answer.status_code == 302
    state = client.get(f"{answer.location}/state").get_json()
    assert {key: state[key] for key in ("over", "done", "total")} == {"over": True, "done": 8, "total": 8}
    shown = said(client.get(answer.location))
    assert "1/2026" in shown
    assert "file.pdf" in shown
    book = client.get(f"{answer.location}/file.pdf")
    assert book.headers["Content-Disposition"].startswith("inline")
    assert pages_of(book.data) == 12
    assert all(name in text_of(book.data) for name in NAMES)
    assert f'{answer.location}"' in client.get("/print/").text


def test_a_waiting_job_has_a_bar_and_can_be_stopped(
    app: Flask, province: Province, client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank_forms(monkeypatch)
    client = client_for(HOMEROOM)
    job_id = create_job(
        acting(province, HOMEROOM), PrintOrder(province.first.class_ids["7A"]), clock=province.clock
    )
    page = client.get(f"/print/jobs/{job_id}").text
    assert "<progress" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'data-state-url="/print/jobs/{job_id}/state"' in page
    assert client.get(f"/print/jobs/{job_id}/state").get_json()["over"] is False
    assert client.get(f"/print/jobs/{job_id}/file.pdf").status_code == 404
    answer = client.post(f"/print/jobs/{job_id}/cancel", data={"csrf_token": csrf(client)})
    assert answer.status_code == 302
    page = client.get(f"/print/jobs/{job_id}").text
    assert "<progress" not in page
    assert "refresh" not in page


def test_a_job_is_its_owners_alone(
    app: Flask, province: Province, client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank_forms(monkeypatch)
    location = order(client_for(HOMEROOM), province).location
    other = client_for(OFFICE)
    assert [other.get(location + end).status_code for end in ("", "/state", "/file.pdf")] == [404, 404, 404]
    assert other.post(f"{location}/cancel", data={"csrf_token": csrf(other)}).status_code == 404


def test_the_schools_own_forms_are_of_the_year_one_looks_at(province: Province, client_for: Client) -> None:
    """The form's address keeps the year of the page: nothing of another year is printed instead."""
    page = client_for(OFFICE).get("/print/?year=2026").text
    assert 'action="/print/order?year=2026"' in page


def offered(page: str) -> list[str]:
    """The terms one can tick."""
    radios = re.findall(
        r'<label class="hv-check"( hidden)?><input type="radio" name="part" value="(\w+)"( disabled)?', page
    )
    assert all(bool(hidden) is bool(disabled) for hidden, _value, disabled in radios)
    return [value for hidden, value, _disabled in radios if not hidden]


def test_only_the_terms_of_the_chosen_form_are_offered(province: Province, client_for: Client) -> None:
    client = client_for(OFFICE)
    terms = {"class_book": ["1", "2", "year"], "school_record.tt22": ["1", "year"], "mark_sheet": ["year"]}
    for form, parts in terms.items():
        page = client.get(f"/print/?form={form}&part=2").text
        assert offered(page) == parts
        assert re.findall(r'name="part" value="(\w+)" checked', page) == (
            ["2"] if "2" in parts else [parts[0]]
        )
    page = client.get("/print/?form=register_book").text
    assert offered(page) == []
    assert '<fieldset class="form-group hv-choose" id="parts" hidden>' in page
    assert '<div class="form-group" data-about="class student" hidden>' in page
    assert 'data-about="unit" data-parts=""' in page


def test_without_script_a_button_shows_what_a_form_asks_for(province: Province, client_for: Client) -> None:
    client = client_for(OFFICE)
    answer = order(client, province, form="mark_sheet", choose="1", copies="3")
    assert (answer.status_code, offered(answer.text)) == (200, ["year"])
    assert 'value="mark_sheet" data-about="student" data-parts="year" selected' in answer.text
    assert 'value="3"' in answer.text
    assert 'role="alert"' not in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PrintJob)) == 0


def test_an_expired_book_is_gone(
    app: Flask, province: Province, client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank_forms(monkeypatch)
    location = order(client_for(OFFICE), province).location
    province.now += KEEP
    client = client_for(OFFICE)
    assert client.get(f"{location}/file.pdf").status_code == 404
    assert "file.pdf" not in client.get(location).text


@pytest.mark.parametrize("missing", [{"class_id": ""}, {"part": "3"}, {"purpose": "x"}])
def test_what_was_not_chosen_is_asked_for(
    app: Flask, province: Province, client_for: Client, missing: dict[str, str]
) -> None:
    client = client_for(OFFICE)
    answer = order(client, province, **missing)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PrintJob)) == 0


def test_a_subject_teacher_without_a_class_is_sent_to_the_gradebook(
    app: Flask, province: Province, client_for: Client
) -> None:
    answer = client_for("khuongyb.thcstk").get("/print/")
    assert answer.status_code == 200
    assert 'href="/gradebook/"' in answer.text
    assert "<select" not in answer.text
