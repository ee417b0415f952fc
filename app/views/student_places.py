"""What happens to a student's place: a register number, another class, leaving, coming back, another status."""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.domain.access import Action, Target
from app.extensions import db
from app.forms.people import EnrolForm, LeaveForm, MoveForm, StatusForm
from app.models import SchoolYear, Student
from app.security import request_clock
from app.services import enrolments, register_numbers, scope
from app.services.enrolments import Admission, Leaving
from app.views.base import actor, require, today
from app.views.verbs import VerbPage


class PlaceView(VerbPage):
    """What happens to a student's place: another class, leaving, coming back, another status."""

    route_base = "/students"
    default_view = "move"
    rights: ClassVar = {
        f"can_{verb}": Action.STUDENT_MANAGE for verb in ("move", "leave", "enrol", "status", "numbers")
    }

    @expose("/numbers", methods=["GET", "POST"])
    @has_access
    def numbers(self) -> Any:
        """The next numbers of the register for all who have none."""
        require(Action.STUDENT_MANAGE, Target())
        unit_id = actor().unit_id or 0
        waiting = register_numbers.unnumbered(db.session(), unit_id)
        if request.method == "GET" and not waiting:
            flash(_("Every student has a register number."), "info")
            return redirect(url_for("StudentModelView.list"))
        return self.run(
            FlaskForm(),
            lambda _form: register_numbers.number_students(actor(), unit_id, clock=request_clock()),
            title=_("Give register numbers"),
            lead=_(
                "Students without a register number: %(number)s. They get the next numbers of the school's series, in the "
                "order they came; numbers on file stay.",
                number=waiting,
            ),
            button=_("Give numbers"),
            done=_("Every student has a register number."),
            back=url_for("StudentModelView.list"),
        )

    @expose("/<int:student_id>/move", methods=["GET", "POST"])
    @has_access
    def move(self, student_id: int) -> Any:
        """Into another class of the same year."""
        student = _managed(student_id)
        form = MoveForm()
        return self._of(
            student,
            form,
            lambda f: enrolments.move_to_class(
                actor(),
                student_id,
                f.school_class.data.id,
                f.day.data,
                reason=f.reason.data,
                clock=request_clock(),
            ),
            title=_("Move to another class"),
            done=_("%(name)s has moved.", name=student.full_name),
        )

    @expose("/<int:student_id>/leave", methods=["GET", "POST"])
    @has_access
    def leave(self, student_id: int) -> Any:
        """Away from this school, or out of learning."""
        student = _managed(student_id)
        form = LeaveForm(status=self._usual_leaving(student))
        return self._of(
            student,
            form,
            lambda f: enrolments.leave(
                actor(),
                student_id,
                Leaving(f.status.data, f.day.data, f.reason.data, f.other_school.data),
                clock=request_clock(),
            ),
            title=_("Record leaving"),
            done=_("Recorded. Everything entered so far stays with the student."),
        )

    @expose("/<int:student_id>/enrol", methods=["GET", "POST"])
    @has_access
    def enrol(self, student_id: int) -> Any:
        """Into a class: the next year's, or back again."""
        student = _managed(student_id)
        form = EnrolForm(entry="4", status=enrolments.STUDYING)
        return self._of(
            student,
            form,
            lambda f: enrolments.readmit(
                actor(),
                student_id,
                Admission(
                    f.school_class.data.id,
                    f.day.data,
                    f.entry.data,
                    f.status.data,
                    other_school=f.other_school.data,
                ),
                clock=request_clock(),
            ),
            title=_("Enrol in a class"),
            done=_("%(name)s is enrolled.", name=student.full_name),
        )

    @expose("/<int:student_id>/status", methods=["GET", "POST"])
    @has_access
    def status(self, student_id: int) -> Any:
        """Another status of somebody who goes on studying here."""
        student = _managed(student_id)
        form = StatusForm(status=student.status_code)
        return self._of(
            student,
            form,
            lambda f: enrolments.change_status(
                actor(), student_id, f.status.data, f.day.data, clock=request_clock()
            ),
            title=_("Change the status"),
            done=_("Saved."),
        )

    def _of(
        self, student: Student, form: Any, perform: Callable[[Any], object], *, title: str, done: str
    ) -> Any:
        """A verb about a student: it names whom, and leads back to the personal sheet."""
        back = url_for("StudentModelView.show", pk=student.id)
        return self.run(form, perform, title=title, done=done, lead=student.full_name, back=back)

    @staticmethod
    def _usual_leaving(student: Student) -> str | None:
        place = enrolments.open_enrolment(db.session(), student.id, today())
        if place is None:
            return None
        year = db.session.get(SchoolYear, place.school_class.school_year_id)
        return enrolments.leaving_code(db.session(), student.unit_id, year, today(), moved=True)


def _managed(student_id: int) -> Student:
    student = scope.get(db.session(), actor(), Student, student_id, today())
    require(Action.STUDENT_MANAGE, Target(unit=actor().relation_to(student.unit_id)))
    return student
