"""What the tier above sets up in a unit: its head, its administration account and holder; and the first department."""

from collections import Counter
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.dates import format_date
from app.errors import Invalid
from app.extensions import db
from app.forms.accounts import DepartmentForm, HeadForm, HolderForm, with_blank
from app.models import OrgUnit, Person
from app.security import request_clock
from app.services import account_lists, accounts, roles, scope
from app.services.staff import NewPerson, staff
from app.views.accounts import CATEGORY, explain, page_number, slips_page
from app.views.base import PageView, actor, menu, require, today


class UnitAdminsView(PageView):
    """The own unit and those directly below: heads, administration accounts and their holders."""

    route_base = "/unit-admins"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.ADMIN_ACCOUNT_MANAGE,
        "can_show": Action.ADMIN_ACCOUNT_MANAGE,
        "can_holder": Action.ADMIN_ACCOUNT_MANAGE,
        "can_head": Action.HEAD_APPOINT,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The list of units."""
        search = request.args.get("q", "")[:80]
        page = account_lists.units_below(db.session(), actor(), today(), search, page_number())
        return self.render_template(
            "accounts/units.html",
            title=_("Heads and administration accounts"),
            page=page,
            search=search,
            may_open=lambda unit: may(
                actor(), Action.ADMIN_ACCOUNT_MANAGE, Target(unit=actor().relation_to(unit.id))
            ),
        )

    @expose("/<int:unit_id>")
    @has_access
    def show(self, unit_id: int) -> Any:
        """One unit with the forms the actor may use."""
        return self._page(unit_id)

    @expose("/<int:unit_id>/holder", methods=["POST"])
    @has_access
    def holder(self, unit_id: int) -> Any:
        """Create the administration account, or give it to another holder; the answer is the slip."""
        form = self._holder_form(unit_id)
        line = self._line(unit_id)
        if form.validate_on_submit():
            chosen = form.holder()
            if chosen is None:
                form.person_id.errors = [_("Choose a person, or write the name of a new one.")]
                return self._page(unit_id, holder_form=form)
            try:
                if line.account is None:
                    made = accounts.create_unit_admin(
                        actor(), unit_id, chosen, form.decision.data, clock=request_clock()
                    )
                else:
                    made = accounts.change_holder(
                        actor(), line.account.id, chosen, form.decision.data, clock=request_clock()
                    )
                return slips_page(self, [made], url_for("UnitAdminsView.show", unit_id=unit_id))
            except Invalid as error:
                explain(form, error)
        return self._page(unit_id, holder_form=form)

    @expose("/<int:unit_id>/head", methods=["POST"])
    @has_access
    def head(self, unit_id: int) -> Any:
        """Appoint who heads the unit."""
        form = self._head_form(unit_id)
        if form.validate_on_submit():
            chosen = form.holder()
            if chosen is None:
                form.person_id.errors = [_("Choose a person, or write the name of a new one.")]
                return self._page(unit_id, head_form=form)
            try:
                roles.appoint_head(
                    actor(),
                    unit_id,
                    chosen,
                    form.decision.data,
                    clock=request_clock(),
                    starts_on=form.starts_on.data,
                    title=form.title.data or None,
                )
                flash(_("The head was appointed."), "success")
                return redirect(url_for("UnitAdminsView.show", unit_id=unit_id))
            except Invalid as error:
                explain(form, error)
        return self._page(unit_id, head_form=form)

    def _line(self, unit_id: int) -> account_lists.UnitLine:
        unit = scope.get(db.session(), actor(), OrgUnit, unit_id, today())
        require(Action.ADMIN_ACCOUNT_MANAGE, Target(unit=actor().relation_to(unit.id)))
        return account_lists.unit_line(db.session(), unit, today())

    def _page(self, unit_id: int, *, holder_form: Any = None, head_form: Any = None) -> Any:
        line = self._line(unit_id)
        below = roles.stands_right_below(db.session(), actor(), unit_id, today())
        target = Target(unit=actor().relation_to(unit_id), directly_below=below)
        may_appoint = may(actor(), Action.HEAD_APPOINT, target)
        return self.render_template(
            "accounts/unit.html",
            title=line.unit.short_name,
            line=line,
            holders=account_lists.holders(db.session(), line.account.id) if line.account else [],
            holder_form=holder_form or self._holder_form(unit_id),
            head_form=(head_form or self._head_form(unit_id)) if may_appoint else None,
        )

    def _holder_form(self, unit_id: int) -> HolderForm:
        form = HolderForm(prefix="holder-")
        form.person_id.choices = with_blank(people_of(unit_id))
        return form

    def _head_form(self, unit_id: int) -> HeadForm:
        form = HeadForm(prefix="head-")
        form.person_id.choices = with_blank(people_of(unit_id))
        return form


def people_of(unit_id: int | None) -> list[tuple[int, str]]:
    """Staff of a unit in reach, for a select: key and name with position."""
    if unit_id is None:
        return []
    scope.get(db.session(), actor(), OrgUnit, unit_id, today())
    require(Action.STAFF_VIEW, Target(unit=actor().relation_to(unit_id)))
    people = staff(db.session(), unit_id, today())
    names = Counter(p.full_name for p in people)
    return [(p.id, _choice(p, namesake=names[p.full_name] > 1)) for p in people]


def _choice(person: Person, *, namesake: bool) -> str:
    """Name with position; among people of one name also what tells them apart."""
    apart = [person.title, *([format_date(person.birth_date), person.staff_code] if namesake else [])]
    said = ", ".join(part for part in apart if part)
    return f"{person.full_name} ({said})" if said else person.full_name


class FirstDepartmentView(PageView):
    """The installer's one page: create the department and hand its administration to a named person."""

    route_base = "/first-department"
    default_view = "create"
    rights: ClassVar = {"can_create": Action.DEPARTMENT_CREATE}

    @expose("/", methods=["GET", "POST"])
    @has_access
    def create(self) -> Any:
        """The form, and what follows it."""
        form = DepartmentForm()
        if form.validate_on_submit():
            holder = NewPerson(
                given_name=form.given_name.data or "",
                family_name=form.family_name.data or "",
                middle_name=form.middle_name.data or "",
                written_name=form.written_name.data or None,
            )
            try:
                accounts.create_first_department(
                    actor(),
                    form.code.data,
                    form.name.data,
                    form.short_name.data,
                    form.locality_code.data,
                    holder,
                    clock=request_clock(),
                )
                flash(_("The department was created. This account now administers it."), "success")
                return redirect(url_for("AccountView.me"))
            except Invalid as error:
                explain(form, error)
        return self.render_template("accounts/department.html", title=_("Create the department"), form=form)


def register(appbuilder: Any) -> None:
    """Menu entries of this file."""
    menu(
        appbuilder,
        UnitAdminsView(),
        "Unit administrators",
        icon="fa-solid fa-building-user",
        action=Action.ADMIN_ACCOUNT_MANAGE,
        label=lazy_gettext("Heads and administration accounts"),
        category=CATEGORY,
        category_label=lazy_gettext("Administration"),
    )
    menu(
        appbuilder,
        FirstDepartmentView(),
        "First department",
        icon="fa-solid fa-landmark",
        action=Action.DEPARTMENT_CREATE,
        label=lazy_gettext("Create the department"),
    )
