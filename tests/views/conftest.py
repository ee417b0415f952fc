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
    """`client_for("longpd.thcstk")`: a client signed in as that account, through the real form."""
    app.test_client_class = SeparateRequests
    return lambda username: sign_in(app.test_client(), username)
