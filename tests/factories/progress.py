"""Steps of the tests about progress, on the small province: who asks, what is entered, opened and added."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import Book, Role, WindowEffect, WindowMode
from app.extensions import db
from app.models import Account, LockWindow, Position
from app.services.actors import actor_for
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from app.services.progress_offices import OfficeProgress, office_progress
from app.services.progress_schools import SchoolProgress, school_progress
from app.services.progress_teacher import TeacherHome, teacher_home
from app.services.unit_of_work import transaction
from app.services.years import Period, chosen_period
from tests.factories import province as factory
from tests.factories.province import Province, School

TEACHER, HEAD, OFFICER = "longpd.thcstk", "giangnt.thcstk", "vanlt.sogd"
MATH_CELLS = ("regular_1", "regular_2", "regular_3", "regular_4", "midterm", "final")


def actor(province: Province, username: str) -> Any:
    account = db.session.scalars(sa.select(Account).where(Account.username == username)).one()
    return actor_for(db.session(), account, local_day(province.now))


def period(province: Province, username: str, term: int = 1) -> Period:
    found = chosen_period(db.session(), actor(province, username), local_day(province.now), None, term)
    assert found is not None
    return found


def home(province: Province, username: str = TEACHER, term: int = 1) -> TeacherHome:
    return teacher_home(
        db.session(), actor(province, username), period(province, username, term), province.now
    )


def school(province: Province, username: str = HEAD, unit_id: int | None = None) -> SchoolProgress:
    unit = unit_id or province.first.unit_id
    return school_progress(
        db.session(), actor(province, username), unit, period(province, username), province.now
    )


def office(province: Province, username: str = OFFICER) -> OfficeProgress:
    return office_progress(db.session(), actor(province, username), period(province, username), province.now)


def enter(province: Province, sheet: int, *cells: tuple[int, str, str | None, str | None]) -> None:
    enter_scores(actor(province, TEACHER), sheet, [CellChange(*c) for c in cells], clock=province.clock)


def fill(province: Province, columns: tuple[str, ...], students: int = 8, subject: str = "math") -> int:
    """Enter the columns of 7A for the first so many students; returns the sheet's id."""
    sheet = province.first.sheet_ids["7A", subject, 1]
    value = "8" if subject == "math" else "Đ"
    enter(
        province,
        sheet,
        *((s, c, None, value) for s in province.first.student_ids[:students] for c in columns),
    )
    return sheet


def arrange(province: Province, change: Callable[[Any], None]) -> None:
    """A set-up step of the test in one transaction."""
    with transaction(SYSTEM, "test.arrange", clock=province.clock) as work:
        change(work.session)


def window(province: Province, school: School, closes_at: datetime, *columns: str, **scope: Any) -> None:
    """The school opens columns until then; entered cells are final afterwards."""

    def add(session: Any) -> None:
        session.add(
            LockWindow(
                owner_id=school.unit_id, school_year_id=province.year_id, term=1, book=Book.GRADEBOOK,
                effect=WindowEffect.OPEN, mode=WindowMode.ENTERED_CELLS, columns=list(columns), title="Nhập điểm",
                reason="Kế hoạch", opens_at=datetime(2026, 9, 7, tzinfo=UTC), closes_at=closes_at,
                ordered_by_id=school.person_ids["giangnt"], executed_by_id=1, **scope,
            )
        )  # fmt: skip

    arrange(province, add)


def builder_of(province: Province, work: Any, pupils: int = 12) -> Any:
    """The factory's builder, going on in an existing province."""
    builder = factory._Builder(pupils)
    builder.work = work
    builder.year_id, builder.subjects = province.year_id, province.subject_ids
    builder.department_id, builder.commune_id = province.department_id, province.commune_id
    return builder


def grow(province: Province) -> None:
    """More schools, classes, students, windows and marks."""
    with transaction(SYSTEM, "test.arrange", clock=province.clock) as work:
        work.stamp()
        builder = builder_of(province, work)
        for n in range(2):
            builder.school(f"thcs{n}", f"THCS Mới {n}")
        for name in ("7C", "7D", "7E"):
            builder.school_class(province.first, name, "longpd")
        work.session.add(
            Position(
                person_id=province.first.person_ids["giangnt"], unit_id=province.first.unit_id,
                role=Role.SUBJECT_TEACHER, title="Giáo viên", starts_on=date(2026, 9, 1),
            )
        )  # fmt: skip
    for n in range(1, 4):
        window(province, province.first, province.now + timedelta(days=n), f"regular_{n}")
    fill(province, MATH_CELLS)
