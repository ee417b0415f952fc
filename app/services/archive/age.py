"""Encryption of streams with a passphrase, in the format of the program `age` (age-encryption.org/v1).

Whoever has the passphrase can open a backup without HocVu: `age -d backup.zip.age > backup.zip`. Written in pieces of
64 KiB, so memory stays flat; each piece is authenticated before it is handed on, and a file that ends early is refused.
"""

import hashlib
import hmac
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import IO, Any, Final

from app.errors import N_, Invalid

HEADING: Final = b"age-encryption.org/v1\n"
LABEL: Final = b"age-encryption.org/v1/scrypt"
PIECE: Final = 64 * 1024
TAG: Final = 16
WORK: Final = 17
"""Logarithm of scrypt's cost for new files: 128 MiB and half a second, for us and for every guess."""
MOST_WORK: Final = 20
LONGEST_LINE: Final = 200
HEADER: Final = re.compile(
    HEADING
    + rb"-> scrypt (?P<salt>[\w+/]{22}) (?P<work>[1-9]\d?)\n(?P<key>[\w+/]{43})\n--- (?P<mac>[\w+/]{43})\n",
    re.ASCII,
)

NOT_AGE: Final = N_("This file is not an encrypted archive of HocVu.")
WRONG_PASSPHRASE: Final = N_("The passphrase is wrong, or the file was changed. Nothing was read.")
CUT_OFF: Final = N_("The file is damaged or was cut off. Use another copy.")


class Encrypting:
    """A file to write to: what is written goes encrypted into `target`; `finish` writes the last piece."""

    def __init__(self, target: IO[bytes], passphrase: str) -> None:
        key, salt = os.urandom(16), os.urandom(16)
        sealed = _cipher(_stretched(passphrase, salt, WORK)).encrypt(bytes(12), key, None)
        header = HEADING + f"-> scrypt {_text(salt)} {WORK}\n{_text(sealed)}\n---".encode()
        target.write(header + f" {_text(_header_mac(key, header))}\n".encode())
        nonce = os.urandom(16)
        target.write(nonce)
        self._target = target
        self._pieces = _Pieces(key, nonce)
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Take some bytes; full pieces go out at once. The last one waits: it is marked as the last."""
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._target.write(self._pieces.seal(bytes(self._waiting[:PIECE]), last=False))
            del self._waiting[:PIECE]
        return len(data)

    def flush(self) -> None:
        """Nothing: a piece goes out when it is full."""

    def finish(self) -> None:
        """Write the last piece."""
        self._target.write(self._pieces.seal(bytes(self._waiting), last=True))


def decrypted(source: IO[bytes], passphrase: str) -> Iterator[bytes]:
    """The content, some at a time. Raises Invalid: not such a file, the wrong passphrase, damaged or cut off."""
    key = _file_key(source, passphrase)
    nonce = source.read(16)
    if len(nonce) != 16:
        raise Invalid(CUT_OFF)
    pieces = _Pieces(key, nonce)
    piece = source.read(PIECE + TAG)
    while True:
        ahead = source.read(PIECE + TAG)
        yield pieces.open(piece, last=not ahead)
        if not ahead:
            return
        piece = ahead


def is_encrypted(begin: bytes) -> bool:
    """Whether a file that begins so is in this format."""
    return begin.startswith(HEADING)


def _file_key(source: IO[bytes], passphrase: str) -> bytes:
    lines = [source.readline(LONGEST_LINE) for _ in range(4)]
    found = HEADER.fullmatch(b"".join(lines))
    if found is None:
        raise Invalid(NOT_AGE)
    salt, sealed, mac = (_bytes(found[name]) for name in ("salt", "key", "mac"))
    work = int(found["work"])
    if work > MOST_WORK:
        raise Invalid(NOT_AGE)
    key = _opened(_stretched(passphrase, salt, work), bytes(12), sealed, WRONG_PASSPHRASE)
    if not hmac.compare_digest(mac, _header_mac(key, b"".join(lines[:3]) + b"---")):
        raise Invalid(WRONG_PASSPHRASE)
    return key


class _Pieces:
    """The pieces of a file: each with its number and whether it is the last under its own nonce."""

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._key = _derived(key, salt=nonce, info=b"payload")
        self._cipher = _cipher(self._key)
        self._number = 0

    def _nonce(self, last: bool) -> bytes:
        nonce = self._number.to_bytes(11, "big") + bytes([last])
        self._number += 1
        return nonce

    def seal(self, piece: bytes, *, last: bool) -> bytes:
        sealed: bytes = self._cipher.encrypt(self._nonce(last), piece, None)
        return sealed

    def open(self, piece: bytes, *, last: bool) -> bytes:
        return _opened(self._key, self._nonce(last), piece, CUT_OFF)


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(key)


def _opened(key: bytes, nonce: bytes, sealed: bytes, refusal: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        opened: bytes = _cipher(key).decrypt(nonce, sealed, None)
    except (InvalidTag, ValueError) as error:
        raise Invalid(refusal) from error
    return opened


def _stretched(passphrase: str, salt: bytes, work: int) -> bytes:
    cost = 1 << work
    return hashlib.scrypt(
        passphrase.encode(), salt=LABEL + salt, n=cost, r=8, p=1, maxmem=1024 * cost + (1 << 20), dklen=32
    )


def _derived(key: bytes, *, salt: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    found: bytes = HKDF(SHA256(), 32, salt, info).derive(key)
    return found


def _header_mac(key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(key, salt=b"", info=b"header"), header, "sha256")


def _text(data: bytes) -> str:
    return b64encode(data).rstrip(b"=").decode()


def _bytes(text: bytes) -> bytes:
    """Back from base64. Raises Invalid where the same bytes are written in another way: every bit counts."""
    try:
        found = b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise Invalid(NOT_AGE) from error
    if _text(found).encode() != text:
        raise Invalid(NOT_AGE)
    return found
