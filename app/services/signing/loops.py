"""pyHanko's verbs start an event loop of their own; a thread that runs one already can't have a second."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def apart(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the function returns or raises, called in a thread of its own that has no event loop."""
    context = copy_context()

    def call() -> Any:
        return function(*args, **kwargs)

    with ThreadPoolExecutor(1) as threads:
        done: R = threads.submit(context.run, call).result()
    return done
