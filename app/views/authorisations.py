"""The head authorises a deputy to sign for the head, on some days and by a paper ("KT. HIỆU TRƯỞNG")."""

from datetime import date
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action
from app.errors import N_, Invalid
from app.extensions import db
from app.security import request_clock
from app.services import authorisations
from app.services.authorisations import NewAuthorisation
from app.views.base import PageView, actor, tell, today
from app.views.lock_forms import Unreadable, parse_day

UNREADABLE = N_("Write each day as dd/mm/yyyy.")


class AuthorisationView(PageView):
    """Ủy quyền ký thay."""

    route_base = "/authorisations"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.AUTHORISATION_GIVE, "can_end": Action.AUTHORISATION_GIVE}

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> Any:
        """The school's authorisations, and the form for a new one."""
        status = 200
        if request.method == "POST":
            try:
                authorisations.authorise(actor(), _new(), clock=request_clock())
            except Invalid as error:
                flash(tell(error), "danger")
                status = error.status
            else:
                flash(_("The authorisation is recorded; the deputy was told."), "success")
                return redirect(url_for("AuthorisationView.index"))
        page = self.render_template(
            "corrections/authorisations.html",
            title=_("Authorisations of deputies"),
            rows=authorisations.list_authorisations(db.session(), actor(), today()),
            deputies=authorisations.deputies_of(db.session(), actor(), today()),
            today=today(),
        )
        return page, status

    @expose("/<int:authorisation_id>/end", methods=["POST"])
    @has_access
    def end(self, authorisation_id: int) -> Any:
        """End one before its days are over."""
        try:
            authorisations.end_authorisation(actor(), authorisation_id, clock=request_clock())
            flash(_("The authorisation has ended."), "success")
        except Invalid as error:
            flash(tell(error), "warning")
        return redirect(url_for("AuthorisationView.index"))


def _new() -> NewAuthorisation:
    person = request.form.get("person", type=int)
    if person is None:
        raise Invalid(authorisations.NO_DEPUTY)
    return NewAuthorisation(
        person_id=person,
        number=request.form.get("number", ""),
        signed_on=_day("signed_on"),
        starts_on=_day("starts_on"),
        ends_on=_day("ends_on"),
        reason=request.form.get("reason", ""),
    )


def _day(name: str) -> date:
    try:
        return parse_day(request.form.get(name, ""))
    except Unreadable as error:
        raise Invalid(UNREADABLE) from error
