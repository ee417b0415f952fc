"""Files between their dry run and their import: imported once, gone after an hour whatever happened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import Stale
from app.services.spreadsheets.uploads import LIFETIME, Running, Uploads, ticket_for

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path)


def kept(uploads: Uploads, now: datetime = NOW) -> str:
    return uploads.keep(ticket_for(7, "students", 2026, "lop-7a.xlsx", now), b"PK", "{}", now)


def test_a_file_is_imported_by_one_request_at_a_time(uploads: Uploads) -> None:
    token = kept(uploads)
    with uploads.importing(token), pytest.raises(Running), uploads.importing(token):
        raise AssertionError("two requests hold the same file")
    with uploads.importing(token):  # the first was refused, e.g. for a missing name: it may be tried again
        uploads.drop(token)
    with uploads.importing(token), pytest.raises(Stale, match="has been imported"):
        uploads.data(token)


def test_what_has_expired_goes_with_the_next_upload(uploads: Uploads, tmp_path: Path) -> None:
    kept(uploads)
    young = kept(uploads, NOW + LIFETIME)
    kept(uploads, NOW + LIFETIME + timedelta(seconds=1))
    tokens = {path.stem for path in (tmp_path / "uploads").iterdir()}
    assert len(tokens) == 2
    assert young in tokens


@pytest.mark.parametrize("left", [("json",), ("json", "xlsx"), ("json", "xlsx", "plan", "busy")])
def test_what_a_crash_left_goes_too(uploads: Uploads, tmp_path: Path, left: tuple[str, ...]) -> None:
    """A ticket is written first and removed last: half a file never stays for ever."""
    token = kept(uploads)
    (tmp_path / "uploads" / f"{token}.busy").touch()
    for path in (tmp_path / "uploads").iterdir():
        if path.suffix[1:] not in left:
            path.unlink()
    uploads.clear(NOW + LIFETIME * 2)
    assert list((tmp_path / "uploads").iterdir()) == []
