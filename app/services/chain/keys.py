"""The key that signs anchors: RSA-3072, made once, readable by the service's own account only.

Checking a signature takes two numbers and one power, so only signing needs the library; it is loaded then.
"""

import os
import tempfile
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from flask import current_app

BITS: Final = 3072
EXPONENT: Final = 65537
PRIVATE: Final = "anchor_key.pem"
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")


class PublicKey(NamedTuple):
    """An RSA key as two numbers, so that the standard library alone can check a signature."""

    n: int
    e: int

    @property
    def text(self) -> str:
        """Both numbers in hexadecimal."""
        return f"{self.n:x} {self.e:x}"

    @property
    def key_id(self) -> str:
        """What tells it from others: SHA-256 of its text."""
        return sha256(self.text.encode()).hexdigest()

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether the signature of a text was made with this key (RSA PKCS#1 v1.5 with SHA-256)."""
        size = (self.n.bit_length() + 7) // 8
        info = _SHA256_INFO + sha256(text.encode()).digest()
        wanted = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
        made = pow(int.from_bytes(signature, "big"), self.e, self.n).to_bytes(size, "big")
        return size * 8 >= BITS and len(signature) == size and made == wanted


def folder() -> Path:
    """Where this installation keeps its keys."""
    return Path(current_app.config["INSTANCE_DIR"])


def sign(text: str) -> tuple[PublicKey, str]:
    """The key and its signature of a text, in base64; makes the key on first use."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    key = _private_key()
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return _public(key), b64encode(signature).decode()


def public_keys() -> dict[str, PublicKey]:
    """Every key this installation has signed with, by its id."""
    found = {}
    for path in sorted(folder().glob("anchor_key-*.pub")):
        n, e = path.read_text(encoding="ascii").split()
        key = PublicKey(int(n, 16), int(e, 16))
        found[key.key_id] = key
    return found


def _public(key: Any) -> PublicKey:
    numbers = key.public_key().public_numbers()
    return PublicKey(numbers.n, numbers.e)


def _private_key() -> Any:
    path = folder() / PRIVATE
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        pem = _make(path)
    return _loaded(pem)


@lru_cache(maxsize=1)
def _loaded(pem: bytes) -> Any:
    """The key in a file: looking whether its numbers fit each other takes an eighth of a second."""
    from cryptography.hazmat.primitives import serialization

    return serialization.load_pem_private_key(pem, password=None)


def new_key() -> Any:
    """A new RSA key."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(EXPONENT, BITS)


def _make(path: Path) -> bytes:
    """A new key, put in place whole; where another process was faster, its key."""
    from cryptography.hazmat.primitives import serialization

    key = new_key()
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".anchor_key")  # mode 600
    made = Path(name)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    public = _public(key)
    shown = path.parent / f"anchor_key-{public.key_id[:16]}.pub"
    shown.write_text(f"{public.text}\n", encoding="ascii")  # first: what is signed can be checked
    try:
        os.link(made, path)
    except FileExistsError:
        shown.unlink()
        return path.read_bytes()
    finally:
        made.unlink()
    return pem
