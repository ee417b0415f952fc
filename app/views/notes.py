"""Teachers' remarks: monthly, on nền nếp, preschool's record; a class a page, a student's year on one page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, ClassVar
from uuid import uuid4

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.assessment.steps import sentence
from app.domain.corrections import Place
from app.domain.notes import NoteKind, Topic, homeroom_kind
from app.errors import Forbidden, HocVuError, Invalid, Locked, Stale
from app.extensions import db
from app.models import SchoolClass, StudentNote
from app.reference import notes_bank
from app.security import request_clock
from app.services import scope
from app.services.clock import local_day
from app.services.notes import WHOLE_CLASS, NoteBook, NotePage, area_codes, load_book, read_page
from app.services.notes_duties import NoteDuty, begun_months, month_figures, own_subjects
from app.services.notes_entry import TEXT, NoteEdit, enter_notes
from app.services.notes_year import StudentYear, YearNote, child_sections, export_development, student_year
from app.views import notes_texts as words
from app.views.base import PageView, actor, menu, require, tell, today
from app.views.correction_form import ask_url
from app.views.file_pages import XLSX
from app.views.lock_texts import column_title, leaving_text, reason_line, verdict_line
from app.views.sheet_saving import request_id
from app.web import current_period, vn_time

LEVELS = {"": None, "yes": True, "no": False}


@dataclass
class Typed:
    """What a refused form holds: texts and levels by student, what is wrong with each, and the message above."""

    message: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    levels: dict[int, bool | None] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    conflicts: dict[int, Any] = field(default_factory=dict)


class NotesView(PageView):
    """Nhận xét của giáo viên."""

    route_base = "/notes"
    default_view = "index"
    # Writing is asked for again by the verb: who may only read sees the same pages without their forms.
    rights: ClassVar = {
        "can_index": Action.NOTE_VIEW,
        "can_monthly": Action.NOTE_VIEW,
        "can_discipline": Action.NOTE_VIEW,
        "can_development": Action.NOTE_VIEW,
        "can_export": Action.NOTE_EXPORT,
        "can_student": Action.NOTE_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """One's own classes and subjects; for leaders, boards and inspectors every class of the school."""
        period, now = current_period(), request_clock()()
        unit_id = request.args.get("unit", type=int) or actor().unit_id
        sees_all = may(actor(), Action.NOTE_VIEW, Target(unit=actor().relation_to(unit_id)))
        rooms: tuple[NoteDuty, ...] = ()
        if period is not None:
            months = begun_months(period, local_day(now))[-1:]
            reach = [scope.condition(actor(), SchoolClass, today()), SchoolClass.unit_id == unit_id]
            if not sees_all:
                reach.append(SchoolClass.id.in_(scope.taught_class_ids(actor())))
            rooms = month_figures(db.session(), reach, period, months, now)
        return self.render_template(
            "notes/index.html",
            title=_("Remarks"),
            period=period,
            rooms=rooms,
            subjects=own_subjects(db.session(), actor(), period.year_id, today()) if period else [],
            words=words,
            kinds=NoteKind,
        )

    @expose("/monthly/<int:class_id>", methods=["GET", "POST"])
    @has_access
    def monthly(self, class_id: int) -> Any:
        """Nhận xét tháng."""
        return self._book(class_id, NoteKind.MONTHLY)

    @expose("/discipline/<int:class_id>", methods=["GET", "POST"])
    @has_access
    def discipline(self, class_id: int) -> Any:
        """Nhận xét nền nếp học tập bộ môn."""
        return self._book(class_id, NoteKind.DISCIPLINE)

    @expose("/development/<int:class_id>", methods=["GET", "POST"])
    @has_access
    def development(self, class_id: int) -> Any:
        """Sổ theo dõi trẻ, one area at a time."""
        return self._book(class_id, NoteKind.DEVELOPMENT)

    @expose("/development/<int:class_id>/export.xlsx")
    @has_access
    def export(self, class_id: int) -> Any:
        """The record of a preschool class's year as a workbook."""
        name, data = export_development(actor(), class_id, clock=request_clock())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)

    @expose("/student/<int:student_id>")
    @has_access
    def student(self, student_id: int) -> Any:
        """Everything teachers remarked on one student in the chosen year."""
        period = current_period()
        year_id = period.year_id if period else None
        found = student_year(db.session(), actor(), student_id, year_id, today())
        require(Action.NOTE_VIEW, found.target)
        return self.render_template(
            "notes/student.html",
            title=found.student.full_name,
            found=found,
            period=period,
            kinds=NoteKind,
            words=words,
            groups=[(kind, _in_order(found, kind)) for kind in NoteKind],
            topic_of=_topic,
            sections=[
                (_(section.heading), [(sentence(step, _), step.article) for step in section.steps])
                for section in child_sections(found, today())
            ],
        )

    def _book(self, class_id: int, kind: NoteKind) -> Any:
        book = load_book(
            db.session(),
            actor(),
            class_id,
            kind,
            today(),
            subject_id=request.values.get("subject", type=int),
            area=request.values.get("area"),
        )
        require(Action.NOTE_VIEW, book.target(actor()))
        typed, status = Typed(), 200
        if request.method == "POST":
            refused = _save(book)
            if refused is None:
                return redirect(_address(book, request.form.get("period", "")), 303)
            typed, status = _explained(refused), refused.status
            db.session().expire_all()
        page = read_page(db.session(), book, request.values.get("period"), request_clock()())
        return self.render_template("notes/book.html", **_page_facts(page, typed)), status


def class_link(room: SchoolClass, teachers: Iterable[Any]) -> str | None:
    """Where a class's remarks are, for whoever may read them; `teachers`: assignments to it, ended ones among them."""
    if not may(actor(), Action.NOTE_VIEW, near_class(room, teachers)):
        return None
    return url_for(f"NotesView.{homeroom_kind(room.level).value}", class_id=room.id)


def near_class(room: SchoolClass, teachers: Iterable[Any]) -> Target:
    """What the reader is to a class with these assignments, ended ones among them."""
    day = today()
    near = any(
        row.person_id == actor().person_id
        and row.starts_on <= day
        and (row.ends_on is None or row.ends_on >= day)
        for row in teachers
    )
    return Target(actor().relation_to(room.unit_id), teaches=near)


def _in_order(found: StudentYear, kind: NoteKind) -> list[YearNote]:
    """Remarks of a kind by time, then as subjects and areas are printed."""
    return sorted(found.of_kind(kind), key=lambda i: (*words.code_order(i.note.period), _place(i.note)))


def _place(note: StudentNote) -> int:
    if note.subject is not None:
        return note.subject.order_no
    return list(words.AREA_NAMES).index(note.area) if note.area in words.AREA_NAMES else 0


def _topic(item: YearNote) -> str:
    """The subject or area a remark is about."""
    return item.note.subject.name if item.note.subject else words.area_title(item.note.area)


def _save(book: NoteBook) -> HocVuError | None:
    """Save the form; the refusal that is shown beside it, or None with a message for the next page."""
    try:
        saved = enter_notes(
            actor(),
            book.school_class.id,
            book.kind,
            request.form.get("period", ""),
            _edits(),
            subject_id=book.subject.id if book.subject else None,
            area=book.area,
            clock=request_clock(),
            request_id=request_id(request.form),
        )
    except (Invalid, Stale, Locked, Forbidden) as error:
        return error
    text = _("%(n)s remarks saved at %(time)s.", n=saved.changed, time=vn_time(saved.saved_at, True)[-8:])
    flash(text if saved.changed else _("Nothing has changed."), "success")
    return None


def _edits() -> list[NoteEdit]:
    """Lines of the form that differ from what it was drawn from; a suggestion counts where nothing was written."""
    edits = []
    for key in request.form:
        number = key.removeprefix("text-")
        if number == key or not number.isdecimal() or len(number) > 18:
            continue
        text, level = typed_line(number)
        edit = NoteEdit(
            int(number),
            request.form.get(f"old-{number}", ""),
            text,
            LEVELS.get(request.form.get(f"was-{number}", "")),
            level,
        )
        keeps_theirs = request.form.get(f"choose-{number}") == "theirs"
        same = (edit.new or "").split() == (edit.old or "").split() and edit.new_reached == edit.old_reached
        if not keeps_theirs and not same:
            edits.append(edit)
    return edits


def typed_line(number: str) -> tuple[str, bool | None]:
    """Text and level of a line as sent; the suggestion picked stands in for a text that is blank."""
    text = request.form.get(f"text-{number}", "").strip() or request.form.get(f"pick-{number}", "")
    return text, LEVELS.get(request.form.get(f"level-{number}", ""))


def _explained(error: HocVuError) -> Typed:
    """A refusal beside the lines it is about, with everything that was typed."""
    typed = Typed(message=tell(error))
    for key in request.form:
        number = key.removeprefix("text-")
        if number != key and number.isdecimal() and len(number) <= 18:
            typed.texts[int(number)], typed.levels[int(number)] = typed_line(number)
    for problem in getattr(error, "problems", ()):
        typed.errors[problem.student_id] = _(problem.reason)
    if isinstance(error, Locked):
        typed.errors |= {
            cell.student_id: reason_line(cell.reasons[0], column_title("comment")) for cell in error.reasons
        }
    if isinstance(error, Stale):
        typed.conflicts = {clash.student_id: clash for clash in error.conflicts}
    return typed


def _address(book: NoteBook, period: str = "") -> str:
    values: dict[str, Any] = {"period": period or None, "area": book.area}
    if book.subject:
        values["subject"] = book.subject.id
    return url_for(f"NotesView.{book.kind.value}", class_id=book.school_class.id, **values)


def _page_facts(page: NotePage, typed: Typed) -> dict[str, Any]:
    book, day = page.book, local_day(page.now)
    begun = [p for p in book.periods if p.starts_on <= day]
    later = next((p for p in begun if p.starts_on > page.period.starts_on), None)
    topic = book.subject.name if book.subject else words.area_title(book.area)
    may_enter = may(actor(), Action.NOTE_ENTER, book.entry_target(actor()))
    asks = _may_ask(book)
    return {
        "leaving": leaving_text(page.policies),
        "title": words.joined(
            (words.kind_title(book.kind), _("class %(name)s", name=book.school_class.name), topic)
        ),
        "page": page,
        "book": book,
        "words": words,
        "typed": typed,
        "begun": begun,
        "areas": area_codes(book.school_class.grade) if book.area else (),
        "before_url": _address(book, page.previous.code) if page.previous else None,
        "later_url": _address(book, later.code) if later else None,
        "here": url_for(f"NotesView.{book.kind.value}", class_id=book.school_class.id),
        "may_enter": may_enter,
        "may_export": book.area is not None and may(actor(), Action.NOTE_EXPORT, book.target(actor())),
        "writable": {
            line.student_id
            for line in page.lines
            if may_enter and not line.reasons and not line.elsewhere and line.present(day)
        },
        "asks": {
            line.student_id: ask_url(
                Place.NOTES,
                book.school_class.id,
                line.student_id,
                TEXT,
                subject_id=book.subject.id if book.subject else None,
                topic=str(Topic(book.kind, page.period.code, book.area)),
            )
            for line in page.lines
            if asks and line.reasons and not line.elsewhere and line.present(day)
        },
        "verdict": verdict_line(page.state),
        "why": reason_line(page.state.reasons[0], column_title("comment")) if page.state.reasons else "",
        "day": day,
        "whole_class": WHOLE_CLASS,
        "suggestions": notes_bank.suggestions(book.kind, book.area),
        "class_suggestions": notes_bank.suggestions(book.kind, of_class=True),
        "request_id": str(uuid4()),
    }


def _may_ask(book: NoteBook) -> bool:
    """True for who enters these remarks, and for the homeroom teacher: they ask for corrections."""
    entry = book.entry_target(actor())
    homeroom = actor().person_id in book.homeroom_ids
    target = Target(entry.unit, teaches=entry.teaches, homeroom=homeroom)
    return may(actor(), Action.CORRECTION_REQUEST, target)


def register(appbuilder: Any) -> None:
    """The menu entry and its pages."""
    menu(
        appbuilder,
        NotesView,
        "Notes",
        icon="fa-comment-dots",
        label=lazy_gettext("Remarks"),
        action=Action.NOTE_VIEW,
    )
