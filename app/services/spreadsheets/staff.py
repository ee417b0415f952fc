"""Staff from a file: personal files and subject teams. Roles are never imported: they are granted (design §7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from app.domain.names import fold
from app.errors import N_, Invalid
from app.models import Person, UnitGroup, UnitGroupMember
from app.reference.code_lists import match_key
from app.services.people import PersonName, apply_name, check_birth, join_team
from app.services.spreadsheets.plan import CHANGED, NEW, SAME, Change, Planned
from app.services.spreadsheets.rows import Ground, Parsed, ParsedRow, grouped, load_in, others, verdict
from app.services.unit_of_work import Work

FILE_FIELDS: Final = (
    "staff_code",
    "national_id",
    "birth_date",
    "sex_code",
    "ethnicity_code",
    "phone",
    "email",
    "title",
    "main_subject",
    "status_code",
)
"""Columns of a staff file that a row fills one to one."""

NO_TEAM: Final = N_("The unit has no subject team %(name)s.")
TEAM_HAS_RIGHTS: Final = N_("The team %(name)s carries rights. Put people into it on its own page.")
NOT_THE_SAME: Final = N_(
    "%(code)s belongs to %(name)s. The row has another name and another birth date: the rows may be shifted."
)
TWO_PEOPLE: Final = N_("The two identifiers of this row belong to two different people.")
ELSEWHERE: Final = N_(
    "This identifier belongs to a person of another unit, which keeps the file. Bring the person in on the staff page."
)
AMBIGUOUS: Final = N_("Several people have this name. Give the identifier or the birth date.")
SAME_PERSON: Final = N_("Row %(rows)s means the same person.")
ALIKE: Final = N_(
    "Row %(rows)s has the same name and birth date. If these are two people, give each an identifier."
)


@dataclass(frozen=True)
class Step:
    """What a row does."""

    person: Person | None
    values: Mapping[str, Any]
    name: PersonName | None
    team: UnitGroup | None


@dataclass
class _Files:
    """Files of the unit, as far as the rows touch them."""

    by_code: dict[str, Person] = field(default_factory=dict)
    by_national: dict[str, Person] = field(default_factory=dict)
    by_name: dict[str, list[Person]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    teams: dict[str, UnitGroup] = field(default_factory=dict)
    seats: dict[int, UnitGroup] = field(default_factory=dict)


def plan_rows(ground: Ground, parsed: Parsed) -> list[Planned]:
    """A verdict a row."""
    parsed.refuse_other_schools(ground.unit)
    parsed.refuse_repeated("staff_code", "national_id")
    _refuse_alike(parsed)
    files = _load(ground, parsed)
    judged = [(row, _judge(ground, parsed, files, row)) for row in parsed.rows]
    meant = [(row, step.person.id) for row, step in judged if step and step.person]
    for pairs in grouped(meant, lambda pair: pair[1]).values():
        only = [row for row, _id in pairs]
        if len(only) > 1:
            for row in only:
                parsed.refuse(row, "full_name", SAME_PERSON, rows=others(only, row))
    return [_verdict(parsed, files, row, step) for row, step in judged]


def _refuse_alike(parsed: Parsed) -> None:
    def key(row: ParsedRow) -> Any:
        return row.get("full_name") and (match_key(row.get("full_name")), row.get("birth_date"))

    for alike, rows in grouped(parsed.rows, key).items():
        told_apart = any(all(row.get(name) for row in rows) for name in ("staff_code", "national_id"))
        if alike and len(rows) > 1 and not told_apart:
            for row in rows:
                parsed.refuse(row, "full_name", ALIKE, rows=others(rows, row))


def _load(ground: Ground, parsed: Parsed) -> _Files:
    files = _Files()
    wanted = (
        (Person.staff_code, [row.get("staff_code") for row in parsed.rows]),
        (Person.national_id, [row.get("national_id") for row in parsed.rows]),
        (
            Person.name_folded,
            [fold(row.get("full_name"))[:120] for row in parsed.rows if row.get("full_name")],
        ),
    )
    people: dict[int, Person] = {}
    for column, values in wanted:
        query = sa.select(Person).where(Person.unit_id == ground.unit.id)
        people |= {person.id: person for (person,) in load_in(ground.session, query, column, values)}
        if column is not Person.name_folded:
            others_query = sa.select(column).where(Person.unit_id != ground.unit.id)
            files.elsewhere.update(
                value for (value,) in load_in(ground.session, others_query, column, values)
            )
    for person in people.values():
        if person.staff_code:
            files.by_code[person.staff_code] = person
        if person.national_id:
            files.by_national[person.national_id] = person
        files.by_name.setdefault(match_key(person.full_name), []).append(person)
    _load_teams(ground, files, people)
    return files


def _load_teams(ground: Ground, files: _Files, people: Mapping[int, Person]) -> None:
    query = sa.select(UnitGroup).where(
        UnitGroup.unit_id == ground.unit.id,
        UnitGroup.kind == "team",
        sa.or_(UnitGroup.ends_on.is_(None), UnitGroup.ends_on >= ground.day),
    )
    files.teams = {match_key(team.name): team for team in ground.session.scalars(query)}
    by_id = {team.id: team for team in files.teams.values()}
    seats = sa.select(UnitGroupMember.person_id, UnitGroupMember.group_id).where(
        UnitGroupMember.group_id.in_(sorted(by_id)),
        sa.or_(UnitGroupMember.ends_on.is_(None), UnitGroupMember.ends_on >= ground.day),
    )
    for person_id, group_id in load_in(ground.session, seats, UnitGroupMember.person_id, people):
        files.seats[person_id] = by_id[group_id]


def _judge(ground: Ground, parsed: Parsed, files: _Files, row: ParsedRow) -> Step | None:
    if row.get("birth_date"):
        try:
            check_birth(row.get("birth_date"), ground.day)
        except Invalid as error:
            parsed.refuse(row, "birth_date", error.message, **error.params)
    if row.problems:
        return None
    person = _match(parsed, files, row)
    known = (
        PersonName(person.family_name, person.middle_name, person.given_name, person.full_name)
        if person
        else None
    )
    name = parsed.person_name(row, known)
    values = {f: row.get(f) for f in FILE_FIELDS if row.get(f) is not None}
    if person is not None:
        values = {f: value for f, value in values.items() if getattr(person, f) != value}
    return Step(person, values, name, _team(parsed, files, row, person))


def _match(parsed: Parsed, files: _Files, row: ParsedRow) -> Person | None:
    found: dict[int, Person] = {}
    for name, known in (("staff_code", files.by_code), ("national_id", files.by_national)):
        value = row.get(name)
        if value in files.elsewhere:
            parsed.refuse(row, name, ELSEWHERE)
        if value is not None and (person := known.get(value)):
            found[person.id] = person
            same_name = match_key(person.full_name) == match_key(row.get("full_name"))
            if not same_name and person.birth_date != row.get("birth_date"):
                parsed.refuse(row, name, NOT_THE_SAME, code=value, name=person.full_name)
    if len(found) > 1:
        parsed.refuse(row, "staff_code", TWO_PEOPLE)
    if found or row.problems:
        return next(iter(found.values()), None)
    return _match_name(parsed, files, row)


def _match_name(parsed: Parsed, files: _Files, row: ParsedRow) -> Person | None:
    """By name and birth date; where one side lacks the date, by a name nobody else has."""
    alike = files.by_name.get(match_key(row.get("full_name")), [])
    alike = [p for p in alike if not _told_apart(p, row)]
    born = row.get("birth_date")
    exact = [p for p in alike if born and p.birth_date == born]
    chosen = exact or [p for p in alike if not born or not p.birth_date]
    if len(chosen) > 1:
        parsed.refuse(row, "full_name", AMBIGUOUS)
        return None
    return chosen[0] if chosen else None


def _told_apart(person: Person, row: ParsedRow) -> bool:
    return any(
        row.get(name) and getattr(person, name) and row.get(name) != getattr(person, name)
        for name in ("staff_code", "national_id")
    )


def _team(parsed: Parsed, files: _Files, row: ParsedRow, person: Person | None) -> UnitGroup | None:
    """The team to join, None where the row names none or the person sits there."""
    name = row.get("team")
    if name is None:
        return None
    team = files.teams.get(match_key(name))
    if team is None:
        parsed.refuse(row, "team", NO_TEAM, name=name)
    elif person is not None and files.seats.get(person.id) is team:
        return None
    elif team.rights:
        parsed.refuse(row, "team", TEAM_HAS_RIGHTS, name=name)
    return team


def _verdict(parsed: Parsed, files: _Files, row: ParsedRow, step: Step | None) -> Planned:
    key = row.get("full_name") or ""
    if step is None or row.problems:
        return verdict(row, key, SAME)
    changes = [*_changes(parsed, files, step)]
    kind = NEW if step.person is None else CHANGED if changes else SAME
    return verdict(row, key, kind, changes, step if changes else None)


def _changes(parsed: Parsed, files: _Files, step: Step) -> Iterable[Change]:
    person = step.person
    if step.name is not None:
        parts = ("full_name", "family_name", "middle_name", "given_name")
        old = [getattr(person, part) if person else "" for part in parts]
        new = [step.name.written, step.name.family, step.name.middle, step.name.given]
        for part, before, after in zip(parts, old, new, strict=True):
            if before != after:
                yield parsed.change(part, before, after)
    for name, value in step.values.items():
        yield parsed.change(name, getattr(person, name) if person else None, value)
    if step.team is not None:
        seat = files.seats.get(person.id) if person else None
        yield parsed.change("team", seat.name if seat else None, step.team.name)


def apply_rows(work: Work, ground: Ground, planned: Iterable[Planned], _fields: frozenset[str]) -> None:
    """Inside a transaction: what the verdicts say, not flushed."""
    for step in (item.step for item in planned if item.step is not None):
        person = step.person or Person(unit=ground.unit, status_code="01")
        for name, value in step.values.items():
            setattr(person, name, value)
        if step.name is not None:
            apply_name(person, step.name)
        work.session.add(person)
        if step.team is not None:
            join_team(work, person, step.team, ground.day)
