"""Pages that ask more of classes and plans under TT 58/2011 and TT 26/2020."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy_continuum import version_class

from app.domain.access import SYSTEM
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Level
from app.extensions import db
from app.models import (
    AuditEvent,
    ExemptionDecision,
    GradebookSheet,
    SchoolClass,
    SchoolYear,
    Subject,
    SubjectPlan,
)
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import plan_for
from tests.services.results_helpers import lines_of, make_class
from tests.views.forms import submit, values_on

Clients = Callable[[str], FlaskClient]
OFFICE, BOARD, HEAD = "hongvt.thcstk", "quantb.thcstk", "giangnt.thcstk"
LINES = lines_of(("math", 140), ("physics", 70), ("physical_training", 70), ("defence_security", 35))
FIELD = "specialised_subject_id"


@pytest.fixture
def old_year(province: Province) -> int:
    """The year is 2018-2019, 7A and 7B have weighted sheets; returns the id of the school's own plan of mathematics."""
    plan_for(province, [("math", 140, "compulsory")], unit_id=province.first.unit_id)
    with transaction(SYSTEM, "test.old", clock=province.clock) as work:
        work.session.get_one(SchoolYear, province.year_id).start_year = 2018
        for sheet in work.session.scalars(sa.select(GradebookSheet)):
            sheet.form, sheet.circular, sheet.periodic_count = SheetForm.WEIGHTED, "tt58-2011", 2
    return db.session.scalars(sa.select(SubjectPlan.id)).one()


def test_a_class_is_specialised_in_a_subject_of_its_plan(province: Province, client_for: Clients) -> None:
    made = make_class(
        province, "12 Lí", LINES, circular="tt26-2020", level=Level.UPPER_SECONDARY, grade=12, pupils=1
    )
    physics = db.session.scalars(sa.select(Subject).where(Subject.code == "physics")).one()
    key, name = physics.id, physics.name
    client = client_for(OFFICE)
    client.get("/lang/en")
    path = f"/classes/edit/{made.class_id}"
    assert values_on(client, path)[FIELD] == [""]
    assert name in client.get(path).text
    assert "Thể dục" not in client.get(path).text
    assert submit(client, path, **{FIELD: key}).status_code == 302
    line = f"Specialised subject: {name}"
    assert line in client.get(f"/classes/show/{made.class_id}").text
    head = client_for(HEAD)
    head.get("/lang/en")
    assert line in head.get(f"/results/class/{made.class_id}?period=1").text
    assert values_on(client, path)[FIELD] == [str(key)]
    sports = db.session.scalars(sa.select(Subject.id).where(Subject.code == "physical_training")).one()
    assert submit(client, path, **{FIELD: sports}).status_code == 200
    told = sa.select(AuditEvent.id).where(
        AuditEvent.action == "school_class.edit", AuditEvent.target_id == made.class_id
    )
    assert db.session.scalar(told) is not None
    kept = version_class(SchoolClass)
    held = (
        sa.select(kept.specialised_subject_id).where(kept.id == made.class_id).order_by(kept.transaction_id)
    )
    assert list(db.session.scalars(held)) == [None, key]
    assert submit(client, path, **{FIELD: ""}).status_code == 302
    assert line not in client.get(f"/classes/show/{made.class_id}").text


def test_other_classes_have_no_specialised_subject(province: Province, client_for: Clients) -> None:
    client = client_for(OFFICE)
    made = province.first.class_ids["7A"]
    assert FIELD not in values_on(client, f"/classes/edit/{made}")
    assert submit(client, f"/classes/edit/{made}", name="7E", **{FIELD: 1}).status_code == 302
    db.session.expire_all()
    row = db.session.get_one(SchoolClass, made)
    assert (row.name, row.specialised_subject_id) == ("7E", None)


def test_a_plan_of_an_old_year_says_how_many_weight_2_tests(
    province: Province, old_year: int, client_for: Clients
) -> None:
    client = client_for(BOARD)
    client.get("/lang/en")
    path = f"/plans/edit/{old_year}"
    assert "Only for classes under TT 58/2011. Empty: 2." in client.get(path).text
    for text in ("0", "9", "x"):
        assert submit(client, path, weighted_tests=text).status_code == 200, text
    assert submit(client, path, weighted_tests="4").status_code == 302
    db.session.rollback()
    db.session.expire_all()
    wanted = sa.select(GradebookSheet.periodic_count).where(
        GradebookSheet.unit_id == province.first.unit_id,
        GradebookSheet.subject_id == province.subject_ids["math"],
    )
    assert set(db.session.scalars(wanted)) == {4}
    assert "Weight-2 tests a term" in client.get(f"/plans/show/{old_year}").text
    assert values_on(client, f"/plans/add?like={old_year}")["weighted_tests"] == ["4"]
    assert submit(client, path, weighted_tests="").status_code == 302
    db.session.rollback()
    assert set(db.session.scalars(wanted)) == {2}


def test_a_plan_of_a_later_year_asks_for_none(province: Province, client_for: Clients) -> None:
    plan_for(province, [("math", 140, "compulsory")], unit_id=province.first.unit_id)
    line = db.session.scalars(sa.select(SubjectPlan.id)).one()
    client = client_for(BOARD)
    client.get("/lang/en")
    for path in (f"/plans/edit/{line}", f"/plans/add?like={line}"):
        assert "weighted_tests" not in values_on(client, path)
    assert "Weight-2 tests a term" not in client.get(f"/plans/show/{line}").text


def test_the_form_of_an_exemption_says_what_it_takes_away(province: Province, client_for: Clients) -> None:
    made = make_class(province, "9A", LINES, circular="tt58-2011", grade=9, pupils=1)
    client = client_for(HEAD)
    client.get("/lang/en")
    for code, heading, article in (
        ("physical_training", "Exempt a student from the subject", "TT 58/2011 Article 12"),
        ("defence_security", "Exempt a student from the practical part", "TT 58/2011 Article 12"),
    ):
        page = client.get(f"/exemptions/sheet/{made.sheets[code, 1]}").text
        assert heading in page
        assert article in page
    later = client.get(f"/exemptions/sheet/{province.first.sheet_ids['7A', 'art', 1]}").text
    assert "Exempt a student" not in later  # the arts know no exemption (TT 22/2021 Điều 10)
    assert "The circular allows no exemption" in later


def test_a_sheet_says_what_a_student_is_exempt_from(province: Province, client_for: Clients) -> None:
    made = make_class(province, "9A", LINES, circular="tt58-2011", grade=9, pupils=1)
    with transaction(SYSTEM, "test.exempt", clock=province.clock) as work:
        for code in ("physical_training", "defence_security"):
            subject = work.session.scalars(sa.select(Subject.id).where(Subject.code == code)).one()
            work.session.add(
                ExemptionDecision(
                    student_id=made.students[0], school_year_id=made.year_id, subject_id=subject, number="12/QĐ",
                    decided_on=date(2026, 9, 20), decided_by_id=province.first.person_ids["giangnt"],
                    evidence="a.pdf", reason="Sức khỏe",
                )
            )  # fmt: skip
    client = client_for(HEAD)
    client.get("/lang/en")
    whole = client.get(f"/gradebook/{made.sheets['physical_training', 1]}").text
    part = client.get(f"/gradebook/{made.sheets['defence_security', 1]}").text
    assert "Exempt from the subject, decision" in whole
    assert "Exempt from the practical part, decision" in part
