"""The Ban quản trị: the table of the decision in force (S1 Điều 6), the form that appoints one, former boards."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.errors import Invalid
from app.extensions import db
from app.forms.accounts import BoardForm, with_blank
from app.security import request_clock
from app.services import account_lists, boards
from app.services.staff import staff
from app.views import role_texts
from app.views.accounts import CATEGORY, explain
from app.views.base import PageView, actor, menu, require, today
from app.views.unit_admins import people_of


class BoardView(PageView):
    """The board of the own unit."""

    route_base = "/board"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.BOARD_VIEW, "can_appoint": Action.BOARD_APPOINT}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The board in force, one that is to come, and those before."""
        require(Action.BOARD_VIEW, Target())
        found = account_lists.boards(db.session(), actor())
        day = today()
        current = next(
            (b for b in found if b.starts_on <= day and (b.ends_on is None or b.ends_on >= day)), None
        )
        return self.render_template(
            "accounts/board.html",
            title=_("Board of administrators"),
            current=current,
            others=[b for b in found if b is not current],
            today=day,
            seats=role_texts.SEATS,
            may_appoint=may(actor(), Action.BOARD_APPOINT, Target()),
            unit=actor().unit_name,
        )

    @expose("/appoint", methods=["GET", "POST"])
    @has_access
    def appoint(self) -> Any:
        """The head's decision."""
        require(Action.BOARD_APPOINT, Target())
        form = self._form()
        if form.validate_on_submit():
            lines = [n for n, entry in enumerate(form.seats) if entry.form.person_id.data is not None]
            try:
                boards.appoint_board(
                    actor(),
                    form.decision_number.data or "",
                    form.decision_date.data,
                    [_seat(form.seats[n].form) for n in lines],
                    clock=request_clock(),
                    starts_on=form.starts_on.data,
                )
                flash(_("The board was appointed."), "success")
                return redirect(url_for("BoardView.index"))
            except Invalid as error:
                explain(form, _on_form_lines(error, lines))
        return self.render_template(
            "accounts/board_form.html", title=_("Appoint the board of administrators"), form=form
        )

    @staticmethod
    def _form() -> BoardForm:
        form = BoardForm()
        people = with_blank(people_of(actor().unit_id))
        for entry in form.seats:
            entry.form.person_id.choices = people
            entry.form.seat.choices = [(value, str(text)) for value, text in role_texts.SEATS.items()]
        if request.method == "GET":
            _suggest(form)
        return form


def _suggest(form: BoardForm) -> None:
    """Start from the head, who may chair it; everything can be changed."""
    titles = {p.id: p.title for p in staff(db.session(), actor().unit_id or 0, today())}
    for number, entry in enumerate(form.seats):
        entry.form.seat.data = boards.SEATS[min(number, 2)]
    first = form.seats[0].form
    head = actor().person_id
    if head is not None and head in titles:
        first.person_id.data = head
        first.position_title.data = titles[head] or ", ".join(actor().titles)


def _seat(line: Any) -> boards.Seat:
    return boards.Seat(
        person_id=line.person_id.data,
        seat=line.seat.data,
        position_title=line.position_title.data or "",
        duties=line.duties.data or "",
        note=line.note.data or "",
    )


def _on_form_lines(error: Invalid, lines: list[int]) -> Invalid:
    """Problems name the n-th member; on the form that is the n-th line with a person."""
    moved = []
    for name, message in error.problems:
        head, _dash, rest = name.partition("-")
        number, _dash, field = rest.partition("-")
        moved.append((f"{head}-{lines[int(number)]}-{field}" if number.isdigit() else name, message))
    return Invalid(error.message, problems=tuple(moved), **error.params)


def register(appbuilder: Any) -> None:
    """Menu entry of this file."""
    menu(
        appbuilder,
        BoardView(),
        "Board",
        icon="fa-solid fa-people-roof",
        action=Action.BOARD_VIEW,
        label=lazy_gettext("Board of administrators"),
        category=CATEGORY,
        category_label=lazy_gettext("Administration"),
    )
