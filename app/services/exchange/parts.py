"""Rows of the database as parts of the open records (`app/exchange/records`)."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from app.domain.attendance import count, read_days, write_days
from app.domain.vocabulary import MarkState
from app.exchange import records
from app.exchange.values import written
from app.models import (
    Attendance,
    ExemptionDecision,
    GradebookSheet,
    Guardian,
    OrgUnit,
    Student,
    StudentNote,
    StudentResult,
    SubjectYear,
    YearDecision,
)
from app.models.gradebook import Mark
from app.services.sheet_cells import has_average, sheet_cells
from app.services.sheet_reading import Teacher


def key_of(student: Student) -> str:
    """How a file names a student: the code of the Ministry, else one of this installation."""
    return student.student_code or f"local-{student.id}"


def school(unit: OrgUnit, above: Sequence[OrgUnit]) -> records.School:
    """A school with the units above it, nearest first."""
    return records.School(
        code=unit.code,
        name=unit.name,
        authority=above[0].name if above else "",
        department=above[-1].name if above else "",
    )


def pupil(student: Student, guardians: Iterable[Guardian]) -> records.Pupil:
    """The personal sheet."""
    return records.Pupil(
        key=key_of(student),
        name=student.full_name,
        family_name=student.family_name,
        middle_name=student.middle_name,
        given_name=student.given_name,
        birth_date=student.birth_date,
        sex=student.sex_code,
        ethnicity=student.ethnicity_code,
        nationality=student.nationality,
        student_code=student.student_code,
        national_id=student.national_id,
        register_no=student.register_no,
        religion=student.religion_code,
        birthplace=student.birthplace,
        hometown=student.hometown,
        address=student.address,
        phone=student.phone,
        policy=student.policy_code,
        disability=student.disability_code,
        guardians=tuple(_parent(row) for row in sorted(guardians, key=lambda row: row.relation)),
    )


def _parent(row: Guardian) -> records.Parent:
    return records.Parent(row.relation, row.full_name, row.birth_year, row.job, row.phone, row.email)


def sheet(
    found: GradebookSheet, teachers: Iterable[Teacher], lines: Iterable[tuple[str, Any]]
) -> records.Sheet:
    """A sheet with the lines given, each with its student's key; a line with nothing in it is left out."""
    rows = (_row(found, key, line) for key, line in lines)
    return records.Sheet(
        term=found.term,
        subject=found.subject.code,
        name=found.subject.name,
        group=found.group.name,
        form=found.form.value,
        circular=found.circular,
        revision=found.revision,
        teachers=tuple(records.Teacher(t.full_name, t.in_charge, t.part) for t in teachers),
        rows=tuple(row for row in rows if row.cells),
    )


def _row(found: GradebookSheet, key: str, line: Any) -> records.Row:
    cells = []
    for cell in sheet_cells(found):
        value = getattr(line, cell.name)
        state: MarkState | None = getattr(line, f"{cell.name}_state", None)
        if value is not None or state is not None:
            kind, text = written(value, cell.kind)
            cells.append(records.Cell(cell.name, state and state.value, kind, text))
    return records.Row(
        student=key,
        carried=line.carried_from_id is not None,
        average=_mark(line.average) if has_average(found.form) else None,
        cells=tuple(cells),
    )


def _mark(value: Mark | None) -> str | None:
    if value is None:
        return None
    return f"{value:.1f}" if not isinstance(value, str) else value.value


def exemption(row: ExemptionDecision, key: str) -> records.Exemption:
    """An exemption by the head."""
    return records.Exemption(key, row.subject.code, row.term, row.number, row.decided_on, row.reason)


def subject_year(row: SubjectYear, key: str) -> records.SubjectYear:
    """A student's year in a subject."""
    return records.SubjectYear(
        student=key,
        subject=row.subject.code,
        name=row.subject.name,
        circular=row.circular,
        term_1=_mark(row.term_1),
        term_2=_mark(row.term_2),
        average=_mark(row.average),
        retest=_mark(row.retest),
        retest_level=row.retest_level and row.retest_level.value,
        comment=row.comment,
    )


def result(row: StudentResult, key: str) -> records.Result:
    """What a term or year came to."""
    return records.Result(
        student=key,
        period=row.period,
        circular=row.circular,
        version=row.version,
        learning=row.learning,
        learning_after=row.learning_after,
        training=row.training,
        average=_mark(row.average),
        title=row.title,
        outcome=row.outcome,
        class_rank=row.class_rank,
        absences=row.absences,
    )


def decision(row: YearDecision, key: str) -> records.Decision:
    """What people decided of a year."""
    return records.Decision(
        student=key,
        training_year=row.training_year,
        training_after=row.training_after,
        head=row.head,
        head_reason=row.head_reason,
        outstanding=row.outstanding,
        recognised=row.recognised,
    )


def attendance(
    rows: Iterable[Attendance], keys: Mapping[int, str], days: Mapping[str, Container[int]] | None = None
) -> tuple[records.AttendanceMonth, ...]:
    """What the students with a key missed, month by month; `days`: by month, these alone."""
    found = []
    for row in sorted(rows, key=lambda row: (row.month, row.class_id)):
        marks = {d: m for d, m in read_days(row.days).items() if days is None or d in days.get(row.month, ())}
        if marks and row.student_id in keys:
            counts = count(marks.values())
            text = write_days(marks) or ""
            found.append(
                records.AttendanceMonth(
                    keys[row.student_id], row.month, counts.excused, counts.unexcused, text
                )
            )
    return tuple(found)


def remarks(rows: Iterable[StudentNote], keys: Mapping[int, str]) -> tuple[records.Remark, ...]:
    """Remarks on the class and on the students with a key, by period and kind."""
    told = (row for row in rows if row.student_id is None or row.student_id in keys)
    return tuple(
        records.Remark(
            student=None if row.student_id is None else keys[row.student_id],
            kind=row.kind.value,
            period=row.period,
            subject=row.subject.code if row.subject else None,
            area=row.area,
            reached=row.reached,
            text=row.text or "",
        )
        for row in sorted(told, key=lambda row: (row.period, row.cell))
    )
