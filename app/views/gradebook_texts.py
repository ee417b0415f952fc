"""Every text the gradebook's scripts show, translated once a page; the scripts hold keys only."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from app.domain.assessment.registry import CONDUCT
from app.domain.sheet_forms import CellKind
from app.models import GradebookSheet


def grid_texts(sheet: GradebookSheet) -> dict[str, str]:
    """Texts for `data.texts` of the sheet page; `%(name)s` is filled in by the script."""
    texts = _columns() | _cells() | _reasons() | _rules() | _issues() | _details() | _saving()
    if sheet.circular in CONDUCT:  # TT 58/2011 has its thresholds in Điều 13
        texts["title_threshold"] = _("Threshold of Article 13")
    return texts


def entry_hints(columns: Iterable[Mapping[str, Any]]) -> list[str]:
    """How the cells of a sheet are typed, for the line under its table."""
    rules = _rules() | {"rule_score": _("8,5 and 8.5 are the same")}
    kinds = dict.fromkeys(column["kind"] for column in columns)
    return [rules[f"rule_{kind}"].rstrip(".") for kind in kinds if f"rule_{kind}" in rules]


def form_hints(columns: Iterable[Mapping[str, Any]]) -> list[str]:
    """How they are filled in on the plain form, where words are chosen from a list."""
    rules = _rules() | {
        "rule_score": _("Type 8,5 or 8.5 · blank: not entered yet · 0 is a mark"),
        "rule_passing": _("Choose Đ (passed) or CĐ (failed); leave blank what is not known yet"),
    }
    hints = []
    for column in {column["kind"]: column for column in columns}.values():
        kind = column["kind"]
        if kind in (CellKind.LEVEL, CellKind.TRAIT):
            hints.append(" · ".join(f"{value}: {word}" for value, word in column["choices"]))
        elif f"rule_{kind}" in rules and not column["choices"]:
            hints.append(rules[f"rule_{kind}"].rstrip("."))
    return hints


def state_text(state: str) -> str:
    """An absence or exemption in words: vắng, chờ kiểm tra bù."""
    return _cells()[f"state_{state}"]


def _columns() -> dict[str, str]:
    return {
        "grid_label": _("Mark table %(title)s"),
        "number": _("No."),
        "student": _("Student"),
        "full_name": _("Full name"),
        "teacher": _("Subject teacher"),
        "computed": _("Worked out"),
        "average": _("Term average"),
        "year_average": _("Year average"),
        "threshold": _("Threshold"),
        "level": _("Result"),
        "title_name": _("Student"),
        "title_average": _("Term average of the subject"),
        "title_year": _("Year average of the subject"),
        "title_threshold": _("Threshold of Article 9 clause 2"),
        "title_level": _("Result of the term"),
        "level_passed": _("Passed"),
        "level_failed": _("Failed"),
    }


def _cells() -> dict[str, str]:
    return {
        "blank": _("blank"),
        "open": _("open"),
        "open_until": _("open until %(until)s"),
        "opened_until": _("this cell alone is open until %(until)s"),
        "locked": _("locked"),
        "locked_since": _("locked since %(since)s"),
        "locked_cell": _("this cell alone is locked"),
        "corrected": _("corrected"),
        "missing": _("missing"),
        "dirty": _("not saved yet"),
        "saving": _("being saved"),
        "saved": _("saved"),
        "conflict": _("conflict: two values"),
        "state_awaiting": _("absent, awaits a make-up test"),
        "state_made_up": _("mark of a make-up test"),
        "state_recorded_zero": _("recorded by decision after an absence"),
        "state_exempt": _("exempt by decision"),
    }


def _reasons() -> dict[str, str]:
    return {
        "mark_rule": _("A mark is from 0 to 10, in steps of 0.1."),
        "mark_step": _("A mark has one decimal only; this one is between two tenths."),
        "mark_two_readings": _(
            "“%(value)s” can be read in two ways while quick entry is on; write the comma."
        ),
        "mark_letters": _(
            "Absence and exemption are not typed into the cell: use the buttons beside the table."
        ),
        "refused": _("Not saved, the cell is locked. %(reason)s"),
        "typed_into_column": _("This column is locked. %(reason)s"),
        "typed_into_cell": _("This cell is locked; its reason stands beside the table."),
        "typed_into_row": _("This row is closed. %(reason)s"),
        "typed_into_exempt": _("The student is exempt here; nothing is entered."),
        "typed_into_view": _("You can look at this sheet but not write in it."),
        "typed_into_computed": _("This column is worked out, nothing is entered here."),
        "left_grid": _("Left the table: Tab goes on, an arrow key comes back."),
        "skipped_locked": _("%(count)s locked cells were left as they are."),
        "pasted": _("Pasted %(count)s cells."),
        "pasted_partly": _(
            "Pasted %(count)s cells; %(locked)s locked cells left as they are, "
            "%(outside)s values outside the table left out."
        ),
        "some_invalid": _("%(count)s cells need correcting; they are not sent."),
    }


def _rules() -> dict[str, str]:
    """What a cell takes, by what it holds (domain/cell_values.py)."""
    return {
        "rule_passing": _("Only Đ (passed) or CĐ (failed)."),
        "rule_whole_mark": _("A primary test is marked with whole numbers from 0 to 10."),
        "rule_level": _("Type T (done well), H (done) or C (not done)."),
        "rule_trait": _("Type T (good), Đ (passed) or C (needs effort)."),
        "rule_training": _("Type T (Tốt), K (Khá), Đ (Đạt) or CĐ (Chưa đạt)."),
        "rule_conduct": _("Type T (Tốt), K (Khá), Tb (Trung bình) or Y (Yếu)."),
        "rule_count": _("Type a whole number of sessions, from 0 to 400."),
    }


def _issues() -> dict[str, str]:
    return {
        "issues": _("To settle"),
        "cells": _("%(count)s cells"),
        "more_issues": _("and %(count)s more cells"),
        "issue_conflict": _("conflict"),
        "issue_invalid": _("“%(value)s” is not valid"),
        "issue_refused": _("“%(value)s” was not saved"),
        "conflict_by": _("%(by)s saved at %(at)s:"),
        "conflict_unknown": _("Meanwhile the saved value is"),
        "conflict_yours": _("Yours, not saved, is"),
        "conflict_choose": _("; choose the one on the paper."),
        "keep_theirs": _("Keep %(value)s"),
        "keep_mine": _("Save my %(value)s"),
        "correct_to": _("Change to %(value)s"),
        "correct_all": _("Change all %(count)s cells as suggested"),
        "discard": _("Go back to %(value)s"),
        "go_to_cell": _("Go to the cell"),
    }


def _details() -> dict[str, str]:
    return {
        "tag_open": _("Open"),
        "tag_locked": _("Locked"),
        "loading": _("Reading the history…"),
        "history": _("History of the cell"),
        "no_history": _("Nothing was ever entered here."),
        "history_failed": _("The history could not be read."),
        "try_again": _("Try again"),
        "became": _("became"),
        "on_behalf": _("on behalf of %(name)s"),
        "in_class": _("in class %(name)s"),
        "came_along": _("came along with the student from %(name)s"),
        "absence": _("Absent from the test"),
        "mark_awaiting": _("Absent, awaits a make-up test"),
        "record_zero": _("Record 0 by decision"),
        "record_failed": _("Record “failed” by decision"),
        "unmark_absence": _("Remove the absence"),
        "absence_reason": _("Reason and number of the decision"),
        "absence_failed": _("The absence was not saved; try again."),
        "cancel": _("Not now"),
    }


def _saving() -> dict[str, str]:
    return {
        "count_dirty": _("not saved"),
        "count_saving": _("being saved"),
        "count_conflict": _("in conflict"),
        "count_invalid": _("not valid"),
        "saved_at": _("Saved %(time)s"),
        "save_now": _("Save %(count)s cells"),
        "notice_offline": _("No connection since %(since)s."),
        "notice_busy": _("The server has not taken the save since %(since)s."),
        "notice_signed_out": _("You have been signed out."),
        "notice_other_account": _("Another account is signed in now. These cells belong to the first one."),
        "notice_stopped": _("Saving has stopped."),
        "unsaved_kept": _("%(count)s unsaved cells are kept on this page. Do not close it."),
        "send_again": _("Send again"),
        "sign_in_again": _("Sign in again in a new tab"),
        "reload_page": _("Reload the page"),
        "list_changed": _("The class list or the columns have changed."),
        "restore_ask": _("%(count)s cells unsaved since %(since)s"),
        "restore_text": _(
            "They were typed on this page before it was closed or reloaded. "
            "Restored cells are checked again and saved."
        ),
        "restore": _("Restore"),
        "restore_drop": _("Discard"),
        "submit_ask": _("Make final: %(columns)s?"),
        "submit_text": _("After that a mark changes only through a correction request."),
        "submit_do": _("Make final"),
        "submit_unsaved": _("%(count)s cells are not saved yet; settle them first."),
        "submit_nothing": _("There is no draft to make final."),
        "submit_failed": _("Nothing was made final; try again."),
        "submitted": _("The drafts are final now."),
    }
