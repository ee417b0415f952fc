"""School years and their terms: dates per province, overridable by a school (facts F1)."""

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Model, Versioned

if TYPE_CHECKING:
    from app.models.org import OrgUnit


class SchoolYear(Model, Versioned):
    """A school year of a province, named by its first calendar year: 2026 is 2026-2027."""

    __tablename__ = "school_year"
    __table_args__ = (sa.UniqueConstraint("department_id", "start_year", name="uq_school_year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    start_year: Mapped[int] = mapped_column(nullable=False)
    starts_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    ends_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    department: Mapped["OrgUnit"] = relationship()

    @property
    def label(self) -> str:
        """As written: 2026–2027."""
        return f"{self.start_year}–{self.start_year + 1}"

    def __str__(self) -> str:
        return self.label


class Term(Model, Versioned):
    """Dates of a term, set by the department for the province or by a school for itself (the school's row wins)."""

    __tablename__ = "term"
    __table_args__ = (sa.UniqueConstraint("unit_id", "school_year_id", "number", name="uq_term"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), nullable=False, index=True)
    number: Mapped[int] = mapped_column(nullable=False)  # 1 or 2
    starts_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    ends_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    weeks: Mapped[int] = mapped_column(nullable=False)
    unit: Mapped["OrgUnit"] = relationship()
    school_year: Mapped[SchoolYear] = relationship()
