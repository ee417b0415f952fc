"""Where archives lie: written whole or not at all, turned over by age, and whether a copy is a second copy."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from app.errors import N_, HocVuError, Invalid, Unavailable
from app.services.clock import VIETNAM

ENDING: Final = ".zip.age"
NAME: Final = re.compile(r"^hocvu-(\d{4})(\d{2})(\d{2})-(\d{6})\.zip\.age$")
PART: Final = ".part"

EXISTS: Final = N_("%(name)s is there already. An archive is never written over: choose another name.")
NO_FOLDER: Final = N_("The folder %(name)s is not there, or may not be written to.")
NOT_WRITTEN: Final = N_("The archive could not be written: %(reason)s. Nothing was left behind.")


def target_of(given: Path, now: datetime) -> Path:
    """The file a backup goes to: as given, or with a name of its own in a folder that is given."""
    if given.is_dir():
        return given / f"hocvu-{now.astimezone(VIETNAM):%Y%m%d-%H%M%S}{ENDING}"
    return given


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name when everything is on the disk; on any failure nothing is left.

    Raises Invalid where the name is taken or the folder can't be used, Unavailable for a full disk.
    """
    if path.exists():
        raise Invalid(EXISTS, name=path.name)
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=PART)  # mode 600
    except OSError as error:
        raise Invalid(NO_FOLDER, name=path.parent) from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _give_name(part, path)
    except FileExistsError as error:
        raise Invalid(EXISTS, name=path.name) from error
    except HocVuError:
        raise
    except OSError as error:
        raise Unavailable(NOT_WRITTEN, reason=error.strerror or error) from error
    finally:
        part.unlink(missing_ok=True)


def _give_name(part: Path, path: Path) -> None:
    """The file under its name, and the name on the disk."""
    try:
        os.link(part, path)  # unlike a rename it never replaces what somebody put there meanwhile
    except FileExistsError:
        raise
    except OSError:  # a USB stick's file system has no links
        if path.exists():
            raise FileExistsError from None
        part.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(1024 * 1024):
            digest.update(piece)
    return digest.hexdigest()


def turn_over(folder: Path, keep: int, now: datetime) -> list[str]:
    """Remove backups of a folder but the newest `keep`, and the last one of each month; returns the names removed.

    Only files a backup named by itself are looked at, and half files that killed runs left more than a day ago.
    """
    named = sorted(path.name for path in folder.iterdir() if NAME.match(path.name))
    last_of_month = {name[: len("hocvu-202611")]: name for name in named}
    kept = {*named[-keep:], *last_of_month.values()}
    gone = [name for name in named if name not in kept]
    yesterday = (now - timedelta(days=1)).timestamp()
    half = [path.name for path in folder.glob(f"hocvu-*{PART}") if path.stat().st_mtime < yesterday]
    for name in (*gone, *half):
        (folder / name).unlink(missing_ok=True)
    return gone


def second_copy(path: Path, *homes: Path) -> bool:
    """Whether an archive lies on another disk than each of these files or folders (S3 mục 3)."""
    device = path.stat().st_dev
    return all(home.stat().st_dev != device for home in homes if home.exists())
