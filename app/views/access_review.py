"""Rà soát quyền truy cập: every account of a unit and what it may do, signed by the head once a term."""

from io import BytesIO
from typing import Any, ClassVar

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.access_review import SENSITIVE, AccessFlag
from app.errors import Invalid
from app.extensions import db
from app.security import request_clock
from app.services import access_review
from app.services.access_file import export_access
from app.views import role_texts
from app.views import watch_texts as words
from app.views.base import PageView, actor, menu, note_visit, require, tell, today
from app.views.book_check import XLSX, period_of_page
from app.views.watch import CATEGORY


class AccessReviewView(PageView):
    """The list, its signature, its file; and for an office, who has not signed yet."""

    route_base = "/access-review"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.ACCESS_REVIEW_VIEW,
        "can_unit": Action.ACCESS_REVIEW_VIEW,
        "can_sign": Action.ACCESS_REVIEW,
        "can_file": Action.ACCESS_REVIEW_EXPORT,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """An office sees who has reviewed in this term; a school its own list."""
        if not actor().below:
            return self._unit(actor().unit_id or 0)
        period = period_of_page()
        lines = access_review.reviews_below(db.session(), actor(), period, today())
        return self.render_template(
            "watch/reviews.html",
            title=_("Access review"),
            lines=lines,
            missing=sum(line.review is None for line in lines),
            own=actor().unit_id if may(actor(), Action.ACCESS_REVIEW_VIEW, Target()) else None,
            keep=_kept(),
        )

    @expose("/<int:unit_id>")
    @has_access
    def unit(self, unit_id: int) -> Any:
        """One unit's list."""
        return self._unit(unit_id)

    def _unit(self, unit_id: int) -> Any:
        found = access_review.access_list(db.session(), actor(), unit_id, period_of_page(), request_clock()())
        note_visit("access_review.view", unit_id)
        target = Target(unit=actor().relation_to(unit_id))
        return self.render_template(
            "watch/access.html",
            title=_("Access review"),
            found=found,
            figures=found.figures,
            flags=list(AccessFlag),
            sensitive=SENSITIVE,
            words=words,
            roles=role_texts.ROLES,
            seats=role_texts.SEATS,
            right_name=role_texts.right_name,
            may_sign=may(actor(), Action.ACCESS_REVIEW, target),
            may_export=may(actor(), Action.ACCESS_REVIEW_EXPORT, target),
            keep=_kept(),
        )

    @expose("/sign", methods=["POST"])
    @has_access
    def sign(self) -> Any:
        """The head signs the list as it was shown."""
        require(Action.ACCESS_REVIEW, Target())
        try:
            access_review.sign_review(
                actor(),
                period_of_page(),
                request.form.get("seen", ""),
                request.form.get("note", ""),
                clock=request_clock(),
            )
        except Invalid as error:
            flash(tell(error), "danger")
        else:
            flash(_("Signed. The unit above sees when and by whom."), "success")
        return redirect(url_for("AccessReviewView.unit", unit_id=actor().unit_id, **_kept()))

    @expose("/<int:unit_id>/file")
    @has_access
    def file(self, unit_id: int) -> Any:
        """The list as a workbook; logged."""
        name, data = export_access(db.session(), actor(), unit_id, period_of_page(), clock=request_clock())
        return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


def _kept() -> dict[str, Any]:
    return {key: request.args[key] for key in ("year", "term") if key in request.args}


def register(appbuilder: Any) -> None:
    """Menu entry of this file."""
    menu(
        appbuilder,
        AccessReviewView,
        "Access review",
        icon="fa-user-check",
        action=Action.ACCESS_REVIEW_VIEW,
        label=lazy_gettext("Access review"),
        category=CATEGORY,
        category_label=lazy_gettext("Inspection"),
    )
