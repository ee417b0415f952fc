"""Dependencies point down only (design §3): views → services → {domain, models}, reports → domain, domain → nothing."""

import sys

import pytest

from tests.architecture.source import modules

LAYERS = {
    # layer: what it may import from app besides itself
    "app.domain": set(),
    "app.reference": {"app.domain"},
    "app.errors": {"app.domain"},
    "app.versioning": set(),
    "app.extensions": set(),
    "app.models": {"app.domain", "app.versioning"},
    "app.reports": {"app.domain"},
    "app.exchange": {"app.domain"},
    "app.services": {
        "app.domain", "app.errors", "app.extensions", "app.models", "app.reference", "app.versioning",
        "app.reports",  # they fill the forms' contexts; a form never asks back
        "app.exchange",  # and so the open records
    },
    "app.security": {"app.domain", "app.models", "app.services"},
    "app.forms": {"app.domain", "app.errors", "app.models", "app.reference", "app.security", "app.services"},
    "app.views": {
        "app.domain", "app.errors", "app.extensions", "app.forms", "app.models", "app.reference", "app.reports",
        "app.exchange", "app.jobs", "app.security", "app.services", "app.web",
    },
    "app.demo": {"app.domain", "app.errors", "app.extensions", "app.models", "app.reference", "app.services"},
    "app.web": {"app.domain", "app.errors", "app.extensions", "app.models", "app.security", "app.services"},
    "app.jobs": {"app.extensions", "app.reports", "app.security", "app.services"},
    "app.serving": {"app.extensions", "app.jobs"},
    "app.cli": {"app.archive_cli", "app.demo", "app.errors", "app.history_cli", "app.services", "app.signing_cli"},
    "app.archive_cli": {"app.domain", "app.errors", "app.extensions", "app.history_cli", "app.security", "app.services"},
    "app.signing_cli": {"app.errors", "app.extensions", "app.services", "app.views"},
    "app.history_cli": {"app.domain", "app.errors", "app.extensions", "app.services", "app.views", "app.web"},
    "app": {"app.cli", "app.extensions", "app.models", "app.security", "app.services", "app.views", "app.web"},
}  # fmt: skip

UPWARD = {
    (
        "app.security",
        "app.views.auth",
    ): "FAB asks the security manager for its sign-in view; imported inside the method",
    ("app.archive_cli", "app"): "a rehearsal restores into an application of its own; inside the command",
    ("app.jobs.__main__", "app"): "the process for background jobs makes its own application; inside main()",
    ("app.serving", "app"): "gunicorn's master loads the application; inside the method",
    ("app.web", "app.views.base"): "an error page tells an error as every view does (`tell`)",
    ("app.forms.converter", "app.views.formats"): "a field shows a value as the pages do",
    ("app.forms.converter", "app.views.widgets"): "a field is drawn by a widget",
    ("app.forms.fields", "app.views.widgets"): "a field is drawn by a widget",
    (
        "app.forms.fields",
        "app.views.select",
    ): "a remote select is checked by the rows it offers; inside the methods",
}
"""The only arrows that point up, each with its reason."""

FRAMEWORKS = {
    # what only some layers may import: package → layers
    "flask": {
        "app", "app.archive_cli", "app.cli", "app.history_cli", "app.signing_cli", "app.forms", "app.jobs",
        "app.serving", "app.security", "app.views", "app.web",
    },
    "flask_appbuilder": {"app", "app.extensions", "app.forms", "app.models", "app.security", "app.versioning", "app.views"},
    "flask_babel": {"app.archive_cli", "app.cli", "app.history_cli", "app.signing_cli", "app.forms", "app.views", "app.web"},
    "sqlalchemy": {
        "app.demo", "app.extensions", "app.forms", "app.models", "app.security", "app.services", "app.versioning",
        "app.views", "app.web",
    },
    "sqlalchemy_continuum": {"app.services", "app.versioning"},
    "wtforms": {"app.forms", "app.views"},
}  # fmt: skip

FLASK_IN_SERVICES = {
    "app.services.bundles.make": "writes into the installation's folder of bundles",
    "app.services.chain.journal": "writes into the installation's folder behind each commit",
    "app.services.chain.keys": "reads the installation's key from its folder",
    "app.services.signing.store": "reads the settings and the folder of keys and signed files",
    "app.services.setup": "runs inside `flask init-app`: asks the application for its security manager",
    "app.services.sign_in": "reads the password hash method from the configuration",
}

RENDERER_ONLY = ("xhtml2pdf", "pypdf", "reportlab", "svglib")


def app_imports():
    for module in modules():
        for line, name in module.imports():
            if name == "app" or name.startswith("app."):
                yield module, line, name


def test_every_layer_is_named_here() -> None:
    assert {module.layer for module in modules()} <= set(LAYERS)


def test_imports_point_down() -> None:
    wrong = [
        f"{module.where}:{line}: {module.layer} may not import {name}"
        for module, line, name in app_imports()
        if (target := ".".join(name.split(".")[:2])) != module.layer
        and target not in LAYERS[module.layer]
        and (module.name, name) not in UPWARD
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_exception_outlives_its_need() -> None:
    used = {(module.name, name) for module, _line, name in app_imports()}
    assert set(UPWARD) <= used
    flask = {
        module.name
        for module in modules()
        for _line, name in module.imports()
        if name.split(".")[0] == "flask"
    }
    assert set(FLASK_IN_SERVICES) <= flask


@pytest.mark.parametrize("layer", ["app.domain", "app.reference"])
def test_the_rules_need_nothing_but_the_standard_library(layer: str) -> None:
    wrong = [
        f"{module.where}:{line}: {name}"
        for module in modules()
        if module.layer == layer
        for line, name in module.imports()
        if not name.startswith("app.") and name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_frameworks_stay_in_their_layers() -> None:
    wrong = [
        f"{module.where}:{line}: {name} does not belong into {module.layer}"
        for module in modules()
        for line, name in module.imports()
        if (package := name.split(".")[0]) in FRAMEWORKS
        and module.layer not in FRAMEWORKS[package]
        and not (package == "flask" and module.name in FLASK_IN_SERVICES)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_services_never_read_the_request() -> None:
    """A verb takes actor, subject, values, reason and clock; it never looks them up (design §6)."""
    wrong = [
        f"{module.where}: {name}"
        for module in modules()
        if module.layer in {"app.services", "app.reports", "app.models"}
        for name in ("request", "session", "g")
        if f"from flask import {name}" in module.text or f", {name}\n" in _flask_imports(module.text)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def _flask_imports(text: str) -> str:
    return "\n".join(line + "\n" for line in text.splitlines() if line.startswith("from flask import"))


def test_only_the_renderer_makes_pdfs() -> None:
    importers = {
        module.where
        for module in modules()
        for _line, name in module.imports()
        if name.split(".")[0] in RENDERER_ONLY
    }
    known = ("pdfa", "preview", "renderer", "stamp")
    assert importers == {f"app/reports/{name}.py" for name in known}


def test_nothing_in_the_program_imports_the_tests() -> None:
    wrong = [
        f"{module.where}: {name}"
        for module in (*modules(), *modules("migrations", "scripts"))
        for _line, name in module.imports()
        if name.split(".")[0] in {"tests", "bench", "pytest", "hypothesis"}
        and module.where != "scripts/screenshots.py"  # drives the same browser as the end-to-end tests
    ]
    assert not wrong, "\n" + "\n".join(wrong)
