"""The pages about accounts, roles, groups and the board, as people use them: forms without JavaScript."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import Account, AdminBoard, AuditEvent, OrgUnit, Position, UnitGroup, UnitGroupMember
from app.services import account_state, accounts
from app.services.people import PersonName, add_person
from app.services.unit_of_work import transaction
from tests.conftest import counting, csrf, sign_in
from tests.factories.province import PASSWORD, Province
from tests.services.helpers import acting

ClientFor = Callable[[str], FlaskClient]
OWN = "Mưa rào tháng bảy 2026"
DECISION = "QĐ số 12/QĐ-UBND ngày 05/08/2026"


@pytest.fixture
def engine_name() -> str:
    """One engine: the verbs behind the pages are tried on both."""
    return "sqlite"


def post(client: FlaskClient, path: str, **data: object) -> object:
    """Post a form with its token, following nothing."""
    return client.post(path, data={"csrf_token": csrf(client), **data})


def id_of(username: str) -> int:
    return db.session.scalars(sa.select(Account.id).where(Account.username == username)).one()


def hire(province: Province, *names: PersonName) -> list[int]:
    with transaction(SYSTEM, "test.hire", clock=province.clock) as work:
        unit = work.session.get_one(OrgUnit, province.first.unit_id)
        people = [add_person(work, unit, name, {}, day=province.now.date()) for name in names]
        work.flush()
        return [person.id for person in people]


def test_a_staff_list_becomes_accounts_and_a_sheet_shown_once(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    ids = hire(province, PersonName("Ngô", "Thanh", "Giang"), PersonName("Lê", "Thị", "Hoa"))
    client = client_for("quantb.thcstk")
    page = client.get("/accounts/new").text
    assert all(f'value="{person}" checked' in page for person in ids)
    sheet = post(client, "/accounts/new", person=ids)
    assert sheet.status_code == 200
    assert sheet.headers["Cache-Control"] == "no-store"
    found = dict(
        re.findall(
            r'<dd class="hv-mono">([a-z0-9]+\.thcstk)</dd>.*?<dd class="hv-mono">(\w{12})</dd>', sheet.text
        )
    )
    assert sorted(found) == ["giangnt2.thcstk", "hoalt.thcstk"]
    again = post(client, "/accounts/new", person=ids)
    assert 'role="alert"' in again.text
    assert "hv-mono" not in again.text
    for username, password in found.items():
        first = sign_in(app.test_client(), username, password)
        for path in ("/", "/accounts/", "/account/", "/notices/"):
            assert first.get(path).headers["Location"] == "/account/password"
        first.post("/account/password", data=_change(first, password, OWN, path="/account/password"))
        assert first.get("/account/").status_code == 200
    stored = db.session.scalars(sa.select(AuditEvent)).all()
    assert not any(password in repr(event.details) for event in stored for password in found.values())


def _change(
    client: FlaskClient, old: str, new: str, again: str | None = None, path: str = "/account/"
) -> dict[str, str]:
    return {
        "csrf_token": csrf(client, path),
        "old": old,
        "new": new,
        "again": new if again is None else again,
    }


def test_changing_a_password_keeps_this_browser_and_ends_the_others(client_for: ClientFor) -> None:
    here, there = client_for("longpd.thcstk"), client_for("longpd.thcstk")
    for data, field in (
        (_change(here, "wrong", OWN), "old"),
        (_change(here, PASSWORD, "short"), "new"),
        (_change(here, PASSWORD, OWN, "other"), "again"),
        (_change(here, "", ""), "old"),
    ):
        page = here.post("/account/password", data=data)
        assert (page.status_code, f'id="{field}-e"' in page.text) == (200, True)
    done = here.post("/account/password", data=_change(here, PASSWORD, OWN))
    assert done.headers["Location"] == "/account/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_my_sessions_and_ending_the_others(client_for: ClientFor) -> None:
    here, there = client_for("longpd.thcstk"), client_for("longpd.thcstk")
    assert here.get("/account/").text.count("127.0.0.1") == 2
    post(here, "/account/sign-out-elsewhere")
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").text.count("127.0.0.1") == 1


def test_the_list_is_searched_and_filtered(province: Province, client_for: ClientFor) -> None:
    client = client_for("quantb.thcstk")

    def shown(query: str) -> list[str]:
        return re.findall(
            r'<span class="hv-nowrap">([a-z0-9._]+)</span>', client.get(f"/accounts/?{query}").text
        )

    assert shown("q=KHƯƠNG") == ["khuongyb.thcstk"]
    assert shown("q=habtt") == ["habtt.thcstk"]
    assert shown("q=100%25") == []
    assert shown("state=disabled") == []
    assert shown("state=active") == shown("")
    assert "quantb.thcstk" not in shown("state=never")
    assert len(shown("")) == 7
    assert not [name for name in shown("below=1") if not name.endswith(".thcstk")]
    above = client_for("maipt.xatk").get("/accounts/?below=1").text
    assert "longpd.thcsba" in above


def test_reset_disable_enable_and_correct(app: Flask, province: Province, client_for: ClientFor) -> None:
    client, target = client_for("quantb.thcstk"), id_of("longpd.thcstk")
    page = client.get(f"/accounts/{target}").text
    assert f"/accounts/{target}/reset" in page
    slip = post(client, f"/accounts/{target}/reset")
    password = re.findall(r'<dd class="hv-mono">(\w{12})</dd>', slip.text)[0]
    assert sign_in(app.test_client(), "longpd.thcstk", password)
    no_reason = post(client, f"/accounts/{target}/disable")
    assert 'id="reason-e"' in no_reason.text
    assert post(client, f"/accounts/{target}/disable", reason="Chuyển trường").status_code == 302
    assert "Chuyển trường" in client.get("/accounts/").text
    assert post(client, f"/accounts/{target}/enable").status_code == 302
    wrong = post(client, f"/accounts/{target}/name", family_name="Phạm", given_name="", written_name="")
    assert 'id="given_name-e"' in wrong.text
    right = {"family_name": "Phạm", "middle_name": "Đức Hải", "given_name": "Long", "written_name": ""}
    assert post(client, f"/accounts/{target}/name", **right).status_code == 302
    assert "Phạm Đức Hải Long" in client.get(f"/accounts/{target}").text


def test_what_one_may_not_do_is_neither_shown_nor_done(province: Province, client_for: ClientFor) -> None:
    client, head = client_for("quantb.thcstk"), id_of("giangnt.thcstk")
    page = client.get(f"/accounts/{head}").text
    assert f"/accounts/{head}/reset" not in page
    assert post(client, f"/accounts/{head}/reset").status_code == 403
    foreign = id_of("longpd.thcsba")
    for path in (f"/accounts/{foreign}", f"/accounts/sign-ins?account={foreign}"):
        assert client.get(path).status_code == 404
    assert post(client, f"/accounts/{foreign}/reset").status_code == 404
    assert client.get(f"/accounts/new?unit={province.second.unit_id}").status_code == 404
    teacher = client_for("longpd.thcstk")
    for path in (
        "/accounts/",
        "/roles/",
        "/groups/",
        "/unit-admins/",
        "/board/appoint",
        "/first-department/",
    ):
        assert teacher.get(path).status_code == 403
    assert teacher.get("/board/").status_code == 200


MENUS = {
    # account: addresses of the administration menu it sees
    "longpd.thcstk": {"/board/"},
    "hocnv.thcstk": {"/board/", "/accounts/"},
    "quantb.thcstk": {"/board/", "/accounts/", "/roles/", "/groups/"},
    "giangnt.thcstk": {"/board/", "/accounts/", "/roles/", "/groups/", "/unit-admins/"},
    "daoct.sogd": {"/board/", "/accounts/", "/roles/", "/groups/", "/unit-admins/"},
}
MINE = {"/board/", "/accounts/", "/roles/", "/groups/", "/unit-admins/", "/first-department/"}


@pytest.mark.parametrize("username", MENUS)
def test_each_menu_shows_only_what_its_role_may_do(client_for: ClientFor, username: str) -> None:
    client = client_for(username)
    page = client.get("/board/").text
    side = page[page.index('id="hv-side"') : page.index('id="hv-main"')]
    links = set(re.findall(r'href="([^"]+)"', side)) & MINE
    assert links == MENUS[username]
    assert all(client.get(link).status_code == 200 for link in links)


def test_the_sign_in_list(client_for: ClientFor) -> None:
    client = client_for("quantb.thcstk")
    client_for("longpd.thcstk")
    page = client.get("/accounts/sign-ins").text
    assert page.index("longpd.thcstk") < page.index("<td", page.index("longpd.thcstk"))
    one = client.get(f"/accounts/sign-ins?account={id_of('longpd.thcstk')}").text
    assert "127.0.0.1" in one


def test_roles_are_granted_and_withdrawn_on_paper(province: Province, client_for: ClientFor) -> None:
    client, person = client_for("quantb.thcstk"), province.first.person_ids["longpd"]
    nobody = post(client, "/roles/grant", role="it_staff")
    assert 'id="person_id-e"' in nobody.text
    bad_day = post(client, "/roles/grant", person_id=person, role="it_staff", starts_on="31/02/2027")
    assert 'id="starts_on-e"' in bad_day.text
    no_decision = post(client, "/roles/grant", person_id=person, role="vice_principal")
    assert 'id="decision-e"' in no_decision.text
    done = post(
        client, "/roles/grant", person_id=person, role="it_staff", starts_on="16/11/2026", ends_on="1/12/2026"
    )
    assert done.status_code == 302
    position = db.session.scalars(sa.select(Position).order_by(Position.id.desc())).first()
    assert (position.person_id, str(position.ends_on)) == (person, "2026-12-01")
    assert f"/roles/{position.id}/withdraw" in client.get("/roles/").text
    assert client.get(f"/roles/{position.id}/withdraw").status_code == 200
    assert post(client, f"/roles/{position.id}/withdraw", from_day="16/11/2026").status_code == 302
    assert f"/roles/{position.id}/withdraw" not in client.get("/roles/?past=1").text
    assert (
        post(client, "/roles/grant", person_id=person, role="principal").status_code == 200
    )  # not in the list


def test_groups_are_made_filled_and_ended(province: Province, client_for: ClientFor) -> None:
    client, person = client_for("quantb.thcstk"), province.first.person_ids["khuongyb"]
    assert 'id="name-e"' in post(client, "/groups/new", kind="section").text
    assert (
        post(client, "/groups/new", kind="section", name="Bộ phận in ấn", rights=["book.print"]).status_code
        == 302
    )
    group = db.session.scalars(sa.select(UnitGroup)).one()
    path = f"/groups/{group.id}"
    assert 'id="person_id-e"' in post(client, f"{path}/members").text
    assert post(client, f"{path}/members", person_id=person).status_code == 302
    assert f"{path}/members/" in client.get(path).text  # the button that takes the person out
    assert post(client, f"{path}/change", name="", kind="section").status_code == 200
    assert (
        post(client, f"{path}/change", name="In ấn", kind="section", rights=["data.export"]).status_code
        == 302
    )
    db.session.rollback()  # read anew what the requests committed
    member = db.session.scalars(sa.select(UnitGroupMember)).one()
    assert post(client, f"{path}/members/{member.id}/remove").status_code == 302
    assert post(client, f"{path}/end").status_code == 302
    assert "In ấn" not in client.get("/groups/").text
    assert post(client, "/groups/new", kind="section", name="X", rights=["sheet.enter"]).status_code == 200


def board_form(province: Province, **changes: object) -> dict[str, object]:
    data: dict[str, object] = {"decision_number": "15/QĐ-THCSTK", "decision_date": "01/11/2026"}
    ids = province.first.person_ids
    lines = (
        ("giangnt", "chair", "Hiệu trưởng"),
        ("", "deputy", ""),
        ("hocnv", "deputy", "Phó HT"),
        ("hongvt", "member", "NV văn phòng"),
    )
    for line, (name, seat, title) in enumerate(lines):
        data[f"seats-{line}-person_id"] = ids.get(name, "")
        data[f"seats-{line}-seat"] = seat
        data[f"seats-{line}-position_title"] = title
        data[f"seats-{line}-duties"] = "Quản trị SĐĐT" if name else ""
        data[f"seats-{line}-note"] = ""
    data["seats-4-person_id"], data["seats-4-seat"] = "", "member"
    return data | changes


def test_the_head_appoints_the_board_on_paper(province: Province, client_for: ClientFor) -> None:
    client = client_for("giangnt.thcstk")
    assert "selected" in client.get("/board/appoint").text
    missing = post(client, "/board/appoint", **board_form(province, **{"seats-3-duties": ""}))
    assert 'id="seats-3-duties-e"' in missing.text  # the fourth line, though the second is left out
    assert '<a href="#seats-3-duties">' in missing.text  # named on top as well
    few = post(client, "/board/appoint", **board_form(province, **{"seats-3-person_id": ""}))
    assert 'role="alert"' in few.text
    assert (
        'id="decision_date-e"'
        in post(client, "/board/appoint", **board_form(province, decision_date="x")).text
    )
    assert post(client, "/board/appoint", **board_form(province)).status_code == 302
    page = client_for("longpd.thcstk").get("/board/").text
    assert "15/QĐ-THCSTK" in page
    assert page.index("Nguyễn Thị Giang") < page.index("Nhữ Văn Học") < page.index("Vũ Thị Hồng")
    assert post(client, "/board/appoint", **board_form(province, decision_number="16/QĐ")).status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AdminBoard)) == 2


def test_the_tier_above_sets_up_a_unit(province: Province, client_for: ClientFor) -> None:
    client, unit = client_for("maipt.xatk"), province.first.unit_id
    assert "THCS Thúc Kháng" in client.get("/unit-admins/?q=thuc khang").text
    path = f"/unit-admins/{unit}"
    nobody = post(client, f"{path}/holder", **{"holder-decision": DECISION})
    assert 'id="holder-person_id-e"' in nobody.text
    person = province.first.person_ids["hongvt"]
    slip = post(client, f"{path}/holder", **{"holder-decision": DECISION, "holder-person_id": person})
    assert "bg_thcstk" in slip.text
    new = {"holder-decision": DECISION, "holder-given_name": "Sơn", "holder-family_name": "Lò"}
    slip = post(client, f"{path}/holder", **new).text
    assert "Lò Sơn" in slip
    assert '<p class="hv-slip-unit">THCS Thúc Kháng</p>' in slip  # the school's account, not the commune's
    assert 'id="holder-given_name-e"' in post(client, f"{path}/holder", **new).text  # pressed twice
    part = {"holder-decision": DECISION, "holder-family_name": "Lò"}
    assert 'id="holder-given_name-e"' in post(client, f"{path}/holder", **part).text
    assert "Vũ Thị Hồng" in client.get(path).text
    head = {
        "head-decision": DECISION,
        "head-person_id": province.first.person_ids["hocnv"],
        "head-starts_on": "",
    }
    assert post(client, f"{path}/head", **head).status_code == 302
    assert "Nhữ Văn Học" in client.get(path).text
    head["head-person_id"], head["head-starts_on"] = person, "01/01/2027"
    assert post(client, f"{path}/head", **head).status_code == 302
    assert "01/01/2027" in client.get(path).text
    head["head-starts_on"] = "01/09/2016"
    assert 'id="head-starts_on-e"' in post(client, f"{path}/head", **head).text
    assert client.get(f"/unit-admins/{province.department_id}").status_code == 403
    assert client_for("giangnt.thcsba").get(path).status_code == 404


def test_the_installer_finds_one_page_to_begin_with(app: Flask) -> None:
    with app.app_context():
        hashed = account_state.sign_in.hash_password(PASSWORD)
        from app.services.unit_of_work import plain_write

        with plain_write() as session:
            admin = session.scalars(sa.select(Account).where(Account.username == "admin")).one()
            admin.password, admin.must_change_password = hashed, False
    client = sign_in(app.test_client(), "admin")
    page = client.get("/account/").text
    assert "/first-department/" in page
    empty = post(client, "/first-department/")
    assert empty.text.count('class="hv-error"') >= 4
    data = {
        "name": "Sở Giáo dục và Đào tạo Bình Giang", "short_name": "Sở GDĐT Bình Giang", "code": "sogd",
        "locality_code": "bg", "family_name": "Chu", "middle_name": "Thị", "given_name": "Đào", "written_name": "",
    }  # fmt: skip
    assert 'id="code-e"' in post(client, "/first-department/", **data | {"code": "--"}).text
    assert post(client, "/first-department/", **data).status_code == 302
    page = client.get("/account/").text
    assert "Chu Thị Đào" in page
    assert "/first-department/" not in page
    assert "/unit-admins/" in page


def test_an_account_without_a_role_still_has_its_own_page(province: Province, client_for: ClientFor) -> None:
    with transaction(SYSTEM, "test.leave", clock=province.clock) as work:
        query = sa.select(Position).where(Position.person_id == province.first.person_ids["hongvt"])
        for position in work.session.scalars(query):
            position.ends_on = position.starts_on
    client = client_for("hongvt.thcstk")
    assert client.get("/account/").status_code == 200
    assert client.get("/account/password").status_code == 200
    assert client.get("/board/").status_code == 403


def test_pages_cost_few_queries(app: Flask, province: Province, client_for: ClientFor) -> None:
    """The same for one account and for many."""
    accounts.create_accounts(
        acting(province, "quantb.thcstk"),
        hire(province, *(PersonName("Lê", "Thị", f"Hoa{chr(97 + n)}") for n in range(20))),
        clock=province.clock,
    )
    client = client_for("quantb.thcstk")
    for path in ("/accounts/", "/roles/", "/accounts/sign-ins", "/account/"):
        client.get(path)
        with counting(app) as statements:
            assert client.get(path).status_code == 200
        assert len(statements) <= 14, (path, statements)


def test_whoever_is_not_signed_in_is_asked_to_and_accused_of_nothing(app: Flask, province: Province) -> None:
    page = app.test_client().get("/students/list/", follow_redirects=True)
    assert 'id="password"' in page.text
    assert "alert-danger" not in page.text
