"""Serves HocVu: gunicorn with processes where it can run, waitress elsewhere (Windows)."""

import sys

import config


def main() -> None:
    """Serve until stopped. Settings come from the environment through config.py."""
    settings = config.load()
    address = (settings["HOST"], settings["PORT"])
    try:
        import fcntl  # noqa: F401 (gunicorn needs it; Windows has none)
    except ImportError:
        from waitress import serve

        from app import create_app

        serve(create_app(), host=address[0], port=address[1], threads=8)
        return
    from gunicorn.app.wsgiapp import run

    sys.argv = [
        "gunicorn",
        "--bind", f"{address[0]}:{address[1]}",
        "--workers", str(settings["WEB_WORKERS"]),
        "--worker-class", "gthread",
        "--threads", "8",
        "--timeout", "60",
        "--access-logfile", "-" if settings.get("ACCESS_LOG") else "/dev/null",
        "app:create_app()",
    ]  # fmt: skip
    run()


if __name__ == "__main__":
    main()
