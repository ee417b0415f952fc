"""What people type as text: tidied in one way, and refused where it is too long, never cut."""

from typing import Final

from app.domain.names import nfc, unicode_problem
from app.errors import N_, Invalid

TOO_LONG: Final = N_(
    "This text has %(length)s letters; at most %(most)s are kept. Shorten it, nothing was saved."
)


def one_line(text: str | None, most: int, needed: str | None = None, field: str = "") -> str:
    """A title, a reason: spaces and line ends become one space. Raises Invalid, with `needed` for an empty text.

    `field`: where a form shows it.
    """
    return _checked(" ".join(nfc(text or "").split()), most, needed, field)


def paragraphs(text: str | None, most: int, needed: str | None = None) -> str:
    """A message: line ends stay. Raises Invalid as `one_line`."""
    lines = (" ".join(line.split()) for line in nfc(text or "").splitlines())
    return _checked("\n".join(lines).strip(), most, needed)


def _checked(text: str, most: int, needed: str | None, field: str = "") -> str:
    if needed is not None and not text:
        raise Invalid(needed, problems=((field, needed),) if field else ())
    if len(text) > most:
        raise Invalid(TOO_LONG, length=len(text), most=most)
    if problem := unicode_problem(text.replace("\n", " ")):
        raise Invalid(problem)
    return text
