"""What the tests of retests and decisions share: a school's window for retests, and who teaches what."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import Book, WindowEffect, WindowMode
from app.extensions import db
from app.models import Account, LockWindow, Subject, TeachingAssignment, TeachingGroup
from app.services.unit_of_work import transaction
from tests.factories.province import FIRST_DAY, Province
from tests.services.results_helpers import Made


def open_book(
    province: Province,
    columns: tuple[str, ...] = ("retest",),
    *,
    opens: datetime | None = None,
    closes: datetime | None = None,
    mode: WindowMode = WindowMode.WHOLE_BOOK,
) -> None:
    """The first school's head opens these columns of term II, from an hour ago on unless said otherwise."""
    admin = db.session.scalar(sa.select(Account.id).where(Account.username == "quantb.thcstk"))
    with transaction(SYSTEM, "test.window", clock=province.clock) as work:
        work.session.add(
            LockWindow(
                owner_id=province.first.unit_id, school_year_id=province.year_id, term=2, book=Book.GRADEBOOK,
                effect=WindowEffect.OPEN, mode=mode, title="Đánh giá lại trong hè", reason="Kế hoạch hè",
                opens_at=opens or province.now - timedelta(hours=1), closes_at=closes, columns=list(columns),
                ordered_by_id=province.first.person_ids["giangnt"], executed_by_id=admin,
            )
        )  # fmt: skip


def teach(province: Province, made: Made, code: str, person: str) -> int:
    """The person is in charge of the subject in the class; the subject's id."""
    with transaction(SYSTEM, "test.assign", clock=province.clock) as work:
        group = work.session.scalars(
            sa.select(TeachingGroup).where(TeachingGroup.class_id == made.class_id)
        ).one()
        subject = work.session.scalars(sa.select(Subject).where(Subject.code == code)).one()
        work.session.add(
            TeachingAssignment(
                person_id=province.first.person_ids[person],
                group=group,
                subject=subject,
                starts_on=FIRST_DAY,
            )
        )
        return int(subject.id)
