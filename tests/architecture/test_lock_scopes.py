"""Every academic field a person writes is bound to a lock scope, or stands in a list with the reason it isn't (needs A8)."""

import pytest
import sqlalchemy as sa

from app.domain.carry import STATES
from app.domain.sheet_forms import SheetForm, lock_column
from app.domain.vocabulary import RETEST, WINDOW_COLUMNS
from app.domain.year_decisions import Field
from app.models import (
    ROWS,
    Attendance,
    CountedTerm,
    ExemptionDecision,
    Model,
    RollCall,
    StudentNote,
    StudentResult,
    SubjectYear,
    YearDecision,
)
from app.models.base import Versioned
from app.services.notes_locks import LOCK_COLUMN
from app.services.sheet_cells import row_cells
from app.services.year_locks import RETEST_CELLS

KEY = "where the row stands: it is made with it and never written again"
COMPUTED = "worked out from cells that are bound"
CARRIED = "where a row came from: the values come along as they were (services/carry)"
HEAD = "the head's decision, never locked: each change has its reason and its history (services/year_locks)"
EXEMPTION = "decided by the head, refused once its term is closed or its year over (services/sheet_orders)"
ELSEWHERE = "as the former school outside has it: taken over whole, refused once the year is closed (exchange/counting)"
REASON = "goes with the decision it stands beside"

ROW = {
    **dict.fromkeys(("sheet_id", "student_id", "class_id"), KEY),
    **dict.fromkeys(("carried_from_id", "carried_at"), CARRIED),
    "average": COMPUTED,
    **dict.fromkeys(STATES, "written with the cell of its name, under that cell's lock (services/gradebook)"),
}
UNLOCKED: dict[type, dict[str, str]] = {
    **dict.fromkeys(ROWS.values(), ROW),
    SubjectYear: {
        **dict.fromkeys(
            ("student_id", "school_year_id", "subject_id", "unit_id", "class_id", "circular"), KEY
        ),
        **dict.fromkeys(("term_1", "term_2", "average"), COMPUTED),
        "comment": "nothing writes it yet",
        "exemption_id": EXEMPTION,
    },
    YearDecision: {
        **dict.fromkeys(("student_id", "school_year_id", "unit_id", "class_id"), KEY),
        **dict.fromkeys(("training_year_reason", "training_after_reason", "head_reason"), REASON),
    },
    StudentNote: dict.fromkeys(
        ("cell", "unit_id", "school_year_id", "class_id", "student_id", "kind", "period", "subject_id", "area", "author_id"),
        KEY,
    ),
    Attendance: dict.fromkeys(("class_id", "month", "student_id", "unit_id", "school_year_id"), KEY),
    RollCall: dict.fromkeys(("class_id", "month", "unit_id", "school_year_id"), KEY),
    StudentResult: dict.fromkeys((c.key for c in sa.inspect(StudentResult).columns), COMPUTED),
    ExemptionDecision: dict.fromkeys((c.key for c in sa.inspect(ExemptionDecision).columns), EXEMPTION),
    CountedTerm: dict.fromkeys((c.key for c in sa.inspect(CountedTerm).columns), ELSEWHERE),
}  # fmt: skip
"""Columns of the academic models that no window locks, each with the reason."""

BOUND: dict[type, dict[str, str]] = {
    **{ROWS[form]: {cell: lock_column(cell) for cell in row_cells(form)} for form in SheetForm},
    SubjectYear: dict.fromkeys(RETEST_CELLS, RETEST),
    YearDecision: {field.value: field.lock for field in Field},
    StudentNote: dict.fromkeys(("text", "reached"), LOCK_COLUMN),
    Attendance: {"days": LOCK_COLUMN},
    RollCall: {"days": LOCK_COLUMN},
    StudentResult: {},
    ExemptionDecision: {},
    CountedTerm: {},
}
"""Column → the column by which lock windows speak of it."""

NOT_ACADEMIC = {
    "AccountHolder", "AdminBoard", "AdminBoardMember", "ArchiveMedium", "Authorisation", "Certificate", "Closing",
    "CorrectionCell",
    "CorrectionRequest", "Delegation", "Department", "Enrolment",
    "ExtensionRequest", "ExtensionSeat", "FamilyLink", "Guardian", "HomeroomAssignment", "Incident",
    "Inspection", "InspectionUnit", "LockWindow", "MarkQuestion", "OrgParent", "OrgPredecessor", "OrgUnit", "Person",
    "Policy", "Position", "Publication", "ReopenRequest", "SchoolClass", "SchoolYear", "Student", "StudentSubject",
    "Subject", "SubjectPart", "SubjectPlan", "TeachingAssignment", "TeachingGroup", "TeachingGroupMember", "Term",
    "UnitGroup", "UnitGroupMember",
}  # fmt: skip
"""Versioned classes that hold no result of a student: a new one has to say which it is."""


@pytest.mark.parametrize("model", BOUND, ids=lambda model: model.__name__)
def test_every_column_is_bound_or_says_why_not(model: type) -> None:
    columns = {column.key for column in sa.inspect(model).column_attrs}
    bound, unlocked = set(BOUND[model]), set(UNLOCKED[model])
    assert not bound & unlocked
    assert columns - bound - unlocked == set(), "a field that nothing locks"
    assert bound <= columns
    assert set(BOUND[model].values()) <= set(WINDOW_COLUMNS)


def test_every_versioned_class_is_academic_or_not() -> None:
    versioned = {
        mapper.class_.__name__
        for mapper in Model.registry.mappers
        if issubclass(mapper.class_, Versioned) and not mapper.local_table.name.endswith("_version")
    }
    assert versioned - {model.__name__ for model in BOUND} == NOT_ACADEMIC
