"""TT 58/2011 as amended by TT 26/2020/TT-BGDĐT: secondary grades from 2020-21 until TT 22/2021 reached them.

The rules are those of `tt58_2011` in its amended variant: regular scores by lessons a year, one midterm score, three
key subjects, "duy nhất một môn học", no extra tests for a môn chuyên, the head's decision on students with disability.
"""

from collections.abc import Mapping
from typing import Final

from app.domain.assessment.facts import Facts, Result, Section
from app.domain.assessment.items import Judge
from app.domain.assessment.tt58_2011 import explaining, judging, kinds, rules
from app.domain.assessment.tt58_2011.variant import TT26

VERSION: Final = TT26.version
KINDS: Final[Mapping[str, Judge]] = kinds.kinds_of(TT26)
RULES: Final[Mapping[str, str]] = rules.rules_of(TT26)


def judge(facts: Facts) -> Result:
    """What comes of a student's term or year by TT 58/2011 as amended by TT 26/2020."""
    return judging.judge(facts, TT26)


def explain(facts: Facts) -> tuple[Section, ...]:
    """Why: each subject of a year, học lực, hạnh kiểm, title and outcome, step by step."""
    return explaining.explain(facts, TT26)
