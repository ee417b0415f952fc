"""A school nobody in the small province belongs to, full of rows that say ZZYXQJ, and strangers who try its ids."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.domain.chain import START
from app.domain.vocabulary import Role, UnitKind
from app.extensions import db
from app.models import Account, ArchiveRun, ChainAnchor, Model, SchoolClass, Student, TeachingGroup
from app.models.base import UTCDateTime
from app.services.chain.anchors import NIGHT
from app.services.unit_of_work import transaction
from tests.architecture.source import modules
from tests.factories.province import CLOCK, Province, _Builder

MARK = "ZZYXQJ"
"""Stands in every name of the foreign school, so that one look at a page tells whether it leaked; too long to come up in a
token by chance."""

BY_NAME = {
    # parameter of an address or a query: table whose id it holds
    "account_id": "ab_user", "assignment_id": "teaching_assignment", "batch_id": "import_batch", "board_id": "admin_board",
    "bundle_id": "sealed_bundle", "export_id": "export_job", "medium_id": "archive_medium", "record_id": "incoming_record",
    "class_id": "school_class", "delegation_id": "delegation", "department_id": "department",
    "document_id": "document", "enrolment_id": "enrolment",
    "event_id": "audit_event", "exemption_id": "exemption_decision", "extension_id": "extension_request",
    "group_id": "teaching_group",
    "guardian_id": "guardian", "homeroom_id": "homeroom_assignment", "job_id": "print_job", "member_id": "unit_group_member",
    "notice_id": "notice",
    "person_id": "person", "plan_id": "subject_plan", "policy_id": "policy", "position_id": "position",
    "session_id": "login_session", "sheet_id": "gradebook_sheet", "student_id": "student", "subject_id": "subject",
    "team_id": "unit_group", "term_id": "term", "unit_group_id": "unit_group", "unit_id": "org_unit",
    "round_id": "signing_round", "transfer_id": "transfer",
    "user_id": "ab_user", "window_id": "lock_window", "year_id": "school_year",
    "authorisation_id": "authorisation", "correction_id": "correction_request",
    "closing_id": "closing", "attestation_id": "attestation", "incident_id": "incident",
    "certificate_id": "certificate", "check_id": "progress_check",
    "publication_id": "publication", "question_id": "mark_question", "request_id": "reopen_request",
    "inspection_id": "inspection", "note_id": "exception_note", "number": "chain_anchor", "run_id": "archive_run",
    # names of queries that aren't their table's
    "like": "lock_window", "parent": "org_unit", "teacher": "person",
}  # fmt: skip

BY_PAGE = {("/groups/", "group_id"): "unit_group"}
"""Where one name means another table on some pages: (beginning of the address, parameter)."""

SHARED = {
    "subject",
    "subject_part",
    "school_year",
    "code_item",
    "installation",
    "unit_epoch",
    "org_parent",
    "org_predecessor",
}
"""Tables whose rows belong to the whole province, or that tie units together."""


@dataclass(frozen=True)
class Foreign:
    """Ids of the foreign school's rows, by table."""

    ids: dict[str, int]

    def of(self, name: str, address: str = "") -> int | None:
        """The foreign id for a parameter called `name`: `student_id` and `student` alike; None if nobody knows it."""
        special = (
            table for (start, other), table in BY_PAGE.items() if address.startswith(start) and other == name
        )
        table = next(special, None) or BY_NAME.get(name) or BY_NAME.get(f"{name}_id")
        return self.ids.get(table) if table else None


def build(province: Province) -> Foreign:
    """Add the foreign school, under a commune of its own, with one row of every table that has a unit's data."""
    with transaction(SYSTEM, "test.foreign", clock=lambda: CLOCK - timedelta(days=78)) as work:
        work.stamp()
        builder = _Builder(2)
        builder.work = work
        builder.year_id, builder.subjects = province.year_id, province.subject_ids
        builder.department_id = province.department_id
        builder.commune_id = builder.unit(
            "zzyxxa", UnitKind.COMMUNE, f"UBND xã {MARK}", MARK, province.department_id
        ).id
        school = builder.school("zzyx", MARK)
        session = work.session
        for row in (
            *session.query(Student).filter_by(unit_id=school.unit_id),
            *_classes(session, school.unit_id),
        ):
            row.full_name = row.name = f"{MARK} {row.id}"
        ids = {
            "org_unit": school.unit_id,
            "school_year": province.year_id,
            "subject": province.subject_ids["math"],
            "person": school.person_ids["longpd"],
            "student": school.student_ids[0],
            "school_class": school.class_ids["7A"],
            "teaching_group": session.query(TeachingGroup.id)
            .filter_by(class_id=school.class_ids["7A"])
            .scalar(),
            "gradebook_sheet": school.sheet_ids["7A", "math", 1],
            "ab_user": session.query(Account.id).filter_by(username="longpd.zzyx").scalar(),
        }
        ids["chain_anchor"] = builder.add(
            _anchor()
        ).number  # signed for all units, so it says nothing of this one
        ids["archive_run"] = builder.add(
            _handover(school.unit_id)
        ).id  # a backup's has no unit: it is everybody's
        for mapper in _mappers():
            table = mapper.local_table.name
            if table not in ids and table not in SHARED:
                row = builder.add(mapper.class_(**_columns(mapper, ids)))
                key = sa.inspect(row).identity[0]
                ids[table] = key if isinstance(key, int) else 0
    return Foreign(ids)


def _handover(unit_id: int) -> ArchiveRun:
    return ArchiveRun(
        kind=ArchiveKind.HANDOVER, outcome=ArchiveOutcome.DONE, happened_at=CLOCK - timedelta(days=79), made_by="root",
        unit_id=unit_id, file=f"{MARK}.zip", report=MARK,
    )  # fmt: skip


def _anchor() -> ChainAnchor:
    return ChainAnchor(
        number=1, made_at=CLOCK - timedelta(days=80), kind=NIGHT, heads=0, previous=START, digest=START,
        signature="", key_id="",
    )  # fmt: skip


def _classes(session: Any, unit_id: int) -> Any:
    return session.query(SchoolClass).filter_by(unit_id=unit_id)


def _mappers() -> list[Any]:
    """Mappers of our own tables, parents first."""
    order = {table.name: n for n, table in enumerate(Model.metadata.sorted_tables)}
    found = [m for m in Model.registry.mappers if m.class_.__module__.startswith("app.models")]
    ours = [
        m for m in found if not m.local_table.name.endswith("_version") and m.local_table.name != "tx_log"
    ]
    return sorted(ours, key=lambda mapper: order[mapper.local_table.name])


def _columns(mapper: Any, ids: dict[str, int]) -> dict[str, Any]:
    values = {}
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        counted = column.autoincrement is not False and isinstance(column.type, sa.Integer)
        if column.primary_key and not column.foreign_keys and counted:
            continue  # a key the database counts; natural ones are given
        if column.foreign_keys:
            target = next(iter(column.foreign_keys)).column.table.name
            if target in ids:
                values[attribute.key] = ids[target]
        elif not column.nullable and column.default is None:
            values[attribute.key] = sample(column)
    return values


def sample(column: sa.Column[Any]) -> Any:
    """Some valid value of a column that isn't a key."""
    kind = column.type
    if isinstance(kind, sa.Enum):
        return (kind.enum_class and next(iter(kind.enum_class))) or kind.enums[0]  # type: ignore[call-overload]
    if isinstance(kind, UTCDateTime):
        return CLOCK - timedelta(days=80)
    if isinstance(kind, sa.Date):
        return date(2026, 9, 2)  # a day after those the factory makes
    if isinstance(kind, sa.JSON):
        return {} if column.name in {"params", "counts", "details"} else []
    if isinstance(kind, sa.LargeBinary):
        return b""
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return 1
    return {
        "circular": "tt22-2021",
        "status_code": "01",
        "kind": "team",
        "key": "quick_entry",
        "value": "on",
        "relation": "father",
    }.get(column.name, MARK[: kind.length or 4] if isinstance(kind, sa.String) else None)


STRANGERS = {
    Role.PRINCIPAL: "giangnt.thcsba",
    Role.VICE_PRINCIPAL: "hocnv.thcsba",
    Role.OFFICE_STAFF: "hongvt.thcsba",
    Role.SCHOOL_ADMIN: "quantb.thcsba",
    Role.HOMEROOM_TEACHER: "longpd.thcsba",
    Role.SUBJECT_TEACHER: "khuongyb.thcsba",
    Role.TEAM_LEADER: "leader.thcsba",
    Role.IT_STAFF: "it.thcsba",
    Role.INSPECTOR: "inspector.thcsba",
    Role.PARENT: "parent.thcsba",
    Role.STUDENT: "student.thcsba",
    Role.DISTRICT_LEADER: "sonlv.xatk",
    Role.DISTRICT_ADMIN: "maipt.xatk",
    Role.DISTRICT_OFFICER: "officer.xatk",
}
"""Per role an account the foreign school is none of the business of."""

ABOVE = {
    Role.DEPARTMENT_LEADER: "binhhv.sogd",
    Role.DEPARTMENT_ADMIN: "daoct.sogd",
    Role.DEPARTMENT_OFFICER: "vanlt.sogd",
}
"""The department stands above every school: nothing is foreign to it."""


def add_strangers(app: Flask, province: Province) -> None:
    """Accounts for the roles the small province has nobody for."""
    with transaction(SYSTEM, "test.strangers", clock=lambda: CLOCK - timedelta(days=79)) as work:
        work.stamp()
        builder = _Builder(0)
        builder.work = work
        for role, username in STRANGERS.items():
            stem, _dot, code = username.partition(".")
            if username not in province.usernames:
                unit_id = province.commune_id if code == "xatk" else province.second.unit_id
                builder.person_account(code, unit_id, stem, role, "Lạ", "Thị", stem.title(), "Người lạ")


def query_names() -> list[str]:
    """Names of query arguments the views read as numbers: `request.args.get("class", type=int)`."""
    pattern = re.compile(r"(?:args|values)\.get\(\s*[\"'](\w+)[\"'].*type=int")
    found = {
        name for module in modules() if module.layer == "app.views" for name in pattern.findall(module.text)
    }
    return sorted(found | {"class", "subject", "teacher"})


def touched(foreign: Foreign, after: int) -> list[str]:
    """Histories of protected tables in which a transaction after `after` wrote or refers to a foreign row."""
    found = []
    with db.engine.connect() as connection:
        for name, table in Model.metadata.tables.items():
            if not name.endswith("_version"):
                continue
            plain = Model.metadata.tables[name.removesuffix("_version")]
            targets = {"id": plain.name} | {
                column.name: next(iter(column.foreign_keys)).column.table.name
                for column in plain.columns
                if column.foreign_keys
            }
            hits = [
                table.c[column] == foreign.ids[target]
                for column, target in targets.items()
                if column in table.c and target in foreign.ids and target not in SHARED
            ]
            written = sa.and_(table.c.transaction_id > after, sa.or_(sa.false(), *hits))
            if connection.scalar(sa.select(sa.func.count()).select_from(table).where(written)):
                found.append(plain.name)
    return found
