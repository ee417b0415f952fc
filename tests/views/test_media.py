"""The pages about archive media: an image made, written into the register, checked; a hand-over ordered by the head."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import ArchiveMedium, ExportJob, MediumCheck, Person
from app.services.bundles import tracking
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.correction_helpers import BOARD, DEPUTY, HEAD, TEACHER
from tests.services.helpers import acting

Client = Callable[[str], FlaskClient]
OFFICE = "vanlt.sogd"
PASSPHRASE = "sông Thái Bình chảy về biển"


def send(client: FlaskClient, path: str, **values: Any) -> Any:
    """Post a form as the page does."""
    return client.post(path, data={**values, "csrf_token": csrf(client)})


def content(client: FlaskClient, path: str) -> bytes:
    """A file as it is sent from the disk."""
    with client.get(path) as answer:
        return answer.data


def job_of(answer: Any) -> ExportJob:
    """The job whose page an order leads to."""
    db.session.rollback()
    return db.session().get_one(ExportJob, int(answer.location.rsplit("/", 1)[1]))


def test_from_image_to_check(app: Flask, province: Province, client_for: Client) -> None:
    tracking.order(acting(province, HEAD), province.first.class_ids["7A"], 1, clock=province.clock)
    head, deputy = client_for(HEAD), client_for(DEPUTY)
    job = job_of(send(head, "/archive-files/image", part="0", format="zip"))
    assert job.state == "done"
    assert content(head, f"/archive-files/{job.id}/file")[:2] == b"PK"
    people = {name: acting(province, name).person_id for name in (BOARD, DEPUTY)}
    about = {
        "kind": "dvd",
        "serial": "DVD-1",
        "place": "Tủ 2",
        "keeper": people[BOARD],
        "checker": people[DEPUTY],
    }
    assert send(head, "/media/", job=job.id, **about).status_code == 302
    row = db.session().scalars(sa.select(ArchiveMedium)).one()
    with counting(app) as statements:
        page = head.get("/media/").text
    assert "DVD-1" in page
    assert f"chờ {db.session().get_one(Person, people[DEPUTY]).full_name} kiểm tra lần đầu" in page
    assert len(statements) <= 25
    assert head.get(f"/media/{row.id}/label.pdf").data[:4] == b"%PDF"
    report = f"Đã kiểm tra 1 gói niêm phong.\nMã danh mục: {row.digest}\nNguyên vẹn.\n"
    assert send(head, f"/media/{row.id}/check", report=report).status_code == 403
    again = send(head, "/media/", job=job.id, **(about | {"place": "Tủ 3, ngăn dưới"}))
    assert (again.status_code, 'value="Tủ 3, ngăn dưới"' in again.text) == (422, True)
    assert f'value="{people[BOARD]}" selected' in again.text
    send(deputy, f"/media/{row.id}/check", report=report)
    assert db.session().scalars(sa.select(MediumCheck.faults)).all() == [[]]
    assert client_for(TEACHER).get("/media/").status_code == 403


def test_the_head_orders_the_hand_over(province: Province, client_for: Client) -> None:
    head = client_for(HEAD)
    assert send(client_for(DEPUTY), "/archive-files/handover").status_code == 403
    assert send(head, "/archive-files/handover", passphrase="kurz", again="kurz").location == "/backups/"
    job = job_of(send(head, "/archive-files/handover", passphrase=PASSPHRASE, again=PASSPHRASE))
    assert (job.state, job.message) == ("done", None)
    assert content(head, f"/archive-files/{job.id}/file").startswith(b"age-encryption.org/v1")
    assert client_for(BOARD).get(f"/archive-files/{job.id}/file").status_code == 403
    assert "Tải" in head.get(f"/archive-files/{job.id}").text


def test_an_office_is_led_to_collecting(province: Province, client_for: Client) -> None:
    office = client_for(OFFICE)
    assert office.get("/bundles/").location.startswith("/archive-files/collect")
    page = office.get("/archive-files/collect?q=thuc+khang").text
    assert "Thúc Kháng" in page
    assert send(office, "/archive-files/collect", part="0", format="zip").status_code == 302
