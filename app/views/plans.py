"""Subject plans: annual lessons of a subject by grade, the province's or a school's own."""

from collections.abc import Iterable
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload
from wtforms.validators import Optional

from app.domain.access import Action, Target, may
from app.domain.sheet_forms import PERIODIC_COLUMNS
from app.domain.units import grades_of
from app.domain.vocabulary import Level
from app.errors import N_, Invalid
from app.extensions import db
from app.forms import fields
from app.forms.people import NEEDED
from app.models import SchoolYear, Subject, SubjectPlan
from app.services import programme, scope, sheets
from app.services.unit_of_work import Work
from app.views import formats
from app.views.base import ScopedInterface, ScopedModelView, actor, today
from app.views.class_pages import chosen_year, order_years, own_levels, taught_subjects

TERMS = ((1, "I"), (2, "II"))
WEIGHTED = lazy_gettext("Weight-2 tests a term")


def _has_old_years() -> bool:
    query = scope.scoped(actor(), SchoolYear, today())
    old = query.where(SchoolYear.start_year <= programme.LAST_WEIGHTED)
    return db.session.scalars(old.limit(1)).first() is not None


class PlanView(ScopedModelView):
    """Annual lessons by grade: the province's line, or a school's own that replaces it."""

    datamodel = ScopedInterface(
        SubjectPlan,
        eager=(
            joinedload(SubjectPlan.subject),
            joinedload(SubjectPlan.unit),
            joinedload(SubjectPlan.school_year),
        ),
    )
    route_base = "/plans"
    view_action = Action.SUBJECT_VIEW
    manage_action = Action.PLAN_MANAGE
    list_title = lazy_gettext("Subject plans")
    show_title = lazy_gettext("Plan of a subject")
    add_title = lazy_gettext("Own plan of a subject")
    edit_title = lazy_gettext("Edit the plan")
    label_columns = {
        "subject": lazy_gettext("Subject"),
        "school_year": lazy_gettext("School year"),
        "level": lazy_gettext("Level"),
        "grade": lazy_gettext("Grade"),
        "annual_lessons": lazy_gettext("Lessons a year"),
        "status": lazy_gettext("Standing"),
        "terms": lazy_gettext("Terms"),
        "weighted_tests": WEIGHTED,
        "unit": lazy_gettext("Set by"),
    }
    formatters_columns: ClassVar = {
        "status": formats.plan_status,
        "terms": formats.terms,
        "grade": formats.grade,
    }
    list_columns = ["subject", "grade", "level", "annual_lessons", "status", "terms", "unit"]
    order_columns = ["grade", "annual_lessons"]
    base_order = ("grade", "asc")
    search_columns = ["school_year", "level", "grade", "subject"]
    search_form_extra_fields = {
        "grade": fields.ChoiceField(
            lazy_gettext("Grade"), pairs=lambda: [(n, str(n)) for n in range(1, 13)], parse=int
        )
    }
    add_columns = [
        "subject",
        "school_year",
        "level",
        "grade",
        "annual_lessons",
        "status",
        "terms",
        "weighted_tests",
    ]
    show_columns = [*add_columns, "unit"]
    edit_columns = ["annual_lessons", "terms", "weighted_tests"]
    page_size = 50
    edit_form_extra_fields = {
        "annual_lessons": fields.WholeNumberField(lazy_gettext("Lessons a year"), NEEDED, low=1, high=600),
        "terms": fields.ManyField(lazy_gettext("Terms"), pairs=lambda: TERMS, parse=int),
        "weighted_tests": fields.WholeNumberField(
            WEIGHTED,
            [Optional()],
            low=1,
            high=len(PERIODIC_COLUMNS),
            description=lazy_gettext(
                "Only for classes under TT 58/2011. Empty: %(n)s.", n=sheets.WEIGHTED_TESTS
            ),
        ),
    }
    add_form_extra_fields = {
        "grade": fields.ChoiceField(
            lazy_gettext("Grade"), NEEDED, pairs=lambda: [(n, str(n)) for n in range(1, 13)], parse=int
        ),
        "status": fields.ChoiceField(
            lazy_gettext("Standing"), NEEDED, pairs=lambda: list(formats.PLAN_STATUS.items())
        ),
        **edit_form_extra_fields,
    }

    def fit_form(self, form: Any, item: Any) -> None:
        """Weight-2 tests only where TT 58/2011 asks for them; of a new line, where a year in reach may."""
        old = _has_old_years() if item is None else programme.has_weighted_tests(item)
        if not old:
            del form.weighted_tests

    def shown_of(self, item: Any) -> list[str]:
        """Weight-2 tests only where TT 58/2011 asks for them."""
        old = programme.has_weighted_tests(item)
        return [name for name in self.show_columns if old or name != "weighted_tests"]

    def _read_filters(self) -> None:
        """Without a year asked for, the chosen one; in a school of one level, that level."""
        super()._read_filters()
        if "_flt_0_school_year" not in request.args and chosen_year():
            self._filters.add_filter_index("school_year", 0, str(chosen_year()))
        levels = own_levels()
        if "_flt_0_level" not in request.args and len(levels) == 1:
            self._filters.add_filter_index("level", 0, levels[0].value)

    def rows_of(self, model: type) -> Iterable[Any]:
        """Years newest first, subjects in printed order."""
        if model is Subject:
            return taught_subjects()
        return order_years(super().rows_of(model))

    def row_links(self, item: Any) -> list[tuple[str, Any, str]]:
        """A school that differs from the province makes a line of its own."""
        if item.unit_id == actor().unit_id or not may(actor(), Action.PLAN_MANAGE, Target()):
            return []
        return [(url_for("PlanView.add", like=item.id), _("Own plan instead"), "fa-copy")]

    def prefill_add(self, form: Any) -> None:
        """Both terms of the chosen year; or like the province's line the reader comes from."""
        form.school_year.data, form.terms.data = chosen_year(), [1, 2]
        form.level.data = next(iter(own_levels()), None)
        like = request.args.get("like", type=int)
        if like is None:
            return
        line = scope.get(db.session(), actor(), SubjectPlan, like, today())
        form.subject.data, form.school_year.data = line.subject_id, line.school_year_id
        for name in ("level", "grade", "annual_lessons", "status", "terms", "weighted_tests"):
            if name in form:
                form[name].data = getattr(line, name)

    def pre_add(self, item: Any) -> None:
        """The actor's own unit, never the form's; a grade of the level."""
        item.unit_id = actor().unit_id
        self._check(item)
        same = sa.select(SubjectPlan.id).where(
            SubjectPlan.unit_id == item.unit_id,
            SubjectPlan.school_year_id == item.school_year.id,
            SubjectPlan.level == item.level,
            SubjectPlan.grade == item.grade,
            SubjectPlan.subject_id == item.subject.id,
            SubjectPlan.status == item.status,
        )
        if db.session.scalars(same).first() is not None:
            raise Invalid(N_("Your unit has this line already. Edit it."))

    def pre_update(self, item: Any) -> None:
        """At least one term."""
        self._check(item)

    @staticmethod
    def _check(item: Any) -> None:
        if not item.terms:
            raise Invalid(N_("A subject is taught in at least one term."))
        if item.grade not in grades_of(Level(item.level)):
            raise Invalid(N_("This level has no grade %(grade)s."), grade=item.grade)

    def after_write(self, work: Work, item: Any, verb: str) -> None:
        """Sheets already made follow the new numbers of lessons and tests; used columns stay."""
        work.flush()
        sheets.refresh_counts(work, item)
