"""Pages of the inspection menu: who opens them, what is put on record, and that an inspector only reads."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.domain.exceptions import ExceptionKind
from app.domain.watch import Pattern, Prompt
from app.extensions import db
from app.models import AuditEvent, ExceptionLook, ExceptionNote
from app.services.clock import local_day
from app.services.exceptions import tell_above
from app.services.unit_of_work import transaction
from app.views.watch import rows_url
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.correction_helpers import HEAD, TEACHER, enter_and_lock, sheet_of, student_of
from tests.services.watch_helpers import INSPECTOR, add_inspector, forge, inspect

Clients = Callable[[str], FlaskClient]


def pages(province: Province) -> list[str]:
    """Pages about the first school."""
    unit, room = province.first.unit_id, province.first.class_ids["7A"]
    return [
        "/inspect/",
        f"/inspect/book/{unit}",
        f"/inspect/book/{unit}?class={room}",
        f"/inspect/class/{room}",
        f"/inspect/after-lock/{unit}",
        f"/inspect/sample/{unit}",
        f"/inspect/sample/{unit}?kind=students&wanted=5&seed=2027",
        f"/watch/school/{unit}",
        f"/watch/school/{unit}/rows",
        "/watch/",
        "/exceptions/",
        "/inspections/",
        "/inspections/views",
        "/access-review/",
        f"/access-review/{unit}",
    ]


def views(province: Province) -> list[AuditEvent]:
    """What is on record of inspectors, oldest first."""
    query = sa.select(AuditEvent).where(AuditEvent.action == "inspect.view").order_by(AuditEvent.id)
    return list(db.session.scalars(query))


def test_an_inspector_opens_every_page_and_each_is_on_record(
    app: Flask, province: Province, client_for: Clients
) -> None:
    enter_and_lock(province, {"midterm": "6,5"})
    forge(province, sheet_of(province), student_of(province), TEACHER, midterm=Decimal(9))
    inspect(province, add_inspector(province), province.first.unit_id)
    client = client_for(INSPECTOR)
    assert "THCS Thúc Kháng" in client.get("/").text.partition("<main")[2]
    before = len(views(province))
    wanted = [
        *pages(province),
        f"/gradebook/{sheet_of(province)}/history",
        f"/gradebook/{sheet_of(province)}",
    ]
    for path in wanted:
        assert client.get(path).status_code == 200, path
    seen = views(province)[before:]
    assert [event.details["path"] for event in seen] == wanted
    assert {event.unit_id for event in seen if "gradebook" in event.details["path"]} == {
        province.first.unit_id
    }
    client.get("/static/css/hocvu.css").close()
    assert len(views(province)) == before + len(wanted)


def test_the_head_reads_what_was_opened_in_words_and_others_are_led_nowhere(
    app: Flask, province: Province, client_for: Clients
) -> None:
    """The notice of an inspection is everybody's; its link is for those the page opens to."""
    enter_and_lock(province, {"midterm": "6,5"})
    inspect(province, add_inspector(province), province.first.unit_id)
    client_for(INSPECTOR).get(f"/gradebook/{sheet_of(province)}")
    link = 'href="/inspections/views"'
    for who, led in ((HEAD, True), (TEACHER, False)):
        client = client_for(who)
        page = client.get("/notices/").text
        assert "Mọi trang đã xem đều được ghi lại" in page
        assert (link in page) is led
        assert (client.get("/inspections/views").status_code == 200) is led
    page = client_for(HEAD).get("/inspections/views").text
    found = re.findall(r'data-th="[^"]*">([^<]*)(?:<br>)?<code class="hv-meta">(/[a-z-]*)', page)
    assert ("Sổ theo dõi, đánh giá", "/gradebook") in found


def test_a_prompt_leads_to_its_own_rows(app: Flask, province: Province, client_for: Clients) -> None:
    enter_and_lock(province, {"midterm": "6,5", "final": "7"})
    forge(province, sheet_of(province), student_of(province), TEACHER, midterm=Decimal(9))
    first = province.now
    province.now += timedelta(hours=2)
    forge(province, sheet_of(province), student_of(province), TEACHER, final=Decimal(3))
    unit, person = province.first.unit_id, province.first.person_ids["longpd"]
    prompt = Prompt(Pattern.BURST, unit, person, "Phạm Đức Long", first - timedelta(minutes=5), first)
    with app.test_request_context():
        day = local_day(province.now)
        address = rows_url(unit, prompt, day, day)
    head = client_for(HEAD)
    rows = head.get(address).text.partition("<tbody>")[2]
    assert ("9,0" in rows, "3,0" in rows) == (True, False)
    everything = head.get(f"/watch/school/{unit}/rows?person={person}&from=x").text
    assert "3,0" in everything


def test_two_places_lead_to_the_sign_ins_of_that_account(
    app: Flask, province: Province, client_for: Clients
) -> None:
    head = client_for(HEAD)
    client_for(TEACHER)
    page = head.get("/audit/list/?_flt_0_account=Phạm Đức Long&_flt_0_action=sign_in").text
    rows = page.partition("<tbody")[2]
    assert TEACHER in rows
    assert HEAD not in rows
    assert TEACHER not in head.get("/audit/list/?_flt_0_account=Phạm").text.partition("<tbody")[2]


def test_an_inspector_of_other_units_finds_nothing(
    app: Flask, province: Province, client_for: Clients
) -> None:
    inspect(province, add_inspector(province), province.second.unit_id)
    client = client_for(INSPECTOR)
    own = {"/inspect/", "/watch/", "/exceptions/", "/inspections/", "/inspections/views", "/access-review/"}
    for path in pages(province):
        assert client.get(path).status_code == (200 if path in own else 404), path
    assert [event.outcome for event in views(province)][-2:] == ["done", "refused"]


def test_whatever_an_inspector_sends_is_refused(app: Flask, province: Province, client_for: Clients) -> None:
    """Every address that takes more than reading, with ids of the inspected school."""
    inspect(province, add_inspector(province), province.first.unit_id)
    client = client_for(INSPECTOR)
    token = csrf(client)
    adapter = app.url_map.bind("localhost")
    wrong = []
    for rule in app.url_map.iter_rules():
        view = rule.endpoint.partition(".")[0]
        if "POST" not in (rule.methods or ()) or view in (
            "AccountView",
            "AuthDBView",
            "NoticeView",
            "LocaleView",
        ):
            continue
        if rule.endpoint.startswith(("appbuilder", "static")) or "/api/" in rule.rule or view == "SignInApi":
            continue
        values = dict.fromkeys(rule.arguments, 1)
        values |= {
            name: "x"
            for name in rule.arguments
            if type(rule._converters[name]).__name__ == "UnicodeConverter"
        }
        path = adapter.build(rule.endpoint, values, method="POST")
        answer = client.post(path, data={"csrf_token": token})
        if answer.status_code not in (400, 401, 403, 404, 405) or "/login" in (answer.location or ""):
            wrong.append((rule.rule, answer.status_code))
    assert wrong == []


def test_the_head_reads_the_pages_opened(app: Flask, province: Province, client_for: Clients) -> None:
    inspect(province, add_inspector(province), province.first.unit_id)
    client_for(INSPECTOR).get(f"/inspect/after-lock/{province.first.unit_id}")
    page = client_for("giangnt.thcstk").get("/inspections/views").text
    assert "Tạ Quang Vinh" in page
    assert f"/inspect/after-lock/{province.first.unit_id}" in page
    assert "Tạ Quang Vinh" not in client_for("giangnt.thcsba").get("/inspections/views").text


@pytest.mark.parametrize("who", ["longpd.thcstk", "hongvt.thcstk"])
def test_a_teacher_and_the_office_find_no_door(
    app: Flask, province: Province, client_for: Clients, who: str
) -> None:
    client = client_for(who)
    for path in pages(province):
        assert client.get(path).status_code in (302, 403, 404), path


def test_another_schools_head_finds_no_such_page(app: Flask, province: Province, client_for: Clients) -> None:
    client = client_for("giangnt.thcsba")
    for path in pages(province):
        if str(province.first.unit_id) in path.partition("?")[0] or "/class/" in path:
            assert client.get(path).status_code in (403, 404), path


def test_the_red_line_stands_on_the_page(app: Flask, province: Province, client_for: Clients) -> None:
    enter_and_lock(province, {"midterm": "6,5"})
    client = client_for("sonlv.xatk")
    path = f"/inspect/after-lock/{province.first.unit_id}"
    assert "is-bad" not in client.get(path).text.partition("<main")[2]
    forge(province, sheet_of(province), student_of(province), TEACHER, midterm=Decimal(9))
    page = client.get(path).text
    assert 'class="danger"' in page
    assert "Nguyễn Hoàng An" in page


def test_an_office_notes_that_it_looked(app: Flask, province: Province, client_for: Clients) -> None:
    with transaction(SYSTEM, "test.tell", clock=province.clock) as work:
        tell_above(work, province.first.unit_id, ExceptionKind.REOPENING, "Mở lại sổ học kì I")
    note = db.session.scalars(sa.select(ExceptionNote.id)).one()
    client = client_for("sonlv.xatk")
    assert "Mở lại sổ học kì I" in client.get("/exceptions/").text
    assert client.get("/").text.count("/exceptions/") >= 2  # the menu, and what waits
    answer = client.post(f"/exceptions/{note}/look", data={"csrf_token": csrf(client), "text": "Đã hỏi"})
    assert answer.status_code == 302
    assert db.session.scalars(sa.select(ExceptionLook.text)).all() == ["Đã hỏi"]
    school = client_for("giangnt.thcstk")
    assert "Đã hỏi" in school.get("/exceptions/").text
    assert school.get(f"/exceptions/{note}/look").status_code == 403
    assert client_for("giangnt.thcsba").get(f"/exceptions/{note}/look").status_code in (403, 404)


def test_the_head_signs_the_access_review(app: Flask, province: Province, client_for: Clients) -> None:
    client = client_for("giangnt.thcstk")
    page = client.get("/access-review/").text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    answer = client.post(
        "/access-review/sign", data={"csrf_token": csrf(client), "seen": seen, "note": "Đã xem"}
    )
    assert answer.status_code == 302
    assert "Đã xem" in client.get("/access-review/").text
    assert "Đã xem" in client_for("sonlv.xatk").get("/access-review/").text
    file = client.get(f"/access-review/{province.first.unit_id}/file")
    assert file.data.startswith(b"PK")


def test_a_leader_sends_and_calls_back_an_inspector(
    app: Flask, province: Province, client_for: Clients
) -> None:
    person = add_inspector(province)
    client = client_for("binhhv.sogd")
    day = f"{province.now + timedelta(days=1):%d/%m/%Y}"
    data = {
        "csrf_token": csrf(client), "person_id": person, "unit_ids": [province.first.unit_id],
        "starts_on": f"{province.now:%d/%m/%Y}", "ends_on": day, "decision": "15/QĐ", "purpose": "Kiểm tra sổ",
    }  # fmt: skip
    assert client.post("/inspections/create", data=data | {"purpose": ""}).status_code == 200
    assert client.post("/inspections/create", data=data).status_code == 302
    assert "15/QĐ" in client_for("giangnt.thcstk").get("/inspections/").text
    assert client.post("/inspections/1/end", data={"csrf_token": csrf(client)}).status_code == 302


def test_pages_take_few_statements(app: Flask, province: Province, client_for: Clients) -> None:
    client = client_for("giangnt.thcstk")
    for path in pages(province)[1:]:
        with counting(app) as statements:
            client.get(path)
        assert len(statements) <= 40, path
