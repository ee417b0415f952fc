"""The demonstration province: repeatable, complete, with a real trail, and never mixed with anything."""

import hashlib
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.demo.accounts import PASSWORD
from app.demo.plan import FIRST_DAY, at, plan_for
from app.demo.province import BEGUN, KEY
from app.domain.locks import LockRule
from app.domain.notes import NoteKind
from app.domain.passwords import problems
from app.domain.vocabulary import UnitKind
from app.extensions import db
from app.models import (
    Account,
    Delegation,
    Enrolment,
    ExemptionDecision,
    Grade,
    GradebookSheet,
    Installation,
    LoginSession,
    Model,
    OrgUnit,
    Person,
    SchoolClass,
    SchoolYear,
    Student,
    StudentNote,
    Subject,
    SubjectYear,
    TxLog,
)
from app.services import history, locks
from app.services.actors import actor_for
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from app.services.notes_duties import note_duties
from app.services.sheet_reading import SheetFacts
from app.services.unit_of_work import plain_write
from app.services.years import chosen_period
from tests.conftest import sign_in
from tests.factories.demo import DemoDatabase, seeded
from tests.factories.province import Province

pytest_plugins = ["tests.demo_fixture"]

ROOT = Path(__file__).resolve().parents[2]
RANDOM_OR_CLOCK = {"password", "token", "created_on", "changed_on", "signature", "key_id"}


def digest(app: Flask) -> str:
    """Of every row of every table, but for secrets and the wall clock."""
    found = hashlib.sha256()
    with app.app_context(), db.engine.connect() as connection:
        for table in Model.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name not in RANDOM_OR_CLOCK]
            rows = sorted(repr(tuple(row)) for row in connection.execute(sa.select(*columns)))
            found.update(repr((table.name, rows)).encode())
    return found.hexdigest()


def sheet(
    name: str, subject: str, *, start_year: int = 2026, term: int = 1, unit: str = "thcstk"
) -> GradebookSheet:
    query = (
        sa.select(GradebookSheet)
        .join(SchoolClass, SchoolClass.id == GradebookSheet.class_id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .join(SchoolYear, SchoolYear.id == GradebookSheet.school_year_id)
        .join(OrgUnit, OrgUnit.id == GradebookSheet.unit_id)
        .where(SchoolClass.name == name, Subject.code == subject, OrgUnit.code == unit)
        .where(SchoolYear.start_year == start_year, GradebookSheet.term == term)
    )
    return db.session.scalars(query).one()


def rows_of(chosen: GradebookSheet) -> list[Grade]:
    return list(db.session.scalars(sa.select(Grade).where(Grade.sheet_id == chosen.id)))


def states(chosen: GradebookSheet, demo: DemoDatabase) -> locks.SheetLocks:
    return locks.sheet_locks(db.session(), chosen, SheetFacts(chosen, (), (), frozenset()).columns, demo.now)


def account(username: str) -> Account:
    return db.session.scalars(sa.select(Account).where(Account.username == username)).one()


def count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0


@pytest.mark.parametrize("offset", range(0, 800, 7))
def test_on_every_day_a_term_is_open_with_its_last_third_to_come(offset: int) -> None:
    day = FIRST_DAY + timedelta(days=offset)
    plan = plan_for(day)
    length = (plan.running.ends_on - plan.running.starts_on).days
    assert 0.67 < (day - plan.running.starts_on).days / length < 0.77
    assert plan.last.ends_on < plan.current.starts_on
    assert plan.old.ends_on < plan.last.starts_on


def test_the_demo_does_not_begin_under_offices_that_were_abolished() -> None:
    with pytest.raises(ValueError, match="01/11/2025"):
        plan_for(FIRST_DAY - timedelta(days=1))


def test_the_same_day_gives_the_same_province(demo_app: Flask, sqlite_template: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    again = seeded(sqlite_template, folder)
    other = Flask("other")
    other.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{again.path}"
    db.init_app(other)
    assert digest(other) == digest(demo_app)


def test_one_department_two_communes_an_ended_district_and_seven_schools_of_all_kinds(
    demo_app: Flask,
) -> None:
    units = list(db.session.scalars(sa.select(OrgUnit)))
    kinds = [unit.kind for unit in units]
    assert sorted(kinds.count(kind) for kind in UnitKind) == [1] * 9 + [2]
    assert kinds.count(UnitKind.COMMUNE) == 2
    assert [(unit.code, unit.ends_on) for unit in units if unit.ends_on] == [("pgdbg", date(2025, 6, 30))]
    assert 110 <= count(Person) <= 125
    assert count(sa.select(Student.ethnicity_code).distinct().subquery()) >= 6


def test_a_term_is_open_for_a_teacher_and_all_happened_before(demo_app: Flask, demo_db: DemoDatabase) -> None:
    actor = actor_for(db.session(), account("longpd.thcstk"), demo_db.day)
    period = chosen_period(db.session(), actor, demo_db.day, None, None)
    assert period is not None
    assert (period.start_year, period.term, period.is_now) == (2026, 1, True)
    assert db.session.scalar(sa.select(sa.func.max(TxLog.issued_at))) < at(demo_db.day, 0)
    assert count(LoginSession, LoginSession.ended_at.is_(None)) == 0


def test_every_printed_account_signs_in_and_sees_its_first_page(
    demo_app: Flask, demo_db: DemoDatabase
) -> None:
    text = (demo_db.folder / "demo_accounts.txt").read_text(encoding="utf-8")
    printed = re.findall(r"^\s*(\S+) / (\S+)  (\S.*)$", text, re.MULTILINE)
    names = [name for name, _password, _what in printed]
    assert {
        "admin",
        "bg_thcstk",
        "giangnt.thcstk",
        "giangnt2.thcstk",
        "khuongyb.thcstk",
        "sula.thcstk",
    } <= set(names)
    assert len(names) == len(set(names)) == len({what for *_rest, what in printed})
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in names if f"| `{name}` |" not in readme] == []
    for name, password, _what in printed:
        held = account(name)
        assert problems(password, username=name, names=[held.get_full_name()]) == ()
        client = sign_in(demo_app.test_client(), name, password)
        assert client.get("/", follow_redirects=True).status_code == 200, name


def test_the_installers_account_administers_the_department(demo_app: Flask, demo_db: DemoDatabase) -> None:
    actor = actor_for(db.session(), account("admin"), demo_db.day)
    assert (actor.unit_name, actor.full_name) == ("Sở GDĐT Trường Lĩnh", "Chu Thị Đào")
    assert len(actor.below) == 10
    assert not (demo_db.folder / "first_admin.txt").exists()


def test_marks_were_entered_over_weeks_by_several_accounts_and_some_corrected(demo_app: Flask) -> None:
    changes = history.recent_changes(db.session(), [sheet("7A", "math").id], limit=99)
    assert len(changes) >= 6
    assert {change.full_name for change in changes} == {"Phạm Đức Long", "Bùi Thị Thu Hà"}
    assert changes[0].issued_at - changes[-1].issued_at > timedelta(weeks=6)
    science = history.recent_changes(db.session(), [sheet("7B", "natural_science").id], limit=99)
    assert len({change.full_name for change in science}) >= 2


def test_a_colleague_entered_for_the_sick_teacher(demo_app: Flask) -> None:
    chosen = sheet("7A", "math")
    assert count(Delegation, Delegation.sheet_id == chosen.id) == 1
    student = rows_of(chosen)[0].student_id
    (first, *_rest) = history.cell_history(db.session(), chosen.id, student, "regular_3")[::-1]
    assert (first.by, first.on_behalf_of) == ("Bùi Thị Thu Hà", "Phạm Đức Long")


def test_the_late_teacher_still_owes_columns(demo_app: Flask) -> None:
    science = rows_of(sheet("7A", "natural_science"))
    assert any(row.regular_3 is not None for row in science)
    assert all(row.regular_2 is None for row in science)
    assert all(row.midterm is None for row in rows_of(sheet("9B", "technology")))


def test_a_test_to_be_made_up_one_made_up_and_a_recorded_zero(demo_app: Flask) -> None:
    held = [row for row in rows_of(sheet("7A", "math")) if row.midterm_state is not None]
    assert sorted((row.midterm_state.value, row.midterm is None) for row in held) == [
        ("awaiting", True),
        ("made_up", False),
    ]
    (zero,) = [row for row in rows_of(sheet("8A", "literature")) if row.midterm_state is not None]
    assert (zero.midterm_state.value, zero.midterm) == ("recorded_zero", 0)


def test_one_changed_class_one_changed_school_one_came(demo_app: Flask) -> None:
    moved = (
        sa.select(Enrolment.student_id)
        .join(SchoolClass)
        .join(SchoolYear)
        .where(SchoolYear.start_year == 2026)
    )
    twice = list(db.session.scalars(moved.group_by(Enrolment.student_id).having(sa.func.count() == 2)))
    assert len(twice) == 2
    for former, new in (
        (sheet("7A", "math"), sheet("7B", "math")),
        (sheet("8B", "math"), sheet("8A", "math", unit="thcssl")),
    ):
        (kept,) = [row for row in rows_of(former) if row.student_id in twice]
        (carried,) = [row for row in rows_of(new) if row.student_id in twice]
        assert (carried.student_id, carried.carried_from_id) == (kept.student_id, former.id)
        assert carried.regular_1 == kept.regular_1 is not None
        changes = history.cell_history(db.session(), new.id, carried.student_id, "regular_1")
        assert changes[-1].place is not None
    assert count(Enrolment, Enrolment.status_code == "04") == 1
    assert count(Enrolment, Enrolment.status_code == "02", Enrolment.other_school.is_not(None)) == 2
    assert count(ExemptionDecision) == 1


def test_locks_of_every_sort_can_be_seen(demo_app: Flask, demo_db: DemoDatabase) -> None:
    def rules(found: locks.SheetLocks, student: int, column: str) -> set[str]:
        return {reason.rule for reason in found.reasons(student, column)}

    math = sheet("7A", "math")
    entered = next(row.student_id for row in rows_of(math) if row.midterm is not None)
    blank = next(row.student_id for row in rows_of(math) if row.midterm is None and row.regular_1 is not None)
    held = states(math, demo_db)
    assert rules(held, entered, "regular_1") == rules(held, entered, "midterm") == {LockRule.ENTERED_FINAL}
    assert rules(held, blank, "midterm") == set()
    assert rules(held, entered, "final") == {LockRule.NOT_YET}
    shut = states(sheet("9A", "math"), demo_db)
    assert rules(shut, entered, "regular_4") == {LockRule.SHUT}
    closed = states(sheet("8A", "math", start_year=2025, term=2), demo_db)
    assert rules(closed, entered, "final") == {LockRule.CLOSED, LockRule.TERM_CLOSED}
    leaving = sheet("7A", "math", unit="thcssl")
    found = states(leaving, demo_db)
    last = next((row for row in rows_of(leaving) if row.regular_1 is not None), None)
    assert last is None or rules(found, last.student_id, "regular_1") == {LockRule.ENTERED_FINAL}


def test_the_classes_of_2023_are_closed_under_the_older_circulars(demo_app: Flask) -> None:
    query = sa.select(SchoolClass).join(SchoolYear).where(SchoolYear.start_year == 2023)
    old = {room.name: room for room in db.session.scalars(query)}
    assert {name: (room.grade, room.circular) for name, room in old.items()} == {
        "9A": (9, "tt26-2020"),
        "5A": (5, "tt22-2016"),
    }
    assert count(SubjectYear, SubjectYear.class_id == old["9A"].id, SubjectYear.average.is_not(None)) > 0
    for room in old.values():
        assert count(Enrolment, Enrolment.class_id == room.id, Enrolment.ends_on.is_(None)) == 0
    taught = sa.select(Subject.code).join(GradebookSheet).where(GradebookSheet.class_id == old["5A"].id)
    assert {"handicraft", "foreign_language", "physical_training"} < set(db.session.scalars(taught))


def test_a_teacher_can_go_on_where_the_demo_ends(demo_app: Flask, demo_db: DemoDatabase) -> None:
    chosen = sheet("7A", "math")
    student = next(row.student_id for row in rows_of(chosen) if row.regular_4 is None or row.midterm is None)
    row = db.session.scalars(
        sa.select(Grade).where(Grade.sheet_id == chosen.id, Grade.student_id == student)
    ).one()
    column = "regular_4" if row.regular_4 is None else "midterm"
    actor = actor_for(db.session(), account("longpd.thcstk"), local_day(demo_db.now))
    saved = enter_scores(
        actor, chosen.id, [CellChange(student, column, None, "7,5")], clock=lambda: demo_db.now
    )
    assert saved.cells


def test_a_second_seeding_is_refused_and_changes_nothing(demo_app: Flask, demo_db: DemoDatabase) -> None:
    before = digest(demo_app)
    again = demo_app.test_cli_runner().invoke(args=["demo", "--day", "2025-12-01"])
    assert again.exit_code == 1
    assert "units already" in again.output
    quiet = demo_app.test_cli_runner().invoke(args=["demo", "--if-empty", "--day", "2025-12-01"])
    assert (quiet.exit_code, quiet.output) == (0, "")
    assert digest(demo_app) == before
    assert db.session.get(Installation, KEY).value == demo_db.day.isoformat()


def test_a_real_province_is_never_seeded(app: Flask, province: Province) -> None:
    refused = app.test_cli_runner().invoke(args=["demo", "--day", "2025-12-01"])
    assert refused.exit_code == 1
    assert db.session.get(Installation, KEY) is None
    assert app.test_cli_runner().invoke(args=["demo", "--if-empty", "--day", "2025-12-01"]).exit_code == 0


def test_an_interrupted_seeding_is_not_taken_for_a_demo(app: Flask) -> None:
    with plain_write() as session:
        session.add(Installation(key=KEY, value=BEGUN))
    refused = app.test_cli_runner().invoke(args=["demo", "--if-empty", "--day", "2025-12-01"])
    assert refused.exit_code == 1
    assert "make demo-reset" in refused.output


def test_the_password_is_one_word_for_scripts() -> None:
    assert not re.search(r"\s", PASSWORD)


def test_teachers_remark_on_classes_and_one_month_is_still_owed(
    demo_app: Flask, demo_db: DemoDatabase
) -> None:
    kinds = {kind: count(StudentNote, StudentNote.kind == kind) for kind in NoteKind}
    assert all(kinds.values()), kinds
    assert count(StudentNote, StudentNote.student_id.is_(None)) == 12  # three classes, four weeks
    levels = count(StudentNote, StudentNote.reached.is_not(None))
    assert levels == kinds[NoteKind.DEVELOPMENT]
    actor = actor_for(db.session(), account("habtt.thcstk"), demo_db.day)
    period = chosen_period(db.session(), actor, demo_db.day, None, None)
    assert period is not None
    owed = note_duties(db.session(), actor, period, demo_db.now)
    assert [duty.class_name for duty in owed if duty.late] == ["7B"]
