"""Long prints: a row of print_job is the truth, a queue only wakes whoever makes it (design §8, stack 5).

waiting → running → done / failed / cancelled. Each part is a file written whole, so a run that was killed is taken up
where it stopped; if the record changed meanwhile it begins anew, for a book never mixes two states of the record.
"""

import hashlib
import logging
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Actor
from app.errors import N_, Forbidden, HocVuError, Invalid, NotFound, Unavailable
from app.extensions import db
from app.models import Account, Notice, PrintJob
from app.reports.contexts import ClassBook, PrintPurpose, PrintStamp
from app.services import scope
from app.services.actors import actor_for
from app.services.clock import Clock, local_day
from app.services.printing import hold_number, next_number, number_label, printable_class, read_class_book
from app.services.unit_of_work import plain_write, record_event, transaction

log = logging.getLogger(__name__)

CLASS_BOOK: Final = "class_book"
KEEP: Final = timedelta(days=7)
"""How long a finished file can be fetched."""
SILENT: Final = timedelta(seconds=30)
"""A run without a sign of life for this long was killed; a part takes about a second."""
MAX_ATTEMPTS: Final = 5
BOOK_FILE: Final = "book.pdf"

CHOOSE_CLASS = N_("Choose the class whose book is printed.")
CHOOSE_TERM = N_("Choose term I, term II or the whole year.")
CHOOSE_PURPOSE = N_("Choose what the book is printed for.")
BROKEN = N_("This could not be printed. The administrator finds the reason in the log.")
TOO_OFTEN = N_(
    "The print was interrupted too often. Start it again; if it stops again, tell the administrator."
)
NOT_KEPT = N_("This print is not kept any more, or not ready yet. Open its page, or start it again.")
ACCOUNT_CLOSED = N_("The account that asked for this print is closed.")


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """True when nothing more happens."""
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True)
class BookOrder:
    """Which book is wanted: a class, one term or both, and what for."""

    class_id: int
    term: int | None = None  # None: the whole year
    purpose: PrintPurpose = PrintPurpose.REGULAR

    @property
    def terms(self) -> tuple[int, ...]:
        """The terms to print."""
        return (1, 2) if self.term is None else (self.term,)


class _Stopped(Exception):
    """The job was cancelled, or another run holds it now."""


# -- what people do ----------------------------------------------------------------------------------------------


def create_job(actor: Actor, order: BookOrder, *, clock: Clock) -> int:
    """Ask for a class book; asking again while it is being made returns the same job. Returns the job's id.

    Raises NotFound, Forbidden, Invalid as `printable_class` does; Invalid for a term that doesn't exist.
    """
    if order.term not in (None, 1, 2):
        raise Invalid(CHOOSE_TERM)
    with transaction(actor, "print.class_book", clock=clock) as work:
        hold_number(work)
        found = printable_class(work.session, actor, order.class_id, local_day(work.now))
        wanted = {"class_id": order.class_id, "term": order.term, "purpose": order.purpose.value}
        running = _same(work.session, actor, wanted)
        if running is not None:
            return running
        number = next_number(work)
        label = number_label(number, work.now)
        job = PrintJob(
            user_id=actor.user_id,
            unit_id=found.unit_id,
            form=CLASS_BOOK,
            title=_title(found.name, order.term, found.school_year.label),
            params={**wanted, "number": number, "label": label},
            state=JobState.WAITING,
            created_at=work.now,
            expires_at=work.now + KEEP,
        )
        work.session.add(job)
        work.flush()
        work.audit("print.class_book", target=job, number=label, class_id=order.class_id)
        return job.id


def _same(session: Session, actor: Actor, wanted: Mapping[str, Any]) -> int | None:
    """An unfinished job of the actor for the same book: a second click is no second book."""
    query = sa.select(PrintJob).where(
        PrintJob.user_id == actor.user_id, PrintJob.state.in_((JobState.WAITING, JobState.RUNNING))
    )
    rows = session.scalars(query)
    return next(
        (row.id for row in rows if all(row.params.get(key) == value for key, value in wanted.items())), None
    )


def _title(class_name: str, term: int | None, year: str) -> str:
    """Stored as it is told in notices, in Vietnamese."""
    part = {None: "cả năm", 1: "học kì I", 2: "học kì II"}[term]
    return f"Sổ theo dõi và đánh giá học sinh lớp {class_name}, {part}, {year}"


def my_jobs(session: Session, actor: Actor, limit: int = 20) -> list[PrintJob]:
    """The actor's jobs, newest first."""
    query = sa.select(PrintJob).where(PrintJob.user_id == actor.user_id)
    return list(session.scalars(query.order_by(PrintJob.id.desc()).limit(limit)))


def cancel_job(actor: Actor, job_id: int, *, clock: Clock) -> None:
    """Stop a job that isn't over; a run notices before its next part. Invalid for one that is over."""
    with plain_write() as session:
        now = clock()
        job = scope.get(session, actor, PrintJob, job_id, local_day(now))
        session.refresh(job, with_for_update=True)
        if JobState(job.state).over:
            raise Invalid(N_("This print is over; there is nothing to stop."))
        job.state, job.finished_at = JobState.CANCELLED, now


def fetch_file(actor: Actor, job_id: int, folder: Path, *, clock: Clock) -> tuple[bytes, str]:
    """The finished book and its name; the right is asked for again, and the fetching recorded.

    Raises NotFound for another's job, one that isn't done and one that is expired; Forbidden when the right is gone.
    """
    now, session = clock(), db.session()
    job = scope.get(session, actor, PrintJob, job_id, local_day(now))
    if job.state != JobState.DONE or not job.file or now >= job.expires_at:
        raise NotFound(NOT_KEPT)
    printable_class(session, actor, int(job.params["class_id"]), local_day(now))
    path = folder / job.file
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != job.digest:
        log.error("the file of print job %s is missing or not the one that was made", job_id)
        raise NotFound(NOT_KEPT)
    name, label = job.title.replace("/", "-"), job.params["label"]
    record_event(actor, "print.download", clock=clock, target=job, number=label)
    return content, name


# -- what the worker does ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """One try at a job: what it needs to know, without the database."""

    job_id: int
    claim: str
    order: BookOrder
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
        order = BookOrder(job.params["class_id"], job.params["term"], PrintPurpose(job.params["purpose"]))
        return _Run(job.id, job.claim, order, job.params["number"], job.user_id, job.title, dict(job.params))


def _is_free(job: PrintJob, now: datetime) -> bool:
    if job.state == JobState.RUNNING:
        return job.beat_at is None or now - job.beat_at > SILENT
    return job.state == JobState.WAITING


def _make(run: _Run, home: Path, clock: Clock) -> None:
    """Read the class once, draw what isn't drawn yet, put it together."""
    from app.reports import forms

    book = _read(run, clock)
    book, kept = _settle(run, home, book)
    parts = list(forms.class_book_parts(book))
    paths = [home / f"{number:02d}.pdf" for number in range(1, len(parts) + 1)]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _beat(run, clock, done=sum(path.exists() for path in paths), total=len(paths), params=kept)
    for number, (path, (_part, draw)) in enumerate(zip(paths, parts, strict=True), start=1):
        if not path.exists():
            _write(path, draw())
            _beat(run, clock, done=number)
    whole = forms.class_book_file(
        book, [title for title, _draw in parts], [path.read_bytes() for path in paths]
    )
    _write(home / BOOK_FILE, whole)
    _finish(run, home, hashlib.sha256(whole).hexdigest(), clock)
    for path in paths:
        path.unlink(missing_ok=True)


def _read(run: _Run, clock: Clock) -> ClassBook:
    """The book as the record stands now; the right is asked for again, for the one who ordered it."""
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
    found = printable_class(session, actor, run.order.class_id, day)
    stamp = PrintStamp(now, actor.username, actor.full_name, run.number, run.order.purpose)
    return read_class_book(session, found, run.order.terms, stamp, day)


def _settle(run: _Run, home: Path, book: ClassBook) -> tuple[ClassBook, dict[str, Any]]:
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


def _finish(run: _Run, home: Path, digest: str, clock: Clock) -> None:
    with plain_write() as session:
        job, now = _held(session, run), clock()
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
