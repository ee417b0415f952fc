"""Signing in and out by form."""

from typing import Any

from flask import flash, g, redirect, request, session
from flask_appbuilder import expose
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthDBView as FabAuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from app.security import SESSION_TOKEN, request_clock
from app.services import sign_in
from app.views.base import tell


class AuthDBView(FabAuthDBView):
    """FAB's form, with our sessions behind it."""

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        """Show the form; on a right password open a session and go where the user wanted."""
        if g.user is not None and g.user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_index)
        form = LoginForm_db()
        status = 200
        if form.validate_on_submit():
            try:
                account = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            except sign_in.TooManyTries as error:
                flash(tell(error), "danger")
                status = error.status
            else:
                if account is not None:
                    return self._enter(account)
                flash(_("The account name or the password is not right."), "warning")
        page = self.render_template(self.login_template, title=self.title, form=form, appbuilder=self.appbuilder)
        return page, status

    def _enter(self, account: Any) -> Any:
        target = get_safe_redirect(request.args.get("next", ""))
        token = sign_in.start_session(
            account.id, address=request.remote_addr or "", agent=request.user_agent.string, clock=request_clock()
        )
        session.clear()
        session[SESSION_TOKEN] = token
        session.permanent = False
        login_user(account, remember=False)
        return redirect(target)

    @expose("/logout/", methods=["GET", "POST"])
    def logout(self) -> Any:
        """End the session on the server too: what was entered may become final now (S4 Điều 16 khoản 2)."""
        token = session.get(SESSION_TOKEN)
        logout_user()
        session.clear()
        if token:
            sign_in.end_session(token, "sign_out", moment=request_clock()())
        return redirect(self.appbuilder.get_url_for_index)
