"""Form fields and forms. What libraries say of a field comes from our catalogue: WTForms has no Vietnamese."""

from typing import Any

from flask_babel import get_translations
from flask_wtf import FlaskForm


class _Ours:
    """The catalogue of the reader's language, by the names WTForms asks it under."""

    def gettext(self, text: str) -> str:
        """A message."""
        return str(get_translations().ugettext(text))

    def ngettext(self, one: str, many: str, n: int) -> str:
        """A message with a number in it."""
        return str(get_translations().ungettext(one, many, n))


def _catalogue(_meta: Any, _form: Any) -> _Ours:
    return _Ours()


FlaskForm.Meta.get_translations = _catalogue  # for FAB's forms too
