"""A full disk, a killed run, a broken or foreign archive: a clear word, no half file, and the next try works."""

import errno
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.errors import Invalid, Unavailable
from app.extensions import db
from app.models import ArchiveRun, Student
from app.services.archive import age, load, places
from app.services.archive.backup import backup, restore
from app.services.archive.container import Writer
from app.services.archive.installation import STAGING
from tests.archive.helpers import MIGRATIONS, PASSPHRASE, empty_place, save_backup
from tests.factories.province import CLOCK, Province


@pytest.fixture
def engine_name() -> str:
    """What doesn't touch the engines' own ways is tried on one."""
    return "sqlite"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "WORK", 4)


@pytest.fixture
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("copies")


@pytest.fixture
def made(app: Flask, province: Province, copies: Path) -> Path:
    return save_backup(app, copies / "x.zip.age", province)


class FullDisk:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, file: Any, room: int) -> None:
        self._file = file
        self._room = room

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self._file.write(data))


@pytest.mark.parametrize("room", [0, 150, 5_000, 70_000])
def test_a_full_disk_leaves_no_half_file(
    app: Flask, province: Province, copies: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    opened = os.fdopen
    monkeypatch.setattr(places.os, "fdopen", lambda *given: FullDisk(opened(*given), room))
    with pytest.raises(Unavailable, match="could not be written"):
        save_backup(app, copies / "x.zip.age", province)
    assert list(copies.iterdir()) == []
    run = db.session.scalars(sa.select(ArchiveRun)).one()
    assert run.outcome is ArchiveOutcome.FAILED
    assert "No space left" in run.figures["params"]["reason"]


def test_a_backup_never_replaces_a_file(app: Flask, province: Province, copies: Path) -> None:
    (copies / "x.zip.age").write_text("another's", encoding="ascii")
    with pytest.raises(Invalid, match="never written over"):
        save_backup(app, copies / "x.zip.age", province)
    assert (copies / "x.zip.age").read_text(encoding="ascii") == "another's"


def test_a_folder_that_is_not_there(app: Flask, province: Province, copies: Path) -> None:
    with pytest.raises(Invalid, match="is not there"):
        save_backup(app, copies / "nowhere" / "x.zip.age", province)


def test_a_short_passphrase_is_refused(app: Flask, province: Province, copies: Path) -> None:
    with pytest.raises(Invalid, match="12"):
        backup(copies / "x.zip.age", "short", Path(app.config["INSTANCE_DIR"]), 3, clock=province.clock)


def test_older_backups_are_turned_over_and_the_last_of_each_month_stays(copies: Path) -> None:
    names = [f"hocvu-2026{month:02}{day:02}-010000.zip.age" for month in (9, 10, 11) for day in (1, 15, 28)]
    for name in (*names, "hocvu-20250101-010000.zip", "other.zip.age"):
        (copies / name).touch()
    old, new = (
        copies / "hocvu-20261101-010000.zip.age.abc.part",
        copies / "hocvu-20261128-010000.zip.age.x.part",
    )
    old.touch()
    new.touch()
    os.utime(old, (CLOCK - timedelta(days=2)).timestamp().as_integer_ratio()[:1] * 2)
    os.utime(new, (CLOCK.timestamp(), CLOCK.timestamp()))
    removed = places.turn_over(copies, 2, CLOCK)
    assert removed == [n for n in names if n[10:14] in ("0901", "0915", "1001", "1015", "1101")]
    left = {path.name for path in copies.iterdir()}
    assert left == {*names, "hocvu-20250101-010000.zip", "other.zip.age", new.name} - set(removed)


def test_a_second_copy_lies_on_another_disk(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    assert not places.second_copy(path, tmp_path)
    assert places.second_copy(path, Path("/proc/self"))


def changed(path: Path, how: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(how(path.read_bytes()))
    return path


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "wrong passphrase": (lambda whole: whole, "another passphrase", "passphrase is wrong"),
    "cut off": (lambda whole: whole[: len(whole) * 2 // 3], PASSPHRASE, "cut off"),
    "one bit": (lambda whole: whole[:-500] + bytes([whole[-500] ^ 1]) + whole[-499:], PASSPHRASE, "cut off"),
    "empty": (lambda _whole: b"", PASSPHRASE, "not an archive"),
    "a picture": (lambda _whole: b"\x89PNG" * 99, PASSPHRASE, "not an archive"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_archive_changes_nothing(made: Path, tmp_path: Path, damage: str) -> None:
    how, passphrase, said = DAMAGES[damage]
    with empty_place(tmp_path / "new") as new:
        folder = Path(new.config["INSTANCE_DIR"])
        before = sorted(path.name for path in folder.iterdir())
        with pytest.raises(Invalid, match=said):
            restore(changed(made, how), passphrase, folder, MIGRATIONS)
        assert sorted(path.name for path in folder.iterdir()) == before
        assert sa.inspect(db.engine).get_table_names() == []


def forged(path: Path, manifest: dict[str, Any], members: dict[str, bytes]) -> Path:
    with path.open("wb") as file, Writer(file) as writer:
        for name, content in members.items():
            writer.add(name, [content])
        writer.finish(
            {"kind": "backup", "made_at": "2026-11-16T02:00:00+00:00", "revision": "0001"} | manifest
        )
    return path


SHAPE = {"columns": ["id", "name"], "kinds": ["integer", "text"], "key": ["id"], "rows": 1}
FORGERIES: dict[str, tuple[dict[str, Any], dict[str, bytes], str]] = {
    "a later version": ({"revision": "9999", "tables": {}}, {}, "later version"),
    "an unknown table": ({"tables": {"sqlite_master": SHAPE}}, {"tables/sqlite_master.jsonl": b'[1,"x"]\n'}, "can't be read"),
    "other columns": ({"tables": {"org_unit": SHAPE}}, {"tables/org_unit.jsonl": b'[1,"x"]\n'}, "can't be read"),
    "no rows": ({"tables": {"ab_role": SHAPE}}, {}, "can't be read"),
    "no JSON": ({"tables": {"ab_role": SHAPE}}, {"tables/ab_role.jsonl": b"<x>\n"}, "can't be read"),
    "too few values": ({"tables": {"ab_role": SHAPE}}, {"tables/ab_role.jsonl": b"[1]\n"}, "can't be read"),
    "rows out of order": (
        {"tables": {"ab_role": SHAPE}},
        {"tables/ab_role.jsonl": b'[2,"b"]\n[1,"a"]\n'},
        "came out different",
    ),
    "a hand-over": ({"kind": "handover", "tables": {}}, {}, "hand-over"),
    "no tables": ({}, {}, "does not hold what its list says"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_archive_puts_no_row_in(app: Flask, tmp_path: Path, forgery: str) -> None:
    manifest, members, said = FORGERIES[forgery]
    path = forged(tmp_path / "x.zip", manifest, members)
    with empty_place(tmp_path / "new") as new:
        folder = Path(new.config["INSTANCE_DIR"])
        with pytest.raises(Invalid, match=said):
            restore(path, None, folder, MIGRATIONS)
        db.session.rollback()
        for table in sa.inspect(db.engine).get_table_names():
            if table != "alembic_version":
                assert db.session.execute(sa.select(sa.literal(1)).select_from(sa.table(table))).all() == []


def test_a_restore_that_was_killed_can_be_done_again(made: Path, tmp_path: Path) -> None:
    """kill -9 behind the last row, before the commit."""
    with empty_place(tmp_path / "new") as new:
        folder = Path(new.config["INSTANCE_DIR"])
        child = os.fork()
        if not child:
            load.digest_of = lambda *_given: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
            restore(made, PASSPHRASE, folder, MIGRATIONS)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        assert (folder / STAGING).is_dir()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Student)) == 0
        db.session.rollback()
        done = restore(made, PASSPHRASE, folder, MIGRATIONS)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Student)) == done.tables["student"]
        assert not (folder / STAGING).exists()
        assert not list(folder.glob(".archive*"))
    assert done.sound


def test_a_run_is_written_down(app: Flask, made: Path) -> None:
    run = db.session.scalars(sa.select(ArchiveRun)).one()
    assert (run.kind, run.outcome, run.file) == (ArchiveKind.BACKUP, ArchiveOutcome.DONE, made.name)
    assert run.digest == places.file_digest(made)
    assert run.size == made.stat().st_size
