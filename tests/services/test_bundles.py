"""Sealed bundles of a class: made when they are due, each in a new folder, found out when touched, checked anywhere."""

import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.bundles import Occasion
from app.domain.corrections import Preset
from app.domain.exceptions import ExceptionKind
from app.errors import Forbidden, Invalid, NotFound, Unavailable
from app.exchange.codec import from_xml
from app.exchange.records import Gradebook
from app.extensions import db
from app.models import BundleCheck, Closing, ExceptionNote, Notice, SealedBundle
from app.reports.renderer import RenderError
from app.services.bundles import make as make_module
from app.services.bundles import store, tracking
from app.services.bundles.check import EVERY, check_due
from app.services.bundles.make import CHECKER, bundle_root
from app.services.bundles.rounds import Sealing, due, seal_due
from app.services.bundles.tracking import CHECKER as BUNDLE_CHECKER
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.correction_helpers import (
    HEAD,
    OTHER,
    TEACHER,
    ask,
    enter_and_lock,
    move_homeroom,
    set_preset,
    sit_all,
)
from tests.services.helpers import acting

STRANGER = "giangnt.thcsba"


@pytest.fixture
def sealed(province: Province) -> SealedBundle:
    """The first bundle of 7A, ordered by the head."""
    enter_and_lock(province, {"midterm": "6,5"})
    return make(province)


def make(province: Province, term: int = 1) -> SealedBundle:
    """One more bundle of 7A."""
    class_id = province.first.class_ids["7A"]
    bundle_id = tracking.order(acting(province, HEAD), class_id, term, clock=province.clock)
    return row(bundle_id)


def row(bundle_id: int) -> SealedBundle:
    """A bundle as it is on record."""
    db.session.rollback()
    return db.session().get_one(SealedBundle, bundle_id)


def folder(bundle: SealedBundle) -> Path:
    """Where a bundle lies."""
    return bundle_root() / bundle.folder


def run(script: Path, *arguments: Path) -> tuple[int, str]:
    """A checker as a stranger runs it: nothing but Python."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def close(province: Province, term: int = 1) -> None:
    """The first school's term is closed."""
    with transaction(SYSTEM, "test.close", clock=province.clock) as work:
        head = acting(province, HEAD)
        work.session.add(
            Closing(
                unit_id=province.first.unit_id,
                school_year_id=province.year_id,
                term=term,
                turn=1,
                reason="Hết học kì",
                closed_at=work.now,
                closed_by_id=head.person_id,
                executed_by_id=head.user_id,
            )
        )


def test_a_bundle_holds_book_history_and_rules(sealed: SealedBundle, tmp_path: Path) -> None:
    where = folder(sealed)
    assert {path.name for path in where.iterdir()} == {
        "so-hk1.xml", "so.pdf", "lich-su.zip", "quy-tac.json", store.MANIFEST, store.SIGNATURE,
    }  # fmt: skip
    book = from_xml((where / "so-hk1.xml").read_bytes(), Gradebook)
    marks = [c.value for sheet in book.sheets for line in sheet.rows for c in line.cells]
    assert marks == ["6.5"]
    assert (where / "so.pdf").read_bytes().startswith(b"%PDF")
    with zipfile.ZipFile(where / "lich-su.zip") as archive:
        archive.extractall(tmp_path)
    code, said = run(CHECKER, tmp_path)
    assert (code, "NGUYÊN VẸN" in said) == (0, True), said
    assert json.loads((where / "quy-tac.json").read_text())["circular"] == book.circular


def test_a_second_bundle_never_touches_the_first(province: Province, sealed: SealedBundle) -> None:
    before = {path.name: path.read_bytes() for path in folder(sealed).iterdir()}
    later = make(province)
    assert {path.name: path.read_bytes() for path in folder(sealed).iterdir()} == before
    assert (sealed.number, later.number, later.previous) == (1, 2, sealed.digest)
    code, said = run(BUNDLE_CHECKER, bundle_root())
    assert (code, "2 gói" in said, "Nguyên vẹn" in said) == (0, True, True), said


def test_a_folder_without_a_line_is_not_written_over(province: Province, sealed: SealedBundle) -> None:
    lost = folder(sealed).with_name("0002-order-1")
    lost.mkdir()
    assert make(province).number == 3
    assert list(lost.iterdir()) == []


@pytest.mark.parametrize("name", ["so.pdf", store.MANIFEST])
def test_a_touched_bundle_is_told_once_and_not_given_out(
    province: Province, sealed: SealedBundle, name: str
) -> None:
    path = folder(sealed) / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"7A", b"7B") + b" ")
    province.now += EVERY
    for _again in range(2):
        assert check_due(db.session(), clock=province.clock)
        province.now += EVERY
    kind = ExceptionNote.kind == ExceptionKind.BUNDLE_FAULT
    (told,) = db.session().scalars(sa.select(ExceptionNote).where(kind))
    assert told.unit_id == province.first.unit_id
    assert name in told.what
    assert db.session().scalar(sa.select(sa.func.count()).where(Notice.title.like("Gói niêm phong%"))) == 1
    with pytest.raises(Invalid, match="no longer holds"):
        tracking.as_zip(acting(province, HEAD), sealed.id, clock=province.clock)
    code, said = run(BUNDLE_CHECKER, bundle_root())
    assert (code, sealed.folder in said) == (1, True)


def test_a_bundle_is_looked_at_every_week(province: Province, sealed: SealedBundle) -> None:
    assert check_due(db.session(), clock=province.clock) == []
    province.now += EVERY
    assert check_due(db.session(), clock=province.clock) == [sealed.id]
    assert check_due(db.session(), clock=province.clock) == []
    assert db.session().scalars(sa.select(BundleCheck.faults)).all() == [[]]


def test_closing_and_correction_are_sealed_once(province: Province) -> None:
    enter_and_lock(province, {"midterm": "6,5"})
    set_preset(province, Preset.S1)
    move_homeroom(province, "7A", "habtt")
    sit_all(province, ask(province), (OTHER, HEAD))
    close(province)
    made = []
    sealing = Sealing()
    while found := seal_due(db.session(), clock=province.clock, sealing=sealing, seconds=60):
        made += map(row, found)
    rooms = len(province.first.class_ids)
    assert [b.occasion for b in made] == [Occasion.CLOSING] * rooms + [Occasion.CORRECTION]
    assert {b.class_id for b in made} == set(province.first.class_ids.values())
    assert any(path.name.startswith("bien-ban-") for path in folder(made[-1]).iterdir())


def test_a_class_that_cannot_be_sealed_holds_up_nobody(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(province)
    first, *others = sorted(province.first.class_ids.values())
    book = make_module._book

    def broken(session: Any, school_class: Any, *rest: Any) -> Any:
        if school_class.id == first:
            raise RenderError("a letter has no glyph")
        return book(session, school_class, *rest)

    monkeypatch.setattr(make_module, "_book", broken)
    sealing = Sealing()
    made = [seal_due(db.session(), clock=province.clock, sealing=sealing) for _look in range(len(others) + 2)]
    assert [row(bundle_id).class_id for found in made for bundle_id in found] == others
    assert len(sealing.failed) == 1
    with pytest.raises(Unavailable):
        tracking.order(acting(province, HEAD), first, 1, clock=province.clock)


def test_a_round_of_entry_is_sealed_in_the_night_after_it(province: Province) -> None:
    enter_and_lock(province, {"midterm": "6,5"})
    province.now += timedelta(days=1)
    evening = province.now.replace(hour=16, minute=0)  # 23:00 in Hà Nội
    assert seal_due(db.session(), clock=lambda: evening.replace(hour=5)) == [], "not by day"
    sealing = Sealing()
    made = seal_due(db.session(), clock=lambda: evening, sealing=sealing, seconds=60)
    assert {row(bundle_id).occasion for bundle_id in made} == {Occasion.ENTRY}
    assert len(made) == len(province.first.class_ids) + len(province.second.class_ids)
    assert seal_due(db.session(), clock=lambda: evening, sealing=sealing) == []
    assert sealing.settled


def test_what_others_have_sealed_is_not_sealed_again(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(province)
    here = due(db.session(), province.now, Sealing())
    first = seal_due(db.session(), clock=province.clock)
    monkeypatch.setattr("app.services.bundles.rounds.due", lambda *_about: here[:1])
    monkeypatch.setattr("app.services.bundles.rounds.sealed_before", lambda *_about: None)
    assert seal_due(db.session(), clock=province.clock) == first, "found under the lock, and not made twice"
    assert db.session().scalar(sa.select(sa.func.count(SealedBundle.id))) == 1


def test_a_look_that_found_nothing_makes_the_next_one_short(app: Flask, province: Province) -> None:
    close(province)
    sealing = Sealing()
    while seal_due(db.session(), clock=province.clock, sealing=sealing, seconds=60):
        pass
    with counting(app) as statements:
        assert due(db.session(), province.now, sealing) == []
    assert len(statements) <= 3
    province.now += timedelta(hours=2)
    close(province, 2)
    assert len(due(db.session(), province.now, sealing)) == len(province.first.class_ids)


def test_one_is_made_while_somebody_waits(province: Province) -> None:
    close(province)
    assert len(seal_due(db.session(), clock=province.clock, seconds=60, busy=lambda: True)) == 1


def test_the_archive_of_a_bundle_checks_itself(
    province: Province, sealed: SealedBundle, tmp_path: Path
) -> None:
    name, content = tracking.as_zip(acting(province, HEAD), sealed.id, clock=province.clock)
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    assert run(tmp_path / "check_bundles.py")[0] == 0
    (next(tmp_path.rglob("so.pdf"))).unlink()
    code, said = run(tmp_path / "check_bundles.py")
    assert (code, "thiếu tệp: so.pdf" in said) == (1, True)
    assert run(tmp_path / "check_bundles.py", tmp_path / "nowhere")[0] == 2


def test_others_see_nothing_and_teachers_make_none(province: Province, sealed: SealedBundle) -> None:
    stranger, teacher = acting(province, STRANGER), acting(province, TEACHER)
    class_id = province.first.class_ids["7A"]
    with pytest.raises(NotFound):
        tracking.as_zip(stranger, sealed.id, clock=province.clock)
    with pytest.raises(NotFound):
        tracking.load_class(db.session(), stranger, class_id, province.now.date())
    with pytest.raises(Forbidden):
        tracking.order(teacher, class_id, 1, clock=province.clock)
    with pytest.raises(Invalid, match="Choose term"):
        tracking.order(acting(province, HEAD), class_id, 7, clock=province.clock)
