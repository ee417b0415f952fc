"""Browser-like clients: every request in a context of its own, as on a server."""

import contextvars
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import sign_in
from tests.factories.province import Province


class SeparateRequests(FlaskClient):
    """Flask shares `g` with an application context that is already pushed, as the `app` fixture's is."""

    def open(self, *arguments: Any, **options: Any) -> Any:
        """One request without the test's own context."""
        return contextvars.Context().run(super().open, *arguments, **options)


@pytest.fixture
def client_for(app: Flask, province: Province) -> Callable[[str], FlaskClient]:
    """`client_for("longpd.thcstk")`: signed in through the real form; one client an account."""
    app.test_client_class = SeparateRequests
    clients: dict[str, FlaskClient] = {}

    def signed_in(username: str) -> FlaskClient:
        if username not in clients:
            clients[username] = sign_in(app.test_client(), username)
        return clients[username]

    return signed_in
