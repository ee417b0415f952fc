"""What the tests of verbs share: an actor by account name, and plan lines of the small province."""

from collections.abc import Iterable

import sqlalchemy as sa

from app.domain.access import SYSTEM, Actor
from app.domain.vocabulary import Level
from app.extensions import db
from app.models import Account, SubjectPlan
from app.services.actors import actor_for
from app.services.clock import local_day
from app.services.unit_of_work import transaction
from tests.factories.province import Province


def acting(province: Province, username: str) -> Actor:
    """The actor behind an account today."""
    account = db.session.scalars(sa.select(Account).where(Account.username == username)).one()
    return actor_for(db.session(), account, local_day(province.now))


def plan_for(province: Province, lines: Iterable[tuple[str, int, str]], unit_id: int | None = None) -> None:
    """Give grade 7 of the province's year these (subject, lessons, status) lines."""
    with transaction(SYSTEM, "test.plan", clock=province.clock) as work:
        for code, lessons, status in lines:
            work.session.add(
                SubjectPlan(
                    unit_id=unit_id or province.department_id,
                    school_year_id=province.year_id,
                    level=Level.LOWER_SECONDARY,
                    grade=7,
                    subject_id=province.subject_ids[code],
                    annual_lessons=lessons,
                    status=status,
                )
            )
