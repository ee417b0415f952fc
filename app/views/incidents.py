"""Báo cáo sự cố: from teachers to Ban quản trị, with status and answers."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.closing import IncidentState
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import GradebookSheet, Incident
from app.security import request_clock
from app.services import incidents, scope
from app.views.base import PageView, actor, menu, tell, today
from app.views.sheet_heads import subject_name


class IncidentView(PageView):
    """Báo cáo sự cố tới Ban quản trị (S0 Điều 7.4, 8.3; S1 Điều 3.5.5; S4 Điều 14.4)."""

    route_base = "/incidents"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.INCIDENT_REPORT,
        "can_show": Action.INCIDENT_REPORT,
        "can_answer": Action.INCIDENT_REPORT,
    }

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> Any:
        """One's reports, for the board all of the school; and the form for a new one."""
        sheet_id = request.values.get("sheet", type=int)
        problem = ""
        if request.method == "POST":
            form = request.form
            try:
                number = incidents.report(
                    actor(), form.get("title", ""), form.get("text", ""), sheet_id, clock=request_clock()
                )
            except (Forbidden, NotFound):
                raise
            except HocVuError as error:
                problem = tell(error)
            else:
                flash(_("The report was sent to the board of administrators."), "success")
                return redirect(url_for("IncidentView.show", incident_id=number))
        sheet = scope.get(db.session(), actor(), GradebookSheet, sheet_id, today()) if sheet_id else None
        page = self.render_template(
            "closing/incidents.html",
            title=_("Incident reports"),
            rows=incidents.load_incidents(db.session(), actor(), today()),
            sheet=sheet,
            sheet_name=f"{subject_name(sheet)} {sheet.group.name}" if sheet else "",
            state=state_title,
            css=state_css,
            problem=problem,
            form=request.form,
        )
        return (page, 422) if problem else page

    @expose("/<int:incident_id>")
    @has_access
    def show(self, incident_id: int) -> Any:
        """A report with its messages."""
        row = scope.get(db.session(), actor(), Incident, incident_id, today())
        handles = may(actor(), Action.INCIDENT_HANDLE, Target(unit=actor().relation_to(row.unit_id)))
        return self.render_template(
            "closing/incident.html",
            title=None,
            row=row,
            messages=incidents.load_messages(db.session(), incident_id),
            sheet_name=f"{subject_name(row.sheet)} {row.sheet.group.name}" if row.sheet else "",
            state=state_title,
            css=state_css,
            handles=handles,
            states=[s for s in IncidentState if s is not IncidentState.NEW],
            IncidentState=IncidentState,
        )

    @expose("/<int:incident_id>/answer", methods=["POST"])
    @has_access
    def answer(self, incident_id: int) -> Any:
        """A message, and by the board the state."""
        scope.get(db.session(), actor(), Incident, incident_id, today())
        try:
            state = IncidentState(request.form.get("state", IncidentState.ANSWERED.value))
        except ValueError:
            raise NotFound from None
        try:
            incidents.answer(actor(), incident_id, request.form.get("text", ""), state, clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Saved."), "success")
        return redirect(url_for("IncidentView.show", incident_id=incident_id))


def state_title(state: IncidentState) -> str:
    """Mới, Đang xử lí, Đã trả lời, Đã đóng."""
    return {
        IncidentState.NEW: _("New report"),
        IncidentState.WORKING: _("Being dealt with"),
        IncidentState.ANSWERED: _("Answered"),
        IncidentState.CLOSED: _("Report closed"),
    }[state]


def state_css(state: IncidentState) -> str:
    """Class of its tag."""
    return {
        IncidentState.NEW: "is-bad",
        IncidentState.WORKING: "is-warn",
        IncidentState.ANSWERED: "is-ok",
        IncidentState.CLOSED: "",
    }[state]


def register(appbuilder: Any) -> None:
    """The menu entry, in the group of closing."""
    menu(
        appbuilder,
        IncidentView(),
        "Incident reports",
        icon="fa-bell-concierge",
        action=Action.INCIDENT_REPORT,
        label=lazy_gettext("Incident reports"),
        category="Closing the book",
        category_label=lazy_gettext("Closing the book"),
    )
