"""Rules for passwords, and one-time passwords that can be read out and typed."""

import re
from collections.abc import Iterable
from random import Random
from typing import Final

from app.domain.names import fold
from app.domain.vocabulary import N_

MIN_LENGTH: Final = 10
PASSPHRASE_LENGTH: Final = 16
MIN_CLASSES: Final = 3
MIN_DISTINCT: Final = 5
SHORTEST_NAME: Final = 3
ONE_TIME_LENGTH: Final = 12

TOO_SHORT: Final = N_("Use at least 10 characters.")
TOO_COMMON: Final = N_("This password is easy to guess.")
HAS_USERNAME: Final = N_("The password must not contain the account name.")
HAS_NAME: Final = N_("The password must not contain your name.")
TOO_PLAIN: Final = N_(
    "Mix at least three of capital letters, small letters, digits and signs, or use 16 characters or more."
)

_COMMON_WORD_LIST = """
password passw pass matkhau mk admin administrator quantri hocvu hocsinh giaovien hieutruong truonghoc nhatruong
lophoc vietnam hanoi saigon iloveyou anhyeuem emyeuanh yeuem toiyeuvietnam qwerty qwertyui qwertyuiop asdfgh
asdfghjkl zxcvbnm qazwsx qazwsxedc abc abcd abcdef abcxyz welcome letmein changeme default user test demo a
"""
_COMMON_WORDS = frozenset(_COMMON_WORD_LIST.split())
_RUNS = ("0123456789012345678901234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")

_LOWER = "bcdfghjkmnpqrstvwxz"
_UPPER = "BCDFGHJKLMNPQRSTVWXZ"
_DIGITS = "23456789"
"""One-time passwords leave out 0 O 1 l I, which look alike, and vowels, so no name or word comes about."""


def problems(password: str, *, username: str, names: Iterable[str]) -> tuple[str, ...]:
    """Msgids of every rule the password breaks, empty when it may be used.

    `names` are the person's names; accents, case and spaces don't hide them. Name words of one or two letters
    aren't looked for, as they turn up in any password.
    """
    checks = (
        (len(password) < MIN_LENGTH, TOO_SHORT),
        (_is_common(password), TOO_COMMON),
        (_contains(password, (username, *re.split(r"[._]", username))), HAS_USERNAME),
        (_contains(password, (word for name in names for word in name.split())), HAS_NAME),
        (len(password) < PASSPHRASE_LENGTH and _classes(password) < MIN_CLASSES, TOO_PLAIN),
    )
    return tuple(message for broken, message in checks if broken)


def one_time_password(rng: Random) -> str:
    """Twelve letters and digits, all different, that pass `problems`; `rng` is a random.SystemRandom."""
    classes = (_LOWER, _UPPER, _DIGITS)
    first = [rng.choice(letters) for letters in classes]
    rest = [char for letters in classes for char in letters if char not in first]
    chars = first + rng.sample(rest, ONE_TIME_LENGTH - len(first))
    rng.shuffle(chars)
    return "".join(chars)


def _is_common(password: str) -> bool:
    """A well-known word with digits or signs around it, digits only, one run of keys, or few different letters."""
    plain = _squeezed(password)
    core = re.sub(r"[^a-z]", "", plain)
    return (
        not core
        or core in _COMMON_WORDS
        or len(set(plain)) < MIN_DISTINCT
        or any(plain in run or plain in run[::-1] for run in _RUNS)
    )


def _contains(password: str, words: Iterable[str]) -> bool:
    plain = _squeezed(password)
    sought = (_squeezed(word) for word in words)
    return any(len(word) >= SHORTEST_NAME and word in plain for word in sought)


def _squeezed(text: str) -> str:
    return fold(text).replace(" ", "")


def _classes(password: str) -> int:
    """How many of: capital letters, small letters, digits, everything else."""
    found = (
        any(char.isupper() for char in password),
        any(char.islower() for char in password),
        any(char.isdigit() for char in password),
        any(not char.isalnum() for char in password),
    )
    return sum(found)
