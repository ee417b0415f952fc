"""Is this paper ours? The public page a paper's QR code leads to; it tells nothing about a student."""

from collections import deque
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from flask import current_app, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.extensions import db
from app.security import request_clock
from app.services.documents.checking import Standing, check_paper, clean_code
from app.views.base import PageView
from app.views.signing_texts import stale_text

TRIES: Final = 30
"""Codes one address may look up in WINDOW: a school's papers checked one after the other stay below."""
WINDOW: Final = timedelta(minutes=1)
MOST_ADDRESSES: Final = 5000
LIMITS: Final = "hocvu.check_limits"


class CheckView(PageView):
    """Kiểm tra bản in."""

    route_base = "/check"
    default_view = "index"
    rights: ClassVar = {}

    @expose("/")
    def index(self) -> Any:
        """Type a code by hand; a QR code leads to the page below."""
        typed = request.args.get("code", "").strip()[:40]
        return self._page(typed) if typed else self._page("")

    @expose("/<code>")
    def show(self, code: str) -> Any:
        """The paper with this code."""
        return self._page(code[:40])

    def _page(self, typed: str) -> Any:
        if typed and not allowed(request.remote_addr or "", request_clock()()):
            text = _("Too many codes in a minute. Wait a minute, then try again.")
            return self._answer(typed, None, text), 429
        found = check_paper(db.session(), typed) if typed else None
        wrong = _("No paper has this code. Compare it with the paper, letter by letter.")
        missing = bool(typed) and found is None
        return self._answer(typed, found, wrong if missing else ""), 404 if missing else 200

    def _answer(self, typed: str, found: Any, problem: str) -> str:
        page: str = self.render_template(
            "printing/check.html",
            title=_("Check a printed paper"),
            typed=typed,
            code=clean_code(typed),
            found=found,
            problem=problem,
            Standing=Standing,
            stale_text=stale_text,
        )
        return page


def allowed(address: str, now: datetime) -> bool:
    """Whether the address may look up one more code now; counted in this process."""
    seen: dict[str, deque[datetime]] = current_app.extensions.setdefault(LIMITS, {})
    if len(seen) > MOST_ADDRESSES:
        seen.clear()
    tries = seen.setdefault(address, deque(maxlen=TRIES))
    if len(tries) == TRIES and now - tries[0] < WINDOW:
        return False
    tries.append(now)
    return True


def register(appbuilder: Any) -> None:
    """No menu: papers lead here."""
    appbuilder.add_view_no_menu(CheckView())
