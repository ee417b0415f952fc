"""Print jobs: made part by part, taken up where they were killed, stopped, kept for a week."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import (
    AuditEvent,
    HomeroomAssignment,
    Notice,
    PrintJob,
    SchoolClass,
)
from app.reports.contexts import PrintPurpose
from app.reports.drawers import DrawerLost, Todo, in_turn
from app.reports.renderer import RenderError
from app.services import print_jobs
from app.services.clock import local_day
from app.services.job_rows import JobState
from app.services.print_jobs import run_job
from app.services.print_orders import KEEP, PrintOrder, cancel_job, create_job, fetch_file
from app.services.unit_of_work import plain_write
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.print_helpers import (
    HOMEROOM,
    NAMES,
    OFFICE,
    Draws,
    blank_forms,
    change,
    close_term,
    enter,
    name_class,
    pages_of,
    prints,
    text_of,
)


@pytest.fixture
def seventh(app: Flask, province: Province) -> SchoolClass:
    return name_class(province)


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Draws:
    return blank_forms(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "prints"


@pytest.fixture
def job_id(province: Province, seventh: SchoolClass) -> int:
    return create_job(acting(province, HOMEROOM), PrintOrder(seventh.id), clock=province.clock)


def job(job_id: int) -> PrintJob:
    db.session.rollback()
    return db.session.get_one(PrintJob, job_id)


class Killed(BaseException):
    """What `kill -9` looks like from inside: nothing is tidied up."""


def kill_at(number: int) -> Callable[[int], None]:
    def hook(current: int) -> None:
        if current == number:
            raise Killed

    return hook


@pytest.mark.poppler
def test_a_book_is_made_part_by_part_and_put_together(province: Province, job_id: int, folder: Path) -> None:
    assert job(job_id).state == JobState.WAITING
    run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert (row.state, row.done, row.total) == (JobState.DONE, 12, 12)
    content, name = fetch_file(acting(province, HOMEROOM), job_id, folder, clock=province.clock)
    assert name == "Sổ theo dõi và đánh giá học sinh lớp 7A, cả năm, 2026–2027"
    said = text_of(content)
    assert pages_of(content) == 7 + 9 + 3 + 1  # months, summaries, the head's remarks
    assert "SƠ YẾU LÍ LỊCH HỌC SINH" in said
    assert "HỌC KÌ I Môn: Toán" in said
    assert "HỌC KÌ II Môn: Nghệ thuật" in said
    assert "Trang 20/20" in said
    for student in NAMES:
        assert said.count(unicodedata.normalize("NFC", student)) >= 4
    assert [path.name for path in (folder / str(job_id)).iterdir()] == ["book.pdf"]
    notice = db.session.scalars(
        sa.select(Notice).where(Notice.person_id == province.first.person_ids["longpd"])
    ).one()
    assert (notice.title, notice.url) == ("Đã in xong", f"/print/jobs/{job_id}")
    fetched = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "print.download")).one()
    assert fetched.details["number"] == "1/2026"


def test_one_term_and_a_periodic_print(
    province: Province, seventh: SchoolClass, folder: Path, draws: Draws
) -> None:
    order = PrintOrder(seventh.id, 1, PrintPurpose.PERIODIC)
    with pytest.raises(Invalid, match="closed book"):
        create_job(acting(province, OFFICE), order, clock=province.clock)
    close_term(province, 1)
    made = create_job(acting(province, OFFICE), order, clock=province.clock)
    run_job(made, folder, clock=province.clock)
    assert draws.made == [("Toán", 1), ("Nghệ thuật", 1)]
    assert job(made).title.endswith("lớp 7A, học kì I, 2026–2027")


def test_asking_twice_is_one_job(province: Province, seventh: SchoolClass, job_id: int) -> None:
    actor = acting(province, HOMEROOM)
    assert create_job(actor, PrintOrder(seventh.id), clock=province.clock) == job_id
    assert create_job(actor, PrintOrder(seventh.id, 1), clock=province.clock) != job_id
    assert prints() == ["1/2026", "2/2026"]


def test_a_killed_job_goes_on_where_it_stopped(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    draws.hook = kill_at(3)
    with pytest.raises(Killed):
        run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert (row.state, row.done, row.total) == (JobState.RUNNING, 6, 12)
    printed_at = row.params["printed_at"]
    draws.hook = lambda _number: None
    run_job(job_id, folder, clock=province.clock)
    assert len(draws.made) == 2  # the other run may still live
    province.now += timedelta(seconds=61)
    assert print_jobs.forgotten(db.session(), province.now) == [job_id]
    run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert (row.state, row.done, row.attempts) == (JobState.DONE, 12, 2)
    assert row.params["printed_at"] == printed_at
    assert draws.made == [("Toán", 1), ("Nghệ thuật", 1), ("Toán", 2), ("Nghệ thuật", 2)]
    run_job(job_id, folder, clock=province.clock)
    assert len(draws.made) == 4  # done is done


def test_a_book_never_mixes_two_states_of_the_record(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    draws.hook = kill_at(3)
    with pytest.raises(Killed):
        run_job(job_id, folder, clock=province.clock)
    draws.hook = lambda _number: None
    province.now += timedelta(seconds=61)
    enter(province, ("regular_2", "9"), student=1)
    run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert row.state == JobState.DONE
    assert len(draws.made) == 2 + 4
    assert datetime.fromisoformat(row.params["printed_at"]) > row.created_at + timedelta(seconds=60)


def test_a_run_that_lost_its_job_stops(province: Province, job_id: int, folder: Path, draws: Draws) -> None:
    """Two workers, after a pause so long that the second took the job over."""

    def take_over(number: int) -> None:
        if number == 2:
            draws.hook = lambda _number: None
            province.now += timedelta(seconds=61)
            run_job(job_id, folder, clock=province.clock)

    draws.hook = take_over
    run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert (row.state, row.attempts) == (JobState.DONE, 2)
    content, _name = fetch_file(acting(province, HOMEROOM), job_id, folder, clock=province.clock)
    assert pages_of(content) == 12


def test_a_job_is_stopped_between_two_parts(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    def stop(number: int) -> None:
        if number == 2:
            cancel_job(acting(province, HOMEROOM), job_id, clock=province.clock)

    draws.hook = stop
    run_job(job_id, folder, clock=province.clock)
    assert job(job_id).state == JobState.CANCELLED
    assert len(draws.made) == 2
    assert not (folder / str(job_id)).exists()
    with pytest.raises(Invalid, match="over"):
        cancel_job(acting(province, HOMEROOM), job_id, clock=province.clock)
    with pytest.raises(NotFound):
        fetch_file(acting(province, HOMEROOM), job_id, folder, clock=province.clock)


def test_a_job_stopped_before_its_turn_is_not_made(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    cancel_job(acting(province, HOMEROOM), job_id, clock=province.clock)
    run_job(job_id, folder, clock=province.clock)
    assert (job(job_id).state, draws.made) == (JobState.CANCELLED, [])


def test_a_job_that_cannot_be_drawn_says_so(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    def break_down(_number: int) -> None:
        raise ValueError("broken")

    draws.hook = break_down
    run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert (row.state, row.message) == (JobState.FAILED, print_jobs.BROKEN)
    assert not (folder / str(job_id)).exists()
    assert db.session.scalars(sa.select(Notice.title)).all() == ["Không in được"]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_form_that_lacks_something_names_its_part(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    """A missing font, a letter without a glyph, a form without end: the renderer refuses, and the job tells whose."""

    def refuse(_number: int) -> None:
        raise RenderError("tinos/Tinos-Bold.ttf is missing")

    draws.hook = refuse
    run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert (row.state, row.message) == (JobState.FAILED, print_jobs.NOT_DRAWN)
    assert row.params["message"] == {"part": "Toán, học kì I"}
    assert not (folder / str(job_id)).exists()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_full_disk_is_told_and_leaves_no_half_file(
    province: Province, job_id: int, folder: Path, draws: Draws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(_number: int) -> None:
        """The next file is one that the system says is full."""
        monkeypatch.setattr(print_jobs.secrets, "token_hex", lambda _size: "full")
        for number in range(1, 13):
            (folder / str(job_id) / f"{number:03d}.full").symlink_to("/dev/full")

    draws.hook = lambda number: fill_up(number) if number == 2 else None
    run_job(job_id, folder, clock=province.clock)
    row = job(job_id)
    assert (row.state, row.message) == (JobState.FAILED, print_jobs.DISK_FULL)
    assert not (folder / str(job_id)).exists()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_drawer_that_was_killed_costs_its_part_alone(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    lost: list[int] = []

    def losing(todo: Iterable[Todo]) -> Iterator[tuple[int, bytes] | None]:
        for made in in_turn(todo):
            if made and made[0] == 4 and not lost:
                lost.append(4)
                raise DrawerLost
            yield made

    run_job(job_id, folder, clock=province.clock, draw=losing)
    assert (job(job_id).state, job(job_id).attempts) == (JobState.DONE, 2)
    assert job(job_id).done == 12

    def always(_todo: Iterable[Todo]) -> Iterator[tuple[int, bytes] | None]:
        raise DrawerLost
        yield

    second = create_job(
        acting(province, HOMEROOM), PrintOrder(province.first.class_ids["7A"], 2), clock=province.clock
    )
    run_job(second, folder, clock=province.clock, draw=always)
    assert (job(second).state, job(second).message) == (JobState.FAILED, print_jobs.TOO_OFTEN)


def test_a_job_that_kills_its_worker_is_given_up(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    draws.hook = kill_at(1)
    for _turn in range(print_jobs.MAX_ATTEMPTS):
        with pytest.raises(Killed):
            run_job(job_id, folder, clock=province.clock)
        province.now += timedelta(seconds=61)
    run_job(job_id, folder, clock=province.clock)
    assert (job(job_id).state, job(job_id).message) == (JobState.FAILED, print_jobs.TOO_OFTEN)


def test_the_right_is_asked_for_again(province: Province, job_id: int, folder: Path, draws: Draws) -> None:
    """Somebody else became homeroom teacher: neither the waiting job nor the finished file is the old one's."""
    run_job(job_id, folder, clock=province.clock)
    second = create_job(
        acting(province, HOMEROOM), PrintOrder(province.first.class_ids["7A"], 2), clock=province.clock
    )

    def dismiss(work: Any) -> None:
        query = sa.select(HomeroomAssignment).where(
            HomeroomAssignment.class_id == province.first.class_ids["7A"]
        )
        work.session.scalars(query).one().ends_on = local_day(province.now) - timedelta(days=1)

    change(province, dismiss)
    run_job(second, folder, clock=province.clock)
    assert job(second).state == JobState.FAILED
    with pytest.raises(Forbidden):
        fetch_file(acting(province, HOMEROOM), job_id, folder, clock=province.clock)


def test_a_file_is_kept_for_a_week(province: Province, job_id: int, folder: Path, draws: Draws) -> None:
    run_job(job_id, folder, clock=province.clock)
    assert print_jobs.purge(folder, clock=province.clock) == 0
    province.now += KEEP
    with pytest.raises(NotFound):
        fetch_file(acting(province, HOMEROOM), job_id, folder, clock=province.clock)
    (folder / "9999").mkdir()
    assert print_jobs.purge(folder, clock=province.clock) == 2
    assert list(folder.iterdir()) == []
    assert (job(job_id).state, job(job_id).file) == (JobState.DONE, None)


def test_a_file_that_was_changed_is_not_given_out(
    province: Province, job_id: int, folder: Path, draws: Draws
) -> None:
    run_job(job_id, folder, clock=province.clock)
    path = folder / str(job_id) / "book.pdf"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(NotFound):
        fetch_file(acting(province, HOMEROOM), job_id, folder, clock=province.clock)


def test_a_lost_wake_up_is_made_good(province: Province, job_id: int) -> None:
    assert print_jobs.forgotten(db.session(), province.now) == []
    assert print_jobs.forgotten(db.session(), province.now + timedelta(seconds=61)) == [job_id]


def test_nobody_reaches_anothers_job(province: Province, job_id: int, folder: Path, draws: Draws) -> None:
    run_job(job_id, folder, clock=province.clock)
    with pytest.raises(NotFound):
        fetch_file(acting(province, OFFICE), job_id, folder, clock=province.clock)
    with pytest.raises(NotFound):
        cancel_job(acting(province, OFFICE), job_id, clock=province.clock)


def test_a_closed_account_prints_nothing(province: Province, job_id: int, folder: Path) -> None:
    from app.models import Account

    with plain_write() as session:
        session.scalars(sa.select(Account).where(Account.username == HOMEROOM)).one().active = False
    run_job(job_id, folder, clock=province.clock)
    assert (job(job_id).state, job(job_id).message) == (JobState.FAILED, print_jobs.ACCOUNT_CLOSED)
