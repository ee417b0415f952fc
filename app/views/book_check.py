"""Kiểm tra sổ: the book as of a day, two days compared, changes past a lock, a random sample. Only reading."""

from datetime import datetime
from io import BytesIO
from typing import Any, ClassVar

from flask import current_app, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.lock_calendar import start_of_day
from app.domain.vocabulary import Tier
from app.errors import HocVuError, NotFound
from app.extensions import db
from app.models import GradebookSheet, OrgUnit, SchoolClass, SchoolYear
from app.security import request_clock
from app.services import scope
from app.services.after_lock import PAGE, changes_after_lock
from app.services.book_check import compare_class
from app.services.clock import VIETNAM
from app.services.sampling import KINDS, MOST, draw, export_sample, new_seed
from app.services.sheet_list import of_class
from app.services.year_after_lock import year_changes_after_lock
from app.services.years import Period
from app.views import year_texts
from app.views.base import PageView, actor, menu, note_visit, require, tell, today
from app.views.sheet_heads import subject_name
from app.views.watch import CATEGORY
from app.views.watch_texts import CellWords, span_asked
from app.web import current_period

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_UNITS = 500


def period_of_page() -> Period:
    """The chosen year and term. NotFound before any school year exists."""
    found = current_period()
    if found is None:
        raise NotFound
    return found


class InspectView(PageView):
    """What an inspector, a leader or the tier above checks a book with."""

    route_base = "/inspect"
    default_view = "index"
    rights: ClassVar = dict.fromkeys(
        ("can_index", "can_book", "can_compare", "can_after_lock", "can_sample", "can_sample_file"),
        Action.INSPECT,
    )

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What can be looked at: the units within reach; a school goes straight to its own book."""
        if actor().tier is Tier.SCHOOL:
            return redirect(url_for("InspectView.book", unit_id=actor().unit_id, **_kept()))
        return self.render_template("watch/inspect.html", **inspect_page())

    @expose("/book/<int:unit_id>")
    @has_access
    def book(self, unit_id: int) -> Any:
        """Choose class, subject and two times; a subject leads to its sheet's history, else the whole class is compared."""
        unit, period = _unit(unit_id), current_period()
        class_id, sheet_id = request.args.get("class", type=int), request.args.get("sheet", type=int)
        times: dict[str, Any] = {name: request.args.get(name, "") for name in ("since", "at")}
        chosen = scope.get(db.session(), actor(), SchoolClass, class_id, today()) if class_id else None
        sheets = _sheets(chosen) if chosen is not None and period is not None else []
        if request.args.get("go") and chosen is not None:
            if sheet_id in {sheet.id for sheet in sheets}:
                return redirect(url_for("GradebookView.history", sheet_id=sheet_id, **times, **_kept()))
            return redirect(url_for("InspectView.compare", class_id=class_id, **times, **_kept()))
        return self.render_template(
            "watch/book.html",
            title=_("Check a book"),
            unit=unit,
            classes=_classes(unit_id, period),
            chosen=chosen,
            sheets=sheets,
            subject_name=subject_name,
            times=times,
            keep=_kept(),
            can=_can,
        )

    @expose("/class/<int:class_id>")
    @has_access
    def compare(self, class_id: int) -> Any:
        """All sheets of a class between two times."""
        period, now = period_of_page(), request_clock()()
        start = moment_asked("since") or start_of_day(period.terms[period.term].starts_on)
        end = moment_asked("at") or now
        found = compare_class(db.session(), actor(), class_id, period.term, start, end)
        note_visit("inspect.compare", found.school_class.unit_id)
        return self.render_template(
            "watch/compare.html",
            title=_("Class %(name)s between two times", name=found.school_class.name),
            found=found,
            start=start,
            end=end,
            cell=CellWords(),
            subject_name=subject_name,
            keep=_kept(),
        )

    @expose("/after-lock/<int:unit_id>")
    @has_access
    def after_lock(self, unit_id: int) -> Any:
        """Changes of cells that were locked or final, each with its request; without one it stands in red."""
        unit, period, now = _unit(unit_id), period_of_page(), request_clock()()
        since, until, first, last = span_asked(now, period.terms[period.term].starts_on)
        class_id, number = request.args.get("class", type=int), request.args.get("page", 1, type=int)
        found = changes_after_lock(
            db.session(),
            actor(),
            unit_id,
            period.year_id,
            period.term,
            since,
            until,
            class_id=class_id,
            number=number,
            only_without=bool(request.args.get("without")),
        )
        year = db.session.get_one(SchoolYear, period.year_id)
        late = year_changes_after_lock(db.session(), unit_id, year, since, until, class_id=class_id)
        note_visit("inspect.after_lock", unit_id)
        return self.render_template(
            "watch/after_lock.html",
            title=_("Changes after the lock"),
            unit=unit,
            found=found,
            classes=_classes(unit_id, period),
            class_id=class_id,
            without=bool(request.args.get("without")),
            first=first,
            last=last,
            page_size=PAGE,
            cell=CellWords(),
            subject_name=subject_name,
            keep={key: value for key, value in request.args.items() if key != "page" and value},
            request_url=_request_url,
            late=late,
            year_texts=year_texts,
        )

    @expose("/sample/<int:unit_id>")
    @has_access
    def sample(self, unit_id: int) -> Any:
        """A random sample with its seed; the address holds all it takes to draw it again."""
        unit, period = _unit(unit_id), period_of_page()
        found, problem = None, ""
        if "wanted" in request.args:
            if not request.args.get("seed", "").strip():
                asked: dict[str, Any] = {**request.args.to_dict(), "seed": new_seed()}
                return redirect(
                    url_for(
                        "InspectView.sample",
                        unit_id=unit_id,
                        **asked,
                    )
                )
            try:
                found = _drawn(unit_id, period)
            except NotFound:
                raise
            except HocVuError as error:
                problem = tell(error)
        return self.render_template(
            "watch/sample.html",
            title=_("Random sample"),
            unit=unit,
            found=found,
            problem=problem,
            kinds={"sheets": _("Gradebook sheets"), "students": _("Students")},
            most=MOST,
            ask={"kind": request.args.get("kind", KINDS[0]), "wanted": request.args.get("wanted", "10")},
            seed=request.args.get("seed", ""),
            keep=_kept(),
            now=request_clock()(),
        )

    @expose("/sample/<int:unit_id>/file")
    @has_access
    def sample_file(self, unit_id: int) -> Any:
        """The same sample as a workbook; logged."""
        _unit(unit_id)
        name, data = export_sample(actor(), _drawn(unit_id, period_of_page()), clock=request_clock())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


def inspect_page() -> dict[str, Any]:
    """Facts of the page that says what can be looked at; an inspector of an office lands there."""
    rows = db.session().scalars(
        scope.scoped(actor(), OrgUnit, today())
        .where(OrgUnit.id.in_(actor().below))
        .order_by(OrgUnit.short_name)
        .limit(MOST_UNITS)
    )
    return {
        "title": _("Check a book"),
        "units": [unit for unit in rows if unit.kind.is_school],
        "keep": _kept(),
        "can": _can,
        "inspector": actor().inspects_only,
    }


def moment_asked(name: str) -> datetime | None:
    """A time of the form, Vietnam's; None when blank or unreadable."""
    text = request.args.get(name, "").strip()
    for pattern in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    return None


def _unit(unit_id: int) -> OrgUnit:
    """A unit within reach the actor may inspect."""
    unit = scope.get(db.session(), actor(), OrgUnit, unit_id, today())
    require(Action.INSPECT, Target(unit=actor().relation_to(unit_id)))
    return unit


def _drawn(unit_id: int, period: Period) -> Any:
    return draw(
        db.session(),
        actor(),
        unit_id,
        period.year_id,
        period.term,
        request.args.get("kind", KINDS[0]),
        request.args.get("wanted", 0, type=int),
        request.args.get("seed", ""),
        today(),
    )


def _classes(unit_id: int, period: Period | None) -> list[SchoolClass]:
    """Classes of the unit in the chosen year; one statement."""
    if period is None:
        return []
    query = scope.scoped(actor(), SchoolClass, today()).where(
        SchoolClass.unit_id == unit_id, SchoolClass.school_year_id == period.year_id
    )
    return list(
        db.session().scalars(query.order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name))
    )


def _sheets(school_class: SchoolClass) -> list[GradebookSheet]:
    """Sheets of a class in the chosen term."""
    query = of_class(school_class).where(
        GradebookSheet.term == period_of_page().term, scope.condition(actor(), GradebookSheet, today())
    )
    found = db.session().scalars(query).unique().all()
    return sorted(found, key=lambda sheet: (sheet.subject.order_no, sheet.id))


def _kept() -> dict[str, Any]:
    return {key: request.args[key] for key in ("year", "term") if key in request.args}


def _can(action: str, unit_id: int) -> bool:
    """Whether a link of the page would open."""
    return may(actor(), Action(action), Target(unit=actor().relation_to(unit_id)))


def _request_url(request_id: int) -> str | None:
    """The page of a correction request."""
    endpoint = "CorrectionView.show"
    return url_for(endpoint, correction_id=request_id) if endpoint in current_app.view_functions else None


def register(appbuilder: Any) -> None:
    """Menu entry of this file."""
    menu(
        appbuilder,
        InspectView,
        "Check a book",
        icon="fa-magnifying-glass",
        action=Action.INSPECT,
        label=lazy_gettext("Check a book"),
        category=CATEGORY,
        category_label=lazy_gettext("Inspection"),
    )
