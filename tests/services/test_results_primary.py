"""Results of a primary class: levels, tests, qualities and competences; nothing comes of a term."""

from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from app.domain.access import SYSTEM
from app.domain.assessment import tt27_2020
from app.domain.assessment.facts import YEAR, Facts
from app.domain.assessment.terms import Outcome, PrimaryLevel, SubjectLevel, Title, TraitLevel
from app.domain.vocabulary import Level
from app.extensions import db
from app.models import GradebookSheet, SchoolClass
from app.services.clock import local_day
from app.services.results.judging import judge_class
from app.services.results.places import POINTS
from app.services.results.reading import read_classes
from app.services.results.refresh import refresh
from app.services.results.workbook import export_class
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.results_helpers import (
    YEAR_OVER,
    Made,
    judged_of,
    lines_of,
    make_class,
    put,
    put_in,
    stored_of,
)

GRADE_4 = lines_of(
    ("vietnamese", 245), ("math", 175), ("foreign_language_1", 140), ("ethics", 35), ("history_geography", 70), ("science", 70),
    ("informatics_technology", 70), ("physical_education", 70), ("arts", 70), ("experiential_activities", 105),
)  # fmt: skip


@pytest.fixture
def made(province: Province) -> Made:
    """Class 4A under TT 27/2020, and the year is over."""
    found = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4)
    province.now = YEAR_OVER
    return found


def fill_primary(
    province: Province, made: Made, student: int, level: SubjectLevel, score: str, trait: TraitLevel
) -> None:
    """Both ends of term: every level, test, quality and competence."""
    with transaction(SYSTEM, "test.fill", clock=province.clock) as work:
        for (code, _term), sheet_id in made.sheets.items():
            if code == "traits":
                cells = {f"final_trait_{n}": trait for n in range(1, len(tt27_2020.TRAITS) + 1)}
            else:
                tested = "final" in work.session.get_one(GradebookSheet, sheet_id).tests
                cells = {"final_level": level, **({"final": Decimal(score)} if tested else {})}
            put_in(work, sheet_id, student, cells)


def test_the_file_of_a_class_shows_tests_as_whole_numbers(province: Province, made: Made) -> None:
    fill_primary(province, made, made.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    name, data = export_class(acting(province, "giangnt.thcstk"), made.class_id, YEAR, clock=province.clock)
    assert name == "tong-hop-4a-cuoi-nam-2026.xlsx"
    page = load_workbook(BytesIO(data)).active
    headings = [cell.value for cell in page[3]]
    test = page[4][headings.index("Toán: điểm KTĐK")]
    assert (test.value, test.number_format) == (9, "General")


def test_a_primary_year(province: Province, made: Made) -> None:
    best, done, low, blank = made.students
    fill_primary(province, made, best, SubjectLevel.WELL, "9", TraitLevel.GOOD)
    fill_primary(province, made, done, SubjectLevel.DONE, "6", TraitLevel.PASSED)
    fill_primary(province, made, low, SubjectLevel.DONE, "6", TraitLevel.PASSED)
    put(province, made, low, "math", 2, final_level=SubjectLevel.NOT_DONE, final=Decimal("3"))
    year = judged_of(province, made, YEAR)
    assert [year[s].result.learning for s in made.students] == [
        PrimaryLevel.EXCELLENT, PrimaryLevel.DONE, PrimaryLevel.NOT_DONE, None,
    ]  # fmt: skip
    assert [year[s].result.outcome for s in made.students] == [
        Outcome.PROMOTED, Outcome.PROMOTED, Outcome.SUPPLEMENT, None,
    ]  # fmt: skip
    assert year[best].result.title is Title.EXCELLENT
    figure = next(f for f in year[low].facts.subjects if f.code == "math")
    assert (figure.test, figure.has_test, figure.term_1) == (Decimal("3"), True, SubjectLevel.DONE)
    assert "math:level" in year[blank].result.missing
    assert len(year[best].facts.traits) == len(tt27_2020.TRAITS)


def test_a_primary_year_is_kept_and_a_term_is_not(province: Province, made: Made) -> None:
    student = made.students[0]
    fill_primary(province, made, student, SubjectLevel.WELL, "8", TraitLevel.GOOD)
    assert refresh(made.unit_id, [made.class_id], clock=province.clock).written == 1
    assert stored_of(made, student, 1) is None
    kept = stored_of(made, student, YEAR)
    assert kept is not None
    assert (kept.learning, kept.outcome, kept.training) == ("well", "promoted", None)
    assert tt27_2020.judge(Facts.from_json(kept.figures)).learning == "well"


def test_the_middle_of_a_term_has_levels_tests_and_traits_of_its_own(province: Province, made: Made) -> None:
    one, blank, *_others = made.students
    fill_primary(province, made, one, SubjectLevel.WELL, "9", TraitLevel.GOOD)
    put(province, made, one, "math", 1, midterm_level=SubjectLevel.DONE, midterm=Decimal("6"))
    put(province, made, one, "science", 1, midterm_level=SubjectLevel.DONE)
    put(province, made, one, "traits", 1, midterm_trait_1=TraitLevel.PASSED)
    school_class = db.session.get_one(SchoolClass, made.class_id)
    reading = read_classes(
        db.session(), [school_class], school_class.school_year, local_day(province.now), periods=POINTS
    )
    middle = {j.pupil.student_id: j for j in judge_class(reading, made.class_id, 3)}
    figures = {f.code: f for f in middle[one].facts.subjects}
    math, science = figures["math"], figures["science"]
    assert (math.value, math.test, math.has_test) == (SubjectLevel.DONE, Decimal("6"), True)
    assert (science.value, science.has_test) == (
        SubjectLevel.DONE,
        False,
    )  # Điều 7 khoản 1: Tiếng Việt, Toán only
    assert middle[one].facts.traits["quality_patriotism"] == "Đ"
    assert middle[one].result.learning is None
    assert {"vietnamese:level", "vietnamese:test", "ethics:level"} <= set(middle[one].result.missing)
    assert "science:test" not in middle[blank].result.missing
    assert "math:level" not in middle[one].result.missing
    end = next(j for j in judge_class(reading, made.class_id, 1) if j.pupil.student_id == one)
    assert {f.code: f.value for f in end.facts.subjects}["math"] is SubjectLevel.WELL
    assert end.facts.traits["quality_patriotism"] == "T"
