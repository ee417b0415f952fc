"""Words of electronic signatures on screen."""

from collections.abc import Iterator

from flask_babel import gettext as _

from app.domain.signing import CertificateState, KeyKind, SigningRole, Trust
from app.models import Document
from app.services.documents.checking import Standing
from app.services.signing.checking import FileCheck
from app.services.signing.verify import Found
from app.web import vn_time


def role_title(role: SigningRole) -> str:
    """As what somebody signs."""
    return {
        SigningRole.SUBJECT_TEACHER: _("Subject teacher"),
        SigningRole.HOMEROOM_TEACHER: _("Homeroom teacher"),
        SigningRole.HEAD: _("Head of the school"),
        SigningRole.SEAL: _("Seal of the school"),
    }[role]


def kind_title(kind: KeyKind) -> str:
    """Where a key lies."""
    return {
        KeyKind.FILE: _("Key file on this server"),
        KeyKind.DEVICE: _("Token of this server"),
        KeyKind.OUTSIDE: _("Key outside, signs in two steps"),
    }[kind]


def state_title(state: CertificateState) -> str:
    """How a certificate stands."""
    return {
        CertificateState.VALID: _("valid now"),
        CertificateState.EXPIRING: _("expires soon"),
        CertificateState.EXPIRED: _("expired"),
        CertificateState.EARLY: _("not in force yet"),
        CertificateState.ENDED: _("no longer used"),
    }[state]


def state_css(state: CertificateState) -> str:
    """Class of its tag."""
    return {
        CertificateState.VALID: "is-ok",
        CertificateState.EXPIRING: "is-warn",
        CertificateState.EARLY: "is-warn",
    }.get(state, "is-bad")


def trust_title(trust: Trust) -> str:
    """Whether somebody vouches for a signer."""
    return {
        Trust.TRUSTED: _("A trusted authority vouches for the signer."),
        Trust.DEMO: _("Certificate of the demonstration, without legal value."),
        Trust.OUT_OF_TIME: _("The certificate was not in force when it signed."),
        Trust.UNKNOWN: _("No authority trusted here vouches for the signer."),
    }[trust]


def verdict(check: FileCheck) -> str:
    """What the file comes to, in a sentence."""
    if not check.report.signatures:
        return _("This file bears no electronic signature.")
    if check.report.changed:
        return _("The file was changed after signing.")
    if check.holds:
        return _("The file is as it was signed.")
    return _("The file is as it was signed, but not every signer is vouched for.")


def record_verdict(check: FileCheck) -> str:
    """Whether the record still says what the paper says; empty where that isn't compared."""
    if check.paper is None:
        return ""
    return {
        Standing.SAME: _("The record still says what this paper says."),
        Standing.CHANGED: _("The record has changed since this paper was printed."),
        Standing.LEFT: _(
            "The record has gone on since. This paper says what it said on the day it was printed; it is not printed anew."
        ),
    }.get(check.paper.standing, "")


def stale_text(paper: Document) -> str:
    """Since when a paper is out of date, by which correction, and what stands in its place; empty for a current one."""
    stale = paper.stale
    if stale is None:
        return ""
    said = [_("Out of date since %(time)s.", time=vn_time(stale.since, True))]
    if stale.correction is not None:
        said.append(_("By the correction %(code)s.", code=stale.correction.code))
    if (new := stale.replaced_by) is not None:
        said.append(
            _(
                "Replaced by print no. %(label)s of %(time)s.",
                label=new.label,
                time=vn_time(new.made_at, True),
            )
        )
    return " ".join(said)


def time_of(found: Found) -> str:
    """When, and by whose clock."""
    if found.at is None:
        return _("The time of signing is not told.")
    whose = _("time stamp server") if found.stamped else _("clock of the signer")
    return f"{vn_time(found.at, True)} ({whose})"


def lines_of(check: FileCheck) -> Iterator[str]:
    """The whole answer for a terminal."""
    yield verdict(check)
    if check.paper is not None:
        paper = check.paper.document
        yield ". ".join((paper.unit.name, check.paper.form, _("Print no.") + " " + paper.label))
        if said := record_verdict(check):
            yield said
        if said := stale_text(paper):
            yield said
        if check.newer:
            yield _("More signatures were put under this paper since.")
    for number, found in enumerate(check.report.signatures, 1):
        yield f"{number}. {'. '.join(_told(check, found))}"
    yield f"SHA-256: {check.report.digest}"


def _told(check: FileCheck, found: Found) -> Iterator[str]:
    if found.signer is None:
        yield _("This signature cannot be read.").rstrip(".")
        return
    yield ", ".join(part for part in (found.signer.name, found.role, found.signer.organisation) if part)
    yield time_of(found)
    yield _(
        "Issued by %(name)s, serial number %(serial)s", name=found.signer.issuer, serial=found.signer.serial
    )
    yield _("changed after this signature") if found.changed else _("unchanged since this signature")
    yield trust_title(found.trust).rstrip(".")
    if check.was_ended(found):
        yield _("The school had ended the use of this certificate before.").rstrip(".")
