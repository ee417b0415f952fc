"""Sổ theo dõi chất lượng giáo dục: what each class has come to at every point of the year, and who needs support.

Of a class, or of the school: then the classes compared, the grades added up, and a page a class (S4 Điều 19). Primary
classes by levels of subjects, qualities and competences; secondary ones by kết quả học tập and rèn luyện.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.items import vietnamese
from app.domain.assessment.primary import Trait
from app.domain.assessment.primary_plan import traits_shown
from app.domain.assessment.registry import PRIMARY
from app.domain.assessment.terms import (
    AcademicLevel,
    Conduct,
    PrimaryLevel,
    ResultLevel,
    SubjectLevel,
    TraitLevel,
)
from app.domain.vocabulary import Passing
from app.models import HomeroomAssignment, Person, SchoolClass
from app.models.base import in_force
from app.reports.contexts import BookCover, PrintStamp, Signature
from app.reports.figures import Figures, Sheet, sheet_of
from app.reports.form import YEAR, Signatory
from app.reports.papers import Paper, Part
from app.reports.summaries import Head, Row
from app.services.book_reading import Officials
from app.services.clock import clamp
from app.services.documents import words
from app.services.documents.asked import Asked
from app.services.documents.ratings import counts_sheet, measure_name, rating_sheets
from app.services.documents.school import (
    SchoolReading,
    about,
    by_grade,
    load_rooms,
    paper_title,
    points_until,
    read_heading,
    read_school,
    when,
)
from app.services.results.counting import measures
from app.services.results.judging import Judged
from app.services.results.places import MIDTERMS, fitting, term_of
from app.services.results.unit_page import Block, ClassLine, total_of

_POINTS: Final = {3: "Giữa HK I", 1: "Cuối HK I", 4: "Giữa HK II", YEAR: "Cuối năm"}
_SUBJECTS: Final = tuple(level.value for level in SubjectLevel)
_TRAITS: Final = tuple(level.value for level in TraitLevel)
_WEAK: Final = frozenset(
    {
        ResultLevel.NOT_PASSED,
        AcademicLevel.WEAK,
        AcademicLevel.POOR,
        Conduct.WEAK,
        PrimaryLevel.NOT_DONE,
    }
)
_ENOUGH: Final = Decimal("5.0")
"""Below it a subject of a student who isn't promoted is assessed again (TT 22/2021 Điều 14; TT 58/2011 Điều 16)."""
_TITLE: Final = "SỔ THEO DÕI CHẤT LƯỢNG GIÁO DỤC"
_NOTE: Final = {
    True: "T: Hoàn thành tốt (phẩm chất, năng lực: Tốt); H: Hoàn thành; Đ: Đạt; C: Chưa hoàn thành (phẩm chất, năng lực: Cần cố "
    "gắng); –: chưa đánh giá. Tỷ lệ (%) tính trên số học sinh được đánh giá ở thời điểm cuối của sổ.",
    False: "Tỷ lệ (%) tính trên tổng số học sinh của lớp ở cuối mỗi thời điểm, làm tròn đến một chữ số thập phân.",
}
_NOBODY: Final = "Không có học sinh cần hỗ trợ ở thời điểm này."
_NOT_YET: Final = "Chưa có kết quả đánh giá ở thời điểm này."
ByPoint = Mapping[int, Sequence[Judged]]


@dataclass(frozen=True)
class _Book:
    """What the pages are made of. `judged`: by class and point."""

    asked: Asked
    heading: BookCover
    officials: Officials
    found: SchoolReading
    judged: Mapping[int, ByPoint]
    homerooms: Mapping[int, str]

    def last(self, room: SchoolClass) -> int:
        """The point the book ends with for the class."""
        return fitting(room.circular, self.asked.period)


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The book of a class or of the school, up to the end of a term or the year."""
    heading, officials = read_heading(session, asked)
    rooms = load_rooms(session, asked)
    points = {room.id: points_until(room.circular, asked.period) for room in rooms}
    found = read_school(session, asked, rooms, {p for some in points.values() for p in some}, remarks=True)
    book = _Book(
        asked,
        heading,
        officials,
        found,
        {room.id: {p: found.judged(room, p) for p in points[room.id]} for room in rooms},
        _homerooms(session, asked, rooms),
    )
    parts = [] if asked.room else [*_school(book)]
    parts += [Part(f"Lớp {room.name}", _class_page(book, room)) for room in rooms]
    return Paper(asked.form, heading, paper_title(asked, heading), tuple(parts), stamp)


def _homerooms(session: Session, asked: Asked, rooms: Sequence[SchoolClass]) -> dict[int, str]:
    """Homeroom teachers by class on that day of the year."""
    day = clamp(asked.day, asked.year.starts_on, asked.year.ends_on)
    query = (
        sa.select(HomeroomAssignment.class_id, Person.full_name)
        .join(Person, Person.id == HomeroomAssignment.person_id)
        .where(HomeroomAssignment.class_id.in_([r.id for r in rooms]), in_force(HomeroomAssignment, day))
        .order_by(HomeroomAssignment.starts_on)
    )
    return dict(session.execute(query).all())


# -- the school --------------------------------------------------------------------------------------------------


def _school(book: _Book) -> Iterable[Part]:
    """Classes compared by their results, and primary grades by subjects and traits."""
    rooms = book.found.rooms
    sheets = tuple(rating_sheets([*_blocks(book)]))
    name = when(rooms, book.asked.period)
    if sheets:
        yield Part("Tổng hợp theo lớp", _page(book, f"{_TITLE}, {name}", sheets, _NOTE[False], headed=True))
    primary = [room for room in rooms if room.circular in PRIMARY]
    for grade, some in by_grade(primary).items():
        title = f"{_TITLE}: KHỐI {grade}, {when(some, book.asked.period)}"
        tables = _primary(book, some)
        yield Part(f"Khối {grade}", _page(book, title, tables, _NOTE[True], headed=not sheets))


def _blocks(book: _Book) -> Iterable[Block]:
    """The classes as the results page groups them, from what was read."""
    groups: dict[tuple[int, str], list[SchoolClass]] = {}
    for room in book.found.rooms:
        groups.setdefault((room.grade, room.circular), []).append(room)
    for (grade, circular), rooms in groups.items():
        known = measures(circular, book.last(rooms[0]))
        if known:
            lines = [_line(room, book.judged[room.id][book.last(room)], known) for room in rooms]
            yield Block(rooms[0].level, grade, circular, known, tuple(lines), total_of(lines))


def _line(room: SchoolClass, judged: Sequence[Judged], known: Iterable[str]) -> ClassLine:
    numbers = {name: Counter(getattr(j.result, name) for j in judged) for name in known}
    return ClassLine(room.name, len(judged), numbers, room)


def _page(book: _Book, title: str, sheets: Iterable[Sheet], note: str, *, headed: bool = False) -> Figures:
    signed = (Signature(Signatory.MAKER), words.head_signature(book.officials))
    return Figures(title, about(book.heading), tuple(sheets), (note,), signed, headed)


# -- a class -----------------------------------------------------------------------------------------------------


def _class_page(book: _Book, room: SchoolClass) -> Figures:
    judged, primary = book.judged[room.id], room.circular in PRIMARY
    sheets = [*_primary(book, [room])] if primary else []
    sheets += counts_sheet(room.circular, judged, "Kết quả của lớp")
    sheets.append(_support(book, room))
    present = ", ".join(f"{_name(primary, p)}: {len(some)}" for p, some in judged.items())
    heading = book.heading
    return Figures(
        title=f"{_TITLE}: LỚP {room.name}, {when([room], book.asked.period)}",
        under=f"Năm học {heading.school_year} · {heading.school} · Số học sinh: {present}",
        sheets=tuple(sheets),
        notes=(_NOTE[primary],),
        signatures=(
            Signature(Signatory.HOMEROOM_TEACHER, book.homerooms.get(room.id, "")),
            words.head_signature(book.officials),
        ),
    )


def _name(primary: bool, point: int) -> str:
    return _POINTS[point] if primary else {1: "HK I", 2: "HK II", YEAR: "Cả năm"}[point]


def _primary(book: _Book, rooms: Sequence[SchoolClass]) -> Iterable[Sheet]:
    """Levels of subjects, then of qualities and competences, point by point."""
    together: dict[int, list[Judged]] = {}
    for room in rooms:
        for point, some in book.judged[room.id].items():
            together.setdefault(point, []).extend(some)
    shown = {
        point: some
        for point, some in together.items()
        if point not in MIDTERMS or any(_assessed(judged) for judged in some)
    }
    order = book.found.reading.plans.printed_order(*rooms)
    found: dict[str, dict[int, Counter[str | None]]] = {}
    names: dict[str, str] = {}
    for point, some in shown.items():
        for judged in some:
            for figure in (figure for figure in judged.facts.subjects if not figure.exempt):
                names[figure.code] = figure.name
                level = figure.value if isinstance(figure.value, SubjectLevel) else None
                found.setdefault(figure.code, {}).setdefault(point, Counter())[level and level.value] += 1
    codes = sorted(found, key=lambda code: order[code])
    yield _levels("Môn học và hoạt động giáo dục", _SUBJECTS, shown, [(names[c], found[c]) for c in codes])
    lines = [
        (trait.name, {p: Counter(j.facts.traits.get(trait.code) for j in some) for p, some in shown.items()})
        for trait in _traits(rooms[0], shown)
    ]
    yield _levels("Phẩm chất, năng lực", _TRAITS, shown, lines)


def _assessed(judged: Judged) -> bool:
    facts = judged.facts
    return any(facts.traits.values()) or any(figure.value is not None for figure in facts.subjects)


def _traits(room: SchoolClass, shown: ByPoint) -> Sequence[Trait]:
    assessed = {
        code for some in shown.values() for j in some for code, level in j.facts.traits.items() if level
    }
    return traits_shown(room.circular, room.grade, assessed)


def _levels(
    caption: str,
    levels: Sequence[str],
    points: Iterable[int],
    lines: Sequence[tuple[str, Mapping[int, Counter[str | None]]]],
) -> Sheet:
    """A line a subject or trait: numbers of each level at each point; shares at the last."""
    known = list(points)
    heads = [Head(level, 9, _POINTS[point]) for point in known for level in (*levels, "–")]
    heads += [Head(f"{level} %", 11, "Tỷ lệ thời điểm cuối") for level in levels]
    rows = []
    for no, (name, numbers) in enumerate(lines, start=1):
        values = [str(numbers.get(p, Counter())[level]) for p in known for level in (*levels, None)]
        last = numbers.get(known[-1], Counter()) if known else Counter()
        total = sum(last[level] for level in levels)
        values += [words.percent(last[level], total) for level in levels]
        rows.append(Row(no, name, tuple(values)))
    return sheet_of(caption, "Nội dung", tuple(heads), tuple(rows), name_width=58)


# -- who needs support -------------------------------------------------------------------------------------------


def _support(book: _Book, room: SchoolClass) -> Sheet:
    """Who has reached less than enough at the last point, in what, with the homeroom teacher's words."""
    last = book.last(room)
    present = book.judged[room.id][last]
    rows: list[Row] = []
    for judged in present:
        if needs := _needs(room, judged):
            term = 2 if last == YEAR else term_of(last)
            remark = book.found.remark(room, judged.pupil.student_id, term)
            rows.append(Row(len(rows) + 1, judged.pupil.full_name, ("; ".join(needs), remark)))
    return sheet_of(
        "Học sinh cần hỗ trợ", "Họ và tên",
        (
            Head("Nội dung cần hỗ trợ", 60, wordy=True),
            Head("Nhận xét của giáo viên chủ nhiệm", 60, wordy=True),
        ),
        tuple(rows),
        empty=_NOBODY if any(_assessed(judged) for judged in present) else _NOT_YET,
    )  # fmt: skip


def _needs(room: SchoolClass, judged: Judged) -> list[str]:
    found = [
        f"{measure_name(room.circular, name)}: {vietnamese(value)}"
        for name in ("learning", "training")
        if (value := getattr(judged.result, name)) in _WEAK
    ]
    failed: dict[str, list[str]] = {}
    for figure in judged.facts.subjects:
        if figure.value is SubjectLevel.NOT_DONE:
            failed.setdefault("Chưa hoàn thành", []).append(figure.name)
        elif figure.value is Passing.FAILED:
            failed.setdefault("Chưa đạt", []).append(figure.name)
        elif isinstance(figure.value, Decimal) and figure.value < _ENOUGH:
            failed.setdefault("Dưới 5,0", []).append(f"{figure.name} {words.mark(figure.value)}")
    levels = judged.facts.traits
    for trait in traits_shown(room.circular, room.grade, levels) if levels else ():
        if levels.get(trait.code) == TraitLevel.NEEDS_EFFORT:
            failed.setdefault("Cần cố gắng", []).append(trait.name)
    return found + [f"{word}: {', '.join(names)}" for word, names in failed.items()]
