"""Backups, rehearsals, restores and hand-overs that were made, so that people see when the last one was. Append-only."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.archive import ArchiveKind, ArchiveOutcome
from app.models.base import Model, UTCDateTime, words

if TYPE_CHECKING:
    from app.models.org import OrgUnit


class ArchiveRun(Model):
    """One run of an archive command: what, when, by whom, of which file, with what result."""

    __tablename__ = "archive_run"
    __table_args__ = (sa.Index("ix_archive_run_kind", "kind", "happened_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ArchiveKind] = mapped_column(words(ArchiveKind), nullable=False)
    outcome: Mapped[ArchiveOutcome] = mapped_column(words(ArchiveOutcome, 8), nullable=False)
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    made_by: Mapped[str] = mapped_column(
        sa.String(64), nullable=False
    )  # the server's account, not one of ours
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("org_unit.id"))  # whose hand-over; empty: all
    file: Mapped[str] = mapped_column(sa.String(200), nullable=False)
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    digest: Mapped[str | None] = mapped_column(sa.String(64))  # SHA-256 of the file
    second_copy: Mapped[bool | None] = mapped_column()  # False: on the database's own disk (S3 mục 3)
    row_count: Mapped[int | None] = mapped_column(sa.BigInteger)
    message: Mapped[str | None] = mapped_column(sa.String(500))  # why it failed, as a msgid
    figures: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False, default=dict)
    report: Mapped[str | None] = mapped_column(sa.Text)  # biên bản diễn tập phục hồi
    unit: Mapped["OrgUnit | None"] = relationship()
