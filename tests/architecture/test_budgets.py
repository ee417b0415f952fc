"""Files and functions stay small enough to be read in one go (design §3; style facts §8)."""

import ast

from tests.architecture.source import ROOT, Function, Module, modules

FILE_LINES = 400
FUNCTION_LINES = 60
CREATE_APP_LINES = 60
LONG_FILES: dict[str, str] = {}
"""Files above the budget: path → why they may. Empty, and to stay so."""


def test_files_fit_their_budget() -> None:
    long = {
        module.where: lines
        for module in modules("app", "bench", "scripts", "tests")
        if (lines := module.text.count("\n")) > FILE_LINES and module.where not in LONG_FILES
    }
    assert long == {}


def test_no_excuse_outlives_its_file() -> None:
    assert {
        path for path in LONG_FILES if (ROOT / path).read_text(encoding="utf-8").count("\n") <= FILE_LINES
    } == set()


def test_functions_fit_their_budget() -> None:
    long = {
        f"{module.where}: {name}": lines
        for module in modules("app", "bench", "scripts")
        for name, function in module.functions()
        if (lines := body_lines(function)) > FUNCTION_LINES
    }
    assert long == {}


def body_lines(function: Function) -> int:
    """Lines of a function without its docstring."""
    documentation = ast.get_docstring(function, clean=False)
    return (
        (function.end_lineno or 0)
        - function.lineno
        + 1
        - (documentation.count("\n") + 1 if documentation else 0)
    )


def test_the_factory_is_read_at_a_glance() -> None:
    (module,) = (m for m in modules() if m.where == "app/__init__.py")
    assert body_lines(dict(module.functions())["create_app"]) <= CREATE_APP_LINES


def test_public_functions_of_rules_and_verbs_say_what_they_mean() -> None:
    silent = [
        f"{module.where}: {name}"
        for module in modules()
        if module.layer in {"app.domain", "app.services", "app.reports"}
        for name, function in module.functions()
        if not any(part.startswith("_") for part in name.split("."))
        and not ast.get_docstring(function)
        and not _is_inner(module, name)
    ]
    assert not silent, "\n" + "\n".join(silent)


def _is_inner(module: Module, name: str) -> bool:
    """A function inside a function needs no docstring."""
    functions = {n for n, _f in module.functions()}
    return any(name.startswith(f"{other}.") for other in functions)


def test_public_functions_of_rules_and_verbs_have_types() -> None:
    untyped = [
        f"{module.where}: {name}"
        for module in modules()
        if module.layer in {"app.domain", "app.services", "app.reports"}
        for name, function in module.functions()
        if function.returns is None or any(_untyped(function))
    ]
    assert not untyped, "\n" + "\n".join(untyped)


def _untyped(function: Function):
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield argument.annotation is None and argument.arg not in {"self", "cls"}
