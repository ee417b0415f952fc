"""In lại, ký lại: papers the record has moved away from, printed and signed anew round by round."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app import jobs
from app.domain.access import Action, Target, may
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.security import request_clock
from app.services.printing import homeroom_classes
from app.services.signing import rounds
from app.views import signing_texts as words
from app.views.base import PageView, actor, tell, today

SEES = (Action.PRINT_REGISTER, Action.PAPER_SIGN, Action.PAPER_APPROVE, Action.PAPER_SEAL)


class RoundView(PageView):
    """The rounds of the school: what is out of date, since when and why, and what is still to be signed."""

    route_base = "/signing-rounds"
    default_view = "index"
    rights: ClassVar = {"can_index": SEES, "can_order": Action.BOOK_PRINT}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Open rounds first."""
        lines = rounds.load_rounds(db.session(), actor(), today())
        own = homeroom_classes(db.session(), actor(), today())
        return self.render_template(
            "signing/rounds.html",
            title=_("Papers out of date"),
            open_lines=[line for line in lines if line.signing_round.closed_at is None],
            closed_lines=[line for line in lines if line.signing_round.closed_at is not None],
            may_order=lambda line: may(
                actor(), Action.BOOK_PRINT, Target(homeroom=line.signing_round.class_id in own)
            ),
            words=words,
        )

    @expose("/<int:round_id>/order", methods=["POST"])
    @has_access
    def order(self, round_id: int) -> Any:
        """Have the new print of a round made, and go to its page."""
        try:
            job_id = rounds.order_again(
                actor(), round_id, clock=request_clock(), site=request.host_url.rstrip("/")
            )
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
            return redirect(url_for("RoundView.index"))
        jobs.jobs().make_print(job_id)
        return redirect(url_for("PrintView.job", job_id=job_id))


def register(appbuilder: Any) -> None:
    """No menu: notices, the landing page and the page of signing lead here."""
    appbuilder.add_view_no_menu(RoundView)
