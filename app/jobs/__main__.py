"""`python -m app.jobs [--parent=PID]`: work; with a parent, end when it is gone."""

import logging
import os
import sys

from app.jobs import EXTENSION


def main(arguments: list[str]) -> None:
    """Make jobs and keep order until told to stop."""
    from app import create_app

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    parent = next((int(a.partition("=")[2]) for a in arguments if a.startswith("--parent=")), None)
    create_app().extensions[EXTENSION].consume(parent)
    logging.shutdown()
    os._exit(0)  # what is still at work stops as if it were killed, and goes on at the next start


if __name__ == "__main__":
    main(sys.argv[1:])
