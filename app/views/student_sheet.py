"""The personal sheet (sơ yếu lí lịch, facts F3): its parts and labels, and what a page of students needs."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload

from app.domain.enrolment import Standing, standing
from app.errors import N_, Invalid
from app.extensions import db
from app.forms.people import GUARDIAN_PARTS, NAME_PARTS
from app.models import Enrolment, HomeroomAssignment, SchoolClass, Student
from app.models.base import in_force
from app.reference.code_lists import CODE_LISTS
from app.services.enrolments import RELATIONS, GuardianSheet, is_studying
from app.services.people import PersonName, check_email

BIRTH = ("birth_date", "sex_code", "ethnicity_code", "religion_code", "nationality", "birthplace", "hometown")
IDENTIFIERS = ("student_code", "national_id", "register_no")
CONTACT = ("address", "phone")
WELFARE = ("priority", "policy_code", "disability_code", "blood_group_code", "health_note", "note")
SHEET = (*BIRTH, *IDENTIFIERS, *CONTACT, *WELFARE)
PLACE = ("school_class", "starts_on", "entry_code", "arrival_code", "other_school")
RELATION_TITLES = {
    "father": lazy_gettext("Father"),
    "mother": lazy_gettext("Mother"),
    "guardian": lazy_gettext("Guardian"),
}
LABELS = {
    "name_folded": lazy_gettext("Name or code"),
    "full_name": lazy_gettext("Full name"),
    "birth_date": lazy_gettext("Date of birth"),
    "sex_code": lazy_gettext("Sex"),
    "ethnicity_code": lazy_gettext("Ethnicity"),
    "religion_code": lazy_gettext("Religion"),
    "nationality": lazy_gettext("Nationality"),
    "birthplace": lazy_gettext("Place of birth"),
    "hometown": lazy_gettext("Home town"),
    "student_code": lazy_gettext("Student code"),
    "national_id": lazy_gettext("Personal identification number"),
    "register_no": lazy_gettext("Register number"),
    "address": lazy_gettext("Home address"),
    "phone": lazy_gettext("Telephone"),
    "priority": lazy_gettext("Priority group"),
    "policy_code": lazy_gettext("Policy status"),
    "disability_code": lazy_gettext("Disability"),
    "blood_group_code": lazy_gettext("Blood group"),
    "health_note": lazy_gettext("Health note"),
    "note": lazy_gettext("Note"),
    "status_code": lazy_gettext("Status"),
    "status_name": lazy_gettext("Status"),
    "class_name": lazy_gettext("Class"),
    "unit_name": lazy_gettext("School"),
}


OWN_SECTIONS = (
    (lazy_gettext("Name and birth"), BIRTH),
    (lazy_gettext("Identifiers"), IDENTIFIERS),
    (lazy_gettext("Address and contact"), CONTACT),
    (lazy_gettext("Priority, policy, health"), WELFARE),
)


def sections(*last: tuple[Any, tuple[str, ...]]) -> list[tuple[Any, dict[str, Any]]]:
    """Parts of the form, in the order of the paper sheet; `last` ones (the place in a class) after name and birth."""
    (birth, names), *others, welfare = OWN_SECTIONS
    parents = [(RELATION_TITLES[key], tuple(f"{key}_{part}" for part in GUARDIAN_PARTS)) for key in RELATIONS]
    parts = [(birth, (*NAME_PARTS, *names)), *last, *others, *parents, welfare]
    return [(title, {"fields": list(names)}) for title, names in parts]


def name_of(form: Any) -> PersonName:
    """The name parts of a form."""
    parts = [form[name].data or "" for name in NAME_PARTS[:3]]
    return PersonName(*parts, written=form.written_name.data)


def written_apart(row: Any) -> str | None:
    """The full name, where it isn't just the parts in a row."""
    joined = " ".join(part for part in (row.family_name, row.middle_name, row.given_name) if part)
    return None if row.full_name == joined else row.full_name


def guardians_of(form: Any) -> list[GuardianSheet]:
    """Parents and guardian a form names. Invalid where something is written of somebody without a name."""
    found = []
    for relation in RELATIONS:
        values = {part: form[f"{relation}_{part}"].data for part in GUARDIAN_PARTS}
        if values["full_name"]:
            check_email(values["email"], f"{relation}_email")
            found.append(GuardianSheet(relation, **values))
        elif any(values.values()):
            nameless = N_("Write the name too: what is said of a parent or guardian is kept with the name.")
            raise Invalid(nameless, problems=((f"{relation}_full_name", nameless),))
    return found


def last_places(student_ids: list[int], day: date) -> dict[int, Enrolment]:
    """By student, the latest place in a class that had begun by a day, with class and year; one query."""
    query = (
        sa.select(Enrolment)
        .where(Enrolment.student_id.in_(student_ids), Enrolment.starts_on <= day)
        .options(joinedload(Enrolment.school_class).joinedload(SchoolClass.school_year))
        .order_by(Enrolment.starts_on, Enrolment.id)
    )
    return {row.student_id: row for row in db.session.scalars(query)} if student_ids else {}


def place_words(student: Student, place: Enrolment | None, day: date) -> tuple[str, Any]:
    """Class and status as a list shows them; a class that was left carries its year."""
    room = place.school_class if place else None
    where = standing(
        is_studying(student.status_code),
        room.level if room else None,
        room.grade if room else None,
        place.ends_on if place else None,
        day,
    )
    status = {
        Standing.UNPLACED: _("In no class yet"),
        Standing.FINISHED: _("Finished grade %(grade)s", grade=room.grade if room else ""),
    }.get(where, CODE_LISTS["enrolment_status"].label(student.status_code))
    if room is None or where is Standing.SEATED:
        return room.name if room else "", status
    return f"{room.name} ({room.school_year.label})", status


def homeroom_students(student_ids: list[int], person_id: int | None, day: date) -> set[int]:
    """Those of the students whose class the person is homeroom teacher of."""
    query = (
        sa.select(Enrolment.student_id)
        .join(HomeroomAssignment, HomeroomAssignment.class_id == Enrolment.class_id)
        .where(
            Enrolment.student_id.in_(student_ids),
            in_force(Enrolment, day),
            HomeroomAssignment.person_id == person_id,
            in_force(HomeroomAssignment, day),
        )
    )
    return set(db.session.scalars(query))


def places_of(student_id: int) -> list[Any]:
    """Every place the student has had, newest first, with class, school and year."""
    query = (
        sa.select(Enrolment)
        .where(Enrolment.student_id == student_id)
        .options(
            joinedload(Enrolment.school_class).joinedload(SchoolClass.school_year),
            joinedload(Enrolment.school_class).joinedload(SchoolClass.unit),
        )
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
    )
    return list(db.session.scalars(query))
