"""Results of terms and years: what is read, what comes of it, what is kept; on both engines."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.assessment.facts import YEAR, Facts
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.domain.assessment.terms import Outcome, ResultLevel, Title
from app.domain.policies import PolicyKey
from app.domain.vocabulary import GroupKind
from app.extensions import db
from app.models import (
    Grade,
    GradebookSheet,
    SchoolYear,
    StudentResult,
    StudentSubject,
    Subject,
    SubjectYear,
    TeachingGroup,
    TeachingGroupMember,
)
from app.services import enrolments
from app.services.choices import Choice, choose_subjects
from app.services.clock import local_day
from app.services.policies import set_policy
from app.services.results.due import due, waiting
from app.services.results.refresh import refresh, refresh_due
from app.services.sheets import ensure_sheets
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import CLOCK, Province
from tests.services.carry_helpers import LATER
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
    put_in,
    reading_of,
    stored_of,
)


def history(student: int) -> int:
    """Versions of the student's results."""
    table = StudentResult.metadata.tables["student_result_version"]
    count = sa.select(sa.func.count()).select_from(table).where(table.c.student_id == student)
    return db.session.scalar(count) or 0


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A under TT 22/2021, and the year is over."""
    found = make_class(province, "8A")
    province.now = YEAR_OVER
    return found


def test_a_whole_class_under_circular_22(province: Province, made: Made) -> None:
    good, fair, low, blank = made.students
    fill(province, made, [good], "9.0")
    fill(province, made, [fair], "7.0")
    fill(province, made, [low], "4.0")
    term = judged_of(province, made, 1)
    assert [term[s].result.learning for s in (good, fair, low)] == [
        ResultLevel.GOOD, ResultLevel.FAIR, ResultLevel.NOT_PASSED,
    ]  # fmt: skip
    assert term[good].result.training is ResultLevel.GOOD
    assert term[good].facts.absences == 4
    year = judged_of(province, made, YEAR)
    assert year[good].result.title is Title.EXCELLENT
    assert [year[s].result.outcome for s in (good, fair, low)] == [
        Outcome.PROMOTED, Outcome.PROMOTED, Outcome.RETEST,
    ]  # fmt: skip
    assert year[good].facts.absences == 8
    assert year[blank].result.learning is None
    assert "math:term_1" in year[blank].result.missing


def test_results_are_kept_with_their_figures_and_history(province: Province, made: Made) -> None:
    student = made.students[0]
    fill(province, made, [student], "8.0")
    first = refresh(made.unit_id, [made.class_id], clock=province.clock)
    assert (first.written, first.findings) == (3, ())
    kept = stored_of(made, student, YEAR)
    assert kept is not None
    assert (kept.learning, kept.training, kept.outcome, kept.absences) == ("good", "good", "promoted", 8)
    assert (kept.circular, kept.version) == ("tt22-2021", rules_of(Circular.TT22_2021).version)
    again = rules_of(Circular(kept.circular)).judge(Facts.from_json(kept.figures))
    assert (again.learning, again.title, again.outcome) == (kept.learning, kept.title, kept.outcome)
    assert stored_of(made, made.students[1], 1) is None
    versions = history(student)
    assert refresh(made.unit_id, [made.class_id], clock=province.clock).written == 0
    assert history(student) == versions == 3
    put(province, made, student, "math", 2, final=Decimal("1.0"), regular_1=Decimal("1.0"))
    assert refresh(made.unit_id, [made.class_id], clock=province.clock).written == 2  # term II and the year
    assert history(student) == 5


def test_a_class_is_due_until_its_results_have_seen_the_marks(province: Province, made: Made) -> None:
    assert due(db.session()) == []
    fill(province, made, made.students[:1], terms=(1,))
    assert [(d.unit_id, d.class_ids) for d in due(db.session())] == [(made.unit_id, (made.class_id,))]
    assert refresh_due(db.session(), clock=province.clock) == 1
    assert due(db.session()) == []
    assert stored_of(made, made.students[0], 1) is not None
    assert refresh_due(db.session(), clock=province.clock) == 0


def test_a_result_not_there_yet_keeps_no_figures(province: Province, made: Made) -> None:
    student = made.students[0]
    put(province, made, student, "training", 1, training="good")
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    kept = stored_of(made, student, 1)
    assert kept is not None
    assert (kept.learning, kept.training, kept.figures) == (None, "good", {})
    assert "math" in kept.missing
    put(province, made, student, "math", 1, regular_1=Decimal("7.0"))
    assert refresh(made.unit_id, [made.class_id], clock=province.clock).written == 0


def test_what_is_missing_is_named_by_subject_and_column(province: Province, made: Made) -> None:
    student = made.students[0]
    fill(province, made, [student], terms=(1,))
    put(province, made, student, "math", 1, regular_2=None, final=None)
    found = judged_of(province, made, 1)[student]
    assert set(found.result.missing) == {"math:regular_2", "math:final"}
    assert found.result.learning is None


def test_marks_and_absences_follow_a_student_into_another_class(province: Province, made: Made) -> None:
    province.now = CLOCK
    other = make_class(province, "8B", pupils=1)
    student = made.students[0]
    fill(province, made, [student], "8.0", terms=(1,))
    office = acting(province, "hongvt.thcstk")
    enrolments.move_to_class(office, student, other.class_id, date(2026, 11, 16), clock=province.clock)
    assert student not in judged_of(province, made, 1)
    found = judged_of(province, other, 1)[student]
    assert found.result.learning is ResultLevel.GOOD
    assert found.facts.absences == 4
    put(province, other, student, "training", 1, excused=6)
    assert judged_of(province, other, 1)[student].facts.absences == 7
    refresh(made.unit_id, [made.class_id, other.class_id], clock=province.clock)
    kept = stored_of(made, student, 1)
    assert kept is not None
    assert kept.class_id == other.class_id


def test_a_move_after_the_term_leaves_its_result_with_the_former_class(
    province: Province, made: Made
) -> None:
    province.now = CLOCK
    other = make_class(province, "8B", pupils=1)
    student = made.students[0]
    fill(province, made, [student], "8.0", terms=(1,))
    province.now = LATER
    office = acting(province, "hongvt.thcstk")
    enrolments.move_to_class(office, student, other.class_id, date(2027, 3, 1), clock=province.clock)
    assert student in judged_of(province, made, 1)
    assert student not in judged_of(province, made, 2)
    fill(province, other, [student], "9.0", terms=(2,))
    province.now = YEAR_OVER
    year = judged_of(province, other, YEAR)[student]
    assert {f.term_1 for f in year.facts.subjects if f.code == "math"} == {Decimal("8.0")}
    assert year.facts.absences == 8
    assert year.result.outcome is Outcome.PROMOTED


def test_only_own_counted_subjects_make_the_result(province: Province) -> None:
    chosen = lines_of(("ethnic_language", 105, "optional"), ("foreign_language_2", 105, "optional"))
    made = make_class(province, "8A", [*THCS, *chosen])
    plain, extra, dropped, counting_ = made.students
    subjects = {s.code: s.id for s in db.session.scalars(sa.select(Subject))}
    with transaction(SYSTEM, "test.choice", clock=province.clock) as work:
        for student, counts, ends in (
            (extra, False, None), (dropped, True, date(2026, 10, 1)), (counting_, True, None),
        ):  # fmt: skip
            work.session.add(
                StudentSubject(
                    student_id=student, school_year_id=made.year_id, subject_id=subjects["ethnic_language"],
                    status="optional", counts=counts, ends_on=ends,
                )
            )  # fmt: skip
    fill(province, made, mark="8.0", terms=(1,))
    for student in made.students:
        put(province, made, student, "ethnic_language", 1, final=Decimal("0.0"), midterm=Decimal("0.0"))
    term = judged_of(province, made, 1)
    codes = {s: {f.code: f.counts for f in term[s].facts.subjects} for s in made.students}
    assert "ethnic_language" not in codes[plain]
    assert codes[extra]["ethnic_language"] is False
    assert "ethnic_language" not in codes[dropped]
    levels = [term[s].result.learning for s in made.students]
    assert levels[:3] == [ResultLevel.GOOD] * 3
    assert levels[3] is not ResultLevel.GOOD


@pytest.mark.parametrize("username", ["giangnt.thcstk", "binhhv.sogd"])
def test_a_reading_of_the_circular_makes_its_classes_due(province: Province, username: str) -> None:
    made, other = make_class(province, "8A"), make_class(province, "9A", circular="tt26-2020", grade=9)
    fill(province, made, terms=(1,))
    fill(province, other, terms=(1,))
    refresh_due(db.session(), clock=province.clock)
    assert due(db.session()) == []
    actor = acting(province, username)
    assert actor.unit_id is not None
    set_policy(
        actor, actor.unit_id, PolicyKey.COMMENT_SUBJECT, "off", local_day(province.now), "Sở hướng dẫn", clock=province.clock
    )  # fmt: skip
    classes = {class_id for batch in due(db.session()) for class_id in batch.class_ids}
    assert made.class_id in classes
    assert other.class_id not in classes
    while refresh_due(db.session(), clock=province.clock):
        pass
    kept = stored_of(made, made.students[0], 1)
    assert kept is not None
    assert kept.figures["readings"]["comment_subject_counts"] is False


def test_other_settings_and_years_gone_by_make_nothing_due(province: Province, made: Made) -> None:
    head = acting(province, "giangnt.thcstk")
    day = local_day(province.now)
    refresh_due(db.session(), clock=province.clock)
    set_policy(head, made.unit_id, PolicyKey.ENTRY_DAY, "20", day, "Nền nếp", clock=province.clock)
    assert due(db.session()) == []
    with transaction(SYSTEM, "test.over", clock=province.clock) as work:
        work.session.get_one(SchoolYear, made.year_id).ends_on = date(2027, 5, 31)
    set_policy(head, made.unit_id, PolicyKey.ONE_SUBJECT, "ignore", day, "Sở hướng dẫn", clock=province.clock)
    assert due(db.session()) == []


def test_a_choice_makes_the_class_due(province: Province) -> None:
    made = make_class(province, "8A", [*THCS, *lines_of(("ethnic_language", 105, "optional"))])
    fill(province, made, mark="8.0", terms=(1,), without=[("ethnic_language", 1)])
    refresh_due(db.session(), clock=province.clock)
    subject = db.session.scalars(sa.select(Subject).where(Subject.code == "ethnic_language")).one()
    choose_subjects(
        acting(province, "hongvt.thcstk"), made.students[0], made.year_id, [Choice(subject.id, "optional")],
        date(2026, 11, 16), clock=province.clock,
    )  # fmt: skip
    assert refresh_due(db.session(), clock=province.clock) == 1
    kept = stored_of(made, made.students[0], 1)
    assert kept is not None
    assert (kept.learning, kept.missing) == (None, ["ethnic_language"])


def test_a_subject_of_parts_is_one_subject(province: Province, made: Made) -> None:
    fill(province, made, made.students[:1], terms=(1,))
    figures = judged_of(province, made, 1)[made.students[0]].facts.subjects
    assert [f.code for f in figures].count("natural_science") == 1
    assert len(figures) == len(THCS)


def test_a_group_of_two_classes_falls_due_with_both(province: Province) -> None:
    chosen = ("ethnic_language", 105, "optional", (1, 2))
    first, second = make_class(province, "8A", [*THCS, chosen]), make_class(province, "8B")
    subject = db.session.scalars(sa.select(Subject).where(Subject.code == "ethnic_language")).one().id
    with transaction(SYSTEM, "test.mixed", clock=province.clock) as work:
        group = TeachingGroup(
            unit_id=first.unit_id, school_year_id=first.year_id, kind=GroupKind.MIXED, name="Tiếng dân tộc 8"
        )
        work.session.add(group)
        for student in (first.students[0], second.students[0]):
            work.session.add(TeachingGroupMember(group=group, student_id=student, starts_on=date(2026, 9, 1)))
            work.session.add(
                StudentSubject(
                    student_id=student, school_year_id=first.year_id, subject_id=subject, status="optional"
                )
            )
        work.flush()
        year = work.session.get_one(SchoolYear, first.year_id)
        sheet, _second = ensure_sheets(work, group, work.session.get_one(Subject, subject), year)
        work.flush()
        sheet_id = sheet.id
    fill(province, first, terms=(1,))
    fill(province, second, terms=(1,))
    refresh_due(db.session(), clock=province.clock)
    with transaction(SYSTEM, "test.put", clock=province.clock) as work:
        for student in (first.students[0], second.students[0]):
            put_in(work, sheet_id, student, full(work.session.get_one(GradebookSheet, sheet_id), "9.0"))
    (batch,) = due(db.session())
    assert batch.class_ids == (first.class_id, second.class_id)
    assert waiting(db.session(), first.unit_id, first.year_id) == {first.class_id, second.class_id}
    refresh(first.unit_id, [first.class_id], clock=province.clock)
    assert due(db.session()) != []  # the other class has not seen the group's marks yet
    assert refresh_due(db.session(), clock=province.clock) == 1
    assert due(db.session()) == []
    for made in (first, second):
        figures = {f.code: f.value for f in judged_of(province, made, 1)[made.students[0]].facts.subjects}
        assert figures["ethnic_language"] == Decimal("9.0")


def test_a_stored_average_that_does_not_fit_is_told_and_left(province: Province, made: Made) -> None:
    student = made.students[0]
    fill(province, made, [student], terms=(1,))
    with transaction(SYSTEM, "test.wrong", clock=province.clock) as work:
        row = work.session.get_one(Grade, (made.sheets["math", 1], student))
        row.average = Decimal("9.9")
        work.session.get_one(GradebookSheet, made.sheets["math", 1]).revision += 1
    done = refresh(made.unit_id, [made.class_id], clock=province.clock)
    (finding,) = done.findings
    assert (finding.student_id, finding.stored, finding.now) == (student, Decimal("9.9"), Decimal("8.0"))
    db.session.rollback()
    assert db.session.get_one(Grade, (made.sheets["math", 1], student)).average == Decimal("9.9")


def test_retests_replace_the_years_results(province: Province, made: Made) -> None:
    student = made.students[0]
    fill(province, made, [student], "5.0")
    for term in (1, 2):
        sheet = {"final": Decimal("2.0"), "midterm": Decimal("2.0")}
        put(province, made, student, "math", term, **sheet)
        put(province, made, student, "literature", term, **sheet)
    assert judged_of(province, made, YEAR)[student].result.retest_subjects
    subjects = {s.code: s.id for s in db.session.scalars(sa.select(Subject))}
    with transaction(SYSTEM, "test.retest", clock=province.clock) as work:
        for code in ("math", "literature"):
            work.session.add(
                SubjectYear(
                    student_id=student, school_year_id=made.year_id, subject_id=subjects[code], unit_id=made.unit_id,
                    class_id=made.class_id, retest=Decimal("6.0"), circular="tt22-2021",
                )
            )  # fmt: skip
    found = judged_of(province, made, YEAR)[student].result
    assert (found.learning_after, found.outcome) == (ResultLevel.PASSED, Outcome.PROMOTED)


def test_reading_and_refreshing_ask_no_more_for_a_bigger_class(app: Flask, province: Province) -> None:
    numbers = {}
    for name, pupils in (("8C", 3), ("8D", 12)):
        made = make_class(province, name, pupils=pupils)
        fill(province, made, terms=(1,))
        with counting(app) as read:
            reading_of(province, made)
        with counting(app) as refreshed:
            refresh(made.unit_id, [made.class_id], clock=province.clock)
        numbers[pupils] = (len(read), len(refreshed))
    assert numbers[3] == numbers[12]
    assert numbers[3][0] <= 20
