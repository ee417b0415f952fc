"""Idle sign-out follows the rule the unit has set (S4 Điều 16 khoản 2: what is entered is final on leaving)."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.models import Policy
from app.services.unit_of_work import transaction
from tests.factories.province import Province


def test_a_session_lasts_as_long_as_the_unit_allows(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient]
) -> None:
    with transaction(SYSTEM, "test", clock=province.clock) as work:
        work.session.add(
            Policy(
                unit_id=province.first.unit_id, key="idle_minutes", value="10", reason="Máy phòng giáo viên",
                starts_on=date(2026, 9, 1), decided_at=work.now,
            )
        )  # fmt: skip
    client = client_for("longpd.thcstk")
    province.now += timedelta(minutes=9)
    assert client.get("/gradebook/").status_code == 200
    province.now += timedelta(minutes=11)
    assert client.get("/gradebook/").status_code == 302
