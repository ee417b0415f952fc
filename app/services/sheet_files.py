"""A sheet of the gradebook out to Excel and back in, with the rights, locks and conflicts of every other save."""

from datetime import datetime

from app.domain.access import Action, Actor, may
from app.domain.names import file_name, nfc
from app.errors import N_, Forbidden, Invalid, Stale
from app.extensions import db
from app.services.cells import NOT_YOURS, Saved
from app.services.clock import Clock, local_day
from app.services.gradebook import enter_scores
from app.services.imports import CHANGED_SINCE, HAS_REFUSED, NOTHING_TO_DO
from app.services.locks import sheet_locks
from app.services.sheet_reading import SheetFacts, load_facts, load_lines
from app.services.spreadsheets.gradebook import SheetPlan, plan_sheet_import, sheet_workbook
from app.services.unit_of_work import record_event

MAX_REASON = 300


def export_sheet(actor: Actor, sheet_id: int, *, clock: Clock) -> tuple[str, bytes]:
    """The sheet's file: name and content; logged. NotFound out of reach, Forbidden without sheet.export."""
    facts, now = _facts(actor, sheet_id, clock)
    if not may(actor, Action.SHEET_EXPORT, facts.target(actor, now)):
        raise Forbidden(N_("Your role does not include this. Ask your unit's administrators if it should."))
    sheet = facts.sheet
    lines = load_lines(db.session(), sheet)
    name = file_name(f"{sheet.subject.short_name} {sheet.group.name} hk{sheet.term}")
    data = sheet_workbook(facts, lines)
    record_event(actor, "sheet.export", clock=clock, target=sheet, rows=len(lines), revision=sheet.revision)
    return f"{name}.xlsx", data


def dry_run_sheet(actor: Actor, sheet_id: int, file_bytes: bytes, *, clock: Clock) -> SheetPlan:
    """What importing the file into this sheet would save. Writes nothing. Raises BadFile naming rows and columns."""
    facts, now = _facts(actor, sheet_id, clock)
    if not may(actor, Action.SHEET_ENTER, facts.target(actor, now)):
        raise Forbidden(NOT_YOURS)
    session = db.session()
    writable = facts.writable_columns(actor, now)
    locks = sheet_locks(session, facts.sheet, facts.columns, now)
    return plan_sheet_import(
        facts, load_lines(session, facts.sheet), locks, writable, file_bytes, local_day(now)
    )


def import_sheet(
    actor: Actor, sheet_id: int, file_bytes: bytes, plan_digest: str, name: str, *, clock: Clock
) -> Saved:
    """Save what the dry run with this digest showed, all or nothing, through the one path of every mark.

    Raises Stale when the sheet or the file is not what the dry run saw. Each change carries the value the dry run
    showed, so a save in between is a conflict and nothing is overwritten.
    """
    found = dry_run_sheet(actor, sheet_id, file_bytes, clock=clock)
    if found.plan.digest != plan_digest:
        raise Stale(CHANGED_SINCE)
    if found.plan.problems:
        raise Invalid(HAS_REFUSED, problems=found.plan.problems)
    if not found.changes:
        raise Invalid(NOTHING_TO_DO)
    reason = " ".join(nfc(name).split())[:MAX_REASON]
    event = {"batch": reason, "counts": dict(found.plan.counts)}
    return enter_scores(
        actor, sheet_id, found.changes, clock=clock, reason=reason, action="sheet.import", event=event
    )


def _facts(actor: Actor, sheet_id: int, clock: Clock) -> tuple[SheetFacts, datetime]:
    now = clock()
    return load_facts(db.session(), actor, sheet_id, local_day(now)), now
