"""One's own account, and the accounts of a unit."""

from typing import Any, ClassVar

from flask_appbuilder import expose, has_access

from app.domain.access import Action
from app.views.base import PageView


class AccountView(PageView):
    """Own profile and password."""

    route_base = "/account"
    default_view = "me"
    rights: ClassVar = {"can_me": Action.HOME_VIEW, "can_change_password": Action.HOME_VIEW}

    @expose("/")
    @has_access
    def me(self) -> Any:
        """Own profile."""
        return self.render_template("hocvu/home.html", title=None)

    @expose("/password", methods=["GET", "POST"])
    @has_access
    def change_password(self) -> Any:
        """Change own password."""
        return self.render_template("hocvu/home.html", title=None)
