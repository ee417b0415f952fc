"""Requests of the demo to open locked cells: one granted, one refused, one that waits for the commune's answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.demo.accounts import act
from app.demo.plan import at
from app.demo.schools import MAIN
from app.demo.world import School, Sheet, World
from app.errors import Invalid
from app.extensions import db
from app.services.clock import local_day
from app.services.lock_requests import NewExtension, ask, decide

LATE, SICK, CHECKED = (
    "Lớp kiểm tra bù sau ngày nhập điểm vì nghỉ tránh bão",
    "Giáo viên nghỉ ốm đúng ngày nhập điểm",
    "Nhập nốt điểm của hai em kiểm tra bù trong tuần",
)


def ask_and_answer(world: World) -> None:
    """Teachers of the main school ask for locked columns; the head grants one and refuses one, the rest waits."""
    school = world.units[MAIN]
    sheets = school.sheets_of(world.plan.current.start_year, world.plan.term)
    others = [sheet for sheet in sheets if not sheet.name.startswith("9")]
    until = at(world.plan.day + timedelta(days=4), 0)
    granted = _ask(world, others[:6], LATE, until)
    refused = _ask(world, others[-6:], SICK, until)
    _ask(world, [sheet for sheet in sheets if sheet.name.startswith("9")][:6], CHECKED, until)
    _answer(world, school, granted, "Đồng ý, nhập xong báo lại Ban quản trị", grant=True)
    _answer(world, school, refused, "Đã phân công người nhập thay từ hôm đó", grant=False)


def _ask(world: World, sheets: Iterable[Sheet], reason: str, until: datetime) -> int | None:
    """Of these sheets the first with a column that a window locks; None on days when none is."""
    day = local_day(world.clock.now)
    for sheet in sheets:
        for column in sheet.columns:
            try:
                who = act(db.session(), sheet.member_for(column, day), day, fresh=True)
                return ask(who, sheet.id, NewExtension((column,), until, reason), clock=world.clock)
            except (Invalid, LookupError):
                continue
    return None


def _answer(world: World, school: School, request_id: int | None, text: str, *, grant: bool) -> None:
    """The head's, where only the school locks the column."""
    if request_id is None:
        return
    head = act(db.session(), school.head, local_day(world.clock.now), fresh=True)
    decide(head, request_id, grant, text, clock=world.clock)
