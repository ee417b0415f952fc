"""The web pages. `register_views` sets the menu: its order is the order in which people work."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

FEATURES = (
    "home",
    "gradebook",
    "results",
    "year_lists",
    "attendance",
    "notes",
    "corrections",
    "locks",
    "lock_requests",
    "progress",
    "closing",
    "publications",
    "progress_checks",
    "incidents",
    "reconcile",
    "regulations",
    "students",
    "classes",
    "people",
    "imports",
    "printing",
    "decisions",
    "forms_page",
    "print_register",
    "check",
    "rounds",
    "signatures",
    "certificates",
    "bundles",
    "media",
    "archive_files",
    "bundle_signing",
    "exchange",
    "transfers",
    "accounts",
    "org",
    "reference",
    "watch",
    "book_check",
    "inspections",
    "access_review",
    "notices",
    "audit",
    "anchors",
    "backups",
    "api",
)
"""Modules with a `register(appbuilder)`, in menu order: one's work first, administration last."""


CATEGORIES = ("Closing the book", "School", "Programme", "Units", "Lists", "Inspection", "Administration")
"""Order of the menu's groups, after the single pages; administration last."""


def register_views(appbuilder: Any) -> None:
    """Register every view; imports stay inside so that views never depend on import order."""
    from app.views.accounts import AccountView

    appbuilder.add_view_no_menu(AccountView())
    for feature in FEATURES:
        name = f"app.views.{feature}"
        if find_spec(name) and hasattr(import_module(name), "register"):
            import_module(name).register(appbuilder)
    place = {name: number for number, name in enumerate(CATEGORIES)}
    appbuilder.menu.menu.sort(key=lambda item: place.get(item.name, -1))
