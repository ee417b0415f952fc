"""Đối chiếu: the sheet against the teacher's own book or a posted list, with every difference kept."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action, Target, may
from app.errors import Forbidden, HocVuError, Invalid, NotFound, Stale
from app.extensions import db
from app.models import Attestation
from app.security import request_clock
from app.services import reconcile, scope
from app.services.closing.attest_due import load_attested
from app.services.spreadsheets.plan import BadFile
from app.views.base import PageView, actor, note_visit, tell, today
from app.views.file_pages import refusal
from app.views.sheet_heads import columns_named, heads, subject_name
from app.web import current_period


class ReconcileView(PageView):
    """Đối chiếu sổ với sổ điểm cá nhân, danh sách công bố (S0 Điều 8.2, 11.2; S4 Điều 15.2)."""

    route_base = "/reconcile"
    default_view = "sheet"
    rights: ClassVar = {
        "can_index": (Action.PROGRESS_VIEW, Action.SHEET_ATTEST),
        "can_sheet": Action.SHEET_VIEW,
        "can_attest": Action.SHEET_ATTEST,
        "can_compare": Action.SHEET_ATTEST,
        "can_explain": Action.SHEET_ATTEST,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Which sheets of the term are attested: to leaders the school's, to who teaches the own ones."""
        period, unit_id = current_period(), actor().unit_id
        if period is None or unit_id is None:
            return self.render_template("home/empty.html", title=_("Attested sheets"), reason="year")
        rows = load_attested(db.session(), unit_id, period, request_clock()())
        if not may(actor(), Action.PROGRESS_VIEW, Target()):
            rows = [row for row in rows if actor().person_id in {t.person_id for t in row.sheet.teachers}]
        return self.render_template(
            "closing/attested.html",
            title=_("Attested sheets"),
            period=period,
            rows=rows,
            due=sum(row.due for row in rows),
        )

    @expose("/sheet/<int:sheet_id>")
    @has_access
    def sheet(self, sheet_id: int) -> Any:
        """All comparisons of a sheet, and the form for the next one."""
        return self._page(sheet_id)

    def _page(self, sheet_id: int, problem: str = "") -> Any:
        now = request_clock()()
        found = reconcile.load_comparisons(db.session(), actor(), sheet_id, today(), now)
        sheet = found.facts.sheet
        note_visit("closing.view", sheet.unit_id, sheet=sheet_id)
        page = self.render_template(
            "closing/reconcile.html",
            title=None,
            found=found,
            sheet=sheet,
            name=subject_name(sheet),
            columns=[(cell.name, heads(sheet)[cell.name]) for cell in reconcile.columns_of(found.facts)],
            called=lambda column: columns_named(sheet, [column]),
            problem=problem,
            form=request.form,
        )
        return (page, 422) if problem else page

    @expose("/sheet/<int:sheet_id>/attest", methods=["POST"])
    @has_access
    def attest(self, sheet_id: int) -> Any:
        """The sheet equals the own book."""
        try:
            reconcile.attest(actor(), sheet_id, request.form.get("digest", ""), clock=request_clock())
        except Stale as error:
            flash(tell(error), "danger")
        else:
            flash(_("Recorded: the sheet equals your own book."), "success")
        return redirect(url_for("ReconcileView.sheet", sheet_id=sheet_id))

    @expose("/sheet/<int:sheet_id>/compare", methods=["POST"])
    @has_access
    def compare(self, sheet_id: int) -> Any:
        """Compare a typed or uploaded list."""
        form, sent = request.form, request.files.get("file")
        try:
            data = sent.read() if sent and sent.filename else b""
            name = (sent.filename or "") if sent else ""
            rows = reconcile.file_rows(name, data) if data else reconcile.typed_rows(form.get("list", ""))
            reconcile.compare_list(
                actor(), sheet_id, form.get("column", ""), rows, form.get("source", ""),
                file_digest=reconcile.digest_of_file(data) if data else None, clock=request_clock(),
            )  # fmt: skip
        except (Forbidden, NotFound):
            raise
        except BadFile as error:
            return self._page(sheet_id, refusal(error)["message"])
        except Invalid as error:
            return self._page(sheet_id, tell(error))
        flash(_("Compared. The result is kept below."), "success")
        return redirect(url_for("ReconcileView.sheet", sheet_id=sheet_id))

    @expose("/<int:attestation_id>/explain", methods=["POST"])
    @has_access
    def explain(self, attestation_id: int) -> Any:
        """Reasons for differences."""
        row = scope.get(db.session(), actor(), Attestation, attestation_id, today())
        sheet_id = row.sheet_id
        prefix = "why-"
        texts = {
            int(key.removeprefix(prefix)): text
            for key, text in request.form.items()
            if key.startswith(prefix) and key.removeprefix(prefix).isdigit()
        }
        try:
            reconcile.explain(actor(), attestation_id, texts, clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("The reasons were recorded."), "success")
        return redirect(url_for("ReconcileView.sheet", sheet_id=sheet_id))


def register(appbuilder: Any) -> None:
    """Reached from a sheet and from what one signs."""
    appbuilder.add_view_no_menu(ReconcileView())
