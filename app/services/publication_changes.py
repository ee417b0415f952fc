"""What was changed in marks after families had seen them: read from history, so the values published need no copy."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy.orm import Session

from app.domain.sheet_forms import SheetForm, lock_column
from app.models import GradebookSheet, Publication
from app.services.changes import Change, pair_of, replaced_cells

MOST: Final = 300
"""Saves read of each form; of more, the newest are told."""


def changed_in_school(session: Session, publications: Sequence[Publication]) -> list[Change]:
    """Published cells of a unit and year given another value since, the newest first; a statement a form, or none."""
    held = [row for row in publications if row.ended_at is None]
    if not held:
        return []
    where = (
        GradebookSheet.unit_id == held[0].unit_id,
        GradebookSheet.school_year_id == held[0].school_year_id,
        GradebookSheet.term.in_({row.term for row in held}),
    )
    since = min(row.published_at for row in held)
    found, _more = replaced_cells(session, where, since, None, SheetForm, cap=MOST)
    return _shown(found, held)


def changed_for_child(
    session: Session, publications: Sequence[Publication], student_id: int, sheets: Iterable[GradebookSheet]
) -> dict[tuple[int, str], Change]:
    """By sheet and column the last change of the student's published cells; `old` is what was published.

    A statement for each form among the sheets.
    """
    forms: dict[SheetForm, list[int]] = {}
    for sheet in sheets:
        forms.setdefault(sheet.form, []).append(sheet.id)
    since = min(row.published_at for row in publications)
    found: dict[tuple[int, str], Change] = {}
    for form, numbers in forms.items():
        current, _before = pair_of(form)
        where = (GradebookSheet.id.in_(numbers), current.student_id == student_id)
        changes, _more = replaced_cells(session, where, since, None, [form], cap=MOST)
        found |= _from_published(_shown(changes, publications))
    return found


def _shown(changes: Iterable[Change], publications: Sequence[Publication]) -> list[Change]:
    """Those of cells that some publication had shown by then."""
    return [
        change
        for change in changes
        if any(
            row.term == change.term
            and row.published_at < change.at
            and (not row.columns or lock_column(change.column) in row.columns)
            for row in publications
        )
    ]


def _from_published(changes: Sequence[Change]) -> dict[tuple[int, str], Change]:
    """The newest change of each cell; left out where it holds again what was published."""
    newest: dict[tuple[int, str], Change] = {}
    published: dict[tuple[int, str], object] = {}
    for change in changes:
        key = (change.sheet_id, change.column)
        newest.setdefault(key, change)
        published[key] = change.old
    return {key: change for key, change in newest.items() if change.new != published[key]}
