"""Decisions of a school's head, as NĐ 30/2020/NĐ-CP lays them out; every value is ready text."""

from dataclasses import dataclass

from app.reports.summaries import Head

WIDTH = 165.0
"""Millimetres between the margins: 30 on the left, 15 on the right."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a decision; the first column is the running number."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Article:
    """An article: its text, clauses of their own line, and a table."""

    text: str
    clauses: tuple[str, ...] = ()
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Appendix:
    """A page behind the decision."""

    title: str
    grid: Grid


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it is printed. `number` with its sign: 15/QĐ-THCSTK; `place` and `day` of its signing."""

    authority_above: str
    school: str
    number: str
    place: str
    day: str  # ngày 05 tháng 9 năm 2026
    about: str  # trích yếu
    issuer: str  # HIỆU TRƯỞNG TRƯỜNG THCS …
    grounds: tuple[str, ...]
    articles: tuple[Article, ...]
    recipients: tuple[str, ...]
    title: tuple[str, ...]  # of who signs, line by line: KT. HIỆU TRƯỞNG, PHÓ HIỆU TRƯỞNG
    signer: str
    appendices: tuple[Appendix, ...] = ()
