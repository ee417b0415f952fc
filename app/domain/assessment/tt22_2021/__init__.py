"""TT 22/2021/TT-BGDĐT: assessment in lower and upper secondary schools.

From marks to a subject's averages (`averages`), from these to the learning result (`learning`), with the training
result to titles and promotion (`year`). `judge` and `explain` do it for a student's stored figures, KINDS for an item
of `flask assess`. Marks are Decimal in steps of 0.1; an average is computed from exact fractions and rounded once.

Retest (Điều 14): the new results replace the year's "để xét lên lớp theo quy định tại Điều 12", and Điều 12 khoản 1
điểm b asks for "kết quả học tập cả năm học (bao gồm kết quả đánh giá lại các môn học)". That is the learning result of
Điều 9 over the new set of results, so khoản 3 of it applies again, as it did to the year's: with 6.5 in six subjects,
6.0 after a retest in the seventh and 3.0 left in the eighth, the single subject holds Khá down to Chưa đạt, and the
student is raised to Đạt and promoted. With 4.2 and 3.4 left after a retest there are two such subjects, and none is.
"""

from typing import Final

from app.domain.assessment.facts import Facts, Result, Section
from app.domain.assessment.tt22_2021.averages import (
    REGULAR_COMMENT_CHECKS,
    comment_term,
    comment_year,
    required_regular_scores,
    term_average,
    threshold,
    year_average,
)
from app.domain.assessment.tt22_2021.explaining import explain_by
from app.domain.assessment.tt22_2021.judging import judge_by
from app.domain.assessment.tt22_2021.kinds import KINDS
from app.domain.assessment.tt22_2021.learning import learning_result
from app.domain.assessment.tt22_2021.scheme import TT22
from app.domain.assessment.tt22_2021.sums import (
    explain_comment_term,
    explain_comment_year,
    explain_term,
    explain_year,
)
from app.domain.vocabulary import N_

__all__ = [
    "KINDS",
    "REGULAR_COMMENT_CHECKS",
    "RULES",
    "VERSION",
    "comment_term",
    "comment_year",
    "explain",
    "explain_comment_term",
    "explain_comment_year",
    "explain_term",
    "explain_year",
    "judge",
    "learning_result",
    "required_regular_scores",
    "term_average",
    "threshold",
    "year_average",
]

VERSION: Final = "2021.1"
"""The rules as written here; a result keeps it, so that a later correction shows."""

RULES: Final = {
    "TT 22/2021 Điều 6 khoản 2": N_("Number of regular scores and checks"),
    "TT 22/2021 Điều 7 khoản 5": N_("Periodic tests neither taken nor made up"),
    "TT 22/2021 Điều 8 khoản 2": N_("Training result of the year from those of the terms"),
    "TT 22/2021 Điều 9 khoản 1": N_("Results of a subject for term and year"),
    "TT 22/2021 Điều 9 khoản 2": N_("Learning result for term and year"),
    "TT 22/2021 Điều 9 khoản 3": N_("One level up where a single subject holds the result down"),
    "TT 22/2021 Điều 10": N_("Exemption from the practical part only"),
    "TT 22/2021 Điều 11": N_("Students with a disability, by the individual plan"),
    "TT 22/2021 Điều 12 khoản 1": N_("Conditions of promotion"),
    "TT 22/2021 Điều 12 khoản 4": N_("Promotion of students with a disability, decided by the head"),
    "TT 22/2021 Điều 13": N_("Summer training"),
    "TT 22/2021 Điều 14": N_("Retest and what it replaces"),
    "TT 22/2021 Điều 15 khoản 1": N_("Titles at the end of the year"),
}
"""Article → the rule, by the khoản; each has golden cases."""


def judge(facts: Facts) -> Result:
    """What comes of a student's term or year by TT 22/2021."""
    return judge_by(facts, TT22)


def explain(facts: Facts) -> tuple[Section, ...]:
    """Why: each subject of a year, learning result, training result, title and outcome, step by step."""
    return explain_by(facts, TT22)
