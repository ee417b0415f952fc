"""Results in the reader's words: levels, what is missing, sentences of an explanation. Nothing here asks the database."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from flask_babel import gettext as _

from app.domain.assessment.facts import YEAR
from app.domain.assessment.registry import CONDUCT, PRIMARY, Circular
from app.domain.assessment.steps import Step, figure, sentence
from app.domain.assessment.terms import (
    AcademicLevel,
    Conduct,
    Outcome,
    PrimaryLevel,
    ResultLevel,
    SubjectLevel,
    Title,
)
from app.domain.marks import format_mark
from app.domain.vocabulary import N_, Passing
from app.services.results.class_page import Summary
from app.services.results.counting import TRAINING
from app.services.results.judging import Judged
from app.views.formats import circular as circular_name
from app.views.lock_texts import column_title
from app.views.progress_texts import percent

__all__ = ["circular_name", "percent"]

SHORT = 3
"""Columns named one by one; more of them are "several columns"."""


def period_title(period: int, circular: str = "") -> str:
    """Học kì I, Học kì II, Cả năm; in primary school the four assessment points (TT 27/2020 Điều 7)."""
    if circular in PRIMARY:
        return {
            3: _("Middle of term I"),
            1: _("End of term I"),
            4: _("Middle of term II"),
            YEAR: _("End of the year"),
        }[period]
    if period == YEAR:
        return _("Whole year")
    return _("Term %(n)s", n="I" if period == 1 else "II")


def word(value: StrEnum | None) -> str:
    """A level, title or outcome by its official term; – for none."""
    return figure(value, _)


def cell(value: Any) -> str:
    """What stands in a table for a subject: 8,5 · Đ · CĐ · T; empty where nothing has come of it yet."""
    if isinstance(value, (Decimal, Passing)):
        return format_mark(value)
    return value.value if isinstance(value, SubjectLevel) else ""


def test_score(mark: Decimal) -> str:
    """A periodic test of primary school: a whole number (TT 27/2020 Điều 7 khoản 1)."""
    return format_mark(mark).removesuffix(",0")


def low(value: Any) -> bool:
    """True for a subject's result that doesn't pass, which the page marks by more than its colour."""
    if isinstance(value, Decimal):
        return value < 5
    return value in (Passing.FAILED, SubjectLevel.NOT_DONE)


def css(value: StrEnum | None) -> str:
    """The meaning of a word: good, to be looked at, bad. Plain where it is neither."""
    bad = (
        ResultLevel.NOT_PASSED,
        AcademicLevel.WEAK,
        AcademicLevel.POOR,
        Conduct.WEAK,
        PrimaryLevel.NOT_DONE,
        Outcome.RETAINED,
    )
    if any(value is one for one in bad):
        return "is-bad"
    if value in (Outcome.RETEST, Outcome.SUMMER_TRAINING, Outcome.SUPPLEMENT, Outcome.HEAD_DECIDES):
        return "is-warn"
    return "is-ok" if isinstance(value, Outcome) else ""


def measure_title(measure: str, circular: str) -> str:
    """Kết quả học tập, Học lực, Đánh giá kết quả giáo dục; Kết quả rèn luyện, Hạnh kiểm; …"""
    old = circular in CONDUCT
    if measure == "learning":
        if circular == Circular.TT22_2016:
            return _("Class programme completed")
        if circular not in TRAINING:
            return _("Educational result")
        return _("Learning level (học lực)") if old else _("Learning result")
    if measure == "training":
        return _("Conduct (hạnh kiểm)") if old else _("Training result")
    return {"title": _("Title"), "outcome": _("Outcome of the year"), "learning_after": _("After retest")}[
        measure
    ]


def measure_note(measure: str, circular: str, period: int) -> str:
    """Which moment a year's numbers tell of: levels stay as the year ended, outcomes go on after it."""
    if period != YEAR:
        return ""
    if measure != "outcome":
        return _("as the year ended")
    if circular in PRIMARY:
        return _("after supplementary assessment and decisions")
    return _("after retests, summer training and decisions")


def measure_head(measure: str, circular: str) -> str:
    """The same at the head of a narrow column."""
    if circular not in TRAINING:
        learning = measure_title("learning", circular)
        return {"learning": learning, "outcome": _("Promotion"), "title": _("Title")}[measure]
    if measure == "learning":
        return _("Learning")
    return {"training": _("Training"), "outcome": _("Outcome"), "title": _("Title")}[measure]


_BRIEF: Final[Mapping[type[StrEnum], Mapping[str, str]]] = {
    Outcome: {
        Outcome.PROMOTED: N_("Promoted (Lên lớp)"),
        Outcome.COMPLETED: N_("Completed (HTCT)"),
        Outcome.RETEST: N_("Retest (KT lại)"),
        Outcome.SUMMER_TRAINING: N_("Summer (RL hè)"),
        Outcome.SUPPLEMENT: N_("Supplement (ĐG bổ sung)"),
        Outcome.HEAD_DECIDES: N_("Head (HT quyết định)"),
        Outcome.RETAINED: N_("Stays (Ở lại lớp)"),
    },
    Title: {
        Title.EXCELLENT: N_("Outstanding (HSXS)"),
        Title.GOOD: N_("Excellent (HSG)"),
        Title.HONOURS: N_("Excellent (HSG)"),
        Title.ADVANCED: N_("Advanced (HSTT)"),
        Title.EXEMPLARY: N_("Exemplary (HS tiêu biểu)"),
        Title.ALL_CONTENT: N_("All content (HTXS)"),
        Title.OUTSTANDING: N_("Progress (Vượt trội)"),
    },
    AcademicLevel: {AcademicLevel.AVERAGE: N_("Average (TB)")},
    Conduct: {Conduct.AVERAGE: N_("Average (TB)")},
    PrimaryLevel: {
        PrimaryLevel.EXCELLENT: N_("Done excellently (HTXS)"),
        PrimaryLevel.WELL: N_("Done well (HTT)"),
        PrimaryLevel.DONE: N_("Done (HT)"),
        PrimaryLevel.NOT_DONE: N_("Not done (CHT)"),
    },
}


def brief(value: StrEnum) -> str:
    """A word as a narrow column has it: Lên lớp, KT lại, HSXS, TB; the whole one where there is no shorter."""
    text = _BRIEF.get(type(value), {}).get(value)
    return word(value) if text is None else _(text)


def step_text(step: Step) -> str:
    """The sentence of a step."""
    return sentence(step, _)


def section_value(value: Any) -> str:
    """What a section comes to."""
    return figure(value, _)


def anchor(key: str) -> str:
    """Where a section of an explanation stands on its page."""
    return "why-" + key.replace(":", "-").replace("_", "-")


def flag_text(flag: str) -> str:
    """An open reading that changed the result, in words."""
    return {
        "comment_subject_counts": _(
            "Whether a comment subject may be the “one subject” of khoản 3 is read in two ways; here it changes the result."
        ),
        "replace_subject": _(
            "Whether the one subject of khoản 3 is thought of as good enough or as not there is read in two ways; "
            "here it changes the result."
        ),
        "adjusted_from_fair": _(
            "The adjustment of khoản 6 was used from Khá although the average reaches 8.0; this is read in two ways."
        ),
    }.get(flag, flag)


# -- what is missing --------------------------------------------------------------------------------------------


def missing(judged: Judged) -> list[str]:
    """What a result still lacks: "Ngữ văn, Toán: ĐĐGgk, ĐĐGck", "Kết quả rèn luyện"; subjects lacking the same together."""
    return missing_texts(judged, judged.result.missing)


def lacking(rows: Sequence[Judged]) -> tuple[list[str], list[tuple[Judged, list[str]]]]:
    """What the whole class lacks, said once, and what each student lacks beside it."""
    codes = [row.result.missing for row in rows]
    common = set(codes[0]).intersection(*codes[1:]) if len(codes) > 1 else set()
    everybody = [code for code in codes[0] if code in common] if common else []
    own = [
        (row, missing_texts(row, [code for code in row.result.missing if code not in common])) for row in rows
    ]
    return (missing_texts(rows[0], everybody) if everybody else []), [line for line in own if line[1]]


def missing_texts(judged: Judged, codes: Iterable[str]) -> list[str]:
    """Some of what a result lacks, in words."""
    columns: dict[str, list[str]] = {}
    for code in codes:
        subject, _colon, column = code.partition(":")
        columns.setdefault(subject, []).append(column)
    figures = {figure.code: figure.name for figure in judged.facts.subjects}
    alike: dict[str, list[str]] = {}
    others = []
    for code, lacking in columns.items():
        if code in figures:
            alike.setdefault(_columns(lacking), []).append(figures[code])
        else:
            others.append(_other(code, len([column for column in lacking if column])))
    subjects = [_subjects(names, text, len(figures)) for text, names in alike.items()]
    return subjects + others


def _subjects(names: list[str], columns: str, everybody: int) -> str:
    text = _("every subject") if len(names) == everybody > 1 else ", ".join(names)
    return f"{text}: {columns}" if columns else text


def _columns(lacking: Iterable[str]) -> str:
    names = list(dict.fromkeys(_column(column) for column in lacking if column))
    return _("%(n)s columns", n=len(names)) if len(names) > SHORT else ", ".join(names)


def _other(code: str, number: int) -> str:
    text = _general().get(code, code)
    return f"{text} ({number})" if number else text


def _general() -> dict[str, str]:
    return {
        "training": _("Training result"),
        "training_1": _("Training result of term I"),
        "training_2": _("Training result of term II"),
        "absences": _("Sessions missed"),
        "traits": _("Qualities and competences"),
        "subjects": _("No subject to judge by"),
        "key_subject": _("A key subject"),
        "six_subjects": _("Fewer than six scored subjects: the head decides"),
        "few_subjects": _("Fewer scored subjects than the settings ask for: the head decides"),
        "settings": _("Settings a leader of the centre has to confirm"),
    }


def _column(name: str) -> str:
    titles = {
        "level": _("level"),
        "test": _("test score"),
        "value": _("result"),
        "term_1": _("Term I"),
        "term_2": _("Term II"),
        "retest": _("retest"),
        "sheet": _("no sheet, nobody is assigned"),
    }
    return titles.get(name) or column_title(name)


# -- sorting ----------------------------------------------------------------------------------------------------

_RANKED = ("learning", "training", "title", "outcome")


def sorted_rows(summary: Summary, key: str, descending: bool) -> list[tuple[int, Judged]]:
    """Numbered rows in the order asked for; who has no value comes last either way. By name where the key is unknown."""
    numbered = list(enumerate(summary.rows, start=1))
    codes = {column.code for column in summary.columns}
    if key not in {*codes, *_RANKED, "average", "absences", "rank"}:
        return numbered[::-1] if descending and key == "name" else numbered
    there = [row for row in numbered if _sort_value(row[1], key, codes) is not None]
    blank = [row for row in numbered if _sort_value(row[1], key, codes) is None]
    there.sort(key=lambda row: _sort_value(row[1], key, codes), reverse=descending)
    return there + blank


def _sort_value(row: Judged, key: str, codes: set[str]) -> Any:
    if key in codes:
        value = next((f.value for f in row.facts.subjects if f.code == key), None)
        if isinstance(value, Passing):
            return list(Passing)[::-1].index(value)
        return -list(SubjectLevel).index(value) if isinstance(value, SubjectLevel) else value
    if key in _RANKED:
        value = getattr(row.result, key)
        return None if value is None else -[*type(value)].index(value)
    return {"average": row.result.average, "absences": row.facts.absences, "rank": row.rank}[key]
