"""Signing in and out, by form and by API."""

from datetime import timedelta
from typing import Any

from flask import Response, flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.const import FLAMSG_ERR_SEC_ACCESS_DENIED
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthDBView as FabAuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)
from flask_login import login_user, logout_user

from app.extensions import db
from app.forms.accounts import SignInForm
from app.security import SESSION_TOKEN, idle_limit, request_clock
from app.services import sign_in
from app.services.clock import local_day
from app.services.unit_rules import load_policies
from app.views.base import tell


def open_session(account: Any) -> str:
    """A new sign-in session for this request's browser or script; returns its token."""
    return sign_in.start_session(
        account.id,
        address=request.remote_addr or "",
        agent=request.user_agent.string,
        clock=request_clock(),
        idle=_idle_rule(account),
    )


def _idle_rule(account: Any) -> timedelta:
    """The idle time the account's unit and those above it have set; the program's own when none has."""
    if account.unit_id is None:
        return idle_limit()
    policies = load_policies(db.session(), account.unit_id, local_day(request_clock()()))
    return timedelta(minutes=policies.idle_minutes) if policies.idle_minutes else idle_limit()


class AuthDBView(FabAuthDBView):
    """FAB's form, with our sessions behind it."""

    login_template = "appbuilder/general/security/login_db.html"

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        """Show the form; on a right password open a session and go where the user wanted."""
        if g.user is not None and g.user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_index)
        form = SignInForm()
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
                flash(
                    _("The account name or the password is not right. Check Caps Lock and try again."),
                    "warning",
                )
        elif request.method == "GET":
            _tell_why()
        page = self.render_template(
            self.login_template, title=_("Sign In"), form=form, appbuilder=self.appbuilder
        )
        return page, status

    def _enter(self, account: Any) -> Any:
        wanted = request.args.get("next")
        target = get_safe_redirect(wanted) if wanted else self.appbuilder.get_url_for_index
        token = open_session(account)
        _forget_session()
        session[SESSION_TOKEN] = token
        session.permanent = False
        login_user(account, remember=False)
        return redirect(target)

    @expose("/logout/", methods=["GET", "POST"])
    def logout(self) -> Any:
        """End the session on the server too: what was entered may become final now (S4 Điều 16 khoản 2).

        `?idle=1`: the page saw nobody work for the whole time allowed; the sign-in page then says so.
        """
        token = session.get(SESSION_TOKEN)
        idle = request.args.get("idle") == "1"
        logout_user()
        _forget_session()
        if token:
            sign_in.end_session(token, "idle" if idle else "sign_out", moment=request_clock()())
        if not idle:
            return redirect(self.appbuilder.get_url_for_index)
        flash(_idle_text(), "info")
        return redirect(url_for("AuthDBView.login", next=_own_path(request.args.get("next", ""))))


def _forget_session() -> None:
    """Empty the cookie, but for the language chosen."""
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale


def _tell_why() -> None:
    """Whoever was signed out without asking is told why, once; FAB's "access denied" only means: sign in first."""
    told = [
        flashed for flashed in session.pop("_flashes", []) if flashed[1] != str(FLAMSG_ERR_SEC_ACCESS_DENIED)
    ]
    if told:
        session["_flashes"] = told
    token = session.pop(SESSION_TOKEN, None)
    reason = sign_in.why_ended(token) if token else None
    texts = {
        "idle": _idle_text(),
        "reset": _("You were signed out: the password of this account was reset."),
        "password": _("You were signed out: the password was changed on another machine."),
        "elsewhere": _("You were signed out from another machine."),
        "disabled": _("This account is disabled. Ask your unit's administrators why."),
    }
    if reason in texts:
        flash(texts[reason], "info")


def _idle_text() -> str:
    return _("You were signed out because nobody had worked here for a while. Sign in to go on.")


def _own_path(path: str) -> str:
    """A path of this site, or nothing."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""


class SignInApi(SecurityApi):
    """FAB's token API under the same limits and sessions as the form; a reset or a sign-out ends its tokens."""

    @expose("/login", methods=["POST"])
    def login(self) -> Response:
        """Exchange a name and a password for an access token.
        ---
        post:
          description: >-
            Authenticate and get a JWT access and refresh token
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    username:
                      type: string
                    password:
                      type: string
                    refresh:
                      description: If true a refresh token is provided also
                      type: boolean
          responses:
            200:
              description: Authentication Successful
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            403:
              description: The one-time password must be replaced first
            429:
              description: Too many tries; wait
        """
        payload = request.get_json(silent=True)
        if not isinstance(payload, dict):
            return self.response_400(message="Request payload is not JSON")
        name, password = payload.get("username"), payload.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            return self.response_400(message="username and password are needed")
        account = self.appbuilder.sm.auth_user_db(name, password)
        if account is None:
            return self.response_401()
        if account.must_change_password:
            return self.response(403, message=_("Choose your own password first."))
        claims = {SESSION_TOKEN: open_session(account)}
        answer = {"access_token": create_access_token(identity=account, fresh=True, additional_claims=claims)}
        if payload.get("refresh"):
            answer["refresh_token"] = create_refresh_token(identity=account, additional_claims=claims)
        return self.response(200, **answer)

    @expose("/refresh", methods=["POST"])
    @jwt_required(refresh=True)
    def refresh(self) -> Response:
        """A new access token for the same session.
        ---
        post:
          description: >-
            Use the refresh token to get a new JWT access token
          responses:
            200:
              description: Refresh Successful
            401:
              $ref: '#/components/responses/401'
          security:
            - jwt_refresh: []
        """
        claims = {SESSION_TOKEN: get_jwt().get(SESSION_TOKEN, "")}
        token = create_access_token(identity=get_jwt_identity(), fresh=False, additional_claims=claims)
        return self.response(200, access_token=token)
