"""The register of prints of a school: who printed or issued what, when, how many copies (S0 Điều 9, 14; S4 Điều 18)."""

from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from flask import current_app, request, send_file
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Actor, Target, may
from app.domain.vocabulary import Tier
from app.extensions import db
from app.models import OrgUnit
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintPurpose
from app.security import request_clock
from app.services import scope
from app.services.documents.register import Wanted, fetch_stored, load_register, load_schools
from app.services.print_jobs import PAPERS
from app.services.signing.papers import with_signatures
from app.views.base import PageView, actor, menu, note_visit, today
from app.views.form_texts import labels, purpose_title
from app.views.signatures import kind_of
from app.views.watch_texts import span_asked
from app.web import vn_date

FILTERS = ("form", "purpose", "number", "since", "until", "class_id", "student_id")


class PrintRegisterView(PageView):
    """Sổ theo dõi in ấn, cấp phát."""

    route_base = "/print-register"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.PRINT_REGISTER, "can_file": Action.RECORD_ISSUE}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """A page of the register, filtered; an office first chooses the school."""
        who, session = actor(), db.session()
        if "unit_id" not in request.args and who.tier is not Tier.SCHOOL:
            return self._schools(who)
        unit = scope.get(session, who, OrgUnit, request.args.get("unit_id", who.unit_id, type=int), today())
        _since, _until, first, last = span_asked(request_clock()())
        wanted = Wanted(
            since=first,
            until=last,
            form=request.args.get("form", "") if request.args.get("form") in CATALOGUE else "",
            purpose=request.args.get("purpose", "")
            if request.args.get("purpose") in list(PrintPurpose)
            else "",
            class_id=request.args.get("class_id", type=int),
            student_id=request.args.get("student_id", type=int),
            number=request.args.get("number", type=int),
            page=max(1, request.args.get("page", 1, type=int)),
        )
        found = load_register(session, who, unit.id, wanted, today())
        note_visit("print.view", unit.id)
        return self.render_template(
            "printing/register.html",
            title=_("Register of prints"),
            unit=unit,
            found=found,
            wanted=wanted,
            forms=labels(CATALOGUE.values()),
            purposes=list(PrintPurpose),
            form_name=lambda code: CATALOGUE[code].short_name if code in CATALOGUE else "",
            purpose_name=purpose_title,
            may_open=may(who, Action.RECORD_ISSUE, Target(unit=who.relation_to(unit.id))),
            keep={
                **({"unit_id": unit.id} if unit.id != who.unit_id else {}),
                **{k: v for k, v in request.args.items() if k in FILTERS and v},
            },
        )

    def _schools(self, who: Actor) -> str:
        _since, _until, first, last = span_asked(request_clock()())
        number = max(1, request.args.get("page", 1, type=int))
        schools, has_next = load_schools(db.session(), who, first, last, number, today())
        return self.render_template(
            "printing/register_schools.html",
            title=_("Register of prints"),
            schools=schools,
            first=first,
            last=last,
            number=number,
            has_next=has_next,
            days={"since": vn_date(first), "until": vn_date(last)},
        )

    @expose("/<int:document_id>.pdf")
    @has_access
    def file(self, document_id: int) -> Any:
        """The kept file of a periodic or issued paper, with its signatures."""
        folder = Path(current_app.config["INSTANCE_DIR"]) / PAPERS
        printed, name = fetch_stored(db.session(), actor(), document_id, folder, clock=request_clock())
        content = with_signatures(db.session(), document_id, printed)
        kind, suffix = kind_of(content)
        answer = send_file(BytesIO(content), mimetype=kind, download_name=f"{name}.{suffix}")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def register(appbuilder: Any) -> None:
    """The register in the menu."""
    menu(
        appbuilder,
        PrintRegisterView(),
        "Register of prints",
        icon="fa-list-ol",
        action=Action.PRINT_REGISTER,
        label=lazy_gettext("Register of prints"),
        category="School",
        category_label=lazy_gettext("School"),
    )
