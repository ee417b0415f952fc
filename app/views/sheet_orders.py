"""Pages of what the head orders about a sheet: delegated entry, and exemptions from a subject or its practical part."""

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import current_app, flash, redirect, request, send_from_directory, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from app.domain.access import Action, Target
from app.domain.assessment.exemptions import exemption_of
from app.domain.assessment.registry import CONDUCT
from app.errors import N_, Invalid
from app.extensions import db
from app.models import Delegation, ExemptionDecision
from app.security import request_clock
from app.services import scope
from app.services.clock import VIETNAM
from app.services.sheet_orders import (
    NewDelegation,
    NewExemption,
    decide_exemption,
    delegate_entry,
    end_delegation,
    staff_of,
)
from app.services.sheet_reading import load_lines
from app.services.unit_of_work import record_event
from app.views.base import PageView, actor, require, tell, today
from app.views.gradebook import open_sheet
from app.views.sheet_heads import columns_named, heads, subject_name


def _day_and_time(field: str) -> datetime:
    text = request.form.get(field, "").strip()
    for pattern in ("%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    raise Invalid(N_("Write the time as dd/mm/yyyy hh:mm."))


def _day(field: str) -> date:
    text = request.form.get(field, "").strip()
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=VIETNAM).date()
        except ValueError:
            continue
    raise Invalid(N_("Write the decision's date as dd/mm/yyyy."))


def _evidence() -> Path:
    """Where the files of decisions are kept."""
    return Path(current_app.config["INSTANCE_DIR"]).resolve() / "evidence"


class DelegationView(PageView):
    """Who may enter a sheet for a while (S0 Điều 11 khoản 1)."""

    route_base = "/delegations"
    default_view = "form"
    rights: ClassVar = {"can_form": Action.SHEET_DELEGATE, "can_end": Action.SHEET_DELEGATE}

    @expose("/sheet/<int:sheet_id>", methods=["GET", "POST"])
    @has_access
    def form(self, sheet_id: int) -> Any:
        """The sheet's delegations and the form for a new one."""
        facts, now = open_sheet(sheet_id, Action.SHEET_DELEGATE)
        if request.method == "POST":
            try:
                delegate_entry(actor(), sheet_id, self._new(), clock=request_clock())
            except Invalid as error:
                flash(tell(error), "danger")
            else:
                flash(
                    _("The delegation is recorded; the person sees the sheet from its first minute."),
                    "success",
                )
                return redirect(url_for("DelegationView.form", sheet_id=sheet_id))
            facts, now = open_sheet(sheet_id, Action.SHEET_DELEGATE)
        rows = db.session.scalars(
            sa.select(Delegation)
            .where(Delegation.sheet_id == sheet_id)
            .options(
                joinedload(Delegation.person),
                joinedload(Delegation.on_behalf_of),
                joinedload(Delegation.ordered_by),
            )
            .order_by(Delegation.starts_at.desc())
        ).all()
        return self.render_template(
            "gradebook/delegation.html",
            title=_(
                "Delegated entry: %(subject)s %(group)s",
                subject=subject_name(facts.sheet),
                group=facts.sheet.group.name,
            ),
            facts=facts,
            rows=rows,
            now=now,
            staff=staff_of(db.session(), facts.sheet.unit_id, today()),
            columns=[(name, head.full) for name, head in heads(facts.sheet).items()],
            columns_title=partial(columns_named, facts.sheet),
        )

    def _new(self) -> NewDelegation:
        person, behalf = request.form.get("person", type=int), request.form.get("on_behalf_of", type=int)
        if person is None or behalf is None:
            raise Invalid(N_("Choose two different people who work at this school today."))
        return NewDelegation(
            person_id=person,
            on_behalf_of_id=behalf,
            columns=tuple(request.form.getlist("columns")),
            starts_at=_day_and_time("starts_at"),
            ends_at=_day_and_time("ends_at"),
            reason=request.form.get("reason", ""),
        )

    @expose("/<int:delegation_id>/end", methods=["POST"])
    @has_access
    def end(self, delegation_id: int) -> Any:
        """End a delegation now."""
        end_delegation(actor(), delegation_id, clock=request_clock())
        flash(_("The delegation has ended."), "success")
        return redirect(request.referrer or url_for("GradebookView.index"))


class ExemptionView(PageView):
    """Exemptions from the practical part of a subject (TT 22/2021 Điều 10) or all of it (TT 58/2011 Điều 12)."""

    route_base = "/exemptions"
    default_view = "form"
    rights: ClassVar = {"can_form": Action.EXEMPTION_DECIDE, "can_file": Action.EXEMPTION_DECIDE}

    @expose("/sheet/<int:sheet_id>", methods=["GET", "POST"])
    @has_access
    def form(self, sheet_id: int) -> Any:
        """Decisions for the sheet's subject and year, and the form for a new one."""
        facts, _now = open_sheet(sheet_id, Action.EXEMPTION_DECIDE)
        if request.method == "POST":
            try:
                decide_exemption(
                    actor(),
                    sheet_id,
                    self._new(),
                    folder=_evidence(),
                    clock=request_clock(),
                )
            except Invalid as error:
                flash(tell(error), "danger")
            else:
                flash(_("The decision is recorded."), "success")
                return redirect(url_for("ExemptionView.form", sheet_id=sheet_id))
            facts, _now = open_sheet(sheet_id, Action.EXEMPTION_DECIDE)
        lines = load_lines(db.session(), facts.sheet)
        rows = db.session.scalars(
            sa.select(ExemptionDecision)
            .where(
                ExemptionDecision.subject_id == facts.sheet.subject_id,
                ExemptionDecision.school_year_id == facts.sheet.school_year_id,
                ExemptionDecision.student_id.in_([line.student_id for line in lines]),
            )
            .options(joinedload(ExemptionDecision.student), joinedload(ExemptionDecision.decided_by))
        ).all()
        return self.render_template(
            "gradebook/exemption.html",
            title=_(
                "Exemptions: %(subject)s %(group)s",
                subject=facts.sheet.subject.name,
                group=facts.sheet.group.name,
            ),
            facts=facts,
            rows=rows,
            lines=lines,
            rule=exemption_of(facts.sheet.circular, facts.sheet.subject.code),
            old=facts.sheet.circular in CONDUCT,
        )

    @expose("/<int:exemption_id>/file")
    @has_access
    def file(self, exemption_id: int) -> Any:
        """The request and medical record kept with a decision: for the head, who decided on it."""
        row = scope.get(db.session(), actor(), ExemptionDecision, exemption_id, today())
        require(Action.EXEMPTION_DECIDE, Target(unit=actor().relation_to(row.student.unit_id)))
        record_event(actor(), "exemption.download", clock=request_clock(), target=row, number=row.number)
        name = f"mien-{exemption_id}{Path(row.evidence).suffix}"
        answer = send_from_directory(_evidence(), row.evidence, as_attachment=True, download_name=name)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _new(self) -> NewExemption:
        student, upload = request.form.get("student", type=int), request.files.get("evidence")
        term = request.form.get("term", "")
        if student is None:
            raise Invalid(N_("Choose the student."))
        if term not in ("", "1", "2"):
            raise Invalid(N_("Choose a term, or the whole year."))
        return NewExemption(
            student_id=student,
            term=int(term) if term else None,
            number=request.form.get("number", ""),
            decided_on=_day("decided_on"),
            reason=request.form.get("reason", ""),
            evidence_name=upload.filename or "" if upload else "",
            evidence=upload.read() if upload else b"",
        )
