"""Results of kiểm tra, đánh giá lại and of primary supplementary assessment (TT 22/2021 Điều 14, TT 27/2020 Điều 11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from app.domain.access import Action, Actor, may
from app.domain.assessment.registry import PRIMARY
from app.domain.assessment.terms import SubjectLevel
from app.domain.cell_values import parse_cell
from app.domain.sheet_forms import Cell, CellKind
from app.domain.vocabulary import RETEST
from app.domain.year_decisions import Asked, assessed_again
from app.errors import N_, Forbidden
from app.models import CorrectionRequest, Subject, SubjectYear
from app.services.cells import require_decided
from app.services.clock import Clock, local_day
from app.services.unit_of_work import Work, transaction
from app.services.year_book import Checks, Effect, Entered, YearBook, hold, open_book
from app.services.year_locks import Key
from app.services.year_places import YearPlaces, load_places

NOT_YOURS: Final = N_("Only the teacher in charge of the subject enters its retests.")
NOT_ASKED: Final = N_("Nothing is to be assessed again here.")

LEVEL, SCORE = "retest_level", "retest"
"""Cells of a year in a subject: the level again (primary), the result or the test score again."""


@dataclass(frozen=True)
class RetestChange:
    """One typed result: what the page showed before and what it holds now, both as text (None: blank)."""

    student_id: int
    subject_id: int
    cell: str
    old: str | None
    new: str | None

    @property
    def key(self) -> Key:
        """Where it stands."""
        return self.subject_id, self.student_id, self.cell


def cell_kind(circular: str, cell: str) -> CellKind:
    """What a cell of a retest holds under a circular."""
    if circular in PRIMARY:
        return CellKind.LEVEL if cell == LEVEL else CellKind.WHOLE_MARK
    return CellKind.MARK


def cells_asked(circular: str, asked: Asked, code: str) -> tuple[str, ...]:
    """The cells of a subject that may be entered for a student."""
    if circular not in PRIMARY:
        return (SCORE,) if code in asked.subjects else ()
    return (LEVEL,) * (code in asked.subjects) + (SCORE,) * (code in asked.tests)


def enter_retests(
    actor: Actor, class_id: int, changes: Sequence[RetestChange], *, clock: Clock
) -> tuple[Effect, ...]:
    """Save results assessed again of a class, all or nothing; what each student's year was before and is after.

    Raises NotFound, Forbidden (not in charge of the subject), Invalid (no result, or nothing to be assessed again),
    Locked (no window opens retests), Stale (somebody saved first).
    """
    with transaction(actor, "retest.enter", clock=clock) as work:
        places = load_places(work.session, actor, class_id, local_day(clock()))
        _require_teacher(actor, places, changes)
        hold(work, places, [sheet for c in changes for sheet in places.of_subject(c.subject_id)])
        effects = write_retests(work, open_book(work.session, places, work.now), changes)
        if effects:
            cells = sum(len(effect.entered) for effect in effects)
            work.audit("retest.enter", target=places.school_class, cells=cells, students=len(effects))
        return effects


def write_retests(
    work: Work, book: YearBook, changes: Sequence[RetestChange], decided: CorrectionRequest | None = None
) -> tuple[Effect, ...]:
    """Check and write results, with the subjects' sheets held; a `decided` request passes the locks, nothing else does.

    Raises Invalid, Locked, Stale, Forbidden for a request that still waits for somebody.
    """
    wanted = _checked(book, changes, decided)
    effects = _apply(work, book, wanted)
    for sheet in {book.places.sheet_of(student, subject) for subject, student, _cell in wanted}:
        if sheet is not None:
            sheet.revision += 1
    return effects


def _require_teacher(actor: Actor, places: YearPlaces, changes: Sequence[RetestChange]) -> None:
    for change in changes:
        teaches = places.teaches(change.student_id, change.subject_id)
        if not may(actor, Action.RETEST_ENTER, places.target(actor, teaches=teaches)):
            raise Forbidden(NOT_YOURS)


def _checked(
    book: YearBook, changes: Sequence[RetestChange], decided: CorrectionRequest | None
) -> dict[Key, Any]:
    """The values still to be written, by place; refuses all of them where one can't stand."""
    if decided is not None:
        require_decided(decided)
    checks, wanted = Checks(book), {}
    for change in changes:
        book.name(change.student_id)
        new = _value(checks, book, change, change.new)
        old = _value(None, book, change, change.old)
        if decided is None:
            checks.lock(change.key)
        if checks.stale(change.key, old, new, _present(book, change)):
            wanted[change.key] = new
    checks.refuse()
    return wanted


def _value(checks: Checks | None, book: YearBook, change: RetestChange, text: str | None) -> Any:
    """A typed text as a value; what is wrong with it goes to `checks`."""
    circular = book.places.school_class.circular
    subject = book.subjects.get(change.subject_id)
    if subject is None or change.cell not in cells_asked(
        circular, book.asked[change.student_id], subject.code
    ):
        if checks:
            checks.problem(change.key, NOT_ASKED)
        return None
    value, problem = parse_retest(circular, subject, change.cell, text)
    if problem and checks:
        checks.problem(change.key, problem)
    return value


def parse_retest(circular: str, subject: Subject, cell: str, text: str | None) -> tuple[Any, str | None]:
    """A typed result as a value, and what is wrong with it."""
    kind = cell_kind(circular, cell)
    read = parse_cell(text, Cell(cell, kind, RETEST), subject.kind)
    is_level = kind is CellKind.LEVEL and read.value is not None
    return SubjectLevel(str(read.value)) if is_level else read.value, read.problem


def _present(book: YearBook, change: RetestChange) -> Any:
    """What is there now."""
    row = book.reading.plans.years.get((change.student_id, change.subject_id))
    return getattr(row, change.cell, None)


def _apply(work: Work, book: YearBook, wanted: Mapping[Key, Any]) -> tuple[Effect, ...]:
    rows = _rows(work, book, wanted)
    entered: dict[int, list[Entered]] = {}
    after = {student: book.facts(student) for _subject, student, _cell in wanted}
    for key, new in wanted.items():
        subject, student, cell = key
        row = rows[student, subject]
        entered.setdefault(student, []).append(Entered(key, getattr(row, cell), new))
        setattr(row, cell, new)
        figure = "retest_test" if book.places.school_class.circular in PRIMARY and cell == SCORE else "retest"
        after[student] = assessed_again(after[student], book.subjects[subject].code, **{figure: new})
    return tuple(
        Effect(
            student, book.name(student), tuple(cells), book.judged[student].result, book.judge(after[student])
        )
        for student, cells in entered.items()
    )


def _rows(work: Work, book: YearBook, wanted: Mapping[Key, Any]) -> dict[tuple[int, int], SubjectYear]:
    """The year rows to be written, made where there are none (primary, subjects of term I alone)."""
    places = {(student, subject) for subject, student, _cell in wanted}
    if not places:
        return {}
    query = sa.select(SubjectYear).where(
        SubjectYear.school_year_id == book.places.school_class.school_year_id,
        SubjectYear.student_id.in_({student for student, _subject in places}),
        SubjectYear.subject_id.in_({subject for _student, subject in places}),
    )
    rows = {(row.student_id, row.subject_id): row for row in work.session.scalars(query)}
    for place in places & rows.keys():  # the same columns of every row: one executemany (trap 8)
        flag_modified(rows[place], SCORE)
        flag_modified(rows[place], LEVEL)
    for place in places - rows.keys():
        rows[place] = _new_row(book, *place)
        work.session.add(rows[place])
    return rows


def _new_row(book: YearBook, student_id: int, subject_id: int) -> SubjectYear:
    school_class, subject = book.places.school_class, book.subjects[subject_id]
    figure = next(s for s in book.facts(student_id).subjects if s.code == subject.code)
    marks: dict[str, Any] = {"term_1": figure.term_1, "term_2": figure.term_2, "average": figure.value}
    return SubjectYear(
        student_id=student_id,
        school_year_id=school_class.school_year_id,
        subject_id=subject_id,
        unit_id=school_class.unit_id,
        class_id=school_class.id,
        circular=school_class.circular,
        **({} if school_class.circular in PRIMARY else marks),
    )
