"""Why a subject has its term result: the marks of a student's line written out, by the circular of the sheet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, may
from app.domain.assessment.steps import Step
from app.domain.assessment.subjects import explain_term, explain_year
from app.errors import N_, Forbidden, NotFound
from app.models import GradebookSheet, SubjectYear
from app.models.gradebook import Mark
from app.services import averages
from app.services.clock import local_day
from app.services.results.elsewhere import load_counted
from app.services.sheet_cells import has_average
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
    elsewhere: str = ""  # the school outside whose record gives the term I result


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
        steps=explain_term(averages.marks_of(sheet, row)),
        year=year.average if year else None,
        year_steps=_year_steps(sheet, year) if year and year.average is not None else (),
        elsewhere=_elsewhere(session, sheet, student_id) if year else "",
    )


def _elsewhere(session: Session, sheet: GradebookSheet, student_id: int) -> str:
    counted = load_counted(session, sheet.school_year_id, [student_id]).get(student_id)
    return counted.source_name if counted and str(sheet.subject_id) in counted.results else ""


class _Blank:
    """The line of a student without any mark."""

    def __getattr__(self, _name: str) -> None:
        return None


def _year_steps(sheet: GradebookSheet, year: SubjectYear) -> tuple[Step, ...]:
    one_term = (year.term_1, year.term_2).count(None) == 1
    return explain_year(sheet.circular, sheet.kind, year.term_1, year.term_2, one_term=one_term)
