"""A student who went to another school: the former school reads the time it taught, and its papers stand."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import Document, Transfer
from app.services import enrolments
from app.services.arrivals import receive_student
from app.services.book_reading import load_seats
from app.services.documents.checking import Standing, check_paper
from app.services.enrolments import Leaving
from app.services.exchange import kept
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.carry_helpers import enter
from tests.services.helpers import acting
from tests.services.test_incoming import BORN, CODE, identify

Clients = Callable[[str], FlaskClient]
OFFICE, OTHER_OFFICE, TEACHER = "hongvt.thcstk", "hongvt.thcsba", "habtt.thcstk"


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch, province: Province, client_for: Clients) -> int:
    """A student of 7A with a mark and the papers for another school, who sits in 7B of that school by now."""
    monkeypatch.setattr(kept, "_forms", lambda *_what: [])  # they take a while to draw
    student = load_seats(db.session(), province.first.class_ids["7A"])[0].student.id
    identify(province, student)
    enter(province, "longpd.thcstk", province.first.sheet_ids["7A", "math", 1], student, regular_1="8,5")
    client = client_for(OFFICE)
    client.post(f"/transfers/student/{student}", data={"csrf_token": csrf(client)})
    leaving = Leaving("04", date(2026, 11, 13))
    enrolments.leave(acting(province, OFFICE), student, leaving, clock=province.clock)
    who, class_id = acting(province, OTHER_OFFICE), province.second.class_ids["7B"]
    receive_student(who, CODE, BORN, class_id, date(2026, 11, 16), clock=province.clock)
    db.session.rollback()
    return student


def test_the_former_school_reads_the_time_it_taught(
    province: Province, client_for: Clients, former: int
) -> None:
    client = client_for(OFFICE)
    assert f"/students/show/{former}" in client.get(f"/classes/show/{province.first.class_ids['7A']}").text
    answer = client.get(f"/students/show/{former}")
    assert answer.location == f"/exchange/former/{former}"
    page = client.get(answer.location).text
    for said in ("nay thuộc trường khác", "Lớp 7A", "8,5", "đã nhận", "13/11/2026"):
        assert said in page
    assert (
        client.get(f"/print/?student_id={former}&class_id={province.first.class_ids['7A']}").status_code
        == 200
    )


def test_its_bundle_can_still_be_fetched_there(client_for: Clients, former: int) -> None:
    row = db.session().scalars(sa.select(Transfer)).one()
    assert client_for(OFFICE).get(f"/transfers/{row.id}.zip").data.startswith(b"PK")


def test_nobody_else_reads_it(province: Province, client_for: Clients, former: int) -> None:
    page = f"/exchange/former/{former}"
    assert client_for(TEACHER).get(f"/students/show/{former}").status_code == 404
    assert client_for(TEACHER).get(page).status_code in (403, 404)
    other = client_for(OTHER_OFFICE)
    assert other.get(page).status_code == 404
    assert other.get(f"/students/show/{former}").status_code == 200
    assert client_for(OFFICE).get(f"/exchange/former/{province.second.student_ids[0]}").status_code == 404
    own = province.first.student_ids[1]
    assert client_for(OFFICE).get(f"/exchange/former/{own}").status_code == 404


def test_the_page_reads_in_a_fixed_number_of_statements(app: Flask, client_for: Clients, former: int) -> None:
    client = client_for(OFFICE)
    client.get(f"/exchange/former/{former}")
    with counting(app) as statements:
        client.get(f"/exchange/former/{former}")
    assert len(statements) <= 60


def test_papers_of_a_student_who_left_are_not_asked_for_anew(client_for: Clients, former: int) -> None:
    code = db.session().scalars(sa.select(Document.check_code)).one()
    checked = check_paper(db.session(), code)
    assert checked is not None
    assert checked.standing is Standing.LEFT
    page = client_for(OFFICE).get(f"/check/{code}").text
    assert "không phải in lại" in page
    assert "trường khác" not in page, "whoever holds a paper learns nothing new about the student"
    assert "Đề nghị nhà trường in lại" not in page


def test_who_has_left_still_gets_records_on_request(province: Province, client_for: Clients) -> None:
    student = province.first.student_ids[0]
    leaving = Leaving("04", date(2026, 11, 13))
    enrolments.leave(acting(province, OFFICE), student, leaving, clock=province.clock)
    link = f"class_id={province.first.class_ids['7A']}&amp;form=grade_slip"
    assert link in client_for(OFFICE).get(f"/students/show/{student}").text
