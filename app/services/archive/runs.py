"""What was backed up, rehearsed, restored and handed over: written down with each run, read by the units' administrators."""

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import SYSTEM, Actor
from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.errors import N_, HocVuError, Invalid, NotFound
from app.models import ArchiveRun
from app.services.archive.places import file_digest
from app.services.clock import Clock
from app.services.unit_of_work import transaction

SHORTEST: Final = 12
TOO_SHORT: Final = N_("The passphrase needs %(n)s characters at least.")


def demand_passphrase(passphrase: str) -> None:
    """Raises Invalid for one that is too short to keep anybody out."""
    if len(passphrase) < SHORTEST:
        raise Invalid(TOO_SHORT, n=SHORTEST)


def remember(
    kind: ArchiveKind,
    path: Path,
    *,
    clock: Clock,
    failure: HocVuError | None = None,
    made_by: str | None = None,
    **facts: Any,
) -> ArchiveRun:
    """Write a run down, and into the log of events. `facts`: the further columns of ArchiveRun.

    `made_by`: who ordered it; without it the server's account.
    A failure is kept as its msgid, with its parameters among the figures: the page says it in the reader's language.
    """
    ended = ArchiveOutcome.FAILED if failure else ArchiveOutcome.DONE
    made = failure is None and path.is_file()
    digest = file_digest(path) if made else None  # before the transaction: nobody waits for a large file
    if failure is not None:
        facts["message"] = failure.message[:500]
        facts["figures"] = {"params": {name: str(value) for name, value in failure.params.items()}}
    with transaction(SYSTEM, f"archive.{kind}", clock=clock) as work:
        run = ArchiveRun(
            kind=kind,
            outcome=facts.pop("outcome", ended),
            happened_at=work.now,
            made_by=(made_by or server_account())[:64],
            file=path.name[:200],
            size=path.stat().st_size if made else None,
            digest=digest,
            **facts,
        )
        work.session.add(run)
        work.audit(f"archive.{kind}", file=run.file, outcome=run.outcome.value, digest=run.digest)
    return run


def server_account() -> str:
    """Who runs the command on the server; none of the program's accounts."""
    try:
        return getpass.getuser()[:64]
    except (OSError, KeyError):  # a container's number without a name
        return "?"


def recent(session: Session, actor: Actor, limit: int = 50) -> Sequence[ArchiveRun]:
    """The newest runs that concern the actor: those of the whole installation, and hand-overs of units in reach."""
    units = [unit for unit in {actor.unit_id, *actor.below} if unit is not None]
    query = sa.select(ArchiveRun).where(sa.or_(ArchiveRun.unit_id.is_(None), ArchiveRun.unit_id.in_(units)))
    return session.scalars(query.order_by(ArchiveRun.id.desc()).limit(limit)).all()


def report(session: Session, actor: Actor, run_id: int) -> ArchiveRun:
    """A run with a report. Raises NotFound for one out of reach, or without."""
    query = sa.select(ArchiveRun).where(ArchiveRun.id == run_id, ArchiveRun.report.is_not(None))
    run = session.scalars(query).one_or_none()
    if run is None or (run.unit_id is not None and run.unit_id not in {actor.unit_id, *actor.below}):
        raise NotFound
    return run


def newest(session: Session, kind: ArchiveKind) -> ArchiveRun | None:
    """The last run of a kind that ended well."""
    query = sa.select(ArchiveRun).where(ArchiveRun.kind == kind, ArchiveRun.outcome == ArchiveOutcome.DONE)
    found: ArchiveRun | None = session.scalars(query.order_by(ArchiveRun.id.desc()).limit(1)).one_or_none()
    return found
