"""Progress in the reader's words: deadlines, percentages, tasks and tags. Nothing here asks the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.domain.entry_schedule import ColumnGroup, EntryState
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import UnitKind
from app.services.clock import VIETNAM, local_day
from app.services.progress_figures import GroupProgress, SheetProgress
from app.services.progress_offices import Need, SchoolLine
from app.services.progress_schools import TeacherProgress
from app.services.progress_teacher import SOON, Task
from app.services.years import Period
from app.views.formats import present
from app.views.lock_texts import column_title, columns_title, last_day, weekday, weekday_time

LONG = 30
"""Days from which a delay is told by its date instead."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A state three times: colour, sign, words (look.md §1)."""

    css: str
    icon: str
    text: str


# -- figures ------------------------------------------------------------------------------------------------------


def percent(permille: int) -> str:
    """97,3% from 973; a whole number loses its comma."""
    return f"{format_decimal(Decimal(permille) / 10, format='0.#')}%"


def heat(permille: int) -> str:
    """The shade of a cell of the matrix: it grows with what is missing."""
    shades = ((1000, ""), (900, "heat-1"), (750, "heat-2"), (500, "heat-3"))
    return next((css for floor, css in shades if permille >= floor), "heat-4")


def lower_first(text: str) -> str:
    """học kì I inside a sentence, from Học kì I."""
    return text[:1].lower() + text[1:]


def kind_title(kind: UnitKind) -> str:
    """Trung học cơ sở."""
    return str(present(kind))


# -- days ---------------------------------------------------------------------------------------------------------


def long_day(day: date) -> str:
    """Thứ Ba, 05/01/2027."""
    name = weekday(day)
    return f"{name[:1].upper()}{name[1:]}, {day:%d/%m/%Y}"


def clock_day(moment: datetime) -> str:
    """14:30, thứ Ba 05/01/2027: when figures were taken."""
    local = moment.astimezone(VIETNAM)
    return f"{local:%H:%M}, {weekday(local.date())} {local:%d/%m/%Y}"


def term_name(period: Period) -> str:
    """Học kì I."""
    return _("Term %(n)s", n="I" if period.term == 1 else "II")


def term_line(period: Period, today: date) -> list[str]:
    """What stands under a title: the day, the week of the term, when the term ends."""
    parts = [long_day(today)]
    term = period.terms.get(period.term)
    if term is None:
        return parts
    if term.starts_on <= today <= term.ends_on:
        parts.append(_("week %(n)s", n=(today - term.starts_on).days // 7 + 1))
    text = _("%(term)s ends on %(day)s") if today <= term.ends_on else _("%(term)s ended on %(day)s")
    parts.append(text % {"term": term_name(period), "day": f"{term.ends_on:%d/%m/%Y}"})
    return parts


def days_left(due_at: datetime, now: datetime) -> str:
    """còn 7 ngày; hết hạn hôm nay."""
    days = (last_day(due_at) - local_day(now)).days
    return _("ends today") if days <= 0 else _("%(n)s days left", n=days)


def days_late(due_at: datetime, now: datetime) -> str:
    """13 ngày; từ hôm nay."""
    days = (local_day(now) - last_day(due_at)).days
    return _("since today") if days <= 0 else _("%(n)s days", n=days)


def late_since(due_at: datetime, now: datetime) -> str:
    """`days_late` where no date stands beside it: a delay over a month is told by its date."""
    if (local_day(now) - last_day(due_at)).days > LONG:
        return _("since %(day)s", day=f"{last_day(due_at):%d/%m/%Y}")
    return days_late(due_at, now)


def short_due(due_at: datetime | None, now: datetime) -> str:
    """The nearest deadline in a table: 12/01 17:00, or how long it is past."""
    if due_at is None:
        return "–"
    if due_at <= now:
        return _("late: %(how)s", how=late_since(due_at, now))
    clock = weekday_time(due_at).split(" ", 1)[0]
    return f"{last_day(due_at):%d/%m} {clock}"


# -- a teacher's tasks ------------------------------------------------------------------------------------------


_SCORED = (SheetForm.MARKS, SheetForm.WEIGHTED)


def group_title(group: ColumnGroup, form: SheetForm = SheetForm.MARKS) -> str:
    """ĐĐGtx, ĐĐGgk, ĐĐGck, Nhận xét; giữa kì and cuối kì where levels are given instead of scores."""
    if form not in _SCORED and group in (ColumnGroup.MIDTERM, ColumnGroup.FINAL):
        return _("Mid-term") if group is ColumnGroup.MIDTERM else _("End of term")
    return _("Regular scores") if group is ColumnGroup.REGULAR else column_title(group.value)


def group_heads(sheets: Sequence[SheetProgress]) -> list[tuple[ColumnGroup, str]]:
    """Column groups any of these sheets has, each with the head over it; scores' own names where there are some."""
    forms = [s.form for s in sheets]
    form = next((form for form in forms if form in _SCORED), forms[0] if forms else SheetForm.MARKS)
    shown = [group for group in ColumnGroup if any(s.groups[group].columns for s in sheets)]
    return [(group, group_title(group, form)) for group in shown]


def work_title(sheet: SheetProgress, columns: Iterable[str]) -> str:
    """What is to be filled of a sheet: "ĐĐGck · Toán 7A", "Cuối kì · Toán 4A", "Rèn luyện 7A"."""
    if sheet.form is SheetForm.TRAINING:
        return book_title(sheet)
    if sheet.form in _SCORED:
        return f"{columns_title(columns)} · {book_title(sheet)}"
    names = ", ".join(group_title(ColumnGroup(column), sheet.form) for column in columns)
    return f"{names} · {book_title(sheet)}"


def book_title(sheet: SheetProgress) -> str:
    """Toán 7A."""
    return f"{sheet.subject} {sheet.class_name}"


def task_title(task: Task) -> str:
    """ĐĐGck · Toán 7A: còn 6/36 học sinh."""
    one = len(task.columns) == 1
    if task.filled == 0:
        text = (
            _("nothing entered, %(required)s students") if one else _("nothing entered, %(required)s cells")
        )
    elif task.state is EntryState.LATE:
        text = (
            _("%(n)s of %(required)s students missing") if one else _("%(n)s of %(required)s cells missing")
        )
    else:
        text = _("%(n)s of %(required)s students to go") if one else _("%(n)s of %(required)s cells to go")
    rest = text % {"n": task.missing, "required": task.required}
    return f"{work_title(task.sheet, task.columns)}: {rest}"


def task_text(task: Task, now: datetime) -> tuple[str, str, str]:
    """The line under a task: before, the words that stand out, after."""
    at = weekday_time(task.due_at) if task.due_at else ""
    if task.state is not EntryState.LATE or task.due_at is None:
        return _("Due %(at)s,", at=at), days_left(task.due_at, now) if task.due_at else "", ""
    late = days_late(task.due_at, now)
    if task.open:
        return (
            _("Was due %(at)s,", at=at),
            _("late: %(how)s", how=late),
            _("Blank cells can still be entered."),
        )
    return _locked_text(task, at)


def _locked_text(task: Task, due_at: str) -> tuple[str, str, str]:
    """Who keeps a late task's cells locked, which may be a unit above the one whose deadline it was."""
    first = next(c for c in task.sheet.columns if c.column == task.columns[0])
    shut = first.limit.shut
    unit, since, until = (shut.unit_name, shut.since, shut.until) if shut else ("", None, None)
    unit = unit or task.unit_name
    after = (
        _("The lock ends at %(at)s.", at=weekday_time(until))
        if until
        else _("To go on, ask the leaders of %(unit)s to open it again.", unit=unit)
    )
    return _("%(unit)s locked it at", unit=unit), weekday_time(since) if since else due_at, after


def task_button(task: Task) -> str:
    """What pressing it does."""
    if task.state is EntryState.LATE and not task.open:
        return _("Look at the sheet")
    if task.group is ColumnGroup.COMMENT:
        return _("Write comments")
    return _("Start entering") if task.filled == 0 else _("Go on entering")


def task_icon(task: Task) -> str:
    """The sign in front of a task."""
    if task.state is EntryState.LATE:
        return "fa-clock" if task.open else "fa-lock"
    return "fa-comment" if task.group is ColumnGroup.COMMENT else "fa-pen"


# -- states -------------------------------------------------------------------------------------------------------


def group_css(group: GroupProgress, now: datetime) -> str:
    """Colour of a meter: quiet until it matters."""
    if group.state is EntryState.LATE:
        return "is-bad"
    soon = group.state is EntryState.DUE and group.due_at is not None and group.due_at - now <= SOON
    return "is-warn" if soon else ""


def sheet_tag(sheet: SheetProgress, now: datetime) -> Tag:
    """A sheet's state in a word or two."""
    state = sheet.state
    if state is EntryState.DONE:
        return Tag("is-ok", "fa-check", _("Full"))
    if state is EntryState.NOT_YET:
        return Tag("", "fa-hourglass", _("Not open yet"))
    worst = [g for g in sheet.groups.values() if g.columns and g.state is state]
    if state is EntryState.LATE:
        locked = not any(g.open for g in worst)
        return (
            Tag("is-bad", "fa-lock", _("Missing, locked")) if locked else Tag("is-bad", "fa-clock", _("Late"))
        )
    soon = any(g.due_at is not None and g.due_at - now <= SOON for g in worst)
    return Tag("is-warn" if soon else "", "fa-pen", _("Being entered"))


def need_tag(line: SchoolLine) -> Tag:
    """How much attention a school needs."""
    tags = {
        Need.NOW: Tag("is-bad", "fa-circle-exclamation", _("Look at once")),
        Need.WATCH: Tag("is-warn", "fa-clock", _("Watch")),
        Need.FINE: Tag("is-ok", "fa-check", _("On schedule")),
        Need.NO_BOOK: Tag("", "fa-minus", _("No gradebook yet")),
    }
    return tags[line.need]


def need_reason(line: SchoolLine) -> str:
    """Why a school needs attention, in one line."""
    if line.need is Need.NO_BOOK:
        return _("No sheet of marks in this term")
    parts = []
    if line.late_sheets:
        parts.append(_("%(n)s of %(total)s sheets late", n=line.late_sheets, total=line.sheets))
    if line.behind:
        parts.append(_("%(percent)s of the term's cells behind schedule", percent=percent(line.behind)))
    return "; ".join(parts)


def late_books(teacher: TeacherProgress) -> list[tuple[SheetProgress, str]]:
    """A late teacher's sheets, each with the columns that are late."""
    return [(sheet, late_columns(sheet, [c.column for c in columns])) for sheet, columns in teacher.late]


def late_columns(sheet: SheetProgress, columns: Sequence[str]) -> str:
    """The columns of a sheet that are late, in few words."""
    if sheet.form in _SCORED:
        return columns_title(columns)
    return ", ".join(group_title(ColumnGroup(column), sheet.form) for column in columns)


def teacher_names(sheet: SheetProgress) -> str:
    """Who teaches it, the one in charge first."""
    return ", ".join(dict.fromkeys(t.full_name for t in sheet.teachers)) or _("nobody assigned")


def chart(label: str, rows: Iterable[tuple[str, int, int | None, bool]], **texts: Any) -> dict[str, Any]:
    """Data of a bar chart: (label, permille filled, permille planned, behind); what `charts.js` reads."""
    rows = list(rows)
    return {
        "label": label,
        "labels": [name for name, *_rest in rows],
        "filled": [value / 10 for _name, value, *_rest in rows],
        "plan": [plan / 10 if plan is not None else None for _n, _v, plan, _b in rows],
        "low": [low for *_rest, low in rows],
        "texts": {"plan": _("schedule"), "filled": _("filled"), **texts},
    }
