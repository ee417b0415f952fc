"""Whatever is sent as a cell: never a 500, and what is stored is always in the domain (hypothesis)."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.vocabulary import CELL_COLUMNS, MARK_COLUMNS, Passing
from app.extensions import db
from app.models import Grade
from tests.conftest import csrf
from tests.factories.province import Province

TYPED = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.text(alphabet="0123456789,. -+eEđĐcC٣５½∞", max_size=7),
    st.sampled_from(
        [
            "8",
            "8,5",
            "10",
            "0",
            "10,0",
            "Đ",
            "CĐ",
            "passed",
            "failed",
            "8.55",
            "1e1",
            "NaN",
            "-0",
            " 7 ",
            "05",
        ]
    ),
    st.text(min_size=495, max_size=520),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co", "Mn"]), max_size=8),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
MANY = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""One database for all examples of a test: each leaves a valid record behind, which the next one meets."""

Post = Callable[[str, Any], Any]


@pytest.fixture
def post(app: Flask, province: Province, client_for: Callable[[str], FlaskClient]) -> Post:
    """Sends a body to the sheet's JSON address as its teacher."""
    client = client_for("longpd.thcstk")
    headers = {"X-CSRFToken": csrf(client), "Content-Type": "application/json"}
    return lambda path, body: client.post(path, data=json.dumps(body), headers=headers)


def address(province: Province, subject: str = "math") -> str:
    return f"/gradebook/{province.first.sheet_ids['7A', subject, 1]}/cells"


def check(answer: Any) -> None:
    assert answer.status_code in (200, 403, 404, 409, 422), f"{answer.status_code}: {answer.text[:500]}"
    assert answer.is_json
    for row in db.session.scalars(sa.select(Grade)):
        for column in (*MARK_COLUMNS, "average"):
            value = getattr(row, column)
            if isinstance(value, Decimal):
                assert Decimal(0) <= value <= Decimal(10), value
                assert value == value.quantize(Decimal("0.1")), value
            else:
                assert value is None or isinstance(value, Passing), value
        assert row.comment is None or 0 < len(row.comment) <= 500
    db.session.rollback()


@pytest.mark.parametrize("subject", ["math", "art"])
def test_typed_cells(app: Flask, province: Province, post: Post, subject: str) -> None:
    students = province.first.student_ids[:3]

    @MANY
    @given(st.sampled_from(students), st.sampled_from(CELL_COLUMNS), TYPED, TYPED)
    def run(student: int, column: str, old: str | None, new: str | None) -> None:
        change = {"student": student, "column": column, "old": old, "new": new}
        check(post(address(province, subject), {"revision": 0, "changes": [change]}))

    run()


def test_changes_of_any_shape(app: Flask, province: Province, post: Post) -> None:
    keys = st.sampled_from(["student", "column", "old", "new", "request_id"])

    @MANY
    @given(st.lists(st.dictionaries(keys, ANYTHING, max_size=5) | ANYTHING, max_size=3), ANYTHING)
    def run(changes: list[Any], request_id: Any) -> None:
        check(post(address(province), {"request_id": request_id, "revision": 0, "changes": changes}))

    run()


def test_bodies_of_any_shape(app: Flask, province: Province, post: Post) -> None:
    paths = [address(province), *(address(province).replace("cells", verb) for verb in ("submit", "absence"))]
    keys = st.sampled_from(["changes", "columns", "student", "column", "state", "reason", "revision"])

    @MANY
    @given(st.sampled_from(paths), ANYTHING | st.dictionaries(keys, ANYTHING, max_size=5))
    def run(path: str, body: Any) -> None:
        check(post(path, body))

    run()


def test_ids_of_any_size(app: Flask, province: Province, post: Post) -> None:
    """Beyond 64 bits as well: the database's integers end somewhere, the answer is 422 or 404 all the same."""

    @MANY
    @given(st.integers(), st.sampled_from(CELL_COLUMNS))
    def run(student: int, column: str) -> None:
        change = {"student": student, "column": column, "old": None, "new": "8"}
        check(post(address(province), {"revision": 0, "changes": [change]}))

    run()


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "9223372036854775808", "1.5", "x"])
def test_addresses_with_odd_ids(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient], number: str
) -> None:
    client = client_for("longpd.thcstk")
    for path in ("", "/plain", "/cell?student=1&column=final", "/history"):
        assert client.get(f"/gradebook/{number}{path}").status_code == 404
    own = province.first.sheet_ids["7A", "math", 1]
    assert client.get(f"/gradebook/{own}/cell?student={number}&column=final").status_code in (404, 422)
