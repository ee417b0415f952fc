"""The page that receives a student from another school: who may open it, and its two steps."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import Student
from app.services import enrolments
from app.services.enrolments import Leaving
from app.services.unit_of_work import transaction
from tests.conftest import csrf
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.test_arrivals import BORN, CODE, LAST

Clients = Callable[[str], FlaskClient]
PAGE = "/students/receive"
OFFICE = "hongvt.thcsba"


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


@pytest.fixture
def released(province: Province) -> int:
    """A student whom the first school has let go."""
    with transaction(SYSTEM, "test.pupil", clock=province.clock) as work:
        student = work.session.get_one(Student, province.first.student_ids[0])
        student.student_code = CODE
    office = acting(province, "hongvt.thcstk")
    enrolments.leave(office, student.id, Leaving("04", LAST), clock=province.clock)
    return student.id


def school_of(student: int) -> int:
    """Where the student belongs now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Student, student).unit_id


def post(client: FlaskClient, **values: object) -> str:
    """Send the form; the page that answers."""
    data = {"csrf_token": csrf(client), **values}
    return client.post(PAGE, data=data, follow_redirects=True).text


def test_the_office_receives_a_student_in_two_steps(
    province: Province, client_for: Clients, released: int
) -> None:
    client = client_for(OFFICE)
    assert PAGE in client.get("/students/list/").text
    assert client.get(PAGE).status_code == 200
    who = {"identifier": CODE, "birth_date": BORN.strftime("%d/%m/%Y")}
    found = post(client, **who)
    assert "Nguyễn Hoàng An" in found
    assert "Trường THCS Thúc Kháng" in found
    assert "13/11/2026" in found
    place = {"step": "place", "school_class": province.second.class_ids["7B"], "day": ""}
    asked = post(client, **who, **place)
    assert "Nguyễn Hoàng An" in asked
    assert school_of(released) == province.first.unit_id
    post(client, **who, **{**place, "day": "16/11/2026"})
    assert client.get(f"/students/show/{released}").status_code == 200
    assert school_of(released) == province.second.unit_id


def test_a_wrong_birth_date_shows_nothing(province: Province, client_for: Clients, released: int) -> None:
    client = client_for(OFFICE)
    page = post(client, identifier=CODE, birth_date="02/03/2014")
    assert "Nguyễn Hoàng An" not in page
    assert "Trường THCS Thúc Kháng" not in page
    assert "alert-danger" in page
    straight = post(
        client,
        identifier=CODE,
        birth_date="02/03/2014",
        step="place",
        school_class=province.second.class_ids["7B"],
        day="16/11/2026",
    )
    assert "Nguyễn Hoàng An" not in straight
    assert school_of(released) == province.first.unit_id


@pytest.mark.parametrize(
    "username", ["longpd.thcsba", "khuongyb.thcsba", "giangnt.thcsba", "vanlt.sogd", "sonlv.xatk"]
)
def test_nobody_else_opens_it(province: Province, client_for: Clients, username: str) -> None:
    client = client_for(username)
    assert client.get(PAGE).status_code == 403
    assert (
        client.post(
            PAGE, data={"csrf_token": csrf(client), "identifier": CODE, "birth_date": "01/03/2014"}
        ).status_code
        == 403
    )
    assert PAGE not in client.get("/students/list/").text


def test_the_former_class_still_names_who_left(
    province: Province, client_for: Clients, released: int
) -> None:
    class_page = f"/classes/show/{province.first.class_ids['7A']}"
    link = f'href="/students/show/{released}"'
    province.now = province.now.replace(day=17)
    before = client_for("hongvt.thcstk").get(class_page).text
    assert "Nguyễn Hoàng An" in before
    assert link in before
    post(
        client_for(OFFICE), identifier=CODE, birth_date="01/03/2014", step="place",
        school_class=province.second.class_ids["7B"], day="16/11/2026",
    )  # fmt: skip
    after = client_for("hongvt.thcstk").get(class_page).text
    assert "Nguyễn Hoàng An" in after
    assert link in after  # to the time at this school, not to the personal sheet
    answer = client_for("hongvt.thcstk").get(f"/students/show/{released}")
    assert answer.location == f"/exchange/former/{released}"
    assert link not in client_for("longpd.thcstk").get(class_page).text
    assert client_for("hongvt.thcstk").get(f"/students/edit/{released}").status_code == 404
    assert client_for("longpd.thcstk").get(f"/students/show/{released}").status_code == 404
