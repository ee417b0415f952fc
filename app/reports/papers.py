"""What one print consists of: a heading, and parts that are drawn one by one and put together."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, TypeAlias

from app.reports.contexts import BookCover, ClassBook, PrintStamp
from app.reports.form import DrawnFor, Form


@dataclass(frozen=True, slots=True)
class Part:
    """A piece drawn by itself: one student's paper, or a page of a paper. `page`: the context of its template."""

    title: str
    page: Any
    student_id: int | None = None
    template: str = ""  # empty: the form's own

    @property
    def digest(self) -> str:
        """SHA-256 of what stands on it: the same record gives the same digest, whenever and by whom it is printed."""
        return digest_of({"template": self.template, "page": self.page})


@dataclass(frozen=True, slots=True)
class Paper:
    """One print of a form. A form drawn for students has a part a student, each a paper of its own."""

    form: Form
    heading: BookCover
    title: str
    parts: tuple[Part, ...]
    stamp: PrintStamp

    @property
    def apart(self) -> bool:
        """True where each part is a paper of its own, with its own check code and page numbers."""
        return self.form.drawn_for is DrawnFor.STUDENT


Printable: TypeAlias = Paper | ClassBook
"""Whatever a job can print."""


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of plain data and dataclasses, without fields that say no more than their default.

    So a later version of the program may add a field to a form, and papers printed before it still compare as unchanged.
    """
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digests_of(paper: Printable) -> list[tuple[int | None, str]]:
    """(student, digest of the data) of each paper of its own; one line for anything else."""
    if isinstance(paper, ClassBook):
        return [(None, digest_of((paper.cover, paper.students, paper.subjects, paper.before, paper.after)))]
    if paper.apart:
        return [(part.student_id, digest_of((paper.heading, part.digest))) for part in paper.parts]
    return [(None, digest_of((paper.heading, [part.digest for part in paper.parts])))]


def _told(value: Any) -> Iterator[tuple[Field[Any], Any]]:
    for field in fields(value):
        part = getattr(value, field.name)
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if field.compare and (default is MISSING or part != default):
            yield field, part


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(part) for field, part in _told(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, (bool, int)) else str(value)
