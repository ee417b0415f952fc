"""What the sheet's page tells about its rows and columns."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.progress import TEACHER
from tests.factories.province import Province
from tests.services.carry_helpers import DAY, move

ClientFor = Callable[[str], FlaskClient]


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


def sheet_data(client: FlaskClient, sheet: int) -> dict[str, Any]:
    page = client.get(f"/gradebook/{sheet}").text
    found = re.search(r'id="sheet-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found.group(1)))


def test_a_move_is_told_by_its_first_day_in_the_new_class(province: Province, client_for: ClientFor) -> None:
    """As the printed book tells it."""
    student = province.first.student_ids[0]
    move(province, student, "7B")
    data = sheet_data(client_for(TEACHER), province.first.sheet_ids["7A", "math", 1])
    row = next(row for row in data["rows"] if row["student"] == student)
    assert (row["closed"], row["note"]) == (True, f"Chuyển lớp {DAY:%d/%m/%Y}")


def test_only_scored_subjects_have_weights(province: Province, client_for: ClientFor) -> None:
    client = client_for(TEACHER)

    def groups(subject: str) -> dict[str, str]:
        data = sheet_data(client, province.first.sheet_ids["7A", subject, 1])
        return {column["name"]: column["group"] for column in data["columns"]}

    assert "2" in groups("math")["midterm"]
    comments = groups("art")
    assert comments["midterm"] == comments["final"]
    assert not re.search(r"\d", "".join(comments.values()))
