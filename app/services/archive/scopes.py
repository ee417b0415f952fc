"""What belongs to one school: for every table, which of its rows a hand-over takes along (S4 Điều 12 khoản 9).

The one list. A test fails on a table that isn't in it. Histories follow the rows they keep.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

from app.domain.chain import unit_chain
from app.models import ChainLink, Model, OrgParent
from app.services.chain.rows import HistoryTable, history_tables

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class School:
    """A unit, and the units that ever stood above it: their rules and calendars bind it."""

    unit_id: int
    above: frozenset[int]

    @cached_property
    def with_above(self) -> list[int]:
        """Both."""
        return sorted({self.unit_id, *self.above})

    def own(self, name: str) -> Condition:
        """The rows of a table that belong to the school. Raises KeyError for a table nobody has decided on."""
        rule = SCOPES[name]
        if isinstance(rule, str):
            raise KeyError(f"{name} is left out: {rule}")
        return rule(self, Model.metadata.tables[name])

    def keys(self, name: str) -> Any:
        """SELECT of the keys of the school's rows."""
        (key,) = Model.metadata.tables[name].primary_key
        return sa.select(key).where(self.own(name))

    @property
    def transactions(self) -> Any:
        """SELECT of the numbers of transactions that stand in the school's chains."""
        links = Model.metadata.tables[ChainLink.__tablename__]
        return sa.select(links.c.tx_id).where(self.own(links.name))


Rule = Callable[[School, sa.Table], Condition]


def own(column: str = "unit_id") -> Rule:
    """Rows that name the school."""
    return lambda school, table: table.c[column] == school.unit_id


def above(column: str = "unit_id") -> Rule:
    """Rows that name the school, a unit above it, or none."""
    return lambda school, table: sa.or_(table.c[column].in_(school.with_above), table.c[column].is_(None))


def through(column: str) -> Rule:
    """Rows of what a column refers to."""

    def rule(school: School, table: sa.Table) -> Condition:
        (key,) = table.c[column].foreign_keys
        return table.c[column].in_(school.keys(key.column.table.name))

    return rule


def named_by(table: str, column: str) -> Rule:
    """Rows that a column of the school's rows of another table refers to."""

    def rule(school: School, target: sa.Table) -> Condition:
        other = Model.metadata.tables[table]
        (key,) = target.primary_key
        return key.in_(sa.select(other.c[column]).where(school.own(table)))

    return rule


def either(*rules: Rule) -> Rule:
    """Rows for which one of the rules holds."""
    return lambda school, table: sa.or_(*(rule(school, table) for rule in rules))


def everything(_school: School, _table: sa.Table) -> Condition:
    """Rows all units share: lists, subjects, school years, roles."""
    return sa.true()


def _chains(school: School, table: sa.Table) -> Condition:
    """Links of the school's sheets and of its own chain."""
    sheets = Model.metadata.tables["gradebook_sheet"]
    names = sa.select(sa.literal("s") + sa.cast(sheets.c.id, sa.String(12))).where(
        sheets.c.unit_id == school.unit_id
    )
    return sa.or_(table.c.chain == unit_chain(school.unit_id), table.c.chain.in_(names))


_BY_RULE: Final[tuple[tuple[Rule, str], ...]] = (
    (
        everything,
        (
            "ab_group ab_group_role ab_permission ab_permission_view ab_permission_view_role ab_role ab_view_menu code_item"
            " school_year subject subject_part"
        ),
    ),
    (
        own(),
        (
            "access_review admin_board archive_medium attendance attestation audit_event authorisation"
            " bundle_signature certificate chain_head closing closing_step confirmation correction_request"
            " counted_term department document exception_note export_job extension_request gradebook_sheet"
            " import_batch incident incoming_record inspection_unit mark_question position print_job"
            " progress_check publication reopen_request roll_call school_class sealed_bundle signature signing_round"
            " student_note student_result subject_year teaching_group transfer unit_epoch unit_group year_decision"
        ),
    ),
    (above(), "org_parent policy subject_plan term"),
    (above("id"), "org_unit"),
    (above("owner_id"), "lock_window"),
    (through("attestation_id"), "attestation_note"),
    (through("board_id"), "admin_board_member"),
    (through("bundle_id"), "bundle_check"),
    (through("check_id"), "progress_check_row"),
    (through("class_id"), "enrolment homeroom_assignment"),
    (through("group_id"), "teaching_assignment teaching_group_member unit_group_member"),
    (through("incident_id"), "incident_message"),
    (through("note_id"), "exception_look"),
    (through("medium_id"), "medium_check"),
    (through("round_id"), "stale_paper"),
    (through("notice_id"), "notice_read"),
    (through("question_id"), "mark_question_message"),
    (through("request_id"), "correction_cell correction_step extension_seat"),
    (
        through("sheet_id"),
        "delegation grade primary_grade sheet_submission training_row trait_grade weighted_grade",
    ),
    (through("student_id"), "exemption_decision family_link guardian student_subject"),
    (through("user_id"), "ab_user_group ab_user_role account_holder login_session"),
    (either(own(), named_by("position", "person_id")), "person"),
    (either(own(), through("person_id"), named_by("family_link", "user_id")), "ab_user"),
    (either(own(), named_by("enrolment", "student_id")), "student"),
    (either(own(), own("predecessor_id")), "org_predecessor"),
    (either(own(), named_by("inspection_unit", "inspection_id")), "inspection"),
    (either(own(), through("person_id")), "notice"),
    (_chains, "chain_link"),
)

LEFT_OUT: Final[Mapping[str, str]] = {
    "ab_api_key": "keys of programs, made anew where the data goes",
    "ab_register_user": "sign-ups of FAB, which HocVu does not use",
    "anchor_head": "ends of all units' chains; the school's stand in anchors.jsonl",
    "archive_run": "what was done with the installation as a whole",
    "chain_anchor": "binds all units' chains; signed copies stand in anchors.jsonl",
    "installation": "facts about the database it comes from",
    "sign_in_attempt": "limits of signing in, kept for minutes",
    "tx_log": "taken by what refers to it: each transaction of which a row is taken",
}

SCOPES: Final[Mapping[str, Rule | str]] = {
    **{name: rule for rule, names in _BY_RULE for name in names.split()},
    **LEFT_OUT,
}


def school_of(connection: sa.Connection, unit_id: int) -> School:
    """The unit with all that ever stood above it."""
    parents: dict[int, set[int]] = {}
    for row in connection.execute(sa.select(OrgParent.unit_id, OrgParent.parent_id)):
        parents.setdefault(row.unit_id, set()).add(row.parent_id)
    found: set[int] = set()
    waiting = {unit_id}
    while waiting:
        waiting = {parent for unit in waiting for parent in parents.get(unit, ())} - found
        found |= waiting
    return School(unit_id, frozenset(found - {unit_id}))


def history_rule(school: School, history: HistoryTable) -> Condition:
    """The rows of a history that go along: all of the school's rows, and what its own transactions wrote elsewhere.

    A link stands over every row of its transaction; without one of them it could not be checked any more.
    """
    version = history.table
    written = history.number.in_(school.transactions)
    if history.is_log:
        return sa.or_(school.own(history.name), written)
    if history.on_sheet:
        return version.c.sheet_id.in_(school.keys("gradebook_sheet"))
    mine = sa.select(*(history.live.c[name] for name in history.key)).where(school.own(history.name))
    return sa.or_(_key(version, history.key).in_(mine), written)


def _key(table: Any, names: Sequence[str]) -> Any:
    columns = [table.c[name] for name in names]
    return columns[0] if len(columns) == 1 else sa.tuple_(*columns)


def histories() -> dict[str, HistoryTable]:
    """The histories and logs by the name of their table."""
    return {history.table.name: history for history in history_tables()}
