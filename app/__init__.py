"""The application factory. Order matters: see design §5."""

import gc
from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder
from werkzeug.middleware.proxy_fix import ProxyFix

import config


def create_app(**overrides: Any) -> Flask:
    """A configured application with its own AppBuilder; `overrides` win over the environment (tests)."""
    collecting = gc.isenabled()
    gc.disable()  # what is loaded stays: looking through it again and again would take a third of the start
    try:
        return _made(overrides)
    finally:
        if collecting:
            gc.enable()


def _made(overrides: dict[str, Any]) -> Flask:
    from app import extensions, models  # noqa: F401 (models first: versioning must be on before any view)
    from app.cli import register_commands
    from app.security import HocVuSecurityManager
    from app.services import guards  # noqa: F401 (installs the session guards)
    from app.views import register_views
    from app.views.home import HomeView
    from app.web import install_web

    app = Flask(__name__)
    app.config.update(config.load(**overrides))
    if app.config["TRUSTED_PROXIES"]:
        hops = app.config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(config.ROOT / "migrations"))
    extensions.csrf.init_app(app)
    with app.app_context():
        appbuilder = AppBuilder(
            app, extensions.db.session, security_manager_class=HocVuSecurityManager, indexview=HomeView
        )
        register_views(appbuilder)
        install_web(app)
    register_commands(app)
    return app
