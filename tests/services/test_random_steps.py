"""Sequences of steps by random roles: no state outside its table, no mark changed while locked, the chain always verifies."""

import copy
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.extensions import db
from app.services.chain import journal
from tests.conftest import put
from tests.factories.province import Province
from tests.services.random_steps import RandomSteps

USUAL: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (
        Phase.generate,
    ),  # a sequence that fails is read as it is: making it shorter takes many minutes
}
FEW, MANY = 6, 1000
NEVER_LEFT_OUT = (
    "enter", "submit", "order", "end", "extend", "ask opening", "grant opening", "refuse opening", "withdraw opening",
    "ask correction", "sit correction", "applied", "refuse correction", "withdraw correction", "expire correction",
    "name correction", "sign", "tick", "close", "reopen", "ask to reopen", "decide reopening", "withdraw reopening",
)  # fmt: skip
"""What a thousand sequences do at least once."""


@pytest.fixture
def engine_name() -> str:
    """The same verbs on both engines; which rows they hold is asked in faults/."""
    return "sqlite"


@pytest.fixture
def fresh(app: Flask, sqlite_province: tuple[Path, Province], sqlite_file: Path) -> Callable[[], Province]:
    """`fresh()`: the small province as it was built, with nothing written since."""
    source, built = sqlite_province

    def renew() -> Province:
        db.session.remove()
        db.engine.dispose()
        put(source, sqlite_file)
        shutil.rmtree(journal.folder(), ignore_errors=True)
        province = copy.deepcopy(built)
        app.extensions["hocvu.clock"] = province.clock
        return province

    return renew


def run(fresh: Callable[[], Province], **more: Any) -> Counter[str]:
    done: Counter[str] = Counter()
    run_state_machine_as_test(lambda: RandomSteps(fresh, done), settings=settings(**USUAL, **more))
    return done


def test_a_few_sequences(fresh: Callable[[], Province], province: Province) -> None:
    done = run(fresh, max_examples=FEW, stateful_step_count=15, derandomize=True)
    assert done["enter"]


@pytest.mark.torture
def test_a_thousand_sequences(fresh: Callable[[], Province], province: Province) -> None:
    done = run(fresh, max_examples=MANY, stateful_step_count=25)
    assert done["sequences"] >= MANY
    missing = [name for name in NEVER_LEFT_OUT if not done[name]]
    assert not missing, f"{missing} in {dict(done)}"
