"""Inspections: days and units, reading alone, every page on record."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import RULES, SYSTEM, Action, Target, UnitRelation, may, may_ever
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import AuditEvent, GradebookSheet, Inspection, Notice, UnitGroup, UnitGroupMember
from app.services import scope
from app.services.clock import local_day
from app.services.inspections import (
    NewInspection,
    end_inspection,
    inspections,
    note_view,
    send_inspector,
    views_made,
)
from app.services.unit_of_work import transaction
from tests.factories.province import LONG_AGO, Province
from tests.services.helpers import acting
from tests.services.watch_helpers import INSPECTOR, add_inspector, inspect

READING = {
    Action.HOME_VIEW,
    Action.ACCOUNT_OWN,
    *(action for action in Action if action.value.endswith(".view")),
    Action.INSPECT,
    Action.CORRECTION_SUMMARY,
    Action.PRINT_REGISTER,
}
"""What reads, or is about one's own account."""


def test_an_inspector_reads_the_units_and_days_of_the_decision_and_nothing_before(
    app: Flask, province: Province
) -> None:
    person = add_inspector(province)
    assert acting(province, INSPECTOR).below == frozenset()
    inspect(province, person, province.first.unit_id, days=2)
    actor = acting(province, INSPECTOR)
    assert actor.below == {province.first.unit_id}
    assert not actor.reaches_all
    sheets = set(db.session.scalars(scope.scoped(actor, GradebookSheet, local_day(province.now))))
    assert {sheet.unit_id for sheet in sheets} == {province.first.unit_id}
    province.now += timedelta(days=3)
    assert acting(province, INSPECTOR).below == frozenset()


def test_an_office_stands_for_what_is_below_it(app: Flask, province: Province) -> None:
    inspect(province, add_inspector(province), province.commune_id)
    assert acting(province, INSPECTOR).below == {
        province.commune_id,
        province.first.unit_id,
        province.second.unit_id,
    }
    told = {notice.unit_id for notice in db.session.scalars(sa.select(Notice))}
    assert {province.first.unit_id, province.second.unit_id} <= told


def test_ending_it_ends_the_reach(app: Flask, province: Province) -> None:
    key = inspect(province, add_inspector(province), province.first.unit_id)
    with pytest.raises(NotFound):
        end_inspection(acting(province, "giangnt.thcsba"), key, clock=province.clock)
    with pytest.raises(Forbidden):
        end_inspection(acting(province, "giangnt.thcstk"), key, clock=province.clock)
    end_inspection(acting(province, "binhhv.sogd"), key, clock=province.clock)
    assert acting(province, INSPECTOR).below == frozenset()


def test_no_verb_that_writes_is_an_inspectors(app: Flask, province: Province) -> None:
    """Whatever stands in the table, in every relation to the unit, and whatever a group of the office allows."""
    person = add_inspector(province)
    with transaction(SYSTEM, "test.group", clock=province.clock) as work:
        group = UnitGroup(
            unit_id=province.department_id, kind="group", name="Tổ", rights=["lock.manage", "data.import"],
            starts_on=LONG_AGO,
        )  # fmt: skip
        work.session.add(group)
        work.flush()
        work.session.add(UnitGroupMember(group_id=group.id, person_id=person, starts_on=LONG_AGO))
    inspect(province, person, province.first.unit_id)
    actor = acting(province, INSPECTOR)
    assert actor.inspects_only
    assert actor.rights == frozenset()
    everything = {"teaches": True, "homeroom": True, "delegated": True, "directly_below": True}
    writing = set(RULES) - READING
    allowed = {
        action
        for action in writing
        if may_ever(actor, action)
        or any(may(actor, action, Target(unit=unit, **everything)) for unit in UnitRelation)
    }
    assert allowed == set()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"unit_ids": ()}, Invalid),
        ({"decision": " "}, Invalid),
        ({"purpose": ""}, Invalid),
        ({"ends_on": -1}, Invalid),
        ({"person_id": "leader"}, Invalid),
        ({"unit_ids": (99999,)}, NotFound),
    ],
)
def test_what_a_decision_must_say(
    app: Flask, province: Province, change: dict[str, object], error: type[Exception]
) -> None:
    person, today = add_inspector(province), local_day(province.now)
    leader = acting(province, "binhhv.sogd")
    values: dict[str, object] = {
        "person_id": person, "unit_ids": (province.first.unit_id,), "starts_on": today,
        "ends_on": today + timedelta(days=2), "decision": "15/QĐ", "purpose": "Kiểm tra sổ",
    }  # fmt: skip
    values |= change
    if change.get("ends_on"):
        values["ends_on"] = today - timedelta(days=1)
    if change.get("person_id"):
        values["person_id"] = leader.person_id
    with pytest.raises(error):
        send_inspector(leader, NewInspection(**values), clock=province.clock)  # type: ignore[arg-type]
    assert db.session.scalar(sa.select(sa.func.count(Inspection.id))) == 0


def test_only_an_offices_leader_sends_and_both_sides_see_it(app: Flask, province: Province) -> None:
    person, today = add_inspector(province), local_day(province.now)
    new = NewInspection(person, (province.first.unit_id,), today, today, "15/QĐ", "Kiểm tra")
    for who in ("vanlt.sogd", "giangnt.thcstk"):
        with pytest.raises(Forbidden):
            send_inspector(acting(province, who), new, clock=province.clock)
    send_inspector(acting(province, "binhhv.sogd"), new, clock=province.clock)
    seen = {
        who: len(inspections(db.session(), acting(province, who), today))
        for who in ("binhhv.sogd", "giangnt.thcstk", "giangnt.thcsba", "sonlv.xatk", INSPECTOR)
    }
    assert seen == {
        "binhhv.sogd": 1, "giangnt.thcstk": 1, "giangnt.thcsba": 0, "sonlv.xatk": 1, INSPECTOR: 1,
    }  # fmt: skip


def test_the_inspected_units_head_sees_the_pages_opened(app: Flask, province: Province) -> None:
    inspect(province, add_inspector(province), province.first.unit_id)
    inspector, day = acting(province, INSPECTOR), local_day(province.now)

    def seen(who: str) -> list[str]:
        found = views_made(db.session(), acting(province, who), day)
        return [event.details["path"] for event, _name, _unit in found.lines]

    for path, units in (("/gradebook/1", [province.first.unit_id]), ("/inspect/", [])):
        note_view(inspector, units, clock=province.clock, allowed=True, path=path)
    assert seen("giangnt.thcstk") == ["/inspect/", "/gradebook/1"]
    assert seen("giangnt.thcsba") == []
    assert seen("binhhv.sogd") == ["/inspect/", "/gradebook/1"]
    assert seen(INSPECTOR) == ["/inspect/", "/gradebook/1"]
    note_view(inspector, [province.second.unit_id], clock=province.clock, allowed=True, path="/x")
    assert seen("giangnt.thcsba") == []  # not of this inspection: noted for the office
    assert (
        db.session.scalar(sa.select(sa.func.count(AuditEvent.id)).where(AuditEvent.action == "inspect.view"))
        == 3
    )
