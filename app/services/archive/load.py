"""Into a database that has no rows: every row of an archive in one transaction, and then read back and compared."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask_migrate import upgrade

from app.errors import N_, Invalid
from app.extensions import db
from app.services.archive.container import Reader
from app.services.archive.dump import member_of, revision
from app.services.archive.tables import CHUNK, Key, Shape, digest_of
from app.services.guards import lifted
from app.services.unit_of_work import plain_write

VERSION_TABLE: Final = "alembic_version"
HAS_ROWS: Final = N_("The database holds rows already (table %(table)s). Restore into an empty database.")
UNKNOWN_REVISION: Final = N_(
    "The archive was made by a later version of HocVu (schema %(revision)s). Install that version first."
)
OTHER_REVISION: Final = N_(
    "The database stands at schema %(there)s, the archive at %(revision)s. Give an empty database."
)
BAD_ROW: Final = N_("Table %(table)s of the archive can't be read. Use another copy.")
NOT_EQUAL: Final = N_("Table %(table)s came out different from the archive. Nothing was kept.")
ORPHANS: Final = N_("Table %(table)s refers to rows that are not in the archive. Nothing was kept.")


def prepare(migrations: Path, wanted: str) -> None:
    """Make the tables as they were when the archive was made. Raises Invalid where rows are there already."""
    if wanted not in {script.revision for script in ScriptDirectory(str(migrations)).walk_revisions()}:
        raise Invalid(UNKNOWN_REVISION, revision=wanted)
    with db.engine.connect() as connection:
        for table in _tables_there(connection):
            there = connection.execute(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1))
            if there.first() is not None:
                raise Invalid(HAS_ROWS, table=table)
        stands = revision(connection)
    if stands and stands != wanted:
        raise Invalid(OTHER_REVISION, there=stands, revision=wanted)
    if not stands:
        upgrade(directory=str(migrations), revision=wanted)
        db.session.remove()


def _tables_there(connection: sa.Connection) -> list[str]:
    return [name for name in sorted(sa.inspect(connection).get_table_names()) if name != VERSION_TABLE]


def shapes_of(reader: Reader) -> list[Shape]:
    """The tables of an archive, in its order. Raises Invalid where the manifest does not describe them."""
    try:
        return [Shape.of_manifest(name, held) for name, held in reader.fact("tables").items()]
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid(BAD_ROW, table="?") from error


def load(
    reader: Reader,
    more: Mapping[str, str] | None = None,
    apart: Mapping[str, Sequence[Key]] | None = None,
) -> dict[str, int]:
    """Put every row of the archive into the database, or none; returns the rows by table.

    Each table is read back and must have the digest the manifest names. `more`: members with further rows by their
    table; `apart`: the keys of these, which the digest doesn't stand over. Raises Invalid for whatever does not fit;
    nothing is kept then.
    """
    shapes = shapes_of(reader)
    with plain_write() as session, lifted("restored rows bring their history along"):
        connection = session.connection()
        _demand_tables(connection, shapes)
        with _references_later(connection):
            counts = {shape.name: _fill(connection, reader, shape, member_of(shape.name)) for shape in shapes}
            by_name = {shape.name: shape for shape in shapes}
            for table, member in (more or {}).items():
                counts[table] += _fill(connection, reader, by_name[table], member)
        for shape in shapes:
            found = digest_of(connection, shape, (apart or {}).get(shape.name, ()))
            if found != reader.members[member_of(shape.name)]["sha256"]:
                raise Invalid(NOT_EQUAL, table=shape.name)
        _demand_no_orphans(connection)
    return counts


def _demand_tables(connection: sa.Connection, shapes: Sequence[Shape]) -> None:
    """The archive's tables and columns are those of the database at that migration: names from a file are not trusted."""
    inspector = sa.inspect(connection)
    there = {name: {c["name"] for c in inspector.get_columns(name)} for name in _tables_there(connection)}
    for shape in shapes:
        if there.get(shape.name) != set(shape.columns) or not set(shape.key) <= set(shape.columns):
            raise Invalid(BAD_ROW, table=shape.name)


def _fill(connection: sa.Connection, reader: Reader, shape: Shape, member: str) -> int:
    if member not in reader.members:
        raise Invalid(BAD_ROW, table=shape.name)
    insert, number = sa.insert(shape.table()), 0
    lines = reader.lines(member)
    while batch := list(islice(lines, CHUNK)):
        try:
            values = [shape.values(line) for line in batch]
        except ValueError as error:
            raise Invalid(BAD_ROW, table=shape.name) from error
        connection.execute(insert, values)
        number += len(values)
    return number


@contextmanager
def _references_later(connection: sa.Connection) -> Iterator[None]:
    """Rows may come before those they refer to: SQLite looks at the commit, MariaDB not at all (`_demand_no_orphans`)."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        yield
        return
    connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
    try:
        yield
    finally:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 1")


def _demand_no_orphans(connection: sa.Connection) -> None:
    inspector = sa.inspect(connection)
    for table in _tables_there(connection):
        for key in inspector.get_foreign_keys(table):
            parent_name = key["referred_table"]
            child = sa.table(table, *map(sa.column, key["constrained_columns"])).alias("child")
            parent = sa.table(parent_name, *map(sa.column, key["referred_columns"])).alias("parent")
            pairs = list(zip(key["constrained_columns"], key["referred_columns"], strict=True))
            same = sa.and_(*(child.c[own] == parent.c[other] for own, other in pairs))
            query = (
                sa.select(sa.literal(1))
                .select_from(child.outerjoin(parent, same))
                .where(*(child.c[own].is_not(None) for own, _other in pairs), parent.c[pairs[0][1]].is_(None))
            )
            if connection.execute(query.limit(1)).first() is not None:
                raise Invalid(ORPHANS, table=table)
