"""Units of the tree with their dated places, and the rooms inside an office."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload
from wtforms.validators import Length, Optional

from app.domain.access import Action, Target, may
from app.domain.units import needs_parent
from app.domain.vocabulary import Level, Tier, UnitKind
from app.errors import N_, Invalid, NotFound
from app.extensions import db
from app.forms import fields
from app.forms.people import NEEDED, EndUnitForm, MoveUnitForm, values_of
from app.models import Department, OrgParent, OrgPredecessor, OrgUnit
from app.models.base import in_force
from app.security import request_clock
from app.services import org, scope
from app.services.unit_of_work import Work
from app.views import formats
from app.views.base import ScopedInterface, ScopedModelView, actor, key_of, menu, require, today
from app.views.verbs import VerbPage

CATEGORY = {"category": "Units", "category_label": lazy_gettext("Units")}
DETAILS = ("code", "name", "short_name", "locality_code", "ministry_code", "address", "phone")


def kinds_below() -> list[tuple[UnitKind, Any]]:
    """Kinds the actor's tier may make: everything under itself."""
    tier = actor().tier
    if tier not in (Tier.DEPARTMENT, Tier.DISTRICT):
        return []
    kinds = [kind for kind in UnitKind if (needs_parent(kind) if tier is Tier.DEPARTMENT else kind.is_school)]
    return [(kind, formats.present(kind)) for kind in kinds]


def all_levels() -> list[tuple[str, Any]]:
    """Levels by value, as they are stored."""
    return [(level.value, formats.present(level)) for level in Level]


def _levels() -> fields.ManyField:
    return fields.ManyField(
        lazy_gettext("Levels taught"),
        pairs=all_levels,
        description=lazy_gettext("None ticked: those of its kind. A multi-level school names them."),
    )


def _locality() -> fields.TextField:
    return fields.TextField(
        lazy_gettext("Locality code"),
        [Optional(), Length(max=24)],
        description=lazy_gettext("First part of the administration account's name: bg in bg_thcstk."),
    )


class OrgUnitView(ScopedModelView):
    """Offices, schools and centres in reach; a unit is ended, never deleted."""

    datamodel = ScopedInterface(OrgUnit)
    route_base = "/units"
    view_action = Action.ORG_VIEW
    manage_action = Action.ORG_MANAGE
    list_title = lazy_gettext("Units")
    show_title = lazy_gettext("Unit")
    add_title = lazy_gettext("New unit")
    edit_title = lazy_gettext("Edit the unit")
    label_columns = {
        "name_folded": lazy_gettext("Name or code"),
        "short_name": lazy_gettext("Short name"),
        "name": lazy_gettext("Name"),
        "code": lazy_gettext("Code"),
        "kind": lazy_gettext("Kind"),
        "levels": lazy_gettext("Levels taught"),
        "parent_name": lazy_gettext("Unit above"),
        "locality_code": lazy_gettext("Locality code"),
        "ministry_code": lazy_gettext("Ministry code"),
        "address": lazy_gettext("Postal address"),
        "phone": lazy_gettext("Telephone"),
        "starts_on": lazy_gettext("From day"),
        "ends_on": lazy_gettext("Last day"),
    }
    formatters_columns: ClassVar = {
        "levels": lambda value: formats.present([Level(level) for level in value or ()])
    }
    list_columns = ["short_name", "code", "kind", "parent_name", "starts_on", "ends_on"]
    order_columns = ["short_name", "code", "starts_on", "ends_on"]
    order_alias: ClassVar = {"short_name": "name_folded"}
    base_order = ("short_name", "asc")
    search_columns = ["name_folded", "kind"]
    show_columns = [*DETAILS, "kind", "levels", "starts_on", "ends_on"]
    add_columns = ["kind", *DETAILS, "levels", "parent", "starts_on"]
    edit_columns = [*DETAILS, "levels"]
    add_form_extra_fields = {
        "kind": fields.ChoiceField(lazy_gettext("Kind"), NEEDED, pairs=kinds_below, parse=UnitKind),
        "levels": _levels(),
        "parent": fields.RecordField(lazy_gettext("Unit above"), NEEDED, kind="org_unit"),
        "locality_code": _locality(),
    }
    edit_form_extra_fields = {
        "levels": _levels(),
        "locality_code": _locality(),
    }
    description_columns = {
        "code": lazy_gettext(
            "Short and lasting: account names end with it, e.g. giangnt.thcstk and bg_thcstk. It is kept in small "
            "letters and digits without signs and spaces."
        ),
        "name": lazy_gettext("As on the seal."),
    }

    def prepare_rows(self, rows: Sequence[Any]) -> None:
        """The unit above each unit of the page, in one query."""
        above = parents_on([row.id for row in rows], today())
        for row in rows:
            row.parent_name = above.get(row.id, "")

    def unit_of(self, item: Any) -> int | None:
        """A unit is its own place."""
        return item.id

    def may_add(self) -> bool:
        """An office makes units below itself."""
        return bool(kinds_below()) and may(actor(), Action.ORG_MANAGE, Target())

    def prefill_add(self, form: Any) -> None:
        """Under the own unit, from today."""
        form.parent.data, form.starts_on.data = db.session.get(OrgUnit, actor().unit_id), today()

    def create(self, work: Work, form: Any) -> Any:
        """The unit with its place in the tree."""
        parent = scope.get(work.session, actor(), OrgUnit, form.parent.data.id, today())
        require(Action.ORG_MANAGE, Target(unit=actor().relation_to(parent.id)))
        unit = OrgUnit(kind=form.kind.data, starts_on=form.starts_on.data, **_details(form))
        return org.settle_unit(work, unit, parent)

    def change(self, work: Work, form: Any, item: Any) -> None:
        """Names, codes and levels; kind and place change by verbs of their own."""
        org.revise_unit(work, item, _details(form))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        """The unit with its places in the tree, what it came from and what stands below it today."""
        item = self.datamodel.get(key_of(pk), self._base_filters)
        if item is None:
            raise NotFound
        self.update_redirect()
        reach = scope.condition(actor(), OrgUnit, today())
        own = Target(unit=actor().relation_to(item.id))
        return self.render_template(
            "people/unit.html",
            title=item.short_name,
            unit=item,
            kind=formats.present(item.kind),
            labels=self.label_columns,
            columns=self.show_columns,
            shown=lambda column: self.formatters_columns[column](getattr(item, column)),
            places=_links(item.id),
            predecessors=_predecessors(item.id),
            children=_children(item.id, reach),
            rooms=_rooms(item.id),
            may_edit=bool(self.editable([item])),
            may_move=may(actor(), Action.ORG_MANAGE, own)
            and needs_parent(item.kind)
            and item.ends_on is None,
        )


class UnitVerbs(VerbPage):
    """Moving and ending a unit."""

    route_base = "/units"
    default_view = "move"
    rights: ClassVar = {"can_move": Action.ORG_MANAGE, "can_end": Action.ORG_MANAGE}

    @expose("/<int:unit_id>/move", methods=["GET", "POST"])
    @has_access
    def move(self, unit_id: int) -> Any:
        """Another unit above from a day on."""
        unit = _managed(unit_id)
        return self.run(
            MoveUnitForm(),
            lambda f: org.move_unit(
                actor(), unit_id, f.parent.data.id, f.day.data, reason=f.reason.data, clock=request_clock()
            ),
            title=_("Move under another unit"),
            lead=unit.name,
            done=_("Saved. Who stood above before that day stays on record."),
            back=url_for("OrgUnitView.show", pk=unit_id),
        )

    @expose("/<int:unit_id>/end", methods=["GET", "POST"])
    @has_access
    def end(self, unit_id: int) -> Any:
        """The unit's last day, and who takes over."""
        unit = _managed(unit_id)
        return self.run(
            EndUnitForm(successors=[]),
            lambda f: org.end_unit(
                actor(),
                unit_id,
                f.day.data,
                successor_ids=[row.id for row in f.successors.data],
                decision=f.decision.data,
                clock=request_clock(),
            ),
            title=_("End the unit"),
            lead=unit.name,
            done=_("Saved. The unit's records stay where they are."),
            back=url_for("OrgUnitView.show", pk=unit_id),
        )


class DepartmentView(ScopedModelView):
    """Rooms (phòng ban) inside an office or a centre."""

    datamodel = ScopedInterface(Department, eager=(joinedload(Department.unit),))
    route_base = "/departments"
    view_action = Action.ORG_VIEW
    manage_action = Action.DEPARTMENT_MANAGE
    list_title = lazy_gettext("Departments")
    show_title = lazy_gettext("Department")
    add_title = lazy_gettext("New department")
    edit_title = lazy_gettext("Edit the department")
    label_columns = {
        "name": lazy_gettext("Name"),
        "duties": lazy_gettext("Duties"),
        "unit": lazy_gettext("Unit"),
        "starts_on": lazy_gettext("From day"),
        "ends_on": lazy_gettext("Last day"),
    }
    list_columns = ["name", "duties", "unit", "starts_on", "ends_on"]
    order_columns = ["name", "starts_on", "ends_on"]
    base_order = ("name", "asc")
    search_columns = ["name"]
    show_columns = list_columns
    add_columns = ["name", "duties", "starts_on"]
    edit_columns = ["name", "duties", "starts_on", "ends_on"]

    def prefill_add(self, form: Any) -> None:
        """From today."""
        form.starts_on.data = today()

    def pre_add(self, item: Any) -> None:
        """The actor's own unit, never the form's."""
        item.unit_id = actor().unit_id

    def pre_update(self, item: Any) -> None:
        """Dates in order."""
        if item.ends_on is not None and item.ends_on < item.starts_on:
            raise Invalid(N_("The last day comes before the first."))


def _details(form: Any) -> dict[str, Any]:
    return {**values_of(form, DETAILS), "levels": form.levels.data}


def parents_on(unit_ids: list[int], day: date) -> dict[int, str]:
    """Short name of the unit right above, by unit."""
    query = (
        sa.select(OrgParent.unit_id, OrgUnit.short_name)
        .join(OrgUnit, OrgUnit.id == OrgParent.parent_id)
        .where(OrgParent.unit_id.in_(unit_ids), in_force(OrgParent, day))
    )
    return {row.unit_id: row.short_name for row in db.session.execute(query)}


def _links(unit_id: int) -> list[OrgParent]:
    query = sa.select(OrgParent).where(OrgParent.unit_id == unit_id).options(joinedload(OrgParent.parent))
    return list(db.session.scalars(query.order_by(OrgParent.starts_on.desc())))


def _predecessors(unit_id: int) -> list[OrgPredecessor]:
    query = sa.select(OrgPredecessor).where(
        sa.or_(OrgPredecessor.unit_id == unit_id, OrgPredecessor.predecessor_id == unit_id)
    )
    options = joinedload(OrgPredecessor.unit), joinedload(OrgPredecessor.predecessor)
    return list(db.session.scalars(query.options(*options).order_by(OrgPredecessor.happened_on.desc())))


def _children(unit_id: int, reach: Any) -> list[OrgUnit]:
    query = (
        sa.select(OrgUnit)
        .join(OrgParent, OrgParent.unit_id == OrgUnit.id)
        .where(OrgParent.parent_id == unit_id, in_force(OrgParent, today()), reach)
    )
    return list(db.session.scalars(query.order_by(OrgUnit.name_folded).limit(200)))


def _rooms(unit_id: int) -> list[Department]:
    query = scope.scoped(actor(), Department, today()).where(
        Department.unit_id == unit_id, in_force(Department, today())
    )
    return list(db.session.scalars(query.order_by(Department.name)))


def _managed(unit_id: int) -> OrgUnit:
    unit = scope.get(db.session(), actor(), OrgUnit, unit_id, today())
    require(Action.ORG_MANAGE, Target(unit=actor().relation_to(unit_id)))
    return unit


def register(appbuilder: Any) -> None:
    """Units and the rooms inside them."""
    for view, name, icon, label in (
        (OrgUnitView, "Units", "fa-sitemap", lazy_gettext("Units")),
        (DepartmentView, "Departments", "fa-door-open", lazy_gettext("Departments")),
    ):
        menu(appbuilder, view, name, icon=icon, action=Action.ORG_VIEW, label=label, **CATEGORY)
    appbuilder.add_view_no_menu(UnitVerbs())
