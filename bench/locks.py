"""What is open of a whole school's sheets, under windows, freezes and single openings: asked set by set."""

import statistics
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app.domain.access import Actor
from app.domain.vocabulary import WindowEffect, WindowMode
from app.extensions import db
from app.models import Account
from app.services.actors import actor_for
from app.services.clock import local_day
from app.services.lock_states import school_states
from app.services.lock_windows import NewWindow, add_window
from bench.result import Line
from bench.results import CLASSES, seed_school
from bench.sheet import timed
from tests.conftest import counting
from tests.factories import province as factory
from tests.factories.province import Province

ROUNDS = 10


def measure(app: Flask, engine: str) -> list[Line]:
    """Statements and time of one look at all sheets of the term."""
    with app.app_context():
        province = factory.build(app, pupils=1)
        seed_school(province, CLASSES, per_class=1)
        head = _actor(province, "giangnt.thcstk")
        for owner, new in _windows(province):
            add_window(
                _actor(province, owner), _actor(province, owner).unit_id or 0, new, clock=province.clock
            )

        def look() -> int:
            db.session.remove()
            return len(
                school_states(db.session(), head, province.first.unit_id, province.year_id, 1, province.now)
            )

        with counting(app) as statements:
            sheets = look()
        asked = len(statements)
        times = [timed(look) for _n in range(ROUNDS)]
    return [
        Line(engine, f"lock state of a school's {sheets} sheets", asked, "statements", most=3),
        Line(engine, "time of it", statistics.median(times), "ms"),
    ]


def _actor(province: Province, username: str) -> Actor:
    account = db.session.scalars(sa.select(Account).where(Account.username == username)).one()
    return actor_for(db.session(), account, local_day(province.now))


def _windows(province: Province) -> Iterator[tuple[str, NewWindow]]:
    """A freeze of the office, and windows of the school over grades, columns, a subject, a class and single cells."""
    school, opens = province.first, province.now + timedelta(minutes=1)
    closes = opens + timedelta(days=20)
    sheet = school.sheet_ids["7A", "math", 1]
    for owner, effect, scope in (
        ("binhhv.sogd", WindowEffect.SHUT, {"unit_ids": (province.second.unit_id,)}),
        ("sonlv.xatk", WindowEffect.SHUT, {"columns": ("final",)}),
        ("giangnt.thcstk", WindowEffect.OPEN, {"grades": (6, 7)}),
        ("giangnt.thcstk", WindowEffect.SHUT, {"subject_ids": (province.subject_ids["math"],), "columns": ("midterm",)}),
        ("giangnt.thcstk", WindowEffect.SHUT, {"class_ids": (school.class_ids["7B"],)}),
        ("giangnt.thcstk", WindowEffect.SHUT, {"sheet_id": sheet, "student_ids": (school.student_ids[0],)}),
    ):  # fmt: skip
        yield (
            owner,
            NewWindow(
                province.year_id,
                "Lịch",
                "Kế hoạch",
                effect,
                WindowMode.WHOLE_BOOK,
                opens,
                closes,
                term=1,
                **scope,
            ),
        )
