"""Typed texts are tidied in one way and never cut."""

from collections.abc import Callable

import pytest

from app.errors import Invalid
from app.services.typed import one_line, paragraphs


def test_spaces_and_line_ends_are_tidied() -> None:
    assert one_line("  Nhập \n nhầm\tô ", 20) == "Nhập nhầm ô"
    assert paragraphs(" Dòng  một \r\n\n dòng hai \n", 40) == "Dòng một\n\ndòng hai"
    assert one_line(None, 5) == one_line("", 5) == ""


def test_letters_are_counted_as_people_see_them() -> None:
    assert one_line("e\u0302\u0301" * 5, 5) == "ế" * 5


@pytest.mark.parametrize("tidy", [one_line, paragraphs])
def test_a_text_too_long_is_refused_whole(tidy: Callable[[str, int], str]) -> None:
    with pytest.raises(Invalid) as refused:
        tidy("x" * 301, 300)
    assert refused.value.params == {"length": 301, "most": 300}


@pytest.mark.parametrize("text", ["", " \n ", None])
def test_an_empty_text_is_refused_where_one_is_needed(text: str | None) -> None:
    with pytest.raises(Invalid, match="Say why"):
        one_line(text, 10, "Say why.")


def test_hidden_characters_are_refused() -> None:
    with pytest.raises(Invalid):
        one_line("lý\u200bdo", 20)
