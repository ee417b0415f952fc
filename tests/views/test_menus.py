"""What stands in whose menu: a teacher's holds what a teacher works with."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.domain.vocabulary import Role, UnitKind
from app.extensions import db
from app.models import OrgUnit, Position
from app.services.unit_of_work import transaction
from tests.factories.province import LONG_AGO, Province

ClientFor = Callable[[str], FlaskClient]

SETTING_UP = ("/units/list/", "/departments/list/", "/years/list/", "/terms/list/", "/subjects/list/",
              "/plans/list/", "/codes/list/")  # fmt: skip
WORK = (
    "/",
    "/gradebook/",
    "/students/list/",
    "/classes/list/",
    "/locks/",
    "/print/",
    "/staff/list/",
    "/notices/",
)


@pytest.fixture
def engine_name() -> str:
    """Menus don't know the database."""
    return "sqlite"


def menu_of(client: FlaskClient) -> set[str]:
    """Addresses of the main menu."""
    page = client.get("/notices/").text
    side = page[page.index('id="hv-side"') : page.index("</nav>", page.index('id="hv-side"'))]
    return set(re.findall(r'href="([^"]+)"', side))


@pytest.mark.parametrize("leads", [False, True])
def test_a_teacher_is_spared_how_the_school_is_set_up(
    province: Province, client_for: ClientFor, leads: bool
) -> None:
    if leads:
        with transaction(SYSTEM, "test.team", clock=province.clock) as work:
            person, unit = province.first.person_ids["longpd"], province.first.unit_id
            role = Role.TEAM_LEADER
            work.session.add(
                Position(person_id=person, unit_id=unit, role=role, title="Tổ trưởng", starts_on=LONG_AGO)
            )
    client = client_for("longpd.thcstk")
    menu = menu_of(client)
    assert not menu & set(SETTING_UP)
    assert "/gradebook/" in menu
    for path in SETTING_UP:
        assert client.get(path).status_code in (302, 403), path
    for path in WORK:
        assert client.get(path).status_code == 200, path
    pupil, sheet = province.first.student_ids[0], province.first.sheet_ids["7A", "math", 1]
    for path in (f"/students/show/{pupil}", f"/students/edit/{pupil}", f"/gradebook/{sheet}"):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    "username",
    ["giangnt.thcstk", "hocnv.thcstk", "quantb.thcstk", "hongvt.thcstk", "maipt.xatk", "vanlt.sogd"],
)
def test_who_sets_up_or_leads_finds_it_in_the_menu(client_for: ClientFor, username: str) -> None:
    client = client_for(username)
    assert set(SETTING_UP) <= menu_of(client)
    for path in SETTING_UP:
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("role", [Role.IT_STAFF, Role.INSPECTOR])
def test_so_does_who_keeps_the_machines_or_inspects(
    province: Province, client_for: ClientFor, role: Role
) -> None:
    with transaction(SYSTEM, "test.role", clock=province.clock) as work:
        position = work.session.query(Position).filter_by(person_id=province.first.person_ids["habtt"]).one()
        position.role = role
    db.session.rollback()
    assert set(SETTING_UP) <= menu_of(client_for("habtt.thcstk"))


def test_a_preschool_keeps_no_marks(province: Province, client_for: ClientFor) -> None:
    marks = ("/gradebook/", "/results/", "/results/year/")
    assert set(marks[:2]) <= menu_of(client_for("longpd.thcstk"))
    with transaction(SYSTEM, "test.kind", clock=province.clock) as work:
        work.session.get_one(OrgUnit, province.first.unit_id).kind = UnitKind.PRESCHOOL
    client = client_for("longpd.thcstk")
    menu = menu_of(client)
    assert not menu & set(marks)
    assert "/notes/" in menu
    for path in marks:
        assert client.get(path).status_code == 403, path
