"""One school year of one school: classes, students, chosen subjects, who teaches what; the sheets follow from that."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

import sqlalchemy as sa

from app.demo.people import add_pupils, teachers_of
from app.demo.schools import COMBINATIONS, MAIN, PILOT, Combination, UnitSpec
from app.demo.world import ClassRoom, Duty, Member, School, Seat, Sheet, World
from app.domain.access import SYSTEM
from app.domain.assessment.registry import Circular
from app.domain.vocabulary import Level, Role, SubjectKind
from app.models import (
    GradebookSheet,
    OrgUnit,
    SchoolClass,
    SchoolYear,
    Student,
    Subject,
    SubjectPlan,
    TeachingGroup,
)
from app.reference.curriculum import LineStatus
from app.services.assignments import NewAssignment, add_assignment, add_homeroom
from app.services.choices import Choice, place_choices
from app.services.classes import NewClass, NewGroup, add_class, add_group, place_members
from app.services.enrolments import Admission, enrol
from app.services.programme import NewYear, add_school_year, plan_lines
from app.services.sheet_cells import sheet_cells
from app.services.unit_of_work import Work, transaction

FIXED = {
    (MAIN, "math", name): key
    for key, names in (("long", ("6A", "7A", "7B", "8A", "9B")), ("ha", ("6B", "8B", "9A")))
    for name in names
}
"""Who teaches what by decision, not by load: (school, subject, class) → post."""

TAUGHT_BY_HEAD = "9A", "civic_education"
"""Class and subject the head of the main school teaches in the running year."""

HOMEROOMS = {(MAIN, "7A"): "long", (MAIN, "7B"): "ha", (PILOT, "5A"): "primary9", ("mnhb", "Lá 1"): "kinder1"}

PARTS = {
    "natural_science": (
        ("biology", ("regular_3", "regular_4", "midterm", "final", "comment")),
        ("physics", ("regular_1",)),
        ("chemistry", ("regular_2",)),
    ),
    "history_geography": (
        ("history", ("regular_1", "regular_2", "midterm", "final", "comment")),
        ("geography", ("regular_3", "regular_4")),
    ),
    "arts": (("music", ("regular_1", "midterm", "final", "comment")), ("fine_arts", ("regular_2",))),
}
"""Parts with teachers of their own and their columns; the first one's teacher is in charge and confirms."""

BY_CHOICE, OPTIONAL = "foreign_language", LineStatus.OPTIONAL.value
"""What a primary class of the programme of 2006 takes by choice."""
EVERYTHING = (Level.PRIMARY, Level.PRESCHOOL)
"""Levels where the homeroom teacher teaches whatever no specialist does."""


@dataclass
class _Building:
    """A school's year while it is being made."""

    work: Work
    world: World
    spec: UnitSpec
    school: School
    unit: OrgUnit
    year: SchoolYear
    new: NewYear
    rooms: dict[str, tuple[ClassRoom, SchoolClass, TeachingGroup]] = field(default_factory=dict)
    load: Counter[str] = field(default_factory=Counter)
    later: list[tuple[TeachingGroup, NewAssignment]] = field(default_factory=list)
    duties: dict[tuple[int, int], list[Duty]] = field(default_factory=dict)  # (group, subject) → who enters

    @property
    def starts_on(self) -> date:
        """From when on decisions of the year hold."""
        return self.new.starts_on

    @property
    def running(self) -> bool:
        """True in the year of the day of seeding."""
        return self.new.start_year == self.world.plan.current.start_year


def open_year(world: World, new: NewYear) -> None:
    """The department opens a school year with its terms and plans."""
    with transaction(SYSTEM, "demo.school_year", clock=world.clock) as work:
        department = work.session.get_one(OrgUnit, world.units["sogd"].id)
        world.years[new.start_year] = add_school_year(work, department, new).id


def build_year(world: World, spec: UnitSpec, new: NewYear, classes: tuple[tuple[str, int], ...]) -> None:
    """Classes, students, teachers and sheets of a school for a year, in one transaction."""
    with transaction(SYSTEM, "demo.classes", clock=world.clock) as work:
        school = world.units[spec.code]
        unit = work.session.get_one(OrgUnit, school.id)
        year = work.session.get_one(SchoolYear, world.years[new.start_year])
        building = _Building(work, world, spec, school, unit, year, new)
        _make_classes(building, classes)
        _seat_everybody(building)
        _appoint_homeroom(building)
        _choose_subjects(building)
        _assign_teachers(building)
        _note_sheets(building)


def _make_classes(building: _Building, classes: tuple[tuple[str, int], ...]) -> None:
    made = []
    for order, (name, grade) in enumerate(classes, start=1):
        made.append(add_class(building.work, building.unit, building.year, NewClass(name, grade, order)))
    building.work.flush()
    for row, group in made:
        room = ClassRoom(row.id, row.name, row.grade, row.level, group.id, row.circular)
        building.rooms[row.name] = (room, row, group)
        building.school.classes[building.new.start_year, row.name] = room
    building.world.count("classes", len(made))


def _seat_everybody(building: _Building) -> None:
    """Last year's students go up; whoever is missing comes new."""
    fresh = []
    for room, row, _group in building.rooms.values():
        former = building.school.classes.get((building.new.start_year - 1, _below(room)))
        if former is None:
            fresh.append((room, row))
        else:
            _go_up(building, former, room, row)
    for _grade, rooms in groupby(fresh, key=lambda pair: pair[0].grade):
        add_pupils(
            building.work, building.world, building.unit, list(rooms), building.spec, building.new.start_year
        )
    for room, row, _group in building.rooms.values():
        _repeat(building, room, row)


def _below(room: ClassRoom) -> str:
    """6A for 7A, 10A1 for 11A1."""
    return f"{room.grade - 1}{room.name.removeprefix(str(room.grade))}"


def _go_up(building: _Building, former: ClassRoom, room: ClassRoom, row: SchoolClass) -> None:
    coming = (s for s in former.students(building.starts_on) if s not in building.school.retained)
    for student_id in coming:
        _seat(building, student_id, room, row, entry_code="4")


def _repeat(building: _Building, room: ClassRoom, row: SchoolClass) -> None:
    """Whoever was not promoted sits in the same class of the grade again, after the others (lưu ban)."""
    former = building.school.classes.get((building.new.start_year - 1, room.name))
    if former is not None:
        for student_id in (s for s in former.students(building.starts_on) if s in building.school.retained):
            _seat(building, student_id, room, row, entry_code="3")


def _seat(
    building: _Building, student_id: int, room: ClassRoom, row: SchoolClass, *, entry_code: str
) -> None:
    student = building.work.session.get_one(Student, student_id)
    day, order = building.starts_on, len(room.seats) + 1
    enrol(building.work, student, row, Admission(row.id, day, entry_code=entry_code, order_no=order))
    room.seats.append(Seat(student_id, day))


def _appoint_homeroom(building: _Building) -> None:
    teachers = building.school.of_role(Role.SUBJECT_TEACHER)
    free = [t for t in teachers if t.key not in HOMEROOMS.values()]
    for room, row, _group in building.rooms.values():
        fixed = HOMEROOMS.get((building.spec.code, room.name))
        if fixed and building.running:
            room.homeroom = building.school.staff[fixed]
        else:
            room.homeroom = _fitting(free, room)
            free.remove(room.homeroom)
        add_homeroom(building.work, row, room.homeroom.person_id, building.starts_on)


def _fitting(free: list[Member], room: ClassRoom) -> Member:
    """A class teacher for young classes, a subject teacher for the others."""
    young = room.level in EVERYTHING
    alike = [t for t in free if (t.subjects[0] in ("primary", "preschool")) == young]
    return alike[0] if alike else free[0]


def _choose_subjects(building: _Building) -> None:
    """Electives of upper grades: two or three subjects by class, one of two by each student, and clusters.

    In a primary class of the programme of 2006 everybody takes the foreign language by choice.
    """
    picked: dict[tuple[int, str], list[int]] = {}
    for room, _row, _group in building.rooms.values():
        chosen = _combination(room)
        if room.circular == Circular.TT22_2016:
            for student_id in room.students(building.starts_on):
                _place(building, student_id, [Choice(building.world.subjects[BY_CHOICE], OPTIONAL)])
        if chosen is None:
            continue
        rng = building.world.rng(f"choice {building.spec.code} {building.new.start_year} {room.name}")
        for student_id in room.students(building.starts_on):
            own = rng.choice(chosen.either) if chosen.either else None
            if own:
                picked.setdefault((room.grade, own), []).append(student_id)
            _write_choices(building, student_id, chosen, own)
    building.work.flush()
    for (grade, subject), students in picked.items():
        _mixed_group(building, grade, subject, students)


def _combination(room: ClassRoom) -> Combination | None:
    if room.level is Level.CONTINUING_UPPER:
        return COMBINATIONS[""]
    return COMBINATIONS[room.name[-2:]] if room.level is Level.UPPER_SECONDARY else None


def _write_choices(building: _Building, student_id: int, chosen: Combination, own: str | None) -> None:
    subjects = building.world.subjects
    electives = (*chosen.whole, *([own] if own else []))
    choices = [Choice(subjects[code]) for code in electives]
    choices += [Choice(subjects[code], LineStatus.CLUSTER.value) for code in chosen.clusters]
    _place(building, student_id, choices)


def _place(building: _Building, student_id: int, choices: Sequence[Choice]) -> None:
    student = building.work.session.get_one(Student, student_id)
    place_choices(building.work, student, building.year, choices, building.starts_on)


def _mixed_group(building: _Building, grade: int, subject: str, students: list[int]) -> None:
    """Students of several classes who chose the same subject."""
    name = f"{ {'informatics': 'Tin học', 'technology': 'Công nghệ'}[subject] } {grade}"
    group = add_group(building.work, building.unit, building.year, NewGroup(name))
    building.work.flush()
    place_members(building.work, group, set(students), building.starts_on)
    building.work.flush()
    room = ClassRoom(0, name, grade, Level.UPPER_SECONDARY, group.id)
    room.seats = [Seat(student_id, building.starts_on) for student_id in students]
    building.school.groups[building.new.start_year, name] = room
    _assign(building, group, subject, _teacher(building, subject, name))


def _assign_teachers(building: _Building) -> None:
    """In charge first; teachers of further parts when those are in the database."""
    for room, row, group in building.rooms.values():
        lines = plan_lines(building.work.session, building.unit.id, building.year, row.level, row.grade)
        codes = {number: code for code, number in building.world.subjects.items()}
        for line in lines:
            subject = codes[line.subject_id]
            if _is_taught(room, line, subject):
                _assign_subject(building, room, group, subject)
    building.work.flush()
    for group, new in building.later:
        add_assignment(building.work, group, new)
    building.work.flush()


def _is_taught(room: ClassRoom, line: SubjectPlan, subject: str) -> bool:
    if line.status == LineStatus.COMPULSORY:
        return True
    if room.circular == Circular.TT22_2016:
        return subject == BY_CHOICE
    chosen = _combination(room)
    return line.status == LineStatus.ELECTIVE and chosen is not None and subject in chosen.whole


def _assign_subject(building: _Building, room: ClassRoom, group: TeachingGroup, subject: str) -> None:
    if building.spec.code == MAIN and building.running and subject in PARTS:
        _assign_parts(building, group, subject)
        return
    teacher = _teacher(building, subject, room.name, room)
    _assign(building, group, subject, teacher)


def _assign_parts(building: _Building, group: TeachingGroup, subject: str) -> None:
    for number, (part, columns) in enumerate(PARTS[subject]):
        teacher = teachers_of(building.school, f"{subject}:{part}")[0]
        _assign(building, group, subject, teacher, part, columns, in_charge=number == 0)


def _teacher(building: _Building, subject: str, name: str, room: ClassRoom | None = None) -> Member:
    """Who teaches a class or group a subject: by decision, else whoever of the subject has least to do."""
    fixed = FIXED.get((building.spec.code, subject, name))
    if fixed:
        return building.school.staff[fixed]
    if building.running and (building.spec.code, name, subject) == (MAIN, *TAUGHT_BY_HEAD):
        return building.school.head
    able = teachers_of(building.school, subject) or teachers_of(
        building.school, _OLD_NAMES.get(subject, subject)
    )
    if not able and room is not None and room.homeroom is not None:
        return room.homeroom
    chosen = min(able, key=lambda member: building.load[member.key])
    building.load[chosen.key] += 1
    return chosen


_OLD_NAMES = {
    "physics": "natural_science:physics",
    "chemistry": "natural_science:chemistry",
    "biology": "natural_science:biology",
    "history": "history_geography:history",
    "geography": "history_geography:geography",
    "foreign_language": "foreign_language_1",
    "physical_training": "physical_education",
    "music": "arts:music",
    "fine_arts": "arts:fine_arts",
}
"""Subjects of the programme of 2006 and who teaches them at a school staffed for the one of 2018."""


def _assign(
    building: _Building,
    group: TeachingGroup,
    subject: str,
    teacher: Member,
    part: str | None = None,
    columns: tuple[str, ...] = (),
    *,
    in_charge: bool = True,
) -> None:
    new = NewAssignment(
        person_id=teacher.person_id,
        group_id=group.id,
        subject_id=building.world.subjects[subject],
        starts_on=building.starts_on,
        part_id=building.world.parts[subject, part] if part else None,
        columns=columns,
        in_charge=in_charge,
        ends_on=None if building.running else building.new.ends_on,
    )
    building.duties.setdefault((group.id, new.subject_id), []).append(Duty(teacher, frozenset(columns)))
    if in_charge:
        add_assignment(building.work, group, new)
    else:
        building.later.append((group, new))


def _note_sheets(building: _Building) -> None:
    """The sheets the assignments brought about, as plain facts."""
    query = (
        sa.select(GradebookSheet, Subject.code)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .where(GradebookSheet.unit_id == building.unit.id, GradebookSheet.school_year_id == building.year.id)
        .order_by(GradebookSheet.id)
    )
    start_year = building.new.start_year
    rooms = {room.group_id: room for room, _row, _group in building.rooms.values()}
    rooms |= {r.group_id: r for (year, _n), r in building.school.groups.items() if year == start_year}
    for row, subject in building.work.session.execute(query):
        room = rooms[row.group_id]
        building.school.sheets[start_year, row.term, room.name, subject] = Sheet(
            id=row.id,
            name=room.name,
            subject=subject,
            kind=SubjectKind(row.kind),
            form=row.form,
            cells=sheet_cells(row),
            year=start_year,
            term=row.term,
            school=building.spec.code,
            seats=room.seats,
            duties=_duties(building, row, room),
        )
        building.world.count("sheets")


def _duties(building: _Building, sheet: GradebookSheet, room: ClassRoom) -> list[Duty]:
    """Those assigned to the subject; the homeroom teacher for a sheet of the whole class."""
    if sheet.form.by_homeroom and room.homeroom is not None:
        return [Duty(room.homeroom)]
    return building.duties[sheet.group_id, sheet.subject_id]
