"""What waits in confirming and closing, as the landing pages list it."""

from flask_babel import gettext as _

from app.services.closing.waits import Waits
from app.views.progress import link

Wait = tuple[str, str, str, str, str | None, str]
"""Class, icon, title, text, address and button of a line."""


def closing_waits(found: Waits) -> list[Wait]:
    """A line for each kind of thing that waits for this person."""
    lines: list[Wait] = []
    if found.proofs:
        lines.append(
            (
                "is-warn",
                "fa-signature",
                _("Proof-reading is open"),
                _("Compare the print with the book, then sign the sheet of signatures."),
                link("SigningView.mine"),
                _("Sign"),
            )
        )
    if found.questions:
        lines.append(
            (
                "is-warn",
                "fa-circle-question",
                _("%(n)s questions of families wait for you", n=found.questions),
                _("About marks that are published."),
                link("PublicationView.index"),
                _("Answer"),
            )
        )
    if found.incidents:
        lines.append(
            (
                "is-warn",
                "fa-bell-concierge",
                _("%(n)s incident reports not answered", n=found.incidents),
                _("Teachers report trouble with the system or the data."),
                link("IncidentView.index"),
                _("Look at them"),
            )
        )
    if found.requests:
        lines.append(
            (
                "is-warn",
                "fa-lock-open",
                _("%(n)s requests to reopen closed books", n=found.requests),
                _("A closed past year is reopened with your consent only."),
                link("ClosingView.requests"),
                _("Look at them"),
            )
        )
    return lines
