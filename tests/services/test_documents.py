"""Any form of the catalogue ordered as a job, the register of prints, and what the check page finds out."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Document, Enrolment, PrintJob, SchoolClass, Student
from app.reports import drawing
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintPurpose, PrintStamp
from app.reports.form import YEAR, DrawnFor
from app.reports.papers import Paper, Part
from app.services.clock import local_day
from app.services.documents import builders
from app.services.documents.asked import Asked
from app.services.documents.checking import Standing, check_paper
from app.services.documents.register import Wanted, fetch_stored, load_register
from app.services.print_jobs import PAPERS, run_job
from app.services.print_orders import PrintOrder, create_job, fetch_file
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import HOMEROOM, OFFICE, close_term, pages_of, text_of
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class, put

LONG = "Công Huyền Tôn Nữ Nguyễn Thị Hoàng Phương Thảo Quỳnh Trường A"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A of four students with a whole year of marks; the year is over."""
    found = make_class(province, "8A")
    fill(province, found)
    province.now = YEAR_OVER
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "prints"


def printed(province: Province, folder: Path, order: PrintOrder, username: str = OFFICE) -> int:
    """Ordered and made; the job's id."""
    job_id = create_job(acting(province, username), order, clock=province.clock, site="https://hocvu.test")
    run_job(job_id, folder, clock=province.clock)
    db.session.rollback()
    row = db.session.get_one(PrintJob, job_id)
    assert row.state == "done", row.message
    return job_id


def papers() -> list[Document]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Document).order_by(Document.id)))


def test_every_form_has_its_builder() -> None:
    assert {form.builder for form in CATALOGUE.values()} == set(builders.BUILDERS)
    assert all(code == form.code for code, form in CATALOGUE.items())


@pytest.mark.poppler
def test_slips_of_a_class_are_papers_of_their_own(province: Province, made: Made, folder: Path) -> None:
    order = PrintOrder(made.class_id, 1, form="grade_slip", copies=2)
    job_id = printed(province, folder, order)
    content, name = fetch_file(acting(province, OFFICE), job_id, folder, clock=province.clock)
    assert name == "Phiếu báo điểm lớp 8A, học kì I, 2026–2027"
    assert pages_of(content) == 4
    rows = papers()
    assert [row.student_id for row in rows] == made.students
    assert {(row.label, row.copies, row.pages, row.period) for row in rows} == {("1/2027", 2, 1, 1)}
    assert [row.place for row in rows] == [1, 2, 3, 4]
    assert len({row.check_code for row in rows}) == 4
    said = text_of(content)
    for row in rows:
        assert f"{row.check_code[:4]}-{row.check_code[4:8]}-{row.check_code[8:]}" in said
    assert rows[0].file is None


def test_the_check_page_knows_whether_the_record_has_changed(
    province: Province, made: Made, folder: Path
) -> None:
    printed(province, folder, PrintOrder(made.class_id, form="grade_slip"))
    first, second = papers()[:2]
    assert [check_paper(db.session(), row.check_code).standing for row in (first, second)] == [
        Standing.SAME
    ] * 2
    put(province, made, made.students[0], "math", 2, final=None)
    db.session.rollback()
    assert check_paper(db.session(), first.check_code).standing is Standing.CHANGED
    misread = second.check_code.replace("O", "0").replace("I", "1").lower()
    spoken = "-".join(misread[start : start + 4] for start in (0, 4, 8))
    assert check_paper(db.session(), spoken).standing is Standing.SAME
    for wrong in ("", "AAAA-BBBB-CCCC", "../../etc/passwd", "x" * 500):
        assert check_paper(db.session(), wrong) is None


def test_a_killed_print_goes_on_student_by_student(
    province: Province, made: Made, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The papers drawn before stay, with their codes; only the others are drawn again."""
    drawn: list[int] = []
    real = drawing.draw

    def draw(paper: Any, part: Any, place: int, *, numbered: bool) -> bytes:
        if place == 3 and drawn.count(3) == 0:
            drawn.append(3)
            raise KeyboardInterrupt
        drawn.append(place)
        return real(paper, part, place, numbered=numbered)

    monkeypatch.setattr(drawing, "draw", draw)
    order = PrintOrder(made.class_id, form="grade_slip")
    job_id = create_job(acting(province, OFFICE), order, clock=province.clock)
    with pytest.raises(KeyboardInterrupt):
        run_job(job_id, folder, clock=province.clock)
    db.session.rollback()
    row = db.session.get_one(PrintJob, job_id)
    assert (row.state, row.done, row.total, papers()) == ("running", 2, 4, [])
    province.now += timedelta(seconds=61)
    run_job(job_id, folder, clock=province.clock)
    assert drawn == [1, 2, 3, 3, 4]
    assert len(papers()) == 4


def test_a_class_book_and_a_sheet_are_in_the_register(province: Province, folder: Path) -> None:
    from app.services.printing import print_sheet

    class_id = province.first.class_ids["7A"]
    printed(province, folder, PrintOrder(class_id, 1), HOMEROOM)
    sheet_id = province.first.sheet_ids["7A", "math", 1]
    print_sheet(acting(province, HOMEROOM), sheet_id, clock=province.clock, site="https://hocvu.test")
    book, sheet = papers()
    assert (book.form, book.number, sheet.form, sheet.number) == ("class_book", 1, "sheet", 2)
    for row in (book, sheet):
        assert check_paper(db.session(), row.check_code).standing is Standing.SAME


def test_periodic_prints_come_from_the_closed_book_and_are_kept(
    province: Province, made: Made, folder: Path
) -> None:
    order = PrintOrder(made.class_id, purpose=PrintPurpose.PERIODIC, form="grade_slip")
    with pytest.raises(Invalid, match="closed book"):
        create_job(acting(province, OFFICE), order, clock=province.clock)
    close_term(province, YEAR)
    printed(province, folder, order)
    row = papers()[0]
    content, _name = fetch_stored(
        db.session(), acting(province, OFFICE), row.id, folder.parent / PAPERS, clock=province.clock
    )
    assert pages_of(content) == row.pages
    (folder.parent / PAPERS / row.file).write_bytes(content + b" ")
    with pytest.raises(NotFound):
        fetch_stored(
            db.session(), acting(province, OFFICE), row.id, folder.parent / PAPERS, clock=province.clock
        )


def test_a_record_is_issued_to_one_student_on_an_application(
    province: Province, made: Made, folder: Path
) -> None:
    wanted: dict[str, Any] = {
        "class_id": made.class_id,
        "form": "school_record.tt22",
        "purpose": PrintPurpose.ISSUED,
        "student_id": made.students[1],
        "recipient": "Phạm Thị Vân",
        "basis": "Đơn ngày 10/06/2027, chuyển trường",
    }
    office = acting(province, OFFICE)
    for missing in ("student_id", "basis", "recipient"):
        with pytest.raises(Invalid):
            create_job(
                office,
                PrintOrder(**{**wanted, missing: None if missing == "student_id" else " "}),
                clock=province.clock,
            )
    with pytest.raises(Forbidden):
        create_job(acting(province, HOMEROOM), PrintOrder(**wanted), clock=province.clock)
    with pytest.raises(NotFound):
        create_job(
            office,
            PrintOrder(**{**wanted, "student_id": province.second.student_ids[0]}),
            clock=province.clock,
        )
    printed(province, folder, PrintOrder(**wanted))
    (row,) = papers()
    name = db.session.get_one(Student, made.students[1]).full_name
    assert db.session.scalars(sa.select(PrintJob.title)).all() == [
        f"Học bạ của {name}, lớp 8A, cả năm, 2026–2027"
    ]
    assert (row.student_id, row.recipient, row.basis) == (made.students[1], "Phạm Thị Vân", wanted["basis"])
    assert row.file


def test_the_register_is_the_schools_own(province: Province, made: Made, folder: Path) -> None:
    printed(province, folder, PrintOrder(made.class_id, 1, form="grade_slip"))
    day = local_day(province.now)
    wanted = Wanted(day, day)
    session, unit = db.session(), province.first.unit_id
    assert len(load_register(session, acting(province, OFFICE), unit, wanted, day).lines) == 4
    assert len(load_register(session, acting(province, "sonlv.xatk"), unit, wanted, day).lines) == 4
    assert (
        load_register(session, acting(province, OFFICE), unit, Wanted(day, day, form="class_book"), day).lines
        == []
    )
    with pytest.raises(Forbidden):
        load_register(session, acting(province, HOMEROOM), unit, wanted, day)
    with pytest.raises(Forbidden):
        load_register(session, acting(province, "hongvt.thcsba"), unit, wanted, day)


def asked(province: Province, class_id: int, form: str, period: int = YEAR) -> Asked:
    room = db.session.get_one(SchoolClass, class_id)
    return Asked(CATALOGUE[form], room.unit, room.school_year, room, period, None, local_day(province.now))


STAMP = "hongvt.thcstk"


def filled(province: Province, class_id: int, form: str, period: int = YEAR) -> Any:
    stamp = PrintStamp(province.now, STAMP, "Vũ Thị Hồng", 1, seed="s", site="https://hocvu.test")
    return builders.build(db.session(), asked(province, class_id, form, period), stamp)


FOR_CLASSES = [f for f in CATALOGUE.values() if f.drawn_for in (DrawnFor.CLASS, DrawnFor.STUDENT)]


@pytest.mark.parametrize("form", [f.code for f in FOR_CLASSES if f.fits("tt22-2021", 2026, 8)])
def test_no_statement_a_student(app: Flask, province: Province, form: str) -> None:
    """Twice the students, not one statement more."""
    counts = []
    for name, pupils in (("8A", 3), ("8B", 9)):
        made = make_class(province, name, pupils=pupils)
        fill(province, made)
        db.session.rollback()
        with counting(app) as statements:
            filled(province, made.class_id, form)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 46


@pytest.mark.poppler
@pytest.mark.parametrize("form", ["school_record.tt22", "grade_slip"])
def test_strange_classes_print(province: Province, folder: Path, form: str) -> None:
    """A class of one, with a name of sixty letters and without a mark."""
    made = make_class(province, "8Z", pupils=1)
    with transaction(SYSTEM, "test.name", clock=province.clock) as work:
        work.session.get_one(Student, made.students[0]).full_name = LONG
    job_id = printed(province, folder, PrintOrder(made.class_id, form=form))
    content, _name = fetch_file(acting(province, OFFICE), job_id, folder, clock=province.clock)
    assert LONG.split()[-2] in text_of(content)
    assert "\u25a1" not in text_of(content)


def test_the_slip_of_who_has_left_holds_what_stood_on_the_last_day(app: Flask, province: Province) -> None:
    made = make_class(province, "8A", pupils=2)
    fill(province, made)
    gone, stays = made.students
    with transaction(SYSTEM, "test.leave", clock=province.clock) as work:
        place = work.session.scalars(sa.select(Enrolment).where(Enrolment.student_id == gone)).one()
        place.ends_on = date(2026, 12, 31)
    room = db.session.get_one(SchoolClass, made.class_id)

    def slips(student: int | None) -> list[Part]:
        day = date(2027, 1, 10)
        asked = Asked(CATALOGUE["grade_slip"], room.unit, room.school_year, room, 1, student, day)
        made_paper = builders.build(db.session(), asked, PrintStamp(province.now, "office", "Văn phòng", 1))
        assert isinstance(made_paper, Paper)
        return list(made_paper.parts)

    (own,) = slips(gone)
    assert {line.result for line in own.page.lines} > {"8,0"}
    assert [part.student_id for part in slips(None)] == [stays]
