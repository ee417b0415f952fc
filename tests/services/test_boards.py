"""The Ban quản trị: appointed by the head, by decision, three to five members (S1 Điều 6; S4 Điều 12, 17)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM, Action, Target, may
from app.domain.vocabulary import Role
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import AdminBoard, AuditEvent, Notice, Person, Position
from app.services import account_lists, boards
from app.services.boards import Seat
from app.services.clock import local_day
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting

TODAY = date(2026, 11, 16)
NUMBER = "15/QĐ-THCSTK"


@pytest.fixture
def engine_name() -> str:
    """One engine: `test_account_engines.py` walks the same ground on both."""
    return "sqlite"


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
        Seat(ids["hocnv"], "deputy", "Phó HT", "Quản trị SĐĐT, phụ trách ký duyệt hồ sơ"),
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
    told = db.session.scalars(sa.select(Notice.person_id).where(Notice.title.contains("được cử"))).all()
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


def test_whoever_is_on_no_board_administers_no_more_from_its_first_day(province: Province) -> None:
    """Rights of a former seat and of a position alike end the day before, and the trail says so (S4 Điều 12, 17)."""
    head, ids, start = (
        acting(province, "giangnt.thcstk"),
        province.first.person_ids,
        TODAY + timedelta(days=10),
    )
    boards.appoint_board(head, NUMBER, TODAY, seats(province), clock=province.clock)
    assert Role.SCHOOL_ADMIN not in acting(province, "quantb.thcstk").roles
    with transaction(SYSTEM, "test.position", clock=province.clock) as work:
        position = work.session.scalars(sa.select(Position).where(Position.person_id == ids["quantb"])).one()
        position.ends_on = None
    second = [replace(seats(province)[0], person_id=ids["habtt"]), *seats(province)[1:]]
    boards.appoint_board(head, "16/QĐ-THCSTK", TODAY, second, clock=province.clock, starts_on=start)
    leaving = ("quantb.thcstk", "hongvt.thcstk")
    for day, holds in ((start - timedelta(days=1), True), (start, False)):
        province.now += timedelta(days=(day - local_day(province.now)).days)
        for username in leaving:
            assert (Role.SCHOOL_ADMIN in acting(province, username).roles) is holds, (username, day)
            assert may(acting(province, username), Action.ACCOUNT_MANAGE, Target()) is holds
        assert Role.SCHOOL_ADMIN in acting(province, "hocnv.thcstk").roles
    assert Role.OFFICE_STAFF in acting(province, "hongvt.thcstk").roles  # only the administrators' rights end
    assert Role.SCHOOL_ADMIN in acting(province, "quantb.thcsba").roles  # another school's are its own
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "role.withdraw")).all()
    told = [(event.details["person"], event.details["from_day"]) for event in events]
    assert told == [
        ("Trần Bá Quân", TODAY.isoformat()),
        ("Vũ Thị Hồng", start.isoformat()),
        ("Trần Bá Quân", start.isoformat()),
    ]
    notices = sa.select(Notice.body).where(Notice.person_id == ids["hongvt"], Notice.title.contains("thôi"))
    assert start.strftime("%d/%m/%Y") in db.session.scalars(notices).one()


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
    wrong = {  # what is wrong: the members
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
    for members in wrong.values():
        with pytest.raises(Invalid):
            boards.appoint_board(head, NUMBER, TODAY, members, clock=province.clock)
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


def test_a_board_does_not_begin_before_the_one_in_force(province: Province) -> None:
    head = acting(province, "giangnt.thcstk")
    boards.appoint_board(head, NUMBER, TODAY, seats(province), clock=province.clock)
    with pytest.raises(Invalid) as refused:
        boards.appoint_board(head, "16/QĐ", date(2016, 11, 16), seats(province), clock=province.clock)
    assert [field for field, _message in refused.value.problems] == ["starts_on"]
    (board,) = account_lists.boards(db.session(), head)
    assert board.ends_on is None
