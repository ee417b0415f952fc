"""How far entry has come, sheet by sheet: who is on the roll, what is filled, when it is due (S0 Điều 11 khoản 3).

Every figure is counted from the record by set-based queries: the number of statements doesn't grow with classes,
students or schools. A student counts while enrolled on the day the term is looked at (today within the term, else its
nearest end), and not where the head has exempted the student (TT 22/2021 Điều 10).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.entry_schedule import (
    ColumnGroup,
    Deadline,
    group_of,
    state_of,
    used_columns,
)
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import CELL_COLUMNS, REGULAR_COLUMNS, GroupKind
from app.models import (
    ROWS,
    Enrolment,
    ExemptionDecision,
    GradebookSheet,
    HomeroomAssignment,
    Person,
    SchoolClass,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
    TxLog,
)
from app.models.base import in_force
from app.services.clock import clamp, local_day
from app.services.history import versions_of
from app.services.progress_calendar import Calendar
from app.services.progress_figures import ColumnProgress, GroupProgress, SheetProgress, Teacher
from app.services.sheet_reading import of_grade
from app.services.years import Period

Condition = sa.ColumnElement[bool]


def roll_day(period: Period, today: date) -> date:
    """The day whose class list counts: today within the term, else the term's nearest end."""
    term = period.terms.get(period.term)
    return today if term is None else clamp(today, term.starts_on, term.ends_on)


def of_period(period: Period) -> tuple[Condition, ...]:
    """SQL: sheets of the chosen year and term."""
    return (GradebookSheet.school_year_id == period.year_id, GradebookSheet.term == period.term)


_COUNTED: Mapping[SheetForm, Mapping[str, str]] = {
    SheetForm.MARKS: {},
    SheetForm.WEIGHTED: {"midterm": "periodic_1"},
    SheetForm.PRIMARY: {"midterm": "midterm_level", "final": "final_level"},
    SheetForm.TRAITS: {"midterm": "midterm_trait_1", "final": "final_trait_1"},
    SheetForm.TRAINING: {"final": "training"},
}
"""Which cell tells that a column of a form is filled, where it isn't the one of the same name."""


def figures_query(where: Sequence[Condition], day: date, at: datetime | None = None) -> sa.Subquery:
    """Per sheet: students on the roll and how many of them have each column filled; with `at`, as it was at that time."""
    return sa.union_all(*(_figures(form, where, day, at) for form in SheetForm)).subquery("figures")


def _figures(form: SheetForm, where: Sequence[Condition], day: date, at: datetime | None) -> sa.Select[Any]:
    rows = ROWS[form] if at is None else _as_it_was(form, where, at).c
    members = _members((*where, GradebookSheet.form == form), day)
    counted = (
        getattr(rows, _COUNTED[form].get(column, column), sa.null())
        if column in _columns(form)
        else sa.null()
        for column in CELL_COLUMNS
    )
    same = sa.and_(rows.sheet_id == members.c.sheet_id, rows.student_id == members.c.student_id)
    return (
        sa.select(
            members.c.sheet_id,
            sa.func.count().label("students"),
            *(sa.func.count(cell).label(name) for name, cell in zip(CELL_COLUMNS, counted, strict=True)),
        )
        .select_from(members)
        .outerjoin(ROWS[form] if at is None else rows.sheet_id.table, same)
        .group_by(members.c.sheet_id)
    )


def _as_it_was(form: SheetForm, where: Sequence[Condition], at: datetime) -> sa.Subquery:
    """The lines of the sheets as they stood at that time, from history."""
    version = versions_of(form)
    newest = (
        sa.select(version.sheet_id, version.student_id, sa.func.max(version.transaction_id).label("tx"))
        .join(TxLog, TxLog.id == version.transaction_id)
        .where(
            version.sheet_id.in_(sa.select(GradebookSheet.id).where(*where, GradebookSheet.form == form)),
            TxLog.issued_at <= at,
        )
        .group_by(version.sheet_id, version.student_id)
        .subquery()
    )
    same = (
        version.sheet_id == newest.c.sheet_id,
        version.student_id == newest.c.student_id,
        version.transaction_id == newest.c.tx,
    )
    return sa.select(*version.__table__.columns).join(newest, sa.and_(*same)).subquery("as_it_was")


def _columns(form: SheetForm) -> tuple[str, ...]:
    regular = 0 if form is SheetForm.PRIMARY else len(REGULAR_COLUMNS)
    return used_columns(regular, form)


def load_sheets(session: Session, calendar: Calendar, where: Sequence[Condition]) -> list[SheetProgress]:
    """Sheets of the calendar's period that fit, by class and subject; two statements."""
    day = roll_day(calendar.period, local_day(calendar.now))
    where = (*of_period(calendar.period), *where)
    rows, teachers = load_rows(session, where, day), load_teachers(session, where, day)
    sheets = [
        as_progress(
            row,
            teachers.get((row.GradebookSheet.group_id, row.GradebookSheet.subject_id), ()),
            calendar.deadlines(
                calendar.scope_of_sheet(row.GradebookSheet),
                row.GradebookSheet.regular_count,
                row.GradebookSheet.form,
            ),
            calendar.now,
        )
        for row in rows
    ]
    return sorted(sheets, key=lambda s: (*s.class_order, s.subject_order))


def load_rows(session: Session, where: Sequence[Condition], day: date) -> Sequence[Any]:
    """Every sheet that fits with its class, subject, figures and last change; one statement."""
    figures, last = figures_query(where, day), _last_transactions(where)
    return session.execute(
        sa.select(
            GradebookSheet,
            SchoolClass.name.label("class_name"),
            SchoolClass.order_no.label("class_order"),
            TeachingGroup.name.label("group_name"),
            TeachingGroup.kind.label("group_kind"),
            Subject.short_name.label("subject"),
            Subject.order_no.label("subject_order"),
            TxLog.issued_at.label("last_change"),
            sa.func.coalesce(figures.c.students, 0).label("students"),
            *(sa.func.coalesce(figures.c[column], 0).label(column) for column in CELL_COLUMNS),
        )
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .outerjoin(SchoolClass, SchoolClass.id == GradebookSheet.class_id)
        .outerjoin(figures, figures.c.sheet_id == GradebookSheet.id)
        .outerjoin(last, last.c.sheet_id == GradebookSheet.id)
        .outerjoin(TxLog, TxLog.id == last.c.tx)
        .where(*where)
    ).all()


def load_teachers(
    session: Session, where: Sequence[Condition], day: date
) -> dict[tuple[int, int], tuple[Teacher, ...]]:
    """Teachers on `day` by (group, subject) of the sheets that fit; one statement."""
    person = (Person.id.label("person_id"), Person.full_name, Person.sort_key)
    assigned = (
        sa.select(
            TeachingAssignment.group_id,
            TeachingAssignment.subject_id,
            *person,
            TeachingAssignment.columns,
            TeachingAssignment.in_charge,
        )
        .join(Person, Person.id == TeachingAssignment.person_id)
        .where(
            TeachingAssignment.group_id.in_(sa.select(GradebookSheet.group_id).where(*where)),
            in_force(TeachingAssignment, day),
        )
    )
    homeroom = (
        sa.select(
            GradebookSheet.group_id,
            GradebookSheet.subject_id,
            *person,
            sa.type_coerce(sa.null(), sa.JSON),
            sa.true(),
        )
        .join(HomeroomAssignment, HomeroomAssignment.class_id == GradebookSheet.class_id)
        .join(Person, Person.id == HomeroomAssignment.person_id)
        .where(
            GradebookSheet.form.in_([form for form in SheetForm if form.by_homeroom]),
            in_force(HomeroomAssignment, day),
            *where,
        )
    )
    rows = sa.union_all(assigned, homeroom).subquery()
    found: dict[tuple[int, int], list[Teacher]] = {}
    for row in session.execute(sa.select(rows).order_by(rows.c.in_charge.desc(), rows.c.sort_key)):
        found.setdefault((row.group_id, row.subject_id), []).append(
            Teacher(row.person_id, row.full_name, row.sort_key, frozenset(row.columns or ()), row.in_charge)
        )
    return {pair: tuple(teachers) for pair, teachers in found.items()}


def as_progress(
    row: Any, teachers: Sequence[Teacher], limits: Mapping[str, Deadline], now: datetime
) -> SheetProgress:
    """One row of `load_rows` against its deadlines."""
    sheet: GradebookSheet = row.GradebookSheet
    columns = tuple(
        _column(column, row.students, getattr(row, column), limits[column], now)
        for column in used_columns(sheet.regular_count, sheet.form)
    )
    return SheetProgress(
        sheet_id=sheet.id,
        unit_id=sheet.unit_id,
        class_id=sheet.class_id,
        row_name=row.class_name or row.group_name,
        class_name=_own_name(row),
        class_order=(sheet.grade, row.class_order or 0, _own_name(row)),
        group_id=sheet.group_id,
        group_kind=row.group_kind,
        subject_id=sheet.subject_id,
        subject=row.subject,
        subject_order=row.subject_order,
        kind=sheet.kind,
        form=sheet.form,
        level=sheet.level,
        grade=sheet.grade,
        regular_count=sheet.regular_count,
        students=row.students,
        last_change=row.last_change,
        teachers=tuple(teachers),
        columns=columns,
        groups={
            group: GroupProgress(group, tuple(c for c in columns if group_of(c.column) is group))
            for group in ColumnGroup
        },
    )


def _column(column: str, required: int, filled: int, limit: Deadline, now: datetime) -> ColumnProgress:
    return ColumnProgress(column, required, filled, limit, state_of(required - filled, limit, now))


def _own_name(row: Any) -> str:
    """7A; for a part of a class the group's own name, which tells the parts apart."""
    whole = row.group_kind is GroupKind.WHOLE_CLASS and row.class_name
    return str(row.class_name if whole else row.group_name)


def _members(where: Sequence[Condition], day: date) -> sa.Subquery:
    """(sheet, student): the class list of a whole class, the members of other groups, without the exempt."""
    exempt = (
        sa.select(ExemptionDecision.id)
        .where(
            ExemptionDecision.school_year_id == GradebookSheet.school_year_id,
            ExemptionDecision.subject_id == GradebookSheet.subject_id,
            sa.or_(ExemptionDecision.term.is_(None), ExemptionDecision.term == GradebookSheet.term),
        )
        .correlate(GradebookSheet, Enrolment, TeachingGroupMember)
    )
    sheet_id = GradebookSheet.id.label("sheet_id")
    by_class = (
        sa.select(sheet_id, Enrolment.student_id.label("student_id"))
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(Enrolment, Enrolment.class_id == GradebookSheet.class_id)
        .where(
            TeachingGroup.kind == GroupKind.WHOLE_CLASS,
            in_force(Enrolment, day),
            ~exempt.where(ExemptionDecision.student_id == Enrolment.student_id).exists(),
            *where,
        )
    )
    member = TeachingGroupMember
    by_group = (
        sa.select(sheet_id, member.student_id.label("student_id"))
        .join(TeachingGroup, TeachingGroup.id == GradebookSheet.group_id)
        .join(member, member.group_id == GradebookSheet.group_id)
        .where(
            TeachingGroup.kind != GroupKind.WHOLE_CLASS,
            in_force(member, day),
            of_grade(member.student_id, GradebookSheet),
            ~exempt.where(ExemptionDecision.student_id == member.student_id).exists(),
            *where,
        )
    )
    return sa.union_all(by_class, by_group).subquery("members")


def _last_transactions(where: Sequence[Condition]) -> sa.Subquery:
    """(sheet, tx): the newest transaction that touched each sheet."""
    sheets = sa.select(GradebookSheet.id)
    newest = (
        sa.select(version.sheet_id, sa.func.max(version.transaction_id).label("tx"))
        .where(version.sheet_id.in_(sheets.where(*where, GradebookSheet.form == form)))
        .group_by(version.sheet_id)
        for form in SheetForm
        for version in (versions_of(form),)
    )
    return sa.union_all(*newest).subquery("last_tx")
