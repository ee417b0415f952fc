"""A school year that is over: the head alone changes nothing of it, and whatever opens it again is read above (needs A1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.corrections import Place
from app.domain.exceptions import ExceptionKind
from app.domain.locks import LockRule
from app.domain.vocabulary import WindowEffect, WindowMode
from app.domain.year_decisions import Field
from app.errors import Locked
from app.extensions import db
from app.models import ExceptionNote, SchoolYear, YearDecision
from app.services.cells import CellChange
from app.services.correction_places.port import PlaceRef
from app.services.correction_requests import NewCorrection, request_correction
from app.services.lock_windows import NewWindow, add_window, extend_window
from app.services.year_after_lock import year_changes_after_lock
from app.services.year_decisions import DecisionChange, decide
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.correction_helpers import HEAD, TEACHER, WHY, found
from tests.services.helpers import acting
from tests.services.results_helpers import Made
from tests.services.test_year_decisions import change, made, taken
from tests.services.year_helpers import open_book

__all__ = ["made"]

SUMMER_ENDS = datetime(2027, 8, 31, 17, 0, tzinfo=UTC)  # 24:00 in Vietnam
PLAN = "Kế hoạch giáo dục cá nhân số 3"


def told() -> list[str]:
    rows = sa.select(ExceptionNote.what).where(ExceptionNote.kind == ExceptionKind.REOPENING)
    return list(db.session.scalars(rows.order_by(ExceptionNote.id)))


def retests(province: Province, closes_at: datetime | None) -> int:
    """The head opens the retests of the year from now on."""
    new = NewWindow(
        province.year_id, "Đánh giá lại", "Kế hoạch", WindowEffect.OPEN, WindowMode.WHOLE_BOOK, province.now,
        closes_at, term=2, columns=("retest",),
    )  # fmt: skip
    return add_window(acting(province, HEAD), province.first.unit_id, new, clock=province.clock)


def test_the_head_decides_until_the_summer_ends(app: Flask, province: Province, made: Made) -> None:
    low, student = made.students
    open_book(province)
    province.now = SUMMER_ENDS - timedelta(minutes=1)
    assert taken(province, made, HEAD, change(student, Field.DISABILITY, PLAN))
    province.now = SUMMER_ENDS + timedelta(minutes=1)
    with pytest.raises(Locked) as refused:
        taken(province, made, HEAD, change(student, Field.HEAD, "promoted", reason="Đạt yêu cầu"))
    assert [reason.rule for held in refused.value.reasons for reason in held.reasons] == [LockRule.YEAR_OVER]
    summer = change(low, Field.TRAINING_AFTER, "passed", reason="Hoàn thành kế hoạch")
    assert taken(province, made, TEACHER, summer)  # entered in a window, of which the tier above reads


def test_what_was_entered_then_stands_among_the_changes_after_the_lock(
    app: Flask, province: Province, made: Made, client_for: Callable[[str], FlaskClient]
) -> None:
    """Of the summer's nothing; on the page with who and why."""
    student = made.students[0]
    open_book(province)
    reason = "Hoàn thành kế hoạch"
    assert taken(province, made, TEACHER, change(student, Field.TRAINING_AFTER, "passed", reason=reason))
    province.now = SUMMER_ENDS + timedelta(days=5)
    again = change(student, Field.TRAINING_AFTER, "good", "passed", "Xét lại")
    assert taken(province, made, TEACHER, again)
    year = db.session.get_one(SchoolYear, made.year_id)
    span = (province.now - timedelta(days=300), province.now + timedelta(minutes=1))
    with counting(app) as statements:
        (line,) = year_changes_after_lock(db.session(), made.unit_id, year, *span)
    assert len(statements) <= 7
    assert (line.change.old, line.change.new, line.request) == ("passed", "good", None)
    assert (line.school_class.id, line.subject) == (made.class_id, None)
    assert year_changes_after_lock(db.session(), made.unit_id, year, *span, class_id=-1) == ()
    page = client_for(HEAD).get(f"/inspect/after-lock/{made.unit_id}?year=2026&term=2").text
    assert "Xét lại" in page


def test_then_it_is_corrected_with_the_consent_of_the_tier_above(
    app: Flask, province: Province, made: Made, tmp_path: Path
) -> None:
    """Though no window has ever opened it, and nothing was decided before."""
    student = made.students[0]
    province.now = SUMMER_ENDS + timedelta(days=60)
    cells = (CellChange(student, Field.DISABILITY.value, None, PLAN),)
    wanted = NewCorrection(
        PlaceRef(Place.YEAR, None, made.class_id), cells, WHY, "ke-hoach.pdf", b"%PDF-1.4 plan"
    )
    asked = request_correction(acting(province, HEAD), wanted, folder=tmp_path, clock=province.clock)
    row = found(asked)
    assert row.closed == "year"
    assert {"approver", "consent"} & set(row.seats_above)
    assert db.session.get(YearDecision, (student, made.year_id)) is None


def test_a_window_over_a_past_year_is_read_above(app: Flask, province: Province, made: Made) -> None:
    summer = retests(province, datetime(2027, 8, 1, tzinfo=UTC))
    assert told() == []
    extend_window(
        acting(province, HEAD), summer, SUMMER_ENDS + timedelta(days=9), "Bão", clock=province.clock
    )
    (first,) = told()
    assert "năm học đã qua" in first
    province.now = SUMMER_ENDS + timedelta(days=70)
    retests(province, province.now + timedelta(days=3))
    assert len(told()) == 2


def test_one_without_an_end_is_told_at_once(app: Flask, province: Province, made: Made) -> None:
    retests(province, None)
    assert len(told()) == 1
    assert decide(acting(province, HEAD), made.class_id, [
        DecisionChange(made.students[0], Field.DISABILITY, "", PLAN)
    ], clock=province.clock)  # fmt: skip
