"""Who reaches everything there is, and who no longer does once there is more."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM, Actor
from app.domain.vocabulary import Role, UnitKind
from app.extensions import db
from app.models import Account, OrgUnit, Student
from app.services import scope
from app.services.actors import actor_for
from app.services.clock import local_day
from app.services.unit_of_work import transaction
from tests.factories.province import FIRST_DAY, Province


def acting(province: Province, username: str) -> Actor:
    account = db.session.scalars(sa.select(Account).where(Account.username == username)).one()
    return actor_for(db.session(), account, local_day(province.now))


def reached(province: Province, username: str, model: type) -> set[int]:
    who = acting(province, username)
    return {row.id for row in db.session.scalars(scope.scoped(who, model, local_day(province.now)))}


@pytest.mark.parametrize(
    ("username", "all_of_it"), [("vanlt.sogd", True), ("sonlv.xatk", False), ("giangnt.thcstk", False)]
)
def test_a_department_alone_in_the_database_reaches_all(
    app: Flask, province: Province, username: str, all_of_it: bool
) -> None:
    assert acting(province, username).reaches_all is all_of_it


def test_another_province_in_the_database_stays_out_of_reach(app: Flask, province: Province) -> None:
    everything = {model: set(db.session.scalars(sa.select(model.id))) for model in (OrgUnit, Student)}
    assert all(reached(province, "vanlt.sogd", model) == ids for model, ids in everything.items())
    with transaction(SYSTEM, "test.unit", clock=province.clock) as work:
        other = OrgUnit(
            code="sokhac", kind=UnitKind.DEPARTMENT, name="Sở khác", short_name="Sở khác", name_folded="so khac",
            levels=[], locality_code="kh", starts_on=FIRST_DAY,
        )  # fmt: skip
        work.session.add(other)
        work.flush()
        student = db.session.scalars(sa.select(Student)).first()
        student.unit_id = other.id
        moved = student.id
    assert not acting(province, "vanlt.sogd").reaches_all
    assert reached(province, "vanlt.sogd", Student) == everything[Student] - {moved}
    assert reached(province, "vanlt.sogd", OrgUnit) == everything[OrgUnit]


def test_who_reaches_every_unit_still_sees_only_the_students_taught(app: Flask, province: Province) -> None:
    """Reach over units is one thing, reach over people another."""
    who = acting(province, "vanlt.sogd")
    teacher = replace(who, roles=frozenset({Role.SUBJECT_TEACHER}))
    query = scope.scoped(teacher, Student, local_day(province.now))
    assert teacher.reaches_all
    assert db.session.scalars(query).all() == []
