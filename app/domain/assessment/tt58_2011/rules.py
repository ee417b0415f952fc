"""The articles of TT 58/2011 and the rule of each, as cited in a variant."""

from collections.abc import Iterator, Mapping

from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.vocabulary import N_


def rules_of(variant: Variant) -> Mapping[str, str]:
    """Article → the rule; each has golden cases."""
    return {variant.article(place): rule for place, rule in _rules(variant)}


def _rules(variant: Variant) -> Iterator[tuple[str, str]]:
    yield "Điều 3 khoản 2", N_("Conduct of the year, proposed by that of term II")
    if variant.one_midterm:
        yield "Điều 8 khoản 2", N_("Number of regular scores; tests neither taken nor made up")
    else:
        yield "Điều 8 khoản 2", N_("Number of regular scores by lessons a week")
        yield "Điều 8 khoản 5", N_("Tests neither taken nor made up")
    yield "Điều 10 khoản 1", N_("Averages of a scored subject for term and year")
    yield "Điều 10 khoản 2", N_("Results of a comment subject for term and year")
    yield "Điều 10 khoản 3", N_("Subjects of one term")
    yield "Điều 11", N_("Average of the subjects")
    yield "Điều 12", N_("Exemption from a whole subject")
    yield "Điều 13 khoản 1", N_("Academic level Giỏi")
    yield "Điều 13 khoản 2", N_("Academic level Khá")
    yield "Điều 13 khoản 3", N_("Academic level Trung bình")
    yield "Điều 13 khoản 4", N_("Academic level Yếu")
    yield "Điều 13 khoản 5", N_("Academic level Kém")
    yield "Điều 13 khoản 6", N_("Adjustment where one subject pulls the level down")
    yield "Điều 15 khoản 1", N_("Conditions of promotion")
    yield "Điều 15 khoản 2", N_("Who is not promoted")
    if variant.head_decides:
        yield "Điều 15", N_("Promotion of students with a disability, decided by the head")
    yield "Điều 16", N_("Retest and what it replaces")
    yield "Điều 17", N_("Summer training")
    yield "Điều 18 khoản 1", N_("Học sinh giỏi of a term or year")
    yield "Điều 18 khoản 2", N_("Học sinh tiên tiến of a term or year")
    if variant.commends:
        yield "Điều 18", N_("Commendation for outstanding achievement or progress")
