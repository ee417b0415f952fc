"""What the tier above does in the demo: an inspector sent, accesses reviewed at two schools, one exception looked at."""

from datetime import timedelta

import sqlalchemy as sa

from app.demo.accounts import act
from app.demo.schools import MAIN
from app.demo.world import World
from app.domain.access import Actor
from app.extensions import db
from app.models import ExceptionNote
from app.services.access_review import access_list, sign_review
from app.services.clock import local_day
from app.services.exception_feed import mark_looked
from app.services.inspections import NewInspection, send_inspector
from app.services.years import chosen_period

INSPECTED = (MAIN, "thptbg")
REVIEWED = (MAIN, "thptbg")
CHECKED = "Đã đối chiếu từng tài khoản với quyết định phân công; khóa hai tài khoản không còn dùng"
FOUND = "Đã xem quyết định và giấy nghỉ ốm kèm theo, đúng quy định"


def watch_over(world: World) -> None:
    """The department inspects two schools from now on; their heads have signed who has access."""
    _send(world)
    for code in REVIEWED:
        _review(world, code)
    _look(world)


def _send(world: World) -> None:
    office = world.units["sogd"]
    today = local_day(world.clock.now)
    send_inspector(
        _head(world, "sogd"),
        NewInspection(
            person_id=office.staff["inspector"].person_id,
            unit_ids=[world.units[code].id for code in INSPECTED],
            starts_on=today,
            ends_on=today + timedelta(days=30),
            decision="112/QĐ-SGDĐT",
            purpose="Kiểm tra việc quản lý, sử dụng sổ điểm điện tử",
        ),
        clock=world.clock,
    )


def _review(world: World, code: str) -> None:
    head, now = _head(world, code), world.clock.now
    period = chosen_period(db.session(), head, local_day(now), None, None)
    if period is not None:
        seen = access_list(db.session(), head, world.units[code].id, period, now).digest
        sign_review(head, period, seen, CHECKED, clock=world.clock)


def _look(world: World) -> None:
    """The department has looked at the delegation of the term."""
    query = sa.select(ExceptionNote.id).where(ExceptionNote.unit_id == world.units[MAIN].id)
    note = db.session.scalar(query.order_by(ExceptionNote.id).limit(1))
    if note is not None:
        mark_looked(_head(world, "sogd"), note, FOUND, clock=world.clock)


def _head(world: World, code: str) -> Actor:
    return act(db.session(), world.units[code].head, local_day(world.clock.now), fresh=True)
