"""A student's marks travel along: into another class, another school, another teaching group (design §4).

Whoever comes into a group finds on its sheets what stood on former ones in the same year, subject, grade and circular,
in every term that has not ended by the day of coming. The row comes as a new version that names its sheet of origin;
the former sheet keeps its row and prints it struck. A carry is a record keeping its place, not an entry: neither
assignments nor lock windows are asked, and the trail says so (`sheet.carry`). What was final stays final, for history
follows the row back to where it was written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from app.domain.carry import newest, too_early
from app.domain.dates import format_date
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import GroupKind
from app.errors import N_, Invalid
from app.models import (
    ROWS,
    Enrolment,
    GradebookSheet,
    SchoolClass,
    SchoolYear,
    Student,
    SubjectYear,
    TeachingGroup,
    TeachingGroupMember,
)
from app.services import averages
from app.services.clock import local_day
from app.services.programme import terms_of
from app.services.rows import is_saved
from app.services.sheet_cells import carried_columns, has_average
from app.services.unit_of_work import Work
from app.services.year_rows import note_terms
from app.services.years import TermDates

TOO_EARLY: Final = N_(
    "Within a term a change of class or group is recorded on its first day or later, so that no mark stays behind. "
    "Record it from %(day)s on."
)
Terms = Mapping[int, TermDates]


@dataclass(frozen=True)
class Coming:
    """A student who comes into a teaching group on a day; `class_id`: the whole class, if it is one."""

    student_id: int
    group_id: int
    day: date
    class_id: int | None = None


@dataclass(frozen=True)
class _Seat:
    """A group the student sat in before, and the last days there: they tell which row is newer."""

    ends_on: date
    starts_on: date


@dataclass(frozen=True)
class _Route:
    """A row's way: onto a sheet, from the like sheets of groups the student sat in, the latest last."""

    coming: Coming
    target: GradebookSheet
    former: tuple[GradebookSheet, ...]
    last_day: date


def carry_into_classes(work: Work, year: SchoolYear, moves: Iterable[tuple[int, SchoolClass, date]]) -> None:
    """Inside a transaction, before it is flushed: students (id, class, first day) take their rows into new classes.

    All classes of one unit and year. Invalid for a day to come within a term: marks entered until then would stay behind.
    """
    moves = [move for move in moves if is_saved(move[1])]
    seats = _class_seats(work.session, year.id, {student for student, _c, _d in moves})
    moves = [move for move in moves if seats.get(move[0])]
    if not moves:
        return
    query = sa.select(TeachingGroup.class_id, TeachingGroup.id).where(
        TeachingGroup.kind == GroupKind.WHOLE_CLASS,
        TeachingGroup.class_id.in_({school_class.id for _s, school_class, _d in moves}),
    )
    groups = dict(work.session.execute(query).all())
    _carry(
        work,
        moves[0][1].unit_id,
        year,
        [Coming(student, groups[c.id], day, c.id) for student, c, day in moves if c.id in groups],
        seats,
    )


def carry_into_group(work: Work, group: TeachingGroup, students: Iterable[int], day: date) -> None:
    """The same for students who join a group that is not a whole class, from another group or the whole class."""
    year = work.session.get_one(SchoolYear, group.school_year_id)
    comings = [Coming(student, group.id, day) for student in sorted(students)]
    seats = _class_seats(work.session, year.id, {coming.student_id for coming in comings})
    if seats:
        _carry(work, group.unit_id, year, comings, seats)


Seats = dict[int, dict[int, _Seat]]
"""By student and group."""


def _class_seats(session: Session, year_id: int, students: set[int]) -> Seats:
    """Whole classes the students have sat in this year, as the session has them: a place just ended counts as ended."""
    query = (
        sa.select(Enrolment, TeachingGroup.id)
        .join(TeachingGroup, TeachingGroup.class_id == Enrolment.class_id)
        .where(
            TeachingGroup.school_year_id == year_id,
            TeachingGroup.kind == GroupKind.WHOLE_CLASS,
            Enrolment.student_id.in_(students),
        )
    )
    seats: Seats = {}
    for row, group_id in session.execute(query):
        _note_seat(seats, row, group_id)
    return seats


def _add_group_seats(session: Session, year_id: int, seats: Seats) -> None:
    query = (
        sa.select(TeachingGroupMember)
        .join(TeachingGroup, TeachingGroup.id == TeachingGroupMember.group_id)
        .where(TeachingGroup.school_year_id == year_id, TeachingGroupMember.student_id.in_(seats))
    )
    for row in session.scalars(query):
        _note_seat(seats, row, row.group_id)


def _note_seat(seats: Seats, row: Any, group_id: int) -> None:
    seat = _Seat(row.ends_on or date.max, row.starts_on)
    mine = seats.setdefault(row.student_id, {})
    mine[group_id] = max(mine.get(group_id, seat), seat, key=_recency)


def _recency(seat: _Seat) -> tuple[date, date]:
    return seat.ends_on, seat.starts_on


def _carry(work: Work, unit_id: int, year: SchoolYear, comings: Sequence[Coming], seats: Seats) -> None:
    terms = terms_of(work.session, unit_id, year)
    _add_group_seats(work.session, year.id, seats)
    comings = [c for c in comings if any(term.ends_on >= c.day for term in terms.values())]
    if not comings:
        return
    routes = _routes(work.session, terms, comings, seats)
    _hold(work, routes)
    today = local_day(work.now)
    for route in routes:
        if too_early(terms.values(), route.last_day, route.coming.day, today):
            raise Invalid(TOO_EARLY, day=format_date(route.coming.day))
    rows = _rows(work.session, routes)
    years = _years(work.session, unit_id, year.id, comings)
    moved: dict[int, list[tuple[_Route, Any]]] = {}
    for route in routes:
        row = _carry_row(work, route, rows)
        if row is not None:
            moved.setdefault(route.target.id, []).append((route, row))
    _work_out(work, moved.values(), years)
    _tell(work, [route for pairs in moved.values() for route, _row in pairs])


def _routes(session: Session, terms: Terms, comings: Sequence[Coming], seats: Seats) -> list[_Route]:
    """Every way from a former sheet to a like one of the new group, of the terms not ended by the day of coming."""
    wanted = {coming.group_id for coming in comings}
    known = {group for mine in seats.values() for group in mine}
    open_terms = [n for n, t in terms.items() if t.ends_on >= min(coming.day for coming in comings)]
    targets: dict[int, list[GradebookSheet]] = {}
    alike: dict[Any, list[GradebookSheet]] = {}
    query = sa.select(GradebookSheet).where(
        GradebookSheet.group_id.in_(wanted | known), GradebookSheet.term.in_(open_terms)
    )
    for sheet in session.scalars(query):
        targets.setdefault(sheet.group_id, []).append(sheet)
        alike.setdefault(_kind_of(sheet), []).append(sheet)
    routes = []
    for coming in comings:
        mine = seats.get(coming.student_id, {})
        for target in targets.get(coming.group_id, ()):
            former = [s for s in alike[_kind_of(target)] if s.group_id in mine]
            former.sort(key=lambda s: _recency(mine[s.group_id]))
            elsewhere = [mine[s.group_id].ends_on for s in former if s is not target]
            if elsewhere and terms[target.term].ends_on >= coming.day:
                routes.append(_Route(coming, target, tuple(former), max(elsewhere)))
    return routes


def _kind_of(sheet: GradebookSheet) -> Any:
    return sheet.subject_id, sheet.term, sheet.grade, sheet.circular


def _hold(work: Work, routes: Iterable[_Route]) -> None:
    """Lock all sheets, old and new, unit by unit and sorted, and count up their revisions."""
    by_unit: dict[int, dict[int, GradebookSheet]] = {}
    for route in routes:
        for sheet in (route.target, *route.former):
            by_unit.setdefault(sheet.unit_id, {})[sheet.id] = sheet
    for unit_id, sheets in sorted(by_unit.items()):
        held = work.lock_sheets(unit_id, sorted(sheets))
        for sheet_id, sheet in sheets.items():
            set_committed_value(sheet, "revision", held[sheet_id])
            sheet.revision += 1


def _rows(session: Session, routes: Sequence[_Route]) -> dict[tuple[int, int], Any]:
    """What stands on the held sheets, by sheet and student."""
    students = {route.coming.student_id for route in routes}
    by_form: dict[SheetForm, set[int]] = {}
    for route in routes:
        by_form.setdefault(route.target.form, set()).update(s.id for s in (route.target, *route.former))
    found: dict[tuple[int, int], Any] = {}
    for form, sheets in by_form.items():
        model = ROWS[form]
        query = sa.select(model).where(model.student_id.in_(students), model.sheet_id.in_(sheets))
        for row in session.scalars(query.execution_options(populate_existing=True)):
            found[row.sheet_id, row.student_id] = row
    return found


def _carry_row(work: Work, route: _Route, rows: Mapping[tuple[int, int], Any]) -> Any:
    """The student's row of the target with the newest values; None where nothing is to be carried."""
    student = route.coming.student_id
    row = rows.get((route.target.id, student))
    former = [found for sheet in route.former if (found := rows.get((sheet.id, student)))]
    origins = [found for found in former if found is not row]
    carried = carried_columns(route.target.form)
    values = newest(former if row is None or row in former else [row, *former], carried)
    held = {column: getattr(row, column) if row else None for column in carried}
    if not origins or values == held:
        return None
    if row is None:
        row = ROWS[route.target.form](
            sheet_id=route.target.id, student_id=student, class_id=route.target.class_id
        )
        work.session.add(row)
    for column, value in values.items():
        setattr(row, column, value)
    row.carried_from_id, row.carried_at = origins[-1].sheet_id, work.now
    worked_out = ("average",) if has_average(route.target.form) else ()
    if worked_out:
        row.average = averages.term_result(route.target, row)
    if is_saved(row):  # the same columns for every changed row: one executemany (trap 8)
        for column in (*carried, *worked_out, "carried_from_id", "carried_at"):
            flag_modified(row, column)
    return row


def _years(
    session: Session, unit_id: int, year_id: int, comings: Iterable[Coming]
) -> dict[tuple[int, int], SubjectYear]:
    """Year rows of the students, by student and subject; they belong to the student and go to the new class."""
    classes = {coming.student_id: coming.class_id for coming in comings}
    query = sa.select(SubjectYear).where(
        SubjectYear.school_year_id == year_id, SubjectYear.student_id.in_(classes)
    )
    found = {}
    for row in session.scalars(query.execution_options(populate_existing=True)):
        found[row.student_id, row.subject_id] = row
        if class_id := classes[row.student_id]:
            row.unit_id, row.class_id = unit_id, class_id
    return found


def _work_out(
    work: Work,
    moved: Iterable[Sequence[tuple[_Route, Any]]],
    years: Mapping[tuple[int, int], SubjectYear],
) -> None:
    """Year results of those whose term result is another one on the new sheet."""
    for pairs in moved:
        sheet = pairs[0][0].target
        if not has_average(sheet.form):
            continue
        mine = {row.student_id: years.get((row.student_id, sheet.subject_id)) for _route, row in pairs}
        results = {
            row.student_id: row.average
            for _route, row in pairs
            if row.average != getattr(mine[row.student_id], f"term_{sheet.term}", None)
        }
        note_terms(work, sheet, results, mine)


def _tell(work: Work, routes: Iterable[_Route]) -> None:
    """One event a student: which sheets took rows over, from which, and that no lock window was asked."""
    by_student: dict[int, list[_Route]] = {}
    for route in routes:
        by_student.setdefault(route.coming.student_id, []).append(route)
    for student_id, mine in sorted(by_student.items()):
        work.audit(
            "sheet.carry",
            target=work.session.get_one(Student, student_id),
            day=mine[0].coming.day.isoformat(),
            sheets=[route.target.id for route in mine],
            former_sheets=[sheet.id for route in mine for sheet in route.former if sheet is not route.target],
            lock_windows="not asked",
        )
