"""The tree of units: made, moved and ended by date."""

from datetime import date

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import UnitKind
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import OrgPredecessor, OrgUnit, Position, UnitEpoch
from app.services import org
from app.services.unit_of_work import transaction
from tests.factories.province import LONG_AGO, Province
from tests.services.helpers import acting

AUGUST = date(2026, 8, 1)


def unit(kind: UnitKind = UnitKind.PRIMARY, code: str = "thtk", **values: object) -> org.NewUnit:
    """A unit to be made."""
    facts = {
        "name": "Trường Tiểu học  Thúc Kháng",
        "short_name": "TH Thúc Kháng",
        "starts_on": AUGUST,
        **values,
    }
    return org.NewUnit(code=code, kind=kind, **facts)


def test_a_unit_has_its_epoch_its_levels_and_its_place(province: Province) -> None:
    actor = acting(province, "daoct.sogd")
    made = org.create_unit(actor, unit(), province.commune_id, clock=province.clock)
    row = db.session.get(OrgUnit, made)
    assert row.name == "Trường Tiểu học Thúc Kháng"
    assert row.name_folded == "truong tieu hoc thuc khang thtk"
    assert row.levels == ["primary"]
    assert db.session.get(UnitEpoch, made).epoch == 0
    assert org.parent_on(db.session(), made, AUGUST).id == province.commune_id
    assert org.parent_on(db.session(), made, date(2026, 7, 31)) is None
    assert made in acting(province, "daoct.sogd").below


@pytest.mark.parametrize(
    ("new", "parent"),
    [
        (unit(code="thcstk"), "commune_id"),  # the code is taken
        (unit(UnitKind.COMMUNE, "xaba"), "commune_id"),  # a commune stands under the department only
        (unit(starts_on=date(2019, 1, 1)), "commune_id"),  # the commune did not exist yet
    ],
)
def test_a_unit_that_cannot_be_is_refused(province: Province, new: org.NewUnit, parent: str) -> None:
    with pytest.raises(Invalid):
        org.create_unit(SYSTEM, new, getattr(province, parent), clock=province.clock)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("THCS-TK 2", "thcstk2"),
        (" Tiểu học Đắk Ơ ", "tieuhocdako"),
        ("TH & THCS số 2", "ththcsso2"),
        ("đđ", "dd"),
    ],
)
def test_a_code_is_kept_as_account_names_carry_it(province: Province, typed: str, kept: str) -> None:
    """S4 Điều 3 khoản 2: no signs, no spaces, small letters."""
    new = unit(code=typed, locality_code="Bình Giang")
    row = db.session.get(OrgUnit, org.create_unit(SYSTEM, new, province.commune_id, clock=province.clock))
    assert (row.code, row.locality_code) == (kept, "binhgiang")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": " -- "}, "code"),
        ({"code": "学校"}, "code"),
        ({"code": "a" * 21}, "code"),
        ({"locality_code": "?"}, "locality_code"),
        ({"locality_code": "a" * 21}, "locality_code"),
    ],
)
def test_a_code_of_which_nothing_or_too_much_is_left_is_refused(
    province: Province, values: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid, match=r"letters and digits") as refused:
        org.create_unit(SYSTEM, unit(**values), province.commune_id, clock=province.clock)
    assert [name for name, _message in refused.value.problems] == [field]


def test_a_code_taken_anywhere_is_refused_however_it_is_typed(province: Province) -> None:
    foreign = org.create_unit(SYSTEM, unit(UnitKind.DEPARTMENT, "sokhac"), None, clock=province.clock)
    for typed in ("THCS TK", "thcs-tk", "Sở Khác"):
        with pytest.raises(Invalid, match="already"):
            org.create_unit(SYSTEM, unit(code=typed), foreign, clock=province.clock)


def revise(province: Province, unit_id: int, **values: str) -> tuple[str, str]:
    """Change a unit as the form does; returns its name and code afterwards."""
    with transaction(SYSTEM, "test.revise", clock=province.clock) as work:
        org.revise_unit(work, work.session.get_one(OrgUnit, unit_id), values)
    db.session.expire_all()
    row = db.session.get_one(OrgUnit, unit_id)
    return row.name, row.code


def test_a_code_that_accounts_carry_stays(province: Province) -> None:
    """Their names are given once: with another code they would name a unit that is not theirs."""
    made = org.create_unit(SYSTEM, unit(), province.commune_id, clock=province.clock)
    assert revise(province, made, code="TH Mới") == ("Trường Tiểu học Thúc Kháng", "thmoi")
    held = province.first.unit_id
    with pytest.raises(Invalid, match=r"thcstk stays: .* giangnt\.thcstk"):
        revise(province, held, code="thcsmoi", name="Tên mới")
    assert revise(province, held, code="THCS-TK", name="Tên mới", locality_code="xx") == ("Tên mới", "thcstk")


def test_a_school_needs_an_office_above(province: Province) -> None:
    with pytest.raises(Invalid, match="office above"):
        org.create_unit(SYSTEM, unit(), None, clock=province.clock)


def test_a_principal_makes_no_units_and_a_commune_none_at_the_department(province: Province) -> None:
    with pytest.raises(Forbidden):
        org.create_unit(
            acting(province, "giangnt.thcstk"), unit(), province.first.unit_id, clock=province.clock
        )
    with pytest.raises(Forbidden):
        org.create_unit(acting(province, "maipt.xatk"), unit(), province.department_id, clock=province.clock)


def test_a_school_moves_on_a_day_and_both_answers_stay(province: Province) -> None:
    school, day = province.first.unit_id, date(2026, 12, 1)
    actor = acting(province, "daoct.sogd")
    other = org.create_unit(
        actor, unit(UnitKind.COMMUNE, "xaba"), province.department_id, clock=province.clock
    )
    org.move_unit(acting(province, "daoct.sogd"), school, other, day, clock=province.clock)
    assert org.parent_on(db.session(), school, date(2026, 11, 30)).id == province.commune_id
    assert org.parent_on(db.session(), school, day).id == other
    with pytest.raises(Invalid, match="01/12/2026"):
        org.move_unit(acting(province, "daoct.sogd"), school, province.commune_id, day, clock=province.clock)


def test_an_office_does_not_stand_under_its_own_school(province: Province) -> None:
    with pytest.raises(Invalid, match="cannot stand"):
        org.move_unit(SYSTEM, province.commune_id, province.first.unit_id, AUGUST, clock=province.clock)


def test_a_district_office_ends_and_a_commune_takes_over(province: Province) -> None:
    """As on 30/06/2025: schools are moved first, then the office and all its positions end."""
    last, next_day = date(2026, 11, 30), date(2026, 12, 1)
    new = org.create_unit(
        SYSTEM, unit(UnitKind.COMMUNE, "xaba"), province.department_id, clock=province.clock
    )
    admin = acting(province, "daoct.sogd")
    with pytest.raises(Invalid, match="2 units"):
        org.end_unit(admin, province.commune_id, last, successor_ids=[new], clock=province.clock)
    for school in (province.first, province.second):
        org.move_unit(admin, school.unit_id, new, next_day, clock=province.clock)
    org.end_unit(admin, province.commune_id, last, successor_ids=[new], decision="QĐ 1", clock=province.clock)
    assert db.session.get(OrgUnit, province.commune_id).ends_on == last
    assert org.parent_on(db.session(), province.commune_id, next_day) is None
    taken = db.session.scalars(sa.select(OrgPredecessor)).one()
    assert (taken.unit_id, taken.predecessor_id, taken.happened_on) == (new, province.commune_id, next_day)
    positions = db.session.scalars(sa.select(Position).where(Position.unit_id == province.commune_id)).all()
    assert {row.ends_on for row in positions} == {last}
    with pytest.raises(Invalid, match="already ended"):
        org.end_unit(admin, province.commune_id, last, clock=province.clock)


def test_another_province_is_not_there(province: Province) -> None:
    foreign = org.create_unit(SYSTEM, unit(UnitKind.DEPARTMENT, "sokhac"), None, clock=province.clock)
    with pytest.raises(NotFound):
        org.end_unit(acting(province, "daoct.sogd"), foreign, LONG_AGO, clock=province.clock)
