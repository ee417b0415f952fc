"""Tables of levels by class: how many reached what of kết quả học tập, rèn luyện, lên lớp, khen thưởng, with shares.

Made from the blocks of the results page, so that paper and page show the same numbers: shares are of all students of the
class, who has no result yet stands in a column of its own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from app.domain.assessment.items import vietnamese
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.reports.figures import Sheet, sheet_of
from app.reports.form import YEAR
from app.reports.summaries import Head, Row
from app.services.documents import words
from app.services.results.counting import PRIMARY_LEVEL_NAME, measures
from app.services.results.judging import Judged
from app.services.results.unit_page import Block, ClassLine, total_of

MEASURES: Final = {
    "learning": "Kết quả học tập",
    "training": "Kết quả rèn luyện",
    "outcome": "Kết quả cuối năm",
    "title": "Khen thưởng",
}
_OLD: Final = {"learning": "Học lực", "training": "Hạnh kiểm", "title": "Danh hiệu"}
_TABLES: Final = (("learning", "training"), ("outcome", "title"))
"""What stands side by side in one table."""
_SHORT: Final = {
    "Kiểm tra, đánh giá lại": "Đánh giá lại",
    "Rèn luyện trong kì nghỉ hè": "Rèn luyện hè",
    "Học sinh Tiêu biểu hoàn thành tốt trong học tập và rèn luyện": "HS Tiêu biểu",
    "Học sinh hoàn thành xuất sắc các nội dung học tập và rèn luyện": "HTXS các nội dung",
    "Học sinh có thành tích vượt trội hoặc tiến bộ vượt bậc": "Vượt trội, tiến bộ vượt bậc",
}
"""Words too long for the head of a column."""

PERIOD_NAMES: Final = {1: "HK I", 2: "HK II", YEAR: "Cả năm"}

Words = Mapping[str, tuple[StrEnum, ...]]


def measure_name(circular: str, measure: str) -> str:
    """What a measure is called under the circular."""
    if circular in PRIMARY and measure == "learning":
        return PRIMARY_LEVEL_NAME[circular]
    return _OLD.get(measure, MEASURES[measure]) if circular in CONDUCT else MEASURES[measure]


def short_word(word: StrEnum) -> str:
    """A word as the head of a narrow column has it."""
    found = vietnamese(word)
    return _SHORT.get(found, found)


def rating_sheets(blocks: Sequence[Block]) -> Iterable[Sheet]:
    """Tables of all classes whose results have the same words; each family of classes begins a page."""
    families: dict[tuple[tuple[str, tuple[StrEnum, ...]], ...], list[Block]] = {}
    for block in blocks:
        families.setdefault(tuple(block.measures.items()), []).append(block)
    for family in families.values():
        yield from _family(family)


def _family(blocks: Sequence[Block]) -> Iterable[Sheet]:
    known, circular = blocks[0].measures, blocks[0].circular
    total = total_of(block.total for block in blocks)
    for place, names in enumerate(_TABLES):
        shown = {
            name: _seen(name, known[name], [total.numbers.get(name, {})]) for name in names if name in known
        }
        if not shown:
            continue
        caption = ", ".join(measure_name(circular, name) for name in shown).capitalize()
        rows, strong = _rows(blocks, shown, total)
        yield sheet_of(
            caption, "Lớp", tuple(_heads(circular, shown)), rows,
            name_width=24, strong=strong, apart=place == 0,
        )  # fmt: skip


def _seen(
    measure: str, known: tuple[StrEnum, ...], counted: Iterable[Mapping[StrEnum | None, int]]
) -> tuple[StrEnum, ...]:
    """The words of a measure; of outcomes, which are many, those somebody has."""
    if measure != "outcome":
        return known
    found = {word for numbers in counted for word, number in numbers.items() if number}
    return tuple(word for word in known if word in found)


def _heads(circular: str, shown: Words) -> Iterable[Head]:
    yield Head("Số HS", 10)
    for measure, some in shown.items():
        group = measure_name(circular, measure)
        for word in some:
            yield from (Head(short_word(word), 13, group), Head("%", 11, group))
        if measure != "title":
            yield Head("Chưa có", 10, group)


def _rows(blocks: Sequence[Block], shown: Words, total: ClassLine) -> tuple[tuple[Row, ...], tuple[int, ...]]:
    """Classes, each grade's sum below them where it has several, and the school's; and which lines are sums."""
    rows: list[Row] = []
    strong: list[int] = []
    number = 0
    for block in blocks:
        for line in block.lines:
            number += 1
            rows.append(Row(number, line.name, _values(line, shown)))
        if len(block.lines) > 1:
            rows.append(Row(0, f"Khối {block.grade}", _values(block.total, shown)))
            strong.append(len(rows))
    if len(blocks) > 1:
        rows.append(Row(0, "Toàn trường", _values(total, shown)))
        strong.append(len(rows))
    return tuple(rows), tuple(strong)


def _values(line: ClassLine, shown: Words) -> tuple[str, ...]:
    found = [str(line.students)]
    for measure, some in shown.items():
        numbers = line.numbers.get(measure, {})
        counted = [numbers.get(word, 0) for word in some]
        for number in counted:
            found += [str(number), words.percent(number, line.students)]
        if measure != "title":
            found.append(str(line.students - sum(counted)))
    return tuple(found)


def counts_sheet(
    circular: str,
    judged: Mapping[int, Sequence[Judged]],
    caption: str = "Số lượng và tỷ lệ của lớp",
) -> Iterable[Sheet]:
    """How many of a class reached what, a line a word, the periods side by side; nothing where none has a result."""
    known = {period: measures(circular, period) for period in judged}
    periods = [period for period in judged if known[period]]
    rows: list[Row] = []
    for measure in MEASURES:
        some = next((known[period][measure] for period in periods if measure in known[period]), ())
        numbers = {p: Counter(getattr(j.result, measure) for j in judged[p]) for p in periods}
        for word in _seen(measure, some, numbers.values()):
            values: list[str] = []
            for period in periods:
                number, total = numbers[period][word], len(judged[period])
                there = measure in known[period]
                values += [str(number), words.percent(number, total)] if there else ["", ""]
            label = f"{measure_name(circular, measure)}: {short_word(word)}"
            rows.append(Row(len(rows) + 1, label, tuple(values)))
    if rows:
        heads = [Head(name, 11, PERIOD_NAMES[period]) for period in periods for name in ("SL", "%")]
        yield sheet_of(caption, "Mức", tuple(heads), tuple(rows), name_width=90)
