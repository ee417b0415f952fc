"""Pages of classes, staff, assignments, homeroom teachers and groups."""

from collections.abc import Callable
from datetime import date

from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import (
    GradebookSheet,
    HomeroomAssignment,
    Person,
    SchoolClass,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
    UnitGroup,
    UnitGroupMember,
)
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import plan_for
from tests.views.forms import submit, values_on

Clients = Callable[[str], FlaskClient]
OFFICE, BOARD = "hongvt.thcstk", "quantb.thcstk"
ROW = '<th scope="row">'


def fresh() -> None:
    """Forget what the test's own session has read."""
    db.session.rollback()
    db.session.expire_all()


def test_a_class_is_made_named_and_renamed(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    client.get("/lang/en")
    assert (
        submit(client, "/classes/add", name="7C", grade="7", school_year=province.year_id).status_code == 302
    )
    twice = submit(client, "/classes/add", name="7C", grade="7", school_year=province.year_id)
    assert "There is a class 7C in this school year already." in twice.text
    assert (
        submit(client, "/classes/add", name="10A", grade="10", school_year=province.year_id).status_code
        == 200
    )
    fresh()
    made = db.session.query(SchoolClass).filter_by(name="7C").one()
    assert (made.unit_id, made.circular) == (province.first.unit_id, "tt22-2021")
    answer = submit(
        client, f"/classes/edit/{made.id}", name="7D", grade="9", unit_id=str(province.second.unit_id)
    )
    assert answer.status_code == 302
    fresh()
    assert db.session.query(TeachingGroup).filter_by(class_id=made.id).one().name == "7D"
    assert db.session.get(SchoolClass, made.id).grade == 7
    assert client.get(f"/classes/show/{province.second.class_ids['7A']}").status_code == 404


def test_the_class_page_shows_a_teacher_the_own_students_only(
    province: Province, client_for: Clients
) -> None:
    mine, other = province.first.class_ids["7A"], province.first.class_ids["7B"]
    teacher = client_for("longpd.thcstk")
    assert "Nguyễn Hoàng An" in teacher.get(f"/classes/show/{mine}").text
    page = teacher.get(f"/classes/show/{other}").text
    assert "Bùi Thị Thu Hà" in page
    assert "Nguyễn Hoàng An" not in page
    assert "Nguyễn Hoàng An" in client_for(OFFICE).get(f"/classes/show/{other}").text


def test_the_list_of_classes_counts_in_one_go(app: Flask, province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    client.get("/classes/list/")
    with counting(app) as statements:
        page = client.get("/classes/list/").text
    assert len(statements) <= 13, "\n".join(statements)
    assert page.count(ROW) == 2
    assert "<td>8</td>" in page


def test_a_teacher_is_assigned_and_replaced(province: Province, client_for: Clients) -> None:
    plan_for(province, [("math", 140, "compulsory")])
    client, group = client_for(BOARD), db.session.query(TeachingGroup).filter_by(name="7A").first()
    client.get("/lang/en")
    facts = {
        "person": province.first.person_ids["khuongyb"],
        "group": group.id,
        "subject": province.subject_ids["math"],
        "starts_on": "01/12/2026",
    }
    assert values_on(client, f"/assignments/add?group={group.id}")["group"] == [str(group.id)]
    assert submit(client, "/assignments/add", **facts).status_code == 302
    again = submit(client, "/assignments/add", **facts)
    assert "is already assigned from 01/12/2026" in again.text
    foreign = submit(client, "/assignments/add", **{**facts, "person": province.second.person_ids["longpd"]})
    assert "Choose one from the list." in foreign.text
    fresh()
    rows = (
        db.session.query(TeachingAssignment).filter_by(group_id=group.id, subject_id=facts["subject"]).all()
    )
    assert [row.ends_on for row in rows] == [date(2026, 11, 30), None]
    assert (
        db.session.query(GradebookSheet).filter_by(group_id=group.id, subject_id=facts["subject"]).count()
        == 2
    )
    ended = submit(client, f"/assignments/{rows[1].id}/end", day="31/12/2026")
    assert ended.status_code == 302
    assert client_for(OFFICE).get("/assignments/add").status_code in (302, 403)


def test_homeroom_from_the_page_of_the_class(province: Province, client_for: Clients) -> None:
    class_id = province.first.class_ids["7A"]
    answer = submit(
        client_for(BOARD),
        f"/assignments/classes/{class_id}/homeroom",
        person=province.first.person_ids["habtt"],
        day="1/12/2026",
    )
    assert answer.status_code == 302
    fresh()
    rows = (
        db.session.query(HomeroomAssignment)
        .filter_by(class_id=class_id)
        .order_by(HomeroomAssignment.id)
        .all()
    )
    assert [row.ends_on for row in rows] == [date(2026, 11, 30), None]


def test_a_group_of_several_classes_and_its_students(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    made = submit(client, "/study-groups/add", name="Nâng cao Toán 7", school_year=province.year_id)
    assert made.status_code == 302, made.text
    group_id = int(made.location.rsplit("/", 1)[1])
    chosen = province.first.student_ids[6:10]
    answer = submit(client, f"/classes/groups/{group_id}/members", students=chosen, day="16/11/2026")
    assert answer.status_code == 302, answer.text
    fresh()
    members = db.session.query(TeachingGroupMember).filter_by(group_id=group_id).all()
    assert {row.student_id for row in members} == set(chosen)
    held = values_on(client, f"/classes/groups/{group_id}/members")["students"]
    assert set(held) == {str(key) for key in chosen}
    foreign = submit(client, f"/classes/groups/{group_id}/members", students=province.second.student_ids[:1])
    assert foreign.status_code == 200


def test_a_staff_file_with_a_team_and_a_name_in_another_order(
    province: Province, client_for: Clients
) -> None:
    with transaction(SYSTEM, "test.team", clock=province.clock) as work:
        work.session.add(
            UnitGroup(
                unit_id=province.first.unit_id, kind="team", name="Tổ Tự nhiên", starts_on=date(2026, 9, 1)
            )
        )
    client, team = client_for(OFFICE), db.session.query(UnitGroup).one().id
    made = submit(
        client,
        "/staff/add",
        family_name="Niê",
        given_name="Hen",
        written_name="H'Hen Niê",
        birth_date="5/5/1990",
        title="Giáo viên",
        team=team,
        unit_id=province.second.unit_id,
    )
    assert made.status_code == 302, made.text
    fresh()
    person = db.session.query(Person).filter_by(given_name="Hen").one()
    assert (person.unit_id, person.name_folded) == (province.first.unit_id, "h'hen nie")
    assert "Tổ Tự nhiên" in client.get("/staff/list/").text
    answer = submit(client, f"/staff/edit/{person.id}", team="", phone="0987654321")
    assert answer.status_code == 302, answer.text
    fresh()
    assert db.session.query(UnitGroupMember).one().ends_on is not None
    assert client.get(f"/staff/show/{province.second.person_ids['longpd']}").status_code == 404
