"""TT 43/2021/TT-BGDĐT: assessment in continuing education, lower and upper secondary programme (GDTX).

Verified: the two forms of assessment (Điều 5), the three conditions of promotion (Điều 11), summer training (Điều 12) and
the retest (Điều 13). Taken as in TT 22/2021: the averages, the thresholds and the training result of the year. Not
verified, and therefore SETTINGS that a centre's leader confirms from the text of the circular: how many subjects a level
takes, whether the one-subject adjustment applies, the number of regular scores, titles. Until then the learning result
is "not yet" with the missing code `settings`; the "06" of TT 22/2021 is never taken for granted, since learners in
GDTX have fewer subjects.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.domain.assessment.facts import Facts, Result, Section
from app.domain.assessment.items import Answer, Inputs, Judge, Unjudgeable
from app.domain.assessment.steps import Step
from app.domain.assessment.tt22_2021.explaining import explain_by
from app.domain.assessment.tt22_2021.judging import SETTINGS as SETTINGS_MISSING
from app.domain.assessment.tt22_2021.judging import judge_by
from app.domain.assessment.tt22_2021.kinds import kinds_by
from app.domain.assessment.tt22_2021.kinds_subject import (
    annual_lessons,
    lacking,
    small_number,
    subject_averages,
)
from app.domain.assessment.tt22_2021.scheme import Articles, Scheme
from app.domain.vocabulary import N_

VERSION: Final = "2021.1"
"""The rules as written here; a result keeps it, so that a later correction shows."""

CIRCULAR: Final = "TT 43/2021"
"""Article of a rule whose place in the circular is not verified."""

RULES: Final = {
    CIRCULAR: N_("Averages, learning result and titles by the settings the centre's leader confirmed"),
    "TT 43/2021 Điều 11": N_("Conditions of promotion"),
    "TT 43/2021 Điều 12": N_("Summer training"),
    "TT 43/2021 Điều 13": N_("Retest and what it replaces"),
}
"""Article → the rule; each has golden cases."""

ARTICLES: Final = Articles(
    regular_scores=CIRCULAR,
    regular_checks=CIRCULAR,
    not_taken=CIRCULAR,
    training_term=CIRCULAR,
    training_year=CIRCULAR,
    comment=CIRCULAR,
    average=CIRCULAR,
    learning=CIRCULAR,
    learning_points=("", "", "", ""),
    adjustment=CIRCULAR,
    practice=CIRCULAR,
    disability=CIRCULAR,
    promotion="TT 43/2021 Điều 11",
    head=CIRCULAR,
    summer="TT 43/2021 Điều 12",
    retest="TT 43/2021 Điều 13",
    title=CIRCULAR,
)

SUBJECTS_GOOD: Final = "subjects_good"
SUBJECTS_FAIR: Final = "subjects_fair"
SUBJECTS_PASSED: Final = "subjects_passed"
ADJUSTMENT: Final = "adjustment"
REGULAR_SCORES: Final = "regular_scores"
TITLES: Final = "titles"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting a centre's leader confirms: what it says (msgid), and what may be written."""

    label: str
    pattern: str

    def takes(self, value: str) -> bool:
        """True for a value in the form the setting has."""
        return re.fullmatch(self.pattern, value, re.ASCII) is not None


SETTINGS: Final = {
    SUBJECTS_GOOD: Setting(N_("Subjects with 8.0 or more for Good (Tốt)"), "[1-9][0-9]?"),
    SUBJECTS_FAIR: Setting(N_("Subjects with 6.5 or more for Fair (Khá)"), "[1-9][0-9]?"),
    SUBJECTS_PASSED: Setting(N_("Subjects with 5.0 or more for Passed (Đạt)"), "[1-9][0-9]?"),
    ADJUSTMENT: Setting(N_("One level up where a single subject holds the result down"), "yes|no"),
    REGULAR_SCORES: Setting(
        N_("Regular scores a term by lessons a year, for example 35:2 70:3 4"),
        r"([1-9][0-9]{0,2}:[1-8] )*[1-8]",
    ),
    TITLES: Setting(
        N_("Subjects with 9.0 or more for the highest title; 0 where no titles are given"),
        "0|[1-9][0-9]?|none",
    ),
}
"""Name in Facts.settings → what a leader confirms. A name that is not there is not confirmed."""

NOT_A_SETTING: Final = N_("%(name)s: %(value)s is no value of this setting.")
NOT_SETTINGS: Final = N_("settings is not an object of named values.")
NO_SETTING: Final = N_("%(name)s is no setting of continuing education.")
REGULAR_OPEN: Final = N_("Not yet: a leader of the centre has to confirm the number of regular scores.")
BY_SETTING: Final = N_(
    "%(lessons)s lessons a year: %(count)s regular scores a term, as the centre's leader confirmed."
)

_NEEDED: Final = (SUBJECTS_GOOD, SUBJECTS_FAIR, SUBJECTS_PASSED)
FEW_SUBJECTS: Final = "few_subjects"
"""Code of `missing`: fewer scored subjects than the confirmed settings ask for."""


def check_settings(settings: Mapping[str, str]) -> None:
    """Unjudgeable for a name that is no setting, or a value it can't have."""
    for name, value in settings.items():
        setting = SETTINGS.get(name)
        if setting is None:
            raise Unjudgeable(NO_SETTING, name=name)
        if not setting.takes(value):
            raise Unjudgeable(NOT_A_SETTING, name=name, value=value)


def scheme_by(settings: Mapping[str, str]) -> Scheme:
    """The figures to judge by, as far as they are confirmed. Unjudgeable as for `check_settings`."""
    return _scheme(tuple(sorted(settings.items())))


@lru_cache(maxsize=64)
def _scheme(confirmed: tuple[tuple[str, str], ...]) -> Scheme:
    """Remembered: a whole centre is judged by the same settings."""
    settings = dict(confirmed)
    check_settings(settings)
    unconfirmed = tuple(SETTINGS[name].label for name in (*_NEEDED, ADJUSTMENT) if name not in settings)
    good, fair, passed = (int(settings.get(name, "0")) for name in _NEEDED)
    titles = settings.get(TITLES)
    return Scheme(
        needed=None if unconfirmed else (good, fair, passed),
        adjusts=settings.get(ADJUSTMENT) == "yes",
        title_subjects=None if titles is None else 0 if titles == "none" else int(titles),
        few=FEW_SUBJECTS,
        articles=ARTICLES,
        unconfirmed=unconfirmed,
    )


def required_regular_scores(annual_lessons: int, settings: Mapping[str, str]) -> int | None:
    """Regular scores per term by the confirmed setting, None while it is not. ValueError unless there are lessons."""
    if annual_lessons <= 0:
        raise ValueError("a subject has lessons")
    check_settings(settings)
    if REGULAR_SCORES not in settings:
        return None
    *bands, above = settings[REGULAR_SCORES].split()
    for band in bands:
        most, _colon, count = band.partition(":")
        if annual_lessons <= int(most):
            return int(count)
    return int(above)


def judge(facts: Facts) -> Result:
    """What comes of a learner's term or year by the confirmed settings. Unjudgeable for settings that are none."""
    return judge_by(facts, scheme_by(facts.settings))


def explain(facts: Facts) -> tuple[Section, ...]:
    """Why, part by part; what is still to be confirmed stands in place of what can't be judged."""
    return explain_by(facts, scheme_by(facts.settings))


def _settings(inputs: Inputs) -> dict[str, str]:
    if "settings" not in inputs:
        return {}
    given = inputs.raw("settings")
    if not isinstance(given, Mapping):
        raise Unjudgeable(NOT_SETTINGS)
    return {str(name): str(value) for name, value in given.items() if value is not None}


def _required(inputs: Inputs) -> Answer:
    lessons = annual_lessons(inputs)
    count = required_regular_scores(lessons, _settings(inputs))
    if count is None:
        return Answer({"count": None, **lacking((SETTINGS_MISSING,))}, (Step(CIRCULAR, REGULAR_OPEN),))
    return Answer({"count": count}, (Step(CIRCULAR, BY_SETTING, {"lessons": lessons, "count": count}),))


def _asked(inputs: Inputs, given: int) -> int:
    """Regular scores of a term: as said, by the lessons and the setting, or as many as have a place in the item."""
    if "required" in inputs:
        return small_number(inputs, "required")
    count = None
    if "annual_lessons" in inputs:
        count = required_regular_scores(annual_lessons(inputs), _settings(inputs))
        if count is None:
            raise Unjudgeable(REGULAR_OPEN)
    return max(1, given) if count is None else count


KINDS: Final[Mapping[str, Judge]] = {
    "required_regular_scores": _required,
    **subject_averages(ARTICLES, _asked),
    **kinds_by(lambda inputs: scheme_by(_settings(inputs))),
}
