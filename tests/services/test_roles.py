"""Roles and groups: who grants what to whom, by dates (S1 Điều 3; S4 Điều 8)."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.domain.access import Action, Target, may
from app.domain.vocabulary import Role
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import GradebookSheet, Position, Student, UnitGroup
from app.services import account_lists, groups, roles, scope
from app.services.staff import NewPerson
from tests.factories.province import Province
from tests.services.helpers import acting

TODAY = date(2026, 11, 16)
DECISION = "QĐ số 12/QĐ-UBND ngày 05/08/2026"


@pytest.fixture
def engine_name() -> str:
    """One engine: `test_account_engines.py` walks the same ground on both."""
    return "sqlite"


# -- roles -------------------------------------------------------------------------------------------------------


def test_the_board_grants_and_withdraws_by_date(province: Province) -> None:
    board, person = acting(province, "quantb.thcstk"), province.first.person_ids["longpd"]
    position_id = roles.grant_role(board, person, Role.IT_STAFF, clock=province.clock, starts_on=TODAY)
    assert Role.IT_STAFF in acting(province, "longpd.thcstk").roles
    row = db.session.get_one(Position, position_id)
    assert (row.title, row.granted_by_id) == ("Nhân viên công nghệ thông tin", board.person_id)
    roles.withdraw_role(board, position_id, clock=province.clock)
    assert Role.IT_STAFF not in acting(province, "longpd.thcstk").roles
    assert db.session.get_one(Position, position_id).ends_on == TODAY - timedelta(days=1)
    with pytest.raises(Invalid):
        roles.withdraw_role(board, position_id, clock=province.clock)


def test_a_role_may_begin_and_end_on_given_days(province: Province) -> None:
    board, person = acting(province, "quantb.thcstk"), province.first.person_ids["longpd"]
    start, end = TODAY + timedelta(days=7), TODAY + timedelta(days=20)
    position_id = roles.grant_role(
        board, person, Role.OFFICE_STAFF, clock=province.clock, starts_on=start, ends_on=end, title="Văn thư"
    )
    assert Role.OFFICE_STAFF not in acting(province, "longpd.thcstk").roles
    with pytest.raises(Invalid):
        roles.grant_role(board, person, Role.OFFICE_STAFF, clock=province.clock, starts_on=end)
    roles.grant_role(
        board, person, Role.OFFICE_STAFF, clock=province.clock, starts_on=end + timedelta(days=1)
    )
    roles.withdraw_role(board, position_id, clock=province.clock, from_day=TODAY + timedelta(days=10))
    assert db.session.get_one(Position, position_id).ends_on == TODAY + timedelta(days=9)


ABOVE = (
    Role.PRINCIPAL, Role.SCHOOL_ADMIN, Role.DEPARTMENT_ADMIN, Role.DISTRICT_LEADER, Role.HOMEROOM_TEACHER, Role.PARENT,
)  # fmt: skip


@pytest.mark.parametrize("role", ABOVE)
def test_no_role_above_ones_own_or_from_elsewhere(province: Province, role: Role) -> None:
    for username in ("quantb.thcstk", "giangnt.thcstk"):
        with pytest.raises(Forbidden):
            roles.grant_role(
                acting(province, username), province.first.person_ids["longpd"], role, clock=province.clock
            )


def test_nobody_grants_a_role_to_oneself(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    with pytest.raises(Forbidden):
        roles.grant_role(board, board.person_id or 0, Role.IT_STAFF, clock=province.clock)
    head = acting(province, "giangnt.thcstk")
    roles.grant_role(head, board.person_id or 0, Role.IT_STAFF, clock=province.clock)


@pytest.mark.parametrize("username", ["longpd.thcstk", "hocnv.thcstk", "hongvt.thcstk"])
def test_others_grant_nothing(province: Province, username: str) -> None:
    with pytest.raises(Forbidden):
        roles.grant_role(
            acting(province, username),
            province.first.person_ids["habtt"],
            Role.IT_STAFF,
            clock=province.clock,
        )


def test_another_schools_people_and_positions_are_out_of_reach(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    with pytest.raises(NotFound):
        roles.grant_role(board, province.second.person_ids["longpd"], Role.IT_STAFF, clock=province.clock)
    foreign = db.session.scalars(
        sa.select(Position).where(
            Position.unit_id == province.second.unit_id, Position.role == Role.SUBJECT_TEACHER
        )
    ).first()
    with pytest.raises(NotFound):
        roles.withdraw_role(board, foreign.id, clock=province.clock)


def test_the_tier_above_does_not_grant_roles_inside_a_school(province: Province) -> None:
    """A commune's administrators see the school's positions, and leave them to the school."""
    position = db.session.scalars(
        sa.select(Position).where(
            Position.unit_id == province.first.unit_id, Position.role == Role.OFFICE_STAFF
        )
    ).one()
    with pytest.raises(Forbidden):
        roles.withdraw_role(acting(province, "maipt.xatk"), position.id, clock=province.clock)


def test_an_inspector_has_a_last_day_and_a_decision(province: Province) -> None:
    admin = acting(province, "daoct.sogd")
    person = acting(province, "vanlt.sogd").person_id or 0
    with pytest.raises(Invalid) as refused:
        roles.grant_role(admin, person, Role.INSPECTOR, clock=province.clock)
    assert [field for field, _ in refused.value.problems] == ["ends_on", "decision"]
    with pytest.raises(Invalid):
        roles.grant_role(
            admin,
            person,
            Role.INSPECTOR,
            clock=province.clock,
            decision=DECISION,
            ends_on=TODAY - timedelta(days=1),
        )
    roles.grant_role(admin, person, Role.INSPECTOR, clock=province.clock, decision=DECISION, ends_on=TODAY)
    assert Role.INSPECTOR in acting(province, "vanlt.sogd").roles
    province.now += timedelta(days=1)
    assert Role.INSPECTOR not in acting(province, "vanlt.sogd").roles


def test_the_board_does_not_withdraw_the_heads_or_its_own_roles_but_the_head_may(province: Province) -> None:
    def position_of(role: Role) -> int:
        query = sa.select(Position.id).where(
            Position.unit_id == province.first.unit_id, Position.role == role
        )
        return db.session.scalars(query).one()

    for role in (Role.PRINCIPAL, Role.SCHOOL_ADMIN):
        with pytest.raises(Forbidden):
            roles.withdraw_role(acting(province, "quantb.thcstk"), position_of(role), clock=province.clock)
    head = acting(province, "giangnt.thcstk")
    with pytest.raises(Forbidden):
        roles.withdraw_role(head, position_of(Role.PRINCIPAL), clock=province.clock)
    roles.withdraw_role(head, position_of(Role.SCHOOL_ADMIN), clock=province.clock)
    assert Role.SCHOOL_ADMIN not in acting(province, "quantb.thcstk").roles


# -- heads -------------------------------------------------------------------------------------------------------


def test_the_tier_right_above_appoints_the_head(province: Province) -> None:
    first = province.first
    commune = acting(province, "maipt.xatk")
    roles.appoint_head(commune, first.unit_id, first.person_ids["hocnv"], DECISION, clock=province.clock)
    assert Role.PRINCIPAL in acting(province, "hocnv.thcstk").roles
    assert Role.PRINCIPAL not in acting(province, "giangnt.thcstk").roles
    with pytest.raises(Invalid):
        roles.appoint_head(commune, first.unit_id, first.person_ids["hocnv"], DECISION, clock=province.clock)
    with pytest.raises(Invalid):
        roles.appoint_head(commune, first.unit_id, first.person_ids["giangnt"], " ", clock=province.clock)
    new = NewPerson("Hạnh", "Đỗ", "Thị", title="Hiệu trưởng")
    roles.appoint_head(
        commune, first.unit_id, new, DECISION, clock=province.clock, starts_on=TODAY + timedelta(days=15)
    )
    head = db.session.scalars(
        sa.select(Position)
        .where(Position.unit_id == first.unit_id, Position.role == Role.PRINCIPAL)
        .order_by(Position.id)
    ).all()
    assert [(p.person.given_name, p.ends_on) for p in head] == [
        ("Giang", TODAY - timedelta(days=1)),
        ("Học", TODAY + timedelta(days=14)),
        ("Hạnh", None),
    ]


@pytest.mark.parametrize(
    "username", ["daoct.sogd", "sonlv.xatk", "giangnt.thcstk", "quantb.thcstk", "giangnt.thcsba"]
)
def test_nobody_else_appoints_it(province: Province, username: str) -> None:
    """Not even the department, where a commune stands between."""
    with pytest.raises(Forbidden):
        roles.appoint_head(
            acting(province, username), province.first.unit_id, province.first.person_ids["hocnv"], DECISION,
            clock=province.clock,
        )  # fmt: skip


def test_the_department_appoints_its_own_head(province: Province) -> None:
    admin = acting(province, "daoct.sogd")
    roles.appoint_head(
        admin,
        province.department_id,
        acting(province, "vanlt.sogd").person_id or 0,
        DECISION,
        clock=province.clock,
    )
    assert Role.DEPARTMENT_LEADER in acting(province, "vanlt.sogd").roles
    assert Role.DEPARTMENT_LEADER not in acting(province, "binhhv.sogd").roles


# -- groups ------------------------------------------------------------------------------------------------------


def test_a_group_gives_its_people_rights_for_as_long_as_they_sit_in_it(province: Province) -> None:
    board, person = acting(province, "quantb.thcstk"), province.first.person_ids["khuongyb"]
    group_id = groups.define_group(
        board, groups.SECTION, "Bộ phận in ấn", [Action.BOOK_PRINT, Action.DATA_EXPORT], clock=province.clock
    )

    def may_print() -> bool:
        return may(acting(province, "khuongyb.thcstk"), Action.BOOK_PRINT, Target())

    assert not may_print()
    member_id = groups.add_member(board, group_id, person, clock=province.clock)
    assert may_print()
    with pytest.raises(Invalid):
        groups.add_member(board, group_id, person, clock=province.clock)
    groups.change_group(board, group_id, "Bộ phận xuất dữ liệu", [Action.DATA_EXPORT], clock=province.clock)
    assert not may_print()
    groups.change_group(board, group_id, "Bộ phận xuất dữ liệu", [Action.BOOK_PRINT], clock=province.clock)
    groups.remove_member(board, member_id, clock=province.clock)
    assert not may_print()
    with pytest.raises(Invalid):
        groups.remove_member(board, member_id, clock=province.clock)
    groups.add_member(board, group_id, person, clock=province.clock)
    groups.end_group(board, group_id, clock=province.clock)
    assert not may_print()
    for late in (groups.end_group, lambda *a, **k: groups.add_member(*a, person, **k)):
        with pytest.raises(Invalid):
            late(board, group_id, clock=province.clock)


def test_a_groups_rights_reach_the_rows_they_are_about(province: Province) -> None:
    """A teacher sees the classes taught; in the printing section, those of the whole school, and no other school's."""
    board, day = acting(province, "quantb.thcstk"), TODAY
    query = sa.select(sa.func.count())

    def reached(model: type) -> int:
        actor = acting(province, "longpd.thcstk")
        return db.session.scalar(query.select_from(model).where(scope.condition(actor, model, day))) or 0

    own = (reached(Student), reached(GradebookSheet))
    group_id = groups.define_group(board, groups.SECTION, "In ấn", [Action.BOOK_PRINT], clock=province.clock)
    groups.add_member(board, group_id, province.first.person_ids["longpd"], clock=province.clock)
    assert own == (len(province.first.student_ids) // 2, len(province.first.sheet_ids) // 2)
    assert (reached(Student), reached(GradebookSheet)) == (
        len(province.first.student_ids),
        len(province.first.sheet_ids),
    )
    students = groups.define_group(
        board, groups.SECTION, "Hồ sơ", [Action.STUDENT_VIEW], clock=province.clock
    )
    groups.end_group(board, group_id, clock=province.clock)
    groups.add_member(board, students, province.first.person_ids["longpd"], clock=province.clock)
    assert (reached(Student), reached(GradebookSheet)) == (len(province.first.student_ids), own[1])


def test_a_group_has_only_rights_its_maker_holds(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    for right in (
        Action.SHEET_ENTER,
        Action.BOARD_APPOINT,
        Action.ROLE_GRANT,
        Action.EXEMPTION_DECIDE,
        "nonsense",
    ):
        with pytest.raises(Forbidden):
            groups.define_group(board, groups.GROUP, f"Nhóm {right}", [right], clock=province.clock)
    head = acting(province, "giangnt.thcstk")
    assert not may(head, Action.LOCK_MANAGE, Target())
    with pytest.raises(Forbidden):
        groups.define_group(head, groups.GROUP, "Nhóm khóa sổ", [Action.LOCK_MANAGE], clock=province.clock)
    locks = groups.define_group(
        board, groups.GROUP, "Nhóm khóa sổ", [Action.LOCK_MANAGE], clock=province.clock
    )
    with pytest.raises(Forbidden):  # membership gives the right, so one must hold it to give it
        groups.add_member(head, locks, province.first.person_ids["longpd"], clock=province.clock)


def test_a_team_has_one_leader_and_nobody_makes_oneself_one(province: Province) -> None:
    board, ids = acting(province, "quantb.thcstk"), province.first.person_ids
    team = groups.define_group(board, groups.TEAM, "Tổ Toán – Tin", [], clock=province.clock)
    groups.add_member(board, team, ids["longpd"], is_leader=True, clock=province.clock)
    assert Role.TEAM_LEADER in acting(province, "longpd.thcstk").roles
    with pytest.raises(Invalid):
        groups.add_member(board, team, ids["habtt"], is_leader=True, clock=province.clock)
    other = groups.define_group(board, groups.TEAM, "Tổ Văn", [], clock=province.clock)
    with pytest.raises(Forbidden):
        groups.add_member(board, other, ids["quantb"], is_leader=True, clock=province.clock)
    groups.add_member(board, other, ids["quantb"], clock=province.clock)
    found = account_lists.groups(db.session(), board, TODAY)
    assert [(g.name, [m.person.given_name for m in account_lists.members_of(g, TODAY)]) for g in found] == [
        ("Tổ Toán – Tin", ["Long"]),
        ("Tổ Văn", ["Quân"]),
    ]


def test_group_names_and_kinds_are_checked(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    groups.define_group(board, groups.GROUP, "Nhóm A", [], clock=province.clock)
    for kind, name in (
        (groups.GROUP, " Nhóm  A "),
        (groups.GROUP, ""),
        (groups.GROUP, "x" * 121),
        ("club", "Nhóm B"),
    ):
        with pytest.raises(Invalid):
            groups.define_group(board, kind, name, [], clock=province.clock)


def test_groups_stay_inside_their_school(province: Province) -> None:
    board, ids = acting(province, "quantb.thcstk"), province.second.person_ids
    group_id = groups.define_group(board, groups.GROUP, "Nhóm A", [], clock=province.clock)
    with pytest.raises(NotFound):
        groups.add_member(board, group_id, ids["longpd"], clock=province.clock)
    with pytest.raises(NotFound):
        groups.add_member(acting(province, "quantb.thcsba"), group_id, ids["longpd"], clock=province.clock)
    with pytest.raises(Forbidden):
        groups.change_group(acting(province, "maipt.xatk"), group_id, "Nhóm B", [], clock=province.clock)
    for username in ("longpd.thcstk", "hocnv.thcstk"):
        with pytest.raises(Forbidden):
            groups.define_group(acting(province, username), groups.GROUP, "Nhóm C", [], clock=province.clock)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UnitGroup)) == 1
