"""A school's data leaves in open formats and comes into an empty installation equal, on either engine; nobody else's does."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.archive import ArchiveKind
from app.errors import Invalid, NotFound
from app.extensions import db
from app.models import Account, ArchiveRun, Model, OrgUnit, Student
from app.services.archive.container import Reader
from app.services.archive.handover import hand_over
from app.services.archive.scopes import LEFT_OUT, SCOPES
from app.services.archive.takeover import Taken, take_over
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.unit_of_work import transaction
from tests.archive.helpers import MIGRATIONS, complete, empty_place, enter_mark, server_of
from tests.conftest import sign_in
from tests.factories.province import PASSWORD_HASH, Province
from tests.services.helpers import acting
from tests.support.mariadb import SharedServer

BEGUN_ANEW = {"tx_log", "audit_event", "chain_link", "ab_user"}
"""What the import itself adds to: its transaction, the links it makes, the first account's password."""


def hand(app: Flask, path: Path, province: Province) -> Path:
    hand_over(path, "thcstk", Path(app.config["INSTANCE_DIR"]), None, clock=province.clock)
    return path


def take(app: Flask, path: Path, province: Province) -> Taken:
    return take_over(path, None, Path(app.config["INSTANCE_DIR"]), MIGRATIONS, clock=province.clock)


@pytest.fixture
def handed(app: Flask, province: Province, tmp_path_factory: pytest.TempPathFactory) -> Path:
    complete(province)
    enter_mark(province)
    enter_mark(province, "9", "8")
    change = CellChange(province.second.student_ids[0], "regular_1", None, "7")
    sheet = province.second.sheet_ids["7A", "math", 1]
    enter_scores(acting(province, "longpd.thcsba"), sheet, [change], clock=province.clock)
    return hand(app, tmp_path_factory.mktemp("copies") / "thcstk.zip", province)


def members(path: Path) -> dict[str, str]:
    """Digests of the tables."""
    with zipfile.ZipFile(path) as archive:
        listed = Reader(archive, path.stat().st_size).members
    return {n: held["sha256"] for n, held in listed.items() if n.startswith(("tables/", "csv/"))}


def own_rows(path: Path) -> int:
    """How many rows the hand-over says it holds."""
    with zipfile.ZipFile(path) as archive:
        tables = Reader(archive, path.stat().st_size).fact("tables")
    return sum(table["rows"] for table in tables.values())


@pytest.mark.mariadb
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same engine", "other engine"])
def test_the_school_is_the_same_where_it_arrives(
    app: Flask,
    province: Province,
    handed: Path,
    mariadb: SharedServer,
    tmp_path: Path,
    engine_name: str,
    elsewhere: bool,
) -> None:
    with empty_place(tmp_path / "new", server_of(mariadb, engine_name, elsewhere)) as new:
        done = take(new, handed, province)
        again = members(hand(new, tmp_path / "again.zip", province))
        codes = set(db.session.scalars(sa.select(OrgUnit.code)))
    assert done.findings.faults == []
    assert done.findings.links
    assert (done.rows, done.others > 0) == (own_rows(handed), True)
    before = members(handed)
    assert before.keys() == again.keys()
    different = {name.split("/")[1].split(".")[0] for name in before if before[name] != again[name]}
    assert different <= BEGUN_ANEW
    assert codes == {"thcstk", "sogd", "xatk"}  # its offices, not the other school


def test_nothing_of_the_other_school_goes_along(app: Flask, province: Province, handed: Path) -> None:
    others = db.session.scalars(
        sa.select(Student.national_id).where(Student.unit_id == province.second.unit_id)
    )
    names = db.session.scalars(sa.select(Student.full_name).where(Student.unit_id == province.second.unit_id))
    usernames = db.session.scalars(
        sa.select(Account.username).where(Account.unit_id == province.second.unit_id)
    )
    mine = set(
        db.session.scalars(sa.select(Student.full_name).where(Student.unit_id == province.first.unit_id))
    )
    with zipfile.ZipFile(handed) as archive:
        whole = b"\n".join(archive.read(name) for name in archive.namelist()).decode()
    foreign = {text for text in (*others, *names, *usernames) if text} - mine
    assert [text for text in foreign if f'"{text}"' in whole] == []
    assert PASSWORD_HASH not in whole
    assert all(f'"{name}"' in whole for name in mine)


def test_the_files_can_be_read_without_the_program(handed: Path) -> None:
    with zipfile.ZipFile(handed) as archive:
        schema = json.loads(archive.read("schema.json"))["tables"]
        for name, table in schema.items():
            lines = archive.read(f"tables/{name}.jsonl").decode().splitlines()
            rows = list(csv.reader(io.StringIO(archive.read(f"csv/{name}.csv").decode("utf-8-sig"))))
            assert rows[0] == [column["name"] for column in table["columns"]]
            assert len(rows) == len(lines) + 1
            for line, row in zip(lines, rows[1:], strict=True):
                said = [
                    "" if v is None else str(int(v)) if isinstance(v, int) else v for v in json.loads(line)
                ]
                assert said == row
        assert "thcstk" in archive.read("README.txt").decode("utf-8-sig")
        assert "grade" in schema
        assert json.loads(archive.read("manifest.json"))["unit"]["code"] == "thcstk"


def test_every_table_is_handed_over_or_it_is_said_why_not() -> None:
    tables = {name for name in Model.metadata.tables if not name.endswith("_version")}
    assert tables - SCOPES.keys() == set(), "add it to app/services/archive/scopes.py"
    assert SCOPES.keys() - tables == set()
    assert all(LEFT_OUT.values())


def test_files_go_along_with_the_rows_that_name_them(app: Flask, province: Province, tmp_path: Path) -> None:
    """By the digest that is their name, by their place, or by the folder they lie in; keys never do."""
    home = Path(app.config["INSTANCE_DIR"])
    mine, theirs = f"{'a' * 64}.pdf", f"{'b' * 64}.pdf"
    for place in (
        f"evidence/{mine}",
        f"evidence/{theirs}",
        "bundles/thcstk/7A/1/book.xml",
        "bundles/thcsba/7A/1/book.xml",
        "documents/1/2.pdf",
        "signing/keys/1.p12",
    ):
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_text(place, encoding="ascii")
    notes = {0: mine, 1: "thcstk/7A/1", 2: "1/2.pdf", 3: "keys/1.p12", 4: "documents", 5: "book.xml"}
    with transaction(SYSTEM, "test.notes", clock=province.clock) as work:
        for number, note in notes.items():
            work.session.get_one(Student, province.first.student_ids[number]).note = note
        work.session.get_one(Student, province.second.student_ids[0]).note = theirs
    with zipfile.ZipFile(hand(app, tmp_path / "x.zip", province)) as archive:
        found = {name for name in archive.namelist() if name.startswith("files/")}
    assert found == {
        f"files/evidence/{mine}",
        "files/bundles/thcstk/7A/1/book.xml",
        "files/documents/1/2.pdf",
    }


def test_nothing_that_goes_along_refers_to_what_stays() -> None:
    stays = LEFT_OUT.keys() - {"tx_log"}
    going = [table for name, table in Model.metadata.tables.items() if name not in stays]
    found = {
        key.target_fullname for table in going for key in table.foreign_keys if key.column.table.name in stays
    }
    assert found == set()


def test_only_a_school_is_handed_over(app: Flask, province: Province, tmp_path: Path) -> None:
    folder = Path(app.config["INSTANCE_DIR"])
    with pytest.raises(Invalid, match="office"):
        hand_over(tmp_path / "x.zip", "sogd", folder, None, clock=province.clock)
    with pytest.raises(NotFound):
        hand_over(tmp_path / "x.zip", "nowhere", folder, None, clock=province.clock)
    assert not (tmp_path / "x.zip").exists()


def test_it_is_written_down_as_an_export(app: Flask, province: Province, handed: Path) -> None:
    run = db.session.scalars(sa.select(ArchiveRun)).one()
    assert (run.kind, run.unit_id, run.file) == (ArchiveKind.HANDOVER, province.first.unit_id, handed.name)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_schools_administrator_signs_in_with_the_one_time_password_and_nobody_with_the_old_one(
    app: Flask, province: Province, tmp_path: Path
) -> None:
    account = db.session.scalars(sa.select(Account).where(Account.username == "quantb.thcstk")).one()
    account.is_unit_admin = True
    db.session.commit()
    path = hand(app, tmp_path / "x.zip", province)
    with empty_place(tmp_path / "new") as new:
        new.extensions["hocvu.clock"] = province.clock
        done = take(new, path, province)
        assert done.account is not None
        assert (tmp_path / "new" / "first_admin.txt").read_text(encoding="utf-8").split() == list(
            done.account
        )
        sign_in(new.test_client(), *done.account)
        hashes = set(
            db.session.scalars(sa.select(Account.password).where(Account.username != "quantb.thcstk"))
        )
    assert hashes <= {"!", None}
