"""FAB's security manager on our rules: the permission table decides, epochs end old sessions, sign-ins are limited."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, request, session
from flask_appbuilder.security.sqla.manager import SecurityManager
from sqlalchemy.orm import joinedload

from app.domain.access import SYSTEM, Actor, Needed, may_ever
from app.models import Account, LoginSession
from app.services import account_state, sign_in
from app.services.actors import actor_for
from app.services.clock import Clock, local_day, system_clock

SESSION_TOKEN = "hv_session"  # noqa: S105 (a key's name, not a secret)


def request_clock() -> Clock:
    """The clock of this application: the system's, or the one a test put in."""
    return current_app.extensions.get("hocvu.clock", system_clock)


def idle_limit() -> timedelta:
    """How long a session may sit idle: staff-room machines sign out by themselves."""
    return timedelta(minutes=current_app.config["IDLE_MINUTES"])


def current_actor() -> Actor | None:
    """The Actor of this request, built once; None when nobody is signed in."""
    if "hv_actor" not in g:
        user = getattr(g, "user", None)
        g.hv_actor = None
        if user is not None and user.is_authenticated:
            account = user._get_current_object() if hasattr(user, "_get_current_object") else user
            g.hv_actor = actor_for(
                current_app.appbuilder.session(),
                account,
                local_day(request_clock()()),
                session_id=g.get("hv_login_session"),
                address=request.remote_addr,
            )
    return g.hv_actor


class HocVuSecurityManager(SecurityManager):
    """Rights come from `domain.access`; FAB's tables only mirror them for its own screens."""

    user_model = Account
    view_rights: dict[tuple[str, str], Needed]  # (FAB view name, FAB permission) → action, or any of several

    def __init__(self, appbuilder: Any) -> None:
        self.view_rights = {}
        super().__init__(appbuilder)

    def register_views(self) -> None:
        """Only signing in, by form and by API: accounts, roles and groups have pages of our own (design §7)."""
        from app.views.auth import AuthDBView, SignInApi

        self.authdbview = AuthDBView
        self.security_api = SignInApi
        self.appbuilder.add_api(self.security_api)
        self.auth_view = self.appbuilder.add_view_no_menu(self.authdbview)

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """May the current actor pass this door at all? Services ask again with the facts of the target."""
        actor = current_actor()
        needed = self.view_rights.get((view_name, permission_name))
        return actor is not None and needed is not None and may_ever(actor, needed)

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """Menu entries this actor sees; no query a name (design §5, trap 15)."""
        return {name for name in menu_names or [] if self.has_access("menu_access", name)}

    def load_user(self, pk: str) -> Account | None:
        """The account of a cookie `id.epoch`, unless disabled, reset, signed out elsewhere or idle too long."""
        user_id, _, epoch = str(pk).partition(".")
        token = session.get(SESSION_TOKEN, "") if request else ""
        query = (
            sa.select(Account, LoginSession)
            .outerjoin(LoginSession, sa.and_(LoginSession.user_id == Account.id, LoginSession.token == token))
            .where(Account.id == int(user_id))
            .options(joinedload(Account.unit), joinedload(Account.person))
        )
        found = current_app.appbuilder.session.execute(query).one_or_none()
        if found is None:
            return None
        account, login = found
        if not account.active or account.session_epoch != int(epoch or -1) or login is None:
            return None
        if not sign_in.still_alive(login, request_clock(), idle_limit()):
            return None
        g.hv_login_session = login.id
        g.hv_idle_minutes = login.idle_minutes
        return account

    def create_jwt_manager(self, app: Any) -> Any:
        """FAB's manager; an identity is the account with its epoch, so that a reset ends tokens too."""
        manager = super().create_jwt_manager(app)
        manager.user_identity_loader(lambda who: who.get_id() if isinstance(who, Account) else who)
        return manager

    def load_user_jwt(self, _header: Any, data: Any) -> Account | None:
        """The account of an API token: a reset, a disabling, its own sign-out or idling ends it as it ends a cookie.

        An account that still has its one-time password gets nothing by token: the page to replace it is not an API.
        """
        user_id, _, epoch = str(data["sub"]).partition(".")
        db_session = current_app.appbuilder.session()
        account = db_session.get(Account, int(user_id)) if user_id.isdigit() else None
        if (
            account is None
            or not account.active
            or str(account.session_epoch) != epoch
            or account.must_change_password
        ):
            return None
        login = db_session.scalars(
            sa.select(LoginSession).where(
                LoginSession.user_id == account.id, LoginSession.token == data.get(SESSION_TOKEN, "")
            )
        ).one_or_none()
        if login is None or not sign_in.still_alive(login, request_clock(), idle_limit()):
            return None
        g.user = account
        g.hv_login_session = login.id
        g.pop("hv_actor", None)
        return account

    def auth_user_db(self, username: str, password: str) -> Account | None:
        """Check a name and a password within the limits of services.sign_in (form and API alike)."""
        account = sign_in.authenticate(
            username,
            password,
            address=request.remote_addr or "",
            agent=request.user_agent.string,
            clock=request_clock(),
        )
        return account

    def on_user_login(self, user: Account) -> None:
        """Nothing: `auth_user_db` has recorded the sign-in."""

    def reset_password(self, userid: int | str, password: str) -> bool:
        """`flask fab reset-password` on the server's console: a one-time password, and every session ends."""
        account_state.set_password_by_operator(int(userid), password, SYSTEM, clock=request_clock())
        return True
