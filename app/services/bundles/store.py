"""A sealed bundle on disk: a folder that appears whole or not at all, and is never touched again (S3: không ghi đè).

`manifest.json` lists every file with its SHA-256 and names the manifest of the bundle before it, so that the folders of
a class are a chain of their own; `manifest.sig` is the installation's signature of it. What a folder holds is checked by
`scripts/check_bundles.py` too, with nothing but Python.
"""

import json
import os
import re
import shutil
import tempfile
import unicodedata
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final

from app.errors import N_, Invalid
from app.services.chain.keys import PublicKey, sign

FORMAT: Final = "hocvu-bundle-1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
TAKEN: Final = N_("A sealed bundle with this number exists already. Nothing was written over it.")
BAD_NAME: Final = N_("A file of a bundle has a name that no folder takes: %(name)s.")
_SAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Part:
    """One file of a bundle."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Fault:
    """What is wrong with a folder: `kind` is missing, changed, added, manifest or signature."""

    kind: str
    name: str


def folder_name(text: str) -> str:
    """A name for a folder that every system takes: no accents, no path in it."""
    plain = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    cleaned = _SAFE.sub("-", plain.encode("ascii", "ignore").decode()).strip("-.")
    return cleaned[:60] or "x"


def write(folder: Path, parts: Iterable[Part], facts: Mapping[str, Any]) -> str:
    """Write a bundle into `folder`, which must not exist; returns the SHA-256 of its manifest.

    `facts` stand in the manifest beside the list of files. Invalid where the folder exists or a name is no file's name;
    OSError where the disk is full: nothing is left then.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        listed = [_put(made, part) for part in parts]
        text = json.dumps(
            {"format": FORMAT, **facts, "files": listed}, ensure_ascii=False, sort_keys=True, indent=1
        )
        key, signature = sign(text)
        _write(made / MANIFEST, text.encode())
        _write(made / SIGNATURE, f"{key.text}\n{signature}\n".encode())
        _sync(made)
        _appear(made, folder)
        return sha256(text.encode()).hexdigest()
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _put(folder: Path, part: Part) -> dict[str, Any]:
    if not _NAME.fullmatch(part.name) or part.name in (MANIFEST, SIGNATURE) or (folder / part.name).exists():
        raise Invalid(BAD_NAME, name=part.name)
    _write(folder / part.name, part.content)
    return {"name": part.name, "size": len(part.content), "sha256": sha256(part.content).hexdigest()}


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _appear(made: Path, folder: Path) -> None:
    """Renaming onto a folder that holds something fails: what is there stays."""
    made.chmod(0o755)
    try:
        made.rename(folder)
    except OSError:
        if folder.exists():
            raise Invalid(TAKEN) from None
        raise
    _sync(folder.parent)


def faults(folder: Path, digest: str | None = None) -> list[Fault]:
    """What differs from the manifest, and the manifest from `digest`, the one on record; empty: all is as sealed."""
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest = json.loads(text)
        listed = {item["name"]: item for item in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return [Fault("manifest", MANIFEST)]
    found = []
    if digest is not None and sha256(text).hexdigest() != digest:
        found.append(Fault("changed", MANIFEST))
    if not signed(folder, text):
        found.append(Fault("signature", SIGNATURE))
    there = {path.name for path in folder.iterdir()} - {MANIFEST, SIGNATURE}
    found += [Fault("added", name) for name in sorted(there - listed.keys())]
    found += [Fault("missing", name) for name in sorted(listed.keys() - there)]
    found += [
        Fault("changed", name)
        for name in sorted(listed.keys() & there)
        if _differs(folder / name, listed[name])
    ]
    return found


def _differs(path: Path, item: Mapping[str, Any]) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != item["size"]:
        return True
    with path.open("rb") as file:
        return bool(file_digest(file, "sha256").hexdigest() != item["sha256"])


def signed(folder: Path, manifest: bytes) -> bool:
    """Whether the signature beside a manifest is one of it, by the key it names."""
    try:
        key, signature = (folder / SIGNATURE).read_text(encoding="ascii").splitlines()
        n, e = key.split()
        made = b64decode(signature, validate=True)
        return PublicKey(int(n, 16), int(e, 16)).holds(manifest.decode(), made)
    except (OSError, ValueError, OverflowError):
        return False
