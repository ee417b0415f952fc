"""Saves of a sheet as they come and go: JSON and forms read into changes, answers and refusals in plain data."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _

from app.domain.cell_values import choices
from app.domain.sheet_forms import Cell, CellKind
from app.domain.vocabulary import Passing
from app.errors import N_, HocVuError, Invalid, Locked, Stale
from app.extensions import db
from app.models import GradebookSheet
from app.services import scope
from app.services.cells import CellChange, Saved
from app.services.sheet_cells import sheet_cells
from app.views.base import actor, tell, today
from app.views.lock_texts import reason_line
from app.views.sheet_heads import heads
from app.views.sheet_page import answer_rows, raw
from app.web import vn_time

MALFORMED = N_("The request was not understood. Go back and try again.")


# -- reading requests ----------------------------------------------------------------------------------------------


def json_body() -> dict[str, Any]:
    """The request's JSON object; raises Invalid for anything else."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid(MALFORMED)
    return body


def request_id(body: Mapping[str, Any]) -> str | None:
    """The save's own id, so that a repeat is saved once; raises Invalid unless it is a UUID."""
    given = body.get("request_id")
    if given is None:
        return None
    try:
        return str(UUID(str(given)))
    except ValueError as error:
        raise Invalid(MALFORMED) from error


def json_changes(body: dict[str, Any]) -> list[CellChange]:
    """`changes` of a JSON save; raises Invalid for anything that isn't of its form."""
    changes = body.get("changes")
    if not isinstance(changes, list) or len(changes) > 5000:
        raise Invalid(MALFORMED)
    try:
        return [
            CellChange(int(c["student"]), str(c["column"]), _text(c.get("old")), _text(c.get("new")))
            for c in changes
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Invalid(MALFORMED) from error


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError("a cell is text")


def form_changes(cells: dict[str, Cell]) -> list[CellChange]:
    """Changed cells of the plain form, compared with what it was drawn from."""
    changes = []
    for key, new in request.form.items():
        if not key.startswith("cell-"):
            continue
        name = key.removeprefix("cell-")
        student, _dash, column = name.partition("-")
        old, chosen = request.form.get(f"old-{name}", ""), request.form.get(f"choose-{name}")
        if chosen == "theirs" or not student.isdecimal():
            continue
        if new.strip() != shown(old, cells[column].kind if column in cells else CellKind.TEXT):
            changes.append(CellChange(int(student), column, old or None, new or None))
    return changes


def shown(value: str | None, kind: str) -> str:
    """How the plain form shows a raw value of a cell kind, or of what the page's script calls it."""
    text = (value or "").strip()
    if kind in (CellKind.TRAINING, CellKind.CONDUCT):
        return dict(choices(CellKind(kind))).get(text, text)
    if kind in (CellKind.MARK, "score", "passing"):
        known = {Passing.PASSED.value: "Đ", Passing.FAILED.value: "CĐ"}
        return known.get(text, text.replace(".", ","))
    return text


# -- answering -----------------------------------------------------------------------------------------------------


def saved_answer(saved: Saved) -> dict[str, Any]:
    """What the server now holds, for the page's script: a primary test as 9.0, for the save doesn't tell the form."""
    return {
        "revision": saved.revision,
        "saved_at": vn_time(saved.saved_at, True)[-8:],
        "cells": [{"student": s, "column": c, "value": raw(v)} for (s, c), v in saved.cells.items()],
        "rows": answer_rows(saved.kind, saved.averages, saved.years),
        "states": [{"student": s, "column": c, "state": state} for (s, c), state in saved.states.items()],
        "locked": [],
    }


def _sheet(sheet_id: int) -> GradebookSheet:
    return scope.get(db.session(), actor(), GradebookSheet, sheet_id, today())


def _kinds(sheet_id: int) -> dict[str, CellKind]:
    return {cell.name: cell.kind for cell in sheet_cells(_sheet(sheet_id))}


def empty_form() -> dict[str, Any]:
    """What the plain form shows beside the data: nothing yet."""
    return {"values": {}, "olds": {}, "errors": {}, "conflicts": {}, "message": None, "saved": None}


def explain(form: dict[str, Any], error: HocVuError, sheet_id: int) -> None:
    """Put a refusal beside the fields it is about."""
    form["message"] = tell(error)
    facts = refusal(error, sheet_id)
    for problem in facts.get("problems", ()):
        form["errors"][_field(problem)] = {"message": problem["reason"], "suggestion": problem["suggestion"]}
    for held in facts.get("reasons", ()):
        form["errors"][_field(held)] = {"message": held["text"], "suggestion": None}
    for clash in facts.get("conflicts", ()):
        form["conflicts"][_field(clash)] = clash
        form["olds"][_field(clash)] = clash["theirs"] or ""


def _field(cell: dict[str, Any]) -> str:
    return f"cell-{cell['student']}-{cell['column']}"


def refusal(error: HocVuError, sheet_id: int) -> dict[str, Any]:
    """A refusal's cells as the page's script reads them."""
    if isinstance(error, Stale):
        return {"conflicts": _conflicts(error.conflicts, sheet_id)}
    if isinstance(error, Locked):
        named = heads(_sheet(sheet_id)) if error.reasons else {}
        return {
            "reasons": [
                {
                    "student": c.student_id,
                    "column": c.column,
                    "text": reason_line(c.reasons[0], named[c.column].full),
                }
                for c in error.reasons
            ]
        }
    return {
        "problems": [
            {
                "student": p.student_id,
                "column": p.column,
                "reason": _(p.reason),
                "suggestion": raw(p.suggestion),
            }
            for p in getattr(error, "problems", ())
        ]
    }


def _conflicts(conflicts: Any, sheet_id: int) -> list[dict[str, Any]]:
    kinds = _kinds(sheet_id) if conflicts else {}
    return [
        {
            "student": c.student_id,
            "column": c.column,
            "yours": raw(c.yours, kinds[c.column]),
            "theirs": raw(c.theirs, kinds[c.column]),
            "by": c.by,
            "at": vn_time(c.at, True)[-8:],
        }
        for c in conflicts
    ]
