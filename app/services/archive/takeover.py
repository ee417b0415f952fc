"""A school's hand-over into an empty installation: equal data, and a history that proves itself there too.

The chains of the school's sheets and its own come along as they are. Transactions of others, of which only the school's
rows came, are bound anew by `begin_chains`; the rows of others begin their history with the import.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.domain.archive import ArchiveKind
from app.domain.passwords import one_time_password
from app.errors import N_, Invalid
from app.extensions import db
from app.models import Account, Installation, TxLog
from app.services.archive.companions import BATCH, companion_member
from app.services.archive.container import Reader, opened
from app.services.archive.handover import HANDOVER
from app.services.archive.installation import demand_room, put_in_place, unpacked
from app.services.archive.load import load, prepare, shapes_of
from app.services.archive.runs import remember
from app.services.archive.tables import Key, Shape, key_is
from app.services.chain import begin, live
from app.services.chain.reading import Part, snapshot
from app.services.chain.rows import HistoryTable, history_tables
from app.services.chain.triggers import ensure_triggers
from app.services.chain.verify import Findings, verify
from app.services.clock import Clock
from app.services.guards import lifted
from app.services.setup import init_app_data
from app.services.unit_of_work import plain_write

ACTION: Final = "handover.take"
NOT_A_HANDOVER: Final = N_("This archive is a backup, not a school's hand-over. Use: flask restore")
FIRST_ACCOUNT: Final = "first_admin.txt"


@dataclass(frozen=True)
class Taken:
    """What came in, the account that can sign in first, and what the verification found.

    `others`: rows that are not the school's own but that its rows name, such as the units above.
    """

    unit_id: int
    unit: str
    made_at: str
    tables: dict[str, int]
    others: int
    files: int
    account: tuple[str, str] | None
    findings: Findings

    @property
    def rows(self) -> int:
        """The school's own rows of all tables, as many as its hand-over says."""
        return sum(self.tables.values()) - self.others


def take_over(path: Path, passphrase: str | None, instance: Path, migrations: Path, *, clock: Clock) -> Taken:
    """Put a school's hand-over into the empty database and folder of this application.

    Raises Invalid with the reason; the database is empty then, and the folder as it was.
    """
    demand_room(instance, db.engine.url)
    with opened(path, passphrase, instance) as reader:
        if reader.fact("kind") != HANDOVER:
            raise Invalid(NOT_A_HANDOVER)
        unit, made_at = reader.fact("unit"), str(reader.fact("made_at"))
        prepare(migrations, str(reader.fact("revision")))
        shapes = {shape.name: shape for shape in shapes_of(reader)}
        others = {name: companion_keys(reader, shapes[name]) for name in reader.fact("companions")}
        with unpacked(reader, instance) as staging:
            counts = load(reader, {name: companion_member(name) for name in others}, others)
            files = put_in_place(staging, instance)
    _begin_history(others, clock)
    init_app_data(migrations, instance)
    ensure_triggers()
    account = _let_in(int(unit["id"]), instance)
    return Taken(
        int(unit["id"]),
        str(unit["name"]),
        made_at,
        counts,
        sum(map(len, others.values())),
        files,
        account,
        verify(Part(), own_journal=False),
    )


def remember_takeover(path: Path, done: Taken, *, clock: Clock) -> None:
    """Write it down in the database it filled."""
    remember(
        ArchiveKind.TAKEOVER,
        path,
        clock=clock,
        unit_id=done.unit_id,
        row_count=done.rows,
        figures={"made_at": done.made_at, "faults": len(done.findings.faults)},
    )


def companion_keys(reader: Reader, shape: Shape) -> list[Key]:
    """The keys of the rows of others in a table."""
    return [
        tuple(shape.values(line)[name] for name in shape.key)
        for line in reader.lines(companion_member(shape.name))
    ]


def _begin_history(others: Mapping[str, Sequence[Key]], clock: Clock) -> None:
    """Rows of others have their first version in one transaction of the import; the chains are begun after it."""
    with snapshot() as connection:
        faulty = {(fault.table, fault.key) for fault in live.faults(connection)}
    histories = {history.name: history for history in history_tables() if not history.is_log}
    waiting = {
        histories[name]: [key for key in keys if (name, key) in faulty]
        for name, keys in others.items()
        if name in histories
    }
    with plain_write() as session, lifted("rows of others begin their history with the import"):
        session.add(Installation(key=begin.KEY, value=begin.BEGINNING))
        if any(waiting.values()):
            transaction = TxLog(issued_at=clock(), action=ACTION)
            session.add(transaction)
            session.flush()
            for history, keys in waiting.items():
                _add_versions(session, history, keys, int(transaction.id))


def _add_versions(session: Session, history: HistoryTable, keys: Sequence[Key], transaction_id: int) -> None:
    source = sa.table(history.name, *map(sa.column, history.columns))
    target = sa.table(history.table.name, *(sa.column(c.name) for c in history.table.columns))
    names = [*history.columns, "transaction_id", "operation_type"]
    connection, ordered = session.connection(), iter(keys)
    while batch := list(islice(ordered, BATCH)):
        values = [*(source.c[name] for name in history.columns), sa.literal(transaction_id), sa.literal(0)]
        query = sa.select(*values).where(key_is(source, history.key, batch))
        connection.execute(sa.insert(target).from_select(names, query))


def _let_in(unit_id: int, instance: Path) -> tuple[str, str] | None:
    """A one-time password for the school's administration account: no password came along. None where it has none."""
    password = one_time_password(secrets.SystemRandom())
    with plain_write() as session:
        query = sa.select(Account).where(
            Account.unit_id == unit_id, Account.is_unit_admin.is_(True), Account.active.is_(True)
        )
        account = session.scalars(query.order_by(Account.id).limit(1)).one_or_none()
        if account is None:
            return None
        account.password = generate_password_hash(password)
        account.must_change_password = True
        username: Any = account.username
    descriptor = os.open(instance / FIRST_ACCOUNT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{username} {password}\n")
    return str(username), password
