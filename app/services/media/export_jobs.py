"""Making the large files that were ordered: what the background worker does with an export job.

The row is the truth, as of a print job: a run that was killed leaves no file under its name, and another begins anew.
"""

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.media import ExportKind, ImageFormat
from app.errors import N_, HocVuError, Unavailable
from app.extensions import db
from app.models import AuditEvent, ExportJob, Notice, OrgUnit, SchoolYear
from app.services.archive.handover import hand_over
from app.services.archive.places import file_digest, writing
from app.services.bundles.make import bundle_root
from app.services.bundles.signed import signatures_of
from app.services.bundles.store import folder_name
from app.services.clock import VIETNAM, Clock, local_day
from app.services.job_rows import (
    JobState,
    Stopped,
    claim,
    forgotten_of,
    hold,
    purge_files,
    tell_orderer,
    who_ordered,
)
from app.services.media.exports import FOLDER, KEEP, KEPT_FOR_WORKER, RIGHTS, folder_of
from app.services.media.images import Contents, Heading, bundles_of, write_image
from app.services.rights import demand
from app.services.unit_of_work import plain_write

log = logging.getLogger(__name__)

SILENT: Final = timedelta(minutes=3)
"""A run without a sign of life for this long was killed; the largest table of a hand-over takes seconds."""
BEAT: Final = 2
MOST_ATTEMPTS: Final = 3
SPARE: Final = 64 * 1024 * 1024
"""Bytes left free on the disk: saves go on while a file is written."""
SPARE_PART: Final = 20

BROKEN: Final = N_("This file could not be made. The administrator finds the reason in the log.")
TOO_OFTEN: Final = N_(
    "Making this file was interrupted too often. Order it again; if it stops again, tell the administrator."
)
NO_ROOM: Final = N_(
    "The file needs %(needed)s MB and the server's disk has %(free)s MB free. Nothing was made; tell the server's administrator."
)
NOTHING: Final = N_("There is no sealed bundle of this term or year yet.")
ALL_SPOILED: Final = N_(
    "Every bundle of this term or year is missing or damaged: see the page of sealed bundles."
)
NO_PASSPHRASE: Final = N_("The passphrase is gone. Order the hand-over again.")
ACCOUNT_CLOSED: Final = N_("The account that ordered this is closed.")


@dataclass
class _Run:
    """One try at a job."""

    job_id: int
    claim: str
    kind: ExportKind
    unit_id: int
    user_id: int
    year_id: int | None
    term: int | None
    title: str
    params: Mapping[str, Any]
    clock: Clock
    beaten: int = -BEAT

    def beat(self, done: int, total: int) -> None:
        """A sign of life, every two seconds at most; raises Stopped when the job isn't this run's any more."""
        seconds = int(time.monotonic())
        if seconds - self.beaten < BEAT:
            return
        self.beaten = seconds
        with plain_write() as session:
            job = hold(session, ExportJob, self.job_id, self.claim)
            job.done, job.total, job.beat_at = done, total, self.clock()


@dataclass(frozen=True)
class _Made:
    path: Path
    result: dict[str, Any]
    schools: tuple[int, ...] = ()


def run_export(job_id: int, instance: Path, *, clock: Clock) -> None:
    """Make a job's file. Nothing happens to one that is over or being made; failures are told on the job."""
    run = _claim(job_id, clock)
    if run is None:
        return
    home = folder_of(instance) / str(job_id)
    try:
        made = _make(run, home, instance)
        _finish(run, made)
        (home / KEPT_FOR_WORKER).unlink(missing_ok=True)
    except Stopped:
        _clear(job_id, home)
    except HocVuError as error:
        _fail(run, home, error.message, error.params)
    except Exception:
        log.exception("export job %s failed", job_id)
        _fail(run, home, BROKEN, {})


def _claim(job_id: int, clock: Clock) -> _Run | None:
    with plain_write() as session:
        job = claim(session, ExportJob, job_id, clock(), SILENT, MOST_ATTEMPTS, TOO_OFTEN)
        if job is None or job.claim is None:
            return None
        facts = (
            job.kind,
            job.unit_id,
            job.user_id,
            job.school_year_id,
            job.term,
            job.title,
            dict(job.params),
        )
        return _Run(job.id, job.claim, *facts, clock=clock)


def _make(run: _Run, home: Path, instance: Path) -> _Made:
    session, now = db.session(), run.clock()
    actor = who_ordered(session, run.user_id, local_day(now), ACCOUNT_CLOSED)
    demand(actor, RIGHTS[run.kind], run.unit_id)  # again: it may have been taken away meanwhile
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in home.iterdir():
        if old.name != KEPT_FOR_WORKER:
            old.unlink()
    unit = session.get_one(OrgUnit, run.unit_id)
    if run.kind is ExportKind.HANDOVER:
        return _handover(run, home, instance, unit, actor.full_name)
    return _image(run, home, unit, actor.full_name, now)


def _image(run: _Run, home: Path, unit: OrgUnit, made_by: str, now: datetime) -> _Made:
    session, image = db.session(), ImageFormat(run.params["format"])
    units, year = list(run.params["units"]), session.get_one(SchoolYear, run.year_id)
    rows = bundles_of(session, units, year.id, run.term or 0)
    if not rows:
        raise Unavailable(NOTHING)
    _demand_room(home, sum(row[0].size for row in rows))
    heading = Heading(unit.code, unit.name, year.start_year, run.term or 0, now, made_by)
    schools: list[tuple[str, str]] = []
    if run.kind is ExportKind.COLLECTION:
        asked = sa.select(OrgUnit.code, OrgUnit.name).where(OrgUnit.id.in_(units)).order_by(OrgUnit.code)
        schools = [(row.code, row.name) for row in session.execute(asked)]
    path = home / f"{folder_name(heading.label).lower()}-{now.astimezone(VIETNAM):%Y%m%d-%H%M%S}.{image}"
    beside = {
        key: [s.file for s in kept] for key, kept in signatures_of(session, [r[0].id for r in rows]).items()
    }
    for row in rows:
        session.expunge(row[0])  # signs of life are written meanwhile, which would read each of them anew
    with writing(path) as file:
        found = write_image(
            file,
            image,
            heading,
            rows,
            bundle_root(),
            lambda done: run.beat(done, len(rows)),
            schools=schools,
            beside=beside,
        )
        if not found.bundles:
            raise Unavailable(ALL_SPOILED)
    return _Made(path, _told(found, heading), tuple(units))


def _told(found: Contents, heading: Heading) -> dict[str, Any]:
    return {
        "list_digest": found.digest,
        "label": heading.label,
        "bundles": len(found.bundles),
        "newest": found.newest,
        "left_out": [f"{line['unit']} {line['class']} {line['number']}" for line in found.left_out],
        "by_unit": {
            code: sum(1 for line in found.bundles if line["unit"] == code)
            for code in sorted({line["unit"] for line in found.bundles})
        },
    }


def _handover(run: _Run, home: Path, instance: Path, unit: OrgUnit, made_by: str) -> _Made:
    encrypted, secret = run.params["encrypted"], home / KEPT_FOR_WORKER
    if encrypted and not secret.is_file():
        raise Unavailable(NO_PASSPHRASE)
    ending = "zip.age" if encrypted else "zip"
    code, now = unit.code, run.clock()
    path = home / f"ban-giao-{folder_name(code)}-{now.astimezone(VIETNAM):%Y%m%d-%H%M%S}.{ending}"
    passphrase = secret.read_text(encoding="utf-8") if encrypted else None
    beat: Callable[[int, int], None] = run.beat
    written = hand_over(path, code, instance, passphrase, clock=run.clock, made_by=made_by, beat=beat)
    return _Made(path, {"rows": written.row_count, **written.figures})


def _demand_room(home: Path, size: int) -> None:
    """Said before hours of copying, not after."""
    needed, free = size + size // SPARE_PART + SPARE, shutil.disk_usage(home).free
    if free < needed:
        raise Unavailable(NO_ROOM, needed=-(-needed // 1_000_000), free=free // 1_000_000)


def _finish(run: _Run, made: _Made) -> None:
    digest, size = file_digest(made.path), made.path.stat().st_size
    with plain_write() as session:
        job, now = hold(session, ExportJob, run.job_id, run.claim), run.clock()
        job.state, job.file, job.size, job.digest = JobState.DONE, made.path.name, size, digest
        job.result, job.finished_at, job.expires_at = made.result, now, now + KEEP
        job.done = job.total = made.result.get("bundles", 1)
        if run.kind is ExportKind.COLLECTION:
            _tell_schools(session, run, made, now)
        _notify(session, run, "Đã tạo xong tệp", f"{run.title}. Tệp được giữ {KEEP.days} ngày.", now)


def _tell_schools(session: Session, run: _Run, made: _Made, now: datetime) -> None:
    """In the log of each school, and to its people: which office has collected what (S4 Điều 20 khoản 3)."""
    codes = {
        row.id: row.code
        for row in session.execute(sa.select(OrgUnit.id, OrgUnit.code).where(OrgUnit.id.in_(made.schools)))
    }
    office = session.get_one(OrgUnit, run.unit_id)
    for unit_id in made.schools:
        number = made.result["by_unit"].get(codes[unit_id], 0)
        session.add(
            AuditEvent(
                happened_at=now,
                user_id=run.user_id,
                unit_id=unit_id,
                action="bundle.collected",
                outcome="done",
                target_type=ExportJob.__tablename__,
                target_id=run.job_id,
                details={"office": office.code, "bundles": number, "digest": made.result["list_digest"]},
            )
        )
        body = f"{office.name} đã tập hợp {number} gói niêm phong của trường ({run.title})."
        session.add(
            Notice(
                unit_id=unit_id,
                title="Gói niêm phong được cấp trên tập hợp",
                body=body,
                url="/bundles/",
                created_at=now,
            )
        )


def _fail(run: _Run, home: Path, message: str, params: Mapping[str, Any]) -> None:
    with plain_write() as session:
        try:
            job, now = hold(session, ExportJob, run.job_id, run.claim), run.clock()
        except Stopped:
            return
        job.state, job.message, job.finished_at = JobState.FAILED, message[:500], now
        job.result = {"params": {name: str(value) for name, value in params.items()}}
        _notify(session, run, "Không tạo được tệp", f"{run.title}. Mở để xem lí do.", now)
    shutil.rmtree(home, ignore_errors=True)


def _notify(session: Session, run: _Run, title: str, body: str, now: datetime) -> None:
    tell_orderer(session, run.user_id, title, body, f"/archive-files/{run.job_id}", now)


def _clear(job_id: int, home: Path) -> None:
    """The files of a cancelled job; those of a run that only lost its claim are another's now."""
    state = db.session().scalar(sa.select(ExportJob.state).where(ExportJob.id == job_id))
    if state == JobState.CANCELLED:
        shutil.rmtree(home, ignore_errors=True)


# -- keeping order -----------------------------------------------------------------------------------------------


def forgotten_exports(session: Session, now: datetime) -> list[int]:
    """Exports nobody makes: their wake-up was lost, or their run was killed. Oldest first."""
    return forgotten_of(session, ExportJob, now, SILENT)


def purge_exports(instance: Path, *, clock: Clock) -> int:
    """Remove expired files, and folders of exports that failed, were cancelled or aren't known. Returns how many."""
    return purge_files(ExportJob, instance / FOLDER, clock=clock)
