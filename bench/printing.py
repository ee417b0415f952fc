"""Printing: our forms against the same content in ReportLab's own tables, two processes against one, flat memory."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from app.reports import drawing
from app.reports.catalogue import CATALOGUE
from app.reports.drawers import Drawers
from app.reports.learners import Learner, PathLine, RecordLine, RecordYear, SchoolRecord
from app.reports.papers import Paper, Part
from app.reports.renderer import page_count
from bench import platypus
from bench.result import Line
from tests.reports.conftest import COVER, STAMP, name_of, subject

CLASS = 45
SUBJECTS = (
    "Toán", "Ngữ văn", "Tiếng Anh", "Khoa học tự nhiên", "Lịch sử và Địa lí", "Giáo dục công dân", "Công nghệ",
    "Tin học", "Giáo dục thể chất", "Nghệ thuật", "Hoạt động trải nghiệm, hướng nghiệp",
    "Nội dung giáo dục của địa phương",
)  # fmt: skip
REMARK = "Chăm chỉ, tiến bộ rõ trong học kì II; cần luyện thêm cách trình bày bài giải."
SCHOOL = "Trường Trung học cơ sở Nguyễn Đình Chiểu"
TURNS = 3
FLAT = 1.15
"""How much more memory five times as many students may take."""


def record(number: int) -> SchoolRecord:
    """A student's school record with one year: the personal page and the two of the year."""
    name = name_of(number % CLASS + 1)
    lines = tuple(
        RecordLine(each, "8,5", "9,0", "8,8", remark=REMARK, teacher="Nguyễn Văn Ngữ") for each in SUBJECTS
    )
    good = ("Tốt", "Tốt", "Tốt")
    year = RecordYear(
        year="2026-2027", class_name="7A", grade=7, school=SCHOOL, place="Ủy ban nhân dân xã Krông Búk",
        subjects=lines, corrections="không có", learning=good, training=good, average=("", "", ""), absences="3",
        excused="3", unexcused="0", learning_after="", training_after="", outcome="Được lên lớp", completed="",
        title="Học sinh Giỏi", remark=REMARK, remark_after="", homeroom="Hoàng Thị Thuỳ Ương", head="Trương Đình Vỹ",
        head_title=("HIỆU TRƯỞNG",),
    )  # fmt: skip
    learner = Learner(
        name, "01/02/2014", "Nữ", "068314000123", "Xã Krông Búk, tỉnh Đắk Lắk", "Ê Đê", "Việt Nam",
        "Xã Krông Búk", "Buôn Ea Krôm, xã Krông Búk", "12", "", "Y Ngông Niê", "làm rẫy", "H'Bla Byă", "giáo viên",
    )  # fmt: skip
    return SchoolRecord(
        learner, "TRUNG HỌC CƠ SỞ", "Thông tư 22/2021/TT-BGDĐT", "12", SCHOOL, COVER.authority_above,
        (PathLine("2026-2027", "7A", SCHOOL),), (year,), "Trương Đình Vỹ", ("HIỆU TRƯỞNG",),
    )  # fmt: skip


def records(first: int = 0, count: int = CLASS) -> Paper:
    """The school records of a class, as a job prints them."""
    parts = tuple(Part(f"Học bạ {n}", record(n), n) for n in range(first, first + count))
    stamp = replace(STAMP, seed="bench", site="https://hocvu.example")
    return Paper(CATALOGUE["school_record.tt22"], COVER, "Học bạ lớp 7A", parts, stamp)


def gradebook() -> Paper:
    """One subject of a class of 45."""
    stamp = replace(STAMP, seed="bench", site="https://hocvu.example")
    part = Part("Toán", subject(CLASS))
    return Paper(CATALOGUE["class_marks"], COVER, "Toán", (part,), stamp)


def made(paper: Paper, drawers: Drawers | None = None) -> bytes:
    """The file of a print, as a job makes it."""
    titles, draws = zip(*drawing.parts_of(paper), strict=True)
    if drawers is None:
        return drawing.file_of(paper, list(titles), [draw() for draw in draws])
    drawn = dict(filter(None, drawers(enumerate(draws))))
    return drawing.file_of(paper, list(titles), [drawn[n] for n in range(len(draws))])


def measure(quick: bool) -> list[Line]:
    """Everything about printing; the database has no part in it."""
    platypus.prepare()
    return [*_against_platypus(), *_processes(), *_memory(*((90, 270) if quick else (300, 1500)))]


def _against_platypus() -> list[Line]:
    """Both in turns and in seconds of the processor, so that what else the machine does falls on neither."""
    paper, sheet = records(), gradebook()
    page = sheet.parts[0].page
    one = made(records(count=1))  # fonts and templates are loaded by now
    ours, plain = _fastest(2, lambda: made(paper), lambda: platypus.records(paper))
    own, floor = _fastest(8, lambda: made(sheet), lambda: platypus.subject(COVER, page, sheet))
    return [
        Line("-", f"school records, class of {CLASS}, {page_count(one)} pages each", ours, "s"),
        Line("-", "the same content in ReportLab's tables", plain, "s"),
        Line("-", "school records / ReportLab's tables", ours / plain, "×", most=12),
        Line("-", "gradebook page of 45 students", own, "s"),
        Line("-", "the same content in ReportLab's tables", floor, "s"),
        Line("-", "gradebook page / ReportLab's tables", own / floor, "×"),
    ]


def _fastest(turns: int, *runs: Callable[[], object]) -> list[float]:
    best = [float("inf")] * len(runs)
    for _turn in range(turns):
        for number, run in enumerate(runs):
            start = time.process_time()
            run()
            best[number] = min(best[number], time.process_time() - start)
    return best


def _processes() -> list[Line]:
    """The class's parts by one process and by two, all awake already and in turns; the best of three."""
    todo = [draw for _title, draw in drawing.parts_of(records())]
    alone, both = Drawers(1), Drawers(2)
    for drawers in (alone, both):
        _all(drawers, todo[:4])
    turns = [[_seconds(partial(_all, drawers, todo)) for drawers in (alone, both)] for _turn in range(TURNS)]
    one, two = (min(times) for times in zip(*turns, strict=True))
    for drawers in (alone, both):
        drawers.close()
    return [
        Line("-", "school records drawn by one process", one, "s"),
        Line("-", "school records drawn by two", two, "s"),
        Line("-", "two processes / one", two / one, "×", most=1 / 1.7),
    ]


def _all(drawers: Drawers, draws: Sequence[Callable[[], bytes]]) -> None:
    for _drawn in drawers(enumerate(draws)):
        pass


def _memory(few: int, many: int) -> list[Line]:
    """Most memory a worker takes for so many students, class after class, each in a process of its own."""
    small, large = _apart(few), _apart(many)
    return [
        Line("-", f"memory for the school records of {few:,} students", small, "MB"),
        Line("-", f"memory for {many:,}", large, "MB"),
        Line("-", f"memory, {many:,} students / {few:,}", large / small, "×", most=FLAT),
    ]


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _apart(students: int) -> float:
    command = [sys.executable, "-m", "bench.printing", str(students)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _print_all(students: int) -> None:
    """Print so many students' records class by class, and say how many megabytes it took at most."""
    for first in range(0, students, CLASS):
        made(records(first, min(CLASS, students - first)))
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}\n")


if __name__ == "__main__":
    _print_all(int(sys.argv[1]))
