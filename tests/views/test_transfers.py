"""Pages: records kept to be signed, papers for another school with their receipt, a term of another school that counts."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.exchange.codec import to_xml
from app.extensions import db
from app.models import CountedTerm, Document, Transfer
from app.services.exchange import kept
from tests.conftest import csrf
from tests.factories.province import Province
from tests.services.carry_helpers import LATER
from tests.services.results_helpers import fill, make_class
from tests.services.test_counted_terms import comes, whole
from tests.services.test_incoming import CODE, identify, leaver, twin

__all__ = ["leaver"]
Clients = Callable[[str], FlaskClient]
OFFICE, OTHER_OFFICE, TEACHER, HEAD = "hongvt.thcstk", "hongvt.thcsba", "longpd.thcstk", "giangnt.thcstk"


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the papers that take a while to draw."""
    monkeypatch.setattr(kept, "_forms", lambda *_what: [])


def post(client: FlaskClient, path: str, **data: object) -> str:
    """Send a form; the page it ends on."""
    return client.post(path, data={"csrf_token": csrf(client), **data}, follow_redirects=True).text


def test_a_class_and_a_student_are_kept_to_be_signed(province: Province, client_for: Clients) -> None:
    client, class_id = client_for(OFFICE), province.first.class_ids["7A"]
    assert f"/transfers/class/{class_id}/1" in client.get(f"/classes/show/{class_id}").text
    page = post(client, f"/transfers/class/{class_id}/1")
    assert "sẵn sàng để ký" in page
    assert "Sổ theo dõi và đánh giá (XML) lớp 7A, học kì I" in page
    student = province.first.student_ids[0]
    assert "Hồ sơ học tập (XML)" in post(client, f"/transfers/student/{student}/record")
    papers = db.session().scalars(sa.select(Document).order_by(Document.id)).all()
    assert [(row.form, row.label, row.pages) for row in papers] == [
        ("xml_book", "1/2026", 0),
        ("xml_record", "2/2026", 0),
    ]
    shown = client.get("/print-register/").text
    assert "Hồ sơ học tập (XML)" in shown
    file = client.get(f"/print-register/{papers[0].id}.pdf")
    assert (file.mimetype, file.data[:5]) == ("application/xml", b"<?xml")
    assert "Dữ liệu" in client.get(f"/check/{papers[0].check_code}").text
    assert client_for(TEACHER).post(f"/transfers/class/{class_id}/1", data={}).status_code in (400, 403)


def test_papers_go_to_another_school_and_the_receipt_comes_back(
    alone: None, province: Province, client_for: Clients, leaver: int
) -> None:
    client, other = client_for(OFFICE), client_for(OTHER_OFFICE)
    assert "1/2026" in post(client, f"/transfers/student/{leaver}")
    row = db.session().scalars(sa.select(Transfer)).one()
    bundle = client.get(f"/transfers/{row.id}.zip")
    assert bundle.data.startswith(b"PK")
    assert other.get(f"/transfers/{row.id}.zip").status_code == 404
    identify(province, child := twin(province), code=None)
    identify(province, leaver, code=None)
    identify(province, child, code=CODE)
    page = post(other, f"/exchange/student/{child}/receive", file=(BytesIO(bundle.data), "ho-so.zip"))
    assert "Đã nhận." in page
    assert "chưa ký" in other.get("/exchange/incoming/1").text
    receipt = other.get("/transfers/incoming/1/receipt.json")
    assert receipt.mimetype == "application/json"
    path = f"/transfers/{row.id}/receipt"
    assert "không phải giấy xác nhận" in post(client, path, file=(BytesIO(b"{}"), "x.json"))
    page = post(client, path, file=(BytesIO(receipt.data), "x.json"))
    assert "Đã ghi nhận" in page
    assert "đã nhận" in page
    assert client.get("/transfers/incoming/1/receipt.json").status_code == 404


def test_a_term_of_another_school_is_counted_on_its_page(
    province: Province, client_for: Clients, tmp_path: Path
) -> None:
    province.now = LATER
    made = make_class(province, "8C")
    student = made.students[0]
    comes(province, student)
    fill(province, made, [student], terms=(2,))
    client = client_for(OFFICE)
    post(client, f"/exchange/student/{student}/receive", file=(BytesIO(to_xml(whole())), "ho-so.xml"))
    page = client.get("/exchange/incoming/1").text
    assert "Tính học kì I vào năm học" in page
    assert "6,5" in page
    page = post(client, "/transfers/incoming/1/count")
    assert "được tính vào năm học của học sinh: 12 môn" in page
    assert db.session().scalars(sa.select(CountedTerm.source_name)).one() == "Trường THCS Nơi Khác"
    shown = client_for(HEAD).get(f"/results/student/{student}/year/{made.year_id}").text
    assert "Học kì I học tại Trường THCS Nơi Khác" in shown
    assert "trường cũ" in shown
    assert "đã được tính rồi" in post(client, "/transfers/incoming/1/count")
