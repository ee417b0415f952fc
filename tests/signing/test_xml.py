"""Signatures in XML, checked by this program and by xmlsec1."""

from datetime import UTC, datetime

import pytest

from app.domain.signing import Trust
from app.errors import Invalid
from app.services.signing import outside
from app.services.signing.trust import Trusted
from app.services.signing.verify import verify
from app.services.signing.xml import sign_xml
from tests.support.signing import signers, xmlsec1

AT = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)  # xmlsec1 judges by the machine's clock
RECORD = '<hocBa xmlns="urn:hocvu:thu" Id="so-1" ma="07-0012"><ten>Y Khương Byă</ten><dtb>8,5</dtb></hocBa>'.encode()
BOMB = b'<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;&c;&c;</a>'
FILE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.fixture(scope="module")
def people():
    return signers(AT)


@pytest.fixture(scope="module")
def signed(people):
    once = sign_xml(RECORD, people.teacher, at=AT, role="Giáo viên chủ nhiệm")
    return sign_xml(sign_xml(once, people.head, at=AT, role="Hiệu trưởng"), people.seal, at=AT)


@pytest.fixture(scope="module")
def trusted(people):
    return Trusted((people.authority.certificate,))


def test_each_signature_says_who_when_and_as_what(signed, trusted):
    report = verify(signed, trusted)
    assert [(s.signer.name, s.role) for s in report.signatures] == [
        ("Y Khương Byă", "Giáo viên chủ nhiệm"),
        ("Đỗ Thị Ánh Nguyệt", "Hiệu trưởng"),
        ("Trường THCS Tiên Kỳ", ""),
    ]
    assert {(s.at, s.changed, s.trust) for s in report.signatures} == {(AT, False, Trust.TRUSTED)}


@pytest.mark.signatures
def test_xmlsec1_agrees_after_each_signature(people, tmp_path):
    document = RECORD
    for key in (people.teacher, people.head, people.seal):
        document = sign_xml(document, key, at=AT)
        assert xmlsec1(tmp_path, document, people.authority.certificate)


@pytest.mark.signatures
def test_a_changed_letter_fails_here_and_in_xmlsec1(signed, people, trusted, tmp_path):
    changed = signed.replace(b"8,5", b"9,5")
    assert all(s.changed for s in verify(changed, trusted).signatures)
    assert not xmlsec1(tmp_path, changed, people.authority.certificate)


def test_a_changed_time_of_signing_fails(signed, trusted):
    year = f"{AT:%Y-%m-%dT%H}".encode()
    assert all(s.changed for s in verify(signed.replace(year, b"2001-01-01T01"), trusted).signatures)


def test_taking_an_early_signature_out_fails_those_after_it(signed, trusted):
    start = signed.index(b"<ds:Signature ")
    end = signed.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    report = verify(signed[:start] + signed[end:], trusted)
    assert [s.changed for s in report.signatures] == [True, True]


def test_a_signature_of_a_part_is_none_of_the_document(people, trusted, signed):
    part = signed.replace(b'<ds:Reference URI=""', b'<ds:Reference URI="#so-1"')
    assert all(s.changed for s in verify(part, trusted).signatures)


def test_what_was_never_signed_has_no_signatures(trusted):
    assert verify(RECORD, trusted).signatures == ()


@pytest.mark.signatures
def test_the_key_outside_signs_a_digest(people, trusted, tmp_path):
    waiting = outside.prepare(
        lambda key: sign_xml(RECORD, key, at=AT), people.head.certificate, people.head.chain
    )
    done = outside.embed(waiting, people.head.sign(waiting.to_sign))
    assert not verify(done, trusted).changed
    assert xmlsec1(tmp_path, done, people.authority.certificate)


@pytest.mark.parametrize("attack", [BOMB, FILE, b'<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>'])
def test_entities_and_document_types_are_refused(attack, people, trusted):
    for use in (lambda: verify(attack, trusted), lambda: sign_xml(attack, people.head, at=AT)):
        with pytest.raises(Invalid, match="defines entities or a document type"):
            use()


@pytest.mark.parametrize(
    "damaged", [b"<", b"<a>", RECORD[:-3], b"<a>\xff</a>", b"<?xml version='1.0' encoding='no'?><a/>"]
)
def test_damaged_documents_are_refused(damaged, trusted):
    with pytest.raises(Invalid, match="no XML"):
        verify(damaged, trusted)


@pytest.mark.parametrize("what", [b"", b"PK\x03\x04", b"name;mark", bytes(range(256))])
def test_other_files_are_refused(what, trusted):
    with pytest.raises(Invalid, match="Only PDF and XML"):
        verify(what, trusted)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA"),
        (b"rsa-sha256", b"rsa-sha1"),
        (b"<ds:X509Certificate>MII", b"<ds:X509Certificate>AAA"),
        (b"enveloped-signature", b"unknown"),
    ],
)
def test_mangled_signatures_are_changed_and_no_error(signed, trusted, was, becomes):
    assert all(s.changed for s in verify(signed.replace(was, becomes), trusted).signatures)
