"""Open records that are kept to be signed, what a student takes to another school, the receipt, and what counts here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from flask import current_app, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.access import Action, may_ever
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import Student, Transfer
from app.security import request_clock
from app.services import scope
from app.services.exchange import counting, kept, transfers
from app.services.exchange.files import File
from app.services.exchange.incoming import read_incoming
from app.services.former import is_former
from app.services.print_jobs import PAPERS
from app.views.base import PageView, actor, tell, today
from app.views.exchange import sent
from app.views.file_pages import sent_file
from app.views.signatures import SIGNS
from app.views.verbs import done_or_told


class TransferView(PageView):
    """Hồ sơ điện tử được lưu để ký, hồ sơ chuyển trường, giấy xác nhận đã nhận."""

    route_base = "/transfers"
    default_view = "bundle"
    rights: ClassVar = {
        "can_keep_book": Action.RECORD_ISSUE,
        "can_keep_record": Action.RECORD_ISSUE,
        "can_make": Action.RECORD_ISSUE,
        "can_bundle": Action.DATA_EXPORT,
        "can_receipt": Action.STUDENT_MANAGE,
        "can_take_receipt": Action.STUDENT_MANAGE,
        "can_count": Action.STUDENT_MANAGE,
    }

    @expose("/class/<int:class_id>/<int:term>", methods=["POST"])
    @has_access
    def keep_book(self, class_id: int, term: int) -> Any:
        """Keep the book of a class in a term as XML, to be signed."""
        back = url_for("SchoolClassView.show", pk=class_id)
        return _kept(lambda: kept.keep_book(actor(), class_id, term, _papers(), **_common()), back)

    @expose("/student/<int:student_id>/record", methods=["POST"])
    @has_access
    def keep_record(self, student_id: int) -> Any:
        """Keep a student's record as XML, to be signed."""
        return _kept(
            lambda: kept.keep_record(actor(), student_id, _papers(), **_common()), _student(student_id)
        )

    @expose("/student/<int:student_id>", methods=["POST"])
    @has_access
    def make(self, student_id: int) -> Any:
        """Make what the student takes to another school."""
        said = _("Made. Have the papers signed, then fetch the bundle.")
        return done_or_told(
            lambda: kept.keep_transfer(actor(), student_id, _papers(), **_common()),
            said,
            _student(student_id),
        )

    @expose("/<int:transfer_id>.zip")
    @has_access
    def bundle(self, transfer_id: int) -> Any:
        """The bundle with the signatures its papers have."""
        row = scope.get(db.session(), actor(), Transfer, transfer_id, today())
        student_id = row.student_id
        return _file(
            lambda: transfers.bundle_file(actor(), transfer_id, clock=request_clock()),
            "application/zip",
            _student(student_id),
        )

    @expose("/<int:transfer_id>/receipt", methods=["POST"])
    @has_access
    def take_receipt(self, transfer_id: int) -> Any:
        """Load the receipt of the receiving school."""
        student_id = scope.get(db.session(), actor(), Transfer, transfer_id, today()).student_id

        def take() -> None:
            _name, content = sent_file()
            transfers.take_receipt(actor(), transfer_id, content, clock=request_clock())

        return done_or_told(take, _("Noted: the papers have arrived."), _student(student_id))

    @expose("/incoming/<int:record_id>/receipt.json")
    @has_access
    def receipt(self, record_id: int) -> Any:
        """The receipt for the school a record came from."""
        back = url_for("ExchangeView.incoming", record_id=record_id)
        return _file(
            lambda: transfers.receipt_file(actor(), record_id, clock=request_clock()),
            "application/json",
            back,
        )

    @expose("/incoming/<int:record_id>/count", methods=["POST"])
    @has_access
    def count(self, record_id: int) -> Any:
        """Term I of the record counts in the student's year."""
        read_incoming(db.session(), actor(), record_id, clock=request_clock())
        back = url_for("ExchangeView.incoming", record_id=record_id)
        said = _("Counted. The year is judged anew with these results; the record stays as it came.")
        return done_or_told(lambda: counting.count(actor(), record_id, clock=request_clock()), said, back)


def _kept(make: Callable[[], int], back: str) -> Response:
    try:
        document_id = make()
    except (Forbidden, NotFound):
        raise
    except HocVuError as error:
        flash(tell(error), "danger")
        return redirect(back)
    flash(_("Kept in the register of prints, ready to be signed."), "success")
    if may_ever(actor(), SIGNS):
        return redirect(url_for("SignatureView.show", document_id=document_id))
    return redirect(back)


def _file(make: Callable[[], File], kind: str, back: str) -> Any:
    try:
        return sent(make(), kind)
    except (Forbidden, NotFound):
        raise
    except HocVuError as error:
        flash(tell(error), "danger")
        return redirect(back)


def _student(student_id: int) -> str:
    """The page of the student's record; of one who belongs to another school now, that of the time here."""
    if is_former(db.session(), actor(), student_id):
        return url_for("ExchangeView.former", student_id=student_id)
    scope.get(db.session(), actor(), Student, student_id, today())
    return url_for("ExchangeView.student", student_id=student_id)


def _papers() -> Path:
    return Path(current_app.config["INSTANCE_DIR"]) / PAPERS


def _common() -> dict[str, Any]:
    return {"clock": request_clock(), "site": request.host_url.rstrip("/")}


def register(appbuilder: Any) -> None:
    """No menu: the pages of classes and students lead here."""
    appbuilder.add_view_no_menu(TransferView())
