"""Who draws the parts of a print: this process one after the other, or several processes side by side.

Parts are frozen data, read once by whoever makes the job; a process that draws never sees the database.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Final, TypeAlias

Todo: TypeAlias = tuple[int, Callable[[], bytes]]
"""A part's number, and what draws it."""
Draw: TypeAlias = Callable[[Iterable[Todo]], Iterator[tuple[int, bytes] | None]]
"""Draws parts and gives them as they are ready, in any order; None is a sign of life while one takes long.

Raises NotDrawn for a part that can't be drawn, DrawerLost when a process was killed.
"""

AHEAD: Final = 2
"""Parts given out per process: one in work, one waiting. More would only fill the memory."""
BREATH: Final = 5.0
"""Seconds between two signs of life."""


class NotDrawn(Exception):
    """A part can't be drawn; the reason is the cause."""

    def __init__(self, number: int) -> None:
        super().__init__(f"part {number}")
        self.number = number


class DrawerLost(Exception):
    """A process that draws was killed; what is drawn so far stays."""


def in_turn(todo: Iterable[Todo]) -> Iterator[tuple[int, bytes] | None]:
    """Draw here, one after the other."""
    for number, draw in todo:
        try:
            pdf = draw()
        except Exception as error:
            raise NotDrawn(number) from error
        yield number, pdf


class Drawers:
    """Processes that draw. They are started with the first part, and end with the process that made them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, todo: Iterable[Todo]) -> Iterator[tuple[int, bytes] | None]:
        """Draw side by side. What is still waiting is dropped when nobody asks for more."""
        waiting, pool = iter(todo), self._open()
        running: dict[Future[bytes], int] = {}
        try:
            while True:
                for number, draw in islice(waiting, self._count * AHEAD - len(running)):
                    running[pool.submit(draw)] = number
                if not running:
                    return
                ready, _others = wait(running, BREATH, FIRST_COMPLETED)
                for future in ready:
                    yield _drawn(future, running.pop(future))
                if not ready:
                    yield None
        except BrokenProcessPool as error:
            self.close(pool)
            raise DrawerLost from error
        finally:
            for future in running:
                future.cancel()

    def close(self, pool: ProcessPoolExecutor | None = None) -> None:
        """End the processes; the next part starts new ones. With `pool`, only if it is still that one."""
        with self._lock:
            if pool is None or pool is self._pool:
                ended, self._pool = self._pool, None
                if ended is not None:
                    ended.shutdown(wait=pool is None, cancel_futures=True)

    def _open(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                # not forked: the process that asks has threads, and connections that are its own
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._count, context, _begin)
            return self._pool


def _drawn(future: Future[bytes], number: int) -> tuple[int, bytes]:
    try:
        return number, future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:
        raise NotDrawn(number) from error


def _begin() -> None:
    """In a process that draws: whoever ends it is the one that started it, and it leaves with that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
