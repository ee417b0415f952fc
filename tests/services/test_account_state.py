"""Keeping accounts: who resets whose password, disabling, one's own password (S1 Điều 3 khoản 2.2; S4 Điều 9)."""

import pytest
import sqlalchemy as sa
from werkzeug.security import check_password_hash

from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Account, LoginSession, Notice
from app.services import account_state, accounts, sign_in
from app.services.actors import actor_for
from app.services.clock import local_day
from tests.factories.province import PASSWORD, Province
from tests.services.helpers import acting

DECISION = "QĐ số 12/QĐ-UBND ngày 05/08/2026"
NEW = "Mưa rào tháng bảy 2026"


@pytest.fixture
def engine_name() -> str:
    """One engine: `test_account_engines.py` walks the same ground on both."""
    return "sqlite"


def account_of(username: str) -> Account:
    return db.session.scalars(sa.select(Account).where(Account.username == username)).one()


def account_id(username: str) -> int:
    return account_of(username).id


# -- resetting, disabling ----------------------------------------------------------------------------------------


RESETS = {
    # who: whose account they may reset
    "quantb.thcstk": {"longpd.thcstk", "hocnv.thcstk", "khuongyb.thcstk"},
    "giangnt.thcstk": {"longpd.thcstk", "hocnv.thcstk", "khuongyb.thcstk", "quantb.thcstk", "bg_thcstk"},
    "maipt.xatk": {
        "longpd.thcstk",
        "hocnv.thcstk",
        "khuongyb.thcstk",
        "quantb.thcstk",
        "bg_thcstk",
        "giangnt.thcstk",
    },
    "sonlv.xatk": set(),
    "longpd.thcstk": set(),
    "hongvt.thcstk": set(),
}
TARGETS = ("longpd.thcstk", "hocnv.thcstk", "khuongyb.thcstk", "quantb.thcstk", "bg_thcstk", "giangnt.thcstk")


@pytest.mark.parametrize("who", RESETS)
def test_nobody_resets_or_disables_an_account_above_ones_own(province: Province, who: str) -> None:
    first = province.first
    accounts.create_unit_admin(
        acting(province, "maipt.xatk"),
        first.unit_id,
        first.person_ids["hongvt"],
        DECISION,
        clock=province.clock,
    )
    actor = acting(province, who)
    done = set()
    for whose in TARGETS:
        try:
            account_state.reset_password(actor, account_id(whose), clock=province.clock)
            account_state.disable(actor, account_id(whose), "thử", clock=province.clock)
            account_state.enable(actor, account_id(whose), clock=province.clock)
            done.add(whose)
        except Forbidden:
            with pytest.raises(Forbidden):
                account_state.disable(actor, account_id(whose), "thử", clock=province.clock)
            with pytest.raises(Forbidden):
                account_state.enable(actor, account_id(whose), clock=province.clock)
    assert done == RESETS[who]


def test_the_department_has_nobody_above_it(province: Province) -> None:
    admin = acting(province, "daoct.sogd")
    new = account_state.reset_password(admin, account_id("binhhv.sogd"), clock=province.clock)
    assert new.username == "binhhv.sogd"
    told = db.session.scalars(sa.select(Notice)).all()
    assert [notice.person_id for notice in told] == [acting(province, "binhhv.sogd").person_id]


def test_another_schools_account_is_no_account(province: Province) -> None:
    with pytest.raises(NotFound):
        account_state.reset_password(
            acting(province, "quantb.thcstk"), account_id("longpd.thcsba"), clock=province.clock
        )


def test_a_reset_tells_the_owner_and_the_head_of_a_deputy(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    first = province.first
    account_state.reset_password(board, account_id("longpd.thcstk"), clock=province.clock)
    account_state.reset_password(board, account_id("hocnv.thcstk"), clock=province.clock)
    told = [notice.person_id for notice in db.session.scalars(sa.select(Notice).order_by(Notice.id))]
    ids = first.person_ids
    assert told == [ids["longpd"], *sorted((ids["giangnt"], ids["hocnv"]))]


def test_disabling_needs_a_reason_and_keeps_the_record(province: Province) -> None:
    board, target = acting(province, "quantb.thcstk"), account_id("longpd.thcstk")
    token = sign_in.start_session(target, address="", agent="", clock=province.clock)
    with pytest.raises(Invalid):
        account_state.disable(board, target, "  ", clock=province.clock)
    account_state.disable(board, target, "Nghỉ không lương", clock=province.clock)
    account = account_of("longpd.thcstk")
    assert (account.active, account.disabled_reason) == (False, "Nghỉ không lương")
    assert sign_in.why_ended(token) == "disabled"
    with pytest.raises(Invalid):
        account_state.disable(board, target, "lần nữa", clock=province.clock)
    account_state.enable(board, target, clock=province.clock)
    assert account_of("longpd.thcstk").active
    with pytest.raises(Invalid):
        account_state.enable(board, target, clock=province.clock)


# -- one's own password ------------------------------------------------------------------------------------------


def test_changing_a_password_asks_for_the_old_one(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "pause", lambda _seconds: None)
    actor = acting(province, "longpd.thcstk")
    with pytest.raises(Invalid) as refused:
        account_state.change_own_password(actor, "wrong", NEW, clock=province.clock)
    assert refused.value.problems[0][0] == "old"
    account = account_state.change_own_password(actor, PASSWORD, NEW, clock=province.clock)
    assert check_password_hash(account.password or "", NEW)
    assert (account.session_epoch, account.must_change_password) == (1, False)


@pytest.mark.parametrize(
    "new",
    [PASSWORD, "short", "longpd.thcstk 9X", "Long dài lắm 2026", "matkhau123456", "a" * 20, "x1Y!" * 40],
)
def test_password_rules(province: Province, new: str) -> None:
    actor = acting(province, "longpd.thcstk")
    with pytest.raises(Invalid) as refused:
        account_state.change_own_password(actor, PASSWORD, new, clock=province.clock)
    assert {field for field, _message in refused.value.problems} == {"new"}


def test_guessing_the_old_password_is_slowed_like_signing_in(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(sign_in, "pause", waited.append)
    actor = acting(province, "longpd.thcstk")
    for number in range(sign_in.FREE_TRIES + 3):
        with pytest.raises(Invalid):
            account_state.change_own_password(actor, f"guess {number}", NEW, clock=province.clock)
    assert len(waited) == 3


def test_changing_it_ends_every_other_session(province: Province) -> None:
    user_id = account_id("longpd.thcstk")
    here, there = (
        sign_in.start_session(user_id, address="", agent="", clock=province.clock) for _ in range(2)
    )
    row = db.session.scalars(sa.select(LoginSession).where(LoginSession.token == here)).one()
    actor = actor_for(db.session(), account_of("longpd.thcstk"), local_day(province.now), session_id=row.id)
    assert len(account_state.open_sessions(db.session(), actor)) == 2
    account_state.change_own_password(actor, PASSWORD, NEW, clock=province.clock)
    assert (sign_in.why_ended(here), sign_in.why_ended(there)) == (None, "password")
