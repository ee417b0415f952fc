"""Decisions of the head out of the record: who sits on the board, who teaches what, what is closed, opened and when."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.signing import SigningRole
from app.domain.vocabulary import Book, WindowEffect, WindowMode
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Account, AdminBoard, Closing, Document, LockWindow, PrintJob
from app.reports.contexts import PrintPurpose, PrintStamp
from app.reports.decisions import Decision
from app.reports.form import YEAR
from app.services import boards, decisions
from app.services.clock import local_day
from app.services.decisions import BOARD, CLOSING, DUTIES, LOCKS, REOPENING, draft_of, order_decision
from app.services.documents import builders
from app.services.documents.checking import Standing, check_paper
from app.services.documents.decisions.lay import day_words
from app.services.print_jobs import PAPERS, run_job
from app.services.print_orders import PrintOrder, asked_for, create_job
from app.services.signing.papers import load_print
from tests.conftest import counting
from tests.factories.province import Province, School
from tests.services.helpers import acting
from tests.services.print_helpers import HOMEROOM, OFFICE, change, close_term, text_of
from tests.services.test_boards import NUMBER, TODAY, seats

HEAD = "giangnt.thcstk"
TYPED = {"number": "27/QĐ-THCSTK", "signed_on": "16/11/2026", "place": "Thúc Kháng"}
OWN = "Căn cứ Quy chế quản lý hồ sơ điện tử của nhà trường"


@pytest.fixture
def board(province: Province) -> int:
    """Appointed by the head on 16/11/2026."""
    return boards.appoint_board(acting(province, HEAD), NUMBER, TODAY, seats(province), clock=province.clock)


def order(
    province: Province, code: str, source: tuple[int, ...] = (), who: str = OFFICE, **typed: str
) -> int:
    """A decision ordered; the job's id."""
    actor, day = acting(province, who), local_day(province.now)
    draft = draft_of(db.session(), actor, code, province.year_id, day)
    return order_decision(
        actor, draft, {**TYPED, **typed}, source, province.year_id, clock=province.clock, site="https://hocvu.test"
    )  # fmt: skip


def page_of(province: Province, job_id: int) -> Decision:
    """What the decision says."""
    db.session.rollback()
    job = db.session.get_one(PrintJob, job_id)
    asked = asked_for(
        db.session(), acting(province, OFFICE), PrintOrder.of(job.params), local_day(province.now)
    )
    stamp = PrintStamp(province.now, OFFICE, "Vũ Thị Hồng", 1, PrintPurpose.ENACTED)
    paper: Any = builders.build(db.session(), asked, stamp)
    page: Decision = paper.parts[0].page
    return page


def words_of(page: Decision) -> str:
    """Its articles in one line."""
    return " ".join(text for article in page.articles for text in (article.text, *article.clauses))


@pytest.mark.poppler
def test_the_board_is_appointed_by_number_and_day_of_the_record(
    province: Province, board: int, tmp_path: Path
) -> None:
    """Whatever is typed for them; the paper is kept, registered, and known to the check page."""
    folder = tmp_path / "prints"
    job_id = order(province, BOARD, (board,), number="999/XX", grounds=f"{OWN}\n")
    run_job(job_id, folder, clock=province.clock)
    db.session.rollback()
    (row,) = db.session.scalars(sa.select(Document)).all()
    assert (row.form, row.purpose, row.details["place"]) == (BOARD, "enacted", "Thúc Kháng")
    said = text_of((folder.parent / PAPERS / row.file).read_bytes())
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", f"Số: {NUMBER}",
        "Thúc Kháng, ngày 16 tháng 11 năm 2026", f"{OWN};", "QUYẾT ĐỊNH:", "Điều 1.", "Trưởng ban", "Nơi nhận:", "Lưu: VT.",
        "HIỆU TRƯỞNG", "15/2026/TT-BGDĐT",
    ):  # fmt: skip
        assert words in said
    assert "999/XX" not in said
    assert check_paper(db.session(), row.check_code).standing is Standing.SAME
    change(
        province, lambda work: setattr(work.session.get_one(AdminBoard, board), "decision_number", "16/QĐ")
    )
    assert check_paper(db.session(), row.check_code).standing is Standing.CHANGED


def test_the_head_signs_it_and_the_office_seals_it(province: Province, tmp_path: Path) -> None:
    run_job(order(province, DUTIES), tmp_path / "prints", clock=province.clock)
    db.session.rollback()
    paper = db.session.scalars(sa.select(Document)).one()
    day = local_day(province.now)
    found = load_print(db.session(), acting(province, HEAD), paper.id, day)
    assert [item.same for item in found.items] == [True]
    assert SigningRole.HEAD in found.roles
    assert load_print(db.session(), acting(province, OFFICE), paper.id, day).roles == (SigningRole.SEAL,)
    with pytest.raises((Forbidden, NotFound)):
        load_print(db.session(), acting(province, HOMEROOM), paper.id, day)


def test_duties_are_those_of_the_day(province: Province, board: int) -> None:
    page = page_of(province, order(province, DUTIES, as_of="16/11/2026"))
    first, second = page.appendices
    lines = {row[1]: row for row in first.grid.rows}
    teacher = next(row for name, row in lines.items() if name.endswith("Long"))
    assert "7A" in teacher[3]
    assert "7A" in teacher[4]
    assert next(iter(lines.values()))[2] == "Hiệu trưởng"
    assert [row[2] for row in second.grid.rows] == ["Trưởng ban", "Phó Trưởng ban", "Thành viên"]
    assert "Phụ lục II" in words_of(page)
    assert (page.number, page.day) == ("27/QĐ-THCSTK", "ngày 16 tháng 11 năm 2026")


def test_duties_cost_the_same_for_any_number_of_people(app: Flask, province: Province) -> None:
    job_id = order(province, DUTIES)
    with counting(app) as statements:
        page_of(province, job_id)
    assert len(statements) <= 22


def test_a_closing_names_its_time_reason_and_signer(province: Province) -> None:
    close_term(province, 1)
    row = db.session.scalars(sa.select(Closing)).one()
    page = page_of(province, order(province, CLOSING, (row.id,), signed_on=""))
    assert page.about == "Về việc khóa sổ học kì I năm học 2026-2027"
    assert "Kết thúc học kì" in words_of(page)
    assert page.day == day_words(local_day(row.closed_at))
    assert (page.title, page.recipients[0]) == (("HIỆU TRƯỞNG",), f"Như Điều {len(page.articles)};")


def test_a_deputy_who_closed_signs_for_the_head(province: Province) -> None:
    close_term(province, 1)
    deputy = province.first.person_ids["hocnv"]
    change(
        province,
        lambda work: (
            work.session.execute(sa.select(Closing)).scalar_one().__setattr__("closed_by_id", deputy)
        ),
    )
    row = db.session.scalars(sa.select(Closing)).one()
    page = page_of(province, order(province, CLOSING, (row.id,)))
    assert page.title[0] == "KT. HIỆU TRƯỞNG"
    assert page.signer.endswith("Học")


def test_only_what_was_reopened_is_decided_open(province: Province) -> None:
    close_term(province, YEAR)
    row = db.session.scalars(sa.select(Closing)).one()
    with pytest.raises(NotFound):
        order(province, REOPENING, (row.id,))

    def reopen(work: Any) -> None:
        found = work.session.get_one(Closing, row.id)
        found.reopened_at, found.reopened_until = work.now, work.now + timedelta(days=2)
        found.reopened_by_id, found.reopened_reason = (
            province.first.person_ids["giangnt"],
            "Bổ sung điểm thi lại",
        )

    change(province, reopen)
    page = page_of(province, order(province, REOPENING, (row.id,)))
    assert page.about == "Về việc mở lại sổ năm học 2026-2027"
    assert "Bổ sung điểm thi lại" in words_of(page)
    assert "sổ tự khóa lại" in words_of(page)


def own_window(province: Province, school: School) -> int:
    """The school shuts its books of term I from 10/11/2026 on."""
    made: list[LockWindow] = []

    def shut(work: Any) -> None:
        account = work.session.scalar(
            sa.select(Account.id).where(Account.username == f"giangnt.{school.code}")
        )
        made.append(
            LockWindow(
                owner_id=school.unit_id, school_year_id=province.year_id, term=1, book=Book.GRADEBOOK,
                effect=WindowEffect.SHUT, mode=WindowMode.WHOLE_BOOK, title="Kiểm tra giữa kì", reason="Kế hoạch",
                opens_at=datetime(2026, 11, 10, tzinfo=UTC), ordered_by_id=school.person_ids["giangnt"],
                executed_by_id=account,
            )
        )  # fmt: skip
        work.session.add(made[0])

    change(province, shut)
    return made[0].id


def test_times_of_locking_come_from_the_lock_orders(province: Province) -> None:
    ids = [own_window(province, province.first), own_window(province, province.second)]
    page = page_of(province, order(province, LOCKS, (ids[0],)))
    grid = page.articles[0].grid
    assert grid is not None
    assert [row[1:] for row in grid.rows] == [
        ("Khóa sổ: Kiểm tra giữa kì", "học kì I; mọi cột", "07:00 ngày 10/11/2026", "Khi có quyết định khác")
    ]
    with pytest.raises(NotFound):
        order(province, LOCKS, tuple(ids))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"number": " "}, "number"),
        ({"place": ""}, "place"),
        ({"signed_on": "31/02/2026"}, "signed_on"),
        ({"signed_on": "01/01/2030"}, "signed_on"),
        ({"grounds": "\n".join("Căn cứ" for _ in range(9))}, "grounds"),
    ],
)
def test_what_is_missing_is_named(province: Province, typed: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        order(province, DUTIES, **typed)
    assert [problem[0] for problem in refused.value.problems] == [field]


def test_decisions_are_the_schools_leaders_and_office_business(province: Province, board: int) -> None:
    with pytest.raises(Forbidden):
        order(province, DUTIES, who=HOMEROOM)
    with pytest.raises(NotFound):
        order(province, BOARD, (board,), who="hongvt.thcsba")
    with pytest.raises(NotFound):
        draft_of(
            db.session(), acting(province, OFFICE), "grade_slip", province.year_id, local_day(province.now)
        )
    with pytest.raises(Invalid):  # nothing chosen
        order(province, BOARD)


def test_a_decision_is_not_printed_as_something_else(province: Province) -> None:
    office = acting(province, OFFICE)
    with pytest.raises(Invalid):
        create_job(office, PrintOrder(form=DUTIES, year_id=province.year_id), clock=province.clock)
    bare = PrintOrder(form=DUTIES, year_id=province.year_id, purpose=PrintPurpose.ENACTED)
    with pytest.raises(Invalid):  # neither number, day nor place
        create_job(office, bare, clock=province.clock)
    slip = PrintOrder(province.first.class_ids["7A"], form="grade_slip", purpose=PrintPurpose.ENACTED)
    with pytest.raises(Invalid):
        create_job(office, slip, clock=province.clock)


def test_place_and_grounds_of_the_last_decision_are_offered_again(province: Province, tmp_path: Path) -> None:
    office, day = acting(province, OFFICE), local_day(province.now)
    first = draft_of(db.session(), office, DUTIES, province.year_id, day)
    assert first.grounds == ()
    run_job(order(province, DUTIES, grounds=OWN), tmp_path / "prints", clock=province.clock)
    db.session.rollback()
    again = draft_of(db.session(), office, DUTIES, province.year_id, day)
    assert (again.place, again.grounds) == ("Thúc Kháng", (OWN,))
    assert [decisions.signed_on(row) for row in decisions.printed(db.session(), office, day)] == [
        date(2026, 11, 16)
    ]


def test_a_number_is_given_once_a_year(province: Province, tmp_path: Path) -> None:
    """NĐ 30/2020 Điều 15: a second decision has another number; the same one is printed again under its own."""
    run_job(order(province, DUTIES), tmp_path / "prints", clock=province.clock)
    lock = own_window(province, province.first)
    with pytest.raises(Invalid) as refused:
        order(province, LOCKS, (lock,))
    assert [problem[0] for problem in refused.value.problems] == ["number"]
    assert order(province, LOCKS, (lock,), number="28/QĐ-THCSTK")
    assert order(province, DUTIES)


@pytest.mark.parametrize(
    ("day", "words"),
    [(date(2026, 9, 5), "ngày 05 tháng 9 năm 2026"), (date(2027, 1, 15), "ngày 15 tháng 01 năm 2027"),
     (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026")],
)  # fmt: skip
def test_days_are_written_as_the_decree_has_it(day: date, words: str) -> None:
    assert day_words(day) == words
