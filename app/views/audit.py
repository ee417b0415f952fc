"""Lưu vết: what people of a unit did and were refused, newest first. Read-only, and never all of it at once."""

from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import StringField

from app.domain.access import Action
from app.models import Account, AuditEvent, Person
from app.views.base import ScopedInterface, ScopedModelView, menu
from app.views.datamodel import OneFilter
from app.web import vn_time


def _objects() -> dict[str, str]:
    return {
        "account": _("Account"),
        "anchor": _("Anchor of history"),
        "history": _("History"),
        "board": _("Board of administrators"),
        "bundle": _("Sealed bundle"),
        "class_book": _("Class book"),
        "department": _("Department room"),
        "enrolment": _("Enrolment"),
        "access_review": _("Access review"),
        "exception": _("Exception"),
        "exchange": _("Electronic record"),
        "inspection": _("Inspection"),
        "exemption": _("Exemption"),
        "export": _("Export"),
        "group": _("Group"),
        "guardian": _("Parents and guardian"),
        "head": _("Head of unit"),
        "homeroom_assignment": _("Homeroom assignment"),
        "import": _("Import"),
        "lock_window": _("Lock window"),
        "note": _("Remarks"),
        "org_unit": _("Unit"),
        "person": _("Staff"),
        "policy": _("Policy"),
        "print": _("Print"),
        "progress": _("Progress"),
        "result": _("Results"),
        "role": _("Role"),
        "school_class": _("Class"),
        "school_year": _("School year"),
        "sheet": _("Sheet"),
        "sign_in": _("Sign-in"),
        "student": _("Student"),
        "student_subject": _("Chosen subject"),
        "subject": _("Subject"),
        "subject_plan": _("Subject plan"),
        "teaching_assignment": _("Teaching assignment"),
        "teaching_group": _("Teaching group"),
        "term": _("Term"),
        "attestation": _("Reconciliation"),
        "authorisation": _("Authorisation to stand in"),
        "closing": _("Closing"),
        "confirmation": _("Confirmation"),
        "correction": _("Correction"),
        "family": _("Family"),
        "incident": _("Incident report"),
        "lock_rehearsal": _("Lock rehearsal"),
        "lock_request": _("Request to open"),
        "certificate": _("Certificate"),
        "paper": _("Paper"),
        "publication": _("Publication"),
        "question": _("Question about marks"),
        "reopen_request": _("Request to reopen"),
    }


def _verbs() -> dict[str, str]:
    return {
        "absence": _("absence noted"),
        "add": _("added"),
        "add_member": _("member added"),
        "admit": _("admitted"),
        "announce": _("announced"),
        "appoint": _("appointed"),
        "assign": _("assigned"),
        "assignments": _("Teaching assignments"),
        "bring_in": _("brought in from another unit"),
        "carry": _("marks came along with the student, lock windows not asked"),
        "change": _("changed"),
        "change_holder": _("holder changed"),
        "choose": _("chosen"),
        "class_book": _("Class book"),
        "classes": _("Classes"),
        "create": _("created"),
        "create_admin": _("administrator account created"),
        "decide": _("decided"),
        "defaults": _("default calendar made"),
        "define": _("defined"),
        "delegate": _("entry delegated"),
        "disable": _("disabled"),
        "download": _("downloaded"),
        "edit": _("changed"),
        "enable": _("enabled again"),
        "end": _("ended"),
        "enrol": _("enrolled"),
        "enter": _("marks entered"),
        "export": _("exported"),
        "extend": _("extended"),
        "grant": _("granted"),
        "import": _("marks imported"),
        "leave": _("left"),
        "link": _("account joined"),
        "look": _("looked at"),
        "sign": _("signed"),
        "members": _("members changed"),
        "move": _("moved"),
        "name": _("name corrected"),
        "number": _("register numbers given"),
        "open": _("opened"),
        "password": _("password changed"),
        "receive": _("received from another school"),
        "remove_member": _("member removed"),
        "renumber": _("renumbered"),
        "reset": _("password reset"),
        "search": _("looked up by identifier and birth date"),
        "set": _("set"),
        "sheet": _("sheet"),
        "slips": _("password slips printed"),
        "staff": _("Staff"),
        "status": _("status changed"),
        "students": _("Students"),
        "submit": _("made final"),
        "view": _("looked at from above"),
        "withdraw": _("withdrawn"),
    }


def _steps() -> dict[str, str]:
    """Verbs of what goes through several hands: corrections, closing, requests, reports."""
    return {
        "account": _("account given"),
        "answer": _("answered"),
        "approve": _("approved"),
        "approve_school": _("approved for the school"),
        "ask": _("asked"),
        "certify": _("certified"),
        "put_aside": _("put aside"),
        "transfer": _("transfer bundle made"),
        "student": _("student taken out as a file"),
        "class": _("class taken out as a file"),
        "fetch": _("bundle fetched"),
        "make": _("bundle made"),
        "check": _("checked against what was sealed"),
        "checked": _("signatures checked"),
        "close": _("closed"),
        "compare": _("a list compared"),
        "complete": _("complete"),
        "confirmed": _("signed"),
        "consent": _("consented to"),
        "expire": _("ended, its days being over"),
        "explain": _("explained"),
        "fault": _("places found that do not agree"),
        "freeze": _("check frozen"),
        "give": _("given"),
        "made": _("made"),
        "message": _("message added"),
        "own_book": _("agrees with the own book"),
        "printed": _("printed"),
        "proof_opened": _("proof-reading opened"),
        "proposed": _("proposed to be closed"),
        "publish": _("published"),
        "refuse": _("refused"),
        "reopen": _("reopened"),
        "report": _("reported"),
        "request": _("asked for"),
        "sealed": _("seam stamp set"),
        "step": _("a seat taken"),
        "tell": _("owners reminded"),
        "warn": _("expires soon, holder told"),
        "withdrawn": _("taken back"),
        "witness": _("witnessed"),
    }


def _whole() -> dict[str, str]:
    """Actions whose words aren't those of their two halves."""
    return {
        "archive.backup": _("Backup"),
        "archive.handover": _("Hand-over of a school"),
        "archive.rehearsal": _("Rehearsed restore"),
        "archive.restore": _("Restore"),
        "archive.takeover": _("Take-over of a school"),
        "handover.take": _("Take-over of a school"),
        "chain.begin": _("History of before bound into its chain"),
        "department.create": _("Department created"),
        "inspect.after_lock": _("Changes after a lock looked at"),
        "inspect.compare": _("Class compared by an inspection"),
        "inspect.view": _("Inspector opened a page"),
        "sample.export": _("Sample exported"),
        "watch.view": _("Watch list looked at"),
        "attendance.enter": _("Attendance: taken"),
        "bundle.collect": _("Sealed bundles: collected from schools"),
        "bundle.collected": _("Sealed bundles: collected by the office above"),
        "exchange.count": _("A term of another school counted"),
        "exchange.keep": _("Record kept as a file to be signed"),
        "exchange.receipt": _("Receipt of a transfer"),
        "export.collection.fetch": _("Collection of bundles fetched"),
        "export.handover.fetch": _("Hand-over fetched"),
        "export.image.fetch": _("Image of bundles fetched"),
        "handover.order": _("Hand-over ordered"),
        "medium.add": _("Archive medium: entered"),
        "medium.change": _("Archive medium: changed"),
        "medium.check": _("Archive medium: checked"),
        "medium.end": _("Archive medium: ended"),
        "medium.label": _("Archive medium: label printed"),
        "medium.view": _("Archive media looked at from above"),
        "paper.stale": _("Kept prints found out of date"),
        "attendance.take_over": _("Attendance: counts taken over into the book"),
        "note.enter": _("Remarks: written"),
        "password.confirm": _("Present password asked for"),
        "result.recompute": _("Results: worked out again on order"),
        "result.refresh": _("Results: brought up to date"),
        "retest.enter": _("Retest results entered"),
        "setup.homeroom_sheets": _("Homeroom sheets made for older classes"),
        "sheet.delegate.end": _("Sheet: delegation ended"),
        "year.decide": _("Decisions of the year entered"),
        "correction.name": _("Correction: another certifier named"),
        "print.correction": _("Correction printed"),
        "print.document": _("Form printed"),
    }


def known_label(action: str) -> str | None:
    """An event in words: "Sổ: đã chốt"; None for an action nobody has given words."""
    whole = _whole().get(action)
    if whole is not None:
        return whole
    thing, _dot, verb = action.partition(".")
    name, done = _objects().get(thing), (_verbs() | _steps()).get(verb)
    if name is None or (verb and done is None):
        return None
    return f"{name}: {done}" if verb else name


def action_label(action: str) -> str:
    """An event in words; an old action that has none any more stays as it is written."""
    return known_label(action) or action


def outcome_label(outcome: str) -> str:
    """Done or refused."""
    return _("refused") if outcome == "refused" else _("done")


class ByAccount(OneFilter):
    """Events of an account, by its name or its person's."""

    name = lazy_gettext("Account")

    def condition(self, text: str) -> sa.ColumnElement[bool]:
        """The whole name, as it is written."""
        named = sa.or_(Account.username == text, Person.full_name == text)
        found = sa.select(Account.id).outerjoin(Person, Person.id == Account.person_id).where(named)
        return AuditEvent.user_id.in_(found)


class AuditEventView(ScopedModelView):
    """The events of one's unit and those below."""

    datamodel = ScopedInterface(AuditEvent)
    route_base = "/audit"
    view_action = Action.AUDIT_VIEW
    list_title = lazy_gettext("Trail of actions")
    show_title = lazy_gettext("One action")
    base_order = ("id", "desc")
    order_columns: ClassVar = ["happened_at"]
    search_columns: ClassVar = ["happened_at", "account", "action", "outcome", "address"]
    search_form_extra_fields: ClassVar = {"account": StringField(lazy_gettext("Account or full name"))}
    virtual_filters: ClassVar = {"account": ByAccount}
    list_columns: ClassVar = ["happened_at", "user.username", "action", "outcome", "reason", "address"]
    show_columns: ClassVar = ["happened_at", "user.username", "action", "outcome", "reason", "address"]
    label_columns: ClassVar = {
        "happened_at": lazy_gettext("Time"),
        "user.username": lazy_gettext("Account"),
        "action": lazy_gettext("Action"),
        "outcome": lazy_gettext("Outcome"),
        "reason": lazy_gettext("Reason"),
        "address": lazy_gettext("Address"),
    }
    formatters_columns: ClassVar[dict[str, Any]] = {
        "happened_at": lambda moment: vn_time(moment, True),
        "action": action_label,
        "outcome": outcome_label,
        "reason": lambda text: _(text) if text else "",  # a refusal is kept as its message
        "address": lambda text: text or "",
        "user.username": lambda text: text or "HocVu",
    }


def register(appbuilder: Any) -> None:
    """The trail in the administration menu."""
    menu(
        appbuilder,
        AuditEventView,
        "Trail",
        icon="fa-clock-rotate-left",
        action=Action.AUDIT_VIEW,
        label=lazy_gettext("Trail of actions"),
        category="Administration",
        category_label=lazy_gettext("Administration"),
    )
