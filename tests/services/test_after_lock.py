"""Changes past a lock: those with a request, those without; and the statements it takes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.policies import PolicyKey
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Finality
from app.errors import Forbidden, NotFound
from app.extensions import db
from app.models import GradebookSheet, Person, Policy
from app.services.after_lock import AfterLock, changes_after_lock
from app.services.cells import CellChange
from app.services.changes import entered_by, written_cells
from app.services.clock import local_day
from app.services.gradebook import enter_scores, submit_sheet
from app.services.history import versions_of
from app.services.past_locks import load_past
from app.services.sheet_cells import sheet_cells
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
    freeze,
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
    # Whose change it is: who asked for it, not who happened to sit last and on whose press it was written.
    asked, last = (province.first.person_ids[who.partition(".")[0]] for who in (TEACHER, DEPUTY))
    assert (line.change.person_id, line.change.by) == (asked, "Phạm Đức Long")
    assert line.change.last_step == db.session.get_one(Person, last).full_name
    where = [GradebookSheet.unit_id == province.first.unit_id]
    since, until = province.now - timedelta(days=10), province.now + timedelta(minutes=1)
    assert set(entered_by(db.session(), where, since, until)) == {asked}


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


def test_a_save_is_judged_by_the_columns_it_changed(app: Flask, province: Province) -> None:
    """The same lines as asking every written cell one by one; cells of open columns are not read at all."""
    sheet, teacher = sheet_of(province), acting(province, TEACHER)
    freeze(province, "final", "comment")
    for place, old, new in ((0, None, "6"), (1, None, "7"), (0, "6", "8")):
        change = CellChange(student_of(province, place=place), "regular_1", old, new)
        enter_scores(teacher, sheet, [change], clock=province.clock)
    forge(province, sheet, student_of(province), TEACHER, final=Decimal(9), regular_2=Decimal(4))
    forge(province, sheet, student_of(province), TEACHER, comment="Tốt")
    forge(province, sheet, student_of(province), TEACHER, comment="tốt", regular_1=Decimal(3))
    with counting(app) as statements:
        lines = read(province).lines
    assert len([s for s in statements if "old_final" in s]) == 2  # written past a lock; overwritten
    assert {(line.change.column, line.change.old, line.change.new) for line in lines} == one_by_one(province)
    assert [line.change.column for line in lines] == ["comment", "comment", "final"]


def one_by_one(province: Province) -> set[tuple[str, object, object]]:
    """Every cell ever written in a locked column."""
    session, form = db.session(), SheetForm.MARKS
    version = versions_of(form)
    keys = session.execute(sa.select(version.transaction_id, version.sheet_id).distinct()).all()
    past = load_past(session, province.first.unit_id, province.year_id, 1, local_day(province.now))
    found = set()
    for change in written_cells(session, form, [tuple(key) for key in keys]):
        sheet = session.get_one(GradebookSheet, change.sheet_id)
        columns = tuple(cell.name for cell in sheet_cells(sheet))
        if not past.states(past.scope_of(sheet), columns, change.at)[change.column].open:
            found.add((change.column, change.old, change.new))
    return found


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
