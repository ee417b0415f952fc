"""The head exempts a student from a practical part: once for a time, with a file only the head can open, where the circular
knows an exemption, and never in what is closed.
"""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import AuditEvent, ExemptionDecision, SchoolYear
from app.services.clock import local_day
from app.services.unit_of_work import transaction
from tests.conftest import csrf
from tests.factories.province import Province
from tests.services.print_helpers import close_term
from tests.services.results_helpers import THCS, Made, make_class

ClientFor = Callable[[str], FlaskClient]
PDF = b"%PDF-1.4 medical record"


@pytest.fixture
def engine_name() -> str:
    """One engine: nothing here is done differently by another."""
    return "sqlite"


@pytest.fixture
def made(province: Province) -> Made:
    """A class of grade 8 with one student."""
    return make_class(province, "8C", THCS, pupils=1)


def decide(
    client: FlaskClient, made: Made, code: str = "physical_education", **changes: object
) -> TestResponse:
    """Send the form of a sheet of the first term."""
    data = {
        "csrf_token": csrf(client),
        "student": made.students[0],
        "term": "",
        "number": "12/QĐ-THCSTK",
        "decided_on": "20/09/2026",
        "reason": "Ốm",
        "evidence": (BytesIO(PDF), "don.pdf"),
    }
    return client.post(f"/exemptions/sheet/{made.sheets[code, 1]}", data=data | changes)


def decisions() -> int:
    """How many there are."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(ExemptionDecision)) or 0


def test_one_decision_covers_a_time(made: Made, client_for: ClientFor) -> None:
    client = client_for("giangnt.thcstk")
    assert decide(client, made, term="1").status_code == 302
    for again in ("1", ""):
        answer = decide(client, made, term=again, number="13/QĐ-THCSTK")
        assert answer.status_code == 200
        assert "12/QĐ-THCSTK" in answer.text
    assert decide(client, made, term="2", number="13/QĐ-THCSTK").status_code == 302
    assert decisions() == 2


def test_the_file_is_the_heads_to_open(made: Made, client_for: ClientFor) -> None:
    head = client_for("giangnt.thcstk")
    decide(head, made)
    (row,) = db.session.scalars(sa.select(ExemptionDecision)).all()
    path = f"/exemptions/{row.id}/file"
    assert path in head.get(f"/exemptions/sheet/{made.sheets['physical_education', 1]}").text
    answer = head.get(path)
    assert (answer.data, answer.headers["Cache-Control"]) == (PDF, "no-store")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()
    looked = sa.select(AuditEvent.target_id).where(AuditEvent.action == "exemption.download")
    assert db.session.scalars(looked).all() == [row.id]
    assert client_for("longpd.thcstk").get(path).status_code == 403
    assert client_for("giangnt.thcsba").get(path).status_code == 404


@pytest.mark.parametrize("code", ["math", "literature", "arts"])
def test_only_the_circulars_subjects_know_exemptions(made: Made, client_for: ClientFor, code: str) -> None:
    """TT 22/2021 Điều 10: physical education and defence education, nothing else."""
    client = client_for("giangnt.thcstk")
    sheet = made.sheets[code, 1]
    assert f"/exemptions/sheet/{sheet}" not in client.get(f"/gradebook/{sheet}").text
    assert decide(client, made, code).status_code == 200
    assert decisions() == 0


def test_a_closed_term_takes_no_exemption(province: Province, made: Made, client_for: ClientFor) -> None:
    client = client_for("giangnt.thcstk")
    close_term(province, 1)
    for term in ("1", ""):
        assert decide(client, made, term=term).status_code == 200
    assert decisions() == 0
    assert decide(client, made, term="2").status_code == 302


def test_a_year_that_is_over_takes_none(province: Province, made: Made, client_for: ClientFor) -> None:
    client = client_for("giangnt.thcstk")
    with transaction(SYSTEM, "test.over", clock=province.clock) as work:
        work.session.get_one(SchoolYear, made.year_id).ends_on = local_day(work.now) - timedelta(days=1)
    assert decide(client, made).status_code == 200
    assert decisions() == 0


def test_a_term_that_is_none_is_not_the_whole_year(made: Made, client_for: ClientFor) -> None:
    assert decide(client_for("giangnt.thcstk"), made, term="9").status_code == 200
    assert decisions() == 0
