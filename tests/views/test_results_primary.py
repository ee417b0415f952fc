"""The pages of a primary class's results: four assessment points (TT 27/2020 Điều 7), what is lacking said once."""

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.vocabulary import Level
from tests.factories.province import Province
from tests.services.results_helpers import YEAR_OVER, Made, make_class, put
from tests.services.test_results_primary import GRADE_4, fill_primary

ClientFor = Callable[[str], FlaskClient]
HOMEROOM = "longpd.thcstk"


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 4A: one student with all of both ends of term, two in the middle of term I only in part."""
    found = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4)
    province.now = YEAR_OVER
    fill_primary(province, found, found.students[0], SubjectLevel.WELL, "9", TraitLevel.GOOD)
    for student, score in zip(found.students, ("6", "7"), strict=False):
        put(province, found, student, "math", 1, midterm_level=SubjectLevel.DONE, midterm=Decimal(score))
    put(province, found, found.students[0], "traits", 1, midterm_trait_1=TraitLevel.PASSED)
    return found


def test_the_four_points_of_a_class(province: Province, made: Made, client_for: ClientFor) -> None:
    client, address = client_for(HOMEROOM), f"/results/class/{made.class_id}"
    page = client.get(f"{address}?period=3").text
    offered = [page.index(f'period={period}"') for period in (3, 1, 4, 0)]
    assert offered == sorted(offered)
    assert 'period=2"' not in page
    assert "tally-learning" not in page  # no result in the middle of a term
    assert client.get(f"{address}?period=4").status_code == 200
    year = client.get(f"{address}?period=0").text
    assert "tally-learning" in year
    assert "tally-learning" in client.get(f"{address}?period=2").text  # term II ends with the year
    other = make_class(province, "8A")
    found = client.get(f"/results/class/{other.class_id}?period=3")
    assert found.status_code == 200
    assert 'period=2"' in found.text


def test_what_the_whole_class_lacks_is_said_once(
    province: Province, made: Made, client_for: ClientFor
) -> None:
    page = client_for(HOMEROOM).get(f"/results/class/{made.class_id}?period=3").text
    lines = page.split('class="hv-lacking"', 1)[1].split("</ul>", 1)[0].split("<li>")[1:]
    assert "Tiếng Việt" in lines[0]
    assert "<a " not in lines[0]
    assert not any("Tiếng Việt" in line for line in lines[1:])
    assert (
        len(lines) == 1 + 3
    )  # but for the first student, who has a trait's level, Math or that trait is lacking
    end = client_for(HOMEROOM).get(f"/results/class/{made.class_id}?period=1").text
    assert "<a " in end.split('class="hv-lacking"', 1)[1].split("<li>")[1]  # one student lacks nothing


def test_a_students_page_shows_every_point(province: Province, made: Made, client_for: ClientFor) -> None:
    client, student = client_for(HOMEROOM), made.students[0]
    for period in (3, 1, 4, 0):
        page = client.get(f"/results/student/{student}/year/{made.year_id}?period={period}").text
        row = page.split('id="why-subject-math"', 1)[1].split("</tr>", 1)[0]
        cells = [cell.split("</td>", 1)[0] for cell in row.split("<td")[1:]]
        assert len(cells) == 4 + 1  # behind the points, the way to a correction
        assert ("H" in cells[0], "6" in cells[0]) == (True, True)
        assert ("T" in cells[1], "9" in cells[1]) == (True, True)
    traits = page.split('id="traits"', 1)[1]
    assert "Yêu nước" in traits
    assert ">Đ<" in traits.split("Yêu nước", 1)[1].split("</tr>", 1)[0]


def test_the_export_follows_the_point(province: Province, made: Made, client_for: ClientFor) -> None:
    answer = client_for(HOMEROOM).get(f"/results/class/{made.class_id}/export.xlsx?period=3")
    assert "giua-hoc-ki-i" in answer.headers["Content-Disposition"]
    cells = [[cell.value for cell in row] for row in load_workbook(BytesIO(answer.data)).active.iter_rows()]
    assert "giữa học kì I" in cells[0][0]
    line = dict(zip(cells[2], cells[3], strict=True))
    assert (line["Toán"], line["Toán: điểm KTĐK"], line["Yêu nước"]) == ("H", 6, "Đ")
    assert "Khoa học: điểm KTĐK" not in line
    assert "Đánh giá KQGD" not in line
