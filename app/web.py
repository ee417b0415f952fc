"""What every request passes: security headers, error pages, what all templates know."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, current_user
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from app.domain.counts import format_count
from app.domain.marks import format_mark
from app.errors import HocVuError, NotFound
from app.extensions import db
from app.models import Installation, Notice, NoticeRead
from app.security import current_actor, request_clock
from app.services.clock import VIETNAM, local_day
from app.services.notices import own_notices
from app.services.years import Period, chosen_period
from app.views.base import tell

CSP = {
    "default-src": "'self'",
    "img-src": ["'self'", "data:"],
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "script-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def install_web(app: Flask) -> None:
    """Headers, filters, context and error pages on `app`."""
    Talisman(
        app,
        content_security_policy=CSP,
        content_security_policy_nonce_in=["script-src"],
        force_https=False,
        session_cookie_secure=app.config["SESSION_COOKIE_SECURE"],
        strict_transport_security=app.config["SESSION_COOKIE_SECURE"],
        referrer_policy="same-origin",
    )
    app.jinja_env.filters.update(vn_count=format_count, vn_date=vn_date, vn_time=vn_time, mark=format_mark)
    app.context_processor(lambda: {"hv": page_context()})
    app.register_error_handler(HocVuError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(OverflowError, _number_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.before_request(_force_new_password)
    app.after_request(_no_store)


def vn_date(value: Any) -> str:
    """dd/mm/yyyy in Vietnam; empty for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM)
    return value.strftime("%d/%m/%Y")


def vn_time(value: datetime | None, seconds: bool = False) -> str:
    """dd/mm/yyyy HH:MM in Vietnam; empty for None."""
    if value is None:
        return ""
    return value.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S" if seconds else "%d/%m/%Y %H:%M")


@dataclass(frozen=True)
class PageContext:
    """What the frame of every page shows; at most two queries a request."""

    unit: str = ""
    unit_above: str = ""
    years: tuple[tuple[str, str, bool], ...] = ()
    terms: tuple[tuple[str, str, bool], ...] = ()
    notices: int = 0
    notices_url: str = "#"
    role: str = ""
    demo: bool = False


def current_period() -> Period | None:
    """The school year and term of this request: from ?year= and ?term=, else today's."""
    if "hv_period" not in g:
        actor = current_actor()
        g.hv_period = actor and chosen_period(
            db.session(),
            actor,
            local_day(request_clock()()),
            request.args.get("year", type=int),
            request.args.get("term", type=int),
        )
    return g.hv_period


def page_context() -> PageContext:
    """The frame's facts, built once a request."""
    if "hv_page" not in g:
        g.hv_page = _page_context()
    return g.hv_page


def _page_context() -> PageContext:
    actor = current_actor()
    if actor is None:
        return PageContext(demo=is_demo())
    period = current_period()
    return PageContext(
        unit=actor.unit_name,
        unit_above=" · ".join(period.units_above) if period else "",
        years=tuple((y.label, _here(year=y.start_year), y.current) for y in period.years) if period else (),
        terms=tuple(
            (_("Term %(n)s", n="I" if t == 1 else "II"), _here(term=t), t == period.term) for t in (1, 2)
        )
        if period
        else (),
        notices=_unread_notices(actor),
        notices_url=url_for("NoticeView.index"),
        role=", ".join(actor.titles),
        demo=is_demo(),
    )


def _here(**changes: Any) -> str:
    """This page in another year or term: what it is about stays; the page of a list and an assessment point do not."""
    arguments = {**request.args.to_dict(), **changes}
    for own in ("page", "period"):
        arguments.pop(own, None)
    return f"{request.path}?{urlencode(arguments)}"


def _unread_notices(actor: Any) -> int:
    read = sa.select(NoticeRead.notice_id).where(
        NoticeRead.user_id == actor.user_id, NoticeRead.notice_id == Notice.id
    )
    mine = own_notices(actor)
    query = sa.select(Notice.id).where(mine, ~read.exists()).limit(100).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(query)) or 0


def is_demo() -> bool:
    """True on the demonstration province; asked of the database once a process."""
    extensions = current_app.extensions
    if not extensions.get("hocvu.demo"):
        extensions["hocvu.demo"] = db.session.get(Installation, "demo") is not None
    return extensions["hocvu.demo"]


def wants_json() -> bool:
    """True for scripts' requests: they get {"message": …} instead of a page."""
    return (
        request.is_json
        or request.accept_mimetypes.best == "application/json"
        or request.path.startswith("/api/")
    )


def _domain_error(error: HocVuError) -> Any:
    if wants_json():
        return jsonify(message=tell(error), **_plain(error.facts)), error.status
    return _error_page(error.status, tell(error))


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    if code == 401 and not wants_json():
        return redirect(url_for("AuthDBView.login", next=request.full_path))
    texts = {
        400: _("The request was not understood. Go back and try again."),
        401: _("Sign in first."),
        403: _("Your role does not include this. Ask your unit's administrators if it should."),
        404: _("There is no such page or record in your unit."),
        405: _("This address does not answer that kind of request."),
        413: _("The file is larger than 20 MB. Split it, or remove pictures from it."),
        429: _("Too many requests. Wait a moment and try again."),
    }
    text = texts.get(
        code,
        _("Something went wrong on the server. Nothing was saved; the administrator can find it in the log."),
    )
    if wants_json():
        return jsonify(message=text), code
    return _error_page(code, text)


def _csrf_error(_error: CSRFError) -> Any:
    text = _(
        "This page was open too long or came from elsewhere. Reload it and try again; nothing was saved."
    )
    # No "message": the page's script fetches a fresh token and sends the same request once more.
    return (jsonify(token=text), 400) if wants_json() else _error_page(400, text)


def _database_error(error: DBAPIError) -> Any:
    current_app.logger.error("database: %s", error.orig)
    _roll_back()
    text = _("The server is busy. Nothing was saved; try again in a moment.")
    return (jsonify(message=text), 503) if wants_json() else _error_page(503, text)


def _number_error(_error: OverflowError) -> Any:
    """A number no row's id can be (beyond 64 bits): SQLite's driver refuses it, and there is no such record."""
    return _domain_error(NotFound())


def _error_page(code: int, text: str) -> tuple[str, int]:
    try:
        return _error_html(code, text), code
    except (
        DBAPIError
    ):  # the frame asks who is signed in and what is unread; without a database it is a stranger's
        _roll_back()
        g.hv_actor, g.hv_page = None, PageContext()
        g.user = g._login_user = AnonymousUserMixin()
        return _error_html(code, text), code


def _roll_back() -> None:
    try:
        db.session.rollback()
    except DBAPIError:  # the connection is gone, and with it the transaction
        db.session.remove()


def _error_html(code: int, text: str) -> str:
    g.setdefault(
        "user", current_user
    )  # a request refused for its token has not come as far as FAB's own question
    return render_template(
        "hocvu/error.html", code=code, text=text, title=None, appbuilder=current_app.appbuilder
    )


def _plain(facts: Any) -> dict[str, Any]:
    return {k: (str(v) if isinstance(v, Decimal) else v) for k, v in facts.items()}


PASSWORD_PATHS = (
    "AccountView.change_password",
    "AuthDBView.logout",
    "static",
    "appbuilder.static",
    "LocaleView.index",
)


def _force_new_password() -> Any:
    """A one-time password opens nothing but the page that replaces it."""
    user = getattr(g, "user", None)
    if user is None or not user.is_authenticated or not user.must_change_password:
        return None
    if request.endpoint in PASSWORD_PATHS:
        return None
    if wants_json():
        return jsonify(message=_("Choose your own password first.")), 403
    return redirect(url_for("AccountView.change_password"))


def _no_store(response: Response) -> Response:
    """Records never stay in a shared machine's cache; files of the program may."""
    if request.endpoint not in ("static", "appbuilder.static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
