"""Remarks as teachers write them, as suggestions to start from and for the demonstration data."""

from functools import cache

from app.domain.notes import NoteKind
from app.reference.resources import read_rows

GOOD, FAIR, WEAK, OF_CLASS = "good", "fair", "weak", "class"
NOT_YET = "-"
"""Ends the name of an area where the goal is not reached yet."""


@cache
def remarks(kind: NoteKind, about: str) -> tuple[str, ...]:
    """Remarks of a kind about students who do well, fairly or badly, the class, or an area of development."""
    return tuple(
        row["text"] for row in read_rows("notes.csv") if (row["kind"], row["about"]) == (kind.value, about)
    )


def suggestions(kind: NoteKind, area: str | None = None, *, of_class: bool = False) -> tuple[str, ...]:
    """What a page offers for one remark, the best first."""
    if area is not None:
        return (*remarks(kind, area), *remarks(kind, f"{area}{NOT_YET}"))
    if of_class:
        return remarks(kind, OF_CLASS)
    return tuple(text for about in (GOOD, FAIR, WEAK) for text in remarks(kind, about))
