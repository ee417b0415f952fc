"""Where a class stands after its year: whose students sit in which groups, and which classes somebody is offered."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.vocabulary import GroupKind, Level
from app.extensions import db
from app.models import HomeroomAssignment, SchoolYear, Subject, TeachingAssignment, TeachingGroup
from app.models.classes import TeachingGroupMember
from app.services.clock import local_day
from app.services.results.class_page import own_classes
from app.services.sheets import ensure_sheets
from app.services.unit_of_work import transaction
from app.services.year_book import open_book
from app.services.year_places import YearPlaces, classes_to_enter, load_places
from tests.conftest import counting
from tests.factories.province import FIRST_DAY, Province
from tests.services.helpers import acting
from tests.services.results_helpers import THCS, YEAR_OVER, Made, lines_of, make_class

TEACHER, HOMEROOM, HEAD = "habtt.thcstk", "longpd.thcstk", "giangnt.thcstk"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A, whose plan has an optional subject taught in groups; the year is over."""
    lines = [*THCS, *lines_of(("ethnic_language", 105, "optional"))]
    found = make_class(province, "8A", lines, pupils=2)
    province.now = YEAR_OVER
    return found


def add_group(province: Province, made: Made, name: str, students: list[int]) -> tuple[int, int]:
    """A group of several classes taught the optional subject by habtt; its id and the subject's."""
    with transaction(SYSTEM, "test.group", clock=province.clock) as work:
        subject = work.session.scalars(sa.select(Subject).where(Subject.code == "ethnic_language")).one()
        group = TeachingGroup(
            unit_id=made.unit_id, school_year_id=made.year_id, kind=GroupKind.MIXED, name=name
        )
        work.session.add(group)
        for student in students:
            work.session.add(TeachingGroupMember(group=group, student_id=student, starts_on=FIRST_DAY))
        work.session.add(
            TeachingAssignment(
                person_id=province.first.person_ids["habtt"],
                group=group,
                subject=subject,
                starts_on=FIRST_DAY,
            )
        )
        work.flush()
        ensure_sheets(work, group, subject, work.session.get_one(SchoolYear, made.year_id))
        work.flush()
        return int(group.id), int(subject.id)


def places_of(province: Province, made: Made, username: str = TEACHER) -> YearPlaces:
    who = acting(province, username)
    return load_places(db.session(), who, made.class_id, local_day(province.now))


def offered(province: Province, username: str) -> set[str]:
    who = acting(province, username)
    found = classes_to_enter(db.session(), who, province.year_id, local_day(province.now))
    return {room.name for room in found}


def test_only_who_sits_in_a_group_is_on_its_sheet(province: Province, made: Made) -> None:
    first, second = made.students
    group, subject = add_group(province, made, "Tiếng dân tộc 8", [first])
    with transaction(SYSTEM, "test.teach", clock=province.clock) as work:
        room = work.session.scalars(
            sa.select(TeachingGroup).where(TeachingGroup.class_id == made.class_id)
        ).one()
        work.session.add(
            TeachingAssignment(
                person_id=province.first.person_ids["habtt"],
                group=room,
                subject_id=subject,
                starts_on=FIRST_DAY,
            )
        )
    places = places_of(province, made)
    assert places.members == {group: {first: FIRST_DAY}}
    assert [places.teaches(student, subject) for student in (first, second)] == [True, True]
    sheet = places.sheet_of(first, subject)
    assert sheet is not None
    assert sheet.group_id == group
    assert places.sheet_of(second, subject) != sheet


def test_sheets_and_groups_are_read_once(app: Flask, province: Province, made: Made) -> None:
    subject = 0
    for number in range(3):
        _group, subject = add_group(province, made, f"Tiếng dân tộc {number}", made.students[:1])
    places = places_of(province, made)
    open_book(db.session(), places, province.now)
    with counting(app) as statements:
        assert places.teaches(made.students[0], subject)
        assert not places.teaches(made.students[1], subject)
    assert statements == []


def test_whoever_has_something_to_enter_is_offered_the_class(province: Province, made: Made) -> None:
    make_class(province, "Lá 1", (), circular="preschool", level=Level.PRESCHOOL, grade=5, pupils=0)
    assert "8A" in offered(province, HOMEROOM)
    assert "8A" not in offered(province, TEACHER)
    add_group(province, made, "Tiếng dân tộc 8", made.students[:1])
    assert "8A" in offered(province, TEACHER)
    assert {"8A", "7A"} <= offered(province, HEAD)
    for username in (HOMEROOM, HEAD):
        assert "Lá 1" not in offered(province, username)


def test_a_group_of_a_former_year_offers_nothing(province: Province, made: Made) -> None:
    group, _subject = add_group(province, made, "Tiếng dân tộc 8", made.students[:1])
    with transaction(SYSTEM, "test.year", clock=province.clock) as work:
        year = work.session.get_one(SchoolYear, made.year_id)
        former = SchoolYear(
            department_id=year.department_id,
            start_year=year.start_year - 1,
            starts_on=date(2025, 9, 1),
            ends_on=date(2026, 5, 31),
        )
        work.session.add(former)
        work.flush()
        work.session.get_one(TeachingGroup, group).school_year_id = former.id
    assert "8A" not in offered(province, TEACHER)


def test_a_year_that_is_over_keeps_its_homeroom_teacher(province: Province, made: Made) -> None:
    with transaction(SYSTEM, "test.end", clock=province.clock) as work:
        last = work.session.get_one(SchoolYear, made.year_id).ends_on
        row = work.session.scalars(
            sa.select(HomeroomAssignment).where(HomeroomAssignment.class_id == made.class_id)
        ).one()
        row.ends_on = last
    who = acting(province, HOMEROOM)
    names = {room.name for room in own_classes(db.session(), who, made.year_id, last + timedelta(days=10))}
    assert "8A" in names
