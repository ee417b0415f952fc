"""What is counted under a sheet's table, by the sheet's form; the page's script counts."""

from dataclasses import dataclass

from flask_babel import gettext as _

from app.domain.cell_values import choices
from app.domain.sheet_forms import POINTS, CellKind, SheetForm
from app.domain.vocabulary import SubjectKind
from app.services.sheet_cells import has_average
from app.services.sheet_reading import SheetFacts
from app.views.sheet_heads import point_titles, subject_name


@dataclass(frozen=True)
class Block:
    """Figures of the class: what they are, which columns are counted (none: the results), and each value's name."""

    title: str
    note: str
    columns: tuple[str, ...]
    bands: tuple[tuple[str, str], ...]


def summary(facts: SheetFacts, point: str | None) -> list[Block]:
    """The figures of a sheet, of one point of the term where its page shows one."""
    if has_average(facts.sheet.form):
        return [_results(facts.sheet.kind)]
    return [_words(facts, columns) for columns in _counted(facts, point) if columns]


def _results(kind: SubjectKind) -> Block:
    note = _("≈ is worked out on this page and waits for the server")
    if kind is SubjectKind.COMMENT:
        bands = (("passed", _("Passed")), ("failed", _("Failed")), ("none", _("Not all checks yet")))
        return Block(_("Results of the class"), note, (), bands)
    bands_ = (
        ("8.0", _("From 8.0")),
        ("6.5", "6,5 – 7,9"),
        ("5.0", "5,0 – 6,4"),
        ("3.5", "3,5 – 4,9"),
        ("below", _("Below 3.5")),
        ("none", _("Not all marks yet")),
    )
    return Block(_("Averages of the class"), note, (), bands_)


def _counted(facts: SheetFacts, point: str | None) -> list[tuple[str, ...]]:
    """Columns counted together: those that take words, point by point where there are points."""
    words = [cell for cell in facts.cells.values() if choices(cell.kind)]
    if facts.sheet.form is SheetForm.TRAINING:
        return [tuple(cell.name for cell in words)]
    shown = POINTS if point is None else (point,)
    return [tuple(cell.name for cell in words if cell.point == one) for one in shown]


def _words(facts: SheetFacts, columns: tuple[str, ...]) -> Block:
    cell = facts.cells[columns[0]]
    short = cell.kind in (CellKind.LEVEL, CellKind.TRAIT)
    bands = [(value, f"{word} ({value})" if short else word) for value, word in choices(cell.kind)]
    title = subject_name(facts.sheet)
    if facts.sheet.form is not SheetForm.TRAINING:
        title = f"{title}: {point_titles(facts.sheet.term)[cell.point]}"
    note = _("every quality and competence of every student counted") if len(columns) > 1 else ""
    return Block(title, note, columns, (*bands, ("none", _("not entered yet"))))
