"""School years and terms as one unit sees them: its own term dates, else the province's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.models import OrgUnit, SchoolYear, Term


@dataclass(frozen=True)
class YearChoice:
    """A school year in the page's menu."""

    id: int
    start_year: int
    label: str
    current: bool


@dataclass(frozen=True)
class TermDates:
    """When a term runs for the unit: both days inclusive."""

    number: int
    starts_on: date
    ends_on: date
    weeks: int


@dataclass(frozen=True)
class Period:
    """The chosen school year and term, with all years to choose from."""

    year_id: int
    start_year: int
    label: str
    term: int
    terms: dict[int, TermDates]
    years: tuple[YearChoice, ...]
    units_above: tuple[str, ...]
    is_now: bool  # the term of today; between terms and after the year, the last one begun


def chosen_period(
    session: Session, actor: Actor, day: date, start_year: int | None, term: int | None
) -> Period | None:
    """The year and term asked for, else the ones running on `day` (or the latest begun). None: no year exists yet.

    One statement: years of the actor's province, with the terms that bind its unit and the names of units above.
    """
    owners = [u for u in (actor.unit_id, *actor.above) if u is not None]
    rows: Sequence[Any] = session.execute(
        sa.select(SchoolYear, Term, OrgUnit)
        .select_from(OrgUnit)
        .outerjoin(SchoolYear, SchoolYear.department_id == actor.root_id)
        .outerjoin(Term, sa.and_(Term.school_year_id == SchoolYear.id, Term.unit_id == OrgUnit.id))
        .where(OrgUnit.id.in_(owners))
        .order_by(SchoolYear.start_year.desc())
    ).all()
    years = {row[0].id: row[0] for row in rows if row[0] is not None}
    if not years:
        return None
    names = {unit.id: unit.short_name for _y, _t, unit in rows}
    year, today = (_pick_year(list(years.values()), day, asked) for asked in (start_year, None))
    terms = _terms_of(year.id, [(t, owners.index(u.id)) for _y, t, u in rows if t is not None])
    running = next((t.number for t in terms.values() if t.starts_on <= day <= t.ends_on), None)
    now = running or _nearest(terms, day)
    number = term if term in (1, 2) else now
    return Period(
        year_id=year.id,
        start_year=year.start_year,
        label=year.label,
        term=number,
        terms=terms,
        years=tuple(YearChoice(y.id, y.start_year, y.label, y.id == year.id) for y in years.values()),
        units_above=tuple(names[u] for u in actor.above if u in names),
        is_now=year is today and number == now and now in terms and terms[now].starts_on <= day,
    )


def _pick_year(years: list[SchoolYear], day: date, start_year: int | None) -> SchoolYear:
    chosen = next((y for y in years if y.start_year == start_year), None)
    begun = next((y for y in years if y.starts_on <= day), None)
    return chosen or begun or years[-1]


def _terms_of(year_id: int, rows: list[tuple[Term, int]]) -> dict[int, TermDates]:
    """Per term number the row of the nearest owner: the school's own wins over the province's."""
    found: dict[int, TermDates] = {}
    for term, _rank in sorted(rows, key=lambda pair: -pair[1]):
        if term.school_year_id == year_id:
            found[term.number] = TermDates(term.number, term.starts_on, term.ends_on, term.weeks)
    return found


def _nearest(terms: dict[int, TermDates], day: date) -> int:
    """Between or after terms: the latest begun one."""
    begun = [t.number for t in terms.values() if t.starts_on <= day]
    return max(begun, default=1)
