"""The page of a class's year in words: its fields, their values, changes and refusals. Nothing here asks the database."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from app.domain.assessment.facts import Facts
from app.domain.assessment.items import vietnamese
from app.domain.assessment.primary_plan import traits_of
from app.domain.assessment.registry import PRIMARY
from app.domain.assessment.terms import Conduct, SubjectLevel
from app.domain.locks import LockReason, LockRule
from app.domain.vocabulary import RETEST, Passing
from app.domain.year_decisions import Field, HeadDecision
from app.services.year_book import YearBook, YearConflict, YearHeld
from app.services.year_decisions import words_of
from app.services.year_locks import Key, YearChange
from app.views import lock_texts
from app.views import results_texts as words


def titles_of(item: Field) -> tuple[str, str]:
    """What a decision is called, and what it does."""
    return {
        Field.TRAINING_YEAR: (
            _("Conduct of the year (hạnh kiểm)"),
            _(
                "The homeroom teacher judges; mainly by term II and the progress made. Other than proposed: with a reason."
            ),
        ),
        Field.TRAINING_AFTER: (
            _("After summer training"),
            _("The new result stands in place of the year's for promotion."),
        ),
        Field.TRAITS_AFTER: (_("Qualities and competences, assessed again"), ""),
        Field.OUTSTANDING: (_("Outstanding achievement or progress"), _("What it is; blank for none.")),
        Field.RECOGNISED: (_("Recognised by the class"), ""),
        Field.RETEST_OVER: (
            _("Retests are over"),
            _(
                "Where not every retest is taken: why no more are held. The year's results then stand for those not taken."
            ),
        ),
        Field.DISABILITY: (
            _("Assessed by a plan of the student's own"),
            _(
                "Students with a disability: the head decides on promotion by the individual plan. The reason is kept."
            ),
        ),
        Field.HEAD: (_("The head decides"), _("Where no rule decides; with the reason.")),
    }[item]


def award_of(title: StrEnum | None) -> tuple[str, str]:
    """The title of primary school that is proposed and recognised (TT 27/2020 Điều 13, TT 22/2016 Điều 16)."""
    name = _("Award: %(title)s", title=vietnamese(title)) if title else titles_of(Field.OUTSTANDING)[0]
    return name, _(
        "Write the achievement or progress, and tick where the class has recognised it; it takes both."
    )


def conduct_text(facts: Facts, proposal: Conduct | None) -> str:
    """What the rule proposes as hạnh kiểm of the year, with the two terms it comes from."""
    if proposal is None:
        return "–"
    terms = (Conduct(word) if word else None for word in (facts.training_1, facts.training_2))
    first, second = (vietnamese(word) if word else "–" for word in terms)
    return _("%(word)s (terms: %(first)s, %(second)s)", word=vietnamese(proposal), first=first, second=second)


def lock_text(reasons: Iterable[LockReason], lock: str, circular: str) -> str:
    """Why a field is locked, each reason a sentence; what no window opens yet, with the column that does."""
    column = lock_texts.column_title(lock)
    if lock == "final" and circular in PRIMARY:
        column = _("End of term")
    lines = [f"{lock_texts.reason_line(item, column)}." for item in reasons]
    if lock != RETEST and any(item.rule is LockRule.NO_WINDOW for item in reasons):
        lines.append(_("It opens with the column %(column)s of term II.", column=column))
    return " ".join(lines)


def word_title(word: Any) -> str:
    """A word of a list of choices."""
    if isinstance(word, HeadDecision):
        return _("Promote") if word is HeadDecision.PROMOTED else _("Do not promote")
    return vietnamese(word)


def value_text(value: Any, cell: str, circular: str) -> str:
    """A stored value in words; – for none."""
    if value is None:
        return "–"
    if isinstance(value, (Decimal, Passing, SubjectLevel)):
        return figure_text(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{trait_name(circular, code)}: {level}" for code, level in value.items())
    if cell == Field.RECOGNISED:
        return _("Yes")
    known = {str(word): word for word in words_of(Field(cell), circular)}
    return word_title(known[value]) if value in known else str(value)


def test_text(mark: Decimal | None) -> str:
    """A periodic test of primary school; – for none."""
    return "–" if mark is None else words.test_score(mark)


def figure_text(value: Any) -> str:
    """A mark or level as printed; – for none."""
    return words.cell(value) or "–"


def level_text(value: Any) -> str:
    """The same, a level of primary school in words."""
    return vietnamese(value) if isinstance(value, SubjectLevel) else figure_text(value)


def cell_title(cell: str, subject: str | None) -> str:
    """What was entered: the retest of a subject, or a decision."""
    if subject is not None:
        return _("%(subject)s, assessed again", subject=subject)
    return titles_of(Field(cell))[0]


def history_line(change: YearChange, circular: str) -> str:
    """Who changed it when, from what to what, and why."""
    old, new = (value_text(value, change.key[2], circular) for value in (change.old, change.new))
    who = f"{change.by} ({change.account})"
    if change.on_behalf_of:
        who = ", ".join((who, _("on behalf of %(name)s", name=change.on_behalf_of)))
    line = f"{lock_texts.at_time(change.at)} · {who}: {old} → {new}"
    reason = _("Reason: %(text)s", text=change.reason) if change.reason else ""
    return f"{line}. {reason}" if reason else line


def conflict_text(item: YearConflict, circular: str) -> str:
    """Both values of something somebody else saved first."""
    theirs, yours = (value_text(value or None, item.key[2], circular) for value in (item.theirs, item.yours))
    at = lock_texts.at_time(item.at) if item.at else ""
    return _(
        "%(by)s saved %(theirs)s at %(at)s; yours is %(yours)s.",
        by=item.by,
        theirs=theirs,
        at=at,
        yours=yours,
    )


def held_text(item: YearHeld) -> str:
    """Why it is locked."""
    return " ".join(f"{lock_texts.reason_line(reason)}." for reason in item.reasons)


def what_text(key: Key, book: YearBook) -> str:
    """What a field is about: the subject, or the decision."""
    subject = book.subjects.get(key[0])
    return subject.name if subject else titles_of(Field(key[2]))[0] if key[2] in set(Field) else ""


def trait_name(circular: str, code: str) -> str:
    """A quality or competence by its code."""
    return next((trait.name for _n, trait in traits_of(circular) if trait.code == code), code)
