"""Sao lưu và lưu giữ: when the data was last backed up and tried out, with what result, and how long it is kept."""

from datetime import timedelta
from typing import Any, ClassVar, Final

from flask import Response
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Target, may
from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.domain.media import ExportKind
from app.domain.policies import PolicyKey
from app.extensions import db
from app.models import ArchiveRun
from app.security import request_clock
from app.services.archive import runs
from app.services.archive.retention import retention_of
from app.services.media.exports import jobs_of
from app.views.archive_files import job_facts
from app.views.base import PageView, actor, menu, today
from app.views.policies import retention_titles, value_title

WEEK: Final = timedelta(days=7)


def kind_title(kind: ArchiveKind) -> str:
    """What was done."""
    return {
        ArchiveKind.BACKUP: _("Backup"),
        ArchiveKind.REHEARSAL: _("Rehearsed restore"),
        ArchiveKind.RESTORE: _("Restore"),
        ArchiveKind.HANDOVER: _("Hand-over of a school"),
        ArchiveKind.TAKEOVER: _("Take-over of a school"),
    }[kind]


def copy_title(run: ArchiveRun) -> str:
    """Whether a backup counts as a second copy (S3 mục 3)."""
    if run.second_copy is None:
        return ""
    if run.second_copy:
        return _("on another disk")
    return _("on the data's own disk: not a second copy")


def failure_text(run: ArchiveRun) -> str:
    """Why a run failed, in the reader's language."""
    return _(run.message) % run.figures.get("params", {}) if run.message else ""


class BackupView(PageView):
    """The newest runs, and the rules of retention."""

    route_base = "/backups"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.BACKUP_VIEW, "can_report": Action.BACKUP_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """What was done with the data, newest first; what is due is said first."""
        session = db.session()
        unit_id = actor().unit_id
        titles = retention_titles()
        hands_over = may(actor(), Action.HANDOVER_ORDER, Target())
        backup = runs.newest(session, ArchiveKind.BACKUP)
        return self.render_template(
            "backups/index.html",
            title=_("Backups and retention"),
            backup=backup,
            old=backup is not None and request_clock()() - backup.happened_at > WEEK,
            rehearsal=runs.newest(session, ArchiveKind.REHEARSAL),
            runs=runs.recent(session, actor()),
            retained=retention_of(session, unit_id, today()) if unit_id is not None else None,
            may_hand_over=hands_over,
            handovers=[job_facts(job) for job in jobs_of(session, actor(), [ExportKind.HANDOVER], 5)]
            if hands_over
            else [],
            failed=ArchiveOutcome.FAILED,
            hold_title=titles[PolicyKey.LEGAL_HOLD][0],
            rule_title=lambda key: titles[key][0],
            value_title=value_title,
            kind_title=kind_title,
            copy_title=copy_title,
            failure_text=failure_text,
        )

    @expose("/<int:run_id>.txt")
    @has_access
    def report(self, run_id: int) -> Any:
        """The report of a rehearsal, to be printed and filed."""
        run = runs.report(db.session(), actor(), run_id)
        return Response(run.report or "", mimetype="text/plain; charset=utf-8")


def register(appbuilder: Any) -> None:
    """The page in the administration menu."""
    menu(
        appbuilder,
        BackupView,
        "Backups",
        icon="fa-hdd",
        action=Action.BACKUP_VIEW,
        label=lazy_gettext("Backups and retention"),
        category="Administration",
        category_label=lazy_gettext("Administration"),
    )
