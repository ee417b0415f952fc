"""Long prints: a row of print_job is the truth, a queue only wakes whoever makes it (design §8, stack 5).

waiting → running → done / failed / cancelled. Each part is a file written whole, so a run that was killed is taken up
where it stopped; if the record changed meanwhile it begins anew, for a book never mixes two states of the record.
"""

import errno
import hashlib
import logging
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import N_, HocVuError, Invalid, Unavailable
from app.extensions import db
from app.models import Document, PrintJob
from app.reports.contexts import PrintStamp
from app.reports.drawers import Draw, DrawerLost, NotDrawn, in_turn
from app.reports.papers import Paper, Printable, digests_of
from app.services.clock import Clock, local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.documents.register import line_of, new_seed
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
from app.services.print_orders import KEEP, PrintOrder, check_order, title_of
from app.services.unit_of_work import plain_write

log = logging.getLogger(__name__)

SILENT: Final = timedelta(seconds=30)
"""A run without a sign of life for this long was killed."""
MAX_ATTEMPTS: Final = 5
BOOK_FILE: Final = "book.pdf"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
PAPERS: Final = "documents"
"""Folder beside that of the jobs, where the papers that stay are kept."""

BROKEN = N_("This could not be printed. The administrator finds the reason in the log.")
NOT_DRAWN = N_(
    "“%(part)s” could not be drawn as the form wants it, so nothing was printed. "
    "The administrator finds the reason in the log."
)
DISK_FULL = N_("The server's disk is full, so nothing was printed. Start the print again when there is room.")
TOO_OFTEN = N_(
    "The print was interrupted too often. Start it again; if it stops again, tell the administrator."
)
ACCOUNT_CLOSED = N_("The account that asked for this print is closed.")


# -- what the worker does ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """One try at a job: what it needs to know, without the database."""

    job_id: int
    claim: str
    order: PrintOrder
    number: int
    user_id: int
    title: str
    params: Mapping[str, Any] = field(compare=False)


def run_job(job_id: int, folder: Path, *, clock: Clock, draw: Draw = in_turn) -> None:
    """Make a job, or go on with one whose run was killed. Nothing happens to one that is over or being made.

    Refusals and failures are told on the job; when the database can't be written the job is left for a later run.
    A drawer that was killed is a run that was: the next one begins at once, and there are MAX_ATTEMPTS.
    """
    while (run := _claim(job_id, clock)) is not None:
        home = folder / str(job_id)
        try:
            _make(run, home, clock, draw)
        except Stopped:
            if _state_of(job_id) is JobState.CANCELLED:
                shutil.rmtree(home, ignore_errors=True)
        except DrawerLost:
            log.warning("print job %s lost a process that drew; it goes on", job_id)
            if _hand_back(run):
                continue
        except Unavailable:
            log.warning("print job %s waits for the database", job_id)
        except HocVuError as error:
            _fail(run, home, clock, error.message, error.params)
        except OSError as error:
            log.exception("print job %s failed", job_id)
            _fail(run, home, clock, DISK_FULL if error.errno in _FULL else BROKEN)
        except Exception:
            log.exception("print job %s failed", job_id)
            _fail(run, home, clock, BROKEN)
        return


def _claim(job_id: int, clock: Clock) -> _Run | None:
    with plain_write() as session:
        job = claim(session, PrintJob, job_id, clock(), SILENT, MAX_ATTEMPTS, TOO_OFTEN)
        if job is None or job.claim is None:
            return None
        order = PrintOrder.of(job.params)
        return _Run(job.id, job.claim, order, job.params["number"], job.user_id, job.title, dict(job.params))


def _hand_back(run: _Run) -> bool:
    """Let the job be claimed again at once; False when it isn't this run's any more."""
    with plain_write() as session:
        try:
            hold(session, PrintJob, run.job_id, run.claim).state = JobState.WAITING
        except Stopped:
            return False
    return True


def _make(run: _Run, home: Path, clock: Clock, draw: Draw) -> None:
    """Read the record once, draw what isn't drawn yet, put it together."""
    from app.reports import drawing

    asked, book = _read(run, clock)
    book, kept = _settle(run, home, book)
    parts = list(drawing.parts_of(book))
    paths = [home / f"{number:03d}.pdf" for number in range(1, len(parts) + 1)]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    todo = [number for number, path in enumerate(paths) if not path.exists()]
    done = len(paths) - len(todo)
    _beat(run, clock, done=done, total=len(paths), params=kept)
    try:
        for made in draw((number, parts[number][1]) for number in todo):
            if made is not None:
                _write(paths[made[0]], made[1])
                done += 1
            _beat(run, clock, done=done)
    except NotDrawn as error:
        raise _reason(error, parts[error.number][0]) from error
    drawn = [path.read_bytes() for path in paths]
    whole = drawing.file_of(book, [title for title, _draw in parts], drawn)
    _write(home / BOOK_FILE, whole)
    apart = isinstance(book, Paper) and book.apart
    papers = [drawing.settled(book, pdf) for pdf in drawn] if apart else [whole]
    lines = _lines(run, asked, book, papers, home.parent.parent / PAPERS)
    _finish(run, home, hashlib.sha256(whole).hexdigest(), lines, clock)
    for path in paths:
        path.unlink(missing_ok=True)


def _reason(error: NotDrawn, part: str) -> Exception:
    """What to tell: the part, where the form refused it; else what went wrong."""
    from app.reports.renderer import RenderError

    cause = error.__cause__
    if isinstance(cause, RenderError):
        log.error("%s: %s", part, cause)
        return Invalid(NOT_DRAWN, part=part)
    return cause if isinstance(cause, Exception) else error


def _lines(run: _Run, asked: Asked, book: Printable, papers: Sequence[bytes], folder: Path) -> list[Document]:
    """Lines of the register: one for each paper."""
    common = {
        "unit_id": asked.unit.id,
        "school_year_id": asked.year.id,
        "class_id": asked.room.id if asked.room else None,
        "job_id": run.job_id,
        "form": asked.form.code,
        "period": asked.period if asked.form.periods else None,
        "copies": run.order.copies,
        "read_on": asked.day,
        "user_id": run.user_id,
        "recipient": run.order.recipient.strip() or None,
        "basis": run.order.basis.strip() or None,
        "title": title_of(asked)[:240],
        "details": dict(asked.details),
    }
    return [
        line_of(book.stamp, pdf, place=place, folder=folder, student_id=student, data_digest=digest, **common)
        for place, (pdf, (student, digest)) in enumerate(zip(papers, digests_of(book), strict=True), start=1)
    ]


def _read(run: _Run, clock: Clock) -> tuple[Asked, Printable]:
    """The paper as the record stands now; the right is asked for again, for the one who ordered it."""
    session, now = db.session(), clock()
    day = local_day(now)
    actor = who_ordered(session, run.user_id, day, ACCOUNT_CLOSED)
    asked = check_order(session, actor, run.order, day)
    seed, site = run.params.get("seed") or new_seed(), run.params.get("site", "")
    stamp = PrintStamp(now, actor.username, actor.full_name, run.number, run.order.purpose, seed, site)
    return asked, builders.build(session, asked, stamp)


def _settle(run: _Run, home: Path, book: Printable) -> tuple[Printable, dict[str, Any]]:
    """Go on with an earlier run's parts if the record is still what they show; else begin anew, with a new time."""
    timeless = replace(book, stamp=replace(book.stamp, printed_at=datetime.min.replace(tzinfo=UTC)))
    content = hashlib.sha256(repr(timeless).encode()).hexdigest()
    if run.params.get("content") == content:
        earlier = datetime.fromisoformat(run.params["printed_at"])
        return replace(book, stamp=replace(book.stamp, printed_at=earlier)), dict(run.params)
    shutil.rmtree(home, ignore_errors=True)
    return book, {**run.params, "content": content, "printed_at": book.stamp.printed_at.isoformat()}


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing under that name."""
    part = path.with_suffix(f".{secrets.token_hex(4)}")
    part.write_bytes(content)
    part.replace(path)


def _beat(
    run: _Run, clock: Clock, *, done: int, total: int | None = None, params: Mapping[str, Any] | None = None
) -> None:
    """A sign of life with the progress; raises Stopped when the job isn't this run's any more."""
    with plain_write() as session:
        job = hold(session, PrintJob, run.job_id, run.claim)
        job.done, job.beat_at = done, clock()
        if total is not None:
            job.total = total
        if params is not None:
            job.params = dict(params)


def _finish(run: _Run, home: Path, digest: str, lines: Sequence[Document], clock: Clock) -> None:
    with plain_write() as session:
        job, now = hold(session, PrintJob, run.job_id, run.claim), clock()
        session.add_all(lines)
        job.state, job.file, job.digest = JobState.DONE, f"{home.name}/{BOOK_FILE}", digest
        job.finished_at, job.expires_at = now, now + KEEP
        _notify(session, run, "Đã in xong", f"{run.title}. Tệp được giữ {KEEP.days} ngày.", now)


def _fail(run: _Run, home: Path, clock: Clock, message: str, values: Mapping[str, Any] | None = None) -> None:
    """The files first: where the disk is full, the line that says so needs room too."""
    with plain_write() as session:
        try:
            job, now = hold(session, PrintJob, run.job_id, run.claim), clock()
        except Stopped:
            return
        shutil.rmtree(home, ignore_errors=True)
        job.state, job.message, job.finished_at = JobState.FAILED, message[:300], now
        if values:
            job.params = {**job.params, "message": {key: str(value) for key, value in values.items()}}
        _notify(session, run, "Không in được", f"{run.title}. Mở để xem lí do.", now)


def _notify(session: Session, run: _Run, title: str, body: str, now: datetime) -> None:
    tell_orderer(session, run.user_id, title, body, f"/print/jobs/{run.job_id}", now)


def _state_of(job_id: int) -> JobState:
    state = db.session().scalar(sa.select(PrintJob.state).where(PrintJob.id == job_id))
    return JobState(state)


# -- keeping order -----------------------------------------------------------------------------------------------


def forgotten(session: Session, now: datetime) -> list[int]:
    """Prints nobody makes: their wake-up was lost, or their run was killed. Oldest first."""
    return forgotten_of(session, PrintJob, now, SILENT)


def purge(folder: Path, *, clock: Clock) -> int:
    """Remove expired files, and folders of prints that failed, were cancelled or aren't known. Returns how many."""
    return purge_files(PrintJob, folder, clock=clock)
