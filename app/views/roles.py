"""Who holds what in the unit: roles with their dates and decisions, groups with their rights and members."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.vocabulary import Role
from app.errors import Invalid
from app.extensions import db
from app.forms.accounts import (
    FlaskForm,
    FromDayForm,
    GroupForm,
    MemberForm,
    RoleForm,
    with_blank,
)
from app.models import Position, UnitGroup
from app.security import request_clock
from app.services import account_lists, groups, roles, scope
from app.views import role_texts
from app.views.accounts import CATEGORY, explain
from app.views.base import PageView, actor, menu, require, tell, today
from app.views.unit_admins import people_of


class RolesView(PageView):
    """Roles of the own unit."""

    route_base = "/roles"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.ROLE_GRANT,
        "can_grant": Action.ROLE_GRANT,
        "can_withdraw": Action.ROLE_GRANT,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Who holds what, from when to when, by which decision."""
        require(Action.ROLE_GRANT, Target())
        past = request.args.get("past") == "1"
        return self.render_template(
            "accounts/roles.html",
            title=_("Roles"),
            positions=account_lists.positions(db.session(), actor(), today(), past=past),
            past=past,
            today=today(),
            role_names=role_texts.ROLES,
            may_withdraw=lambda position: roles.may_withdraw(actor(), position.role),
        )

    @expose("/grant", methods=["GET", "POST"])
    @has_access
    def grant(self) -> Any:
        """Grant a role."""
        require(Action.ROLE_GRANT, Target())
        form = RoleForm()
        form.person_id.choices = with_blank(
            [p for p in people_of(actor().unit_id) if p[0] != actor().person_id]
        )
        form.role.choices = [(r.value, str(role_texts.ROLES[r])) for r in roles.grantable_roles(actor().tier)]
        if form.validate_on_submit():
            try:
                roles.grant_role(
                    actor(),
                    form.person_id.data,
                    Role(form.role.data),
                    clock=request_clock(),
                    starts_on=form.starts_on.data,
                    ends_on=form.ends_on.data,
                    title=form.title.data,
                    decision=form.decision.data,
                )
                flash(_("The role was granted."), "success")
                return redirect(url_for("RolesView.index"))
            except Invalid as error:
                explain(form, error)
        return self.render_template("accounts/grant.html", title=_("Grant a role"), form=form)

    @expose("/<int:position_id>/withdraw", methods=["GET", "POST"])
    @has_access
    def withdraw(self, position_id: int) -> Any:
        """From which day the role is over."""
        position = scope.get(db.session(), actor(), Position, position_id, today())
        require(Action.ROLE_GRANT, Target(unit=actor().relation_to(position.unit_id)))
        form = FromDayForm()
        if form.validate_on_submit():
            try:
                roles.withdraw_role(
                    actor(),
                    position_id,
                    clock=request_clock(),
                    from_day=form.from_day.data,
                    decision=form.decision.data or None,
                )
                flash(_("The role was withdrawn."), "success")
                return redirect(url_for("RolesView.index"))
            except Invalid as error:
                flash(tell(error), "danger")
                position = scope.get(db.session(), actor(), Position, position_id, today())
        elif request.method == "GET":
            form.from_day.data = today()
        return self.render_template(
            "accounts/withdraw.html",
            title=_("Withdraw a role"),
            form=form,
            position=position,
            role_name=role_texts.ROLES[position.role],
        )


class GroupsView(PageView):
    """Teams, groups and sections of the own unit."""

    route_base = "/groups"
    default_view = "index"
    rights: ClassVar = {
        f"can_{name}": Action.GROUP_MANAGE
        for name in ("index", "define", "show", "change", "add_member", "remove_member", "end")
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The groups, with rights and number of people."""
        require(Action.GROUP_MANAGE, Target())
        found = account_lists.groups(db.session(), actor(), today())
        return self.render_template(
            "accounts/groups.html",
            title=_("Teams, groups, sections"),
            groups=[(group, account_lists.members_of(group, today())) for group in found],
            kinds=role_texts.GROUP_KINDS,
            right_name=role_texts.right_name,
        )

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def define(self) -> Any:
        """A new group."""
        require(Action.GROUP_MANAGE, Target())
        form = self._form()
        if form.validate_on_submit():
            try:
                unit_group_id = groups.define_group(
                    actor(),
                    form.kind.data,
                    form.name.data or "",
                    form.rights.data or [],
                    clock=request_clock(),
                )
                flash(_("The group was made. Put its people in."), "success")
                return redirect(url_for("GroupsView.show", unit_group_id=unit_group_id))
            except Invalid as error:
                explain(form, error)
        return self.render_template("accounts/group_form.html", title=_("New group"), form=form)

    @expose("/<int:unit_group_id>")
    @has_access
    def show(self, unit_group_id: int) -> Any:
        """One group: its people and its rights."""
        return self._page(unit_group_id)

    @expose("/<int:unit_group_id>/change", methods=["POST"])
    @has_access
    def change(self, unit_group_id: int) -> Any:
        """Another name or other rights."""
        form = self._form()
        form.kind.data = self._group(unit_group_id).kind
        if form.validate_on_submit():
            try:
                groups.change_group(
                    actor(),
                    unit_group_id,
                    form.name.data or "",
                    form.rights.data or [],
                    clock=request_clock(),
                )
                flash(_("The group was changed."), "success")
                return redirect(url_for("GroupsView.show", unit_group_id=unit_group_id))
            except Invalid as error:
                explain(form, error)
        return self._page(unit_group_id, form=form)

    @expose("/<int:unit_group_id>/members", methods=["POST"])
    @has_access
    def add_member(self, unit_group_id: int) -> Any:
        """Put a person in."""
        form = self._member_form()
        if form.validate_on_submit():
            try:
                groups.add_member(
                    actor(),
                    unit_group_id,
                    form.person_id.data,
                    is_leader=form.is_leader.data,
                    clock=request_clock(),
                )
                flash(_("The person is in the group now."), "success")
                return redirect(url_for("GroupsView.show", unit_group_id=unit_group_id))
            except Invalid as error:
                explain(form, error)
        return self._page(unit_group_id, member_form=form)

    @expose("/<int:unit_group_id>/members/<int:member_id>/remove", methods=["POST"])
    @has_access
    def remove_member(self, unit_group_id: int, member_id: int) -> Any:
        """End a membership today."""
        try:
            groups.remove_member(actor(), member_id, clock=request_clock())
            flash(_("The person is no longer in the group."), "success")
        except Invalid as error:
            flash(tell(error), "danger")
        return redirect(url_for("GroupsView.show", unit_group_id=unit_group_id))

    @expose("/<int:unit_group_id>/end", methods=["POST"])
    @has_access
    def end(self, unit_group_id: int) -> Any:
        """End the group today."""
        try:
            groups.end_group(actor(), unit_group_id, clock=request_clock())
            flash(_("The group has ended."), "success")
        except Invalid as error:
            flash(tell(error), "danger")
        return redirect(url_for("GroupsView.index"))

    def _group(self, unit_group_id: int) -> UnitGroup:
        group = scope.get(db.session(), actor(), UnitGroup, unit_group_id, today())
        require(Action.GROUP_MANAGE, Target(unit=actor().relation_to(group.unit_id)))
        return group

    def _page(self, unit_group_id: int, *, form: Any = None, member_form: Any = None) -> Any:
        group = self._group(unit_group_id)
        own = {action.value for action in groups.rights_to_give(actor())}
        return self.render_template(
            "accounts/group.html",
            title=group.name,
            group=group,
            members=account_lists.members_of(group, today()),
            kinds=role_texts.GROUP_KINDS,
            right_name=role_texts.right_name,
            form=form or self._form(obj=group),
            member_form=member_form or self._member_form(),
            beyond=sorted(set(group.rights) - own),
            blank=FlaskForm(),
            may_staff=may(actor(), Action.STAFF_VIEW, Target()),
        )

    @staticmethod
    def _form(obj: Any = None) -> GroupForm:
        form = GroupForm(obj=obj)
        form.kind.choices = [(value, str(text)) for value, text in role_texts.GROUP_KINDS.items()]
        form.rights.choices = [
            (a.value, role_texts.right_name(a.value)) for a in groups.rights_to_give(actor())
        ]
        return form

    @staticmethod
    def _member_form() -> MemberForm:
        form = MemberForm()
        form.person_id.choices = with_blank(people_of(actor().unit_id))
        return form


def register(appbuilder: Any) -> None:
    """Menu entries of this file."""
    entries = (
        (RolesView, "Roles", "fa-solid fa-user-shield", Action.ROLE_GRANT, lazy_gettext("Roles")),
        (
            GroupsView,
            "Groups",
            "fa-solid fa-people-group",
            Action.GROUP_MANAGE,
            lazy_gettext("Teams, groups, sections"),
        ),
    )
    for view, name, icon, action, label in entries:
        menu(
            appbuilder,
            view(),
            name,
            icon=icon,
            action=action,
            label=label,
            category=CATEGORY,
            category_label=lazy_gettext("Administration"),
        )
