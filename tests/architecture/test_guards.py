"""Every write to the record without a permit is refused, however it is tried (design §5, trap 9)."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from app.extensions import db
from app.models import Model
from app.models.base import Versioned
from app.services import guards
from app.services.guards import ProtectedWrite

VERSIONED = sorted(
    (
        m.class_
        for m in Model.registry.mappers
        if issubclass(m.class_, Versioned) and "_version" not in m.local_table.name
    ),
    key=lambda model: model.__name__,
)
APPEND_ONLY = guards.APPEND_ONLY
HISTORIES = [table for name, table in sorted(Model.metadata.tables.items()) if name.endswith("_version")]


def stored(model: type) -> Any:
    """An instance that looks as if it came from the database; no statement is sent for it."""
    row = model()
    for column in sa.inspect(model).primary_key:
        setattr(row, sa.inspect(model).get_property_by_column(column).key, 1)
    make_transient_to_detached(row)
    db.session.add(row)
    for column in sa.inspect(model).column_attrs:
        if not column.columns[0].primary_key:
            set_committed_value(row, column.key, None)
    return row


def edit(model: type) -> None:
    column = next(c for c in sa.inspect(model).column_attrs if not c.columns[0].primary_key)
    setattr(stored(model), column.key, "changed")
    db.session.flush()


def delete(model: type) -> None:
    db.session.delete(stored(model))
    db.session.flush()


def add(model: type) -> None:
    db.session.add(model())
    db.session.flush()


def key(model: type) -> dict[str, int]:
    return {column.name: 1 for column in sa.inspect(model).primary_key}


def values(model: type) -> dict[str, Any]:
    column = next(c for c in model.__table__.columns if not c.primary_key)
    return {column.name: None}


BY_CLASS: dict[str, Callable[[type], Any]] = {
    "add": add,
    "edit": edit,
    "delete": delete,
    "query update": lambda model: db.session.query(model).update(values(model)),
    "query delete": lambda model: db.session.query(model).delete(),
    "orm update": lambda model: db.session.execute(sa.update(model).values(**values(model))),
    "orm update by key": lambda model: db.session.execute(sa.update(model), [key(model) | values(model)]),
    "orm delete": lambda model: db.session.execute(sa.delete(model)),
    "orm insert": lambda model: db.session.execute(sa.insert(model), [values(model)]),
    "bulk insert": lambda model: db.session.bulk_insert_mappings(model, [values(model)]),
    "bulk update": lambda model: db.session.bulk_update_mappings(model, [key(model) | values(model)]),
    "bulk save": lambda model: db.session.bulk_save_objects([model()]),
}
BY_TABLE: dict[str, Callable[[sa.Table, sa.Connection], Any]] = {
    "core insert": lambda table, connection: connection.execute(table.insert(), [{}]),
    "core update": lambda table, connection: connection.execute(
        table.update().values({table.columns.values()[0].name: 0})
    ),
    "core delete": lambda table, connection: connection.execute(table.delete()),
}  # fmt: skip


@pytest.fixture
def engine_name() -> str:
    """The guards stand before the database: one engine is enough."""
    return "sqlite"


@pytest.mark.parametrize("way", BY_CLASS)
def test_no_protected_class_is_written_without_a_permit(app: Flask, way: str) -> None:
    for model in VERSIONED:
        with pytest.raises(ProtectedWrite):
            BY_CLASS[way](model)
        db.session.rollback()


@pytest.mark.parametrize("way", [way for way in BY_CLASS if way != "add"])
def test_logs_are_only_added_to(app: Flask, way: str) -> None:
    for model in APPEND_ONLY:
        with pytest.raises(ProtectedWrite):
            BY_CLASS[way](model)
        db.session.rollback()


@pytest.mark.parametrize("way", BY_TABLE)
def test_core_writes_are_refused_on_records_and_histories(app: Flask, way: str) -> None:
    records = [model.__table__ for model in (*VERSIONED, *APPEND_ONLY)]
    with db.engine.connect() as connection:
        for table in (*records, *HISTORIES):
            with pytest.raises(ProtectedWrite):
                BY_TABLE[way](table, connection)


def test_inside_the_unit_of_work_nothing_is_deleted_and_nothing_goes_past_history(
    app: Flask, province: Any
) -> None:
    """A permit covers versioned writes only: not deletion, not bulk writes, not Core."""
    from app.domain.access import SYSTEM
    from app.services.unit_of_work import transaction

    for way in (
        "delete",
        "query update",
        "query delete",
        "orm insert",
        "bulk insert",
        "bulk update",
        "bulk save",
    ):
        with pytest.raises(ProtectedWrite), transaction(SYSTEM, "test", clock=province.clock):
            BY_CLASS[way](VERSIONED[0])


def test_a_refused_write_leaves_no_open_door(app: Flask, province: Any) -> None:
    """After a flush that failed half way the Core guard still stands."""
    from app.domain.access import SYSTEM
    from app.errors import Invalid
    from app.models import Subject
    from app.services.unit_of_work import transaction

    with pytest.raises(Invalid), transaction(SYSTEM, "test", clock=province.clock) as work:
        work.session.add(Subject(code="math", name="x", short_name="x", kind="scored", order_no=1))  # taken
    with pytest.raises(ProtectedWrite), db.engine.connect() as connection:
        connection.execute(Subject.__table__.delete())


def test_lifting_the_guards_needs_a_reason_and_ends(app: Flask) -> None:
    table = VERSIONED[0].__table__
    with pytest.raises(ValueError, match="why"), guards.lifted(""):
        pass
    with db.engine.connect() as connection:
        with guards.lifted("a test"):
            connection.execute(table.delete().where(sa.false()))
        with pytest.raises(ProtectedWrite):
            connection.execute(table.delete())
