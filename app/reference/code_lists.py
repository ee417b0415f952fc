"""Code lists of the sector database (CSDL ngành), with the other spellings that turn up in imports.

The lists follow the catalogue of 2020 and later vendor lists; the current one of the Ministry wins
wherever a school loads it. Codes are text, with their leading zeros.
"""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from app.reference.resources import read_rows

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


@dataclass(frozen=True, slots=True)
class CodeItem:
    """One value of a list. `group` gathers values that are counted together; empty where there is none."""

    code: str
    label_vi: str
    sort: int
    group: str = ""


def _plain(text: str) -> str:
    """`text` without any diacritic, đ as d."""
    stripped = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return stripped.replace("đ", "d")


def _word_key(word: str) -> str:
    """Key of one word: the tone mark moved to its end, so that "hoà" and "hòa" are the same word."""
    decomposed = unicodedata.normalize("NFD", word)
    tones = "".join(c for c in decomposed if c in _TONES)
    letters = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES))
    # "mỹ" and "mĩ", "kỳ" and "kì" are spelling variants; "tày" and "thúy" are not
    letters = re.sub(r"(?<=[bcdđghklmnpqrstvx])y$", "i", letters)
    return letters + tones


def match_key(text: str) -> str:
    """Form of `text` for comparing: blind to case, spaces, hyphens, apostrophes and tone placement."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold())
    return "".join(_word_key(word) for word in words)


def _unique(pairs: list[tuple[str, CodeItem]]) -> dict[str, CodeItem]:
    """Index of `pairs` without the keys that lead to more than one item."""
    found: dict[str, set[CodeItem]] = defaultdict(set)
    for key, item in pairs:
        found[key].add(item)
    return {key: next(iter(items)) for key, items in found.items() if len(items) == 1}


@dataclass(frozen=True)
class CodeList:
    """A named list in display order, with `aliases` as (other spelling, code) pairs."""

    name: str
    items: tuple[CodeItem, ...]
    aliases: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _by_code(self) -> dict[str, CodeItem]:
        return {item.code: item for item in self.items}

    @cached_property
    def _labels(self) -> list[tuple[str, CodeItem]]:
        return [(match_key(item.label_vi), item) for item in self.items]

    @cached_property
    def _spellings(self) -> list[tuple[str, CodeItem]]:
        return [(match_key(label), self._by_code[code]) for label, code in self.aliases]

    @cached_property
    def _indexes(self) -> tuple[dict[str, CodeItem], ...]:
        """Where `find` looks, in order: labels, other spellings, both of them without marks."""
        bare = [(_plain(key), item) for key, item in self._labels + self._spellings]
        return _unique(self._labels), _unique(self._spellings), _unique(bare)

    def __getitem__(self, code: str) -> CodeItem:
        """The item of `code`; KeyError when the list has none."""
        return self._by_code[code]

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def label(self, code: str | None) -> str:
        """Vietnamese label of `code`; an unknown code is shown as it is, none as empty text."""
        if not code:
            return ""
        item = self._by_code.get(code)
        return item.label_vi if item else code

    def find(self, text: str) -> CodeItem | None:
        """Item meant by `text` of an import: code (also without its leading zero), label or other spelling.

        Text without marks ("Gia rai", "Muong") is understood where it can mean only one item.
        """
        typed = text.strip()
        for code in (typed, typed.zfill(2) if typed.isdigit() else typed):
            if code in self._by_code:
                return self._by_code[code]
        key = match_key(typed)
        return next((index[key] for index in self._indexes if key in index), None)

    def choices(self) -> list[tuple[str, str]]:
        """(code, label) pairs for a form, in display order."""
        return [(item.code, item.label_vi) for item in self.items]

    def codes_of(self, group: str) -> tuple[str, ...]:
        """Codes of one group, for counting."""
        return tuple(item.code for item in self.items if item.group == group)


def _load() -> dict[str, CodeList]:
    items: dict[str, list[CodeItem]] = defaultdict(list)
    for row in read_rows("code_lists.csv"):
        held = items[row["list"]]
        held.append(CodeItem(row["code"], row["label"], len(held) + 1, row["group"]))
    aliases: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in read_rows("aliases.csv"):
        aliases[row["list"]] += [(alias.strip(), row["code"]) for alias in row["aliases"].split("|")]
    # đối tượng ưu tiên is printed from the same values as diện chính sách
    items["priority"], aliases["priority"] = items["policy"], aliases["policy"]
    return {name: CodeList(name, tuple(held), tuple(aliases[name])) for name, held in items.items()}


CODE_LISTS: dict[str, CodeList] = _load()
"""Every list by its English name."""
