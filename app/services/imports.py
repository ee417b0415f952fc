"""Importing a file: a dry run that writes nothing, and applying exactly what it showed (needs B15, B16)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target, may, may_ever
from app.domain.names import nfc
from app.errors import N_, Invalid, Stale
from app.extensions import db
from app.models import Account, AuditEvent, GradebookSheet, ImportBatch, OrgUnit, SchoolYear, UnitEpoch
from app.services import scope
from app.services.clock import Clock, local_day
from app.services.rights import demand
from app.services.spreadsheets import assignments, classes, staff, students
from app.services.spreadsheets.kinds import KINDS
from app.services.spreadsheets.plan import BadFile, Plan, Planned, Problem, file_digest, make_plan
from app.services.spreadsheets.reading import NO_ROWS, Table, read_table
from app.services.spreadsheets.rows import Ground, Parsed
from app.services.unit_of_work import Work, transaction
from app.services.years import chosen_period

LONGEST_NAME: Final = 160

NO_YEAR: Final = N_("No school year has been opened yet.")
YEAR_OVER: Final = N_("The school year %(year)s is over; nothing is imported into it.")
NOT_A_SCHOOL: Final = N_("Files are imported by schools. Choose a school's account.")
CHANGED_SINCE: Final = N_(
    "The data has changed since this dry run, or this is another file. Look at the new dry run; nothing was saved."
)
HAS_REFUSED: Final = N_("Some rows are refused. Correct the file and choose it again; nothing was saved.")
NOTHING_TO_DO: Final = N_("Everything in this file is recorded already. Nothing was changed.")
NAME_THE_BATCH: Final = N_("Give this import a name.")


@dataclass(frozen=True)
class _Importer:
    """How a kind of file is judged and carried out, and the right its records need besides importing."""

    action: Action
    plan_rows: Callable[[Ground, Parsed], list[Planned]]
    apply_rows: Callable[[Work, Ground, Iterable[Planned], frozenset[str]], None]


IMPORTERS: Final[Mapping[str, _Importer]] = {
    "students": _Importer(Action.STUDENT_MANAGE, students.plan_rows, students.apply_rows),
    "staff": _Importer(Action.STAFF_MANAGE, staff.plan_rows, staff.apply_rows),
    "classes": _Importer(Action.CLASS_MANAGE, classes.plan_rows, classes.apply_rows),
    "assignments": _Importer(Action.ASSIGNMENT_MANAGE, assignments.plan_rows, assignments.apply_rows),
}


@dataclass(frozen=True)
class PastImport:
    """A line of the list of imports. `kind` empty: marks of `sheet`, as far as the reader reaches it."""

    name: str
    kind: str
    counts: Mapping[str, int]
    by: str
    at: datetime
    sheet: GradebookSheet | None = None


def kinds_for(actor: Actor) -> tuple[str, ...]:
    """Kinds of files the actor may import into the own unit."""
    if not may(actor, Action.DATA_IMPORT, Target()):
        return ()
    return tuple(kind for kind, importer in IMPORTERS.items() if may(actor, importer.action, Target()))


def past_imports(session: Session, actor: Actor, day: date, *, limit: int) -> list[PastImport]:
    """The newest imports within reach, those into single sheets of the own unit among them."""
    batches = (
        scope.scoped(actor, ImportBatch, day)
        .options(joinedload(ImportBatch.user).joinedload(Account.person))
        .order_by(ImportBatch.created_at.desc())
    )
    found = [
        PastImport(row.name, row.kind, row.counts, row.user.get_full_name(), row.created_at)
        for row in session.scalars(batches.limit(limit))
    ]
    found += _into_sheets(session, actor, day, limit)
    return sorted(found, key=lambda line: line.at, reverse=True)[:limit]


def _into_sheets(session: Session, actor: Actor, day: date, limit: int) -> list[PastImport]:
    """Imports of marks: events of the trail, for whoever may see the sheet."""
    if not may_ever(actor, Action.SHEET_VIEW):
        return []
    query = (
        sa.select(AuditEvent, GradebookSheet)
        .join(GradebookSheet, GradebookSheet.id == AuditEvent.target_id)
        .where(
            AuditEvent.unit_id == actor.unit_id,
            AuditEvent.action == "sheet.import",
            AuditEvent.outcome == "done",
            scope.condition(actor, GradebookSheet, day),
        )
        .options(
            joinedload(AuditEvent.user).joinedload(Account.person),
            joinedload(GradebookSheet.subject),
            joinedload(GradebookSheet.group),
        )
        .order_by(AuditEvent.happened_at.desc())
    )
    return [
        PastImport(
            event.details["batch"],
            "",
            event.details["counts"],
            event.user.get_full_name() if event.user else "",
            event.happened_at,
            sheet,
        )
        for event, sheet in session.execute(query.limit(limit))
    ]


def dry_run(
    actor: Actor, kind: str, file_bytes: bytes, *, clock: Clock, start_year: int | None = None
) -> Plan:
    """What importing this file would do. Writes nothing.

    Raises Forbidden without the right, BadFile (Invalid) naming rows and columns where the file can't be used."""
    _demand(actor, kind)
    table = read_table(file_bytes, KINDS[kind].columns)
    session = db.session()
    with session.no_autoflush:
        ground = _ground(session, actor, clock, start_year)
        plan, _planned = _plan(ground, kind, table, file_bytes)
    return plan


def apply(
    actor: Actor,
    kind: str,
    file_bytes: bytes,
    plan_digest: str,
    batch_name: str,
    *,
    clock: Clock,
    start_year: int | None = None,
) -> int:
    """Do what the dry run with this digest showed: all of it, as one named batch. Returns the batch's id.

    Raises Stale when the file or the data is not what the dry run saw; Invalid when rows are refused or nothing is to
    be done. The file is read before the transaction begins, judged again inside it.
    """
    _demand(actor, kind)
    name = " ".join(nfc(batch_name).split())[:LONGEST_NAME]
    if not name:
        raise Invalid(NAME_THE_BATCH)
    table = read_table(file_bytes, KINDS[kind].columns)
    with transaction(actor, f"import.{kind}", clock=clock, reason=name) as work:
        _hold_unit(work, actor)
        ground = _ground(work.session, actor, clock, start_year)
        plan, planned = _plan(ground, kind, table, file_bytes)
        _require_as_shown(plan, plan_digest)
        IMPORTERS[kind].apply_rows(work, ground, planned, table.fields)
        return _record(work, actor, plan, name, file_digest(file_bytes))


def _demand(actor: Actor, kind: str) -> None:
    """Importing is a right of its own, and never gives more than the right to the records themselves."""
    demand(actor, Action.DATA_IMPORT, actor.unit_id)
    demand(actor, IMPORTERS[kind].action, actor.unit_id)


def _ground(session: Session, actor: Actor, clock: Clock, start_year: int | None) -> Ground:
    day = local_day(clock())
    unit = session.get(OrgUnit, actor.unit_id) if actor.unit_id else None
    if unit is None or not unit.kind.is_school:
        raise Invalid(NOT_A_SCHOOL)
    period = chosen_period(session, actor, day, start_year, None)
    if period is None:
        raise Invalid(NO_YEAR)
    year = session.get_one(SchoolYear, period.year_id)
    if year.ends_on < day:
        raise Invalid(YEAR_OVER, year=year.label)
    return Ground(session, actor, unit, year, day)


def _plan(ground: Ground, kind: str, table: Table, file_bytes: bytes) -> tuple[Plan, list[Planned]]:
    parsed = Parsed(KINDS[kind], table)
    if not parsed.rows:
        raise BadFile(Problem(NO_ROWS, {}, table.heading_row))
    planned = IMPORTERS[kind].plan_rows(ground, parsed)
    bound_to = (ground.unit.id, ground.year.id, file_digest(file_bytes))
    return make_plan(kind, planned, bound_to=bound_to, notes=parsed.notes), planned


def _hold_unit(work: Work, actor: Actor) -> None:
    """One import of a unit at a time: rows without identifiers have no constraint that would catch a second one."""
    work.session.execute(
        sa.select(UnitEpoch.epoch).where(UnitEpoch.unit_id == actor.unit_id).with_for_update()
    )


def _require_as_shown(plan: Plan, digest: str) -> None:
    if plan.digest != digest:
        raise Stale(CHANGED_SINCE)
    if plan.problems:
        raise Invalid(HAS_REFUSED, problems=plan.problems)
    if not plan.applicable:
        raise Invalid(NOTHING_TO_DO)


def _record(work: Work, actor: Actor, plan: Plan, name: str, digest: str) -> int:
    batch = ImportBatch(
        unit_id=actor.unit_id,
        user_id=actor.user_id,
        kind=plan.kind,
        name=name,
        file_digest=digest,
        plan_digest=plan.digest,
        counts=plan.counts,
        created_at=work.now,
    )
    work.session.add(batch)
    work.flush()
    work.audit(f"import.{plan.kind}", target=batch, batch=name, counts=plan.counts)
    return batch.id
