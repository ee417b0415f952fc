"""The pages of bringing somebody in, as the clerk and the teacher with two accounts see them."""

import re
from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.domain.vocabulary import Role
from app.extensions import db
from app.models import Person, Position
from app.services import accounts, assignments
from app.services.bring_in import Placement, bring_in
from app.services.unit_of_work import transaction
from tests.conftest import csrf, sign_in
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.views.forms import submit

ClientFor = Callable[[str], FlaskClient]
CODE, BORN, TODAY = "2400012345", date(1985, 8, 12), date(2026, 11, 16)
FIND = "/staff/bring-in"


@pytest.fixture
def engine_name() -> str:
    """The verbs' own tests run on both engines."""
    return "sqlite"


@pytest.fixture
def long(province: Province) -> int:
    person_id = province.first.person_ids["longpd"]
    with transaction(SYSTEM, "test.file", clock=province.clock) as work:
        person = work.session.get_one(Person, person_id)
        person.staff_code, person.birth_date = CODE, BORN
    return person_id


def hidden(page: str) -> dict[str, str]:
    """What the second form carries along."""
    return dict(re.findall(r'<input id="\w+" name="(\w+)" type="hidden" value="([^"]*)"', page))


def held_at(unit_id: int, person_id: int) -> list[tuple[Role, str]]:
    db.session.rollback()
    query = sa.select(Position.role, Position.title)
    rows = db.session.execute(
        query.where(Position.person_id == person_id, Position.unit_id == unit_id, Position.ends_on.is_(None))
    )
    return [tuple(row) for row in rows]


def test_a_clerk_finds_compares_and_brings_in(province: Province, client_for: ClientFor, long: int) -> None:
    client = client_for("hongvt.thcsba")
    client.get("/lang/en")
    assert f'href="{FIND}"' in client.get("/staff/list/").text
    assert "Phạm Đức Long" not in client.get(f"/staff/show/{long}").text
    page = submit(client, FIND, identifier=CODE, birth_date="12/8/1985")
    for words in ("Phạm Đức Long", "12/08/1985", "THCS Thúc Kháng"):
        assert words in page.text
    assert re.findall(r'<option[^>]*value="(\w+)"', page.text) == ["subject_teacher"]
    placed = {
        **hidden(page.text),
        "role": "subject_teacher",
        "starts_on": "16/11/2026",
        "title": "Dạy liên trường",
    }
    early = client.post(f"{FIND}/place", data={**placed, "ends_on": "1/9/2026"})
    assert "last day comes before the first" in early.text
    assert client.post(f"{FIND}/place", data={**placed, "starts_on": "31/2"}).status_code == 200
    assert client.post(f"{FIND}/place", data={**placed, "role": "principal"}).status_code == 200
    assert held_at(province.second.unit_id, long) == []
    done = client.post(f"{FIND}/place", data=placed)
    assert done.headers["Location"] == f"/staff/show/{long}"
    assert held_at(province.second.unit_id, long) == [(Role.SUBJECT_TEACHER, "Dạy liên trường")]
    assert "Phạm Đức Long" in client.get(f"/staff/show/{long}").text
    assert client.get(f"/staff/edit/{long}").status_code in (302, 403)  # the file is not theirs
    told = client_for("giangnt.thcstk").get("/notices/").text
    assert "Phạm Đức Long làm việc thêm tại THCS Bình An" in told


def test_the_page_gives_nothing_away(province: Province, client_for: ClientFor, long: int) -> None:
    client = client_for("hongvt.thcsba")
    client.get("/lang/en")
    wrong = [
        submit(client, FIND, identifier=identifier, birth_date=born).text
        for identifier, born in ((CODE, "13/08/1985"), ("2400099999", "12/08/1985"))
    ]
    said = [re.findall(r'class="alert[^"]*"[^>]*>(.*?)</div>', text, re.DOTALL) for text in wrong]
    assert said[0] == said[1] != []
    assert "Phạm Đức Long" not in "".join(wrong)
    forged = {
        "csrf_token": csrf(client),
        "identifier": CODE,
        "birth_date": "13/08/1985",
        "role": "subject_teacher",
    }
    answer = client.post(f"{FIND}/place", data={**forged, "starts_on": "16/11/2026"})
    assert answer.headers["Location"] == FIND
    assert held_at(province.second.unit_id, long) == []
    for account in ("longpd.thcsba", "giangnt.thcsba"):
        assert client_for(account).get(FIND).status_code in (302, 403)


def test_each_account_shows_its_own_school_only(
    app: Flask, province: Province, client_for: ClientFor, long: int
) -> None:
    place = Placement(Role.SUBJECT_TEACHER, TODAY)
    bring_in(acting(province, "hongvt.thcsba"), CODE, BORN, place, clock=province.clock)
    head = acting(province, "giangnt.thcsba")
    assignments.assign_homeroom(head, province.second.class_ids["7B"], long, TODAY, clock=province.clock)
    (slip,) = accounts.create_accounts(acting(province, "quantb.thcsba"), [long], clock=province.clock)
    there = sign_in(app.test_client(), slip.username, slip.one_time_password)
    own = {"old": slip.one_time_password, "new": "Mưa rào tháng bảy 2026", "again": "Mưa rào tháng bảy 2026"}
    there.post("/account/password", data={"csrf_token": csrf(there, "/account/password"), **own})
    here = client_for("longpd.thcstk")
    at_home, lent_to = province.first.sheet_ids["7A", "math", 1], province.second.sheet_ids["7B", "math", 1]
    for client, mine, foreign in ((here, at_home, lent_to), (there, lent_to, at_home)):
        for path in ("/", "/gradebook/"):
            linked = {int(number) for number in re.findall(r"/gradebook/(\d+)", client.get(path).text)}
            assert foreign not in linked, path
            assert mine in linked or path == "/", (
                path
            )  # at the second school homeroom only: no marks to enter
        assert client.get(f"/gradebook/{mine}").status_code == 200
        for path in (
            f"/gradebook/{foreign}",
            f"/gradebook/{foreign}/plain",
            f"/gradebook/{foreign}/export.xlsx",
        ):
            assert client.get(path).status_code == 404
    pupils = province.first.student_ids[0], province.second.student_ids[8]
    for client, mine, foreign in ((here, *pupils), (there, *reversed(pupils))):
        assert client.get(f"/students/show/{mine}").status_code == 200
        assert client.get(f"/students/show/{foreign}").status_code == 404
