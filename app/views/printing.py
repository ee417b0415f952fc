"""Printing: one subject at once, a whole class book as a job with a progress bar, the jobs of the account."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any, ClassVar

from flask import current_app, flash, jsonify, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app import jobs
from app.domain.access import Action, Target, may, may_ever
from app.domain.vocabulary import Role, Tier
from app.errors import Forbidden, Invalid
from app.extensions import db
from app.models import PrintJob, SchoolClass, Student
from app.reports.book_catalogue import TEACHER_BOOK
from app.reports.catalogue import CATALOGUE, forms_for, teacher_forms, unit_forms
from app.reports.contexts import PrintPurpose
from app.reports.form import YEAR, DrawnFor, Form
from app.security import request_clock
from app.services import former, print_jobs, print_orders, printing, scope
from app.services.job_rows import JobState
from app.services.print_orders import PrintOrder
from app.views import form_texts
from app.views.base import PageView, actor, menu, tell, today
from app.web import current_period

POLL_SECONDS = 2
LONG_SECONDS = 90
PARTS = {1: "1", 2: "2", YEAR: "year"}
"""What a term is called in the order."""
DOOR = Action.CLASS_VIEW
"""Every member of staff passes the door, to be told there why printing is the school's alone (S0 Điều 12 khoản 3)."""


class PrintView(PageView):
    """In sổ: official prints of the school."""

    route_base = "/print"
    default_view = "index"
    rights: ClassVar = {
        f"can_{name}": DOOR for name in ("index", "sheet", "order", "job", "state", "cancel", "file")
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Choose a form and what it is printed of; one's jobs below."""
        _demand_printer()
        return self._index(request.args)

    def _index(self, chosen: Mapping[str, str], refusal: Invalid | None = None) -> Any:
        period = current_period()
        session, day, now = db.session(), today(), request_clock()()
        classes = printing.printable_classes(session, actor(), period.year_id, day) if period else []
        teachers = print_orders.printable_teachers(session, actor(), period.year_id) if period else []
        student = _student(chosen.get("student_id", ""), day)
        kinds = (DrawnFor.STUDENT,) if student else tuple(DrawnFor)
        groups = _groups(classes, [key for key, _name in teachers], kinds)
        wanted = _wanted(groups, chosen.get("form", ""))
        return self.render_template(
            "printing/index.html",
            title=_("Printing"),
            period=period,
            classes=classes,
            groups=groups,
            label_of=form_texts.labels(form for _name, some in groups for form in some),
            wanted=wanted,
            parts_of=_parts,
            part=_part(wanted, chosen.get("part", ""), period.term) if wanted and period else "",
            chosen=chosen,
            teachers=teachers,
            student=student,
            purposes=_purposes(student),
            purpose_title=form_texts.purpose_title,
            jobs=[_facts(job, now) for job in print_orders.my_jobs(session, actor())],
            refusal=tell(refusal) if refusal else None,
            may_register=may_ever(actor(), Action.PRINT_REGISTER),
        )

    @expose("/sheet/<int:sheet_id>.pdf")
    @has_access
    def sheet(self, sheet_id: int) -> Any:
        """One subject in one term, shown in the browser."""
        made = printing.print_sheet(
            actor(), sheet_id, clock=request_clock(), site=request.host_url.rstrip("/")
        )
        return _pdf(made.pdf, made.name)

    @expose("/order", methods=["POST"])
    @has_access
    def order(self) -> Any:
        """Ask for a print and go to its page; or, with `choose`, see what the chosen form asks for."""
        _demand_printer()
        if request.form.get("choose"):
            return self._index(request.form)
        try:
            wanted = _order(request.form)
            job_id = print_orders.create_job(
                actor(), wanted, clock=request_clock(), site=request.host_url.rstrip("/")
            )
        except Invalid as error:
            return self._index(request.form, error), error.status
        jobs.jobs().make_print(job_id)
        return redirect(url_for("PrintView.job", job_id=job_id))

    @expose("/jobs/<int:job_id>")
    @has_access
    def job(self, job_id: int) -> Any:
        """How far a job is; what to do with it."""
        facts = _facts(_own_job(job_id), request_clock()())
        return self.render_template(
            "printing/job.html", title=facts["title"], job=facts, seconds=POLL_SECONDS
        )

    @expose("/jobs/<int:job_id>/state")
    @has_access
    def state(self, job_id: int) -> Any:
        """The same for the page's script."""
        facts = _facts(_own_job(job_id), request_clock()())
        return jsonify({key: facts[key] for key in ("over", "done", "total", "text")})

    @expose("/jobs/<int:job_id>/cancel", methods=["POST"])
    @has_access
    def cancel(self, job_id: int) -> Any:
        """Stop a job."""
        try:
            print_orders.cancel_job(actor(), job_id, clock=request_clock())
            flash(_("The print was stopped. Nothing of it is kept."), "success")
        except Invalid as error:
            flash(tell(error), "warning")
        return redirect(url_for("PrintView.job", job_id=job_id))

    @expose("/jobs/<int:job_id>/file.pdf")
    @has_access
    def file(self, job_id: int) -> Any:
        """The finished book."""
        content, name = print_orders.fetch_file(actor(), job_id, jobs.jobs().prints, clock=request_clock())
        return _pdf(content, name)


def _demand_printer() -> None:
    """Offices, inspectors and whoever prints nothing are told why."""
    who = actor()
    if not may_ever(who, Action.BOOK_PRINT):
        outside = who.tier is not Tier.SCHOOL or Role.INSPECTOR in who.roles
        raise Forbidden(printing.AT_THE_SCHOOL if outside else printing.NOT_YOURS)


def _order(form: Mapping[str, str]) -> PrintOrder:
    """What the form asks for. Raises Invalid where something was not chosen."""
    part, purpose = form.get("part", ""), form.get("purpose", PrintPurpose.REGULAR.value)
    found = CATALOGUE.get(form.get("form", print_orders.CLASS_BOOK))
    if found is None:
        raise Invalid(print_orders.CHOOSE_FORM)
    whole = found.drawn_for in (DrawnFor.UNIT, DrawnFor.TEACHER)
    class_id = None if whole else _number(form.get("class_id", ""))
    if class_id is None and not whole:
        raise Invalid(print_orders.CHOOSE_CLASS)
    if found.periods and part not in PARTS.values():
        raise Invalid(print_orders.CHOOSE_TERM)
    if purpose not in list(PrintPurpose):
        raise Invalid(print_orders.CHOOSE_PURPOSE)
    period = current_period()
    return PrintOrder(
        class_id=class_id,
        term=int(part) if part in ("1", "2") and found.periods else None,
        purpose=PrintPurpose(purpose),
        form=found.code,
        student_id=_number(form.get("student_id", "")),
        year_id=period.year_id if whole and period else None,
        teacher_id=_number(form.get("teacher_id", "")) if found.drawn_for is DrawnFor.TEACHER else None,
        copies=_number(form.get("copies", "1")) or 0,
        recipient=form.get("recipient", "").strip()[:120],
        basis=form.get("basis", "").strip()[:300],
    )


def _number(text: str) -> int | None:
    """A number of the address or form; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _student(text: str, day: date) -> Student | None:
    """The student a print is of alone, within reach; NotFound for anybody else's."""
    number = _number(text)
    if number is None:
        return None
    session = db.session()
    if former.is_former(session, actor(), number):
        return session.get_one(Student, number)
    return scope.get(session, actor(), Student, number, day)


def _groups(
    classes: Sequence[SchoolClass], teachers: Sequence[int], kinds: Sequence[DrawnFor]
) -> list[tuple[str, list[Form]]]:
    """Forms of these kinds by what they are about: those some class has, a teacher's, and the school's own."""
    codes = {
        form.code
        for room in classes
        for form in forms_for(room.circular, room.school_year.start_year, room.grade)
    }
    if may(actor(), Action.BOOK_PRINT, Target()):
        governed = {room.circular for room in classes}
        codes |= {form.code for form in unit_forms() if not form.circulars or form.circulars & governed}
        codes |= {form.code for form in teacher_forms() if teachers}
    elif teachers:
        codes.add(TEACHER_BOOK.code)
    known = [form for form in CATALOGUE.values() if form.code in codes]
    grouped = (
        (name, [form for form in known if form.drawn_for is kind])
        for kind, name in form_texts.kinds()
        if kind in kinds
    )
    return [(name, found) for name, found in grouped if found]


def _wanted(groups: Sequence[tuple[str, Sequence[Form]]], code: str) -> Form | None:
    """The form that is chosen, the first one until one is; None where there is nothing to print."""
    known = [form for _name, some in groups for form in some]
    return next((form for form in known if form.code == code), known[0] if known else None)


def _parts(form: Form) -> list[str]:
    """The terms a form is printed for, as the page sends them."""
    return [PARTS[period] for period in form.periods]


def _part(form: Form, chosen: str, term: int) -> str:
    """The term that is ticked: the one chosen, else the current one, else the last the form has."""
    offered = _parts(form)
    return next((part for part in (chosen, str(term)) if part in offered), offered[-1] if offered else "")


def _purposes(student: Student | None) -> list[tuple[PrintPurpose, str]]:
    """What may be printed for, each with when; a record is issued to one student (S0 Điều 9)."""
    found = [
        (PrintPurpose.REGULAR, _("inspection and daily management")),
        (PrintPurpose.PERIODIC, _("the end of a term or of the year, from the closed book")),
    ]
    if student is not None and may(actor(), Action.RECORD_ISSUE, Target()):
        found.append((PrintPurpose.ISSUED, _("given to the student on an application")))
    return found


def _own_job(job_id: int) -> PrintJob:
    _demand_printer()
    return scope.get(db.session(), actor(), PrintJob, job_id, today())


def _pdf(content: bytes, name: str) -> Any:
    """Shown in the browser, and kept by none: send_file would let it be stored."""
    answer = send_file(BytesIO(content), mimetype="application/pdf", download_name=f"{name}.pdf")
    answer.headers["Cache-Control"] = "no-store"
    return answer


# -- a job as its pages show it ----------------------------------------------------------------------------------

TAGS = {
    JobState.WAITING: ("is-info", "fa-regular fa-clock", lazy_gettext("waiting")),
    JobState.RUNNING: ("is-info", "fa-solid fa-print", lazy_gettext("being printed")),
    JobState.DONE: ("is-ok", "fa-solid fa-check", lazy_gettext("printed")),
    JobState.FAILED: ("is-bad", "fa-solid fa-triangle-exclamation", lazy_gettext("not printed")),
    JobState.CANCELLED: ("is-lock", "fa-solid fa-ban", lazy_gettext("stopped")),
}
EXPIRED = ("is-lock", "fa-solid fa-box-archive", lazy_gettext("no longer kept"))


def _facts(job: PrintJob, now: datetime) -> dict[str, Any]:
    state = JobState(job.state)
    kept = state is JobState.DONE and job.file is not None and now < job.expires_at
    return {
        "id": job.id,
        "title": job.title,
        "number": job.params.get("label", ""),
        "purpose": form_texts.purpose_title(job.params.get("purpose", PrintPurpose.REGULAR)),
        "over": state.over,
        "failed": state is JobState.FAILED,
        "tag": EXPIRED if state is JobState.DONE and not kept else TAGS[state],
        "text": _text(job, state, kept, now),
        "done": job.done,
        "total": job.total,
        "kept": kept,
        "created_at": job.created_at,
        "expires_at": job.expires_at if kept else None,
    }


def _text(job: PrintJob, state: JobState, kept: bool, now: datetime) -> str:
    """Where the job stands, in one or two sentences."""
    if state is JobState.WAITING:
        return _and_leave(_("Waiting for its turn."))
    if state is JobState.RUNNING:
        return _running(job, now)
    if state is JobState.DONE:
        return (
            _("Printed: it can be opened now.")
            if kept
            else _("This print is no longer kept. Start it again.")
        )
    if state is JobState.CANCELLED:
        return _("The print was stopped. Nothing of it is kept.")
    message, values = job.message or print_jobs.BROKEN, job.params.get("message")
    return _(message) % values if values else _(message)


def _running(job: PrintJob, now: datetime) -> str:
    if job.beat_at is not None and now - job.beat_at > print_jobs.SILENT:
        return _and_leave(_("The print was interrupted and goes on by itself within a minute."))
    if not job.total or not job.done:
        return _and_leave(_("Reading the class."))
    if job.done == job.total:
        return _("All %(n)s parts are printed; putting them together.", n=job.total)
    seconds = int((now - job.created_at).total_seconds() * (job.total - job.done) / job.done) + 1
    left = (
        _("about %(n)s seconds", n=seconds)
        if seconds < LONG_SECONDS
        else _("about %(n)s minutes", n=seconds // 60 + 1)
    )
    progress = _(
        "%(done)s of %(total)s parts printed, %(left)s to go.", done=job.done, total=job.total, left=left
    )
    return _and_leave(progress)


def _and_leave(text: str) -> str:
    leave = _("You may leave this page; a notice tells when it is printed.")
    return f"{text} {leave}"


def register(appbuilder: Any) -> None:
    """Printing in the menu; the application gets its queue."""
    jobs.install(current_app._get_current_object())
    menu(
        appbuilder,
        PrintView(),
        "Printing",
        icon="fa-print",
        action=Action.BOOK_PRINT,
        label=lazy_gettext("Printing"),
    )
