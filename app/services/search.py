"""Searching by name: `nguyen van a` and `Nguyễn Văn Á` find the same people (design §5, trap 24)."""

from typing import Any

import sqlalchemy as sa

from app.domain.names import fold

LONGEST = 80
ESCAPE = "!"
FEW = 8000
"""Up to so many finds are fetched by key and sorted; more are read in the list's own order until the page is full."""


def name_matches(model: Any, term: str, *code_columns: Any) -> sa.ColumnElement[bool]:
    """SQL: every word of `term` begins a word of the folded name; a term with digits may also begin a code."""
    folded = fold(term)[:LONGEST]
    words = [word_starts(model.name_folded, word) for word in folded.split()]
    by_name = sa.and_(sa.true(), *words)
    if code_columns and any(char.isdigit() for char in folded):
        typed = escaped(term.strip()[:LONGEST])
        return sa.or_(by_name, *(column.like(f"{typed}%", escape=ESCAPE) for column in code_columns))
    return by_name


def word_starts(column: Any, word: str) -> sa.ColumnElement[bool]:
    """SQL: a word of the folded column begins with `word`."""
    typed = escaped(word)
    return sa.or_(column.like(f"{typed}%", escape=ESCAPE), column.like(f"% {typed}%", escape=ESCAPE))


def escaped(text: str) -> str:
    """`text` as itself inside LIKE."""
    return text.replace(ESCAPE, ESCAPE * 2).replace("%", f"{ESCAPE}%").replace("_", f"{ESCAPE}_")
