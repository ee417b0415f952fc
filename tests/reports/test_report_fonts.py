"""The vendored fonts: untouched files that hold every Vietnamese letter and the minorities' own."""

import hashlib
import unicodedata
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from app.reports.renderer import FONTS

TINOS = FONTS / "tinos"
FACES = ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.ttf")
VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")


def vietnamese_letters() -> set[str]:
    """Every letter with a mark of its own: 12 vowels in 6 tones without the six plain ones, and đ; both cases."""
    lower = {unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES}
    lower = {letter for letter in lower if letter not in "aeiouy"} | {"đ"}
    return lower | {letter.upper() for letter in lower}


def test_there_are_134_letters() -> None:
    assert len(vietnamese_letters()) == 134


@pytest.mark.parametrize("face", FACES)
def test_face_covers_vietnamese(face: str) -> None:
    with TTFont(TINOS / face) as font:
        covered = font.getBestCmap()
    assert {letter for letter in vietnamese_letters() if ord(letter) not in covered} == set()


@pytest.mark.parametrize("face", FACES)
def test_face_covers_names_of_the_highlands(face: str) -> None:
    with TTFont(TINOS / face) as font:
        covered = font.getBestCmap()
    assert {letter for letter in "ƀɃčČĕĔĭĬŏŎŭŬñÑ\u0306’·…–" if ord(letter) not in covered} == set()


def test_files_are_the_published_ones() -> None:
    lines = (TINOS / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    recorded = [line.split() for line in lines]
    assert {name for _, name in recorded} >= {*FACES, "OFL.txt"}
    for digest, name in recorded:
        assert hashlib.sha256(Path(TINOS / name).read_bytes()).hexdigest() == digest
