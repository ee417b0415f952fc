"""Chosen subjects and chuyên đề of a student in a school year."""

from typing import Any, ClassVar

from flask import flash, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target
from app.domain.vocabulary import Level
from app.errors import N_, Invalid
from app.extensions import db
from app.forms import fields
from app.forms.people import ChoicesForm
from app.models import SchoolYear, Student, SubjectPlan
from app.reference.curriculum import CLUSTERS_CHOSEN, ELECTIVES_CHOSEN, LineStatus
from app.security import request_clock
from app.services import choices, scope
from app.services.choices import Choice
from app.views.context import actor, require, today
from app.views.verbs import VerbPage


class ChoicesView(VerbPage):
    """One page: which electives, options and clusters, and which don't count."""

    route_base = "/students"
    default_view = "choose"
    rights: ClassVar = {"can_choose": Action.STUDENT_MANAGE}

    @expose("/<int:student_id>/choices", methods=["GET", "POST"])
    @has_access
    def choose(self, student_id: int) -> Any:
        """Tick what the student takes in the chosen school year."""
        from app.web import current_period

        student = scope.get(db.session(), actor(), Student, student_id, today())
        require(Action.STUDENT_MANAGE, Target(unit=actor().relation_to(student.unit_id)))
        period = current_period()
        if period is None:
            raise Invalid(N_("No school year has been opened yet."))
        year = db.session.get_one(SchoolYear, period.year_id)
        offered = choices.offered_to(db.session(), student, year)
        form = self._form(offered, choices.chosen_by(db.session(), student.id), year)
        upper = any(line.level == Level.UPPER_SECONDARY for line in offered)

        def save(filled: Any) -> None:
            taken = chosen(filled)
            choices.choose_subjects(
                actor(), student_id, year.id, taken, filled.day.data, clock=request_clock()
            )
            if upper:
                _tell_numbers(taken)

        return self.run(
            form,
            save,
            title=_("Chosen subjects"),
            lead=f"{student.full_name} · {year.label}",
            done=_("Saved."),
            back=url_for("StudentModelView.show", pk=student_id),
        )

    @staticmethod
    def _form(offered: list[SubjectPlan], held: list[Any], year: SchoolYear) -> ChoicesForm:
        """The form with this grade's choices; ticked as they stand."""
        single = [
            (line.subject_id, line.subject.name) for line in offered if line.status != LineStatus.CLUSTER
        ]
        grouped = [
            (line.subject_id, line.subject.name) for line in offered if line.status == LineStatus.CLUSTER
        ]
        status_of = {line.subject_id: line.status for line in offered if line.status != LineStatus.CLUSTER}

        class Chosen(ChoicesForm):
            subjects = fields.ManyField(lazy_gettext("Chosen subjects"), pairs=lambda: single, parse=int)
            uncounted = fields.ManyField(
                lazy_gettext("Taken without counting in the result"), pairs=lambda: single, parse=int
            )
            clusters = fields.ManyField(lazy_gettext("Topic clusters"), pairs=lambda: grouped, parse=int)

        now = [row for row in held if row.school_year_id == year.id and row.ends_on is None]
        form = Chosen(
            subjects=[row.subject_id for row in now if row.status != LineStatus.CLUSTER],
            uncounted=[row.subject_id for row in now if row.status != LineStatus.CLUSTER and not row.counts],
            clusters=[row.subject_id for row in now if row.status == LineStatus.CLUSTER],
            day=max(today(), year.starts_on),
        )
        form.status_of = status_of
        if not grouped:
            del form.clusters  # below grade 10 there are none
        return form


def _tell_numbers(taken: list[Choice]) -> None:
    """Another number than the programme's is saved and said: a student may have come from another school."""
    electives = sum(choice.status == LineStatus.ELECTIVE for choice in taken)
    clusters = sum(choice.status == LineStatus.CLUSTER for choice in taken)
    if (electives, clusters) != (ELECTIVES_CHOSEN, CLUSTERS_CHOSEN):
        text = _(
            "The programme asks for %(subjects)s elective subjects and %(clusters)s topic clusters; "
            "%(a)s and %(b)s are chosen.",
            subjects=ELECTIVES_CHOSEN,
            clusters=CLUSTERS_CHOSEN,
            a=electives,
            b=clusters,
        )
        flash(text, "warning")


def chosen(form: Any) -> list[Choice]:
    """Choices of a posted form; a subject ticked as not counting is taken too."""
    single = {*form.subjects.data, *form.uncounted.data}
    return [
        *(Choice(key, form.status_of[key], key not in form.uncounted.data) for key in sorted(single)),
        *(Choice(key, LineStatus.CLUSTER.value) for key in (form.clusters.data if form.clusters else [])),
    ]
