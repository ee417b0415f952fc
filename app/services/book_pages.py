"""The record as the forms print it: contexts of `app.reports` out of rows; every word here stands on paper."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from app.domain.assessment.exemptions import exempts_whole
from app.domain.assessment.registry import Circular
from app.domain.assessment.subjects import year_result
from app.domain.dates import format_date
from app.domain.marks import format_mark, parse_mark
from app.domain.vocabulary import REGULAR_COLUMNS, GroupKind, MarkState, SubjectKind
from app.models import GradebookSheet, Guardian, OrgUnit, SchoolClass, SchoolYear
from app.models.gradebook import Mark
from app.reference.code_lists import CODE_LISTS
from app.reports.contexts import (
    BookCover,
    Cell,
    CommentLine,
    PrintedMark,
    ScoredLine,
    Signature,
    StudentLine,
    StudentList,
    SubjectLine,
    SubjectPage,
)
from app.reports.form import Signatory
from app.reports.unit_words import UnitWords
from app.services.book_reading import Officials, Seat, SheetLines
from app.services.documents.before import places, result_before
from app.services.enrolments import is_studying
from app.services.sheet_reading import Line, Teacher

_USUAL_HEAD = "Hiệu trưởng"
_DEPARTMENT = "Sở Giáo dục và Đào tạo "
_PERIODIC = {"midterm": "giữa kì", "final": "cuối kì"}
_LAWS = {Circular.TT43_2021: "Theo Thông tư số 43/2021/TT-BGDĐT ngày 30 tháng 12 năm 2021"}
"""The circular on the cover of a class's book, where it isn't the one of the form."""
_ARRIVED = "1"  # entry_kind: chuyển đến
_ONE_DAY = timedelta(days=1)


def class_cover(school_class: SchoolClass, officials: Officials, above: list[OrgUnit]) -> BookCover:
    """The cover of a class's book; the province is named by its department."""
    return replace(
        school_cover(school_class.unit, school_class.school_year, officials, above),
        class_name=school_class.name,
        grade=school_class.grade,
        homeroom_teacher=officials.homeroom,
        law=_LAWS.get(Circular(school_class.circular), ""),
    )


def school_cover(unit: OrgUnit, year: SchoolYear, officials: Officials, above: list[OrgUnit]) -> BookCover:
    """The heading of a paper of the whole school: without class, grade and homeroom teacher."""
    words = UnitWords.of(unit.kind)
    return BookCover(
        province=above[-1].name.removeprefix(_DEPARTMENT) if above else "",
        authority_above=above[0].name if above else "",
        school=unit.name,
        class_name="",
        school_year=_year(year.start_year),
        grade=0,
        homeroom_teacher="",
        principal=officials.head,
        head_title=officials.head_title or words.head,
        words=words,
    )


def sheet_cover(sheet: GradebookSheet, officials: Officials) -> BookCover:
    """What the page of one subject says about its class; it has no cover of its own."""
    return BookCover(
        province="",
        authority_above="",
        school=sheet.unit.name,
        class_name=sheet.school_class.name if sheet.school_class else sheet.group.name,
        school_year=_year(sheet.school_year.start_year),
        grade=sheet.grade,
        homeroom_teacher=officials.homeroom,
        principal=officials.head,
        words=UnitWords.of(sheet.unit.kind),
    )


def _year(start_year: int) -> str:
    return f"{start_year}-{start_year + 1}"


def _signatures(teachers: tuple[Teacher, ...], officials: Officials) -> tuple[Signature, ...]:
    """Subject teachers (room for one where nobody is assigned), homeroom teacher, head."""
    title = "" if officials.head_title in ("", _USUAL_HEAD) else officials.head_title.upper()
    return (
        *(Signature(Signatory.SUBJECT_TEACHER, name) for name in [t.full_name for t in teachers] or [""]),
        Signature(Signatory.HOMEROOM_TEACHER, officials.homeroom),
        Signature(Signatory.PRINCIPAL, officials.head, title),
    )


def subject_page(entry: SheetLines, officials: Officials, day: date) -> SubjectPage:
    """A subject's page as it stands; `day` within the term decides who has left."""
    sheet = entry.sheet
    of_group = (
        "" if sheet.class_id and sheet.group.kind is GroupKind.WHOLE_CLASS else f" ({sheet.group.name})"
    )
    build = _scored if sheet.kind is SubjectKind.SCORED else _comment
    lines = tuple(
        build(no, line, entry, Left.of(entry, line, day)) for no, line in enumerate(entry.lines, start=1)
    )
    return SubjectPage(
        subject=f"{sheet.subject.name}{of_group}",
        kind=sheet.kind,
        term=sheet.term,
        teachers=tuple(f"{t.full_name} ({t.part})" if t.part else t.full_name for t in entry.teachers),
        regular_count=sheet.regular_count,
        lines=lines,
        corrections=places(lines),
        signatures=_signatures(entry.teachers, officials),
    )  # fmt: skip


@dataclass(frozen=True)
class Left:
    """Whether the line is struck, and the words that say why."""

    struck: bool = False
    words: str = ""

    @classmethod
    def of(cls, entry: SheetLines, line: Line, day: date) -> "Left":
        """From the line of a sheet."""
        if entry.sheet.group.kind is not GroupKind.WHOLE_CLASS and is_studying(line.status_code):
            return cls.since(line.status_code, line.left_on, day, "Rời nhóm")
        return cls.since(line.status_code, line.left_on, day, "Chuyển lớp")

    @classmethod
    def since(cls, status: str | None, left_on: date | None, day: date, moved: str) -> "Left":
        """From a status and its last day: transferred and left are struck on that day, moved on the next."""
        if left_on is None or left_on > day:
            return cls()
        if status and not is_studying(status):
            transferred = status in CODE_LISTS["enrolment_status"].codes_of("transferred")
            return cls(True, f"{'Chuyển trường' if transferred else 'Thôi học'} {format_date(left_on)}")
        return cls(True, f"{moved} {format_date(left_on + _ONE_DAY)}") if left_on < day else cls()


def _scored(no: int, line: Line, entry: SheetLines, left: Left) -> SubjectLine:
    sheet = entry.sheet
    year, retest = _year_cells(line, entry)
    return ScoredLine(
        no=no,
        name=line.full_name,
        regular=_regular(line, entry),
        midterm=_entered(line, "midterm", entry),
        final=_entered(line, "final", entry),
        average=_result(line, entry),
        year_average=year,
        retest=retest,
        note=_note(line, sheet, left),
        struck=left.struck,
    )


def _comment(no: int, line: Line, entry: SheetLines, left: Left) -> SubjectLine:
    sheet = entry.sheet
    year, retest = _year_cells(line, entry)
    return CommentLine(
        no=no,
        name=line.full_name,
        regular=_regular(line, entry),
        midterm=_entered(line, "midterm", entry),
        final=_entered(line, "final", entry),
        term_result=_result(line, entry),
        year_result=year,
        retest=retest,
        note=_note(line, sheet, left),
        struck=left.struck,
    )


def _regular(line: Line, entry: SheetLines) -> tuple[Cell, ...]:
    return tuple(_entered(line, column, entry) for column in REGULAR_COLUMNS[: entry.sheet.regular_count])


def _entered(line: Line, column: str, entry: SheetLines) -> Cell:
    return _written(line.value(column), (line.student_id, column), entry)


def _written(value: Mark | None, place: tuple[int, str], entry: SheetLines) -> Cell:
    """A cell a teacher fills: what a correction struck out stands beside the new value."""
    if place not in entry.corrected:
        return _cell(value)
    old: Any = parse_mark(entry.corrected[place], kind=entry.sheet.kind).value
    return PrintedMark("" if value is None else format_mark(value), "" if old is None else format_mark(old))


def _result(line: Line, entry: SheetLines) -> Cell:
    """The term result, with what it was before the line's corrections."""
    return _changed(line.value("average"), _old_result(line, entry))


def _old_result(line: Line, entry: SheetLines) -> Mark | None:
    old = {column: raw for (student, column), raw in entry.corrected.items() if student == line.student_id}
    found: Mark | None = result_before(line.grade, entry.sheet, old)
    return found


def _changed(now: Mark | None, old: Mark | None) -> Cell:
    if now == old:
        return _cell(now)
    return PrintedMark("" if now is None else format_mark(now), "" if old is None else format_mark(old))


def _year_cells(line: Line, entry: SheetLines) -> tuple[Cell, Cell]:
    """The year's result, by what the second term was before its corrections; and the retest's."""
    sheet, year = entry.sheet, line.year_at(entry.sheet)
    if sheet.term == 1 or year is None:
        return None, None
    result, now, old = year.average, line.value("average"), _old_result(line, entry)
    if now != old:
        result = year_result(sheet.circular, sheet.kind, year.term_1, old, one_term=sheet.one_term)
    return _changed(year.average, result), _written(year.retest, (line.student_id, "retest"), entry)


def _cell(value: Mark | None) -> Cell:
    return None if value is None else PrintedMark(format_mark(value))


def _note(line: Line, sheet: GradebookSheet, left: Left) -> str:
    notes = [left.words]
    if beyond := line.beyond(sheet):
        notes.append(f"Tính cả ĐĐGtx của lớp cũ: {'; '.join(format_mark(score) for score in beyond)}")
    if line.exemption is not None:
        whole = exempts_whole(sheet.circular, sheet.subject.code)
        notes.append(f"Miễn {'học' if whole else 'phần thực hành'}, QĐ số {line.exemption.number}")
    notes += [
        f"Chờ kiểm tra bù {name}"
        for column, name in _PERIODIC.items()
        if line.state(column) == MarkState.AWAITING
    ]
    return "; ".join(note for note in notes if note)


def student_list(seats: list[Seat], officials: Officials, day: date) -> StudentList:
    """The personal sheet of the class: everybody who was ever in it, who has left struck."""
    return StudentList(
        lines=tuple(_student_line(no, seat, day) for no, seat in enumerate(seats, start=1)),
        signatures=_signatures((), officials)[1:],
    )


def _student_line(no: int, seat: Seat, day: date) -> StudentLine:
    student, enrolment = seat.student, seat.enrolments[0]
    left = Left.since(enrolment.status_code, enrolment.ends_on, day, "Chuyển lớp")
    return StudentLine(
        no=no,
        full_name=student.full_name,
        birth_date=format_date(student.birth_date),
        birthplace=student.birthplace or "",
        sex=CODE_LISTS["sex"].label(student.sex_code),
        ethnicity=CODE_LISTS["ethnicity"].label(student.ethnicity_code),
        priority=student.priority or CODE_LISTS["policy"].label(student.policy_code),
        address=student.address or "",
        father=_contact(seat.guardians.get("father")),
        mother=_contact(seat.guardians.get("mother")),
        guardian=_contact(seat.guardians.get("guardian")),
        notes="; ".join(note for note in (_came(seat), left.words, student.note or "") if note),
        struck=left.struck,
    )


def _came(seat: Seat) -> str:
    first = seat.enrolments[-1]
    if first.entry_code != _ARRIVED:
        return ""
    place = f" từ {first.other_school}" if first.other_school and is_studying(first.status_code) else ""
    return f"Chuyển đến {format_date(first.starts_on)}{place}"


def _contact(row: Guardian | None) -> str:
    if row is None:
        return ""
    return ", ".join(part for part in (row.full_name, row.job, row.phone, row.email) if part)
