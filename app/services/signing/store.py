"""Files in the instance folder, readable by this service only: keys (PKCS#12 under their owners' passphrases) and
signed papers.
"""

import os
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import current_app

from app.errors import N_, Invalid
from app.services.print_jobs import PAPERS

GONE = N_("The key of this certificate is not on this server any more.")
FILE_GONE = N_(
    "The signed file is not on this server any more, or was changed there. Tell the administrator."
)


@dataclass(frozen=True)
class Settings:
    """What the administrator of the server has set about signing; empty: not set."""

    trust: Path
    time_server: str
    driver: str
    token: str


def settings() -> Settings:
    """SIGNING_… of this installation."""
    given = current_app.config
    return Settings(
        Path(given["SIGNING_TRUST"] or folder() / "trust"),
        given["SIGNING_TIME_SERVER"],
        given["SIGNING_PKCS11_DRIVER"],
        given["SIGNING_PKCS11_TOKEN"],
    )


def printed() -> Path:
    """Where this installation keeps the papers as they were printed."""
    return Path(current_app.config["INSTANCE_DIR"]) / PAPERS


def folder() -> Path:
    """Where this installation keeps what belongs to signing."""
    path = Path(current_app.config["INSTANCE_DIR"]) / "signing"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def keep(fingerprint: str, data: bytes) -> None:
    """Keep a key file by the fingerprint of its certificate; nothing a user types becomes part of a path."""
    put(_path(fingerprint), data)


def read(fingerprint: str) -> bytes:
    """A key file. Raises Invalid where it is gone."""
    try:
        return _path(fingerprint).read_bytes()
    except FileNotFoundError as error:
        raise Invalid(GONE) from error


def drop(fingerprint: str) -> None:
    """Remove the key of a certificate that has ended."""
    _path(fingerprint).unlink(missing_ok=True)


def put(path: Path, data: bytes) -> bytes:
    """Write a file whole, mode 600; where it is there already, it stays. Returns what is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new")
    made = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.link(made, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        made.unlink()
    return data


def keep_signed(data: bytes) -> str:
    """Keep a signed file under its digest, which is returned; the same file is kept once."""
    digest = sha256(data).hexdigest()
    put(_signed(digest), data)
    return digest


def read_signed(digest: str) -> bytes:
    """A signed file. Raises Invalid where it is gone, or not what was kept."""
    try:
        data = _signed(digest).read_bytes()
    except FileNotFoundError as error:
        raise Invalid(FILE_GONE) from error
    if sha256(data).hexdigest() != digest:
        raise Invalid(FILE_GONE)
    return data


def _path(fingerprint: str) -> Path:
    if not _is_digest(fingerprint):
        raise Invalid(GONE)
    return folder() / "keys" / f"{fingerprint}.p12"


def _signed(digest: str) -> Path:
    if not _is_digest(digest):
        raise Invalid(FILE_GONE)
    return folder() / "files" / digest[:2] / digest


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
