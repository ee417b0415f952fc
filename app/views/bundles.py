"""Gói niêm phong: the tracking book of a school's bundles, those of a class, one as an archive, a check, one more on order."""

from io import BytesIO
from typing import Any, ClassVar

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may, may_ever
from app.domain.assessment.facts import YEAR
from app.domain.bundles import Occasion
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import OrgUnit
from app.security import request_clock
from app.services import scope
from app.services.bundles import tracking
from app.services.bundles.check import next_check
from app.services.bundles.store import Fault
from app.views.base import PageView, actor, menu, note_visit, tell, today
from app.views.signing_texts import role_title
from app.web import current_period

SIGNS = (Action.PAPER_APPROVE, Action.PAPER_SEAL)


class BundleView(PageView):
    """Sổ theo dõi gói niêm phong."""

    route_base = "/bundles"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.BUNDLE_VIEW,
        "can_of_class": Action.BUNDLE_VIEW,
        "can_fetch": Action.BUNDLE_VIEW,
        "can_look": Action.BUNDLE_VIEW,
        "can_make": Action.BUNDLE_MAKE,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The classes of a school in the chosen year."""
        who, session, period = actor(), db.session(), current_period()
        unit = scope.get(session, who, OrgUnit, request.args.get("unit", who.unit_id, type=int), today())
        if not unit.kind.is_school and may_ever(who, Action.BUNDLE_COLLECT):
            return redirect(url_for("ArchiveFileView.collect", year=period.start_year if period else None))
        year = period.year_id if period else 0
        lines = tracking.load_classes(session, who, unit.id, year, today()) if unit.kind.is_school else []
        below = (
            []
            if unit.kind.is_school
            else session.scalars(
                scope.scoped(who, OrgUnit, today())
                .where(OrgUnit.id.in_(who.below), OrgUnit.ends_on.is_(None))
                .order_by(OrgUnit.short_name)
            ).all()
        )
        note_visit("bundle.view", unit.id)
        return self.render_template(
            "bundles/index.html",
            title=_("Sealed bundles"),
            unit=unit,
            period=period,
            lines=lines,
            may_sign=may_ever(who, SIGNS),
            schools=[school for school in below if school.kind.is_school],
        )

    @expose("/class/<int:class_id>")
    @has_access
    def of_class(self, class_id: int) -> Any:
        """Every bundle of a class."""
        found = tracking.load_class(db.session(), actor(), class_id, today())
        own = Target(unit=actor().relation_to(found.school_class.unit_id))
        note_visit("bundle.view", found.school_class.unit_id, class_id=class_id)
        return self.render_template(
            "bundles/class.html",
            title=_("Sealed bundles of class %(name)s", name=found.school_class.name),
            found=found,
            occasion_title=occasion_title,
            term_title=term_title,
            role_title=role_title,
            fault_text=lambda fault: fault_text(Fault(*fault)),
            next_check=next_check,
            may_make=may(actor(), Action.BUNDLE_MAKE, own),
            terms=(1, 2, YEAR),
        )

    @expose("/<int:bundle_id>.zip")
    @has_access
    def fetch(self, bundle_id: int) -> Any:
        """A bundle with the checker, to be kept elsewhere."""
        try:
            name, content = tracking.as_zip(actor(), bundle_id, clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
            return redirect(request.referrer or url_for(".index"))
        answer = send_file(BytesIO(content), "application/zip", as_attachment=True, download_name=name)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/<int:bundle_id>/check", methods=["POST"])
    @has_access
    def look(self, bundle_id: int) -> Any:
        """Compare a bundle with what was sealed, now."""
        found = tracking.look(actor(), bundle_id, clock=request_clock())
        if found:
            flash("; ".join(fault_text(fault) for fault in found), "danger")
        else:
            flash(_("Checked: every file is as it was sealed."), "success")
        return redirect(url_for(".of_class", class_id=request.form.get("class_id", 0, type=int)))

    @expose("/class/<int:class_id>/make", methods=["POST"])
    @has_access
    def make(self, class_id: int) -> Any:
        """Seal the class's book as it stands."""
        try:
            tracking.order(actor(), class_id, request.form.get("term", -1, type=int), clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            flash(_("Sealed in a new folder. Nothing earlier was touched."), "success")
        return redirect(url_for(".of_class", class_id=class_id))


def occasion_title(occasion: Occasion) -> str:
    """What gave rise to a bundle."""
    return {
        Occasion.ENTRY: _("End of a round of entry"),
        Occasion.CORRECTION: _("After a correction"),
        Occasion.CLOSING: _("Closing of the book"),
        Occasion.ORDER: _("Order of the leaders"),
    }[occasion]


def term_title(term: int) -> str:
    """Học kì I, Học kì II, Cả năm."""
    return _("Whole year") if term == YEAR else _("Term %(n)s", n="I" * term)


def fault_text(fault: Fault) -> str:
    """What was found in which file."""
    return {
        "missing": _("%(name)s is missing", name=fault.name),
        "changed": _("%(name)s was changed", name=fault.name),
        "added": _("%(name)s does not belong here", name=fault.name),
        "manifest": _("the list of files cannot be read"),
        "signature": _("the signature does not fit"),
    }[fault.kind]


def register(appbuilder: Any) -> None:
    """Into the menu of what is printed and kept."""
    menu(
        appbuilder,
        BundleView,
        "Sealed bundles",
        icon="fa-box-archive",
        action=Action.BUNDLE_VIEW,
        label=lazy_gettext("Sealed bundles"),
        category="Closing the book",
        category_label=lazy_gettext("Closing the book"),
    )
