"""Classes, who teaches them what, homeroom teachers and groups of study."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload
from wtforms import BooleanField
from wtforms.validators import InputRequired, Length, Optional

from app.domain.access import Action, Target, may
from app.domain.units import grades_of, taught_levels
from app.domain.vocabulary import CELL_COLUMNS, GroupKind
from app.errors import N_, Invalid, NotFound
from app.extensions import db
from app.forms import fields
from app.forms.converter import REQUIRED
from app.forms.people import NEEDED
from app.models import (
    HomeroomAssignment,
    OrgUnit,
    Person,
    SchoolClass,
    SchoolYear,
    Subject,
    SubjectPart,
    TeachingAssignment,
    TeachingGroup,
)
from app.security import request_clock
from app.services import assignments, classes, enrolments, scope
from app.services.assignments import NewAssignment
from app.services.classes import NewClass, NewGroup
from app.services.unit_of_work import Work
from app.views import formats
from app.views.base import ScopedInterface, ScopedModelView, actor, key_of, menu, require, today
from app.views.class_pages import ClassVerbs, TeacherVerbs, chosen_year, class_lists, order_years
from app.views.people import PersonModelView

CATEGORY = {"category": "School", "category_label": lazy_gettext("School")}
PERIOD = {"starts_on": lazy_gettext("From day"), "ends_on": lazy_gettext("Last day")}


def own_grades() -> list[tuple[int, str]]:
    """Grades the actor's unit teaches."""
    unit = db.session.get(OrgUnit, actor().unit_id)
    if unit is None:
        return []
    levels = taught_levels(unit.kind, unit.levels)
    return [(grade, formats.grade(grade)) for level in levels for grade in grades_of(level)]


class SchoolClassView(ScopedModelView):
    """Classes of a school, each with its circular and the group of the whole class."""

    datamodel = ScopedInterface(SchoolClass, eager=(joinedload(SchoolClass.school_year), joinedload(SchoolClass.unit)))
    route_base = "/classes"
    view_action = Action.CLASS_VIEW
    manage_action = Action.CLASS_MANAGE
    list_title = lazy_gettext("Classes")
    show_title = lazy_gettext("Class")
    add_title = lazy_gettext("New class")
    edit_title = lazy_gettext("Edit the class")
    label_columns = {
        "name": lazy_gettext("Class"),
        "grade": lazy_gettext("Grade"),
        "school_year": lazy_gettext("School year"),
        "circular": lazy_gettext("Assessed by"),
        "homeroom": lazy_gettext("Homeroom teacher"),
        "students": lazy_gettext("Students"),
        "unit.short_name": lazy_gettext("School"),
        "order_no": lazy_gettext("Order in lists"),
    }
    formatters_columns: ClassVar = {"circular": formats.circular, "grade": formats.grade}
    list_columns = ["name", "grade", "school_year", "homeroom", "students", "circular", "unit.short_name"]
    order_columns = ["name", "grade"]
    base_order = ("order_no", "asc")
    search_columns = ["name", "school_year", "grade"]
    search_form_extra_fields = {
        "grade": fields.ChoiceField(
            lazy_gettext("Grade"), pairs=lambda: [(n, formats.grade(n)) for n in range(1, 13)], parse=int
        )
    }
    show_columns = ["name", "grade", "school_year", "circular"]
    add_columns = ["name", "grade", "school_year", "order_no"]
    edit_columns = ["name", "order_no"]
    add_form_extra_fields = {
        "grade": fields.ChoiceField(lazy_gettext("Grade"), NEEDED, pairs=own_grades, parse=int),
        "order_no": fields.WholeNumberField(lazy_gettext("Order in lists"), [Optional()]),
    }
    edit_form_extra_fields = {"order_no": fields.WholeNumberField(lazy_gettext("Order in lists"), [Optional()])}

    def _read_filters(self) -> None:
        """Without a year asked for, the chosen one."""
        super()._read_filters()
        if "_flt_0_school_year" not in request.args and chosen_year():
            self._filters.add_filter_index("school_year", 0, str(chosen_year()))

    def rows_of(self, model: type) -> Iterable[Any]:
        """Years newest first."""
        return order_years(super().rows_of(model))

    def prepare_rows(self, rows: Sequence[Any]) -> None:
        """Homeroom teacher and number of students of every class of the page."""
        teachers, numbers = class_lists([row.id for row in rows], today())
        for row in rows:
            row.homeroom, row.students = teachers.get(row.id, ""), numbers.get(row.id, 0)

    def empty_text(self) -> str:
        """What an empty list says."""
        return _("No classes in this school year yet.")

    def prefill_add(self, form: Any) -> None:
        """The chosen year."""
        form.school_year.data = chosen_year()

    def create(self, work: Work, form: Any) -> Any:
        """The class with its circular and its group."""
        require(Action.CLASS_MANAGE, Target())
        unit = work.session.get_one(OrgUnit, actor().unit_id)
        year = scope.get(work.session, actor(), SchoolYear, form.school_year.data, today())
        new = NewClass(form.name.data, form.grade.data, form.order_no.data or 0)
        return classes.add_class(work, unit, year, new)[0]

    def change(self, work: Work, form: Any, item: Any) -> None:
        """Name and order only: grade and year stay with the marks."""
        item.name, item.order_no = form.name.data, form.order_no.data or 0
        classes.rename_class(work, item)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        """The class: its students, its teachers, its homeroom teacher."""
        item = self.datamodel.get(key_of(pk), self._base_filters)
        if item is None:
            raise NotFound
        self.update_redirect()
        group = classes.whole_class_group(db.session(), item.id)
        own = Target(unit=actor().relation_to(item.unit_id))
        return self.render_template(
            "people/class.html",
            title=_("Class %(name)s", name=item.name),
            row=item,
            circular=formats.circular(item.circular),
            students=scope_students(group),
            places={place.student_id: place for place in enrolments.places_in(db.session(), item.id, today())},
            teaching=assignments.of_class(db.session(), item.id),
            homerooms=assignments.homerooms_of(db.session(), item.id),
            today=today(),
            columns=formats.columns,
            may_manage=may(actor(), Action.CLASS_MANAGE, own),
            may_admit=may(actor(), Action.STUDENT_MANAGE, own),
            may_assign=may(actor(), Action.ASSIGNMENT_MANAGE, own),
        )


def scope_students(group: TeachingGroup | None) -> list[Any]:
    """Students of a class the actor may see; a teacher of another class sees the numbers only."""
    if group is None:
        return []
    found = classes.students_in(db.session(), group, today())
    condition = scope.condition(actor(), type(found[0]), today()) if found else None
    if condition is None:
        return []
    model = type(found[0])
    reach = set(db.session.scalars(sa.select(model.id).where(model.id.in_([s.id for s in found]), condition)))
    return [student for student in found if student.id in reach]


class AssignmentModelView(ScopedModelView):
    """Who teaches a group a subject, since when; changes are new rows, never rewritten ones."""

    datamodel = ScopedInterface(
        TeachingAssignment,
        eager=(
            joinedload(TeachingAssignment.person),
            joinedload(TeachingAssignment.group),
            joinedload(TeachingAssignment.subject),
            joinedload(TeachingAssignment.part),
        ),
    )
    route_base = "/assignments"
    view_action = Action.ASSIGNMENT_VIEW
    manage_action = Action.ASSIGNMENT_MANAGE
    base_permissions: ClassVar = ["can_list", "can_show", "can_add"]
    list_title = lazy_gettext("Teaching assignments")
    show_title = lazy_gettext("Teaching assignment")
    add_title = lazy_gettext("Assign a teacher")
    label_columns = {
        "person": lazy_gettext("Teacher"),
        "group": lazy_gettext("Class or group"),
        "subject": lazy_gettext("Subject"),
        "part": lazy_gettext("Part"),
        "columns": lazy_gettext("Columns"),
        "in_charge": lazy_gettext("In charge"),
        "decision": lazy_gettext("Decision"),
        **PERIOD,
    }
    formatters_columns: ClassVar = {"columns": formats.columns}
    list_columns = ["person", "subject", "group", "part", "in_charge", "starts_on", "ends_on"]
    order_columns = ["starts_on", "ends_on"]
    base_order = ("starts_on", "desc")
    search_columns = ["person", "group", "subject"]
    show_columns = ["person", "group", "subject", "part", "columns", "in_charge", "starts_on", "ends_on", "decision"]
    add_columns = ["person", "group", "subject", "starts_on", "part", "columns", "in_charge", "decision", "ends_on"]
    edit_columns = ["decision"]
    add_form_extra_fields = {
        "part": fields.ChoiceField(lazy_gettext("Part"), [Optional()], pairs=lambda: all_parts(), parse=int),
        "columns": fields.ManyField(
            lazy_gettext("Columns"),
            pairs=lambda: [(name, formats.COLUMN_NAMES[name]) for name in CELL_COLUMNS],
            description=lazy_gettext("None ticked: every column."),
        ),
        "in_charge": BooleanField(
            lazy_gettext("In charge"), description=lazy_gettext("One teacher is in charge and confirms the book.")
        ),
    }
    description_columns = {
        "starts_on": lazy_gettext("Whoever taught it before ends the day before."),
        "ends_on": lazy_gettext("Empty: until somebody else takes over."),
    }

    def unit_of(self, item: Any) -> int | None:
        """The unit of the group."""
        return item.group.unit_id

    def prefill_add(self, form: Any) -> None:
        """In charge from today; the group the reader comes from."""
        form.in_charge.data, form.starts_on.data = True, today()
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
            in_charge=bool(form.in_charge.data),
            decision=form.decision.data,
            ends_on=form.ends_on.data,
        )
        return assignments.add_assignment(work, group, new)

    def row_links(self, item: Any) -> list[tuple[str, Any, str]]:
        """Ending, while it runs."""
        if item.ends_on is not None or not may(actor(), Action.ASSIGNMENT_MANAGE, self.target_of(item)):
            return []
        return [(url_for("TeacherVerbs.end", assignment_id=item.id), _("End"), "fa-calendar-xmark")]


def all_parts() -> list[tuple[int, str]]:
    """Parts of all subjects, named with their subject."""
    query = sa.select(SubjectPart).join(Subject).options(joinedload(SubjectPart.subject))
    rows = db.session.scalars(query.order_by(Subject.order_no, SubjectPart.order_no))
    return [(row.id, f"{row.subject.short_name}: {row.name}") for row in rows]


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
    show_title = lazy_gettext("Homeroom teacher")
    add_title = lazy_gettext("Assign a homeroom teacher")
    label_columns = {
        "school_class": lazy_gettext("Class"),
        "school_class.school_year.label": lazy_gettext("School year"),
        "person": lazy_gettext("Homeroom teacher"),
        "decision": lazy_gettext("Decision"),
        **PERIOD,
    }
    list_columns = ["school_class", "person", "school_class.school_year.label", "starts_on", "ends_on", "decision"]
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
        return assignments.add_homeroom(work, row, form.person.data.id, form.starts_on.data, form.decision.data)

    def row_links(self, item: Any) -> list[tuple[str, Any, str]]:
        """Ending, while it runs."""
        if item.ends_on is not None or not may(actor(), Action.ASSIGNMENT_MANAGE, self.target_of(item)):
            return []
        return [(url_for("TeacherVerbs.end_homeroom", homeroom_id=item.id), _("End"), "fa-calendar-xmark")]


class GroupModelView(ScopedModelView):
    """Groups of study: whole classes, parts of one, students of several."""

    datamodel = ScopedInterface(TeachingGroup, eager=(joinedload(TeachingGroup.school_class),))
    route_base = "/study-groups"
    view_action = Action.CLASS_VIEW
    manage_action = Action.CLASS_MANAGE
    base_permissions: ClassVar = ["can_list", "can_show", "can_add"]
    list_title = lazy_gettext("Groups of study")
    show_title = lazy_gettext("Group of study")
    add_title = lazy_gettext("New group of study")
    label_columns = {
        "name": lazy_gettext("Group"),
        "kind": lazy_gettext("Kind"),
        "school_class": lazy_gettext("Class"),
        "school_year": lazy_gettext("School year"),
    }
    list_columns = ["name", "kind", "school_class"]
    order_columns = ["name"]
    base_order = ("name", "asc")
    search_columns = ["name", "kind"]
    show_columns = ["name", "kind", "school_class"]
    add_columns = ["name", "school_year", "school_class"]
    edit_columns = ["name"]
    add_form_extra_fields = {
        "name": fields.TextField(lazy_gettext("Group"), [*NEEDED, Length(max=60)]),
        "school_year": fields.ChoiceField(
            lazy_gettext("School year"), [InputRequired(message=REQUIRED)], pairs=lambda: years_in_reach(), parse=int
        ),
        "school_class": fields.RecordField(
            lazy_gettext("Part of class"),
            [Optional()],
            kind="school_class",
            description=lazy_gettext("Empty: students of several classes (chosen subjects, second language, clusters)."),
        ),
    }

    def prefill_add(self, form: Any) -> None:
        """The chosen year."""
        form.school_year.data = chosen_year()

    def create(self, work: Work, form: Any) -> Any:
        """A part of a class, or a group of several classes."""
        require(Action.CLASS_MANAGE, Target())
        unit = work.session.get_one(OrgUnit, actor().unit_id)
        year = scope.get(work.session, actor(), SchoolYear, form.school_year.data, today())
        part_of = form.school_class.data
        if part_of is not None and (part_of.unit_id, part_of.school_year_id) != (unit.id, year.id):
            raise Invalid(N_("The class belongs to another school year."))
        return classes.add_group(work, unit, year, NewGroup(form.name.data, part_of.id if part_of else None))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        """The group with its students; a whole class leads to the class."""
        item = self.datamodel.get(key_of(pk), self._base_filters)
        if item is None:
            raise NotFound
        if item.kind is GroupKind.WHOLE_CLASS:
            return redirect(url_for("SchoolClassView.show", pk=item.class_id))
        self.update_redirect()
        return self.render_template(
            "people/group.html",
            title=item.name,
            row=item,
            kind=formats.present(item.kind),
            students=scope_students(item),
            may_manage=may(actor(), Action.CLASS_MANAGE, self.target_of(item)),
        )


def years_in_reach() -> list[tuple[int, str]]:
    """School years of the province, newest first."""
    rows = db.session.scalars(scope.scoped(actor(), SchoolYear, today()).order_by(SchoolYear.start_year.desc()))
    return [(row.id, row.label) for row in rows]


def register(appbuilder: Any) -> None:
    """Classes, staff, assignments, homeroom teachers and groups, in the order a school sets them up."""
    for view, name, icon, action, label in (
        (SchoolClassView, "Classes", "fa-people-group", Action.CLASS_VIEW, lazy_gettext("Classes")),
        (PersonModelView, "Staff", "fa-chalkboard-user", Action.STAFF_VIEW, lazy_gettext("Staff")),
        (AssignmentModelView, "Assignments", "fa-person-chalkboard", Action.ASSIGNMENT_VIEW, lazy_gettext("Assignments")),
        (HomeroomModelView, "Homeroom", "fa-house-user", Action.ASSIGNMENT_VIEW, lazy_gettext("Homeroom")),
        (GroupModelView, "Groups of study", "fa-layer-group", Action.CLASS_VIEW, lazy_gettext("Groups of study")),
    ):
        menu(appbuilder, view, name, icon=icon, action=action, label=label, **CATEGORY)
    appbuilder.add_view_no_menu(ClassVerbs())
    appbuilder.add_view_no_menu(TeacherVerbs())



