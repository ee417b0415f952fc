"""One write path, one clock, one rounding: what may be called where (design §5, §6)."""

import ast
import re
from collections.abc import Callable, Iterator

import pytest

from tests.architecture.source import Module, modules

COMMITS = {
    "app/services/unit_of_work.py": "the one commit",
}
ROLLBACKS = COMMITS | {
    "app/services/sign_in.py": "gives the connection back before it makes a guesser wait",
    "app/web.py": "clears a failed reading before the error page is drawn",
}
BULK: dict[str, str] = {}
SQL_TEXT: dict[str, str] = {}
QUERY_WRITES = {
    "app/services/chain/append.py": "links and ends of chains, which have no history: two statements a save",
    "app/services/chain/begin.py": "rows of logs of before the chain name their transaction, once, at the upgrade",
    "app/services/archive/load.py": "restored rows bring their history along",
    "app/services/archive/takeover.py": "rows of others get their first version when a school is taken over",
    "app/versioning.py": "writes the history rows themselves, all of a flush in one insert a table",
    "app/services/results/due.py": "sheets have no history; a setting concerns all of a province in one statement",
}
DRIVER_SQL = {
    "app/services/archive/load.py": "rows come before those they refer to: how each engine is told",
    "app/services/chain/triggers.py": "triggers: SQLAlchemy has no words for them",
    "app/extensions.py": "BEGIN IMMEDIATE and PRAGMAs: SQLite has no other way",
}
CLOCKS = {
    "app/services/clock.py": "the one reading of the wall clock",
}
WAITS = {
    "app/services/sign_in.py": "slows a guesser down",
}
GUARDS_LIFTED = {
    "app/services/archive/load.py": "restored rows bring their history along",
    "app/services/archive/takeover.py": "rows of others get their first version when a school is taken over",
    "app/services/chain/begin.py": "links for the history of before the chain",
    "app/services/unit_of_work.py": "history and its chain are written behind the last flush",
    "app/services/guards.py": "defines it",
}


def offenders(is_meant: Callable[[str], bool], allowed: dict[str, str]) -> Iterator[str]:
    """Calls that are meant, in files that aren't allowed them."""
    for module in modules():
        for line, name in module.calls():
            if is_meant(name) and module.where not in allowed:
                yield f"{module.where}:{line}: {name}"


def ends_with(*names: str) -> Callable[[str], bool]:
    return lambda called: called.rsplit(".", 1)[-1] in names and "." in called


def test_only_the_unit_of_work_commits() -> None:
    assert list(offenders(ends_with("commit"), COMMITS)) == []


def test_rollbacks_stand_in_a_list_with_a_reason() -> None:
    assert list(offenders(ends_with("rollback"), ROLLBACKS)) == []


def test_nobody_begins_a_transaction_beside_the_unit_of_work() -> None:
    names = ("begin", "begin_nested", "merge")  # merge writes whatever it is given, scoped or not
    assert list(offenders(ends_with(*names), COMMITS)) == []


def test_no_bulk_write_leaves_no_history() -> None:
    assert list(offenders(lambda name: ".bulk_" in name, BULK)) == []


def test_no_sql_as_text() -> None:
    meant = re.compile(r"^(sa|sqlalchemy|sql)\.(text|literal_column|DDL)$")
    assert list(offenders(lambda name: bool(meant.search(name)), SQL_TEXT)) == []
    imported = re.compile(r"from sqlalchemy[\w.]* import [^\n]*\b(text|literal_column)\b")
    assert [module.where for module in modules() if imported.search(module.text)] == []
    assert list(offenders(ends_with("exec_driver_sql"), DRIVER_SQL)) == []


def test_no_query_level_write() -> None:
    """`update(Model)`, `delete(Model)`, `insert(Model)` and `query(…).update()`: Continuum would not see them."""
    meant = re.compile(r"^(sa|sqlalchemy|sql|mysql|sqlite)\.(update|delete|insert)$|^(update|delete|insert)$")
    found = list(offenders(lambda name: bool(meant.search(name)), QUERY_WRITES))
    for module in modules():
        if module.where not in QUERY_WRITES:
            found += [f"{module.where}:{line}: {call}" for line, call in _query_writes(module)]
    assert not found, "\n" + "\n".join(found)


def _query_writes(module: Module) -> Iterator[tuple[int, str]]:
    """`….update(…)` or `….delete(…)` at the end of a chain that holds a query."""
    for line, name in module.calls():
        chain, _, last = name.rpartition(".")
        if last in {"update", "delete"} and re.search(r"\b(query|filter|filter_by|where|select)\(", chain):
            yield line, name


@pytest.mark.parametrize(
    "call", ["datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"]
)
def test_one_clock(call: str) -> None:
    """Everything else is given a clock; so tests move time, and a save is judged by one instant."""
    meant = re.compile(rf"(^|\.){re.escape(call)}$")
    assert list(offenders(lambda name: bool(meant.search(name)), CLOCKS)) == []


def test_the_database_never_tells_the_time() -> None:
    meant = re.compile(r"\bfunc\.(now|current_\w+|sysdate|localtime\w*|utc_\w+)$")
    assert list(offenders(lambda name: bool(meant.search(name)), {})) == []


def test_nobody_sleeps() -> None:
    found = [
        f"{m.where}:{n}"
        for m in modules()
        if m.where not in WAITS
        for n, name in m.calls()
        if name.endswith("sleep")
    ]
    assert not found, "\n" + "\n".join(found)


def test_one_rounding_and_no_binary_fractions() -> None:
    """Marks are Decimal: neither `round()` nor `float`, nor a literal with a point, where rules and verbs live."""
    found = []
    for module in modules():
        if module.layer not in {"app.domain", "app.services", "app.models"} or module.where in FLOATS:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Name) and node.id in {"round", "float"}:
                found.append(f"{module.where}:{node.lineno}: {node.id}")
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                found.append(f"{module.where}:{node.lineno}: {node.value}")
    assert not found, "\n" + "\n".join(found)


FLOATS = {
    "app/services/sign_in.py": "delays of a guesser, in seconds",
    "app/services/spreadsheets/archive.py": "row numbers as Excel writes them",
    "app/services/spreadsheets/cells.py": "recognises the floats openpyxl reads, to refuse them",
    "app/services/spreadsheets/reading.py": "turns openpyxl's floats into text before anything else sees them",
}


def test_guards_are_lifted_only_where_it_is_said_why() -> None:
    assert list(offenders(lambda name: re.search(r"(^|\.)lifted$", name) is not None, GUARDS_LIFTED)) == []


def test_every_read_for_a_page_goes_through_the_scope() -> None:
    """`session.get` knows no scope: views use it for ids of the actor or of a row in scope, never for one that came in."""
    found = [
        f"{module.where}:{node.lineno}: {ast.unparse(node)}"
        for module in modules()
        if module.layer in {"app.views", "app.forms", "app.reports"}
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and _gets_what_came_in(node)
        and (module.where, ast.unparse(node)) not in UNSCOPED_GETS
    ]
    assert not found, "\n" + "\n".join(found)


UNSCOPED_GETS = {
    (
        "app/views/people.py",
        "work.session.get_one(UnitGroup, form.team.data)",
    ): "a choice among the unit's own teams",
}


def _gets_what_came_in(call: ast.Call) -> bool:
    if not re.search(r"\b(db|work|appbuilder)\.session(\(\))?\.(get|get_one|query)$", ast.unparse(call.func)):
        return False
    if len(call.args) < 2 or isinstance(call.args[1], ast.Name):
        return True
    return re.search(r"\b(form|request|kwargs)\b", ast.unparse(call.args[1])) is not None


def test_nothing_is_printed_and_no_warning_is_hushed() -> None:
    found = [
        f"{module.where}:{line}: {name}"
        for module in modules()
        for line, name in module.calls()
        if name in {"print", "warnings.filterwarnings", "warnings.simplefilter", "breakpoint"}
        and (module.where, name) not in HUSHED
    ]
    assert not found, "\n" + "\n".join(found)


HUSHED = {
    (
        "app/services/spreadsheets/reading.py",
        "warnings.filterwarnings",
    ): "openpyxl's remarks about styles, while it reads",
}


def test_the_lists_name_files_that_are_there() -> None:
    """An exception for a file that has gone would be there for the next file of that name, with nobody asked."""
    by_file = (
        COMMITS, ROLLBACKS, BULK, SQL_TEXT, QUERY_WRITES, DRIVER_SQL, CLOCKS, WAITS, GUARDS_LIFTED, FLOATS,
    )  # fmt: skip
    by_call = (UNSCOPED_GETS, HUSHED)
    named = {where for exceptions in by_file for where in exceptions}
    named |= {where for exceptions in by_call for where, _call in exceptions}
    assert named - {module.where for module in modules()} == set()
