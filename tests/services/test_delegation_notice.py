"""Delegated entry is told to who enters and to who is stood in for (S0 Điều 11.1)."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app.extensions import db
from app.models import Notice
from app.services.sheet_orders import NewDelegation, delegate_entry
from tests.factories.province import Province
from tests.services.helpers import acting


def test_both_people_of_a_delegation_are_told(app: Flask, province: Province) -> None:
    head, school = acting(province, "giangnt.thcstk"), province.first
    enters, instead_of = school.person_ids["khuongyb"], school.person_ids["longpd"]
    sheet = school.sheet_ids["7A", "math", 1]
    new = NewDelegation(
        person_id=enters,
        on_behalf_of_id=instead_of,
        columns=(),
        starts_at=province.now,
        ends_at=province.now + timedelta(days=3),
        reason="Đi công tác",
    )
    delegate_entry(head, sheet, new, clock=province.clock)
    told = {row.person_id: row for row in db.session.scalars(sa.select(Notice))}
    assert told.keys() == {enters, instead_of}
    assert "Y Khương Byă nhập thay Phạm Đức Long" in told[enters].body
    assert "Đi công tác" in told[enters].body
    assert told[enters].url == f"/gradebook/{sheet}"
