"""Verbs on a class and its teachers, and what the pages of classes need beside the rows."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import flash, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager

from app.domain.access import Action, Target, may
from app.domain.units import taught_levels
from app.domain.vocabulary import Level, Tier
from app.extensions import db
from app.forms.people import EndForm, HomeroomForm, MembersForm
from app.models import (
    Enrolment,
    HomeroomAssignment,
    OrgUnit,
    Person,
    SchoolClass,
    SchoolYear,
    Student,
    Subject,
    SubjectPlan,
    TeachingAssignment,
    TeachingGroup,
)
from app.models.base import in_force
from app.security import request_clock
from app.services import assignments, classes, enrolments, scope
from app.views.context import actor, require, today
from app.views.verbs import VerbPage


class ClassVerbs(VerbPage):
    """Numbering a class list, filling a group."""

    route_base = "/classes"
    default_view = "members"
    rights: ClassVar = {"can_renumber": Action.CLASS_MANAGE, "can_members": Action.CLASS_MANAGE}

    @expose("/<int:class_id>/renumber", methods=["POST"])
    @has_access
    def renumber(self, class_id: int) -> Any:
        """Number the list by name."""
        number = enrolments.renumber(actor(), class_id, today(), clock=request_clock())
        flash(_("The list of %(n)s students is numbered by name.", n=number), "success")
        return redirect(url_for("SchoolClassView.show", pk=class_id))

    @expose("/groups/<int:group_id>/members", methods=["GET", "POST"])
    @has_access
    def members(self, group_id: int) -> Any:
        """Who belongs to a group from a day on."""
        group = scope.get(db.session(), actor(), TeachingGroup, group_id, today())
        require(Action.CLASS_MANAGE, Target(unit=actor().relation_to(group.unit_id)))
        form = MembersForm(students=classes.students_in(db.session(), group, today()), day=today())
        return self.run(
            form,
            lambda f: classes.set_members(
                actor(), group_id, [row.id for row in f.students.data], f.day.data, clock=request_clock()
            ),
            title=_("Students of %(name)s", name=group.name),
            done=_("Saved."),
            back=url_for("GroupModelView.show", pk=group_id),
        )


class TeacherVerbs(VerbPage):
    """Ending assignments, changing the homeroom teacher."""

    route_base = "/assignments"
    default_view = "end"
    rights: ClassVar = {
        f"can_{verb}": Action.ASSIGNMENT_MANAGE for verb in ("end", "end_homeroom", "homeroom")
    }

    @expose("/<int:assignment_id>/end", methods=["GET", "POST"])
    @has_access
    def end(self, assignment_id: int) -> Any:
        """The last day of a teaching assignment."""
        row = scope.get(db.session(), actor(), TeachingAssignment, assignment_id, today())
        require(Action.ASSIGNMENT_MANAGE, Target(unit=actor().relation_to(row.group.unit_id)))
        return self.run(
            EndForm(day=today()),
            lambda f: assignments.end_assignment(
                actor(), assignment_id, f.day.data, reason=f.reason.data, clock=request_clock()
            ),
            title=_("End the assignment"),
            lead=f"{row.person.full_name} · {row.subject.name} · {row.group.name}",
            done=_("Saved. The group stays without this teacher until somebody else is assigned."),
            back=url_for("AssignmentModelView.show", pk=assignment_id),
        )

    @expose("/homerooms/<int:homeroom_id>/end", methods=["GET", "POST"])
    @has_access
    def end_homeroom(self, homeroom_id: int) -> Any:
        """The last day of a homeroom assignment."""
        row = scope.get(db.session(), actor(), HomeroomAssignment, homeroom_id, today())
        require(Action.ASSIGNMENT_MANAGE, Target(unit=actor().relation_to(row.school_class.unit_id)))
        return self.run(
            EndForm(day=today()),
            lambda f: assignments.end_homeroom(
                actor(), homeroom_id, f.day.data, reason=f.reason.data, clock=request_clock()
            ),
            title=_("End the assignment"),
            lead=f"{row.person.full_name} · {row.school_class.name}",
            done=_("Saved."),
            back=url_for("HomeroomModelView.show", pk=homeroom_id),
        )

    @expose("/classes/<int:class_id>/homeroom", methods=["GET", "POST"])
    @has_access
    def homeroom(self, class_id: int) -> Any:
        """Another homeroom teacher for a class."""
        row = scope.get(db.session(), actor(), SchoolClass, class_id, today())
        require(Action.ASSIGNMENT_MANAGE, Target(unit=actor().relation_to(row.unit_id)))
        return self.run(
            HomeroomForm(day=today()),
            lambda f: assignments.assign_homeroom(
                actor(),
                class_id,
                f.person.data.id,
                f.day.data,
                decision=f.decision.data,
                clock=request_clock(),
            ),
            title=_("Homeroom teacher of class %(name)s", name=row.name),
            done=_("Saved."),
            back=url_for("SchoolClassView.show", pk=class_id),
        )


def own_levels() -> tuple[Level, ...]:
    """Levels the actor's school teaches; none for an office, which has the schools of every level."""
    unit = db.session.get(OrgUnit, actor().unit_id) if actor().tier is Tier.SCHOOL else None
    return taught_levels(unit.kind, unit.levels) if unit else ()


def taught_subjects() -> list[Subject]:
    """Subjects in printed order; for a school those in the plans of its levels."""
    query = sa.select(Subject).order_by(Subject.order_no)
    levels = own_levels()
    if levels:
        query = query.where(
            Subject.id.in_(sa.select(SubjectPlan.subject_id).where(SubjectPlan.level.in_(levels)))
        )
    return list(db.session.scalars(query))


def chosen_year() -> int | None:
    """Id of the school year chosen in the page's head."""
    from app.web import current_period

    period = current_period()
    return period.year_id if period else None


def left_places(row: SchoolClass, day: date) -> list[tuple[Enrolment, bool]]:
    """Places of a class that ended within its year, the latest first; does the student's name lead to a page?

    Who may take data out of the school reads of students who went to another school the time here.
    """
    keeps = row.unit_id == actor().unit_id and may(actor(), Action.DATA_EXPORT, Target())
    reach = scope.condition(actor(), Student, day)
    end = min(day, row.school_year.ends_on)
    query = (
        sa.select(Enrolment, sa.case((reach, 1), else_=0))
        .join(Student, Student.id == Enrolment.student_id)
        .where(
            Enrolment.class_id == row.id, Enrolment.ends_on < end, scope.condition(actor(), Enrolment, day)
        )
        .options(contains_eager(Enrolment.student))
        .order_by(Enrolment.ends_on.desc(), Student.sort_key, Enrolment.id)
    )
    return [(place, keeps or bool(near)) for place, near in db.session.execute(query)]


def order_years(rows: Iterable[Any]) -> list[Any]:
    """School years newest first; other rows as they come."""
    found = list(rows)
    if found and isinstance(found[0], SchoolYear):
        found.sort(key=lambda year: year.start_year, reverse=True)
    return found


def class_lists(class_ids: list[int], day: date) -> tuple[dict[int, str], dict[int, int]]:
    """Homeroom teacher's name and number of students by class, on a day."""
    if not class_ids:
        return {}, {}
    teachers = db.session.execute(
        sa.select(HomeroomAssignment.class_id, Person.full_name)
        .join(Person, Person.id == HomeroomAssignment.person_id)
        .where(HomeroomAssignment.class_id.in_(class_ids), in_force(HomeroomAssignment, day))
    )
    numbers = db.session.execute(
        sa.select(Enrolment.class_id, sa.func.count().label("students"))
        .where(Enrolment.class_id.in_(class_ids), in_force(Enrolment, day))
        .group_by(Enrolment.class_id)
    )
    return {row.class_id: row.full_name for row in teachers}, {row.class_id: row.students for row in numbers}
