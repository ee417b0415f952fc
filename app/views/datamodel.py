"""FAB's data layer on our scope: searching that understands names, counting that stops, rows with what a page shows."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.filters import BaseFilter, BaseFilterConverter, Filters
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext

from app.domain.dates import BadDate, parse_date
from app.errors import N_, Forbidden
from app.services import scope
from app.services.search import ESCAPE, FEW, escaped, name_matches
from app.views.context import actor, today

COUNT_CAP = 1000
"""Rows counted beyond the page shown; more are told as "1000+" (trap 15)."""

CODES_SEARCHED = ("student_code", "national_id", "staff_code", "code")
"""Columns a search for a name also looks into when digits are typed."""


class Count(int):
    """A number of rows, or the least there are (`more`)."""

    more = False

    def __new__(cls, value: int, more: bool = False) -> "Count":
        made = super().__new__(cls, value)
        made.more = more
        return made


class OneFilter(BaseFilter):
    """A filter of ours; blank values filter nothing."""

    arg_name = None

    def apply(self, query: Any, value: Any) -> Any:
        """Keep the rows that match."""
        text = str(value).strip()
        return query.filter(self.condition(text)) if text else query

    def condition(self, text: str) -> sa.ColumnElement[bool]:
        """SQL of the match."""
        raise NotImplementedError


class NameFilter(OneFilter):
    """Words of the folded name, or the start of a code."""

    name = lazy_gettext("Name")

    def condition(self, text: str) -> sa.ColumnElement[bool]:
        """Every word begins a word of the name."""
        codes = [getattr(self.model, column) for column in CODES_SEARCHED if hasattr(self.model, column)]
        return name_matches(self.model, text, *codes)


class StartsFilter(OneFilter):
    """Text that begins so."""

    name = lazy_gettext("Starts with")

    def condition(self, text: str) -> sa.ColumnElement[bool]:
        """LIKE with what was typed as itself."""
        return getattr(self.model, self.column_name).ilike(f"{escaped(text)}%", escape=ESCAPE)


class EqualFilter(OneFilter):
    """Exactly this value; one that can't be matches nothing."""

    name = lazy_gettext("Equal to")

    def condition(self, text: str) -> sa.ColumnElement[bool]:
        """Compare in the column's own type."""
        column = getattr(self.model, self.column_name)
        try:
            return column == _typed(column.type, text)
        except (ValueError, KeyError, BadDate):
            return sa.false()


class RelatedFilter(OneFilter):
    """The row hangs on this record."""

    name = lazy_gettext("Equal to")

    def condition(self, text: str) -> sa.ColumnElement[bool]:
        """Compare the foreign key; FAB's relations have one column."""
        (key,) = getattr(self.model, self.column_name).property.local_columns
        return key == int(text) if text.isascii() and text.isdigit() and len(text) < 18 else sa.false()


class ScopedFilter(BaseFilter):
    """FAB's row filter, reading the one scope."""

    name = "Scope"
    arg_name = None

    def apply(self, query: Any, _value: Any) -> Any:
        """Keep the rows the actor can reach."""
        return query.filter(scope.condition(actor(), self.model, today()))


class ScopedConverter(BaseFilterConverter):
    """One filter a column: a search form asks for values, not for operators."""

    def convert(self, column: str) -> list[BaseFilter] | None:
        """The column's filter; None for a name the model doesn't have."""
        data = self.datamodel
        if column not in data.list_properties:
            return None
        if column == "name_folded":
            return [NameFilter(column, data)]
        if data.is_relation(column):
            return [RelatedFilter(column, data)] if data.is_relation_many_to_one(column) else None
        free_text = (
            data.is_string(column) and not data.is_enum(column) and not column.endswith(("_code", "status"))
        )
        return [(StartsFilter if free_text else EqualFilter)(column, data)]


class ScopedInterface(SQLAInterface):
    """FAB's data layer with one bounded query a page and with every write through the unit of work."""

    filter_converter_class = ScopedConverter
    eager: tuple[Any, ...] = ()
    prepare: Callable[[Sequence[Any]], None] | None = None

    def __init__(self, obj: type, session: Any = None, *, eager: tuple[Any, ...] = ()) -> None:
        super().__init__(obj, session)
        self.eager = eager

    def query(
        self,
        filters: Filters | None = None,
        order_column: str = "",
        order_direction: str = "",
        page: int | None = None,
        page_size: int | None = None,
        select_columns: list[str] | None = None,
        outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]:
        """A page of rows with what it shows, and how many there are at least."""
        query = self.session.query(self.obj)
        if filters:
            query = filters.apply_all(query)
        size, first = page_size or COUNT_CAP, (page or 0) * (page_size or 0)
        order = self._order(order_column, order_direction)
        found = self._few(query) if filters and _searches(filters) else None
        if found is not None:
            query = self._by_keys(found)
        elif first >= COUNT_CAP:
            query = self._by_keys(self._keys(query.order_by(*order).offset(first).limit(size)))
        start = 0 if found is None and first >= COUNT_CAP else first
        rows = query.order_by(*order).options(*self.eager).offset(start).limit(size).all()
        if self.prepare is not None and page_size:
            self.prepare(rows)
        if found is None:
            return self._count(filters, first, len(rows), size), rows
        cap = first + COUNT_CAP
        return Count(min(len(found), cap), more=len(found) > cap), rows

    def _few(self, query: Any) -> list[Any] | None:
        """Keys of what a search found, when few: a rare name is sought in the index of names, a common one in order."""
        keys = self._keys(query.order_by(None).limit(FEW + 1))
        return keys if len(keys) <= FEW else None

    def _keys(self, query: Any) -> list[Any]:
        return [row[0] for row in query.with_entities(sa.inspect(self.obj).primary_key[0])]

    def _by_keys(self, keys: list[Any]) -> Any:
        return self.session.query(self.obj).filter(sa.inspect(self.obj).primary_key[0].in_(keys))

    def _order(self, column: str, direction: str) -> list[Any]:
        """The column asked for, then the key: a page never repeats a row."""
        key = sa.inspect(self.obj).primary_key[0]
        if not column:
            return [key]
        wanted = getattr(self.obj, column)
        return [wanted.desc(), key.desc()] if direction == "desc" else [wanted, key]

    def _count(self, filters: Any, first: int, found: int, size: int) -> Count:
        """Exact while it is cheap; counting 200,000 rows costs more than showing a page."""
        if found < size and (found or not first):
            return Count(first + found)
        query = self.session.query(self.obj)
        if filters:
            query = filters.apply_all(query)
        key = sa.inspect(self.obj).primary_key[0]
        cap = first + COUNT_CAP
        capped = query.with_entities(key).order_by(None).limit(cap + 1).subquery()
        number = self.session.query(sa.func.count()).select_from(capped).scalar()
        return Count(min(number, cap), more=number > cap)

    def add(self, item: Any, commit: bool = True) -> None:
        """FAB never writes a row of ours: ScopedModelView does, through the unit of work (trap 13)."""
        raise Forbidden(N_("Records are written through their own forms only."))

    edit = delete = add

    def delete_all(self, items: list[Any]) -> None:
        """Nothing of the record is ever deleted."""
        raise Forbidden(N_("Records are ended, not deleted."))


def _searches(filters: Filters) -> bool:
    """True when the reader looks for a name: the one search whose answer may be anywhere in the list."""
    return any(isinstance(kept, NameFilter) for kept in filters.filters)


def _typed(column_type: Any, text: str) -> Any:
    if isinstance(column_type, sa.Enum):
        return column_type.enum_class(text)
    if isinstance(column_type, sa.Integer):
        if len(text) > 18:
            raise ValueError(text)
        return int(text)
    if isinstance(column_type, sa.Date):
        return parse_date(text)
    if isinstance(column_type, sa.Boolean):
        return {"1": True, "0": False}[text]
    return text
