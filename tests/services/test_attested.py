"""Lists kept and matched with the sheet of now, the monthly attestation, and what an office's rehearsal counts."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.closing import CheckKind
from app.domain.vocabulary import Book, WindowEffect, WindowMode
from app.errors import Stale
from app.extensions import db
from app.models import Attestation, GradebookSheet, LockWindow, ProgressCheck
from app.services.cells import CellChange
from app.services.closing.attested import unexplained
from app.services.closing.digests import sheet_digests
from app.services.closing.waits import count_waits
from app.services.gradebook import enter_scores
from app.services.lock_rehearsal import rehearse_schools
from app.services.progress_checks import freeze
from app.services.publications import publish
from app.services.reconcile import attest, compare_list, explain
from app.services.unit_of_work import transaction
from app.services.years import chosen_period
from tests.factories.province import PUPILS, Province
from tests.services.closing_helpers import BOARD, HEAD, TEACHERS, family, fill, sign_all
from tests.services.helpers import acting


def sheet_of(province: Province) -> int:
    return province.first.sheet_ids["7A", "math", 1]


def change(province: Province, old: str, new: str) -> None:
    province.now += timedelta(minutes=5)
    cell = CellChange(province.first.student_ids[0], "midterm", old, new)
    enter_scores(acting(province, TEACHERS[0]), sheet_of(province), [cell], clock=province.clock)


def compare(province: Province, who: str, mark: str) -> int:
    """The column of midterm marks as a list has it: 8 but for the first student."""
    province.now += timedelta(minutes=5)
    names = [" ".join(parts) for parts in PUPILS]
    rows = [(name, mark if number == 0 else "8") for number, name in enumerate(names)]
    return compare_list(
        acting(province, who), sheet_of(province), "midterm", rows, "Danh sách công bố", clock=province.clock
    )


def left(province: Province) -> int:
    db.session.rollback()
    return unexplained(db.session()).get(sheet_of(province), 0)


def digest(province: Province) -> str:
    db.session.rollback()
    return sheet_digests(db.session(), (GradebookSheet.id == sheet_of(province),))[sheet_of(province)]


def test_a_list_is_kept_and_matched_with_the_sheet_of_now(app: Flask, province: Province) -> None:
    fill(province)
    posted = compare(province, BOARD, "8")
    assert left(province) == 0
    change(province, "8", "9")  # after an equal comparison
    assert left(province) == 1
    compare(province, TEACHERS[0], "9")  # the teacher's own book, equal now: another side
    assert left(province) == 1
    explain(
        acting(province, BOARD), posted, {province.first.student_ids[0]: "Chấm lại bài"}, clock=province.clock
    )
    assert left(province) == 0
    compare(province, BOARD, "7")  # the school's newer list takes the older one's place
    assert left(province) == 1
    change(province, "9", "7")
    assert left(province) == 1  # the teacher's list says 9
    compare(province, TEACHERS[0], "7")
    assert left(province) == 0


def test_an_attestation_is_of_the_sheet_as_shown_and_due_again_after_the_entry_day_and_a_change(
    app: Flask, province: Province, client_for
) -> None:
    fill(province)

    def due() -> int:
        db.session.rollback()
        return count_waits(db.session(), acting(province, TEACHERS[0]), province.now).attestations

    sheets = due()
    assert sheets == 2
    shown = digest(province)
    change(province, "8", "9")
    with pytest.raises(Stale):
        attest(acting(province, TEACHERS[0]), sheet_of(province), shown, clock=province.clock)
    assert db.session.query(Attestation).count() == 0
    province.now += timedelta(minutes=5)
    attest(acting(province, TEACHERS[0]), sheet_of(province), digest(province), clock=province.clock)
    assert due() == sheets - 1
    page = client_for(HEAD).get("/reconcile/").text
    assert page.count("hv-tag is-ok") == 1
    assert client_for("hongvt.thcstk").get("/reconcile/").status_code in (302, 403)
    change(province, "9", "8")
    assert due() == sheets
    attest(acting(province, TEACHERS[0]), sheet_of(province), digest(province), clock=province.clock)
    province.now += timedelta(days=32)
    assert due() == sheets


def test_families_and_the_school_see_what_changed_after_publication(
    app: Flask, province: Province, client_for
) -> None:
    fill(province)
    child = province.first.student_ids[0]
    parent = client_for(family(province, child))
    publish(acting(province, BOARD), province.year_id, 1, ["midterm"], 7, "", clock=province.clock)
    address = f"/family/{child}?term=1&year=2026"
    assert "hv-mark is-warn" not in parent.get(address).text
    change(province, "8", "9")
    assert "hv-mark is-warn" in parent.get(address).text
    board = client_for(BOARD).get("/publications/").text
    assert 'id="h-changed"' in board
    assert "8,0" in board[board.index('id="h-changed"') :]
    change(province, "9", "8")
    assert "hv-mark is-warn" not in parent.get(address).text


def test_an_offices_rehearsal_counts_signatures_that_hold_and_unexplained_differences(
    app: Flask, province: Province
) -> None:
    fill(province)
    sign_all(province)

    def school() -> tuple[int, int]:
        db.session.rollback()
        commune = acting(province, "sonlv.xatk")
        period = chosen_period(db.session(), commune, province.now.date(), 2026, 1)
        assert period
        found = rehearse_schools(db.session(), commune, period, province.now)
        own = next(s for s in found if s.unit.id == province.first.unit_id)
        return own.unsigned, own.unexplained

    assert school() == (0, 0)
    compare(province, BOARD, "8")
    change(province, "8", "9")
    assert school() == (1, 1)


def window(province: Province, closes_at: datetime) -> None:
    """The school opens the midterm column up to then, from now on."""
    with transaction(SYSTEM, "test.window", clock=province.clock) as work:
        other = work.session.get_one(LockWindow, province.first.window_ids[0])
        work.session.add(
            LockWindow(
                owner_id=province.first.unit_id, school_year_id=province.year_id, term=1, book=Book.GRADEBOOK,
                effect=WindowEffect.OPEN, mode=WindowMode.WHOLE_BOOK, columns=["midterm"], title="Giữa kì",
                reason="Kế hoạch", opens_at=province.now, closes_at=closes_at,
                ordered_by_id=other.ordered_by_id, executed_by_id=other.executed_by_id,
            )
        )  # fmt: skip


def test_a_window_opened_later_makes_nothing_late_be_in_time_and_twice_is_once(
    app: Flask, province: Province
) -> None:
    window(province, province.now + timedelta(days=1))
    province.now += timedelta(days=3)

    def frozen() -> list[tuple[str, str, int, int, int]]:
        day = province.now.astimezone(UTC).date()
        number = freeze(acting(province, BOARD), province.year_id, CheckKind.MONTH, day, clock=province.clock)
        db.session.rollback()
        rows = db.session.get_one(ProgressCheck, number).rows
        return [(r.class_name, r.subject, r.required, r.entered, r.on_time) for r in rows]

    before = frozen()
    assert before
    assert all(required > entered == 0 for *_name, required, entered, _on_time in before)
    assert frozen() == before
    assert db.session.query(ProgressCheck).count() == 1
    window(province, province.now + timedelta(days=9))
    assert frozen() == before
    change_all = [CellChange(student, "midterm", None, "8") for student in province.first.student_ids[:4]]
    enter_scores(acting(province, TEACHERS[0]), sheet_of(province), change_all, clock=province.clock)
    late = [(entered, on_time) for *_name, entered, on_time in frozen()]
    assert (4, 0) in late
    assert db.session.query(ProgressCheck).count() == 2
