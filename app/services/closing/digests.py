"""The exact data a signature is bound to, as text that never depends on the engine, and its SHA-256.

Set-based: one statement for each form of sheet, whatever the number of sheets. A blank line and none are the same text.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import YEAR
from app.domain.closing import terms_of
from app.domain.sheet_forms import SheetForm
from app.models import ROWS, Enrolment, GradebookSheet, StudentResult, SubjectYear, YearDecision
from app.models.base import MarkType
from app.services.results.judging import WORDS
from app.services.sheet_cells import carried_columns, has_average

Condition = sa.ColumnElement[bool]
BY_HOMEROOM: Final = tuple(form for form in SheetForm if form.by_homeroom)
_RESULT: Final = ("circular", *WORDS, "average", "class_rank", "absences")
_SUBJECT: Final = ("subject_id", "term_1", "term_2", "average", "retest", "retest_level", "comment")
_DECISION: Final = (
    "training_year", "training_after", "head", "outstanding", "recognised", "traits_after", "retest_over",
)  # fmt: skip


_BLANK: Final[tuple[Any, ...]] = (None, "", {})


def digest_of(lines: Iterable[str]) -> str:
    """SHA-256 of these lines."""
    found = hashlib.sha256()
    for line in lines:
        found.update(line.encode())
        found.update(b"\n")
    return found.hexdigest()


def sheet_digests(session: Session, where: Sequence[Condition]) -> dict[int, str]:
    """The digest of every sheet that fits, by its id: each cell of every line with its state and average.

    One statement for the sheets and one for each form among them.
    """
    lines: dict[int, list[str]] = {}
    for sheet, student, text in _sheet_lines(session, where):
        found = lines.setdefault(sheet, [f"sheet {sheet}"])
        if student:
            found.append(f"{student}|{text}")
    return {sheet: digest_of(found) for sheet, found in lines.items()}


def _sheet_lines(session: Session, where: Sequence[Condition]) -> Iterator[tuple[int, int, str]]:
    """(sheet, student, text of the line), sheets in order; each sheet first with no student."""
    forms = dict(session.execute(sa.select(GradebookSheet.id, GradebookSheet.form).where(*where)).all())
    yield from ((sheet, 0, "") for sheet in sorted(forms))
    for form in sorted(set(forms.values())):
        rows = ROWS[form]
        query = (
            sa.select(rows.sheet_id, rows.student_id, *_plain(form))
            .join(GradebookSheet, GradebookSheet.id == rows.sheet_id)
            .where(GradebookSheet.form == form, *where)
            .order_by(rows.sheet_id, rows.student_id)
        )
        names = _columns(form)
        for sheet_id, student_id, *values in session.execute(query):
            if text := _text(names, values):
                yield sheet_id, student_id, text


@dataclass(frozen=True)
class ClassData:
    """A class's summary as signed: its digest, and a short one of each student, to tell later who has changed."""

    digest: str
    students: Mapping[int, str]


def class_data(
    session: Session, class_ids: Sequence[int], year_id: int, period: int, last_day: date
) -> dict[int, ClassData]:
    """Each class's summary in a period: who sits in it, results, attendance, conduct, traits, decisions.

    `last_day`: of the period; who comes or leaves later changes nothing in it. At most eight statements.
    """
    lines: dict[int, dict[int, list[str]]] = {key: defaultdict(list) for key in class_ids}
    for class_id, student, text in _class_lines(session, class_ids, year_id, period, last_day):
        lines[class_id][student].append(text)
    found = {}
    for class_id, students in lines.items():
        texts = [f"{student}|{text}" for student in sorted(students) for text in students[student]]
        own = {student: digest_of(texts_of)[:12] for student, texts_of in students.items()}
        found[class_id] = ClassData(digest_of([f"class {class_id} period {period}", *texts]), own)
    return found


def _class_lines(
    session: Session, class_ids: Sequence[int], year_id: int, period: int, last_day: date
) -> Iterator[tuple[int, int, str]]:
    """(class, student, text), in the same order always."""
    yield from _roll(session, class_ids, last_day)
    own = (
        GradebookSheet.class_id.in_(class_ids),
        GradebookSheet.form.in_(BY_HOMEROOM),
        GradebookSheet.term.in_(terms_of(period)),
    )
    homes: dict[int, Any] = dict(
        session.execute(sa.select(GradebookSheet.id, GradebookSheet.class_id).where(*own)).all()
    )
    for sheet, student, text in _sheet_lines(session, own):
        if student:
            yield homes[sheet], student, f"sheet {sheet}: {text}"
    yield from _rows(session, StudentResult, _RESULT, class_ids, year_id, StudentResult.period == period)
    if period == YEAR:
        yield from _rows(session, SubjectYear, _SUBJECT, class_ids, year_id)
        yield from _rows(session, YearDecision, _DECISION, class_ids, year_id)


def _rows(
    session: Session,
    model: Any,
    names: Sequence[str],
    class_ids: Sequence[int],
    year_id: int,
    *where: Condition,
) -> Iterator[tuple[int, int, str]]:
    query = (
        sa.select(model.class_id, model.student_id, *(_as_stored(getattr(model, name)) for name in names))
        .where(model.school_year_id == year_id, model.class_id.in_(class_ids), *where)
        .order_by(*sa.inspect(model).primary_key)
    )
    for class_id, student, *values in session.execute(query):
        if text := _text(names, values):
            yield class_id, student, f"{model.__tablename__}: {text}"


def _roll(session: Session, class_ids: Sequence[int], last_day: date) -> Iterator[tuple[int, int, str]]:
    place = Enrolment
    query = (
        sa.select(place.class_id, place.student_id, place.starts_on, place.ends_on, place.status_code)
        .where(place.class_id.in_(class_ids), place.starts_on <= last_day)
        .order_by(place.class_id, place.student_id, place.starts_on)
    )
    for class_id, student, starts, ends, status in session.execute(query):
        left = f" to {ends} {status}" if ends is not None and ends <= last_day else ""
        yield class_id, student, f"from {starts}{left}"


@cache
def _columns(form: SheetForm) -> tuple[str, ...]:
    return (*carried_columns(form), *(("average",) if has_average(form) else ()))


@cache
def _plain(form: SheetForm) -> tuple[Any, ...]:
    return tuple(_as_stored(getattr(ROWS[form], name)) for name in _columns(form))


def _as_stored(column: Any) -> Any:
    """As the database keeps it: a mark is its number, a word its value; a row costs no conversion."""
    if isinstance(column.type, MarkType):
        return sa.type_coerce(column, sa.Integer)
    return sa.type_coerce(column, sa.String) if isinstance(column.type, sa.Enum) else column


def _text(names: Sequence[str], values: Sequence[Any]) -> str:
    """What is filled, by name; a mark of 0 is filled."""
    pairs = zip(names, values, strict=True)
    return ";".join(
        f"{name}={value!r}" for name, value in pairs if value is not False and value not in _BLANK
    )


def together(kind: str, parts: Mapping[Any, str]) -> str:
    """One digest of several, by their keys in order."""
    return digest_of([kind, *(f"{key} {parts[key]}" for key in sorted(parts))])
