"""Everybody lands on a page of their own; the page costs few statements and is in the reader's words."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Role
from app.extensions import db
from app.models import Account, AuditEvent, Person, Policy, Position
from app.services.progress_duties import Duties
from app.services.unit_of_work import transaction
from app.views.home import beginnings
from app.views.lock_texts import columns_title
from tests.conftest import counting, sign_in
from tests.factories.progress import MATH_CELLS, enter, fill, grow, window
from tests.factories.province import Province

LIMIT = 12
"""Statements a landing page may take (issue: "landing pages at most 12 statements")."""

ClientFor = Callable[[str], FlaskClient]


def give(province: Province, stem: str, role: Role, *, end_others: bool = False) -> None:
    """Another position for somebody of the first school."""
    person_id, unit_id = province.first.person_ids[stem], province.first.unit_id
    with transaction(SYSTEM, "test.arrange", clock=province.clock) as work:
        if end_others:
            for row in work.session.scalars(sa.select(Position).where(Position.person_id == person_id)):
                row.ends_on = date(2026, 9, 1)
        work.session.add(
            Position(
                person_id=person_id, unit_id=unit_id, role=role, title="Nhiệm vụ", starts_on=date(2026, 9, 1)
            )
        )


def test_every_account_lands_on_a_page(app: Flask, province: Province, client_for: ClientFor) -> None:
    for username in province.usernames:
        client = client_for(username)
        client.get("/")
        with counting(app) as statements:
            page = client.get("/")
        assert page.status_code == 200, username
        assert page.text.count("<h1") == 1, username
        assert len(statements) <= LIMIT, (username, statements)


@pytest.mark.parametrize("username", ["longpd.thcstk", "giangnt.thcstk", "hongvt.thcstk", "vanlt.sogd"])
def test_landing_pages_cost_the_same_when_the_province_grows(
    app: Flask, province: Province, client_for: ClientFor, username: str
) -> None:
    def cost() -> int:
        client = client_for(username)
        client.get("/")
        with counting(app) as statements:
            client.get("/")
        return len(statements)

    before = cost()
    grow(province)
    province.now += timedelta(days=5)
    after = cost()
    assert after <= LIMIT
    assert after <= before + 1  # a page with marks also asks who saved last


@pytest.mark.parametrize(
    ("role", "marker"),
    [
        (Role.PRINCIPAL, 'id="heat"'),
        (Role.VICE_PRINCIPAL, 'id="heat"'),
        (Role.SCHOOL_ADMIN, 'id="chores"'),
        (Role.INSPECTOR, 'id="heat"'),
        (Role.OFFICE_STAFF, 'id="places"'),
        (Role.IT_STAFF, 'id="places"'),
        (Role.TEAM_LEADER, "hv-empty"),
        (Role.SUBJECT_TEACHER, "hv-empty"),
        (Role.PARENT, "hv-empty"),
        (Role.STUDENT, "hv-empty"),
    ],
)
def test_each_school_role_has_its_page(
    app: Flask, province: Province, client_for: ClientFor, role: Role, marker: str
) -> None:
    give(province, "khuongyb", role, end_others=True)
    page = client_for("khuongyb.thcstk").get("/")
    assert page.status_code == 200
    assert marker in page.text
    assert ('id="chores"' in page.text) == (role in (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.SCHOOL_ADMIN))


def test_an_account_whose_position_has_ended_is_told_so(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    person_id = province.first.person_ids["khuongyb"]
    with transaction(SYSTEM, "test.arrange", clock=province.clock) as work:
        work.session.scalars(sa.select(Position).where(Position.person_id == person_id)).one().ends_on = date(
            2026, 10, 1
        )
    page = client_for("khuongyb.thcstk").get("/")
    assert page.status_code == 200
    assert "hv-empty" in page.text


def test_the_first_administrator_lands_before_there_is_a_department(app: Flask) -> None:
    account = db.session.scalars(sa.select(Account).where(Account.unit_id.is_(None))).one()
    from werkzeug.security import generate_password_hash

    from app.services.unit_of_work import plain_write

    with plain_write() as session:
        row = session.get_one(Account, account.id)
        row.password, row.must_change_password = (
            generate_password_hash("x" * 12, method="pbkdf2:sha256:1"),
            False,
        )
        username = row.username
    page = sign_in(app.test_client(), username, "x" * 12).get("/")
    assert page.status_code == 200
    assert "hv-empty" in page.text


def test_a_stranger_is_sent_to_sign_in(app: Flask) -> None:
    for path in ("/", "/teaching/", "/progress/", "/progress/school/1", "/progress/school/1/sheets"):
        answer = app.test_client().get(path)
        assert answer.status_code == 302
        assert "/login/" in answer.headers["Location"]


def test_the_plan_day_is_told_where_a_unit_has_decided_it(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    """S1 Điều 3 khoản 5.6: in time, to teachers only; team leaders sign."""
    told = "Cập nhật kế hoạch giáo dục trước hết ngày 28/11/2026"
    province.now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert told not in client_for("longpd.thcstk").get("/").text
    with transaction(SYSTEM, "test.plan_day", clock=province.clock) as work:
        work.session.add(
            Policy(
                unit_id=province.first.unit_id, key=PolicyKey.PLAN_DAY.value, value="28", reason="Quy chế",
                decided_at=province.now, starts_on=date(2026, 9, 1),
            )
        )  # fmt: skip
    give(province, "habtt", Role.TEAM_LEADER)
    assert told in client_for("longpd.thcstk").get("/").text
    assert "ký duyệt kế hoạch của giáo viên trong tổ" in client_for("habtt.thcstk").get("/").text
    assert told not in client_for("giangnt.thcstk").get("/").text
    assert told not in client_for("longpd.thcsba").get("/").text
    province.now += timedelta(days=9)
    # the next one is a month away
    assert "Cập nhật kế hoạch giáo dục" not in client_for("longpd.thcstk").get("/").text


def test_a_leader_who_teaches_can_switch(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for("giangnt.thcstk")
    assert "/teaching/" not in client.get("/").text
    assert client.get("/teaching/").status_code == 302
    give(province, "giangnt", Role.SUBJECT_TEACHER)
    assert 'href="/teaching/?term=2"' in client.get("/?term=2").text
    page = client.get("/teaching/")
    assert page.status_code == 200
    assert 'href="/"' in page.text


def test_a_task_leads_to_the_column(app: Flask, province: Province, client_for: ClientFor) -> None:
    window(province, province.first, province.now + timedelta(days=3), "midterm")
    sheet = fill(province, ("midterm",), students=3)
    page = client_for("longpd.thcstk").get("/").text
    assert re.search(rf'class="btn btn-sm btn-primary" href="/gradebook/{sheet}\?column=midterm"', page)
    assert page.count("btn-primary") == 1


def test_the_matrix_shows_percent_and_flags_late(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    window(province, province.first, province.now + timedelta(days=1), "regular_1")
    fill(province, ("regular_1",), students=6)
    province.now += timedelta(days=2)
    page = client_for("giangnt.thcstk").get("/").text
    sheet = province.first.sheet_ids["7A", "math", 1]
    cell = re.search(rf'<td class="([^"]*)"><a href="/gradebook/{sheet}">(.*?)</a>', page)
    assert cell is not None
    assert cell.group(1) == "is-bad"
    assert re.sub(r"<span.*?</span>", "", cell.group(2)).strip() == "75"
    term = client_for("giangnt.thcstk").get("/?measure=term").text
    assert (
        f'<a href="/gradebook/{sheet}"><span class="fa-solid fa-clock" aria-hidden="true"></span> 12<' in term
    )


def test_an_offices_look_into_a_school_is_on_record(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    unit = province.first.unit_id
    assert client_for("vanlt.sogd").get(f"/progress/school/{unit}").status_code == 200
    assert client_for("giangnt.thcstk").get(f"/progress/school/{unit}").status_code == 200
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "progress.view")).all()
    assert [(e.user.username, e.details) for e in events] == [("vanlt.sogd", {"unit": unit})]


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("giangnt.thcstk", 200),
        ("quantb.thcstk", 200),
        ("vanlt.sogd", 200),
        ("sonlv.xatk", 200),
        ("giangnt.thcsba", 404),
        ("longpd.thcstk", 403),
        ("hongvt.thcstk", 403),
    ],
)
def test_who_may_look_at_a_schools_progress(
    app: Flask, province: Province, client_for: ClientFor, username: str, status: int
) -> None:
    client, unit = client_for(username), province.first.unit_id
    assert client.get(f"/progress/school/{unit}").status_code == status
    assert client.get(f"/progress/school/{unit}/sheets").status_code == status


def test_the_list_of_sheets_is_filtered(app: Flask, province: Province, client_for: ClientFor) -> None:
    client, school = client_for("giangnt.thcstk"), province.first
    base = f"/progress/school/{school.unit_id}/sheets"

    def shown(query: str) -> set[str]:
        return set(re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', client.get(base + query).text))

    everything = {f"{c} · {s}" for c in ("7A", "7B") for s in ("Toán", "Nghệ thuật")}
    assert shown("") == everything
    assert shown(f"?class={school.class_ids['7A']}") == {"7A · Toán", "7A · Nghệ thuật"}
    assert shown(f"?subject={province.subject_ids['math']}") == {"7A · Toán", "7B · Toán"}
    assert shown(f"?teacher={school.person_ids['habtt']}") == {"7B · Toán", "7B · Nghệ thuật"}
    assert shown("?late=1") == shown("?unassigned=1") == shown("?class=0") == set()


def test_the_office_filters_its_schools(app: Flask, province: Province, client_for: ClientFor) -> None:
    client = client_for("vanlt.sogd")

    def shown(query: str) -> list[str]:
        return re.findall(r'<a href="/progress/school/\d+[^"]*">([^<]*)</a>', client.get("/" + query).text)

    assert sorted(shown("")) == ["THCS Bình An", "THCS Thúc Kháng"]
    assert shown("?q=binh an") == ["THCS Bình An"]
    assert shown("?kind=primary") == []
    assert len(shown(f"?parent={province.commune_id}&page=99")) == 2


def test_changes_after_entry_are_shown_with_old_and_new(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    enter(province, sheet, (student, "final", None, "4"))
    enter(province, sheet, (student, "final", "4", "6,5"))
    page = client_for("giangnt.thcstk").get("/").text
    assert "<del>4,0</del>" in page
    assert "<ins>6,5</ins>" in page


def test_columns_are_named_from_any_iterable(app: Flask) -> None:
    with app.test_request_context():
        assert columns_title(iter(["regular_2", "midterm"])) == "TX2, ĐĐGgk"


def test_pages_carry_no_inline_script_or_style(app: Flask, province: Province, client_for: ClientFor) -> None:
    fill(province, MATH_CELLS)
    for username in ("longpd.thcstk", "giangnt.thcstk", "vanlt.sogd", "hongvt.thcstk"):
        page = client_for(username).get("/").text
        main = page[page.index("<main") : page.index("</main>")]
        assert not re.search(r'\sstyle="|\son\w+="', main)
        assert not re.search(r'<script(?![^>]*(src=|type="application/json"))', main)


def test_a_school_that_begins_is_told_what_is_missing(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    """Its classes, and the accounts of its staff: never that all is in order."""
    with transaction(SYSTEM, "test.arrange", clock=province.clock) as work:
        person = Person(
            unit_id=province.first.unit_id, family_name="Lê", middle_name="", given_name="Mới",
            full_name="Lê Mới", name_folded="le moi", sort_key="moi le", title="Giáo viên",
        )  # fmt: skip
        work.session.add(person)
        work.flush()
        work.session.add(
            Position(
                person_id=person.id, unit_id=province.first.unit_id, role=Role.SUBJECT_TEACHER,
                title="Giáo viên", starts_on=date(2026, 9, 1),
            )
        )  # fmt: skip
    page = client_for("giangnt.thcstk").get("/").text
    assert "1 cán bộ, giáo viên chưa có tài khoản" in page
    assert "chưa có lớp nào" not in page
    with app.test_request_context(headers={"Accept-Language": "vi"}):
        (chore,) = beginnings(Duties(0, 0, 3, 0, 0, 0, 3, 0))
    assert "chưa có lớp nào" in chore.title
