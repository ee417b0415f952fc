"""Archive media and what they were read as, and the jobs that make large files for them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.media import ExportKind, MediumEnd, MediumKind, Reading
from app.models.base import Model, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.org import OrgUnit
    from app.models.people import Account, Person


class ExportJob(Model):
    """A large file made in the background: an image of sealed bundles, a collection, a hand-over. Mutable.

    `result` tells what is in it: `list_digest`, SHA-256 of the list of bundles inside, is what a medium is known by.
    """

    __tablename__ = "export_job"
    __table_args__ = (
        sa.Index("ix_export_job_unit", "unit_id", "created_at"),
        sa.Index("ix_export_job_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ExportKind] = mapped_column(words(ExportKind), nullable=False)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    school_year_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_year.id"))
    term: Mapped[int | None] = mapped_column()  # 1, 2, or 0 for the year; empty for a hand-over
    title: Mapped[str] = mapped_column(sa.String(240), nullable=False)
    params: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False)
    state: Mapped[str] = mapped_column(sa.String(12), nullable=False)  # as of a print job
    done: Mapped[int] = mapped_column(nullable=False, default=0)
    total: Mapped[int] = mapped_column(nullable=False, default=0)
    file: Mapped[str | None] = mapped_column(sa.String(200))
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    digest: Mapped[str | None] = mapped_column(sa.String(64))  # SHA-256 of the file
    result: Mapped[dict[str, Any]] = mapped_column(sa.JSON, nullable=False, default=dict)
    message: Mapped[str | None] = mapped_column(sa.String(500))  # why it failed, as a msgid
    claim: Mapped[str | None] = mapped_column(sa.String(32))
    beat_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(nullable=False, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear | None"] = relationship()
    user: Mapped["Account"] = relationship()


class ArchiveMedium(Model, Versioned):
    """A DVD, USB stick or disk with sealed bundles (S3 mục 3, S4 Điều 20 khoản 3), in the register of who keeps it.

    `digest`: SHA-256 of the list on it. `folder`: where it is mounted on this server, if it is; `on_own_disk`: that
    folder was found to lie on the disk of the data, so the copy does not count. A lost or destroyed one ends, and stays.
    """

    __tablename__ = "archive_medium"
    __table_args__ = (
        sa.UniqueConstraint("unit_id", "serial", name="uq_archive_medium"),
        sa.Index("ix_archive_medium_year", "school_year_id", "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)  # 1, 2, or 0 for the year
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("export_job.id"), nullable=False)
    kind: Mapped[MediumKind] = mapped_column(words(MediumKind), nullable=False)
    serial: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    seal_number: Mapped[str | None] = mapped_column(sa.String(40))
    place: Mapped[str] = mapped_column(sa.String(200), nullable=False)
    folder: Mapped[str | None] = mapped_column(sa.String(240))
    on_own_disk: Mapped[bool] = mapped_column(nullable=False, default=False)
    keeper_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    checker_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    bundles: Mapped[int] = mapped_column(nullable=False)
    newest_bundle: Mapped[int] = mapped_column(
        nullable=False
    )  # the last one that existed when the image was made
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_as: Mapped[MediumEnd | None] = mapped_column(words(MediumEnd))
    ended_reason: Mapped[str | None] = mapped_column(sa.String(300))
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    keeper: Mapped["Person"] = relationship(foreign_keys=[keeper_id])
    checker: Mapped["Person"] = relationship(foreign_keys=[checker_id])
    user: Mapped["Account"] = relationship(foreign_keys=[user_id])
    ended_by: Mapped["Account | None"] = relationship(foreign_keys=[ended_by_id])


class MediumCheck(Model):
    """A medium was read again by the leader assigned to it (S3 mục 3). Append-only.

    `digest`: of the list as read; `faults`: what did not fit, empty for none; `report`: what the checker said.
    """

    __tablename__ = "medium_check"
    __table_args__ = (sa.Index("ix_medium_check", "medium_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    medium_id: Mapped[int] = mapped_column(sa.ForeignKey("archive_medium.id"), nullable=False)
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    reading: Mapped[Reading] = mapped_column(words(Reading), nullable=False)
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    bundles: Mapped[int | None] = mapped_column()
    faults: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False)
    report: Mapped[str | None] = mapped_column(sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"))
    medium: Mapped["ArchiveMedium"] = relationship()
    user: Mapped["Account"] = relationship()
