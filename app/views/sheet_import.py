"""A gradebook sheet out to Excel and back: the file, its dry run, saving exactly that."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, ClassVar, Final

from flask import abort, flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action
from app.errors import Invalid, Stale
from app.extensions import db
from app.security import request_clock
from app.services import sheet_files
from app.services.sheet_reading import SheetFacts, load_facts
from app.services.spreadsheets.plan import from_json, to_json
from app.services.spreadsheets.uploads import Ticket, ticket_for
from app.views.base import actor, require, tell, today
from app.views.file_pages import XLSX, FilePages, kept_files, preview_of, refusal, sent_file

SHEET: Final = "sheet"


class SheetImportView(FilePages):
    """A gradebook sheet out to Excel and back."""

    route_base = "/gradebook"
    default_view = "import_sheet"
    rights: ClassVar = {
        "can_export_sheet": Action.SHEET_EXPORT,
        "can_import_sheet": Action.SHEET_ENTER,
        "can_apply_sheet": Action.SHEET_ENTER,
    }

    @expose("/<int:sheet_id>/export.xlsx")
    @has_access
    def export_sheet(self, sheet_id: int) -> Any:
        """The sheet's file."""
        name, data = sheet_files.export_sheet(actor(), sheet_id, clock=request_clock())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)

    @expose("/<int:sheet_id>/import", methods=["GET", "POST"])
    @has_access
    def import_sheet(self, sheet_id: int) -> Any:
        """Choose the file; look at its dry run."""
        facts = self._open(sheet_id)
        if request.method == "GET":
            return self._page(facts)
        filename = ""
        try:
            filename, data = sent_file()
            found = sheet_files.dry_run_sheet(actor(), sheet_id, data, clock=request_clock())
        except Invalid as error:
            return self._page(facts, refused={"filename": filename, **refusal(error)}), error.status
        now = request_clock()()
        ticket = ticket_for(actor().user_id, SHEET, sheet_id, filename, now)
        token = kept_files().keep(ticket, data, to_json(found.plan), now)
        return redirect(url_for("SheetImportView.import_sheet", sheet_id=sheet_id, token=token))

    @expose("/<int:sheet_id>/import/<string:token>", methods=["POST"])
    @has_access
    def apply_sheet(self, sheet_id: int, token: str) -> Any:
        """Save what the dry run showed, then go back to the sheet."""
        uploads = kept_files()
        try:
            ticket = self._ticket(sheet_id, token)
            with uploads.importing(token):
                saved = sheet_files.import_sheet(
                    actor(),
                    sheet_id,
                    uploads.data(token),
                    request.form.get("digest", ""),
                    request.form.get("name", "") or ticket.filename,
                    clock=request_clock(),
                )
                uploads.drop(token)
        except (Invalid, Stale) as error:
            flash(tell(error), "danger")
            return redirect(url_for("SheetImportView.import_sheet", sheet_id=sheet_id))
        flash(_("%(n)s cells saved from the file.", n=len(saved.cells)), "success")
        return redirect(url_for("GradebookView.sheet", sheet_id=sheet_id))

    def _open(self, sheet_id: int) -> SheetFacts:
        facts = load_facts(db.session(), actor(), sheet_id, today())
        require(Action.SHEET_ENTER, facts.target(actor(), request_clock()()))
        return facts

    def _ticket(self, sheet_id: int, token: str) -> Ticket:
        ticket = kept_files().ticket(token, actor().user_id, request_clock()())
        if (ticket.kind, ticket.about) != (SHEET, sheet_id):
            abort(404)
        return ticket

    def _page(self, facts: SheetFacts, refused: Mapping[str, Any] | None = None) -> str:
        token, preview, ticket = request.args.get("token", ""), None, None
        if token and refused is None:
            try:
                ticket = self._ticket(facts.sheet.id, token)
                preview = preview_of(from_json(kept_files().plan(token)))
            except Stale as error:
                refused = {"filename": "", **refusal(error)}
        sheet = facts.sheet
        return self.render_template(
            "imports/sheet.html",
            title=_("Import into %(sheet)s", sheet=f"{sheet.subject.name} {sheet.group.name}"),
            sheet=sheet,
            token=token,
            ticket=ticket,
            preview=preview,
            refused=refused,
        )
