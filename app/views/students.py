"""Students: the list and the personal sheet on one page."""

from collections.abc import Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload

from app.domain.access import Action, Target, may
from app.domain.vocabulary import Tier
from app.errors import N_, Invalid, NotFound
from app.extensions import db
from app.forms import fields
from app.forms.people import (
    GUARDIAN_PARTS,
    guardian_fields,
    name_fields,
    place_fields,
    values_of,
)
from app.models import Enrolment, OrgUnit, SchoolClass, Student
from app.models.base import in_force
from app.reference.code_lists import CODE_LISTS
from app.services import choices, enrolments, former, people, register_numbers, scope
from app.services.enrolments import RELATIONS, Admission
from app.services.notes_year import year_target
from app.services.results.class_page import sees_results
from app.services.unit_of_work import Work
from app.views.arrivals import ArrivalView
from app.views.base import ScopedInterface, ScopedModelView, actor, key_of, menu, require, today
from app.views.choices import ChoicesView
from app.views.datamodel import OneFilter
from app.views.formats import plan_status
from app.views.student_places import PlaceView
from app.views.student_sheet import (
    LABELS,
    OWN_SECTIONS,
    PLACE,
    RELATION_TITLES,
    SHEET,
    guardians_of,
    homeroom_students,
    last_places,
    name_of,
    place_words,
    places_of,
    sections,
    written_apart,
)
from app.web import current_period


class InClass(OneFilter):
    """Students who sit in a class today."""

    name = lazy_gettext("Class")

    def condition(self, text: str) -> sa.ColumnElement[bool]:
        """Through the enrolments in force."""
        if not (text.isascii() and text.isdigit() and len(text) < 18):
            return sa.false()
        sitting = sa.select(Enrolment.student_id).where(
            Enrolment.class_id == int(text), in_force(Enrolment, today())
        )
        return Student.id.in_(sitting)


class StudentModelView(ScopedModelView):
    """Students of the own unit and below; a homeroom teacher edits the own class's."""

    datamodel = ScopedInterface(Student, eager=(joinedload(Student.unit).load_only(OrgUnit.short_name),))
    route_base = "/students"
    view_action = Action.STUDENT_VIEW
    manage_action = Action.STUDENT_MANAGE
    list_title = lazy_gettext("Students")
    show_title = lazy_gettext("Personal sheet")
    add_title = lazy_gettext("Admit a student")
    edit_title = lazy_gettext("Edit the personal sheet")
    label_columns = LABELS
    code_columns: ClassVar = {**people.STUDENT_CODES}
    list_columns = [
        "full_name",
        "birth_date",
        "sex_code",
        "ethnicity_code",
        "class_name",
        "student_code",
        "status_name",
        "unit_name",
    ]
    order_columns = ["full_name", "birth_date", "student_code"]
    order_alias: ClassVar = {"full_name": "sort_key"}
    base_order = ("full_name", "asc")
    search_columns = ["name_folded", "school_class", "status_code"]
    search_form_extra_fields = {
        "school_class": fields.RecordField(lazy_gettext("Class"), kind="school_class")
    }
    virtual_filters: ClassVar = {"school_class": InClass}
    show_columns = list(SHEET)
    add_fieldsets = sections((lazy_gettext("Place in a class"), PLACE))
    edit_fieldsets = sections()
    add_form_extra_fields = {**name_fields(), **guardian_fields(), **place_fields()}
    edit_form_extra_fields = {**name_fields(), **guardian_fields()}
    description_columns = {
        "student_code": lazy_gettext("As the sector database gives it; empty until then."),
        "national_id": lazy_gettext("12 digits; the leading 0 stays."),
        "register_no": lazy_gettext(
            "Left empty, a new student gets the next number of the school's register."
        ),
    }

    def shown_columns(self) -> list[str]:
        """A school needs no column that repeats its own name."""
        at_school = actor().tier is Tier.SCHOOL
        return [name for name in self.list_columns if not (at_school and name == "unit_name")]

    def prepare_rows(self, rows: Sequence[Any]) -> None:
        """The class each student of the page sits in today, or sat in last, in one query."""
        places = last_places([row.id for row in rows], today())
        for row in rows:
            row.class_name, row.status_name = place_words(row, places.get(row.id), today())
            row.unit_name = row.unit.short_name

    def editable(self, rows: Sequence[Any]) -> set[Any]:
        """All of the own school's for its office; for a homeroom teacher the own class's."""
        own = [row.id for row in rows if row.unit_id == actor().unit_id]
        if may(actor(), Action.STUDENT_MANAGE, Target()):
            return set(own)
        if not own or not may(actor(), Action.STUDENT_MANAGE, Target(homeroom=True)):
            return set()
        return homeroom_students(own, actor().person_id, today())

    def target_of(self, item: Any) -> Target:
        """Where the student's school stands, and whether the actor is homeroom teacher of the class."""
        mine = item.id is not None and enrolments.homeroom_of(
            db.session(), item.id, actor().person_id, today()
        )
        return Target(unit=actor().relation_to(item.unit_id), homeroom=mine)

    def links(self) -> list[tuple[str, Any, str]]:
        """Beside admitting: a student who comes from another school; numbers for those who have none."""
        if not self.may_add():
            return []
        receive = _("Receive a student from another school")
        found = [(url_for("ArrivalView.receive"), receive, "fa-right-to-bracket")]
        if register_numbers.unnumbered(db.session(), actor().unit_id or 0):
            found.append((url_for("PlaceView.numbers"), _("Give register numbers"), "fa-list-ol"))
        return found

    def empty_text(self) -> str:
        """What an empty list says."""
        return _("No students yet. Admit one, or import a list.")

    def prefill_add(self, form: Any) -> None:
        """Usual values, and the class the reader comes from."""
        form.starts_on.data, form.entry_code.data, form.arrival_code.data = today(), "0", enrolments.STUDYING
        form.ethnicity_code.data, form.nationality.data = "01", "Việt Nam"
        class_id = request.args.get("class", type=int)
        if class_id is not None:
            form.school_class.data = scope.get(db.session(), actor(), SchoolClass, class_id, today())

    def prefill_form(self, form: Any, item: Any) -> None:
        """Parents as they are on the sheet, and the whole name where its order differs."""
        for guardian in item.guardians:
            for part in GUARDIAN_PARTS:
                form[f"{guardian.relation}_{part}"].data = getattr(guardian, part)
        form.written_name.data = written_apart(item)

    def create(self, work: Work, form: Any) -> Any:
        """Student, parents and place in one go; the unit is the actor's, never the form's."""
        require(Action.STUDENT_MANAGE, Target())
        unit = work.session.get_one(OrgUnit, actor().unit_id)
        student = enrolments.add_student(
            work, unit, name_of(form), values_of(form, SHEET), guardians_of(form), day=today()
        )
        admission = Admission(
            form.school_class.data.id,
            form.starts_on.data,
            form.entry_code.data,
            form.arrival_code.data,
            other_school=form.other_school.data,
        )
        enrolments.enrol(work, student, form.school_class.data, admission)
        return student

    def change(self, work: Work, form: Any, item: Any) -> None:
        """The sheet as the form has it; names are folded again, codes checked."""
        for name, value in values_of(form, SHEET).items():
            setattr(item, name, value)
        people.apply_name(item, name_of(form))
        people.complete_student(work.session, item, today())
        given = guardians_of(form)
        for row in item.guardians:
            if row.relation not in {sheet.relation for sheet in given}:
                raise Invalid(N_("A parent on the sheet is corrected, not removed. Fill the name in again."))
        enrolments.set_guardians(work, item, given)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        """The personal sheet with parents, places in classes and chosen subjects."""
        item = self.datamodel.get(key_of(pk), self._base_filters)
        if item is None:
            return _former_page(pk)
        self.update_redirect()
        place = enrolments.open_enrolment(db.session(), item.id, today())
        places = places_of(item.id)
        newest = next((row for row in places if row.school_class.unit_id == item.unit_id), None)
        near = _near(item)
        return self.render_template(
            "people/student.html",
            title=item.full_name,
            student=item,
            labels=self.label_columns,
            shown=lambda column: self.formatters_columns[column](getattr(item, column)),
            sections=OWN_SECTIONS,
            guardians=sorted(item.guardians, key=lambda row: RELATIONS.index(row.relation)),
            relation_titles=RELATION_TITLES,
            places=places,
            newest=newest,
            chosen=choices.chosen_by(db.session(), item.id),
            plan_status=plan_status,
            statuses=CODE_LISTS["enrolment_status"],
            reasons=CODE_LISTS["leave_reason"],
            may_see_remarks=may(actor(), Action.NOTE_VIEW, near),
            may_see_attendance=may(actor(), Action.ATTENDANCE_VIEW, near),
            may_see_results=place is not None
            and sees_results(db.session(), actor(), place.school_class, today()),
            may_issue=newest is not None
            and may(actor(), Action.RECORD_ISSUE, Target(unit=actor().relation_to(item.unit_id))),
            may_edit=bool(self.editable([item])),
            may_export=may(actor(), Action.DATA_EXPORT, Target(unit=actor().relation_to(item.unit_id))),
            may_manage=may(actor(), Action.STUDENT_MANAGE, Target(unit=actor().relation_to(item.unit_id))),
            may_make_accounts=actor().unit_id == item.unit_id
            and may(actor(), Action.ACCOUNT_MANAGE, Target()),
            open_place=place,
            may_enrol=place is None or place.school_class.school_year.ends_on < today(),
        )


def _former_page(pk: Any) -> Any:
    """Of a student who went to another school the time here can still be read; anybody else's id is none."""
    key = key_of(pk)
    reads = may(actor(), Action.DATA_EXPORT, Target())
    if not reads or not former.is_former(db.session(), actor(), key):
        raise NotFound
    return redirect(url_for("ExchangeView.former", student_id=key))


def _near(student: Student) -> Target:
    """What the reader is to a student in the chosen year: who teaches the class sees remarks and attendance."""
    period = current_period()
    return year_target(db.session(), actor(), student, period.year_id if period else None, today())


def register(appbuilder: Any) -> None:
    """Students first in the menu of the school."""
    menu(
        appbuilder,
        StudentModelView,
        "Students",
        icon="fa-user-graduate",
        action=Action.STUDENT_VIEW,
        label=lazy_gettext("Students"),
        category="School",
        category_label=lazy_gettext("School"),
    )
    appbuilder.add_view_no_menu(PlaceView())
    appbuilder.add_view_no_menu(ArrivalView())
    appbuilder.add_view_no_menu(ChoicesView())
