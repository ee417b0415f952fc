"""The life of an account on each database engine: made, signed in with, guessed at, reset, given roles, disabled."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.vocabulary import Role
from app.errors import Invalid
from app.extensions import db
from app.models import Account, AuditEvent, LoginSession, OrgUnit, UnitGroup
from app.services import account_lists, account_state, accounts, boards, groups, roles, sign_in
from app.services.boards import Seat
from app.services.people import PersonName, add_person
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting

TODAY = date(2026, 11, 16)
SCHOOL, ELSEWHERE = "203.0.113.7", "198.51.100.9"
OWN = "Mưa rào tháng bảy 2026"


def hire(province: Province) -> list[int]:
    with transaction(SYSTEM, "test.hire", clock=province.clock) as work:
        unit = work.session.get_one(OrgUnit, province.first.unit_id)
        names = (PersonName("Ngô", "Thanh", "Giang"), PersonName("Byă", "Y", "Khương", "Y Khương Byă"))
        people = [add_person(work, unit, name, {}, day=TODAY) for name in names]
        work.flush()
        return [person.id for person in people]


def test_the_life_of_an_account(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(sign_in, "pause", waited.append)

    def enter(password: str, address: str = SCHOOL) -> Account | None:
        return sign_in.authenticate(
            "giangnt2.thcstk", password, address=address, agent="test", clock=province.clock
        )

    board = acting(province, "quantb.thcstk")
    waiting = account_lists.without_account(db.session(), board, board.unit_id, TODAY)
    assert waiting == []
    ids = hire(province)
    made = accounts.create_accounts(board, ids, clock=province.clock)
    assert [new.username for new in made] == ["giangnt2.thcstk", "khuongyb2.thcstk"]
    with pytest.raises(Invalid):
        accounts.create_accounts(board, ids[:1], clock=province.clock)

    assert enter(made[0].one_time_password) is not None
    account = account_state.change_own_password(
        acting(province, "giangnt2.thcstk"), made[0].one_time_password, OWN, clock=province.clock
    )
    assert (account.must_change_password, account.session_epoch) == (False, 1)
    for number in range(12):
        assert enter(f"guess {number}", ELSEWHERE) is None
    assert len(waited) == 12 - sign_in.FREE_TRIES
    waited.clear()
    assert enter(OWN) is not None
    assert waited == []

    token = sign_in.start_session(account.id, address=SCHOOL, agent="test", clock=province.clock)
    account_state.reset_password(board, account.id, clock=province.clock)
    assert sign_in.why_ended(token) == "reset"
    assert enter(OWN) is None
    account_state.disable(board, account.id, "Chuyển trường", clock=province.clock)
    page = account_lists.accounts(db.session(), board, TODAY, search="giáng", state="disabled")
    assert [(line.username, line.disabled_reason) for line in page.lines] == [
        ("giangnt2.thcstk", "Chuyển trường")
    ]
    events = account_lists.sign_ins(db.session(), board, TODAY, account_id=account.id)
    assert [event.outcome for event in events.lines].count("refused") == 13


def test_roles_groups_and_boards(province: Province) -> None:
    board, ids = acting(province, "quantb.thcstk"), province.first.person_ids
    position_id = roles.grant_role(board, ids["longpd"], Role.IT_STAFF, clock=province.clock)
    roles.withdraw_role(board, position_id, clock=province.clock, from_day=TODAY + timedelta(days=1))
    assert Role.IT_STAFF in acting(province, "longpd.thcstk").roles
    group_id = groups.define_group(
        board, groups.SECTION, "Bộ phận in ấn", ["book.print"], clock=province.clock
    )
    member_id = groups.add_member(board, group_id, ids["khuongyb"], clock=province.clock)
    assert acting(province, "khuongyb.thcstk").rights == {"book.print"}
    groups.remove_member(board, member_id, clock=province.clock)
    assert db.session.get_one(UnitGroup, group_id).rights == ["book.print"]
    head = acting(province, "giangnt.thcstk")
    seats = [
        Seat(ids[name], seat, "Chức vụ", "Nhiệm vụ")
        for name, seat in (("giangnt", "chair"), ("hocnv", "deputy"), ("longpd", "member"))
    ]
    for number in ("1/QĐ", "2/QĐ"):
        boards.appoint_board(head, number, TODAY, seats, clock=province.clock)
        province.now += timedelta(days=1)
    assert Role.SCHOOL_ADMIN in acting(province, "longpd.thcstk").roles
    assert Role.SCHOOL_ADMIN not in acting(province, "quantb.thcstk").roles  # held by a position, on no board
    ended = sa.select(AuditEvent.target_id).where(AuditEvent.action == "role.withdraw")
    assert set(db.session.scalars(ended.where(AuditEvent.target_type == "person"))) == {ids["quantb"]}


def test_idle_sessions_are_found(province: Province) -> None:
    user_id, idle = acting(province, "longpd.thcstk").user_id or 0, timedelta(minutes=30)
    token = sign_in.start_session(user_id, address=SCHOOL, agent="test", clock=province.clock)
    province.now += timedelta(hours=2)
    assert sign_in.end_idle_sessions(clock=province.clock, idle=idle) == 1
    row = db.session.scalars(sa.select(LoginSession).where(LoginSession.token == token)).one()
    assert (row.ended_at, row.end_reason) == (row.last_seen_at + idle, "idle")
