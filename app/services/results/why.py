"""Why a subject has its term result: the marks of a student's line written out, by the circular of the sheet."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, may
from app.domain.assessment import tt22_2021, tt26_2020, tt43_2021, tt58_2011
from app.domain.assessment.registry import Circular
from app.domain.assessment.steps import Step
from app.domain.assessment.tt22_2021.scheme import Articles
from app.domain.sheet_forms import PERIODIC_COLUMNS, SheetForm
from app.domain.vocabulary import REGULAR_COLUMNS, SubjectKind
from app.errors import N_, Forbidden, NotFound
from app.models import GradebookSheet, SubjectYear
from app.models.gradebook import Mark
from app.services import averages
from app.services.clock import local_day
from app.services.sheet_cells import CONDUCT, has_average
from app.services.sheet_reading import load_facts, load_lines


@dataclass(frozen=True)
class Why:
    """A student's term in a subject: the result by the rule, the one on record, and the steps; the year's in term II."""

    sheet: GradebookSheet
    student_id: int
    full_name: str
    value: Mark | None
    stored: Mark | None
    steps: tuple[Step, ...]
    year: Mark | None
    year_steps: tuple[Step, ...]


def why_subject(session: Session, actor: Actor, sheet_id: int, student_id: int, now: datetime) -> Why:
    """NotFound out of reach, for a student who isn't on the sheet or a sheet without sums; Forbidden without sheet.view."""
    facts = load_facts(session, actor, sheet_id, local_day(now))
    if not may(actor, Action.SHEET_VIEW, facts.target(actor, now)):
        raise Forbidden(N_("Your role does not include this. Ask your unit's administrators if it should."))
    sheet = facts.sheet
    line = next(iter(load_lines(session, sheet, [student_id])), None)
    if line is None or not has_average(sheet.form):
        raise NotFound
    row = line.grade or _Blank()
    year = line.year_at(sheet) if sheet.term == 2 else None
    return Why(
        sheet=sheet,
        student_id=student_id,
        full_name=line.full_name,
        value=averages.term_result(sheet, row),
        stored=line.value("average"),
        steps=term_steps(sheet, row),
        year=year.average if year else None,
        year_steps=year_steps(sheet, year) if year and year.average is not None else (),
    )


class _Blank:
    """The line of a student without any mark."""

    def __getattr__(self, _name: str) -> None:
        return None


def term_steps(sheet: GradebookSheet, row: Any) -> tuple[Step, ...]:
    """The term result of a line, step by step."""
    regular = [getattr(row, column) for column in REGULAR_COLUMNS]
    if sheet.form is SheetForm.WEIGHTED:
        return _weighted(sheet, regular, row)
    midterm, final, count = row.midterm, row.final, sheet.regular_count
    scored = sheet.kind is SubjectKind.SCORED
    if sheet.circular in CONDUCT:
        if scored:
            return tt26_2020.explain_term(regular, midterm, final, count)
        return tt26_2020.explain_comment_term([*regular, midterm], final, count + 1)
    explain: Any = tt22_2021.explain_term if scored else tt22_2021.explain_comment_term
    steps: tuple[Step, ...] = explain(regular, midterm, final, count, articles=_articles(sheet))
    return steps


def year_steps(sheet: GradebookSheet, year: SubjectYear) -> tuple[Step, ...]:
    """The year result of a subject from its terms', step by step."""
    terms: list[Any] = [year.term_1, year.term_2]
    one_term = terms.count(None) == 1
    scored = isinstance(year.average, Decimal)
    if sheet.circular in CONDUCT:
        rules: Any = tt58_2011 if sheet.circular == Circular.TT58_2011 else tt26_2020
        explain: Any = rules.explain_year if scored else rules.explain_comment_year
        old: tuple[Step, ...] = explain(*terms, one_term=one_term)
        return old
    explain = tt22_2021.explain_year if scored else tt22_2021.explain_comment_year
    steps: tuple[Step, ...] = explain(*terms, articles=_articles(sheet), one_term=one_term)
    return steps


def _weighted(sheet: GradebookSheet, regular: list[Any], row: Any) -> tuple[Step, ...]:
    periodic: list[Any] = [getattr(row, column) for column in PERIODIC_COLUMNS]
    if sheet.kind is SubjectKind.COMMENT:
        checks = sheet.regular_count + sheet.periodic_count
        return tt58_2011.explain_comment_term([*regular, *periodic], row.final, checks)
    given = [score for score in periodic if score is not None]
    return tt58_2011.explain_term(
        regular, given, row.final, sheet.regular_count, required_periodic=sheet.periodic_count
    )


def _articles(sheet: GradebookSheet) -> Articles:
    return tt43_2021.ARTICLES if sheet.circular == Circular.TT43_2021 else Articles()
