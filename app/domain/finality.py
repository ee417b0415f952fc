"""When an entered value became final: by the rules in force at each instant, whatever they are later.

Rules are dated decisions of the school and of the units above it. They cut time into segments; in each the strictest
finality and the earliest entry day hold. A stricter rule includes the looser ones: under "on leaving" Chốt and the
monthly entry day make final too, else a teacher who never presses Chốt would have more time than before. What a cell
holds is final from the first instant that counts (S1 Điều 5.1, S4 Điều 16.2), and a correction that replaces it leaves
it final. A cell that a correction has emptied is blank like any other: what is entered then has its own time.
Nothing here reads a clock.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple

from app.domain.lock_calendar import start_of_day
from app.domain.locks import (
    VN_TIME,
    WHO_CAN_OPEN,
    LockReason,
    LockRule,
    earliest,
    end_of_day,
    entry_date,
)
from app.domain.policies import DEFAULTS, PolicyKey, strictest
from app.domain.vocabulary import Finality, Tier

Cell = tuple[int, str]
"""A cell of a sheet: student id and column."""

_DAY: Final = timedelta(days=1)
_AT: Final = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Rule:
    """A unit's decision about one of its settings; `over_from`, `over_to`: the days it stood above the school."""

    id: int
    unit_id: int
    unit_name: str
    key: PolicyKey
    value: str
    starts_on: date
    ends_on: date | None
    decided_at: datetime
    over_from: date | None = None
    over_to: date | None = None

    def in_force(self, day: date) -> bool:
        """True on the days it holds for the school."""
        begins = max(self.starts_on, self.over_from or self.starts_on)
        return begins <= day and all(end is None or day <= end for end in (self.ends_on, self.over_to))

    @property
    def begins(self) -> datetime:
        """Its first instant: never before it was decided."""
        return max(start_of_day(self.starts_on), self.decided_at)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time, half-open, in which the same rules made values final; the highest unit's rule first."""

    starts: datetime
    ends: datetime | None
    finality: Finality
    entry_day: int
    rules: tuple[Rule, ...]

    def rule_for(self, kind: Finality) -> Rule | None:
        """The rule by which an event of this kind makes final: of the highest unit that asks for so much."""
        return next((r for r in self.rules if Finality(r.value).strictness >= kind.strictness), None)

    def contains(self, moment: datetime) -> bool:
        """True from its first instant up to, not including, its end."""
        return self.starts <= moment and (self.ends is None or moment < self.ends)


class Event(NamedTuple):
    """From `at` on, what a cell held then is final, for this reason."""

    at: datetime
    reason: LockReason


@dataclass(frozen=True, slots=True)
class Write:
    """A student's row as one save left it; `left`: its author's leaving the system, where that made it final."""

    student_id: int
    at: datetime
    values: Mapping[str, object]
    left: Event | None = None


def timeline(rules: Sequence[Rule], now: datetime) -> tuple[Segment, ...]:
    """The segments begun by `now` in which more than the windows made final; `rules` of the highest unit first."""
    if all(r.key is not PolicyKey.FINALITY or r.value == Finality.WINDOW_CLOSE for r in rules):
        return ()
    acting = [rule for rule in rules if rule.key in (PolicyKey.FINALITY, PolicyKey.ENTRY_DAY)]
    spans = [(*_span(rule, acting), rule) for rule in acting]
    edges = sorted({moment for begins, ends, _rule in spans for moment in (begins, ends) if moment})
    found = [
        _segment(starts, ends, [r for b, e, r in spans if b <= starts and (e is None or starts < e)])
        for starts, ends in pairwise([*edges, None])
        if starts is not None and starts <= now
    ]
    return tuple(segment for segment in found if segment.finality is not Finality.WINDOW_CLOSE)


def entry_days(segments: Iterable[Segment], now: datetime) -> list[Event]:
    """The ends of the monthly entry days up to `now`; 24:00 of a day still belongs to the rules of that day."""
    return [
        Event(cut, _reason(Finality.ENTRY_DAY, rule, cut))
        for segment in segments
        if (rule := segment.rule_for(Finality.ENTRY_DAY))
        for cut in _cuts(segment.starts, min(now, segment.ends or now), segment.entry_day)
    ]


def event_at(segments: Iterable[Segment], kind: Finality, moment: datetime) -> Event | None:
    """Chốt or leaving at `moment` as an event; None where no rule of that moment asked for it."""
    for segment in segments:
        if segment.contains(moment) and (rule := segment.rule_for(kind)):
            return Event(moment, _reason(kind, rule, moment))
    return None


def final_cells(writes: Iterable[Write], events: Mapping[str, Sequence[Event]]) -> dict[Cell, LockReason]:
    """The cells that are final, each with what made it so first; `writes` in the order they were made."""
    in_order = {column: sorted(known, key=_AT) for column, known in events.items()}
    rows: dict[int, list[Write]] = {}
    for write in writes:
        rows.setdefault(write.student_id, []).append(write)
    return {
        (student, column): final.reason
        for student, mine in rows.items()
        for column, known in in_order.items()
        if (final := _final(mine, column, known))
    }


def _final(writes: Sequence[Write], column: str, events: Sequence[Event]) -> Event | None:
    """What made a cell's value final first, since the cell was last blank."""
    final: Event | None = None
    for write, replaced in _spells(writes, column):
        if write.values[column] is None:
            final = None
        elif final is None:
            first = bisect_left(events, write.at, key=_AT)
            candidates = [event for event in (*events[first : first + 1], write.left) if event]
            final = min(candidates, key=_AT, default=None)
            if final and replaced and final.at >= replaced:
                final = None
    return final


def _spells(writes: Sequence[Write], column: str) -> Iterator[tuple[Write, datetime | None]]:
    """Each value a cell has held: the write that brought it, and when another replaced it."""
    for write, following in pairwise([*_changes(writes, column), None]):
        if write:
            yield write, following.at if following else None


def _changes(writes: Sequence[Write], column: str) -> Iterator[Write]:
    held: object = None
    for write in writes:
        if write.values[column] != held:
            held = write.values[column]
            yield write


def _span(rule: Rule, rules: Iterable[Rule]) -> tuple[datetime, datetime | None]:
    """From when to when a rule really held. Decided in the middle of a day, it takes over then, not at 00:00."""
    later = [
        other
        for other in rules
        if (other.unit_id, other.key) == (rule.unit_id, rule.key)
        and (other.starts_on, other.id) > (rule.starts_on, rule.id)
    ]
    ends = [other.begins for other in later]
    if rule.ends_on and not any(other.starts_on <= rule.ends_on + _DAY for other in later):
        ends.append(end_of_day(rule.ends_on))
    if rule.over_to:
        ends.append(end_of_day(rule.over_to))
    begins = max(rule.begins, start_of_day(rule.over_from)) if rule.over_from else rule.begins
    return begins, earliest(ends)


def _segment(starts: datetime, ends: datetime | None, holding: Sequence[Rule]) -> Segment:
    finality = strictest(PolicyKey.FINALITY, [r.value for r in holding if r.key is PolicyKey.FINALITY])
    entry_day = strictest(PolicyKey.ENTRY_DAY, [r.value for r in holding if r.key is PolicyKey.ENTRY_DAY])
    return Segment(
        starts=starts,
        ends=ends,
        finality=Finality(finality or DEFAULTS[PolicyKey.FINALITY]),
        entry_day=int(entry_day or DEFAULTS[PolicyKey.ENTRY_DAY]),
        rules=tuple(rule for rule in holding if rule.key is PolicyKey.FINALITY),
    )


def _cuts(after: datetime, until: datetime, entry_day: int) -> Iterator[datetime]:
    """Ends of the entry days after one instant and not later than another."""
    month, last = (moment.astimezone(VN_TIME).date().replace(day=1) for moment in (after, until))
    while month <= last:
        cut = end_of_day(entry_date(month.year, month.month, entry_day))
        if after < cut <= until:
            yield cut
        month = (month + 31 * _DAY).replace(day=1)


def _reason(kind: Finality, rule: Rule, since: datetime) -> LockReason:
    """Whoever made the rule, a final value is corrected at the school, on request to its head (S0 Điều 11.4)."""
    return LockReason(
        tier=Tier.SCHOOL,
        unit_id=rule.unit_id,
        unit_name=rule.unit_name,
        window_id=None,
        rule=LockRule.ENTERED_FINAL,
        title=kind.value,
        reason="",
        ordered_by=None,
        executed_by=None,
        since=since,
        until=None,
        who_can_open=WHO_CAN_OPEN[Tier.SCHOOL],
    )
