"""What the tests of inspection share: an inspector of the department, and a change made behind the program's back."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.names import fold, sort_key
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Role
from app.extensions import db
from app.models import Account, Grade, Person, Position, TxLog
from app.services import guards
from app.services.clock import local_day
from app.services.history import versions_of
from app.services.inspections import NewInspection, send_inspector
from app.services.unit_of_work import transaction
from tests.factories.province import LONG_AGO, PASSWORD_HASH, Province
from tests.services.helpers import acting

INSPECTOR = "vinhtq.sogd"


def add_inspector(province: Province) -> int:
    """A person of the department who inspects and does nothing else; returns the person's id."""
    with transaction(SYSTEM, "test.inspector", clock=province.clock) as work:
        person = Person(
            unit_id=province.department_id, family_name="Tạ", middle_name="Quang", given_name="Vinh",
            full_name="Tạ Quang Vinh", name_folded=fold("Tạ Quang Vinh"), sort_key=sort_key("Tạ", "Quang", "Vinh"),
        )  # fmt: skip
        work.session.add(person)
        work.flush()
        work.session.add(
            Position(
                person_id=person.id, unit_id=province.department_id, role=Role.INSPECTOR,
                title="Thành viên đoàn kiểm tra", starts_on=LONG_AGO, ends_on=date(2027, 12, 31),
            )
        )  # fmt: skip
        work.session.add(
            Account(
                username=INSPECTOR, first_name="Tạ Quang", last_name="Vinh", active=True, password=PASSWORD_HASH,
                unit_id=province.department_id, person_id=person.id,
            )
        )  # fmt: skip
        return person.id


def inspect(province: Province, person_id: int, *units: int, days: int = 5) -> int:
    """Send the inspector into these units from today on."""
    today = local_day(province.now)
    return send_inspector(
        acting(province, "binhhv.sogd"),
        NewInspection(
            person_id, units, today, today.replace(day=today.day + days), "15/QĐ-SGDĐT", "Kiểm tra sổ"
        ),
        clock=province.clock,
    )


def forge(province: Province, sheet_id: int, student_id: int, username: str, **values: Any) -> datetime:
    """Write values into the book past the program, with history rows that look like a save's."""
    account = db.session.scalars(sa.select(Account).where(Account.username == username)).one()
    at = province.clock()
    version = versions_of(SheetForm.MARKS).__table__
    grade = Grade.__table__
    with guards.lifted("a forged change for a test"):
        tx = db.session.execute(
            sa.insert(TxLog.__table__).values(
                issued_at=at, user_id=account.id, person_id=account.person_id, unit_id=account.unit_id,
                action="sheet.enter",
            )
        ).inserted_primary_key[0]  # fmt: skip
        where = (grade.c.sheet_id == sheet_id, grade.c.student_id == student_id)
        db.session.execute(sa.update(grade).where(*where).values(**values))
        row = dict(db.session.execute(sa.select(grade).where(*where)).one()._mapping)
        db.session.execute(sa.insert(version).values(**row, transaction_id=tx, operation_type=1))
        db.session.commit()
    return at
