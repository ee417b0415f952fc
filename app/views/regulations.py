"""Quy định đánh giá: which circular governs which class, its version, settings and readings, article by article."""

from typing import Any, ClassVar

from flask import request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action
from app.domain.assessment.registry import Circular
from app.domain.dates import format_date
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Tier
from app.extensions import db
from app.models import SchoolYear
from app.services.lock_orders import may_order
from app.services.policies import Setting
from app.services.regulations_page import (
    ROLLOUT_LEVELS,
    CircularCard,
    RolloutRow,
    regulations_of,
    schools_like,
)
from app.views import formats
from app.views.base import PageView, actor, menu, today
from app.views.lock_texts import SEPARATOR
from app.views.policies import titles_of, value_title
from app.web import current_period


class RegulationView(PageView):
    """The circulars as this unit's classes are judged by them; everybody on staff may read."""

    route_base = "/regulations"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.POLICY_VIEW, "can_unit": Action.POLICY_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The reader's own unit; an office may look for a school below."""
        return self._page(actor().unit_id or 0)

    @expose("/unit/<int:unit_id>")
    @has_access
    def unit(self, unit_id: int) -> Any:
        """A unit below."""
        return self._page(unit_id)

    def _page(self, unit_id: int) -> str:
        period = current_period()
        if period is None:
            return self.render_template("home/empty.html", title=_("Assessment regulations"), reason="year")
        year = db.session.get_one(SchoolYear, period.year_id)
        found = regulations_of(db.session(), actor(), unit_id, year, today())
        ask = request.args.get("q", "").strip()
        office = actor().tier is not Tier.SCHOOL
        return self.render_template(
            "results/regulations.html",
            title=None,
            found=found,
            year=year,
            office=office,
            ask=ask,
            schools=schools_like(db.session(), actor(), ask, today()) if office and ask else [],
            cards=[_card(card) for card in found.cards],
            rollout=[_rollout(row) for row in found.rollout],
            levels=[formats.present(level) for level in ROLLOUT_LEVELS],
            formats=formats,
            may_set=may_order(actor(), Action.POLICY_MANAGE, unit_id),
        )


def _card(card: CircularCard) -> dict[str, Any]:
    """A circular in words."""
    return {
        "key": card.circular.value,
        "name": formats.circular(card.circular.value),
        "version": card.version,
        "used": card.used,
        "settings": [_setting(setting) for setting in card.settings],
        "articles": [(article, _(rule)) for article, rule in card.articles],
    }


def _setting(setting: Setting) -> dict[str, Any]:
    title, help_text = titles_of(setting.key)
    source = setting.source
    if source is not None:
        who = _("set by %(unit)s, from %(day)s", unit=source.unit_name, day=format_date(source.starts_on))
        if source.ordered_by:
            who = SEPARATOR.join((who, _("ordered by %(name)s", name=source.ordered_by)))
    else:
        who = _("nobody has set it: the usual rule") if setting.value else _("nobody has confirmed it")
    return {
        "title": title,
        "help": help_text,
        "value": value_title(setting.key, setting.value),
        "who": who,
        "open": not setting.value,
        "url": url_for("PolicyView.index", _anchor=f"rule-{PolicyKey(setting.key).value}"),
    }


def _rollout(row: RolloutRow) -> tuple[str, list[list[tuple[str, str]]]]:
    """School year, and for each level its (circular, grades)."""
    levels = [
        [(_name(circular), _grades(first, last)) for first, last, circular in runs] for runs in row.runs
    ]
    return f"{row.start_year}–{row.start_year + 1}", levels


def _name(circular: Circular | None) -> str:
    return str(formats.circular(circular.value)) if circular else _("none on file")


def _grades(first: int, last: int) -> str:
    if first == last:
        return _("grade %(n)s", n=first)
    return _("grades %(first)s–%(last)s", first=first, last=last)


def register(appbuilder: Any) -> None:
    """The menu entry beside the rules of the unit."""
    menu(
        appbuilder,
        RegulationView,
        "Regulations",
        icon="fa-book-open",
        label=lazy_gettext("Assessment regulations"),
        action=Action.POLICY_VIEW,
        category="Administration",
        category_label=lazy_gettext("Administration"),
    )
