"""Pages of teachers' remarks: forms that work without scripts, what is missing, refusals, the record as a file."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from io import BytesIO
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from app.domain.access import SYSTEM
from app.domain.vocabulary import Level, Role
from app.extensions import db
from app.models import AuditEvent, Position, SchoolClass, StudentNote, TeachingAssignment
from app.services.unit_of_work import transaction
from tests.conftest import csrf
from tests.factories.province import Province
from tests.services.correction_helpers import lock
from tests.views.forms import submit

ClientFor = Callable[[str], FlaskClient]

MONTH = "2026-11"
GOOD = "Ngoan, chăm học."

ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""Pages both engines draw alike; the verb is asked on both in tests/services."""

pytestmark = ONE_ENGINE


def path(province: Province, kind: str = "monthly", **query: object) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return f"/notes/{kind}/{province.first.class_ids['7A']}{asked}"


def preschool(province: Province) -> None:
    """7A becomes a preschool class of five-year-olds."""
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        room = work.session.get_one(SchoolClass, province.first.class_ids["7A"])
        room.level, room.grade, room.circular, room.name = Level.PRESCHOOL, 17, "preschool", "Lá 1"


def notes() -> list[StudentNote]:
    return list(db.session.scalars(sa.select(StudentNote).order_by(StudentNote.student_id)))


def test_the_homeroom_teacher_fills_the_form_and_sees_what_is_missing(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, students = client_for("longpd.thcstk"), province.first.student_ids
    page = client.get(path(province)).text
    assert page.count("hv-note is-missing") == 8
    answer = submit(client, path(province), **{f"text-{students[0]}": GOOD, f"text-{students[1]}": " "})
    assert answer.status_code == 303
    assert f"period={MONTH}" in answer.location
    page = client.get(answer.location).text
    assert "Đã lưu 1 nhận xét" in page or "1 remarks saved" in page
    assert page.count("hv-note is-missing") == 7
    assert [(n.student_id, n.text) for n in notes()] == [(students[0], GOOD)]


def test_a_suggestion_is_used_where_nothing_was_written(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, (one, two, *_rest) = client_for("longpd.thcstk"), province.first.student_ids
    page = client.get(path(province)).text
    pick = re.findall(r"<option>([^<]+)</option>", page)[0]
    sent = {f"pick-{one}": pick, f"pick-{two}": pick, f"text-{two}": GOOD}
    assert submit(client, path(province), **sent).status_code == 303
    assert [n.text for n in notes()] == [pick, GOOD]


def test_last_month_stands_beside_this_months_field(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, student = client_for("longpd.thcstk"), province.first.student_ids[0]
    submit(client, path(province, period="2026-10"), **{f"text-{student}": GOOD})
    page = client.get(path(province)).text
    assert re.search(rf'id="h-{student}">[^<]*10/2026: {GOOD}', page)


def test_a_class_and_its_students_are_remarked_on_by_subject(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, art = client_for("longpd.thcstk"), province.subject_ids["art"]
    address = path(province, "discipline", subject=art, period="2026-W47")
    assert client.get(address).text.count("hv-note is-missing") == 1  # the class's own line
    sent = {"text-0": "Nền nếp tốt.", f"text-{province.first.student_ids[2]}": "Quên vở."}
    answer = submit(client, address, **sent)
    assert answer.status_code == 303
    assert f"subject={art}" in answer.location
    assert {(n.student_id, n.subject_id, n.text) for n in notes()} == {
        (None, art, "Nền nếp tốt."),
        (province.first.student_ids[2], art, "Quên vở."),
    }


def test_a_refused_form_keeps_what_was_typed_and_links_to_the_line(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, (one, two, *_rest) = client_for("longpd.thcstk"), province.first.student_ids
    answer = submit(client, path(province), **{f"text-{one}": "x" * 501, f"text-{two}": GOOD})
    assert answer.status_code == 422
    assert f'href="#text-{one}"' in answer.text
    assert GOOD in answer.text
    assert notes() == []


def test_both_remarks_are_shown_when_somebody_saved_first(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, one = client_for("longpd.thcstk"), province.first.student_ids[0]
    submit(client, path(province), **{f"text-{one}": GOOD})
    mine = "Cần cố gắng."
    stale = {f"text-{one}": mine, f"old-{one}": ""}
    answer = submit(client, path(province), **stale)
    assert answer.status_code == 409
    assert f'name="choose-{one}" value="theirs"' in answer.text
    assert GOOD in answer.text
    assert mine in answer.text
    token = {"csrf_token": csrf(client), "period": MONTH, f"text-{one}": mine, f"old-{one}": GOOD}
    assert client.post(path(province), data=token | {f"choose-{one}": "theirs"}).status_code == 303
    assert [n.text for n in notes()] == [GOOD]
    assert client.post(path(province), data=token | {f"choose-{one}": "mine"}).status_code == 303
    db.session.expire_all()
    assert [n.text for n in notes()] == [mine]


def test_a_locked_month_is_text_with_the_reason(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, one = client_for("longpd.thcstk"), province.first.student_ids[0]
    submit(client, path(province), **{f"text-{one}": GOOD})
    token = csrf(client)
    province.now = datetime(2027, 1, 17, 17, tzinfo=UTC)
    page = client_for("longpd.thcstk").get(path(province, period=MONTH)).text
    assert "<textarea" not in page
    assert "Sở GDĐT Bình Giang" in page
    client = client_for("longpd.thcstk")
    sent = {"csrf_token": csrf(client), "period": MONTH, f"text-{one}": "x", f"old-{one}": GOOD}
    answer = client.post(path(province), data=sent)
    assert answer.status_code == 423
    assert token


@pytest.mark.parametrize(
    ("username", "monthly", "writes"),
    [
        ("longpd.thcstk", 200, True),
        ("giangnt.thcstk", 200, False),
        ("quantb.thcstk", 200, False),
        ("habtt.thcstk", 403, False),
        ("hongvt.thcstk", 403, False),
        ("vanlt.sogd", 200, False),
        ("sonlv.xatk", 200, False),
        ("longpd.thcsba", 404, False),
    ],
)
def test_who_may_open_a_class(
    app: Flask, province: Province, client_for: ClientFor, username: str, monthly: int, writes: bool
) -> None:
    client = client_for(username)
    answer = client.get(path(province))
    assert answer.status_code == monthly
    assert ("<textarea" in answer.text) == writes
    student = f"/notes/student/{province.first.student_ids[0]}"
    assert client.get(student).status_code == (404 if username == "habtt.thcstk" else monthly)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"period": "nonsense"}, 404),
        ({"period": "2026-12"}, 200),
        ({"period": "2027-09"}, 404),
    ],
)
def test_odd_addresses_get_an_answer(
    app: Flask, province: Province, client_for: ClientFor, query: dict[str, str], status: int
) -> None:
    assert client_for("longpd.thcstk").get(path(province, **query)).status_code == status


@pytest.mark.parametrize(
    "kind_query", [("discipline", {"subject": 99999}), ("development", {}), ("discipline", {"period": "T1"})]
)
def test_a_class_has_no_such_remarks(
    app: Flask, province: Province, client_for: ClientFor, kind_query: tuple[str, dict[str, object]]
) -> None:
    kind, query = kind_query
    assert client_for("longpd.thcstk").get(path(province, kind, **query)).status_code == 404


def test_preschool_keeps_a_record_by_area_and_exports_it(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    preschool(province)
    client, (one, two, *_rest) = client_for("longpd.thcstk"), province.first.student_ids
    assert client.get(path(province)).status_code == 404  # no monthly remarks
    address = path(province, "development", area="language")
    sent = {f"text-{one}": "Trẻ nói rõ ràng.", f"level-{one}": "yes", f"level-{two}": "no"}
    assert submit(client, address, **sent).status_code == 303
    assert {(n.student_id, n.area, n.reached, n.text) for n in notes()} == {
        (one, "language", True, "Trẻ nói rõ ràng."),
        (two, "language", False, None),
    }
    assert submit(client, address, **{f"level-{two}": ""}).status_code == 303
    assert client.get(path(province, "development", area="unknown")).status_code == 404
    answer = client.get(path(province, "development") + "/export.xlsx")
    rows = list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert rows[0][:5] == ("STT", "Họ và tên", "Ngày sinh", "Tháng", "Lĩnh vực")
    assert rows[1][3:8] == ("11/2026", "Phát triển ngôn ngữ", "Đạt", "Trẻ nói rõ ràng.", "Phạm Đức Long")
    assert len(rows) == 2
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "note.export")).one()
    assert event.details == {"rows": 1}


@pytest.mark.parametrize(
    ("username", "status"),
    [("giangnt.thcstk", 200), ("hongvt.thcstk", 403), ("habtt.thcstk", 403), ("vanlt.sogd", 403)],
)
def test_who_may_export_the_record(
    app: Flask, province: Province, client_for: ClientFor, username: str, status: int
) -> None:
    preschool(province)
    answer = client_for(username).get(path(province, "development") + "/export.xlsx")
    assert answer.status_code == status


def test_a_childs_page_says_that_there_are_no_marks(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    preschool(province)
    client, one = client_for("longpd.thcstk"), province.first.student_ids[0]
    submit(client, path(province, "development", area="physical"), **{f"text-{one}": "Trẻ chạy nhanh."})
    page = client.get(f"/notes/student/{one}").text
    assert "Trẻ chạy nhanh." in page
    assert "Phát triển thể chất" in page
    assert "Chương trình giáo dục mầm non" in page


def test_a_students_year_shows_who_changed_what(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, one = client_for("longpd.thcstk"), province.first.student_ids[0]
    submit(client, path(province), **{f"text-{one}": GOOD})
    province.now += timedelta(minutes=5)
    submit(client, path(province), **{f"text-{one}": "Chăm hơn trước."})
    page = client_for("giangnt.thcstk").get(f"/notes/student/{one}").text
    assert f"<del>{GOOD}</del>" in page
    assert "<ins>Chăm hơn trước.</ins>" in page
    assert "longpd.thcstk" in page


def test_the_list_shows_ones_own_and_leaders_the_whole_school(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    seven_a, seven_b = (province.first.class_ids[name] for name in ("7A", "7B"))
    page = client_for("longpd.thcstk").get("/notes/").text
    assert f"/notes/monthly/{seven_a}" in page
    assert f"/notes/monthly/{seven_b}" not in page
    assert f"/notes/discipline/{seven_a}?subject={province.subject_ids['art']}" in page
    page = client_for("giangnt.thcstk").get("/notes/").text
    assert f"/notes/monthly/{seven_a}" in page
    assert f"/notes/monthly/{seven_b}" in page
    assert "0/8" in page
    page = client_for("vanlt.sogd").get(f"/notes/?unit={province.first.unit_id}").text
    assert f"/notes/monthly/{seven_b}" in page
    other = client_for("giangnt.thcstk").get(f"/notes/?unit={province.second.unit_id}").text
    assert "/notes/monthly/" not in other


def test_the_landing_page_says_which_month_is_late(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    page = client_for("longpd.thcstk").get("/").text
    room = province.first.class_ids["7A"]
    assert f"/notes/monthly/{room}?period=2026-10" in page
    assert f"/notes/monthly/{room}?period={MONTH}" not in page  # two weeks left
    province.now = datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert f"/notes/monthly/{room}?period={MONTH}" in client_for("longpd.thcstk").get("/").text


def test_the_pages_of_class_and_student_lead_to_the_remarks(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    room, student = province.first.class_ids["7A"], province.first.student_ids[0]
    for username, shown in (("giangnt.thcstk", True), ("longpd.thcstk", True), ("habtt.thcstk", False)):
        page = client_for(username).get(f"/classes/show/{room}").text
        assert (f'href="/notes/monthly/{room}"' in page) == shown, username
    assert (
        f'href="/notes/student/{student}"'
        in client_for("giangnt.thcstk").get(f"/students/show/{student}").text
    )
    assert "/notes/student/" not in client_for("hongvt.thcstk").get(f"/students/show/{student}").text
    with transaction(SYSTEM, "test.team", clock=province.clock) as work:
        query = sa.select(Position).where(Position.person_id == province.first.person_ids["habtt"])
        work.session.scalars(query).one().role = Role.TEAM_LEADER
    leader = client_for("habtt.thcstk")  # sees every student, and remarks on those taught alone
    assert leader.get(f"/notes/student/{student}").status_code == 403
    assert "/notes/student/" not in leader.get(f"/students/show/{student}").text


def test_a_teacher_whose_assignment_ended_reads_no_more(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        for row in work.session.scalars(
            sa.select(TeachingAssignment).where(
                TeachingAssignment.person_id == province.first.person_ids["habtt"]
            )
        ):
            row.ends_on = date(2026, 11, 15)
    answer = client_for("habtt.thcstk").get(
        f"/notes/discipline/{province.first.class_ids['7B']}?period=2026-W47"
    )
    assert answer.status_code == 404  # nobody teaches 7B the subject any more


def test_a_locked_remark_leads_to_its_correction(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    client, student = client_for("longpd.thcstk"), province.first.student_ids[0]
    submit(client, path(province), **{f"text-{student}": GOOD})
    assert "/corrections/new" not in client.get(path(province)).text
    lock(province)
    page = client.get(path(province)).text
    link = unescape(re.findall(r'href="(/corrections/new[^"]*)"', page)[0])
    form = client.get(link).text
    assert f'name="new-{student}-text"' in form
    assert GOOD in form
    assert "/corrections/new" not in client_for("giangnt.thcstk").get(path(province)).text
    assert client.get("/corrections/new?place=notes&class_id=1&topic=monthly").status_code == 404
