"""Whatever is changed behind the program's back is found, and told where it is."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.domain.chain import FaultKind as F
from app.domain.chain import Head, Sealed, make_link
from app.domain.exceptions import ExceptionKind
from app.extensions import db
from app.models import ArchiveRun, ExceptionNote, Student, TxLog
from app.services.cells import CellChange
from app.services.chain import anchors, journal
from app.services.chain.rows import (
    history_tables,
    raw_transaction_text,
    transaction_columns,
)
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.chain import Unguarded, assert_chain_holds, by_hand, found_places, kinds


@dataclass
class Story:
    """A sheet with three saves by its teacher, the marks of three students; another sheet with one."""

    province: Province
    sheet: int
    students: list[int]
    saves: list[int]

    @property
    def chain(self) -> str:
        return f"s{self.sheet}"

    @property
    def row(self) -> dict[str, int]:
        """The middle save's row of the second student."""
        return {"sheet": self.sheet, "student": self.students[1], "tx": self.saves[1]}


@pytest.fixture
def story(app: Flask, province: Province) -> Story:
    sheet, students = province.first.sheet_ids["7A", "math", 1], province.first.student_ids[:3]
    old: str | None = None
    saves = []
    for mark in ("5.0", "6.0", "7.0"):
        changes = [CellChange(student, "regular_1", old, mark) for student in students]
        enter_scores(acting(province, "longpd.thcstk"), sheet, changes, clock=province.clock)
        old = mark
        saves.append(db.session.scalar(sa.select(sa.func.max(TxLog.id))) or 0)
    other = province.first.sheet_ids["7B", "math", 1]
    change = CellChange(province.first.student_ids[-1], "regular_1", None, "9")
    enter_scores(acting(province, "habtt.thcstk"), other, [change], clock=province.clock)
    return Story(province, sheet, students, saves)


ROW = "WHERE sheet_id = :sheet AND student_id = :student AND transaction_id = :tx"
Hand = Callable[[Unguarded, Story], object]


def swap(hand: Unguarded, story: Story) -> None:
    """Two saves change places in their chain."""
    for tx, seq in ((story.saves[0], 2), (story.saves[1], 1)):
        hand(
            "UPDATE chain_link SET tx_id = :tx WHERE chain = :chain AND seq = :seq",
            tx=tx,
            chain=story.chain,
            seq=seq,
        )


def swap_whole(hand: Unguarded, story: Story) -> None:
    """The same with the numbers of the links, digests and all."""
    for old, new in ((1, 99), (2, 1), (99, 2)):
        hand(
            "UPDATE chain_link SET seq = :new WHERE chain = :chain AND seq = :old",
            old=old,
            new=new,
            chain=story.chain,
        )


def invent(hand: Unguarded, story: Story) -> None:
    """A save nobody made: a transaction of its own with a row."""
    hand("INSERT INTO tx_log (id, issued_at, action) VALUES (90001, '2026-11-16 03:00:00', 'sheet.enter')")
    put_in(hand, story, 90001)


def put_in(hand: Unguarded, story: Story, tx: int) -> None:
    hand(
        "INSERT INTO grade_version (sheet_id, student_id, regular_1, transaction_id, operation_type)"
        " VALUES (:sheet, :student, 100, :tx, 1)",
        sheet=story.sheet, student=story.province.first.student_ids[4], tx=tx,
    )  # fmt: skip


CASES: dict[str, tuple[Hand, set[F]]] = {
    "a row changed": (lambda h, s: h(f"UPDATE grade_version SET regular_1 = 100 {ROW}", **s.row), {F.ROW_CHANGED}),
    "a row moved to another transaction": (
        lambda h, s: h(f"UPDATE grade_version SET transaction_id = 90002 {ROW}", **s.row),
        {F.ROW_DELETED, F.TX_UNLINKED},
    ),
    "a row deleted": (lambda h, s: h(f"DELETE FROM grade_version {ROW}", **s.row), {F.ROW_DELETED}),
    "a row put in": (lambda h, s: put_in(h, s, s.saves[1]), {F.ROW_INSERTED}),
    "a transaction put in": (invent, {F.TX_UNLINKED}),
    "another author": (
        lambda h, s: h("UPDATE tx_log SET user_id = NULL, person_id = NULL WHERE id = :tx", tx=s.saves[1]),
        {F.TX_CHANGED},
    ),
    "another time": (
        lambda h, s: h("UPDATE tx_log SET issued_at = '2026-11-01 00:00:00' WHERE id = :tx", tx=s.saves[1]),
        {F.TX_CHANGED},
    ),
    "a reason added": (
        lambda h, s: h("UPDATE tx_log SET reason = 'x' WHERE id = :tx", tx=s.saves[1]),
        {F.TX_CHANGED},
    ),
    "a transaction deleted": (
        lambda h, s: h("DELETE FROM tx_log WHERE id = :tx", tx=s.saves[1]),
        {F.TX_DELETED},
    ),
    "a link deleted": (
        lambda h, s: h("DELETE FROM chain_link WHERE chain = :chain AND seq = 2", chain=s.chain),
        {F.LINK_MISSING, F.TX_UNLINKED},
    ),
    "a digest changed": (
        lambda h, s: h("UPDATE chain_link SET digest = :d WHERE chain = :chain AND seq = 2", d="a" * 64, chain=s.chain),
        {F.LINK_ORDER, F.LINK_CHANGED},
    ),
    "two saves swapped": (swap, {F.ROW_CHANGED}),
    "two links swapped": (swap_whole, {F.LINK_ORDER}),
    "a mark raised without history": (
        lambda h, s: h("UPDATE grade SET regular_1 = 100 WHERE sheet_id = :sheet AND student_id = :student",
                       sheet=s.sheet, student=s.students[1]),
        {F.LIVE_CHANGED},
    ),
    "a row in use put in": (
        lambda h, s: h("INSERT INTO grade (sheet_id, student_id, regular_1) VALUES (:sheet, :student, 100)",
                       sheet=s.sheet, student=s.province.first.student_ids[4]),
        {F.LIVE_INSERTED},
    ),
    "a row in use deleted": (
        lambda h, s: h("DELETE FROM grade WHERE sheet_id = :sheet AND student_id = :student",
                       sheet=s.sheet, student=s.students[1]),
        {F.LIVE_DELETED},
    ),
    "the end of a chain set back": (
        lambda h, s: h("UPDATE gradebook_sheet SET chain_seq = 2 WHERE id = :sheet", sheet=s.sheet),
        {F.HEAD_CHANGED},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_tampering_is_found_with_its_place(story: Story, case: str) -> None:
    tamper, wanted = CASES[case]
    with by_hand() as hand:
        tamper(hand, story)
    found = found_places()
    assert wanted <= kinds(found), found
    assert len(found) <= 6, found
    for place in found:
        if place.fault.kind is F.TX_UNLINKED:
            continue
        assert (place.sheet, place.term, place.year) == ("7A", 1, 2026), place
        assert place.subject
        assert place.unit
        if place.fault.tx_id and place.fault.kind is not F.TX_DELETED and "author" not in case:
            assert place.account == "longpd.thcstk"
    named = {place.student for place in found if place.fault.kind.value.startswith(("row", "live"))}
    if named and "swapped" not in case:
        index = 4 if "put in" in case else 1
        student = db.session.get_one(Student, story.province.first.student_ids[index])
        assert named == {student.full_name}


def forget_last_save(hand: Unguarded, story: Story, *, seq: int = 3) -> None:
    """The newest save of a sheet with all it left: rows, transaction, link, end, and the marks people see."""
    last, before = {"tx": story.saves[-1]}, {"sheet": story.sheet}
    link = hand(
        "SELECT prev FROM chain_link WHERE chain = :chain AND seq = :seq", chain=story.chain, seq=seq
    ).one()
    hand("DELETE FROM grade_version WHERE transaction_id = :tx", **last)
    hand("DELETE FROM chain_link WHERE tx_id = :tx", **last)
    hand("DELETE FROM tx_log WHERE id = :tx", **last)
    hand("UPDATE grade SET regular_1 = 60 WHERE sheet_id = :sheet", **before)
    hand(
        "UPDATE gradebook_sheet SET chain_seq = :seq, chain_head = :head WHERE id = :sheet",
        seq=seq - 1, head=link.prev, **before,
    )  # fmt: skip


def forget_journal() -> None:
    for file in journal.folder().glob("*.log"):
        file.unlink()


def test_the_last_save_removed_with_its_link_is_known_to_the_journal(story: Story) -> None:
    with by_hand() as hand:
        forget_last_save(hand, story)
    found = found_places()
    assert kinds(found) == {F.TAIL_MISSING}
    assert [(p.sheet, p.fault.seq) for p in found] == [("7A", 3)]
    assert found[0].fault.source.endswith(".log")


def test_the_same_without_the_journal_is_known_to_the_anchor(story: Story) -> None:
    assert anchors.make_anchor(anchors.NIGHT, clock=story.province.clock)
    with by_hand() as hand:
        forget_last_save(hand, story)
    forget_journal()
    found = found_places()
    assert kinds(found) == {F.TAIL_MISSING}
    assert found[0].fault.source == "#1"


def test_a_journal_without_the_saves_since_the_last_anchor_is_a_fault(story: Story) -> None:
    """Taken away whole or cut at its end: the day is named. What an anchor binds needs no journal."""
    assert anchors.make_anchor(anchors.NIGHT, clock=story.province.clock)
    forget_journal()
    assert found_places() == []
    for column in ("regular_3", "regular_4"):
        change = CellChange(story.province.first.student_ids[0], column, None, "7")
        sheet = story.province.first.sheet_ids["7A", "math", 1]
        enter_scores(acting(story.province, "longpd.thcstk"), sheet, [change], clock=story.province.clock)
    assert found_places() == []
    (file,) = journal.folder().glob("*.log")
    whole = file.read_text()
    file.write_text(whole[: whole.rindex("\n", 0, -1) + 1])
    found = found_places()
    assert kinds(found) == {F.JOURNAL_SHORT}
    assert [place.fault.source for place in found] == [f"{local_day(story.province.now)}.log (1)"]
    shutil.rmtree(journal.folder())
    assert kinds(found_places()) == {F.JOURNAL_SHORT}
    with transaction(SYSTEM, "archive.restore", clock=story.province.clock) as work:
        work.session.add(
            ArchiveRun(
                kind=ArchiveKind.RESTORE, outcome=ArchiveOutcome.DONE, happened_at=work.now, made_by="root",
                file="sao-luu.hvb", figures={},
            )
        )  # fmt: skip
    assert found_places() == []


def test_with_the_anchor_gone_too_the_one_kept_outside_knows(story: Story, tmp_path: Path) -> None:
    anchor = anchors.make_anchor(anchors.NIGHT, clock=story.province.clock)
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(anchors.as_file(db.session(), anchor)))
    assert found_places(outside=[kept]) == []
    with by_hand() as hand:
        forget_last_save(hand, story)
        hand("DELETE FROM anchor_head")
        hand("DELETE FROM chain_anchor")
    forget_journal()
    assert found_places() == []  # nothing inside knows any more
    found = found_places(outside=[kept])
    assert kinds(found) == {F.TAIL_MISSING}
    assert found[0].sheet == "7A"
    kept.write_text(kept.read_text().replace(f"{story.chain} 3", f"{story.chain} 2"))
    assert kinds(found_places(outside=[kept])) == {F.ANCHOR_SIGNATURE}


def test_a_chain_worked_out_anew_after_a_change_is_another_chain(story: Story) -> None:
    """Whoever knows the program can make every digest again; neither the journal nor an anchor agrees."""
    anchors.make_anchor(anchors.NIGHT, clock=story.province.clock)
    with by_hand() as hand:
        hand(f"UPDATE grade_version SET regular_1 = 100 {ROW}", **story.row)
    grade = next(table for table in history_tables() if table.name == "grade")
    links = []
    with db.engine.connect() as connection:
        head = None
        for seq, tx in enumerate(story.saves, 1):
            rows = connection.execute(sa.select(*grade.raw()).where(grade.table.c.transaction_id == tx)).all()
            text = raw_transaction_text(
                connection.execute(sa.select(*transaction_columns()).where(TxLog.id == tx)).one()
            )
            seals = [Sealed(*seal) for _tx, *seal in grade.seal_raw(iter(rows))]
            head = head or Head(0, "0" * 64)
            links.append(make_link(story.chain, head, tx, text, seals))
            head = Head(seq, links[-1].digest)
    with by_hand() as hand:
        for link in links:
            hand(
                "UPDATE chain_link SET prev = :prev, digest = :digest, marks = :marks"
                " WHERE chain = :chain AND seq = :seq",
                prev=link.prev, digest=link.digest, marks=link.marks, chain=link.chain, seq=link.seq,
            )  # fmt: skip
        hand(
            "UPDATE gradebook_sheet SET chain_head = :head WHERE id = :sheet",
            head=links[-1].digest,
            sheet=story.sheet,
        )
    found = found_places()
    assert kinds(found) == {F.TAIL_MISSING}
    assert {place.fault.source[0] for place in found} == {"#", "2"}


ANCHORS: dict[str, tuple[str, F]] = {
    "an end changed": ("UPDATE anchor_head SET seq = 1 WHERE chain = 's1'", F.ANCHOR_CHANGED),
    "another time": (
        "UPDATE chain_anchor SET made_at = '2026-01-01 00:00:00' WHERE number = 2",
        F.ANCHOR_CHANGED,
    ),
    "another signature": (
        (
            "UPDATE chain_anchor SET signature = (SELECT s FROM (SELECT signature AS s FROM chain_anchor"
            " WHERE number = 1) AS other) WHERE number = 2"
        ),
        F.ANCHOR_SIGNATURE,
    ),
    "the first one gone": ("DELETE FROM chain_anchor WHERE number = 1", F.ANCHOR_MISSING),
}


@pytest.mark.parametrize("case", ANCHORS)
def test_anchors_are_checked_themselves(story: Story, case: str) -> None:
    anchors.make_anchor(anchors.NIGHT, clock=story.province.clock)
    student = story.students[0]
    change = CellChange(student, "regular_2", None, "8")
    enter_scores(acting(story.province, "longpd.thcstk"), story.sheet, [change], clock=story.province.clock)
    anchors.make_anchor(anchors.NIGHT, clock=story.province.clock)
    assert_chain_holds()
    statement, wanted = ANCHORS[case]
    with by_hand() as hand:
        if "gone" in case:
            hand("DELETE FROM anchor_head WHERE number = 1")
        hand(statement.replace("'s1'", f"'{story.chain}'"))
    assert wanted in kinds(found_places())


def test_the_command_says_where_and_ends_with_one(app: Flask, story: Story) -> None:
    runner = app.test_cli_runner()
    db.session.remove()
    assert runner.invoke(args=["verify-history"]).exit_code == 0
    with by_hand() as hand:
        hand(f"UPDATE grade_version SET regular_1 = 100 {ROW}", **story.row)
    db.session.remove()
    result = runner.invoke(args=["verify-history", "--unit", "thcstk", "--year", "2026"])
    assert result.exit_code == 1, result.output
    student = db.session.get_one(Student, story.students[1]).full_name
    line = next(line for line in result.output.splitlines() if student in line)
    for part in ("7A", "grade (", "longpd.thcstk", f"{story.chain}/2", "2026-2027"):
        assert part in line
    runner.invoke(args=["verify-history"])
    notes = db.session.scalars(
        sa.select(ExceptionNote).where(ExceptionNote.kind == ExceptionKind.CHAIN_FAULT)
    )
    (note,) = {row.what: row for row in notes}.values()
    assert student in note.what  # told to the tier above, once
    assert runner.invoke(args=["verify-history", "--unit", "thcsba"]).exit_code == 0
    assert runner.invoke(args=["verify-history", "--unit", "nowhere"]).exit_code == 1
