"""The forms of the class book (Sổ theo dõi và đánh giá học sinh, theo lớp học; TT 22/2021): data → HTML → PDF."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.domain.vocabulary import SubjectKind
from app.reports import book_forms, wording
from app.reports.catalogue import CLASS_BOOK_NAME
from app.reports.columns import density, head_rows, padded, regular_width, result_columns, roman
from app.reports.contexts import BookCover, BookSheet, ClassBook, PrintStamp, StudentList, SubjectPage
from app.reports.figures import Figures
from app.reports.form import Form
from app.reports.renderer import TEMPLATES, code_picture, last_page_lacks, merge, render
from app.reports.signing import check_signatures, signature_groups
from app.reports.summaries import Summary, parted

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_LIST_HEAD = "Họ và tên"  # stands in the head of every list, and nowhere under one
_LAST_FEW = 5


def class_book_cover(cover: BookCover, stamp: PrintStamp, *, numbered: bool = False) -> bytes:
    """The cover (bìa)."""
    facts = (
        ("Lớp", cover.class_name),
        ("Khối", str(cover.grade)),
        ("Giáo viên chủ nhiệm", cover.homeroom_teacher),
        (cover.head_title, cover.principal),
        ("Tỉnh (thành phố)", cover.province),
    )
    return _pdf(book_forms.COVER, cover, stamp, numbered=numbered, facts=facts)


def class_book_instructions(cover: BookCover, stamp: PrintStamp, *, numbered: bool = True) -> bytes:
    """The page of instructions (hướng dẫn sử dụng sổ)."""
    return _pdf(book_forms.INSTRUCTIONS, cover, stamp, numbered=numbered)


def student_list(
    cover: BookCover,
    page: StudentList,
    stamp: PrintStamp,
    *,
    numbered: bool = True,
    book_name: str = CLASS_BOOK_NAME,
) -> bytes:
    """The personal sheet (sơ yếu lí lịch) of a book. Raises MissingSignature when a signatory of the form is left out."""
    form = book_forms.STUDENT_LIST
    check_signatures(form, page.signatures)
    return _listed(
        form,
        cover,
        stamp,
        page.lines,
        numbered=numbered,
        page=page,
        columns=tuple((cover.words.say(label), width) for label, width in wording.STUDENT_LIST_COLUMNS),
        tally=cover.words.say(wording.students_tally(page)),
        groups=signature_groups(page.signatures),
        book_name=book_name,
    )


def subject_page(cover: BookCover, page: SubjectPage, stamp: PrintStamp, *, numbered: bool = True) -> bytes:
    """One subject in one term. Raises MissingSignature when a signatory of the form is left out."""
    form = book_forms.SUBJECT_SCORED if page.kind is SubjectKind.SCORED else book_forms.SUBJECT_COMMENT
    check_signatures(form, page.signatures)
    return _listed(
        form,
        cover,
        stamp,
        page.lines,
        numbered=numbered,
        title=subject_title(page),
        page=page,
        head=head_rows(page),
        roman=roman(page.term),
        density=density(page),
        regular_width=regular_width(page),
        result_columns=result_columns(page),
        tally=cover.words.say(wording.corrections_tally(page)),
        groups=signature_groups(page.signatures),
    )


def book_sheet(cover: BookCover, sheet: BookSheet, stamp: PrintStamp) -> bytes:
    """A further page of the book: attendance, a term's summary, the head's remarks."""
    form = book_forms.ACROSS if sheet.landscape else book_forms.UPRIGHT
    return page_pdf(
        sheet.template,
        form=form,
        cover=cover,
        stamp=stamp,
        check=stamp.check(),
        title=sheet.title,
        numbered=False,
        page=sheet.page,
    )


def page_pdf(template: str, *, page: Any, stamp: PrintStamp, **values: Any) -> bytes:
    """A template filled and drawn; of a table's signatures none stands on a sheet without a line of it."""
    pdf = render(html_of(template, stamp=stamp, page=page, **values), created_at=stamp.printed_at)
    if isinstance(page, Summary) and last_page_lacks(pdf, _LIST_HEAD):
        html = html_of(template, stamp=stamp, page=parted(page), **values)
        return render(html, created_at=stamp.printed_at)
    if isinstance(page, Figures) and page.sheets and last_page_lacks(pdf, page.last_words):
        html = html_of(template, stamp=stamp, page=page.settled(), **values)
        return render(html, created_at=stamp.printed_at)
    return pdf


def subject_title(page: SubjectPage) -> str:
    """Name of a subject's part in progress messages and bookmarks."""
    return f"{page.subject}, học kì {roman(page.term)}"


def class_book_parts(book: ClassBook) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The parts of the book in printed order: a title to show while it is made, and what makes it.

    A background job calls them one by one, tells how far it is, and hands the results to `class_book_file`.
    """
    cover, stamp = book.cover, book.stamp
    yield "Bìa", partial(class_book_cover, cover, stamp)
    yield "Hướng dẫn sử dụng sổ", partial(class_book_instructions, cover, stamp, numbered=False)
    yield (
        cover.words.say("Sơ yếu lí lịch học sinh"),
        partial(student_list, cover, book.students, stamp, numbered=False),
    )
    for sheet in book.before:
        yield sheet.title, partial(book_sheet, cover, sheet, stamp)
    for page in book.subjects:
        yield subject_title(page), partial(subject_page, cover, page, stamp, numbered=False)
    for sheet in book.after:
        yield sheet.title, partial(book_sheet, cover, sheet, stamp)


def class_book_file(book: ClassBook, titles: list[str], parts: list[bytes]) -> bytes:
    """The book as one file: bookmarks per part, pages numbered through. `titles` and `parts` in printed order."""
    title = f"{book.cover.words.say(CLASS_BOOK_NAME)}, lớp {book.cover.class_name}, năm học {book.cover.school_year}"
    return merge(parts, titles=titles, title=title, created_at=book.stamp.printed_at, number_pages=True)


def class_book(book: ClassBook) -> bytes:
    """The whole book at once; for a class of usual size this takes a while, so prefer the parts in a job."""
    made = [(title, make()) for title, make in class_book_parts(book)]
    return class_book_file(book, [title for title, _ in made], [part for _, part in made])


def _listed(form: Form, cover: BookCover, stamp: PrintStamp, lines: Sequence[Any], **values: Any) -> bytes:
    """A list with its signatures, which never stand on a sheet without a student: the last few go over with them."""
    pdf = _pdf(form, cover, stamp, parts=(lines,), **values)
    if last_page_lacks(pdf, _LIST_HEAD):
        return _pdf(form, cover, stamp, parts=(lines[:-_LAST_FEW], lines[-_LAST_FEW:]), **values)
    return pdf


def _pdf(form: Form, cover: BookCover, stamp: PrintStamp, **values: Any) -> bytes:
    return render(_html(form, cover, stamp, **values), created_at=stamp.printed_at)


def _html(form: Form, cover: BookCover, stamp: PrintStamp, **values: Any) -> str:
    values.setdefault("title", form.name)
    return html_of(form.template, form=form, cover=cover, stamp=stamp, check=stamp.check(), **values)


def html_of(template: str, *, stamp: PrintStamp, **values: Any) -> str:
    """A template filled: `form`, `cover`, `check`, `title`, `numbered` and its own values."""
    printed_at = stamp.printed_at.astimezone(_HANOI).strftime("%d/%m/%Y %H:%M")
    values.setdefault("book_name", CLASS_BOOK_NAME)
    return filled(template, stamp=stamp, printed_at=printed_at, **values)


def filled(template: str, **values: Any) -> str:
    """A template of the reports with these values and no others."""
    return _environment().get_template(template).render(**values)


def _worded(text: str, cover: BookCover) -> str:
    """`text|said(cover)`: words of a form in those of the paper's unit."""
    return type(text)(cover.words.say(str(text)))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["padded"] = padded
    environment.filters["groups"] = signature_groups
    environment.filters["code_picture"] = code_picture
    environment.filters["said"] = _worded
    return environment
