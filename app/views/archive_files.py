"""Tệp lưu: images of sealed bundles, collections from below and hand-overs, ordered here and fetched when they are made."""

from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from flask import current_app, flash, jsonify, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app import jobs
from app.domain.access import Action, Target, may_ever
from app.domain.media import ExportKind, ImageFormat
from app.errors import Forbidden, HocVuError, NotFound
from app.extensions import db
from app.models import ExportJob
from app.security import request_clock
from app.services.bundles import collecting
from app.services.job_rows import JobState
from app.services.media import export_jobs, exports
from app.views.base import PageView, actor, menu, require, tell, today
from app.web import current_period

DOOR = (Action.BUNDLE_EXPORT, Action.BUNDLE_COLLECT, Action.HANDOVER_ORDER)
POLL_SECONDS = 2
MEGABYTE = 1_000_000
TAGS = {
    JobState.WAITING: ("is-info", "fa-regular fa-clock", lazy_gettext("waiting")),
    JobState.RUNNING: ("is-info", "fa-solid fa-gear", lazy_gettext("being made")),
    JobState.DONE: ("is-ok", "fa-solid fa-check", lazy_gettext("ready")),
    JobState.FAILED: ("is-bad", "fa-solid fa-triangle-exclamation", lazy_gettext("not made")),
    JobState.CANCELLED: ("is-lock", "fa-solid fa-ban", lazy_gettext("stopped")),
}
EXPIRED = ("is-lock", "fa-solid fa-box-archive", lazy_gettext("no longer kept"))


class ArchiveFileView(PageView):
    """A page for each file that is made; ordering one leads there."""

    route_base = "/archive-files"
    default_view = "collect"
    rights: ClassVar = {
        "can_image": Action.BUNDLE_EXPORT,
        "can_collect": Action.BUNDLE_COLLECT,
        "can_order_collection": Action.BUNDLE_COLLECT,
        "can_handover": Action.HANDOVER_ORDER,
        **dict.fromkeys(("can_job", "can_state", "can_cancel", "can_file"), DOOR),
    }

    @expose("/image", methods=["POST"])
    @has_access
    def image(self) -> Any:
        """The own school's bundles of the chosen year."""
        period, form = current_period(), request.form
        term = form.get("part", -1, type=int)
        return _ordered(
            lambda: exports.order_image(
                actor(), period.year_id if period else 0, term, form.get("format", ""), clock=request_clock()
            ),
            url_for("MediaView.index", year=request.args.get("year")),
        )

    @expose("/collect")
    @has_access
    def collect(self) -> Any:
        """The schools below with their bundles, to be collected from."""
        period, query = current_period(), request.args.get("q", "").strip()
        number = max(request.args.get("page", 1, type=int), 1)
        found = (
            collecting.load_schools(db.session(), actor(), period.year_id, today(), query=query, page=number)
            if period
            else None
        )
        return self.render_template(
            "media/collect.html",
            title=_("Collect sealed bundles"),
            period=period,
            found=found,
            query=query,
            number=number,
            formats=format_titles(),
            jobs=[job_facts(job) for job in exports.jobs_of(db.session(), actor(), [ExportKind.COLLECTION])],
        )

    @expose("/collect", methods=["POST"])
    @has_access
    def order_collection(self) -> Any:
        """The bundles of the ticked schools in one file."""
        period, form = current_period(), request.form
        return _ordered(
            lambda: exports.order_collection(
                actor(),
                form.getlist("unit", type=int),
                period.year_id if period else 0,
                form.get("part", -1, type=int),
                form.get("format", ""),
                clock=request_clock(),
            ),
            url_for("ArchiveFileView.collect", year=request.args.get("year")),
        )

    @expose("/handover", methods=["POST"])
    @has_access
    def handover(self) -> Any:
        """The whole data of the own school (S4 Điều 12 khoản 9)."""
        require(Action.HANDOVER_ORDER, Target())
        passphrase, again = request.form.get("passphrase", ""), request.form.get("again", "")
        if passphrase != again:
            flash(_("The two passphrases differ. Type them again."), "danger")
            return redirect(url_for("BackupView.index"))
        return _ordered(
            lambda: exports.order_handover(actor(), passphrase, _instance(), clock=request_clock()),
            url_for("BackupView.index"),
        )

    @expose("/<int:export_id>")
    @has_access
    def job(self, export_id: int) -> Any:
        """How far a file is; what to do with it."""
        job = exports.load_job(db.session(), actor(), export_id, today())
        return self.render_template(
            "media/job.html",
            title=job.title,
            job=job_facts(job),
            row=job,
            kinds=ExportKind,
            seconds=POLL_SECONDS,
        )

    @expose("/<int:export_id>/state")
    @has_access
    def state(self, export_id: int) -> Any:
        """The same for the page's script."""
        facts = job_facts(exports.load_job(db.session(), actor(), export_id, today()))
        return jsonify({key: facts[key] for key in ("over", "done", "total", "text")})

    @expose("/<int:export_id>/cancel", methods=["POST"])
    @has_access
    def cancel(self, export_id: int) -> Any:
        """Stop it."""
        try:
            exports.cancel(actor(), export_id, clock=request_clock())
            flash(_("Stopped. Nothing of it is kept."), "success")
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "warning")
        return redirect(url_for(".job", export_id=export_id))

    @expose("/<int:export_id>/file")
    @has_access
    def file(self, export_id: int) -> Any:
        """The finished file, read from the disk piece by piece."""
        path = exports.fetch(actor(), export_id, _instance(), clock=request_clock())
        answer = send_file(path, "application/octet-stream", as_attachment=True, download_name=path.name)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _ordered(order: Any, back: str) -> Any:
    try:
        job_id = order()
    except (Forbidden, NotFound):
        raise
    except HocVuError as error:
        flash(tell(error), "danger")
        return redirect(back)
    jobs.jobs().make_export(job_id)
    return redirect(url_for("ArchiveFileView.job", export_id=job_id))


def _instance() -> Path:
    return Path(current_app.config["INSTANCE_DIR"])


def format_titles() -> dict[ImageFormat, str]:
    """As what bundles are given out."""
    return {ImageFormat.ISO: _("Disc image for DVD (ISO)"), ImageFormat.ZIP: _("ZIP file for USB or disk")}


def job_facts(job: ExportJob) -> dict[str, Any]:
    """A job as its pages show it."""
    state, now = JobState(job.state), request_clock()()
    kept = state is JobState.DONE and job.file is not None and now < job.expires_at
    return {
        "id": job.id,
        "title": job.title,
        "over": state.over,
        "failed": state is JobState.FAILED,
        "tag": EXPIRED if state is JobState.DONE and not kept else TAGS[state],
        "text": _text(job, state, kept, now),
        "done": job.done,
        "total": job.total,
        "kept": kept,
        "size": None if job.size is None else -(-job.size // MEGABYTE),
        "created_at": job.created_at,
        "expires_at": job.expires_at if kept else None,
        "made_by": job.user.get_full_name(),
    }


def _text(job: ExportJob, state: JobState, kept: bool, now: datetime) -> str:
    """Where the job stands, in one or two sentences."""
    leave = _("You may leave this page; a notice tells when it is ready.")
    if state is JobState.WAITING:
        waits = _("Waiting for its turn.")
        return f"{waits} {leave}"
    if state is JobState.RUNNING:
        if job.beat_at is not None and now - job.beat_at > export_jobs.SILENT:
            return _("It was interrupted and begins anew by itself within a minute.")
        done = _("%(done)s of %(total)s parts written.", done=job.done, total=job.total or "…")
        return f"{done} {leave}"
    if state is JobState.DONE:
        return _("The file is ready.") if kept else _("This file is no longer kept. Order it again.")
    if state is JobState.CANCELLED:
        return _("Stopped. Nothing of it is kept.")
    message, values = job.message or export_jobs.BROKEN, job.result.get("params")
    return _(message) % values if values else _(message)


def register(appbuilder: Any) -> None:
    """Collecting in the menu of the offices."""
    jobs.install(current_app._get_current_object())
    menu(
        appbuilder,
        ArchiveFileView(),
        "Collect sealed bundles",
        icon="fa-boxes-stacked",
        action=Action.BUNDLE_COLLECT,
        label=lazy_gettext("Collect sealed bundles"),
        category="Closing the book",
        category_label=lazy_gettext("Closing the book"),
    )


def may_export() -> bool:
    """Whether the reader's own school's bundles may be given out by the reader."""
    return may_ever(actor(), Action.BUNDLE_EXPORT)
