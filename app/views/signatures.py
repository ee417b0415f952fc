"""Ký số: a print's papers signed in one action after a readable summary; and a signed file checked by anybody."""

from io import BytesIO
from typing import Any, ClassVar

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action
from app.domain.signing import KeyKind, SigningRole, Trust, certificate_state, refusal, usable
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import Certificate, Document
from app.security import request_clock
from app.services import scope
from app.services.documents.checking import Standing
from app.services.signing import acts, papers, steps
from app.services.signing import register as kept
from app.services.signing.checking import FileCheck, check_file
from app.views import signing_texts as words
from app.views.base import PageView, actor, menu, tell, today
from app.views.check import allowed

SIGNS = (Action.PAPER_SIGN, Action.PAPER_APPROVE, Action.PAPER_SEAL)


class SignatureView(PageView):
    """The prints one may sign, and the summary before signing one."""

    route_base = "/paper-signatures"
    default_view = "index"
    rights: ClassVar = {
        f"can_{name}": SIGNS for name in ("index", "show", "sign", "digests", "answers", "file")
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The newest prints that are kept."""
        return self.render_template(
            "signing/index.html",
            title=_("Electronic signing"),
            lines=papers.signable_prints(db.session(), actor(), today()),
            roles=list(SigningRole),
            words=words,
        )

    @expose("/<int:document_id>")
    @has_access
    def show(self, document_id: int) -> Any:
        """What is signed: each paper with its pages, who has signed it, and whether the record still says so."""
        found = papers.load_print(db.session(), actor(), document_id, today())
        own = usable_now(kept.own_certificates(db.session(), actor()))
        return self.render_template(
            "signing/print.html",
            title=_("Sign papers"),
            found=found,
            document_id=document_id,
            changed=sum(item.same is False for item in found.items),
            open_roles=_open(found),
            own=own,
            seals=usable_now(_seals(found)),
            SigningRole=SigningRole,
            KeyKind=KeyKind,
            words=words,
        )

    @expose("/<int:document_id>/sign", methods=["POST"])
    @has_access
    def sign(self, document_id: int) -> Any:
        """Sign them all with a key on this server."""
        order, secret = asked_order(), request.form.get("secret", "")
        try:
            count = acts.sign_print(actor(), document_id, order, secret, clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Signed: %(n)s papers", n=count), "success")
        return redirect(url_for("SignatureView.show", document_id=document_id))

    @expose("/<int:document_id>/digests", methods=["POST"])
    @has_access
    def digests(self, document_id: int) -> Any:
        """First of two steps: the digests as a file."""
        try:
            data = steps.give_out(actor(), document_id, asked_order(), clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
            return redirect(url_for("SignatureView.show", document_id=document_id))
        name = f"ma-bam-{document_id}.json"
        return send_file(BytesIO(data), mimetype="application/json", as_attachment=True, download_name=name)

    @expose("/<int:document_id>/answers", methods=["POST"])
    @has_access
    def answers(self, document_id: int) -> Any:
        """Second of two steps: the signatures that were made elsewhere."""
        scope.get(db.session(), actor(), Document, document_id, today())
        sent = request.files.get("file")
        try:
            count = steps.take_back(actor(), sent.read() if sent else b"", clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Signed: %(n)s papers", n=count), "success")
        return redirect(url_for("SignatureView.show", document_id=document_id))

    @expose("/<int:document_id>.pdf")
    @has_access
    def file(self, document_id: int) -> Any:
        """A paper with the signatures it has."""
        data, name = acts.fetch_signed(db.session(), actor(), document_id, clock=request_clock())
        kind, suffix = kind_of(data)
        answer = send_file(BytesIO(data), mimetype=kind, download_name=f"{name}.{suffix}")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def kind_of(data: bytes) -> tuple[str, str]:
    """Media type and ending of a kept file: a PDF, or an open record."""
    return ("application/pdf", "pdf") if data.startswith(b"%PDF-") else ("application/xml", "xml")


def asked_order() -> acts.Order:
    """How the reader wants to sign, as the form says it. NotFound for a form nobody was given."""
    form = request.form
    try:
        role = SigningRole(form.get("role", ""))
    except ValueError:
        raise NotFound from None
    chosen = form.get("certificate", type=int)
    if chosen is None:
        raise NotFound
    return acts.Order(role, chosen, form.get("seen", ""), visible=form.get("visible") == "1")


def _open(found: papers.Print) -> list[SigningRole]:
    """As what the reader can sign these papers now: neither signed already nor out of order, and their data unchanged."""
    if any(item.same is False for item in found.items):
        return []
    signed = [[(s.role, s.person_id) for s in item.signed] for item in found.items]
    who = actor().person_id
    return [role for role in found.roles if all(refusal(role, who, before) is None for before in signed)]


def usable_now(rows: list[Certificate]) -> list[Certificate]:
    """Those in force now."""
    now = request_clock()()
    return [
        row for row in rows if usable(certificate_state(row.not_before, row.not_after, row.ended_at, now))
    ]


def _seals(found: papers.Print) -> list[Certificate]:
    return kept.seals(db.session(), found.unit_id) if SigningRole.SEAL in found.roles else []


class FileCheckView(PageView):
    """Kiểm tra chữ ký số của một tệp: open to whoever holds the file; tells what the file itself says, and no more."""

    route_base = "/check-file"
    default_view = "index"
    rights: ClassVar = {}

    @expose("/", methods=["GET", "POST"])
    def index(self) -> Any:
        """Choose a PDF or XML file; the answer stands on the same page. The file is not kept."""
        found, problem, status = None, "", 200
        if request.method == "POST":
            found, problem, status = self._checked()
        page = self.render_template(
            "signing/check.html",
            title=_("Check a signed file"),
            found=found,
            problem=problem,
            Standing=Standing,
            Trust=Trust,
            words=words,
        )
        return page, status

    def _checked(self) -> tuple[FileCheck | None, str, int]:
        if not allowed(request.remote_addr or "", request_clock()()):
            return None, _("Too many files in a minute. Wait a minute, then try again."), 429
        sent = request.files.get("file")
        try:
            return check_file(db.session(), sent.read() if sent else b""), "", 200
        except HocVuError as error:
            return None, tell(error), error.status


def register(appbuilder: Any) -> None:
    """Signing in the menu; files are checked without it."""
    menu(
        appbuilder,
        SignatureView,
        "Electronic signing",
        icon="fa-file-signature",
        action=SIGNS,
        label=lazy_gettext("Electronic signing"),
        category="School",
        category_label=lazy_gettext("School"),
    )
    appbuilder.add_view_no_menu(FileCheckView)
