"""Sealed bundles of a class's book, and each check of them. Append-only: a round makes a new one."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.bundles import Occasion
from app.models.base import Model, UTCDateTime, words

if TYPE_CHECKING:
    from app.models.calendar import SchoolYear
    from app.models.classes import SchoolClass
    from app.models.org import OrgUnit
    from app.models.people import Account


class SealedBundle(Model):
    """One numbered folder of a class (S3 mục 2): the head's tracking book is the list of these with their digests.

    `folder` lies below the bundle folder of the installation; `digest`: SHA-256 of its manifest, which lists every file
    and names the manifest before it. `source_id`: the closing, correction or lock window that gave rise to it.
    """

    __tablename__ = "sealed_bundle"
    __table_args__ = (
        sa.UniqueConstraint("class_id", "number", name="uq_sealed_bundle"),
        sa.Index("ix_sealed_bundle_unit", "unit_id", "school_year_id", "term"),
        sa.Index("ix_sealed_bundle_source", "occasion", "source_id", "class_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), nullable=False)
    term: Mapped[int] = mapped_column(nullable=False)  # 1, 2, or 0 for the year
    number: Mapped[int] = mapped_column(nullable=False)
    occasion: Mapped[Occasion] = mapped_column(words(Occasion), nullable=False)
    source_id: Mapped[int | None] = mapped_column()
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))  # empty: the program, by itself
    folder: Mapped[str] = mapped_column(sa.String(240), nullable=False)
    files: Mapped[int] = mapped_column(nullable=False)
    size: Mapped[int] = mapped_column(sa.BigInteger, nullable=False)
    digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    previous: Mapped[str | None] = mapped_column(sa.String(64))
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped["SchoolYear"] = relationship()
    school_class: Mapped["SchoolClass"] = relationship()
    user: Mapped["Account | None"] = relationship()


class BundleCheck(Model):
    """A bundle was compared with its manifest; `faults`: pairs of what was found and in which file, empty for none."""

    __tablename__ = "bundle_check"
    __table_args__ = (sa.Index("ix_bundle_check", "bundle_id", "checked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bundle_id: Mapped[int] = mapped_column(sa.ForeignKey("sealed_bundle.id"), nullable=False)
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    faults: Mapped[list[list[str]]] = mapped_column(sa.JSON, nullable=False)
