"""A change under kept papers: marked, told, printed anew for those it touches, signed anew; the old ones stay."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from flask.testing import FlaskClient

from app.domain.corrections import Preset
from app.domain.signing import SigningRole
from app.errors import Invalid
from app.extensions import db
from app.models import Document, Notice, PrintJob, Signature, SigningRound, StalePaper
from app.reports.contexts import PrintPurpose
from app.reports.form import YEAR
from app.services import enrolments
from app.services.closing.waits import count_waits
from app.services.documents.checking import Standing, check_paper
from app.services.enrolments import Leaving
from app.services.print_jobs import run_job
from app.services.print_orders import PrintOrder, create_job
from app.services.signing import acts, rounds
from app.services.signing.papers import load_print
from app.services.signing.stale import URL, look_for_stale
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services import correction_helpers as corrections
from tests.services.helpers import acting
from tests.services.print_helpers import close_term
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class, put
from tests.signing.paper_helpers import BOARD, HEAD, OFFICE, SECRET, TEACHER, add_certificates, order_of

ROLE = SigningRole


@pytest.fixture
def made(app: Flask, province: Province) -> Made:
    """Class 8A of four students with a closed year."""
    found = make_class(province, "8A")
    fill(province, found)
    province.now = YEAR_OVER
    close_term(province, YEAR)
    return found


@pytest.fixture
def certificates(made: Made, province: Province) -> dict[str, int]:
    return add_certificates(province)


def later(province: Province, **span: int) -> None:
    province.now += timedelta(**span or {"minutes": 5})


def make(job_id: int, province: Province) -> None:
    run_job(job_id, Path(current_app.config["INSTANCE_DIR"]) / "prints", clock=province.clock)
    db.session.rollback()
    assert db.session.get_one(PrintJob, job_id).state == "done"


def printed(province: Province, class_id: int, form: str, term: int | None = None) -> list[Document]:
    order = PrintOrder(class_id, term, PrintPurpose.PERIODIC, form)
    make(create_job(acting(province, OFFICE), order, clock=province.clock), province)
    return papers_of(form)


def papers_of(form: str) -> list[Document]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Document).where(Document.form == form).order_by(Document.id)))


def look(province: Province) -> int:
    later(province)
    db.session.rollback()
    return look_for_stale(db.session(), clock=province.clock)


def sign_all(province: Province, paper: int, certificates: dict[str, int]) -> None:
    for name, role, key in (
        (TEACHER, ROLE.HOMEROOM_TEACHER, TEACHER),
        (HEAD, ROLE.HEAD, HEAD),
        (OFFICE, ROLE.SEAL, "seal"),
    ):
        order = order_of(province, name, paper, role, certificates[key])
        acts.sign_print(acting(province, name), paper, order, SECRET, clock=province.clock)
        later(province)


def the_round() -> SigningRound:
    db.session.rollback()
    return db.session.scalars(sa.select(SigningRound)).one()


def papers_waiting(province: Province, name: str) -> int:
    db.session.rollback()
    return count_waits(db.session(), acting(province, name), province.now).papers


def told(province: Province) -> set[str]:
    query = sa.select(Notice.person_id).where(Notice.url == URL)
    names = {key: stem for stem, key in province.first.person_ids.items()}
    return {names[key] for key in db.session.scalars(query) if key is not None}


def test_only_the_students_touched_are_printed_and_signed_anew(
    province: Province, made: Made, certificates: dict[str, int]
) -> None:
    old = printed(province, made.class_id, "school_record.tt22")
    sign_all(province, old[0].id, certificates)
    assert look(province) == 0
    later(province, hours=1)
    put(province, made, made.students[1], "math", 2, final=None)
    assert look(province) == 1
    assert look(province) == 0  # once

    stale = db.session.scalars(sa.select(StalePaper)).one()
    assert (stale.document_id, stale.correction_id) == (old[1].id, None)
    assert told(province) == {"longpd", "giangnt", "hongvt"}
    assert len(load_print(db.session(), acting(province, HEAD), old[0].id, YEAR_OVER.date()).items) == 3
    assert count_waits(db.session(), acting(province, OFFICE), province.now).rounds == 1

    job_id = rounds.order_again(acting(province, OFFICE), the_round().id, clock=province.clock)
    with pytest.raises(Invalid, match="printed"):
        rounds.order_again(acting(province, OFFICE), the_round().id, clock=province.clock)
    make(job_id, province)
    new = papers_of("school_record.tt22")[4:]
    assert [paper.student_id for paper in new] == [made.students[1]]
    look(province)
    assert the_round().papers[0].replaced_by_id == new[0].id
    (line,) = rounds.load_rounds(db.session(), acting(province, OFFICE), province.now.date())
    assert (line.left, line.printing, line.new_document_id) == ([], False, new[0].id)
    assert line.missing == {ROLE.HOMEROOM_TEACHER: 1, ROLE.HEAD: 1, ROLE.SEAL: 1}
    assert [papers_waiting(province, name) for name in (TEACHER, HEAD, OFFICE)] == [1, 0, 0]

    sign_all(province, new[0].id, certificates)
    assert the_round().closed_at is not None
    assert [papers_waiting(province, name) for name in (TEACHER, HEAD, OFFICE)] == [0, 0, 0]
    found = check_paper(db.session(), old[1].check_code)
    assert found is not None
    assert found.standing is Standing.CHANGED
    assert found.document.stale is not None
    assert found.document.stale.replaced_by == new[0]
    kept = db.session.scalars(sa.select(Signature).where(Signature.document_id == old[1].id)).all()
    assert len(kept) == 3
    data, _name = acts.fetch_signed(db.session(), acting(province, HEAD), old[1].id, clock=province.clock)
    assert data.startswith(b"%PDF-")


def test_a_correction_is_named_as_the_cause(app: Flask, province: Province) -> None:
    corrections.move_homeroom(province, "7A", "habtt")
    corrections.set_preset(province, Preset.S1)
    corrections.enter_and_lock(province, {"midterm": "6,5"})
    close_term(province, 1)
    class_id = province.first.class_ids["7A"]
    (book,) = printed(province, class_id, "class_book", 1)
    look(province)
    number = corrections.ask(province)
    corrections.sit_all(province, number, (corrections.OTHER, corrections.HEAD))
    assert look(province) == 1
    stale = db.session.scalars(sa.select(StalePaper)).one()
    request = corrections.found(number)
    assert (stale.document_id, stale.correction_id, stale.since) == (book.id, number, request.finished_at)
    assert the_round().correction_id == number
    body = db.session.scalars(sa.select(Notice.body).where(Notice.url == URL)).first()
    assert body is not None
    assert request.code in body

    make(rounds.order_again(acting(province, OFFICE), the_round().id, clock=province.clock), province)
    look(province)
    assert the_round().closed_at is not None  # nobody had signed the old one


def test_what_changes_again_before_it_is_signed_stays_in_its_round(
    province: Province, made: Made, certificates: dict[str, int]
) -> None:
    old = printed(province, made.class_id, "grade_slip")
    order = order_of(province, TEACHER, old[0].id, ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    acts.sign_print(acting(province, TEACHER), old[0].id, order, SECRET, clock=province.clock)
    look(province)
    put(province, made, made.students[0], "math", 2, final=None)
    assert look(province) == 1
    make(rounds.order_again(acting(province, OFFICE), the_round().id, clock=province.clock), province)
    look(province)
    put(province, made, made.students[0], "literature", 2, final=None)
    assert look(province) == 1
    row = the_round()
    assert len(row.papers) == 2
    assert row.closed_at is None
    make(rounds.order_again(acting(province, OFFICE), row.id, clock=province.clock), province)
    look(province)
    newest = papers_of("grade_slip")[-1]
    assert {paper.replaced_by_id for paper in the_round().papers} == {newest.id}
    assert the_round().closed_at is None
    order = order_of(province, TEACHER, newest.id, ROLE.HOMEROOM_TEACHER, certificates[TEACHER])
    acts.sign_print(acting(province, TEACHER), newest.id, order, SECRET, clock=province.clock)
    assert the_round().closed_at is not None


def test_a_look_without_news_costs_nothing(app: Flask, province: Province, made: Made) -> None:
    printed(province, made.class_id, "grade_slip")
    look(province)
    later(province)
    with counting(app) as statements:
        look_for_stale(db.session(), clock=province.clock)
    assert len(statements) <= 5


def test_rounds_are_listed_with_few_statements(app: Flask, province: Province, made: Made) -> None:
    printed(province, made.class_id, "grade_slip")
    look(province)
    put(province, made, made.students[0], "math", 2, final=None)
    look(province)
    actor = acting(province, BOARD)
    with counting(app) as statements:
        assert len(rounds.load_rounds(db.session(), actor, province.now.date())) == 1
    assert len(statements) <= 4


def test_the_page_leads_from_the_change_to_the_new_signature(
    province: Province, made: Made, client_for: Callable[[str], FlaskClient]
) -> None:
    printed(province, made.class_id, "grade_slip")
    look(province)
    put(province, made, made.students[0], "math", 2, final=None)
    look(province)
    office, url = client_for(OFFICE), "/signing-rounds/"
    assert "/signing-rounds/" in office.get("/").text
    assert "/signing-rounds/1/order" not in client_for(HEAD).get("/").text
    token = csrf(office)
    answer = office.post(f"{url}{the_round().id}/order", data={"csrf_token": token})
    assert "/print/jobs/" in answer.location
    look(province)
    page = office.get(url)
    assert "/order" not in page.text
    assert the_round().closed_at is not None  # nobody had signed the old one
    twice = office.post(f"{url}{the_round().id}/order", data={"csrf_token": token}, follow_redirects=True)
    assert "đã được in lại" in twice.text
    assert "8A" not in client_for("longpd.thcsba").get(url).text
    register = office.get("/print-register/?since=01/09/2026&until=31/12/2027").text
    assert "không còn đúng dữ liệu từ" in register
    assert "được thay bằng bản in số 2/2027" in register


def test_leaving_for_another_school_asks_for_no_new_papers(province: Province, made: Made) -> None:
    papers = printed(province, made.class_id, "school_record.tt22")
    look(province)
    made_on = papers[0].read_on
    leaving = Leaving("08", date(made_on.year, 4, 1))
    enrolments.leave(acting(province, OFFICE), made.students[0], leaving, clock=province.clock)
    put(province, made, made.students[1], "math", 2, final=None)
    later(province, hours=1)
    look(province)
    stale = db.session.scalars(sa.select(StalePaper.document_id)).all()
    assert {p.id for p in papers if p.student_id == made.students[0]}.isdisjoint(stale)
    assert {p.id for p in papers if p.student_id == made.students[1]} <= set(stale)
