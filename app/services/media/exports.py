"""Ordering a large file: an image of a school's sealed bundles, a collection of those below, a hand-over; and fetching it."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.media import ExportKind, ImageFormat
from app.errors import N_, Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import ExportJob, OrgUnit, SchoolYear
from app.services import scope
from app.services.archive.places import file_digest
from app.services.archive.runs import demand_passphrase
from app.services.clock import Clock, local_day
from app.services.job_rows import JobState
from app.services.media.images import TERMS
from app.services.rights import demand
from app.services.unit_of_work import Work, plain_write, record_event, transaction

FOLDER: Final = "exports"
KEPT_FOR_WORKER: Final = "order.txt"
"""File in the folder of a hand-over's job, gone when it is over: never in the database, never in a backup."""
KEEP: Final = timedelta(days=7)
MOST_SCHOOLS: Final = 200
RIGHTS: Final = {
    ExportKind.IMAGE: Action.BUNDLE_EXPORT,
    ExportKind.COLLECTION: Action.MEDIUM_KEEP,
    ExportKind.HANDOVER: Action.HANDOVER_ORDER,
}
"""What whoever fetches a file or stops a job must be allowed to do in its unit."""

CHOOSE_SCHOOLS: Final = N_("Choose the schools whose bundles are collected, %(n)s at most at a time.")
CHOOSE_FORMAT: Final = N_("Choose a disc image or a ZIP file.")
CHOOSE_PERIOD: Final = N_("Choose term I, term II or the whole year.")
ONLY_SCHOOLS: Final = N_("Only schools have sealed bundles.")
IS_OVER: Final = N_("This job is over; there is nothing to stop.")
NOT_READY: Final = N_("This file is not kept any more, or not ready yet. Order it again.")
ANOTHER: Final = N_(
    "The file is not the one that was made. Order it again, and tell the server's administrator."
)


def folder_of(instance: Path) -> Path:
    """Where the files lie until they expire."""
    return instance / FOLDER


def order_image(actor: Actor, year_id: int, term: int, image: str, *, clock: Clock) -> int:
    """An image of the own school's bundles of a year or term; returns the job's id.

    Raises Forbidden, NotFound for a year out of reach, Invalid for what was not chosen.
    """
    with transaction(actor, "bundle.export", clock=clock) as work:
        demand(actor, Action.BUNDLE_EXPORT, actor.unit_id)
        unit = scope.get(work.session, actor, OrgUnit, actor.unit_id, local_day(work.now))
        if not unit.kind.is_school:
            raise Invalid(ONLY_SCHOOLS)
        params = {"format": _format(image), "units": [unit.id]}
        return _order(work, ExportKind.IMAGE, year_id, term, unit.short_name, params)


def order_collection(
    actor: Actor, units: Sequence[int], year_id: int, term: int, image: str, *, clock: Clock
) -> int:
    """The bundles of schools below in one file (S4 Điều 20 khoản 3); returns the job's id.

    Raises NotFound where a school is out of reach, Forbidden, Invalid for what was not chosen.
    """
    wanted = sorted(set(units))
    if not 0 < len(wanted) <= MOST_SCHOOLS:
        raise Invalid(CHOOSE_SCHOOLS, n=MOST_SCHOOLS)
    with transaction(actor, "bundle.collect", clock=clock) as work:
        query = scope.scoped(actor, OrgUnit, local_day(work.now)).where(OrgUnit.id.in_(wanted))
        schools = work.session.scalars(query).all()
        if len(schools) != len(wanted):
            raise NotFound
        for school in schools:
            demand(actor, Action.BUNDLE_COLLECT, school.id)
            if not school.kind.is_school:
                raise Invalid(ONLY_SCHOOLS)
        whose = schools[0].short_name if len(schools) == 1 else f"{len(schools)} trường"
        params = {"format": _format(image), "units": wanted}
        return _order(work, ExportKind.COLLECTION, year_id, term, whose, params)


def order_handover(actor: Actor, passphrase: str, instance: Path, *, clock: Clock) -> int:
    """The whole data of the own school (S4 Điều 12 khoản 9), encrypted where a passphrase is given; the job's id.

    Raises Forbidden, Invalid for a passphrase that is too short.
    """
    if passphrase:
        demand_passphrase(passphrase)
    with transaction(actor, "handover.order", clock=clock) as work:
        demand(actor, Action.HANDOVER_ORDER, actor.unit_id)
        unit = scope.get(work.session, actor, OrgUnit, actor.unit_id, local_day(work.now))
        job = _job(
            work, ExportKind.HANDOVER, f"Bàn giao dữ liệu {unit.short_name}", {"encrypted": bool(passphrase)}
        )
        if passphrase:
            _leave(folder_of(instance) / str(job.id), passphrase)
        return job.id


def _leave(home: Path, passphrase: str) -> None:
    """For the worker, which is another process; readable by the service's account only."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / KEPT_FOR_WORKER
    path.touch(mode=0o600)
    path.write_text(passphrase, encoding="utf-8")


def _format(text: str) -> str:
    if text not in list(ImageFormat):
        raise Invalid(CHOOSE_FORMAT)
    return text


def _order(work: Work, kind: ExportKind, year_id: int, term: int, whose: str, params: dict[str, Any]) -> int:
    year = scope.get(work.session, work.actor, SchoolYear, year_id, local_day(work.now))
    if term not in TERMS:
        raise Invalid(CHOOSE_PERIOD)
    title = f"Gói niêm phong {whose}, {TERMS[term]}, {year.label}"
    return _job(work, kind, title, params, school_year_id=year.id, term=term).id


def _job(work: Work, kind: ExportKind, title: str, params: dict[str, Any], **more: Any) -> ExportJob:
    job = ExportJob(
        kind=kind,
        unit_id=work.actor.unit_id,
        user_id=work.actor.user_id,
        title=title[:240],
        params=params,
        state=JobState.WAITING,
        created_at=work.now,
        expires_at=work.now + KEEP,
        **more,
    )
    work.session.add(job)
    work.flush()
    told = {name: value for name, value in params.items() if name != "units"}
    work.audit(f"export.{kind}", target=job, term=job.term, schools=len(params.get("units", ())), **told)
    return job


# -- afterwards --------------------------------------------------------------------------------------------------


def jobs_of(
    session: Session, actor: Actor, kinds: Sequence[ExportKind], limit: int = 10
) -> Sequence[ExportJob]:
    """The newest jobs of the actor's unit; one statement."""
    query = sa.select(ExportJob).where(ExportJob.unit_id == actor.unit_id, ExportJob.kind.in_(kinds))
    query = query.options(joinedload(ExportJob.user), joinedload(ExportJob.school_year))
    return session.scalars(query.order_by(ExportJob.id.desc()).limit(limit)).all()


def load_job(session: Session, actor: Actor, job_id: int, day: date) -> ExportJob:
    """A job within reach. Raises NotFound, Forbidden."""
    job = scope.get(session, actor, ExportJob, job_id, day)
    demand(actor, RIGHTS[job.kind], job.unit_id)
    return job


def cancel(actor: Actor, job_id: int, *, clock: Clock) -> None:
    """Stop a job; its run notices before the next bundle. Raises NotFound, Forbidden, Invalid for one that is over."""
    with plain_write() as session:
        now = clock()
        job = load_job(session, actor, job_id, local_day(now))
        session.refresh(job, with_for_update=True)
        if JobState(job.state).over:
            raise Invalid(IS_OVER)
        job.state, job.finished_at = JobState.CANCELLED, now


def fetch(actor: Actor, job_id: int, instance: Path, *, clock: Clock) -> Path:
    """Where the finished file lies; written down. It is compared with what was made first.

    Raises NotFound out of reach or where it is not kept, Forbidden; Invalid where it isn't the one that was made.
    """
    now = clock()
    job = load_job(db.session(), actor, job_id, local_day(now))
    path = folder_of(instance) / str(job.id) / job.file if job.file else None
    if job.state != JobState.DONE or path is None or now >= job.expires_at or not path.is_file():
        raise NotFound(NOT_READY)
    if file_digest(path) != job.digest:
        raise Invalid(ANOTHER)
    if job.kind is ExportKind.HANDOVER and job.user_id != actor.user_id:
        raise Forbidden(N_("Only whoever ordered a hand-over fetches it."))
    record_event(actor, f"export.{job.kind}.fetch", clock=clock, target=job, digest=job.digest)
    return path
