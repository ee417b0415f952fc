"""Sổ theo dõi thiết bị lưu trữ: what bundles were written onto, where it lies, who keeps it, who has checked it when."""

from pathlib import Path
from typing import Any, ClassVar

from flask import current_app, flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.media import ExportKind, MediumEnd, MediumKind, Reading
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import ArchiveMedium, MediumCheck
from app.security import request_clock
from app.services.media import checks, exports, labels
from app.services.media import register as register_of
from app.services.media.register import Given
from app.views.archive_files import format_titles, job_facts, may_export
from app.views.base import PageView, actor, menu, note_visit, tell, today
from app.views.bundles import term_title
from app.views.verbs import done_or_told
from app.web import current_period

MOST_REPORT = 2 * checks.MOST


class MediaView(PageView):
    """The register of a unit in the chosen year, and each medium in it."""

    route_base = "/media"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.MEDIUM_VIEW,
        "can_medium": Action.MEDIUM_VIEW,
        "can_label": Action.MEDIUM_VIEW,
        "can_add": Action.MEDIUM_KEEP,
        "can_change": Action.MEDIUM_KEEP,
        "can_end": Action.MEDIUM_KEEP,
        "can_check": Action.MEDIUM_CHECK,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The media of a unit, what is missing, and forms to make an image and to write a medium in."""
        return self._index(Given())

    def _index(self, typed: Given) -> str:
        who, session, period, day = actor(), db.session(), current_period(), today()
        unit_id = request.args.get("unit", who.unit_id or 0, type=int)
        year_id = period.year_id if period else 0
        number = max(request.args.get("page", 1, type=int), 1)
        found = register_of.load_register(session, who, unit_id, year_id, day, number)
        own = unit_id == who.unit_id
        keeps = own and may(who, Action.MEDIUM_KEEP, Target())
        note_visit("medium.view", found.unit.id)
        return self.render_template(
            "media/index.html",
            title=_("Archive media"),
            found=found,
            period=period,
            number=number,
            keep={"unit": unit_id, "year": period.start_year} if period else {"unit": unit_id},
            keeps=keeps,
            may_export=own and may_export() and found.unit.kind.is_school,
            jobs=[job_facts(job) for job in exports.jobs_of(session, who, [ExportKind.IMAGE], 5)]
            if own
            else [],
            images=register_of.images_for(session, who, year_id) if keeps else [],
            people=register_of.people_of(session, found.unit.id, day) if keeps else None,
            serials=register_of.proposed_serials(session, found.unit.id, day.year) if keeps else {},
            folders=_folders(),
            kinds=kind_titles(),
            formats=format_titles(),
            terms=(YEAR, 1, 2),
            term_title=term_title,
            missing=_(" and ").join(needed_titles()[name] for name in found.missing),
            standing=standing,
            typed=typed,
        )

    @expose("/", methods=["POST"])
    @has_access
    def add(self) -> Any:
        """Write a medium into the register."""
        form = request.form
        given = Given(
            job_id=form.get("job", 0, type=int),
            kind=form.get("kind", ""),
            serial=form.get("serial", ""),
            seal_number=form.get("seal", ""),
            place=form.get("place", ""),
            keeper_id=form.get("keeper", 0, type=int),
            checker_id=form.get("checker", 0, type=int),
            folder=form.get("folder", ""),
        )
        try:
            medium_id = register_of.add(actor(), given, _folders(), _instance(), clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
            return self._index(given), error.status
        flash(
            _(
                "Written into the register. It counts once the assigned leader has checked it. Print the label and put it on."
            ),
            "success",
        )
        return redirect(url_for(".medium", medium_id=medium_id))

    @expose("/<int:medium_id>")
    @has_access
    def medium(self, medium_id: int) -> Any:
        """A medium with every look at it."""
        who, session, day = actor(), db.session(), today()
        page = register_of.load_medium(session, who, medium_id, day)
        row = page.medium
        note_visit("medium.view", row.unit_id, medium_id=row.id)
        keeps = row.ended_at is None and may(
            who, Action.MEDIUM_KEEP, Target(unit=who.relation_to(row.unit_id))
        )
        return self.render_template(
            "media/medium.html",
            title=_("Archive medium %(serial)s", serial=row.serial),
            page=page,
            keeps=keeps,
            checks=row.ended_at is None and register_of.may_check(who, row),
            people=register_of.people_of(session, row.unit_id, day) if keeps else None,
            kinds=kind_titles(),
            ends=end_titles(),
            term_title=term_title,
            standing=standing,
            reading_title=reading_title,
        )

    @expose("/<int:medium_id>/label.pdf")
    @has_access
    def label(self, medium_id: int) -> Any:
        """The label to be put on a medium."""
        content, name = labels.print_label(actor(), medium_id, clock=request_clock())
        answer = send_file(content, "application/pdf", download_name=name)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/<int:medium_id>/change", methods=["POST"])
    @has_access
    def change(self, medium_id: int) -> Any:
        """It has moved, or is in other hands."""
        form = request.form
        return done_or_told(
            lambda: register_of.change(
                actor(),
                medium_id,
                form.get("place", ""),
                form.get("seal", ""),
                form.get("keeper", 0, type=int),
                form.get("checker", 0, type=int),
                clock=request_clock(),
            ),
            _("Saved."),
            url_for(".medium", medium_id=medium_id),
        )

    @expose("/<int:medium_id>/end", methods=["POST"])
    @has_access
    def end(self, medium_id: int) -> Any:
        """It was lost or destroyed."""
        how, reason = request.form.get("how", ""), request.form.get("reason", "")
        return done_or_told(
            lambda: register_of.end(actor(), medium_id, how, reason, clock=request_clock()),
            _("The medium no longer counts. Its line stays in the register."),
            url_for(".medium", medium_id=medium_id),
        )

    @expose("/<int:medium_id>/check", methods=["POST"])
    @has_access
    def check(self, medium_id: int) -> Any:
        """The assigned leader enters what the checker said."""
        sent = request.files.get("file")
        content = sent.read(MOST_REPORT + 1) if sent else b""
        content = content or request.form.get("report", "").encode()
        try:
            done = checks.check(actor(), medium_id, content, _folders(), _instance(), clock=request_clock())
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
        else:
            if done.faults:
                flash(_("The check found something: see below. The copy no longer counts."), "danger")
            elif done.reading is Reading.LIST:
                flash(_("Noted: the list is that of this medium. Its files were not read."), "success")
            else:
                flash(_("Noted: the medium is as it was made."), "success")
        return redirect(url_for(".medium", medium_id=medium_id))


def _folders() -> list[Path]:
    found: list[Path] = current_app.config["MEDIA_FOLDERS"]
    return found


def _instance() -> Path:
    return Path(current_app.config["INSTANCE_DIR"])


def kind_titles() -> dict[MediumKind, str]:
    """What bundles lie on."""
    return {MediumKind.DVD: _("DVD"), MediumKind.USB: _("USB"), MediumKind.DISK: _("External disk")}


def end_titles() -> dict[MediumEnd, str]:
    """How a medium left the register."""
    return {MediumEnd.LOST: _("lost"), MediumEnd.DESTROYED: _("destroyed")}


def needed_titles() -> dict[str, str]:
    """The copies a year needs."""
    return {"optical": _("a DVD"), "removable": _("a USB or an external disk")}


def reading_title(reading: Reading) -> str:
    """How a medium was read again."""
    return {Reading.FULL: _("every file read"), Reading.LIST: _("list only")}[reading]


def standing(row: ArchiveMedium, lacking: int, check: MediumCheck | None) -> str:
    """Why a medium does not count, in words; empty where it does."""
    if row.ended_as is not None:
        return end_titles()[row.ended_as]
    if row.on_own_disk:
        return _("on the data's own disk: not a second copy")
    if check is None:
        return _("waits for the first check by %(name)s", name=row.checker.full_name)
    if check.faults:
        return _("damaged at the last check")
    if lacking:
        return _("%(n)s bundles are not on it", n=lacking)
    return "" if row.term == YEAR else _("one term only")


def register(appbuilder: Any) -> None:
    """Into the menu of what is printed and kept."""
    menu(
        appbuilder,
        MediaView,
        "Archive media",
        icon="fa-compact-disc",
        action=Action.MEDIUM_VIEW,
        label=lazy_gettext("Archive media"),
        category="Closing the book",
        category_label=lazy_gettext("Closing the book"),
    )
