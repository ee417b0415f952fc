"""Serves HocVu: gunicorn with processes where it can run, waitress elsewhere (Windows); a job worker beside it."""

import sys
from importlib.util import find_spec

import config
from app.jobs.queues import WrongQueue, check_queue


def main() -> None:
    """Serve until stopped. Settings come from the environment through config.py."""
    settings = config.load()
    try:
        check_queue(settings["JOBS_QUEUE"], settings["SQLALCHEMY_DATABASE_URI"])
    except WrongQueue as error:
        sys.exit(f"HocVu: {error}")
    if find_spec("fcntl") is None:  # gunicorn needs it; Windows has none
        _serve_with_threads(settings["HOST"], settings["PORT"], jobs=not settings["JOBS_IN_PROCESS"])
        return
    from app.serving import Server

    Server(settings).run()


def _serve_with_threads(host: str, port: int, *, jobs: bool) -> None:
    from waitress import serve

    from app import create_app
    from app.jobs import end_worker, start_worker

    worker = start_worker() if jobs else None
    try:
        serve(create_app(), host=host, port=port, threads=8)
    finally:
        if worker is not None:
            end_worker(worker)


if __name__ == "__main__":
    main()
