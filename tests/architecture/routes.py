"""The routes of the application, each with its view, its door and addresses to try."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

OPEN = {
    "HomeView.index": "sends strangers to the sign-in page, the rest to their own page",
    "AuthDBView.login": "signing in",
    "AuthDBView.logout": "signing out; needs nothing but the session it ends",
    "SignInApi.login": "signing in by a program; limited like the form",
    "SignInApi.refresh": "asks for a refresh token itself",
    "LocaleView.index": "the language of the sign-in page",
    "CheckView.index": "whoever holds a paper may check it",
    "CheckView.show": "whoever holds a paper may check it; limited by address, tells nothing of a student",
    "SchemaView.records": "a published schema: whoever checks a file needs no account",
    "FileCheckView.index": "whoever holds a signed file may check it; limited by address, the file is not kept",
    "UtilView.back": "FAB's way back: redirects within the site",
    "MenuApi.get_menu_data": "FAB's @protect; lists only what the caller may open",
    "static": "files of the program",
    "appbuilder.static": "files of the program",
}
"""Routes without a right of the permission table, each with its reason."""

PUBLIC = {
    "AuthDBView.login",
    "CheckView.index",
    "CheckView.show",
    "FileCheckView.index",
    "SchemaView.records",
    "static",
    "appbuilder.static",
}
"""What a stranger may see (200)."""

SHUT = {
    "can_add": "a view that only reads",
    "can_edit": "a view that only reads, or whose verbs have forms of their own",
    "can_delete": "rows are ended, not deleted",
    "can_download": "FAB's export: ours asks for the right to export",
}
"""Doors FAB builds into every model view, with the reason why some view leaves them out."""


@dataclass(frozen=True)
class Route:
    """One rule of the URL map."""

    rule: Rule
    function: Any

    @property
    def endpoint(self) -> str:
        """Flask's name of it."""
        return self.rule.endpoint

    @property
    def methods(self) -> list[str]:
        """What it answers, but for HEAD and OPTIONS."""
        return sorted((self.rule.methods or set()) - {"HEAD", "OPTIONS"})

    @property
    def view(self) -> Any:
        """FAB's view object, or None."""
        return getattr(self.function, "__self__", None)

    @property
    def door(self) -> tuple[str, str] | None:
        """(FAB view name, FAB permission) that has_access asks for; None when it asks for nothing."""
        name = getattr(self.function, "_permission_name", None)
        if name is None or self.view is None:
            return None
        renamed = (getattr(self.view, "method_permission_name", None) or {}).get(self.function.__name__, name)
        return self.view.class_permission_name, f"can_{renamed}"

    @property
    def shut(self) -> bool:
        """True for FAB's buttons nobody has: has_access refuses what the view doesn't list."""
        return (
            self.door is not None and self.door[1] in SHUT and self.door[1] not in self.view.base_permissions
        )

    @property
    def parameters(self) -> list[str]:
        """Names in its address."""
        return sorted(self.rule.arguments)

    def address(self, app: Flask, **values: Any) -> str:
        """The path with these values."""
        with app.test_request_context():
            return self.rule.build({name: values.get(name, 1) for name in self.parameters})[1]  # type: ignore[index]


def routes(app: Flask) -> Iterator[Route]:
    """Every route, in a fixed order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (str(rule), rule.endpoint)):
        yield Route(rule, app.view_functions[rule.endpoint])
