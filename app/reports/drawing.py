"""Drawing any paper: its parts one by one, then the file they make. A background job calls the parts in turn."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from app.reports import forms
from app.reports.catalogue import Orientation
from app.reports.contexts import ClassBook, SubjectPage
from app.reports.papers import Paper, Part, Printable
from app.reports.renderer import merge

UPRIGHT_PAGES = {
    "documents/old_cover.html": Orientation.PORTRAIT,
    "documents/summary_upright.html": Orientation.PORTRAIT,
}
"""Pages that stand upright in a paper whose other pages lie across."""
Drawn: TypeAlias = tuple[str, Callable[[], bytes]]
"""A title to show while a part is made, and what makes it."""


def parts_of(paper: Printable) -> Iterator[Drawn]:
    """The parts in printed order."""
    if isinstance(paper, ClassBook):
        yield from forms.class_book_parts(paper)
        return
    for place, part in enumerate(paper.parts, start=1):
        yield part.title, partial(draw, paper, part, place)


def file_of(paper: Printable, titles: list[str], parts: list[bytes]) -> bytes:
    """The file of all parts, a bookmark each; numbered through unless each part is a paper of its own."""
    if isinstance(paper, ClassBook):
        return forms.class_book_file(paper, titles, parts)
    through = not paper.apart and len(parts) > 1
    return merge(
        parts, titles=titles, title=paper.title, created_at=paper.stamp.printed_at, number_pages=through
    )


def draw(paper: Paper, part: Part, place: int) -> bytes:
    """One part as PDF. Raises RenderError when it can't be printed faithfully."""
    if isinstance(part.page, SubjectPage):
        return forms.subject_page(paper.heading, part.page, paper.stamp, numbered=len(paper.parts) == 1)
    template = part.template or paper.form.template
    return forms.page_pdf(
        template,
        form=replace(paper.form, orientation=UPRIGHT_PAGES.get(template, paper.form.orientation)),
        cover=paper.heading,
        stamp=paper.stamp,
        title=part.title if paper.apart else paper.title,
        check=paper.stamp.check(place if paper.apart else 1),
        numbered=paper.apart or len(paper.parts) == 1,
        page=part.page,
    )
