"""What waits in confirming and closing, as the landing pages list it."""

from flask_babel import gettext as _

from app.services.closing.waits import Waits
from app.views.progress import link

Wait = tuple[str, str, str, str, str | None, str]
"""Class, icon, title, text, address and button of a line."""


def closing_waits(found: Waits) -> list[Wait]:
    """A line for each kind of thing that waits for this person."""
    return [*_to_sign(found), *_papers(found), *_to_answer(found)]


def _to_sign(found: Waits) -> list[Wait]:
    lines = (
        (
            found.proofs,
            "is-warn",
            "fa-signature",
            _("Proof-reading is open: %(n)s to sign", n=found.proofs),
            _("Compare the print with the book, then sign the sheet of signatures."),
            link("SigningView.mine"),
            _("Sign"),
        ),
        (
            found.stale,
            "is-warn",
            "fa-signature",
            _("%(n)s of your signatures to renew", n=found.stale),
            _("The data has changed since you signed: look at it, and sign again."),
            link("SigningView.mine"),
            _("Sign"),
        ),
        (
            found.approvals,
            "is-warn",
            "fa-stamp",
            _("%(n)s classes to approve again", n=found.approvals),
            _("Their marks or results have changed since you approved them."),
            link("ClosingView.index"),
            _("Look at them"),
        ),
        (
            found.attestations,
            "",
            "fa-scale-balanced",
            _("%(n)s sheets to compare with your own book", n=found.attestations),
            _("Once a month after the entry day, and again after a change."),
            link("ReconcileView.index"),
            _("Compare"),
        ),
    )
    return [line[1:] for line in lines if line[0]]


def _papers(found: Waits) -> list[Wait]:
    lines = (
        (
            found.papers,
            "is-warn",
            "fa-file-signature",
            _("%(n)s prints wait for your electronic signature", n=found.papers),
            _("It is your turn to sign them; the summary tells what they hold."),
            link("SignatureView.index"),
            _("Sign"),
        ),
        (
            found.rounds,
            "is-warn",
            "fa-rotate",
            _("%(n)s kept prints are out of date", n=found.rounds),
            _("Their data was corrected or changed: print them again, so that they can be signed again."),
            link("RoundView.index"),
            _("Look at them"),
        ),
        (
            found.certificates,
            "is-warn",
            "fa-id-card-clip",
            _("%(n)s certificates expire soon", n=found.certificates),
            _("Get the new one and add it before that day."),
            link("CertificateView.index"),
            _("Look at them"),
        ),
    )
    return [line[1:] for line in lines if line[0]]


def _to_answer(found: Waits) -> list[Wait]:
    lines = (
        (
            found.questions,
            "is-warn",
            "fa-circle-question",
            _("%(n)s questions of families wait for you", n=found.questions),
            _("About marks that are published."),
            link("PublicationView.index"),
            _("Answer"),
        ),
        (
            found.incidents,
            "is-warn",
            "fa-bell-concierge",
            _("%(n)s incident reports not answered", n=found.incidents),
            _("Teachers report trouble with the system or the data."),
            link("IncidentView.index"),
            _("Look at them"),
        ),
        (
            found.requests,
            "is-warn",
            "fa-lock-open",
            _("%(n)s requests to reopen closed books", n=found.requests),
            _("A closed past year is reopened with your consent only."),
            link("ClosingView.requests"),
            _("Look at them"),
        ),
    )
    return [line[1:] for line in lines if line[0]]
