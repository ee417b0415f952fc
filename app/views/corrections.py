"""Corrections of what is final: the inbox, asking from a locked cell, one request with its way, the year's summary."""

from pathlib import Path
from typing import Any, ClassVar

from flask import current_app, flash, redirect, request, send_from_directory, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.corrections import Place, State
from app.domain.vocabulary import Tier
from app.errors import N_, Forbidden, Invalid, NotFound, Stale
from app.extensions import db
from app.models import CorrectionRequest, OrgUnit
from app.security import request_clock
from app.services import correction_lists as lists
from app.services import corrections, scope
from app.services.correction_requests import request_correction
from app.services.correction_summary import summary
from app.services.unit_of_work import record_event
from app.views import correction_texts as words
from app.views.base import PageView, actor, menu, note_visit, require, tell, today
from app.views.correction_cells import place_url
from app.views.correction_form import Draft
from app.web import current_period

SEEN_BY = {
    Place.SHEET: Action.SHEET_VIEW,
    Place.YEAR: Action.RETEST_ENTER,
    Place.NOTES: Action.NOTE_VIEW,
    Place.ATTENDANCE: Action.ATTENDANCE_VIEW,
}
"""The right that leads to the page of a place."""
NO_SUCH_STEP = N_("There is no such step.")


def evidence_folder() -> Path:
    """Where the files of requests and decisions are kept."""
    return Path(current_app.config["INSTANCE_DIR"]).resolve() / "evidence"


class CorrectionView(PageView):
    """Đề nghị điều chỉnh."""

    route_base = "/corrections"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.CORRECTION_VIEW,
        "can_new": Action.CORRECTION_REQUEST,
        "can_show": Action.CORRECTION_VIEW,
        "can_step": Action.CORRECTION_STEP,
        "can_file": Action.CORRECTION_VIEW,
        "can_summary": Action.CORRECTION_SUMMARY,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What waits for me, mine, all of the school, those below."""
        now, session, period = request_clock()(), db.session(), current_period()
        waiting = lists.waiting_for(session, actor(), now)
        tabs = _tabs(len(waiting))
        tab = request.args.get("tab", "")
        tab = tab if tab in tabs else next(iter(tabs))
        page = request.args.get("page", 1, type=int)
        year_id = period.year_id if period else 0
        found = {
            "waiting": lambda: lists.Listed(tuple(waiting), 1, False),
            "mine": lambda: lists.mine(session, actor(), page, today()),
            "unit": lambda: lists.of_unit(session, actor(), year_id, page, today()),
            "below": lambda: lists.below(session, actor(), year_id, page, today(), closed=False),
            "closed": lambda: lists.below(session, actor(), year_id, page, today(), closed=True),
        }[tab]()
        return self.render_template(
            "corrections/index.html",
            title=_("Correction requests"),
            tabs=tabs,
            tab=tab,
            found=found,
            now=now,
            words=words,
            period=period,
            may_authorise=actor().tier is Tier.SCHOOL and may(actor(), Action.AUTHORISATION_GIVE, Target()),
            may_summary=may(actor(), Action.CORRECTION_SUMMARY, Target()) or bool(actor().below),
        )

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def new(self) -> Any:
        """Ask for a correction of one or several cells of one place; begun from a locked cell."""
        draft = Draft.read()
        if request.method == "POST" and not draft.grows:
            try:
                asked = draft.as_request()
                made = request_correction(actor(), asked, folder=evidence_folder(), clock=request_clock())
            except (Invalid, Stale) as error:
                draft.refused(error)
                return self._form(Draft.read(draft)), error.status
            flash(_("The request was made; it now waits for the next person."), "success")
            return redirect(url_for("CorrectionView.show", correction_id=made))
        return self._form(draft)

    def _form(self, draft: Draft) -> Any:
        return self.render_template("corrections/new.html", title=_("Ask for a correction"), draft=draft)

    @expose("/<int:correction_id>")
    @has_access
    def show(self, correction_id: int) -> Any:
        """One request: its cells, its way, what was done, and what the reader may do."""
        now, session = request_clock()(), db.session()
        row = lists.open_request(session, actor(), correction_id, now)
        note_visit("correction.view", row.unit_id, request=row.id)
        row = lists.open_request(session, actor(), correction_id, now)
        staffing = lists.staffing_of(session, row, now)
        return self.render_template(
            "corrections/show.html",
            title=_("Correction request %(code)s", code=row.code),
            row=row,
            now=now,
            words=words,
            cells=words.cell_lines(row),
            steps=words.step_line(row, staffing, now),
            named=words.named_steps(),
            act=_act(row, staffing, now),
            prints=_prints(row),
            place_url=place_url(row),
            sees_place=may(
                actor(), SEEN_BY[row.place], Target(unit=actor().relation_to(row.unit_id), teaches=True)
            ),
        )

    @expose("/<int:correction_id>/step", methods=["POST"])
    @has_access
    def step(self, correction_id: int) -> Any:
        """Take the reader's seat, refuse, withdraw, or name who certifies."""
        verb, note = request.form.get("verb", ""), request.form.get("note", "")
        clock, who = request_clock(), actor()
        try:
            if verb == "sit":
                state = corrections.take_seat(who, correction_id, note=note, clock=clock)
            elif verb == "refuse":
                state = corrections.refuse(who, correction_id, note, clock=clock)
            elif verb == "withdraw":
                state = corrections.withdraw(who, correction_id, note, clock=clock)
            elif verb == "name":
                person = request.form.get("person", 0, type=int)
                state = corrections.name_certifier(who, correction_id, person, clock=clock)
            else:
                raise NotFound(NO_SUCH_STEP)
        except (Invalid, Forbidden) as error:
            scope.get(db.session(), who, CorrectionRequest, correction_id, today())
            flash(tell(error), "danger")
        else:
            flash(*words.ended_text(state))
        return redirect(url_for("CorrectionView.show", correction_id=correction_id))

    @expose("/<int:correction_id>/file")
    @has_access
    def file(self, correction_id: int) -> Any:
        """The evidence kept with a request; every look is recorded."""
        row = scope.get(db.session(), actor(), CorrectionRequest, correction_id, today())
        if row.evidence is None:
            raise NotFound
        kept = row.evidence
        name = f"minh-chung-{row.code}{Path(kept).suffix}"
        record_event(actor(), "correction.download", clock=request_clock(), target=row)
        answer = send_from_directory(evidence_folder(), kept, as_attachment=True, download_name=name)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/summary")
    @has_access
    def summary(self) -> Any:
        """Corrections of the year by term and teacher; of an office by school."""
        period = current_period()
        if period is None:
            raise NotFound
        unit = _chosen_unit()
        term = request.args.get("part", 0, type=int)
        term = term if term in (1, 2) else 0
        found = summary(
            db.session(),
            actor(),
            period.year_id,
            today(),
            unit_id=unit.id if unit else None,
            term=term,
        )
        return self.render_template(
            "corrections/summary.html",
            title=_("Corrections of the school year %(year)s", year=period.label),
            found=found,
            unit=unit,
            term=term,
            period=period,
            words=words,
            now=request_clock()(),
            may_print=unit is not None and unit.id == actor().unit_id,
        )


def _chosen_unit() -> OrgUnit | None:
    """The school asked about: one's own, or one below; None: all below."""
    asked = request.args.get("unit", type=int)
    if actor().tier is Tier.SCHOOL:
        asked = asked or actor().unit_id
    if asked is None:
        return None
    unit = scope.get(db.session(), actor(), OrgUnit, asked, today())
    require(Action.CORRECTION_SUMMARY, Target(unit=actor().relation_to(unit.id)))
    return unit


def _tabs(waiting: int) -> dict[str, str]:
    """The lists this person has, the one that needs an answer first."""
    who = actor()
    tabs = {"waiting": _("Waiting for me (%(n)s)", n=waiting)}
    if who.tier is Tier.SCHOOL:
        return tabs | {"mine": _("Mine"), "unit": _("All of the school")}
    return tabs | {"closed": _("Of closed data"), "below": _("All below")}


def _act(row: CorrectionRequest, staffing: Any, now: Any) -> dict[str, Any] | None:
    """What the reader may do now; None for nothing."""
    who = actor()
    if not lists.is_open(row, now) or who.person_id is None or who.is_unit_admin:
        return None
    found: dict[str, Any] = {"withdraw": who.person_id == row.requested_by_id}
    right = may(who, Action.CORRECTION_STEP, Target(unit=who.relation_to(row.unit_id)))
    if right and (seat := staffing.seat_for(row, who.person_id)):
        found["seat"], found["duty"] = seat, words.duty(row, seat)
        found["last"] = len(row.seats_left) == 1
    naming = row.state is State.CERTIFYING and staffing.needs_naming(row)
    if right and naming and who.person_id in staffing.waiting(row):
        free = staffing.staff - {row.requested_by_id, who.person_id}
        found["people"] = sorted((staffing.names[p], p) for p in free)
    return found if any(found.values()) else None


def _prints(row: CorrectionRequest) -> list[tuple[str, str]]:
    """Papers of the request the reader may print: only the school prints (S0 Điều 12 khoản 3)."""
    if not may(actor(), Action.CORRECTION_PRINT, Target(unit=actor().relation_to(row.unit_id))):
        return []
    found = [(_("Print the application"), url_for("CorrectionPrintView.application", correction_id=row.id))]
    if row.state is State.APPLIED:
        found.append((_("Print the minutes"), url_for("CorrectionPrintView.minutes", correction_id=row.id)))
    return found


def register(appbuilder: Any) -> None:
    """The inbox in the menu; authorisations of deputies beside it."""
    from app.views.authorisations import AuthorisationView
    from app.views.correction_prints import CorrectionPrintView

    menu(
        appbuilder,
        CorrectionView(),
        "Corrections",
        icon="fa-file-pen",
        action=Action.CORRECTION_VIEW,
        label=lazy_gettext("Correction requests"),
    )
    appbuilder.add_view_no_menu(AuthorisationView())
    appbuilder.add_view_no_menu(CorrectionPrintView())
