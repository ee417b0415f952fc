"""Backup of the installation, restore into an empty place, and the rehearsal of it (S2 Điều 8 khoản 3, S4 Điều 20)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from app.domain.archive import ArchiveKind
from app.errors import N_, HocVuError, Invalid
from app.extensions import db
from app.models import ArchiveRun
from app.services.archive.container import opened
from app.services.archive.dump import BACKUP, write_backup
from app.services.archive.installation import demand_room, homes, put_in_place, unpacked
from app.services.archive.load import load, prepare
from app.services.archive.places import second_copy, target_of, turn_over
from app.services.archive.runs import demand_passphrase, remember
from app.services.chain.reading import Part
from app.services.chain.triggers import ensure_triggers
from app.services.chain.verify import Findings, verify
from app.services.clock import Clock
from app.services.setup import init_app_data

NOT_A_BACKUP: Final = N_("This archive is a school's hand-over, not a backup. Use: flask handover-import")


@dataclass(frozen=True)
class Made:
    """A backup that was made: where, how it was written down, and what was turned over."""

    path: Path
    run: ArchiveRun
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """What came out of a backup, and what the verification of its history found."""

    made_at: str
    revision: str
    tables: dict[str, int]
    files: int
    findings: Findings

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())

    @property
    def sound(self) -> bool:
        """Whether the history proves itself."""
        return not self.findings.faults


def backup(given: Path, passphrase: str, instance: Path, keep: int, *, clock: Clock) -> Made:
    """Make a backup into a file, or into a folder, where older ones are turned over; written down either way.

    Raises what `write_backup` raises, after it was written down.
    """
    demand_passphrase(passphrase)
    now = clock()
    path = target_of(given, now)
    try:
        manifest = write_backup(path, instance, passphrase, now)
    except HocVuError as error:
        remember(ArchiveKind.BACKUP, path, clock=clock, failure=error)
        raise
    run = remember(
        ArchiveKind.BACKUP,
        path,
        clock=clock,
        second_copy=second_copy(path, *homes(instance, db.session().connection())),
        row_count=sum(table["rows"] for table in manifest["tables"].values()),
        figures={"revision": manifest["revision"], "files": manifest["files"], "engine": manifest["engine"]},
    )
    removed = turn_over(given, keep, now) if given.is_dir() else []
    return Made(path, run, tuple(removed))


def restore(path: Path, passphrase: str | None, instance: Path, migrations: Path) -> Restored:
    """Put a backup into the empty database and folder of this application, and verify its history.

    Raises Invalid with the reason; the database is empty then, and the folder as it was.
    """
    demand_room(instance, db.engine.url)
    with opened(path, passphrase, instance) as reader:
        if reader.fact("kind") != BACKUP:
            raise Invalid(NOT_A_BACKUP)
        made_at, revision = str(reader.fact("made_at")), str(reader.fact("revision"))
        prepare(migrations, revision)
        with unpacked(reader, instance) as staging:
            counts = load(reader)
            files = put_in_place(staging, instance)
    init_app_data(migrations, instance)
    ensure_triggers()
    return Restored(made_at, revision, counts, files, verify(Part(), own_journal=False))


def remember_restore(path: Path, done: Restored, *, clock: Clock) -> None:
    """Write a restore down in the database it made."""
    remember(
        ArchiveKind.RESTORE,
        path,
        clock=clock,
        row_count=done.rows,
        figures={"made_at": done.made_at, "faults": len(done.findings.faults)},
    )


def as_moment(text: str) -> datetime:
    """An instant of a manifest."""
    return datetime.fromisoformat(text)
