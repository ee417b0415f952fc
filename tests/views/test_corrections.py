"""Pages of corrections: from a locked cell to the minutes, without JavaScript; scope, rights, statements."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.corrections import Preset
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.correction_helpers import (
    BOARD,
    HEAD,
    LEADER_ABOVE,
    OFFICE,
    OTHER,
    PAPER,
    TEACHER,
    THIRD,
    ask,
    enter_and_lock,
    found,
    leave_only,
    mark,
    move_homeroom,
    set_preset,
    sheet_of,
    sit_all,
    student_of,
)
from tests.services.test_correction_limits import end_the_year

Sign = Callable[[str], FlaskClient]
MARKS = {"midterm": "6,5", "final": "7"}


def ready(province: Province, preset: Preset = Preset.S0) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, MARKS)
    set_preset(province, preset)


def send(client: FlaskClient, province: Province, **fields: Any) -> TestResponse:
    place = f"{student_of(province)}:midterm"
    name = place.replace(":", "-")
    data = {
        "cell": place,
        f"old-{name}": "6.5",
        f"new-{name}": "8,5",
        "reason": "Ghi nhầm dòng",
        "do": "send",
        "csrf_token": csrf(client),
        **fields,
    }
    return client.post(f"/corrections/new?sheet={sheet_of(province)}", data=data)


def number_in(address: str) -> int:
    return int(re.findall(r"/corrections/(\d+)", address)[0])


def step(client: FlaskClient, request_id: int, verb: str = "sit", **fields: str) -> str:
    data = {"verb": verb, "csrf_token": csrf(client), **fields}
    answer = client.post(f"/corrections/{request_id}/step", data=data, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_from_a_locked_cell_to_the_book(app: Flask, province: Province, client_for: Sign) -> None:
    ready(province)
    teacher = client_for(TEACHER)
    sheet, student = sheet_of(province), student_of(province)
    panel: Any = teacher.get(f"/gradebook/{sheet}/cell?student={student}&column=midterm").json
    link = next(a["url"] for a in panel["actions"] if "corrections" in a["url"])
    page = teacher.get(link).text
    assert "6,5" in page
    assert f'name="new-{student}-midterm"' in page
    answer = send(teacher, province)
    assert answer.status_code == 302
    request_id = number_in(answer.location)
    head = client_for(HEAD)
    assert "Your step" not in head.get(f"/corrections/{request_id}").text
    assert 'value="sit"' in client_for(OTHER).get(f"/corrections/{request_id}").text
    step(client_for(OTHER), request_id)
    assert found(request_id).code in head.get("/corrections/").text
    step(head, request_id, note="Đã đối chiếu")
    text = step(client_for(BOARD), request_id)
    assert "Đã đối chiếu" in text
    assert str(mark(province)) == "8.5"
    panel = teacher.get(f"/gradebook/{sheet}/cell?student={student}&column=midterm").json
    assert panel["history"][0]["correction"]["url"] == f"/corrections/{request_id}"


def test_refusals_keep_what_was_typed(app: Flask, province: Province, client_for: Sign) -> None:
    ready(province)
    teacher = client_for(TEACHER)
    name = f"new-{student_of(province)}-midterm"
    answer = send(teacher, province, **{name: "85"})
    assert answer.status_code == 422
    assert 'value="85"' in answer.text
    assert "Ghi nhầm dòng" in answer.text
    assert send(teacher, province, reason=" ").status_code == 422
    old = f"old-{student_of(province)}-midterm"
    assert send(teacher, province, **{old: "6"}).status_code == 409


def test_a_refusal_names_the_request_or_unit_at_its_cell_too(
    app: Flask, province: Province, client_for: Sign
) -> None:
    ready(province)
    code = found(ask(province)).code
    answer = send(client_for(TEACHER), province)
    assert answer.status_code == 422
    assert answer.text.count(f"{code} ") == 2
    assert "%(" not in answer.text


def test_the_form_says_that_closed_data_wants_evidence(
    app: Flask, province: Province, client_for: Sign
) -> None:
    ready(province)
    address = f"/corrections/new?sheet={sheet_of(province)}"
    assert "why-evidence" not in client_for(TEACHER).get(address).text
    end_the_year(province)
    teacher = client_for(TEACHER)
    page = teacher.get(address).text
    assert re.search(r'name="evidence"[^>]* required aria-describedby="why-evidence"', page)
    assert send(teacher, province).status_code == 422
    assert send(teacher, province, evidence=(BytesIO(PAPER), "bai.pdf")).status_code == 302


def test_a_further_cell_is_added_without_script(app: Flask, province: Province, client_for: Sign) -> None:
    ready(province)
    teacher = client_for(TEACHER)
    answer = send(teacher, province, do="add", student=str(student_of(province)), column="final")
    assert answer.status_code == 200
    for column in ("midterm", "final"):
        assert f'name="new-{student_of(province)}-{column}"' in answer.text


def test_evidence_is_kept_and_read_by_those_concerned(
    app: Flask, province: Province, client_for: Sign
) -> None:
    ready(province)
    teacher = client_for(TEACHER)
    paper = (BytesIO(b"%PDF-1.4 bai kiem tra"), "bai.pdf")
    answer = send(teacher, province, evidence=paper)
    request_id = number_in(answer.location)
    got = client_for(HEAD).get(f"/corrections/{request_id}/file")
    assert got.data == b"%PDF-1.4 bai kiem tra"
    got.close()
    assert "no-store" in got.headers["Cache-Control"]
    assert client_for(THIRD).get(f"/corrections/{request_id}/file").status_code == 404
    assert client_for("giangnt.thcsba").get(f"/corrections/{request_id}").status_code == 404


def test_naming_and_the_tier_above_in_a_small_school(
    app: Flask, province: Province, client_for: Sign
) -> None:
    enter_and_lock(province, MARKS)
    leave_only(province, HEAD, TEACHER, OTHER, BOARD)
    request_id = ask(province)
    above = client_for(LEADER_ABOVE)
    assert found(request_id).code in above.get("/corrections/").text
    step(above, request_id, "name", person=str(province.first.person_ids["habtt"]))
    step(client_for(OTHER), request_id)
    step(above, request_id)
    for who in (HEAD, BOARD, TEACHER):
        step(client_for(who), request_id)
    assert str(mark(province)) == "8.5"


def test_refuse_and_withdraw_by_page(app: Flask, province: Province, client_for: Sign) -> None:
    ready(province)
    request_id = ask(province)
    text = step(client_for(OTHER), request_id, "refuse")
    assert "Say why" in text or "lí do" in text
    step(client_for(OTHER), request_id, "refuse", note="Bài kiểm tra ghi 6,5")
    assert found(request_id).state == "refused"
    second = ask(province)
    step(client_for(TEACHER), second, "withdraw")
    assert found(second).state == "withdrawn"
    assert client_for(HEAD).post(f"/corrections/{second}/step", data={"verb": "x"}).status_code in (400, 404)


def test_summaries_for_the_school_and_above(app: Flask, province: Province, client_for: Sign) -> None:
    ready(province)
    sit_all(province, ask(province), (OTHER, HEAD, BOARD))
    ask(province, column="final", old="7", new="8")
    for who in (HEAD, OFFICE, LEADER_ABOVE, "vanlt.sogd"):
        page = client_for(who).get("/corrections/summary")
        assert page.status_code == 200
        assert "Phạm Đức Long" in page.text
    assert client_for(TEACHER).get("/corrections/summary").status_code == 403
    school = province.second.unit_id
    assert client_for(HEAD).get(f"/corrections/summary?unit={school}").status_code == 404


def test_lists_take_the_same_statements_however_long(
    app: Flask, province: Province, client_for: Sign
) -> None:
    ready(province)
    ask(province)
    head = client_for(HEAD)
    head.get("/corrections/?tab=unit")

    def statements(address: str) -> int:
        with counting(app) as sent:
            assert head.get(address).status_code == 200
        return len(sent)

    addresses = ("/corrections/?tab=unit", "/corrections/", "/corrections/summary")
    before = [statements(address) for address in addresses]
    ask(province, column="final", old="7", new="8")
    for column in ("regular_1", "regular_2"):
        ask(province, column=column, old=None, new="8")
    assert [statements(address) for address in addresses] == before
    assert max(before) <= 24


def test_the_head_authorises_a_deputy(app: Flask, province: Province, client_for: Sign) -> None:
    head = client_for(HEAD)
    data = {
        "person": str(province.first.person_ids["hocnv"]),
        "number": "05/GUQ",
        "signed_on": "10/11/2026",
        "starts_on": "16/11/2026",
        "ends_on": "20/11/2026",
        "reason": "Đi tập huấn",
        "csrf_token": csrf(head),
    }
    page = head.post("/authorisations/", data=data, follow_redirects=True)
    assert "05/GUQ" in page.text
    assert head.post("/authorisations/", data=data | {"starts_on": "01/11/2026"}).status_code == 422
    head.post("/authorisations/1/end", data={"csrf_token": csrf(head)})
    assert client_for(TEACHER).get("/authorisations/").status_code == 403
