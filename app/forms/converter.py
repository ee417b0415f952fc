"""From a model's columns to our form fields: FAB's converter with Vietnamese dates, code lists and scoped choices."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.forms import DynamicForm
from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from app.forms import fields
from app.models import OrgUnit, Person, SchoolClass, Student, TeachingGroup
from app.views.formats import present
from app.views.widgets import TextArea

REMOTE: Mapping[type, str] = {
    Person: "person",
    Student: "student",
    SchoolClass: "school_class",
    TeachingGroup: "teaching_group",
    OrgUnit: "org_unit",
}
"""Models too big for a select: chosen by typing (trap 14)."""

LONG_TEXT = 200
REQUIRED = _("Fill this in.")


def required(message: Any = REQUIRED) -> Any:
    """Validator: something must be given."""
    return DataRequired(message=message)


def make_form(
    datamodel: Any,
    columns: list[str],
    *,
    labels: Mapping[str, Any],
    help_texts: Mapping[str, Any],
    codes: Mapping[str, str],
    extra: Mapping[str, Any],
    rows_of: Callable[[type], Iterable[Any]],
    searching: bool = False,
) -> type[DynamicForm]:
    """A form class with a field a column. `codes` name code lists, `extra` are ready fields, `rows_of` loads choices.

    A search form requires nothing and offers a blank everywhere.
    """
    made: dict[str, Any] = {}
    for name in columns:
        if name in extra:
            made[name] = extra[name]
            continue
        settings = {"label": labels.get(name, name), "description": help_texts.get(name, "")}
        made[name] = _field(datamodel, name, settings, codes, rows_of, searching)
    return type("DynamicForm", (DynamicForm,), made)


def _field(
    datamodel: Any,
    name: str,
    settings: dict[str, Any],
    codes: Mapping[str, str],
    rows_of: Callable[[type], Iterable[Any]],
    searching: bool,
) -> Any:
    mapper = sa.inspect(datamodel.obj)
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        (column,) = relation.local_columns
        return _relation(relation.mapper.class_, settings, _presence(column, searching), rows_of)
    column = mapper.columns[name]
    validators = _presence(column, searching)
    if name in codes:
        return fields.CodeField(list_name=codes[name], validators=validators, **settings)
    return _plain(column, settings, validators, searching)


def _relation(
    model: type, settings: dict[str, Any], validators: list[Any], rows_of: Callable[[type], Iterable[Any]]
) -> Any:
    if model in REMOTE:
        return fields.RecordField(kind=REMOTE[model], validators=validators, **settings)
    return RowField(model=model, rows_of=rows_of, validators=validators, **settings)


def _plain(column: Any, settings: dict[str, Any], validators: list[Any], searching: bool) -> Any:
    kind = column.type
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        pairs = enum_pairs(kind.enum_class)
        return fields.ChoiceField(pairs=pairs, parse=kind.enum_class, validators=validators, **settings)
    if isinstance(kind, sa.Boolean):
        if searching:
            return fields.ChoiceField(pairs=lambda: [("1", present(True)), ("0", present(False))], **settings)
        return BooleanField(**settings)
    if isinstance(kind, sa.Date):
        return fields.VnDateField(validators=validators, **settings)
    if isinstance(kind, sa.Integer):
        return fields.WholeNumberField(validators=validators, **settings)
    if isinstance(kind, sa.Numeric):
        return fields.CommaDecimalField(validators=validators, **settings)
    length = getattr(kind, "length", None)
    if length:
        validators = [*validators, Length(max=length)]
    if length and length > LONG_TEXT:
        settings = {**settings, "widget": TextArea()}
    return fields.TextField(validators=validators, **settings)


def _presence(column: Any, searching: bool) -> list[Any]:
    # a number may be 0, so presence is asked of what was typed, not of the value
    if searching or column.nullable:
        return [Optional()]
    return [InputRequired(message=REQUIRED)]


def enum_pairs(enum: type[Enum]) -> Callable[[], list[tuple[Any, Any]]]:
    """All members with their terms."""
    return lambda: [(member, present(member)) for member in enum]


class RowField(fields.ChoiceField):
    """A record of a small table (subjects, years, rooms): a plain select of the rows in reach."""

    def __init__(
        self, label: Any = None, validators: Any = None, model: Any = None, rows_of: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, pairs=self._pairs, parse=int, **kwargs)
        self.model, self.rows_of = model, rows_of
        self._rows: dict[int, Any] = {}

    def _pairs(self) -> list[tuple[int, str]]:
        self._rows = {row.id: row for row in self.rows_of(self.model)}
        return [(key, str(row)) for key, row in self._rows.items()]

    def process_data(self, value: Any) -> None:
        """A row, or its id."""
        self.data = getattr(value, "id", value)

    def populate_obj(self, obj: Any, name: str) -> None:
        """Set the relation, not its key."""
        self.offered()
        setattr(obj, name, self._rows.get(self.data))
