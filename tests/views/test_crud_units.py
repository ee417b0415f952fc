"""Pages of units, rooms, years, terms, plans and code lists."""

from collections.abc import Callable
from datetime import date
from enum import Enum

import pytest
from flask.testing import FlaskClient

from app.extensions import db
from app.models import (
    Department,
    GradebookSheet,
    OrgParent,
    OrgUnit,
    SchoolYear,
    Subject,
    SubjectPlan,
    Term,
    UnitEpoch,
)
from app.views.formats import LABELS
from tests.factories.province import Province
from tests.services.helpers import plan_for
from tests.views.forms import submit, values_on

Clients = Callable[[str], FlaskClient]
ADMIN, BOARD = "daoct.sogd", "quantb.thcstk"


def fresh() -> None:
    """Forget what the test's own session has read."""
    db.session.rollback()
    db.session.expire_all()


def test_a_unit_is_made_moved_and_ended(province: Province, client_for: Clients) -> None:
    client = client_for(ADMIN)
    client.get("/lang/en")
    commune = {
        "kind": "commune",
        "code": "xaba",
        "name": "UBND xã Bình An",
        "short_name": "UBND xã Bình An",
        "starts_on": "1/8/2026",
    }
    made = submit(client, "/units/add", **commune)
    assert made.status_code == 302, made.text
    unit_id = int(made.location.rsplit("/", 1)[1])
    assert "The code xaba belongs to" in submit(client, "/units/add", **commune).text
    wrong = submit(client, "/units/add", **{**commune, "code": "x2", "parent": province.commune_id})
    assert "cannot stand under" in wrong.text
    moved = submit(client, f"/units/{province.second.unit_id}/move", parent=unit_id, day="01/12/2026")
    assert moved.status_code == 302
    early = submit(client, f"/units/{province.commune_id}/end", day="30/11/2026")
    assert "1 units still stand under" in early.text
    submit(client, f"/units/{province.first.unit_id}/move", parent=unit_id, day="01/12/2026")
    ended = submit(client, f"/units/{province.commune_id}/end", day="30/11/2026", successors=[unit_id])
    assert ended.status_code == 302, ended.text
    fresh()
    assert db.session.get(UnitEpoch, unit_id) is not None
    assert db.session.get(OrgUnit, province.commune_id).ends_on == date(2026, 11, 30)
    links = (
        db.session.query(OrgParent)
        .filter_by(unit_id=province.first.unit_id)
        .order_by(OrgParent.starts_on)
        .all()
    )
    assert [(link.parent_id, link.ends_on) for link in links] == [
        (province.commune_id, date(2026, 11, 30)),
        (unit_id, None),
    ]
    page = client.get(f"/units/show/{province.commune_id}").text
    assert "UBND xã Bình An took over from UBND xã Thúc Kháng" in page


def test_the_form_says_what_a_code_becomes_part_of(province: Province, client_for: Clients) -> None:
    client = client_for(ADMIN)
    client.get("/lang/en")
    page = client.get("/units/add").text
    for name in ("giangnt.thcstk", "bg_thcstk"):
        assert name in page
    path = f"/units/edit/{province.first.unit_id}"
    kept = submit(client, path, code="thcsmoi")
    assert "giangnt.thcstk end with it" in kept.text
    assert submit(client, path, code="THCS TK", name="Trường THCS Thúc Kháng 1").status_code == 302
    made = submit(
        client,
        "/units/add",
        kind="primary",
        code="TH Bình Đa",
        name="Trường Tiểu học Bình Đa",
        short_name="TH Bình Đa",
        parent=province.commune_id,
        starts_on="1/8/2026",
    )
    assert made.status_code == 302, made.text
    fresh()
    assert db.session.get(OrgUnit, int(made.location.rsplit("/", 1)[1])).code == "thbinhda"
    assert db.session.get(OrgUnit, province.first.unit_id).code == "thcstk"


def test_a_school_reads_the_units_above_and_makes_none(province: Province, client_for: Clients) -> None:
    client = client_for(BOARD)
    assert client.get(f"/units/show/{province.department_id}").status_code == 200
    assert client.get(f"/units/show/{province.second.unit_id}").status_code == 404
    assert client.get("/units/add").status_code in (302, 403)
    assert client.get(f"/units/{province.first.unit_id}/end").status_code in (302, 403)


def test_rooms_belong_to_the_own_office(province: Province, client_for: Clients) -> None:
    made = submit(
        client_for(ADMIN),
        "/departments/add",
        name="Phòng Tổ chức cán bộ",
        unit_id=province.commune_id,
        unit=2,
    )
    assert made.status_code == 302, made.text
    fresh()
    room = db.session.query(Department).one()
    assert room.unit_id == province.department_id
    bad = submit(client_for(ADMIN), f"/departments/edit/{room.id}", ends_on="01/01/2001")
    assert bad.status_code == 200
    assert submit(client_for(ADMIN), f"/departments/edit/{room.id}", ends_on="31/12/2026").status_code == 302


def test_a_year_is_opened_with_the_usual_frame(province: Province, client_for: Clients) -> None:
    client = client_for(ADMIN)
    assert values_on(client, "/years/add")["start_year"] == ["2027"]
    bad = submit(client, "/years/add", term2_starts_on="10/01/2028")
    assert bad.status_code == 200
    assert submit(client, "/years/add").status_code == 302
    fresh()
    year = db.session.query(SchoolYear).filter_by(start_year=2027).one()
    assert db.session.query(SubjectPlan).filter_by(school_year_id=year.id, grade=7).count() > 10
    assert client_for(BOARD).get("/years/add").status_code in (302, 403)


def test_a_school_sets_its_own_term_dates(province: Province, client_for: Clients) -> None:
    client = client_for(BOARD)
    own = {
        "school_year": province.year_id,
        "number": 1,
        "starts_on": "14/9/2026",
        "ends_on": "16/01/2027",
        "weeks": 17,
    }
    assert submit(client, "/terms/add", **own).status_code == 302
    assert submit(client, "/terms/add", **own).status_code == 200  # once is enough
    fresh()
    row = db.session.query(Term).filter_by(unit_id=province.first.unit_id).one()
    assert (row.starts_on, row.weeks) == (date(2026, 9, 14), 17)
    assert client.get(f"/terms/edit/{province.term_ids[1]}").status_code in (302, 403)  # the province's
    assert (
        submit(client, f"/terms/edit/{row.id}", ends_on="31/01/2027").status_code == 200
    )  # runs into term II


def test_a_school_has_a_plan_of_its_own_and_its_sheets_follow(
    province: Province, client_for: Clients
) -> None:
    plan_for(province, [("math", 140, "compulsory")])
    line = db.session.query(SubjectPlan).one().id
    client = client_for(BOARD)
    assert client.get(f"/plans/edit/{line}").status_code in (302, 403)
    made = submit(client, f"/plans/add?like={line}", annual_lessons="70")
    assert made.status_code == 302, made.text
    assert submit(client, f"/plans/add?like={line}").status_code == 200
    fresh()
    counts = {
        unit: {
            s.regular_count for s in db.session.query(GradebookSheet).filter_by(unit_id=unit, kind="scored")
        }
        for unit in (province.first.unit_id, province.second.unit_id)
    }
    assert counts == {province.first.unit_id: {3}, province.second.unit_id: {4}}
    own = db.session.query(SubjectPlan).filter_by(unit_id=province.first.unit_id).one()
    for text in ("0", "-1", "1,5", "x"):
        assert submit(client, f"/plans/edit/{own.id}", annual_lessons=text).status_code == 200, text
    assert submit(client, f"/plans/edit/{own.id}", annual_lessons="36", terms=[]).status_code == 200


def test_code_lists_are_looked_up_never_written(province: Province, client_for: Clients) -> None:
    client = client_for(BOARD)
    page = client.get("/codes/list/?_flt_0_list_name=ethnicity")
    assert "Ê-đê" in page.text
    assert page.text.count('<th scope="row">') == 55
    for path in ("/codes/add", "/codes/edit/1"):
        assert client.get(path).status_code in (302, 403, 404), path


def test_subjects_are_the_departments(province: Province, client_for: Clients) -> None:
    subject = province.subject_ids["math"]
    assert client_for(BOARD).get(f"/subjects/edit/{subject}").status_code in (302, 403)
    assert submit(client_for(ADMIN), f"/subjects/edit/{subject}", short_name="Toán học").status_code == 302
    fresh()
    assert db.session.get(Subject, subject).short_name == "Toán học"


@pytest.mark.parametrize("enum", LABELS)
def test_every_value_that_is_shown_has_a_name(enum: type[Enum]) -> None:
    assert set(LABELS[enum]) == set(enum)
