"""Rows of a log that stand in the hash chains as they are: written once, bound with the transaction they came with."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.versioning import LOGGED_INFO, running_transaction


class Logged:
    """A row of such a log. Where a row needs no transaction and has none, its own link is under its number."""

    needs_transaction: ClassVar[bool] = True

    transaction_id: Mapped[int | None] = mapped_column(sa.BigInteger)


@event.listens_for(Logged, "before_insert", propagate=True)
def _name_transaction(_mapper: Any, connection: sa.Connection, row: Logged) -> None:
    row.transaction_id = running_transaction(connection)


@event.listens_for(Logged, "after_insert", propagate=True)
def _note(_mapper: Any, _connection: sa.Connection, row: Logged) -> None:
    session = Session.object_session(row)
    if session is not None:
        session.info.setdefault(LOGGED_INFO, []).append(row)
