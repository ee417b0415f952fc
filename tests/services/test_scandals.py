"""The two scandals of issue 4, replayed through the services: stopped, or plain to see from the tier above.

needs.md A1: teachers of one school raised marks of 25 classes after entry, mostly by 1 to 3 points; found by comparing
with the posted lists. A2: a head had several marks of one student raised, e.g. from 4 to 8. A3: the audit's own tests.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.exceptions import ExceptionKind
from app.domain.policies import PolicyKey
from app.domain.vocabulary import WindowEffect, WindowMode
from app.domain.watch import USUAL, Pattern
from app.errors import Forbidden, Locked, NotFound
from app.extensions import db
from app.models import ExceptionNote, Notice, Publication, TeachingAssignment, TxLog
from app.services.after_lock import AfterLock, changes_after_lock
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from app.services.lock_windows import NewWindow, add_window
from app.services.policies import set_policy
from app.services.unit_of_work import transaction
from app.services.watch_list import WatchList, rows_behind, schools_to_watch, watch_list
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.correction_helpers import (
    BOARD,
    DEPUTY,
    HEAD,
    LEADER_ABOVE,
    OTHER,
    TEACHER,
    ask,
    enter_and_lock,
    lock,
    move_homeroom,
    sheet_of,
    sit,
    student_of,
)
from tests.services.helpers import acting

PUPILS = 8


def save(
    province: Province, who: str, room: str, values: list[tuple[int, str | None, str]], column: str
) -> None:
    """Marks of several students of a class, in one save."""
    changes = [CellChange(student_of(province, room, place), column, old, new) for place, old, new in values]
    enter_scores(acting(province, who), sheet_of(province, room), changes, clock=province.clock)


def publish(province: Province) -> None:
    """Families are shown the marks of the term from now on."""
    with transaction(SYSTEM, "test.publish", clock=province.clock) as work:
        work.session.add(
            Publication(
                unit_id=province.first.unit_id,
                school_year_id=province.year_id,
                term=1,
                published_at=work.now,
                questions_until=work.now + timedelta(days=7),
                published_by_id=province.first.person_ids["giangnt"],
            )
        )
    province.now += timedelta(hours=1)


def watched(province: Province, who: str = LEADER_ABOVE) -> WatchList:
    """The first school's prompts of the last days, as the tier above sees them."""
    since = province.now - timedelta(days=10)
    return watch_list(
        db.session(),
        acting(province, who),
        province.first.unit_id,
        since,
        province.now + timedelta(minutes=1),
    )


def after_lock(province: Province, who: str = LEADER_ABOVE) -> AfterLock:
    """Changes past a lock, as the tier above sees them."""
    span = (province.now - timedelta(days=10), province.now + timedelta(minutes=1))
    return changes_after_lock(
        db.session(), acting(province, who), province.first.unit_id, province.year_id, 1, *span
    )


def order(province: Province, who: str, title: str, mode: WindowMode) -> int:
    """The school opens the midterm column for a day from now, in the head's name."""
    head = province.first.person_ids["giangnt"]
    new = NewWindow(
        province.year_id, title, "Kế hoạch", WindowEffect.OPEN, mode, province.now,
        province.now + timedelta(days=1), term=1, columns=("midterm",), ordered_by_id=head,
    )  # fmt: skip
    return add_window(acting(province, who), province.first.unit_id, new, clock=province.clock)


def enter_everything(province: Province) -> None:
    """Both teachers enter the midterm test of their class."""
    for who, room in ((TEACHER, "7A"), (OTHER, "7B")):
        save(province, who, room, [(place, None, "5") for place in range(PUPILS)], "midterm")


def raise_everything(province: Province) -> None:
    """Each raises every mark by 1 to 3 points, within minutes."""
    for who, room in ((TEACHER, "7A"), (OTHER, "7B")):
        for place in range(PUPILS):
            province.now += timedelta(seconds=30)
            save(province, who, room, [(place, "5", str(6 + place % 3))], "midterm")


# -- A1 ------------------------------------------------------------------------------------------------------------


def test_marks_raised_after_the_lists_were_posted_are_plain_to_see_from_above(
    app: Flask, province: Province
) -> None:
    """The window was open: nothing stops it, and nothing hides it."""
    enter_everything(province)
    publish(province)
    raise_everything(province)
    found = watched(province)
    assert found.changes == 2 * PUPILS
    for pattern in (Pattern.BURST, Pattern.DRIFT):
        prompts = found.of(pattern)
        assert {prompt.person for prompt in prompts} == {"Phạm Đức Long", "Bùi Thị Thu Hà"}
        assert {(prompt.up, prompt.down, prompt.posted) for prompt in prompts} == {(PUPILS, 0, PUPILS)}
    assert all(prompt.total == Decimal(16) - 1 for prompt in found.of(Pattern.DRIFT))


def test_the_office_finds_the_school_among_its_schools(app: Flask, province: Province) -> None:
    enter_everything(province)
    publish(province)
    raise_everything(province)
    office = acting(province, "vanlt.sogd")
    span = (province.now - timedelta(days=10), province.now + timedelta(minutes=1))
    with counting(app) as statements:
        first, second = schools_to_watch(db.session(), office, *span)
    assert len(statements) <= 12
    assert (first.unit.id, first.counts[Pattern.BURST], first.changes) == (province.first.unit_id, 2, 16)
    assert second.total == 0


def test_each_prompt_leads_to_its_rows(app: Flask, province: Province) -> None:
    enter_everything(province)
    raise_everything(province)
    person = province.first.person_ids["longpd"]
    span = (province.now - timedelta(days=1), province.now)
    changes, more = rows_behind(
        db.session(), acting(province, LEADER_ABOVE), province.first.unit_id, *span, person_id=person
    )
    assert not more
    assert [(change.old, change.new) for change in changes][-1] == (Decimal(5), Decimal(6))
    assert len(changes) == PUPILS


def test_entering_once_and_mending_a_slip_prompts_nobody(app: Flask, province: Province) -> None:
    enter_everything(province)
    save(province, TEACHER, "7A", [(0, "5", "6")], "midterm")
    assert watched(province).prompts == []


def test_after_the_lock_the_same_saves_are_refused(app: Flask, province: Province) -> None:
    enter_everything(province)
    lock(province)
    with pytest.raises(Locked):
        raise_everything(province)
    assert watched(province).changes == 0
    assert after_lock(province).total == 0


def test_the_rules_of_the_tiers_say_from_where_on(app: Flask, province: Province) -> None:
    """A rule of the department holds for the school and in the office's list of schools, from its day on."""
    enter_everything(province)
    save(province, TEACHER, "7A", [(0, "5", "6")], "midterm")
    assert watched(province).prompts == []
    set_policy(
        acting(province, "binhhv.sogd"), province.department_id, PolicyKey.WATCH_BURST, "2/60/1",
        local_day(province.now), "Kế hoạch thanh tra", clock=province.clock,
    )  # fmt: skip
    save(province, TEACHER, "7A", [(1, "5", "6")], "midterm")
    found = watched(province)
    assert (found.rule.burst_cells, found.rule.drift_cells) == (2, USUAL.drift_cells)
    assert [prompt.pattern for prompt in found.prompts] == [Pattern.BURST]
    span = (province.now - timedelta(days=10), province.now + timedelta(minutes=1))
    first, second = schools_to_watch(db.session(), acting(province, "vanlt.sogd"), *span)
    assert (first.counts, second.total) == ({Pattern.BURST: 1}, 0)


def test_the_list_takes_no_statement_a_change(app: Flask, province: Province) -> None:
    actor = acting(province, LEADER_ABOVE)
    enter_everything(province)
    save(province, TEACHER, "7A", [(0, "5", "9")], "midterm")
    place = (province.first.unit_id, province.now - timedelta(days=9))
    taken = []
    for _round in range(2):
        with counting(app) as statements:
            found = watch_list(db.session(), actor, *place, province.now + timedelta(minutes=1))
        taken.append(len(statements))
        if found.changes == 1:
            save(province, TEACHER, "7A", [(number, "5", "7") for number in range(1, PUPILS)], "midterm")
    assert found.changes == PUPILS
    assert taken[0] == taken[1] <= 14


# -- A2 ------------------------------------------------------------------------------------------------------------


def test_the_head_cannot_have_a_locked_mark_raised_at_once(app: Flask, province: Province) -> None:
    """Neither by the teacher nor by the head's own hand."""
    enter_and_lock(province, {"midterm": "4"})
    with pytest.raises(Locked):
        save(province, TEACHER, "7A", [(0, "4", "8")], "midterm")
    with pytest.raises(Forbidden):
        save(province, HEAD, "7A", [(0, "4", "8")], "midterm")


@pytest.mark.parametrize("mode", [WindowMode.WHOLE_BOOK, WindowMode.ENTERED_CELLS])
def test_nor_does_a_new_window_reopen_what_was_entered(
    app: Flask, province: Province, mode: WindowMode
) -> None:
    """The head, or whoever writes the order in the head's name; blank cells are entered, and the tier above reads it."""
    order(province, HEAD, "Đợt giữa kì", WindowMode.ENTERED_CELLS)
    save(province, TEACHER, "7A", [(0, None, "4")], "midterm")
    province.now += timedelta(days=2)
    order(province, BOARD, "Mở lại", mode)
    with pytest.raises(Locked):
        save(province, TEACHER, "7A", [(0, "4", "8")], "midterm")
    save(province, TEACHER, "7A", [(1, None, "7")], "midterm")
    note = db.session.scalars(sa.select(ExceptionNote)).one()
    assert (note.kind, note.unit_id) == (ExceptionKind.REOPENING, province.first.unit_id)
    assert "Mở lại sau khi đã đóng" in note.what
    hers = sa.select(Notice.title).where(Notice.person_id == province.first.person_ids["giangnt"])
    assert [title for title in db.session.scalars(hers) if "Mở lại" in title]


def test_the_heads_own_request_goes_to_the_tier_above(app: Flask, province: Province) -> None:
    with transaction(SYSTEM, "test.teach", clock=province.clock) as work:
        rows = sa.select(TeachingAssignment).where(
            TeachingAssignment.person_id == province.first.person_ids["longpd"]
        )
        for row in work.session.scalars(rows):
            row.person_id = province.first.person_ids["giangnt"]
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "4"}, who=HEAD)
    request = ask(province, HEAD, old="4", new="8")
    sit(province, request, OTHER)
    with pytest.raises(Forbidden):
        sit(province, request, HEAD)  # nobody approves what they asked for
    sit(province, request, LEADER_ABOVE)


def test_a_mark_raised_by_the_whole_way_names_everybody_to_the_tier_above(
    app: Flask, province: Province
) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "4"})
    request = ask(province, old="4", new="8")
    for who in (OTHER, HEAD, TEACHER, BOARD, DEPUTY):
        sit(province, request, who)
    (line,) = after_lock(province).lines
    assert (line.change.old, line.change.new) == (Decimal(4), Decimal(8))
    assert line.request is not None
    assert line.approved_by == ("Nguyễn Thị Giang",)
    assert {"Bùi Thị Thu Hà", "Trần Bá Quân", "Nhữ Văn Học"} <= set(line.witnesses)
    assert after_lock(province).without == 0


def test_one_students_marks_raised_while_the_book_is_open_stand_out(app: Flask, province: Province) -> None:
    """No lock holds yet: the tier above sees the student's name and who raised what."""
    for column in ("regular_1", "regular_2", "midterm"):
        save(province, TEACHER, "7A", [(0, None, "4")], column)
    for column in ("regular_1", "regular_2", "midterm"):
        province.now += timedelta(days=1)
        save(province, TEACHER, "7A", [(0, "4", "8")], column)
    (prompt,) = watched(province).of(Pattern.ONE_STUDENT)
    assert (prompt.about, prompt.cells, prompt.total) == ("Nguyễn Hoàng An", 3, Decimal(12))
    assert prompt.person == "Phạm Đức Long"


def test_a_school_can_take_nothing_back(app: Flask, province: Province) -> None:
    """What was written stands in the history whatever is written after it."""
    enter_everything(province)
    save(province, TEACHER, "7A", [(0, "5", "8")], "midterm")
    save(province, TEACHER, "7A", [(0, "8", "5")], "midterm")
    assert watched(province).changes == 2
    assert db.session.scalar(sa.select(sa.func.count(TxLog.id)).where(TxLog.action == "sheet.enter")) == 4
    assert db.session.scalar(sa.select(sa.func.count(ExceptionNote.id))) == 0


def test_what_a_teacher_of_the_school_may_not_read(app: Flask, province: Province) -> None:
    for who, error in ((TEACHER, Forbidden), ("giangnt.thcsba", NotFound)):
        with pytest.raises(error):
            watched(province, who)
    assert watched(province, HEAD).prompts == []
