"""What the lock forms can't read is refused by name, tried out or saved; an answer that is none answers nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import ExtensionRequest, LockWindow, ReopenRequest
from app.services.closing import steps
from tests.conftest import csrf
from tests.factories.province import Province
from tests.services.closing_helpers import HEAD
from tests.services.helpers import acting
from tests.services.print_helpers import close_term
from tests.services.test_lock_requests import LEADER, TEACHER, sheet_of, shut
from tests.views.test_lock_requests import send
from tests.views.test_locks import form

Client = Callable[[str], FlaskClient]


@pytest.fixture
def engine_name() -> str:
    """One engine: nothing here is done differently by another."""
    return "sqlite"


@pytest.mark.parametrize("tried", [{}, {"simulate": "1"}], ids=["saved", "tried out"])
@pytest.mark.parametrize(
    ("field", "value"),
    [("class_ids", ["-1"]), ("class_ids", ["9" * 30]), ("class_ids", ["999999"]), ("term", "9"), ("term", "abc"),
     ("grades", ["7", "x"]), ("unit_ids", ["a"]), ("subject_ids", ["1,2"]), ("levels", ["x"]), ("columns", ["x"]),
     ("ordered_by", "abc"), ("effect", "x"), ("reason", "")],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_refused_by_name(
    app: Flask, province: Province, client_for: Client, field: str, value: object, tried: dict[str, str]
) -> None:
    """Left out, it would make the window wider than was asked for."""
    client = client_for(HEAD)
    answer = client.post("/locks/add", data=form(client, province) | {field: value} | tried)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert 'id="hv-simulation"' not in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LockWindow)) == 1  # the province's own


@pytest.mark.parametrize("values", [{"sheet_id": ["1", "2"]}, {"sheet_id": "x"}, {"student_ids": "x"}])
def test_single_cells_are_never_all_cells(
    app: Flask, province: Province, client_for: Client, values: dict[str, object]
) -> None:
    client = client_for(HEAD)
    assert client.post("/locks/add", data=form(client, province) | values).status_code == 422


@pytest.mark.parametrize("verdict", ["", "yes", "GRANT"])
def test_an_answer_that_is_none_decides_no_request(
    app: Flask, province: Province, client_for: Client, verdict: str
) -> None:
    shut(province, HEAD)
    send(client_for(TEACHER), province)
    request = db.session.scalars(sa.select(ExtensionRequest)).one()
    head = client_for(HEAD)
    answer = head.post(
        f"/lock-requests/{request.id}/decide",
        data={"csrf_token": csrf(head), "verdict": verdict, "answer": "lí do"},
    )
    assert answer.status_code == 422
    db.session.expire_all()
    assert [seat.granted for seat in request.seats] == [None]
    assert sheet_of(province) == request.sheet_id


def test_an_answer_that_is_none_decides_no_reopening(
    app: Flask, province: Province, client_for: Client
) -> None:
    close_term(province, 1)
    closing = db.session.scalars(sa.select(steps.Closing)).one()
    steps.ask_to_reopen(
        acting(province, HEAD), closing.id, "Sót điểm", province.now + timedelta(days=3), clock=province.clock
    )
    request = db.session.scalars(sa.select(ReopenRequest)).one()
    leader = client_for(LEADER)
    url = f"/closing/requests/{request.id}/decide"
    answer = leader.post(url, data={"csrf_token": csrf(leader), "answer": "grant", "reason": "đồng ý"})
    assert answer.status_code == 422
    db.session.expire_all()
    assert request.decided_at is None
