"""A school's hand-over: its rows of every table as JSON and CSV, its files, a schema and checksums (S4 Điều 12 khoản 9)."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.archive import ArchiveKind
from app.errors import N_, Invalid, NotFound
from app.extensions import db
from app.models import ArchiveRun, ChainAnchor, Model, OrgUnit
from app.services.archive import scopes
from app.services.archive.age import Encrypting
from app.services.archive.companions import WITHHELD, Companions, companion_member, withheld
from app.services.archive.container import Writer
from app.services.archive.dump import listed, member_of, revision
from app.services.archive.installation import FOLDER, JOURNAL
from app.services.archive.places import writing
from app.services.archive.readme import README, as_csv, schema_of
from app.services.archive.runs import demand_passphrase, remember
from app.services.archive.tables import Counted, Shape, as_lines, moment_text, rows, shape_of
from app.services.chain import anchors
from app.services.chain.reading import snapshot
from app.services.clock import VIETNAM, Clock

HANDOVER: Final = "handover"
TX_LOG: Final = "tx_log"
NO_SCHOOL: Final = N_(
    "%(name)s is an office. Only a school's data is handed over; back up the installation instead."
)
KEPT_APART: Final = (JOURNAL, "prints", "uploads", "exports")
"""Folders none of whose files belong to one school."""
NEVER: Final = (".part", ".pem", ".key", ".p12", ".pfx")
"""Endings of what is no record: half files, and keys."""
DIGEST: Final = 64
Beat = Callable[[int, int], None]
"""Told which table of how many is being written."""


def _silent(_done: int, _total: int) -> None:
    """Nobody waits for the command's signs of life."""


def demand_school(session: Session, code: str) -> OrgUnit:
    """The school with this code. Raises NotFound, and Invalid for an office."""
    unit = session.scalars(sa.select(OrgUnit).where(OrgUnit.code == code)).one_or_none()
    if unit is None:
        raise NotFound(N_("No unit has this code."))
    if not unit.kind.is_school:
        raise Invalid(NO_SCHOOL, name=unit.name)
    return unit


def hand_over(
    path: Path,
    code: str,
    instance: Path,
    passphrase: str | None,
    *,
    clock: Clock,
    made_by: str | None = None,
    beat: Beat = _silent,
) -> ArchiveRun:
    """Write the hand-over of the school with this code into a new file; written down, and as an export in its log.

    `made_by`: who ordered it, where it wasn't the server's account.

    Raises NotFound, and what `write_handover` raises.
    """
    if passphrase is not None:
        demand_passphrase(passphrase)
    unit = demand_school(db.session(), code)
    unit_id, name = unit.id, unit.name
    manifest = write_handover(path, unit, instance, passphrase, clock(), beat)
    return remember(
        ArchiveKind.HANDOVER,
        path,
        clock=clock,
        unit_id=unit_id,
        made_by=made_by,
        row_count=sum(table["rows"] for table in manifest["tables"].values()),
        figures={"unit": name, "files": manifest["files"], "encrypted": passphrase is not None},
    )


def write_handover(
    path: Path, unit: OrgUnit, instance: Path, passphrase: str | None, now: datetime, beat: Beat = _silent
) -> dict[str, Any]:
    """The school's data into a new file, encrypted where a passphrase is given; returns the manifest.

    Raises Invalid and Unavailable as `places.writing` does; then nothing is left behind.
    """
    head = {"code": unit.code, "id": unit.id, "name": unit.name}
    with writing(path) as file, snapshot() as connection:
        target = Encrypting(file, passphrase) if passphrase else file
        with Writer(target) as writer:
            manifest = {
                "kind": HANDOVER,
                "made_at": moment_text(now),
                "revision": revision(connection),
                "unit": head,
                "withheld": sorted(f"{table}.{column}" for table, column in WITHHELD),
                **_Handover(
                    writer, connection, scopes.school_of(connection, unit.id), instance, beat
                ).write(),
            }
            writer.add(
                "README.txt",
                [README.format(**head, day=f"{now.astimezone(VIETNAM):%d/%m/%Y}").encode("utf-8-sig")],
            )
            writer.finish(manifest)
        if isinstance(target, Encrypting):
            target.finish()
    return manifest


def _files(instance: Path) -> dict[str, list[Path]]:
    """Files a row may name: by their place in the installation's folder or in one of its folders, by that of a folder they
    lie in, or by a digest that is their name.
    """
    found: dict[str, list[Path]] = defaultdict(list)
    for folder in sorted(instance.iterdir()):
        if not folder.is_dir() or folder.name in KEPT_APART or folder.name.startswith("."):
            continue
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file() or path.name.endswith(NEVER):
                continue
            for inside in (path.relative_to(instance), path.relative_to(folder)):
                found[inside.as_posix()].append(path)
                for above in inside.parents:
                    if len(above.parts) > 1:  # one word alone may mean anything
                        found[above.as_posix()].append(path)
            if len(path.stem) == DIGEST:
                found[path.name].append(path)
    return found


@dataclass
class _Handover:
    """A hand-over that is being written."""

    writer: Writer
    connection: sa.Connection
    school: scopes.School
    instance: Path
    beat: Beat
    named: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = _files(self.instance)

    def write(self) -> dict[str, Any]:
        """Tables, what they refer to outside, files, schema; returns these parts of the manifest."""
        tables = [
            t for t in Model.metadata.sorted_tables if t.name not in scopes.LEFT_OUT or t.name == TX_LOG
        ]
        shapes = [shape_of(table) for table in tables]
        beyond = Companions(self.connection, shapes)
        for number, shape in enumerate(shapes):
            self.beat(number, len(shapes))
            if shape.name != TX_LOG:
                self._add(shape, self._condition(shape.name), beyond)
        transactions = sorted(number for number in beyond.transactions if number > 0)
        self._add(next(s for s in shapes if s.name == TX_LOG), transactions, beyond)
        companions = beyond.complete()
        for name, lines in companions.items():
            self.writer.add(companion_member(name), as_lines(lines))
        self._add_anchors()
        self.writer.add("schema.json", [schema_of(tables, WITHHELD).encode()])
        files = sum(
            self.writer.add_file(FOLDER + path.relative_to(self.instance).as_posix(), path)
            for path in sorted({path for name in self.named for path in self.files[name]})
        )
        return {
            "tables": listed(shapes, self.counts),
            "companions": {name: len(lines) for name, lines in companions.items()},
            "files": files,
        }

    def _condition(self, name: str) -> Any:
        history = scopes.histories().get(name)
        return self.school.own(name) if history is None else scopes.history_rule(self.school, history)

    def _add(self, shape: Shape, which: Any, beyond: Companions) -> None:
        """A table's rows as lines of JSON, and once more as CSV."""
        seen = Counted(beyond.watching(shape, self._noting(self._rows(shape, which))))
        self.writer.add(member_of(shape.name), as_lines(seen))
        self.counts[shape.name] = seen.number
        self.writer.add(f"csv/{shape.name}.csv", as_csv(shape, self._rows(shape, which)))

    def _rows(self, shape: Shape, which: Any) -> Iterator[list[Any]]:
        if isinstance(which, list):  # numbers of transactions, some at a time
            table = shape.table()
            for start in range(0, len(which), 500):
                yield from rows(self.connection, shape, table.c.id.in_(which[start : start + 500]), table)
            return
        table = Model.metadata.tables[shape.name]
        yield from withheld(shape, rows(self.connection, shape, which, table))

    def _noting(self, found: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """The files that a row names."""
        for row in found:
            self.named.update(value for value in row if isinstance(value, str) and value in self.files)
            yield row

    def _add_anchors(self) -> None:
        """The signed anchors with the ends of the school's chains: they can be checked without anybody else's."""
        with Session(self.connection) as session:
            found = session.scalars(sa.select(ChainAnchor).order_by(ChainAnchor.number)).all()
            lines = [anchors.as_file(session, anchor, {self.school.unit_id}) for anchor in found]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.writer.add("anchors.jsonl", [text.encode()])
