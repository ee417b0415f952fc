"""Documents that are written from the code, or must keep up with it."""

import importlib
import pkgutil
import re
from enum import Enum

import pytest

import app.domain
from app.domain.access import RULES, Action, may_ever
from app.domain.vocabulary import Role
from scripts import i18n, permissions, regulations
from tests.architecture.source import ROOT, modules

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def enums() -> list[type[Enum]]:
    """Every enum of the rules, the actions apart: they stand in permissions.md."""
    found = []
    for info in pkgutil.walk_packages(app.domain.__path__, "app.domain."):
        module = importlib.import_module(info.name)
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, Enum)
            and value.__module__ == info.name
            and value is not Action
        ]
    return found


@pytest.mark.parametrize("enum", enums(), ids=lambda enum: enum.__name__)
def test_every_word_of_the_rules_has_its_official_term(enum: type[Enum]) -> None:
    missing = [f"{enum.__name__}.{m.name}" for m in enum if f"| `{enum.__name__}.{m.name}` |" not in GLOSSARY]
    assert missing == [], "add a row to docs/glossary.md"


def test_the_glossary_names_nothing_that_is_gone() -> None:
    known = {f"{enum.__name__}.{member.name}" for enum in enums() for member in enum}
    named = set(re.findall(r"^\| `([A-Z]\w+\.[A-Z][A-Z0-9_]*)` \|", GLOSSARY, re.MULTILINE))
    assert named - known == set()


def test_the_page_of_permissions_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert permissions.main(["--check"]) == 0, capsys.readouterr().out


def test_the_page_of_regulations_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert regulations.main(["--check"]) == 0, capsys.readouterr().out


def test_every_action_and_condition_has_its_vietnamese_words() -> None:
    conditions = {
        p.text for lines in RULES.values() for line in lines for p in line if permissions.roles_of(p) is None
    }
    assert conditions <= set(permissions.CONDITIONS)
    assert set(Action) <= set(permissions.ACTIONS)
    assert set(Role) == set(permissions.ROLE_NAMES)


def test_every_action_has_a_rule_and_somebody_who_may() -> None:
    from app.domain.access import Actor

    nobody = {
        action
        for action in Action
        if action is not Action.DEPARTMENT_CREATE
        and not any(may_ever(Actor(1, 1, role, role, 1, roles=frozenset({role})), action) for role in Role)
    }
    assert set(RULES) == set(Action)
    assert nobody == set()


LATER: dict[Action, str] = {}
"""Actions of the table nothing asks for yet, each with its reason."""


def test_every_action_is_asked_for_somewhere() -> None:
    tables = {"app/domain/access.py", "app/views/role_texts.py"}  # the rules, and the words for them
    text = "\n".join(module.text for module in modules() if module.where not in tables)
    dead = {action for action in Action if not re.search(rf"\bAction\.{action.name}\b", text)}
    assert dead == set(LATER)


def test_the_translations_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert i18n.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "path", sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))
)
def test_links_between_documents_lead_somewhere(path: str) -> None:
    page = ROOT / path
    targets = re.findall(r"\]\(((?!https?:|#)[^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_decisions_say_status_context_decision_and_consequences() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [int(path.name[:4]) for path in decisions if path.name[:4].isdigit()]
    assert numbers == list(range(1, len(numbers) + 1))
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        for heading in ("Status", "Context", "Decision", "Consequences"):
            assert f"## {heading}" in text, f"{path.name}: {heading}"
