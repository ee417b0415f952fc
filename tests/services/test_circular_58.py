"""What TT 58/2011 and TT 26/2020 ask of classes, plans and exemptions; on both engines."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.assessment.facts import YEAR
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.domain.assessment.terms import AcademicLevel
from app.domain.vocabulary import Level, Passing
from app.errors import Invalid
from app.extensions import db
from app.models import ExemptionDecision, GradebookSheet, SchoolClass, Subject, SubjectPlan, SubjectYear
from app.services import classes, sheets
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.results.due import due
from app.services.results.recompute import recompute
from app.services.results.refresh import refresh
from app.services.sheet_orders import NewExemption, decide_exemption
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.results_helpers import (
    THCS,
    YEAR_OVER,
    Made,
    fill,
    full,
    judged_of,
    lines_of,
    make_class,
    put,
    stored_of,
)
from tests.services.year_helpers import teach

LINES = lines_of(
    ("math", 140), ("physics", 70), ("literature", 175), ("foreign_language", 70), ("defence_security", 35),
    ("physical_training", 70),
)  # fmt: skip


def subject_of(code: str) -> int:
    """The subject's id."""
    return db.session.scalars(sa.select(Subject.id).where(Subject.code == code)).one()


def specialise(province: Province, made: Made, code: str | None) -> None:
    """Make the class specialised in a subject."""
    with transaction(SYSTEM, "test.specialise", clock=province.clock) as work:
        row = work.session.get_one(SchoolClass, made.class_id)
        classes.specialise_class(work, row, subject_of(code) if code else None)


def exempt(province: Province, made: Made, student: int, code: str, term: int | None) -> None:
    with transaction(SYSTEM, "test.exempt", clock=province.clock) as work:
        work.session.add(
            ExemptionDecision(
                student_id=student, school_year_id=made.year_id, subject_id=subject_of(code), term=term,
                number="12/QĐ", decided_on=date(2026, 9, 20), decided_by_id=province.first.person_ids["giangnt"],
                evidence="a.pdf", reason="Sức khỏe",
            )
        )  # fmt: skip


def test_the_specialised_subject_decides_too(province: Province) -> None:
    made = make_class(
        province, "12 Lí", LINES, circular="tt26-2020", level=Level.UPPER_SECONDARY, grade=12, pupils=1
    )
    (student,) = made.students
    fill(province, made, mark="9.0", terms=(1,))
    put(province, made, student, "physics", 1, **full(sheet_of(made, "physics", 1), "7.9"))
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    assert judged_of(province, made, 1)[student].result.learning is AcademicLevel.EXCELLENT
    assert due(db.session()) == []

    specialise(province, made, "physics")
    judged = judged_of(province, made, 1)[student]
    assert judged.facts.specialised_subject == "physics"
    assert judged.result.learning is AcademicLevel.FAIR
    learning = next(s for s in rules_of(Circular.TT26_2020).explain(judged.facts) if s.key == "learning")
    assert any("specialised" in step.message and "Vật lí" in str(step.params) for step in learning.steps)
    assert [found.class_ids for found in due(db.session())] == [(made.class_id,)]
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    kept = stored_of(made, student, 1)
    assert kept is not None
    assert kept.learning == AcademicLevel.FAIR

    specialise(province, made, None)
    assert judged_of(province, made, 1)[student].result.learning is AcademicLevel.EXCELLENT


def test_only_a_scored_subject_of_an_upper_secondary_plan_is_a_speciality(province: Province) -> None:
    upper = make_class(
        province, "12 Lí", LINES, circular="tt26-2020", level=Level.UPPER_SECONDARY, grade=12, pupils=0
    )
    for code in ("physical_training", "history"):
        with pytest.raises(Invalid, match="specialised"):
            specialise(province, upper, code)
    lower = make_class(province, "9A", LINES, circular="tt26-2020", grade=9, pupils=0)
    with pytest.raises(Invalid, match="specialised"):
        specialise(province, lower, "physics")


def sheet_of(made: Made, code: str, term: int) -> GradebookSheet:
    """The sheet as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(GradebookSheet, made.sheets[code, term])


def plan_tests(province: Province, code: str, number: int | None, grade: int = 9) -> int:
    """Change the plan's number of weight-2 tests; how many sheets follow."""
    with transaction(SYSTEM, "test.plan", clock=province.clock) as work:
        query = sa.select(SubjectPlan).where(
            SubjectPlan.subject_id == subject_of(code), SubjectPlan.grade == grade
        )
        line = work.session.scalars(query).one()
        line.weighted_tests = number
        work.flush()
        return sheets.refresh_counts(work, line)


def test_weight_2_tests_follow_the_plan_and_used_ones_stay(province: Province) -> None:
    made = make_class(province, "9A", LINES, circular="tt58-2011", grade=9, pupils=1)
    assert [sheet_of(made, "math", term).periodic_count for term in (1, 2)] == [2, 2]
    assert plan_tests(province, "math", 4) == 2
    assert plan_tests(province, "math", 4) == 0
    (student,) = made.students
    put(province, made, student, "math", 1, periodic_3=Decimal("7.0"))
    assert plan_tests(province, "math", 1) == 2
    assert [sheet_of(made, "math", term).periodic_count for term in (1, 2)] == [3, 1]
    assert sheet_of(made, "math", 1).regular_count == 4
    other = make_class(province, "9B", LINES, circular="tt58-2011", grade=9, pupils=0)
    assert sheet_of(other, "math", 1).periodic_count == 1
    assert sheet_of(other, "physics", 1).periodic_count == 2
    assert plan_tests(province, "math", None) == 3  # all but the sheet that holds a third test
    assert sheet_of(made, "math", 2).periodic_count == 2


def test_later_circulars_have_no_weight_2_tests(province: Province) -> None:
    made = make_class(province, "9A", THCS, grade=9, pupils=0)
    assert plan_tests(province, "math", 4) == 0
    assert sheet_of(made, "math", 1).periodic_count == 0


@pytest.mark.parametrize("circular", ["tt58-2011", "tt26-2020"])
def test_exemption_takes_a_whole_subject_away(province: Province, circular: str) -> None:
    made = make_class(province, "9A", LINES, circular=circular, grade=9, pupils=3)
    province.now = YEAR_OVER
    whole_year, one_term, practical = made.students
    fill(province, made, [whole_year], without=[("physical_training", 1), ("physical_training", 2)])
    fill(province, made, [one_term], without=[("physical_training", 1)])
    fill(province, made, [practical], without=[("defence_security", 1)])
    exempt(province, made, whole_year, "physical_training", None)
    exempt(province, made, one_term, "physical_training", 1)
    exempt(province, made, practical, "defence_security", None)

    first, year = judged_of(province, made, 1), judged_of(province, made, YEAR)
    for judged in (first[whole_year], first[one_term], year[whole_year]):
        figure = next(f for f in judged.facts.subjects if f.code == "physical_training")
        assert (figure.exempt, figure.value) == (True, None)
        assert judged.result.learning is AcademicLevel.EXCELLENT
    sports = next(f for f in year[one_term].facts.subjects if f.code == "physical_training")
    assert (sports.exempt, sports.value) == (False, Passing.PASSED)
    assert year[one_term].result.learning is AcademicLevel.EXCELLENT
    # of defence education the practical part alone is exempted: it still has a result
    assert first[practical].result.learning is None
    assert year[practical].result.learning is None


def test_exemption_from_a_practical_part_leaves_the_subject(province: Province) -> None:
    made = make_class(province, "8C", THCS, pupils=1)
    (student,) = made.students
    fill(province, made, terms=(1,), without=[("physical_education", 1)])
    exempt(province, made, student, "physical_education", None)
    judged = judged_of(province, made, 1)[student]
    assert judged.result.learning is None
    assert any(name.startswith("physical_education") for name in judged.result.missing)


def test_an_exemption_has_the_results_judged_again(province: Province, tmp_path: Path) -> None:
    made = make_class(province, "9A", LINES, circular="tt58-2011", grade=9, pupils=1)
    (student,) = made.students
    fill(province, made, terms=(1,), without=[("physical_training", 1)])
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    new = NewExemption(student, 1, "12/QĐ", date(2026, 9, 20), "Sức khỏe", "a.pdf", b"%PDF-1.4")
    head = acting(province, "giangnt.thcstk")
    decide_exemption(head, made.sheets["physical_training", 1], new, folder=tmp_path, clock=province.clock)
    assert [found.class_ids for found in due(db.session())] == [(made.class_id,)]


def year_of(student: int, made: Made, code: str) -> SubjectYear | None:
    """The year on record of a student in a subject, as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(SubjectYear, (student, made.year_id, subject_of(code)))


def decide(province: Province, made: Made, student: int, term: int | None, folder: Path) -> None:
    """The head exempts the student from physical training."""
    new = NewExemption(student, term, "12/QĐ", date(2026, 9, 20), "Sức khỏe", "a.pdf", b"%PDF-1.4")
    sheet = made.sheets["physical_training", term or 1]
    decide_exemption(acting(province, "giangnt.thcstk"), sheet, new, folder=folder, clock=province.clock)


@pytest.mark.parametrize(
    ("term", "kept"),
    [(1, (None, Passing.PASSED, Passing.PASSED)), (2, (Passing.PASSED, None, Passing.PASSED))],
)
def test_the_year_of_a_student_exempt_for_a_term_is_the_other_term(
    province: Province, tmp_path: Path, term: int, kept: tuple[Passing | None, ...]
) -> None:
    """Whether the decision comes before the results of the year or after them (Điều 12)."""
    made = make_class(province, "9A", LINES, circular="tt58-2011", grade=9, pupils=2)
    before, after = made.students
    decide(province, made, before, term, tmp_path)
    fill(province, made, without=[("physical_training", term)])
    fill(province, made, [after])
    recompute(made.unit_id, made.year_id, reason="thử", clock=province.clock)
    decide(province, made, after, term, tmp_path)
    for student in (before, after):
        year = year_of(student, made, "physical_training")
        assert year is not None
        assert (year.term_1, year.term_2, year.average) == kept
        math = year_of(student, made, "math")
        assert math is not None
        assert math.average == Decimal("8.0")
    assert recompute(made.unit_id, made.year_id, reason="thử lại", clock=province.clock).averages == 0


def test_a_save_makes_the_year_of_a_student_exempt_from_the_other_term(
    province: Province, tmp_path: Path
) -> None:
    made = make_class(province, "9A", LINES, circular="tt58-2011", grade=9, pupils=1)
    (student,) = made.students
    decide(province, made, student, 2, tmp_path)
    teach(province, made, "physical_training", "longpd")
    sheet = sheet_of(made, "physical_training", 1)
    changes = [CellChange(student, cell, None, "Đ") for cell in full(sheet, "8.0")]
    saved = enter_scores(acting(province, "longpd.thcstk"), sheet.id, changes, clock=province.clock)
    assert saved.years == {student: Passing.PASSED}


def test_who_is_exempt_from_the_whole_subject_has_no_year_in_it(province: Province, tmp_path: Path) -> None:
    made = make_class(province, "9A", LINES, circular="tt26-2020", grade=9, pupils=2)
    marked, blank = made.students
    fill(province, made, [marked])
    recompute(made.unit_id, made.year_id, reason="thử", clock=province.clock)
    for student in made.students:
        decide(province, made, student, None, tmp_path)
    year = year_of(marked, made, "physical_training")
    assert year is not None
    assert year.average is None
    assert year_of(blank, made, "physical_training") is None
