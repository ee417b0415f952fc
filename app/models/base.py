"""Column types and mixins shared by all models. Its first import turns versioning on."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.domain.marks import decode, encode
from app.domain.vocabulary import Passing
from app.versioning import UTCDateTime  # importing it turns versioning on, before any model class

__all__ = ["Dated", "MarkType", "Model", "Named", "UTCDateTime", "Versioned", "in_force", "words"]


class MarkType(sa.types.TypeDecorator[Decimal | Passing]):
    """A mark as a small integer: tenths of a point 0…100, or 200 Chưa đạt / 201 Đạt; Decimal or Passing in Python.

    Exact on both engines; a column of it carries `mark_check` so that nothing else can be stored.
    """

    impl = sa.SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | Passing | None, dialect: sa.Dialect) -> int | None:
        return encode(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | Passing | None:
        return decode(value)

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], int | None]:
        """`encode` itself: a school's marks are half a million values, and TypeDecorator would wrap each call twice."""
        return encode

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any]:
        """`decode` itself."""
        return decode


def mark_check(table: str, column: str) -> sa.CheckConstraint:
    """CHECK that the stored code is a mark (0–10 in steps of 0,1, or Đạt / Chưa đạt)."""
    return sa.CheckConstraint(
        f"{column} IS NULL OR {column} BETWEEN 0 AND 100 OR {column} IN (200, 201)",
        name=f"ck_{table}_{column}",
    )


def words(enum: type, length: int = 24) -> sa.Enum:
    """A string column holding the values (not the names) of a StrEnum, the same on both engines."""
    return sa.Enum(
        enum,
        native_enum=False,
        length=length,
        values_callable=lambda e: [m.value for m in e],
        create_constraint=False,
    )


class Versioned:
    """Rows whose every change is kept for ever by Continuum."""

    __versioned__: dict[str, Any] = {}


class Dated:
    """In force from starts_on (inclusive) to ends_on (inclusive; empty = still in force)."""

    @declared_attr
    def starts_on(cls) -> Mapped[date]:
        return mapped_column(sa.Date, nullable=False)

    @declared_attr
    def ends_on(cls) -> Mapped[date | None]:
        return mapped_column(sa.Date)


class Named:
    """A person's name in parts (never guessed from word order) with what search and sort need.

    `given_name` is the tên; `full_name` is how it is written, e.g. "Y Khương Byă" whose tên is Khương.
    """

    family_name: Mapped[str] = mapped_column(sa.String(40), nullable=False, default="")
    middle_name: Mapped[str] = mapped_column(sa.String(60), nullable=False, default="")
    given_name: Mapped[str] = mapped_column(sa.String(40), nullable=False)
    full_name: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    name_folded: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    sort_key: Mapped[str] = mapped_column(sa.String(191), nullable=False)


def in_force(model: Any, day: date | sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    """SQL: the dated row is in force on `day`."""
    return sa.and_(model.starts_on <= day, sa.or_(model.ends_on.is_(None), model.ends_on >= day))
