"""Lists in from Excel and out to it: choosing a file, its dry run, importing exactly that; templates and exports."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, ClassVar, Final

from flask import abort, flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, may_ever
from app.domain.vocabulary import Tier
from app.errors import HocVuError, Invalid, Stale
from app.extensions import db
from app.models import OrgUnit
from app.security import request_clock
from app.services import exports, imports, scope
from app.services.spreadsheets.kinds import KINDS
from app.services.spreadsheets.plan import (
    CHANGED,
    NEW,
    from_json,
    to_json,
)
from app.services.spreadsheets.uploads import Running, Ticket, ticket_for
from app.views.base import PageView, actor, menu, tell, today
from app.views.file_pages import XLSX, FilePages, kept_files, preview_of, refusal, sent_file
from app.views.sheet_import import SheetImportView
from app.web import current_period

BATCHES: Final = 50

EITHER: Final = (Action.DATA_IMPORT, Action.DATA_EXPORT)
"""Whoever may import or export finds the page."""

KIND_TITLES: Final[Mapping[str, Any]] = {
    "students": lazy_gettext("Students"),
    "staff": lazy_gettext("Staff"),
    "classes": lazy_gettext("Classes"),
    "assignments": lazy_gettext("Teaching assignments"),
}
KIND_HINTS: Final[Mapping[str, Any]] = {
    "students": lazy_gettext("Personal sheets, parents and places in classes; the classes must exist."),
    "staff": lazy_gettext("Personal files and subject teams; roles are granted on their own page."),
    "classes": lazy_gettext("Classes of the school year with their homeroom teachers."),
    "assignments": lazy_gettext(
        "Who teaches which class or group which subject; gradebook sheets are made with it."
    ),
}


def _start_year() -> int | None:
    period = current_period()
    return period.start_year if period else None


class ImportView(FilePages):
    """Import and export of a unit's lists."""

    route_base = "/imports"
    default_view = "index"
    rights: ClassVar = {
        "can_index": EITHER,
        "can_template": Action.DATA_IMPORT,
        "can_check": Action.DATA_IMPORT,
        "can_preview": Action.DATA_IMPORT,
        "can_apply": Action.DATA_IMPORT,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What can be imported and exported, and past imports."""
        return self._index()

    @expose("/<string:kind>/template.xlsx")
    @has_access
    def template(self, kind: str) -> Any:
        """An empty file to fill in."""
        _known(kind)
        name, data = exports.template(actor(), kind, clock=request_clock(), start_year=_start_year())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)

    @expose("/check", methods=["POST"])
    @has_access
    def check(self) -> Any:
        """Judge a chosen file and keep it; or say what is wrong with it."""
        kind = _known(request.form.get("kind", ""))
        filename = ""
        try:
            filename, data = sent_file()
            plan = imports.dry_run(actor(), kind, data, clock=request_clock(), start_year=_start_year())
        except Invalid as error:
            return self._index(kind, {"filename": filename, **refusal(error)}), error.status
        now = request_clock()()
        ticket = ticket_for(actor().user_id, kind, _start_year(), filename, now)
        token = kept_files().keep(ticket, data, to_json(plan), now)
        return redirect(url_for("ImportView.preview", token=token, year=_start_year()))

    @expose("/check/<string:token>")
    @has_access
    def preview(self, token: str) -> Any:
        """The dry run, row by row."""
        try:
            return self._preview(token, self._ticket(token))
        except Stale as error:
            flash(tell(error), "warning")
            return redirect(url_for("ImportView.index"))

    @expose("/check/<string:token>/apply", methods=["POST"])
    @has_access
    def apply(self, token: str) -> Any:
        """Import what the dry run showed."""
        uploads = kept_files()
        try:
            ticket = self._ticket(token)
            with uploads.importing(token):
                data, counts = uploads.data(token), from_json(uploads.plan(token)).counts
                name, digest = request.form.get("name", ""), request.form.get("digest", "")
                arguments: dict[str, Any] = {"clock": request_clock(), "start_year": ticket.about}
                imports.apply(actor(), ticket.kind, data, digest, name, **arguments)
                uploads.drop(token)
        except Running as error:
            flash(tell(error), "warning")
            return redirect(url_for("ImportView.index"))
        except (Invalid, Stale) as error:
            flash(tell(error), "danger")
            return self._again(token)
        flash(
            _(
                "Imported “%(name)s”: %(new)s new, %(changed)s changed.",
                name=name,
                new=counts[NEW],
                changed=counts[CHANGED],
            ),
            "success",
        )
        return redirect(url_for("ImportView.index", year=ticket.about))

    def _again(self, token: str) -> Any:
        """After a refusal: a new dry run of the same file, while it is kept."""
        uploads = kept_files()
        try:
            ticket = self._ticket(token)
            data = uploads.data(token)
            plan = imports.dry_run(actor(), ticket.kind, data, clock=request_clock(), start_year=ticket.about)
        except HocVuError:
            return redirect(url_for("ImportView.index"))
        now = request_clock()()
        uploads.drop(token)
        fresh = uploads.keep(
            ticket_for(actor().user_id, ticket.kind, ticket.about, ticket.filename, now),
            data,
            to_json(plan),
            now,
        )
        return redirect(url_for("ImportView.preview", token=fresh, year=ticket.about))

    def _ticket(self, token: str) -> Ticket:
        ticket = kept_files().ticket(token, actor().user_id, request_clock()())
        if ticket.kind not in KINDS:
            abort(404)
        return ticket

    def _preview(self, token: str, ticket: Ticket) -> str:
        return self.render_template(
            "imports/preview.html",
            title=_("Dry run: %(kind)s", kind=KIND_TITLES[ticket.kind]),
            token=token,
            ticket=ticket,
            kind_title=KIND_TITLES[ticket.kind],
            preview=preview_of(from_json(kept_files().plan(token))),
        )

    def _index(self, kind: str = "students", refused: Mapping[str, Any] | None = None) -> str:
        may_import, may_export = (may_ever(actor(), action) for action in EITHER)
        at_school = actor().tier is Tier.SCHOOL
        return self.render_template(
            "imports/index.html",
            title=_("Import and export"),
            kinds=[(name, KIND_TITLES[name], KIND_HINTS[name]) for name in KINDS],
            kind=kind,
            year=_start_year(),
            refused=refused,
            may_import=may_import and at_school,
            importable=imports.kinds_for(actor()),
            may_export=may_export,
            schools=[] if at_school else _schools(),
            past=imports.past_imports(db.session(), actor(), today(), limit=BATCHES),
            kind_titles=KIND_TITLES,
        )


def _known(kind: str) -> str:
    if kind not in KINDS:
        abort(404)
    return kind


def _schools() -> list[OrgUnit]:
    """Schools an office may choose for an export."""
    query = scope.scoped(actor(), OrgUnit, today()).where(OrgUnit.id.in_(sorted(actor().below)))
    return [unit for unit in db.session.scalars(query.order_by(OrgUnit.short_name)) if unit.kind.is_school]


class ExportView(PageView):
    """Lists as workbooks: a right of its own, each export logged."""

    route_base = "/exports"
    default_view = "kind"
    rights: ClassVar = {"can_kind": Action.DATA_EXPORT}

    @expose("/<string:kind>.xlsx")
    @has_access
    def kind(self, kind: str) -> Any:
        """The records of a kind within reach; an office may name one school by ?unit=."""
        unit_id = request.args.get("unit", type=int)
        made = exports.export(
            actor(), _known(kind), clock=request_clock(), start_year=_start_year(), unit_id=unit_id
        )
        return send_file(made.file, mimetype=XLSX, as_attachment=True, download_name=made.filename)


def register(appbuilder: Any) -> None:
    """Views and the menu entry."""
    menu(
        appbuilder,
        ImportView(),
        "Import and export",
        icon="fa-file-import",
        action=EITHER,
        label=lazy_gettext("Import and export Excel"),
        category="School",
        category_label=lazy_gettext("School"),
    )
    appbuilder.add_view_no_menu(ExportView())
    appbuilder.add_view_no_menu(SheetImportView())
