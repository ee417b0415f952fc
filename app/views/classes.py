"""Classes, who teaches them what, homeroom teachers and groups of study."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload
from wtforms.validators import InputRequired, Length, Optional

from app.domain.access import Action, Target, may
from app.domain.attendance import ONE, TWO
from app.domain.units import grades_of
from app.domain.vocabulary import GroupKind, Tier
from app.errors import N_, Invalid, NotFound
from app.extensions import db
from app.forms import fields
from app.forms.converter import REQUIRED
from app.forms.people import NEEDED
from app.models import OrgUnit, SchoolClass, SchoolYear, Student, TeachingGroup
from app.reference.code_lists import CODE_LISTS
from app.services import assignments, classes, enrolments, scope
from app.services.classes import NewClass, NewGroup
from app.services.results.class_page import sees_results
from app.services.unit_of_work import Work
from app.views import formats
from app.views.assignments import AssignmentModelView, HomeroomModelView
from app.views.attendance import class_link as attendance_link
from app.views.base import ScopedInterface, ScopedModelView, actor, key_of, menu, require, today
from app.views.class_pages import (
    ClassVerbs,
    TeacherVerbs,
    chosen_year,
    class_lists,
    left_places,
    order_years,
    own_levels,
)
from app.views.notes import class_link
from app.views.people import PersonModelView

CATEGORY = {"category": "School", "category_label": lazy_gettext("School")}


def own_grades() -> list[tuple[int, str]]:
    """Grades the actor's unit teaches."""
    return [(grade, formats.grade(grade)) for level in own_levels() for grade in grades_of(level)]


def own_specialities() -> list[tuple[int, str]]:
    """Subjects the class being edited may be specialised in; none where it isn't upper secondary."""
    key = key_of((request.view_args or {}).get("pk"))
    item = scope.get(db.session(), actor(), SchoolClass, key, today())
    return [(subject.id, subject.name) for subject in classes.specialities(db.session(), item)]


class SchoolClassView(ScopedModelView):
    """Classes of a school, each with its circular and the group of the whole class."""

    datamodel = ScopedInterface(
        SchoolClass, eager=(joinedload(SchoolClass.school_year), joinedload(SchoolClass.unit))
    )
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
    edit_columns = ["name", "order_no", "sessions", "specialised_subject_id"]
    add_form_extra_fields = {
        "grade": fields.ChoiceField(lazy_gettext("Grade"), NEEDED, pairs=own_grades, parse=int),
        "order_no": fields.WholeNumberField(lazy_gettext("Order in lists"), [Optional()]),
    }
    edit_form_extra_fields = {
        "order_no": fields.WholeNumberField(lazy_gettext("Order in lists"), [Optional()]),
        "sessions": fields.ChoiceField(
            lazy_gettext("Sessions a day"),
            [Optional()],
            pairs=lambda: [(ONE, _("one")), (TWO, _("two, morning and afternoon"))],
            parse=int,
            description=lazy_gettext("What attendance counts: a day missed is so many sessions. Empty: one."),
        ),
        "specialised_subject_id": fields.ChoiceField(
            lazy_gettext("Specialised subject"),
            [Optional()],
            pairs=own_specialities,
            parse=int,
            description=lazy_gettext("Of a specialised class only; empty for any other."),
        ),
    }

    def shown_columns(self) -> list[str]:
        """A school needs no column that repeats its own name."""
        at_school = actor().tier is Tier.SCHOOL
        return [name for name in self.list_columns if not (at_school and name == "unit.short_name")]

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

    def fit_form(self, form: Any, item: Any) -> None:
        """Only an upper secondary class may be specialised."""
        if item is not None and not form.specialised_subject_id.offered():
            del form.specialised_subject_id

    def change(self, work: Work, form: Any, item: Any) -> None:
        """Name, order, sessions a day and specialised subject only: grade and year stay with the marks."""
        item.name, item.order_no = form.name.data, form.order_no.data or 0
        item.sessions = form.sessions.data
        classes.rename_class(work, item)
        if form.specialised_subject_id:
            classes.specialise_class(work, item, form.specialised_subject_id.data)

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
        teaching = assignments.of_class(db.session(), item.id)
        homerooms = assignments.homerooms_of(db.session(), item.id)
        return self.render_template(
            "people/class.html",
            title=_("Class %(name)s", name=item.name),
            row=item,
            circular=formats.circular(item.circular),
            students=scope_students(group),
            places={
                place.student_id: place for place in enrolments.places_in(db.session(), item.id, today())
            },
            left=left_places(item, today()),
            statuses=CODE_LISTS["enrolment_status"],
            is_studying=enrolments.is_studying,
            teaching=teaching,
            homerooms=homerooms,
            remarks_url=class_link(item, [*teaching, *homerooms]),
            attendance_url=attendance_link(item, [*teaching, *homerooms]),
            may_see_results=sees_results(db.session(), actor(), item, today()),
            today=today(),
            columns=formats.columns,
            may_manage=may(actor(), Action.CLASS_MANAGE, own),
            may_export=may(actor(), Action.DATA_EXPORT, own),
            may_keep=may(actor(), Action.RECORD_ISSUE, own),
            may_admit=may(actor(), Action.STUDENT_MANAGE, own),
            may_assign=may(actor(), Action.ASSIGNMENT_MANAGE, own),
        )


def scope_students(group: TeachingGroup | None) -> list[Student]:
    """Students of a group the reader may see: a teacher who doesn't teach them sees none of their data."""
    if group is None:
        return []
    found = classes.students_in(db.session(), group, today())
    reach = scope.condition(actor(), Student, today())
    seen = set(
        db.session.scalars(sa.select(Student.id).where(Student.id.in_([row.id for row in found]), reach))
    )
    return [row for row in found if row.id in seen]


def years_in_reach() -> list[tuple[int, str]]:
    """School years of the province, newest first."""
    rows = db.session.scalars(
        scope.scoped(actor(), SchoolYear, today()).order_by(SchoolYear.start_year.desc())
    )
    return [(row.id, row.label) for row in rows]


class GroupModelView(ScopedModelView):
    """Groups of study: whole classes, parts of one, students of several."""

    datamodel = ScopedInterface(
        TeachingGroup, eager=(joinedload(TeachingGroup.school_class), joinedload(TeachingGroup.school_year))
    )
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
        "school_year.label": lazy_gettext("School year"),
    }
    list_columns = ["name", "school_year.label", "kind", "school_class"]
    order_columns = ["name"]
    base_order = ("name", "asc")
    search_columns = ["name", "kind"]
    show_columns = ["name", "school_year.label", "kind", "school_class"]
    add_columns = ["name", "school_year", "school_class"]
    edit_columns = ["name"]
    add_form_extra_fields = {
        "name": fields.TextField(lazy_gettext("Group"), [*NEEDED, Length(max=60)]),
        "school_year": fields.ChoiceField(
            lazy_gettext("School year"), [InputRequired(message=REQUIRED)], pairs=years_in_reach, parse=int
        ),
        "school_class": fields.RecordField(
            lazy_gettext("Part of class"),
            [Optional()],
            kind="school_class",
            description=lazy_gettext("Empty: students of several classes, e.g. a chosen subject."),
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


def register(appbuilder: Any) -> None:
    """Classes, staff, assignments, homeroom teachers and groups, in the order a school sets them up."""
    teaching = Action.ASSIGNMENT_VIEW
    for view, name, icon, action, label in (
        (SchoolClassView, "Classes", "fa-people-group", Action.CLASS_VIEW, lazy_gettext("Classes")),
        (PersonModelView, "Staff", "fa-chalkboard-user", Action.STAFF_VIEW, lazy_gettext("Staff")),
        (AssignmentModelView, "Assignments", "fa-person-chalkboard", teaching, lazy_gettext("Assignments")),
        (HomeroomModelView, "Homeroom", "fa-house-user", teaching, lazy_gettext("Homeroom")),
        (
            GroupModelView,
            "Groups of study",
            "fa-layer-group",
            Action.CLASS_VIEW,
            lazy_gettext("Groups of study"),
        ),
    ):
        menu(appbuilder, view, name, icon=icon, action=action, label=label, **CATEGORY)
    appbuilder.add_view_no_menu(ClassVerbs())
    appbuilder.add_view_no_menu(TeacherVerbs())
