"""Confirming and closing in the reader's words. Nothing here asks the database."""

from typing import Any

from flask_babel import gettext as _

from app.domain.assessment.facts import YEAR
from app.domain.closing import ConfirmationKind, Missing, ReopenState, Stage, Standing
from app.domain.vocabulary import N_
from app.services.closing.book import Signature
from app.web import vn_time

STEPS = {
    Stage.COMPLETE: (
        N_("Complete and confirmed"),
        N_("Every sheet is full and confirmed, every class summary too."),
    ),
    Stage.PRINTED: (N_("Printed"), N_("The office has printed the class books.")),
    Stage.PROOF_OPENED: (N_("Proof-reading opened"), N_("The deputy head opens the round of proof-reading.")),
    Stage.SIGNED: (N_("Sheet of signatures"), N_("Subject and homeroom teachers sign after proof-reading.")),
    Stage.CHECKED: (N_("Signatures checked"), N_("The office has checked the signatures.")),
    Stage.APPROVED: (N_("Approved"), N_("The head approves the classes and signs for the school.")),
    Stage.SEALED: (N_("Seam stamp"), N_("The printed books carry the seam stamp.")),
    Stage.PROPOSED: (N_("Closing proposed"), N_("The board of administrators proposes to close.")),
    Stage.CLOSED: (N_("Closed"), N_("The head closes the book.")),
}
BUTTONS = {
    Stage.PRINTED: N_("The books are printed"),
    Stage.PROOF_OPENED: N_("Open proof-reading"),
    Stage.CHECKED: N_("The signatures are complete"),
    Stage.SEALED: N_("The seam stamp is on"),
    Stage.PROPOSED: N_("Propose to close"),
}


def period_title(period: int) -> str:
    """Học kì I, Học kì II, Cả năm."""
    if period == YEAR:
        return _("Whole year")
    return _("Term %(n)s", n="I" if period == 1 else "II")


def step_title(step: Stage) -> str:
    """What a step is called in the line of steps."""
    return _(STEPS[step][0])


def step_text(step: Stage) -> str:
    """What it means."""
    return _(STEPS[step][1])


def step_button(step: Stage) -> str:
    """What the button that takes it says; empty for a step nobody ticks."""
    return _(BUTTONS[step]) if step in BUTTONS else ""


def missing_lines(missing: Missing) -> list[str]:
    """What is lacking, a line for each kind."""
    texts = (
        (missing.open_terms, N_("%(n)s terms are not closed")),
        (missing.blank_cells, N_("%(n)s blank cells")),
        (missing.unsigned_sheets, N_("%(n)s sheets without a valid confirmation")),
        (missing.unsigned_classes, N_("%(n)s class summaries without a valid confirmation")),
        (missing.without_result, N_("%(n)s students without a result yet")),
        (missing.unapproved_classes, N_("%(n)s classes not approved")),
        (missing.unexplained, N_("%(n)s unexplained differences from teachers' books")),
        (missing.unprinted, N_("%(n)s class books not printed since their last change")),
    )
    return [_(text, n=number) for number, text in texts if number]


def standing_title(standing: Standing) -> str:
    """Chưa xác nhận, Đã xác nhận, Đã thay đổi sau khi xác nhận."""
    return {
        Standing.NONE: _("Not confirmed"),
        Standing.CONFIRMED: _("Confirmed"),
        Standing.STALE: _("Changed since it was signed"),
    }[standing]


def approval_title(standing: Standing) -> str:
    """The same of an approval."""
    return {
        Standing.NONE: _("Not approved"),
        Standing.CONFIRMED: _("Approved"),
        Standing.STALE: _("Changed since it was approved"),
    }[standing]


def standing_css(standing: Standing) -> tuple[str, str]:
    """Class of the tag and its icon."""
    return {
        Standing.NONE: ("", "fa-circle-notch"),
        Standing.CONFIRMED: ("is-ok", "fa-check"),
        Standing.STALE: ("is-bad", "fa-triangle-exclamation"),
    }[standing]


def signed_text(signature: Signature | None) -> str:
    """By whom and when, with a deputy's authority."""
    if signature is None:
        return ""
    line = _("%(name)s, %(at)s", name=signature.full_name, at=vn_time(signature.signed_at))
    return f"{line} · {signature.authority}" if signature.authority else line


def request_state(state: ReopenState) -> str:
    """How a request to reopen stands."""
    return {
        ReopenState.WAITING: _("Waits for the tier above"),
        ReopenState.CONSENTED: _("Consented"),
        ReopenState.REFUSED: _("Refused"),
        ReopenState.WITHDRAWN: _("Withdrawn"),
    }[state]


def kind_title(kind: ConfirmationKind) -> str:
    """What is signed."""
    return {
        ConfirmationKind.SHEET: _("Sheet of a subject"),
        ConfirmationKind.CLASS_SUMMARY: _("Summary of a class"),
        ConfirmationKind.CLASS_APPROVAL: _("Approval of a class"),
        ConfirmationKind.SCHOOL_APPROVAL: _("Approval of the school"),
    }[kind]


def names_of(people: Any) -> str:
    """Names, or that nobody is assigned."""
    return ", ".join(people) or _("not assigned")
