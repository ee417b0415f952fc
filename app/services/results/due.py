"""Which classes have marks newer than their stored results: what the background worker takes up."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from app.models import Enrolment, GradebookSheet, SchoolClass, SchoolYear, TeachingGroupMember
from app.services.unit_of_work import Work

BATCH: Final = 2
"""Classes refreshed in one transaction: on SQLite a save waits for it, so that it is some tenths of a second."""
MOST: Final = 200
"""Classes looked at in one go."""

BEHIND: Final = GradebookSheet.revision > GradebookSheet.results_revision
"""SQL: the sheet was saved since the results of its students were brought up to date."""

Place = tuple[int, int]
"""Unit and school year."""


@dataclass(frozen=True)
class Due:
    """Classes of one unit and school year to be refreshed together."""

    unit_id: int
    class_ids: tuple[int, ...]


def due(session: Session) -> list[Due]:
    """Classes whose sheets were saved since their results were brought up to date, in batches; two statements.

    The classes of a group of several come together, however many: its sheet is done when all of them are.
    """
    owned = (
        sa.select(GradebookSheet.unit_id, GradebookSheet.school_year_id, GradebookSheet.class_id)
        .where(BEHIND, GradebookSheet.class_id.is_not(None))
        .distinct()
        .limit(MOST)
    )
    alone: dict[Place, set[int]] = defaultdict(set)
    rows: Iterable[Any] = session.execute(owned)
    for unit_id, year_id, class_id in rows:
        alone[unit_id, year_id].add(class_id)
    together: dict[int, tuple[Place, set[int]]] = {}
    for row in session.execute(_members().where(BEHIND)):
        together.setdefault(row.id, ((row.unit_id, row.school_year_id), set()))[1].add(row.class_id)
    batches = _joined(together.values())
    for place, ids in batches:
        alone[place] -= ids
    batches += [(place, batch) for place, ids in alone.items() for batch in _parts(sorted(ids))]
    return [Due(place[0], tuple(sorted(ids))) for place, ids in batches]


def waiting(session: Session, unit_id: int, year_id: int) -> frozenset[int]:
    """Classes of a unit and year whose stored results have not seen their newest marks; two statements."""
    place = (GradebookSheet.unit_id == unit_id, GradebookSheet.school_year_id == year_id, BEHIND)
    owned = sa.select(GradebookSheet.class_id).where(*place, GradebookSheet.class_id.is_not(None)).distinct()
    together = session.execute(_members().where(*place))
    return frozenset([*session.scalars(owned), *(row.class_id for row in together)])


def make_due(session: Session, units: Collection[int], circulars: Collection[str], day: date) -> None:
    """Have the results of the units' classes under these circulars judged again, of school years not over by `day`.

    For when what they are judged by has changed, not their marks. One statement; a sheet has no history to keep.
    """
    running = sa.select(SchoolYear.id).where(SchoolYear.ends_on >= day)
    session.execute(
        sa.update(GradebookSheet)
        .where(
            GradebookSheet.unit_id.in_(sorted(units)),
            GradebookSheet.circular.in_(sorted(circulars)),
            GradebookSheet.school_year_id.in_(running),
        )
        .values(results_revision=-1)
        .execution_options(synchronize_session=False)
    )


def member_classes(session: Session, school_class: SchoolClass) -> dict[int, set[int]]:
    """Sheets of groups of several classes in the class's unit and year: whose students sit in which classes."""
    query = _members().where(
        GradebookSheet.unit_id == school_class.unit_id,
        GradebookSheet.school_year_id == school_class.school_year_id,
    )
    found: dict[int, set[int]] = defaultdict(set)
    for row in session.execute(query):
        found[row.id].add(row.class_id)
    return found


def _members() -> sa.Select[*tuple[Any, ...]]:
    """(sheet, its unit and year, class of a member) of sheets of groups of several classes."""
    place, home = aliased(Enrolment), aliased(SchoolClass)
    return (
        sa.select(
            GradebookSheet.id,
            GradebookSheet.unit_id,
            GradebookSheet.school_year_id,
            home.id.label("class_id"),
        )
        .join(TeachingGroupMember, TeachingGroupMember.group_id == GradebookSheet.group_id)
        .join(place, place.student_id == TeachingGroupMember.student_id)
        .join(home, home.id == place.class_id)
        .where(
            GradebookSheet.class_id.is_(None),
            home.unit_id == GradebookSheet.unit_id,
            home.school_year_id == GradebookSheet.school_year_id,
            home.grade == GradebookSheet.grade,
        )
        .distinct()
    )


def _joined(groups: Iterable[tuple[Place, set[int]]]) -> list[tuple[Place, set[int]]]:
    """Sets of classes that share one become one."""
    batches: list[tuple[Place, set[int]]] = []
    for place, ids in groups:
        touching = [batch for batch in batches if batch[1] & ids]
        batches = [batch for batch in batches if batch not in touching]
        batches.append((place, ids.union(*(other for _place, other in touching))))
    return batches


def _parts(ids: Sequence[int]) -> list[set[int]]:
    return [set(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]


def touch(work: Work, unit_id: int, class_ids: Iterable[int]) -> None:
    """Inside a transaction: something other than marks has changed what these classes' results are made of.

    One sheet of each class counts a save, so that the classes fall due.
    """
    firsts = sa.select(sa.func.min(GradebookSheet.id)).where(
        GradebookSheet.unit_id == unit_id, GradebookSheet.class_id.in_(sorted(set(class_ids)))
    )
    touch_sheets(work, unit_id, work.session.scalars(firsts.group_by(GradebookSheet.class_id)).all())


def touch_sheets(work: Work, unit_id: int, ids: Sequence[int]) -> None:
    """Inside a transaction: the sheets count a save, so that the classes of their students fall due."""
    held = work.lock_sheets(unit_id, ids)
    for sheet in work.session.scalars(sa.select(GradebookSheet).where(GradebookSheet.id.in_(ids))):
        set_committed_value(sheet, "revision", held[sheet.id])
        sheet.revision += 1
