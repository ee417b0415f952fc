"""The pages of confirming and closing, on both engines: what each role sees and what its buttons do."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.closing import IncidentState, Stage, Standing
from app.extensions import db
from app.models import (
    Attestation,
    Closing,
    FamilyLink,
    Incident,
    MarkQuestion,
    ProgressCheck,
    Publication,
    StudentResult,
)
from app.services.unit_of_work import transaction
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.closing_helpers import (
    BOARD,
    HEAD,
    OFFICE,
    TEACHERS,
    VICE,
    book,
    family,
    fill,
    print_all,
    sign_all,
    step,
    up_to_closing,
)


def post(client, address: str, **form):
    return client.post(address, data={"csrf_token": csrf(client), **form}, follow_redirects=True)


def place(province: Province, period: int = 1) -> dict[str, object]:
    return {"year_id": province.year_id, "period": period, "start_year": 2026}


def test_everybody_sees_the_way_to_closing_and_only_the_next_step_has_a_button(
    app: Flask, province: Province, client_for
) -> None:
    page = f"/closing/unit/{province.first.unit_id}?period=1"
    for username in (HEAD, VICE, OFFICE, BOARD, "sonlv.xatk", "binhhv.sogd"):
        assert client_for(username).get(page).status_code == 200
    assert client_for("giangnt.thcsba").get(page).status_code == 404
    fill(province)
    sign_all(province)
    print_all(province)
    client = client_for(OFFICE)
    assert 'value="printed"' in client.get(page).text
    assert 'value="printed"' not in client_for(HEAD).get(page).text
    post(client, "/closing/step", step="sealed", **place(province))
    assert Stage.SEALED not in book(province).ticked
    post(client, "/closing/step", step="printed", **place(province))
    assert Stage.PRINTED in book(province).done


def test_a_teacher_signs_from_the_own_page_after_looking_at_the_sheet(
    app: Flask, province: Province, client_for
) -> None:
    fill(province)
    client = client_for(TEACHERS[0])
    number = province.first.sheet_ids["7A", "math", 1]
    assert client.get("/closing/").request.path == "/closing/"
    mine = client.get("/signatures/?period=1").text
    line = next(s for s in book(province).sheets if s.progress.sheet_id == number)
    assert f"{number}:{line.digest}" in mine
    assert line.digest[:16] in client.get(f"/signatures/sheet/{number}").text
    post(client, "/signatures/sign", sheet=f"{number}:{line.digest}", **place(province))
    line = next(s for s in book(province).sheets if s.progress.sheet_id == number)
    assert line.standing is Standing.CONFIRMED
    room = book(province).classes[0]
    page = client.get(f"/signatures/class/{room.school_class.id}?period=1")
    assert page.status_code == 200
    assert client.get(f"/signatures/sheet/{province.second.sheet_ids['7A', 'math', 1]}").status_code == 404
    assert client.get(f"/signatures/class/{province.second.class_ids['7A']}").status_code == 404


def test_the_head_approves_signs_closes_and_reopens_on_one_page(
    app: Flask, province: Province, client_for
) -> None:
    fill(province)
    sign_all(province)
    print_all(province)
    step(province, OFFICE, Stage.PRINTED)
    step(province, VICE, Stage.PROOF_OPENED)
    sign_all(province)
    step(province, OFFICE, Stage.CHECKED)
    head = client_for(HEAD)
    classes = [f"{c.school_class.id}:{c.digest}" for c in book(province).classes]
    post(head, "/closing/approve", **{"class": classes}, **place(province))
    assert all(c.approved is Standing.CONFIRMED for c in book(province).classes)
    post(head, "/closing/approve", school=book(province).digest, **place(province))
    step(province, OFFICE, Stage.SEALED)
    step(province, BOARD, Stage.PROPOSED)
    post(head, "/closing/close", reason="Đủ hồ sơ", **place(province))
    row = db.session.query(Closing).one()
    page = head.get(f"/closing/unit/{province.first.unit_id}?period=1").text
    assert f"/closing/{row.id}/reopen" in page
    post(head, f"/closing/{row.id}/reopen", reason="Sửa sai sót", until="", **place(province))
    assert db.session.get_one(Closing, row.id).is_over
    assert client_for("giangnt.thcsba").post(f"/closing/{row.id}/reopen").status_code in (400, 404)


def test_a_past_year_goes_by_request_to_the_tier_above(app: Flask, province: Province, client_for) -> None:
    up_to_closing(province)
    head = client_for(HEAD)
    post(head, "/closing/close", reason="Đủ hồ sơ", **place(province))
    row = db.session.query(Closing).one()
    province.now += timedelta(days=250)
    head = client_for(HEAD)
    until = (province.now + timedelta(days=3)).strftime("%d/%m/%Y 17:00")
    post(head, f"/closing/{row.id}/ask", reason="Sai điểm", until=until, **place(province))
    above = client_for("sonlv.xatk")
    page = above.get("/closing/requests").text
    assert "Sai điểm" in page
    post(above, "/closing/requests/1/decide", answer="yes", reason="Đồng ý")
    assert db.session.get_one(Closing, row.id).reopened_until is not None


def test_pages_take_a_fixed_number_of_statements(app: Flask, province: Province, client_for) -> None:
    up_to_closing(province)
    head, teacher = client_for(HEAD), client_for(TEACHERS[0])
    sheet = province.first.sheet_ids["7A", "math", 1]
    for client, address, most in (
        (head, f"/closing/unit/{province.first.unit_id}?period=1", 45),
        (head, f"/closing/unit/{province.first.unit_id}?period=0", 50),
        (teacher, "/signatures/?period=1", 45),
        (teacher, f"/signatures/sheet/{sheet}", 40),
        (teacher, f"/signatures/class/{province.first.class_ids['7A']}?period=1", 65),
        (teacher, f"/reconcile/sheet/{sheet}", 25),
        (head, "/incidents/", 20),
        (head, "/progress/checks/", 20),
        (head, "/publications/", 25),
        (client_for("sonlv.xatk"), "/closing/requests", 25),
    ):
        client.get(address)
        with counting(app) as statements:
            assert client.get(address).status_code == 200
        assert len(statements) <= most, (address, len(statements))


def test_the_head_sees_how_the_year_ended_class_by_class(app: Flask, province: Province, client_for) -> None:
    """Promotions, retests, summer training and titles, with the school as a whole; of a term there are none."""
    ends = [("promoted", "excellent"), ("promoted", None), ("retest", None), (None, None)]
    school, half = province.first, len(province.first.student_ids) // 2
    with transaction(SYSTEM, "test.results", clock=province.clock) as work:
        for room, students in (("7A", school.student_ids[:half]), ("7B", school.student_ids[half:])):
            for student, (outcome, title) in zip(students, ends, strict=False):
                work.session.add(
                    StudentResult(
                        student_id=student, school_year_id=province.year_id, period=0, unit_id=school.unit_id,
                        class_id=school.class_ids[room], circular="tt22-2021", version="1", figures={},
                        outcome=outcome, title=title, computed_at=work.now,
                    )
                )  # fmt: skip
    page = f"/closing/unit/{school.unit_id}?period="
    told = client_for(HEAD).get(f"{page}0").text
    part = told[told.index('id="h-year"') :]
    foot = re.sub(r"<[^>]+>", " ", part[part.index("hv-total") : part.index("</tbody>")]).split()
    assert foot[-5:] == ["8", "4", "2", "2", "2"]  # students, promoted, retest, not judged, excellent
    assert 'id="h-year"' not in client_for(HEAD).get(f"{page}1").text


def test_a_list_is_compared_cell_by_cell_and_unexplained_differences_hold_up_closing(
    app: Flask, province: Province, client_for
) -> None:
    fill(province)
    sign_all(province)
    sheet = province.first.sheet_ids["7A", "math", 1]
    client = client_for(TEACHERS[0])
    names = ["Nguyễn Hoàng An", "Phạm Thị Vân Anh", "Trần Đức Anh", "Lê Ngọc Ánh", "Hà Gia Bảo", "Bùi Thị Ngọc Bích",
             "Đinh Văn Chiến", "Vàng Thị Chở"]  # fmt: skip
    marks = ["8", "8", "7,5", *["8"] * (len(names) - 3)]
    typed = "\n".join(f"{name}\t{mark}" for name, mark in zip(names, marks, strict=True))
    form = {"column": "midterm", "source": "Danh sách công bố", "list": typed}
    post(client, f"/reconcile/sheet/{sheet}/compare", **form)
    row = db.session.query(Attestation).one()
    odd = [item for item in row.rows if item["sheet"] != item["list"]]
    assert [(d["name"], d["sheet"], d["list"]) for d in odd] == [("Trần Đức Anh", "8,0", "7,5")]
    assert book(province).missing(Stage.COMPLETE).unexplained == 1
    strange = {**form, "list": typed + "\nNgười Lạ\t5"}
    assert (
        client.post(
            f"/reconcile/sheet/{sheet}/compare", data={"csrf_token": csrf(client), **strange}
        ).status_code
        == 422
    )
    student = odd[0]["student_id"]
    post(client, f"/reconcile/{row.id}/explain", **{f"why-{student}": "Danh sách in nhầm"})
    assert book(province).missing(Stage.COMPLETE).unexplained == 0
    post(client, f"/reconcile/sheet/{sheet}/attest")
    assert db.session.query(Attestation).count() == 1  # not without what the page showed
    shown = re.search(r'name="digest" value="(\w+)"', client.get(f"/reconcile/sheet/{sheet}").text)
    assert shown
    post(client, f"/reconcile/sheet/{sheet}/attest", digest=shown[1])
    assert db.session.query(Attestation).count() == 2
    other = province.second.sheet_ids["7A", "math", 1]
    assert client.get(f"/reconcile/sheet/{other}").status_code == 404
    assert client_for("habtt.thcsba").post(f"/reconcile/{row.id}/explain").status_code in (400, 404)


def test_an_incident_is_reported_answered_and_closed(app: Flask, province: Province, client_for) -> None:
    teacher, board = client_for(TEACHERS[0]), client_for(BOARD)
    post(teacher, "/incidents/", title="Không lưu được", text="Bấm lưu không có gì xảy ra")
    row = db.session.query(Incident).one()
    assert "Không lưu được" in board.get("/incidents/").text
    post(board, f"/incidents/{row.id}/answer", text="Đang xem", state="working")
    assert db.session.get_one(Incident, row.id).state is IncidentState.WORKING
    post(board, f"/incidents/{row.id}/answer", text="Đã sửa", state="closed")
    post(teacher, f"/incidents/{row.id}/answer", text="Cảm ơn")
    assert db.session.get_one(Incident, row.id).state is IncidentState.CLOSED
    assert client_for(TEACHERS[1]).get(f"/incidents/{row.id}").status_code == 404
    assert client_for("quantb.thcsba").get(f"/incidents/{row.id}").status_code == 404


def test_a_progress_check_stays_as_it_was_frozen(app: Flask, province: Province, client_for) -> None:
    board = client_for(BOARD)
    day = province.now.strftime("%d/%m/%Y")
    post(board, "/progress/checks/freeze", year_id=province.year_id, kind="term", day=day)
    first = db.session.query(ProgressCheck).one()
    before = [(r.teacher, r.required, r.entered) for r in first.rows]
    assert before
    assert all(entered == 0 < required for _t, required, entered in before)
    fill(province)
    post(board, "/progress/checks/freeze", year_id=province.year_id, kind="term", day=day)
    first, second = db.session.query(ProgressCheck).order_by(ProgressCheck.id).all()
    assert [(r.teacher, r.required, r.entered) for r in first.rows] == before
    assert all(r.entered == r.required == r.on_time for r in second.rows)
    assert board.get(f"/progress/checks/{first.id}").status_code == 200
    assert board.get(f"/progress/checks/{first.id}/export.xlsx").data[:2] == b"PK"
    assert client_for("quantb.thcsba").get(f"/progress/checks/{first.id}").status_code == 404


def test_a_family_sees_what_is_published_of_its_own_child_and_asks(
    app: Flask, province: Province, client_for
) -> None:
    fill(province)
    child, other = province.first.student_ids[0], province.first.student_ids[1]
    username = family(province, child)
    client = client_for(username)
    assert client.get("/").status_code == 302
    sheet = province.first.sheet_ids["7A", "math", 1]
    assert "8,0" not in client.get(f"/family/{child}?term=1&year=2026").text
    board = client_for(BOARD)
    post(board, "/publications/publish", year_id=province.year_id, term=1, columns="midterm", days=7)
    page = client.get(f"/family/{child}?term=1&year=2026").text
    assert "8,0" in page
    assert "Regular" not in page
    assert client.get(f"/family/{other}").status_code == 404
    post(client, f"/family/{child}/ask/{sheet}", text="Con em được 9", term=1, year=2026)
    question = db.session.query(MarkQuestion).one()
    assert question.open
    teacher = client_for(TEACHERS[0])
    assert "Con em được 9" in teacher.get("/publications/").text
    post(teacher, f"/publications/questions/{question.id}/answer", text="Thầy sẽ xem lại bài")
    assert "Thầy sẽ xem lại bài" in client.get(f"/family/{child}?term=1&year=2026").text
    province.now += timedelta(days=8)
    client = client_for(username)
    post(client, f"/family/{child}/ask/{sheet}", text="Hỏi thêm", term=1, year=2026)
    assert not db.session.query(MarkQuestion).one().open
    row = db.session.query(Publication).one()
    post(client_for(BOARD), f"/publications/{row.id}/end", reason="Công bố nhầm")
    assert "8,0" not in client.get(f"/family/{child}?term=1&year=2026").text


@pytest.mark.parametrize(
    "address", ["/gradebook/", "/students/list/", "/closing/", "/incidents/", "/publications/"]
)
def test_a_family_reaches_nothing_of_the_school(
    app: Flask, province: Province, client_for, address: str
) -> None:
    client = client_for(family(province, province.first.student_ids[0]))
    assert client.get(address).status_code in (403, 404, 302)
    assert db.session.query(FamilyLink).count() == 1
