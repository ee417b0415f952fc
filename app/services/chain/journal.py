"""A journal outside the database: the end of each chain after each commit, one line, one file a day.

It finds the newest transactions even when they vanish together with their links, before any anchor has seen them. A
crash between the commit and its line loses the line, never the save: the journal may know less than the database.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from flask import current_app

from app.domain.chain import Head, Link
from app.services.clock import local_day

log = logging.getLogger(__name__)


def folder() -> Path:
    """Where this installation keeps it."""
    return Path(current_app.config["INSTANCE_DIR"]) / "journal"


def note(links: Sequence[Link], moment: datetime) -> None:
    """Add the links of a committed transaction. Never fails the save it belongs to: what goes wrong is logged."""
    if not links:
        return
    path = folder() / f"{local_day(moment).isoformat()}.log"
    lines = "".join(f"{link.line}\n" for link in links).encode("ascii")
    try:
        _append(path, lines)
    except OSError:
        log.exception("the journal of chains could not be written")


def _append(path: Path, lines: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, flags, 0o600)
    try:
        os.write(descriptor, lines)  # at once, so that the lines of two processes never mix
    finally:
        os.close(descriptor)


def read(path: Path) -> Iterator[tuple[str, Head, Path]]:
    """Chain, end and file of each line, oldest first; a line torn by a crash is passed over."""
    for file in sorted(path.glob("*.log")):
        with file.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                chain, _space, rest = line.rstrip("\n").partition(" ")
                seq, _space, digest = rest.partition(" ")
                if seq.isdigit() and len(digest) == 64 and line.endswith("\n"):
                    yield chain, Head(int(seq), digest), file
