"""The format of `age`: read and written by another program too, and nothing wrong comes through."""

import io
import os

import pyrage
import pytest

from app.errors import Invalid
from app.services.archive import age

PASSPHRASE = "sông Thái Bình chảy về biển"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "WORK", 4)


def sealed(data: bytes, pieces: int = 7) -> bytes:
    target = io.BytesIO()
    writing = age.Encrypting(target, PASSPHRASE)
    step = max(1, len(data) // pieces)
    for start in range(0, len(data), step):
        writing.write(data[start : start + step])
    writing.finish()
    return target.getvalue()


def opened(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return b"".join(age.decrypted(io.BytesIO(data), passphrase))


@pytest.mark.parametrize("size", [0, 1, age.PIECE - 1, age.PIECE, age.PIECE + 1, 3 * age.PIECE])
def test_what_goes_in_comes_out_here_and_in_the_program_age(size: int) -> None:
    data = os.urandom(size)
    made = sealed(data)
    assert opened(made) == data
    assert pyrage.passphrase.decrypt(made, PASSPHRASE) == data
    assert size < 64 or data[:64] not in made


def test_the_wrong_passphrase() -> None:
    with pytest.raises(Invalid, match="passphrase is wrong"):
        opened(sealed(b"mark"), "another passphrase")


@pytest.mark.parametrize("left", [0, 20, 60, 120, 180, 190, 200, 200 + age.PIECE, 300 + age.PIECE, -1])
def test_a_file_that_was_cut_off(left: int) -> None:
    made = sealed(os.urandom(2 * age.PIECE + 99))
    with pytest.raises(Invalid):
        opened(made[:left])


def test_a_file_that_ends_after_a_whole_piece_is_cut_off_all_the_same() -> None:
    """Each piece says whether it is the last one."""
    made = sealed(os.urandom(2 * age.PIECE))
    with pytest.raises(Invalid, match="cut off"):
        opened(made[: len(made) - age.PIECE - age.TAG])


def test_any_flipped_bit_is_found() -> None:
    made = sealed(b"8,5")
    for place in range(len(made)):
        broken = bytearray(made)
        broken[place] ^= 1
        with pytest.raises(Invalid):
            opened(bytes(broken))


def test_a_header_that_asks_for_all_the_memory_is_refused() -> None:
    made = sealed(b"x").replace(b" 4\n", b" 40\n", 1)
    with pytest.raises(Invalid, match="not an encrypted archive"):
        opened(made)


@pytest.mark.parametrize(
    "text", [b"", b"PK\x03\x04", b"age-encryption.org/v1\n-> X25519 abc\n", os.urandom(500)]
)
def test_other_files(text: bytes) -> None:
    with pytest.raises(Invalid):
        opened(text)
