"""gunicorn as it is configured: what works long is not killed."""

from pathlib import Path

import pytest
from gunicorn.workers.gthread import ThreadWorker

import config
from app.serving import Server


def test_a_long_import_is_not_killed(tmp_path: Path) -> None:
    """5,000 students take 10 seconds, on a slow machine a minute: threads keep the process showing signs of life."""
    server = Server(config.load(INSTANCE_DIR=tmp_path))
    assert issubclass(server.cfg.worker_class, ThreadWorker)
    assert server.cfg.timeout >= 180


def test_the_timeout_is_the_operators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_TIMEOUT", "300")
    assert Server(config.load(INSTANCE_DIR=tmp_path)).cfg.timeout == 300
