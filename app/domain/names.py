"""Vietnamese names: searching, sorting, showing, and the account names made from them.

Names are kept as họ (family), tên lót (middle) and tên (given): the given name leads in sorting and in
account names, and for Y Khương Byă it stands in the middle, so confirmed parts are never guessed again.
"""

import re
import unicodedata
from collections.abc import Container, Iterator
from typing import Final

from app.domain.old_fonts import is_broken_utf8, is_old_font
from app.domain.vocabulary import N_

OLD_FONT: Final = N_("This text was typed in an old font (TCVN3 or VNI). Convert it to Unicode first.")
BROKEN_TEXT: Final = N_("The letters of this text are damaged. Open the file again as Unicode (UTF-8).")
CONTROL_CHARACTER: Final = N_("This text has hidden control characters. Type it again.")
NOT_LETTERS: Final = N_("A name has letters only, with spaces, hyphens and apostrophes between them.")

SORT_KEY_LENGTH: Final = 191
"""Longest sort key: the longest utf8mb4 column that every MariaDB row format indexes in full."""

MAX_STEM: Final = 40
MAX_CODE: Final = 20
"""Stem, dot, number and unit code together fit the 64 characters of an account name."""

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʻ`´", "'"))
_BETWEEN_LETTERS = frozenset(" -.'’‘ʼʻ`´")
_SINGLE_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d", "ƀ": "b"})
_LETTER_ORDER = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONE_ORDER = ("\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # huyền hỏi ngã sắc nặng, after ngang
_CODES = "0123456789abcdefghijklmnopqrstuvwxyz"
_PART_END, _LETTERS_END, _DIGIT, _NO_TONE = "0", "1", "2", 2
_FIRST_LETTER = 3
_HIDDEN = ("Cc", "Cf", "Co", "Cs", "Cn")


def nfc(text: str) -> str:
    """The composed form (TCVN 6909), the only one stored."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """For searching: lower case, no accents, đ → d, one kind of apostrophe, single spaces."""
    plain = text.lower().translate(_APOSTROPHES)
    bare = "".join(char for char in unicodedata.normalize("NFD", plain) if not "\u0300" <= char <= "\u036f")
    return " ".join(bare.translate(_SINGLE_LETTERS).split())


def file_name(text: str) -> str:
    """For the name of a file: plain letters and digits, words joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", fold(text)))


def full_name(family: str, middle: str, given: str, override: str | None = None) -> str:
    """Họ và tên as printed; `override` where the parts stand in another order (Y Khương Byă)."""
    text = override if override and override.strip() else f"{family} {middle} {given}"
    return " ".join(nfc(text).split())


def name_words(text: str) -> list[str]:
    """Words of a name in alphabetical order, to compare it with its parts: H'Nuen is Nuen, wherever its H' is kept."""
    words = nfc(text).translate(_APOSTROPHES).replace("'", "' ").split()
    return sorted(word for word in words if not word.endswith("'"))


def split_suggestion(full: str) -> tuple[str, str, str]:
    """Family, middle, given of a full name, as a suggestion for import: the first word and the last word."""
    words = nfc(full).split()
    if len(words) < 2:
        return "", "", " ".join(words)
    return words[0], " ".join(words[1:-1]), words[-1]


def sort_key(family: str, middle: str, given: str) -> str:
    """Key for the class list: given name, then family, then middle, in Vietnamese alphabetical order.

    Each part is compared syllable by syllable, letters before tone (ngang huyền hỏi ngã sắc nặng), so
    everyone called Hoa stands before everyone called Hòa. Made of 0-9 and a-z only, which every collation of
    SQLite and MariaDB orders alike; at most 191 characters.
    """
    return "".join(_part_key(part) for part in (given, family, middle))[:SORT_KEY_LENGTH]


def _part_key(part: str) -> str:
    return "".join(_syllable_key(syllable) for syllable in _syllables(part)) + _PART_END


def _syllables(text: str) -> Iterator[str]:
    """Runs of letters and digits, decomposed, in lower case; hyphen and apostrophe separate like a space."""
    plain = nfc(text).lower().translate({ord("ð"): "đ", ord("ɖ"): "đ", ord("ƀ"): "b"})
    for word in re.findall(r"[^\W_]+", plain):
        yield unicodedata.normalize("NFD", word)


def _syllable_key(syllable: str) -> str:
    """Letter codes, an end mark lower than any letter, then the first tone."""
    codes: list[str] = []
    tone = _NO_TONE
    for char in syllable:
        if char in _TONE_ORDER:
            tone = tone if tone != _NO_TONE else _NO_TONE + 1 + _TONE_ORDER.index(char)
        elif char in "\u0306\u0302\u031b" and codes:
            codes[-1] = _with_mark(codes[-1], char)
        elif char in _LETTER_ORDER:
            codes.append(_CODES[_FIRST_LETTER + _LETTER_ORDER.index(char)])
        elif char.isascii() and char.isdigit():
            codes.append(_DIGIT + char)
    return "".join(codes) + _LETTERS_END + _CODES[tone] if codes else ""


def _with_mark(code: str, mark: str) -> str:
    """Code of the letter with its breve, circumflex or horn; unchanged if Vietnamese has none such (ŭ)."""
    index = _CODES.index(code[-1]) - _FIRST_LETTER
    if len(code) > 1 or index < 0:
        return code
    letter = nfc(_LETTER_ORDER[index] + mark)
    return _CODES[_FIRST_LETTER + _LETTER_ORDER.index(letter)] if letter in _LETTER_ORDER else code


def account_stem(family: str, middle: str, given: str) -> str:
    """`<tên><họ và tên lót viết tắt>` without accents (S4 Điều 3 khoản 2a): Nguyễn Thị Giang → giangnt.

    ASCII letters and digits only. ValueError when nothing of the name is left.
    """
    initials = "".join(account_part(word)[:1] for word in f"{family} {middle}".split())
    stem = account_part(given)[: MAX_STEM - len(initials)] + initials
    if not stem:
        raise ValueError("no account name can be made from an empty name")
    return stem[:MAX_STEM]


def account_name(stem: str, unit_code: str, taken: Container[str]) -> str:
    """First free account: giangnt.thcstk, then giangnt2.thcstk, giangnt3.thcstk… (`taken` in lower case)."""
    unit = account_part(unit_code)
    if not account_part(stem) or not unit:
        raise ValueError("an account name needs a stem and a unit code")
    candidate, number = f"{account_part(stem)}.{unit}", 1
    while candidate in taken:
        number += 1
        candidate = f"{account_part(stem)}{number}.{unit}"
    return candidate


def admin_account_name(locality_code: str, unit_code: str) -> str:
    """A unit's administration account (S4 Điều 3 khoản 2b): bg_thcstk."""
    locality, unit = account_part(locality_code), account_part(unit_code)
    if not locality or not unit:
        raise ValueError("an account name needs a locality code and a unit code")
    return f"{locality}_{unit}"


def account_part(text: str) -> str:
    """What an account name carries of a text (S4 Điều 3 khoản 2): small letters and digits, đ → d; maybe nothing."""
    return re.sub(r"[^a-z0-9]", "", fold(text))


def unicode_problem(text: str) -> str | None:
    """A msgid when text came in an old font, damaged, or with hidden characters; None for sound text."""
    composed = nfc(text)
    if "\ufffd" in composed or is_broken_utf8(composed):
        return BROKEN_TEXT
    if is_old_font(composed):
        return OLD_FONT
    if any(unicodedata.category(char) in _HIDDEN and char not in "\t\n\r" for char in composed):
        return CONTROL_CHARACTER
    return None


def name_problem(text: str) -> str | None:
    """A msgid when text can't be part of a name: not sound, or with digits and signs; None for a name."""
    if all(unicodedata.category(char)[0] in "LM" or char in _BETWEEN_LETTERS for char in nfc(text)):
        return unicode_problem(text)
    return unicode_problem(text) or NOT_LETTERS
