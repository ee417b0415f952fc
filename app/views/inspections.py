"""Inspections: who was sent where, what they opened; and the two hooks every page of an inspector passes."""

from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Flask, Response, current_app, flash, g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from app.domain.access import Action, Target, may
from app.domain.vocabulary import Role
from app.errors import N_, Forbidden, Unavailable
from app.extensions import db
from app.forms.accounts import DayField, NumberSelect
from app.models import OrgUnit
from app.security import current_actor, request_clock
from app.services import inspections, scope
from app.views.base import actor, menu, require, today
from app.views.doors import page_name, page_names
from app.views.verbs import VerbPage
from app.views.watch import CATEGORY

NEEDED = lazy_gettext("Fill in this field.")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_VIEWS = frozenset({"AccountView", "AuthDBView", "NoticeView", "LocaleView"})
"""Views whose writes are about one's own account and reading: an inspector's too."""
FILES = frozenset({"static", "appbuilder.static", None})
READS_ONLY = N_("An inspector reads. Nothing was saved.")


class InspectionForm(FlaskForm):
    """The decision that sends an inspector."""

    person_id = NumberSelect(lazy_gettext("Inspector"))
    unit_ids = SelectMultipleField(
        lazy_gettext("Units"),
        coerce=int,
        description=lazy_gettext("An office stands for every unit below it. Hold Ctrl to choose several."),
    )
    starts_on = DayField(lazy_gettext("From day"), validators=[InputRequired(NEEDED)])
    ends_on = DayField(lazy_gettext("To day"), validators=[InputRequired(NEEDED)])
    decision = StringField(lazy_gettext("Decision"), validators=[InputRequired(NEEDED), Length(max=120)])
    purpose = StringField(lazy_gettext("What for"), validators=[InputRequired(NEEDED), Length(max=300)])


class InspectionView(VerbPage):
    """Đoàn kiểm tra: the inspections of an office, those into a school, and every page they opened."""

    route_base = "/inspections"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.INSPECTION_VIEW,
        "can_views": Action.INSPECTION_VIEW,
        "can_create": Action.INSPECTION_MANAGE,
        "can_end": Action.INSPECTION_MANAGE,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Those in force first."""
        return self.render_template(
            "watch/inspections.html",
            title=_("Inspections"),
            rows=inspections.inspections(db.session(), actor(), today()),
            today=today(),
            may_manage=may(actor(), Action.INSPECTION_MANAGE, Target()),
            own_unit=actor().unit_id,
        )

    @expose("/views")
    @has_access
    def views(self) -> Any:
        """Pages inspectors opened: the inspected unit's head sees them."""
        found = inspections.views_made(
            db.session(), actor(), today(), number=request.args.get("page", 1, type=int)
        )
        return self.render_template(
            "watch/views.html",
            title=_("Pages inspectors opened"),
            page=found,
            page_name=page_name,
            names=page_names(),
        )

    @expose("/create", methods=["GET", "POST"])
    @has_access
    def create(self) -> Any:
        """An office's leader sends an inspector."""
        require(Action.INSPECTION_MANAGE, Target())
        people = inspections.inspectors(db.session(), actor().unit_id or 0, today())
        form = InspectionForm()
        form.person_id.choices = [("", "—"), *((person.id, person.full_name) for person in people)]
        form.unit_ids.choices = [(unit.id, unit.short_name) for unit in _units_below()]
        return self.run(
            form,
            lambda form: inspections.send_inspector(actor(), _read(form), clock=request_clock()),
            title=_("Send an inspector"),
            done=_("The inspection is on record; the units have been told."),
            back=url_for("InspectionView.index"),
            lead=_("Inspectors are people of your office who hold the inspector's role for these days."),
        )

    @expose("/<int:inspection_id>/end", methods=["POST"])
    @has_access
    def end(self, inspection_id: int) -> Any:
        """End it now."""
        inspections.end_inspection(actor(), inspection_id, clock=request_clock())
        flash(_("The inspection is over."), "success")
        return redirect(url_for("InspectionView.index"))


def _units_below() -> list[OrgUnit]:
    query = scope.scoped(actor(), OrgUnit, today()).where(OrgUnit.id.in_(actor().below))
    return list(db.session().scalars(query.order_by(OrgUnit.short_name)))


def _read(form: Any) -> inspections.NewInspection:
    return inspections.NewInspection(
        person_id=form.person_id.data,
        unit_ids=form.unit_ids.data or (),
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        decision=form.decision.data or "",
        purpose=form.purpose.data or "",
    )


# -- the hooks -----------------------------------------------------------------------------------------------------


def watch_inspectors(app: Flask) -> None:
    """Put every page an inspector opens on record, with the units it showed, and refuse everything but reading."""
    app.before_request(_begin)
    app.after_request(_note)


def _begin() -> None:
    who = current_actor() if request.endpoint not in FILES else None
    if who is None or Role.INSPECTOR not in who.roles:
        return
    g.hv_units_seen = seen = {request.view_args.get("unit_id")} if request.view_args else set()
    seen.add(request.args.get("unit", type=int))

    def see(_session: Any, row: Any) -> None:
        seen.add(row.__dict__.get("unit_id"))

    # What a page shows is what it loads: whichever page it is, also one written after this hook.
    sa.event.listen(db.session(), "loaded_as_persistent", see)
    own = (request.endpoint or "").partition(".")[0] in OWN_VIEWS
    if who.inspects_only and request.method not in READING and not own:
        raise Forbidden(READS_ONLY)


def _note(response: Response) -> Response:
    who = g.get("hv_actor")  # by cookie or by token: whoever asked has been found by now
    if who is None or Role.INSPECTOR not in who.roles or request.endpoint in FILES:
        return response
    seen = g.get("hv_units_seen", set())
    try:
        inspections.note_view(
            who,
            {key for key in seen if key is not None} - {who.unit_id},
            clock=request_clock(),
            allowed=response.status_code < 400,
            path=request.full_path.rstrip("?")[:300],
            method=request.method,
        )
    except Unavailable as error:  # what can't be put on record isn't shown
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def register(appbuilder: Any) -> None:
    """Menu entry of this file, and the hooks."""
    menu(
        appbuilder,
        InspectionView,
        "Inspections",
        icon="fa-user-shield",
        action=Action.INSPECTION_VIEW,
        label=lazy_gettext("Inspections"),
        category=CATEGORY,
        category_label=lazy_gettext("Inspection"),
    )
    watch_inspectors(current_app)
