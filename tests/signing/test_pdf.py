"""Signatures in PDF, checked by this program and by poppler's pdfsig."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from app.domain.signing import Trust
from app.errors import Invalid
from app.reports.stamp import Stamp, draw, foot_place
from app.services.signing import outside, pdf
from app.services.signing.trust import Trusted
from app.services.signing.verify import verify
from tests.support.signing import flipped, issue, pdfsig, plain_pdf, signers

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def people():
    # pdfsig judges certificates by the clock of the machine
    return signers(datetime.now(UTC).replace(minute=0, second=0, microsecond=0))


@pytest.fixture(scope="module")
def at(people):
    return people.authority.certificate.not_valid_before_utc + timedelta(days=1)


@pytest.fixture(scope="module")
def signed(people, at):
    """Teacher and head, seen; the seal last."""
    first = pdf.sign_pdf(plain_pdf(), people.teacher, at=at, stamp=Stamp("Y Khương Byă", "GVCN", at))
    title = "KT. HIỆU TRƯỞNG, Phó Hiệu trưởng phụ trách chuyên môn khối 8 và khối 9"
    second = pdf.sign_pdf(first, people.head, at=at, stamp=Stamp("Đỗ Thị Ánh Nguyệt", title, at))
    return pdf.sign_pdf(second, people.seal, at=at, reason="Con dấu")


def test_each_signature_says_who_and_when(signed, people, at):
    report = verify(signed, Trusted((people.authority.certificate,)))
    assert [s.signer.name for s in report.signatures] == [
        "Y Khương Byă", "Đỗ Thị Ánh Nguyệt", "Trường THCS Tiên Kỳ",
    ]  # fmt: skip
    assert {(s.at, s.changed, s.trust, s.stamped) for s in report.signatures} == {
        (at, False, Trust.TRUSTED, False)
    }
    assert report.signatures[2].role == "Con dấu"


def test_without_a_trusted_authority_the_signature_holds_but_nobody_vouches(signed):
    report = verify(signed, Trusted())
    assert not report.changed
    assert {s.trust for s in report.signatures} == {Trust.UNKNOWN}


@pytest.mark.signatures
def test_pdfsig_agrees(signed, people, tmp_path):
    root = people.authority.certificate
    assert pdfsig(tmp_path, signed, root) == ["Signature is Valid.", "Certificate is Trusted."] * 3


@pytest.mark.signatures
def test_a_flipped_byte_fails_here_and_in_pdfsig(signed, people, tmp_path):
    root = people.authority.certificate
    changed = flipped(signed, plain_pdf().index(b"stream") + 10)
    assert all(s.changed for s in verify(changed, Trusted((root,))).signatures)
    assert pdfsig(tmp_path, changed, root) == ["Digest Mismatch."] * 3


def test_what_is_added_after_the_last_signature_is_seen(signed, people):
    writer = PdfWriter(BytesIO(signed), incremental=True)
    writer.add_blank_page()
    out = BytesIO()
    writer.write(out)
    assert verify(out.getvalue(), Trusted((people.authority.certificate,))).changed


def test_two_are_seen_as_boxes_and_the_seal_is_not(signed):
    page = PdfReader(BytesIO(signed)).pages[-1]
    assert page.extract_text().split() == ["Bang", "diem"]  # what was there stays as it was
    seen = [a.get_object()["/Rect"] for a in page["/Annots"] if "/AP" in a.get_object()]
    assert len(seen) == 2
    assert all(right > left and top > low for left, low, right, top in seen)


def test_the_box_shows_name_title_and_time(at):
    long = (
        "Phó Hiệu trưởng phụ trách chuyên môn khối 8, khối 9 và công tác thư viện, thiết bị trường học " * 3
    )
    moment = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    page = PdfReader(BytesIO(draw(Stamp("H'Nhuôn Niê Kđăm", long, moment), 164, 45))).pages[0]
    text = " ".join(page.extract_text().split())
    assert text.startswith("Ký bởi: H'Nhuôn Niê Kđăm Phó Hiệu trưởng")
    assert text.endswith("Thời gian ký: 20/11/2026 15:30:00")
    fonts = {font.get_object()["/BaseFont"] for font in page["/Resources"]["/Font"].values()}
    assert any("Tinos" in font for font in fonts)


def test_the_key_outside_signs_a_digest(people, at):
    prepared = outside.prepare(
        lambda key: pdf.sign_pdf(plain_pdf(), key, at=at), people.head.certificate, people.head.chain
    )
    assert len(prepared.digest) == 64
    done = outside.embed(prepared, people.head.sign(prepared.to_sign))
    (found,) = verify(done, Trusted((people.authority.certificate,))).signatures
    assert (found.signer.name, found.changed) == ("Đỗ Thị Ánh Nguyệt", False)


def test_a_signature_of_something_else_is_not_embedded(people, at):
    prepared = outside.prepare(lambda key: pdf.sign_pdf(plain_pdf(), key, at=at), people.head.certificate)
    with pytest.raises(Invalid, match="not made over this digest"):
        outside.embed(prepared, people.head.sign(b"something else"))
    with pytest.raises(Invalid, match="not made over this digest"):
        outside.embed(prepared, people.teacher.sign(prepared.to_sign))


def test_an_expired_certificate_does_not_sign(people, at):
    with pytest.raises(Invalid, match="has expired on"):
        pdf.sign_pdf(plain_pdf(), people.head, at=at + timedelta(days=400))
    with pytest.raises(Invalid, match="valid only from"):
        pdf.sign_pdf(plain_pdf(), people.head, at=at - timedelta(days=2))


def test_a_signature_outside_the_days_of_its_certificate_is_told(people, at):
    late = issue("Hết hạn", at - timedelta(days=100), people.authority, days=10)
    forged = outside.prepare(
        lambda key: pdf.sign_pdf(plain_pdf(), key, at=at - timedelta(days=95)), late.certificate, late.chain
    )
    done = outside.embed(forged, late.sign(forged.to_sign))
    trusted = Trusted((people.authority.certificate,))
    assert verify(done, trusted).signatures[0].trust is Trust.TRUSTED  # judged by the day of signing
    assert trusted.judge(late.certificate, late.chain, at) is Trust.OUT_OF_TIME


@pytest.mark.parametrize(
    "damaged",
    [b"", b"%PDF-1.4", b"no pdf at all", plain_pdf()[:200], plain_pdf()[:-80], b"%PDF-1.7\n" + b"\0" * 5000],
)
def test_damaged_files_are_refused(damaged, people, at):
    with pytest.raises(Invalid):
        pdf.sign_pdf(damaged, people.head, at=at)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
def test_truncated_signed_files_never_pass(signed, people, kept):
    try:
        report = verify(signed[: int(len(signed) * kept)], Trusted((people.authority.certificate,)))
    except Invalid:
        return
    assert report.changed or len(report.signatures) < 3


def test_a_file_locked_with_a_password_is_refused(people, at):
    writer = PdfWriter(BytesIO(plain_pdf()))
    writer.encrypt("mật khẩu")
    out = BytesIO()
    writer.write(out)
    with pytest.raises(Invalid, match="locked with a password"):
        pdf.sign_pdf(out.getvalue(), people.head, at=at)


def test_places_at_the_foot_never_overlap():
    boxes = [foot_place(order, 595.0).box for order in range(7)]
    for n, one in enumerate(boxes):
        assert one[2] <= 595
        for other in boxes[:n]:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
