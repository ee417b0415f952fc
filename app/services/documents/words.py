"""The record's values as a paper writes them."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from app.domain.assessment.facts import YEAR, SubjectFigure
from app.domain.assessment.items import vietnamese
from app.domain.assessment.registry import CONDUCT, PRIMARY
from app.domain.assessment.terms import Conduct, Outcome, ResultLevel, SubjectLevel
from app.domain.dates import format_date
from app.domain.marks import format_mark
from app.domain.vocabulary import Passing
from app.reference.code_lists import CODE_LISTS
from app.reports.contexts import Signature
from app.reports.form import Signatory
from app.reports.learners import Learner
from app.services.book_reading import Officials, Seat
from app.services.results.counting import share
from app.services.results.judging import Judged

PERIODS: Final = {1: "HỌC KÌ I", 2: "HỌC KÌ II", YEAR: "CẢ NĂM"}
_HEAD: Final = "Hiệu trưởng"


def mark(value: Any) -> str:
    """A mark, level or word as printed; blank where there is none."""
    if value is None:
        return ""
    if isinstance(value, (SubjectLevel,)):
        return value.value
    if isinstance(value, (Decimal, Passing)):
        return format_mark(value)
    return vietnamese(value) if isinstance(value, StrEnum) else str(value)


def score(value: Decimal | None) -> str:
    """A primary test's score: a whole number (TT 27/2020 Điều 7 khoản 1)."""
    return "" if value is None else str(int(value))


def subject_value(figure: SubjectFigure, value: Any) -> str:
    """A subject's result; "Miễn" where the student is exempted and has none."""
    return "Miễn" if value is None and figure.exempt else mark(value)


def percent(number: int, total: int) -> str:
    """Per cent to one decimal, half up: 12,5; blank of nothing."""
    thousandths = share(number, total)
    return f"{thousandths // 10},{thousandths % 10}" if total else ""


def training_word(circular: str, value: str | None) -> str:
    """Kết quả rèn luyện or hạnh kiểm from its stored value."""
    if not value:
        return ""
    return vietnamese(Conduct(value) if circular in CONDUCT else ResultLevel(value))


def outcome_word(judged: Judged | None) -> str:
    """What the year ends with, in the words of the record."""
    if judged is None or judged.result.outcome is None:
        return ""
    word = Outcome(judged.result.outcome)
    if word is Outcome.COMPLETED and judged.facts.circular in PRIMARY:
        return "Hoàn thành chương trình tiểu học"
    return vietnamese(word)


def head_title(officials: Officials) -> tuple[str, ...]:
    """The head's title above the signature, line by line."""
    return tuple((officials.head_title or _HEAD).upper().split("\n"))


def head_signature(officials: Officials) -> Signature:
    """Room for the head's signature, by the title of the office."""
    title = "" if officials.head_title in ("", _HEAD) else officials.head_title.upper()
    return Signature(Signatory.PRINCIPAL, officials.head, title)


def homeroom_signature(officials: Officials) -> Signature:
    """Room for the homeroom teacher's."""
    return Signature(Signatory.HOMEROOM_TEACHER, officials.homeroom)


def learner(seat: Seat) -> Learner:
    """The personal sheet of a student."""
    student, people = seat.student, seat.guardians
    named = {relation: people.get(relation) for relation in ("father", "mother", "guardian")}
    return Learner(
        full_name=student.full_name,
        birth_date=format_date(student.birth_date),
        sex=CODE_LISTS["sex"].label(student.sex_code),
        code=student.student_code or "",
        birthplace=student.birthplace or "",
        ethnicity=CODE_LISTS["ethnicity"].label(student.ethnicity_code),
        nationality=student.nationality or "",
        hometown=student.hometown or "",
        address=student.address or "",
        register_no=student.register_no or "",
        priority=student.priority or CODE_LISTS["policy"].label(student.policy_code),
        **{relation: row.full_name if row else "" for relation, row in named.items()},
        **{f"{relation}_job": (row.job or "") if row else "" for relation, row in named.items()},
    )
