"""The endpoint of the search boxes: scoped, a page at a time, never the whole table."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import counting
from tests.factories.province import Province

Clients = Callable[[str], FlaskClient]


def texts(client: FlaskClient, kind: str, **query: object) -> list[str]:
    """What the box offers."""
    return [row["text"] for row in client.get(f"/select/{kind}", query_string=query).get_json()["results"]]


def test_names_within_reach_in_vietnamese_order(province: Province, client_for: Clients) -> None:
    office = client_for("hongvt.thcstk")
    found = texts(office, "student", term="anh")
    assert [text.split(" · ")[0] for text in found] == [
        "Phạm Thị Vân Anh", "Phạm Thị Vân Anh", "Trần Đức Anh", "Trần Đức Anh", "Lê Ngọc Ánh", "Lê Ngọc Ánh",
    ]  # fmt: skip
    assert texts(office, "person", term="khuong") == ["Y Khương Byă · Giáo viên"]
    assert texts(office, "school_class") == ["7A · 2026–2027", "7B · 2026–2027"]
    assert len(texts(client_for("longpd.thcstk"), "student", term="anh")) == 3  # the own class
    assert len(texts(client_for("daoct.sogd"), "student", term="anh")) == 12  # both schools
    assert texts(office, "org_unit", term="thcs") == ["THCS Thúc Kháng · thcstk"]


def test_pages_and_odd_addresses(province: Province, client_for: Clients) -> None:
    client = client_for("daoct.sogd")
    first = client.get("/select/student").get_json()
    assert (len(first["results"]), first["pagination"]["more"]) == (20, True)
    second = client.get("/select/student?page=2").get_json()
    assert (len(second["results"]), second["pagination"]["more"]) == (12, False)
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    assert client.get("/select/account").status_code == 404
    for query in ("page=-1", "page=x", "term=%25", "term=" + "a" * 500, "page=999999"):
        assert client.get(f"/select/student?{query}").status_code == 200, query


def test_few_statements_and_no_strangers(app: Flask, province: Province, client_for: Clients) -> None:
    client = client_for("hongvt.thcstk")
    client.get("/select/student?term=an")
    with counting(app) as statements:
        client.get("/select/student?term=an")
    assert len(statements) <= 5, "\n".join(statements)
    assert app.test_client().get("/select/student").status_code in (302, 401)
