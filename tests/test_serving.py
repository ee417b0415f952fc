"""gunicorn as it is configured: what works long is not killed; the program as it starts."""

import gc
from pathlib import Path

import pytest
from gunicorn.workers.gthread import ThreadWorker

import config
from app.serving import Server
from tests.conftest import make_app


def test_a_long_import_is_not_killed(tmp_path: Path) -> None:
    """5,000 students take 10 seconds, on a slow machine a minute: threads keep the process showing signs of life."""
    server = Server(config.load(INSTANCE_DIR=tmp_path))
    assert issubclass(server.cfg.worker_class, ThreadWorker)
    assert server.cfg.timeout >= 180


def test_the_timeout_is_the_operators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_TIMEOUT", "300")
    assert Server(config.load(INSTANCE_DIR=tmp_path)).cfg.timeout == 300


@pytest.mark.parametrize("collecting", [True, False])
def test_a_start_leaves_the_collector_as_it_was(tmp_path: Path, collecting: bool) -> None:
    """Nothing is collected while the program loads, and everything again afterwards."""
    before = gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        make_app(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")
        assert gc.isenabled() == collecting
    finally:
        (gc.enable if before else gc.disable)()
