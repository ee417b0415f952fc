"""Attendance: a class's day on a phone, its month as a grid, a term beside the book, a student's year."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.attendance import EXCUSED, THERE, UNEXCUSED, code_of, column_of, day_of, read_days
from app.domain.corrections import Place
from app.errors import Forbidden, HocVuError, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import SchoolClass
from app.security import request_clock
from app.services import scope
from app.services.attendance import AttendanceBook, AttendanceLine, AttendancePage, load_book, read_page
from app.services.attendance_counts import take_over, term_counts
from app.services.attendance_entry import DayEdit, enter_attendance
from app.services.attendance_lists import classes_on, student_attendance
from app.services.clock import local_day
from app.views import attendance_texts as words
from app.views.base import PageView, actor, menu, require, tell, today
from app.views.correction_form import ask_url
from app.views.lock_texts import leaving_text, reason_line, verdict_line
from app.views.notes import near_class
from app.views.sheet_saving import request_id
from app.web import current_period, vn_time

SIGNS = (EXCUSED, UNEXCUSED)


@dataclass
class Typed:
    """What a refused form holds: the message above, marks by student and day, and what is wrong with each."""

    message: str = ""
    marks: dict[tuple[int, int], str] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


class AttendanceView(PageView):
    """Điểm danh."""

    route_base = "/attendance"
    default_view = "index"
    # Writing is asked for again by the verb: who may only read sees the same pages without their forms.
    rights: ClassVar = {
        "can_index": Action.ATTENDANCE_VIEW,
        "can_day": Action.ATTENDANCE_VIEW,
        "can_month": Action.ATTENDANCE_VIEW,
        "can_term": Action.ATTENDANCE_VIEW,
        "can_take": Action.SHEET_ENTER,
        "can_student": Action.ATTENDANCE_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """One's own classes today; for leaders, boards, office and inspectors every class of the school."""
        period = current_period()
        unit_id = request.args.get("unit", type=int) or actor().unit_id
        day = _asked_day() or today()
        rooms: Any = ()
        if period is not None:
            reach = [scope.condition(actor(), SchoolClass, today()), SchoolClass.unit_id == unit_id]
            if not may(actor(), Action.ATTENDANCE_VIEW, Target(unit=actor().relation_to(unit_id))):
                reach.append(SchoolClass.id.in_(scope.taught_class_ids(actor())))
            rooms = classes_on(db.session(), reach, period.year_id, day)
        return self.render_template(
            "attendance/index.html",
            title=_("Attendance"),
            period=period,
            rooms=rooms,
            day=day,
            unit_id=request.args.get("unit", type=int),
            words=words,
        )

    @expose("/day/<int:class_id>", methods=["GET", "POST"])
    @has_access
    def day(self, class_id: int) -> Any:
        """Everybody of the class on one day: who is absent, with leave or without."""
        book, day = _book(class_id), _asked_day()
        typed, status = Typed(), 200
        if request.method == "POST" and day is not None:
            refused = _save(book, code_of(day), _day_edits(day), [day.day])
            if refused is None:
                return redirect(url_for("AttendanceView.day", class_id=class_id, day=day.isoformat()), 303)
            typed, status = _explained(refused, _day_edits(day)), refused.status
            db.session().expire_all()
        return self._day_page(book, day, typed), status

    def _day_page(self, book: AttendanceBook, asked: date | None, typed: Typed) -> str:
        now = request_clock()()
        if asked is None:
            asked = _latest(book, local_day(now))
        page = read_page(db.session(), book, code_of(asked), now)
        if asked.day not in page.month.days:
            return self.render_template(
                "attendance/none.html", title=_title(book), book=book, page=page, day=asked, words=words
            )
        lines = [line for line in page.lines if line.here(asked)]
        return self.render_template(
            "attendance/day.html",
            **_facts(page, typed, [asked.day]),
            day=asked,
            present=lines,
            missed=page.missed_on(asked.day),
            calling=page.callings.get(asked.day),
            state=page.state(asked.day),
            verdict=verdict_line(page.state(asked.day)),
            before=_neighbour(book, asked, -1, local_day(now)),
            after=_neighbour(book, asked, 1, local_day(now)),
        )

    @expose("/month/<int:class_id>", methods=["GET", "POST"])
    @has_access
    def month(self, class_id: int) -> Any:
        """The grid of a month."""
        book, code = _book(class_id), request.values.get("month")
        typed, status = Typed(), 200
        if request.method == "POST" and code:
            edits = _month_edits()
            refused = _save(book, code, edits, _called_days())
            if refused is None:
                return redirect(url_for("AttendanceView.month", class_id=class_id, month=code), 303)
            typed, status = _explained(refused, edits), refused.status
            db.session().expire_all()
        page = read_page(db.session(), book, code, request_clock()())
        began = [month for month in book.months if month.first <= local_day(page.now)]
        states = {state.open: state for state in page.states.values()}
        state = states.get(True) or next(iter(states.values()))
        return self.render_template(
            "attendance/month.html",
            **_facts(page, typed, page.begun),
            began=began,
            days=sorted(page.month.days),
            state=state,
            verdict=verdict_line(state),
        ), status

    @expose("/term/<int:class_id>")
    @has_access
    def term(self, class_id: int) -> Any:
        """A term's sums beside the counts in the homeroom teacher's book."""
        book = _book(class_id)
        term = _asked_term()
        found = term_counts(db.session(), book.school_class, term, today())
        sheet = found.sheet
        return self.render_template(
            "attendance/term.html",
            title=_title(book),
            book=book,
            found=found,
            term=term,
            words=words,
            may_take=sheet is not None
            and book.target.homeroom
            and may(actor(), Action.SHEET_ENTER, Target(book.target.unit, teaches=book.target.homeroom)),
        )

    @expose("/term/<int:class_id>/take", methods=["POST"])
    @has_access
    def take(self, class_id: int) -> Any:
        """Take the sums over into the book."""
        term = _asked_term()
        try:
            cells = take_over(actor(), class_id, term, clock=request_clock())
            flash(_("%(n)s counts taken over from attendance.", n=cells), "success")
        except (Invalid, Locked, Stale, Forbidden) as error:
            flash(tell(error), "danger")
        return redirect(url_for("AttendanceView.term", class_id=class_id, term=term), 303)

    @expose("/student/<int:student_id>")
    @has_access
    def student(self, student_id: int) -> Any:
        """What one student missed in the chosen year, in every class and school."""
        period = current_period()
        found = student_attendance(
            db.session(), actor(), student_id, period.year_id if period else None, today()
        )
        require(Action.ATTENDANCE_VIEW, found.target)
        return self.render_template(
            "attendance/student.html", title=found.student.full_name, found=found, period=period, words=words
        )


def class_link(room: SchoolClass, teachers: Iterable[Any]) -> str | None:
    """Where a class's attendance is, for whoever may read it; `teachers`: assignments to it, ended ones among them."""
    if not may(actor(), Action.ATTENDANCE_VIEW, near_class(room, teachers)):
        return None
    return url_for("AttendanceView.day", class_id=room.id)


def _book(class_id: int) -> AttendanceBook:
    book = load_book(db.session(), actor(), class_id, today())
    require(Action.ATTENDANCE_VIEW, book.target)
    return book


def _title(book: AttendanceBook) -> str:
    return _("Attendance of class %(name)s", name=book.school_class.name)


def _asked_day() -> date | None:
    """The day of the address; None without one. Raises NotFound for text that is none."""
    text = request.values.get("day")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound from error


def _asked_term() -> int:
    period = current_period()
    term = request.values.get("term", type=int) or (period.term if period else 1)
    if term not in (1, 2):
        raise NotFound
    return term


def _latest(book: AttendanceBook, day: date) -> date:
    """The last school day up to a day; the first of the year before it has begun."""
    days = [month.on(number) for month in book.months for number in month.days]
    if not days:
        raise NotFound
    return max((found for found in days if found <= day), default=days[0])


def _neighbour(book: AttendanceBook, day: date, step: int, last: date) -> date | None:
    """The school day before or after, up to today."""
    days = [found for month in book.months for number in month.days if (found := month.on(number)) <= last]
    near = [found for found in days if (found < day if step < 0 else found > day)]
    return (max(near) if step < 0 else min(near)) if near else None


def _save(book: AttendanceBook, month: str, edits: list[DayEdit], called: Iterable[int]) -> HocVuError | None:
    """Save the form; the refusal that is shown, or None with a message for the next page."""
    try:
        saved = enter_attendance(
            actor(),
            book.school_class.id,
            month,
            edits,
            called=list(called),
            clock=request_clock(),
            request_id=request_id(request.form),
        )
    except (Invalid, Stale, Locked, Forbidden) as error:
        return error
    text = _("Attendance saved at %(time)s.", time=vn_time(saved.saved_at, True)[-8:])
    flash(text if saved.changed or saved.called else _("Nothing has changed."), "success")
    return None


def _day_edits(day: date) -> list[DayEdit]:
    """Students whose day differs from what the form was drawn from."""
    edits = []
    for student, old in _fields("old"):
        sent = [request.form.get(f"m-{student}-{place}", "") or THERE for place in (0, 1)]
        sessions = 2 if f"m-{student}-1" in request.form else 1
        new = "".join(sent[:sessions]).strip() if set(sent[:sessions]) != {THERE} else ""
        if new != old:
            edits.append(DayEdit(int(student), day.day, old or None, new or None))
    return edits


def _month_edits() -> list[DayEdit]:
    """Cells that differ from what the grid was drawn from."""
    edits = []
    for student, kept in _fields("old"):
        drawn = read_days(kept)
        prefix = f"c-{student}-"
        for key, value in request.form.items():
            number = key.removeprefix(prefix)
            if number == key or (day := day_of(f"day_{number}")) is None:
                continue
            old, new = drawn.get(day), value.strip().upper() or None
            if new != old:
                edits.append(DayEdit(int(student), day, old, new))
    return edits


def _called_days() -> list[int]:
    """Days the form offers to be called complete, where that is ticked."""
    if "complete" not in request.form:
        return []
    return [
        day for text in request.form.get("days", "").split() if (day := day_of(f"day_{text}")) is not None
    ]


def _fields(name: str) -> list[tuple[str, str]]:
    """(student, value) of the form's fields of a name."""
    found = []
    for key, value in request.form.items():
        number = key.removeprefix(f"{name}-")
        if number != key and number.isdecimal() and len(number) <= 18:
            found.append((number, value))
    return found


def _explained(error: HocVuError, edits: Iterable[DayEdit]) -> Typed:
    """A refusal beside the days it is about, with everything that was typed."""
    typed = Typed(tell(error), {(edit.student_id, edit.day): edit.new or "" for edit in edits})
    for problem in getattr(error, "problems", ()):
        typed.errors[problem.student_id, day_of(problem.column) or 0] = _(problem.reason)
    if isinstance(error, Locked):
        for cell in error.reasons:
            typed.errors[cell.student_id, day_of(cell.column) or 0] = reason_line(
                cell.reasons[0], _("Attendance")
            )
    if isinstance(error, Stale):
        for clash in error.conflicts:
            typed.errors[clash.student_id, day_of(clash.column) or 0] = _(
                "%(by)s noted at %(at)s: %(mark)s",
                by=clash.by,
                at=vn_time(clash.at),
                mark=words.mark_words(clash.theirs),
            )
    return typed


def _facts(page: AttendancePage, typed: Typed, days: Iterable[int]) -> dict[str, Any]:
    """What both forms are drawn from."""
    book = page.book
    may_enter = may(actor(), Action.ATTENDANCE_ENTER, book.entry_target)
    writable = {
        (line.student_id, day)
        for line in page.lines
        for day in days
        if may_enter and line.here(page.month.on(day)) and not page.reasons(line, day)
    }
    asks = may(actor(), Action.CORRECTION_REQUEST, book.entry_target)
    return {
        "title": _title(book),
        "page": page,
        "book": book,
        "words": words,
        "typed": typed,
        "signs": SIGNS,
        "writable": writable,
        "may_enter": may_enter,
        "leaving": leaving_text(page.policies) if writable else "",
        "ask": _asker(page) if asks else None,
        "request_id": str(uuid4()),
    }


def _asker(page: AttendancePage) -> Any:
    """Where a correction of a student's locked day is asked for; None for a day that is open."""

    def ask(line: AttendanceLine, day: int) -> str | None:
        if not page.reasons(line, day) or not line.here(page.month.on(day)):
            return None
        return ask_url(
            Place.ATTENDANCE,
            page.book.school_class.id,
            line.student_id,
            column_of(day),
            topic=page.month.code,
        )

    return ask


def register(appbuilder: Any) -> None:
    """The menu entry and its pages."""
    menu(
        appbuilder,
        AttendanceView,
        "Attendance",
        icon="fa-clipboard-user",
        label=lazy_gettext("Attendance"),
        action=Action.ATTENDANCE_VIEW,
    )
