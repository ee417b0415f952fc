"""What a sheet and its columns are called, by the sheet's form: over the table, and in full where a column stands alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from app.domain.assessment.primary_plan import group_name, traits_of
from app.domain.assessment.registry import CONDUCT
from app.domain.sheet_forms import POINTS, Cell, CellKind, SheetForm, lock_column
from app.domain.vocabulary import SubjectKind
from app.models import GradebookSheet
from app.services.sheet_cells import sheet_cells
from app.views.lock_texts import column_title


@dataclass(frozen=True)
class Head:
    """A column's name in the head of the table, the group over it, and its name where it stands alone.

    `point`: midterm or final, in a sheet entered at two points of the term.
    """

    title: str
    group: str
    full: str
    point: str | None = None


def heads(sheet: GradebookSheet) -> dict[str, Head]:
    """Names of a sheet's columns, in printed order."""
    named = _FORMS[sheet.form](sheet)
    return {cell.name: named(cell) for cell in sheet_cells(sheet)}


def columns_named(sheet: GradebookSheet, columns: Iterable[str]) -> str:
    """Some columns of a sheet by name; "every column" for none or all."""
    known, wanted = heads(sheet), frozenset(columns)
    chosen = [head.full for name, head in known.items() if name in wanted]
    return ", ".join(chosen) if 0 < len(chosen) < len(known) else _("every column")


def lock_titles(sheet: GradebookSheet) -> dict[str, str]:
    """What lock windows speak of in this sheet: the point of the term, or the columns that stand under one name."""
    points = point_titles(sheet.term)
    titles: dict[str, list[str]] = {}
    for name, head in heads(sheet).items():
        lock = lock_column(name)
        titles.setdefault(lock, []).append(points[lock] if lock == head.point else head.full)
    return {lock: ", ".join(dict.fromkeys(names)) for lock, names in titles.items()}


def subject_name(sheet: GradebookSheet) -> str:
    """The subject, or what the homeroom teacher enters by the sheet's circular."""
    if sheet.form is SheetForm.TRAINING and sheet.circular in CONDUCT:
        return _("Conduct")
    return sheet.subject.name


def point_titles(term: int) -> dict[str, str]:
    """Giữa học kì I, cuối học kì I; giữa học kì II, cuối năm (TT 27/2020 Điều 7)."""
    names = (
        (_("Middle of term I"), _("End of term I"))
        if term == 1
        else (_("Middle of term II"), _("End of the year"))
    )
    return dict(zip(POINTS, names, strict=True))


def _marks(sheet: GradebookSheet) -> Callable[[Cell], Head]:
    """Only scored subjects have weights (TT 22/2021 Điều 9 k1)."""
    scored = sheet.kind is SubjectKind.SCORED
    periodic = (_("Weight 2"), _("Weight 3")) if scored else (_("Periodic assessment"),) * 2
    groups = dict(zip(POINTS, periodic, strict=True)) | {"comment": _("Subject teacher")}
    regular = _("Regular scores, weight 1") if scored else _("Regular scores")

    def named(cell: Cell) -> Head:
        title = column_title(cell.name)
        return Head(title, groups.get(cell.lock, regular), title)

    return named


def _weighted(sheet: GradebookSheet) -> Callable[[Cell], Head]:
    """TT 58/2011 Điều 7: weight 1, weight 2, and the term test with weight 3."""
    as_marks = _marks(sheet)

    def named(cell: Cell) -> Head:
        head = as_marks(cell)
        if cell.name != "final":
            return head
        return Head(_("Term test"), head.group, _("Term test"))

    return named


def _primary(sheet: GradebookSheet) -> Callable[[Cell], Head]:
    points = point_titles(sheet.term)
    titles = {
        CellKind.LEVEL: (_("Reached"), _("Level reached")),
        CellKind.WHOLE_MARK: (_("Score"), _("Test score")),
        CellKind.TEXT: (_("Comment"), _("Comment")),
    }

    def named(cell: Cell) -> Head:
        title, full = titles[cell.kind]
        group = points[cell.point]
        return Head(title, group, f"{full}, {_small(group)}", cell.point)

    return named


def _traits(sheet: GradebookSheet) -> Callable[[Cell], Head]:
    points = point_titles(sheet.term)
    listed = dict(traits_of(sheet.circular, sheet.grade))

    def named(cell: Cell) -> Head:
        if cell.kind is CellKind.TEXT:
            title, group = _("Comment"), _("Homeroom")
        else:
            trait = listed[int(cell.name.rpartition("_")[2])]
            title, group = trait.name, group_name(sheet.circular, trait)
        return Head(title, group, f"{title}, {_small(points[cell.point])}", cell.point)

    return named


def _training(sheet: GradebookSheet) -> Callable[[Cell], Head]:
    judged = _("Conduct") if sheet.circular in CONDUCT else _("Training result")
    titles = {"training": judged, "comment": _("Comment")}
    group = _("Homeroom teacher")

    def named(cell: Cell) -> Head:
        title = titles.get(cell.name) or column_title(cell.name)
        return Head(title, group, title)

    return named


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


_FORMS: Mapping[SheetForm, Callable[[GradebookSheet], Callable[[Cell], Head]]] = {
    SheetForm.MARKS: _marks,
    SheetForm.WEIGHTED: _weighted,
    SheetForm.PRIMARY: _primary,
    SheetForm.TRAITS: _traits,
    SheetForm.TRAINING: _training,
}
