"""Temporary files of tests in memory: all they write is thrown away, and a disk would make each commit wait for it."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 3 * 2**30
"""Bytes that must be free: a run takes less than one, with a few workers. Containers often have 64 MB."""


def use_memory() -> None:
    """Temporary files of this process and its children go there, if there is room and no TMPDIR says otherwise."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    if usable and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # asked for anew
