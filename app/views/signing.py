"""Ký xác nhận: what one signs, after seeing what is missing or odd; a class's summary with the head's approval."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action, Target, may
from app.domain.closing import PERIODS, ConfirmationKind, Standing
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import GradebookSheet, OrgUnit, SchoolClass, SchoolYear
from app.security import request_clock
from app.services import scope
from app.services.attendance_counts import unlike_noted
from app.services.closing import signing
from app.services.closing.book import Book
from app.services.closing.changes import changed_cells, changed_students
from app.services.closing.check import check_sheet
from app.services.closing.load import load_book
from app.services.results.class_page import class_summary, leads_class
from app.services.results.counting import measures, tally
from app.services.rights import demand
from app.views import closing_texts as words
from app.views import results_texts
from app.views.base import PageView, actor, note_visit, require, tell, today
from app.views.closing import chosen_number, digests
from app.views.sheet_heads import columns_named, heads, subject_name
from app.web import current_period


class SigningView(PageView):
    """Xác nhận của giáo viên bộ môn và giáo viên chủ nhiệm (S0 Điều 7.5, 8.4; S4 Điều 13.7, 14.5)."""

    route_base = "/signatures"
    default_view = "mine"
    rights: ClassVar = {
        "can_mine": (Action.SHEET_CONFIRM, Action.CLASS_CONFIRM),
        "can_sign": (Action.SHEET_CONFIRM, Action.CLASS_CONFIRM),
        "can_withdraw": (Action.SHEET_CONFIRM, Action.CLASS_CONFIRM, Action.CLOSING_APPROVE),
        "can_sheet": Action.SHEET_VIEW,
        "can_school_class": Action.RESULT_VIEW,
    }

    @expose("/")
    @has_access
    def mine(self) -> Any:
        """Everything one signs in a term or year, with one press for all that is ready."""
        period = current_period()
        if period is None:
            return self.render_template("home/empty.html", title=_("My signatures"), reason="year")
        number, now = chosen_number(), request_clock()()
        unit = scope.get(db.session(), actor(), OrgUnit, actor().unit_id, today())
        year = scope.get(db.session(), actor(), SchoolYear, period.year_id, today())
        book = signing.own_book(db.session(), actor(), unit, year, number, now)
        return self.render_template(
            "closing/mine.html",
            title=None,
            words=words,
            book=book,
            me=actor().person_id,
            Standing=Standing,
            periods=PERIODS,
            year=period.start_year,
        )

    @expose("/sign", methods=["POST"])
    @has_access
    def sign(self) -> Any:
        """Sign what is ticked."""
        year_id, number = request.form.get("year_id", type=int), request.form.get("period", type=int)
        if year_id is None or number not in PERIODS:
            raise NotFound
        chosen = signing.Signed(digests("sheet"), digests("class"))
        try:
            made = signing.sign(actor(), year_id, number, chosen, clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Signed: %(n)s", n=made), "success")
        return redirect(_back())

    @expose("/withdraw", methods=["POST"])
    @has_access
    def withdraw(self) -> Any:
        """Take a signature back."""
        form = request.form
        year_id, number, key = (form.get(name, type=int) for name in ("year_id", "period", "number"))
        if year_id is None or key is None or number not in PERIODS or form.get("kind") not in WITHDRAWN:
            raise NotFound
        kind = ConfirmationKind(form["kind"])
        try:
            signing.withdraw(
                actor(), year_id, number, kind, key, form.get("reason", ""), clock=request_clock()
            )
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("The signature was taken back. It stays on record."), "success")
        return redirect(_back())

    @expose("/sheet/<int:sheet_id>")
    @has_access
    def sheet(self, sheet_id: int) -> Any:
        """A sheet before signing: its figures, what is missing or odd, what has changed since it was signed."""
        now = request_clock()()
        facts = signing.signing_facts(db.session(), actor(), sheet_id, now)
        require(Action.SHEET_VIEW, facts.target(actor(), now))
        note_visit("closing.view", facts.sheet.unit_id, sheet=sheet_id)
        sheet = facts.sheet
        book = load_book(
            db.session(), sheet.unit, sheet.school_year, sheet.term, now,
            where=(GradebookSheet.id == sheet_id,), class_ids=[],
        )  # fmt: skip
        line = next(iter(book.sheets), None)
        return self.render_template(
            "closing/sheet.html",
            title=None,
            words=words,
            sheet=sheet,
            name=subject_name(sheet),
            book=book,
            line=line,
            check=check_sheet(db.session(), sheet),
            columns=lambda names: columns_named(sheet, names),
            heads=heads(sheet),
            changed=changed_cells(db.session(), sheet, line, now),
            Standing=Standing,
            may_sign=line is not None and _signs(line.signers),
            me=actor().person_id,
        )

    @expose("/class/<int:class_id>")
    @has_access
    def school_class(self, class_id: int) -> Any:
        """A class before signing: results, attendance, conduct, lists; every sheet of it; the head's approval."""
        now, number = request_clock()(), chosen_number()
        room = scope.get(db.session(), actor(), SchoolClass, class_id, today())
        leads = leads_class(db.session(), actor(), room, today())
        demand(actor(), Action.RESULT_VIEW, room.unit_id, homeroom=leads)
        note_visit("closing.view", room.unit_id, school_class=class_id, period=number)
        book = _class_book(room, number)
        line = next(iter(book.classes), None)
        summary = class_summary(db.session(), actor(), class_id, number, now)
        found = measures(room.circular, summary.period)
        return self.render_template(
            "closing/class.html",
            title=None,
            words=words,
            results=results_texts,
            room=room,
            book=book,
            line=line,
            summary=summary,
            tallies={
                m: tally(known, [getattr(r.result, m) for r in summary.rows]) for m, known in found.items()
            },
            absences=sum(r.facts.absences or 0 for r in summary.rows),
            unlike=unlike_noted(db.session(), room, number, summary.rows, today()),
            changed=changed_students(db.session(), line, number),
            Standing=Standing,
            periods=PERIODS,
            year=room.school_year.start_year,
            leads=leads and may(actor(), Action.CLASS_CONFIRM, Target(homeroom=leads)),
            approves=_approves(room),
            me=actor().person_id,
        )


WITHDRAWN = frozenset(kind.value for kind in ConfirmationKind if kind is not ConfirmationKind.SCHOOL_APPROVAL)
"""What a signature can be taken back from; the school's falls with any of them."""


def _signs(signers: Any) -> bool:
    in_charge = any(teacher.person_id == actor().person_id for teacher in signers)
    return may(actor(), Action.SHEET_CONFIRM, Target(in_charge=in_charge))


def _approves(room: SchoolClass) -> bool:
    deputy = signing.authorisation_of(db.session(), actor(), today()) is not None
    own = Target(unit=actor().relation_to(room.unit_id), authorised=deputy)
    return may(actor(), Action.CLOSING_APPROVE, own)


def _class_book(room: SchoolClass, number: int) -> Book:
    of_class = GradebookSheet.class_id == room.id
    return load_book(
        db.session(),
        room.unit,
        room.school_year,
        number,
        request_clock()(),
        where=(of_class,),
        class_ids=[room.id],
    )


def _back() -> str:
    """The page the form stood on."""
    form = request.form
    if sheet_id := form.get("back_sheet", type=int):
        return url_for("SigningView.sheet", sheet_id=sheet_id)
    values: dict[str, Any] = {
        "period": form.get("period", type=int),
        "year": form.get("start_year", type=int),
    }
    if class_id := form.get("back_class", type=int):
        return url_for("SigningView.school_class", class_id=class_id, **values)
    return url_for("SigningView.mine", **values)
