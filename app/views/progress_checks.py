"""Kết quả kiểm tra tiến độ: frozen by month and term, for rating (S0 Điều 11 khoản 3, S1 Điều 5 khoản 3)."""

from io import BytesIO
from typing import Any, ClassVar

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.closing import CheckKind
from app.errors import Forbidden, HocVuError, Invalid, NotFound
from app.extensions import db
from app.models import OrgUnit
from app.security import request_clock
from app.services import progress_checks, scope
from app.services.rights import demand
from app.views import lock_forms
from app.views.base import PageView, actor, menu, note_visit, tell, today
from app.views.file_pages import XLSX
from app.web import current_period


class ProgressCheckView(PageView):
    """Kiểm tra tiến độ cuối tháng, cuối học kì; kết quả chốt lại làm căn cứ xếp loại."""

    route_base = "/progress/checks"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.PROGRESS_VIEW,
        "can_show": Action.PROGRESS_VIEW,
        "can_export": Action.PROGRESS_VIEW,
        "can_freeze": Action.PROGRESS_FREEZE,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The checks of the school and year."""
        period = current_period()
        unit_id = request.args.get("unit", type=int) or actor().unit_id
        if period is None or unit_id is None:
            return self.render_template("home/empty.html", title=_("Progress checks"), reason="year")
        unit = scope.get(db.session(), actor(), OrgUnit, unit_id, today())
        demand(actor(), Action.PROGRESS_VIEW, unit.id)
        may_freeze = unit.kind.is_school and may(
            actor(), Action.PROGRESS_FREEZE, Target(unit=actor().relation_to(unit.id))
        )
        return self.render_template(
            "closing/checks.html",
            title=_("Progress checks"),
            unit=unit,
            period=period,
            rows=progress_checks.load_checks(db.session(), unit.id, period.year_id),
            kinds=[(kind.value, kind_title(kind)) for kind in CheckKind],
            day=today(),
            may_freeze=may_freeze,
        )

    @expose("/freeze", methods=["POST"])
    @has_access
    def freeze(self) -> Any:
        """Freeze a check."""
        year_id = request.form.get("year_id", type=int)
        if year_id is None or request.form.get("kind") not in {kind.value for kind in CheckKind}:
            raise NotFound
        try:
            day = lock_forms.parse_day(request.form.get("day", ""))
            number = progress_checks.freeze(
                actor(), year_id, CheckKind(request.form["kind"]), day, clock=request_clock()
            )
        except lock_forms.Unreadable as error:
            flash(error.tell(), "danger")
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            if not isinstance(error, Invalid):
                raise
            flash(tell(error), "danger")
        else:
            flash(_("The result was frozen."), "success")
            return redirect(url_for("ProgressCheckView.show", check_id=number))
        return redirect(url_for("ProgressCheckView.index"))

    @expose("/<int:check_id>")
    @has_access
    def show(self, check_id: int) -> Any:
        """A frozen check, teacher by teacher."""
        check = progress_checks.open_check(db.session(), actor(), check_id, today())
        note_visit("progress.view", check.unit_id, check=check_id)
        return self.render_template(
            "closing/check.html", title=None, check=check, kind=kind_title(check.kind), people=_people(check)
        )

    @expose("/<int:check_id>/export.xlsx")
    @has_access
    def export(self, check_id: int) -> Any:
        """The same as a workbook."""
        name, data = progress_checks.export_check(actor(), check_id, clock=request_clock())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


def kind_title(kind: CheckKind) -> str:
    """Tháng, Học kì."""
    return _("Month") if kind is CheckKind.MONTH else _("Whole term")


def _people(check: Any) -> list[dict[str, Any]]:
    """The rows by teacher, with sums."""
    found: dict[Any, dict[str, Any]] = {}
    for row in check.rows:
        person = found.setdefault(
            row.person_id,
            {"name": row.teacher, "rows": [], "required": 0, "entered": 0, "on_time": 0, "late": 0},
        )
        person["rows"].append(row)
        for name in ("required", "entered", "on_time", "late"):
            person[name] += getattr(row, name)
    return list(found.values())


def register(appbuilder: Any) -> None:
    """The menu entry, in the group of closing."""
    menu(
        appbuilder,
        ProgressCheckView(),
        "Progress checks",
        icon="fa-clipboard-check",
        action=Action.PROGRESS_FREEZE,
        label=lazy_gettext("Progress checks"),
        category="Closing the book",
        category_label=lazy_gettext("Closing the book"),
    )
