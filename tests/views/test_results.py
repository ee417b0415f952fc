"""The pages of results: what they show, to whom, and what they refuse."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import AuditEvent, Enrolment, Grade, Student
from app.services.results.refresh import refresh
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.results_helpers import YEAR_OVER, Made, fill, judged_of, make_class, put

ClientFor = Callable[[str], FlaskClient]
HEAD, HOMEROOM, OTHER, OFFICE = "giangnt.thcstk", "longpd.thcstk", "habtt.thcstk", "hongvt.thcstk"


@pytest.fixture
def engine_name() -> str:
    """What the databases do differently, the service's tests try."""
    return "sqlite"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A with one student at 9.0, one at 7.0, one at 4.0, one without marks; the year is over."""
    found = make_class(province, "8A")
    province.now = YEAR_OVER
    for student, mark in zip(found.students, ("9.0", "7.0", "4.0"), strict=False):
        fill(province, found, [student], mark)
    return found


def rows(page: str) -> list[str]:
    """Names in the summary, in the order shown."""
    table = page.split("hv-summary", 1)[1].split("</table>", 1)[0]
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', table)


def test_the_summary_of_a_class(province: Province, made: Made, client_for: ClientFor) -> None:
    client = client_for(HOMEROOM)
    page = client.get(f"/results/class/{made.class_id}").text
    assert len(rows(page)) == 4
    assert "9,0" in page
    assert "Cả năm" in page or "Whole year" in page
    term = client.get(f"/results/class/{made.class_id}?period=1")
    assert term.status_code == 200
    names = rows(page)
    ordered = rows(client.get(f"/results/class/{made.class_id}?period=1&sort=math&desc=1").text)
    assert ordered == names
    assert rows(client.get(f"/results/class/{made.class_id}?period=1&sort=math").text) == [
        *names[2::-1],
        names[3],
    ]
    for key in (
        "learning",
        "training",
        "outcome",
        "title",
        "absences",
        "rank",
        "average",
        "name",
        "nonsense",
    ):
        assert client.get(f"/results/class/{made.class_id}?sort={key}&desc=1").status_code == 200


def test_who_may_see_a_class(province: Province, made: Made, client_for: ClientFor) -> None:
    address = f"/results/class/{made.class_id}"
    for username in (HEAD, HOMEROOM, OFFICE, "quantb.thcstk", "vanlt.sogd", "sonlv.xatk"):
        assert client_for(username).get(address).status_code == 200, username
    assert client_for(OTHER).get(address).status_code == 403
    assert client_for("giangnt.thcsba").get(address).status_code == 404
    seen = db.session.query(AuditEvent).filter_by(action="result.view").count()
    assert seen == 2


def test_a_students_year_tells_why(province: Province, made: Made, client_for: ClientFor) -> None:
    client = client_for(HOMEROOM)
    best, _fair, low, blank = made.students
    page = client.get(f"/results/student/{best}/year/{made.year_id}").text
    assert "TT 22/2021 Điều 9" in page
    assert 'id="why-learning"' in page
    assert 'id="why-subject-math"' in page
    for student in (low, blank):
        for period in (0, 1, 2):
            address = f"/results/student/{student}/year/{made.year_id}?period={period}"
            assert client.get(address).status_code == 200
    address = f"/results/student/{best}/year/{made.year_id}"
    assert client_for(OTHER).get(address).status_code == 404  # teaches other classes
    assert client_for("giangnt.thcsba").get(address).status_code == 404
    assert client_for(HEAD).get(address).status_code == 200
    assert client.get(f"/results/student/{best}/year/999").status_code == 404


def test_why_an_average_is_what_it_is(province: Province, made: Made, client_for: ClientFor) -> None:
    client, sheet, student = client_for(HOMEROOM), made.sheets["math", 2], made.students[0]
    put(province, made, student, "math", 2, final=Decimal("7.5"))
    page = client.get(f"/results/why/{sheet}/{student}").text
    assert "(9 + 9 + 9 + 9 + 2 × 9 + 3 × 7,5) / 9" in page
    assert "TT 22/2021 Điều 9 khoản 1 điểm b" in page
    cell = client.get(f"/gradebook/{sheet}/cell?student={student}&column=final").json
    assert [action["url"] for action in cell["actions"]] == [
        f"/corrections/new?sheet={sheet}&student={student}&column=final",
        f"/results/why/{sheet}/{student}",
    ]
    assert (
        f'href="/results/why/{sheet}/{student}"' in client.get(f"/gradebook/{sheet}/plain?column=final").text
    )
    assert client.get(f"/results/why/{sheet}/{made.students[3]}").status_code == 200
    assert client.get(f"/results/why/{made.sheets['training', 2]}/{student}").status_code == 404
    assert client.get(f"/results/why/{sheet}/{province.second.student_ids[0]}").status_code == 404
    assert client_for("habtt.thcsba").get(f"/results/why/{sheet}/{student}").status_code == 404


def test_a_stored_average_that_does_not_fit_is_on_the_page(
    province: Province, made: Made, client_for: ClientFor
) -> None:
    with transaction(SYSTEM, "test.wrong", clock=province.clock) as work:
        work.session.get_one(Grade, (made.sheets["math", 1], made.students[0])).average = Decimal("9.9")
    page = client_for(HOMEROOM).get(f"/results/class/{made.class_id}?period=1").text
    assert "9,9" in page
    assert f"/results/why/{made.sheets['math', 1]}/{made.students[0]}" in page


def test_the_numbers_of_a_school(province: Province, made: Made, client_for: ClientFor) -> None:
    client = client_for(HEAD)
    address = f"/results/unit/{made.unit_id}?period=0"
    assert "fa-rotate" in client.get(address).text  # marks newer than the record
    refresh(made.unit_id, [made.class_id], clock=province.clock)
    page = client.get(f"{address}&grade=8").text
    assert "fa-rotate" not in page
    learning = page.split('-learning"', 1)[1].split("</table>", 1)[0]
    row = learning.split("8A</a>", 1)[1].split("</tr>", 1)[0]
    assert re.findall(r'<td class="hv-num">(\d+)</td>', row) == ["4", "1", "1", "0", "1", "1"]
    assert client.get(f"{address}&grade=7").status_code == 200
    assert client_for("sonlv.xatk").get(address).status_code == 200
    assert client_for(HOMEROOM).get(address).status_code == 403
    assert client_for("giangnt.thcsba").get(address).status_code == 404
    for period in (1, 2):
        assert client.get(f"/results/unit/{made.unit_id}?period={period}").status_code == 200


def test_where_the_menu_leads(province: Province, made: Made, client_for: ClientFor) -> None:
    assert client_for(HEAD).get("/results/").location.startswith(f"/results/unit/{made.unit_id}")
    assert client_for("vanlt.sogd").get("/results/?q=khang").status_code == 200
    own = client_for(HOMEROOM).get("/results/")  # homeroom teacher of two classes
    assert own.status_code == 200
    assert f"/results/class/{made.class_id}" in own.text
    assert (
        client_for(OTHER)
        .get("/results/")
        .location.endswith(f"/results/class/{province.first.class_ids['7B']}")
    )
    assert client_for("khuongyb.thcstk").get("/results/").status_code == 200


def test_the_export(province: Province, made: Made, client_for: ClientFor) -> None:
    answer = client_for(HOMEROOM).get(f"/results/class/{made.class_id}/export.xlsx?period=0")
    assert answer.status_code == 200
    page = load_workbook(BytesIO(answer.data)).active
    cells = [[cell.value for cell in row] for row in page.iter_rows()]
    assert cells[2][:3] == ["STT", "Họ và tên", "Ngữ văn"]
    assert cells[3][2] == 9
    assert cells[3][cells[2].index("Kết quả học tập")] == "Tốt"
    assert cells[3][cells[2].index("Danh hiệu")] == "Học sinh Xuất sắc"
    assert db.session.query(AuditEvent).filter_by(action="result.export").count() == 1
    assert client_for(OTHER).get(f"/results/class/{made.class_id}/export.xlsx").status_code == 403
    assert client_for("vanlt.sogd").get(f"/results/class/{made.class_id}/export.xlsx").status_code == 403


def test_a_year_at_two_schools(province: Province, made: Made, client_for: ClientFor) -> None:
    """The former school keeps what ended there; the new one sees the whole year, with absences of both."""
    there = make_class(province, "8X", school=province.second, pupils=0)
    student, last_day = made.students[0], date(2027, 2, 28)
    with transaction(SYSTEM, "test.transfer", clock=province.clock) as work:
        place = work.session.query(Enrolment).filter_by(student_id=student).one()
        place.ends_on = last_day
        work.session.get_one(Student, student).unit_id = there.unit_id
        work.session.add(
            Enrolment(student_id=student, class_id=there.class_id, starts_on=last_day + timedelta(days=1))
        )
    fill(province, there, [student], "8.0", terms=(2,), without=[("training", 2)])
    put(province, there, student, "training", 2, training="good", excused=1, unexcused=0)
    address = f"/results/student/{student}/year/{made.year_id}"
    former, new = client_for(HEAD), client_for("giangnt.thcsba")
    page = former.get(f"{address}?period=0")
    assert page.status_code == 200
    assert "period=1" in page.text
    assert "period=0" not in page.text
    assert new.get(f"{address}?period=1").status_code == 200
    whole = new.get(f"{address}?period=0").text
    assert "9,0" in whole
    assert student not in {row.pupil.student_id for row in judged_of(province, made, 0).values()}
    assert judged_of(province, there, 0)[student].facts.absences == 4 + 4 + 1
    assert client_for("longpd.thcsba").get(f"{address}?period=0").status_code == 200
    assert f"/results/why/{made.sheets['math', 1]}" not in whole  # a sheet of the former school


def test_the_pages_keep_their_budget(
    app: Flask, province: Province, made: Made, client_for: ClientFor
) -> None:
    bigger = make_class(province, "8B", pupils=9)
    fill(province, bigger, terms=(1,))
    client, found = client_for(HEAD), {}
    for some in (made, bigger):
        for name, address in (
            ("class", f"/results/class/{some.class_id}?period=1"),
            ("student", f"/results/student/{some.students[0]}/year/{some.year_id}?period=0"),
            ("unit", f"/results/unit/{some.unit_id}?period=1"),
        ):
            assert client.get(address).status_code == 200
            with counting(app) as sent:
                client.get(address)
            found.setdefault(name, []).append(len(sent))
    assert all(first == second for first, second in found.values()), found
    assert all(numbers[0] <= most for numbers, most in zip(found.values(), (27, 28, 14), strict=True)), found
