"""Công khai điểm: publishing by the school, questions to teachers, and what a family sees of its own record."""

from typing import Any, ClassVar

from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.cell_values import show_cell
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import REGULAR_COLUMNS
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import MarkQuestion, Publication, Student
from app.security import request_clock
from app.services import families, family_accounts, publications, scope
from app.services.attendance_lists import months_of
from app.services.changes import sheets_of
from app.services.publication_changes import changed_in_school
from app.views import attendance_texts
from app.views.base import PageView, actor, menu, tell, today
from app.views.sheet_heads import heads, subject_name
from app.views.verbs import done_or_told
from app.views.watch_texts import CellWords
from app.web import current_period

MOST_CHANGES = 50
GROUPS = {
    "regular": REGULAR_COLUMNS,
    "midterm": ("midterm",),
    "final": ("final",),
    "comment": ("comment",),
}


class PublicationView(PageView):
    """Công khai điểm với học sinh và cha mẹ (S0 Điều 8.1, S4 Điều 14.1), thắc mắc của gia đình."""

    route_base = "/publications"
    default_view = "index"
    rights: ClassVar = {
        "can_index": (Action.MARKS_PUBLISH, Action.QUESTION_ANSWER),
        "can_publish": Action.MARKS_PUBLISH,
        "can_end": Action.MARKS_PUBLISH,
        "can_answer": Action.QUESTION_ANSWER,
        "can_account": Action.ACCOUNT_MANAGE,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What is published, the form for it, and the questions that wait."""
        period, unit_id = current_period(), actor().unit_id
        if period is None or unit_id is None:
            return self.render_template("home/empty.html", title=_("Publication of marks"), reason="year")
        questions = families.load_questions(db.session(), actor(), today())
        rows = publications.load_publications(db.session(), unit_id, period.year_id)
        may_publish = may(actor(), Action.MARKS_PUBLISH, Target())
        changes = changed_in_school(db.session(), rows)[:MOST_CHANGES] if may_publish else []
        return self.render_template(
            "closing/publications.html",
            title=_("Publication of marks"),
            period=period,
            rows=rows,
            may_publish=may_publish,
            changes=changes,
            sheets=sheets_of(db.session(), changes),
            cell=CellWords(),
            groups=[(key, group_title(key)) for key in GROUPS],
            shown=columns_text,
            questions=questions,
            messages=families.load_messages(db.session(), [q.id for q in questions]),
            sheet_name=lambda sheet: f"{subject_name(sheet)} {sheet.group.name}",
            teaches=may(actor(), Action.QUESTION_ANSWER, Target(teaches=True)),
        )

    @expose("/publish", methods=["POST"])
    @has_access
    def publish(self) -> Any:
        """Publish a term, or some of its columns."""
        form = request.form
        chosen = [column for key in form.getlist("columns") for column in GROUPS.get(key, ("?",))]
        year_id, term = form.get("year_id", type=int), form.get("term", type=int)
        if year_id is None or term is None:
            raise NotFound
        days = form.get("days", 0, type=int)
        return done_or_told(
            lambda: publications.publish(
                actor(), year_id, term, chosen, days, form.get("note", ""), clock=request_clock()
            ),
            _("Published: students and guardians see these marks now."),
            url_for("PublicationView.index"),
        )

    @expose("/<int:publication_id>/end", methods=["POST"])
    @has_access
    def end(self, publication_id: int) -> Any:
        """Take a publication back."""
        scope.get(db.session(), actor(), Publication, publication_id, today())
        reason = request.form.get("reason", "")
        return done_or_told(
            lambda: publications.end(actor(), publication_id, reason, clock=request_clock()),
            _("The publication was taken back."),
            url_for("PublicationView.index"),
        )

    @expose("/questions/<int:question_id>/answer", methods=["POST"])
    @has_access
    def answer(self, question_id: int) -> Any:
        """Answer a family."""
        scope.get(db.session(), actor(), MarkQuestion, question_id, today())
        text = request.form.get("text", "")
        return done_or_told(
            lambda: families.answer(actor(), question_id, text, clock=request_clock()),
            _("The answer was sent."),
            url_for("PublicationView.index"),
        )

    @expose("/accounts/<int:student_id>", methods=["GET", "POST"])
    @has_access
    def account(self, student_id: int) -> Any:
        """Accounts of a student's family: made one by one, the one-time password shown once."""
        student = scope.get(db.session(), actor(), Student, student_id, today())
        made, joined, problem = None, "", ""
        if request.method == "POST":
            guardian_id, user_id = (request.form.get(name, type=int) for name in ("guardian", "account"))
            try:
                if user_id is not None:
                    joined = family_accounts.link_account(
                        actor(), student_id, guardian_id or 0, user_id, clock=request_clock()
                    )
                else:
                    made = families.make_account(actor(), student_id, guardian_id, clock=request_clock())
            except (Forbidden, NotFound):
                raise
            except HocVuError as error:
                problem = tell(error)
            student = scope.get(db.session(), actor(), Student, student_id, today())
        page = self.render_template(
            "closing/family_accounts.html",
            title=None,
            student=student,
            members=family_accounts.members(db.session(), student, today()),
            made=made,
            joined=joined,
            problem=problem,
        )
        return (page, 422) if problem else page


class FamilyView(PageView):
    """Điểm của con: the published marks of one's own record, and questions to the teacher."""

    route_base = "/family"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.OWN_RECORD_VIEW,
        "can_child": Action.OWN_RECORD_VIEW,
        "can_ask": Action.OWN_RECORD_VIEW,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The only child's marks, or the children to choose from."""
        found = families.children(db.session(), actor(), today())
        if len(found) == 1:
            kept: dict[str, Any] = {k: v for k, v in request.args.items() if k in ("year", "term")}
            return redirect(url_for("FamilyView.child", student_id=found[0].id, **kept))
        return self.render_template("closing/children.html", title=_("My children's marks"), children=found)

    @expose("/<int:student_id>")
    @has_access
    def child(self, student_id: int) -> Any:
        """A child's published marks of a term."""
        period, now = current_period(), request_clock()()
        if period is None:
            families.own_child(db.session(), actor(), student_id, today())
            return self.render_template("home/empty.html", title=_("Marks"), reason="year")
        found = families.child_marks(db.session(), actor(), student_id, period.year_id, period.term, now)
        asked = [s.question.id for s in found.sheets if s.question]
        return self.render_template(
            "closing/child.html",
            title=None,
            found=found,
            period=period,
            now=now,
            heads=heads,
            show=lambda cell, value: show_cell(value, cell.kind),
            is_text=lambda cell: cell.kind is CellKind.TEXT,
            shown=columns_text,
            messages=families.load_messages(db.session(), asked),
            missed=months_of(db.session(), found.student.id, period.year_id),
            attendance=attendance_texts,
        )

    @expose("/<int:student_id>/ask/<int:sheet_id>", methods=["POST"])
    @has_access
    def ask(self, student_id: int, sheet_id: int) -> Any:
        """Ask the teacher about a subject's marks."""
        families.own_child(db.session(), actor(), student_id, today())
        text, term = request.form.get("text", ""), request.form.get("term", type=int)
        back = url_for(
            "FamilyView.child", student_id=student_id, term=term, year=request.form.get("year", type=int)
        )
        return done_or_told(
            lambda: families.ask(actor(), student_id, sheet_id, text, clock=request_clock()),
            _("Your question was sent to the teacher."),
            back,
        )


def group_title(key: str) -> str:
    """What a group of columns is called."""
    return {
        "regular": _("Regular scores"),
        "midterm": _("Midterm test"),
        "final": _("End-of-term test"),
        "comment": _("Comments"),
    }[key]


def columns_text(row: Publication) -> str:
    """What a publication shows."""
    if not row.columns:
        return _("All marks of the term")
    return ", ".join(group_title(key) for key, columns in GROUPS.items() if set(columns) & set(row.columns))


def register(appbuilder: Any) -> None:
    """The staff's entry in the group of closing, and the family's own."""
    menu(
        appbuilder,
        PublicationView(),
        "Publication of marks",
        icon="fa-bullhorn",
        action=(Action.MARKS_PUBLISH, Action.QUESTION_ANSWER),
        label=lazy_gettext("Publication of marks"),
        category="Closing the book",
        category_label=lazy_gettext("Closing the book"),
    )
    menu(
        appbuilder,
        FamilyView(),
        "My children's marks",
        icon="fa-child",
        action=Action.OWN_RECORD_VIEW,
        label=lazy_gettext("My children's marks"),
    )
