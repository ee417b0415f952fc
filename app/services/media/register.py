"""The register of archive media (S3 mục 3): what was written onto what, where it lies, who keeps and who checks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target, may
from app.domain.assessment.facts import YEAR
from app.domain.media import Copy, ExportKind, MediumEnd, MediumKind, missing_of, next_serial
from app.domain.vocabulary import Role
from app.errors import N_, Invalid
from app.extensions import db
from app.models import ArchiveMedium, ExportJob, MediumCheck, OrgUnit, Person, Position, SealedBundle
from app.models.base import in_force
from app.services import scope
from app.services.archive.installation import homes
from app.services.archive.places import second_copy
from app.services.clock import Clock, local_day
from app.services.job_rows import JobState
from app.services.rights import demand, unit_for
from app.services.unit_of_work import Work, transaction

PAGE: Final = 50
LEADERS: Final = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.DEPARTMENT_LEADER, Role.DISTRICT_LEADER)
FAMILY: Final = (Role.PARENT, Role.STUDENT)

CHOOSE_IMAGE: Final = N_("Choose the image that was written onto the medium.")
CHOOSE_KIND: Final = N_("Choose DVD, USB or external disk.")
CHOOSE_KEEPER: Final = N_("Choose who keeps the medium, of the people who work here.")
CHOOSE_CHECKER: Final = N_("Choose the leader who checks the medium.")
NEEDS_PLACE: Final = N_("Say where the medium is kept.")
NEEDS_SERIAL: Final = N_("Give the medium a serial number.")
TAKEN: Final = N_("A medium with the number %(serial)s is in the register already.")
UNKNOWN_FOLDER: Final = N_(
    "This folder is not one of those the server's administrator has set up for archive media."
)
NO_FOLDER: Final = N_("The folder %(name)s can't be read now: the disk is not there. Connect it first.")
NEEDS_REASON: Final = N_("Say how and by which decision or record.")
CHOOSE_END: Final = N_("Choose whether the medium was lost or destroyed.")
HAS_ENDED: Final = N_("This medium is no longer in use: its line stays as it is.")


@dataclass(frozen=True)
class Line:
    """A medium with the last look at it, whether it counts, and how many bundles of its time are not on it."""

    medium: ArchiveMedium
    check: MediumCheck | None
    copy: Copy
    lacking: int

    @property
    def counts(self) -> bool:
        """Whether it is one of the copies a year needs."""
        return self.copy.counts


@dataclass(frozen=True)
class Register:
    """The media of a unit in a year, newest first; `missing`: which of the needed copies there are not."""

    unit: OrgUnit
    lines: Sequence[Line]
    missing: tuple[str, ...]
    has_next: bool

    @property
    def counted(self) -> int:
        """How many of the media count."""
        return sum(line.counts for line in self.lines)


def load_register(
    session: Session, actor: Actor, unit_id: int, year_id: int, day: date, page: int = 1
) -> Register:
    """The register of a unit in a year; a handful of statements. Raises NotFound, Forbidden."""
    unit = unit_for(session, actor, Action.MEDIUM_VIEW, unit_id, day)
    query = (
        sa.select(ArchiveMedium)
        .where(ArchiveMedium.unit_id == unit.id, ArchiveMedium.school_year_id == year_id)
        .options(joinedload(ArchiveMedium.keeper), joinedload(ArchiveMedium.checker))
        .order_by(ArchiveMedium.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows = session.scalars(query).all()
    lines = _lines(session, unit, year_id, rows[:PAGE])
    return Register(unit, lines, missing_of(line.copy for line in lines), len(rows) > PAGE)


def _lines(session: Session, unit: OrgUnit, year_id: int, rows: Sequence[ArchiveMedium]) -> list[Line]:
    checks = newest_checks(session, [row.id for row in rows])
    lacking = _lacking(session, unit, year_id, rows)
    return [
        Line(row, check := checks.get(row.id), _copy(row, check, lacking[row.id]), lacking[row.id])
        for row in rows
    ]


def _copy(row: ArchiveMedium, check: MediumCheck | None, lacking: int) -> Copy:
    """A medium holds the year where it was made of the whole year and lacks no bundle; unread it is only a promise."""
    whole = row.term == YEAR and lacking == 0
    return Copy(
        row.kind, row.ended_at is not None, row.on_own_disk, whole, check is not None and not check.faults
    )


def _lacking(session: Session, unit: OrgUnit, year_id: int, rows: Sequence[ArchiveMedium]) -> dict[int, int]:
    """How many bundles are not on each medium: sealed after its image was made, or left out of it; two statements.

    Of an office's collection only the schools in it are asked for.
    """
    if not rows:
        return {}
    wanted = sa.select(ExportJob).where(ExportJob.id.in_({row.job_id for row in rows}))
    jobs = {job.id: job for job in session.scalars(wanted)}
    counts, schools = [], set[int]()
    for row in rows:
        units = jobs[row.job_id].params.get("units") or [unit.id]
        schools.update(units)
        newer = sa.and_(SealedBundle.unit_id.in_(units), SealedBundle.id > row.newest_bundle)
        if row.term != YEAR:
            newer = sa.and_(newer, SealedBundle.term == row.term)
        counts.append(sa.func.coalesce(sa.func.sum(sa.case((newer, 1), else_=0)), 0))
    query = sa.select(*counts).where(
        SealedBundle.unit_id.in_(schools),
        SealedBundle.school_year_id == year_id,
        SealedBundle.id > min(row.newest_bundle for row in rows),
    )
    found = session.execute(query).one()
    return {
        row.id: int(newer) + len(jobs[row.job_id].result.get("left_out", ()))
        for row, newer in zip(rows, found, strict=True)
    }


def newest_checks(session: Session, ids: Sequence[int]) -> dict[int, MediumCheck]:
    """The last look at each medium; one statement."""
    last = (
        sa.select(sa.func.max(MediumCheck.id))
        .where(MediumCheck.medium_id.in_(ids))
        .group_by(MediumCheck.medium_id)
    )
    query = sa.select(MediumCheck).where(MediumCheck.id.in_(last)).options(joinedload(MediumCheck.user))
    return {row.medium_id: row for row in session.scalars(query)}


@dataclass(frozen=True)
class Page:
    """A medium with every look at it, newest first."""

    medium: ArchiveMedium
    line: Line
    checks: Sequence[MediumCheck]


def load_medium(session: Session, actor: Actor, medium_id: int, day: date) -> Page:
    """A medium. Raises NotFound out of reach, Forbidden."""
    row = medium_for(session, actor, medium_id, day)
    demand(actor, Action.MEDIUM_VIEW, row.unit_id)
    checks = session.scalars(
        sa.select(MediumCheck)
        .where(MediumCheck.medium_id == row.id)
        .options(joinedload(MediumCheck.user))
        .order_by(MediumCheck.id.desc())
        .limit(PAGE)
    ).all()
    (line,) = _lines(session, row.unit, row.school_year_id, [row])
    return Page(row, line, checks)


def medium_for(
    session: Session, actor: Actor, medium_id: int, day: date, *, hold: bool = False
) -> ArchiveMedium:
    """The medium within reach."""
    return scope.get(session, actor, ArchiveMedium, medium_id, day, hold=hold)


def may_check(actor: Actor, row: ArchiveMedium) -> bool:
    """Whether the actor is the leader assigned to look at it (S3 mục 3)."""
    return may(actor, Action.MEDIUM_CHECK, target_of(actor, row))


def target_of(actor: Actor, row: ArchiveMedium) -> Target:
    """What the right to check a medium depends on."""
    assigned = actor.person_id is not None and actor.person_id == row.checker_id
    return Target(unit=actor.relation_to(row.unit_id), assigned=assigned)


# -- keeping it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """Who may keep media here, and which leaders may be assigned to check them: id and name."""

    keepers: Sequence[Any]
    leaders: Sequence[Any]


def people_of(session: Session, unit_id: int, day: date) -> People:
    """Of one unit on a day; one statement."""
    query = (
        sa.select(Person.id, Person.full_name, Position.title, Position.role)
        .join(Position, Position.person_id == Person.id)
        .where(Position.unit_id == unit_id, in_force(Position, day), Position.role.not_in(FAMILY))
        .order_by(Person.sort_key, Position.id)
    )
    rows = session.execute(query).all()
    keepers = {row.id: row for row in rows}
    return People(list(keepers.values()), list({r.id: r for r in rows if r.role in LEADERS}.values()))


def images_for(session: Session, actor: Actor, year_id: int) -> Sequence[ExportJob]:
    """The finished images of the actor's unit and year, newest first, to be chosen from; their files may be gone by now."""
    query = sa.select(ExportJob).where(
        ExportJob.unit_id == actor.unit_id,
        ExportJob.school_year_id == year_id,
        ExportJob.kind.in_((ExportKind.IMAGE, ExportKind.COLLECTION)),
        ExportJob.state == JobState.DONE,
    )
    return session.scalars(query.order_by(ExportJob.id.desc()).limit(PAGE)).all()


def proposed_serials(session: Session, unit_id: int, year: int) -> Mapping[MediumKind, str]:
    """The next number of each kind; one statement."""
    taken = session.scalars(sa.select(ArchiveMedium.serial).where(ArchiveMedium.unit_id == unit_id)).all()
    return {kind: next_serial(kind, year, taken) for kind in MediumKind}


@dataclass(frozen=True)
class Given:
    """What is written into the register about a medium; nothing yet where nobody has typed."""

    job_id: int = 0
    kind: str = ""
    serial: str = ""
    seal_number: str = ""
    place: str = ""
    keeper_id: int = 0
    checker_id: int = 0
    folder: str = ""


def add(actor: Actor, given: Given, folders: Sequence[Path], instance: Path, *, clock: Clock) -> int:
    """Write a new medium into the register; returns its id. `folders`: where media are mounted on this server.

    Raises Forbidden, NotFound for another's image, Invalid for what is missing or taken.
    """
    with transaction(actor, "medium.add", clock=clock) as work:
        demand(actor, Action.MEDIUM_KEEP, actor.unit_id)
        day = local_day(work.now)
        job = scope.get(work.session, actor, ExportJob, given.job_id, day)
        if job.unit_id != actor.unit_id or job.state != JobState.DONE or "list_digest" not in job.result:
            raise Invalid(CHOOSE_IMAGE)
        if given.kind not in list(MediumKind):
            raise Invalid(CHOOSE_KIND)
        own_disk = lies_with_the_data(given.folder, folders, instance) if given.folder else False
        serial = _free_serial(work, given.serial)
        _demand_people(work, given.keeper_id, given.checker_id, day)
        row = ArchiveMedium(
            unit_id=actor.unit_id,
            school_year_id=job.school_year_id,
            term=job.term,
            job_id=job.id,
            kind=MediumKind(given.kind),
            serial=serial,
            seal_number=given.seal_number.strip()[:40] or None,
            place=_place(given.place),
            folder=given.folder or None,
            on_own_disk=own_disk,
            keeper_id=given.keeper_id,
            checker_id=given.checker_id,
            bundles=job.result["bundles"],
            newest_bundle=job.result["newest"],
            digest=job.result["list_digest"],
            made_at=work.now,
            user_id=actor.user_id,
        )
        work.session.add(row)
        work.flush()
        work.audit("medium.add", target=row, serial=serial, digest=row.digest, counts=not own_disk)
        return row.id


def lies_with_the_data(folder: str, folders: Sequence[Path], instance: Path) -> bool:
    """Whether a folder of this server lies on the disk of the data: no second copy then (S3 mục 3).

    Raises Invalid for a folder that was not set up for media, and for one that is not there now.
    """
    path = Path(folder)
    if path not in folders:
        raise Invalid(UNKNOWN_FOLDER)
    if not path.is_dir():
        raise Invalid(NO_FOLDER, name=path.name)
    return not second_copy(path, *homes(instance, db.session().connection()))


def _free_serial(work: Work, given: str) -> str:
    serial = given.strip()[:40]
    if not serial:
        raise Invalid(NEEDS_SERIAL)
    query = sa.select(ArchiveMedium.id).where(
        ArchiveMedium.unit_id == work.actor.unit_id, ArchiveMedium.serial == serial
    )
    if work.session.scalar(query) is not None:
        raise Invalid(TAKEN, serial=serial)
    return serial


def _place(text: str) -> str:
    if not text.strip():
        raise Invalid(NEEDS_PLACE)
    return text.strip()[:200]


def _demand_people(work: Work, keeper_id: int, checker_id: int, day: date) -> None:
    people = people_of(work.session, work.actor.unit_id or 0, day)
    if keeper_id not in {row.id for row in people.keepers}:
        raise Invalid(CHOOSE_KEEPER)
    if checker_id not in {row.id for row in people.leaders}:
        raise Invalid(CHOOSE_CHECKER)


def change(
    actor: Actor,
    medium_id: int,
    place: str,
    seal_number: str,
    keeper_id: int,
    checker_id: int,
    *,
    clock: Clock,
) -> None:
    """Note that a medium has moved, was sealed anew or is in other hands; what stood there before stays in the history.

    Raises NotFound, Forbidden, Invalid.
    """
    with transaction(actor, "medium.change", clock=clock) as work:
        day = local_day(work.now)
        row = medium_for(work.session, actor, medium_id, day, hold=True)
        demand(actor, Action.MEDIUM_KEEP, row.unit_id)
        _demand_in_use(row)
        _demand_people(work, keeper_id, checker_id, day)
        before = {
            "place": row.place,
            "seal_number": row.seal_number,
            "keeper_id": row.keeper_id,
            "checker_id": row.checker_id,
        }
        row.place, row.seal_number = _place(place), seal_number.strip()[:40] or None
        row.keeper_id, row.checker_id = keeper_id, checker_id
        work.audit("medium.change", target=row, serial=row.serial, before=before)


def end(actor: Actor, medium_id: int, how: str, reason: str, *, clock: Clock) -> None:
    """A medium was lost or destroyed: it counts no more, and its line stays for ever.

    Raises NotFound, Forbidden, Invalid without a reason or for one that has ended.
    """
    with transaction(actor, "medium.end", clock=clock, reason=reason.strip()[:300] or None) as work:
        row = medium_for(work.session, actor, medium_id, local_day(work.now), hold=True)
        demand(actor, Action.MEDIUM_KEEP, row.unit_id)
        _demand_in_use(row)
        if how not in list(MediumEnd):
            raise Invalid(CHOOSE_END)
        if not reason.strip():
            raise Invalid(NEEDS_REASON)
        row.ended_at, row.ended_as = work.now, MediumEnd(how)
        row.ended_reason, row.ended_by_id = reason.strip()[:300], actor.user_id
        work.audit("medium.end", target=row, serial=row.serial, reason=row.ended_reason, how=how)


def _demand_in_use(row: ArchiveMedium) -> None:
    if row.ended_at is not None:
        raise Invalid(HAS_ENDED)
