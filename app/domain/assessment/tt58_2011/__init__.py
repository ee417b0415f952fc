"""TT 58/2011/TT-BGDĐT: assessment in lower and upper secondary schools from 2011-12 until TT 22/2021.

TT 26/2020 amended it (`tt26_2020`); each rule stands once, in this package, and what differs is data (`variant`).
From marks to a subject's averages (`averages`), from these to học lực (`learning`), with hạnh kiểm to titles and
promotion (`year`). `judge` and `explain` do it for a student's stored figures, KINDS for an item of `flask assess`.
"""

from collections.abc import Mapping
from typing import Final

from app.domain.assessment.facts import Facts, Result, Section
from app.domain.assessment.items import Judge
from app.domain.assessment.tt58_2011 import explaining, judging, kinds, rules
from app.domain.assessment.tt58_2011.variant import TT58

VERSION: Final = TT58.version
KINDS: Final[Mapping[str, Judge]] = kinds.kinds_of(TT58)
RULES: Final[Mapping[str, str]] = rules.rules_of(TT58)


def judge(facts: Facts) -> Result:
    """What comes of a student's term or year by TT 58/2011."""
    return judging.judge(facts, TT58)


def explain(facts: Facts) -> tuple[Section, ...]:
    """Why: each subject of a year, học lực, hạnh kiểm, title and outcome, step by step."""
    return explaining.explain(facts, TT58)
