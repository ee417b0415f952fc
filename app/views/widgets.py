"""How our form fields are drawn: FAB's Bootstrap 3 controls without placeholders, without inline style or script."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import widgets
from wtforms.widgets import html_params


class TextInput(widgets.TextInput):
    """A plain control; `inputmode` chooses the phone's keyboard."""

    def __init__(self, inputmode: str = "text") -> None:
        super().__init__()
        self.inputmode = inputmode

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs = {"class": "form-control", "inputmode": self.inputmode, **_described(field), **kwargs}
        return super().__call__(field, **kwargs)


class TextArea(widgets.TextArea):
    """Several lines."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        return super().__call__(field, **{"class": "form-control", "rows": 3, **_described(field), **kwargs})


class DateInput(TextInput):
    """dd/mm/yyyy in a text box: a clerk types faster than a calendar can be clicked."""

    def __init__(self) -> None:
        super().__init__("numeric")

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        box = super().__call__(field, **{"autocomplete": "off", "maxlength": 20, **kwargs})
        icon = Markup(
            '<span class="input-group-addon"><span class="fa-solid fa-calendar" aria-hidden="true"></span></span>'
        )
        note = Markup('<span class="sr-only" id="{}-form">{}</span>').format(field.id, _("day/month/year"))
        return Markup('<div class="input-group hv-date">{}{}</div>{}').format(icon, box, note)


class PlainSelect(widgets.Select):
    """A select for short lists; Select2 adds searching where the list is long."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        return super().__call__(field, **{"class": "form-control", **_described(field), **kwargs})


class CheckList:
    """Check boxes in a named group."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        boxes = [
            Markup('<label class="hv-check"><input {}> {}</label>').format(
                _attributes(
                    type="checkbox",
                    name=field.name,
                    value=value,
                    id=f"{field.id}-{number}",
                    checked=bool(chosen),
                ),
                text,
            )
            for number, (value, text, chosen, _attrs) in enumerate(field.iter_choices())
        ]
        return Markup('<div class="hv-checks" role="group" aria-label="{}" id="{}">{}</div>').format(
            field.label.text, field.id, Markup("").join(boxes)
        )


class RemoteSelect:
    """A select that asks `/select/<kind>` while typing; select.js turns it into Select2."""

    def __init__(self, multiple: bool = False) -> None:
        self.multiple = multiple

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        rows = field.data if isinstance(field.data, list) else [field.data] if field.data else []
        options = [
            Markup('<option value="{}" selected>{}</option>').format(row.id, field.text_of(row))
            for row in rows
        ]
        if not self.multiple:
            options.insert(0, Markup('<option value=""></option>'))
        params = {
            "id": field.id,
            "name": field.name,
            "class": "form-control hv-remote",
            "data-endpoint": url_for("SelectView.options", kind=field.kind),
            "data-empty": _("Type a name to search"),
            "data-none": _("Nothing found"),
            "data-searching": _("Searching…"),
            "data-more": _("Loading more…"),
            "multiple": self.multiple,
            **_described(field),
            **kwargs,
        }
        return Markup("<select {}>{}</select>").format(_attributes(**params), Markup("").join(options))


def _attributes(**values: Any) -> Markup:
    return Markup(html_params(**values))  # noqa: S704 (html_params escapes every value)


def _described(field: Any) -> dict[str, Any]:
    """Tie help and error to the control (look.md §8)."""
    attributes: dict[str, Any] = {}
    if field.errors:
        attributes = {"aria-invalid": "true", "aria-describedby": f"{field.id}-error"}
    elif field.description:
        attributes = {"aria-describedby": f"{field.id}-help"}
    return attributes
