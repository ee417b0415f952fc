import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import passwords
from app.domain.passwords import one_time_password, problems


def check(password: str) -> tuple[str, ...]:
    return problems(password, username="giangnt.thcstk", names=["Nguyễn Thị Giang", "Đỗ"])


@pytest.mark.parametrize(
    "password",
    [
        "Trang-sach-4",
        "mucTim2027",
        "cay bang ngoai san truong",
        "Ốc-đảo-xanh9",
        "viet chu dep tung ngay",
        "Bx7#kLm2$q",
    ],
)
def test_good_passwords(password: str) -> None:
    assert check(password) == ()


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("Abx7#kLm2", passwords.TOO_SHORT),
        ("trangsach4", passwords.TOO_PLAIN),
        ("TRANGSACH4", passwords.TOO_PLAIN),
        ("TrangSachMoi", passwords.TOO_PLAIN),
        ("Matkhau@123", passwords.TOO_COMMON),
        ("Mật-khẩu-2026", passwords.TOO_COMMON),
        ("Password2026!", passwords.TOO_COMMON),
        ("1234567890", passwords.TOO_COMMON),
        ("0987654321987654", passwords.TOO_COMMON),
        ("Qwertyuiop1!", passwords.TOO_COMMON),
        ("aaaaaaaaaaaaaaaaaa", passwords.TOO_COMMON),
        ("abcdefghijklmnopqrst", passwords.TOO_COMMON),
        ("Aa1!Aa1!Aa1!", passwords.TOO_COMMON),
        ("giangnt.thcstk-X9", passwords.HAS_USERNAME),
        ("X9-GiangNT-2026", passwords.HAS_USERNAME),
        ("Cô-Giang-2026", passwords.HAS_NAME),
        ("NGUYEN#2026x", passwords.HAS_NAME),
        ("nguyễn#2026X", passwords.HAS_NAME),
    ],
)
def test_bad_passwords(password: str, problem: str) -> None:
    assert problem in check(password)


def test_all_problems_are_told_at_once() -> None:
    assert check("giang") == (
        passwords.TOO_SHORT,
        passwords.TOO_COMMON,
        passwords.HAS_NAME,
        passwords.TOO_PLAIN,
    )
    assert passwords.TOO_SHORT in check("")


def test_the_edges_of_length() -> None:
    assert passwords.TOO_SHORT in check("Bx7#kLm2$")
    assert check("Bx7#kLm2$q") == ()
    assert passwords.TOO_PLAIN in check("cay bang rat to")  # 15
    assert check("cay bang rat to!") == ()  # 16


def test_name_words_of_three_letters_are() -> None:
    assert problems("Bx7#lAn2$q", username="x", names=["Lê Thị Lan"]) == (passwords.HAS_NAME,)


def test_name_words_of_two_letters_are_not_looked_for() -> None:
    assert check("Do-xanh-2027") == ()


@pytest.mark.parametrize("username", ["", "a.b"])
def test_a_short_account_name_forbids_nothing(username: str) -> None:
    assert problems("Bx7#kLm2$q", username=username, names=[]) == ()


@given(st.integers())
def test_one_time_passwords_are_readable_and_pass(seed: int) -> None:
    made = one_time_password(random.Random(seed))
    assert len(made) == 12
    assert len(set(made)) == 12
    assert made.isascii()
    assert not set(made) & set("0O1lIoi")
    assert check(made) == ()
    assert problems(made, username="khuongyb.thcstk", names=["Y Khương Byă", "Ốc"]) == ()


def test_one_time_passwords_differ() -> None:
    rng = random.SystemRandom()
    assert len({one_time_password(rng) for _ in range(200)}) == 200


@given(st.text(max_size=40), st.text(max_size=20), st.lists(st.text(max_size=20), max_size=3))
def test_any_input_is_judged(password: str, username: str, person: list[str]) -> None:
    found = problems(password, username=username, names=person)
    assert len(set(found)) == len(found)


def test_the_units_code_in_the_account_name_is_no_password() -> None:
    assert passwords.HAS_USERNAME in problems("Thcstk-2026.x", username="bg_thcstk", names=())
    assert passwords.HAS_USERNAME in problems("Thcstk-2026.x", username="giangnt.thcstk", names=())
