"""Staff: personal files with department, subject team and positions; and the endpoint of the search boxes."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload
from wtforms.validators import Optional

from app.domain.access import Action, Target
from app.domain.vocabulary import Tier
from app.errors import NotFound
from app.extensions import db
from app.forms import fields
from app.forms.people import NAME_PARTS, name_fields, values_of
from app.models import (
    Department,
    HomeroomAssignment,
    OrgUnit,
    Person,
    Position,
    TeachingAssignment,
    UnitGroup,
    UnitGroupMember,
)
from app.models.base import in_force
from app.services import assignments, people, scope
from app.services.rows import is_saved
from app.services.unit_of_work import Work
from app.views import formats, select
from app.views.base import ScopedInterface, ScopedModelView, actor, key_of, require, today
from app.views.bring_in import BringInView
from app.views.student_sheet import name_of, written_apart

FILE = (
    "staff_code",
    "national_id",
    "birth_date",
    "sex_code",
    "ethnicity_code",
    "phone",
    "email",
    "title",
    "main_subject",
    "status_code",
)


def own_teams() -> list[tuple[int, str]]:
    """Subject teams (tổ chuyên môn) of the actor's unit."""
    query = sa.select(UnitGroup).where(
        UnitGroup.unit_id == actor().unit_id, UnitGroup.kind == "team", in_force(UnitGroup, today())
    )
    return [(row.id, row.name) for row in db.session.scalars(query.order_by(UnitGroup.name))]


def own_departments() -> list[tuple[int, str]]:
    """Rooms of the actor's unit."""
    query = sa.select(Department).where(Department.unit_id == actor().unit_id, in_force(Department, today()))
    return [(row.id, row.name) for row in db.session.scalars(query.order_by(Department.name))]


def _file_fields() -> dict[str, Any]:
    return {
        **name_fields(),
        "department_id": fields.ChoiceField(
            lazy_gettext("Department"), [Optional()], pairs=own_departments, parse=int
        ),
        "team": fields.ChoiceField(lazy_gettext("Subject team"), [Optional()], pairs=own_teams, parse=int),
    }


class PersonModelView(ScopedModelView):
    """Staff of the own unit and below, with those who also work here."""

    datamodel = ScopedInterface(Person, eager=(joinedload(Person.unit), joinedload(Person.department)))
    route_base = "/staff"
    view_action = Action.STAFF_VIEW
    manage_action = Action.STAFF_MANAGE
    list_title = lazy_gettext("Staff")
    show_title = lazy_gettext("Staff file")
    add_title = lazy_gettext("New staff file")
    edit_title = lazy_gettext("Edit the staff file")
    label_columns = {
        "name_folded": lazy_gettext("Name or code"),
        "full_name": lazy_gettext("Full name"),
        "title": lazy_gettext("Position"),
        "main_subject": lazy_gettext("Main subject"),
        "team_name": lazy_gettext("Subject team"),
        "department": lazy_gettext("Department"),
        "unit_name": lazy_gettext("Unit"),
        "staff_code": lazy_gettext("Staff code"),
        "national_id": lazy_gettext("Personal identification number"),
        "birth_date": lazy_gettext("Date of birth"),
        "sex_code": lazy_gettext("Sex"),
        "ethnicity_code": lazy_gettext("Ethnicity"),
        "phone": lazy_gettext("Telephone"),
        "email": lazy_gettext("E-mail"),
        "status_code": lazy_gettext("Status"),
    }
    code_columns: ClassVar = {**people.PERSON_CODES}
    list_columns = [
        "full_name",
        "title",
        "main_subject",
        "team_name",
        "department",
        "phone",
        "status_code",
        "unit_name",
    ]
    order_columns = ["full_name", "title"]
    order_alias: ClassVar = {"full_name": "sort_key"}
    base_order = ("full_name", "asc")
    search_columns = ["name_folded", "status_code"]
    show_columns = list(FILE)
    add_columns = [*NAME_PARTS, *FILE, "department_id", "team"]
    edit_columns = add_columns
    add_form_extra_fields = _file_fields()
    edit_form_extra_fields = _file_fields()

    def shown_columns(self) -> list[str]:
        """A school has no rooms and needs no column that repeats its own name; an office has no subject teams."""
        hidden = {"department", "unit_name"} if actor().tier is Tier.SCHOOL else {"team_name", "main_subject"}
        return [name for name in self.list_columns if name not in hidden]

    def prepare_rows(self, rows: Sequence[Any]) -> None:
        """Subject teams of the page's people, in one query."""
        query = (
            sa.select(UnitGroupMember.person_id, UnitGroup.name, UnitGroupMember.is_leader)
            .join(UnitGroup, UnitGroup.id == UnitGroupMember.group_id)
            .where(
                UnitGroupMember.person_id.in_([row.id for row in rows]),
                UnitGroup.kind == "team",
                in_force(UnitGroupMember, today()),
                scope.condition(actor(), UnitGroup, today()),
            )
        )
        teams = {
            person: _("%(team)s (leader)", team=name) if leads else name
            for person, name, leads in _rows(query)
        }
        for row in rows:
            row.team_name, row.unit_name = teams.get(row.id, ""), row.unit.short_name

    def links(self) -> list[tuple[str, Any, str]]:
        """Somebody whose file another unit keeps, for whoever keeps the files here."""
        found = url_for("BringInView.find"), _("Bring in from another unit"), "fa-user-plus"
        return [found] if self.may_add() else []

    def prefill_add(self, form: Any) -> None:
        """Working here."""
        form.status_code.data, form.ethnicity_code.data = "01", "01"

    def prefill_form(self, form: Any, item: Any) -> None:
        """The whole name where its order differs, and today's team."""
        form.written_name.data = written_apart(item)
        seats = people.team_seats(db.session(), item.id, item.unit_id, today())
        form.team.data = seats[0].group_id if seats else None

    def create(self, work: Work, form: Any) -> Any:
        """A file of the actor's unit, never of the form's."""
        require(Action.STAFF_MANAGE, Target())
        unit = work.session.get_one(OrgUnit, actor().unit_id)
        values = {**values_of(form, FILE), "department_id": form.department_id.data}
        person = people.add_person(work, unit, name_of(form), values, day=today())
        self._seat(work, person, form)
        return person

    def change(self, work: Work, form: Any, item: Any) -> None:
        """The file as the form has it; the name is folded again."""
        for name, value in values_of(form, FILE).items():
            setattr(item, name, value)
        item.department_id = form.department_id.data
        people.apply_name(item, name_of(form))
        people.complete_person(work.session, item, today())
        self._seat(work, item, form)

    @staticmethod
    def _seat(work: Work, person: Person, form: Any) -> None:
        if form.team.data is None:
            if is_saved(person):
                people.leave_teams(work, person, person.unit_id, today())
            return
        seats = (
            people.team_seats(work.session, person.id, person.unit_id, today()) if is_saved(person) else []
        )
        if [seat.group_id for seat in seats] != [form.team.data]:
            people.join_team(work, person, work.session.get_one(UnitGroup, form.team.data), today())

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        """The file with positions and what the person teaches."""
        item = self.datamodel.get(key_of(pk), self._base_filters)
        if item is None:
            raise NotFound
        self.update_redirect()
        self.prepare_rows([item])
        return self.render_template(
            "people/person.html",
            title=item.full_name,
            person=item,
            labels=self.label_columns,
            columns=FILE,
            shown=lambda column: self.formatters_columns[column](getattr(item, column)),
            positions=_positions(item.id),
            teaching=assignments.of_person(db.session(), item.id, _reach(TeachingAssignment)),
            homerooms=assignments.homerooms_by(db.session(), item.id, _reach(HomeroomAssignment)),
            role_label=formats.present,
            may_edit=bool(self.editable([item])),
        )


def _positions(person_id: int) -> list[Position]:
    query = (
        sa.select(Position)
        .where(Position.person_id == person_id, _reach(Position))
        .options(joinedload(Position.unit))
        .order_by(Position.starts_on.desc(), Position.id.desc())
    )
    return list(db.session.scalars(query))


def _reach(model: type) -> sa.ColumnElement[bool]:
    return scope.condition(actor(), model, today())


def _rows(query: Any) -> Iterable[Any]:
    return db.session.execute(query)


def register(appbuilder: Any) -> None:
    """The endpoint of the search boxes; the staff's menu entry stands with the classes, in working order."""
    select.register(appbuilder)
    appbuilder.add_view_no_menu(BringInView())
