"""Pages of requests, rehearsal, simulation and of what is open on a day, as people of each tier see them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.vocabulary import WindowMode
from app.extensions import db
from app.models import ExtensionRequest, LockWindow, Notice
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.test_lock_requests import HEAD, LEADER, TEACHER, sheet_of, shut
from tests.views.test_locks import form

Client = Callable[[str], FlaskClient]
DAY = timedelta(days=1)


@pytest.fixture
def engine_name() -> str:
    """Pages ask what the services' own tests ask on both engines."""
    return "sqlite"


def send(client: FlaskClient, province: Province, **changes: object) -> object:
    data = {
        "csrf_token": csrf(client), "columns": ["final"], "until": "18/11/2026 24:00", "reason": "Máy hỏng",
    }  # fmt: skip
    return client.post(f"/lock-requests/ask/{sheet_of(province)}", data=data | changes)


def test_a_locked_sheet_leads_to_the_request_and_shows_the_opening_with_its_end(
    app: Flask, province: Province, client_for: Client
) -> None:
    shut(province, HEAD)
    teacher, sheet = client_for(TEACHER), sheet_of(province)
    ask = f"/lock-requests/ask/{sheet}"
    for page in (f"/gradebook/{sheet}", f"/gradebook/{sheet}/plain?column=final"):
        assert ask in teacher.get(page).text
    pupil = province.first.student_ids[0]
    panel = teacher.get(f"/gradebook/{sheet}/cell?student={pupil}&column=final").json
    assert panel is not None
    assert any(action["url"].startswith(ask) for action in panel["actions"])
    assert "Khóa để kiểm tra" in teacher.get(f"{ask}?column=final").text
    refused = send(teacher, province, reason=" ", until="hôm nào đó")
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert send(teacher, province).status_code == 302  # type: ignore[attr-defined]
    request_id = db.session.scalar(sa.select(ExtensionRequest.id))
    head = client_for(HEAD)
    assert f"/lock-requests/{request_id}" in head.get("/lock-requests/").text
    page = head.get(f"/lock-requests/{request_id}").text
    assert 'name="verdict"' in page
    assert 'name="verdict"' not in teacher.get(f"/lock-requests/{request_id}").text
    data = {
        "csrf_token": csrf(head), "verdict": "grant", "answer": "Đồng ý",
        "ordered_by": str(province.first.person_ids["giangnt"]),
    }  # fmt: skip
    assert head.post(f"/lock-requests/{request_id}/decide", data=data).status_code == 302
    shown = teacher.get(f"/gradebook/{sheet}").text
    assert "24:00 18/11/2026" in shown
    assert "Máy hỏng" in shown
    assert head.post(f"/lock-requests/{request_id}/decide", data=data).status_code == 422


def test_a_refusal_needs_its_reason_and_keeps_what_was_typed(
    app: Flask, province: Province, client_for: Client
) -> None:
    shut(province, HEAD)
    send(client_for(TEACHER), province)
    request_id, head = db.session.scalar(sa.select(ExtensionRequest.id)), client_for(HEAD)
    data = {"csrf_token": csrf(head), "verdict": "refuse", "ordered_by": ""}
    answer = head.post(f"/lock-requests/{request_id}/decide", data=data)
    assert answer.status_code == 422
    assert 'id="f-answer-error"' in answer.text


def test_the_landing_page_counts_what_waits(app: Flask, province: Province, client_for: Client) -> None:
    shut(province, HEAD)
    shut(province, LEADER)
    send(client_for(TEACHER), province)
    for username in (HEAD, "quantb.thcstk", LEADER, "daoct.sogd"):
        assert 'btn-sm" href="/lock-requests/"' in client_for(username).get("/").text, username
    assert 'btn-sm" href="/lock-requests/"' not in client_for("sonlv.xatk").get("/").text


def test_other_schools_see_nothing_of_it(app: Flask, province: Province, client_for: Client) -> None:
    shut(province, HEAD)
    send(client_for(TEACHER), province)
    request_id = db.session.scalar(sa.select(ExtensionRequest.id))
    other = client_for("giangnt.thcsba")
    assert other.get(f"/lock-requests/{request_id}").status_code == 404
    assert f"/lock-requests/{request_id}" not in other.get("/lock-requests/").text


def test_requests_cost_the_same_however_many(app: Flask, province: Province, client_for: Client) -> None:
    shut(province, HEAD)
    teacher, head = client_for(TEACHER), client_for(HEAD)
    send(teacher, province)
    head.get("/lock-requests/")
    with counting(app) as few:
        head.get("/lock-requests/")
    for column in ("midterm", "regular_1", "regular_2", "comment"):
        send(teacher, province, columns=[column])
    with counting(app) as many:
        head.get("/lock-requests/")
    assert len(many) <= len(few)


# -- trying a window out, and the rehearsal ------------------------------------------------------------------------


def test_a_window_is_tried_out_before_it_is_saved(app: Flask, province: Province, client_for: Client) -> None:
    client = client_for("quantb.thcstk")
    before = db.session.scalar(sa.select(sa.func.count()).select_from(LockWindow))
    db.session.rollback()
    data = form(client, province, simulate="1", mode="whole_book", columns=["final"])
    page = client.post("/locks/add", data=data)
    assert page.status_code == 200
    assert 'id="hv-simulation"' in page.text
    assert "Toán 7A" in page.text
    assert 'value="Nhập điểm giữa kì"' in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LockWindow)) == before
    office = client_for("daoct.sogd")
    leader = db.session.scalar(sa.select(LockWindow.ordered_by_id))
    data = form(office, province, simulate="1", effect="shut", columns=[], grades=[], ordered_by=str(leader))
    assert "THCS Thúc Kháng" in office.post("/locks/add", data=data).text


def test_a_window_follows_a_test(app: Flask, province: Province, client_for: Client) -> None:
    client = client_for("quantb.thcstk")
    math = str(province.subject_ids["math"])
    data = form(
        client, province, opens_at="", closes_at="", test_on="20/11/2026", test_days="7", subject_ids=[math]
    )
    assert client.post("/locks/add", data=data).status_code == 302
    row = db.session.scalars(sa.select(LockWindow).order_by(LockWindow.id.desc())).first()
    assert row is not None
    assert (row.closes_at - row.opens_at, row.subject_ids) == (8 * DAY, [int(math)])
    data = form(client, province, opens_at="", closes_at="", test_on="20/11/2026", test_days="x")
    assert 'id="f-test_days-error"' in client.post("/locks/add", data=data).text


def test_one_cell_is_locked_from_its_panel(app: Flask, province: Province, client_for: Client) -> None:
    client, sheet, pupil = client_for(HEAD), sheet_of(province), province.first.student_ids[0]
    page = client.get(f"/locks/add?sheet={sheet}&student={pupil}&column=final&effect=shut").text
    assert f'name="sheet_id" value="{sheet}" checked' in page
    assert f'name="student_ids" value="{pupil}" checked' in page
    data = form(
        client, province, effect="shut", columns=["final"], grades=[], sheet_id=str(sheet), student_ids=[str(pupil)],
    )  # fmt: skip
    assert client.post("/locks/add", data=data).status_code == 302
    row = db.session.scalars(sa.select(LockWindow).order_by(LockWindow.id.desc())).first()
    assert row is not None
    assert (row.sheet_id, row.student_ids, row.mode) == (sheet, [pupil], WindowMode.WHOLE_BOOK)
    assert client.get(f"/locks/{row.id}").status_code == 200
    other = province.second.sheet_ids["7A", "math", 1]
    assert client.get(f"/locks/add?sheet={other}").status_code == 404


def test_the_rehearsal_lists_what_is_missing_and_tells_who_owes_it(
    app: Flask, province: Province, client_for: Client
) -> None:
    head = client_for(HEAD)
    page = head.get("/lock-rehearsal/").text
    assert "Toán 7A" in page
    answer = head.post("/lock-rehearsal/notify", data={"csrf_token": csrf(head)})
    assert answer.status_code == 302
    told = db.session.scalars(sa.select(Notice).where(Notice.title.like("Rà soát%"))).all()
    assert {notice.person_id for notice in told} == {
        province.first.person_ids["longpd"], province.first.person_ids["habtt"],
    }  # fmt: skip
    assert any("Toán 7A" in notice.body and "ô trống" in notice.body for notice in told)
    count = sa.select(sa.func.count(Notice.id))
    before = db.session.scalar(count)
    head.post("/lock-rehearsal/notify", data={"csrf_token": csrf(head)})
    assert db.session.scalar(count) == before
    province.now += timedelta(hours=1, minutes=1)
    head = client_for(HEAD)
    head.post("/lock-rehearsal/notify", data={"csrf_token": csrf(head)})
    assert db.session.scalar(count) == 2 * (before or 0)
    office = client_for(LEADER)
    assert "THCS Thúc Kháng" in office.get("/lock-rehearsal/").text
    assert office.post("/lock-rehearsal/notify", data={"csrf_token": csrf(office)}).status_code == 302
    assert client_for("longpd.thcstk").get("/lock-rehearsal/").status_code == 403


def test_what_is_open_for_a_class_a_teacher_and_a_column(
    app: Flask, province: Province, client_for: Client
) -> None:
    client = client_for(HEAD)
    page = client.get("/lock-states/?on=20/01/2027&at=10:00").text
    assert "Toán 7A" in page
    assert "00:00 18/01/2027" in page
    only = client.get(
        f"/lock-states/?class=7B&teacher={province.first.person_ids['habtt']}&column=final"
    ).text
    assert "Toán 7B" in only
    assert "Toán 7A" not in only
    assert 'aria-invalid="true"' in client.get("/lock-states/?on=mai").text
    assert client_for("daoct.sogd").get(f"/lock-states/?unit={province.first.unit_id}").status_code == 200
    assert client_for(TEACHER).get("/lock-states/").status_code == 200
