"""Lists of a year's end: of a class for its homeroom teacher, of a school by grade for its leaders (TT 22/2021 Điều 20)."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, ClassVar

from flask import redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action
from app.domain.assessment.facts import YEAR
from app.domain.assessment.registry import PRIMARY
from app.domain.assessment.terms import Title
from app.domain.vocabulary import Tier
from app.extensions import db
from app.security import request_clock
from app.services.closing.load import class_approval, school_approval
from app.services.year_list_file import export_lists
from app.services.year_lists import ListKind, ListLine, YearLists, class_lists, school_lists
from app.views import closing_texts
from app.views import results_texts as words
from app.views.base import PageView, actor, note_visit, today
from app.views.file_pages import XLSX
from app.web import current_period


class YearListView(PageView):
    """Danh sách lên lớp, kiểm tra lại, rèn luyện hè, ở lại lớp, khen thưởng."""

    route_base = "/results/lists"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.RESULT_VIEW,
        "can_unit": Action.RESULT_VIEW,
        "can_school_class": Action.RESULT_VIEW,
        "can_export": Action.RESULT_EXPORT,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The own school's; a homeroom teacher's or an office's way leads over the results."""
        if actor().teaches_only or actor().tier is not Tier.SCHOOL or current_period() is None:
            return redirect(url_for("ResultView.index"))
        return redirect(url_for("YearListView.unit", unit_id=actor().unit_id))

    @expose("/unit/<int:unit_id>")
    @has_access
    def unit(self, unit_id: int) -> Any:
        """A school by class, and the lists of a grade."""
        period = current_period()
        if period is None:
            return redirect(url_for("ResultView.index"))
        grade = request.args.get("grade", type=int)
        found = school_lists(db.session(), actor(), unit_id, period.year_id, today(), grade)
        if not found.unit.kind.is_school:
            return redirect(url_for("ResultView.index"))
        note_visit("result.view", unit_id, grade=grade)
        return self.render_template(
            "results/lists_unit.html",
            title=None,
            found=found,
            year=period.label,
            grades=sorted({line.grade for line in found.classes}),
            lists=page_lists(found.lists) if found.lists else [],
            words=words,
            approval=school_approval(db.session(), found.unit, period.year_id, YEAR, request_clock()()),
            approval_words=closing_texts,
            approval_url=url_for("ClosingView.unit", unit_id=unit_id, period=YEAR),
        )

    @expose("/<int:class_id>")
    @has_access
    def school_class(self, class_id: int) -> Any:
        """The lists of a class, for the screen and for the printer."""
        found = class_lists(db.session(), actor(), class_id, today())
        note_visit("result.view", found.school_class.unit_id, school_class=class_id)
        return self.render_template(
            "results/lists.html",
            title=None,
            found=found,
            circular=words.circular_name(found.school_class.circular),
            lists=page_lists(found.lists),
            words=words,
            approval=class_approval(db.session(), found.school_class, YEAR, request_clock()()),
            approval_words=closing_texts,
            approval_url=url_for("SigningView.school_class", class_id=class_id, period=YEAR),
        )

    @expose("/<int:class_id>/export.xlsx")
    @has_access
    def export(self, class_id: int) -> Any:
        """The lists as a workbook."""
        name, data = export_lists(actor(), class_id, clock=request_clock())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


def page_lists(lists: YearLists) -> list[dict[str, Any]]:
    """Every list as the page shows it: title, its students with what is noted beside them; titles of years last."""
    primary = any(line.facts.circular in PRIMARY for line in lists.lines)
    found = [
        {
            "key": kind.value,
            "title": kind_title(kind, primary=primary),
            "heading": _("Results of the year"),
            "rows": [(line, note(line, kind)) for line in lists.of(kind)],
        }
        for kind in ListKind
        if not (primary and kind is ListKind.SUMMER)  # TT 27/2020 knows no summer training
    ]
    order = {period: place for place, period in enumerate((1, 2, YEAR))}
    awards = sorted(lists.titles.items(), key=lambda item: (order[item[0][0]], list(Title).index(item[0][1])))
    return found + [
        {
            "key": f"title-{period}-{title.value}",
            "title": f"{words.word(title)} · {words.period_title(period)}",
            "heading": _("Results of the year") if period == YEAR else _("Results of the term"),
            "rows": [(line, "") for line in lines],
        }
        for (period, title), lines in awards
    ]


def kind_title(kind: ListKind, *, primary: bool = False) -> str:
    """Được lên lớp, Phải kiểm tra, đánh giá lại …; in primary school Đánh giá bổ sung (TT 27/2020 Điều 11)."""
    if primary and kind is ListKind.RETEST:
        return _("Supplementary assessment")
    return {
        ListKind.PROMOTED: _("Promoted"),
        ListKind.COMPLETED: _("Programme completed"),
        ListKind.RETEST: _("To be assessed again"),
        ListKind.SUMMER: _("Summer training"),
        ListKind.HEAD: _("The head decides"),
        ListKind.RETAINED: _("Not promoted"),
        ListKind.NOT_YET: _("Not judged yet"),
    }[kind]


def note(line: ListLine, kind: ListKind) -> str:
    """What stands beside a student: the subjects, how it went on, what is missing."""
    if kind is ListKind.RETEST:
        return f"{again_text(line)} · {words.word(line.result.outcome)}"
    if kind is ListKind.SUMMER:
        return words.word(line.result.outcome)
    if kind is ListKind.NOT_YET:
        return "; ".join(words.missing(line.judged))
    if kind in (ListKind.PROMOTED, ListKind.COMPLETED) and len(line.kinds) > 1:
        return (
            _("after summer training") if ListKind.SUMMER in line.kinds else _("after being assessed again")
        )
    return ""


def again_text(line: ListLine) -> str:
    """Subjects to be assessed again, each with the year's result and the new one: "Toán 4,2 → 5,5"."""
    parts = []
    for figure in line.facts.subjects:
        if figure.code in line.asked.subjects:
            parts.append(_pair(figure.name, figure.value, figure.retest))
        if figure.code in line.asked.tests:
            name = ", ".join((figure.name, _("test score")))
            parts.append(_pair(name, figure.test, figure.retest_test, words.test_score))
    if line.asked.traits:
        parts.append(_("qualities and competences: %(n)s", n=len(line.asked.traits)))
    return ", ".join(parts)


def _pair(name: str, value: Any, again: Any, shown: Callable[[Any], str] = words.cell) -> str:
    text = f"{name} {shown(value)}"
    return text if again is None else f"{text} → {shown(again)}"


def register(appbuilder: Any) -> None:
    """Pages reached from the results."""
    from app.views.year_entry import YearEntryView

    appbuilder.add_view_no_menu(YearListView())
    appbuilder.add_view_no_menu(YearEntryView())
