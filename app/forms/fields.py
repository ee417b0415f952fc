"""Form fields of our own: day/month/year, decimal comma, code lists, choices of records loaded through the scope."""

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, SelectField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from app.domain.dates import BadDate, format_date, parse_date
from app.domain.names import nfc, unicode_problem
from app.reference.code_lists import CODE_LISTS
from app.views.widgets import CheckList, DateInput, PlainSelect, RemoteSelect, TextInput

BLANK = ""


class TextField(StringField):
    """One line of text: composed Unicode, no double spaces; damaged or old-font letters are refused in place."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Clean what was typed; empty becomes None, so that unique columns stay empty."""
        text = " ".join(nfc(valuelist[0]).split()) if valuelist else ""
        self.data = text or None

    def pre_validate(self, _form: Any) -> None:
        """Refuse letters nobody could read later."""
        problem = unicode_problem(self.data) if self.data else None
        if problem:
            raise ValidationError(_(problem))


class VnDateField(Field):
    """A day, shown and read as dd/mm/yyyy; 1/9/2026 and 01-09-2026 are understood, 31/02 is told apart."""

    widget = DateInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return format_date(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError with the reason for text that names no day."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = parse_date(valuelist[0])
        except BadDate as error:
            raise ValueError(_(error.message) % error.params) from error


class CommaDecimalField(Field):
    """A decimal number; comma shown, comma and point read."""

    widget = TextInput(inputmode="decimal")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data).replace(".", ",")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError for text that is no number."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            number = Decimal(valuelist[0].strip().replace(",", "."))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValueError(_("“%(text)s” is not a number.") % {"text": valuelist[0].strip()})
        self.data = number


class WholeNumberField(CommaDecimalField):
    """A whole number between two bounds."""

    widget = TextInput(inputmode="numeric")

    def __init__(
        self, label: Any = None, validators: Any = None, low: int = 0, high: int = 9999, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.low, self.high = low, high

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError for text that is no whole number within the bounds."""
        super().process_formdata(valuelist)
        number, self.data = self.data, None
        if number is None:
            return
        if number != number.to_integral_value() or not self.low <= number <= self.high:
            bounds = {"low": self.low, "high": self.high}
            raise ValueError(_("Write a whole number from %(low)s to %(high)s.") % bounds)
        self.data = int(number)


class CodeField(SelectField):
    """A code of one of the seeded lists, shown by its label."""

    widget = PlainSelect()

    def __init__(
        self, label: Any = None, validators: Any = None, list_name: str = "", only: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, coerce=_text_or_none, choices=[], validate_choice=False, **kwargs)
        self.list_name = list_name
        self.only = only  # None, or a function that says which codes are offered here

    def iter_choices(self) -> Iterable[Any]:
        """The list in its official order, after a blank; a code kept from before stays selectable."""
        pairs = [(BLANK, ""), *CODE_LISTS[self.list_name].choices()]
        if self.only is not None:
            pairs = [pair for pair in pairs if pair[0] == BLANK or self.only(pair[0]) or pair[0] == self.data]
        for code, text in pairs:
            yield code, text, code == (self.data or BLANK), {}

    def pre_validate(self, _form: Any) -> None:
        """Refuse a code the list doesn't offer."""
        if self.data and (
            self.data not in CODE_LISTS[self.list_name] or (self.only and not self.only(self.data))
        ):
            raise ValidationError(_("Choose one from the list."))


class ChoiceField(SelectField):
    """A choice of (value, label) pairs computed when the form is shown."""

    widget = PlainSelect()

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        pairs: Callable[[], Iterable[tuple[Any, Any]]] | None = None,
        parse: Callable[[str], Any] = str,
        blank: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, coerce=_text_or_none, choices=[], validate_choice=False, **kwargs)
        self.pairs, self.parse, self.blank = pairs, parse, blank
        self._offered: list[tuple[Any, Any]] | None = None

    def offered(self) -> list[tuple[Any, Any]]:
        """The pairs, asked for once a form."""
        if self._offered is None:
            self._offered = list(self.pairs() if self.pairs else ())
        return self._offered

    def process_data(self, value: Any) -> None:
        """Take the row's value as it is; None stays None."""
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        """The typed value behind what was posted. Raises ValueError for anything not offered."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            value = self.parse(text)
        except (ValueError, KeyError) as error:
            raise ValueError(_("Choose one from the list.")) from error
        if value not in [offered for offered, _label in self.offered()]:
            raise ValueError(_("Choose one from the list."))
        self.data = value

    def iter_choices(self) -> Iterable[Any]:
        """Blank first, then the pairs."""
        if self.blank:
            yield BLANK, "", self.data is None, {}
        for value, text in self.offered():
            yield _wire(value), text, value == self.data, {}

    def pre_validate(self, _form: Any) -> None:
        """Checked while reading."""


class ManyField(SelectMultipleField):
    """Several of (value, label) pairs, as a list of check boxes."""

    widget = CheckList()

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        pairs: Callable[[], Iterable[tuple[Any, Any]]] | None = None,
        parse: Callable[[str], Any] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, coerce=str, choices=[], validate_choice=False, **kwargs)
        self.pairs, self.parse = pairs, parse

    def process_data(self, value: Any) -> None:
        """Take the row's list as it is."""
        self.data = list(value or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError for a value that isn't offered."""
        offered = [value for value, _label in (self.pairs() if self.pairs else ())]
        try:
            chosen = [self.parse(text) for text in valuelist]
        except (ValueError, KeyError) as error:
            raise ValueError(_("Choose from the list.")) from error
        if any(value not in offered for value in chosen):
            raise ValueError(_("Choose from the list."))
        self.data = [value for value in offered if value in chosen]

    def iter_choices(self) -> Iterable[Any]:
        """The pairs with what is chosen."""
        for value, text in self.pairs() if self.pairs else ():
            yield _wire(value), text, value in (self.data or []), {}

    def pre_validate(self, _form: Any) -> None:
        """Checked while reading."""


class RecordField(Field):
    """One record of a big table: Select2 asks a scoped endpoint, and saving loads the row through the scope."""

    widget = RemoteSelect()

    def __init__(self, label: Any = None, validators: Any = None, kind: str = "", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.kind = kind

    def process_formdata(self, valuelist: list[str]) -> None:
        """The row behind the posted id. Raises ValueError when the actor can't reach it."""
        from app.views.select import pick

        text = valuelist[0].strip() if valuelist else ""
        self.data = pick(self.kind, text) if text else None
        if text and self.data is None:
            raise ValueError(_("Choose one from the list."))

    def text_of(self, row: Any) -> str:
        """How the chosen row is written in the closed box."""
        from app.views.select import text_of

        return text_of(self.kind, row)


class RecordsField(RecordField):
    """Several records of a big table."""

    widget = RemoteSelect(multiple=True)

    def process_formdata(self, valuelist: list[str]) -> None:
        """The rows behind the posted ids. Raises ValueError when one is out of reach."""
        from app.views.select import pick

        self.data = [pick(self.kind, text) for text in valuelist if text.strip()]
        if any(row is None for row in self.data):
            self.data = [row for row in self.data if row is not None]
            raise ValueError(_("Choose from the list."))


def _text_or_none(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def _wire(value: Any) -> str:
    return str(value.value if isinstance(value, Enum) else value)
