"""Drawing any paper: its parts one by one, then the file they make. A background job calls the parts in turn."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from app.reports import forms
from app.reports.contexts import ClassBook, StudentList, SubjectPage
from app.reports.form import Orientation
from app.reports.papers import Paper, Part, Printable
from app.reports.pdfa import archival
from app.reports.renderer import merge

TURNED = {
    "documents/old_cover.html": Orientation.PORTRAIT,
    "class_book/remarks.html": Orientation.PORTRAIT,
    "documents/summary_upright.html": Orientation.PORTRAIT,
    "documents/summary_across.html": Orientation.LANDSCAPE,
}
"""Pages that lie otherwise than the other pages of their paper may."""
Drawn: TypeAlias = tuple[str, Callable[[], bytes]]
"""A title to show while a part is made, and what makes it."""


def parts_of(paper: Printable) -> Iterator[Drawn]:
    """The parts in printed order."""
    if isinstance(paper, ClassBook):
        yield from forms.class_book_parts(paper)
        return
    alone = paper.apart or len(paper.parts) == 1
    bare = replace(paper, parts=())  # a part is sent to another process without the others
    for place, part in enumerate(paper.parts, start=1):
        yield part.title, partial(draw, bare, part, place, numbered=alone)


def file_of(paper: Printable, titles: list[str], parts: list[bytes]) -> bytes:
    """The file of all parts, a bookmark each; numbered through unless each part is a paper of its own."""
    if isinstance(paper, ClassBook):
        return settled(paper, forms.class_book_file(paper, titles, parts))
    through = not paper.apart and len(parts) > 1
    whole = merge(
        parts, titles=titles, title=paper.title, created_at=paper.stamp.printed_at, number_pages=through
    )
    return whole if paper.apart else settled(paper, whole)


def settled(paper: Printable, pdf: bytes) -> bytes:
    """A paper as it is registered: PDF/A where its file stays."""
    return archival(pdf, paper.stamp.printed_at) if paper.stamp.purpose.kept else pdf


def draw(paper: Paper, part: Part, place: int, *, numbered: bool = True) -> bytes:
    """One part as PDF, with page numbers of its own where it is `numbered`.

    Raises RenderError when it can't be printed faithfully.
    """
    if isinstance(part.page, SubjectPage):
        return forms.subject_page(paper.heading, part.page, paper.stamp, numbered=numbered)
    if isinstance(part.page, StudentList):
        name = paper.form.name
        return forms.student_list(paper.heading, part.page, paper.stamp, numbered=numbered, book_name=name)
    template = part.template or paper.form.template
    return forms.page_pdf(
        template,
        form=replace(paper.form, orientation=TURNED.get(template, paper.form.orientation)),
        cover=paper.heading,
        stamp=paper.stamp,
        title=part.title if paper.apart else paper.title,
        check=paper.stamp.check(place if paper.apart else 1),
        numbered=numbered,
        page=part.page,
    )
