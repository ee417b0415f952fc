"""The pages of signing: summary and signing in the browser, certificates, the public check; and `flask verify`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.signing import SigningRole
from app.extensions import db
from app.models import Certificate, Installation, Signature
from app.services.signing import acts, pdf
from app.services.signing.keys import as_file
from app.services.unit_of_work import plain_write
from app.views.check import LIMITS
from tests.conftest import csrf
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.signing.paper_helpers import (
    BOARD,
    HEAD,
    OFFICE,
    SECRET,
    TEACHER,
    add_certificates,
    kept_print,
    order_of,
    people_of,
)
from tests.support.signing import flipped, issue, pem, plain_pdf

Client = Callable[[str], FlaskClient]


@pytest.fixture
def engine_name() -> str:
    """What is stored has its tests on both engines (test_papers)."""
    return "sqlite"


@pytest.fixture(autouse=True)
def counted_anew(app: Flask) -> Iterator[None]:
    """Files checked are counted by the process: each test begins at none, and leaves none."""
    app.extensions.pop(LIMITS, None)
    yield
    app.extensions.pop(LIMITS, None)


@pytest.fixture
def papers(app: Flask, province: Province) -> list[int]:
    return kept_print(province)


def post(client: FlaskClient, url: str, **fields: object) -> str:
    answer = client.post(
        url,
        data={**fields, "csrf_token": csrf(client)},
        content_type="multipart/form-data",
        follow_redirects=True,
    )
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def upload(data: bytes, name: str) -> tuple[BytesIO, str]:
    return BytesIO(data), name


def test_the_teacher_adds_a_key_file_and_signs_the_print(
    province: Province, papers, client_for: Client
) -> None:
    people, client = people_of(province), client_for(TEACHER)
    key = as_file(people.teacher, SECRET)
    wrong = post(client, "/certificates/add", how="file", secret="sai", file=upload(key, "a.p12"))
    assert "Sai mật khẩu" in wrong or "passphrase is wrong" in wrong
    post(client, "/certificates/add", how="file", secret=SECRET, file=upload(key, "../../a.p12"))
    db.session.rollback()
    row = db.session.scalars(sa.select(Certificate)).one()
    assert row.person_id == province.first.person_ids["longpd"]
    page = client.get(f"/paper-signatures/{papers[0]}").text
    assert page.count('name="role" value="homeroom_teacher"') == 1
    assert 'value="head"' not in page
    order = order_of(province, TEACHER, papers[0], SigningRole.HOMEROOM_TEACHER, row.id)
    fields = {
        "role": order.role.value,
        "certificate": row.id,
        "seen": order.seen,
        "secret": SECRET,
        "visible": "1",
    }
    post(client, f"/paper-signatures/{papers[0]}/sign", **fields)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Signature)) == 2
    file = client.get(f"/paper-signatures/{papers[1]}.pdf")
    assert (file.status_code, file.headers["Cache-Control"]) == (200, "no-store")
    assert '<span class="hv-tag is-ok">' in client.get("/paper-signatures/").text


def test_the_board_adds_the_seal_and_the_office_cannot(
    province: Province, papers, client_for: Client
) -> None:
    key = as_file(people_of(province).seal, SECRET)
    fields = {"how": "file", "secret": SECRET, "seal": "1"}
    client = client_for(OFFICE)
    answer = client.post(
        "/certificates/add",
        data={**fields, "file": upload(key, "a.p12"), "csrf_token": csrf(client)},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 403
    assert "Trường THCS Tiên Kỳ" in post(
        client_for(BOARD), "/certificates/add", file=upload(key, "a.p12"), **fields
    )
    assert client_for(OFFICE).get("/certificates/unit").status_code == 200
    assert client_for("longpd.thcstk").get("/certificates/unit").status_code == 403


def test_a_certificate_is_ended_with_a_reason(province: Province, papers, client_for: Client) -> None:
    ids = add_certificates(province)
    client = client_for(HEAD)
    post(client, f"/certificates/{ids[TEACHER]}/end", reason="Thôi công tác", seal="1")
    db.session.rollback()
    assert db.session.get_one(Certificate, ids[TEACHER]).ended_why == "Thôi công tác"
    assert "Thôi công tác" in client.get("/certificates/unit").text


def test_trying_out_is_offered_in_the_demonstration_only(
    app: Flask, province: Province, papers, client_for: Client
) -> None:
    assert 'value="demo"' not in client_for(HEAD).get("/certificates/").text
    with plain_write() as session:
        session.add(Installation(key="demo", value="x"))
    client = client_for(HEAD)
    assert 'value="demo"' in client.get("/certificates/").text
    assert "không có giá trị pháp lý" in post(client, "/certificates/add", how="demo", secret="thu-nghiem")
    app.extensions.pop("hocvu.demo", None)  # asked once a process


def test_a_key_outside_gets_a_file_of_digests(province: Province, papers, client_for: Client) -> None:
    client, key = client_for(HEAD), issue("Phạm Ngọc Giang", province.now, people_of(province).authority)
    post(client, "/certificates/add", how="outside", file=upload(pem(key.certificate), "a.crt"))
    db.session.rollback()
    certificate = db.session.scalars(sa.select(Certificate.id)).one()
    order = order_of(province, HEAD, papers[0], SigningRole.HEAD, certificate)
    data = {"role": "head", "certificate": certificate, "seen": order.seen, "csrf_token": csrf(client)}
    told = client.post(f"/paper-signatures/{papers[0]}/digests", data=data).get_json()
    assert len(told["papers"]) == 2
    bad = post(client, f"/paper-signatures/{papers[0]}/answers", file=upload(b"{}", "a.json"))
    assert "Signed" not in bad


@pytest.mark.parametrize(
    "fields", [{}, {"role": "king"}, {"role": "head"}, {"role": "head", "certificate": "x"}]
)
def test_an_incomplete_order_is_no_page(papers, client_for: Client, fields: dict[str, str]) -> None:
    client = client_for(HEAD)
    answer = client.post(f"/paper-signatures/{papers[0]}/sign", data={**fields, "csrf_token": csrf(client)})
    assert answer.status_code == 404


# -- checking ----------------------------------------------------------------------------------------------------


@pytest.fixture
def signed(province: Province, papers) -> bytes:
    ids = add_certificates(province)
    order = order_of(province, HEAD, papers[0], SigningRole.HEAD, ids[HEAD])
    acts.sign_print(acting(province, HEAD), papers[0], order, SECRET, clock=province.clock)
    return acts.fetch_signed(db.session(), acting(province, HEAD), papers[0], clock=province.clock)[0]


def checked(app: Flask, data: bytes) -> tuple[int, str]:
    client = app.test_client()
    answer = client.post(
        "/check-file/",
        data={"file": upload(data, "x.pdf"), "csrf_token": csrf(client, "/check-file/")},
        content_type="multipart/form-data",
    )
    return answer.status_code, " ".join(answer.text.split())


def test_the_register_opens_the_paper_with_its_signatures(
    province: Province, papers: list[int], signed: bytes, client_for: Callable[[str], FlaskClient]
) -> None:
    client = client_for(OFFICE)
    assert client.get(f"/print-register/{papers[0]}.pdf").data == signed
    assert client.get(f"/print-register/{papers[1]}.pdf").data != signed


def test_anybody_checks_a_signed_file(app: Flask, signed: bytes) -> None:
    status, text = checked(app, signed)
    assert status == 200
    assert "Đỗ Thị Ánh Nguyệt" in text
    assert "7/2026" in text
    assert "is-bad" not in text.split("<main", 1)[-1]
    status, text = checked(app, flipped(signed, signed.index(b"stream") + 10))
    assert status == 200
    assert "7/2026" not in text
    assert "is-bad" in text


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"%PDF-1.7"]
)
def test_other_files_are_refused_in_words(app: Flask, province: Province, data: bytes) -> None:
    status, text = checked(app, data)
    assert status == 422
    assert "Traceback" not in text
    assert 'role="alert"' in text


def test_an_address_checks_so_many_files_a_minute(app: Flask, province: Province) -> None:
    client = app.test_client()
    token = csrf(client, "/check-file/")
    answers = {client.post("/check-file/", data={"csrf_token": token}).status_code for _n in range(31)}
    assert 429 in answers


def test_the_command_says_it_in_vietnamese(app: Flask, signed: bytes, tmp_path: Path) -> None:
    runner, file = app.test_cli_runner(), tmp_path / "giấy.pdf"
    file.write_bytes(signed)
    done = runner.invoke(args=["verify", str(file)])
    assert done.exit_code == 0, done.output
    assert "Đỗ Thị Ánh Nguyệt, Hiệu trưởng" in done.output
    file.write_bytes(flipped(signed, signed.index(b"stream") + 10))
    assert runner.invoke(args=["verify", str(file)]).exit_code == 1
    file.write_bytes(plain_pdf("khac"))
    assert runner.invoke(args=["verify", str(file)]).exit_code == 1
    now = datetime.now(UTC)
    stranger = issue("Người lạ", now)
    file.write_bytes(pdf.sign_pdf(plain_pdf("khac"), stranger, at=now))
    assert runner.invoke(args=["verify", str(file)]).exit_code == 1
    for unreadable in (tmp_path / "none.pdf", tmp_path):
        done = runner.invoke(args=["verify", str(unreadable)])
        assert done.exit_code == 2
        assert "Traceback" not in done.output
