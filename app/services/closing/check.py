"""What a teacher should look at before signing a sheet: blank cells, tests missed, marks far from the rest.

Prompts, not verdicts: only blank cells hold a signature up.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from sqlalchemy.orm import Session

from app.domain.rounding import half_up
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import REGULAR_COLUMNS, MarkState
from app.models import GradebookSheet
from app.services.sheet_cells import has_average, sheet_cells
from app.services.sheet_reading import Line, load_lines

FAR: Final = Decimal(4)
"""A test this far from the student's other marks is worth a second look."""


@dataclass(frozen=True)
class Finding:
    """Cells of one student: blank, missed, or odd."""

    student_id: int
    full_name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Spread:
    """Term results of a sheet in short."""

    students: int
    with_result: int
    highest: Decimal | None
    lowest: Decimal | None
    mean: Decimal | None
    under_five: int


@dataclass(frozen=True)
class SheetCheck:
    """The readable summary of a sheet, and what is missing or odd in it."""

    blank: tuple[Finding, ...]
    missed: tuple[Finding, ...]
    far: tuple[Finding, ...]
    spread: Spread


def check_sheet(session: Session, sheet: GradebookSheet) -> SheetCheck:
    """What one sheet holds; one statement. Who has left or is exempt is passed over."""
    lines = [line for line in load_lines(session, sheet) if line.left_on is None and line.exemption is None]
    cells = [cell for cell in sheet_cells(sheet) if cell.kind is not CellKind.TEXT]
    marks = [cell.name for cell in cells if cell.kind in (CellKind.MARK, CellKind.WHOLE_MARK)]
    names = [cell.name for cell in cells]
    return SheetCheck(
        blank=_found(lines, lambda line: [n for n in names if line.value(n) is None]),
        missed=_found(lines, lambda line: [n for n in names if line.state(n) == MarkState.AWAITING]),
        far=_found(lines, lambda line: _far(line, marks)),
        spread=_spread(lines) if has_average(sheet.form) else Spread(len(lines), 0, None, None, None, 0),
    )


def _found(lines: Iterable[Line], columns_of: Callable[[Line], Iterable[str]]) -> tuple[Finding, ...]:
    found = ((line, tuple(columns_of(line))) for line in lines)
    return tuple(Finding(line.student_id, line.full_name, columns) for line, columns in found if columns)


def _far(line: Line, marks: Sequence[str]) -> list[str]:
    """Tests far from the mean of the student's regular scores."""
    regular = [v for name in marks if name in REGULAR_COLUMNS and isinstance(v := line.value(name), Decimal)]
    if not regular:
        return []
    mean = sum(regular, Decimal(0)) / len(regular)
    tests = [name for name in marks if name not in REGULAR_COLUMNS]
    return [n for n in tests if isinstance(v := line.value(n), Decimal) and abs(v - mean) >= FAR]


def _spread(lines: Sequence[Line]) -> Spread:
    results = [v for line in lines if (v := line.value("average")) is not None]
    marks = [v for v in results if isinstance(v, Decimal)]
    mean = half_up(Fraction(sum(marks, Decimal(0))) / len(marks), 2) if marks else None
    return Spread(
        students=len(lines),
        with_result=len(results),
        highest=max(marks, default=None),
        lowest=min(marks, default=None),
        mean=mean,
        under_five=sum(v < 5 for v in marks),
    )
