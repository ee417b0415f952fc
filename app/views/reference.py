"""School years, terms, subjects, plans and code lists."""

from collections.abc import Iterable
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext
from sqlalchemy.orm import joinedload

from app.domain.access import Action, Target
from app.errors import N_, Invalid
from app.extensions import db
from app.forms import fields
from app.forms.people import NEEDED
from app.models import OrgUnit, SchoolYear, Subject, Term
from app.services import programme
from app.services.unit_of_work import Work
from app.services.years import TermDates
from app.views import formats
from app.views.base import ScopedInterface, ScopedModelView, actor, menu, require, today
from app.views.class_pages import chosen_year, order_years
from app.views.code_lists import CodeView
from app.views.plans import TERMS, PlanView

PROGRAMME = {"category": "Programme", "category_label": lazy_gettext("Programme")}
LISTS = {"category": "Lists", "category_label": lazy_gettext("Lists")}
TERM_PARTS = ("starts_on", "ends_on", "weeks")


def _year_terms() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for number, roman in TERMS:
        made |= {
            f"term{number}_starts_on": fields.VnDateField(
                lazy_gettext("Term %(n)s: first day", n=roman), NEEDED
            ),
            f"term{number}_ends_on": fields.VnDateField(
                lazy_gettext("Term %(n)s: last day", n=roman), NEEDED
            ),
            f"term{number}_weeks": fields.WholeNumberField(
                lazy_gettext("Term %(n)s: weeks", n=roman), NEEDED, low=1, high=30
            ),
        }
    return made


class SchoolYearView(ScopedModelView):
    """School years of the province; opening one makes its terms and the programme's plans."""

    datamodel = ScopedInterface(SchoolYear)
    route_base = "/years"
    view_action = Action.YEAR_VIEW
    manage_action = Action.YEAR_MANAGE
    list_title = lazy_gettext("School years")
    show_title = lazy_gettext("School year")
    add_title = lazy_gettext("Open a school year")
    edit_title = lazy_gettext("Edit the school year")
    label_columns = {
        "label": lazy_gettext("School year"),
        "start_year": lazy_gettext("First calendar year"),
        "starts_on": lazy_gettext("First day"),
        "ends_on": lazy_gettext("Last day"),
    }
    list_columns = ["label", "starts_on", "ends_on"]
    order_columns = ["starts_on"]
    base_order = ("starts_on", "desc")
    search_columns = ["start_year"]
    show_columns = list_columns
    add_columns = ["start_year", "starts_on", "ends_on", *_year_terms()]
    edit_columns = ["starts_on", "ends_on"]
    add_form_extra_fields = {
        "start_year": fields.WholeNumberField(
            lazy_gettext("First calendar year"),
            NEEDED,
            low=2000,
            high=2098,
            description=lazy_gettext("2026 stands for 2026–2027."),
        ),
        **_year_terms(),
    }

    def unit_of(self, item: Any) -> int | None:
        """The department."""
        return item.department_id

    def prefill_add(self, form: Any) -> None:
        """The usual frame of 35 weeks for the year after the latest one."""
        latest = db.session.scalar(
            sa.select(sa.func.max(SchoolYear.start_year)).where(SchoolYear.department_id == actor().root_id)
        )
        usual = programme.usual_year((latest or today().year - 1) + 1)
        form.start_year.data, form.starts_on.data, form.ends_on.data = (
            usual.start_year,
            usual.starts_on,
            usual.ends_on,
        )
        for term in usual.terms:
            for part in TERM_PARTS:
                form[f"term{term.number}_{part}"].data = getattr(term, part)

    def create(self, work: Work, form: Any) -> Any:
        """The year with terms and plans, for the actor's department."""
        require(Action.YEAR_MANAGE, Target(unit=actor().relation_to(actor().root_id)))
        department = work.session.get_one(OrgUnit, actor().root_id)
        terms = [TermDates(n, *(form[f"term{n}_{part}"].data for part in TERM_PARTS)) for n, _roman in TERMS]
        year = SchoolYear(
            department=department,
            start_year=form.start_year.data,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
        )
        return programme.settle_year(work, year, department, terms)

    def pre_update(self, item: Any) -> None:
        """The province's terms still lie in the year."""
        terms = programme.terms_of(db.session(), item.department_id, item)
        programme.check_dates(item.starts_on, item.ends_on, terms.values())


class TermView(ScopedModelView):
    """Term dates of the province, and those a school sets for itself."""

    datamodel = ScopedInterface(Term, eager=(joinedload(Term.unit), joinedload(Term.school_year)))
    route_base = "/terms"
    view_action = Action.YEAR_VIEW
    manage_action = Action.TERM_MANAGE
    list_title = lazy_gettext("Terms")
    show_title = lazy_gettext("Term")
    add_title = lazy_gettext("Own term dates")
    edit_title = lazy_gettext("Edit the term")
    label_columns = {
        "school_year": lazy_gettext("School year"),
        "number": lazy_gettext("Term"),
        "unit": lazy_gettext("Set by"),
        "starts_on": lazy_gettext("First day"),
        "ends_on": lazy_gettext("Last day"),
        "weeks": lazy_gettext("Weeks"),
    }
    formatters_columns: ClassVar = {"number": lambda value: formats.terms([value])}
    list_columns = ["school_year", "number", "unit", "starts_on", "ends_on", "weeks"]
    link_column = "number"
    order_columns = ["starts_on"]
    base_order = ("starts_on", "desc")
    search_columns = ["school_year"]
    show_columns = list_columns
    add_columns = ["school_year", "number", "starts_on", "ends_on", "weeks"]
    edit_columns = ["starts_on", "ends_on", "weeks"]
    add_form_extra_fields = {
        "number": fields.ChoiceField(lazy_gettext("Term"), NEEDED, pairs=lambda: TERMS, parse=int),
        "weeks": fields.WholeNumberField(lazy_gettext("Weeks"), NEEDED, low=1, high=30),
    }
    edit_form_extra_fields = {"weeks": fields.WholeNumberField(lazy_gettext("Weeks"), NEEDED, low=1, high=30)}

    def rows_of(self, model: type) -> Iterable[Any]:
        """Years newest first."""
        return order_years(super().rows_of(model))

    def prefill_add(self, form: Any) -> None:
        """The chosen year."""
        form.school_year.data = chosen_year()

    def pre_add(self, item: Any) -> None:
        """Dates of the actor's own unit for the year chosen."""
        item.unit_id = actor().unit_id
        year = self._checked(item)
        same = sa.select(Term.id).where(
            Term.unit_id == item.unit_id, Term.school_year_id == year.id, Term.number == item.number
        )
        if db.session.scalars(same).first() is not None:
            raise Invalid(N_("Your unit has dates for this term already. Edit them."))

    def pre_update(self, item: Any) -> None:
        """Dates in order."""
        self._checked(item)

    @staticmethod
    def _checked(item: Any) -> SchoolYear:
        year = item.school_year
        programme.check_term(db.session(), item, year)
        return year


class SubjectView(ScopedModelView):
    """Subjects and activities of the programme."""

    datamodel = ScopedInterface(Subject)
    route_base = "/subjects"
    view_action = Action.SUBJECT_VIEW
    manage_action = Action.SUBJECT_MANAGE
    list_title = lazy_gettext("Subjects")
    show_title = lazy_gettext("Subject")
    add_title = lazy_gettext("New subject")
    edit_title = lazy_gettext("Edit the subject")
    label_columns = {
        "name": lazy_gettext("Subject"),
        "short_name": lazy_gettext("Short name"),
        "code": lazy_gettext("Code"),
        "kind": lazy_gettext("Assessed with"),
        "parts": lazy_gettext("Parts"),
        "order_no": lazy_gettext("Order in lists"),
    }
    list_columns = ["name", "short_name", "kind", "code"]
    order_columns = ["name", "kind"]
    base_order = ("order_no", "asc")
    search_columns = ["name", "kind"]
    show_columns = ["name", "short_name", "code", "kind", "parts", "order_no"]
    add_columns = ["code", "name", "short_name", "kind", "order_no"]
    edit_columns = ["name", "short_name", "order_no"]
    page_size = 50

    def unit_of(self, item: Any) -> int | None:
        """Subjects belong to the whole province."""
        return actor().root_id


def register(appbuilder: Any) -> None:
    """The programme's categories and the lists."""
    for view, name, icon, action, label in (
        (SchoolYearView, "School years", "fa-calendar", Action.YEAR_VIEW, lazy_gettext("School years")),
        (TermView, "Terms", "fa-calendar-week", Action.YEAR_VIEW, lazy_gettext("Terms")),
        (SubjectView, "Subjects", "fa-book-open", Action.SUBJECT_VIEW, lazy_gettext("Subjects")),
        (PlanView, "Subject plans", "fa-table-list", Action.SUBJECT_VIEW, lazy_gettext("Subject plans")),
    ):
        menu(appbuilder, view, name, icon=icon, action=action, label=label, **PROGRAMME)
    menu(
        appbuilder,
        CodeView,
        "Code lists",
        icon="fa-list-ol",
        action=Action.CODE_VIEW,
        label=lazy_gettext("Code lists"),
        **LISTS,
    )
