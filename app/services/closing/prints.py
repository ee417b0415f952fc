"""Which class books have been printed as they stand: read from the register of prints (S4 Điều 18, Điều 19)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import AuditEvent, SchoolClass, SchoolYear
from app.reports import catalogue

CLASS_BOOK = "print.class_book"


def unprinted_classes(
    session: Session,
    unit_id: int,
    year: SchoolYear,
    rooms: Sequence[SchoolClass],
    changed: Mapping[int | None, datetime | None],
) -> frozenset[int]:
    """Classes whose book has a printed form and was not printed since its last change; one statement."""
    begins = datetime.combine(year.starts_on, time(), UTC)
    query = sa.select(AuditEvent.happened_at, AuditEvent.details).where(
        AuditEvent.unit_id == unit_id, AuditEvent.action == CLASS_BOOK, AuditEvent.happened_at >= begins
    )
    printed: dict[int, datetime] = {}
    for at, details in session.execute(query):
        class_id = details.get("class_id")
        printed[class_id] = max(at, printed.get(class_id, at))
    return frozenset(
        room.id
        for room in rooms
        if catalogue.CLASS_BOOK.valid_for(year.start_year, room.grade)
        and (room.id not in printed or ((at := changed.get(room.id)) is not None and printed[room.id] < at))
    )
