"""School records that came from other schools: kept as they were sent, read only, each with its source."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, UTCDateTime

if TYPE_CHECKING:
    from app.models.org import OrgUnit
    from app.models.people import Account, Student


class IncomingRecord(Model):
    """A student's record of another school, as its file says it. Append-only: a mistake is put aside, with a reason.

    `content` is the open record itself (`exchange/records.StudentRecord`), `digest` the SHA-256 of it.
    """

    __tablename__ = "incoming_record"
    __table_args__ = (sa.UniqueConstraint("student_id", "digest", name="uq_incoming_record"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False, index=True)
    source_code: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    source_name: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)  # when the source wrote it
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    content: Mapped[str] = mapped_column(
        sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), nullable=False
    )
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    aside_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    aside_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    aside_reason: Mapped[str | None] = mapped_column(sa.String(300))
    student: Mapped["Student"] = relationship()
    unit: Mapped["OrgUnit"] = relationship()
    user: Mapped["Account"] = relationship(foreign_keys=[user_id])
    aside_by: Mapped["Account | None"] = relationship(foreign_keys=[aside_by_id])
