"""Students from a file: which row is whom, what would change, and carrying it out without a question a row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.domain.names import fold
from app.domain.vocabulary import Level
from app.errors import Invalid, N_
from app.models import Enrolment, SchoolClass, SchoolYear, Student
from app.reference.code_lists import match_key
from app.services.enrolments import RELATIONS, STUDYING, SUMMER, GuardianSheet, is_studying, set_guardians
from app.services.people import PersonName, apply_name, check_birth
from app.services.spreadsheets.columns import STUDENTS
from app.services.spreadsheets.placing import Move, Placer
from app.services.spreadsheets.plan import CHANGED, NEW, SAME, Change, Planned
from app.services.spreadsheets.rows import Ground, Parsed, ParsedRow, grouped, load_in, others, verdict
from app.services.unit_of_work import Work

SHEET_FIELDS: Final = (
    "student_code",
    "national_id",
    "register_no",
    "birth_date",
    "sex_code",
    "ethnicity_code",
    "religion_code",
    "nationality",
    "birthplace",
    "hometown",
    "address",
    "phone",
    "policy_code",
    "priority",
    "disability_code",
    "blood_group_code",
    "health_note",
    "note",
)
"""Columns of a student's sheet that a file fills one to one."""

PARENT_FIELDS: Final = ("full_name", "birth_year", "job", "phone", "email")
ODD_AGE: Final = 3
"""Years beside the usual age of a grade from which a birth date is worth a second look."""

NO_CLASS: Final = N_("The school has no class %(name)s in %(year)s.")
NOT_THE_SAME: Final = N_(
    "%(code)s belongs to %(name)s, born %(born)s. The row has another name and another birth date: the rows may be shifted."
)
TWO_STUDENTS: Final = N_("The two identifiers of this row belong to two different students.")
ELSEWHERE: Final = N_("This identifier belongs to a student of another school. Ask that school for the transfer.")
AMBIGUOUS: Final = N_("Several students have this name and birth date. Give the student's identifier.")
IN_OTHER_CLASS: Final = N_(
    "A student with this name and birth date is in class %(name)s. Give the identifier, to say whether it is the same."
)
SAME_PERSON: Final = N_("Row %(rows)s has the same name, birth date and class. If these are two students, give each an identifier.")
SAME_STUDENT: Final = N_("Row %(rows)s means the same student.")
LEAVES: Final = N_("This status ends the place in the class. Record it as leaving, with the last day.")
FIRST_DAY_STANDS: Final = N_("The student is in this class since %(day)s; an import does not change that day.")
LATER_DAY: Final = N_("The student came into the present class on %(day)s. Choose a later day.")
OUTSIDE_YEAR: Final = N_("%(day)s lies outside the school year.")
PARENT_NAME: Final = N_("Write the name too.")
AGE: Final = N_("%(age)s years old in grade %(grade)s: check the year of birth.")


@dataclass(frozen=True)
class Step:
    """What a row does: to whom, with which values, name, place and parents."""

    student: Student | None
    values: Mapping[str, Any]
    name: PersonName | None
    move: Move | None
    status: tuple[Enrolment, str] | None  # another status in the present place
    parents: tuple[GuardianSheet, ...]


@dataclass
class _Roll:
    """The register, as far as the file touches it."""

    by_code: dict[str, Student] = field(default_factory=dict)
    by_national: dict[str, Student] = field(default_factory=dict)
    by_name: dict[tuple[str, date], list[Student]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    places: dict[int, Enrolment] = field(default_factory=dict)  # this year's, by student
    former: dict[int, list[Enrolment]] = field(default_factory=dict)  # left open in earlier years
    classes: dict[str, SchoolClass] = field(default_factory=dict)
    class_names: dict[int, str] = field(default_factory=dict)

    def place_name(self, student: Student) -> str | None:
        place = self.places.get(student.id)
        return self.class_names[place.class_id] if place else None


def plan_rows(ground: Ground, parsed: Parsed) -> list[Planned]:
    """A verdict a row; a constant number of statements a chunk of rows."""
    parsed.refuse_other_schools(ground.unit)
    parsed.refuse_repeated("student_code", "national_id")
    _refuse_namesakes(parsed)
    roll = _load(ground, parsed)
    judged = [(row, _judge(ground, parsed, roll, row)) for row in parsed.rows]
    _refuse_same_student(parsed, judged)
    return [_verdict(parsed, roll, row, step) for row, step in judged]


def _refuse_namesakes(parsed: Parsed) -> None:
    """Twins differ in their middle names; two rows alike in everything need identifiers to be two students."""

    def key(row: ParsedRow) -> Any:
        born, name = row.get("birth_date"), row.get("full_name")
        return name and born and (match_key(name), born, match_key(row.get("class_name") or ""))

    for alike, rows in grouped(parsed.rows, key).items():
        told_apart = any(all(row.get(name) for row in rows) for name in ("student_code", "national_id"))
        if alike and len(rows) > 1 and not told_apart:
            for row in rows:
                parsed.refuse(row, "full_name", SAME_PERSON, rows=others(rows, row))


def _load(ground: Ground, parsed: Parsed) -> _Roll:
    roll = _Roll()
    for row in ground.session.scalars(
        sa.select(SchoolClass).where(
            SchoolClass.unit_id == ground.unit.id, SchoolClass.school_year_id == ground.year.id
        )
    ):
        roll.classes[match_key(row.name)] = row
        roll.class_names[row.id] = row.name
    students: dict[int, Student] = {}
    for column, values in _wanted(parsed):
        query = sa.select(Student).where(Student.unit_id == ground.unit.id).options(selectinload(Student.guardians))
        students |= {student.id: student for (student,) in load_in(ground.session, query, column, values)}
    for student in students.values():
        if student.student_code:
            roll.by_code[student.student_code] = student
        if student.national_id:
            roll.by_national[student.national_id] = student
        roll.by_name.setdefault((match_key(student.full_name), student.birth_date), []).append(student)
    _load_elsewhere(ground, parsed, roll)
    _load_places(ground, roll, students)
    return roll


def _wanted(parsed: Parsed) -> Iterable[tuple[Any, list[Any]]]:
    yield Student.student_code, [row.get("student_code") for row in parsed.rows]
    yield Student.national_id, [row.get("national_id") for row in parsed.rows]
    yield Student.name_folded, [fold(row.get("full_name"))[:120] for row in parsed.rows if row.get("full_name")]


def _load_elsewhere(ground: Ground, parsed: Parsed, roll: _Roll) -> None:
    for column, name in ((Student.student_code, "student_code"), (Student.national_id, "national_id")):
        query = sa.select(column).where(Student.unit_id != ground.unit.id)
        roll.elsewhere.update(value for (value,) in load_in(ground.session, query, column, (r.get(name) for r in parsed.rows)))


def _load_places(ground: Ground, roll: _Roll, students: Mapping[int, Student]) -> None:
    """Open places: this year's, and those an earlier year left open."""
    query = (
        sa.select(Enrolment, SchoolYear.id)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .join(SchoolYear, SchoolYear.id == SchoolClass.school_year_id)
        .where(sa.or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= ground.day))
        .where(SchoolYear.start_year <= ground.year.start_year)
        .order_by(Enrolment.starts_on)
    )
    for place, year_id in load_in(ground.session, query, Enrolment.student_id, students):
        if year_id == ground.year.id:
            roll.places[place.student_id] = place
        else:
            roll.former.setdefault(place.student_id, []).append(place)


# -- one row ----------------------------------------------------------------------------------------------------


def _judge(ground: Ground, parsed: Parsed, roll: _Roll, row: ParsedRow) -> Step | None:
    """What the row would do, or None with its problems noted."""
    school_class = _class(ground, parsed, roll, row)
    if row.get("birth_date"):
        try:
            check_birth(row.get("birth_date"), ground.day)
        except Invalid as error:
            parsed.refuse(row, "birth_date", error.message, **error.params)
    if row.problems:
        return None
    student = _match(parsed, roll, row)
    name = parsed.person_name(row, _known_name(student))
    move, status = _place(ground, parsed, roll, row, student, school_class)
    values = {f: row.get(f) for f in SHEET_FIELDS if row.get(f) is not None}
    if student is not None:
        values = {f: value for f, value in values.items() if getattr(student, f) != value}
    parents = tuple(_parents(parsed, row, student))
    _note_age(ground, parsed, row, school_class)
    return Step(student, values, name, move, status, parents)


def _class(ground: Ground, parsed: Parsed, roll: _Roll, row: ParsedRow) -> SchoolClass | None:
    name = row.get("class_name")
    if name is None:
        return None
    found = roll.classes.get(match_key(name))
    if found is None:
        parsed.refuse(row, "class_name", NO_CLASS, name=name, year=ground.year.label)
    return found


def _match(parsed: Parsed, roll: _Roll, row: ParsedRow) -> Student | None:
    """Whose row it is: by identifier, else by name, birth date and class; None for a new student."""
    found: dict[int, Student] = {}
    for name, known in (("student_code", roll.by_code), ("national_id", roll.by_national)):
        value = row.get(name)
        if value in roll.elsewhere:
            parsed.refuse(row, name, ELSEWHERE)
        if value is not None and (student := known.get(value)):
            found[student.id] = student
            _require_same(parsed, row, name, student)
    if len(found) > 1:
        parsed.refuse(row, "student_code", TWO_STUDENTS)
    if found or row.problems:
        return next(iter(found.values()), None)
    return _match_name(parsed, roll, row)


def _require_same(parsed: Parsed, row: ParsedRow, name: str, student: Student) -> None:
    """A matching identifier beside another name and another birth date means that rows are shifted (needs B17)."""
    same_name = match_key(student.full_name) == match_key(row.get("full_name"))
    if not same_name and student.birth_date != row.get("birth_date"):
        born = student.birth_date.strftime("%d/%m/%Y")
        parsed.refuse(row, name, NOT_THE_SAME, code=row.get(name), name=student.full_name, born=born)


def _match_name(parsed: Parsed, roll: _Roll, row: ParsedRow) -> Student | None:
    alike = roll.by_name.get((match_key(row.get("full_name")), row.get("birth_date")), [])
    alike = [student for student in alike if not _told_apart(student, row)]
    wanted = match_key(row.get("class_name"))
    here = [s for s in alike if match_key(roll.place_name(s) or "") == wanted]
    free = [s for s in alike if s.id not in roll.places]
    chosen = here or free
    if len(chosen) > 1:
        parsed.refuse(row, "full_name", AMBIGUOUS)
    elif not chosen and alike:
        parsed.refuse(row, "full_name", IN_OTHER_CLASS, name=roll.place_name(alike[0]))
    return chosen[0] if len(chosen) == 1 else None


def _told_apart(student: Student, row: ParsedRow) -> bool:
    """Both have an identifier of the same sort, and they differ: two people."""
    return any(
        row.get(name) and getattr(student, name) and row.get(name) != getattr(student, name)
        for name in ("student_code", "national_id")
    )


def _known_name(student: Student | None) -> PersonName | None:
    if student is None:
        return None
    return PersonName(student.family_name, student.middle_name, student.given_name, student.full_name)


def _place(
    ground: Ground, parsed: Parsed, roll: _Roll, row: ParsedRow, student: Student | None, school_class: SchoolClass | None
) -> tuple[Move | None, tuple[Enrolment, str] | None]:
    """The place the row asks for, and the status where only that changes."""
    current = roll.places.get(student.id) if student else None
    status, day = row.get("status_code"), row.get("starts_on")
    if status is not None and not is_studying(status):
        parsed.refuse(row, "status_code", LEAVES)
    if school_class is None:
        return None, None
    if current is not None and current.class_id == school_class.id:
        if day not in (None, current.starts_on):
            parsed.refuse(row, "starts_on", FIRST_DAY_STANDS, day=current.starts_on.strftime("%d/%m/%Y"))
        return None, (current, status) if status not in (None, current.status_code) else None
    if day is None or (current is not None and day == current.starts_on):
        day = max(ground.day, ground.year.starts_on - SUMMER)
    open_places = [current] if current else roll.former.get(student.id, []) if student else []
    _check_day(ground, parsed, row, day, open_places)
    return Move(school_class, day, status or (current.status_code if current else STUDYING), current, tuple(open_places)), None


def _check_day(ground: Ground, parsed: Parsed, row: ParsedRow, day: date, open_places: Iterable[Enrolment]) -> None:
    place = "starts_on" if "starts_on" in parsed.fields else "class_name"
    if not ground.year.starts_on - SUMMER <= day <= ground.year.ends_on:
        parsed.refuse(row, place, OUTSIDE_YEAR, day=day.strftime("%d/%m/%Y"))
    for former in open_places:
        if former.starts_on >= day:
            parsed.refuse(row, place, LATER_DAY, day=former.starts_on.strftime("%d/%m/%Y"))


def _parents(parsed: Parsed, row: ParsedRow, student: Student | None) -> Iterable[GuardianSheet]:
    """Contacts with what the file says put over what is known; only those that change."""
    known = {guardian.relation: guardian for guardian in student.guardians} if student else {}
    for relation in RELATIONS:
        said = {f: row.get(f"{relation}.{f}") for f in PARENT_FIELDS if row.get(f"{relation}.{f}") is not None}
        guardian = known.get(relation)
        merged = {f: said.get(f, getattr(guardian, f, None)) for f in PARENT_FIELDS}
        if not said or (guardian and all(getattr(guardian, f) == value for f, value in merged.items())):
            continue
        if not merged["full_name"]:
            parsed.refuse(row, f"{relation}.full_name", PARENT_NAME)
            continue
        yield GuardianSheet(relation, **merged)


def _note_age(ground: Ground, parsed: Parsed, row: ParsedRow, school_class: SchoolClass | None) -> None:
    general = (Level.PRIMARY, Level.LOWER_SECONDARY, Level.UPPER_SECONDARY)
    if school_class is None or school_class.level not in general or row.get("birth_date") is None:
        return
    age = ground.year.start_year - row.get("birth_date").year
    if abs(age - school_class.grade - 5) >= ODD_AGE:
        parsed.note(row, "birth_date", AGE, age=age, grade=school_class.grade)


def _refuse_same_student(parsed: Parsed, judged: list[tuple[ParsedRow, Step | None]]) -> None:
    meant = [(row, step.student.id) for row, step in judged if step and step.student]
    for rows in grouped(meant, lambda pair: pair[1]).values():
        if len(rows) > 1:
            only = [row for row, _id in rows]
            for row in only:
                parsed.refuse(row, "full_name", SAME_STUDENT, rows=others(only, row))


def _verdict(parsed: Parsed, roll: _Roll, row: ParsedRow, step: Step | None) -> Planned:
    key = ", ".join(part for part in (row.get("full_name"), row.get("class_name")) if part)
    if step is None or row.problems:
        return verdict(row, key, SAME)
    changes = [*_changes(parsed, roll, step)]
    kind = NEW if step.student is None else CHANGED if changes else SAME
    return verdict(row, key, kind, changes, step if changes else None)


def _changes(parsed: Parsed, roll: _Roll, step: Step) -> Iterable[Change]:
    student = step.student
    if step.name is not None:
        old = _known_name(student) or PersonName("", "", "", "")
        yield parsed.change("full_name", old.written, step.name.written)
        for name, part in (("family_name", "family"), ("middle_name", "middle"), ("given_name", "given")):
            if getattr(old, part) != getattr(step.name, part):
                yield parsed.change(name, getattr(old, part), getattr(step.name, part))
    for name, value in step.values.items():
        yield parsed.change(name, getattr(student, name) if student else None, value)
    if step.move is not None:
        old_class = roll.place_name(student) if student else None
        yield parsed.change("class_name", old_class, step.move.school_class.name)
        yield parsed.change("starts_on", step.move.current.starts_on if step.move.current else None, step.move.day)
    status = step.status[1] if step.status else step.move.status_code if step.move else None
    held = student.status_code if student else None
    if status is not None and status != held:
        yield parsed.change("status_code", held, status)
    known = {guardian.relation: guardian for guardian in student.guardians} if student else {}
    for sheet in step.parents:
        for name in PARENT_FIELDS:
            old_value, new_value = getattr(known.get(sheet.relation), name, None), getattr(sheet, name)
            if old_value != new_value:
                yield parsed.change(f"{sheet.relation}.{name}", old_value, new_value)


# -- carrying it out --------------------------------------------------------------------------------------------


def apply_rows(work: Work, ground: Ground, planned: Iterable[Planned], fields: frozenset[str]) -> None:
    """Inside a transaction: what the verdicts say, not flushed."""
    steps = [item.step for item in planned if item.step is not None]
    placer = Placer(work, ground, [step.move for step in steps if step.move])
    for step in steps:
        student = step.student or _new_student(work, ground)
        for name, value in step.values.items():
            setattr(student, name, value)
        if step.name is not None:
            apply_name(student, step.name)
        if step.move is not None:
            placer.place(student, step.move)
        if step.status is not None:
            placer.change_status(student, *step.status)
        set_guardians(work, student, step.parents)
        if step.student is not None:
            _align(student, fields)


def _new_student(work: Work, ground: Ground) -> Student:
    student = Student(
        unit=ground.unit, ethnicity_code="01", nationality="Việt Nam", status_code=STUDYING
    )
    work.session.add(student)
    return student


def _align(student: Student, fields: frozenset[str]) -> None:
    """Give every changed sheet the same set of columns: ragged changes stay one executemany (trap 8)."""
    for name in (*SHEET_FIELDS, "full_name", "family_name", "middle_name", "given_name", "name_folded", "sort_key", "status_code"):
        if name in fields or name in ("name_folded", "sort_key", "status_code"):
            flag_modified(student, name)
