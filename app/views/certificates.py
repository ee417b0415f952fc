"""Chứng thư số: one's own, and those of the school with its seal; added, ended, watched until they expire."""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.signing import CertificateState, Trust, certificate_state
from app.errors import Forbidden, HocVuError, Invalid, NotFound
from app.extensions import db
from app.models import Certificate
from app.security import request_clock
from app.services import scope
from app.services.signing import register as kept
from app.views import signing_texts as words
from app.views.base import PageView, actor, menu, tell, today
from app.web import is_demo


class CertificateView(PageView):
    """Certificates: add by key file, token, for a key outside, or for trying out in the demonstration."""

    route_base = "/certificates"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.CERTIFICATE_OWN,
        "can_unit": Action.CERTIFICATE_VIEW,
        "can_add": Action.CERTIFICATE_OWN,
        "can_end": Action.CERTIFICATE_OWN,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """One's own."""
        rows = kept.own_certificates(db.session(), actor())
        return self._page(_("My certificates"), rows, seal=False)

    @expose("/unit")
    @has_access
    def unit(self) -> Any:
        """Those of the school: its seal first, then by the day they end."""
        rows = kept.unit_certificates(db.session(), actor(), actor().unit_id or 0)
        return self._page(_("Certificates of the school"), rows, seal=True)

    def _page(self, title: str, rows: list[Certificate], *, seal: bool) -> Any:
        manages = may(actor(), Action.CERTIFICATE_MANAGE, Target())
        return self.render_template(
            "signing/certificates.html",
            title=title,
            rows=rows,
            seal=seal,
            state_of=_state_of,
            words=words,
            may_add=manages if seal else actor().person_id is not None,
            may_end=lambda row: row.ended_at is None and (manages or row.person_id == actor().person_id),
            sees_unit=may(actor(), Action.CERTIFICATE_VIEW, Target()),
            demo=is_demo(),
            token=kept.has_token(),
        )

    @expose("/add", methods=["POST"])
    @has_access
    def add(self) -> Any:
        """Add one; `how`: file, demo, token, outside."""
        seal = request.form.get("seal") == "1"
        how = _HOW.get(request.form.get("how", ""))
        if how is None:
            raise NotFound
        try:
            added = how(seal)
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("The certificate was added."), "success")
            if added.trust not in (Trust.TRUSTED, Trust.DEMO):
                flash(words.trust_title(added.trust), "warning")
        return redirect(_list(seal))

    @expose("/<int:certificate_id>/end", methods=["POST"])
    @has_access
    def end(self, certificate_id: int) -> Any:
        """End the use of one."""
        scope.get(db.session(), actor(), Certificate, certificate_id, today())
        try:
            kept.end(actor(), certificate_id, request.form.get("reason", ""), clock=request_clock())
        except Invalid as error:
            flash(tell(error), "danger")
        else:
            flash(_("The certificate is no longer used. What it has signed stays."), "success")
        return redirect(_list(request.form.get("seal") == "1"))


def _list(seal: bool) -> str:
    return url_for("CertificateView.unit" if seal else "CertificateView.index")


def _state_of(row: Certificate) -> CertificateState:
    return certificate_state(row.not_before, row.not_after, row.ended_at, request_clock()())


def _secret() -> str:
    return request.form.get("secret", "")


def _file() -> bytes:
    sent = request.files.get("file")
    return sent.read() if sent else b""


_HOW: dict[str, Callable[[bool], kept.Added]] = {
    "file": lambda seal: kept.add_file(actor(), _file(), _secret(), seal=seal, clock=request_clock()),
    "demo": lambda seal: kept.take_demo(actor(), _secret(), seal=seal, clock=request_clock()),
    "outside": lambda seal: kept.add_outside(actor(), _file(), seal=seal, clock=request_clock()),
    "token": lambda seal: kept.add_from_token(
        actor(), _secret(), request.form.get("serial", ""), seal=seal, clock=request_clock()
    ),
}


def register(appbuilder: Any) -> None:
    """The menu entry among the school's pages."""
    menu(
        appbuilder,
        CertificateView,
        "Certificates",
        icon="fa-id-card-clip",
        action=Action.CERTIFICATE_OWN,
        label=lazy_gettext("Certificates"),
        category="School",
        category_label=lazy_gettext("School"),
    )
