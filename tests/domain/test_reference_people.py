"""The reference data: invented names and people, and the bank of comments."""

import itertools
from collections import Counter
from random import Random

import pytest

from app.domain import names
from app.domain.vocabulary import Passing, Threshold
from app.reference.code_lists import CODE_LISTS
from app.reference.comments_bank import comments_for, draw_comment, general_comments, subject_comments
from app.reference.curriculum import SUBJECTS
from app.reference.people import COMMUNES, PROVINCE, DrawnStudent, PeopleDrawer
from app.reference.people_names import (
    FEMALE,
    GROUPS,
    MALE,
    build_name,
    draw_person,
    draw_twin,
    group_of,
)

MAX_NAME_PART = 40


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "sex", "parts", "written"),
    [
        ("12", MALE, ("Byă", "", "Khương"), "Y Khương Byă"),
        ("12", FEMALE, ("Niê", "", "Linh"), "H'Linh Niê"),
        ("20", MALE, ("Triêk", "", "Sim"), "Y Sim Triêk"),
        ("10", FEMALE, ("Siu", "", "Nhiên"), "Siu H'Nhiên"),
        ("10", MALE, ("Rơ Mah", "", "Kim"), "Rơ Mah Kim"),
        ("08", MALE, ("Giàng", "A", "Sử"), "Giàng A Sử"),
        ("08", FEMALE, ("Vàng", "Thị", "Chở"), "Vàng Thị Chở"),
        ("05", FEMALE, ("Thạch", "Thị", "Sa Rây"), "Thạch Thị Sa Rây"),
        ("16", FEMALE, ("Kra Jăn", "", "Liên"), "Kra Jăn K'Liên"),
        ("28", MALE, ("K'", "", "Tiếng"), "K'Tiếng"),
        ("14", FEMALE, ("Y", "", "Byen"), "Y Byen"),
    ],
)
def test_names_are_put_together_as_each_people_does(
    code: str, sex: str, parts: tuple[str, str, str], written: str
) -> None:
    name = build_name(code, sex, *parts)
    assert name.full_name == written
    assert (name.family, name.given) == (parts[0], parts[2])


def test_the_mark_of_the_sex_is_the_middle_part_of_an_ede_name() -> None:
    assert build_name("12", MALE, "Byă", "", "Khương").middle == "Y"
    assert build_name("12", FEMALE, "Niê", "", "Linh").middle == "H'"


@pytest.mark.parametrize(
    ("code", "sex", "adult"), list(itertools.product(GROUPS, (MALE, FEMALE), (False, True)))
)
def test_every_group_draws_sound_names(code: str, sex: str, adult: bool) -> None:
    rng = Random(11)
    for _ in range(30):
        name = draw_person(rng, code, sex, adult=adult)
        assert names.unicode_problem(name.full_name) is None
        assert names.nfc(name.full_name) == name.full_name
        assert max(map(len, (name.family, name.middle, name.given))) <= MAX_NAME_PART
        assert name.family
        assert name.given
        words = name.full_name.split()
        assert all(a != b for a, b in itertools.pairwise(words)), name.full_name


def test_unknown_sex_is_refused_and_an_unlisted_people_is_named_all_the_same() -> None:
    with pytest.raises(ValueError, match="no sex"):
        draw_person(Random(1), "01", "3")
    assert draw_person(Random(1), "51", FEMALE).full_name


def test_every_group_is_an_ethnicity_of_the_code_list() -> None:
    assert set(GROUPS) <= {item.code for item in CODE_LISTS["ethnicity"].items}


def test_twins_share_all_but_the_given_name() -> None:
    rng = Random(3)
    for _ in range(40):
        elder = draw_person(rng, "01", FEMALE)
        younger = draw_twin(rng, elder, "01", FEMALE, FEMALE)
        assert (younger.family, younger.middle) == (elder.family, elder.middle)
        assert younger.given != elder.given


def test_a_twin_of_the_other_sex_bears_the_mark_of_its_own() -> None:
    elder = build_name("14", MALE, "A", "", "Khanh")
    assert draw_twin(Random(2), elder, "14", MALE, FEMALE).full_name.startswith("Y ")


# --- people -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pupils() -> tuple[DrawnStudent, ...]:
    return PeopleDrawer(Random(2025)).cohort(1500, 2012)


def test_the_same_seed_gives_the_same_people(pupils: tuple[DrawnStudent, ...]) -> None:
    assert PeopleDrawer(Random(2025)).cohort(1500, 2012) == pupils
    assert PeopleDrawer(Random(1)).cohort(5, 2012) != PeopleDrawer(Random(2)).cohort(5, 2012)


def test_a_province_of_many_peoples(pupils: tuple[DrawnStudent, ...]) -> None:
    shares = Counter(pupil.ethnic_code for pupil in pupils)
    assert 850 < shares["01"] < 1000
    assert shares["12"] > 80
    assert len(shares) >= 15


def test_names_are_varied_with_a_few_alike(pupils: tuple[DrawnStudent, ...]) -> None:
    full_names = Counter(pupil.name.full_name for pupil in pupils)
    repeated = sum(count - 1 for count in full_names.values())
    assert 1 <= repeated <= 60
    assert max(full_names.values()) <= 4
    assert len({pupil.name.given for pupil in pupils}) > 150


def test_twins_have_one_birthday_one_home_and_the_same_parents(pupils: tuple[DrawnStudent, ...]) -> None:
    younger = [pupil for pupil in pupils if pupil.twin_of is not None]
    assert 3 <= len(younger) <= 30
    for twin in younger:
        elder = pupils[twin.twin_of or 0]
        assert (twin.birth_date, twin.address, twin.parents) == (
            elder.birth_date,
            elder.address,
            elder.parents,
        )
        assert twin.personal_id != elder.personal_id
        assert twin.name.full_name != elder.name.full_name


@pytest.mark.parametrize("size", [0, 1, 35, 60, 100, 180])
def test_a_cohort_has_the_size_asked_for(size: int) -> None:
    cohort = PeopleDrawer(Random(8)).cohort(size, 2013)
    assert len(cohort) == size
    if size >= 60:
        assert any(pupil.twin_of is not None for pupil in cohort)
    if size >= 100:
        assert len({pupil.name.full_name for pupil in cohort}) < size


def test_numbers_have_their_format_are_unique_and_nobodys(pupils: tuple[DrawnStudent, ...]) -> None:
    ids = [pupil.personal_id for pupil in pupils]
    assert len(set(ids)) == len(ids)
    assert all(len(number) == 12 and number.startswith("099") for number in ids)
    assert all(len(pupil.moet_code) == 10 and pupil.moet_code.isdigit() for pupil in pupils)
    parents = {parent for pupil in pupils for parent in pupil.parents}
    assert len({parent.phone for parent in parents}) == len(parents)
    assert all(len(parent.phone) == 10 and parent.phone.startswith("09000") for parent in parents)


def test_a_personal_number_tells_sex_and_year(pupils: tuple[DrawnStudent, ...]) -> None:
    for pupil in pupils[:100]:
        assert pupil.personal_id[3] == ("2" if pupil.sex == MALE else "3")
        assert pupil.personal_id[4:6] == f"{pupil.birth_date.year % 100:02d}"


def test_parents_fit_their_child(pupils: tuple[DrawnStudent, ...]) -> None:
    for pupil in pupils:
        assert 1 <= len(pupil.parents) <= 2
        for parent in pupil.parents:
            assert pupil.birth_date.year - parent.birth_year >= 19
            assert parent.name.given != pupil.name.given or pupil.twin_of is not None
            assert parent.relation in CODE_LISTS["relation"]


def test_a_child_bears_the_family_name_its_people_hands_down(pupils: tuple[DrawnStudent, ...]) -> None:
    for pupil in pupils:
        family = {parent.relation: parent.name.family for parent in pupil.parents}
        if pupil.ethnic_code == "01" and "father" in family:
            assert family["father"] == pupil.name.family
        if pupil.ethnic_code == "12" and "mother" in family:
            assert family["mother"] == pupil.name.family
        if pupil.ethnic_code in ("08", "12") and len(family) == 2:
            assert family["father"] != family["mother"]


def test_codes_of_drawn_people_are_in_the_lists(pupils: tuple[DrawnStudent, ...]) -> None:
    for pupil in pupils:
        assert pupil.ethnic_code in CODE_LISTS["ethnicity"]
        assert pupil.religion_code in CODE_LISTS["religion"]
        assert pupil.policy_code is None or pupil.policy_code in CODE_LISTS["policy"]
        assert pupil.policy_code != "11" or pupil.ethnic_code != "01"
        if pupil.policy_code == "05":
            assert [parent.relation for parent in pupil.parents] == ["guardian"]
        assert pupil.address.hamlet in COMMUNES[pupil.address.commune]
        assert str(pupil.address).endswith(PROVINCE)


def test_a_school_may_take_its_pupils_from_one_commune() -> None:
    cohort = PeopleDrawer(Random(4)).cohort(40, 2013, "Xã Ea Lĩnh")
    assert {pupil.address.commune for pupil in cohort} == {"Xã Ea Lĩnh"}


def test_staff_are_of_working_age_and_can_have_accounts() -> None:
    drawer = PeopleDrawer(Random(5))
    staff = [drawer.staff(2026) for _ in range(120)]
    assert len({person.phone for person in staff}) == 120
    assert len({person.name.full_name for person in staff}) > 100
    for person in staff:
        assert 24 <= 2026 - person.birth_date.year <= 58
        assert person.qualification_code in CODE_LISTS["qualification"]
        assert names.account_stem(person.name.family, person.name.middle, person.name.given)


def test_a_people_that_hands_names_down_through_the_mother() -> None:
    assert group_of("12").mother_line
    assert not group_of("08").mother_line


# --- comments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "least"),
    [
        (Threshold.FROM_8_0, 60), (Threshold.FROM_6_5, 60), (Threshold.FROM_5_0, 60), (Threshold.FROM_3_5, 40),
        (Threshold.BELOW_3_5, 8), (Passing.PASSED, 60), (Passing.FAILED, 30),
    ],
)  # fmt: skip
def test_the_bank_has_enough_comments(result: Threshold | Passing, least: int) -> None:
    own = [text for code in SUBJECTS for text in subject_comments(result, code)]
    every = {*general_comments(result), *own}
    assert len(every) >= least - 5
    assert all(text.endswith(".") and len(text) <= 80 and "!" not in text for text in every)


def test_a_comment_names_no_term() -> None:
    for result in (*Threshold, *Passing):
        assert not any("học kì" in text for code in ("", *SUBJECTS) for text in comments_for(result, code))


def test_a_comment_suits_the_subject() -> None:
    rng = Random(6)
    drawn = {draw_comment(rng, Threshold.FROM_8_0, "math") for _ in range(200)}
    assert drawn <= set(comments_for(Threshold.FROM_8_0, "math"))
    assert drawn & set(subject_comments(Threshold.FROM_8_0, "math"))
    assert draw_comment(Random(1), Passing.PASSED, "unheard_of") in general_comments(Passing.PASSED)
