"""Ký gói niêm phong: the bundles that wait for the school's signature, and all of them signed in one action."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.signing import KeyKind, SigningRole
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import Certificate
from app.security import request_clock
from app.services.bundles import signing
from app.services.signing import register as kept
from app.views import signing_texts as words
from app.views.base import PageView, actor, tell, today
from app.views.bundles import SIGNS, occasion_title, term_title
from app.views.signatures import asked_order, usable_now


class BundleSigningView(PageView):
    """The summary of what waits, and the signing of it."""

    route_base = "/bundle-signatures"
    default_view = "index"
    rights: ClassVar = {"can_index": SIGNS, "can_sign": SIGNS}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What waits for the reader's signature."""
        session, who = db.session(), actor()
        found = signing.load_waiting(session, who, today())
        return self.render_template(
            "bundles/sign.html",
            title=_("Sign sealed bundles"),
            found=found,
            keys={waiting.role: _keys(waiting) for waiting in found},
            occasion_title=occasion_title,
            term_title=term_title,
            words=words,
        )

    @expose("/sign", methods=["POST"])
    @has_access
    def sign(self) -> Any:
        """Sign all of the summary."""
        secret = request.form.get("secret", "")
        try:
            count = signing.sign_waiting(actor(), asked_order(), secret, clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Signed: %(n)s bundles", n=count), "success")
        return redirect(url_for(".index"))


def _keys(waiting: signing.Waiting) -> list[Certificate]:
    """Certificates the reader can sign with here; a key outside signs papers, not bundles."""
    session = db.session()
    rows = (
        kept.seals(session, waiting.unit_id)
        if waiting.role is SigningRole.SEAL
        else kept.own_certificates(session, actor())
    )
    return [row for row in usable_now(rows) if row.key_kind is not KeyKind.OUTSIDE]


def register(appbuilder: Any) -> None:
    """No menu: the page of the bundles leads here."""
    appbuilder.add_view_no_menu(BundleSigningView())
