"""The landing page of each role: what is due today, what is late, what waits."""

from typing import Any, ClassVar

from flask import redirect, url_for
from flask_appbuilder import IndexView, expose

from app.security import current_actor


class HomeView(IndexView):
    """`/`: the sign-in page for strangers, the role's own page for the rest."""

    index_template: ClassVar[str] = "hocvu/home.html"

    @expose("/")
    def index(self) -> Any:
        """Send each to the right page."""
        if current_actor() is None:
            return redirect(url_for("AuthDBView.login"))
        self.update_redirect()
        return self.render_template(self.index_template, title=None)
