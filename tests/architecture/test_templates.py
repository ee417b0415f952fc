"""Pages carry no inline script or style, so that the content policy can forbid them (design §8)."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

TEMPLATES = ROOT / "app" / "templates"
PRINTED = "reports"
"""Printed forms are no web pages: xhtml2pdf reads them, styles inline included."""

PAGES = sorted(p for p in TEMPLATES.rglob("*.html") if p.relative_to(TEMPLATES).parts[0] != PRINTED)
PARTIAL = re.compile(r"^_|_widget\.html$")
"""A file that is included or imported begins with an underscore; FAB's widgets are parts by name."""

ROOT_PAGES = {"hocvu/base.html": "the frame of every page"}
DATA_TYPES = {"application/json"}

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


class Problems(HTMLParser):
    """Collects what the content policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        line = self.getpos()[0]
        if tag == "style" or "style" in names:
            self.found.append(f"{line}: style on <{tag}>")
        if tag == "script" and "src" not in names and names.get("type") not in DATA_TYPES:
            self.found.append(f"{line}: inline script")
        if tag == "script" and "src" in names and "nonce" not in names:
            self.found.append(f"{line}: script without a nonce")
        for name, value in attrs:
            if re.fullmatch(r"on[a-z]+", name):
                self.found.append(f"{line}: {name} on <{tag}>")
            if name in {"href", "src", "action", "formaction"} and re.match(
                r"\s*(javascript:|https?:|//)", value or ""
            ):
                self.found.append(f"{line}: {name}={value}")
            if name == "target" and value == "_blank" and "noopener" not in (names.get("rel") or ""):
                self.found.append(f"{line}: a new tab that keeps its opener")

    handle_startendtag = handle_starttag


def name_of(page: Path) -> str:
    return page.relative_to(TEMPLATES).as_posix()


def blank(text: str) -> str:
    """The page without Jinja, line numbers kept; an expression inside an attribute leaves a letter."""
    return JINJA.sub(
        lambda match: "\n" * match.group().count("\n") + ("x" if match.group().startswith("{{") else ""), text
    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_inline_script_handler_or_style(page: Path) -> None:
    parser = Problems()
    parser.feed(blank(page.read_text(encoding="utf-8")))
    assert parser.found == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_stands_in_the_frame_or_is_a_part(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    framed = re.search(r"{%-?\s*extends\s", text) is not None
    assert framed or PARTIAL.search(page.name) or name_of(page) in ROOT_PAGES, (
        "extends nothing: name a part _part.html"
    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_form_that_posts_carries_a_token(page: Path) -> None:
    """Through `csrf_token()` or a form object, which holds its own."""
    text = page.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b.*?(?:</form>|\Z)", text, re.DOTALL | re.IGNORECASE):
        if re.search(r"method\s*=\s*[\"']?post", form, re.IGNORECASE):
            assert "csrf_token" in form or "hidden_tag" in form or "csrf" in form, form[:120]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_nothing_is_marked_safe(page: Path) -> None:
    """Autoescape stays on: names and comments are typed by people. FAB's widgets come rendered by their templates."""
    text = re.sub(r"widgets\.get\('\w+'\)\([^()]*\) \| safe", "", page.read_text(encoding="utf-8"))
    assert re.findall(r"\|\s*safe\b|autoescape\s+false|Markup\(", text) == []


def test_the_program_builds_no_html_by_hand() -> None:
    found = [
        f"{path.relative_to(ROOT)}"
        for path in sorted((ROOT / "app").rglob("*.py"))
        if re.search(r"\bMarkup\(\s*f[\"']|render_template_string", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_scripts_of_ours_need_no_eval_and_call_nobody() -> None:
    for path in sorted((ROOT / "app" / "static" / "js").rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"\beval\(|new Function\(|https?://|\.innerHTML\s*=|document\.write", text) == [], (
            path.name
        )
