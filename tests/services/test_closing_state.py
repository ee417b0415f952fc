"""A closed term locks the books whatever windows say, until it is reopened; on both engines."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.assessment.facts import YEAR
from app.domain.locks import LockRule
from app.errors import Locked
from app.extensions import db
from app.models import Account, Closing, GradebookSheet
from app.services.cells import CellChange
from app.services.closing_state import closed_terms
from app.services.gradebook import enter_scores
from app.services.locks import BookScope, load_layers, sheet_locks
from app.services.unit_of_work import transaction
from app.views import lock_texts
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting


def closed(province: Province, term: int, **values: object) -> int:
    """A closing of the first school's term, as the head's verb leaves it."""
    account = db.session.query(Account.id).filter_by(username="giangnt.thcstk").scalar()
    with transaction(SYSTEM, "test.close", clock=province.clock) as work:
        row = Closing(
            unit_id=province.first.unit_id, school_year_id=province.year_id, term=term, turn=1,
            reason="Đã đủ hồ sơ", closed_at=work.now, closed_by_id=province.first.person_ids["giangnt"],
            executed_by_id=account, **values,
        )  # fmt: skip
        work.session.add(row)
        work.flush()
        return row.id


def reopened(province: Province, closing_id: int, until: datetime | None) -> None:
    with transaction(SYSTEM, "test.reopen", clock=province.clock) as work:
        row = work.session.get_one(Closing, closing_id)
        row.reopened_at, row.reopened_until = work.now, until


def enter(province: Province, old: str | None, new: str) -> None:
    sheet, student = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[0]
    change = CellChange(student, "regular_1", old, new)
    enter_scores(acting(province, "longpd.thcstk"), sheet, [change], clock=province.clock)


@pytest.mark.parametrize("term", [1, YEAR])
def test_a_closed_term_takes_no_mark_and_says_who_closed_it(
    app: Flask, province: Province, term: int
) -> None:
    enter(province, None, "8")
    closed(province, term)
    with pytest.raises(Locked) as refused:
        enter(province, "8", "9")
    (reason,) = refused.value.reasons[0].reasons
    assert (reason.rule, reason.ordered_by, reason.executed_by, reason.window_id) == (
        LockRule.TERM_CLOSED, "Nguyễn Thị Giang", "giangnt.thcstk", None,
    )  # fmt: skip
    with app.test_request_context():
        line = lock_texts.reason_line(reason)
    assert "Nguyễn Thị Giang" in line
    assert "16/11/2026" in line
    assert closed_terms(db.session(), province.first.unit_id, province.year_id) == {term}
    assert closed_terms(db.session(), province.second.unit_id, province.year_id) == frozenset()


def test_closing_another_term_or_school_locks_nothing_here(app: Flask, province: Province) -> None:
    closed(province, 2)
    enter(province, None, "8")


def test_a_reopened_term_is_open_again(app: Flask, province: Province) -> None:
    number = closed(province, 1)
    reopened(province, number, None)
    enter(province, None, "8")
    assert closed_terms(db.session(), province.first.unit_id, province.year_id) == frozenset()


def test_reopened_for_a_time_it_locks_again_by_itself_and_counts_as_closed(
    app: Flask, province: Province
) -> None:
    number = closed(province, 1)
    reopened(province, number, province.now + timedelta(hours=2))
    enter(province, None, "8")
    province.now += timedelta(hours=2)
    with pytest.raises(Locked):
        enter(province, "8", "9")
    assert closed_terms(db.session(), province.first.unit_id, province.year_id) == {1}


def test_the_layers_with_closings_are_one_statement_and_windows_come_once(
    app: Flask, province: Province
) -> None:
    closed(province, 1)
    closed(province, YEAR)
    sheet = db.session.get_one(GradebookSheet, province.first.sheet_ids["7A", "math", 1])
    with counting(app) as statements:
        layers = load_layers(db.session(), BookScope.of(sheet), province.now.date())
    assert len(statements) == 1
    assert [len(layer.windows) for layer in layers if layer.unit_id == province.department_id] == [1]
    own = [layer for layer in layers if layer.unit_id == province.first.unit_id]
    assert [[window.closing for window in layer.windows] for layer in own] == [[], [True], [True]]
    state = sheet_locks(db.session(), sheet, ("regular_1",), province.now).columns["regular_1"]
    assert len(state.reasons) == 2
