"""What is entered after the year's marks: its past, and whether it may be written now (services/locks, by class).

Retests, summer training and decisions stand on no sheet; the windows over the class's book in term II speak for them,
`retest` by name. What a teacher entered becomes final by the same rules as a mark; the head's decisions don't: they
stay the head's, each with its reason and its history, until the next school year begins.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy_continuum import version_class

from app.domain import finality
from app.domain.locks import ColumnState, Layer, LockReason, LockRule, column_states, end_of_day
from app.domain.vocabulary import RETEST, Role, Tier
from app.domain.year_decisions import Field, by_head, last_of_summer
from app.models import (
    SchoolClass,
    SubjectYear,
    YearDecision,
)
from app.services.clock import local_day
from app.services.locks import BookScope, left_writes, load_layers, rounds
from app.services.unit_rules import Policies, load_rules, policies_on
from app.services.writers import WRITER, with_writer

SubjectYearVersion: Any = version_class(SubjectYear)
YearDecisionVersion: Any = version_class(YearDecision)

RETEST_CELLS: Final = ("retest", "retest_level")
NO_SUBJECT: Final = 0
"""`subject_id` of what is decided of the whole year."""

_REASONS: Final = ("training_year_reason", "training_after_reason", "head_reason")

Key = tuple[int, int, str]
"""Subject (NO_SUBJECT for a decision), student and cell."""

HEADS_OWN: Final[Key] = (NO_SUBJECT, 0, "")
"""Stands for every decision of the head: none of them is final by itself."""


@dataclass(frozen=True)
class YearLocks:
    """State of the columns that speak for a class's year, and the cells that are final one by one.

    HEADS_OWN among these: the head's decisions, once the year is over.
    """

    now: datetime
    states: Mapping[str, ColumnState]
    layers: tuple[Layer, ...]
    policies: Policies
    final: Mapping[Key, LockReason] = field(default_factory=dict)

    def reasons(self, key: Key, column: str = RETEST) -> tuple[LockReason, ...]:
        """Why the cell is locked; empty when it is open. `column`: the one that speaks for it."""
        if key == HEADS_OWN and key in self.final:
            return (self.final[key],)
        state = self.states[column]
        if not state.open:
            return state.reasons
        final = self.final.get(key)
        return (final,) if final else ()


def load_writes(session: Session, year_id: int, students: Collection[int]) -> list[Any]:
    """What was entered of these students' year after the marks, each save with who and when; oldest first.

    Two statements. Rows have subject_id, student_id, and the cells of retests or of decisions.
    """
    version, decision = SubjectYearVersion, YearDecisionVersion
    other = sa.orm.aliased(version)
    ever = (
        sa.select(other.student_id)
        .where(
            other.student_id == version.student_id,
            other.school_year_id == version.school_year_id,
            other.subject_id == version.subject_id,
            sa.or_(*(getattr(other, cell).is_not(None) for cell in RETEST_CELLS)),
        )
        .exists()
    )
    cells = (getattr(version, cell) for cell in RETEST_CELLS)
    retests = with_writer(sa.select(version.student_id, version.subject_id, *cells, *WRITER), version)
    # False is what nobody has said; as NULL it is a blank cell
    recognised = sa.case((decision.recognised.is_(True), 1)).label("recognised")
    fields = [getattr(decision, name) for name in (*Field, *_REASONS) if name != Field.RECOGNISED]
    nothing = sa.literal(NO_SUBJECT).label("subject_id")
    decisions = with_writer(sa.select(decision.student_id, nothing, recognised, *fields, *WRITER), decision)
    found = [
        *session.execute(_of(retests, version, year_id, students).where(ever)),
        *session.execute(_of(decisions, decision, year_id, students)),
    ]
    return sorted(found, key=lambda row: row.issued_at)


def _of(query: sa.Select[Any], version: Any, year_id: int, students: Collection[int]) -> sa.Select[Any]:
    return query.where(version.school_year_id == year_id, version.student_id.in_(sorted(students)))


def year_locks(
    session: Session, school_class: SchoolClass, writes: Sequence[Any], now: datetime
) -> YearLocks:
    """Lock state of a class's year at `now`; two statements. Call it with the sheets held when deciding a write."""
    where = BookScope(
        unit_id=school_class.unit_id,
        school_year_id=school_class.school_year_id,
        term=2,
        level=school_class.level.value,
        grade=school_class.grade,
        class_id=school_class.id,
    )
    day = local_day(now)
    layers, rules = load_layers(session, where, day), load_rules(session, school_class.unit_id)
    states = column_states((RETEST, "final"), now, layers)
    segments = finality.timeline(rules, now)
    monthly = finality.entry_days(segments, now)
    locks = dict.fromkeys(RETEST_CELLS, RETEST) | {
        f.value: f.lock for f in Field if not by_head(f, school_class.circular)
    }
    events = {cell: [*rounds(states[lock]), *monthly] for cell, lock in locks.items() if states[lock].open}
    final: dict[Key, LockReason] = {}
    for subject, rows in _by_subject(writes).items():
        known = {cell: found for cell, found in events.items() if (cell in RETEST_CELLS) == bool(subject)}
        past = list(left_writes(rows, segments, now))
        for (student, cell), reason in finality.final_cells(past, known).items():
            final[subject, student, cell] = reason
    if over := _year_over(school_class, now):
        final[HEADS_OWN] = over
    return YearLocks(now, states, layers, policies_on(rules, day), final)


def _year_over(school_class: SchoolClass, now: datetime) -> LockReason | None:
    """What holds the head's decisions once the next school year has begun."""
    last = last_of_summer(school_class.school_year.ends_on)
    if local_day(now) <= last:
        return None
    return LockReason(
        tier=Tier.SCHOOL,
        unit_id=school_class.unit_id,
        unit_name="",
        window_id=None,
        rule=LockRule.YEAR_OVER,
        title="",
        reason="",
        ordered_by=None,
        executed_by=None,
        since=end_of_day(last),
        until=None,
        who_can_open=Role.PRINCIPAL,
    )


def _by_subject(writes: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in writes:
        found.setdefault(row.subject_id, []).append(row)
    return found


@dataclass(frozen=True)
class YearChange:
    """One change of what was entered after the year's marks."""

    at: datetime
    by: str
    account: str
    key: Key
    old: Any
    new: Any
    reason: str | None
    person_id: int | None = None
    on_behalf_of: str | None = None  # who asked for the correction it was
    correction: int | None = None


def changes_of(writes: Iterable[Any]) -> list[YearChange]:
    """Every change of these saves, newest first: who, when, old → new, and the reason given with it."""
    before: dict[Key, Any] = {}
    found = []
    for row in writes:
        cells = RETEST_CELLS if row.subject_id else tuple(field.value for field in Field)
        for cell in cells:
            key, new = (row.subject_id, row.student_id, cell), _or_none(getattr(row, cell))
            if new != before.get(key):
                reason = getattr(row, f"{cell}_reason", None) or row.reason
                found.append(
                    YearChange(
                        row.issued_at,
                        row.full_name or "HocVu",
                        row.username or "",
                        key,
                        before.get(key),
                        new,
                        reason,
                        row.person_id,
                        row.behalf,
                        row.correction,
                    )
                )
                before[key] = new
    return found[::-1]


def _or_none(value: Any) -> Any:
    """Nothing assessed again is kept as an empty list of levels."""
    return None if value == {} else value


def last_change(writes: Iterable[Any], key: Key) -> YearChange | None:
    """Who wrote a cell last; None for a cell nobody has touched."""
    return next((change for change in changes_of(writes) if change.key == key), None)
