"""Students from a file: which row is whom, what would change, and carrying it out without a question a row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from app.domain.carry import too_early
from app.domain.dates import format_date
from app.domain.vocabulary import Level
from app.errors import N_, Invalid
from app.models import Enrolment, SchoolClass, Student
from app.reference.code_lists import match_key
from app.services.carry import TOO_EARLY, carry_into_classes
from app.services.enrolments import RELATIONS, STUDYING, SUMMER, GuardianSheet, is_studying, set_guardians
from app.services.people import PersonName, apply_name, check_birth
from app.services.register_numbers import TAKEN, number_all
from app.services.sheets import TERM_SHEETS
from app.services.spreadsheets.placing import Move, Placer
from app.services.spreadsheets.plan import CHANGED, NEW, SAME, Change, Planned
from app.services.spreadsheets.register import Roll, load_roll, match
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
SAME_PERSON: Final = N_(
    "Row %(rows)s has the same name, birth date and class. If these are two students, give each an identifier."
)
SAME_STUDENT: Final = N_("Row %(rows)s means the same student.")
LEAVES: Final = N_("This status ends the place in the class. Record it as leaving, with the last day.")
FIRST_DAY_STANDS: Final = N_(
    "The student is in this class since %(day)s; an import does not change that day."
)
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


def plan_rows(ground: Ground, parsed: Parsed) -> list[Planned]:
    """A verdict a row; a constant number of statements a chunk of rows."""
    parsed.refuse_other_schools(ground.unit)
    parsed.refuse_repeated("student_code", "national_id", "register_no")
    _refuse_namesakes(parsed)
    roll = load_roll(ground, parsed)
    judged = [(row, _judge(ground, parsed, roll, row)) for row in parsed.rows]
    _refuse_same_student(parsed, judged)
    _refuse_taken_numbers(ground, parsed, judged)
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


# -- one row ----------------------------------------------------------------------------------------------------


def _judge(ground: Ground, parsed: Parsed, roll: Roll, row: ParsedRow) -> Step | None:
    """What the row would do, or None with its problems noted."""
    school_class = _class(ground, parsed, roll, row)
    if row.get("birth_date"):
        try:
            check_birth(row.get("birth_date"), ground.day)
        except Invalid as error:
            parsed.refuse(row, "birth_date", error.message, **error.params)
    if row.problems:
        return None
    student = match(parsed, roll, row)
    name = parsed.person_name(row, _known_name(student))
    move, status = _place(ground, parsed, roll, row, student, school_class)
    values = {f: row.get(f) for f in SHEET_FIELDS if row.get(f) is not None}
    if student is not None:
        values = {f: value for f, value in values.items() if getattr(student, f) != value}
    parents = tuple(_parents(parsed, row, student))
    _note_age(ground, parsed, row, school_class)
    return Step(student, values, name, move, status, parents)


def _class(ground: Ground, parsed: Parsed, roll: Roll, row: ParsedRow) -> SchoolClass | None:
    name = row.get("class_name")
    if name is None:
        return None
    found = roll.classes.get(match_key(name))
    if found is None:
        parsed.refuse(row, "class_name", NO_CLASS, name=name, year=ground.year.label)
    return found


def _known_name(student: Student | None) -> PersonName | None:
    if student is None:
        return None
    return PersonName(student.family_name, student.middle_name, student.given_name, student.full_name)


def _place(
    ground: Ground,
    parsed: Parsed,
    roll: Roll,
    row: ParsedRow,
    student: Student | None,
    school_class: SchoolClass | None,
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
            parsed.refuse(row, "starts_on", FIRST_DAY_STANDS, day=format_date(current.starts_on))
        return None, (current, status) if status not in (None, current.status_code) else None
    if day is None or (current is not None and day == current.starts_on):
        day = max(ground.day, ground.year.starts_on - SUMMER)
    open_places = [current] if current else roll.former.get(student.id, []) if student else []
    _check_day(ground, parsed, row, day, open_places)
    if (
        current
        and school_class.circular in TERM_SHEETS
        and too_early(roll.terms.values(), date.max, day, ground.day)
    ):
        parsed.refuse(row, "starts_on", TOO_EARLY, day=format_date(day))
    return Move(
        school_class,
        day,
        status or (current.status_code if current else STUDYING),
        current,
        tuple(open_places),
    ), None


def _check_day(
    ground: Ground, parsed: Parsed, row: ParsedRow, day: date, open_places: Iterable[Enrolment]
) -> None:
    place = "starts_on" if "starts_on" in parsed.fields else "class_name"
    if not ground.year.starts_on - SUMMER <= day <= ground.year.ends_on:
        parsed.refuse(row, place, OUTSIDE_YEAR, day=format_date(day))
    for former in open_places:
        if former.starts_on >= day:
            parsed.refuse(row, place, LATER_DAY, day=format_date(former.starts_on))


def _parents(parsed: Parsed, row: ParsedRow, student: Student | None) -> Iterable[GuardianSheet]:
    """Contacts with what the file says put over what is known; only those that change."""
    known = {guardian.relation: guardian for guardian in student.guardians} if student else {}
    for relation in RELATIONS:
        said = {
            f: row.get(f"{relation}.{f}") for f in PARENT_FIELDS if row.get(f"{relation}.{f}") is not None
        }
        guardian = known.get(relation)
        merged = {f: said.get(f, getattr(guardian, f, None)) for f in PARENT_FIELDS}
        if not said or (guardian and all(getattr(guardian, f) == value for f, value in merged.items())):
            continue
        full_name = merged.pop("full_name")
        if full_name:
            yield GuardianSheet(relation, full_name, **merged)
        else:
            parsed.refuse(row, f"{relation}.full_name", PARENT_NAME)


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


def _refuse_taken_numbers(
    ground: Ground, parsed: Parsed, judged: list[tuple[ParsedRow, Step | None]]
) -> None:
    """A register number is one student's; it may pass to another in the file that takes it from the first."""
    wanted = {
        step.values["register_no"]: (row, step)
        for row, step in judged
        if step and "register_no" in step.values
    }
    changed = {step.student.id for _row, step in wanted.values() if step.student}
    query = sa.select(Student.register_no, Student.id).where(Student.unit_id == ground.unit.id)
    for number, holder in load_in(ground.session, query, Student.register_no, wanted):
        if holder not in changed and number in wanted:
            parsed.refuse(wanted[number][0], "register_no", TAKEN, number=number)


def _verdict(parsed: Parsed, roll: Roll, row: ParsedRow, step: Step | None) -> Planned:
    key = ", ".join(part for part in (row.get("full_name"), row.get("class_name")) if part)
    if step is None or row.problems:
        return verdict(row, key, SAME)
    changes = [*_changes(parsed, roll, step)]
    kind = NEW if step.student is None else CHANGED if changes else SAME
    return verdict(row, key, kind, changes, step if changes else None)


def _changes(parsed: Parsed, roll: Roll, step: Step) -> Iterable[Change]:
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
        yield parsed.change(
            "starts_on", step.move.current.starts_on if step.move.current else None, step.move.day
        )
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
    new: list[Student] = []
    for step in steps:
        student = step.student or _new_student(work, ground)
        new += [student] if step.student is None else []
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
    number_all(work.session, ground.unit.id, new)
    known = [(step.student.id, step.move) for step in steps if step.student and step.move]
    carry_into_classes(work, ground.year, [(key, move.school_class, move.day) for key, move in known])


def _new_student(work: Work, ground: Ground) -> Student:
    student = Student(unit=ground.unit, ethnicity_code="01", nationality="Việt Nam", status_code=STUDYING)
    work.session.add(student)
    return student


def _align(student: Student, fields: frozenset[str]) -> None:
    """Give every changed sheet the same set of columns: ragged changes stay one executemany (trap 8)."""
    for name in (
        *SHEET_FIELDS,
        "full_name",
        "family_name",
        "middle_name",
        "given_name",
        "name_folded",
        "sort_key",
        "status_code",
    ):
        if name in fields or name in ("name_folded", "sort_key", "status_code"):
            flag_modified(student, name)
