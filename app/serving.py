"""gunicorn as HocVu runs it: loaded once and forked, with one worker for background jobs beside the web processes."""

import gc
import subprocess
import time
from collections.abc import Mapping
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from app.jobs import end_worker, start_worker

LONGEST_PAUSE = 60.0
"""Seconds before a job worker that keeps ending is started again."""


class _Master(Arbiter):
    """gunicorn's master, which also keeps the job worker alive."""

    _process: subprocess.Popen[bytes] | None = None
    _starts = 0
    _started = 0.0

    def manage_workers(self) -> None:
        """Called about once a second: after the web processes, for people wait for those."""
        super().manage_workers()
        if self.app.makes_jobs:
            self._keep_job_worker()

    def _keep_job_worker(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        now = time.monotonic()
        if self._process is not None:
            if now - self._started > LONGEST_PAUSE:
                self._starts = 0
            if now - self._started < min(2.0**self._starts, LONGEST_PAUSE):
                return
            self.log.warning("The worker for background jobs ended; starting it again")
        self._process, self._started = start_worker(), now
        self._starts += 1

    def stop(self, graceful: bool = True) -> None:
        """The job worker first: it holds nobody's request."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
        super().stop(graceful)
        if process is not None:
            end_worker(process)


class Server(BaseApplication):
    """The application under gunicorn, configured from our settings alone."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self.makes_jobs = not settings["JOBS_IN_PROCESS"]
        super().__init__()

    def load_config(self) -> None:
        """gunicorn's settings."""
        settings = self._settings
        values = {
            "bind": f"{settings['HOST']}:{settings['PORT']}",
            "workers": settings["WEB_WORKERS"],
            "worker_class": "gthread",  # `timeout` watches the process, not a request: a long import is not cut off
            "threads": 8,
            "timeout": settings["WEB_TIMEOUT"],
            "accesslog": "-" if settings.get("ACCESS_LOG") else None,
            "preload_app": True,  # loaded once, then forked: starts in half the time and shares the memory
            "post_fork": _after_fork,
            "control_socket_disable": True,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, before the first fork."""
        from app import create_app

        app = create_app()
        gc.collect()
        gc.freeze()  # what is loaded stays: collecting it anew would cost every web process a fifth of a second
        return app

    def run(self) -> None:
        """Serve until stopped."""
        _Master(self).run()


def _after_fork(_master: Any, worker: Any) -> None:
    """A web process opens its own connections: the parent's sockets are the parent's."""
    from app.extensions import db

    app = worker.app.wsgi()
    with app.app_context():
        db.engine.dispose(close=False)
