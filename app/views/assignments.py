"""Teaching assignments and homeroom teachers: dated rows that follow one another."""

from collections.abc import Iterable
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload
from wtforms import BooleanField
from wtforms.validators import Optional

from app.domain.access import Action, Target, may
from app.extensions import db
from app.forms import fields
from app.models import (
    HomeroomAssignment,
    SchoolClass,
    Subject,
    SubjectPart,
    TeachingAssignment,
    TeachingGroup,
)
from app.services import assignments, scope
from app.services.assignments import SUBJECT_COLUMNS, NewAssignment
from app.services.unit_of_work import Work
from app.views import formats
from app.views.base import ScopedInterface, ScopedModelView, actor, require, today
from app.views.class_pages import taught_subjects

PERIOD = {"starts_on": lazy_gettext("From day"), "ends_on": lazy_gettext("Last day")}


def all_parts() -> list[tuple[int, str]]:
    """Parts of all subjects, named with their subject."""
    query = sa.select(SubjectPart).join(Subject).options(joinedload(SubjectPart.subject))
    rows = db.session.scalars(query.order_by(Subject.order_no, SubjectPart.order_no))
    return [(row.id, f"{row.subject.short_name}: {row.name}") for row in rows]


class AssignmentModelView(ScopedModelView):
    """Who teaches a group a subject, since when; changes are new rows, never rewritten ones."""

    datamodel = ScopedInterface(
        TeachingAssignment,
        eager=(
            joinedload(TeachingAssignment.person),
            joinedload(TeachingAssignment.group).joinedload(TeachingGroup.school_year),
            joinedload(TeachingAssignment.subject),
            joinedload(TeachingAssignment.part),
        ),
    )
    route_base = "/assignments"
    view_action = Action.ASSIGNMENT_VIEW
    manage_action = Action.ASSIGNMENT_MANAGE
    base_permissions: ClassVar = ["can_list", "can_show", "can_add"]
    list_title = lazy_gettext("Teaching assignments")
    list_template = "people/duties.html"
    show_title = lazy_gettext("Teaching assignment")
    add_title = lazy_gettext("Assign a teacher")
    label_columns = {
        "person": lazy_gettext("Teacher"),
        "group": lazy_gettext("Class or group"),
        "group.school_year.label": lazy_gettext("School year"),
        "subject": lazy_gettext("Subject"),
        "part": lazy_gettext("Part"),
        "columns": lazy_gettext("Columns"),
        "in_charge": lazy_gettext("In charge"),
        "decision": lazy_gettext("Decision"),
        **PERIOD,
    }
    formatters_columns: ClassVar = {"columns": formats.columns}
    list_columns = [
        "person",
        "subject",
        "group",
        "group.school_year.label",
        "part",
        "in_charge",
        "starts_on",
        "ends_on",
    ]
    order_columns = ["starts_on", "ends_on"]
    base_order = ("starts_on", "desc")
    search_columns = ["person", "group", "subject"]
    show_columns = [
        "person",
        "group",
        "group.school_year.label",
        "subject",
        "part",
        "columns",
        "in_charge",
        "starts_on",
        "ends_on",
        "decision",
    ]
    add_columns = [
        "person",
        "group",
        "subject",
        "starts_on",
        "part",
        "columns",
        "in_charge",
        "decision",
        "ends_on",
    ]
    edit_columns = ["decision"]
    add_form_extra_fields = {
        "part": fields.ChoiceField(lazy_gettext("Part"), [Optional()], pairs=all_parts, parse=int),
        "columns": fields.ManyField(
            lazy_gettext("Columns"),
            pairs=lambda: [(name, formats.COLUMN_NAMES[name]) for name in SUBJECT_COLUMNS],
            description=lazy_gettext("None ticked: every column."),
        ),
        "in_charge": BooleanField(
            lazy_gettext("In charge"),
            description=lazy_gettext(
                "One teacher is in charge and confirms the book: the first one assigned, until another is ticked here."
            ),
        ),
    }
    description_columns = {
        "starts_on": lazy_gettext("Whoever taught it before ends the day before."),
        "ends_on": lazy_gettext("Empty: until somebody else takes over."),
    }

    def rows_of(self, model: type) -> Iterable[Any]:
        """Subjects a school teaches, in printed order."""
        return taught_subjects() if model is Subject else super().rows_of(model)

    def unit_of(self, item: Any) -> int | None:
        """The unit of the group."""
        return item.group.unit_id

    def prefill_add(self, form: Any) -> None:
        """From today; the group the reader comes from."""
        form.starts_on.data = today()
        group_id = request.args.get("group", type=int)
        if group_id is not None:
            form.group.data = scope.get(db.session(), actor(), TeachingGroup, group_id, today())

    def create(self, work: Work, form: Any) -> Any:
        """The row, the one before it ended, and the sheets."""
        group = scope.get(work.session, actor(), TeachingGroup, form.group.data.id, today())
        require(Action.ASSIGNMENT_MANAGE, Target(unit=actor().relation_to(group.unit_id)))
        new = NewAssignment(
            person_id=form.person.data.id,
            group_id=group.id,
            subject_id=form.subject.data,
            starts_on=form.starts_on.data,
            part_id=form.part.data,
            columns=tuple(form.columns.data),
            in_charge=True if form.in_charge.data else None,
            decision=form.decision.data,
            ends_on=form.ends_on.data,
        )
        return assignments.add_assignment(work, group, new)

    def row_links(self, item: Any) -> list[tuple[str, Any, str]]:
        """Ending, while it runs."""
        if item.ends_on is not None or not may(actor(), Action.ASSIGNMENT_MANAGE, self.target_of(item)):
            return []
        return [(url_for("TeacherVerbs.end", assignment_id=item.id), _("End"), "fa-calendar-xmark")]


class HomeroomModelView(ScopedModelView):
    """Homeroom teachers by class, dated."""

    datamodel = ScopedInterface(
        HomeroomAssignment,
        eager=(
            joinedload(HomeroomAssignment.person),
            joinedload(HomeroomAssignment.school_class).joinedload(SchoolClass.school_year),
        ),
    )
    route_base = "/homerooms"
    view_action = Action.ASSIGNMENT_VIEW
    manage_action = Action.ASSIGNMENT_MANAGE
    base_permissions: ClassVar = ["can_list", "can_show", "can_add"]
    list_title = lazy_gettext("Homeroom teachers")
    list_template = "people/duties.html"
    show_title = lazy_gettext("Homeroom teacher")
    add_title = lazy_gettext("Assign a homeroom teacher")
    label_columns = {
        "school_class": lazy_gettext("Class"),
        "school_class.school_year.label": lazy_gettext("School year"),
        "person": lazy_gettext("Homeroom teacher"),
        "decision": lazy_gettext("Decision"),
        **PERIOD,
    }
    list_columns = [
        "school_class",
        "person",
        "school_class.school_year.label",
        "starts_on",
        "ends_on",
        "decision",
    ]
    order_columns = ["starts_on", "ends_on"]
    base_order = ("starts_on", "desc")
    search_columns = ["person", "school_class"]
    show_columns = ["school_class", "person", "starts_on", "ends_on", "decision"]
    add_columns = ["school_class", "person", "starts_on", "decision"]
    edit_columns = ["decision"]
    description_columns = {"starts_on": lazy_gettext("The homeroom teacher before ends the day before.")}

    def unit_of(self, item: Any) -> int | None:
        """The unit of the class."""
        return item.school_class.unit_id

    def prefill_add(self, form: Any) -> None:
        """From today; the class the reader comes from."""
        form.starts_on.data = today()
        class_id = request.args.get("class", type=int)
        if class_id is not None:
            form.school_class.data = scope.get(db.session(), actor(), SchoolClass, class_id, today())

    def create(self, work: Work, form: Any) -> Any:
        """The row, with the one before it ended."""
        row = scope.get(work.session, actor(), SchoolClass, form.school_class.data.id, today())
        require(Action.ASSIGNMENT_MANAGE, Target(unit=actor().relation_to(row.unit_id)))
        return assignments.add_homeroom(
            work, row, form.person.data.id, form.starts_on.data, form.decision.data
        )

    def row_links(self, item: Any) -> list[tuple[str, Any, str]]:
        """Ending, while it runs."""
        if item.ends_on is not None or not may(actor(), Action.ASSIGNMENT_MANAGE, self.target_of(item)):
            return []
        return [(url_for("TeacherVerbs.end_homeroom", homeroom_id=item.id), _("End"), "fa-calendar-xmark")]
