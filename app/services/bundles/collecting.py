"""What the offices above see of their schools' bundles (S4 Điều 20 khoản 3): rounds sealed, missing and damaged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.bundles import Occasion
from app.domain.corrections import State
from app.domain.names import fold
from app.domain.vocabulary import Level, UnitKind
from app.models import Closing, CorrectionRequest, OrgUnit, SchoolClass, SchoolYear, SealedBundle
from app.services import scope
from app.services.bundles.check import faulty_bundles
from app.services.rights import demand

PAGE: Final = 50
SCHOOLS: Final = tuple(kind for kind in UnitKind if kind.is_school)


@dataclass(frozen=True)
class SchoolLine:
    """A school in a year: its bundles, those due after a closing or correction that are missing, those found damaged."""

    unit: OrgUnit
    classes: int
    bundles: int
    size: int
    newest: datetime | None
    due: int
    missing: int
    faulty: int


@dataclass(frozen=True)
class Collected:
    """A page of schools; `has_next`: there are more."""

    lines: Sequence[SchoolLine]
    has_next: bool


def load_schools(
    session: Session, actor: Actor, year_id: int, day: date, *, query: str = "", page: int = 1
) -> Collected:
    """The schools below the actor's office, by name; a handful of statements whatever their number.

    Raises NotFound for a year out of reach, Forbidden for whoever looks in from nowhere.
    """
    scope.get(session, actor, SchoolYear, year_id, day)
    demand(actor, Action.BUNDLE_VIEW, next(iter(actor.below), None))
    wanted = (
        scope.scoped(actor, OrgUnit, day)
        .where(OrgUnit.id.in_(actor.below), OrgUnit.kind.in_(SCHOOLS), OrgUnit.ends_on.is_(None))
        .order_by(OrgUnit.short_name, OrgUnit.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    if query.strip():
        wanted = wanted.where(OrgUnit.name_folded.contains(fold(query), autoescape=True))
    schools = session.scalars(wanted).all()
    lines = _lines(session, schools[:PAGE], year_id)
    return Collected(lines, len(schools) > PAGE)


def _lines(session: Session, schools: Sequence[OrgUnit], year_id: int) -> list[SchoolLine]:
    ids = [school.id for school in schools]
    classes = _counted(session, _of(SchoolClass, ids, year_id).where(SchoolClass.level != Level.PRESCHOOL))
    bundles = {row.unit_id: row for row in session.execute(_bundles(ids, year_id))}
    due, sealed = _counted(session, _due(ids, year_id)), _counted(session, _sealed(ids, year_id))
    faulty = _counted(session, _faulty(ids, year_id))
    return [
        SchoolLine(
            school,
            classes.get(school.id, 0),
            found.number if (found := bundles.get(school.id)) else 0,
            int(found.size) if found else 0,
            found.newest if found else None,
            wanted := due.get(school.id, 0),
            max(0, wanted - sealed.get(school.id, 0)),
            faulty.get(school.id, 0),
        )
        for school in schools
    ]


def _of(model: Any, ids: Sequence[int], year_id: int) -> sa.Select[Any]:
    """Rows of schools in a year, counted by school."""
    return (
        sa.select(model.unit_id, sa.func.count())
        .where(model.unit_id.in_(ids), model.school_year_id == year_id)
        .group_by(model.unit_id)
    )


def _counted(session: Session, query: sa.Select[Any]) -> dict[int, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def _bundles(ids: Sequence[int], year_id: int) -> Any:
    return (
        sa.select(
            SealedBundle.unit_id,
            sa.func.count().label("number"),
            sa.func.sum(SealedBundle.size).label("size"),
            sa.func.max(SealedBundle.made_at).label("newest"),
        )
        .where(SealedBundle.unit_id.in_(ids), SealedBundle.school_year_id == year_id)
        .group_by(SealedBundle.unit_id)
    )


def _due(ids: Sequence[int], year_id: int) -> sa.Select[Any]:
    """Bundles there have to be: one a class and closing, one a correction that was made."""
    closings = (
        sa.select(Closing.unit_id.label("unit_id"), SchoolClass.id.label("class_id"))
        .join(
            SchoolClass,
            (SchoolClass.unit_id == Closing.unit_id) & (SchoolClass.school_year_id == Closing.school_year_id),
        )
        .where(
            Closing.unit_id.in_(ids), Closing.school_year_id == year_id, SchoolClass.level != Level.PRESCHOOL
        )
    )
    corrections = sa.select(CorrectionRequest.unit_id, CorrectionRequest.class_id).where(
        CorrectionRequest.unit_id.in_(ids),
        CorrectionRequest.school_year_id == year_id,
        CorrectionRequest.class_id.is_not(None),
        CorrectionRequest.state == State.APPLIED,
    )
    both = sa.union_all(closings, corrections).subquery()
    return sa.select(both.c.unit_id, sa.func.count()).group_by(both.c.unit_id)


def _sealed(ids: Sequence[int], year_id: int) -> sa.Select[Any]:
    """Those of them there are."""
    once = (
        sa.select(SealedBundle.unit_id, SealedBundle.class_id, SealedBundle.occasion, SealedBundle.source_id)
        .where(
            SealedBundle.unit_id.in_(ids),
            SealedBundle.school_year_id == year_id,
            SealedBundle.occasion.in_((Occasion.CLOSING, Occasion.CORRECTION)),
        )
        .distinct()
        .subquery()
    )
    return sa.select(once.c.unit_id, sa.func.count()).group_by(once.c.unit_id)


def _faulty(ids: Sequence[int], year_id: int) -> sa.Select[Any]:
    """Bundles whose last check found something."""
    return faulty_bundles(
        SealedBundle.unit_id, SealedBundle.unit_id.in_(ids), SealedBundle.school_year_id == year_id
    )
