"""Averages and results worked out again from the marks: what was doubted is put right, with history and reason."""

from collections import Counter
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.sheet_forms import SheetForm
from app.errors import Invalid
from app.extensions import db
from app.models import AuditEvent, Grade, SubjectYear, TxLog
from app.services import history
from app.services.guards import lifted
from app.services.results.recompute import recompute, recompute_school
from tests.factories.province import Province
from tests.services.results_helpers import THCS, Made, fill, lines_of, make_class, stored_of

pytestmark = pytest.mark.usefixtures("chain_holds")

REASON = "Kiểm tra lại sau khi nâng cấp"


@pytest.fixture
def made(province: Province) -> Made:
    """A class with two full terms and no results on record."""
    found = make_class(province, "8C", THCS)
    fill(province, found)
    recompute(found.unit_id, found.year_id, reason="lần đầu", clock=province.clock)
    return found


def spoil(made: Made, tenths: int) -> None:
    """Term averages that don't fit their marks, as only a fault outside the program could leave them."""
    grade = Grade.__table__
    with lifted("test: a fault from outside"), db.engine.connect() as plain:
        connection = plain.execution_options(hocvu_write=True)
        with connection.begin():
            wrong = sa.type_coerce(sa.literal(tenths), sa.SmallInteger)
            connection.execute(
                sa.update(grade).where(grade.c.sheet_id == made.sheets["math", 2]).values(average=wrong)
            )
    db.session.remove()


def test_a_wrong_average_is_put_right_with_its_reason(province: Province, made: Made) -> None:
    spoil(made, 31)
    done = recompute(made.unit_id, made.year_id, reason=REASON, clock=province.clock)
    student = made.students[0]
    assert done.averages == len(made.students)
    sheet = made.sheets["math", 2]
    versions = history.versions_of(SheetForm.MARKS)
    newest = (
        sa.select(versions.average, TxLog.reason, TxLog.action)
        .join(TxLog, TxLog.id == versions.transaction_id)
        .where(versions.sheet_id == sheet, versions.student_id == student)
        .order_by(TxLog.id.desc())
    )
    assert tuple(db.session.execute(newest).first()) == (Decimal("8.0"), REASON, "result.recompute")
    row = db.session.get(Grade, (sheet, student))
    year = db.session.get(SubjectYear, (student, made.year_id, row.sheet.subject_id))
    assert year.average == Decimal("8.0")
    event = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.action, event.reason, event.details["averages"]) == (
        "result.recompute",
        REASON,
        done.averages,
    )


def test_results_follow_and_a_second_pass_writes_nothing(province: Province, made: Made) -> None:
    assert stored_of(made, made.students[0], 1).learning == "good"
    assert stored_of(made, made.students[0], 0).learning == "good"
    again = recompute(made.unit_id, made.year_id, reason=REASON, clock=province.clock)
    assert (again.averages, again.results) == (0, 0)


def test_a_year_that_was_never_written_is(province: Province) -> None:
    """Sheets of one term made before they said so ended without a year."""
    made = make_class(
        province, "8D", lines_of(("math", 140), ("informatics", 35, "compulsory", (1,))), pupils=2
    )
    fill(province, made)
    done = recompute(made.unit_id, made.year_id, reason=REASON, clock=province.clock)
    assert done.averages == 4
    years = db.session.execute(sa.select(SubjectYear.term_1, SubjectYear.term_2, SubjectYear.average)).all()
    eight = Decimal("8.0")
    assert Counter(map(tuple, years)) == {(eight, None, eight): 2, (eight, eight, eight): 2}
    again = recompute(made.unit_id, made.year_id, reason=REASON, clock=province.clock)
    assert (again.averages, again.results) == (0, 0)


def test_no_pass_without_a_reason(province: Province, made: Made) -> None:
    with pytest.raises(Invalid):
        recompute(made.unit_id, made.year_id, reason="  ", clock=province.clock)


def test_the_command_names_school_and_year(app: Flask, province: Province, made: Made) -> None:
    spoil(made, 31)
    done = app.test_cli_runner().invoke(args=["recompute", "thcstk", "2026", "--reason", REASON])
    assert (done.exit_code, done.output.split(",")[0]) == (0, f"{len(made.students)} averages put right")
    wrong = app.test_cli_runner().invoke(args=["recompute", "thcstk", "1999", "--reason", REASON])
    assert (wrong.exit_code, wrong.output) == (
        2,
        "Đơn vị thcstk không có lớp nào trong năm học bắt đầu từ 1999.\n",
    )
    with pytest.raises(Invalid):
        recompute_school("nosuch", 2026, reason=REASON, clock=province.clock)
