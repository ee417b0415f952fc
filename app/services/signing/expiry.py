"""Certificates that expire soon: their holders are told in time. Imported by the worker: nothing heavy here."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import SYSTEM
from app.domain.signing import NOTICE
from app.models import Certificate
from app.services.clock import VIETNAM, Clock
from app.services.notices import tell, tell_units
from app.services.unit_of_work import transaction


def warn_expiring(session: Session, *, clock: Clock) -> int:
    """Tell holders, and of seals everybody of the school, once, 30 days before a certificate expires.

    Returns how many were told of.
    """
    now = clock()
    due = (
        Certificate.ended_at.is_(None),
        Certificate.warned_at.is_(None),
        Certificate.not_after > now,
        Certificate.not_after <= now + NOTICE,
    )
    if session.scalar(sa.select(Certificate.id).where(*due).limit(1)) is None:
        return 0
    with transaction(SYSTEM, "certificate.warn", clock=clock) as work:
        rows = work.session.scalars(sa.select(Certificate).where(*due).with_for_update()).all()
        for row in rows:
            row.warned_at = work.now
            day = f"{row.not_after.astimezone(VIETNAM):%d/%m/%Y}"
            title = f"Chứng thư số sắp hết hạn: {row.name}"
            body = f"Hết hạn ngày {day}, số hiệu {row.serial}. Hãy gia hạn hoặc thêm chứng thư mới trước ngày này."
            if row.person_id is not None:
                tell(work, [row.person_id], title, body, "/certificates/")
            else:
                tell_units(work, [row.unit_id], title, body, "/certificates/unit")
        return len(rows)
