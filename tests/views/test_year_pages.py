"""The pages after a year: entry without script, lists, regulations; what each reader sees and is refused."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from app.domain.access import SYSTEM
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.corrections import Preset
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Level
from app.extensions import db
from app.models import AuditEvent, LockWindow, YearDecision
from app.services.results.refresh import refresh
from app.services.unit_of_work import transaction
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.correction_helpers import LEADER_ABOVE, set_preset, sit_all
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class, put
from tests.services.test_policies import decide as set_rule
from tests.services.test_results_primary import GRADE_4, fill_primary
from tests.services.year_helpers import open_book, teach

ClientFor = Callable[[str], FlaskClient]
HEAD, HOMEROOM, TEACHER, OTHER = "giangnt.thcstk", "longpd.thcstk", "habtt.thcstk", "khuongyb.thcstk"


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the services' tests try."""
    return "sqlite"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A: one at 9.0, one to be tested again in mathematics, one with summer training before them."""
    found = make_class(province, "8A", pupils=3)
    good, low, summer = found.students
    fill(province, found, [good], "9.0")
    fill(province, found, [low], "4.0")
    fill(province, found, [summer], "7.0")
    put(province, found, summer, "training", 2, training="not_passed")
    province.now = YEAR_OVER
    return found


def test_entry_saves_and_says_what_changed(province: Province, made: Made, client_for: ClientFor) -> None:
    math = teach(province, made, "math", "habtt")
    open_book(province)
    client, low = client_for(TEACHER), made.students[1]
    path = f"/results/year/{made.class_id}"
    page = client.get(path).text
    field = f"{math}-{low}-retest"
    assert f'name="new-{field}"' in page
    assert page.count('name="new-') == 1
    data = {"csrf_token": csrf(client), f"old-{field}": "", f"new-{field}": "8,0"}
    answer = client.post(f"{path}/retests", data=data)
    assert answer.status_code == 200
    assert "4,0 → 8,0" not in answer.text
    assert "– → 8,0" in answer.text
    wrong = client.post(f"{path}/retests", data=data | {f"old-{field}": "8", f"new-{field}": "12"})
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.text
    assert "Toán" in wrong.text
    stale = client.post(f"{path}/retests", data=data | {f"new-{field}": "9"})
    assert stale.status_code == 409
    assert "8,0" in stale.text


def test_the_homeroom_teacher_and_the_head(province: Province, made: Made, client_for: ClientFor) -> None:
    open_book(province)
    path, summer = f"/results/year/{made.class_id}", made.students[2]
    teacher, head = client_for(HOMEROOM), client_for(HEAD)
    field = f"0-{summer}-training_after"
    page = teacher.get(path).text
    assert f'name="new-{field}"' in page
    assert "disability_reason" not in page
    data = {
        "csrf_token": csrf(teacher),
        f"old-{field}": "",
        f"new-{field}": "passed",
        f"reason-{field}": "Đã sửa chữa",
    }
    saved = teacher.post(f"{path}/decisions", data=data)
    assert saved.status_code == 200
    assert "Rèn luyện trong kì nghỉ hè" in saved.text or "Summer training" in saved.text
    assert "<del>" in saved.text
    assert "Đã sửa chữa" in saved.text
    named = {"csrf_token": csrf(head), "add-student": summer, "add-reason": "Kế hoạch cá nhân số 1"}
    unplanned = head.post(f"{path}/decisions", data=named | {"add-reason": " "})
    assert unplanned.status_code == 422
    assert f'value="{summer}" selected' in unplanned.text
    assert "Kế hoạch cá nhân số 1" in head.post(f"{path}/decisions", data=named).text
    row = db.session.get_one(YearDecision, (summer, made.year_id))
    assert (row.training_after, row.disability_reason) == ("passed", "Kế hoạch cá nhân số 1")
    assert "Kế hoạch cá nhân số 1" in teacher.get(path).text


def test_a_primary_class(province: Province, client_for: ClientFor) -> None:
    made = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=1)
    province.now = YEAR_OVER
    open_book(province, ("final", "retest"))
    (pupil,) = made.students
    fill_primary(province, made, pupil, SubjectLevel.WELL, "8", TraitLevel.GOOD)
    path, teacher = f"/results/year/{made.class_id}", client_for(HOMEROOM)
    page = teacher.get(path)
    assert page.status_code == 200
    assert page.text.count("Khen thưởng: Học sinh Tiêu biểu") == page.text.count("Hoàn thành tốt") == 1
    assert 'id="b-recognised"' not in page.text  # both halves of the award are one line
    data = {"csrf_token": csrf(teacher)}
    for name, value in (("outstanding", "Giải Nhất viết chữ đẹp"), ("recognised", "1")):
        field = f"0-{pupil}-{name}"
        assert f'name="new-{field}"' in page.text
        data |= {f"old-{field}": "", f"new-{field}": value}
    assert teacher.post(f"{path}/decisions", data=data).status_code == 200
    assert "Tiêu biểu" in teacher.get(f"/results/lists/{made.class_id}").text


def test_refused_by_role_and_by_lock(province: Province, made: Made, client_for: ClientFor) -> None:
    math = teach(province, made, "math", "habtt")
    path, low = f"/results/year/{made.class_id}", made.students[1]
    assert client_for(OTHER).get(path).status_code == 403
    assert client_for("longpd.thcsba").get(path).status_code == 404
    client = client_for(TEACHER)
    page = client.get(path)
    assert "fa-lock" in page.text
    assert "có chọn cột Kiểm tra, đánh giá lại" in page.text
    assert ": retest" not in page.text
    assert "nhập retest" not in page.text
    assert 'name="new-' not in page.text
    field = f"{math}-{low}-retest"
    data = {"csrf_token": csrf(client), f"old-{field}": "", f"new-{field}": "8"}
    assert client.post(f"{path}/retests", data=data).status_code == 423
    decision = f"0-{low}-training_after"
    judged = {"csrf_token": csrf(client), f"old-{decision}": "", f"new-{decision}": "passed"}
    assert client.post(f"{path}/decisions", data=judged).status_code == 403
    homeroom = client_for(HOMEROOM)
    assert homeroom.post(f"{path}/retests", data=data | {"csrf_token": csrf(homeroom)}).status_code == 403
    office = client_for("hongvt.thcstk")
    assert 'name="new-' not in office.get(path).text


@pytest.mark.parametrize(("later", "offered"), [(60, True), (300, False)])
def test_a_year_long_past_is_not_said_to_open_again(
    province: Province, made: Made, client_for: ClientFor, later: int, offered: bool
) -> None:
    province.now = YEAR_OVER + timedelta(days=later)
    page = client_for(HEAD).get(f"/results/year/{made.class_id}")
    assert page.status_code == 200
    order = 'href="/locks/add?year=2026&amp;term=2&amp;columns=retest"'
    assert (order in page.text.split('class="hv-msg is-lock"')[1].split("</div>")[0]) is offered


def test_a_lock_is_told_once(province: Province, client_for: ClientFor) -> None:
    made = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=3)
    for pupil in made.students:
        fill_primary(province, made, pupil, SubjectLevel.WELL, "8", TraitLevel.GOOD)
    province.now = YEAR_OVER
    page = client_for(HOMEROOM).get(f"/results/year/{made.class_id}").text
    assert page.count("Mở cùng cột Cuối kì của học kì II") == 1
    assert page.count("Chưa có lịch nào mở cột này") == 2  # of retests above, of the award at its list
    head = client_for(HEAD).get(f"/results/year/{made.class_id}").text
    assert 'id="b-outstanding"' not in head  # who may not write sees what was written


def test_an_answers_address_read_again_is_the_form(made: Made, client_for: ClientFor) -> None:
    client, path = client_for(HOMEROOM), f"/results/year/{made.class_id}"
    for part in ("retests", "decisions"):
        assert "Sau năm học: lớp 8A" in client.get(f"{path}/{part}?term=1").text
        assert client_for("longpd.thcsba").get(f"{path}/{part}").status_code == 404


def test_who_waits_is_told_on_the_way_there(
    app: Flask, province: Province, made: Made, client_for: ClientFor
) -> None:
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    teach(province, made, "math", "habtt")
    waits = "Kiểm tra, đánh giá lại: 1 · Rèn luyện trong kì nghỉ hè: 1"
    for username in (HEAD, HOMEROOM, TEACHER):
        client = client_for(username)
        assert waits in client.get("/").text
        with counting(app) as statements:
            page = client.get("/results/year/").text
        assert waits in page
        assert len(statements) <= 10
    assert "Lớp 8A" not in client_for(OTHER).get("/results/year/").text


def test_numbers_of_a_year_say_what_they_tell_of(
    province: Province, made: Made, client_for: ClientFor
) -> None:
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    client = client_for(HEAD)
    for path in (
        f"/results/class/{made.class_id}?period=0",
        f"/results/unit/{made.unit_id}?period=0&grade=8",
    ):
        page = client.get(path).text
        assert page.count("tính đến cuối năm học") == 3
        assert page.count("sau kiểm tra lại, rèn luyện hè và quyết định") == 1
    assert "tính đến cuối năm học" not in client.get(f"/results/class/{made.class_id}?period=1").text


def test_the_lock_calendar_of_a_year_that_is_over_shows_today(
    province: Province, client_for: ClientFor
) -> None:
    province.now = YEAR_OVER
    client = client_for(HEAD)
    assert "Tháng 06/2027" in client.get("/locks/").text
    assert "Tháng 09/2026" in client.get("/locks/?term=1").text
    form = client.get("/locks/add?columns=retest").text
    assert 'value="retest" checked' in form
    assert 'value="15/06/2027 10:00"' in form


def test_statements_of_the_page(app: Flask, province: Province, made: Made, client_for: ClientFor) -> None:
    teach(province, made, "math", "longpd")
    open_book(province)
    client = client_for(HOMEROOM)
    client.get(f"/results/year/{made.class_id}")
    with counting(app) as statements:
        client.get(f"/results/year/{made.class_id}")
    assert len(statements) <= 28
    with counting(app) as statements:
        client.get(f"/results/lists/{made.class_id}")
    assert len(statements) <= 26


def test_lists_of_a_class(province: Province, made: Made, client_for: ClientFor) -> None:
    client = client_for(HOMEROOM)
    page = client.get(f"/results/lists/{made.class_id}")
    assert page.status_code == 200
    found = re.findall(r'id="h-([a-z_0-9-]+)">[^<]*: (\d+)</h2>', page.text)
    assert dict(found) == {"promoted": "1", "retest": "1", "summer": "1", "title-0-excellent": "1"}
    assert "Toán 4,0" in page.text
    book = load_workbook(BytesIO(client.get(f"/results/lists/{made.class_id}/export.xlsx").data))
    assert book.sheetnames[:3] == ["Được lên lớp", "Kiểm tra, đánh giá lại", "Rèn luyện hè"]
    assert "Toán 4,0" in str(book["Kiểm tra, đánh giá lại"]["F4"].value)
    logged = sa.select(AuditEvent.target_id).where(AuditEvent.action == "result.export")
    assert db.session.scalars(logged).all() == [made.class_id]
    assert client_for(TEACHER).get(f"/results/lists/{made.class_id}").status_code == 403
    assert client_for("giangnt.thcsba").get(f"/results/lists/{made.class_id}").status_code == 404
    assert client_for("vanlt.sogd").get(f"/results/lists/{made.class_id}/export.xlsx").status_code == 403


def test_lists_of_a_school(province: Province, made: Made, client_for: ClientFor) -> None:
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    head = client_for(HEAD)
    page = head.get("/results/lists/", follow_redirects=True)
    assert page.status_code == 200
    assert f"/results/lists/{made.class_id}" in page.text
    grade = head.get(f"/results/lists/unit/{made.unit_id}?grade=8").text
    assert "Toán 4,0" in grade
    assert client_for("giangnt.thcsba").get(f"/results/lists/unit/{made.unit_id}").status_code == 404
    above = client_for("vanlt.sogd")
    assert above.get("/results/lists/").headers["Location"] == "/results/"
    assert above.get(f"/results/lists/unit/{made.unit_id}?grade=8").status_code == 200
    looked = sa.select(AuditEvent.action).where(AuditEvent.action == "result.view")
    assert db.session.scalars(looked).all() == ["result.view"]


def test_regulations(province: Province, client_for: ClientFor) -> None:
    page = client_for(OTHER).get("/regulations/")
    assert page.status_code == 200
    for text in ("TT 22/2021", "TT 22/2021 Điều 9 khoản 3", "2026–2027", "2016–2017", "7A, 7B"):
        assert text in page.text
    assert "/policies/#rule-one_subject" not in page.text
    set_rule(province, "binhhv.sogd", PolicyKey.ONE_SUBJECT, "ignore")
    page = client_for(HEAD).get("/regulations/").text
    assert "/policies/#rule-one_subject" in page
    assert "Sở GDĐT Bình Giang" in page
    office = client_for("vanlt.sogd")
    found = office.get("/regulations/?q=binh an").text
    assert f"/regulations/unit/{province.second.unit_id}" in found
    assert "TT 43/2021" in office.get(f"/regulations/unit/{province.second.unit_id}").text
    assert client_for("giangnt.thcsba").get(f"/regulations/unit/{province.first.unit_id}").status_code == 404


def test_readings_are_set_on_the_page_of_rules(province: Province, client_for: ClientFor) -> None:
    client = client_for(HEAD)
    page = client.get("/policies/").text
    assert 'id="rule-one_subject"' in page
    assert 'id="rule-centre_titles"' not in page
    data = {
        "csrf_token": csrf(client), "value": "ignore", "starts_on": "16/11/2026", "reason": "Thống nhất trong tổ",
        "ordered_by": province.first.person_ids["giangnt"],
    }  # fmt: skip
    assert client.post("/policies/one_subject", data=data).status_code == 302
    set_rule(province, "binhhv.sogd", PolicyKey.COMMENT_SUBJECT, "off")
    assert client.post("/policies/comment_subject", data=data | {"value": "on"}).status_code == 422
    assert 'id="rule-centre_titles"' in client_for("binhhv.sogd").get("/policies/").text


def test_a_correction_is_asked_for_from_the_locked_row(
    app: Flask, province: Province, made: Made, client_for: ClientFor
) -> None:
    math = teach(province, made, "math", "habtt")
    set_preset(province, Preset.S1)
    open_book(province)
    low, path = made.students[1], f"/results/year/{made.class_id}"
    field = f"{math}-{low}-retest"
    client = client_for(TEACHER)
    data = {"csrf_token": csrf(client), f"old-{field}": "", f"new-{field}": "6"}
    assert client.post(f"{path}/retests", data=data).status_code == 200
    assert "/corrections/new" not in client.get(path).text
    province.now += timedelta(minutes=1)
    end_windows(province)
    (link,) = re.findall(r'href="(/corrections/new[^"]*)"', client.get(path).text)
    link = unescape(link)
    form = client.get(link).text
    assert f'name="new-{low}-retest"' in form
    assert 'value="6.0"' in form
    sent = {
        "csrf_token": csrf(client), "cell": f"{low}:retest", f"old-{low}-retest": "6.0",
        f"new-{low}-retest": "6,5", "reason": "Cộng sai điểm", "do": "send",
    }  # fmt: skip
    assert client.post(link, data=sent | {f"new-{low}-retest": "65"}).status_code == 422
    assert client.post(link, data=sent).status_code == 422  # the year is over: with evidence only
    asked = client.post(link, data=sent | {"evidence": (BytesIO(b"%PDF-1.4"), "bai-lam.pdf")})
    assert asked.status_code == 302
    page = client.get(asked.location).text
    for text in ("6,0", "6,5", f'href="{path}"', "8A"):
        assert text in page
    assert "6,5" in client.get("/corrections/?tab=mine").text
    request_id = int(asked.location.rpartition("/")[2])
    sit_all(province, request_id, (HOMEROOM, HEAD, LEADER_ABOVE))
    assert "<del>6,0</del>" in client.get(path).text
    assert (
        client.get(f"/corrections/new?place=year&class_id={made.class_id}&subject_id=99999").status_code
        == 404
    )
    decisions = f"/corrections/new?place=year&class_id={made.class_id}&cell={made.students[2]}:training_after"
    homeroom = client_for(HOMEROOM)
    with counting(app) as one:
        assert "training_after_reason" in homeroom.get(decisions).text
    with counting(app) as two:
        homeroom.get(f"{decisions}_reason&cell={made.students[2]}:training_after")
    assert len(two) <= len(one) < 60


def end_windows(province: Province) -> None:
    with transaction(SYSTEM, "test.end", clock=province.clock) as work:
        for row in work.session.scalars(sa.select(LockWindow)):
            row.closes_at = min(row.closes_at or province.now, province.now)


def test_the_students_year_leads_to_corrections_of_its_sheets(
    province: Province, made: Made, client_for: ClientFor
) -> None:
    page = client_for(HOMEROOM).get(f"/results/student/{made.students[0]}/year/{made.year_id}?period=0").text
    sheet = made.sheets["math", 2]
    assert f"/corrections/new?sheet={sheet}&amp;student={made.students[0]}" in page
