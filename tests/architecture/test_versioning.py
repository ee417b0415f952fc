"""What is marked versioned really is, and the schema of the code is the schema of the migrations (design §5)."""

import json
import subprocess
import sys

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from app.extensions import db
from app.models import Model
from tests.architecture.source import ROOT

FRESH = """
import json
import app.models as models
from app.models.base import Versioned
from sqlalchemy_continuum import version_class
print(json.dumps({
    mapper.class_.__name__: version_class(mapper.class_).__table__.name
    for mapper in models.Model.registry.mappers
    if issubclass(mapper.class_, Versioned)
}))
"""

UNVERSIONED = {
    "ab_": "FAB's own mirror of accounts and rights; who got what is in the audit and in versioned positions",
    "access_review": "append-only",
    "alembic_version": "Alembic's mark",
    "anchor_head": "append-only",
    "archive_run": "append-only",
    "audit_event": "append-only",
    "attestation": "append-only",
    "attestation_note": "append-only",
    "closing_step": "append-only",
    "confirmation": "append-only",
    "incident_message": "append-only",
    "incoming_record": "kept as it was sent; put aside once",
    "mark_question_message": "append-only",
    "progress_check": "append-only, its rows too",
    "progress_check_row": "append-only",
    "bundle_check": "append-only",
    "bundle_signature": "append-only",
    "chain_": "append-only, but for the ends of the units' chains",
    "code_item": "lists of the Ministry, seeded from the reference data",
    "correction_step": "append-only",
    "document": "append-only",
    "exception_look": "append-only",
    "export_job": "progress of a job",
    "medium_check": "append-only",
    "exception_note": "append-only",
    "gradebook_sheet": "the lock and revision of a save; its rows are versioned",
    "import_batch": "append-only",
    "installation": "two facts about this installation",
    "login_session": "when somebody was signed in; ends are written once",
    "notice": "a message, its reading",
    "print_job": "progress of a job",
    "sealed_bundle": "append-only",
    "sheet_submission": "append-only",
    "signature": "append-only",
    "signing_round": "work to be done; what it is about stands in document and signature",
    "stale_paper": "what replaced a paper; the papers themselves are append-only",
    "sign_in_attempt": "limits of signing in; purged",
    "transfer": "papers given to a student; received once",
    "tx_log": "the transactions themselves",
    "unit_epoch": "a lock",
}
"""Tables without a history, each with its reason; a prefix ends in _."""


def test_every_protected_class_is_versioned_in_a_fresh_interpreter() -> None:
    """Nothing but app.models imported: an import order that loses versioning would lose it silently (trap 1)."""
    done = subprocess.run(
        [sys.executable, "-c", FRESH], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"Grade", "SubjectYear", "LockWindow", "TeachingAssignment", "Position", "Policy"} <= set(found)
    assert found["Grade"] == "grade_version"
    assert len(found) == len(set(found.values()))


def test_a_table_without_history_says_why() -> None:
    tables = {name for name in Model.metadata.tables if not name.endswith("_version")}
    versioned = {name for name in tables if f"{name}_version" in Model.metadata.tables}
    silent = {
        name
        for name in tables - versioned
        if not any(name == key or name.startswith(key) for key in UNVERSIONED)
    }
    assert silent == set()


def test_history_keeps_every_column_of_its_row() -> None:
    for name, table in Model.metadata.tables.items():
        history = Model.metadata.tables.get(f"{name}_version")
        if history is not None:
            assert set(table.columns.keys()) <= set(history.columns.keys()), name


def test_no_sequence_is_left() -> None:
    """MariaDB would have them as objects no migration makes (trap 3)."""
    columns = [column for table in Model.metadata.tables.values() for column in table.columns]
    assert [str(column) for column in columns if isinstance(column.default, sa.Sequence)] == []
    assert Model.metadata._sequences == {}


def test_continuums_unused_indexes_are_gone() -> None:
    unused = {"operation_type", "end_transaction_id", "transaction_id"}
    left = [
        index.name
        for name, table in Model.metadata.tables.items()
        if name.endswith("_version")
        for index in table.indexes
        if {column.name for column in index.columns} <= unused
    ]
    assert not left, "\n" + "\n".join(left)


def test_the_migrations_make_what_the_models_say(app: Flask) -> None:
    """Autogenerate on a migrated database proposes nothing, on either engine."""
    options = app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": db.metadata, **options})
        assert compare_metadata(context, db.metadata) == []


def test_every_table_of_a_migrated_mariadb_or_sqlite_is_mapped(app: Flask) -> None:
    found = set(sa.inspect(db.engine).get_table_names()) - {"alembic_version", "sqlite_sequence"}
    assert found == set(Model.metadata.tables)


def test_checks_and_foreign_keys_really_hold_in_the_database(app: Flask) -> None:
    """Neither autogenerate nor SQLite's defaults would tell: count what the models have and the database lacks."""
    inspector = sa.inspect(db.engine)
    for name, table in Model.metadata.tables.items():
        keys = {tuple(key["constrained_columns"]) for key in inspector.get_foreign_keys(name)}
        assert {tuple(c.name for c in key.columns) for key in table.foreign_key_constraints} <= keys, name
        checks = {check["name"] for check in inspector.get_check_constraints(name)}
        wanted = {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint) and c.name}
        assert wanted <= checks, name
