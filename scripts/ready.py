"""Is the local SQLite database ready for this code? Lets `make run` start again without asking the application.

    python scripts/ready.py check    exit 0 if nothing changed since `mark`
    python scripts/ready.py mark     remember the present state as ready

Ready means: the code is the one that last ran `flask init-app` here, and the database still has the schema version
and the permissions it left (an older backup put in its place has not). Another database (DATABASE_URL) is never
taken for ready. Standard library only: this runs at each start.
"""

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSTANCE = Path(os.environ.get("INSTANCE_DIR", ROOT / "instance"))
DATABASE = INSTANCE / "hocvu.db"
MARK = INSTANCE / ".ready"


def sources() -> Iterator[Path]:
    """The files that decide about schema, permissions and demo."""
    for folder in ("app", "migrations"):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield from (ROOT / "config.py", ROOT / "requirements.txt")


def state() -> str | None:
    """A fingerprint of code and database; None where there is no prepared database."""
    if not DATABASE.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{DATABASE.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            schema = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            permissions = connection.execute("SELECT COUNT(*) FROM ab_permission_view").fetchone()
    except sqlite3.Error:
        return None
    digest = hashlib.sha256(repr((schema, permissions)).encode())
    for path in sources():
        facts = path.stat()
        digest.update(f"{path.relative_to(ROOT)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def main(verb: str) -> int:
    """Exit status of the verb."""
    now = None if os.environ.get("DATABASE_URL") else state()
    if verb == "mark":
        if now is not None:
            MARK.write_text(now, encoding="ascii")
        return 0
    return 0 if now is not None and MARK.exists() and MARK.read_text(encoding="ascii") == now else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
