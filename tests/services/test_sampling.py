"""A random sample comes back by its seed, on both engines the same."""

import hashlib
from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.clock import local_day
from app.services.sampling import Sample, draw, export_sample, order_of
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting

HEAD = "giangnt.thcstk"


def drawn(
    province: Province, kind: str = "students", wanted: int = 5, seed: str = "2027", who: str = HEAD
) -> Sample:
    """A sample of the first school."""
    return draw(
        db.session(), acting(province, who), province.first.unit_id, province.year_id, 1, kind, wanted, seed,
        local_day(province.now),
    )  # fmt: skip


def test_the_order_is_the_digest_of_seed_kind_and_key() -> None:
    assert order_of("2027", "sheets", 12) == hashlib.sha256(b"2027:sheets:12").hexdigest()


@pytest.mark.parametrize(("kind", "population"), [("sheets", 4), ("students", 16)])
def test_the_seed_brings_the_same_list_again(
    app: Flask, province: Province, kind: str, population: int
) -> None:
    found = drawn(province, kind, 4)
    keys = [line.key for line in found.lines]
    assert found.population == population
    assert len(set(keys)) == 4
    assert keys == [line.key for line in drawn(province, kind, 4).lines]
    # both engines number the rows of the factory alike
    everything = province.first.student_ids if kind == "students" else [
        key for (_room, _subject, term), key in province.first.sheet_ids.items() if term == 1
    ]  # fmt: skip
    assert keys == sorted(everything, key=lambda key: order_of("2027", kind, key))[:4]


def test_without_a_seed_the_server_draws_one(app: Flask, province: Province) -> None:
    found = drawn(province, seed=" ")
    assert len(found.seed) == 12
    assert [line.key for line in drawn(province, seed=found.seed).lines] == [line.key for line in found.lines]


def test_who_may_draw_and_how_many(app: Flask, province: Province) -> None:
    for wanted in (0, 201):
        with pytest.raises(Invalid):
            drawn(province, wanted=wanted)
    with pytest.raises(Invalid):
        drawn(province, kind="teachers")
    with pytest.raises(Forbidden):
        drawn(province, who="longpd.thcstk")
    with pytest.raises(NotFound):
        drawn(province, who="giangnt.thcsba")


def test_the_workbook_names_the_seed_and_statements_do_not_grow(app: Flask, province: Province) -> None:
    actor = acting(province, HEAD)
    found = drawn(province)
    _name, data = export_sample(actor, found, clock=province.clock)
    cells = [[cell.value for cell in row] for row in load_workbook(BytesIO(data)).active.iter_rows()]
    assert cells[1][0] == "Mã chọn mẫu: 2027"
    assert len(cells) == 4 + len(found.lines)
    with counting(app) as statements:
        drawn(province, wanted=16)
    assert len(statements) <= 5  # three of them find the actor
