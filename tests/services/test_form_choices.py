"""Which version of a school's own form is printed: decided from a day on, the periods before keep theirs."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain.policies import FORM_VERSIONS, PolicyKey, keys_of
from app.domain.vocabulary import UnitKind
from app.errors import Forbidden, Invalid
from app.extensions import db
from app.models import Person, SchoolYear
from app.reports.catalogue import CATALOGUE, forms_for, versions_of
from app.reports.form import YEAR
from app.services.clock import local_day
from app.services.form_choices import starts, version_for
from app.services.policies import set_policy
from app.services.print_orders import PrintOrder, asked_for
from app.services.programme import terms_of
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import HOMEROOM, OFFICE

HEAD, COMPACT = "giangnt.thcstk", "grade_slip.compact"
KEY = PolicyKey.FORM_GRADE_SLIP


def used(province: Province) -> list[str]:
    """The version of term I, term II and the year."""
    year = db.session.get_one(SchoolYear, province.year_id)
    slip, unit = CATALOGUE["grade_slip"], province.first.unit_id
    return [version_for(db.session(), slip, unit, year, period).code for period in (1, 2, YEAR)]


def test_the_rules_name_the_versions_of_the_catalogue() -> None:
    assert {codes[0]: codes for codes in FORM_VERSIONS.values()} == {
        form.version_of: tuple(found.code for found in versions_of(form))
        for form in CATALOGUE.values()
        if form.version_of
    }
    for form in CATALOGUE.values():
        assert not form.replaces or form.replaces in CATALOGUE
        if form.version_of:  # a choice is only there where both serve the same classes
            assert form.circulars == CATALOGUE[form.version_of].circulars
    assert COMPACT not in {form.code for form in forms_for("tt22-2021", 2026, 8)}


def test_periods_that_are_over_keep_their_form(province: Province) -> None:
    assert used(province) == ["grade_slip"] * 3
    year = db.session.get_one(SchoolYear, province.year_id)
    second = terms_of(db.session(), province.first.unit_id, year)[2]
    head = acting(province, HEAD)
    set_policy(head, province.first.unit_id, KEY, COMPACT, second.starts_on, "Tiết kiệm giấy",
               ordered_by_id=head.person_id, clock=province.clock)  # fmt: skip
    assert used(province) == ["grade_slip", COMPACT, COMPACT]
    order = PrintOrder(province.first.class_ids["7A"], 2, form="grade_slip")
    office, day = acting(province, OFFICE), local_day(province.now)
    assert asked_for(db.session(), office, order, day).form.code == COMPACT
    first = PrintOrder(province.first.class_ids["7A"], 1, form=COMPACT)
    assert asked_for(db.session(), office, first, day).form.code == "grade_slip"  # not by naming it either


def test_the_head_decides_on_the_schools_own_forms(province: Province) -> None:
    day = local_day(province.now)
    with pytest.raises(Forbidden):
        set_policy(
            acting(province, HOMEROOM), province.first.unit_id, KEY, COMPACT, day, "x", clock=province.clock
        )
    department = acting(province, "daoct.sogd")
    leader = db.session.scalar(
        sa.select(Person.id).where(Person.unit_id == province.department_id, Person.given_name == "Bình")
    )
    with pytest.raises(Invalid) as refused:
        set_policy(department, province.department_id, KEY, COMPACT, day, "Chung cả tỉnh",
                   ordered_by_id=leader, clock=province.clock)  # fmt: skip
    assert "value" in {problem.field for problem in refused.value.problems}
    assert KEY in keys_of(UnitKind.LOWER_SECONDARY, ())
    assert KEY not in keys_of(UnitKind.PRESCHOOL, ())
    assert KEY not in keys_of(UnitKind.DEPARTMENT, ())


def test_a_version_begins_with_a_school_year_or_a_term_ahead(province: Province) -> None:
    year = db.session.get_one(SchoolYear, province.year_id)
    day = local_day(province.now)
    found = starts(db.session(), province.first.unit_id, year, day)
    assert (found[0].year, found[0].term) == ("2027–2028", 1)
    assert [start.term for start in found[1:]] == [1, 2]
    assert all(start.day >= day for start in found)
    late = starts(db.session(), province.first.unit_id, year, year.ends_on + timedelta(days=1))
    assert len(late) == 1
