"""Long prints: a row of print_job is the truth, a queue only wakes whoever makes it (design §8, stack 5).

waiting → running → done / failed / cancelled. Each part is a file written whole, so a run that was killed is taken up
where it stopped; if the record changed meanwhile it begins anew, for a book never mixes two states of the record.
"""

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
from sqlalchemy.orm import Session, joinedload

from app.errors import N_, Forbidden, HocVuError, Unavailable
from app.extensions import db
from app.models import Account, Document, Notice, PrintJob
from app.reports.contexts import PrintStamp
from app.reports.papers import Paper, Printable, digests_of
from app.services.actors import actor_for
from app.services.clock import Clock, local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.documents.register import line_of, new_seed
from app.services.print_orders import KEEP, JobState, PrintOrder, check_order, title_of
from app.services.unit_of_work import plain_write

log = logging.getLogger(__name__)

SILENT: Final = timedelta(seconds=30)
"""A run without a sign of life for this long was killed; a part takes about a second."""
MAX_ATTEMPTS: Final = 5
BOOK_FILE: Final = "book.pdf"
PAPERS: Final = "documents"
"""Folder beside that of the jobs, where the papers that stay are kept."""

BROKEN = N_("This could not be printed. The administrator finds the reason in the log.")
TOO_OFTEN = N_(
    "The print was interrupted too often. Start it again; if it stops again, tell the administrator."
)
ACCOUNT_CLOSED = N_("The account that asked for this print is closed.")


class _Stopped(Exception):
    """The job was cancelled, or another run holds it now."""


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


def run_job(job_id: int, folder: Path, *, clock: Clock) -> None:
    """Make a job, or go on with one whose run was killed. Nothing happens to one that is over or being made.

    Refusals and failures are told on the job; when the database can't be written the job is left for a later run.
    """
    run = _claim(job_id, clock)
    if run is None:
        return
    home = folder / str(job_id)
    try:
        _make(run, home, clock)
    except _Stopped:
        if _state_of(job_id) is JobState.CANCELLED:
            shutil.rmtree(home, ignore_errors=True)
    except Unavailable:
        log.warning("print job %s waits for the database", job_id)
    except HocVuError as error:
        _fail(run, home, clock, error.message, error.params)
    except Exception:
        log.exception("print job %s failed", job_id)
        _fail(run, home, clock, BROKEN)


def _claim(job_id: int, clock: Clock) -> _Run | None:
    with plain_write() as session:
        job = session.get(PrintJob, job_id, with_for_update=True, populate_existing=True)
        now = clock()
        if job is None or not _is_free(job, now):
            return None
        if job.attempts >= MAX_ATTEMPTS:
            job.state, job.message, job.finished_at = JobState.FAILED, TOO_OFTEN, now
            return None
        job.state, job.claim, job.beat_at = JobState.RUNNING, secrets.token_hex(16), now
        job.attempts += 1
        order = PrintOrder.of(job.params)
        return _Run(job.id, job.claim, order, job.params["number"], job.user_id, job.title, dict(job.params))


def _is_free(job: PrintJob, now: datetime) -> bool:
    if job.state == JobState.RUNNING:
        return job.beat_at is None or now - job.beat_at > SILENT
    return job.state == JobState.WAITING


def _make(run: _Run, home: Path, clock: Clock) -> None:
    """Read the record once, draw what isn't drawn yet, put it together."""
    from app.reports import drawing

    asked, book = _read(run, clock)
    book, kept = _settle(run, home, book)
    parts = list(drawing.parts_of(book))
    paths = [home / f"{number:03d}.pdf" for number in range(1, len(parts) + 1)]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _beat(run, clock, done=sum(path.exists() for path in paths), total=len(paths), params=kept)
    for number, (path, (_part, draw)) in enumerate(zip(paths, parts, strict=True), start=1):
        if not path.exists():
            _write(path, draw())
            _beat(run, clock, done=number)
    drawn = [path.read_bytes() for path in paths]
    whole = drawing.file_of(book, [title for title, _draw in parts], drawn)
    _write(home / BOOK_FILE, whole)
    papers = drawn if isinstance(book, Paper) and book.apart else [whole]
    lines = _lines(run, asked, book, papers, home.parent.parent / PAPERS)
    _finish(run, home, hashlib.sha256(whole).hexdigest(), lines, clock)
    for path in paths:
        path.unlink(missing_ok=True)


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
    }
    return [
        line_of(book.stamp, pdf, place=place, folder=folder, student_id=student, data_digest=digest, **common)
        for place, (pdf, (student, digest)) in enumerate(zip(papers, digests_of(book), strict=True), start=1)
    ]


def _read(run: _Run, clock: Clock) -> tuple[Asked, Printable]:
    """The paper as the record stands now; the right is asked for again, for the one who ordered it."""
    session, now = db.session(), clock()
    account = session.scalars(
        sa.select(Account)
        .where(Account.id == run.user_id)
        .options(joinedload(Account.unit), joinedload(Account.person))
    ).one()
    if not account.active:
        raise Forbidden(ACCOUNT_CLOSED)
    day = local_day(now)
    actor = actor_for(session, account, day)
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
    """A sign of life with the progress; raises _Stopped when the job isn't this run's any more."""
    with plain_write() as session:
        job = _held(session, run)
        job.done, job.beat_at = done, clock()
        if total is not None:
            job.total = total
        if params is not None:
            job.params = dict(params)


def _held(session: Session, run: _Run) -> PrintJob:
    job = session.get_one(PrintJob, run.job_id, with_for_update=True, populate_existing=True)
    if job.state != JobState.RUNNING or job.claim != run.claim:
        raise _Stopped
    return job


def _finish(run: _Run, home: Path, digest: str, lines: Sequence[Document], clock: Clock) -> None:
    with plain_write() as session:
        job, now = _held(session, run), clock()
        session.add_all(lines)
        job.state, job.file, job.digest = JobState.DONE, f"{home.name}/{BOOK_FILE}", digest
        job.finished_at, job.expires_at = now, now + KEEP
        _notify(session, run, "Đã in xong", f"{run.title}. Tệp được giữ {KEEP.days} ngày.", now)


def _fail(run: _Run, home: Path, clock: Clock, message: str, values: Mapping[str, Any] | None = None) -> None:
    with plain_write() as session:
        try:
            job, now = _held(session, run), clock()
        except _Stopped:
            return
        job.state, job.message, job.finished_at = JobState.FAILED, message[:300], now
        if values:
            job.params = {**job.params, "message": {key: str(value) for key, value in values.items()}}
        _notify(session, run, "Không in được", f"{run.title}. Mở để xem lí do.", now)
    shutil.rmtree(home, ignore_errors=True)


def _notify(session: Session, run: _Run, title: str, body: str, now: datetime) -> None:
    """A notice is stored in the language of the record, not the reader's."""
    person_id = session.scalar(sa.select(Account.person_id).where(Account.id == run.user_id))
    if person_id is not None:
        url = f"/print/jobs/{run.job_id}"
        session.add(Notice(person_id=person_id, title=title, body=body, url=url, created_at=now))


def _state_of(job_id: int) -> JobState:
    state = db.session().scalar(sa.select(PrintJob.state).where(PrintJob.id == job_id))
    return JobState(state)


# -- keeping order -----------------------------------------------------------------------------------------------


def forgotten(session: Session, now: datetime) -> list[int]:
    """Jobs nobody makes: their wake-up was lost, or their run was killed. Oldest first."""
    query = (
        sa.select(PrintJob)
        .where(PrintJob.state.in_((JobState.WAITING, JobState.RUNNING)))
        .order_by(PrintJob.id)
    )
    rows = session.scalars(query.execution_options(populate_existing=True))
    return [row.id for row in rows if now - (row.beat_at or row.created_at) > SILENT]


def purge(folder: Path, *, clock: Clock) -> int:
    """Remove expired files, and folders of jobs that failed, were cancelled or aren't known. Returns how many."""
    homes = (
        {int(path.name): path for path in folder.iterdir() if path.name.isdigit()} if folder.is_dir() else {}
    )
    if not homes:
        return 0
    with plain_write() as session:
        now, removed = clock(), 0
        jobs = {job.id: job for job in session.scalars(sa.select(PrintJob).where(PrintJob.id.in_(homes)))}
        for job_id, path in homes.items():
            job = jobs.get(job_id)
            if job is not None and _kept(job, now):
                continue
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
            if job is not None:
                job.file = None
    return removed


def _kept(job: PrintJob, now: datetime) -> bool:
    state = JobState(job.state)
    return not state.over or (state is JobState.DONE and now < job.expires_at)
