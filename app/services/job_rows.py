"""Rows of long work, prints and exports alike: who makes one, whether its run still lives, what becomes of its files.

waiting → running → done / failed / cancelled. A row is the truth and a queue only wakes whoever makes it; a run holds its
row by a claim of its own, and one without a sign of life for long enough was killed.
"""

import secrets
import shutil
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Actor
from app.errors import Forbidden
from app.models import Account, ExportJob, Notice, PrintJob
from app.services.actors import actor_for
from app.services.clock import Clock
from app.services.unit_of_work import plain_write

Job = TypeVar("Job", PrintJob, ExportJob)


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


class Stopped(Exception):
    """The job was cancelled, or another run holds it now."""


def claim(
    session: Session,
    kind: type[Job],
    job_id: int,
    now: datetime,
    silent: timedelta,
    most: int,
    too_often: str,
) -> Job | None:
    """The row for a new run; None where nobody needs to make it, or where `most` runs were killed: it has failed then."""
    job = session.get(kind, job_id, with_for_update=True, populate_existing=True)
    if job is None or not _is_free(job, now, silent):
        return None
    if job.attempts >= most:
        job.state, job.message, job.finished_at = JobState.FAILED, too_often, now
        return None
    job.state, job.claim, job.beat_at = JobState.RUNNING, secrets.token_hex(16), now
    job.attempts += 1
    return job


def _is_free(job: PrintJob | ExportJob, now: datetime, silent: timedelta) -> bool:
    if job.state == JobState.RUNNING:
        return job.beat_at is None or now - job.beat_at > silent
    return job.state == JobState.WAITING


def hold(session: Session, kind: type[Job], job_id: int, claimed: str) -> Job:
    """The row of a run, locked. Raises Stopped when it isn't this run's any more."""
    job = session.get_one(kind, job_id, with_for_update=True, populate_existing=True)
    if job.state != JobState.RUNNING or job.claim != claimed:
        raise Stopped
    return job


def who_ordered(session: Session, user_id: int, day: date, closed: str) -> Actor:
    """Who ordered a job, with the rights of that day. Raises Forbidden with `closed` where the account is."""
    account = session.scalars(
        sa.select(Account)
        .where(Account.id == user_id)
        .options(joinedload(Account.unit), joinedload(Account.person))
    ).one()
    if not account.active:
        raise Forbidden(closed)
    return actor_for(session, account, day)


def tell_orderer(session: Session, user_id: int, title: str, body: str, url: str, now: datetime) -> None:
    """A notice, stored in the language of the record and not the reader's."""
    person_id = session.scalar(sa.select(Account.person_id).where(Account.id == user_id))
    if person_id is not None:
        session.add(Notice(person_id=person_id, title=title, body=body, url=url, created_at=now))


def forgotten_of(session: Session, kind: type[Job], now: datetime, silent: timedelta) -> list[int]:
    """Jobs nobody makes: their wake-up was lost, or their run was killed. Oldest first."""
    query = sa.select(kind).where(kind.state.in_((JobState.WAITING, JobState.RUNNING))).order_by(kind.id)
    rows = session.scalars(query.execution_options(populate_existing=True))
    return [row.id for row in rows if now - (row.beat_at or row.created_at) > silent]


def purge_files(kind: type[Job], folder: Path, *, clock: Clock) -> int:
    """Remove expired files, and folders of jobs that failed, were cancelled or aren't known. Returns how many."""
    homes = (
        {int(path.name): path for path in folder.iterdir() if path.name.isdigit()} if folder.is_dir() else {}
    )
    if not homes:
        return 0
    with plain_write() as session:
        now, removed = clock(), 0
        jobs = {job.id: job for job in session.scalars(sa.select(kind).where(kind.id.in_(homes)))}
        for job_id, path in homes.items():
            job = jobs.get(job_id)
            if job is not None and _kept(job, now):
                continue
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
            if job is not None:
                job.file = None
    return removed


def _kept(job: PrintJob | ExportJob, now: datetime) -> bool:
    state = JobState(job.state)
    return not state.over or (state is JobState.DONE and now < job.expires_at)
