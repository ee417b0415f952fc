"""An office's list of schools, and how little it costs, on both engines."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.vocabulary import Level, UnitKind
from app.extensions import db
from app.models import Enrolment
from app.services.clock import local_day
from app.services.progress_offices import KEEP, Need, office_progress
from app.services.progress_schools import school_progress
from app.services.progress_teacher import teacher_home
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.progress import (
    HEAD,
    OFFICER,
    TEACHER,
    actor,
    arrange,
    builder_of,
    fill,
    grow,
    office,
    period,
    school,
    window,
)
from tests.factories.province import Province


def test_an_office_sees_its_schools_the_neediest_first(app: Flask, province: Province) -> None:
    closes = province.now + timedelta(days=1)
    window(province, province.second, closes, "regular_1")
    fill(province, ("regular_1", "midterm"))
    province.now = closes
    progress = office(province)
    lines = [(s.unit.short_name, s.need, s.late_sheets, s.sheets) for s in progress.schools]
    assert lines == [("THCS Bình An", Need.NOW, 4, 4), ("THCS Thúc Kháng", Need.FINE, 0, 4)]
    assert [s.parent for s in progress.schools] == ["UBND xã Thúc Kháng"] * 2
    assert progress.counted(Need.NOW) == 1


@pytest.mark.parametrize("username", [OFFICER, "binhhv.sogd", "daoct.sogd", "sonlv.xatk", "maipt.xatk"])
def test_the_offices_totals_are_the_schools_own(app: Flask, province: Province, username: str) -> None:
    window(province, province.first, province.now + timedelta(days=1), "regular_1", "regular_2", grades=[7])
    window(
        province,
        province.first,
        province.now + timedelta(hours=5),
        "midterm",
        class_ids=[province.first.class_ids["7B"]],
    )
    fill(province, ("regular_1", "final"), students=3)
    fill(province, ("regular_1",), subject="art")
    province.now += timedelta(days=2)
    for line in office(province, username).schools:
        own = school(province, username, line.unit.id)
        assert line.share == own.share
        assert (line.late_sheets, line.sheets) == (own.late_sheets, len(own.sheets))
        assert [g.grade for g in line.grades] == [7]


def test_an_office_sees_every_save_at_once_and_a_changed_class_list_soon(
    app: Flask, province: Province
) -> None:
    def figures() -> tuple[int, int]:
        line = next(s for s in office(province).schools if s.unit.id == province.first.unit_id)
        return line.share.filled, line.share.required

    fill(province, ("regular_1",), students=3)
    assert figures() == (3, 160)
    fill(province, ("regular_2",), students=1)
    assert figures() == (4, 160)

    def leave(session: Any) -> None:
        row = session.scalars(
            sa.select(Enrolment).where(Enrolment.student_id == province.first.student_ids[7])
        ).one()
        row.ends_on = local_day(province.now) - timedelta(days=1)

    arrange(province, leave)
    province.now += KEEP + timedelta(seconds=1)
    assert figures() == (4, 150)


def test_counting_again_reads_marks_only_where_something_was_saved(app: Flask, province: Province) -> None:
    fill(province, ("regular_1",))
    with counting(app) as first:
        office(province)
    with counting(app) as again:
        office(province)
    assert sum("count(grade." in s for s in first) == 1
    assert sum("count(grade." in s for s in again) == 0


def test_a_school_without_a_gradebook_says_so(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test.arrange", clock=province.clock) as work:
        work.stamp()
        builder = builder_of(province, work)
        unit = builder.unit(
            "thtk", UnitKind.PRIMARY, "Trường TH Thúc Kháng", "TH Thúc Kháng", province.commune_id
        )
        unit.levels = [Level.PRIMARY.value]
    assert [s.unit.short_name for s in office(province).schools if s.need is Need.NO_BOOK] == [
        "TH Thúc Kháng"
    ]
    assert office(province).schools[-1].need is Need.NO_BOOK


def test_statements_do_not_grow_with_the_province(app: Flask, province: Province) -> None:
    def count() -> list[int]:
        teacher, head, officer = (actor(province, name) for name in (TEACHER, HEAD, OFFICER))
        periods = [period(province, name) for name in (TEACHER, HEAD, OFFICER)]
        session, unit, now = db.session(), province.first.unit_id, province.now
        found = []
        for call in (
            lambda: teacher_home(session, teacher, periods[0], now),
            lambda: school_progress(session, head, unit, periods[1], now),
            lambda: office_progress(session, officer, periods[2], now),
        ):
            db.session.rollback()
            with counting(app) as statements:
                call()
            found.append(len(statements))
        return found

    before = count()
    grow(province)
    assert count() == before
    assert before == [6, 4, 4]
