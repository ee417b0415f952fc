"""The demo's closed books, its family accounts, and the two scandals replayed by its own people."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app.demo.accounts import PASSWORD
from app.domain.corrections import Seat, State
from app.domain.watch import Pattern
from app.extensions import db
from app.models import Account, Closing, CorrectionRequest, Grade, GradebookSheet, OrgUnit, SchoolYear
from app.services.actors import actor_for
from app.services.closing.load import load_book
from app.services.locks import sheet_locks
from app.services.watch_list import rows_behind, schools_to_watch, watch_list
from tests.conftest import sign_in
from tests.factories.demo import DemoDatabase

pytest_plugins = ["tests.demo_fixture"]

MAIN, DEPARTMENT, ABOVE = "thcstk", "binhhv.sogd", "sonlv.xael"


def account(username: str) -> Account:
    return db.session.scalars(sa.select(Account).where(Account.username == username)).one()


def test_the_main_schools_last_year_is_closed(demo_app: Flask, demo_db: DemoDatabase) -> None:
    """Signed and approved as they were then; what a summer's retests changed shows as changed."""
    rows = db.session.scalars(sa.select(Closing).order_by(Closing.id)).all()
    assert [(row.unit.code, row.school_year.start_year, row.term) for row in rows] == [
        (MAIN, 2025, term) for term in (1, 1, 2, 0)
    ]
    assert [row.reopened_at is not None for row in rows] == [True, False, False, False]
    assert {row.closed_by.full_name for row in rows} == {"Nguyễn Thị Giang"}
    year = db.session.scalars(sa.select(SchoolYear).where(SchoolYear.start_year == 2025)).one()
    book = load_book(db.session(), rows[0].unit, year, 1, demo_db.now)
    assert book.next_step is None
    assert {room.approved.value for room in book.classes} == {"confirmed"}
    sheet = book.sheets[0].progress
    student = demo_mark(sheet.sheet_id)
    row = db.session.get_one(GradebookSheet, sheet.sheet_id)
    reasons = sheet_locks(db.session(), row, ["regular_1"], demo_db.now).reasons(student, "regular_1")
    assert "Khóa sổ học kì I" in {reason.title for reason in reasons}


def demo_mark(sheet_id: int) -> int:
    """A student of the sheet with a first regular mark."""
    return db.session.scalars(
        sa.select(Grade.student_id).where(Grade.sheet_id == sheet_id, Grade.regular_1.is_not(None)).limit(1)
    ).one()


def test_a_mother_and_her_child_see_the_published_marks(demo_app: Flask) -> None:
    for username in ("chauhmph.thcstk", "chauhmhs.thcstk"):
        client = sign_in(demo_app.test_client(), username, PASSWORD)
        page = client.get("/", follow_redirects=True)
        assert page.status_code == 200
        assert "Hoàng Minh Châu" in page.text
        assert '<section class="hv-card' in page.text
        assert "hv-kv" in page.text  # a subject with its published marks


def test_scandal_1_posted_marks_raised_in_several_classes_stand_out_from_above(
    demo_app: Flask, demo_db: DemoDatabase
) -> None:
    office = actor_for(db.session(), account(DEPARTMENT), demo_db.day)
    span = (demo_db.now - timedelta(days=30), demo_db.now)
    first = schools_to_watch(db.session(), office, *span)[0]
    assert first.unit.code == "thptbg"
    assert first.counts[Pattern.BURST] == 3
    bursts = watch_list(db.session(), office, first.unit.id, *span).of(Pattern.BURST)
    assert all(prompt.posted == prompt.up >= 5 and not prompt.down for prompt in bursts)
    changes, _more = rows_behind(
        db.session(), office, first.unit.id, bursts[0].first, bursts[0].last, person_id=bursts[0].person_id
    )
    assert len(changes) == bursts[0].up


def test_scandal_2_the_heads_wish_to_raise_a_mark_is_refused_above(demo_app: Flask) -> None:
    head, above = account("giangnt.thcstk"), account(ABOVE)
    rows = sa.select(CorrectionRequest).where(CorrectionRequest.requested_by_id == head.person_id)
    request = db.session.scalars(rows).one()
    assert request.state is State.REFUSED
    assert Seat.APPROVER in request.seats_above
    last = request.steps[-1]
    assert (last.person_id, last.unit_id) == (above.person_id, above.unit_id)
    assert last.note
    assert db.session.get_one(OrgUnit, last.unit_id).code == "xael"
