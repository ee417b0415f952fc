"""A chosen file between its dry run and its import: kept on the server, for its owner only, for an hour.

Nothing comes back from the browser but a random token; the file that is imported is the one that was judged, and once.
What nobody came back for is thrown away at the next upload, and by the worker for background jobs if none comes.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from app.errors import N_, NotFound, Stale

LIFETIME: Final = timedelta(hours=1)
GONE: Final = N_(
    "The chosen file is no longer kept: it has been imported, or an hour has passed. If it is not among the past "
    "imports, choose it again."
)
RUNNING: Final = N_("This file is being imported at this moment. Wait until it is done; it is imported once.")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


class Running(Stale):
    """The file is being imported by another request."""


@dataclass(frozen=True)
class Ticket:
    """Whose file it is, what for, and since when. `about` is what it goes to: a school year, or a sheet."""

    user_id: int | None
    kind: str
    about: int | None
    filename: str
    kept_at: str


class Uploads:
    """The folder of kept files: mode 700, files 600."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "uploads"

    def keep(self, ticket: Ticket, data: bytes, plan: str, now: datetime) -> str:
        """Keep a file with its dry run; returns the token. Throws away what has expired."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.clear(now)
        token = secrets.token_urlsafe(24)
        # The ticket first, and last to go: whatever is left by a crash has one, so that `clear` finds it.
        self._write(token, "json", json.dumps(asdict(ticket), ensure_ascii=False).encode())
        self._write(token, "xlsx", data)
        self._write(token, "plan", plan.encode())
        return token

    def ticket(self, token: str, user_id: int | None, now: datetime) -> Ticket:
        """The ticket of a token. NotFound for anybody else's token, Stale after an hour."""
        path = self._path(token, "json")
        if not path.is_file():
            raise Stale(GONE)
        ticket = Ticket(**json.loads(path.read_text(encoding="utf-8")))
        if ticket.user_id != user_id:
            raise NotFound
        if now - datetime.fromisoformat(ticket.kept_at) > LIFETIME:
            self.drop(token)
            raise Stale(GONE)
        return ticket

    def data(self, token: str) -> bytes:
        """The file; ask for the ticket first."""
        return self._read(token, "xlsx")

    def plan(self, token: str) -> str:
        """The dry run as it was shown; ask for the ticket first."""
        return self._read(token, "plan").decode()

    @contextmanager
    def importing(self, token: str) -> Iterator[None]:
        """Hold a file while it is imported; a button pressed twice gets Running instead of a second import."""
        try:
            self._write(token, "busy", b"")
        except FileExistsError as error:
            raise Running(RUNNING) from error
        try:
            yield
        finally:
            self._path(token, "busy").unlink(missing_ok=True)

    def drop(self, token: str) -> None:
        """Throw a file away."""
        for suffix in ("xlsx", "plan", "busy", "json"):
            self._path(token, suffix).unlink(missing_ok=True)

    def _path(self, token: str, suffix: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise NotFound
        return self._folder / f"{token}.{suffix}"

    def _read(self, token: str, suffix: str) -> bytes:
        try:
            return self._path(token, suffix).read_bytes()
        except FileNotFoundError as error:  # imported or expired between two questions
            raise Stale(GONE) from error

    def _write(self, token: str, suffix: str, data: bytes) -> None:
        descriptor = os.open(self._path(token, suffix), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)

    def clear(self, now: datetime) -> None:
        """Throw away what has expired, imports that a crash left unfinished included."""
        for path in self._folder.glob("*.json"):
            try:
                facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):  # another process throws it away at this moment
                continue
            if now - datetime.fromisoformat(facts["kept_at"]) > LIFETIME:
                self.drop(path.stem)


def ticket_for(user_id: int | None, kind: str, about: int | None, filename: str, now: datetime) -> Ticket:
    """A ticket of this moment; the file's name is for showing only."""
    return Ticket(user_id, kind, about, filename.replace("\\", "/").rpartition("/")[2][:120], now.isoformat())
