"""Interface strings stand where the collector of translations finds them."""

import ast

from tests.architecture.source import modules

MARKERS = {"_", "N_", "gettext", "lazy_gettext", "ngettext"}


def test_no_string_hides_inside_an_f_string() -> None:
    """Babel reads no expression of an f-string before Python 3.12: the text would stay English."""
    hidden = [
        f"{module.where}:{call.lineno}"
        for module in modules("app")
        for text in ast.walk(module.tree)
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKERS
    ]
    assert not hidden, hidden
