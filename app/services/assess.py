"""`flask assess`: anyone checks a formula by its figures, without an account and without a database."""

import json
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from app.domain.assessment.items import Unjudgeable
from app.domain.assessment.regulations import assess_item
from app.domain.assessment.steps import figure, sentences
from app.errors import N_, Invalid

Translate = Callable[[str], str]

NOT_TEXT: Final = N_("The file is not text in UTF-8.")
NOT_JSON: Final = N_("The file is not JSON: something is wrong at line %(line)s, column %(column)s.")
TOO_DEEP: Final = N_("Lists and objects are nested too deeply.")
NOT_ITEMS: Final = N_("The file is not a JSON list of items with regulation, kind and inputs.")

_LONGEST_NUMBER: Final = 9
"""Digits of a whole number that can be a figure; a longer one is read, so that its item alone is refused."""
_LONGEST_VALUE: Final = 80
"""Characters of a wrong value that are repeated to the reader."""

_CONSTANTS: Final = {None: "null", True: "true", False: "false"}


def read_items(content: bytes) -> list[Any]:
    """The items of a file, numbers exact. Invalid where it isn't a JSON list in UTF-8."""
    try:
        text = unicodedata.normalize("NFC", content.decode("utf-8-sig"))
        items = json.loads(text, parse_float=Decimal, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise Invalid(NOT_TEXT) from error
    except json.JSONDecodeError as error:
        raise Invalid(NOT_JSON, line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise Invalid(TOO_DEEP) from error
    if not isinstance(items, list):
        raise Invalid(NOT_ITEMS)
    return items


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else Decimal(digits)


def assess_items(items: list[Any], translate: Translate) -> list[dict[str, Any]]:
    """An answer to each item in turn: its values and the explanation, or the error where it can't be judged."""
    return [_answer(item, translate) for item in items]


def _answer(item: Any, translate: Translate) -> dict[str, Any]:
    try:
        answer = assess_item(item)
        return {**answer.values, "explanation": sentences(answer.steps, translate)}
    except Unjudgeable as refusal:
        shown = {name: _shown(value, translate) for name, value in refusal.params.items()}
        return {"error": translate(refusal.message) % shown}
    except RecursionError:
        return {"error": translate(TOO_DEEP)}


def _shown(value: Any, translate: Translate) -> str:
    """A figure of a refusal: what stands in the file, a list or object by its brackets only, and cut where it is long."""
    if isinstance(value, (list, dict)):
        return "[…]" if isinstance(value, list) else "{…}"
    text = _CONSTANTS[value] if value is None or isinstance(value, bool) else figure(value, translate)
    return text if isinstance(value, tuple) or len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def as_json(answers: list[dict[str, Any]]) -> bytes:
    """The answers as the file that is printed: UTF-8, one answer a line."""
    lines = (json.dumps(answer, ensure_ascii=False, default=str) for answer in answers)
    text = "[\n" + ",\n".join(lines) + "\n]\n" if answers else "[]\n"
    return text.encode("utf-8", "backslashreplace")  # half a character from the file: as JSON writes it
