"""One person at two schools: brought in by who knows identifier and birth date, acting in each under its account."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import Role
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import AuditEvent, GradebookSheet, Notice, Person, Position, TeachingGroup
from app.services import accounts, assignments, bring_in, groups, roles, scope, sheet_list, staff
from app.services.assignments import NewAssignment
from app.services.bring_in import NOBODY, Placement
from app.services.cells import CellChange
from app.services.gradebook import enter_scores
from app.services.progress_teacher import teacher_home
from app.services.searches import MOST_WRONG, WAIT
from app.services.sign_in import TooManyTries
from app.services.unit_of_work import transaction
from app.services.years import chosen_period
from tests.factories.province import Province
from tests.services.helpers import acting, plan_for

ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""For judgements, which no engine does differently."""

TODAY = date(2026, 11, 16)
CODE, CITIZEN, BORN = "2400012345", "024180000456", date(1985, 8, 12)
CLERK, BOARD = "hongvt.thcsba", "quantb.thcsba"
TEACHER = Placement(Role.SUBJECT_TEACHER, TODAY)


@pytest.fixture
def long(province: Province) -> int:
    """Phạm Đức Long of the first school, whose file has identifiers and a birth date."""
    person_id = province.first.person_ids["longpd"]
    with transaction(SYSTEM, "test.file", clock=province.clock) as work:
        person = work.session.get_one(Person, person_id)
        person.staff_code, person.national_id, person.birth_date = CODE, CITIZEN, BORN
    return person_id


def lent(province: Province, place: Placement = TEACHER, account: str = CLERK) -> int:
    return bring_in.bring_in(acting(province, account), CODE, BORN, place, clock=province.clock)


def test_a_teacher_works_at_two_schools_under_two_accounts(province: Province, long: int) -> None:
    found = bring_in.find_member(acting(province, CLERK), f" {CITIZEN} ", BORN, clock=province.clock)
    assert (found.person_id, found.full_name, found.unit_name) == (long, "Phạm Đức Long", "THCS Thúc Kháng")
    assert lent(province) == long
    second = province.second
    homes = {person.id: person.unit_id for person in staff.staff(db.session(), second.unit_id, TODAY)}
    assert homes[long] == province.first.unit_id  # the file stays where it was
    (slip,) = accounts.create_accounts(acting(province, BOARD), [long], clock=province.clock)
    assert slip.username == "longpd2.thcsba"  # a namesake works there already
    plan_for(province, [("math", 140, "compulsory")])
    head = acting(province, "giangnt.thcsba")
    group = db.session.scalars(
        sa.select(TeachingGroup.id).where(TeachingGroup.class_id == second.class_ids["7B"])
    ).one()
    new = NewAssignment(long, group, province.subject_ids["math"], TODAY)
    assignments.assign_teacher(head, new, clock=province.clock)
    head = acting(province, "giangnt.thcsba")
    assignments.assign_homeroom(head, second.class_ids["7B"], long, TODAY, clock=province.clock)

    at_home = {province.first.sheet_ids["7A", code, term] for code in ("math", "art") for term in (1, 2)}
    lent_to = {second.sheet_ids["7B", code, term] for code in ("math", "art") for term in (1, 2)}
    seen = {"longpd.thcstk": (at_home, lent_to), slip.username: (lent_to, at_home)}
    for username, (own, others) in seen.items():
        actor = acting(province, username)
        assert actor.person_id == long
        assert actor.roles == {Role.SUBJECT_TEACHER, Role.HOMEROOM_TEACHER}
        reached = set(db.session.scalars(scope.scoped(actor, GradebookSheet, TODAY).with_only_columns(
            GradebookSheet.id)))  # fmt: skip
        assert reached == own
        period = chosen_period(db.session(), actor, TODAY, None, None)
        assert period is not None
        listed = sheet_list.sheets_of(db.session(), actor, period, actor.unit_id, TODAY)
        assert {row["sheet"].id for row in listed} <= own
        home = teacher_home(db.session(), actor, period, province.clock())
        assert {sheet.sheet_id for sheet in home.sheets} <= own
        assert {row.name for row in home.homerooms} == ({"7A"} if own is at_home else {"7B"})
        students = province.second.student_ids if own is at_home else province.first.student_ids
        change = CellChange(students[0], "regular_1", None, "8")
        with pytest.raises(NotFound):
            enter_scores(acting(province, username), min(others), [change], clock=province.clock)
    mark = CellChange(second.student_ids[8], "regular_1", None, "8")  # of 7B
    enter_scores(
        acting(province, slip.username), second.sheet_ids["7B", "math", 1], [mark], clock=province.clock
    )


def test_everybody_concerned_is_told_and_the_trail_knows(province: Province, long: int) -> None:
    lent(province, Placement(Role.SUBJECT_TEACHER, TODAY, title="Giáo viên dạy liên trường", decision="QĐ 7"))
    position = db.session.scalars(
        sa.select(Position).where(Position.person_id == long, Position.unit_id == province.second.unit_id)
    ).one()
    assert (position.role, position.title, position.decision) == (
        Role.SUBJECT_TEACHER,
        "Giáo viên dạy liên trường",
        "QĐ 7",
    )
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "person.bring_in")).one()
    assert (event.target_id, event.details["home"]) == (position.id, "thcstk")
    notices = {row.person_id: row.body for row in db.session.scalars(sa.select(Notice))}
    assert set(notices) == {long, province.first.person_ids["giangnt"]}
    assert all("THCS Bình An" in body and "16/11/2026" in body for body in notices.values())


@pytest.mark.parametrize(
    ("identifier", "born"),
    [
        (CODE, BORN + timedelta(days=1)),
        ("2400099999", BORN),
        ("", BORN),
        ("%", BORN),
        (CODE[:-1], BORN),
    ],
)
def test_a_wrong_one_of_either_gets_the_same_answer(
    province: Province, long: int, identifier: str, born: date
) -> None:
    actor = acting(province, CLERK)
    for verb in (
        lambda: bring_in.find_member(actor, identifier, born, clock=province.clock),
        lambda: bring_in.bring_in(actor, identifier, born, TEACHER, clock=province.clock),
    ):
        with pytest.raises(Invalid) as refused:
            verb()
        assert (refused.value.message, refused.value.params) == (NOBODY, {})
    tries = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "person.search")).all()
    assert [(event.outcome, event.target_id) for event in tries] == [("refused", None)] * 2


def test_fishing_is_slowed_down_for_the_whole_unit(province: Province, long: int) -> None:
    """Also for the right answer, and through the second step; another unit goes on."""
    for number in range(1, MOST_WRONG, 2):
        day = BORN + timedelta(days=number)
        with pytest.raises(Invalid):
            bring_in.find_member(acting(province, CLERK), CODE, day, clock=province.clock)
        with pytest.raises(Invalid):
            bring_in.bring_in(acting(province, BOARD), CODE, day, TEACHER, clock=province.clock)
    with pytest.raises(TooManyTries):
        bring_in.find_member(acting(province, CLERK), CODE, BORN, clock=province.clock)
    with pytest.raises(TooManyTries):
        lent(province)
    with pytest.raises(Invalid, match="Nobody"):
        bring_in.find_member(acting(province, "maipt.xatk"), "1", BORN, clock=province.clock)
    province.now += WAIT + timedelta(seconds=1)
    assert lent(province) == long


@ON_SQLITE
def test_who_works_here_or_has_left_is_not_brought_in(province: Province, long: int) -> None:
    with pytest.raises(Invalid, match="already"):
        lent(province, account="hongvt.thcstk")
    lent(province)
    with pytest.raises(Invalid, match="already"):
        lent(province)
    with transaction(SYSTEM, "test.leave", clock=province.clock) as work:
        work.session.get_one(Person, long).status_code = "05"
        held = sa.select(Position).where(Position.person_id == long)
        for position in work.session.scalars(held.where(Position.unit_id == province.second.unit_id)):
            position.ends_on = TODAY - timedelta(days=1)
    with pytest.raises(Invalid, match="has left"):
        lent(province)
    tries = db.session.scalars(sa.select(AuditEvent.target_id).where(AuditEvent.action == "person.search"))
    assert list(tries) == [long] * 4  # whoever proves to know a person is on record, whatever the answer


@ON_SQLITE
@pytest.mark.parametrize(
    ("account", "role", "allowed"),
    [
        (CLERK, Role.SUBJECT_TEACHER, True),
        (CLERK, Role.IT_STAFF, False),  # a clerk grants no roles
        (CLERK, Role.SCHOOL_ADMIN, False),
        (BOARD, Role.IT_STAFF, True),
        (BOARD, Role.SCHOOL_ADMIN, False),  # the head appoints the board
        (BOARD, Role.PRINCIPAL, False),
    ],
)
def test_nobody_is_brought_in_above_what_one_may_grant(
    province: Province, long: int, account: str, role: Role, allowed: bool
) -> None:
    assert (role in bring_in.roles_for(acting(province, account))) is allowed
    if allowed:
        assert lent(province, Placement(role, TODAY), account) == long
        return
    with pytest.raises(Forbidden):
        lent(province, Placement(role, TODAY), account)


@ON_SQLITE
@pytest.mark.parametrize("account", ["longpd.thcsba", "giangnt.thcsba", "hocnv.thcsba", "vanlt.sogd"])
def test_only_who_keeps_the_staff_files_brings_somebody_in(
    province: Province, long: int, account: str
) -> None:
    with pytest.raises(Forbidden):
        bring_in.find_member(acting(province, account), CODE, BORN, clock=province.clock)
    with pytest.raises(Forbidden):
        lent(province, account=account)


@ON_SQLITE
def test_the_terms_are_those_of_every_role(province: Province, long: int) -> None:
    backward = Placement(Role.SUBJECT_TEACHER, TODAY, ends_on=TODAY - timedelta(days=1))
    for place in (backward, Placement(Role.VICE_PRINCIPAL, TODAY)):  # a deputy needs a decision
        with pytest.raises(Invalid):
            lent(province, place, BOARD)


@ON_SQLITE
def test_the_second_school_neither_edits_the_file_nor_keeps_the_person(province: Province, long: int) -> None:
    lent(province)
    group = groups.define_group(acting(province, BOARD), groups.TEAM, "Tổ Toán", [], clock=province.clock)
    groups.add_member(
        acting(province, BOARD), group, long, clock=province.clock
    )  # a seat in a team is its own
    position = db.session.scalars(
        sa.select(Position.id).where(Position.person_id == long, Position.unit_id == province.second.unit_id)
    ).one()
    tomorrow = TODAY + timedelta(days=1)
    roles.withdraw_role(acting(province, BOARD), position, clock=province.clock, from_day=tomorrow)
    ids = [person.id for person in staff.staff(db.session(), province.second.unit_id, tomorrow)]
    assert long not in ids
    assert long in [person.id for person in staff.staff(db.session(), province.first.unit_id, tomorrow)]
