"""The lines of sheets that students have in a school year: read by form, wherever they sat; the newest one speaks."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.sheet_forms import CellKind, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS
from app.models import ROWS, GradebookSheet, SchoolClass
from app.models.gradebook import Mark
from app.services import averages
from app.services.sheet_cells import has_average, row_cells, sheet_cells

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_TEXTS: Final = frozenset({"comment", "midterm_comment"})
NO_SHEET: Final = "sheet"
"""What a subject lacks that nobody has been assigned to teach: there is no sheet of it."""


@dataclass(frozen=True)
class Finding:
    """A term result on record that the rule doesn't give for its marks: told to people, never changed silently."""

    student_id: int
    sheet_id: int
    subject_id: int
    stored: Mark | None
    now: Mark | None


class Lines:
    """Lines by student, subject and term, with their sheets, and the sheets a class's students would stand on."""

    def __init__(self, sheets: Iterable[GradebookSheet]) -> None:
        self.sheets: dict[int, GradebookSheet] = {}
        self._by_place: dict[tuple[int | None, int, int, int], GradebookSheet] = {}
        self._lines: dict[tuple[int, int, int], list[Any]] = defaultdict(list)
        for sheet in sheets:
            self.sheets[sheet.id] = sheet
            self._by_place.setdefault((sheet.class_id, sheet.grade, sheet.subject_id, sheet.term), sheet)

    def add(self, line: Any) -> None:
        """Take in a line: a row with subject_id and term of its sheet."""
        self._lines[line.student_id, line.subject_id, line.term].append(line)

    def live(self, student_id: int, subject_id: int, term: int) -> list[Any]:
        """The student's lines of a subject and term but for those that came along into a newer one; oldest first."""
        lines = self._lines.get((student_id, subject_id, term), [])
        if len(lines) < 2:
            return lines
        return sorted((line for line in lines if not _superseded(line, lines)), key=_age)

    def newest(self, student_id: int, subject_id: int, term: int) -> Any:
        """The line that speaks for the student; None where there is none."""
        lines = self.live(student_id, subject_id, term)
        if len(lines) < 2:
            return lines[0] if lines else None
        return max(lines, key=_authority)

    def sheet_for(
        self, line: Any, school_class: SchoolClass, subject_id: int, term: int
    ) -> GradebookSheet | None:
        """The sheet of a line, or the one a student of the class without a line would stand on."""
        if line is not None:
            return self.sheets[line.sheet_id]
        place = (school_class.grade, subject_id, term)
        return self._by_place.get((school_class.id, *place)) or self._by_place.get((None, *place))

    def changed(self, change: Callable[[Any], Any]) -> "Lines":
        """The same sheets, with every line as `change` gives it."""
        found = copy(self)
        found._lines = defaultdict(list, {place: [*map(change, rows)] for place, rows in self._lines.items()})
        return found

    def all(self) -> Iterable[Any]:
        """Every line read."""
        return (line for lines in self._lines.values() for line in lines)


def load_lines(
    session: Session, classes: Sequence[SchoolClass], students: Collection[int], forms: Iterable[SheetForm]
) -> Lines:
    """All lines of the students in the classes' year, and the sheets; a statement a form and one or two for sheets."""
    first = classes[0]
    lines = Lines(session.scalars(_sheets(first, classes)))
    strange: set[int] = set()
    for form in sorted(forms):
        query = _lines_query(form).where(
            GradebookSheet.school_year_id == first.school_year_id,
            GradebookSheet.form == form,
            ROWS[form].student_id.in_(sorted(students)),
        )
        for line in session.execute(query):
            lines.add(line)
            if line.sheet_id not in lines.sheets:
                strange.add(line.sheet_id)
    if strange:
        query = sa.select(GradebookSheet).where(GradebookSheet.id.in_(sorted(strange)))
        lines.sheets |= {sheet.id: sheet for sheet in session.scalars(query)}
    return lines


def _sheets(first: SchoolClass, classes: Sequence[SchoolClass]) -> sa.Select[tuple[GradebookSheet]]:
    mine = sa.or_(
        GradebookSheet.class_id.in_(sorted(c.id for c in classes)),
        sa.and_(GradebookSheet.class_id.is_(None), GradebookSheet.grade.in_({c.grade for c in classes})),
    )
    return (
        sa.select(GradebookSheet)
        .where(
            GradebookSheet.unit_id == first.unit_id,
            GradebookSheet.school_year_id == first.school_year_id,
            mine,
        )
        .order_by(GradebookSheet.id)
        .execution_options(populate_existing=True)
    )


@cache
def _lines_query(form: SheetForm) -> sa.Select[Any]:
    model = ROWS[form]
    names = ["sheet_id", "student_id", "carried_from_id", "carried_at"]
    names += [column for column in row_cells(form) if column not in _TEXTS]
    names += ["average"] if has_average(form) else []
    return sa.select(
        *(getattr(model, name) for name in names), GradebookSheet.subject_id, GradebookSheet.term
    ).join(GradebookSheet, GradebookSheet.id == model.sheet_id)


def _age(line: Any) -> datetime:
    return line.carried_at or _NEVER


def _superseded(line: Any, lines: Iterable[Any]) -> bool:
    return any(other.carried_from_id == line.sheet_id and _age(other) > _age(line) for other in lines)


def _authority(line: Any) -> tuple[datetime, bool, int, int]:
    """The latest to arrive; of lines that never moved the one with a result, then the fuller one."""
    filled = sum(value is not None for value in line)
    return _age(line), getattr(line, "average", None) is not None, filled, line.sheet_id


def lacking(sheet: GradebookSheet | None, line: Any) -> tuple[str, ...]:
    """The cells a term result still needs, in printed order; NO_SHEET where there is no sheet at all."""
    if sheet is None:
        return (NO_SHEET,)
    cells = [cell.name for cell in sheet_cells(sheet) if cell.kind is not CellKind.TEXT]
    held = {name for name in row_cells(sheet.form) if getattr(line, name, None) is not None}
    short = sheet.regular_count - sum(column in held for column in REGULAR_COLUMNS)
    blank = [name for name in cells if name not in held]
    regular = [name for name in blank if name in REGULAR_COLUMNS][: max(0, short)]
    return tuple(name for name in blank if name not in REGULAR_COLUMNS or name in regular)


def recheck(lines: Lines) -> list[Finding]:
    """Term results on record that are not what the rule gives now for the marks of the line."""
    found = []
    for line in lines.all():
        sheet = lines.sheets[line.sheet_id]
        if has_average(sheet.form) and (now := averages.term_result(sheet, line)) != line.average:
            found.append(Finding(line.student_id, sheet.id, sheet.subject_id, line.average, now))
    return found
