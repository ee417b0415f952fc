"""The deadline a column had when it first passed: a window opened later makes nothing that was late be in time.

S0 Điều 11 khoản 3. Read from the history of the lock windows, as they were known at each instant.
"""

from collections.abc import Mapping
from datetime import datetime

from app.domain.entry_schedule import deadlines
from app.domain.sheet_forms import SheetForm
from app.services.locks import BookScope
from app.services.past_locks import PastLocks
from app.services.progress_figures import SheetProgress


class FirstDeadlines:
    """Answers for the sheets of one school and term; what is worked out once serves all sheets alike."""

    def __init__(self, past: PastLocks, year_id: int, term: int, as_of: datetime) -> None:
        self._past, self._year_id, self._term, self._as_of = past, year_id, term, as_of
        self._found: dict[tuple[BookScope, int, SheetForm], Mapping[str, datetime]] = {}

    def of(self, sheet: SheetProgress) -> Mapping[str, datetime]:
        """By column the deadline that passed first, of those that have passed."""
        scope = self._past.narrowed(
            BookScope(
                unit_id=sheet.unit_id,
                school_year_id=self._year_id,
                term=self._term,
                level=sheet.level,
                grade=sheet.grade,
                class_id=sheet.class_id,
                subject_id=sheet.subject_id,
            )
        )
        key = (scope, sheet.regular_count, sheet.form)
        if key not in self._found:
            self._found[key] = self._passed(*key)
        return self._found[key]

    def _passed(self, scope: BookScope, regular_count: int, form: SheetForm) -> Mapping[str, datetime]:
        found: dict[str, datetime] = {}
        for at in self._past.instants(scope, self._as_of):
            for column, limit in deadlines(regular_count, at, self._past.layers(scope, at), form).items():
                if limit.due_at is not None and limit.passed(at):
                    found.setdefault(column, limit.due_at)
        return found
