"""What the lock pages show: rows of the calendar and the panel in the reader's words, and the choices of the form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.locks import ColumnState
from app.domain.units import KINDERGARTEN_GRADE, NURSERY_GRADE, grades_of, taught_levels
from app.domain.vocabulary import REGULAR_COLUMNS, RETEST, Level, SubjectKind
from app.models import GradebookSheet, LockWindow, OrgUnit, SchoolClass, Subject
from app.services import lock_view
from app.services.clock import local_day
from app.services.lock_checks import BOOKS
from app.services.lock_defaults import DefaultWindow
from app.services.lock_notices import UnitBelow, units_below
from app.services.lock_orders import Leader, leaders_in_force
from app.services.lock_view import Answer, Bar, ScopeNames, SheetChoice, Week, WindowRow
from app.views import lock_texts
from app.views.formats import present
from app.views.lock_forms import ALL_REGULAR, moment_text
from app.views.sheet_heads import lock_titles

Option = tuple[str, str]
SHOWN_NAMES = 3


# -- windows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A window in the list, in words."""

    id: int
    title: str
    scope: str
    css: str
    tag: str
    shut: bool
    opens: str
    closes: str
    grounds: str
    people: str
    state: str  # running · coming · over · ended · called_off
    note: str


def list_lines(rows: Iterable[WindowRow], names: ScopeNames, now: datetime) -> list[Line]:
    """The list below the month, in the order of the month."""
    return [_line(row, names, now) for row in rows]


def _line(row: WindowRow, names: ScopeNames, now: datetime) -> Line:
    window = row.window
    state = window_state(row, now)
    effect = lock_texts.effect_title(window.effect)
    return Line(
        id=window.id,
        title=window.title,
        scope=scope_text(window, names),
        css=lock_texts.TIER_CLASS[row.owner.tier],
        tag=f"{lock_texts.tier_label(row.owner.tier, row.owner.short_name)}: {effect}",
        shut=row.shut,
        opens=moment_text(window.opens_at),
        closes=moment_text(window.closes_at, ending=True) if window.closes_at else _("no end is set"),
        grounds=window.reason,
        people=f"{row.ordered_by} · {row.executed_by}",
        state=state,
        note=state_note(row, state),
    )


def window_state(row: WindowRow, now: datetime) -> str:
    """Where a window stands: running, coming, over, ended early or called off."""
    closes = row.window.effective_close
    if row.called_off:
        return "called_off"
    if closes is not None and closes <= now:
        return "ended" if row.window.ended_at else "over"
    return "coming" if row.window.opens_at > now else "running"


def state_note(row: WindowRow, state: str) -> str:
    """What the list says besides: ended early or called off, when and why."""
    window = row.window
    if window.ended_at is None:
        return ""
    words = {"at": lock_texts.at_time(window.ended_at), "reason": window.ended_reason or ""}
    if state == "called_off":
        return _("Called off at %(at)s: %(reason)s", **words)
    return _("Ended early at %(at)s: %(reason)s", **words)


def scope_text(window: LockWindow, names: ScopeNames) -> str:
    """Whom and what a window speaks about, in few words."""
    parts = [
        _("Term %(n)s", n="I" if window.term == 1 else "II") if window.term else _("whole year"),
        lock_texts.columns_title(window.columns),
    ]
    if window.levels:
        parts.append(", ".join(str(present(Level(level))) for level in window.levels))
    if window.grades:
        parts.append(_("grades %(grades)s", grades=", ".join(grade_title(grade) for grade in window.grades)))
    if window.class_ids:
        parts.append(
            _("classes %(names)s", names=_few([names.classes.get(key, "") for key in window.class_ids]))
        )
    if window.unit_ids:
        parts.append(_few([names.units.get(key, "") for key in window.unit_ids]))
    if window.subject_ids:
        parts.append(_few([names.subjects.get(key, "") for key in window.subject_ids]))
    if window.sheet_id is not None:
        parts.append(names.sheets.get(window.sheet_id, ""))
    if window.student_ids:
        parts.append(_few([names.students.get(key, "") for key in window.student_ids]))
    return " · ".join(parts)


def _few(found: Sequence[str]) -> str:
    shown = ", ".join(sorted(found)[:SHOWN_NAMES])
    rest = len(found) - SHOWN_NAMES
    return _("%(names)s and %(n)s more", names=shown, n=rest) if rest > 0 else shown


def grade_title(grade: int) -> str:
    """Number of a grade; the two of preschool have names."""
    return {NURSERY_GRADE: _("Nursery"), KINDERGARTEN_GRADE: _("Kindergarten")}.get(grade, str(grade))


# -- the month ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BarText:
    """A bar of the month: where it lies, its colour and its words."""

    id: int
    css: str
    label: str
    title: str
    shut: bool


def week_bars(week: Week) -> list[BarText]:
    """The bars of a week, in the order they are drawn."""
    return [_bar(bar) for bar in week.bars]


def _bar(bar: Bar) -> BarText:
    row = bar.row
    css = f"{lock_texts.TIER_CLASS[row.owner.tier]} hv-c{bar.column} hv-s{bar.days}{' is-shut' if row.shut else ''}"
    title = row.window.title
    closes = row.window.effective_close
    if bar.ends and closes is not None:
        end = lock_texts.at_time(closes, ending=True).rsplit("/", 1)[0]
        title = _("%(title)s, until %(end)s", title=title, end=end)
    return BarText(
        row.window.id, css, lock_texts.tier_label(row.owner.tier, row.owner.short_name), title, row.shut
    )


def legend(rows: Iterable[WindowRow], unit: OrgUnit) -> list[tuple[str, str]]:
    """Colour and name of each tier: those that set windows, and the unit itself."""
    seen = {row.owner.tier: row.owner.short_name for row in rows}
    seen[unit.tier] = unit.short_name
    return [
        (css, lock_texts.tier_label(tier, seen[tier]))
        for tier, css in lock_texts.TIER_CLASS.items()
        if tier in seen
    ]


# -- the panel: what is open when, and why -----------------------------------------------------------------------


@dataclass(frozen=True)
class ColumnCard:
    """Columns of the sheet that stand alike."""

    title: str
    open: bool
    line: str


@dataclass(frozen=True)
class Panel:
    """The answer for one column, layer by layer, and the other columns in short."""

    title: str
    open: bool
    verdict: str
    layers: tuple[lock_texts.LayerLine, ...]
    facts: tuple[tuple[tuple[str, str], ...], ...]
    finality: str
    others: tuple[ColumnCard, ...]


def panel(choice: SheetChoice, column: str, answer: Answer) -> Panel:
    """The panel for a column of a sheet."""
    titles = lock_titles(choice.sheet)
    state, called = answer.states[column], titles[column]
    finality = lock_texts.finality_title(answer.policies.finality)
    if answer.policies.finality_unit:
        finality = f"{finality} ({answer.policies.finality_unit})"
    return Panel(
        title=f"{called}, {choice.label}",
        open=state.open,
        verdict=lock_texts.verdict_line(state),
        layers=tuple(lock_texts.layer_lines(answer.layers, column, answer.now, answer.elsewhere, called)),
        facts=tuple(tuple(lock_texts.reason_facts(reason, called)) for reason in state.reasons),
        finality=finality,
        others=tuple(_cards({c: s for c, s in answer.states.items() if c != column}, titles)),
    )


def _cards(states: Mapping[str, ColumnState], titles: Mapping[str, str]) -> list[ColumnCard]:
    """Columns that stand alike share a card."""
    groups: dict[Any, list[str]] = {}
    for column, state in states.items():
        kind = "regular" if column in REGULAR_COLUMNS else column
        groups.setdefault((kind, state), []).append(column)
    cards = []
    for (_kind, state), columns in groups.items():
        single = titles[columns[0]] if len(columns) == 1 else None
        reasons = " ".join(f"{lock_texts.reason_line(reason, single)}." for reason in state.reasons)
        line = f"{lock_texts.verdict_line(state)}. {reasons}" if state.open else reasons
        cards.append(ColumnCard(single or lock_texts.columns_title(columns), state.open, line.strip()))
    return cards


@dataclass(frozen=True)
class PlanLine:
    """A window of the default calendar, before it is made."""

    title: str
    scope: str
    mode: str
    opens: str
    closes: str
    state: str  # wanted · made · past


def plan_line(default: DefaultWindow) -> PlanLine:
    """A planned window in words."""
    plan = default.plan
    term = _("Term %(n)s", n="I" if plan.term == 1 else "II")
    return PlanLine(
        title=plan.title,
        scope=f"{term} · {lock_texts.columns_title(plan.columns)}",
        mode=lock_texts.mode_title(plan.mode),
        opens=moment_text(plan.opens_at),
        closes=moment_text(plan.closes_at, ending=True),
        state="made" if default.made else "past" if default.past else "wanted",
    )


# -- the form ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FormChoices:
    """What the window form offers the unit: only what it may order."""

    leaders: tuple[Leader, ...]
    levels: tuple[Option, ...]
    grades: tuple[Option, ...]
    columns: tuple[Option, ...]
    single_columns: tuple[Option, ...]
    subjects: tuple[tuple[str, tuple[Option, ...]], ...]
    classes: tuple[tuple[str, tuple[Option, ...]], ...]  # by grade
    schools: tuple[tuple[str, tuple[Option, ...]], ...]  # by the office right above
    books: tuple[str, ...]


def form_choices(session: Session, unit: OrgUnit, year_id: int, day: date) -> FormChoices:
    """Leaders in office, levels and grades taught, subjects, own classes or the schools below; at most four statements."""
    below = [] if unit.kind.is_school else units_below(session, unit.id, day)
    schools = [unit] if unit.kind.is_school else [item.unit for item in below if item.unit.kind.is_school]
    taught = {level for school in schools for level in taught_levels(school.kind, school.levels)}
    levels = [level for level in Level if level in taught]
    scored = not taught or bool(taught - {Level.PRIMARY, Level.PRESCHOOL})
    grades = sorted(
        {grade for level in levels for grade in grades_of(level)}, key=lambda g: (g < NURSERY_GRADE, g)
    )
    return FormChoices(
        leaders=tuple(leaders_in_force(session, unit, day)),
        levels=tuple((level.value, str(present(level))) for level in levels) if len(levels) > 1 else (),
        grades=tuple((str(grade), grade_title(grade)) for grade in grades),
        columns=_column_options(scored),
        single_columns=tuple((column, lock_texts.column_title(column)) for column in REGULAR_COLUMNS)
        if scored
        else (),
        subjects=_subject_options(session, unit, year_id, below),
        classes=_class_options(session, unit, year_id) if unit.kind.is_school else (),
        schools=_school_options(unit, below),
        books=tuple(book.value for book in BOOKS),
    )


def _column_options(scored: bool) -> tuple[Option, ...]:
    """Columns a window may name; where only levels are given, by the points of the term (TT 27/2020 Điều 7)."""
    others = tuple((column, lock_texts.column_title(column)) for column in ("comment", RETEST))
    if not scored:
        return (("midterm", _("Mid-term")), ("final", _("End of term")), *others)
    scores = tuple((column, lock_texts.column_title(column)) for column in ("midterm", "final"))
    return ((ALL_REGULAR, _("Regular scores")), *scores, *others)


def _subject_options(
    session: Session, unit: OrgUnit, year_id: int, below: Sequence[UnitBelow]
) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    """Subjects with a sheet in the year, of the school or of those below."""
    units = [unit.id, *(item.unit.id for item in below if item.unit.kind.is_school)]
    taught = sa.select(GradebookSheet.subject_id).where(
        GradebookSheet.unit_id.in_(units), GradebookSheet.school_year_id == year_id
    )
    query = (
        sa.select(Subject.id, Subject.short_name)
        .where(Subject.id.in_(taught), Subject.kind != SubjectKind.HOMEROOM)
        .order_by(Subject.order_no, Subject.id)
    )
    found = tuple((str(key), name) for key, name in session.execute(query))
    return ((_("Subjects"), found),) if found else ()


def _class_options(
    session: Session, unit: OrgUnit, year_id: int
) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    query = (
        sa.select(SchoolClass.grade, SchoolClass.id, SchoolClass.name)
        .where(SchoolClass.unit_id == unit.id, SchoolClass.school_year_id == year_id)
        .order_by(SchoolClass.grade, SchoolClass.name)
    )
    groups: dict[str, list[Option]] = {}
    for grade, key, name in session.execute(query):
        groups.setdefault(_("Grade %(grade)s", grade=grade_title(grade)), []).append((str(key), name))
    return tuple((title, tuple(options)) for title, options in groups.items())


def _school_options(unit: OrgUnit, below: Sequence[UnitBelow]) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    names = {item.unit.id: item.unit.short_name for item in below} | {unit.id: unit.short_name}
    groups: dict[str, list[Option]] = {}
    for item in below:
        if item.unit.kind.is_school:
            groups.setdefault(names[item.parent_id], []).append((str(item.unit.id), item.unit.short_name))
    return tuple((title, tuple(options)) for title, options in sorted(groups.items()))


def history_lines(session: Session, window_id: int) -> list[tuple[str, str, str]]:
    """What was done to a window: sentence, reason, time and account; newest first."""
    lines = []
    for change in lock_view.window_history(session, window_id):
        until = moment_text(change.closes_at, ending=True) if change.closes_at else _("no end is set")
        sentences = {
            "lock_window.extend": _("Extended until %(until)s", until=until),
            "lock_window.end": _("Ended"),
            "lock_window.announce": _("Announced"),
        }
        sentence = sentences.get(change.action, _("Ordered, until %(until)s", until=until))
        order = _("ordered by %(name)s", name=change.ordered_by) if change.ordered_by else ""
        done = _("executed by account %(name)s", name=change.account) if change.account else ""
        who = " · ".join(part for part in (lock_texts.at_time(change.at), order, done) if part)
        lines.append((sentence, change.reason, who))
    return lines


def start_values(
    now: datetime, term: int, actor: Actor, leaders: Sequence[Leader], day: date | None
) -> dict[str, str]:
    """What an empty form starts with: open, entered cells, this term, from the day asked or the next full hour."""
    begins = moment_text((now + timedelta(hours=1)).replace(minute=0))
    if day is not None and day > local_day(now):
        begins = f"{day:%d/%m/%Y} 00:00"
    own = [str(leader.person_id) for leader in leaders if leader.person_id == actor.person_id]
    only = [str(leader.person_id) for leader in leaders] if len(leaders) == 1 else []
    return {
        "effect": "open",
        "mode": "entered_cells",
        "book": "gradebook",
        "term": str(term),
        "opens_at": begins,
        "announce": "1",
        "ordered_by": (own or only or [""])[0],
    }


@dataclass(frozen=True)
class CellChoice:
    """The one sheet a window is limited to, with the students if it is about single cells."""

    sheet_id: int
    sheet: str
    students: tuple[tuple[int, str], ...]
