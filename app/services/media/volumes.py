"""One large file with a tree of files in it, written piece by piece: a disc image (ISO 9660, Joliet, UDF) or a ZIP."""

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

from app.domain.media import ImageFormat

LABEL = 16
"""Letters a disc's name may have by Joliet."""


class Volume(Protocol):
    """Files by their place in it, `/` between folders; nothing is complete before `close`."""

    def add(self, name: str, content: bytes) -> None:
        """A file that is at hand."""

    def add_file(self, name: str, path: Path) -> None:
        """A file that lies on the disk; it is never whole in memory."""

    def close(self, tick: Callable[[], None]) -> None:
        """Write what is left; `tick` is called now and then meanwhile."""


def volume(file: IO[bytes], image: ImageFormat, label: str, now: datetime) -> Volume:
    """The volume of that format into a file that is open for writing. `label`: the disc's name."""
    return _Disc(file, label) if image is ImageFormat.ISO else _Zip(file, now)


class _Zip:
    def __init__(self, file: IO[bytes], now: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False)
        self._moment = now.astimezone(UTC).timetuple()[:6]

    def add(self, name: str, content: bytes) -> None:
        info = zipfile.ZipInfo(name, self._moment)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        self._zip.writestr(info, content)

    def add_file(self, name: str, path: Path) -> None:
        self._zip.write(path, name)

    def close(self, tick: Callable[[], None]) -> None:
        tick()
        self._zip.close()


class _Disc:
    """Each file has a short ISO 9660 name, and its own by Rock Ridge, Joliet and UDF: every system shows one of these."""

    def __init__(self, file: IO[bytes], label: str) -> None:
        from pycdlib import PyCdlib  # only where an image is made

        self._file, self._iso = file, PyCdlib()
        self._folders = {"": ""}
        self._files = 0
        self._iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", udf="2.60", vol_ident=label[:LABEL])

    def add(self, name: str, content: bytes) -> None:
        self._iso.add_fp(BytesIO(content), len(content), **self._names(name))

    def add_file(self, name: str, path: Path) -> None:
        self._iso.add_file(str(path), **self._names(name))

    def close(self, tick: Callable[[], None]) -> None:
        def progress(_done: int, _total: int, _nothing: Any) -> None:
            tick()

        self._iso.write_fp(cast("BinaryIO", self._file), progress_cb=progress)
        self._iso.close()

    def _names(self, name: str) -> dict[str, Any]:
        folder, _slash, last = name.rpartition("/")
        self._files += 1
        return {
            "iso_path": f"{self._folder(folder)}/F{self._files:07d}.;1",
            "rr_name": last,
            "joliet_path": f"/{name}",
            "udf_path": f"/{name}",
        }

    def _folder(self, name: str) -> str:
        """The ISO 9660 name of a folder, made with those above it where it is not there."""
        if name not in self._folders:
            above, _slash, last = name.rpartition("/")
            place = f"{self._folder(above)}/D{len(self._folders):07d}"
            self._iso.add_directory(place, rr_name=last, joliet_path=f"/{name}", udf_path=f"/{name}")
            self._folders[name] = place
        return self._folders[name]
