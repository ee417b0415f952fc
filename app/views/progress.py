"""Progress of entry: a school by class, subject and teacher; all schools under an office; always read-only."""

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import current_app, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, UnitRelation
from app.domain.names import fold
from app.domain.vocabulary import Tier, UnitKind
from app.errors import NotFound
from app.extensions import db
from app.security import request_clock
from app.services.changes import sheets_of
from app.services.clock import local_day
from app.services.progress_figures import SheetProgress
from app.services.progress_offices import Need, OfficeProgress, SchoolLine, office_progress
from app.services.progress_schools import SchoolProgress, school_progress, sheets_of_school
from app.services.years import Period
from app.views import progress_texts as words
from app.views.base import PageView, actor, menu, note_visit
from app.views.watch_texts import CellWords
from app.web import current_period

PAGE = 50
MEASURES = ("schedule", "term")
MOST_CHANGES = 12


def link(*endpoints: str, **values: Any) -> str | None:
    """The address of the first of these pages that is installed; None when none is."""
    found = next((e for e in endpoints if e in current_app.view_functions), None)
    return url_for(found, **values) if found else None


def sheet_link(sheet_id: int, column: str | None = None) -> str:
    """The sheet, at a column."""
    return link("GradebookView.sheet", sheet_id=sheet_id, column=column) or "#"


def kept() -> dict[str, str]:
    """The year and term chosen in the address, to go along with every link of the page."""
    return {key: request.args[key] for key in ("year", "term") if key in request.args}


def chosen_period() -> Period:
    """The chosen year and term, where the page has made sure there is one."""
    period = current_period()
    if period is None:
        raise NotFound
    return period


def frame() -> dict[str, Any]:
    """What every page of this family needs."""
    period, now = current_period(), request_clock()()
    return {
        "period": period,
        "now": now,
        "words": words,
        "keep": kept(),
        "sheet_link": sheet_link,
        "calendar_url": link("LockView.calendar"),
        "meta": words.term_line(period, local_day(now)) if period else [],
        "term_name": words.term_name(period) if period else "",
    }


class ProgressView(PageView):
    """Tiến độ nhập điểm (S0 Điều 11 khoản 3, S4 Điều 15 khoản 3)."""

    route_base = "/progress"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.PROGRESS_VIEW,
        "can_school": Action.PROGRESS_VIEW,
        "can_sheets": Action.PROGRESS_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """An office sees its schools, a school its own progress."""
        if current_period() is None:
            return self.render_template("home/empty.html", title=_("Entry progress"), reason="year")
        if actor().tier is Tier.SCHOOL:
            return self.render_template("progress/school.html", **school_page(actor().unit_id))
        return self.render_template("home/office.html", **office_page())

    @expose("/school/<int:unit_id>")
    @has_access
    def school(self, unit_id: int) -> Any:
        """One school; whoever looks in from above is on record."""
        if current_period() is None:
            return redirect(url_for("ProgressView.index"))
        note_visit("progress.view", unit_id)
        return self.render_template("progress/school.html", **school_page(unit_id))

    @expose("/school/<int:unit_id>/sheets")
    @has_access
    def sheets(self, unit_id: int) -> Any:
        """The sheets behind a class, a subject or a teacher, column group by column group."""
        period = current_period()
        if period is None:
            return redirect(url_for("ProgressView.index"))
        now = request_clock()()
        unit, sheets = sheets_of_school(db.session(), actor(), unit_id, period, now)
        chosen, about = _filtered(sheets)
        return self.render_template(
            "progress/sheets.html",
            **frame(),
            title=None,
            unit=unit,
            sheets=chosen,
            about=about,
            total=len(sheets),
        )


def _filtered(sheets: Sequence[SheetProgress]) -> tuple[list[SheetProgress], list[str]]:
    """Sheets that fit ?class=, ?subject=, ?teacher= and ?late=1, and what was asked, in words."""
    ask = {key: request.args.get(key, type=int) for key in ("class", "subject", "teacher")}
    tests = {
        "class": lambda s: s.class_id == ask["class"],
        "subject": lambda s: s.subject_id == ask["subject"],
        "teacher": lambda s: any(t.person_id == ask["teacher"] for t in s.teachers),
    }
    chosen = [s for s in sheets if all(tests[key](s) for key, value in ask.items() if value is not None)]
    about = []
    if chosen and ask["class"] is not None:
        about.append(_("class %(name)s", name=chosen[0].row_name))
    if chosen and ask["subject"] is not None:
        about.append(chosen[0].subject)
    if chosen and ask["teacher"] is not None:
        about.extend({t.full_name for s in chosen for t in s.teachers if t.person_id == ask["teacher"]})
    if request.args.get("late"):
        chosen = [s for s in chosen if s.late]
        about.append(_("late only"))
    if request.args.get("unassigned"):
        chosen = [s for s in chosen if not s.teachers]
        about.append(_("without a teacher"))
    return chosen, about


def school_page(unit_id: int | None) -> dict[str, Any]:
    """Facts of the page of one school."""
    period, now = chosen_period(), request_clock()()
    progress = school_progress(db.session(), actor(), unit_id or 0, period, now)
    measure = request.args.get("measure")
    if measure not in MEASURES:
        measure = "schedule" if progress.share.due else "term"
    return {
        **frame(),
        "title": None,
        "progress": progress,
        "measure": measure,
        "own": actor().relation_to(unit_id) is UnitRelation.OWN,
        "chart": _subject_chart(progress),
        "links": _own_links(progress),
        "cell": CellWords(),
        "changed_sheets": sheets_of(db.session(), progress.changes.items[:MOST_CHANGES]),
    }


def _own_links(progress: SchoolProgress) -> dict[str, str]:
    """Addresses of the school's lists, with the chosen year and term."""
    unit: dict[str, Any] = {"unit_id": progress.unit.id, **kept()}
    return {
        "late": url_for("ProgressView.sheets", late=1, **unit),
        "unassigned": url_for("ProgressView.sheets", unassigned=1, **unit),
        "all": url_for("ProgressView.sheets", **unit),
        "page": url_for("ProgressView.school", **unit),
    }


def _subject_chart(progress: SchoolProgress) -> dict[str, Any]:
    """Subjects by how far they are behind the schedule."""
    subjects = sorted(
        progress.subjects, key=lambda s: (-s.share.late, s.share.permille - s.share.plan_permille)
    )
    return words.chart(
        _("Filled by subject, of the whole term"),
        [(s.name, s.share.permille, s.share.plan_permille, s.late > 0) for s in subjects],
    )


def office_page() -> dict[str, Any]:
    """Facts of an office's page: its schools after the filter, fifty a page."""
    period, now = chosen_period(), request_clock()()
    progress = office_progress(db.session(), actor(), period, now)
    schools = _matching(progress)
    pages = max(1, -(-len(schools) // PAGE))
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    shown = schools[(number - 1) * PAGE : number * PAGE]
    return {
        **frame(),
        "title": None,
        "progress": progress,
        "schools": shown,
        "found": len(schools),
        "page": number,
        "pages": pages,
        "ask": _office_filter(),
        "kinds": [kind for kind in UnitKind if any(line.unit.kind is kind for line in progress.schools)],
        "need": Need,
        "chart": _school_chart(shown),
        "unit_name": actor().unit_name,
    }


def _office_filter() -> dict[str, Any]:
    return {
        "q": request.args.get("q", "").strip(),
        "kind": request.args.get("kind", ""),
        "parent": request.args.get("parent", type=int),
        "need": request.args.get("need", ""),
    }


def _matching(progress: OfficeProgress) -> list[SchoolLine]:
    ask = _office_filter()
    return [
        s
        for s in progress.schools
        if (not ask["q"] or fold(ask["q"]) in s.unit.name_folded)
        and (not ask["kind"] or s.unit.kind == ask["kind"])
        and (ask["parent"] is None or s.parent_id == ask["parent"])
        and (not ask["need"] or s.need == ask["need"])
    ]


def _school_chart(schools: Sequence[SchoolLine]) -> dict[str, Any]:
    """The twelve neediest of the schools shown that keep a gradebook."""
    counted = [s for s in schools if s.sheets][:12]
    return words.chart(
        _("Filled by school, of the whole term"),
        [(s.unit.short_name, s.share.permille, s.share.plan_permille, s.late_sheets > 0) for s in counted],
    )


def register(appbuilder: Any) -> None:
    """The menu entry and its pages."""
    menu(
        appbuilder,
        ProgressView,
        "Progress",
        icon="fa-table-cells",
        label=lazy_gettext("Entry progress"),
        action=Action.PROGRESS_VIEW,
    )
