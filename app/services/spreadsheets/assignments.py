"""Who teaches whom what, from a file: each row a group, a subject or a part of it, and a teacher from a day on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.domain.dates import format_date
from app.domain.vocabulary import Level
from app.errors import N_
from app.models import Person, Subject, SubjectPart, TeachingAssignment, TeachingGroup
from app.reference.code_lists import match_key
from app.reference.curriculum import LineStatus
from app.services.assignments import SUBJECT_COLUMNS, SUMMER, NewAssignment, add_assignment
from app.services.programme import plan_lines
from app.services.sheets import TERM_SHEETS, grades_of_group
from app.services.spreadsheets.plan import CHANGED, NEW, SAME, Change, Planned
from app.services.spreadsheets.rows import Ground, Parsed, ParsedRow, grouped, others, verdict
from app.services.spreadsheets.teachers import Teachers
from app.services.unit_of_work import Work

NO_GROUP: Final = N_("The school has no class or group %(name)s in %(year)s.")
NO_SUBJECT: Final = N_("There is no subject %(name)s. Write it as in the sheet “Danh mục”.")
NO_PART: Final = N_("%(subject)s has no part %(name)s.")
NOT_PLANNED: Final = N_("The plan of grade %(grade)s has no subject %(subject)s. Add it to the plan first.")
SAME_CELLS: Final = N_("Row %(rows)s gives the same subject, part and columns of this group to somebody.")
TWO_CHIEFS: Final = N_(
    "Row %(rows)s names a teacher in charge of this subject too. One is in charge and confirms."
)
NO_CHIEF: Final = N_("Nobody is in charge of this subject in this group. Write Có in one row.")
LATER_DAY: Final = N_("%(name)s is assigned from %(day)s. Choose a later day.")
FIRST_DAY_STANDS: Final = N_("This assignment stands since %(day)s; an import does not change that day.")
OUTSIDE_YEAR: Final = N_("%(day)s lies outside the school year.")
WRONG_ORDER: Final = N_("The last day comes before the first.")


@dataclass(frozen=True)
class Step:
    """What a row does, and whom it replaces."""

    group: TeachingGroup
    new: NewAssignment
    person: Person
    replaced: TeachingAssignment | None


class _Register:
    """Groups, subjects, plans, teachers and assignments of the year."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        session = ground.session
        mine = TeachingGroup.unit_id == ground.unit.id, TeachingGroup.school_year_id == ground.year.id
        self.groups = {
            match_key(group.name): group for group in session.scalars(sa.select(TeachingGroup).where(*mine))
        }
        subjects = session.scalars(
            sa.select(Subject).options(selectinload(Subject.parts)).order_by(Subject.id)
        ).all()
        self.subjects = {
            match_key(name): subject
            for attribute in ("code", "short_name", "name")  # the full name wins
            for subject in subjects
            if (name := getattr(subject, attribute))
        }
        reach = sa.or_(TeachingAssignment.ends_on.is_(None), TeachingAssignment.ends_on >= ground.day)
        standing = session.scalars(
            sa.select(TeachingAssignment)
            .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
            .where(*mine, reach)
            .order_by(TeachingAssignment.starts_on)
        ).all()
        self.standing = grouped(standing, lambda row: (row.group_id, row.subject_id))
        self.teachers = Teachers(session, ground.unit.id, ground.day)
        self._plans: dict[tuple[Level, int], set[int]] = {}

    def missing_plan(self, group: TeachingGroup, subject: Subject) -> int | None:
        """A grade of the group whose plan lacks the subject; None when every grade has it."""
        session = self.ground.session
        for grade in grades_of_group(session, group):
            if grade.circular not in TERM_SHEETS:
                continue
            key = grade.level, grade.grade
            if key not in self._plans:
                lines = plan_lines(session, self.ground.unit.id, self.ground.year, *key)
                self._plans[key] = {line.subject_id for line in lines if line.status != LineStatus.CLUSTER}
            if subject.id not in self._plans[key]:
                return grade.grade
        return None


def plan_rows(ground: Ground, parsed: Parsed) -> list[Planned]:
    """A verdict a row."""
    parsed.refuse_other_schools(ground.unit)
    register = _Register(ground)
    judged = [(row, _judge(parsed, register, row)) for row in parsed.rows]
    _refuse_clashes(parsed, register, judged)
    return [_verdict(parsed, register, row, step) for row, step in judged]


def _judge(parsed: Parsed, register: _Register, row: ParsedRow) -> Step | None:
    group = _group(parsed, register, row)
    subject = _subject(parsed, register, row)
    part = _part(parsed, row, subject)
    person = register.teachers.find(parsed, row)
    if group is None or subject is None or person is None or row.problems:
        return None
    new, replaced = _meant(register, row, (group, subject, part), person)
    _check_days(parsed, register, row, new, replaced)
    grade = register.missing_plan(group, subject) if _differs(new, replaced) else None
    if grade is not None:
        parsed.refuse(row, "subject", NOT_PLANNED, grade=grade, subject=subject.name)
    return Step(group, new, person, replaced)


def _meant(
    register: _Register,
    row: ParsedRow,
    what: tuple[TeachingGroup, Subject, SubjectPart | None],
    person: Person,
) -> tuple[NewAssignment, TeachingAssignment | None]:
    """The assignment a row asks for, and the one it stands in for."""
    group, subject, part = what
    part_id, columns = part.id if part else None, tuple(row.get("columns") or ())
    today = max(register.ground.day, register.ground.year.starts_on - SUMMER)
    day = row.get("starts_on") or today
    replaced = _standing(register, (group.id, subject.id), part_id, columns, day)
    same = replaced if replaced is not None and replaced.person_id == person.id else None
    charge = row.get("in_charge")
    new = NewAssignment(
        person_id=person.id,
        group_id=group.id,
        subject_id=subject.id,
        starts_on=row.get("starts_on") or (same.starts_on if same else today),
        part_id=part_id,
        columns=columns,
        in_charge=True if charge is None else charge,
        decision=row.get("decision") or (same.decision if same else None),
        ends_on=row.get("ends_on") or (same.ends_on if same else None),
    )
    if same and row.get("starts_on") is None and _differs(new, same):
        new = replace(new, starts_on=today)
    return new, replaced


def _standing(
    register: _Register, key: tuple[int, int], part_id: int | None, columns: Iterable[str], day: date
) -> TeachingAssignment | None:
    """The latest assignment of the same cells that reaches `day`."""
    held = (row for row in reversed(register.standing.get(key, [])) if row.part_id == part_id)
    return next(
        (
            row
            for row in held
            if _overlap(row.columns, columns) and (row.ends_on is None or row.ends_on >= day)
        ),
        None,
    )


def _group(parsed: Parsed, register: _Register, row: ParsedRow) -> TeachingGroup | None:
    name = row.get("group")
    found = register.groups.get(match_key(name)) if name else None
    if name and found is None:
        parsed.refuse(row, "group", NO_GROUP, name=name, year=register.ground.year.label)
    return found


def _subject(parsed: Parsed, register: _Register, row: ParsedRow) -> Subject | None:
    name = row.get("subject")
    found = register.subjects.get(match_key(name)) if name else None
    if name and found is None:
        parsed.refuse(row, "subject", NO_SUBJECT, name=name)
    return found


def _part(parsed: Parsed, row: ParsedRow, subject: Subject | None) -> SubjectPart | None:
    name = row.get("part")
    if name is None or subject is None:
        return None
    found = next(
        (part for part in subject.parts if match_key(name) in (match_key(part.name), match_key(part.code))),
        None,
    )
    if found is None:
        parsed.refuse(row, "part", NO_PART, subject=subject.name, name=name)
    return found


def _check_days(
    parsed: Parsed,
    register: _Register,
    row: ParsedRow,
    new: NewAssignment,
    replaced: TeachingAssignment | None,
) -> None:
    place = "starts_on" if "starts_on" in parsed.fields else "teacher"
    year = register.ground.year
    if not year.starts_on - SUMMER <= new.starts_on <= year.ends_on:
        parsed.refuse(row, place, OUTSIDE_YEAR, day=format_date(new.starts_on))
    if new.ends_on is not None and new.ends_on < new.starts_on:
        parsed.refuse(row, "ends_on" if row.get("ends_on") else place, WRONG_ORDER)
    if _differs(new, replaced):
        for former in _ended(register, new, replaced):
            if former.starts_on >= new.starts_on:
                name = register.teachers.names.get(former.person_id, "?")
                parsed.refuse(row, place, LATER_DAY, name=name, day=format_date(former.starts_on))


def _ended(
    register: _Register, new: NewAssignment, replaced: TeachingAssignment | None
) -> list[TeachingAssignment]:
    """Standing rows the new one would end: those it replaces, and whoever was in charge before."""
    standing = register.standing.get((new.group_id, new.subject_id), [])
    chiefs = [row for row in standing if new.in_charge and row.in_charge]
    return list(dict.fromkeys([*([replaced] if replaced else []), *chiefs]))


def _differs(new: NewAssignment, row: TeachingAssignment | None) -> bool:
    """True unless the row stands already as the file says."""
    return row is None or _facts_of(row) != (
        new.person_id, new.columns, new.in_charge, new.starts_on, new.ends_on, new.decision
    )  # fmt: skip


def _facts_of(row: TeachingAssignment) -> tuple[Any, ...]:
    columns = tuple(column for column in SUBJECT_COLUMNS if column in row.columns)
    return row.person_id, columns, row.in_charge, row.starts_on, row.ends_on, row.decision


def _overlap(one: Iterable[str], other: Iterable[str]) -> bool:
    """Two rows claim the same cells when one has them all, or they share a column."""
    first, second = set(one), set(other)
    return not first or not second or bool(first & second)


def _refuse_clashes(parsed: Parsed, register: _Register, judged: list[tuple[ParsedRow, Step | None]]) -> None:
    """Rows of one group and subject must fit together: no cell twice, exactly one in charge."""
    sound = [(row, step) for row, step in judged if step is not None]
    for key, pairs in grouped(sound, lambda pair: (pair[1].new.group_id, pair[1].new.subject_id)).items():
        rows = [row for row, _step in pairs]
        chiefs = [row for row, step in pairs if step.new.in_charge]
        for row, step in pairs:
            same = [r for r, other in pairs if _same_cells(other.new, step.new)]
            if len(same) > 1:
                parsed.refuse(row, "group", SAME_CELLS, rows=others(same, row))
            if step.new.in_charge and len(chiefs) > 1:
                parsed.refuse(row, "in_charge", TWO_CHIEFS, rows=others(chiefs, row))
        _require_chief(parsed, register, key, pairs, rows[0], bool(chiefs))


def _same_cells(one: NewAssignment, other: NewAssignment) -> bool:
    return one.part_id == other.part_id and _overlap(one.columns, other.columns)


def _require_chief(
    parsed: Parsed,
    register: _Register,
    key: Any,
    pairs: list[tuple[ParsedRow, Step]],
    row: ParsedRow,
    named: bool,
) -> None:
    replaced = [step.replaced for _row, step in pairs]
    kept = [r for r in register.standing.get(key, []) if r.in_charge and r not in replaced]
    if not named and not kept:
        parsed.refuse(row, "in_charge", NO_CHIEF)


def _verdict(parsed: Parsed, register: _Register, row: ParsedRow, step: Step | None) -> Planned:
    key = ", ".join(part for part in (row.get("subject"), row.get("part"), row.get("group")) if part)
    if step is None or row.problems:
        return verdict(row, key, SAME)
    if not _differs(step.new, step.replaced):
        return verdict(row, key, SAME)
    if step.replaced and not _differs(replace(step.new, starts_on=step.replaced.starts_on), step.replaced):
        parsed.refuse(row, "starts_on", FIRST_DAY_STANDS, day=format_date(step.replaced.starts_on))
        return verdict(row, key, SAME)
    kind = NEW if step.replaced is None else CHANGED
    return verdict(row, key, kind, _changes(parsed, register, step), step)


def _changes(parsed: Parsed, register: _Register, step: Step) -> list[Change]:
    old, new = step.replaced, step.new
    former = register.teachers.names.get(old.person_id, "?") if old else None
    found = [
        parsed.change("teacher", former, step.person.full_name),
        parsed.change("columns", tuple(old.columns) if old else None, new.columns),
        parsed.change("in_charge", old.in_charge if old else None, new.in_charge),
        parsed.change("starts_on", old.starts_on if old else None, new.starts_on),
        parsed.change("ends_on", old.ends_on if old else None, new.ends_on),
        parsed.change("decision", old.decision if old else None, new.decision),
    ]
    return [change for change in found if change[1] != change[2]]


def apply_rows(work: Work, _ground: Ground, planned: Iterable[Planned], _fields: frozenset[str]) -> None:
    """Inside a transaction: those in charge first, so that every other row finds its group's chief."""
    steps = [item.step for item in planned if item.step is not None]
    for step in sorted(steps, key=lambda step: not step.new.in_charge):
        if not _stepped_down(work, step.new):
            add_assignment(work, step.group, step.new)
            work.flush()


def _stepped_down(work: Work, new: NewAssignment) -> bool:
    """True when naming a new chief has just written this very row for the former one."""
    query = sa.select(TeachingAssignment).where(
        TeachingAssignment.group_id == new.group_id,
        TeachingAssignment.subject_id == new.subject_id,
        TeachingAssignment.person_id == new.person_id,
        TeachingAssignment.starts_on == new.starts_on,
    )
    return any(row.part_id == new.part_id and not _differs(new, row) for row in work.session.scalars(query))
