"""Signing a print in one action: who, in which order, with which certificate; and what a check says of it later."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.signing import SigningRole, Trust
from app.errors import Forbidden, Invalid, NotFound, Stale
from app.extensions import db
from app.models import AuditEvent, Certificate, Document, Installation, Notice, Signature
from app.services.clock import local_day
from app.services.signing import acts, register, steps, store
from app.services.signing.checking import check_file
from app.services.signing.expiry import warn_expiring
from app.services.signing.keys import as_file
from app.services.signing.papers import load_print, signable_prints
from app.services.unit_of_work import plain_write
from tests.conftest import counting
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

ROLE = SigningRole


@pytest.fixture
def papers(app: Flask, province: Province) -> list[int]:
    return kept_print(province)


@pytest.fixture
def certificates(papers: list[int], province: Province) -> dict[str, int]:
    return add_certificates(province)


def sign(
    province: Province, name: str, paper: int, role: SigningRole, certificate: int, secret: str = SECRET
) -> int:
    order = order_of(province, name, paper, role, certificate)
    return acts.sign_print(acting(province, name), paper, order, secret, clock=province.clock)


def sign_all(province: Province, papers: list[int], certificates: dict[str, int]) -> None:
    sign(province, TEACHER, papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    sign(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD])
    sign(province, OFFICE, papers[0], ROLE.SEAL, certificates["seal"])


def file_of(province: Province, paper: int) -> bytes:
    return acts.fetch_signed(db.session(), acting(province, HEAD), paper, clock=province.clock)[0]


def test_a_print_is_signed_by_teacher_head_and_seal(province, papers, certificates) -> None:
    sign_all(province, papers, certificates)
    for paper in papers:
        check = check_file(db.session(), file_of(province, paper))
        assert [(s.signer.name, s.role, s.changed, s.trust) for s in check.report.signatures] == [
            ("Y Khương Byă", "Giáo viên chủ nhiệm", False, Trust.TRUSTED),
            ("Đỗ Thị Ánh Nguyệt", "Hiệu trưởng", False, Trust.TRUSTED),
            ("Trường THCS Tiên Kỳ", "Con dấu của trường", False, Trust.TRUSTED),
        ]
        assert check.holds
        assert check.paper.document.id == paper
        assert not check.newer
    rows = db.session.scalars(
        sa.select(Signature).where(Signature.document_id == papers[0]).order_by("place")
    ).all()
    assert [(row.place, row.role) for row in rows] == [
        (1, ROLE.HOMEROOM_TEACHER),
        (2, ROLE.HEAD),
        (3, ROLE.SEAL),
    ]
    assert rows[0].source_digest == db.session.get_one(Document, papers[0]).pdf_digest
    assert [row.source_digest for row in rows[1:]] == [row.file_digest for row in rows[:2]]
    events = db.session.scalars(sa.select(AuditEvent.details).where(AuditEvent.action == "paper.sign")).all()
    assert [(event["role"], event["papers"]) for event in events] == [
        ("homeroom_teacher", 2),
        ("head", 2),
        ("seal", 2),
    ]


def test_an_earlier_file_still_holds_and_says_that_more_was_signed(province, papers, certificates) -> None:
    sign(province, TEACHER, papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    early = file_of(province, papers[0])
    sign(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD])
    check = check_file(db.session(), early)
    assert check.holds
    assert check.newer
    assert check_file(db.session(), plain_pdf("mot")).newer
    assert not check_file(db.session(), flipped(early, early.index(b"stream") + 10)).holds


def test_the_order_of_signing_is_kept(province, papers, certificates) -> None:
    with pytest.raises(Invalid, match="only after the head"):
        sign(province, OFFICE, papers[0], ROLE.SEAL, certificates["seal"])
    sign(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD])
    with pytest.raises(Invalid, match="signs later has signed"):
        sign(province, TEACHER, papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    with pytest.raises(Invalid, match="has this signature already"):
        sign(province, HEAD, papers[1], ROLE.HEAD, certificates[HEAD])


def test_nobody_signs_as_somebody_else_or_with_anothers_certificate(province, papers, certificates) -> None:
    with pytest.raises(Forbidden):
        sign(province, TEACHER, papers[0], ROLE.HEAD, certificates[TEACHER])
    with pytest.raises(Forbidden, match="your own classes"):
        sign(province, "habtt.thcstk", papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    with pytest.raises(NotFound):
        sign(province, "longpd.thcsba", papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    with pytest.raises(Invalid, match="does not belong"):
        sign(province, HEAD, papers[0], ROLE.HEAD, certificates[TEACHER])
    with pytest.raises(Invalid, match="does not belong"):
        sign(province, HEAD, papers[0], ROLE.HEAD, certificates["seal"])


def test_a_wrong_passphrase_signs_nothing(province, papers, certificates) -> None:
    with pytest.raises(Invalid, match="passphrase is wrong"):
        sign(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD], "sai")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Signature)) == 0


def test_what_changed_since_the_summary_is_looked_at_again(province, papers, certificates) -> None:
    order = order_of(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD])
    sign(province, TEACHER, papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    with pytest.raises(Stale, match="look at them again"):
        acts.sign_print(acting(province, HEAD), papers[0], order, SECRET, clock=province.clock)


def test_two_who_sign_at_once_leave_one_signature(province, papers, certificates) -> None:
    session, day = db.session(), local_day(province.now)
    found = load_print(session, acting(province, HEAD), papers[0], day)
    order = order_of(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD])
    sign(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD])
    with pytest.raises(Invalid, match="Nothing was saved"):
        acts.record(acting(province, HEAD), order, [(i, "0" * 64) for i in found.items], clock=province.clock)


def test_a_record_that_changed_is_printed_again_first(province, papers, certificates) -> None:
    found = load_print(db.session(), acting(province, HEAD), papers[0], local_day(province.now))
    stale = replace(found, items=(replace(found.items[0], same=False),))
    with pytest.raises(Invalid, match="The record has changed since"):
        acts.check(stale, acting(province, HEAD), acts.Order(ROLE.HEAD, 1, stale.seen))


def test_a_file_that_was_changed_on_the_server_is_not_signed(province, papers, certificates) -> None:
    (store.printed() / "7-2.pdf").write_bytes(b"%PDF-1.4 other")
    with pytest.raises(Invalid, match="not kept any more, or was changed"):
        sign(province, HEAD, papers[0], ROLE.HEAD, certificates[HEAD])
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Signature)) == 0


def test_the_list_shows_own_classes_and_who_has_signed(app, province, papers, certificates) -> None:
    sign(province, TEACHER, papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    day = local_day(province.now)
    db.session.rollback()
    who = acting(province, TEACHER)
    with counting(app) as statements:
        (line,) = signable_prints(db.session(), who, day)
    assert len(statements) == 2
    assert (line.papers, line.class_name, dict(line.signed)) == (2, "7A", {ROLE.HOMEROOM_TEACHER: 2})
    assert len(signable_prints(db.session(), acting(province, HEAD), day)) == 1
    assert signable_prints(db.session(), acting(province, "giangnt.thcsba"), day) == []


def test_the_summary_costs_the_same_for_a_whole_class(app, province, certificates) -> None:
    many = kept_print(province, ("mot", "hai", "ba", "bon"), number=8)
    who, day, costs = acting(province, HEAD), local_day(province.now), []
    for paper in (kept_print(province, ("mot",), number=9)[0], many[0]):
        db.session.rollback()
        with counting(app) as statements:
            load_print(db.session(), who, paper, day)
        costs.append(len(statements))
    assert costs[0] == costs[1]


# -- in two steps ------------------------------------------------------------------------------------------------


def test_a_key_outside_signs_in_two_steps(province, papers, certificates) -> None:
    people = people_of(province)
    key = issue("Phạm Ngọc Giang", province.now, people.authority)
    who = acting(province, HEAD)
    added = register.add_outside(who, pem(key.certificate), clock=province.clock)
    order = order_of(province, HEAD, papers[0], ROLE.HEAD, added.certificate_id)
    told = json.loads(steps.give_out(who, papers[0], order, clock=province.clock))
    assert [len(paper["sha256"]) for paper in told["papers"]] == [64, 64]
    waiting = json.loads(next((store.folder() / "waiting").iterdir()).read_bytes())
    signatures = {
        paper: b64encode(key.sign(b64decode(parts[1]))).decode() for paper, parts in waiting["papers"].items()
    }
    answer = json.dumps({"token": told["token"], "signatures": signatures}).encode()
    wrong = {**signatures, str(papers[0]): signatures[str(papers[1])]}
    with pytest.raises(Invalid, match="not made over this digest"):
        steps.take_back(
            who, json.dumps({"token": told["token"], "signatures": wrong}).encode(), clock=province.clock
        )
    with pytest.raises(Invalid, match="A signature is missing"):
        steps.take_back(
            who, json.dumps({"token": told["token"], "signatures": {}}).encode(), clock=province.clock
        )
    with pytest.raises(NotFound):
        steps.take_back(acting(province, TEACHER), answer, clock=province.clock)
    assert steps.take_back(who, answer, clock=province.clock) == 2
    assert check_file(db.session(), file_of(province, papers[1])).holds
    with pytest.raises(Stale, match="not waiting any more"):
        steps.take_back(who, answer, clock=province.clock)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"token": "../../x", "signatures": {}}',
        b'{"token": 1, "signatures": 2}',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_other_files_are_no_answer(province, papers, answer) -> None:
    with pytest.raises(Invalid, match="no signatures for digests"):
        steps.take_back(acting(province, HEAD), answer, clock=province.clock)


# -- the register of certificates --------------------------------------------------------------------------------


def test_a_certificate_is_added_once_and_its_key_lies_under_its_passphrase(
    province, papers, certificates
) -> None:
    key = people_of(province).head
    with pytest.raises(Invalid, match="added before"):
        register.add_file(acting(province, HEAD), as_file(key, SECRET), SECRET, clock=province.clock)
    files = list((store.folder() / "keys").iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert all(b"PRIVATE KEY" not in file.read_bytes() for file in files)
    row = db.session.get_one(Certificate, certificates[HEAD])
    assert "PRIVATE" not in row.pem
    assert row.name == "Đỗ Thị Ánh Nguyệt"


def test_only_who_runs_the_school_adds_its_seal(province, papers) -> None:
    key = issue("Con dấu", province.now)
    for name in (TEACHER, OFFICE):
        with pytest.raises(Forbidden):
            register.add_file(acting(province, name), as_file(key, "x"), "x", seal=True, clock=province.clock)
    added = register.add_file(
        acting(province, BOARD), as_file(key, "x"), "x", seal=True, clock=province.clock
    )
    assert added.trust is Trust.UNKNOWN  # its authority is nobody's


def test_an_ended_certificate_signs_no_more_and_what_it_signed_stays(province, papers, certificates) -> None:
    sign(province, TEACHER, papers[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    with pytest.raises(Invalid, match="Say why"):
        register.end(acting(province, TEACHER), certificates[TEACHER], " ", clock=province.clock)
    with pytest.raises(Forbidden):
        register.end(acting(province, OFFICE), certificates[TEACHER], "x", clock=province.clock)
    register.end(acting(province, BOARD), certificates[TEACHER], "Mất thiết bị", clock=province.clock)
    with pytest.raises(Invalid, match="ended already"):
        register.end(acting(province, TEACHER), certificates[TEACHER], "x", clock=province.clock)
    other = kept_print(province, ("ba",), number=8)
    with pytest.raises(Invalid, match="no longer used"):
        sign(province, TEACHER, other[0], ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    row = db.session.get_one(Certificate, certificates[TEACHER])
    with pytest.raises(Invalid, match="not on this server"):
        store.read(row.fingerprint)
    check = check_file(db.session(), file_of(province, papers[0]))
    assert not check.report.changed


def test_who_holds_a_certificate_is_told_once_before_it_expires(province, papers, certificates) -> None:
    soon = province.now + timedelta(days=340)
    assert warn_expiring(db.session(), clock=lambda: province.now) == 0
    assert warn_expiring(db.session(), clock=lambda: soon) == 3
    assert warn_expiring(db.session(), clock=lambda: soon) == 0
    titles = db.session.scalars(sa.select(Notice.title).where(Notice.title.startswith("Chứng thư số"))).all()
    assert sorted(titles) == sorted(
        f"Chứng thư số sắp hết hạn: {name}"
        for name in ("Y Khương Byă", "Đỗ Thị Ánh Nguyệt", "Trường THCS Tiên Kỳ")
    )


def test_certificates_for_trying_out_are_given_in_the_demonstration_only(province, papers) -> None:
    who = acting(province, HEAD)
    with pytest.raises(Forbidden, match="demonstration only"):
        register.take_demo(who, "thu-nghiem", clock=province.clock)
    with plain_write() as session:
        session.add(Installation(key="demo", value="x"))
    with pytest.raises(Invalid, match="at least 8"):
        register.take_demo(who, "ngan", clock=province.clock)
    added = register.take_demo(who, "thu-nghiem", clock=province.clock)
    assert added.trust is Trust.DEMO
    assert sign(province, HEAD, papers[0], ROLE.HEAD, added.certificate_id, "thu-nghiem") == 2
    check = check_file(db.session(), file_of(province, papers[0]))
    assert check.holds
    assert {s.trust for s in check.report.signatures} == {Trust.DEMO}
