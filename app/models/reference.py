"""Seeded code lists (facts F4) and facts about the database itself."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model


class CodeItem(Model):
    """One code of one list: ethnicity, religion, status … Seeded and kept true by `flask init-app`."""

    __tablename__ = "code_item"
    __table_args__ = (sa.UniqueConstraint("list_name", "code", name="uq_code_item"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_name: Mapped[str] = mapped_column(sa.String(32), nullable=False)
    code: Mapped[str] = mapped_column(sa.String(24), nullable=False)
    label: Mapped[str] = mapped_column(sa.String(160), nullable=False)
    order_no: Mapped[int] = mapped_column(nullable=False, default=0)

    def __str__(self) -> str:
        return self.label


class Installation(Model):
    """Facts about this database, e.g. that it is a demonstration."""

    __tablename__ = "installation"

    key: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200), nullable=False)
