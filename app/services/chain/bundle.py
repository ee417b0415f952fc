"""A unit's history in files that a standalone script checks: no server, no database, only Python's standard library."""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.chain import Link, Sealed, row_text
from app.models import (
    Account,
    ChainAnchor,
    CorrectionCell,
    CorrectionRequest,
    GradebookSheet,
    Installation,
    OrgUnit,
    Person,
    Student,
)
from app.models.base import Model
from app.services.chain import anchors, keys
from app.services.chain.places import sheet_places
from app.services.chain.reading import Part, Record, snapshot
from app.services.chain.rows import CHUNK, HistoryTable, history_tables, raw_transaction_text
from app.services.chain.spool import Spool
from app.services.chain.verify import share_out

FORMAT: Final = "hocvu-history-1"
CHECKER: Final = "check_history.py"
README: Final = """Lịch sử sổ điểm, kèm chuỗi băm và mốc niêm phong.

Kiểm tra (chỉ cần Python 3.9 trở lên, không cần mạng, máy chủ hay cơ sở dữ liệu):

    python check_history.py

Kiểm tra cùng mốc niêm phong đã cất giữ ở nơi khác (nên làm):

    python check_history.py --anchor moc-12.json
"""


class Folder(Protocol):
    """Where the files of a bundle go."""

    def writing(self, name: str) -> Any:
        """A context manager with a binary file."""


class _Directory:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)

    def writing(self, name: str) -> IO[bytes]:
        return (self._path / name).open("wb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def writing(self, name: str) -> Any:
        return self._archive.open(name, "w", force_zip64=True)


@contextmanager
def _target(path: Path) -> Iterator[Folder]:
    if path.suffix.lower() != ".zip":
        yield _Directory(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        yield _Zip(archive)


def export(session: Session, part: Part, path: Path, checker: Path, now: datetime) -> int:
    """Write the part's history, anchors, rows in use and the checker into a folder or a .zip; returns the links written."""
    names = _Names()
    with snapshot() as connection, Spool() as spool, _target(path) as folder:
        record = Record(connection, part)
        heads = record.heads()
        for history in history_tables():
            rows = record.stream(record.history(history))
            spool.add(names.noted(history, (_written(history, row) for row in rows)))
        astray: list[str] = []
        with folder.writing("links.jsonl") as file:
            written = sum(_write(file, line) for line in _links(record, spool, names, astray))
        with folder.writing("astray.jsonl") as file:
            for text in astray:
                file.write(text.encode() + b"\n")
        with folder.writing("present.jsonl") as file:
            for text in _present(record):
                file.write(text.encode() + b"\n")
        units = {0, part.unit_id} if part.unit_id else None
        with folder.writing("anchors.jsonl") as file:
            for anchor in session.scalars(sa.select(ChainAnchor).order_by(ChainAnchor.number)):
                _write(file, anchors.as_file(session, anchor, units))
        with folder.writing("manifest.json") as file:
            manifest = _manifest(session, record, now) | {
                "links": written,
                "heads": {chain: [head.seq, head.digest] for chain, head in sorted(heads.items())},
                "names": names.found(session, record),
            }
            file.write(json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        for name, content in (("README.txt", README.encode()), (CHECKER, checker.read_bytes())):
            with folder.writing(name) as file:
                file.write(content)
    return written


def _write(file: IO[bytes], line: Mapping[str, Any]) -> int:
    file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return 1


def _written(history: HistoryTable, row: Any) -> tuple[int, dict[str, Any], str]:
    values = history.values(row)
    return row[0], values, row_text(history.name, row[1], values)


def _links(record: Record, spool: Spool, names: "_Names", astray: list[str]) -> Iterator[dict[str, Any]]:
    """Each link of the part with the texts its digest stands over; rows no link knows go to `astray`."""
    written = spool.transactions()
    ahead = next(written, None)
    for tx_id, pairs in groupby(record.links_by_transaction(), key=lambda pair: pair[0].tx_id):
        while ahead is not None and ahead[0] < tx_id:
            astray += _texts(ahead[1])
            ahead = next(written, None)
        mine = []
        if ahead is not None and ahead[0] == tx_id:
            mine, ahead = ahead[1], next(written, None)
        found = list(pairs)
        shares = share_out([link for link, _tx in found], (Sealed(*row) for row in mine))
        values = found[0][1]
        text = raw_transaction_text(values) if any(v is not None for v in values) else ""
        for link, _tx in found:
            if record.holds(link.chain):
                names.note_transaction(text)
                yield _line(link, text, [row.digest.decode() for row in shares[link.chain]])
    while ahead is not None:
        astray += _texts(ahead[1])
        ahead = next(written, None)


def _texts(rows: Iterable[tuple[int, bytes, int]]) -> list[str]:
    return [text.decode() for _sheet, text, _key in rows]


def _line(link: Link, text: str, rows: Iterable[str]) -> dict[str, Any]:
    return {
        "chain": link.chain,
        "seq": link.seq,
        "tx": link.tx_id,
        "prev": link.prev,
        "digest": link.digest,
        "transaction": text,
        "rows": sorted(rows),
    }


def _present(record: Record) -> Iterator[str]:
    """What people see now, to be held beside its history: the lines of the sheets, correction requests, their cells."""
    yield from _requests(record)
    for history in history_tables():
        if not history.on_sheet:
            continue
        columns = [
            sa.type_coerce(history.live.c[name], sa.types.NullType()).label(name) for name in history.columns
        ]
        query = sa.select(sa.null(), sa.null(), *columns)
        if record.sheets is not None:
            query = query.where(history.live.c.sheet_id.in_(record.sheets))
        for row in record.stream(query):
            yield row_text(history.name, 0, history.values(row))


def _requests(record: Record) -> Iterator[str]:
    """Requests with history in the part, and those of the unit without any.

    Each as its own newest version (0), or as one whose newest version is in another's chain (1): the tier above took
    the last step. Then only what is fixed when a request is made can be compared.
    """
    for history in history_tables():
        if history.name not in (CorrectionRequest.__tablename__, CorrectionCell.__tablename__):
            continue
        live, version = history.live.c, history.table.c
        here: sa.ColumnElement[bool] = sa.true()
        newest = sa.select(sa.func.max(version.transaction_id)).where(version.id == live.id).scalar_subquery()
        linked = sa.and_(sa.true(), *record.transactions(newest))
        if record.sheets is not None:
            mine = sa.select(version.id).where(*record.transactions(version.transaction_id))
            unit = sa.select(CorrectionRequest.id).where(CorrectionRequest.unit_id == record.part.unit_id)
            own = live.id if history.name == CorrectionRequest.__tablename__ else live.request_id
            here = sa.or_(live.id.in_(mine), sa.and_(own.in_(unit), newest.is_(None)))
        columns = [sa.type_coerce(live[name], sa.types.NullType()).label(name) for name in history.columns]
        elsewhere = sa.case((sa.or_(newest.is_(None), linked), 0), else_=1)
        for row in record.stream(sa.select(sa.null(), elsewhere, *columns).where(here)):
            yield row_text(history.name, row[1], history.values(row))


def _manifest(session: Session, record: Record, now: datetime) -> dict[str, Any]:
    begun = session.get(Installation, "chain")
    unit = session.get(OrgUnit, record.part.unit_id) if record.part.unit_id else None
    return {
        "format": FORMAT,
        "made_at": now.isoformat(timespec="seconds"),
        "unit": {"id": unit.id, "code": unit.code, "name": unit.name} if unit else None,
        "school_year": record.part.year,
        # Links up to this transaction were made when this installation got its chain, all at once.
        "bound_later": int(begun.value) if begun is not None and begun.value.isdigit() else 0,
        "keys": {i: {"n": f"{key.n:x}", "e": f"{key.e:x}"} for i, key in keys.public_keys().items()},
    }


class _Names:
    """Names for the ids the texts hold, so that the checker can say where something is."""

    def __init__(self) -> None:
        self.students: set[int] = set()
        self.accounts: set[int] = set()
        self.people: set[int] = set()

    def noted(
        self, history: HistoryTable, rows: Iterable[tuple[int, dict[str, Any], str]]
    ) -> Iterator[tuple[int, int, bytes, int]]:
        """The rows for the spool; their students, or the accounts of a log, are remembered."""
        for tx, values, text in rows:
            if history.on_sheet:
                self.students.add(values["student_id"])
            elif history.is_log:
                self.accounts.add(values.get("user_id", 0))
            yield tx, values[history.sheet] if history.sheet else 0, text.encode(), 0

    def note_transaction(self, text: str) -> None:
        """Its account and person are remembered."""
        values = json.loads(text) if text else {}
        self.accounts.add(values.get("user_id", 0))
        self.people.add(values.get("person_id", 0))

    def found(self, session: Session, record: Record) -> dict[str, dict[str, str]]:
        """The names by kind and id."""
        sheets = record.sheets
        if sheets is None:
            sheets = list(session.scalars(sa.select(GradebookSheet.id)))
        return {
            "sheets": {str(i): _sheet(place) for i, place in sheet_places(session, sheets).items()},
            "students": _named(session, Student, Student.full_name, self.students),
            "accounts": _named(session, Account, Account.username, self.accounts),
            "people": _named(session, Person, Person.full_name, self.people),
            "units": _named(session, OrgUnit, OrgUnit.name, {record.part.unit_id or 0}),
        }


def _sheet(place: Mapping[str, Any]) -> str:
    years = f"{place['year']}-{place['year'] + 1}"
    return f"{place['sheet']}, {place['subject']}, học kì {place['term']}, {years}, {place['unit']}"


def _named(session: Session, model: type[Model], name: Any, ids: Iterable[int]) -> dict[str, str]:
    key = sa.inspect(model).primary_key[0]
    wanted = sorted(ids)
    return {
        str(row[0]): row[1]
        for start in range(0, len(wanted), CHUNK)
        for row in session.execute(sa.select(key, name).where(key.in_(wanted[start : start + CHUNK])))
    }
