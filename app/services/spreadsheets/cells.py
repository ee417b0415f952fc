"""What a cell means: text, day, code, identifier. Nothing is guessed; what Excel has spoilt is refused with advice."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from app.domain.contacts import is_email
from app.domain.dates import BadDate, format_date, parse_date
from app.domain.names import nfc
from app.domain.sheet_forms import PERIODIC_COLUMNS
from app.domain.vocabulary import REGULAR_COLUMNS
from app.errors import N_
from app.reference.code_lists import CODE_LISTS, match_key
from app.services.spreadsheets.plan import Refused

Reader = Callable[[Any], Any]
"""Takes a raw cell, never blank; gives the value or raises Refused."""

HARMFUL: Final = "=+-@＝＋－＠\t\r"
"""Characters a spreadsheet program may take for the beginning of a formula."""

TOO_LONG: Final = N_("This text has %(n)s characters; at most %(most)s fit.")
NOT_TEXT: Final = N_("Write text here.")
BECAME_DATE: Final = N_("Excel has turned this into a date. Format the column as Text and type it again.")
NUMBER_FOR_DATE: Final = N_(
    "%(value)s is a number, not a date. Format the column as Date, or type day/month/year."
)
TIME_OF_DAY: Final = N_("Write the day only, without a time.")
OUTSIDE_LIST: Final = N_("“%(value)s” is not in the list. Choose from the sheet “Danh mục” of the template.")
LOST_ZERO: Final = N_(
    "Excel turned this into the number %(value)s, which has %(n)s digits instead of %(most)s; a leading 0 may be lost. "
    "Format the column as Text and type all the digits."
)
LOST_DIGITS: Final = N_(
    "Excel shortened this to %(value)s; digits are lost. Format the column as Text and type all the digits."
)
PHONE_NUMBER: Final = N_(
    "Excel turned this into the number %(value)s; the leading 0 is lost. Format the column as Text and type it again."
)
WRONG_LENGTH: Final = N_("“%(value)s” does not have %(most)s digits.")
INNER_SPACE: Final = N_("An identifier has no spaces.")
NOT_EMAIL: Final = N_("“%(value)s” is not an e-mail address.")
NOT_WHOLE: Final = N_("“%(value)s” is not a whole number from %(low)s to %(high)s.")
YES_OR_NO: Final = N_("Write Có or Không.")
NO_SUCH_COLUMN: Final = N_(
    "“%(value)s” is not a column of the gradebook. Write for example TX1, TX2, GK, CK, NX."
)

_SHORT_FORM = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_ESCAPED = re.compile(f"'+[{re.escape(HARMFUL)}]")
_RISKY = re.compile(f"'*[{re.escape(HARMFUL)}]")


class Padded(str):
    """A number that Excel shows with leading zeros (format 000000000000): taken as it is shown."""

    __slots__ = ()


class Formula(str):
    """A cell that computes; never taken."""

    __slots__ = ()


class CellError(str):
    """#N/A, #REF! and the like."""

    __slots__ = ()


def harmless(text: str) -> str:
    """Text that no spreadsheet program runs: an apostrophe before = + - @. `restored` takes it off again."""
    return f"'{text}" if _RISKY.match(text) else text


def restored(text: str) -> str:
    """The text `harmless` was given."""
    return text[1:] if _ESCAPED.match(text) else text


def plain(raw: str) -> str:
    """A text cell as stored: without the apostrophe of `harmless`, composed, single spaces."""
    return " ".join(nfc(restored(raw)).split())


def is_decomposed(raw: Any) -> bool:
    """True for text whose accents are stored apart from their letters (Unicode tổ hợp)."""
    return isinstance(raw, str) and not unicodedata.is_normalized("NFC", raw)


def shown(value: Any) -> str:
    """A value as the dry run shows it."""
    if value is None:
        return ""
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, bool):
        return "Có" if value else "Không"
    return str(value)


def text(most: int) -> Callable[[Any], str]:
    """Any text up to `most` characters; a number is taken as its digits."""

    def read(raw: Any) -> str:
        if isinstance(raw, (datetime, date, time, timedelta)):
            raise Refused(BECAME_DATE)
        if isinstance(raw, bool):
            raise Refused(NOT_TEXT)
        value = plain(raw) if isinstance(raw, str) else str(raw).replace(".", ",")
        if len(value) > most:
            raise Refused(TOO_LONG, n=len(value), most=most)
        return value

    return read


def day(raw: Any) -> date:
    """A real date, of either Excel calendar, or day/month/year as text."""
    if isinstance(raw, datetime):
        if raw.time() != time():
            raise Refused(TIME_OF_DAY)
        return raw.date()
    if isinstance(raw, date):
        return raw
    if not isinstance(raw, str) or raw.isdecimal():
        raise Refused(
            NUMBER_FOR_DATE, value=shown(raw) if not isinstance(raw, (time, timedelta)) else str(raw)
        )
    try:
        return parse_date(plain(raw))
    except BadDate as error:
        raise Refused(error.message, **error.params) from error


def identifier(digits: int | None = None, most: int = 20) -> Reader:
    """A code kept as text. `digits`: exactly so many; a number with fewer has lost its zeros and is refused."""

    def read(raw: Any) -> str:
        wanted = digits or 10  # the Ministry's codes have 10 digits (facts F5)
        if isinstance(raw, float):
            raise Refused(LOST_DIGITS, value=f"{raw:g}")
        if isinstance(raw, int) and not isinstance(raw, bool):
            if len(str(raw)) != wanted:
                raise Refused(LOST_ZERO, value=str(raw), n=len(str(raw)), most=wanted)
            return str(raw)
        value = text(most)(raw)
        if _SHORT_FORM.fullmatch(value):
            raise Refused(LOST_DIGITS, value=value)
        if digits and not (value.isascii() and value.isdigit() and len(value) == digits):
            raise Refused(WRONG_LENGTH, value=value, most=digits)
        if " " in value:
            raise Refused(INNER_SPACE)
        return value

    return read


def phone(raw: Any) -> str:
    """A telephone number as text."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        raise Refused(PHONE_NUMBER, value=f"{raw:g}" if isinstance(raw, float) else str(raw))
    return text(20)(raw)


def email(raw: Any) -> str:
    """An address, as far as a shifted column would show."""
    value = text(120)(raw)
    if not is_email(value):
        raise Refused(NOT_EMAIL, value=value)
    return value


def code(list_name: str) -> Reader:
    """The code of a list's item, from its label, its code or another spelling."""

    def read(raw: Any) -> str:
        value = text(160)(raw)
        item = CODE_LISTS[list_name].find(value)
        if item is None:
            raise Refused(OUTSIDE_LIST, value=value)
        return item.code

    return read


def whole(low: int, high: int) -> Reader:
    """A whole number within limits; words before it (Khối 7) are understood."""

    def read(raw: Any) -> int:
        value = plain(raw) if isinstance(raw, str) else str(raw)
        found = re.fullmatch(r"(?:khối|lớp)?\s*(\d{1,12})", value, re.IGNORECASE)
        if isinstance(raw, bool) or found is None or not low <= int(found.group(1)) <= high:
            raise Refused(NOT_WHOLE, value=value, low=low, high=high)
        return int(found.group(1))

    return read


def yes_no(raw: Any) -> bool:
    """Có / Không, x for yes."""
    if isinstance(raw, bool):
        return raw
    found = {"co": True, "x": True, "1": True, "có": True, "khong": False, "không": False, "0": False}.get(
        str(raw).strip().casefold()
    )
    if found is None:
        raise Refused(YES_OR_NO)
    return found


_GRADEBOOK_NAMES: Final[Mapping[str, str]] = {
    **{
        match_key(f"{word}{n}"): column
        for n, column in enumerate(REGULAR_COLUMNS, 1)
        for word in ("TX", "ĐĐGtx", "KTtx")
    },
    **{match_key(word): "midterm" for word in ("GK", "ĐĐGgk", "Giữa kì")},
    **{match_key(word): "final" for word in ("CK", "ĐĐGck", "KThk", "Cuối kì")},
    **{match_key(f"KTđk{n}"): column for n, column in enumerate(PERIODIC_COLUMNS, 1)},
    **{match_key(word): "midterm_level" for word in ("Mức GK", "Mức giữa kì")},
    **{match_key(word): "final_level" for word in ("Mức CK", "Mức cuối kì")},
    **{match_key(word): "midterm_comment" for word in ("NX GK", "Nhận xét giữa kì")},
    **{match_key(word): "comment" for word in ("NX", "Nhận xét")},
}

_GRADEBOOK_HEADINGS: Final[Mapping[str, str]] = {
    **{column: f"TX{n}" for n, column in enumerate(REGULAR_COLUMNS, 1)},
    "midterm": "GK",
    "final": "CK",
    **{column: f"KTđk{n}" for n, column in enumerate(PERIODIC_COLUMNS, 1)},
    "midterm_level": "Mức GK",
    "final_level": "Mức CK",
    "midterm_comment": "NX GK",
    "comment": "NX",
}
"""In printed order."""


def gradebook_columns(raw: Any) -> tuple[str, ...]:
    """Columns of the gradebook, in printed order: TX1, TX2, GK, CK, NX."""
    names = [name for name in re.split(r"[,;]", text(300)(raw)) if name.strip()]
    found = set()
    for name in names:
        column = _GRADEBOOK_NAMES.get(match_key(name))
        if column is None:
            raise Refused(NO_SUCH_COLUMN, value=name.strip())
        found.add(column)
    return tuple(column for column in _GRADEBOOK_HEADINGS if column in found)


def show_gradebook_columns(value: Any) -> str:
    """The same, as text."""
    return ", ".join(_GRADEBOOK_HEADINGS[column] for column in value or ())


def show_code(list_name: str) -> Callable[[Any], str]:
    """The label of a code."""
    return CODE_LISTS[list_name].label
