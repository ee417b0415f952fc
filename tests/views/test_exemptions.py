"""The head exempts a student from a practical part: once for a time, with a file only the head can open."""

from collections.abc import Callable
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.access import SYSTEM
from app.domain.sheet_forms import SheetForm
from app.extensions import db
from app.models import AuditEvent, ExemptionDecision, GradebookSheet
from app.services.unit_of_work import transaction
from tests.conftest import csrf
from tests.factories.province import Province

ClientFor = Callable[[str], FlaskClient]
PDF = b"%PDF-1.4 medical record"


@pytest.fixture
def engine_name() -> str:
    """One engine: nothing here is done differently by another."""
    return "sqlite"


def decide(client: FlaskClient, province: Province, **changes: object) -> TestResponse:
    """Send the form of the art sheet."""
    data = {
        "csrf_token": csrf(client),
        "student": province.first.student_ids[0],
        "term": "",
        "number": "12/QĐ-THCSTK",
        "decided_on": "20/09/2026",
        "reason": "Ốm",
        "evidence": (BytesIO(PDF), "don.pdf"),
    }
    sheet = province.first.sheet_ids["7A", "art", 1]
    return client.post(f"/exemptions/sheet/{sheet}", data=data | changes)


def test_one_decision_covers_a_time(province: Province, client_for: ClientFor) -> None:
    client = client_for("giangnt.thcstk")
    assert decide(client, province, term="1").status_code == 302
    for again in ("1", ""):
        answer = decide(client, province, term=again, number="13/QĐ-THCSTK")
        assert answer.status_code == 200
        assert "12/QĐ-THCSTK" in answer.text
    assert decide(client, province, term="2", number="13/QĐ-THCSTK").status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ExemptionDecision)) == 2


def test_the_file_is_the_heads_to_open(province: Province, client_for: ClientFor) -> None:
    head = client_for("giangnt.thcstk")
    decide(head, province)
    (row,) = db.session.scalars(sa.select(ExemptionDecision)).all()
    path = f"/exemptions/{row.id}/file"
    assert path in head.get(f"/exemptions/sheet/{province.first.sheet_ids['7A', 'art', 1]}").text
    answer = head.get(path)
    assert (answer.data, answer.headers["Cache-Control"]) == (PDF, "no-store")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()
    looked = sa.select(AuditEvent.target_id).where(AuditEvent.action == "exemption.download")
    assert db.session.scalars(looked).all() == [row.id]
    assert client_for("longpd.thcstk").get(path).status_code == 403
    assert client_for("giangnt.thcsba").get(path).status_code == 404


def test_only_subjects_with_marks_know_exemptions(province: Province, client_for: ClientFor) -> None:
    sheet = province.first.sheet_ids["7A", "art", 1]
    with transaction(SYSTEM, "test.form", clock=province.clock) as work:
        work.session.get_one(GradebookSheet, sheet).form = SheetForm.PRIMARY
    answer = decide(client_for("giangnt.thcstk"), province)
    assert answer.status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ExemptionDecision)) == 0
