"""Rights of importing and exporting; exports that come back as they went."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import (
    AuditEvent,
)
from app.services import exports
from app.services.spreadsheets.kinds import KINDS
from app.services.spreadsheets.plan import SAME
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.import_helpers import BINH, BOARD, HEADINGS, OFFICE, ON_SQLITE, carry_out, dry, students


@ON_SQLITE
@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ("longpd.thcstk", "students"),
        ("giangnt.thcstk", "students"),
        ("daoct.sogd", "students"),
        (OFFICE, "assignments"),
    ],
)
def test_importing_is_a_right_and_never_more_than_the_records_own(
    app: Flask, province: Province, account: str, kind: str
) -> None:
    data = students(BINH)
    with pytest.raises(Forbidden):
        dry(province, kind, data, account)
    with pytest.raises(Forbidden):
        carry_out(province, kind, data, account, digest="x")


@ON_SQLITE
def test_a_year_that_is_over_takes_no_import(app: Flask, province: Province) -> None:
    province.now += timedelta(days=300)
    with pytest.raises(Invalid):
        dry(province, "students", students(BINH))


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_comes_back_as_it_went_and_is_logged(app: Flask, province: Province, kind: str) -> None:
    carry_out(
        province,
        "students",
        students(
            {
                **BINH,
                "Mã định danh": "0120260001",
                "Họ tên cha": "Trần Văn Cả",
                "Điện thoại cha": "+84 912345678",
            },
            {
                **BINH,
                "Họ và tên": "H'Nuen Kriêng",
                "Họ": "Kriêng",
                "Tên đệm": "H'",
                "Tên": "Nuen",
                "Giới tính": "Nữ",
            },
            headings=(*HEADINGS, "Họ", "Tên đệm", "Tên"),
        ),
    )
    made = exports.export(acting(province, BOARD), kind, clock=province.clock)
    with made.file:
        data = made.file.read()
    plan = dry(province, kind, data)
    assert plan.counts[SAME] == made.rows > 0, plan.problems
    assert len(plan.rows) == made.rows
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == f"export.{kind}")).one()
    assert (event.details["rows"], event.target_id) == (made.rows, province.first.unit_id)


@ON_SQLITE
def test_exporting_is_a_right_of_its_own_within_reach(app: Flask, province: Province) -> None:
    with pytest.raises(Forbidden):
        exports.export(acting(province, "longpd.thcstk"), "students", clock=province.clock)
    with pytest.raises(NotFound):
        exports.export(
            acting(province, BOARD), "students", clock=province.clock, unit_id=province.second.unit_id
        )
    with pytest.raises(Forbidden):
        exports.export(acting(province, BOARD), "students", clock=province.clock, unit_id=province.commune_id)
    office = acting(province, "maipt.xatk")
    with pytest.raises(NotFound):
        exports.export(office, "students", clock=province.clock, unit_id=province.department_id + 999)
    both = exports.export(acting(province, "maipt.xatk"), "students", clock=province.clock)
    one = exports.export(
        acting(province, "maipt.xatk"), "students", clock=province.clock, unit_id=province.second.unit_id
    )
    with both.file, one.file:
        assert both.rows == 2 * one.rows == len(province.first.student_ids + province.second.student_ids)


@ON_SQLITE
def test_an_office_exports_no_more_than_a_file_can_bear(
    app: Flask, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 20)
    with pytest.raises(Invalid):
        exports.export(acting(province, "maipt.xatk"), "students", clock=province.clock)


@ON_SQLITE
def test_a_template_offers_the_schools_own_classes(app: Flask, province: Province) -> None:
    name, data = exports.template(acting(province, BOARD), "students", clock=province.clock)
    assert name == "mau-hoc-sinh.xlsx"
    assert data.startswith(b"PK")
