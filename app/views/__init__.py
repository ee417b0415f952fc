"""The web pages. `register_views` sets the menu: its order is the order in which people work."""

from typing import Any


def register_views(appbuilder: Any) -> None:
    """Register every view; imports stay inside so that views never depend on import order."""
    from app.views.accounts import AccountView
    from app.views.notices import NoticeView

    appbuilder.add_view_no_menu(AccountView())
    appbuilder.add_view_no_menu(NoticeView())
