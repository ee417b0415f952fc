"""Papers of corrections as PDF: application, minutes, summary of the year."""

from io import BytesIO
from typing import Any, ClassVar

from flask import request, send_file
from flask_appbuilder import expose, has_access

from app.domain.access import Action
from app.errors import NotFound
from app.extensions import db
from app.models import SchoolYear
from app.security import request_clock
from app.services import correction_printing, scope
from app.services.correction_printing import Printed
from app.views.base import PageView, actor, today
from app.web import current_period


class CorrectionPrintView(PageView):
    """Đơn đề nghị mở khóa, biên bản điều chỉnh, tổng hợp sửa chữa dữ liệu."""

    route_base = "/corrections/print"
    default_view = "summary"
    rights: ClassVar = {
        "can_application": Action.CORRECTION_PRINT,
        "can_minutes": Action.CORRECTION_PRINT,
        "can_summary": Action.CORRECTION_SUMMARY,
    }

    @expose("/<int:correction_id>/application.pdf")
    @has_access
    def application(self, correction_id: int) -> Any:
        """Đơn đề nghị mở khóa (S1 Điều 7 khoản 7.2)."""
        return _pdf(
            correction_printing.print_application(actor(), correction_id, clock=request_clock(), site=_site())
        )

    @expose("/<int:correction_id>/minutes.pdf")
    @has_access
    def minutes(self, correction_id: int) -> Any:
        """Biên bản điều chỉnh."""
        return _pdf(
            correction_printing.print_minutes(actor(), correction_id, clock=request_clock(), site=_site())
        )

    @expose("/summary.pdf")
    @has_access
    def summary(self) -> Any:
        """Mẫu tổng hợp sửa chữa dữ liệu (S4 Điều 20 khoản 2)."""
        period, term = current_period(), request.args.get("part", 0, type=int)
        if period is None or term not in (0, 1, 2):
            raise NotFound
        year = scope.get(db.session(), actor(), SchoolYear, period.year_id, today())
        return _pdf(
            correction_printing.print_summary(actor(), year, term, clock=request_clock(), site=_site())
        )


def _site() -> str:
    """The program's address, for the code on the paper."""
    return request.host_url.rstrip("/")


def _pdf(made: Printed) -> Any:
    """Shown in the browser, and kept by none."""
    answer = send_file(BytesIO(made.pdf), mimetype="application/pdf", download_name=f"{made.name}.pdf")
    answer.headers["Cache-Control"] = "no-store"
    return answer
