"""Pages of attendance: the day on a phone, the month as a grid, the term beside the book, a student's year."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import Attendance, RollCall, SchoolClass
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.place_cases import close_windows
from tests.views.forms import submit

ClientFor = Callable[[str], FlaskClient]

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
TEACHER, MONTH = "longpd.thcstk", "2026-11"


def path(province: Province, page: str = "day", **query: object) -> str:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return f"/attendance/{page}/{province.first.class_ids['7A']}?{asked}"


def kept() -> dict[int, str | None]:
    return {row.student_id: row.days for row in db.session.scalars(sa.select(Attendance))}


def test_a_morning_on_the_phone(app: Flask, province: Province, client_for: ClientFor) -> None:
    client, (one, two, *_rest) = client_for(TEACHER), province.first.student_ids
    page = client.get(path(province))
    assert page.status_code == 200, "without a day the latest school day"
    assert page.text.count('type="radio"') == 8 * 3
    answer = submit(client, path(province), **{f"m-{one}-0": "P", f"m-{two}-0": "K"})
    assert answer.status_code == 303
    assert kept() == {one: "16P", two: "16K"}
    page = client.get(answer.location).text
    assert len(re.findall(r'value="[PK]" checked', page)) == 2
    assert "Phạm Đức Long" in page


def test_nobody_is_told_present_before_the_roll_is_called(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    reader = client_for("giangnt.thcstk")
    page = reader.get(path(province, day="2026-11-13")).text
    assert "có mặt" not in page
    assert page.count("chưa điểm danh") == 1 + 1 + 8  # tag, heading, each student
    submit(client_for(TEACHER), path(province, day="2026-11-13"))
    page = reader.get(path(province, day="2026-11-13")).text
    assert page.count("có mặt") >= 8
    assert "chưa điểm danh" not in page


def test_a_whole_class_there_is_one_press(app: Flask, province: Province, client_for: ClientFor) -> None:
    answer = submit(client_for(TEACHER), path(province, day="2026-11-13"))
    assert answer.status_code == 303
    assert kept() == {}
    assert db.session.scalars(sa.select(RollCall)).one().days == "13"


def test_morning_and_afternoon(app: Flask, province: Province, client_for: ClientFor) -> None:
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        work.session.get_one(SchoolClass, province.first.class_ids["7A"]).sessions = 2
    client, (one, two, *_rest) = client_for(TEACHER), province.first.student_ids
    assert client.get(path(province)).text.count('type="radio"') == 8 * 6
    sent = {f"m-{one}-0": "P", f"m-{two}-0": "K", f"m-{two}-1": "K"}
    assert submit(client, path(province), **sent).status_code == 303
    assert kept() == {one: "16P-", two: "16KK"}


def test_the_month_is_typed_as_a_grid(app: Flask, province: Province, client_for: ClientFor) -> None:
    client, (one, two, *_rest) = client_for(TEACHER), province.first.student_ids
    grid = path(province, "month", month=MONTH)
    answer = submit(
        client, grid, **{f"c-{one}-3": "p", f"c-{one}-4": "K", f"c-{two}-5": "k", "complete": "1"}
    )
    assert answer.status_code == 303
    assert kept() == {one: "3P 4K", two: "5K"}
    assert len(db.session.scalars(sa.select(RollCall)).one().days.split()) == 13
    page = client.get(answer.location).text
    assert page.count("is-called") == 13
    submit(client, grid, **{f"c-{one}-3": ""})
    assert kept()[one] == "4K"


def test_a_refused_grid_keeps_what_was_typed(app: Flask, province: Province, client_for: ClientFor) -> None:
    client, one = client_for(TEACHER), province.first.student_ids[0]
    answer = submit(client, path(province, "month", month=MONTH), **{f"c-{one}-3": "X", f"c-{one}-4": "P"})
    assert answer.status_code == 422
    assert f'href="#c-{one}-3"' in answer.text
    assert re.search(rf'id="c-{one}-4"[^>]*value="P"', answer.text)
    assert kept() == {}


def test_whoever_only_reads_gets_no_form(app: Flask, province: Province, client_for: ClientFor) -> None:
    for username in ("giangnt.thcstk", "hongvt.thcstk"):
        for page in ("day", "month"):
            answer = client_for(username).get(path(province, page))
            assert answer.status_code == 200
            assert 'type="radio"' not in answer.text
            assert "hv-cell" not in answer.text
    assert client_for("habtt.thcstk").get(path(province)).status_code == 403, "teaches another class"
    for username in ("longpd.thcsba", "giangnt.thcsba"):
        assert client_for(username).get(path(province)).status_code == 404


def test_days_that_are_none(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for(TEACHER)
    assert "hv-empty" in client.get(path(province, day="2026-11-15")).text
    assert client.get(path(province, day="x")).status_code == 404
    assert client.get(path(province, day="2020-01-01")).status_code == 404
    assert client.get(path(province, "month", month="2020-01")).status_code == 404
    assert client.get(path(province, "term", term=3)).status_code == 404


def test_a_locked_day_offers_a_correction(app: Flask, province: Province, client_for: ClientFor) -> None:
    client, one = client_for(TEACHER), province.first.student_ids[0]
    submit(client, path(province), **{f"m-{one}-0": "P"})
    close_windows(province)
    page = client.get(path(province, day="2026-11-16")).text
    assert 'type="radio"' not in page
    links = re.findall(r'href="([^"]*corrections/new[^"]*)"', page)
    absent, present = (client.get(link.replace("&amp;", "&")).text for link in links[:2])
    assert "16/11/2026" in absent
    assert ["không ghi nghỉ" in form for form in (absent, present)] == [False, True]
    assert "corrections/new" in client.get(path(province, "month", month=MONTH)).text


def test_a_students_year(app: Flask, province: Province, client_for: ClientFor) -> None:
    client, one = client_for(TEACHER), province.first.student_ids[0]
    submit(client, path(province), **{f"m-{one}-0": "P"})
    page = client.get(f"/attendance/student/{one}").text
    assert "16 (P)" in page
    assert client_for("longpd.thcsba").get(f"/attendance/student/{one}").status_code == 404
    assert f"/attendance/student/{one}" in client.get(f"/students/show/{one}").text


def test_classes_of_a_day(app: Flask, province: Province, client_for: ClientFor) -> None:
    submit(client_for(TEACHER), path(province))
    own = client_for(TEACHER).get("/attendance/").text
    assert "7A" in own
    assert "7B" in client_for("giangnt.thcstk").get("/attendance/").text


def test_statements_of_the_pages(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for(TEACHER)
    most = {"day": 26, "month": 26, "term": 30}
    for page, budget in most.items():
        client.get(path(province, page))
        with counting(app) as statements:
            client.get(path(province, page))
        assert len(statements) <= budget, page
