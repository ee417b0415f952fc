"""What every page with a dry run shares: the chosen file, one page of verdicts, and a refusal told with its places."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.errors import N_, HocVuError, Invalid
from app.services.spreadsheets.plan import CHANGED, NEW, REFUSED, SAME, VERDICTS, Plan, Problem
from app.services.spreadsheets.uploads import Uploads
from app.views.base import PageView, tell

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE_ROWS: Final = 200
MOST_PROBLEMS: Final = 100

NO_FILE = N_("Choose a file first.")

VERDICT_TITLES: Final[Mapping[str, Any]] = {
    NEW: lazy_gettext("New"),
    CHANGED: lazy_gettext("Changed"),
    SAME: lazy_gettext("Unchanged"),
    REFUSED: lazy_gettext("Refused"),
}
VERDICT_SIGNS: Final = {
    NEW: ("is-ok", "fa-plus"),
    CHANGED: ("is-warn", "fa-pen"),
    SAME: ("", "fa-equals"),
    REFUSED: ("is-bad", "fa-circle-exclamation"),
}


@dataclass(frozen=True)
class Preview:
    """One page of a dry run as its template shows it."""

    plan: Plan
    shown: str  # verdict that is listed; empty: all
    rows: tuple[Any, ...]
    page: int
    pages: int
    writes: int  # rows that would be written


def kept_files() -> Uploads:
    """Files between their dry run and their import."""
    return Uploads(current_app.config["INSTANCE_DIR"])


def sent_file() -> tuple[str, bytes]:
    """Name and content of the chosen file; Invalid when none was chosen."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(NO_FILE)
    return sent.filename, sent.read()


def preview_of(plan: Plan) -> Preview:
    """The page of the dry run this request asks for; refused rows first where there are any."""
    counts = plan.counts
    usual = REFUSED if counts[REFUSED] else ""
    shown = request.args.get("verdict", usual)
    chosen = [row for row in plan.rows if row.verdict == shown] if shown in VERDICTS else list(plan.rows)
    pages = max(ceil(len(chosen) / PAGE_ROWS), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    rows = tuple(chosen[(page - 1) * PAGE_ROWS : page * PAGE_ROWS])
    return Preview(plan, shown if shown in VERDICTS else "", rows, page, pages, counts[NEW] + counts[CHANGED])


def said(problem: Problem) -> str:
    """What is wrong, in the reader's language."""
    return problem.text(_)


def refusal(error: HocVuError) -> dict[str, Any]:
    """What the page says about a refused file: where and why, as a table when places are known."""
    found: Iterable[Any] = getattr(error, "problems", ())
    problems = [problem for problem in found if isinstance(problem, Problem)]
    if problems and all(problem.row_no is None and not problem.column for problem in problems):
        return {"message": " ".join(said(problem) for problem in problems), "problems": []}
    return {
        "message": "" if problems else tell(error),
        "problems": problems[:MOST_PROBLEMS],
        "more": len(problems) - MOST_PROBLEMS,
    }


class FilePages(PageView):
    """What pages with a dry run share."""

    def render_template(self, template: str, **context: Any) -> str:
        """Give every page the words of the verdicts."""
        words = {"verdict_titles": VERDICT_TITLES, "verdict_signs": VERDICT_SIGNS, "said": said}
        return super().render_template(template, **words, **context)
