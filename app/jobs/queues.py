"""Where wake-ups wait: a SQLite file, a MariaDB database or Redis, by the one setting JOBS_QUEUE."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from huey import Huey

NAME = "hocvu"


class WrongQueue(ValueError):
    """JOBS_QUEUE can't be used; the message says what it may be."""


def open_queue(address: str, *, immediate: bool) -> Huey:
    """The queue of that address; MariaDB is asked here, the others with the first wake-up.

    Raises WrongQueue.
    """
    check_queue(address)
    options = {"immediate": immediate, "results": False}
    return _KINDS[urlsplit(address).scheme](address, options)


def check_queue(address: str, database: str = "") -> None:
    """Look at the setting without opening anything. Raises WrongQueue.

    `database`: the address of the record. MariaDB's queue keeps tables named `task` and the like: not among ours.
    """
    parts = urlsplit(address)
    if parts.scheme not in _KINDS:
        raise WrongQueue(
            f"JOBS_QUEUE begins with {parts.scheme or 'nothing'}://; it may be sqlite:///FILE, "
            "mysql://USER:PASSWORD@HOST:PORT/DATABASE or redis://:PASSWORD@HOST:PORT/NUMBER"
        )
    if parts.scheme != "redis" and not parts.path.strip("/"):
        raise WrongQueue(f"JOBS_QUEUE names no {'file' if parts.scheme == 'sqlite' else 'database'}")
    if parts.scheme != "sqlite" and not parts.hostname:
        raise WrongQueue("JOBS_QUEUE names no host")
    record = urlsplit(database)
    if parts.scheme == "mysql" and (record.hostname, record.path) == (parts.hostname, parts.path):
        raise WrongQueue("JOBS_QUEUE names the database of DATABASE_URL: the queue needs one of its own")


def _sqlite(address: str, options: Mapping[str, Any]) -> Huey:
    from huey import SqliteHuey

    return SqliteHuey(NAME, filename=address.removeprefix("sqlite:///"), **options)


def _mariadb(address: str, options: Mapping[str, Any]) -> Huey:
    from huey.contrib.sql_huey import SqlHuey

    return SqlHuey(NAME, database=address, **options)


def _redis(address: str, options: Mapping[str, Any]) -> Huey:
    from huey import RedisHuey

    return RedisHuey(NAME, url=address, **options)


_KINDS: Mapping[str, Callable[[str, Mapping[str, Any]], Huey]] = {
    "sqlite": _sqlite,
    "mysql": _mariadb,
    "redis": _redis,
}
