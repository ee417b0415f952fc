"""The program's own source as trees, for tests about how the house is built."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path

    @property
    def where(self) -> str:
        """Path from the project's folder, with forward slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        """Dotted name: app.services.clock, or app.services for its __init__.py."""
        return self.where.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def layer(self) -> str:
        """app.services for app.services.clock; a module right under app is a layer of its own."""
        return ".".join(self.name.split(".")[:2])

    @cached_property
    def text(self) -> str:
        """The file's text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of every import, also those inside functions and under TYPE_CHECKING."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, self._full(node, alias.name)) for alias in node.names)

    def _full(self, node: ast.ImportFrom, name: str) -> str:
        """`from app import models` imports app.models; a class of a module is imported from that module."""
        assert node.module, f"{self.where}:{node.lineno}: a relative import"
        assert not node.level, f"{self.where}:{node.lineno}: a relative import"
        candidate = f"{node.module}.{name}"
        return candidate if candidate in _module_names() else node.module

    def calls(self) -> Iterator[tuple[int, str]]:
        """(line, text of what is called) of every call: `sa.text`, `session.commit`, `round`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node.lineno, ast.unparse(node.func)

    def functions(self) -> Iterator[tuple[str, Function]]:
        """(dotted name inside the module, function) of every function and method."""
        yield from _functions(self.tree, "")


def _functions(parent: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, Function):
            yield f"{prefix}{node.name}", node
        inner = f"{prefix}{node.name}." if isinstance(node, (ast.ClassDef, *Function.__args__)) else prefix
        yield from _functions(node, inner)


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file below these folders of the project (default: app), sorted."""
    found = (path for folder in folders or ("app",) for path in (ROOT / folder).rglob("*.py"))
    return tuple(Module(path) for path in sorted(found))


@cache
def _module_names() -> frozenset[str]:
    return frozenset(module.name for module in modules())
