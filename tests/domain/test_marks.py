from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import marks
from app.domain.marks import ParsedMark, decode, encode, format_mark, parse_mark
from app.domain.vocabulary import Passing, SubjectKind

SCORED, COMMENT = SubjectKind.SCORED, SubjectKind.COMMENT


def score(text: str | None, quick: bool = False) -> ParsedMark:
    return parse_mark(text, kind=SCORED, quick_entry=quick)


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    ("text", "value"),
    [("8,5", "8.5"), ("8.5", "8.5"), ("7", "7"), ("10", "10"), ("0", "0"), ("0,0", "0"), ("10,0", "10"),
     ("8,50", "8.5"), ("8.00", "8"), ("0,1", "0.1"), ("９，５", "9.5"), ("８．５", "8.5"), (" 8,5\t", "8.5"),
     ("\u00a08,5\u00a0", "8.5"), ("\u20038,5", "8.5"), ("\ufeff7", "7"), ("00", "0"), ("08,5", "8.5")],
)  # fmt: skip
def test_marks_as_teachers_write_them(text: str, value: str, quick: bool) -> None:
    parsed = score(text, quick)
    assert parsed == ParsedMark(value=Decimal(value))
    assert parsed.ok


@pytest.mark.parametrize("kind", list(SubjectKind))
@pytest.mark.parametrize("text", ["", "   ", "\u00a0", None, "\t\n", "\ufeff"])
def test_blank_is_blank(text: str | None, kind: SubjectKind) -> None:
    assert parse_mark(text, kind=kind) == ParsedMark(value=None, problem=None, suggestion=None)


@pytest.mark.parametrize(
    ("text", "problem", "suggestion"),
    [("7,25", marks.TOO_FINE, "7.3"), ("7.75", marks.TOO_FINE, "7.8"), ("7,24", marks.TOO_FINE, "7.2"),
     ("9,97", marks.TOO_FINE, "10"), ("0,05", marks.TOO_FINE, "0.1"), ("85", marks.NO_COMMA, "8.5"),
     ("11", marks.NO_COMMA, "1.1"), ("99", marks.NO_COMMA, "9.9"), ("100", marks.NO_COMMA, "10"),
     ("05", marks.LEADING_ZERO, "5"), ("10,1", marks.OUT_OF_RANGE, None), ("10,04", marks.OUT_OF_RANGE, None),
     ("101", marks.OUT_OF_RANGE, None), ("1000", marks.OUT_OF_RANGE, None), ("005", marks.LEADING_ZERO, None),
     ("000", marks.LEADING_ZERO, None)],
)  # fmt: skip
def test_a_doubtful_mark_is_refused_with_a_suggestion_where_there_is_one(
    text: str, problem: str, suggestion: str | None
) -> None:
    parsed = score(text)
    assert parsed == ParsedMark(problem=problem, suggestion=Decimal(suggestion) if suggestion else None)
    assert not parsed.ok


@pytest.mark.parametrize(
    ("text", "value"), [("85", "8.5"), ("05", "0.5"), ("100", "10"), ("7", "7"), ("10", "10"), ("11", "1.1")]
)
def test_quick_entry_reads_two_digits_as_tenths(text: str, value: str) -> None:
    assert score(text, quick=True) == ParsedMark(value=Decimal(value))


def test_quick_entry_still_refuses_quarters_and_what_is_off_the_scale() -> None:
    assert score("7,25", quick=True).problem == marks.TOO_FINE
    assert score("101", quick=True).problem == marks.OUT_OF_RANGE
    assert score("85,5", quick=True).problem == marks.OUT_OF_RANGE


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    "text",
    ["tám", "Đ", "8,5a", "8..5", "8,,5", "8,5,0", ",5", "8,", "+8", "-8", "-0", "8-", "1e1", "1E-1", "inf", "Infinity",
     "NaN", "nan", "0x8", "8 5", "8 , 5", "½", "8²", "٨", "8٫5", "८", "①", "−8", "8'5", "8/10", "=8",
     "99999", "8,1234567",
     "1_0", "\x008"],
)  # fmt: skip
def test_anything_else_is_no_number(text: str, quick: bool) -> None:
    assert score(text, quick) == ParsedMark(problem=marks.NOT_A_NUMBER)


@pytest.mark.parametrize("text", ["Đ", "đ", "d", "D", "Đạt", "đạt", "ĐẠT", "dat", "passed", "Ð", " đ "])
def test_passed(text: str) -> None:
    assert parse_mark(text, kind=COMMENT) == ParsedMark(value=Passing.PASSED)


@pytest.mark.parametrize(
    "text", ["CĐ", "cđ", "cd", "CD", "Cđ", "Chưa đạt", "CHƯA  ĐẠT", "chua dat", "failed", "CÐ"]
)
def test_failed(text: str) -> None:
    assert parse_mark(text, kind=COMMENT) == ParsedMark(value=Passing.FAILED)


def test_decomposed_text_reads_the_same() -> None:
    assert parse_mark("Đa\u0323t", kind=COMMENT).value is Passing.PASSED


@pytest.mark.parametrize("text", ["8", "8,5", "Không đạt", "K", "T", "x", "đ đ", "đát", "MG", "KĐ"])
def test_a_comment_subject_takes_nothing_else(text: str) -> None:
    assert parse_mark(text, kind=COMMENT) == ParsedMark(problem=marks.NOT_PASSING)


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("8.5"), "8,5"), (Decimal(10), "10,0"), (Decimal(0), "0,0"), (Decimal("7.0"), "7,0"), (None, ""),
     (Passing.PASSED, "Đ"), (Passing.FAILED, "CĐ")],
)  # fmt: skip
def test_printed_marks(value: Decimal | Passing | None, text: str) -> None:
    assert format_mark(value) == text


@pytest.mark.parametrize(
    ("value", "code"),
    [(None, None), (Decimal(0), 0), (Decimal("0.1"), 1), (Decimal("8.5"), 85), (Decimal("8.50"), 85),
     (Decimal(10), 100),
     (Passing.FAILED, 200), (Passing.PASSED, 201)],
)  # fmt: skip
def test_storage_codes(value: Decimal | Passing | None, code: int | None) -> None:
    assert encode(value) == code
    assert decode(code) == value


@pytest.mark.parametrize("value", ["-0.1", "10.1", "7.25", "NaN", "Infinity", "-Infinity"])
def test_only_marks_have_a_code(value: str) -> None:
    with pytest.raises(ValueError, match="not a mark"):
        encode(Decimal(value))


@pytest.mark.parametrize("value", [8.5, 8, "8.5", "passed", True])
def test_only_decimals_and_passing_are_encoded(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.parametrize("code", [-1, 101, 199, 202, 1000])
def test_unknown_codes_are_refused(code: int) -> None:
    with pytest.raises(ValueError, match="not the code"):
        decode(code)


@given(st.integers(0, 100))
def test_what_is_printed_reads_back_as_the_same_mark(tenths: int) -> None:
    mark = decode(tenths)
    assert encode(mark) == tenths
    for quick in (False, True):
        assert score(format_mark(mark), quick) == ParsedMark(value=mark)


@given(st.integers(0, 100))
def test_quick_entry_takes_all_tenths_as_two_digits(tenths: int) -> None:
    expected = Decimal(10) if tenths == 10 else Decimal(tenths) / 10
    assert score(f"{tenths:02d}", quick=True).value == expected


@given(st.text(max_size=12), st.sampled_from(SubjectKind), st.booleans())
def test_any_text_gives_a_mark_or_a_problem_never_both(text: str, kind: SubjectKind, quick: bool) -> None:
    parsed = parse_mark(text, kind=kind, quick_entry=quick)
    assert parsed.value is None or parsed.problem is None
    assert parsed.suggestion is None or parsed.problem is not None
    for mark in (parsed.value, parsed.suggestion):
        assert decode(encode(mark)) == mark


@given(st.from_regex(r"[0-9]{1,3}([.,][0-9]{1,3})?", fullmatch=True))
def test_without_quick_entry_an_accepted_number_is_the_number_typed(text: str) -> None:
    parsed = score(text)
    if parsed.value is not None:
        assert parsed.value == Decimal(text.replace(",", "."))
