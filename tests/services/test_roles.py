"""Roles, groups and the Ban quản trị: who grants what to whom, by dates (S1 Điều 3 and 6; S4 Điều 8, 12, 17)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM, Action, Target, may
from app.domain.vocabulary import Role
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import AdminBoard, Notice, Person, Position, UnitGroup
from app.services import account_lists, boards, groups, roles
from app.services.boards import Seat
from app.services.staff import NewPerson
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting

TODAY = date(2026, 11, 16)
DECISION = "QĐ số 12/QĐ-UBND ngày 05/08/2026"
NUMBER = "15/QĐ-THCSTK"


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


# -- the board ---------------------------------------------------------------------------------------------------


def seats(province: Province) -> list[Seat]:
    """The table of S1 Điều 6."""
    ids = province.first.person_ids
    return [
        Seat(
            ids["hongvt"],
            "member",
            "NV văn phòng",
            "Cập nhật sổ đăng bộ; in, lưu trữ hồ sơ điện tử",
            "Kiêm nhiệm",
        ),
        Seat(ids["hocnv"], "deputy", "Phó HT", "Quản trị SĐĐT, phụ trách kí duyệt hồ sơ"),
        Seat(ids["giangnt"], "chair", "Hiệu trưởng", "Quản lý SĐĐT"),
    ]


def test_the_head_appoints_the_board_by_decision(province: Province) -> None:
    head = acting(province, "giangnt.thcstk")
    boards.appoint_board(head, NUMBER, TODAY, seats(province), clock=province.clock)
    (board,) = account_lists.boards(db.session(), head)
    assert [(m.order_no, m.person.given_name, m.seat, m.note) for m in board.members] == [
        (1, "Giang", "chair", None),
        (2, "Học", "deputy", None),
        (3, "Hồng", "member", "Kiêm nhiệm"),
    ]
    assert (board.appointed_by.given_name, board.starts_on) == ("Giang", TODAY)
    for username in ("giangnt", "hocnv", "hongvt"):
        assert Role.SCHOOL_ADMIN in acting(province, f"{username}.thcstk").roles
    told = db.session.scalars(sa.select(Notice.person_id)).all()
    assert sorted(told) == sorted(seat.person_id for seat in seats(province))


def test_a_new_board_ends_the_former_the_day_before(province: Province) -> None:
    head, first = acting(province, "giangnt.thcstk"), seats(province)
    boards.appoint_board(head, NUMBER, TODAY, first, clock=province.clock)
    second = [replace(first[0], person_id=province.first.person_ids["habtt"]), *first[1:]]
    start = TODAY + timedelta(days=30)
    boards.appoint_board(head, "16/QĐ-THCSTK", TODAY, second, clock=province.clock, starts_on=start)
    found = account_lists.boards(db.session(), head)
    assert [(b.decision_number, b.starts_on, b.ends_on) for b in found] == [
        ("16/QĐ-THCSTK", start, None),
        (NUMBER, TODAY, start - timedelta(days=1)),
    ]
    assert Role.SCHOOL_ADMIN in acting(province, "hongvt.thcstk").roles
    province.now += timedelta(days=30)
    assert Role.SCHOOL_ADMIN not in acting(province, "hongvt.thcstk").roles
    assert Role.SCHOOL_ADMIN in acting(province, "habtt.thcstk").roles


def test_a_corrected_decision_of_the_same_day_replaces_the_board(province: Province) -> None:
    head = acting(province, "giangnt.thcstk")
    boards.appoint_board(head, NUMBER, TODAY, seats(province), clock=province.clock)
    boards.appoint_board(head, "15a/QĐ-THCSTK", TODAY, seats(province), clock=province.clock)
    assert [b.decision_number for b in account_lists.boards(db.session(), head)] == ["15a/QĐ-THCSTK"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AdminBoard)) == 2


def test_three_to_five_members_one_chair_at_most_one_deputy(province: Province) -> None:
    head, full = acting(province, "giangnt.thcstk"), seats(province)
    ids = province.first.person_ids
    more = [Seat(ids[name], "member", "Giáo viên", "Hỗ trợ") for name in ("longpd", "habtt", "khuongyb")]
    wrong = {
        "two": full[:2],
        "six": [*full, *more],
        "no chair": [replace(full[2], seat="member"), *full[:2]],
        "two chairs": [replace(full[1], seat="chair"), full[0], full[2]],
        "two deputies": [*full, replace(more[0], seat="deputy")],
        "twice": [*full, replace(more[0], person_id=ids["hocnv"])],
        "no duties": [replace(full[0], duties=" "), *full[1:]],
        "no position": [replace(full[0], position_title=""), *full[1:]],
        "long": [replace(full[0], duties="x" * 501), *full[1:]],
        "long note": [replace(full[0], note="x" * 201), *full[1:]],
        "no such seat": [replace(full[0], seat="guest"), *full[1:]],
    }
    for name, members in wrong.items():
        with pytest.raises(Invalid):
            boards.appoint_board(head, NUMBER, TODAY, members, clock=province.clock)
            pytest.fail(name)
    boards.appoint_board(head, NUMBER, TODAY, [*full, *more[:2]], clock=province.clock)


@pytest.mark.parametrize(
    ("number", "decided", "starts"),
    [
        (" ", TODAY, None),
        ("x" * 61, TODAY, None),
        (NUMBER, None, None),
        (NUMBER, TODAY + timedelta(days=1), None),
        (NUMBER, TODAY, TODAY - timedelta(days=1)),
    ],
)
def test_number_and_date_are_required(
    province: Province, number: str, decided: date | None, starts: date | None
) -> None:
    head = acting(province, "giangnt.thcstk")
    with pytest.raises(Invalid):
        boards.appoint_board(head, number, decided, seats(province), clock=province.clock, starts_on=starts)


@pytest.mark.parametrize(
    "username", ["quantb.thcstk", "hocnv.thcstk", "longpd.thcstk", "maipt.xatk", "daoct.sogd"]
)
def test_only_the_head_appoints_it(province: Province, username: str) -> None:
    with pytest.raises(Forbidden):
        boards.appoint_board(acting(province, username), NUMBER, TODAY, seats(province), clock=province.clock)


def test_its_members_are_of_the_unit_and_in_force(province: Province) -> None:
    head, full = acting(province, "giangnt.thcstk"), seats(province)
    foreign = [replace(full[0], person_id=province.second.person_ids["hongvt"]), *full[1:]]
    with pytest.raises(NotFound):
        boards.appoint_board(head, NUMBER, TODAY, foreign, clock=province.clock)
    with transaction(SYSTEM, "test.leave", clock=province.clock) as work:
        work.session.get_one(Person, full[0].person_id).status_code = "05"  # retired
    with pytest.raises(NotFound):
        boards.appoint_board(head, NUMBER, TODAY, full, clock=province.clock)


def test_an_office_has_a_board_too(province: Province) -> None:
    leader = acting(province, "binhhv.sogd")
    people = [
        leader.person_id,
        acting(province, "daoct.sogd").person_id,
        acting(province, "vanlt.sogd").person_id,
    ]
    members = [
        Seat(person or 0, seat, "Chuyên viên", "Quản trị hệ thống")
        for person, seat in zip(people, ("chair", "member", "member"), strict=True)
    ]
    boards.appoint_board(leader, "150/QĐ-SGDĐT", TODAY, members, clock=province.clock)
    assert Role.DEPARTMENT_ADMIN in acting(province, "vanlt.sogd").roles
