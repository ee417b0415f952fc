"""Results: the summary of a class, a student's year with its reasons, the numbers of a school, what offices see."""

from io import BytesIO
from typing import Any, ClassVar

from flask import redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, UnitRelation, may, may_ever
from app.domain.assessment.facts import YEAR
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.names import fold
from app.domain.vocabulary import Tier
from app.extensions import db
from app.security import request_clock
from app.services.attendance_counts import unlike_noted
from app.services.closing.load import class_approval
from app.services.results.class_page import class_summary, own_classes
from app.services.results.counting import measures, tally
from app.services.results.places import MIDTERMS, PERIODS, periods_of
from app.services.results.student_page import student_year
from app.services.results.unit_page import schools_below, unit_results
from app.services.results.why import why_subject
from app.services.results.workbook import export_class
from app.views import closing_texts
from app.views import results_texts as words
from app.views.base import PageView, actor, menu, note_visit, today
from app.views.file_pages import XLSX
from app.views.progress import chosen_period, kept
from app.views.year_entry import AFTER_YEAR
from app.web import current_period

PAGE = 50


def chosen_period_number() -> int | None:
    """?period=: 1, 2, or 0 for the year; None where nothing, or nothing that is one, was asked for."""
    asked = _asked_period()
    return asked if asked in PERIODS else None


def _asked_period() -> int | None:
    """The same of a class or student: a mid-term point of a primary year, too."""
    asked = request.args.get("period", type=int)
    return asked if asked in (*PERIODS, *MIDTERMS) else None


class ResultView(PageView):
    """Tổng hợp kết quả (TT 22/2021 Điều 9, 12–15; TT 58/2011 Điều 13–18; TT 27/2020 Điều 9, 11, 13)."""

    route_base = "/results"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.RESULT_VIEW,
        "can_unit": Action.RESULT_VIEW,
        "can_school_class": Action.RESULT_VIEW,
        "can_export": Action.RESULT_EXPORT,
        "can_student": Action.RESULT_VIEW,
        "can_why": Action.SHEET_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """A homeroom teacher's own class, a school's numbers, or the schools under an office."""
        period = current_period()
        if period is None:
            return self.render_template("home/empty.html", title=_("Results"), reason="year")
        if actor().teaches_only:
            classes = own_classes(db.session(), actor(), period.year_id, today())
            if len(classes) == 1:
                return redirect(url_for("ResultView.school_class", class_id=classes[0].id))
            return self.render_template("results/own.html", title=_("Results"), classes=classes)
        if actor().tier is Tier.SCHOOL:
            unit: dict[str, Any] = {"unit_id": actor().unit_id, **request.args.to_dict()}
            return redirect(url_for("ResultView.unit", **unit))
        return self._schools()

    def _schools(self) -> str:
        period = chosen_period()
        number = chosen_period_number()
        chosen = period.term if number is None else number
        found = schools_below(db.session(), actor(), period.year_id, chosen, request_clock()())
        ask = request.args.get("q", "").strip()
        schools = [line for line in found if fold(ask) in line.unit.name_folded]
        pages = max(1, -(-len(schools) // PAGE))
        page = min(max(request.args.get("page", 1, type=int), 1), pages)
        return self.render_template(
            "results/schools.html",
            title=None,
            words=words,
            period=chosen,
            year=period.label,
            schools=schools[(page - 1) * PAGE : page * PAGE],
            found=len(schools),
            ask=ask,
            page=page,
            pages=pages,
            keep=kept(),
        )

    @expose("/unit/<int:unit_id>")
    @has_access
    def unit(self, unit_id: int) -> Any:
        """The numbers of a school by class and grade."""
        period = current_period()
        if period is None:
            return redirect(url_for("ResultView.index"))
        number = chosen_period_number()
        chosen = period.term if number is None else number
        grade = request.args.get("grade", type=int)
        found = unit_results(db.session(), actor(), unit_id, period.year_id, chosen, grade, request_clock()())
        if not found.unit.kind.is_school:
            return redirect(url_for("ResultView.index"))
        note_visit("result.view", unit_id, period=chosen)
        return self.render_template(
            "results/unit.html",
            title=None,
            words=words,
            results=found,
            grade=grade,
            keep=kept(),
            own=actor().relation_to(unit_id) is UnitRelation.OWN,
            enters=any(may_ever(actor(), action) for action in AFTER_YEAR),
        )

    @expose("/class/<int:class_id>")
    @has_access
    def school_class(self, class_id: int) -> Any:
        """The summary of a class, sortable by any column."""
        summary = class_summary(db.session(), actor(), class_id, _asked_period(), request_clock()())
        note_visit("result.view", summary.school_class.unit_id, school_class=class_id, period=summary.period)
        key, descending = request.args.get("sort", ""), request.args.get("desc") == "1"
        found = measures(summary.school_class.circular, summary.period)
        return self.render_template(
            "results/class.html",
            title=None,
            words=words,
            summary=summary,
            rows=words.sorted_rows(summary, key, descending),
            sort=key,
            descending=descending,
            figures={row.pupil.student_id: {f.code: f for f in row.facts.subjects} for row in summary.rows},
            ranked=summary.school_class.circular in CONDUCT,
            tallies={
                measure: tally(known, [getattr(row.result, measure) for row in summary.rows])
                for measure, known in found.items()
            },
            periods=periods_of(summary.school_class.circular),
            lacking=words.lacking(summary.rows),
            lackers=sum(bool(row.result.missing) for row in summary.rows),
            names={row.pupil.student_id: row.pupil.full_name for row in summary.rows},
            unlike=unlike_noted(db.session(), summary.school_class, summary.period, summary.rows, today()),
            approval=class_approval(db.session(), summary.school_class, summary.period, request_clock()()),
            approval_words=closing_texts,
            approval_url=url_for("SigningView.school_class", class_id=class_id, period=summary.period)
            if summary.period in PERIODS
            else "",
        )

    @expose("/class/<int:class_id>/export.xlsx")
    @has_access
    def export(self, class_id: int) -> Any:
        """The summary as a workbook."""
        name, data = export_class(actor(), class_id, _asked_period(), clock=request_clock())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)

    @expose("/student/<int:student_id>/year/<int:year_id>")
    @has_access
    def student(self, student_id: int, year_id: int) -> Any:
        """Why: a student's year, subject by subject, and how each result came about."""
        found = student_year(db.session(), actor(), student_id, year_id, _asked_period(), request_clock()())
        note_visit("result.view", found.school_class.unit_id, student=student_id, period=found.period)
        return self.render_template(
            "results/student.html",
            title=None,
            words=words,
            found=found,
            YEAR=YEAR,
            primary=found.school_class.circular in PRIMARY,
            asks=_may_ask(found.school_class.unit_id),
            may_read_incoming=may(
                actor(), Action.DATA_EXPORT, Target(unit=actor().relation_to(found.school_class.unit_id))
            ),
        )

    @expose("/why/<int:sheet_id>/<int:student_id>")
    @has_access
    def why(self, sheet_id: int, student_id: int) -> Any:
        """Why a subject has its average: the sum written out."""
        found = why_subject(db.session(), actor(), sheet_id, student_id, request_clock()())
        asks = _may_ask(found.sheet.unit_id)
        ask = url_for("CorrectionView.new", sheet=sheet_id, student=student_id) if asks else None
        return self.render_template("results/why.html", title=None, words=words, found=found, ask_url=ask)


def _may_ask(unit_id: int) -> bool:
    """True for who may ask for corrections in a school; of which cells, the form says."""
    target = Target(unit=actor().relation_to(unit_id), teaches=True)
    return may(actor(), Action.CORRECTION_REQUEST, target)


def register(appbuilder: Any) -> None:
    """The menu entry and its pages."""
    menu(
        appbuilder,
        ResultView,
        "Results",
        icon="fa-square-poll-vertical",
        label=lazy_gettext("Results"),
        action=Action.RESULT_VIEW,
    )
