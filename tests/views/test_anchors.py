"""The page of anchors: who sees it, what the file holds, and how many statements it takes."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import AuditEvent, ChainAnchor
from app.services.chain import anchors
from tests.conftest import counting
from tests.factories.province import Province

ClientFor = Callable[[str], FlaskClient]


@pytest.fixture
def anchor(app: Flask, province: Province) -> ChainAnchor:
    made = anchors.make_anchor(anchors.NIGHT, clock=province.clock)
    assert made is not None
    return made


@pytest.mark.parametrize("username", ["giangnt.thcstk", "quantb.thcstk", "vanlt.sogd", "sonlv.xatk"])
def test_leaders_boards_and_offices_keep_anchors(
    app: Flask, client_for: ClientFor, anchor: ChainAnchor, username: str
) -> None:
    client = client_for(username)
    page = client.get("/anchors/")
    assert page.status_code == 200
    assert anchor.digest[:16] in page.text
    answer = client.get("/anchors/1.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    kept = answer.get_json()
    assert kept["digest"] == anchor.digest
    assert kept["public_key"]
    events = db.session.query(AuditEvent).filter_by(action="anchor.download").all()
    assert [event.details for event in events] == [{"number": 1}]


def test_a_school_gets_its_own_ends_only(
    app: Flask, province: Province, client_for: ClientFor, anchor: ChainAnchor
) -> None:
    own = set(client_for("giangnt.thcstk").get("/anchors/1.json").get_json()["heads"])
    all_of_them = set(client_for("daoct.sogd").get("/anchors/1.json").get_json()["heads"])
    assert own <= {str(province.first.unit_id)}
    assert own <= all_of_them


@pytest.mark.parametrize("username", ["longpd.thcstk", "hongvt.thcstk"])
def test_others_dont(app: Flask, client_for: ClientFor, anchor: ChainAnchor, username: str) -> None:
    assert client_for(username).get("/anchors/").status_code in {302, 403}
    assert client_for(username).get("/anchors/1.json").status_code in {302, 403}


def test_an_unknown_number_is_not_found(app: Flask, client_for: ClientFor, anchor: ChainAnchor) -> None:
    assert client_for("giangnt.thcstk").get("/anchors/99.json").status_code == 404


def test_the_page_asks_no_more_for_more_anchors(
    app: Flask, province: Province, client_for: ClientFor, anchor: ChainAnchor
) -> None:
    client = client_for("vanlt.sogd")
    counts = []
    for _round in range(2):
        with counting(app) as statements:
            assert client.get("/anchors/").status_code == 200
        counts.append(len(statements))
        for _night in range(5):
            anchors.make_anchor(anchors.NIGHT, clock=province.clock)
    assert counts[0] == counts[1]
    assert counts[0] <= 12
