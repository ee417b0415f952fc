"""Mốc niêm phong: the signed anchors over all history, to be downloaded and kept elsewhere, also by the tier above."""

import json
from io import BytesIO
from typing import Any, ClassVar

from flask import send_file
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action
from app.extensions import db
from app.security import request_clock
from app.services.chain import anchors
from app.services.unit_of_work import record_event
from app.views.base import PageView, actor, menu


def kind_title(kind: str) -> str:
    """Why an anchor was made."""
    return {
        anchors.BEGIN: _("history bound for the first time"),
        anchors.NIGHT: _("every night"),
        anchors.CLOSING: _("at a closing"),
    }.get(kind, _("by the server's administrator"))


class AnchorView(PageView):
    """The newest anchors with what they bind of the reader's units."""

    route_base = "/anchors"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.CHAIN_VIEW, "can_file": Action.CHAIN_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The newest two months of nights, and each unit's newest."""
        session = db.session()
        return self.render_template(
            "anchors/index.html",
            title=_("Anchors of history"),
            anchors=anchors.recent(session, actor()),
            units=anchors.by_unit(session, actor()),
            kind_title=kind_title,
        )

    @expose("/<int:number>.json")
    @has_access
    def file(self, number: int) -> Any:
        """One anchor to keep: signed for all units, with the ends of the reader's own."""
        session = db.session()
        anchor = anchors.get(session, number)
        kept = anchors.as_file(session, anchor, anchors.reach(actor()))
        data = json.dumps(kept, ensure_ascii=False, indent=1).encode() + b"\n"
        record_event(actor(), "anchor.download", clock=request_clock(), target=None, number=number)
        name = f"moc-niem-phong-{number}.json"
        return send_file(BytesIO(data), mimetype="application/json", as_attachment=True, download_name=name)


def register(appbuilder: Any) -> None:
    """The page in the administration menu."""
    menu(
        appbuilder,
        AnchorView,
        "Anchors",
        icon="fa-anchor",
        action=Action.CHAIN_VIEW,
        label=lazy_gettext("Anchors of history"),
        category="Administration",
        category_label=lazy_gettext("Administration"),
    )
