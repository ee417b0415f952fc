"""The reference data: code lists and lesson plans."""

import pytest

from app.domain.assessment.tt22_2021 import required_regular_scores
from app.domain.vocabulary import Level, SubjectKind
from app.reference.code_lists import CODE_LISTS, match_key
from app.reference.curriculum import (
    SUBJECTS,
    LineStatus,
    Programme,
    is_default_to_confirm,
    level_of,
    plan,
    required_lessons,
)

# --- code lists ---------------------------------------------------------------------------------


def test_there_are_55_ethnicities_numbered_without_a_gap() -> None:
    ethnicity = CODE_LISTS["ethnicity"]
    assert [item.code for item in ethnicity.items] == [f"{n:02d}" for n in range(1, 56)]
    assert ethnicity.label("12") == "Ê-đê"
    assert ethnicity.label("55") == "Người nước ngoài"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Xơ Teng", "14"), ("Cao Lan", "15"), ("H'Mông", "08"), ("Mông", "08"), ("HMÔNG", "08"),
        ("Khmer", "05"), ("Êđê", "12"), ("ê đê", "12"), ("Ê ĐÊ", "12"), ("Ede", "12"), ("Gia Rai", "10"),
        ("J'rai", "10"), ("Bana", "13"), ("M’nông", "20"), ("S'tiêng", "22"), ("Vân Kiều", "23"),
        ("Muong", "06"), ("Tay", "02"), ("Kinh", "01"), ("1", "01"), ("08", "08"), (" nùng ", "07"),
        ("Thổ", "24"), ("Co", "30"), ("Cờ Lao", "47"), ("Tà Ôi", "31"), ("K'ho", "16"),
    ],
)  # fmt: skip
def test_an_ethnicity_is_understood_as_people_write_it(typed: str, code: str) -> None:
    found = CODE_LISTS["ethnicity"].find(typed)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("typed", ["", "   ", "Xá", "không rõ", "99", "Trại"])
def test_an_ethnicity_that_is_none_or_could_be_several_is_not_guessed(typed: str) -> None:
    assert CODE_LISTS["ethnicity"].find(typed) is None


def test_other_spellings_lead_to_one_item_each() -> None:
    for name, held in CODE_LISTS.items():
        keys: dict[str, set[str]] = {}
        for label, code in [*held.aliases, *((item.label_vi, item.code) for item in held.items)]:
            assert code in held, (name, label)
            keys.setdefault(match_key(label), set()).add(code)
        assert {key: codes for key, codes in keys.items() if len(codes) > 1} == {}, name


def test_every_item_of_every_list_is_found_by_code_and_by_label() -> None:
    for held in CODE_LISTS.values():
        assert len({item.code for item in held.items}) == len(held.items)
        for item in held.items:
            assert held.find(item.label_vi) == item
            assert held.find(item.code) == item
            assert held[item.code].sort == item.sort


def test_spelling_reform_and_tone_placement_make_no_difference() -> None:
    assert match_key("Phật giáo Hoà Hảo") == match_key("phật giáo hòa hảo")
    assert match_key("Mỹ thuật") == match_key("Mĩ thuật")
    assert match_key("Chuyển đến kì 1") == match_key("Chuyển đến kỳ 1")
    assert match_key("Tày") != match_key("Tài")


def test_enrolment_statuses_fall_into_the_three_groups() -> None:
    status = CODE_LISTS["enrolment_status"]
    assert status.codes_of("studying") == ("01", "02", "03", "06", "07", "10")
    assert status.codes_of("transferred") == ("04", "08", "11")
    assert status.codes_of("left") == ("05", "09", "12")


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("religion", 14), ("enrolment_status", 12), ("leave_reason", 10), ("transfer_place", 3),
        ("entry_kind", 5), ("disability", 6), ("sex", 2), ("blood_group", 5), ("policy", 16),
        ("priority", 16), ("staff_status", 8), ("contract_kind", 7), ("staff_kind", 34), ("ownership", 4),
        ("school_type", 14), ("level", 5), ("grade", 28), ("foreign_language", 10), ("nutrition", 5),
        ("relation", 3),
    ],
)  # fmt: skip
def test_lists_are_complete(name: str, count: int) -> None:
    assert len(CODE_LISTS[name].items) == count


def test_unknown_codes_are_shown_and_missing_ones_are_blank() -> None:
    assert CODE_LISTS["sex"].label("07") == "07"
    assert CODE_LISTS["sex"].label(None) == ""
    assert CODE_LISTS["sex"].choices() == [("01", "Nam"), ("02", "Nữ")]


# --- curriculum ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grade", "lessons"),
    [
        (1, 875), (2, 875), (3, 980), (4, 1050), (5, 1050),
        (6, 1015), (7, 1015), (8, 1032), (9, 1032),
        (10, 997), (11, 997), (12, 997),
    ],
)  # fmt: skip
def test_required_lessons_are_those_of_the_programme(grade: int, lessons: int) -> None:
    assert required_lessons(grade) == lessons


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        (
            6,
            {
                "literature": 4, "math": 4, "foreign_language_1": 4, "civic_education": 2,
                "history_geography": 4, "natural_science": 4, "technology": 2, "informatics": 2,
            },
        ),
        (9, {"technology": 3, "informatics": 2, "civic_education": 2, "natural_science": 4}),
        (
            10,
            {
                "literature": 4, "math": 4, "foreign_language_1": 4, "history": 3, "defence_security": 2,
                "physics": 3, "geography": 3, "economics_law": 3, "informatics": 3,
            },
        ),
    ],
)  # fmt: skip
def test_regular_scores_follow_from_the_lessons(grade: int, expected: dict[str, int]) -> None:
    lessons = {line.subject_code: line.annual_lessons for line in plan(grade) if not line.is_cluster}
    assert {code: required_regular_scores(lessons[code]) for code in expected} == expected


def test_lower_secondary_subjects_stand_in_printed_order_with_their_kind() -> None:
    lines = [line for line in plan(6) if line.compulsory]
    assert [SUBJECTS[line.subject_code].short_vi for line in lines] == [
        "Ngữ văn", "Toán", "Ngoại ngữ 1", "GDCD", "LS và ĐL", "KHTN", "Công nghệ", "Tin học",
        "GDTC", "Nghệ thuật", "HĐTN, HN", "GDĐP",
    ]  # fmt: skip
    kinds = [SUBJECTS[line.subject_code].kind for line in lines]
    assert kinds == [SubjectKind.SCORED] * 8 + [SubjectKind.COMMENT] * 4


def test_integrated_subjects_have_their_parts() -> None:
    def part_names(code: str) -> list[str]:
        return [part.name_vi for part in SUBJECTS[code].parts]

    assert part_names("natural_science") == ["Vật lí", "Hóa học", "Sinh học"]
    assert part_names("history_geography") == ["Lịch sử", "Địa lí"]
    assert part_names("arts") == ["Âm nhạc", "Mĩ thuật"]


def test_upper_secondary_offers_nine_electives_and_their_clusters() -> None:
    lines = plan(11)
    electives = [line for line in lines if line.status is LineStatus.ELECTIVE]
    clusters = {line.subject_code: line.annual_lessons for line in lines if line.is_cluster}
    assert len(electives) == 9
    assert {line.annual_lessons for line in electives} == {70}
    assert {line.subject_code for line in electives} <= set(clusters)
    assert set(clusters.values()) == {35}
    assert all(line.elective and not line.compulsory for line in lines if line.is_cluster)


def test_grade_9_of_2023_2024_has_the_subjects_of_the_older_programme() -> None:
    lines = plan(9, programme=Programme.GDPT_2006)
    by_kind = {
        kind: [
            SUBJECTS[line.subject_code].name_vi for line in lines if SUBJECTS[line.subject_code].kind is kind
        ]
        for kind in SubjectKind
    }
    assert by_kind[SubjectKind.SCORED] == [
        "Toán", "Vật lí", "Hóa học", "Sinh học", "Ngữ văn", "Lịch sử", "Địa lí", "Ngoại ngữ",
        "Giáo dục công dân", "Công nghệ", "Tin học",
    ]  # fmt: skip
    assert by_kind[SubjectKind.COMMENT] == ["Thể dục", "Âm nhạc", "Mĩ thuật"]
    terms = {line.subject_code: line.terms for line in lines}
    assert (terms["fine_arts"], terms["music"], terms["math"]) == ((1,), (2,), (1, 2))


def test_centres_have_a_plan_marked_as_to_be_confirmed() -> None:
    lower = {line.subject_code for line in plan(9, Level.CONTINUING_LOWER)}
    upper = {line.subject_code for line in plan(12, Level.CONTINUING_UPPER)}
    assert "physical_education" not in lower | upper
    assert is_default_to_confirm(Level.CONTINUING_LOWER)
    assert is_default_to_confirm(Level.CONTINUING_UPPER)
    assert not is_default_to_confirm(Level.LOWER_SECONDARY)


def test_every_line_names_a_known_subject_once() -> None:
    kept = [plan(grade) for grade in range(1, 13)]
    kept += [plan(grade, Level.CONTINUING_LOWER) for grade in range(6, 10)]
    kept += [plan(grade, Level.CONTINUING_UPPER) for grade in range(10, 13)]
    for lines in kept:
        keys = [(line.subject_code, line.is_cluster) for line in lines]
        assert len(keys) == len(set(keys))
        assert {code for code, _ in keys} <= set(SUBJECTS)
        assert all(line.annual_lessons > 0 for line in lines)


def test_subject_names_differ() -> None:
    assert len({subject.name_vi for subject in SUBJECTS.values()}) == len(SUBJECTS)


def test_levels_of_grades() -> None:
    assert [level_of(grade) for grade in (1, 5, 6, 9, 10, 12)] == [
        Level.PRIMARY, Level.PRIMARY, Level.LOWER_SECONDARY, Level.LOWER_SECONDARY,
        Level.UPPER_SECONDARY, Level.UPPER_SECONDARY,
    ]  # fmt: skip
    with pytest.raises(ValueError):
        level_of(13)


@pytest.mark.parametrize("grade", range(1, 10))
def test_the_catalogue_keeps_the_printed_order_of_primary_and_lower_secondary(grade: int) -> None:
    place = {code: number for number, code in enumerate(SUBJECTS)}
    places = [place[line.subject_code] for line in plan(grade) if line.compulsory]
    assert places == sorted(places)
