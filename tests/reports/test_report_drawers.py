"""Drawing in several processes: everything is drawn, what can't be is named, one that was killed is missed at once."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace

import pytest

from app.reports import drawing, renderer
from app.reports.drawers import DrawerLost, Drawers, NotDrawn, in_turn
from app.reports.renderer import RenderError, page_count, render


def page(text: str) -> bytes:
    """A part whose file says who drew it."""
    return f"{text} {os.getpid()}".encode()


def broken() -> bytes:
    raise RenderError("no glyph")


def killed() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


@pytest.fixture(scope="module")
def drawers() -> Iterator[Drawers]:
    made = Drawers(2)
    yield made
    made.close()


def test_all_parts_are_drawn_elsewhere(drawers: Drawers) -> None:
    todo = [(number, partial(page, f"part {number}")) for number in range(9)]
    drawn = dict(filter(None, drawers(todo)))
    assert sorted(drawn) == list(range(9))
    assert all(drawn[number].startswith(f"part {number} ".encode()) for number in drawn)
    assert str(os.getpid()) not in {pdf.split()[-1].decode() for pdf in drawn.values()}


@pytest.mark.parametrize("here", [True, False])
def test_a_part_that_cannot_be_drawn_is_named(drawers: Drawers, here: bool) -> None:
    with pytest.raises(NotDrawn) as caught:
        list((in_turn if here else drawers)([(0, partial(page, "x")), (1, broken)]))
    assert caught.value.number == 1
    assert isinstance(caught.value.__cause__, RenderError)


def test_a_drawer_that_was_killed_is_missed_and_replaced(drawers: Drawers) -> None:
    with pytest.raises(DrawerLost):
        list(drawers([(0, killed), (1, partial(page, "x"))]))
    assert dict(filter(None, drawers([(1, partial(page, "x"))]))).keys() == {1}


def test_what_nobody_waits_for_is_not_drawn(drawers: Drawers) -> None:
    given: list[int] = []

    def todo() -> Iterator[tuple[int, partial[bytes]]]:
        for number in range(100):
            given.append(number)
            yield number, partial(page, "x")

    running = drawers(todo())
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert len(given) <= 5


def test_a_book_is_the_same_wherever_it_is_drawn(drawers: Drawers, sample: SimpleNamespace) -> None:
    draws = [draw for _title, draw in drawing.parts_of(sample.book(12))]
    here = dict(filter(None, in_turn(enumerate(draws))))
    assert dict(filter(None, drawers(enumerate(draws)))) == here
    assert page_count(here[0]) == 1


def test_a_form_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "_MAX_SECONDS", 0.001)
    with pytest.raises(RenderError):
        render("<p>Học bạ</p>" * 200)
