"""Key files, tokens, time stamp servers and the demonstration's authority."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from app.domain.signing import Trust
from app.errors import Invalid
from app.services.signing import demo_authority, pdf, store
from app.services.signing.certificates import facts, read_certificate
from app.services.signing.keys import as_file, open_file
from app.services.signing.token import Token, key_of, opened
from app.services.signing.trust import Trusted, load
from app.services.signing.verify import verify
from tests.support.signing import TIME_STAMPING, flipped, issue, pdfsig, pem, plain_pdf, signers

AT = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
DRIVER = "/usr/lib/softhsm/libsofthsm2.so"


@pytest.fixture(scope="module")
def people():
    return signers(AT)


def test_a_key_file_opens_with_its_passphrase_only(people):
    data = as_file(people.head, "mật khẩu dài")
    assert open_file(data, "mật khẩu dài").certificate == people.head.certificate
    for passphrase in ("", "mat khau dai", "mật khẩu dài "):
        with pytest.raises(Invalid, match="passphrase is wrong"):
            open_file(data, passphrase)


def test_damaged_key_files_are_refused(people):
    data = as_file(people.head, "x")
    for damaged in (b"", b"no file", data[:100], data[:-1], flipped(data, 200), pem(people.head.certificate)):
        with pytest.raises(Invalid, match="passphrase is wrong"):
            open_file(damaged, "x")
    with pytest.raises(Invalid, match="too large"):
        open_file(bytes(200_000), "x")


def test_a_file_with_the_certificate_alone_or_another_kind_of_key_is_refused(people):
    locked = BestAvailableEncryption(b"x")
    alone = pkcs12.serialize_key_and_certificates(b"a", None, people.head.certificate, None, locked)
    with pytest.raises(Invalid, match="no private key"):
        open_file(alone, "x")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(Invalid, match="Only certificates with an RSA key"):
        open_file(pkcs12.serialize_key_and_certificates(b"a", key, made, None, locked), "x")


def test_certificates_are_read_as_pem_and_der(people):
    certificate = people.head.certificate
    for data in (pem(certificate), certificate.public_bytes(Encoding.DER)):
        assert facts(read_certificate(data)).name == "Đỗ Thị Ánh Nguyệt"
    with pytest.raises(Invalid, match="no certificate"):
        read_certificate(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")


# -- the demonstration's authority -------------------------------------------------------------------------------


def test_the_demonstration_never_passes_for_a_public_authority(tmp_path):
    head = demo_authority.issue(tmp_path, "Phạm Ngọc Giang", "Hiệu trưởng", "Trường THCS Tiên Kỳ", AT)
    seal = demo_authority.issue(tmp_path, "Trường THCS Tiên Kỳ", "", "Trường THCS Tiên Kỳ", AT)
    assert head.chain == seal.chain
    assert facts(head.certificate).issuer == "CA thử nghiệm HocVu — không có giá trị pháp lý"
    trusted = load(tmp_path / "none", head.chain[0])
    done = pdf.sign_pdf(pdf.sign_pdf(plain_pdf(), head, at=AT), seal, at=AT)
    assert [s.trust for s in verify(done, trusted).signatures] == [Trust.DEMO, Trust.DEMO]
    other = demo_authority.issue(tmp_path / "other", "Phạm Ngọc Giang", "", "", AT)
    assert trusted.judge(other.certificate, other.chain, AT) is Trust.UNKNOWN  # same name, another key


def test_the_authority_lies_under_its_passphrase_readable_by_the_service_only(tmp_path):
    demo_authority.authority(tmp_path, AT)
    file = tmp_path / demo_authority.FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" not in file.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [demo_authority.FILE]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 63, "A" * 64, "/" * 64, "a" * 63 + "\n"])
def test_no_path_is_made_of_anything_but_a_fingerprint(name):
    with pytest.raises(Invalid, match="not on this server"):
        store.keep(name, b"key")


def test_the_trust_folder_passes_over_what_is_no_certificate(tmp_path, people):
    (tmp_path / "root.crt").write_bytes(pem(people.authority.certificate))
    (tmp_path / "bad.pem").write_bytes(b"nothing")
    (tmp_path / "README").write_text("Chứng thư gốc")
    assert load(tmp_path).roots == (people.authority.certificate,)


# -- a token -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def token(tmp_path_factory, people):
    """A SoftHSM token holding the head's key. Its driver reads the settings once a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    key = folder / "key.pem"
    key.write_bytes(people.head.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    os.environ["SOFTHSM2_CONF"] = str(settings)
    pin = ("--pin", "123456", "--token", "hocvu")
    for command in (
        ("--init-token", "--free", "--label", "hocvu", "--so-pin", "9876", "--pin", "123456"),
        ("--import", str(key), "--label", "seal", "--id", "a1", *pin),
    ):
        subprocess.run(["softhsm2-util", *command], check=True, capture_output=True, timeout=60)
    _put_certificate(people.head.certificate)
    yield Token(DRIVER, "hocvu")
    del os.environ["SOFTHSM2_CONF"]


def _put_certificate(certificate: x509.Certificate) -> None:
    import pkcs11

    opened_token = pkcs11.lib(DRIVER).get_token(token_label="hocvu")
    with opened_token.open(rw=True, user_pin="123456") as session:
        session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                pkcs11.Attribute.TOKEN: True,
                pkcs11.Attribute.ID: b"\xa1",
                pkcs11.Attribute.SUBJECT: certificate.subject.public_bytes(),
                pkcs11.Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            }
        )


@pytest.mark.signatures
def test_a_token_signs_and_pdfsig_agrees(token, people, tmp_path):
    with opened(token, "123456") as session:
        key = key_of(session, facts(people.head.certificate).fingerprint)
        done = pdf.sign_pdf(plain_pdf(), key, at=AT)
    said = pdfsig(tmp_path, done, people.authority.certificate)
    assert said == ["Signature is Valid.", "Certificate is Trusted."]


@pytest.mark.signatures
def test_a_token_says_what_is_wrong(token, people):
    with pytest.raises(Invalid, match="PIN is wrong"), opened(token, "000000"):
        pass
    for gone in (Token(DRIVER, "nothing"), Token("/nowhere/driver.so", "hocvu")):
        with pytest.raises(Invalid, match="token is not there"), opened(gone, "123456"):
            pass
    with opened(token, "123456") as session, pytest.raises(Invalid, match="no key for this"):
        key_of(session, facts(people.seal.certificate).fingerprint)


# -- a time stamp server -----------------------------------------------------------------------------------------


@pytest.fixture
def time_server(people):
    """A server of RFC 3161 on this machine; `broken` makes it answer nonsense."""
    from asn1crypto import tsp
    from pyhanko.keys import load_private_key_from_pemder_data
    from pyhanko.sign.timestamps import DummyTimeStamper

    key = issue("Máy chủ dấu thời gian", AT, people.authority, use=TIME_STAMPING)
    private = load_private_key_from_pemder_data(
        key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), None
    )
    stamps = DummyTimeStamper(pdf.as_asn1(key.certificate), private, fixed_dt=AT + timedelta(minutes=5))
    state = SimpleNamespace(broken=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            answer = stamps.request_tsa_response(tsp.TimeStampReq.load(question)).dump()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"nonsense" if state.broken else answer)

        def log_message(self, *_words: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield state
        server.shutdown()


def test_a_time_stamp_server_says_when(time_server, people):
    done = pdf.sign_pdf(plain_pdf(), people.head, at=AT, time_server=time_server.url)
    (found,) = verify(done, Trusted((people.authority.certificate,))).signatures
    assert (found.stamped, found.at, found.changed) == (True, AT + timedelta(minutes=5), False)
    (unvouched,) = verify(done, Trusted()).signatures
    assert (unvouched.stamped, unvouched.at) == (False, AT)


def test_without_a_usable_answer_nothing_is_signed(time_server, people):
    time_server.broken = True
    for url in (time_server.url, "http://127.0.0.1:9/", "file:///etc/passwd"):
        with pytest.raises(Invalid, match="time stamp server gives no answer"):
            pdf.sign_pdf(plain_pdf(), people.head, at=AT, time_server=url)


def test_folder_of_the_installation_is_its_own(tmp_path: Path):
    assert store.put(tmp_path / "a.p12", b"first") == b"first"
    assert store.put(tmp_path / "a.p12", b"second") == b"first"
