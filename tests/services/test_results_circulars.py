"""Results under the circulars before TT 22/2021 and in continuing education; on both engines."""

from decimal import Decimal

import pytest

from app.domain.access import SYSTEM
from app.domain.assessment.facts import YEAR, Facts
from app.domain.assessment.registry import Circular
from app.domain.assessment.regulations import rules_of
from app.domain.assessment.terms import AcademicLevel, Conduct, Outcome, ResultLevel, Title
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Level, Passing
from app.models import YearDecision
from app.services.clock import local_day
from app.services.policies import set_policy
from app.services.results.refresh import refresh
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.results_helpers import (
    THCS,
    YEAR_OVER,
    fill,
    judged_of,
    lines_of,
    make_class,
    stored_of,
)

GDPT_2006 = lines_of(
    ("math", 140), ("physics", 70), ("literature", 175), ("history", 52), ("foreign_language", 70), ("civic_education", 35),
    ("physical_training", 70), ("music", 17, "compulsory", (2,)), ("fine_arts", 18, "compulsory", (1,)),
)  # fmt: skip


@pytest.mark.parametrize("circular", ["tt58-2011", "tt26-2020"])
def test_the_years_of_circular_58(province: Province, circular: str) -> None:
    made = make_class(province, "9A", GDPT_2006, circular=circular, grade=9)
    province.now = YEAR_OVER
    best, second, same, blank = made.students
    fill(province, made, [best], "9.0")
    fill(province, made, [second], "7.0", training="fair")
    fill(province, made, [same], "7.0")
    term = judged_of(province, made, 1)
    assert term[best].result.learning is AcademicLevel.EXCELLENT
    assert term[best].result.title is Title.HONOURS
    assert term[second].result.training is Conduct.FAIR
    assert term[best].result.average == Decimal("9.0")
    assert [term[s].rank for s in made.students] == [1, 2, 2, None]
    codes = {f.code for f in term[best].facts.subjects}
    assert "fine_arts" in codes
    assert "music" not in codes
    year = judged_of(province, made, YEAR)
    assert {f.code: f.value for f in year[best].facts.subjects}["music"] is Passing.PASSED
    assert year[best].result.outcome is None  # hạnh kiểm of the year is a judgement
    with transaction(SYSTEM, "test.decide", clock=province.clock) as work:
        work.session.add(
            YearDecision(
                student_id=best, school_year_id=made.year_id, unit_id=made.unit_id, class_id=made.class_id,
                training_year="good", training_year_reason="Tiến bộ đều",
            )
        )  # fmt: skip
    assert judged_of(province, made, YEAR)[best].result.outcome is Outcome.COMPLETED
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    kept = stored_of(made, best, YEAR)
    assert kept is not None
    assert (kept.class_rank, kept.average) == (1, Decimal("9.0"))
    again = rules_of(Circular(circular)).judge(Facts.from_json(kept.figures))
    assert (again.learning, again.average, again.title, again.outcome) == (
        kept.learning, kept.average, kept.title, kept.outcome,
    )  # fmt: skip
    assert judged_of(province, made, 1)[blank].result.average is None


def test_continuing_education_waits_for_its_settings(province: Province) -> None:
    made = make_class(
        province, "6 GDTX", lines_of(*THCS[:5]), circular="tt43-2021", grade=6, level=Level.CONTINUING_LOWER
    )
    province.now = YEAR_OVER
    fill(province, made, mark="8.0")
    found = judged_of(province, made, 1)[made.students[0]]
    assert found.result.learning is None
    assert "settings" in found.result.missing


def test_a_centres_confirmed_settings_are_judged_by(province: Province) -> None:
    made = make_class(
        province, "6 GDTX", lines_of(*THCS[:5]), circular="tt43-2021", grade=6, level=Level.CONTINUING_LOWER
    )
    head, day = acting(province, "giangnt.thcstk"), local_day(province.now)
    for key, value in (
        (PolicyKey.CENTRE_GOOD, "4"), (PolicyKey.CENTRE_FAIR, "4"), (PolicyKey.CENTRE_PASSED, "4"),
        (PolicyKey.CENTRE_ADJUSTMENT, "no"), (PolicyKey.CENTRE_TITLES, "none"),
    ):  # fmt: skip
        set_policy(head, made.unit_id, key, value, day, "Quy định của trung tâm", clock=province.clock)
    fill(province, made, mark="8.0", terms=(1,))
    found = judged_of(province, made, 1)[made.students[0]]
    assert found.result.learning is ResultLevel.GOOD
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    kept = stored_of(made, made.students[0], 1)
    assert kept is not None
    assert kept.figures["settings"]["subjects_good"] == "4"
    assert rules_of(Circular.TT43_2021).judge(Facts.from_json(kept.figures)).learning == kept.learning
