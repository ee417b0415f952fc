"""Staff and students of the demo, drawn from invented names and filed by the program's own verbs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.demo.schools import NamedOne, StaffSpec, UnitSpec
from app.demo.world import ClassRoom, Member, School, Seat, World
from app.domain.vocabulary import Level, Role
from app.models import OrgUnit, Person, SchoolClass, Student, UnitGroup
from app.reference.people import DrawnStaff, DrawnStudent
from app.services.enrolments import Admission, GuardianSheet, add_student, enrol
from app.services.people import PersonName, add_person, add_position, join_team
from app.services.register_numbers import next_numbers
from app.services.unit_of_work import Work

LONG_AGO = date(2019, 8, 15)
FIRST_GRADE_AGE = 6
KINDERGARTEN_AGE, NURSERY_AGE = 4, 2


def add_staff(work: Work, world: World, unit: OrgUnit, spec: UnitSpec, since: date = LONG_AGO) -> School:
    """Inside a transaction: the unit's posts filled, teams made. The ids are there afterwards."""
    school = School(spec.code, unit.id)
    teams: dict[str, UnitGroup] = {}
    people: dict[str, Person] = {}
    for post in spec.staff:
        person = people[post.key] = _file(work, world, unit, spec, post)
        add_position(work, person, unit, post.role, post.title, since)
        if post.team:
            _seat_in_team(work, unit, person, post, teams, since)
    work.flush()
    for post in spec.staff:
        school.staff[post.key] = member_of(spec, post, people[post.key])
    world.units[spec.code] = school
    world.count("staff", len(spec.staff))
    return school


def member_of(spec: UnitSpec, post: StaffSpec, person: Person) -> Member:
    """The plain facts of a person in a post."""
    return Member(
        key=post.key,
        full_name=person.full_name,
        role=post.role,
        title=post.title,
        unit=spec.code,
        subjects=post.subjects,
        team=post.team,
        person_id=person.id,
    )


def _file(work: Work, world: World, unit: OrgUnit, spec: UnitSpec, post: StaffSpec) -> Person:
    drawn = world.people.staff(world.plan.current.start_year, spec.commune)
    parts = drawn.name
    name = post.name or NamedOne(
        parts.family, parts.middle, parts.given, drawn.sex, drawn.ethnic_code, parts.full_name_override
    )
    return add_person(
        work,
        unit,
        PersonName(name.family, name.middle, name.given, name.written),
        _staff_values(drawn, name, post),
        day=world.plan.old.starts_on,
    )


def _staff_values(drawn: DrawnStaff, name: NamedOne, post: StaffSpec) -> dict[str, Any]:
    return {
        "birth_date": drawn.birth_date,
        "sex_code": name.sex,
        "ethnicity_code": name.ethnic_code,
        "staff_code": drawn.moet_code,
        "national_id": drawn.personal_id,
        "phone": drawn.phone,
        "title": post.title,
        "main_subject": SUBJECT_NAMES.get(post.subjects[0].split(":")[-1]) if post.subjects else None,
    }


SUBJECT_NAMES = {
    "math": "Toán", "literature": "Ngữ văn", "informatics": "Tin học", "history": "Lịch sử", "geography": "Địa lí",
    "history_geography": "Lịch sử", "civic_education": "Giáo dục công dân", "natural_science": "Sinh học",
    "physics": "Vật lí", "chemistry": "Hóa học", "biology": "Sinh học", "technology": "Công nghệ",
    "foreign_language_1": "Tiếng Anh", "physical_education": "Giáo dục thể chất", "arts": "Âm nhạc",
    "fine_arts": "Mĩ thuật", "economics_law": "Giáo dục kinh tế và pháp luật", "defence_security": "GDQP và AN",
    "primary": "Giáo dục tiểu học", "preschool": "Giáo dục mầm non",
}  # fmt: skip


def _seat_in_team(
    work: Work, unit: OrgUnit, person: Person, post: StaffSpec, teams: dict[str, UnitGroup], since: date
) -> None:
    team = teams.get(post.team)
    if team is None:
        team = teams[post.team] = UnitGroup(
            unit=unit, kind="team", name=post.team, rights=[], starts_on=since
        )
        work.session.add(team)
    join_team(work, person, team, since, is_leader=post.leads)


def add_pupils(
    work: Work,
    world: World,
    unit: OrgUnit,
    rooms: Sequence[tuple[ClassRoom, SchoolClass]],
    spec: UnitSpec,
    year: int,
) -> None:
    """Inside a transaction: new students for classes of one grade, enrolled from the year's preparation on.

    The ids are there afterwards; the class list is in the order of Vietnamese names.
    """
    first = rooms[0][0]
    size = world.size(spec.size)
    cohort = world.people.cohort(size * len(rooms), year - age_of(first), spec.commune)
    starts_on = start_day(world, year)
    numbers = next_numbers(work.session, unit.id, len(cohort))
    for number, (room, row) in enumerate(rooms):
        mine = cohort[number * size : (number + 1) * size]
        filed = [
            _pupil(work, unit, drawn, numbers[place], starts_on)
            for place, drawn in enumerate(mine, start=number * size)
        ]
        filed.sort(key=lambda student: student.sort_key)
        for order, student in enumerate(filed, start=1):
            admission = Admission(
                row.id, starts_on, entry_code="0" if new_to_level(first) else "4", order_no=order
            )
            enrol(work, student, row, admission)
        work.flush()
        room.seats = [Seat(student.id, starts_on) for student in filed]
    world.count("students", len(cohort))


def age_of(room: ClassRoom) -> int:
    """Years between the birth of most of a class and the start of its school year."""
    if room.level is Level.PRESCHOOL:
        return NURSERY_AGE if room.grade == 16 else KINDERGARTEN_AGE
    return FIRST_GRADE_AGE + room.grade - 1


def new_to_level(room: ClassRoom) -> bool:
    """True for the first grade of a level: everybody there was admitted, not promoted."""
    return room.grade in (1, 6, 10, 16)


def start_day(world: World, start_year: int) -> date:
    """The day classes of a school year are made from: the first of its first term."""
    plans = {p.start_year: p for p in (world.plan.old, world.plan.last, world.plan.current)}
    return plans[start_year].starts_on


def _pupil(work: Work, unit: OrgUnit, drawn: DrawnStudent, register: str, day: date) -> Student:
    return add_student(
        work,
        unit,
        PersonName(drawn.name.family, drawn.name.middle, drawn.name.given, drawn.name.full_name_override),
        pupil_values(drawn, register),
        [
            GuardianSheet(parent.relation, parent.name.full_name, parent.birth_year, parent.job, parent.phone)
            for parent in drawn.parents
        ],
        day=day,
    )


def pupil_values(drawn: DrawnStudent, register: str | None = None) -> dict[str, Any]:
    """Columns of a student's sheet; without a number of the register the program gives the next one."""
    return {
        "birth_date": drawn.birth_date,
        "sex_code": drawn.sex,
        "ethnicity_code": drawn.ethnic_code,
        "religion_code": drawn.religion_code,
        "policy_code": drawn.policy_code,
        "birthplace": drawn.birthplace,
        "hometown": str(drawn.address),
        "address": str(drawn.address),
        "phone": drawn.parents[0].phone,
        "student_code": drawn.moet_code,
        "national_id": drawn.personal_id,
        "register_no": register,
    }


def teachers_of(school: School, subject: str) -> list[Member]:
    """Staff who teach a subject, or a part of it written subject:part."""
    return [m for m in school.staff.values() if subject in m.subjects and m.role is Role.SUBJECT_TEACHER]
