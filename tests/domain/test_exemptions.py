"""From what a student may be exempted (TT 22/2021 Điều 10, TT 58/2011 Điều 12): a list, and nothing beside it."""

import pytest

from app.domain.assessment.exemptions import exemption_of, exempts_whole
from app.domain.assessment.registry import Circular


@pytest.mark.parametrize("circular", list(Circular))
@pytest.mark.parametrize("code", ["math", "literature", "natural_science", "local_education", "training"])
def test_no_circular_exempts_from_other_subjects(circular: Circular, code: str) -> None:
    assert exemption_of(circular, code) is None
    assert not exempts_whole(circular, code)


@pytest.mark.parametrize(
    ("circular", "code", "whole", "article"),
    [
        (Circular.TT22_2021, "physical_education", False, "TT 22/2021 Điều 10"),
        (Circular.TT22_2021, "defence_security", False, "TT 22/2021 Điều 10"),
        (Circular.TT58_2011, "physical_training", True, "TT 58/2011 Điều 12"),
        (Circular.TT26_2020, "music", True, "TT 58/2011 Điều 12"),
        (Circular.TT58_2011, "fine_arts", True, "TT 58/2011 Điều 12"),
        (Circular.TT58_2011, "defence_security", False, "TT 58/2011 Điều 12"),
    ],
)
def test_each_has_its_article(circular: Circular, code: str, whole: bool, article: str) -> None:
    rule = exemption_of(circular, code)
    assert rule is not None
    assert (rule.whole, rule.article, exempts_whole(circular, code)) == (whole, article, whole)


@pytest.mark.parametrize("code", ["arts", "music", "physical_training"])
def test_the_arts_know_none_any_more(code: str) -> None:
    assert exemption_of(Circular.TT22_2021, code) is None


@pytest.mark.parametrize(
    "circular", [Circular.TT27_2020, Circular.TT22_2016, Circular.TT43_2021, Circular.PRESCHOOL]
)
def test_primary_school_and_continuing_education_know_none(circular: Circular) -> None:
    assert exemption_of(circular, "physical_education") is None
