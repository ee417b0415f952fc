"""Biểu mẫu: every printed form with its source and years; a form beside the one before it; which version is used."""

from io import BytesIO
from typing import Any, ClassVar

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action, may_ever
from app.domain.dates import format_date
from app.errors import Forbidden, NotFound
from app.extensions import db
from app.models import OrgUnit, SchoolClass
from app.reports.catalogue import CATALOGUE, versions_of
from app.reports.form import Form
from app.security import request_clock
from app.services import form_choices, form_preview, policies, printing, scope
from app.services.lock_orders import NO_RIGHT, leaders_in_force, may_order
from app.services.policies import Setting
from app.views import form_texts
from app.views.base import PageView, actor, today
from app.views.lock_forms import Errors
from app.views.policies import set_rule
from app.web import CSP, current_period

DOOR = (Action.BOOK_PRINT, Action.PRINT_REGISTER)
"""Whoever prints forms, or looks into what a school has printed."""


class FormsView(PageView):
    """The catalogue of forms."""

    route_base = "/forms"
    default_view = "index"
    rights: ClassVar = {
        "can_index": DOOR,
        "can_show": DOOR,
        "can_preview": DOOR,
        "can_choose": Action.POLICY_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Every form, by what it is about."""
        listed = [form for form in CATALOGUE.values() if not form.version_of]
        groups = [(name, [f for f in listed if f.drawn_for is kind]) for kind, name in form_texts.kinds()]
        return self.render_template(
            "printing/forms.html",
            title=_("Forms"),
            groups=[(name, forms) for name, forms in groups if forms],
            words=form_texts,
            versions_of=versions_of,
            before=_before,
        )

    @expose("/<code>")
    @has_access
    def show(self, code: str) -> Any:
        """One form beside the one it replaced, or its other version."""
        return self._page(_form(code), {})

    @expose("/<code>/preview.pdf")
    @has_access
    def preview(self, code: str) -> Any:
        """The form as it would be printed, of a class or of the example, marked on every page."""
        form, now = _form(code), request_clock()()
        class_id = request.args.get("class_id", type=int)
        if class_id is not None and form_preview.shows_class(form):
            period = request.args.get("period", 0, type=int)
            pdf = form_preview.preview_class(db.session(), actor(), form, class_id, period, now, today())
        else:
            pdf = form_preview.preview_example(actor(), form, now)
        answer = send_file(BytesIO(pdf), mimetype="application/pdf", download_name=f"{form.code}.pdf")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    # Shown inside the page above, and nowhere else: frames of this site alone.
    preview.talisman_view_options = {"content_security_policy": {**CSP, "frame-ancestors": "'self'"}}

    @expose("/<code>/choose", methods=["POST"])
    @has_access
    def choose(self, code: str) -> Any:
        """Decide which version is printed, from a term or school year on."""
        form = _form(code)
        key, unit_id = form_choices.rule_of(form), actor().unit_id
        if key is None:
            raise NotFound
        if unit_id is None or not may_order(actor(), Action.POLICY_MANAGE, unit_id):
            raise Forbidden(NO_RIGHT)
        errors = set_rule(unit_id, key, form.code)
        if errors:
            return self._page(form, errors), 422
        flash(
            _("%(name)s is used from %(day)s on.", name=form.name, day=request.form["starts_on"]), "success"
        )
        return redirect(url_for("FormsView.show", code=form.code))

    def _page(self, form: Form, errors: Errors) -> Any:
        classes, chosen = _classes(form)
        return self.render_template(
            "printing/form.html",
            title=form.name,
            form=form,
            words=form_texts,
            sides=[form, *_before(form), *form_choices.others(form)],
            shown=lambda side: _shown(side, chosen),
            classes=classes,
            chosen=chosen,
            choice=_choice(form),
            errors=errors,
            typed=request.form,
        )


def _form(code: str) -> Form:
    found = CATALOGUE.get(code)
    if found is None:
        raise NotFound
    return found


def _before(form: Form) -> tuple[Form, ...]:
    """The form whose place it took."""
    return (CATALOGUE[form.replaces],) if form.replaces else ()


def _classes(form: Form) -> tuple[list[SchoolClass], SchoolClass | None]:
    """Classes the form can be shown of, and the one chosen; none where the circulars differ: the example is shown."""
    period = current_period()
    if period is None or form.replaces or not form_preview.shows_class(form):
        return [], None
    if not may_ever(actor(), Action.BOOK_PRINT):
        return [], None
    rooms = printing.printable_classes(db.session(), actor(), period.year_id, today())
    fitting = [room for room in rooms if form.fits(room.circular, room.school_year.start_year, room.grade)]
    wanted = request.values.get("class_id", type=int)
    return fitting, next((room for room in fitting if room.id == wanted), fitting[0] if fitting else None)


def _shown(form: Form, room: SchoolClass | None) -> str:
    """Address of a form's preview; empty where it can't be shown."""
    period = current_period()
    if room is not None and period is not None and form_preview.shows_class(form):
        term = period.term if period.term in form.periods else 0
        return url_for("FormsView.preview", code=form.code, class_id=room.id, period=term)
    return url_for("FormsView.preview", code=form.code) if form_preview.has_example(form) else ""


def _choice(form: Form) -> dict[str, Any] | None:
    """Which version holds, since when, and from when on another can be chosen; None for a form with one version."""
    key, period = form_choices.rule_of(form), current_period()
    unit_id = actor().unit_id
    if key is None or period is None or unit_id is None:
        return None
    unit = scope.get(db.session(), actor(), OrgUnit, unit_id, today())
    if not unit.kind.is_school:
        return None
    held: Setting = policies.settings_of(db.session(), unit.id, today())[key]
    may_set = may_order(actor(), Action.POLICY_MANAGE, unit.id)
    return {
        "used": CATALOGUE[held.value],
        "rows": [(CATALOGUE[row.value], row) for row in held.rows],
        "may_set": may_set,
        "starts": _starts(unit.id) if may_set else [],
        "leaders": leaders_in_force(db.session(), unit, today()) if may_set else [],
        "me": actor().person_id,
    }


def _starts(unit_id: int) -> list[tuple[str, str]]:
    """Days a version can begin on, with the term it then begins with."""
    year = form_choices.running_year(db.session(), actor(), today())
    if year is None:
        return []
    return [
        (format_date(start.day), _start_title(start))
        for start in form_choices.starts(db.session(), unit_id, year, today())
    ]


def _start_title(start: form_choices.Start) -> str:
    term = "I" if start.term == 1 else "II"
    return _(
        "from term %(term)s of %(year)s on (%(day)s)", term=term, year=start.year, day=format_date(start.day)
    )


def register(appbuilder: Any) -> None:
    """No menu: the pages of printing lead here."""
    appbuilder.add_view_no_menu(FormsView())
