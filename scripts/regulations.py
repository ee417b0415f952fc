"""docs/regulations.md from the circulars as code: who is judged by which, each rule with its article, cases and page.

python -m scripts.regulations            write the page anew
python -m scripts.regulations --check    fail when it is out of date; writes nothing
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any

from app.domain.assessment.registry import GRADES, Circular, NotCovered, circular_for
from app.domain.assessment.regulations import Rules, rules_of
from app.domain.vocabulary import Level
from scripts import i18n
from scripts.pages import DOCS, keep

PAGE = DOCS / "regulations.md"
GOLDEN = DOCS.parent / "tests" / "golden"

NAMES = {
    Circular.TT22_2021: ("TT 22/2021", "Thông tư 22/2021/TT-BGDĐT: THCS, THPT"),
    Circular.TT58_2011: ("TT 58/2011", "Thông tư 58/2011/TT-BGDĐT: THCS, THPT trước đây"),
    Circular.TT26_2020: (
        "TT 58/2011 + TT 26/2020",
        "Thông tư 58/2011/TT-BGDĐT được Thông tư 26/2020/TT-BGDĐT sửa đổi: THCS, THPT trước đây",
    ),
    Circular.TT27_2020: ("TT 27/2020", "Thông tư 27/2020/TT-BGDĐT: tiểu học"),
    Circular.TT22_2016: (
        "TT 30/2014 + TT 22/2016",
        "Thông tư 30/2014/TT-BGDĐT được Thông tư 22/2016/TT-BGDĐT sửa đổi: tiểu học trước đây",
    ),
    Circular.TT43_2021: ("TT 43/2021", "Thông tư 43/2021/TT-BGDĐT: giáo dục thường xuyên cấp THCS, THPT"),
    Circular.PRESCHOOL: ("GDMN", "Chương trình giáo dục mầm non: theo dõi sự phát triển, không cho điểm"),
}
"""Short name and title of each circular."""

LEVELS = {
    Level.PRIMARY: "Tiểu học",
    Level.LOWER_SECONDARY: "THCS",
    Level.UPPER_SECONDARY: "THPT",
    Level.CONTINUING_LOWER: "GDTX cấp THCS",
    Level.CONTINUING_UPPER: "GDTX cấp THPT",
}

YEARS = range(2010, 2031)
"""Start years looked at: from before the first circular on file to some years in which nothing changes any more."""

SHEET = "Sổ theo dõi, đánh giá, *Vì sao?*"
PLAN = "Kế hoạch môn học; Sổ theo dõi, đánh giá"
SUMMARY = "Tổng hợp kết quả lớp, *Vì sao?*"
LISTS = "Danh sách cuối năm"
STUDENT = "Kết quả năm học của học sinh"
SETTINGS = "Quy định đánh giá; Tổng hợp kết quả lớp"
RECORD = "Nhận xét: Sổ theo dõi trẻ"

PAGES = {
    "TT 22/2021 Điều 6": PLAN,
    "TT 22/2021 Điều 7": SHEET,
    "TT 22/2021 Điều 8": SUMMARY,
    "TT 22/2021 Điều 9 khoản 1": SHEET,
    "TT 22/2021 Điều 9 khoản 2": SUMMARY,
    "TT 22/2021 Điều 9 khoản 3": SETTINGS,
    "TT 22/2021 Điều 10": STUDENT,
    "TT 22/2021 Điều 11": STUDENT,
    "TT 22/2021 Điều 12": LISTS,
    "TT 22/2021 Điều 13": LISTS,
    "TT 22/2021 Điều 14": LISTS,
    "TT 22/2021 Điều 15": LISTS,
    "TT 58/2011 Điều 3": SUMMARY,
    "TT 58/2011 Điều 8": PLAN,
    "TT 58/2011 Điều 10": SHEET,
    "TT 58/2011 Điều 11": SUMMARY,
    "TT 58/2011 Điều 12": STUDENT,
    "TT 58/2011 Điều 13": SUMMARY,
    "TT 58/2011 Điều 15": LISTS,
    "TT 58/2011 Điều 16": LISTS,
    "TT 58/2011 Điều 17": LISTS,
    "TT 58/2011 Điều 18": LISTS,
    "TT 27/2020 Điều 5": SHEET,
    "TT 27/2020 Điều 7": SHEET,
    "TT 27/2020 Điều 8": STUDENT,
    "TT 27/2020 Điều 9": SUMMARY,
    "TT 27/2020 Điều 11": LISTS,
    "TT 27/2020 Điều 13": LISTS,
    "TT 22/2016 Điều 10": SHEET,
    "TT 22/2016 Điều 11": STUDENT,
    "TT 22/2016 Điều 14": LISTS,
    "TT 22/2016 Điều 16": LISTS,
    "TT 43/2021": SETTINGS,
    "TT 43/2021 Điều 11": LISTS,
    "TT 43/2021 Điều 12": LISTS,
    "TT 43/2021 Điều 13": LISTS,
    "TT 52/2020 Điều 21": RECORD,
    "Chương trình giáo dục mầm non": RECORD,
}
"""Where a rule is seen: article, or the beginning of several → page; the longest that fits holds."""

HEAD = """\
# Quy định đánh giá · Assessment regulations

Trang này do `python -m scripts.regulations` lập từ mã nguồn trong `app/domain/assessment/` và các ca kiểm chứng trong
`tests/golden/`; không sửa bằng tay. Mỗi quy tắc có ít nhất một ca kiểm chứng; mỗi ca kiểm chứng thuộc một quy tắc.
This page is written from the circulars as code and their golden cases; change those, not the page.

Tự kiểm tra một công thức: `flask assess TỆP.json`, xem [README](../README.md).
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, *_roll_out()]
    for circular in Circular:
        parts += _rules(circular, rules_of(circular))
    return "\n".join(parts).rstrip() + "\n"


def _roll_out() -> Iterator[str]:
    yield "## Lớp nào, năm học nào theo văn bản nào · Which circular governs whom\n"
    yield "| Năm học | " + " | ".join(LEVELS.values()) + " |"
    yield "|---|" + "---|" * len(LEVELS)
    for cells, found in groupby(YEARS, lambda year: tuple(_cell(level, year) for level in LEVELS)):
        years = list(found)
        yield f"| {_years(years)} | " + " | ".join(cells) + " |"
    yield "\nDấu –: chưa có văn bản của thời gian đó trong chương trình; kết quả của những năm này không được tính."
    yield "Mầm non mọi năm học: theo chương trình giáo dục mầm non.\n"


def _years(years: list[int]) -> str:
    first, last = years[0], years[-1]
    if first == YEARS[0]:
        return f"đến {last}-{last + 1}"
    if last == YEARS[-1]:
        return f"từ {first}-{first + 1}"
    return f"{first}-{first + 1}" + (f" đến {last}-{last + 1}" if last > first else "")


def _cell(level: Level, year: int) -> str:
    """The circulars of a level's grades in a school year: "lớp 6, 7: TT 22/2021; lớp 8, 9: …"."""
    by_name: dict[str, list[int]] = {}
    for grade in GRADES[level]:
        by_name.setdefault(_name(level, grade, year), []).append(grade)
    if len(by_name) == 1:
        return next(iter(by_name))
    return "; ".join(f"lớp {', '.join(map(str, grades))}: {name}" for name, grades in by_name.items())


def _name(level: Level, grade: int, year: int) -> str:
    try:
        return NAMES[circular_for(level, grade, year)][0]
    except NotCovered:
        return "–"


def _rules(circular: Circular, rules: Rules) -> Iterator[str]:
    yield f"## {NAMES[circular][1]}\n"
    yield f"Mã `{circular.value}`, phiên bản quy tắc {rules.version}.\n"
    yield "| Điều khoản | Quy tắc | Ca kiểm chứng | Xem ở trang |"
    yield "|---|---|---|---|"
    of_circular = [case for case in cases() if case["regulation"] == circular.value]
    for article, rule in rules.articles.items():
        kinds = Counter(case["kind"] for case in of_circular if rule_of(case["article"], rules) == article)
        listed = ", ".join(f"`{kind}` {number}" for kind, number in sorted(kinds.items()))
        yield f"| {article} | {vietnamese(rule)} | {kinds.total()}: {listed} | {page_of(article)} |"
    yield ""


@cache
def cases() -> tuple[dict[str, Any], ...]:
    """Every golden case, file by file."""
    files = sorted(GOLDEN.glob("*.json"))
    return tuple(case for file in files for case in json.loads(file.read_text(encoding="utf-8")))


def rule_of(article: str, rules: Rules) -> str | None:
    """The article among the rules that a case's article is, or is a part of."""
    return _longest(article, rules.articles)


def page_of(article: str) -> str | None:
    """The page on which what the article rules is seen; None where PAGES names none."""
    found = _longest(article, PAGES)
    return PAGES[found] if found else None


def _longest(article: str, beginnings: Iterable[str]) -> str | None:
    fitting = (start for start in beginnings if f"{article} ".startswith(f"{start} "))
    return max(fitting, key=len, default=None)


def vietnamese(msgid: str) -> str:
    """The translation of a msgid; the msgid itself while it has none."""
    message = _catalogue().get(msgid)
    return str(message.string) if message and message.string else msgid


@cache
def _catalogue() -> Any:
    return i18n.read(i18n.COMPLETE)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    return keep(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main())
