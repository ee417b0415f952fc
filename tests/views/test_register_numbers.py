"""Giving register numbers to those on file: who may, and when the list offers it."""

from collections.abc import Callable

from flask.testing import FlaskClient

from app.extensions import db
from app.models import Student
from tests.factories.province import Province
from tests.views.forms import submit

Clients = Callable[[str], FlaskClient]
LIST, PAGE = "/students/list/", "/students/numbers"
OFFICE, TEACHER = "hongvt.thcstk", "habtt.thcstk"


def test_the_office_numbers_those_on_file_once(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    assert PAGE in client.get(LIST).text
    page = client.get(PAGE)
    assert page.status_code == 200
    assert str(len(province.first.student_ids)) in page.text
    assert submit(client, PAGE).status_code == 302
    db.session.rollback()
    numbers = {s.register_no for s in db.session.query(Student).filter_by(unit_id=province.first.unit_id)}
    assert numbers == {str(n) for n in range(1, len(province.first.student_ids) + 1)}
    assert PAGE not in client.get(LIST).text
    theirs = db.session.query(Student).filter_by(unit_id=province.second.unit_id)
    assert {student.register_no for student in theirs} == {None}


def test_nobody_else_gives_numbers(province: Province, client_for: Clients) -> None:
    client = client_for(TEACHER)
    assert PAGE not in client.get(LIST).text
    assert client.get(PAGE).status_code == 403
