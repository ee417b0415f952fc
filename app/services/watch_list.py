"""The watch list: prompts of domain/watch.py over the history of a school, or of every school below an office."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.domain import watch
from app.domain.access import Action, Actor
from app.domain.corrections import Step
from app.domain.exceptions import ExceptionKind
from app.domain.sheet_forms import lock_column
from app.domain.watch import Edit, Pattern, Prompt, SeatTaken, SignIn, Thresholds
from app.models import (
    Account,
    AuditEvent,
    CorrectionRequest,
    ExceptionNote,
    GradebookSheet,
    LoginSession,
    OrgUnit,
    Person,
    Publication,
)
from app.services import scope
from app.services.changes import Change, entered_by, replaced_cells
from app.services.clock import local_day
from app.services.rights import unit_for
from app.services.watch_rules import watch_rules

WINDOW: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=370)
OPENINGS: Final = (ExceptionKind.REOPENING, ExceptionKind.EXTENSION)


@dataclass(frozen=True)
class WatchList:
    """The prompts of one school by its rules, and whether only the newest changes were read."""

    unit: OrgUnit
    rule: Thresholds
    prompts: Sequence[Prompt]
    changes: int
    more: bool

    def of(self, pattern: Pattern) -> list[Prompt]:
        """Those of one pattern, the newest first."""
        found = [prompt for prompt in self.prompts if prompt.pattern is pattern]
        return sorted(found, key=lambda prompt: prompt.last, reverse=True)


@dataclass(frozen=True)
class SchoolWatch:
    """A school's line in the office's list."""

    unit: OrgUnit
    counts: Mapping[Pattern, int]
    changes: int

    @property
    def total(self) -> int:
        """Prompts in all."""
        return sum(self.counts.values())


def watch_list(session: Session, actor: Actor, unit_id: int, since: datetime, until: datetime) -> WatchList:
    """Everything worth a look in a school in [since, until), by the rules of its last day; at most 14 statements.

    NotFound out of reach; Forbidden without watch.view there.
    """
    unit = unit_for(session, actor, Action.WATCH_VIEW, unit_id, local_day(until))
    since = max(since, until - LONGEST)
    where = [GradebookSheet.unit_id == unit_id]
    changes, more = replaced_cells(session, where, since, until)
    edits = _edits(session, changes)
    rules = watch_rules(session, [unit_id], local_day(until))
    rule = rules[unit_id]
    prompts = [
        *_of_edits(edits, rules),
        *watch.rates(edits, entered_by(session, where, since, until) if edits else {}, rule),
        *_openings(session, rules, since, until),
        *watch.two_places(_sign_ins(session, [unit_id], since, until)),
        *watch.one_address(_seats(session, [unit_id], since, until)),
    ]
    return WatchList(unit, rule, prompts, len(changes), more)


def schools_to_watch(session: Session, actor: Actor, since: datetime, until: datetime) -> list[SchoolWatch]:
    """The schools below with how many prompts each has by its own rules, most bursts first, then most of all; at most 12
    statements.

    Rates need every entry of a school and stand on its own page only.
    """
    day = local_day(until)
    schools = session.scalars(
        sa.select(OrgUnit)
        .where(scope.condition(actor, OrgUnit, day), OrgUnit.id.in_(actor.below))
        .order_by(OrgUnit.short_name)
    ).all()
    schools = [unit for unit in schools if unit.kind.is_school]
    keys = [unit.id for unit in schools]
    where = [] if actor.reaches_all else [GradebookSheet.unit_id.in_(keys)]
    changes, _more = replaced_cells(session, where, since, until)
    edits = _edits(session, changes)
    rules = watch_rules(session, keys, day)
    prompts = [
        *_of_edits(edits, rules),
        *_openings(session, rules, since, until),
        *watch.two_places(_sign_ins(session, keys, since, until)),
        *watch.one_address(_seats(session, keys, since, until)),
    ]
    counts: dict[int, Counter[Pattern]] = {}
    for prompt in prompts:
        counts.setdefault(prompt.unit_id, Counter())[prompt.pattern] += 1
    changed = Counter(change.unit_id for change in changes)
    lines = [SchoolWatch(unit, counts.get(unit.id, Counter()), changed[unit.id]) for unit in schools]
    return sorted(lines, key=lambda line: (-line.counts[Pattern.BURST], -line.total, line.unit.short_name))


def rows_behind(
    session: Session,
    actor: Actor,
    unit_id: int,
    since: datetime,
    until: datetime,
    *,
    person_id: int | None = None,
    student_id: int | None = None,
) -> tuple[list[Change], bool]:
    """The changes a prompt rests on: of a person or a student, from its first to its last; six statements."""
    unit_for(session, actor, Action.WATCH_VIEW, unit_id, local_day(until))
    where = [GradebookSheet.unit_id == unit_id, scope.condition(actor, GradebookSheet, local_day(until))]
    changes, more = replaced_cells(session, where, since, until + timedelta(seconds=1))
    return [
        change
        for change in changes
        if person_id in (None, change.person_id) and student_id in (None, change.student_id)
    ], more


def _of_edits(edits: Sequence[Edit], rules: Mapping[int, Thresholds]) -> list[Prompt]:
    by_unit: dict[int, list[Edit]] = {}
    for edit in edits:
        by_unit.setdefault(edit.unit_id, []).append(edit)
    return [
        prompt
        for unit_id, mine in by_unit.items()
        for find in (watch.bursts, watch.drifts, watch.raised_students, watch.nights)
        for prompt in find(mine, rules.get(unit_id, watch.USUAL))
    ]


def _edits(session: Session, changes: Sequence[Change]) -> list[Edit]:
    """Changes as the rules see them, with what families had been shown by then; one statement."""
    if not changes:
        return []
    units = {change.unit_id for change in changes}
    shown: dict[tuple[int, int], list[Publication]] = {}
    for row in session.scalars(sa.select(Publication).where(Publication.unit_id.in_(units))):
        shown.setdefault((row.unit_id, row.term), []).append(row)
    return [
        Edit(
            unit_id=change.unit_id,
            person_id=change.person_id,
            person=change.by,
            sheet_id=change.sheet_id,
            place=f"{change.subject} {change.place}",
            student_id=change.student_id,
            student=change.student,
            column=change.column,
            at=change.at,
            old=change.old,
            new=change.new,
            posted=any(_posted(row, change) for row in shown.get((change.unit_id, change.term), ())),
        )
        for change in changes
    ]


def _posted(row: Publication, change: Change) -> bool:
    began = row.published_at <= change.at and (row.ended_at is None or change.at < row.ended_at)
    return began and (not row.columns or lock_column(change.column) in row.columns)


def _openings(
    session: Session, rules: Mapping[int, Thresholds], since: datetime, until: datetime
) -> list[Prompt]:
    """Schools that reopened books or had them opened for a while again and again; one statement."""
    rows = session.execute(
        sa.select(
            ExceptionNote.unit_id,
            sa.func.count().label("times"),
            sa.func.min(ExceptionNote.happened_at).label("first"),
            sa.func.max(ExceptionNote.happened_at).label("last"),
        )
        .where(
            ExceptionNote.unit_id.in_(rules),
            ExceptionNote.kind.in_(OPENINGS),
            ExceptionNote.happened_at >= since,
            ExceptionNote.happened_at < until,
        )
        .group_by(ExceptionNote.unit_id)
    )
    return [
        Prompt(Pattern.REOPENED, row.unit_id, None, "", row.first, row.last, cells=row.times)
        for row in rows
        if row.times >= rules[row.unit_id].reopenings
    ]


def _sign_ins(session: Session, units: Sequence[int], since: datetime, until: datetime) -> list[SignIn]:
    """Sign-ins that another one of the same account, from elsewhere, runs into; one statement."""
    other = aliased(LoginSession)
    together = (
        sa.select(other.id)
        .where(
            other.user_id == LoginSession.user_id,
            other.address != LoginSession.address,
            other.started_at < LoginSession.last_seen_at,
            other.last_seen_at > LoginSession.started_at,
        )
        .correlate(LoginSession)
    )
    rows = session.execute(
        sa.select(LoginSession, Account.unit_id, Account.person_id, Account.username, Person.full_name)
        .join(Account, Account.id == LoginSession.user_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(
            Account.unit_id.in_(units),
            LoginSession.started_at >= since,
            LoginSession.started_at < until,
            together.exists(),
        )
        .order_by(LoginSession.started_at)
    )
    return [_sign_in(row) for row in rows]


def _seats(session: Session, units: Collection[int], since: datetime, until: datetime) -> list[SeatTaken]:
    """Steps of corrections of these schools with the address they were taken from; one statement."""
    rows = session.execute(
        sa.select(AuditEvent, CorrectionRequest, Account.username, Person.full_name)
        .join(CorrectionRequest, CorrectionRequest.id == AuditEvent.target_id)
        .join(Account, Account.id == AuditEvent.user_id)
        .outerjoin(Person, Person.id == AuditEvent.person_id)
        .where(
            CorrectionRequest.unit_id.in_(units),
            AuditEvent.target_type == CorrectionRequest.__tablename__,
            AuditEvent.action.in_(f"correction.{step.value}" for step in Step),
            AuditEvent.outcome == "done",
            AuditEvent.address.is_not(None),
            AuditEvent.happened_at >= since,
            AuditEvent.happened_at < until,
        )
        .order_by(AuditEvent.happened_at)
    )
    return [
        SeatTaken(
            unit_id=request.unit_id,
            request_id=request.id,
            request=request.code,
            account_id=event.user_id or 0,
            person=name or username,
            address=event.address or "",
            at=event.happened_at,
        )
        for event, request, username, name in rows
    ]


def _sign_in(row: Any) -> SignIn:
    login = row.LoginSession
    return SignIn(
        unit_id=row.unit_id,
        person_id=row.person_id,
        person=row.full_name or row.username,
        account_id=login.user_id,
        address=login.address or "",
        since=login.started_at,
        until=login.last_seen_at,
    )
