"""Open records signed like papers: valid before and after, checked here and by xmlsec1, compared with the data later."""

import json
import zipfile
from base64 import b64decode, b64encode
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from app.domain.signing import SigningRole, Trust
from app.errors import Forbidden, Invalid, NotFound
from app.exchange.codec import check, from_xml, parse
from app.exchange.records import Gradebook, StudentRecord
from app.extensions import db
from app.models import Document, IncomingRecord, Signature, Student, Transfer
from app.services import arrivals
from app.services.documents.checking import Standing
from app.services.exchange import kept
from app.services.exchange.incoming import load_incoming, receive
from app.services.exchange.transfers import bundle_file, load_transfers, receipt_file, take_receipt
from app.services.print_jobs import PAPERS
from app.services.signing import acts, register, steps, store
from app.services.signing.checking import check_file
from tests.factories.province import Province
from tests.services.carry_helpers import enter
from tests.services.helpers import acting
from tests.services.test_incoming import CODE, OTHER_OFFICE, identify, leaver, twin
from tests.signing.paper_helpers import (
    HEAD,
    OFFICE,
    SECRET,
    TEACHER,
    add_certificates,
    order_of,
    people_of,
)
from tests.support.signing import flipped, issue, pem, xmlsec1

__all__ = ["leaver"]
ROLE = SigningRole


def folder() -> Path:
    """Where papers are kept."""
    return Path(current_app.config["INSTANCE_DIR"]) / PAPERS


@pytest.fixture
def certificates(app: Flask, province: Province) -> dict[str, int]:
    return add_certificates(province)


@pytest.fixture
def book(app: Flask, province: Province) -> int:
    """The book of 7A in term I with a mark, kept to be signed."""
    enter(
        province,
        TEACHER,
        province.first.sheet_ids["7A", "math", 1],
        province.first.student_ids[0],
        regular_1="8,5",
    )
    return kept.keep_book(
        acting(province, OFFICE), province.first.class_ids["7A"], 1, folder(), clock=province.clock
    )


def sign(province: Province, paper: int, certificates: dict[str, int]) -> int:
    """The head, then the seal."""
    signed = 0
    for name, role, held in ((HEAD, ROLE.HEAD, HEAD), (OFFICE, ROLE.SEAL, "seal")):
        order = order_of(province, name, paper, role, certificates[held])
        signed = acts.sign_print(acting(province, name), paper, order, SECRET, clock=province.clock)
    return signed


def file_of(province: Province, paper: int) -> bytes:
    return acts.fetch_signed(db.session(), acting(province, HEAD), paper, clock=province.clock)[0]


@pytest.mark.signatures
def test_a_book_is_signed_by_head_and_seal_and_stays_valid(province, book, certificates, tmp_path) -> None:
    before = from_xml(file_of(province, book), Gradebook)
    assert sign(province, book, certificates) == 1
    data = file_of(province, book)
    check(parse(data))
    assert from_xml(data, Gradebook) == before, "signing changes nothing that is said"
    found = check_file(db.session(), data)
    assert [(s.signer.name, s.role, s.changed) for s in found.report.signatures] == [
        ("Đỗ Thị Ánh Nguyệt", "Hiệu trưởng", False),
        ("Trường THCS Tiên Kỳ", "Con dấu của trường", False),
    ]
    assert {s.trust for s in found.report.signatures} == {Trust.TRUSTED}
    assert found.paper is not None
    assert (found.paper.document.id, found.paper.standing, found.newer) == (book, Standing.SAME, False)
    assert xmlsec1(tmp_path, data, people_of(province).authority.certificate)
    spoiled = data.replace(b">8.5<", b">9.5<")
    assert spoiled != data
    assert all(s.changed for s in check_file(db.session(), spoiled).report.signatures)
    assert not xmlsec1(tmp_path, spoiled, people_of(province).authority.certificate)
    place = data.index(b"SignatureValue>") + 40
    assert check_file(db.session(), flipped(data, place)).report.changed
    not_base64 = data[:place] + b"@" + data[place + 1 :]
    assert check_file(db.session(), not_base64).report.changed


def test_a_change_of_the_data_is_told_and_the_old_file_is_not_signed_further(
    province, book, certificates
) -> None:
    order = order_of(province, HEAD, book, ROLE.HEAD, certificates[HEAD])
    acts.sign_print(acting(province, HEAD), book, order, SECRET, clock=province.clock)
    student = province.first.student_ids[1]
    enter(province, TEACHER, province.first.sheet_ids["7A", "math", 1], student, regular_1="7")
    found = check_file(db.session(), file_of(province, book))
    assert found.paper is not None
    assert found.paper.standing is Standing.CHANGED
    assert not found.report.changed, "the file itself is as it was"
    with pytest.raises(Invalid, match="has changed since"):
        sign(province, book, certificates)


def test_a_file_the_schema_refuses_is_not_signed(province, book, certificates) -> None:
    row = db.session().get_one(Document, book)
    path = folder() / row.file
    data = path.read_bytes().replace(b'term="1"', b'term="7"', 1)
    path.write_bytes(data)
    order = order_of(province, HEAD, book, ROLE.HEAD, certificates[HEAD])
    with pytest.raises(Invalid, match="not kept any more"):
        acts.sign_print(acting(province, HEAD), book, order, SECRET, clock=province.clock)
    with pytest.raises(Invalid, match="breaks the published schema"):
        kept.demand_valid(data)
    assert not db.session().scalar(sa.select(sa.func.count()).select_from(Signature))


def test_a_key_outside_signs_a_record_in_two_steps(province, certificates, tmp_path) -> None:
    people, head = people_of(province), acting(province, HEAD)
    register.end(head, certificates[HEAD], "Đổi chứng thư", clock=province.clock)
    key = issue("Đỗ Thị Ánh Nguyệt", province.now, people.authority)
    row = register.add_outside(head, pem(key.certificate), clock=province.clock).certificate_id
    student = province.first.student_ids[0]
    paper = kept.keep_record(acting(province, OFFICE), student, folder(), clock=province.clock)
    told = json.loads(
        steps.give_out(head, paper, order_of(province, HEAD, paper, ROLE.HEAD, row), clock=province.clock)
    )
    waiting = json.loads((store.folder() / "waiting" / f"{told['token']}.json").read_bytes())
    signatures = {
        number: b64encode(key.sign(b64decode(to_sign))).decode()
        for number, (_file, to_sign, _mark) in waiting["papers"].items()
    }
    answer = json.dumps({"token": told["token"], "signatures": signatures}).encode()
    assert steps.take_back(head, answer, clock=province.clock) == 1
    data = file_of(province, paper)
    assert [s.changed for s in check_file(db.session(), data).report.signatures] == [False]
    assert from_xml(data, StudentRecord).student.name == db.session().get_one(Student, student).full_name


def test_who_may_not_take_data_out_keeps_nothing(province, app) -> None:
    class_id, student = province.first.class_ids["7A"], province.first.student_ids[0]
    with pytest.raises(Forbidden):
        kept.keep_book(acting(province, TEACHER), class_id, 1, folder(), clock=province.clock)
    with pytest.raises(NotFound):
        kept.keep_record(acting(province, OTHER_OFFICE), student, folder(), clock=province.clock)
    with pytest.raises(Invalid, match="term I or term II"):
        kept.keep_book(acting(province, OFFICE), class_id, 3, folder(), clock=province.clock)
    assert not db.session().scalar(sa.select(sa.func.count()).select_from(Document))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record goes out without the papers that take a while to draw."""
    monkeypatch.setattr(kept, "_forms", lambda *_what: [])


@pytest.fixture
def transfer(province: Province, leaver: int) -> int:
    """What the leaver takes along."""
    return kept.keep_transfer(acting(province, OFFICE), leaver, folder(), clock=province.clock)


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezipped(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_papers_go_out_signed_and_come_back_as_a_receipt(
    province, leaver, transfer, certificates, tmp_path
) -> None:
    office, other = acting(province, OFFICE), acting(province, OTHER_OFFICE)
    first = db.session().get_one(Transfer, transfer).document_id
    assert sign(province, first, certificates) == 3, "the record and both papers in one action"
    content = bundle_file(office, transfer, clock=province.clock).content
    files = members(content)
    assert set(files) == {
        "ho-so.xml", "hoc-ba.pdf", "phieu-bao-diem.pdf", "hocvu-records-1.0.xsd", "DOC-TRUOC.txt", "manifest.json",
    }  # fmt: skip
    for name in ("ho-so.xml", "hoc-ba.pdf", "phieu-bao-diem.pdf"):
        found = check_file(db.session(), files[name])
        assert found.holds, name
        assert len(found.report.signatures) == 2
        assert found.paper is not None
        assert found.paper.standing is Standing.SAME
    identify(province, child := twin(province), code=None)
    identify(province, leaver, code=None)
    identify(province, child, code=CODE)
    row = receive(other, child, content, tmp_path, clock=province.clock)
    receipt = receipt_file(other, row, clock=province.clock).content
    with pytest.raises(NotFound):
        take_receipt(other, transfer, receipt, clock=province.clock)
    with pytest.raises(Invalid, match="no receipt"):
        take_receipt(office, transfer, receipt.replace(b"received_by", b"received_bx"), clock=province.clock)
    changed = json.loads(receipt)
    changed["received_by"] = "Người khác"
    with pytest.raises(Invalid, match="no receipt"):
        take_receipt(office, transfer, json.dumps(changed).encode(), clock=province.clock)
    take_receipt(office, transfer, receipt, clock=province.clock)
    (given,) = load_transfers(db.session(), db.session().get_one(Student, leaver), province.first.unit_id)
    assert given.row.received_school == db.session().get_one(Student, child).unit.name
    assert list(given.signed) == [ROLE.HEAD, ROLE.SEAL]
    with pytest.raises(Invalid, match="already"):
        take_receipt(office, transfer, receipt, clock=province.clock)


def _unsealed(manifest: bytes) -> bytes:
    """Without the signature of the installation it was made in."""
    said = json.loads(manifest)
    del said["signed"]
    return json.dumps(said).encode()


def test_a_bundle_that_was_meddled_with_leaves_nothing(
    alone, province, leaver, transfer, certificates, tmp_path
) -> None:
    first = db.session().get_one(Transfer, transfer).document_id
    sign(province, first, certificates)
    files = members(bundle_file(acting(province, OFFICE), transfer, clock=province.clock).content)
    child = twin(province)
    identify(province, leaver, code=None)
    identify(province, child, code=CODE)
    record = files["ho-so.xml"].replace(b">8.5<", b">9.5<")
    attempts = {
        "a mark": {**files, "ho-so.xml": record},
        "the list": {
            **files,
            "manifest.json": files["manifest.json"].replace(b'"sha256": "', b'"sha256": "0', 1),
        },
        "no seal": {**files, "manifest.json": _unsealed(files["manifest.json"])},
        "one more": {**files, "virus.exe": b"MZ"},
        "a path": {**files, "../../ho-so.xml": b"<a/>"},
    }
    for what, tampered in attempts.items():
        with pytest.raises(Invalid):
            receive(acting(province, OTHER_OFFICE), child, rezipped(tampered), tmp_path, clock=province.clock)
        assert not db.session().scalar(sa.select(sa.func.count()).select_from(IncomingRecord)), what
    with pytest.raises(Invalid, match="was changed after it was signed"):
        receive(acting(province, OTHER_OFFICE), child, record, tmp_path, clock=province.clock)
    assert not list(tmp_path.glob("tmp*"))


def test_inside_the_program_the_papers_arrive_with_the_student(alone, province, leaver, transfer) -> None:
    other = acting(province, OTHER_OFFICE)
    class_id = province.second.class_ids["7B"]
    student = db.session().get_one(Student, leaver)
    born = student.birth_date
    arrivals.receive_student(other, CODE, born, class_id, date(2026, 11, 16), clock=province.clock)
    db.session.expire_all()
    student = db.session().get_one(Student, leaver)
    (given,) = load_transfers(db.session(), student, province.first.unit_id)
    assert given.row.received_at is not None
    assert given.row.received_school == student.unit.name
    (row,) = load_incoming(db.session(), student)
    assert (row.source_code, row.content[:5]) == ("thcstk", "<?xml")


def test_receipts_that_are_none(province, app) -> None:
    office = acting(province, OFFICE)
    for content in (b"", b"{}", b"[1]", b"\xff", b"{" * 5000, b'{"signed": 3}', b"0" * 70_000):
        with pytest.raises(Invalid, match="no receipt"):
            take_receipt(office, 1, content, clock=province.clock)
