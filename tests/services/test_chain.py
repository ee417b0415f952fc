"""The chain over the history: what a save adds to it, who waits for whom, and that the database keeps it too."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.domain.access import SYSTEM
from app.errors import NotFound
from app.extensions import db
from app.models import (
    AuditEvent,
    ChainAnchor,
    ChainHead,
    ChainLink,
    GradebookSheet,
    Installation,
    OrgUnit,
    TxLog,
    UnitGroup,
)
from app.services import unit_of_work
from app.services.cells import CellChange
from app.services.chain import anchors, begin, journal, keys
from app.services.chain.reading import Part, part_of
from app.services.chain.triggers import drop_triggers, ensure_triggers, grants, kept_tables
from app.services.gradebook import enter_scores, record_absence, submit_sheet
from app.services.unit_of_work import record_event, transaction
from tests.conftest import counting, make_app
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.chain import assert_chain_holds, by_hand, findings
from tests.support.mariadb import shared_server

ON_MARIADB = pytest.mark.parametrize(
    "engine_name", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True
)


def save(
    province: Province, new: str, old: str | None = None, *, room: str = "7A", column: str = "regular_1"
):
    teacher, student = {"7A": ("longpd", 0), "7B": ("habtt", -1)}[room]
    change = CellChange(province.first.student_ids[student], column, old, new)
    sheet = province.first.sheet_ids[room, "math", 1]
    return enter_scores(acting(province, f"{teacher}.thcstk"), sheet, [change], clock=province.clock)


def head_of(sheet_id: int) -> tuple[int, str | None]:
    return tuple(
        db.session.execute(
            sa.select(GradebookSheet.chain_seq, GradebookSheet.chain_head).where(
                GradebookSheet.id == sheet_id
            )
        ).one()
    )


def test_a_save_adds_one_link_and_two_statements(app: Flask, province: Province) -> None:
    sheet = province.first.sheet_ids["7A", "math", 1]
    save(province, "8")
    with counting(app) as statements:
        save(province, "9", "8")
    mine = [s for s in statements if "INTO chain_" in s or (s.startswith("UPDATE") and "chain_" in s)]
    assert len(mine) == 2, mine
    assert not [s for s in statements if "chain_head" in s and "FROM chain_head" in s]
    links = db.session.scalars(
        sa.select(ChainLink).where(ChainLink.chain == f"s{sheet}").order_by(ChainLink.seq)
    ).all()
    assert [link.seq for link in links] == [1, 2]
    assert links[1].prev == links[0].digest
    assert head_of(sheet) == (2, links[1].digest)
    assert_chain_holds()


def test_what_touches_no_sheet_is_in_the_chain_of_the_unit(app: Flask, province: Province) -> None:
    unit = acting(province, "giangnt.thcstk").unit_id
    before = db.session.scalar(sa.select(ChainHead.seq).where(ChainHead.unit_id == unit)) or 0
    with transaction(acting(province, "giangnt.thcstk"), "test.group", clock=province.clock) as work:
        row = UnitGroup(
            unit_id=unit, kind="team", name="Tổ “Toán – Lí”", rights=["ă", "b"], starts_on=work.now.date()
        )  # fmt: skip
        work.session.add(row)
        work.flush()
        row.rights = ["ơ", "a", "b"]
    assert db.session.scalar(sa.select(ChainHead.seq).where(ChainHead.unit_id == unit)) == before + 1
    assert_chain_holds()


def test_a_row_of_two_flushes_has_one_version_as_it_ends(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test.twice", clock=province.clock) as work:
        unit = work.session.get_one(OrgUnit, province.first.unit_id)
        unit.phone = "1"
        work.flush()
        unit.phone = "22"
        work.flush()
        unit.address = "Thôn Chanh"
    newest = db.session.scalar(sa.select(sa.func.max(TxLog.id)))
    version = db.metadata.tables["org_unit_version"]
    rows = db.session.execute(
        sa.select(version.c.phone, version.c.address, version.c.operation_type).where(
            version.c.transaction_id == newest
        )
    ).all()
    assert rows == [("22", "Thôn Chanh", 1)]
    assert_chain_holds()


def test_a_refused_save_leaves_neither_link_nor_line(app: Flask, province: Province) -> None:
    links = db.session.scalar(sa.select(sa.func.count()).select_from(ChainLink))
    lines = len(list(journal.read(journal.folder())))
    with pytest.raises(NotFound):
        save_elsewhere(province)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ChainLink)) == links
    assert len(list(journal.read(journal.folder()))) == lines


def save_elsewhere(province: Province) -> None:
    change = CellChange(province.second.student_ids[0], "regular_1", None, "8")
    sheet = province.second.sheet_ids["7A", "math", 1]
    enter_scores(acting(province, "longpd.thcstk"), sheet, [change], clock=province.clock)


def test_a_save_is_not_lost_for_its_journal(
    app: Flask, province: Province, tmp_path: Path, monkeypatch, caplog
) -> None:
    """Neither a folder that can't be written nor a crash between commit and line is the teacher's loss."""
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    monkeypatch.setattr(journal, "folder", lambda: blocked / "journal")
    with caplog.at_level(logging.CRITICAL + 1, logger="app.services.chain.journal"):
        save(province, "8")
    monkeypatch.undo()
    save(province, "9", "8")
    assert [head.seq for _chain, head, _file in journal.read(journal.folder())][-1] == 2
    assert_chain_holds()


def test_a_torn_line_of_the_journal_is_passed_over(app: Flask, province: Province) -> None:
    save(province, "8")
    file = next(iter(journal.folder().glob("*.log")))
    with file.open("a", encoding="ascii") as lines:
        lines.write("s1 99 abc")
    assert_chain_holds()


@ON_MARIADB
def test_two_sheets_of_a_school_dont_wait_for_each_other(
    app: Flask, province: Province, engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One save stands just before its commit, all its locks held; the other goes through meanwhile."""
    reached, go_on = threading.Event(), threading.Event()
    commit = unit_of_work._commit
    slow = threading.local()

    def patient(session: sa.orm.Session) -> None:
        if getattr(slow, "here", False):
            reached.set()
            assert go_on.wait(30)
        commit(session)

    monkeypatch.setattr(unit_of_work, "_commit", patient)
    failed: list[BaseException] = []

    def first() -> None:
        slow.here = True
        with app.app_context():
            try:
                save(province, "8")
            except BaseException as error:  # noqa: BLE001  # handed to the test
                failed.append(error)
            finally:
                db.session.remove()

    waiting = threading.Thread(target=first)
    waiting.start()
    try:
        assert reached.wait(30)
        save(province, "9", room="7B")
        assert head_of(province.first.sheet_ids["7B", "math", 1])[0] == 1
        db.session.rollback()
    finally:
        go_on.set()
        waiting.join(30)
    assert not failed
    assert head_of(province.first.sheet_ids["7A", "math", 1])[0] == 1
    assert_chain_holds()


# -- the database as a second net --------------------------------------------------------------------------------------


@pytest.fixture
def kept(app: Flask, province: Province) -> Iterator[None]:
    save(province, "8")
    anchors.make_anchor(anchors.NIGHT, clock=province.clock)
    assert ensure_triggers()
    yield
    db.session.rollback()
    drop_triggers()


def test_the_database_refuses_to_change_history(app: Flask, province: Province, kept: None) -> None:
    tables = [name for name in kept_tables() if _filled(name)]
    assert {"grade_version", "tx_log", "chain_link", "chain_anchor", "anchor_head", "person_version"} <= set(
        tables
    )
    for table in tables:
        column = next(iter(db.metadata.tables[table].columns)).name
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with (
                pytest.raises(DBAPIError, match="history is never changed"),
                db.engine.connect() as connection,
            ):
                connection.execute(sa.text(statement))
    save(province, "9", "8")  # what the program does is not in the way
    assert_chain_holds()


def _filled(table: str) -> bool:
    return bool(
        db.session.execute(sa.select(sa.func.count()).select_from(db.metadata.tables[table])).scalar()
    )


def test_triggers_are_made_once(app: Flask, province: Province, kept: None) -> None:
    with counting(app) as statements:
        assert ensure_triggers()
    assert len(statements) == 1


@ON_MARIADB
def test_the_programs_own_account_needs_no_right_to_change_history(
    app: Flask, province: Province, engine_name: str, tmp_path: Path
) -> None:
    server, name = shared_server(), db.engine.url.database
    account = "'hocvu_small'@'127.0.0.1'"
    server._execute(f"DROP USER IF EXISTS {account}")
    server._execute(f"CREATE USER {account}")
    with server.connect() as connection, connection.cursor() as cursor:
        for line in grants(str(name), account):
            cursor.execute(line)
    small = make_app(tmp_path, server.url(str(name)).replace("root@", "hocvu_small@"))
    try:
        with small.app_context():
            save(province, "8")
            record_absence(
                acting(province, "longpd.thcstk"), province.first.sheet_ids["7A", "math", 1],
                province.first.student_ids[0], "midterm", "awaiting_test", clock=province.clock,
            )  # fmt: skip
            assert not ensure_triggers()
            for statement in ("UPDATE grade_version SET regular_1 = 100", "DELETE FROM tx_log"):
                with pytest.raises(DBAPIError, match="denied"), db.engine.connect() as connection:
                    connection.execute(sa.text(statement))
            db.session.remove()
            db.engine.dispose()
    finally:
        server._execute(f"DROP USER {account}")
    assert_chain_holds()


# -- history of before the chain ---------------------------------------------------------------------------------------


def test_history_of_before_is_chained_once(app: Flask, province: Province) -> None:
    save(province, "8")
    save(province, "9", "8")
    save(province, "7", room="7B")
    sheet = province.first.sheet_ids["7A", "math", 1]
    submit_sheet(acting(province, "longpd.thcstk"), sheet, ["regular_1"], clock=province.clock)
    record_event(SYSTEM, "report.view", clock=province.clock)
    with by_hand() as hand:
        for statement in (
            "DELETE FROM chain_link",
            "DELETE FROM chain_head",
            "UPDATE gradebook_sheet SET chain_seq = 0, chain_head = NULL",
            f"DELETE FROM installation WHERE {_key_column()} LIKE 'chain%'",
            "UPDATE sheet_submission SET transaction_id = NULL",
            "UPDATE audit_event SET transaction_id = NULL",
        ):
            hand(statement)
    for file in journal.folder().glob("*.log"):
        file.unlink()
    of_transactions = sa.select(sa.func.count()).where(ChainLink.tx_id > 0)
    assert begin.begin_chains(clock=province.clock) == db.session.scalar(of_transactions)
    logged = db.session.scalar(sa.select(sa.func.count(AuditEvent.id))) or 0
    # The Chốt too; "chain.begin" has its link already.
    assert begin.begin_logs(clock=province.clock) == logged
    assert head_of(sheet)[0] == 3  # two saves, and what binds the Chốt
    assert_chain_holds()
    assert begin.begin_chains(clock=province.clock) == begin.begin_logs(clock=province.clock) == 0
    assert db.session.scalars(sa.select(ChainAnchor.kind)).all() == [anchors.BEGIN]
    save(province, "10", "9")
    assert_chain_holds()


def _key_column() -> str:
    return db.engine.dialect.identifier_preparer.quote(Installation.__table__.c.key.name)


# -- parts and nights --------------------------------------------------------------------------------------------------


def test_a_part_is_verified_alone(app: Flask, province: Province) -> None:
    save(province, "8")
    save(province, "9", "8")
    save(province, "7", room="7B")
    whole = findings()
    session = db.session()
    school = findings(part_of(session, "thcstk", 2026, None))
    other = findings(part_of(session, "thcsba", None, None))
    assert school.faults == other.faults == []
    assert 0 < school.links < whole.links
    assert other.links < school.links
    moment = db.session.scalar(sa.select(TxLog.issued_at).order_by(TxLog.id.desc()).limit(1))
    assert moment is not None
    recent = findings(Part(since=moment))
    assert (recent.faults, recent.links, recent.rows) == ([], 1, 1)
    with pytest.raises(NotFound):
        part_of(session, "nowhere", None, None)


def test_each_night_has_one_anchor(app: Flask, province: Province) -> None:
    session = db.session()
    first = anchors.nightly(session, clock=province.clock)
    assert first is not None
    assert anchors.nightly(session, clock=province.clock) is None
    province.now += timedelta(days=1)
    quiet = anchors.nightly(session, clock=province.clock)
    assert quiet is not None
    assert (quiet.number, quiet.previous, quiet.heads) == (2, first.digest, 0)
    assert anchors.make_anchor(anchors.ORDER, clock=province.clock) is None  # nothing has changed
    save(province, "8")
    province.now += timedelta(days=1)
    third = anchors.nightly(session, clock=province.clock)
    assert third is not None
    assert (third.number, third.heads) == (3, 1)
    assert_chain_holds()


def test_the_signing_key_is_the_services_own(app: Flask, province: Province) -> None:
    anchors.make_anchor(anchors.ORDER, clock=province.clock)
    folder = Path(app.config["INSTANCE_DIR"])
    assert (folder / "anchor_key.pem").stat().st_mode & 0o777 == 0o600
    (shown,) = folder.glob("anchor_key-*.pub")
    assert shown.name[11:27] == next(iter(keys.public_keys()))[:16]
