"""Bringing in a member of another unit: who is meant, a look at the person found, the position here."""

from typing import Any, ClassVar

from flask import flash, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target
from app.domain.vocabulary import Role
from app.errors import Forbidden, HocVuError, NotFound
from app.forms import fields
from app.forms.people import NEEDED, FindForm, PlacementForm
from app.security import request_clock
from app.services import bring_in
from app.views import formats
from app.views.base import PageView, actor, require, tell, today


def offered_roles() -> list[tuple[Role, Any]]:
    """Roles this clerk may bring somebody in for."""
    return [(role, formats.present(role)) for role in bring_in.roles_for(actor())]


class BringInForm(PlacementForm):
    """The position with its role."""

    role = fields.ChoiceField(lazy_gettext("Role"), NEEDED, pairs=offered_roles, parse=Role)


class BringInView(PageView):
    """Two steps: find, confirm. Nothing of the person is in an address."""

    route_base = "/staff"
    default_view = "find"
    rights: ClassVar = {"can_find": Action.STAFF_MANAGE, "can_place": Action.STAFF_MANAGE}

    @expose("/bring-in", methods=["GET", "POST"])
    @has_access
    def find(self) -> Any:
        """Ask who is meant; show who was found."""
        require(Action.STAFF_MANAGE, Target())
        form = FindForm()
        if form.validate_on_submit():
            member = _found(form)
            if member is not None:
                place = BringInForm(
                    formdata=None,
                    identifier=form.identifier.data,
                    birth_date=form.birth_date.data,
                    role=Role.SUBJECT_TEACHER if Role.SUBJECT_TEACHER in dict(offered_roles()) else None,
                    starts_on=today(),
                )
                return self._confirm(member, place)
        return self.render_template(
            "people/verb.html",
            title=_("Bring in from another unit"),
            lead=_("Somebody whose staff file another unit keeps, and who works here as well."),
            form=form,
            names=("identifier", "birth_date"),
            button=_("Find"),
            back=url_for("PersonModelView.list"),
        )

    @expose("/bring-in/place", methods=["POST"])
    @has_access
    def place(self) -> Any:
        """Give the person the position here."""
        require(Action.STAFF_MANAGE, Target())
        form = BringInForm()
        if form.identifier.data and form.birth_date.data and form.validate():
            place = bring_in.Placement(
                role=form.role.data,
                starts_on=form.starts_on.data or today(),
                ends_on=form.ends_on.data,
                title=form.title.data,
                decision=form.decision.data,
            )
            try:
                person_id = bring_in.bring_in(
                    actor(), form.identifier.data, form.birth_date.data, place, clock=request_clock()
                )
            except (Forbidden, NotFound):
                raise
            except HocVuError as error:
                flash(tell(error), "danger")
            else:
                flash(_("Saved. Assignments and an account of this unit can follow."), "success")
                return redirect(url_for("PersonModelView.show", pk=person_id))
        member = _found(form) if form.identifier.data and form.birth_date.data else None
        return redirect(url_for("BringInView.find")) if member is None else self._confirm(member, form)

    def _confirm(self, member: bring_in.Member, form: BringInForm) -> str:
        return self.render_template(
            "people/bring_in.html",
            title=_("Bring in %(name)s", name=member.full_name),
            member=member,
            form=form,
            names=("role", "title", "starts_on", "ends_on", "decision"),
            action=url_for("BringInView.place"),
            button=_("Bring in"),
            back=url_for("BringInView.find"),
        )


def _found(form: Any) -> bring_in.Member | None:
    """Who is meant; None with the reason on the page."""
    try:
        return bring_in.find_member(
            actor(), form.identifier.data, form.birth_date.data, clock=request_clock()
        )
    except (Forbidden, NotFound):
        raise
    except HocVuError as error:
        flash(tell(error), "danger")
        return None
