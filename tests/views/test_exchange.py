"""The pages of the electronic record: who fetches what, taking a file in, and what another school's id answers."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree

from tests.conftest import csrf
from tests.factories.province import Province
from tests.services.test_incoming import leaver, record_of, twin

__all__ = ["leaver"]
Clients = Callable[[str], FlaskClient]
OFFICE, OTHER_OFFICE, TEACHER = "hongvt.thcstk", "hongvt.thcsba", "habtt.thcsba"
NUMBER = "066214000123"


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


def send(client: FlaskClient, student: int, content: bytes, name: str = "ho-so.xml") -> str:
    """Send a file in; the page that answers."""
    data = {"csrf_token": csrf(client), "file": (BytesIO(content), name)}
    return client.post(f"/exchange/student/{student}/receive", data=data, follow_redirects=True).text


def test_a_class_and_a_student_are_fetched_as_xml(
    province: Province, client_for: Clients, leaver: int
) -> None:
    client = client_for(OFFICE)
    class_id = province.first.class_ids["7A"]
    book = client.get(f"/exchange/class/{class_id}/1.xml")
    assert (book.status_code, book.mimetype) == (200, "application/xml")
    assert "no-store" in book.headers["Cache-Control"]
    schema = etree.XMLSchema(etree.fromstring(client.get("/schemas/hocvu-records-1.0.xsd").data))
    assert schema.validate(etree.fromstring(book.data))
    assert schema.validate(etree.fromstring(client.get(f"/exchange/student/{leaver}.xml").data))
    assert client.get(f"/exchange/class/{class_id}/3.xml").status_code == 422
    assert client.get(f"/exchange/class/{class_id}/1.xml?format=unknown").status_code == 404


def test_the_page_of_a_student_leads_to_the_record(
    province: Province, client_for: Clients, leaver: int
) -> None:
    client = client_for(OTHER_OFFICE)
    child = twin(province)
    assert f"/exchange/student/{child}" in client.get(f"/students/show/{child}").text
    record = record_of(province, leaver, NUMBER)
    page = send(client, child, record)
    assert "Đã nhận." in page
    shown = client.get("/exchange/incoming/1")
    assert "8,5" in shown.text
    assert "Thúc Kháng" in shown.text
    assert "Tệp này đã được nhận" in send(client, child, record)
    data = {"csrf_token": csrf(client), "reason": "Nộp nhầm"}
    assert "Nộp nhầm" in client.post("/exchange/incoming/1/aside", data=data, follow_redirects=True).text


def test_a_wrong_file_is_told_and_nothing_is_kept(
    province: Province, client_for: Clients, tmp_path: Path
) -> None:
    client = client_for(OTHER_OFFICE)
    child = twin(province)
    assert "Chưa nhận gì" in send(client, child, b"<hoso/>")
    assert "Chưa nhận gì" in send(client, child, b"%PDF-1.7", "hồ sơ.pdf")
    assert "Chưa nhận hồ sơ nào" in client.get(f"/exchange/student/{child}").text


def test_another_schools_ids_answer_404_and_a_teacher_is_refused(
    province: Province, client_for: Clients, leaver: int
) -> None:
    child = twin(province)
    send(client_for(OTHER_OFFICE), child, record_of(province, leaver, NUMBER))
    stranger = client_for(OFFICE)
    paths = (f"student/{child}", f"student/{child}.xml", "incoming/1")
    for path in (*paths, f"class/{province.second.class_ids['7B']}/1.xml"):
        assert stranger.get(f"/exchange/{path}").status_code == 404, path
    assert client_for(TEACHER).get(f"/exchange/student/{child}").status_code == 403
