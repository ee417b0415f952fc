"""Only an applied correction passes the locks, it has one door a place, and every field has its place (issue 4)."""

import re

import pytest

from app.domain.corrections import Place
from app.domain.sheet_forms import ALL_COLUMNS
from app.domain.year_decisions import Field, field_of
from app.models import (
    ROWS,
    Attendance,
    CountedTerm,
    ExemptionDecision,
    RollCall,
    StudentNote,
    StudentResult,
    SubjectYear,
    YearDecision,
)
from app.services.notes_entry import REACHED, TEXT
from app.services.retests import LEVEL, SCORE
from tests.architecture.source import modules
from tests.architecture.test_lock_scopes import BOUND, REASON, UNLOCKED

PLACES = "app/services/correction_places/"
WRITES = {
    "apply_correction_cells": {f"{PLACES}sheet.py"},
    "write_retests": {f"{PLACES}year.py", "app/services/retests.py"},
    "write_decisions": {f"{PLACES}year.py", "app/services/year_decisions.py"},
    "write_notes": {f"{PLACES}notes.py", "app/services/notes_entry.py"},
    "write_attendance": {f"{PLACES}attendance.py", "app/services/attendance_entry.py"},
}
"""The one path of each area: its own verb, and the place of a correction with the decided request."""
NAMES_IT = {
    "app/services/corrections.py": "the last step of a request",
    "app/services/unit_of_work.py": "defines it",
}
WAYS: dict[type, Place] = {
    **dict.fromkeys(ROWS.values(), Place.SHEET),
    SubjectYear: Place.YEAR,
    YearDecision: Place.YEAR,
    StudentNote: Place.NOTES,
    Attendance: Place.ATTENDANCE,
    RollCall: Place.ATTENDANCE,  # a corrected day has been called
}
"""By what kind of place a field of a model is corrected once it is locked."""
NEVER_LOCKED: dict[type, str] = {
    StudentResult: "worked out from fields that are corrected",
    ExemptionDecision: "the head's decision, always taken anew with its reason",
    CountedTerm: "another school's, put aside with its record and counted anew (exchange/counting)",
}


def callers(name: str) -> set[str]:
    return {
        module.where
        for module in modules()
        for _line, called in module.calls()
        if called.rsplit(".", 1)[-1] == name
    }


@pytest.mark.parametrize("name", WRITES)
def test_each_area_has_one_path(name: str) -> None:
    assert callers(name) == WRITES[name]


def test_one_place_applies_corrections() -> None:
    applied = re.compile(r"\bplace\.write\(")
    assert {m.where for m in modules() if applied.search(m.text)} == {"app/services/corrections.py"}


def test_one_place_names_a_transaction_a_correction() -> None:
    assert callers("name_correction") <= set(NAMES_IT)
    spelt = re.compile(r"[\"']correction\.apply[\"']")
    assert {m.where for m in modules() if spelt.search(m.text)} <= {"app/services/unit_of_work.py", *READS}


READS = ("app/services/changes.py",)
"""Where the word is read from the record."""


def reached(model: type, column: str) -> bool:
    """A correction can speak of this column of the model."""
    if WAYS[model] is Place.SHEET:
        return column in ALL_COLUMNS
    if WAYS[model] is Place.NOTES:
        return column in (TEXT, REACHED)
    if WAYS[model] is Place.ATTENDANCE:
        return column == "days"  # by its days: day_17
    if model is SubjectYear:
        return column in (LEVEL, SCORE)
    return field_of(f"{column}:part" if column == Field.TRAITS_AFTER else column) is not None


def test_every_field_that_locks_has_its_way_of_correction() -> None:
    assert set(WAYS) | set(NEVER_LOCKED) == set(BOUND)
    assert not any(BOUND[model] for model in NEVER_LOCKED)
    missing = [
        f"{model.__name__}.{column}"
        for model in WAYS
        for column in (*BOUND[model], *(c for c, why in UNLOCKED[model].items() if why == REASON))
        if not reached(model, column)
    ]
    assert missing == []
