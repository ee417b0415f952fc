"""The trail of actions in words: every action the program writes has them."""

import ast
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from app.domain.archive import ArchiveKind
from app.domain.closing import Act, Stage
from app.domain.corrections import STEP_OF
from app.domain.media import ExportKind
from app.services.imports import IMPORTERS
from app.services.spreadsheets.kinds import KINDS
from app.views.audit import action_label, known_label
from app.views.base import ScopedModelView
from tests.architecture.source import Function, Module, modules

WRITERS = {"transaction": 1, "record_event": 1, "audit": 0, "note_visit": 0}
"""Calls that write an event or, when they are refused, one about the refusal: which argument names the action."""

TICKED = (Stage.PRINTED, Stage.PROOF_OPENED, Stage.CHECKED, Stage.SEALED, Stage.PROPOSED)
"""The steps to closing that have a button of their own."""

PASSED_ON = {"action"}
"""The name of a parameter: whoever calls gives the action as `action=`."""

OUR_OWN = ("demo.", "setup.")
"""The program's own work at set-up: allowed everything, so never refused, and told to nobody."""


@pytest.fixture
def engine_name() -> str:
    """Words don't know the database."""
    return "sqlite"


def constants(module: Module) -> dict[str, ast.expr]:
    """Names a module gives once: `LOOK_UP: Final = "person.search"`."""
    found = {}
    for node in module.tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
    return found


def named() -> Iterator[tuple[str, ast.expr]]:
    """(place, expression) of every action a call names, by its value where it is a constant of the module."""
    usual = [(m, f, value) for m in modules() for f, value in _usual(m)]
    takers = {"AuditEvent", *(function.name for _module, function, _value in usual)}
    for module, function, value in usual:
        yield f"{module.where}:{function.lineno}", value
    for module in modules():
        values = constants(module)
        for place, expression in _called_with(module, takers):
            yield place, values.get(ast.unparse(expression), expression)


def _usual(module: Module) -> Iterator[tuple[Function, ast.expr]]:
    """Services that are told the action, with the one they write where they are not."""
    for _name, function in module.functions():
        for argument, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
            if argument.arg == "action" and value is not None and module.layer == "app.services":
                yield function, value


def _called_with(module: Module, takers: set[str]) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rsplit(".", 1)[-1]
        place = f"{module.where}:{node.lineno}"
        number = WRITERS.get(called)
        if number is not None and len(node.args) > number:
            yield place, node.args[number]
        if called in takers:
            yield from ((place, word.value) for word in node.keywords if word.arg == "action")


def made(app: Flask) -> dict[str, list[str]]:
    """What the actions put together at run time come to."""
    forms = [
        f"{view.datamodel.obj.__tablename__}.{verb}"
        for view in vars(app)["appbuilder"].baseviews
        if isinstance(view, ScopedModelView) and view.manage_action is not None
        for verb in ("add", "edit")
    ]
    return {
        "f'archive.{kind}'": [f"archive.{kind}" for kind in ArchiveKind],
        "f'export.{kind}'": [f"export.{kind}" for kind in KINDS],
        "f'export.{job.kind}.fetch'": [f"export.{kind}.fetch" for kind in ExportKind],
        "f'import.{kind}'": [f"import.{kind}" for kind in IMPORTERS],
        "f'import.{plan.kind}'": [f"import.{kind}" for kind in IMPORTERS],
        "f'{model.__tablename__}.{verb}'": forms,
        "f'closing.{step.value}'": [f"closing.{step}" for step in TICKED],
        "f'confirmation.{rows[0].act.value}'": [f"confirmation.{act}" for act in Act],
        "f'correction.{step.value}'": [f"correction.{step}" for step in STEP_OF.values()],
        "verb": ["lock_request.grant", "lock_request.refuse"],
    }


def test_every_action_has_words(app: Flask) -> None:
    put_together, silent, seen = made(app), [], set()
    with app.test_request_context(), force_locale("en"):
        for place, expression in named():
            text = ast.unparse(expression)
            if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
                actions = [expression.value]
            elif text in PASSED_ON:
                continue
            else:
                assert text in put_together, f"{place}: say here what {text} comes to"
                actions = put_together[text]
            seen.update(actions)
            silent += [
                f"{place}: {action}"
                for action in actions
                if not action.startswith(OUR_OWN) and known_label(action) is None
            ]
    assert not silent, "\n" + "\n".join(silent)
    assert {"progress.view", "sheet.import", "sign_in", "person.edit", "import.students"} <= seen


def test_words_are_put_together_and_an_unknown_action_stays_as_it_is(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert action_label("progress.view") == "Progress: looked at from above"
        assert action_label("sheet.delegate.end") == "Sheet: delegation ended"
        assert action_label("sign_in") == "Sign-in"
        assert known_label("sheet.frobnicate") is None
        assert action_label("sheet.frobnicate") == "sheet.frobnicate"
