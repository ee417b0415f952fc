"""A sheet as of a time, and what changed between two times, as people read it."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from app.domain.vocabulary import MarkState
from app.services.gradebook import record_absence
from tests.factories.progress import TEACHER, actor, enter
from tests.factories.province import Province

ClientFor = Callable[[str], FlaskClient]


def test_an_absence_is_a_change_and_the_list_keeps_the_order_of_the_sheet(
    app: Flask, province: Province, client_for: ClientFor
) -> None:
    sheet, students = province.first.sheet_ids["7A", "math", 1], province.first.student_ids
    for student in reversed(students[:3]):
        enter(province, sheet, (student, "regular_1", None, "8"))
    record_absence(
        actor(province, TEACHER), sheet, students[0], "final", MarkState.AWAITING, clock=province.clock
    )
    page = client_for(TEACHER).get(f"/gradebook/{sheet}/history?since=2026-09-01T00:00").text
    differences, as_of = page.split('id="hv-asof"')
    names = re.findall(r'<td data-th="[^"]*">([^<]+)</td><td data-th="[^"]*">(TX1|ĐĐGck)', differences)
    order = re.findall(r'<th scope="row">([^<]+)</th>', as_of)
    assert [column for _name, column in names].count("ĐĐGck") == 1
    assert sorted(names, key=lambda cell: order.index(cell[0])) == names
    for part in (differences, as_of):
        assert "vắng, chờ kiểm tra bù" in part
