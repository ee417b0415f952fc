"""The record as files: a class's book and a student's record as XML, what came from other schools, and the schema."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Final

from flask import Response, current_app, flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action, Target, may
from app.errors import Forbidden, HocVuError, NotFound
from app.exchange.codec import SCHEMA
from app.extensions import db
from app.models import Student
from app.reference.code_lists import CODE_LISTS
from app.security import request_clock
from app.services import scope
from app.services.exchange import counting, incoming, transfers
from app.services.exchange.files import (
    FORMATS,
    OWN,
    File,
    Format,
    class_file,
    student_file,
)
from app.services.former import load_former
from app.views import exchange_texts, signing_texts
from app.views.base import PageView, actor, note_visit, require, tell, today
from app.views.file_pages import sent_file
from app.views.results_texts import circular_name, period_title
from app.views.signing_texts import role_title

XML: Final = "application/xml"


class ExchangeView(PageView):
    """Hồ sơ điện tử."""

    route_base = "/exchange"
    default_view = "student"
    rights: ClassVar = {
        "can_book": Action.DATA_EXPORT,
        "can_student": Action.DATA_EXPORT,
        "can_former": Action.DATA_EXPORT,
        "can_record": Action.DATA_EXPORT,
        "can_incoming": Action.DATA_EXPORT,
        "can_receive": Action.STUDENT_MANAGE,
        "can_aside": Action.STUDENT_MANAGE,
    }

    @expose("/class/<int:class_id>/<int:term>.xml")
    @has_access
    def book(self, class_id: int, term: int) -> Any:
        """The book of a class in a term."""
        return sent(class_file(actor(), class_id, term, clock=request_clock(), as_format=_format()), XML)

    @expose("/student/<int:student_id>")
    @has_access
    def student(self, student_id: int) -> Any:
        """What is given out of a student's record, and what came from other schools."""
        found = scope.get(db.session(), actor(), Student, student_id, today())
        target = Target(unit=actor().relation_to(found.unit_id))
        require(Action.DATA_EXPORT, target)
        note_visit("exchange.view", found)
        return self.render_template(
            "exchange/student.html",
            title=_("Electronic record"),
            student=found,
            own=actor().unit_id is not None and actor().unit_id == found.unit_id,
            rows=incoming.load_incoming(db.session(), found),
            given=transfers.load_transfers(db.session(), found, actor().unit_id or 0),
            role_title=role_title,
            may_keep=may(actor(), Action.RECORD_ISSUE, target),
            may_receive=may(actor(), Action.STUDENT_MANAGE, target),
        )

    @expose("/former/<int:student_id>")
    @has_access
    def former(self, student_id: int) -> Any:
        """The record of the time a student who went to another school was taught here."""
        found = load_former(db.session(), actor(), student_id, clock=request_clock())
        own = Target(unit=actor().relation_to(found.last.school_class.unit_id))
        note_visit("exchange.view", found.student)
        return self.render_template(
            "exchange/former.html",
            title=found.student.full_name,
            student=found.student,
            last=found.last,
            record=found.record,
            given=transfers.load_transfers(db.session(), found.student, actor().unit_id or 0),
            statuses=CODE_LISTS["enrolment_status"],
            may_issue=may(actor(), Action.RECORD_ISSUE, own),
            may_register=may(actor(), Action.PRINT_REGISTER, own),
            words=exchange_texts,
            circular_name=circular_name,
            period_title=period_title,
        )

    @expose("/student/<int:student_id>.xml")
    @has_access
    def record(self, student_id: int) -> Any:
        """The record as the school has it."""
        return self._file(student_id, partial(student_file, as_format=_format()), XML)

    def _file(self, student_id: int, make: Callable[..., File], kind: str) -> Any:
        try:
            return sent(make(actor(), student_id, clock=request_clock()), kind)
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
            return redirect(url_for(".student", student_id=student_id))

    @expose("/student/<int:student_id>/receive", methods=["POST"])
    @has_access
    def receive(self, student_id: int) -> Any:
        """Take in the chosen file."""
        scope.get(db.session(), actor(), Student, student_id, today())
        try:
            _name, content = sent_file()
            scratch = Path(current_app.config["INSTANCE_DIR"])
            incoming.receive(actor(), student_id, content, scratch, clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Taken in. The marks stay those of the other school and can only be read."), "success")
        return redirect(url_for(".student", student_id=student_id))

    @expose("/incoming/<int:record_id>")
    @has_access
    def incoming(self, record_id: int) -> Any:
        """A record that came, year by year."""
        found = incoming.read_incoming(db.session(), actor(), record_id, clock=request_clock())
        own = Target(unit=actor().relation_to(found.row.unit_id))
        require(Action.DATA_EXPORT, own)
        note_visit("exchange.view", found.row)
        return self.render_template(
            "exchange/incoming.html",
            title=_("Record of another school"),
            row=found.row,
            record=found.record,
            report=found.report,
            offer=None if found.row.aside_at else counting.load_offer(db.session(), found),
            counted=counting.counted_of(db.session(), found.row),
            may_count=may(actor(), Action.STUDENT_MANAGE, own),
            signing=signing_texts,
            words=exchange_texts,
            circular_name=circular_name,
            period_title=period_title,
        )

    @expose("/incoming/<int:record_id>/aside", methods=["POST"])
    @has_access
    def aside(self, record_id: int) -> Any:
        """Put a record aside that was taken in by mistake."""
        found = incoming.read_incoming(db.session(), actor(), record_id, clock=request_clock())
        student_id = found.row.student_id
        try:
            incoming.put_aside(actor(), record_id, request.form.get("reason", ""), clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Put aside. The record stays readable here, with the reason."), "success")
        return redirect(url_for(".student", student_id=student_id))


class SchemaView(PageView):
    """The published schema; who checks a file needs no account."""

    route_base = "/schemas"
    default_view = "records"
    rights: ClassVar = {}

    @expose(f"/{SCHEMA.name}")
    def records(self) -> Any:
        """The schema of the open records."""
        return Response(SCHEMA.read_bytes(), mimetype=XML)


def _format() -> Format:
    """The format asked for, ours without one; NotFound for one nobody offers."""
    try:
        return FORMATS[request.args.get("format", OWN.code)]
    except KeyError:
        raise NotFound from None


def sent(file: File, kind: str) -> Any:
    """A file to be fetched, which nobody keeps on the way."""
    answer = send_file(BytesIO(file.content), mimetype=kind, as_attachment=True, download_name=file.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def register(appbuilder: Any) -> None:
    """No menu: pages of classes and students lead here."""
    appbuilder.add_view_no_menu(ExchangeView())
    appbuilder.add_view_no_menu(SchemaView())
