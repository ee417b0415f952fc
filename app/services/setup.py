"""One idempotent step from an empty or older database to a ready one: schema, permissions, lists, administrator."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from werkzeug.security import generate_password_hash

from app.domain.access import SYSTEM, Actor, may_ever
from app.domain.passwords import one_time_password
from app.domain.vocabulary import Role
from app.extensions import db
from app.models import Account, CodeItem, Subject, SubjectPart
from app.reference.code_lists import CODE_LISTS
from app.reference.curriculum import SUBJECTS
from app.services import sheets
from app.services.chain.begin import begin_chains, begin_logs
from app.services.chain.triggers import drop_triggers
from app.services.clock import system_clock
from app.services.unit_of_work import plain_write, transaction

FIRST_ADMIN = "admin"
PROGRAMME_DAY = datetime(2018, 12, 26, tzinfo=UTC)
"""TT 32/2018, the programme: its subjects are as old as that in history, not as this installation."""


def init_app_data(migrations: Path, instance: Path) -> str | None:
    """Migrate, mirror permissions into FAB's tables, seed lists, make the first administrator.

    Returns the first administrator's one-time password when it was made just now, else None.
    """
    if not schema_is_current(migrations):
        drop_triggers()  # a migration may have to copy a table that keeps history
        upgrade(directory=str(migrations))
        db.session.remove()
    begin_chains(clock=system_clock)
    begin_logs(clock=system_clock)
    mirror_permissions()
    seed_code_lists()
    seed_subjects()
    seed_homeroom_sheets()
    return ensure_first_administrator(instance)


def schema_is_current(migrations: Path) -> bool:
    """True when the database stands at the newest migration."""
    head = ScriptDirectory(str(migrations)).get_current_head()
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def mirror_permissions() -> None:
    """Write roles and their doors into FAB's own tables, from `domain.access`; the table in code stays the truth."""
    sm = current_app.extensions["appbuilder"].sm
    wanted = _wanted_grants(sm.view_rights)
    with plain_write() as session:
        permissions = _named(session, sm.permission_model, {p for _r, _v, p in wanted})
        menus = _named(session, sm.viewmenu_model, {v for _r, v, _p in wanted})
        roles = _named(session, sm.role_model, {r for r, _v, _p in wanted} | {"Admin", "Public"})
        session.flush()
        doors = {
            (pv.permission_id, pv.view_menu_id): pv
            for pv in session.scalars(sa.select(sm.permissionview_model)).unique()
        }
        granted: dict[str, list[Any]] = {name: [] for name in roles}
        for role, view, permission in sorted(wanted):
            key = (permissions[permission].id, menus[view].id)
            if key not in doors:
                doors[key] = sm.permissionview_model(permission_id=key[0], view_menu_id=key[1])
                session.add(doors[key])
            granted[role].append(doors[key])
        for name, role in roles.items():
            if set(role.permissions) != set(granted[name]):
                role.permissions = granted[name]


def _wanted_grants(view_rights: dict[tuple[str, str], Any]) -> set[tuple[str, str, str]]:
    actors = {role: Actor(None, None, role, role, None, roles=frozenset({role})) for role in Role}
    return {
        (role.value, view, permission)
        for (view, permission), needed in view_rights.items()
        for role, actor in actors.items()
        if may_ever(actor, needed)
    }


def _named(session: Any, model: Any, names: set[str]) -> dict[str, Any]:
    found = {row.name: row for row in session.scalars(sa.select(model)).unique()}
    for name in sorted(names - set(found)):
        found[name] = model(name=name)
        session.add(found[name])
    return {name: found[name] for name in names}


def seed_code_lists() -> None:
    """Bring the code lists to what the reference data says; a code no longer listed stays readable."""
    with plain_write() as session:
        known = {(c.list_name, c.code): c for c in session.scalars(sa.select(CodeItem))}
        for name, code_list in CODE_LISTS.items():
            for item in code_list.items:
                row = known.get((name, item.code))
                if row is None:
                    session.add(
                        CodeItem(list_name=name, code=item.code, label=item.label_vi, order_no=item.sort)
                    )
                elif (row.label, row.order_no) != (item.label_vi, item.sort):
                    row.label, row.order_no = item.label_vi, item.sort


def seed_subjects() -> None:
    """Subjects and parts of the programme that are not there yet; what a department changed stays."""
    known = set(db.session.scalars(sa.select(Subject.code)))
    missing = [(n, s) for n, s in enumerate(SUBJECTS.values()) if s.code not in known]
    if not missing:
        return
    with transaction(SYSTEM, "setup.subjects", clock=lambda: PROGRAMME_DAY) as work:
        for order, subject in missing:
            row = Subject(
                code=subject.code,
                name=subject.name_vi,
                short_name=subject.short_vi,
                kind=subject.kind,
                order_no=order,
            )
            row.parts = [
                SubjectPart(code=p.code, name=p.name_vi, order_no=n) for n, p in enumerate(subject.parts)
            ]
            work.session.add(row)


def seed_homeroom_sheets() -> None:
    """Homeroom teachers' sheets of classes that were made by a version without them."""
    if not sheets.classes_without_homeroom_sheets(db.session()):
        return
    with transaction(SYSTEM, "setup.homeroom_sheets", clock=system_clock) as work:
        work.audit("setup.homeroom_sheets", classes=sheets.add_missing_homeroom_sheets(work))


def ensure_first_administrator(instance: Path) -> str | None:
    """The account `admin` when no account exists; its one-time password goes to a file its owner alone can read."""
    if db.session.scalar(sa.select(sa.func.count()).select_from(Account)):
        return None
    password = one_time_password(secrets.SystemRandom())
    with plain_write() as session:
        session.add(
            Account(
                username=FIRST_ADMIN,
                first_name="Quản trị",
                last_name="HocVu",
                password=generate_password_hash(password),
                active=True,
                is_unit_admin=True,
                must_change_password=True,
            )
        )
    path = instance / "first_admin.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{FIRST_ADMIN} {password}\n")
    return password
