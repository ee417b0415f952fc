"""Out of the database: every table in one snapshot, streamed into an archive."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from app.extensions import db
from app.services.archive.age import Encrypting
from app.services.archive.container import Writer
from app.services.archive.installation import add_files, files_of
from app.services.archive.places import writing
from app.services.archive.tables import Counted, Shape, all_shapes, as_lines, moment_text, rows
from app.services.chain.reading import snapshot

BACKUP: Final = "backup"
TABLES: Final = "tables/"


def member_of(table: str) -> str:
    """The member with a table's rows."""
    return f"{TABLES}{table}.jsonl"


def add_table(writer: Writer, connection: sa.Connection, shape: Shape) -> int:
    """Write the rows of a table; returns how many."""
    counted = Counted(rows(connection, shape))
    writer.add(member_of(shape.name), as_lines(counted))
    return counted.number


def revision(connection: sa.Connection) -> str:
    """The migration the database stands at."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def listed(shapes: list[Shape], counts: Mapping[str, int]) -> dict[str, Any]:
    """The tables as the manifest names them, in the order they can be filled."""
    return {shape.name: {"rows": counts[shape.name], **shape.as_dict()} for shape in shapes}


def write_backup(path: Path, instance: Path, passphrase: str, now: datetime) -> dict[str, Any]:
    """The whole installation into a new encrypted file; returns its manifest, members aside.

    Raises Invalid and Unavailable as `places.writing` does; then nothing is left behind.
    """
    with writing(path) as file:
        target = Encrypting(file, passphrase)
        with Writer(target) as writer:
            journal = [held for held in files_of(instance, db.engine.url) if held.is_journal]
            with snapshot() as connection:
                manifest: dict[str, Any] = {
                    "kind": BACKUP,
                    "made_at": moment_text(now),
                    "revision": revision(connection),
                    "engine": connection.dialect.name,
                }
                shapes = all_shapes()
                counts = {shape.name: add_table(writer, connection, shape) for shape in shapes}
            manifest["tables"] = listed(shapes, counts)
            # The journal as it was before the snapshot, so that it knows nothing newer; the other files as they are
            # behind it, so that every file a row names is among them.
            others = [held for held in files_of(instance, db.engine.url) if not held.is_journal]
            manifest["files"] = add_files(writer, [*journal, *others])
            writer.finish(manifest)
        target.finish()
    return manifest
