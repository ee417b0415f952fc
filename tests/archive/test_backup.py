"""Back up while people work, destroy, restore elsewhere: equal data, on either engine and from one to the other."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.errors import Invalid
from app.extensions import db
from app.models import Grade
from app.services.archive import age, dump
from app.services.archive.backup import Restored, restore
from app.services.chain.anchors import ORDER, make_anchor
from tests.archive.helpers import (
    MIGRATIONS,
    PASSPHRASE,
    complete,
    empty_place,
    enter_mark,
    save_backup,
    server_of,
    tables,
)
from tests.factories.province import Province
from tests.support.mariadb import SharedServer


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "WORK", 4)


@pytest.fixture
def made(app: Flask, province: Province, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the province with a mark, an anchor, a file of evidence."""
    complete(province)
    enter_mark(province)
    make_anchor(ORDER, clock=province.clock)
    evidence = Path(app.config["INSTANCE_DIR"]) / "evidence"
    evidence.mkdir()
    (evidence / "a.pdf").write_bytes(b"%PDF-1.7 evidence")
    return save_backup(app, tmp_path_factory.mktemp("copies") / "x.zip.age", province)


def bring_back(app: Flask, path: Path, passphrase: str = PASSPHRASE) -> Restored:
    return restore(path, passphrase, Path(app.config["INSTANCE_DIR"]), MIGRATIONS)


@pytest.mark.mariadb
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same engine", "other engine"])
def test_everything_comes_back(
    app: Flask, made: Path, mariadb: SharedServer, tmp_path: Path, engine_name: str, elsewhere: bool
) -> None:
    before = tables()
    home = Path(app.config["INSTANCE_DIR"])
    with empty_place(tmp_path / "new", server_of(mariadb, engine_name, elsewhere)) as new:
        done = bring_back(new, made)
        after = tables()
        there = Path(new.config["INSTANCE_DIR"])
        for name in ("anchor_key.pem", "evidence/a.pdf"):
            assert (there / name).read_bytes() == (home / name).read_bytes()
            assert (there / name).stat().st_mode & 0o777 == 0o600
    assert done.sound, done.findings.faults
    assert done.findings.links
    assert done.findings.anchors
    # The run was written down after the snapshot; roles and doors are mirrored anew, and nothing else differs.
    assert {name for name in before if before[name] != after[name]} <= {
        "archive_run",
        "audit_event",
        "chain_head",
        "chain_link",
    }


def test_saves_go_on_meanwhile_and_the_backup_is_of_one_moment(
    app: Flask,
    province: Province,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A save between two tables of the dump: the backup holds neither its mark nor its history."""
    plain, saved = dump.add_table, []

    def with_a_save(writer: Any, connection: sa.Connection, shape: Any) -> int:
        if shape.name == "grade":
            enter_mark(province)
            saved.append(db.session.scalar(sa.select(sa.func.count(Grade.regular_1))))
            db.session.rollback()
        return plain(writer, connection, shape)

    monkeypatch.setattr(dump, "add_table", with_a_save)
    path = save_backup(app, tmp_path / "x.zip.age", province)
    assert saved == [1]
    with empty_place(tmp_path / "new") as new:
        done = bring_back(new, path)
        assert db.session.scalar(sa.select(sa.func.count(Grade.regular_1))) == 0
    assert done.sound, done.findings.faults


def test_restore_refuses_a_place_that_is_not_empty(app: Flask, made: Path, tmp_path: Path) -> None:
    before = tables()
    with pytest.raises(Invalid, match="holds files already"):
        bring_back(app, made)
    for path in sorted(Path(app.config["INSTANCE_DIR"]).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(Invalid, match="holds rows already"):
        bring_back(app, made)
    assert tables() == before
