"""The chain of a test's database: that it holds, and hands that tamper with it behind the program's back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from app.domain.chain import FaultKind
from app.extensions import db
from app.services.chain.places import Place, places
from app.services.chain.reading import Part
from app.services.chain.triggers import drop_triggers
from app.services.chain.verify import Findings, verify


def findings(part: Part | None = None, **options: Any) -> Findings:
    """What a verification of the test's database finds."""
    db.session.rollback()
    return verify(part or Part(), **options)


def assert_chain_holds() -> None:
    """Everything the test wrote is under its chain, and nothing else is there."""
    found = findings()
    assert found.faults == [], found.faults[:5]
    assert found.rows
    assert found.links


def found_places(part: Part | None = None, **options: Any) -> list[Place]:
    """The faults with their places."""
    return places(db.session(), findings(part, **options).faults)


def kinds(found: list[Place]) -> set[FaultKind]:
    """What was found, places aside."""
    return {place.fault.kind for place in found}


@contextmanager
def by_hand() -> Iterator["Unguarded"]:
    """What an administrator of the database can do: no guards, no triggers, all of it committed at the end."""
    db.session.rollback()
    drop_triggers()
    with db.engine.begin() as connection:
        yield Unguarded(connection)


class Unguarded:
    """Sends text, which the program's guards don't look at."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __call__(self, statement: str, **values: Any) -> Any:
        """Send one statement with its values."""
        return self._connection.execute(sa.text(statement), values)
