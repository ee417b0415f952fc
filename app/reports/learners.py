"""What the papers of one student print: slip of marks, school record, sheet of marks; every value is ready text."""

from dataclasses import dataclass

from app.reports.contexts import Cell, Signature, Text


@dataclass(frozen=True, slots=True)
class Learner:
    """Who the paper is about."""

    full_name: str
    birth_date: str
    sex: str
    code: str = ""  # mã định danh
    birthplace: str = ""
    ethnicity: str = ""
    nationality: str = ""
    hometown: str = ""
    address: str = ""
    register_no: str = ""  # số đăng bộ
    priority: str = ""
    father: str = ""
    father_job: str = ""
    mother: str = ""
    mother_job: str = ""
    guardian: str = ""
    guardian_job: str = ""


@dataclass(frozen=True, slots=True)
class SlipLine:
    """A subject of the slip: its marks of the term, or the results of the year's terms; primary: level and test."""

    subject: str
    regular: tuple[Cell, ...] = ()
    midterm: Cell = None
    final: Cell = None
    result: Text = ""
    term_1: Text = ""
    term_2: Text = ""
    retest: Text = ""
    remark: Text = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """Phiếu báo điểm of a term or the year. `facts`: what it came to, label and value."""

    learner: Learner
    heading: str  # HỌC KÌ I, CẢ NĂM
    kind: str  # marks · year · primary
    regular_columns: int
    lines: tuple[SlipLine, ...]
    traits: tuple[tuple[str, str, Text], ...]  # group, name, level
    facts: tuple[tuple[str, Text], ...]
    remark: Text
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class ContactBook:
    """Sổ liên lạc: months with the homeroom teacher's remark, and what the terms came to."""

    learner: Learner
    months: tuple[tuple[str, Text], ...]  # 11/2026, remark
    slips: tuple[Slip, ...]
    homeroom: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class PathLine:
    """A year of a student's way through school."""

    year: str
    class_name: str
    school: str
    note: str = ""
    register_no: str = ""  # số đăng bộ at that school
    entered: str = ""  # ngày nhập học


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A subject's line in the school record."""

    subject: str
    term_1: Text = ""
    term_2: Text = ""
    year: Text = ""
    retest: Text = ""
    remark: Text = ""
    teacher: str = ""
    level: Text = ""  # mức đạt được (tiểu học)
    test: Text = ""  # điểm KTĐK (tiểu học)


@dataclass(frozen=True, slots=True)
class RecordYear:
    """The pages of one year. Triples are term I, term II, year."""

    year: str
    class_name: str
    grade: int
    school: str
    place: str
    subjects: tuple[RecordLine, ...]
    corrections: str
    learning: tuple[Text, Text, Text]
    training: tuple[Text, Text, Text]
    average: tuple[Text, Text, Text]
    absences: Text
    excused: Text
    unexcused: Text
    learning_after: Text
    training_after: Text
    outcome: Text
    completed: Text
    title: Text
    remark: Text
    remark_after: str
    homeroom: str
    head: str
    head_title: tuple[str, ...]
    traits: tuple[tuple[str, tuple[tuple[str, Text], ...]], ...] = ()  # group → (name, level)


@dataclass(frozen=True, slots=True)
class SchoolRecord:
    """Học bạ: the personal page and the pages of each year."""

    learner: Learner
    level: str  # TRUNG HỌC CƠ SỞ
    law: str
    number: str  # số sổ đăng bộ
    school: str
    authority: str
    path: tuple[PathLine, ...]
    years: tuple[RecordYear, ...]
    head: str
    head_title: tuple[str, ...]
    old: bool = False  # học lực, hạnh kiểm (TT 58/2011)


@dataclass(frozen=True, slots=True)
class MarkLine:
    """A subject in a student's sheet of marks: both terms side by side."""

    subject: str
    terms: tuple[tuple[tuple[Cell, ...], Cell, Cell, Text], ...]  # regular, midterm, final, result
    year: Text
    retest: Text = ""


@dataclass(frozen=True, slots=True)
class MarkSheet:
    """Bảng điểm theo môn of a student, the whole year."""

    learner: Learner
    regular_columns: int
    lines: tuple[MarkLine, ...]
    facts: tuple[tuple[str, Text], ...]
    signatures: tuple[Signature, ...]
