"""School years, classes, groups, teaching and homeroom assignments, and the sheets that come with them."""

from datetime import date

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import GroupKind, Level
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import (
    GradebookSheet,
    HomeroomAssignment,
    SchoolClass,
    SchoolYear,
    SubjectPlan,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
    Term,
)
from app.services import assignments, classes, programme, sheets
from app.services.assignments import NewAssignment
from app.services.classes import NewClass, NewGroup
from app.services.unit_of_work import transaction
from app.services.years import TermDates
from tests.factories.province import Province
from tests.services.helpers import acting, plan_for

DAY = date(2026, 11, 16)
MATH = [("math", 140, "compulsory"), ("art", 70, "compulsory")]


def group_of(class_id: int) -> TeachingGroup:
    """The whole-class group."""
    return classes.whole_class_group(db.session(), class_id)


def test_a_year_opens_with_terms_and_the_plans_of_the_programme(province: Province) -> None:
    year_id = programme.open_school_year(
        acting(province, "daoct.sogd"),
        province.department_id,
        programme.usual_year(2027),
        clock=province.clock,
    )
    year = db.session.get(SchoolYear, year_id)
    assert sorted((t.number, t.weeks) for t in db.session.query(Term).filter_by(school_year_id=year_id)) == [
        (1, 18),
        (2, 17),
    ]
    lines = programme.plan_lines(db.session(), province.first.unit_id, year, Level.LOWER_SECONDARY, 7)
    assert {line.subject.code: line.annual_lessons for line in lines}["natural_science"] == 140
    assert {line.grade for line in db.session.query(SubjectPlan).filter_by(school_year_id=year_id)} == set(
        range(1, 13)
    )
    with pytest.raises(Invalid, match="opened already"):
        programme.open_school_year(
            SYSTEM, province.department_id, programme.usual_year(2027), clock=province.clock
        )


def test_a_year_before_the_new_programme_has_the_plan_of_2006(province: Province) -> None:
    year_id = programme.open_school_year(
        SYSTEM, province.department_id, programme.usual_year(2023), clock=province.clock
    )
    year = db.session.get(SchoolYear, year_id)
    nine = programme.plan_lines(db.session(), province.first.unit_id, year, Level.LOWER_SECONDARY, 9)
    seven = programme.plan_lines(db.session(), province.first.unit_id, year, Level.LOWER_SECONDARY, 7)
    assert "physics" in {line.subject.code for line in nine}
    assert "natural_science" in {line.subject.code for line in seven}


def test_only_the_department_opens_a_year(province: Province) -> None:
    with pytest.raises(Forbidden):
        programme.open_school_year(
            acting(province, "quantb.thcstk"),
            province.department_id,
            programme.usual_year(2027),
            clock=province.clock,
        )


def test_a_school_has_term_dates_of_its_own(province: Province) -> None:
    dates = TermDates(2, date(2027, 1, 25), date(2027, 5, 29), 16)
    board = acting(province, "quantb.thcstk")
    programme.set_term(board, province.first.unit_id, province.year_id, dates, clock=province.clock)
    year = db.session.get(SchoolYear, province.year_id)
    assert programme.terms_of(db.session(), province.first.unit_id, year)[2].starts_on == date(2027, 1, 25)
    assert programme.terms_of(db.session(), province.second.unit_id, year)[2].starts_on == date(2027, 1, 18)
    early = TermDates(2, date(2027, 1, 10), date(2027, 5, 29), 17)
    with pytest.raises(Invalid, match="overlap"):
        programme.set_term(board, province.first.unit_id, province.year_id, early, clock=province.clock)
    with pytest.raises(Forbidden):
        programme.set_term(board, province.second.unit_id, province.year_id, dates, clock=province.clock)


def test_a_class_comes_with_its_circular_and_its_group(province: Province) -> None:
    actor = acting(province, "hongvt.thcstk")
    made = classes.create_class(
        actor, actor.unit_id, province.year_id, NewClass(" 7C ", 7), clock=province.clock
    )
    row = db.session.get(SchoolClass, made)
    assert (row.name, row.level, row.circular) == ("7C", Level.LOWER_SECONDARY, "tt22-2021")
    assert (group_of(made).kind, group_of(made).name) == (GroupKind.WHOLE_CLASS, "7C")


@pytest.mark.parametrize("new", [NewClass("7A", 7), NewClass(" 7 a", 7), NewClass("10A", 10)])
def test_a_taken_name_or_a_grade_not_taught_is_refused(province: Province, new: NewClass) -> None:
    with pytest.raises(Invalid):
        classes.create_class(SYSTEM, province.first.unit_id, province.year_id, new, clock=province.clock)


def test_a_teacher_is_replaced_from_a_day_on_and_the_sheets_are_there(province: Province) -> None:
    plan_for(province, MATH)
    made = classes.create_class(
        SYSTEM, province.first.unit_id, province.year_id, NewClass("7C", 7), clock=province.clock
    )
    group, long, ha = (
        group_of(made).id,
        province.first.person_ids["longpd"],
        province.first.person_ids["habtt"],
    )
    head = acting(province, "giangnt.thcstk")
    first = NewAssignment(long, group, province.subject_ids["math"], date(2026, 9, 1))
    assignments.assign_teacher(head, first, clock=province.clock)
    second = NewAssignment(ha, group, province.subject_ids["math"], DAY, decision="QĐ 12")
    assignments.assign_teacher(head, second, clock=province.clock)
    rows = (
        db.session.query(TeachingAssignment).filter_by(group_id=group).order_by(TeachingAssignment.id).all()
    )
    assert [(r.person_id, r.in_charge, r.ends_on) for r in rows] == [
        (long, True, date(2026, 11, 15)),
        (ha, True, None),
    ]
    made_sheets = (
        db.session.query(GradebookSheet)
        .filter_by(group_id=group, subject_id=province.subject_ids["math"])
        .order_by(GradebookSheet.term)
        .all()
    )
    assert [(s.term, s.regular_count, s.circular, s.class_id) for s in made_sheets] == [
        (1, 4, "tt22-2021", made),
        (2, 4, "tt22-2021", made),
    ]


def test_parts_have_their_teachers_and_one_is_in_charge(province: Province) -> None:
    plan_for(province, MATH)
    group, subject = group_of(province.first.class_ids["7A"]), province.subject_ids["art"]
    part_ids = [part.id for part in db.session.get(sheets.Subject, subject).parts]
    people = province.first.person_ids
    start = date(2026, 10, 5)

    def assign(stem: str, part: int | None, in_charge: bool, day: date = start) -> int:
        new = NewAssignment(people[stem], group.id, subject, day, part_id=part, in_charge=in_charge)
        return assignments.assign_teacher(SYSTEM, new, clock=province.clock)

    music, paint = part_ids[:2]
    with pytest.raises(
        Invalid, match="in charge"
    ):  # 7A's only teacher of the whole subject would go, in charge
        assign("habtt", None, in_charge=False)
    assign("habtt", music, in_charge=False)
    assign("khuongyb", paint, in_charge=True, day=date(2026, 10, 19))
    rows = db.session.scalars(
        sa.select(TeachingAssignment).where(
            TeachingAssignment.group_id == group.id,
            TeachingAssignment.subject_id == subject,
            TeachingAssignment.ends_on.is_(None),
        )
    ).all()
    assert sorted((r.person_id, r.part_id, r.in_charge) for r in rows if r.in_charge) == [
        (people["khuongyb"], paint, True)
    ]
    assert {r.person_id for r in rows} == {people["longpd"], people["habtt"], people["khuongyb"]}


def test_who_comes_for_a_part_takes_no_charge_from_another_unless_asked(province: Province) -> None:
    """The form ticks nothing: a part's teacher stands beside the one in charge, whose successor is in charge."""
    plan_for(province, MATH)
    group, subject = group_of(province.first.class_ids["7A"]).id, province.subject_ids["art"]
    paint = db.session.get(sheets.Subject, subject).parts[1].id
    people, day = province.first.person_ids, date(2026, 10, 5)
    for stem, part in (("khuongyb", paint), ("habtt", None)):
        new = NewAssignment(people[stem], group, subject, day, part_id=part, in_charge=None)
        assignments.assign_teacher(SYSTEM, new, clock=province.clock)
    rows = db.session.scalars(sa.select(TeachingAssignment).where(TeachingAssignment.starts_on == day))
    assert {row.person_id: row.in_charge for row in rows} == {
        people["khuongyb"]: False,
        people["habtt"]: True,
    }


def test_an_assignment_out_of_place_is_refused(province: Province) -> None:
    group, math = group_of(province.first.class_ids["7A"]).id, province.subject_ids["math"]
    long, stranger = province.first.person_ids["longpd"], province.second.person_ids["longpd"]
    head = acting(province, "giangnt.thcstk")

    def assign(**changes: object) -> None:
        facts = {"person_id": long, "group_id": group, "subject_id": math, "starts_on": DAY, **changes}
        assignments.assign_teacher(head, NewAssignment(**facts), clock=province.clock)

    with pytest.raises(Invalid, match="has no subject"):
        assign()
    plan_for(province, MATH)
    with pytest.raises(Invalid, match="no position"):
        assign(person_id=stranger)
    with pytest.raises(Invalid, match="outside"):
        assign(starts_on=date(2027, 9, 1))
    with pytest.raises(Invalid, match="column"):
        assign(columns=("average",))
    with pytest.raises(NotFound):
        assign(group_id=group_of(province.second.class_ids["7A"]).id)
    new = NewAssignment(long, group, math, DAY)
    with pytest.raises(Forbidden):
        assignments.assign_teacher(acting(province, "hongvt.thcstk"), new, clock=province.clock)


def test_homeroom_changes_on_a_day(province: Province) -> None:
    class_id, ha = province.first.class_ids["7A"], province.first.person_ids["habtt"]
    head = acting(province, "giangnt.thcstk")
    made = assignments.assign_homeroom(head, class_id, ha, DAY, decision="QĐ 3", clock=province.clock)
    rows = (
        db.session.query(HomeroomAssignment)
        .filter_by(class_id=class_id)
        .order_by(HomeroomAssignment.id)
        .all()
    )
    assert [(r.ends_on, r.id == made) for r in rows] == [(date(2026, 11, 15), False), (None, True)]
    with pytest.raises(Invalid, match="16/11/2026"):
        assignments.assign_homeroom(head, class_id, ha, DAY, clock=province.clock)


def test_a_mixed_group_takes_students_of_several_classes(province: Province) -> None:
    plan_for(province, MATH)
    office = acting(province, "hongvt.thcstk")
    group = classes.create_group(
        office, office.unit_id, province.year_id, NewGroup("Toán nâng cao 7"), clock=province.clock
    )
    some = set(province.first.student_ids[6:10])
    classes.set_members(office, group, some, DAY, clock=province.clock)
    with pytest.raises(Invalid, match="1 of the chosen"):
        classes.set_members(office, group, {province.second.student_ids[0]}, DAY, clock=province.clock)
    new = NewAssignment(province.first.person_ids["khuongyb"], group, province.subject_ids["math"], DAY)
    assignments.assign_teacher(acting(province, "giangnt.thcstk"), new, clock=province.clock)
    made = db.session.query(GradebookSheet).filter_by(group_id=group).all()
    assert sorted((s.grade, s.term, s.class_id) for s in made) == [(7, 1, None), (7, 2, None)]
    fewer = set(sorted(some)[1:])
    classes.set_members(office, group, fewer, date(2026, 12, 1), clock=province.clock)
    ended = db.session.query(TeachingGroupMember).filter(TeachingGroupMember.ends_on.is_not(None)).one()
    assert (ended.student_id, ended.ends_on) == (min(some), date(2026, 11, 30))
    whole = group_of(province.first.class_ids["7A"]).id
    with pytest.raises(Invalid, match="whole-class"):
        classes.set_members(office, whole, some, DAY, clock=province.clock)


def test_sheets_follow_an_edited_plan_and_keep_used_columns(province: Province) -> None:
    plan_for(province, MATH)
    plan_for(province, [("math", 35, "compulsory")], unit_id=province.first.unit_id)
    own = db.session.query(SubjectPlan).filter_by(unit_id=province.first.unit_id).one()
    with transaction(SYSTEM, "test.refresh", clock=province.clock) as work:
        changed = sheets.refresh_counts(work, work.session.get(SubjectPlan, own.id))
    assert changed == 4  # 7A and 7B, both terms, of the first school only
    counts = {
        unit: {
            s.regular_count for s in db.session.query(GradebookSheet).filter_by(unit_id=unit, kind="scored")
        }
        for unit in (province.first.unit_id, province.second.unit_id)
    }
    assert counts == {province.first.unit_id: {2}, province.second.unit_id: {4}}
