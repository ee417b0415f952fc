"""The school signs its sealed bundles: new files beside the folders, checked by openssl and by the offline checker."""

import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.signing import SigningRole
from app.errors import Forbidden, Invalid, Stale
from app.extensions import db
from app.models import BundleSignature, SealedBundle
from app.services.bundles import make, tracking
from app.services.bundles.check import check
from app.services.bundles.make import bundle_root
from app.services.bundles.signing import load_waiting, sign_waiting
from app.services.clock import local_day
from app.services.signing.acts import Order
from scripts import check_bundles
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.signing.paper_helpers import HEAD, OFFICE, SECRET, TEACHER, add_certificates, people_of
from tests.support.signing import pem

ROLE = SigningRole


@pytest.fixture
def bundles(app: Flask, province: Province, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two bundles of 7A, one of another class; without the printed book, which takes a while and is signed as any file."""
    monkeypatch.setattr(make, "_book", lambda *_what: iter(()))
    head, classes = acting(province, HEAD), province.first.class_ids
    names = ["7A", "7A", next(name for name in classes if name != "7A")]
    return [tracking.order(head, classes[name], 1, clock=province.clock) for name in names]


@pytest.fixture
def certificates(bundles: list[int], province: Province) -> dict[str, int]:
    return add_certificates(province)


def sign(province: Province, name: str, role: SigningRole, certificate: int, secret: str = SECRET) -> int:
    """Sign what waits, as the page shows it."""
    db.session.rollback()
    found = load_waiting(db.session(), acting(province, name), local_day(province.now))
    seen = next(waiting.seen for waiting in found if waiting.role is role)
    return sign_waiting(acting(province, name), Order(role, certificate, seen), secret, clock=province.clock)


def sealed_files() -> dict[str, tuple[int, bytes]]:
    """Every file inside the sealed folders, with its time and content."""
    folders = [bundle_root() / row.folder for row in db.session().scalars(sa.select(SealedBundle))]
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for folder in folders for p in folder.iterdir()}


@pytest.mark.signatures
def test_head_then_seal_sign_all_that_waits(
    province, bundles, certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sealed_files()
    check_bundles.main([str(bundle_root())])
    assert "0 khớp, 0 không khớp; 3 gói chưa ký." in capsys.readouterr().out
    assert sign(province, HEAD, ROLE.HEAD, certificates[HEAD]) == 3
    assert sign(province, OFFICE, ROLE.SEAL, certificates["seal"]) == 3
    assert sealed_files() == before, "nothing inside a sealed folder was touched"
    authority = tmp_path / "ca.pem"
    authority.write_bytes(pem(people_of(province).authority.certificate))
    rows = db.session().scalars(sa.select(BundleSignature)).all()
    assert len(rows) == 6
    for row in rows:
        done = subprocess.run(
            ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", bundle_root() / row.file, "-content",
             bundle_root() / row.bundle.folder / "manifest.json", "-CAfile", authority, "-purpose", "any"],
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert check_bundles.main([str(bundle_root())]) == 0
    assert "6 khớp, 0 không khớp; 0 gói chưa ký." in capsys.readouterr().out
    assert not check(bundles[0], clock=province.clock)
    _name, content = tracking.as_zip(acting(province, HEAD), bundles[0], clock=province.clock)
    assert content.count(b".p7s") == 4, "both signatures go along (named twice in a zip)"


def test_a_signature_that_was_changed_or_lost_is_found(
    province, bundles, certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    sign(province, HEAD, ROLE.HEAD, certificates[HEAD])
    first, second, _third = (
        db.session().scalars(sa.select(BundleSignature).order_by(BundleSignature.id)).all()
    )
    path = bundle_root() / first.file
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.unlink()
    path.write_bytes(bytes(data))
    (bundle_root() / second.file).unlink()
    assert [(f.kind, f.name) for f in check(first.bundle_id, clock=province.clock)] == [
        ("changed", path.name)
    ]
    assert [f.kind for f in check(second.bundle_id, clock=province.clock)] == ["missing"]
    assert check_bundles.main([str(bundle_root())]) == 1
    assert "chữ ký số của nhà trường không khớp" in capsys.readouterr().out


def test_order_right_secret_and_summary_are_asked(province, bundles, certificates) -> None:
    head, office = acting(province, HEAD), acting(province, OFFICE)
    day = local_day(province.now)
    (seal,) = load_waiting(db.session(), office, day)
    assert not seal.lines, "the seal waits for the head"
    with pytest.raises(Forbidden):
        load_waiting(db.session(), acting(province, TEACHER), day)
    with pytest.raises(Stale):
        sign_waiting(head, Order(ROLE.HEAD, certificates[HEAD], "0" * 32), SECRET, clock=province.clock)
    with pytest.raises(Invalid, match="passphrase is wrong"):
        sign(province, HEAD, ROLE.HEAD, certificates[HEAD], "sai")
    with pytest.raises(Invalid, match="does not belong"):
        sign(province, HEAD, ROLE.HEAD, certificates["seal"])
    with pytest.raises(Forbidden):
        sign_waiting(office, Order(ROLE.HEAD, certificates[HEAD], ""), SECRET, clock=province.clock)
    assert not db.session().scalar(sa.select(sa.func.count()).select_from(BundleSignature))
    manifest = bundle_root() / db.session().get_one(SealedBundle, bundles[0]).folder / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_bytes(manifest.read_bytes().replace(b'"term": 1', b'"term": 2'))
    with pytest.raises(Invalid, match="not as it was sealed"):
        sign(province, HEAD, ROLE.HEAD, certificates[HEAD])
    check(bundles[0], clock=province.clock)
    assert sign(province, HEAD, ROLE.HEAD, certificates[HEAD]) == 2, "known damage is left out"


def test_the_summary_costs_the_same_for_more_bundles(app: Flask, province, bundles, certificates) -> None:
    def statements() -> int:
        db.session.expire_all()
        with counting(app) as seen:
            load_waiting(db.session(), acting(province, HEAD), local_day(province.now))
        return len(seen)

    before = statements()
    tracking.order(acting(province, HEAD), province.first.class_ids["7A"], 1, clock=province.clock)
    assert statements() == before


def test_the_page_shows_what_waits_and_signs_it(client_for, province, bundles, certificates) -> None:
    from tests.conftest import csrf

    client: FlaskClient = client_for(HEAD)
    page = client.get("/bundle-signatures/").text
    assert page.count("0001-") == 0
    assert "3 gói chờ" in page
    found = load_waiting(db.session(), acting(province, HEAD), local_day(province.now))[0]
    data = {
        "csrf_token": csrf(client), "role": "head", "seen": found.seen, "secret": SECRET,
        "certificate": certificates[HEAD],
    }  # fmt: skip
    page = client.post("/bundle-signatures/sign", data=data, follow_redirects=True).text
    assert "Đã ký 3 gói" in page
    shown = client.get(f"/bundles/class/{province.first.class_ids['7A']}").text
    assert shown.count("Hiệu trưởng") >= 2
    assert client_for(TEACHER).get("/bundle-signatures/").status_code == 403
