"""The archive itself: one zip with a manifest that names every member, its size and its SHA-256.

Reading trusts nothing: names, sizes, and how much a member may grow are checked before and while it is read.
"""

import hashlib
import json
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Self

from app.errors import N_, Invalid
from app.services.archive.age import decrypted, is_encrypted

FORMAT: Final = "hocvu-archive-1"
MANIFEST: Final = "manifest.json"
BLOCK: Final = 1024 * 1024
LARGEST_MANIFEST: Final = 64 * 1024 * 1024
MOST_MEMBERS: Final = 2_000_000
MOST_GROWTH: Final = 300
"""How often a member may be larger than it lies in the archive. JSON and CSV of a school come to 10–40."""
LONGEST_LINE: Final = 64 * 1024 * 1024
SMALL: Final = 8 * 1024 * 1024
"""Members up to this size may grow as they like: a page of blanks does."""

NO_ARCHIVE: Final = N_("This file is not an archive of HocVu.")
UNSAFE: Final = N_("The archive holds a member HocVu never writes (%(name)s). It was not made by HocVu.")
NOT_COMPLETE: Final = N_("The archive does not hold what its list says (%(name)s). Use another copy.")
NEEDS_PASSPHRASE: Final = N_("The archive is encrypted: give its passphrase.")
NO_SPACE: Final = N_("There is not enough space on the disk to unpack the archive.")


class Writer:
    """An archive that is being written, member after member, into something with `write` and `flush`."""

    def __init__(self, target: Any) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.members: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self._zip.fp = None  # nothing more is written into a file that failed

    def add(self, name: str, pieces: Iterable[bytes]) -> str:
        """Write a member out of pieces; returns its SHA-256."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                size += len(piece)
        self.members[name] = {"size": size, "sha256": digest.hexdigest()}
        return digest.hexdigest()

    def add_file(self, name: str, path: Path, size: int | None = None) -> bool:
        """Write a file, or its first `size` bytes; False where it has gone meanwhile."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            self.add(name, _blocks(file, size))
        return True

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest, last of all: an archive without it is none."""
        whole = {"format": FORMAT, **manifest, "members": self.members}
        text = json.dumps(whole, ensure_ascii=False, indent=1).encode()
        with self._zip.open(MANIFEST, "w", force_zip64=True) as member:
            member.write(text)
        self._zip.close()


def _blocks(file: IO[bytes], size: int | None) -> Iterator[bytes]:
    left = size
    while piece := file.read(BLOCK if left is None else min(BLOCK, left)):
        if left is not None:
            left -= len(piece)
        yield piece


class Reader:
    """An archive that is read. Everything raises Invalid where it is not what its manifest says."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._zip = archive
        self._infos = _safe_members(archive, size)
        self.manifest: dict[str, Any] = self._read_manifest()
        self.members: dict[str, dict[str, Any]] = self.manifest["members"]
        self._compare()

    def _read_manifest(self) -> dict[str, Any]:
        info = self._infos.pop(MANIFEST, None)
        if info is None or info.file_size > LARGEST_MANIFEST:
            raise Invalid(NO_ARCHIVE)
        with _as_refusal(MANIFEST), self._zip.open(info) as file:
            text = file.read(LARGEST_MANIFEST)
        try:
            found = json.loads(text)
        except ValueError as error:
            raise Invalid(NO_ARCHIVE) from error
        if not isinstance(found, dict) or found.get("format") != FORMAT or not _is_list(found.get("members")):
            raise Invalid(NO_ARCHIVE)
        return found

    def _compare(self) -> None:
        for name in sorted(self.members.keys() ^ self._infos.keys()):
            raise Invalid(NOT_COMPLETE, name=name)
        for name, listed in self.members.items():
            if listed["size"] != self._infos[name].file_size:
                raise Invalid(NOT_COMPLETE, name=name)

    def fact(self, name: str) -> Any:
        """What the manifest says under a name. Raises Invalid where it says nothing."""
        if name not in self.manifest:
            raise Invalid(NOT_COMPLETE, name=f"{MANIFEST}: {name}")
        return self.manifest[name]

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member's content; Invalid at its end where size or digest are not those of the manifest."""
        listed = self.members[name]
        digest, left = hashlib.sha256(), listed["size"]
        with _as_refusal(name), self._zip.open(self._infos[name]) as file:
            while piece := file.read(BLOCK):
                left -= len(piece)
                if left < 0:
                    raise Invalid(NOT_COMPLETE, name=name)
                digest.update(piece)
                yield piece
        if left or digest.hexdigest() != listed["sha256"]:
            raise Invalid(NOT_COMPLETE, name=name)

    def lines(self, name: str) -> Iterator[bytes]:
        """A member's lines."""
        rest = b""
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > LONGEST_LINE:
                raise Invalid(NOT_COMPLETE, name=name)
        if rest:
            raise Invalid(NOT_COMPLETE, name=name)

    def check(self) -> None:
        """Read every member to its end."""
        for name in self.members:
            for _piece in self.pieces(name):
                pass


def _is_list(members: Any) -> bool:
    return isinstance(members, dict) and all(
        isinstance(entry, dict)
        and isinstance(entry.get("size"), int)
        and isinstance(entry.get("sha256"), str)
        for entry in members.values()
    )


@contextmanager
def opened(path: Path, passphrase: str | None, scratch: Path) -> Iterator[Reader]:
    """An archive ready to be read; an encrypted one is unpacked into the folder `scratch` for that time.

    Raises Invalid for whatever is wrong with it.
    """
    with path.open("rb") as file:
        if not is_encrypted(file.read(64)):
            with _reader(path) as reader:
                yield reader
            return
        if passphrase is None:
            raise Invalid(NEEDS_PASSPHRASE)
        file.seek(0)
        plain = scratch / ".archive.part"
        try:
            if shutil.disk_usage(scratch).free < path.stat().st_size:
                raise Invalid(NO_SPACE)
            plain.touch(mode=0o600)
            with plain.open("wb") as target:
                for piece in decrypted(file, passphrase):
                    target.write(piece)
            with _reader(plain) as reader:
                yield reader
        finally:
            plain.unlink(missing_ok=True)


@contextmanager
def _reader(path: Path) -> Iterator[Reader]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Invalid(NO_ARCHIVE) from error
    with archive:
        yield Reader(archive, path.stat().st_size)


@contextmanager
def _as_refusal(name: str) -> Iterator[None]:
    """What zipfile and zlib say about a damaged member, as something to act on."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Invalid(NOT_COMPLETE, name=name) from error


def _safe_members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The members by name. Raises Invalid for names that lead elsewhere, links, doubles and bombs."""
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS or sum(info.compress_size for info in infos) > size:
        raise Invalid(NO_ARCHIVE)
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if not _is_plain(info) or info.filename in found or _is_bomb(info):
            raise Invalid(UNSAFE, name=info.filename[:80])
        found[info.filename] = info
    return found


def _is_plain(info: zipfile.ZipInfo) -> bool:
    """A file under a relative name of ordinary parts, not encrypted, no link."""
    name = info.filename
    mode = info.external_attr >> 16
    return (
        is_plain_name(name)
        and not info.is_dir()
        and not info.flag_bits & 0x1
        and (not stat.S_IFMT(mode) or stat.S_ISREG(mode))
        and info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )


def is_plain_name(name: str) -> bool:
    """Whether a name stays inside the folder it is unpacked into, on every system."""
    path = PurePosixPath(name)
    return (
        name == path.as_posix()
        and not path.is_absolute()
        and 0 < len(name) <= 240
        and not set(name) & set('\\:*?"<>|')
        and name.isprintable()
        and not any(part in ("", ".", "..") or part.endswith((".", " ")) for part in path.parts)
    )


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > SMALL and info.file_size > MOST_GROWTH * max(info.compress_size, 1)
