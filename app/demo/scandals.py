"""The two affairs HocVu is made against, replayed (needs A1, A2): one plain to see from above, one stopped there."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from app.demo.accounts import act
from app.demo.classes import TAUGHT_BY_HEAD
from app.demo.corrections import ask_for, bring_to
from app.demo.marks import tenths_of
from app.demo.plan import ONE_DAY, at
from app.demo.schools import MAIN
from app.demo.trail import RAISED, RAISED_AT, Batch, Trail
from app.demo.world import Member, Sheet, World
from app.domain.access import Actor
from app.domain.corrections import State
from app.extensions import db
from app.services.clock import local_day
from app.services.publications import publish

EACH, COLUMN = 8, "midterm"
"""How many posted marks are raised in a class (in a small seed some twice), and which."""

HIGHEST = 100
"""In tenths: a mark that can't go up."""

MORE = Decimal(3)
WISH = "Em cần đủ điểm để được xét danh hiệu, đề nghị nâng điểm đánh giá thường xuyên"
REFUSAL = "Bài kiểm tra của em được chấm đúng; không có căn cứ để nâng điểm"


def plan_raised_marks(world: World, trail: Trail) -> None:
    """Scandal 1: the morning after the last marks the head posts them; in the evening they rise in several classes."""
    sheets = {sheet.id: sheet for sheet in _raised_sheets(world)}
    entered = [
        batch.moment
        for batch in trail.planned
        if batch.sheet.id in sheets and COLUMN in batch.columns and not batch.corrects
    ]
    posted = at(local_day(max(entered)) + ONE_DAY, 9, 5)
    trail.planned = [batch for batch in trail.planned if not _after(batch, posted)]
    world.timeline.add(posted, partial(_post, world))
    moment = at(local_day(posted), 20, 14)
    for sheet in sheets.values():
        for place in range(EACH):
            world.timeline.add(moment, partial(_raise, world, trail, sheet, place))
            moment += timedelta(seconds=31)
        moment += timedelta(minutes=4)


def _raised_sheets(world: World) -> list[Sheet]:
    school, plan = world.units[RAISED_AT], world.plan
    return [
        school.sheets[plan.current.start_year, plan.term, name, subject] for name, subject in sorted(RAISED)
    ]


def _after(batch: Batch, posted: datetime) -> bool:
    """True for a correction of posted marks: of those the scandal's are to be the only ones."""
    here = batch.sheet.school == RAISED_AT and COLUMN in batch.columns
    return here and batch.corrects is not None and batch.moment >= posted


def _post(world: World) -> None:
    head = _fresh(world, world.units[RAISED_AT].head)
    year_id = world.years[world.plan.current.start_year]
    publish(head, year_id, world.plan.term, (COLUMN,), 5, "Điểm giữa kì", clock=world.clock)


def _raise(world: World, trail: Trail, sheet: Sheet, place: int) -> None:
    day = local_day(world.clock.now)
    marks = {s: trail.marker.known(sheet, s, COLUMN) for s in sheet.students(day)}
    held = [s for s, mark in marks.items() if mark and tenths_of(mark) < HIGHEST]
    if held:
        change = trail.correction(sheet, held[place % len(held)], COLUMN, upward=True)
        trail.enter(sheet.member_for(COLUMN, day), sheet, [change])


def ask_as_the_head(world: World, folder: Path) -> None:
    """Scandal 2: the head, who teaches a class too, asks for a student's mark to be raised; the commune refuses."""
    school, above, plan = world.units[MAIN], world.units["xael"], world.plan
    sheet = school.sheets[plan.current.start_year, plan.term, *TAUGHT_BY_HEAD]
    request_id = ask_for(world, sheet, 0, MORE, WISH, folder)
    if request_id is not None:
        people = [*school.staff.values(), *above.staff.values()]
        bring_to(world, people, request_id, State.REFUSED, REFUSAL)


def _fresh(world: World, member: Member) -> Actor:
    return act(db.session(), member, local_day(world.clock.now), fresh=True)
