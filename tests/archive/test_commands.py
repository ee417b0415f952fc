"""The commands as the server's administrator types them, and the page that tells the school about it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import SYSTEM
from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.domain.policies import NEVER, PolicyKey
from app.extensions import db
from app.models import ArchiveRun, Enrolment
from app.services.archive import age
from app.services.archive.retention import retention_of
from app.services.clock import local_day
from app.services.policies import set_policy
from app.services.unit_of_work import transaction
from tests.archive.helpers import PASSPHRASE, enter_mark
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.chain import by_hand


@pytest.fixture
def engine_name() -> str:
    """The engines' own ways are tried in test_backup.py and test_handover.py."""
    return "sqlite"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "WORK", 4)


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "passphrase"
    path.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return path


@pytest.fixture
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("copies")


def run(app: Flask, *arguments: object) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def newest() -> ArchiveRun:
    db.session.rollback()
    return db.session.scalars(sa.select(ArchiveRun).order_by(ArchiveRun.id.desc()).limit(1)).one()


def test_backup_into_a_folder_and_a_rehearsal_with_its_report(
    app: Flask, province: Province, copies: Path, secret: Path
) -> None:
    enter_mark(province)
    code, _output = run(app, "backup", copies, "--passphrase-file", secret)
    assert code == 0
    (path,) = copies.iterdir()
    assert path.name.startswith("hocvu-2")
    assert path.stat().st_mode & 0o777 == 0o600
    code, output = run(app, "rehearse-restore", path, "--passphrase-file", secret)
    assert code == 0
    assert "BIÊN BẢN DIỄN TẬP PHỤC HỒI DỮ LIỆU" in output
    assert "Kết quả: ĐẠT" in output
    assert path.name in output
    kept = newest()
    assert (kept.kind, kept.outcome, kept.report) == (ArchiveKind.REHEARSAL, ArchiveOutcome.DONE, output)


def test_a_rehearsal_names_what_is_wrong_with_the_history(
    app: Flask, province: Province, copies: Path, secret: Path
) -> None:
    enter_mark(province)
    with by_hand() as sql:
        sql("UPDATE grade SET regular_1 = 100 WHERE regular_1 = 80")
    run(app, "backup", copies / "x.zip.age", "--passphrase-file", secret)
    code, output = run(app, "rehearse-restore", copies / "x.zip.age", "--passphrase-file", secret)
    assert code == 1
    assert "Kết quả: KHÔNG ĐẠT" in output
    assert "1 chỗ không khớp" in output
    assert newest().outcome is ArchiveOutcome.FAILED


def test_a_rehearsal_of_a_broken_file_is_kept_too(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient], copies: Path, secret: Path
) -> None:
    (copies / "x.zip.age").write_bytes(b"nothing")
    code, output = run(app, "rehearse-restore", copies / "x.zip.age", "--passphrase-file", secret)
    assert code == 1
    assert "KHÔNG ĐẠT" in output
    assert newest().report == output
    assert client_for("giangnt.thcstk").get("/backups/").status_code == 200


def test_the_passphrase_is_asked_for_and_never_an_argument(
    app: Flask, province: Province, copies: Path
) -> None:
    runner = app.test_cli_runner()
    path = copies / "x.zip.age"
    asked = runner.invoke(args=["backup", str(path)], input=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert asked.exit_code == 0, asked.output
    assert PASSPHRASE not in asked.output
    assert path.exists()
    assert run(app, "backup", "--help")[1].count("passphrase") >= 1


@pytest.mark.parametrize("content", [None, "", "\n", b"\xff\xfe"])
def test_a_passphrase_file_that_says_nothing(
    app: Flask, province: Province, copies: Path, content: str | bytes | None
) -> None:
    path = copies / "passphrase"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, output = run(app, "backup", copies / "x.zip.age", "--passphrase-file", path)
    assert code == 1
    assert "passphrase" in output
    assert not (copies / "x.zip.age").exists()


def test_a_hand_over_encrypted_and_open(app: Flask, province: Province, copies: Path, secret: Path) -> None:
    code, _output = run(app, "handover", "thcstk", copies / "open.zip")
    assert code == 0
    assert (copies / "open.zip").read_bytes()[:2] == b"PK"
    code, _output = run(app, "handover", "thcstk", copies / "shut.age", "--passphrase-file", secret)
    assert code == 0
    assert age.is_encrypted((copies / "shut.age").read_bytes()[:64])
    assert run(app, "handover", "sogd", copies / "office.zip")[0] == 1
    assert run(app, "handover-import", copies / "open.zip")[0] == 1  # not an empty place
    assert run(app, "restore", copies / "open.zip")[0] == 1


# -- the page ----------------------------------------------------------------------------------------------------


def test_the_page_tells_when_and_how_it_ended(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient], copies: Path, secret: Path
) -> None:
    page = client_for("giangnt.thcstk").get("/backups/")
    assert page.status_code == 200
    run(app, "backup", copies / "x.zip.age", "--passphrase-file", secret)
    run(app, "rehearse-restore", copies / "x.zip.age", "--passphrase-file", secret)
    run(app, "handover", "thcstk", copies / "thcstk.zip")
    report = newest().id - 1
    client = client_for("giangnt.thcstk")
    with counting(app) as statements:
        text = client.get("/backups/").text
    assert len(statements) <= 30, "\n".join(statements)
    assert "x.zip.age" in text
    assert "thcstk.zip" in text
    answer = client.get(f"/backups/{report}.txt")
    assert answer.mimetype == "text/plain"
    assert "Kết quả: ĐẠT" in answer.text
    other = client_for("giangnt.thcsba")
    assert "thcstk.zip" not in other.get("/backups/").text
    assert other.get(f"/backups/{newest().id}.txt").status_code == 404  # no report
    assert client_for("longpd.thcstk").get("/backups/").status_code in (302, 403)


def test_nobodys_time_is_over_until_a_rule_says_so(app: Flask, province: Province) -> None:
    unit, day = province.first.unit_id, local_day(province.now)
    with transaction(SYSTEM, "enrolment.end", clock=province.clock) as work:
        left = work.session.scalars(
            sa.select(Enrolment).where(Enrolment.student_id == province.first.student_ids[0])
        ).all()
        for row in left:
            row.starts_on, row.ends_on = day - timedelta(days=3000), day - timedelta(days=2500)
    found = retention_of(db.session(), unit, day)
    assert {rule.setting.value for rule in found.rules} == {NEVER}
    assert [rule.over for rule in found.rules] == [0, 0, 0]
    head = acting(province, "giangnt.thcstk")
    set_policy(head, unit, PolicyKey.KEEP_BOOKS, "5", day, "S2 Điều 8", clock=province.clock)
    set_policy(head, unit, PolicyKey.KEEP_RECORDS, "10", day, "S2 Điều 8", clock=province.clock)
    assert [rule.over for rule in retention_of(db.session(), unit, day).rules] == [1, 0, 0]
    set_policy(head, unit, PolicyKey.LEGAL_HOLD, "on", day, "Thanh tra yêu cầu", clock=province.clock)
    assert [rule.over for rule in retention_of(db.session(), unit, day).rules] == [0, 0, 0]
