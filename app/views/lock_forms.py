"""What the lock forms send, read field by field: a time that can't be read keeps its text and says why."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.domain.dates import BadDate, parse_date
from app.domain.lock_calendar import after_test, start_of_day
from app.domain.vocabulary import REGULAR_COLUMNS, WINDOW_COLUMNS, Book, WindowEffect, WindowMode
from app.errors import N_, HocVuError
from app.services.clock import VIETNAM
from app.services.lock_checks import UNKNOWN_CHOICE, NewWindow
from app.services.lock_orders import FieldProblem
from app.views.base import tell

W = TypeVar("W", bound=StrEnum)
Errors = dict[str, str]
Values = MultiDict[str, str]

NOT_A_TIME = N_("Write the day and the time as in 13/11/2026 17:00.")
TEST_DAYS = N_("Write how many days after the test, from 0 to %(n)s.")
MOST_TEST_DAYS = 60
NOT_A_CLOCK = N_("Write the time as in 17:00.")
REQUIRED = N_("This field is required.")
ANSWER_FIRST = N_("Choose one of the two answers. Nothing was saved.")

ALL_REGULAR = "regular"
"""The form's tick for every column of regular scores."""

NOBODY = 0
"""No person's id."""

_LISTS = ("grades", "class_ids", "unit_ids", "subject_ids", "student_ids")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_CLOCK = re.compile(r"(\d{1,2})\s*(?::|h|giờ)\s*(\d{2})?")


class Unreadable(ValueError):
    """The text is no day or time. `message` is a msgid, `params` fill it."""

    def __init__(self, message: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    def tell(self) -> str:
        """What is wrong, in the reader's language."""
        text = _(self.message)
        return text % self.params if self.params else text


def parse_day(text: str) -> date:
    """13/11/2026, 13-11-2026 or 2026-11-13. Raises Unreadable."""
    try:
        return parse_date(text)
    except BadDate as error:
        raise Unreadable(error.message, error.params) from error


def parse_clock(text: str) -> timedelta:
    """17:00, 17h00, 17h or 24:00, as time since midnight. Raises Unreadable."""
    found = _CLOCK.fullmatch(text.strip().lower())
    hours, minutes = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    since = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or since > timedelta(hours=24):
        raise Unreadable(NOT_A_CLOCK)
    return since


def parse_moment(text: str, *, ending: bool = False) -> datetime:
    """A day and a time in either order; the day alone means its beginning, or for an end 24:00. Raises Unreadable."""
    day = _DAY.search(text)
    if day is None:
        raise Unreadable(NOT_A_TIME)
    rest = (text[: day.start()] + " " + text[day.end() :]).replace("ngày", " ").strip(" ,")
    since = parse_clock(rest) if rest else timedelta(hours=24 if ending else 0)
    return start_of_day(parse_day(day[0])) + since


def moment_text(moment: datetime, *, ending: bool = False) -> str:
    """How the form shows a time: 13/11/2026 17:00; an end at midnight as 24:00 of the day before."""
    local = moment.astimezone(VIETNAM)
    if ending and local.time() == time():
        return f"{local - timedelta(days=1):%d/%m/%Y} 24:00"
    return f"{local:%d/%m/%Y %H:%M}"


# -- the window form ---------------------------------------------------------------------------------------------


def read_window(form: Values, school_year_id: int, now: datetime) -> tuple[NewWindow | None, Errors]:
    """The window as ordered, or what is wrong with each field that can't be read."""
    errors: Errors = {}
    effect = _word(WindowEffect, form, "effect", errors)
    shut = effect is WindowEffect.SHUT  # nothing of it says what happens when an opening ends
    mode = WindowMode.WHOLE_BOOK if shut else _word(WindowMode, form, "mode", errors)
    book = _word(Book, form, "book", errors)
    opens_at, closes_at = read_span(form, errors, now)
    term = form.get("term", "")
    if term not in ("", "1", "2"):
        errors["term"] = _(UNKNOWN_CHOICE)
    numbers = {name: read_numbers(form, name, errors) for name in _LISTS}
    sheet_id = _one(read_numbers(form, "sheet_id", errors), "sheet_id", errors)
    if errors or effect is None or mode is None or book is None or opens_at is None:
        return None, errors | _blank_texts(form)
    return (
        NewWindow(
            school_year_id=school_year_id,
            title=form.get("title", ""),
            reason=form.get("reason", ""),
            effect=effect,
            mode=mode,
            opens_at=opens_at,
            closes_at=closes_at,
            term=int(term) if term else None,
            book=book,
            columns=read_columns(form),
            levels=tuple(form.getlist("levels")),
            **numbers,
            sheet_id=sheet_id,
            ordered_by_id=read_leader(form),
            announce="announce" in form,
        ),
        {},
    )


def read_span(form: Values, errors: Errors, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when to when: as typed, or from a test's day to some days after it (`lock_calendar.after_test`)."""
    typed = form.get("test_on", "").strip()
    if not typed:
        return read_moment(form, "opens_at", errors), read_moment(
            form, "closes_at", errors, ending=True, optional=True
        )
    days = form.get("test_days", "").strip()
    if not days.isdecimal() or not 0 <= int(days) <= MOST_TEST_DAYS:
        errors["test_days"] = _(TEST_DAYS) % {"n": MOST_TEST_DAYS}
        return None, None
    try:
        opens_at, closes_at = after_test(parse_day(typed), int(days))
        return max(opens_at, now), closes_at
    except Unreadable as error:
        errors["test_on"] = error.tell()
        return None, None


def _blank_texts(form: Values) -> Errors:
    """The service looks at texts later; name the blank ones in the same answer."""
    return {name: _(REQUIRED) for name in ("title", "reason") if not form.get(name, "").strip()}


def read_moment(
    form: Values, name: str, errors: Errors, *, ending: bool = False, optional: bool = False
) -> datetime | None:
    """The time in a field; notes what is wrong with it."""
    text = form.get(name, "").strip()
    if not text:
        if not optional:
            errors[name] = _(REQUIRED)
        return None
    try:
        return parse_moment(text, ending=ending)
    except Unreadable as error:
        errors[name] = error.tell()
        return None


def read_columns(form: Values) -> tuple[str, ...]:
    """The columns ticked; the tick for all regular scores stands for each of them."""
    ticked = set(form.getlist("columns"))
    if ALL_REGULAR in ticked:
        ticked = (ticked - {ALL_REGULAR}) | set(REGULAR_COLUMNS)
    known = tuple(column for column in WINDOW_COLUMNS if column in ticked)
    return known if ticked <= set(WINDOW_COLUMNS) else (*known, "?")


def read_numbers(form: Values, name: str, errors: Errors) -> tuple[int, ...]:
    """Ids ticked. Anything else is noted as wrong: left out, it would widen the window to all of them."""
    texts = [text for text in form.getlist(name) if text]
    known = tuple(int(text) for text in texts if re.fullmatch(r"[0-9]{1,9}", text))
    if len(known) < len(texts):
        errors[name] = _(UNKNOWN_CHOICE)
    return known


def _one(numbers: tuple[int, ...], name: str, errors: Errors) -> int | None:
    if len(numbers) > 1:
        errors[name] = _(UNKNOWN_CHOICE)
    return next(iter(numbers), None)


def read_leader(form: Values) -> int | None:
    """The person who ordered it, None when nobody was chosen; what can't be read is nobody's id, and so refused."""
    errors: Errors = {}
    chosen = _one(read_numbers(form, "ordered_by", errors), "ordered_by", errors)
    return NOBODY if errors else chosen


def _word(kind: type[W], form: Values, name: str, errors: Errors) -> W | None:
    try:
        return kind(form.get(name, ""))
    except ValueError:
        errors[name] = _(UNKNOWN_CHOICE)
        return None


def errors_of(error: HocVuError) -> Errors:
    """A refusal as the form shows it: the text of each field that is wrong, or one line under no field."""
    found = [problem for problem in getattr(error, "problems", ()) if isinstance(problem, FieldProblem)]
    return {problem.field: field_text(problem) for problem in found} or {"": tell(error)}


def field_text(problem: FieldProblem) -> str:
    """What is wrong with a field, in the reader's language."""
    text = _(problem.message)
    return text % problem.params if problem.params else text
