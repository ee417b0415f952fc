import pytest

from app.domain.assessment.registry import Circular, NotCovered, circular_for
from app.domain.vocabulary import Level, UnitKind

THCS, THPT = Level.LOWER_SECONDARY, Level.UPPER_SECONDARY


def codes(level: Level, grades: range, start_year: int) -> list[str]:
    return [circular_for(level, grade, start_year).value for grade in grades]


def secondary(start_year: int) -> list[str]:
    return codes(THCS, range(6, 10), start_year) + codes(THPT, range(10, 13), start_year)


OLD, MID, NEW = "tt58-2011", "tt26-2020", "tt22-2021"


@pytest.mark.parametrize(
    ("start_year", "expected"),
    [(2011, [OLD] * 7), (2019, [OLD] * 7), (2020, [MID] * 7), (2021, [NEW] + [MID] * 6),
     (2022, [NEW, NEW, MID, MID, NEW, MID, MID]), (2023, [NEW, NEW, NEW, MID, NEW, NEW, MID]), (2024, [NEW] * 7),
     (2026, [NEW] * 7)],
)  # fmt: skip
def test_secondary_roll_out(start_year: int, expected: list[str]) -> None:
    assert secondary(start_year) == expected


@pytest.mark.parametrize(
    ("start_year", "new_grades"),
    [(2016, 0), (2019, 0), (2020, 1), (2021, 2), (2022, 3), (2023, 4), (2024, 5), (2026, 5)],
)
def test_primary_roll_out(start_year: int, new_grades: int) -> None:
    assert codes(Level.PRIMARY, range(1, 6), start_year) == ["tt27-2020"] * new_grades + ["tt22-2016"] * (
        5 - new_grades
    )


@pytest.mark.parametrize("grade", [6, 7, 10, 8, 11, 9, 12])
def test_continuing_education_follows_the_same_steps_with_its_own_circular(grade: int) -> None:
    level, continuing = (THCS, Level.CONTINUING_LOWER) if grade < 10 else (THPT, Level.CONTINUING_UPPER)
    for start_year in range(2020, 2028):
        if circular_for(level, grade, start_year) is Circular.TT22_2021:
            assert circular_for(continuing, grade, start_year) is Circular.TT43_2021
        else:
            with pytest.raises(NotCovered):
                circular_for(continuing, grade, start_year)


@pytest.mark.parametrize("kind", [UnitKind.VOCATIONAL_CENTRE, UnitKind.PROVINCIAL_CENTRE])
def test_secondary_grades_of_a_centre_are_continuing_education(kind: UnitKind) -> None:
    assert circular_for(THPT, 10, 2025, kind) is Circular.TT43_2021
    assert circular_for(THCS, 6, 2025, kind) is Circular.TT43_2021
    assert circular_for(Level.CONTINUING_UPPER, 12, 2025, kind) is Circular.TT43_2021


def test_other_kinds_change_nothing() -> None:
    assert circular_for(THPT, 10, 2025, UnitKind.UPPER_SECONDARY) is Circular.TT22_2021
    assert circular_for(Level.CONTINUING_UPPER, 10, 2025, UnitKind.MULTI_LEVEL) is Circular.TT43_2021


def test_preschool() -> None:
    assert circular_for(Level.PRESCHOOL, 0, 2026) is Circular.PRESCHOOL


@pytest.mark.parametrize(
    ("level", "grade", "start_year"),
    [(Level.PRIMARY, 1, 2015), (Level.PRIMARY, 0, 2026), (Level.PRIMARY, 6, 2026), (THCS, 5, 2026), (THCS, 10, 2026),
     (THPT, 9, 2026), (THPT, 13, 2026), (THCS, 6, 2010), (THPT, 10, 20255), (Level.CONTINUING_LOWER, 10, 2026)],
)  # fmt: skip
def test_outside_the_table_is_a_clear_error(level: Level, grade: int, start_year: int) -> None:
    with pytest.raises(
        NotCovered, match=f"grade {grade}, school year {start_year}-{start_year + 1}"
    ) as caught:
        circular_for(level, grade, start_year)
    assert caught.value.params["level"] == level.value
    assert caught.value.message % caught.value.params == str(caught.value)
