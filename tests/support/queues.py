"""Queues of every kind, each on a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.support.mariadb import shared_server
from tests.support.redis import RedisServer


@contextmanager
def address_of(kind: str, folder: Path) -> Iterator[str]:
    """Address of an empty queue: a file in `folder`, a database of the run's MariaDB, a Redis of its own."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'jobs.db'}"
    elif kind == "redis":
        with RedisServer() as server:
            yield server.url
    else:
        databases = shared_server()
        name = f"queue_{uuid4().hex}"
        databases.create_database(name)
        try:
            yield f"mysql://root@127.0.0.1:{databases.port}/{name}"
        finally:
            databases.drop_database(name)
