"""Changes past a lock: those with a request, those without; and the statements it takes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Finality
from app.errors import Forbidden, NotFound
from app.extensions import db
from app.models import Policy
from app.services.after_lock import AfterLock, changes_after_lock
from app.services.cells import CellChange
from app.services.gradebook import enter_scores, submit_sheet
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.correction_helpers import (
    BOARD,
    DEPUTY,
    HEAD,
    OTHER,
    TEACHER,
    ask,
    enter_and_lock,
    move_homeroom,
    sheet_of,
    sit_all,
    student_of,
)
from tests.services.helpers import acting
from tests.services.watch_helpers import forge


def read(province: Province, who: str = HEAD) -> AfterLock:
    """The list of the first school for the last ten days."""
    return changes_after_lock(
        db.session(),
        acting(province, who),
        province.first.unit_id,
        province.year_id,
        1,
        province.now - timedelta(days=10),
        province.now + timedelta(minutes=1),
    )


def test_what_is_entered_and_changed_while_the_book_is_open_is_no_change_after_the_lock(
    app: Flask, province: Province
) -> None:
    student, sheet = student_of(province), sheet_of(province)
    for old, new in ((None, "6,5"), ("6,5", "7")):
        change = CellChange(student, "midterm", old, new)
        enter_scores(acting(province, TEACHER), sheet, [change], clock=province.clock)
    assert read(province) == AfterLock(number=1, lines=[])


def test_an_applied_correction_stands_with_its_request_approver_and_witnesses(
    app: Flask, province: Province
) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "6,5"})
    request_id = ask(province)
    sit_all(province, request_id, (OTHER, HEAD, TEACHER, BOARD, DEPUTY))
    found = read(province)
    (line,) = found.lines
    assert (line.change.old, line.change.new) == (Decimal("6.5"), Decimal("8.5"))
    assert line.request is not None
    assert line.request.id == request_id
    assert line.approved_by == ("Nguyễn Thị Giang",)
    assert "Trần Bá Quân" in line.witnesses
    assert (found.total, found.without) == (1, 0)


@pytest.mark.parametrize("values", [{"midterm": Decimal(9)}, {"final": Decimal(9)}])
def test_a_change_made_past_the_program_has_no_request(
    app: Flask, province: Province, values: dict[str, Decimal]
) -> None:
    """Overwriting as well as filling in: the book was locked."""
    enter_and_lock(province, {"midterm": "6,5"})
    forge(province, sheet_of(province), student_of(province), TEACHER, **values)
    found = read(province)
    (line,) = found.lines
    assert line.request is None
    assert line.change.column in values
    assert (found.total, found.without) == (1, 1)


def test_what_chot_made_final_is_past_a_lock_though_the_book_is_open(app: Flask, province: Province) -> None:
    student, sheet, teacher = student_of(province), sheet_of(province), acting(province, TEACHER)
    with transaction(SYSTEM, "test.policy", clock=province.clock) as work:
        work.session.add(
            Policy(
                unit_id=province.department_id,
                key=PolicyKey.FINALITY.value,
                value=Finality.ON_SUBMIT.value,
                reason="Quy chế",
                decided_at=province.now,
                starts_on=date(2026, 9, 1),
            )
        )
    change = CellChange(student, "midterm", None, "6,5")
    enter_scores(teacher, sheet, [change], clock=province.clock)
    forge(province, sheet, student, TEACHER, midterm=Decimal(7))
    assert read(province).total == 0
    submit_sheet(teacher, sheet, ["midterm"], clock=province.clock)
    forge(province, sheet, student, TEACHER, midterm=Decimal(9))
    (line,) = read(province).lines
    assert (line.change.old, line.change.new, line.request) == (Decimal(7), Decimal(9), None)


def test_the_tier_above_reads_it_and_a_teacher_or_another_school_does_not(
    app: Flask, province: Province
) -> None:
    enter_and_lock(province, {"midterm": "6,5"})
    forge(province, sheet_of(province), student_of(province), TEACHER, midterm=Decimal(9))
    assert read(province, "sonlv.xatk").without == 1
    for stranger, error in ((TEACHER, Forbidden), ("giangnt.thcsba", NotFound)):
        with pytest.raises(error):
            read(province, stranger)


def test_it_takes_no_statement_a_row(app: Flask, province: Province) -> None:
    enter_and_lock(province, {"midterm": "6,5"})
    sheet, actor = sheet_of(province), acting(province, HEAD)
    forge(province, sheet, student_of(province), TEACHER, midterm=Decimal(9))
    span = (province.now - timedelta(days=1), province.now + timedelta(days=1))
    place = (province.first.unit_id, province.year_id, 1)
    taken = []
    for times in (0, 6):
        for number in range(times):
            forge(province, sheet, student_of(province), TEACHER, midterm=Decimal(number))
        with counting(app) as statements:
            found = changes_after_lock(db.session(), actor, *place, *span)
        taken.append(len(statements))
    assert found.without == 7
    assert taken[0] == taken[1] <= 28
