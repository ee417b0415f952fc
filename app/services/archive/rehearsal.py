"""A rehearsed restore, written down with its report (S2 Điều 8 khoản 3)."""

from datetime import datetime
from pathlib import Path

from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.errors import HocVuError
from app.models import ArchiveRun
from app.reports.rehearsal import Rehearsal, failed_report, rehearsal_report
from app.services.archive.backup import Restored, as_moment
from app.services.archive.places import file_digest
from app.services.archive.runs import remember, server_account
from app.services.clock import VIETNAM, Clock


def remember_rehearsal(
    file: Path, begun: datetime, done: Restored, faults: tuple[str, ...], *, clock: Clock
) -> ArchiveRun:
    """Write down what a rehearsal gave; `faults`: the places whose history does not agree, in words."""
    found = Rehearsal(
        begun=begun.astimezone(VIETNAM),
        ended=clock().astimezone(VIETNAM),
        made_by=server_account(),
        file=file.name,
        digest=file_digest(file),
        backup_made_at=as_moment(done.made_at).astimezone(VIETNAM),
        revision=done.revision,
        tables=done.tables,
        files=done.files,
        history_rows=done.findings.rows,
        links=done.findings.links,
        anchors=done.findings.anchors,
        faults=faults,
    )
    return remember(
        ArchiveKind.REHEARSAL,
        file,
        clock=clock,
        outcome=ArchiveOutcome.DONE if found.passed else ArchiveOutcome.FAILED,
        row_count=done.rows,
        figures={"backup_made_at": done.made_at, "faults": len(faults), "files": done.files},
        report=rehearsal_report(found),
    )


def remember_failure(
    file: Path, begun: datetime, failure: HocVuError, reason: str, *, clock: Clock
) -> ArchiveRun:
    """Write down a rehearsal whose restore failed; `reason`: the failure in words."""
    text = failed_report(begun.astimezone(VIETNAM), server_account(), file.name, reason)
    return remember(ArchiveKind.REHEARSAL, file, clock=clock, failure=failure, report=text)
