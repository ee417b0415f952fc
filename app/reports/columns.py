"""Columns of a subject's page: official heads, widths, and how tightly the rows are set."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.vocabulary import SubjectKind
from app.reports.contexts import Cell, SubjectPage

_PAGE_WIDTH = 180.0  # millimetres between the margins, portrait
_ROMAN = {1: "I", 2: "II"}
_FEW, _ONE_PAGE = 30, 45  # rows that fit one sheet set roomy, and set close


@dataclass(frozen=True, slots=True)
class HeadCell:
    """One cell of the table's head. `index` is set as a subscript; `width` in millimetres, 0 where a span decides."""

    label: str
    index: str = ""
    width: float = 0.0
    colspan: int = 1
    rowspan: int = 1


@dataclass(frozen=True, slots=True)
class _Widths:
    """Widths in millimetres; the name takes what the others leave."""

    regular: float
    periodic: float
    term: float
    year: float
    retest: float
    note: float
    number: float = 8.0


_WIDTHS = {
    (SubjectKind.SCORED, 1): _Widths(regular=11.5, periodic=13.0, term=14.5, year=0.0, retest=0.0, note=24.0),
    (SubjectKind.SCORED, 2): _Widths(
        regular=10.5, periodic=12.5, term=14.5, year=12.5, retest=13.0, note=20.0
    ),
    (SubjectKind.COMMENT, 1): _Widths(
        regular=10.0, periodic=13.5, term=13.0, year=0.0, retest=0.0, note=24.0
    ),
    (SubjectKind.COMMENT, 2): _Widths(
        regular=9.0, periodic=13.0, term=12.5, year=13.5, retest=13.0, note=20.0
    ),
}
_NARROWEST_REGULAR = 8.6


def roman(term: int) -> str:
    """I or II."""
    return _ROMAN[term]


def result_columns(page: SubjectPage) -> int:
    """Result columns on the page: the term's, and in the second term the year's and the retest's."""
    return 1 if page.term == 1 else 3


def padded(cells: Sequence[Cell], count: int) -> tuple[Cell, ...]:
    """The cells with empty ones added up to `count`."""
    return (*cells, *[None] * (count - len(cells)))


def density(page: SubjectPage) -> str:
    """Class of the table: set close where that brings the list and its signatures onto one sheet."""
    return "close" if _FEW < len(page.lines) <= _ONE_PAGE else "roomy"


def regular_width(page: SubjectPage) -> float:
    """Width of one column of regular assessment, in millimetres."""
    usual = _WIDTHS[page.kind, page.term].regular
    return max(_NARROWEST_REGULAR, min(usual, usual * 4 / page.regular_columns))


def head_rows(page: SubjectPage) -> tuple[tuple[HeadCell, ...], ...]:
    """The head of the table, row by row, by kind of subject and term (assessment facts A12 items 4 and 5)."""
    return _scored_head(page) if page.kind is SubjectKind.SCORED else _comment_head(page)


def _name_width(page: SubjectPage) -> float:
    width = _WIDTHS[page.kind, page.term]
    taken = width.number + regular_width(page) * page.regular_columns + 2 * width.periodic
    return round(_PAGE_WIDTH - taken - width.term - width.year - width.retest - width.note, 2)


def _regular_numbers(page: SubjectPage) -> tuple[HeadCell, ...]:
    width = regular_width(page)
    return tuple(HeadCell(str(number), width=width) for number in range(1, page.regular_columns + 1))


def _scored_head(page: SubjectPage) -> tuple[tuple[HeadCell, ...], ...]:
    width = _WIDTHS[page.kind, page.term]
    first = [
        HeadCell("TT", width=width.number, rowspan=2),
        HeadCell("Họ và tên", width=_name_width(page), rowspan=2),
        HeadCell("ĐĐG", "tx", colspan=page.regular_columns),
        HeadCell("ĐĐG", "gk", width=width.periodic, rowspan=2),
        HeadCell("ĐĐG", "ck", width=width.periodic, rowspan=2),
        HeadCell("ĐTB", f"mhk{roman(page.term)}", width=width.term, rowspan=2),
    ]
    if page.term == 2:
        first.append(HeadCell("ĐTB", "mcn", width=width.year, rowspan=2))
        first.append(HeadCell("Đánh giá lại", width=width.retest, rowspan=2))
    first.append(HeadCell("Ghi chú", width=width.note, rowspan=2))
    return tuple(first), _regular_numbers(page)


def _comment_head(page: SubjectPage) -> tuple[tuple[HeadCell, ...], ...]:
    width = _WIDTHS[page.kind, page.term]
    second = [
        HeadCell("Thường xuyên", colspan=page.regular_columns),
        HeadCell("Giữa kì", width=width.periodic),
        HeadCell("Cuối kì", width=width.periodic),
        HeadCell("Học kì", width=width.term),
    ]
    first = [
        HeadCell("TT", width=width.number, rowspan=2),
        HeadCell("Họ và tên", width=_name_width(page), rowspan=2),
    ]
    levels = "Mức đánh giá: Đạt (Đ), Chưa đạt (CĐ)"
    if page.term == 2:
        second.append(HeadCell("Cả năm", width=width.year))
    first.append(HeadCell(levels, colspan=page.regular_columns + len(second) - 1))
    if page.term == 2:
        first.append(HeadCell("Mức đánh giá lại", width=width.retest, rowspan=2))
    first.append(HeadCell("Ghi chú", width=width.note, rowspan=2))
    return tuple(first), tuple(second)
