"""Retests: who enters them, when, and what they change; on both engines."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.assessment.facts import YEAR
from app.domain.assessment.terms import Outcome, ResultLevel, SubjectLevel, TraitLevel
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Level, WindowMode
from app.errors import Forbidden, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import AuditEvent, GradebookSheet, SubjectYear
from app.services.results.refresh import refresh
from app.services.retests import RetestChange, enter_retests
from app.services.year_locks import changes_of, load_writes
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.results_helpers import YEAR_OVER, Made, fill, judged_of, make_class, put, stored_of
from tests.services.test_policies import decide as set_rule
from tests.services.test_results_primary import GRADE_4, fill_primary
from tests.services.year_helpers import open_book, teach

MATH_TEACHER, OTHER = "habtt.thcstk", "longpd.thcstk"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A: two students with 4.0 in mathematics and Chưa đạt, one at 7.0; the year is over."""
    found = make_class(province, "8A", pupils=3)
    fill(province, found, mark="7.0")
    for student in found.students[:2]:
        for term in (1, 2):
            for code in ("math", "literature"):
                cells = {f"regular_{n}": Decimal("3.0") for n in range(1, 5)}
                put(
                    province,
                    found,
                    student,
                    code,
                    term,
                    **cells,
                    midterm=Decimal("3.0"),
                    final=Decimal("3.0"),
                )
    province.now = YEAR_OVER
    return found


def change(student: int, subject: int, new: str | None, old: str | None = None) -> RetestChange:
    return RetestChange(student, subject, "retest", old, new)


def enter(province: Province, made: Made, username: str, *changes: RetestChange):  # type: ignore[no-untyped-def]
    return enter_retests(acting(province, username), made.class_id, changes, clock=province.clock)


def test_a_retest_changes_the_outcome_and_says_so(province: Province, made: Made) -> None:
    low, other, _fair = made.students
    math, literature = (teach(province, made, code, "habtt") for code in ("math", "literature"))
    open_book(province)
    assert judged_of(province, made, YEAR)[low].result.outcome is Outcome.RETEST
    (first,) = enter(province, made, MATH_TEACHER, change(low, math, "6,5"))
    assert (first.before.outcome, first.after.outcome) == (Outcome.RETEST, Outcome.RETEST)
    (second,) = enter(province, made, MATH_TEACHER, change(low, literature, "5"))
    assert (second.before.outcome, second.after.outcome) == (Outcome.RETEST, Outcome.PROMOTED)
    assert (second.entered[0].old, second.entered[0].new) == (None, Decimal("5.0"))
    assert judged_of(province, made, YEAR)[low].result.outcome is Outcome.PROMOTED
    assert judged_of(province, made, YEAR)[other].result.outcome is Outcome.RETEST
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "retest.enter")).all()
    assert [event.details["cells"] for event in events] == [1, 1]
    writes = changes_of(load_writes(db.session(), made.year_id, made.students))
    assert [(c.key[0], c.old, c.new, c.account) for c in writes] == [
        (literature, None, Decimal("5.0"), MATH_TEACHER), (math, None, Decimal("6.5"), MATH_TEACHER),
    ]  # fmt: skip


def test_results_on_record_follow(province: Province, made: Made) -> None:
    low = made.students[0]
    math, literature = (teach(province, made, code, "habtt") for code in ("math", "literature"))
    open_book(province)
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    enter(province, made, MATH_TEACHER, change(low, math, "6"), change(low, literature, "6"))
    sheet = db.session.get_one(GradebookSheet, made.sheets["math", 2])
    assert sheet.revision > sheet.results_revision
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    row = stored_of(made, low, YEAR)
    assert row is not None
    assert (row.outcome, row.learning, row.learning_after) == (
        "promoted", ResultLevel.NOT_PASSED.value, ResultLevel.FAIR.value,
    )  # fmt: skip


def test_who_may(province: Province, made: Made) -> None:
    math = teach(province, made, "math", "habtt")
    open_book(province)
    for username in (OTHER, "giangnt.thcstk", "quantb.thcstk"):
        with pytest.raises(Forbidden):
            enter(province, made, username, change(made.students[0], math, "6"))
    with pytest.raises(NotFound):
        enter(province, made, "habtt.thcsba", change(made.students[0], math, "6"))


def test_only_by_the_window_that_names_it(province: Province, made: Made) -> None:
    math = teach(province, made, "math", "habtt")
    wanted = change(made.students[0], math, "6")
    open_book(province, columns=())
    with pytest.raises(Locked) as refusal:
        enter(province, made, MATH_TEACHER, wanted)
    assert refusal.value.reasons[0].name == judged_of(province, made, YEAR)[made.students[0]].pupil.full_name
    open_book(province)
    enter(province, made, MATH_TEACHER, wanted)


def test_what_was_entered_locks_when_the_round_closes(province: Province, made: Made) -> None:
    first, second = made.students[:2]
    math = teach(province, made, "math", "habtt")
    closes = province.now + timedelta(days=1)
    open_book(province, closes=closes, mode=WindowMode.ENTERED_CELLS)
    enter(province, made, MATH_TEACHER, change(first, math, "6"))
    province.now = closes + timedelta(hours=1)
    with pytest.raises(Locked):
        enter(province, made, MATH_TEACHER, change(first, math, "7", "6"))
    enter(province, made, MATH_TEACHER, change(second, math, "5,5"))


def test_what_is_final_stays(province: Province, made: Made) -> None:
    """Under "on leaving" a result is final once its author's sign-in has ended: here there was none."""
    math = teach(province, made, "math", "habtt")
    open_book(province)
    set_rule(province, "giangnt.thcstk", PolicyKey.FINALITY, "on_leaving", province.now.date())
    enter(province, made, MATH_TEACHER, change(made.students[0], math, "6"))
    with pytest.raises(Locked):
        enter(province, made, MATH_TEACHER, change(made.students[0], math, "7", "6"))


def test_somebody_saved_first(province: Province, made: Made) -> None:
    low, other = made.students[:2]
    math = teach(province, made, "math", "habtt")
    open_book(province)
    enter(province, made, MATH_TEACHER, change(low, math, "6"))
    with pytest.raises(Stale) as refusal:
        enter(province, made, MATH_TEACHER, change(other, math, "5"), change(low, math, "7"))
    (conflict,) = refusal.value.conflicts
    assert (conflict.theirs, conflict.yours, conflict.by) == (
        Decimal("6.0"),
        Decimal("7.0"),
        "Bùi Thị Thu Hà",
    )
    assert judged_of(province, made, YEAR)[other].facts.subjects[1].retest is None
    assert enter(province, made, MATH_TEACHER, change(low, math, "6")) == ()


def test_wrong_values_are_named_and_nothing_is_saved(province: Province, made: Made) -> None:
    low, other, fair = made.students
    math = teach(province, made, "math", "habtt")
    open_book(province)
    with pytest.raises(Invalid) as refusal:
        enter(
            province, made, MATH_TEACHER, change(low, math, "6"), change(other, math, "11"), change(fair, math, "8"),
        )  # fmt: skip
    assert [problem.key for problem in refusal.value.problems] == [
        (math, other, "retest"), (math, fair, "retest"),
    ]  # fmt: skip
    kept = sa.select(SubjectYear.retest).where(SubjectYear.retest.is_not(None))
    assert db.session.scalars(kept).all() == []
    with pytest.raises(Invalid):
        enter(province, made, MATH_TEACHER, change(10**6, math, "6"))


def test_statements_do_not_grow_with_students(app: Flask, province: Province, made: Made) -> None:
    math = teach(province, made, "math", "habtt")
    open_book(province)
    with counting(app) as one:
        enter(province, made, MATH_TEACHER, change(made.students[0], math, "6"))
    with counting(app) as two:
        enter(
            province, made, MATH_TEACHER, change(made.students[0], math, "7", "6"), change(made.students[1], math, "6"),
        )  # fmt: skip
    assert len(two) <= len(one) + 1


def test_supplementary_assessment_of_a_primary_class(province: Province, app: Flask) -> None:
    made = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=1)
    province.now = YEAR_OVER
    (student,) = made.students
    fill_primary(province, made, student, SubjectLevel.DONE, "6", TraitLevel.PASSED)
    put(province, made, student, "math", 2, final_level=SubjectLevel.NOT_DONE, final=Decimal("3"))
    math = teach(province, made, "math", "habtt")
    open_book(province)
    level = RetestChange(student, math, "retest_level", None, "H")
    with pytest.raises(Invalid):
        enter(province, made, MATH_TEACHER, RetestChange(student, math, "retest", None, "5,5"))
    (effect,) = enter(province, made, MATH_TEACHER, level, RetestChange(student, math, "retest", None, "6"))
    assert (effect.before.outcome, effect.after.outcome) == (Outcome.SUPPLEMENT, Outcome.PROMOTED)
    assert judged_of(province, made, YEAR)[student].result.outcome is Outcome.PROMOTED
