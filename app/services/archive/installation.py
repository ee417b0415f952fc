"""The files of an installation that a backup takes along, and where they go when it is restored."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from app.errors import N_, Invalid
from app.services.archive.container import Reader, Writer

FOLDER: Final = "files/"
JOURNAL: Final = "journal"
LEFT_OUT: Final = ("jobs.db", "uploads", "exports", "first_admin.txt", "demo_accounts.txt")
"""The queue that only wakes, files of running imports, files made to be fetched, one-time passwords."""
MADE_BY_STARTING: Final = ("secret_key", "jobs.db")
"""What a new installation has in its folder as soon as any command has run there."""
STAGING: Final = ".restore.part"
NOT_EMPTY: Final = N_("The folder %(name)s holds files already. Restore into an empty place.")


@dataclass(frozen=True)
class Held:
    """A file as it is taken: its name in the archive, where it lies, and how much of it."""

    name: str
    path: Path
    size: int

    @property
    def is_journal(self) -> bool:
        """Whether it belongs to the journal of chains, which grows with every save."""
        return self.name.startswith(f"{FOLDER}{JOURNAL}/")


def files_of(instance: Path, url: sa.URL) -> list[Held]:
    """What the installation keeps beside its database, each file as long as it is now."""
    database = database_file(url)
    own = set(LEFT_OUT) | ({database.name} if database else set())
    found = []
    for path in sorted(instance.rglob("*")):
        inside = path.relative_to(instance)
        first = inside.parts[0]
        if first in own or first.startswith(".") or _beside(first, own) or not path.is_file():
            continue
        if path.is_symlink() or path.name.endswith(".part"):
            continue
        found.append(Held(FOLDER + inside.as_posix(), path, path.stat().st_size))
    return found


def _beside(name: str, databases: Iterable[str]) -> bool:
    """SQLite's own files beside a database."""
    return any(name == base + ending for base in databases for ending in ("-wal", "-shm", "-journal"))


def database_file(url: sa.URL) -> Path | None:
    """The file of an SQLite database."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def add_files(writer: Writer, held: Iterable[Held]) -> int:
    """Write them; files that go meanwhile (an expired print) are passed over. Returns how many."""
    return sum(writer.add_file(file.name, file.path, file.size if file.is_journal else None) for file in held)


def demand_room(instance: Path, url: sa.URL) -> None:
    """Raises Invalid where the folder holds anything a command alone would not have made."""
    database = database_file(url)
    fresh = {*MADE_BY_STARTING, *({database.name} if database else ())}
    for path in instance.iterdir():
        if path.name not in fresh and not _beside(path.name, fresh) and not path.name.endswith(".part"):
            raise Invalid(NOT_EMPTY, name=instance)


LOCAL: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


def homes(instance: Path, connection: sa.Connection) -> list[Path]:
    """Where the data itself lies on this machine: the folder, and the database where it is here."""
    url = connection.engine.url
    file = database_file(url)
    if file is not None:
        return [instance, file]
    if (url.host or "") not in LOCAL:
        return [instance]
    known = sa.table(
        "GLOBAL_VARIABLES",
        sa.column("VARIABLE_NAME"),
        sa.column("VARIABLE_VALUE"),
        schema="information_schema",
    )
    place = connection.scalar(sa.select(known.c.VARIABLE_VALUE).where(known.c.VARIABLE_NAME == "DATADIR"))
    return [instance, *_reachable(Path(str(place)))]


def _reachable(path: Path) -> list[Path]:
    """A database server's folder, or what stands above it: its own is closed to others."""
    for place in (path, *path.parents):
        try:
            place.stat()
        except OSError:
            continue
        return [place]
    return []


@contextmanager
def unpacked(reader: Reader, instance: Path) -> Iterator[Path]:
    """The archive's files in a folder beside their places, gone afterwards; what a killed run left there goes first."""
    staging = instance / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    try:
        for name in reader.members:
            if name.startswith(FOLDER):
                _write(staging / name.removeprefix(FOLDER), reader.pieces(name))
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def put_in_place(staging: Path, instance: Path) -> int:
    """Move unpacked files to their places; returns how many."""
    files = [path for path in sorted(staging.rglob("*")) if path.is_file()]
    for path in files:
        place = instance / path.relative_to(staging)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(place)
    return len(files)


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
