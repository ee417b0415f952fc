"""Signing in: who gets in, who is slowed, and what ends a session (design §5, traps 17 and 22)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.models import Account, AuditEvent, LoginSession, SignInAttempt
from app.services import account_state, sign_in
from app.services.sign_in import TooManyTries
from tests.conftest import csrf
from tests.factories.province import PASSWORD, Province
from tests.services.helpers import acting

SCHOOL, ELSEWHERE = "203.0.113.7", "198.51.100.9"
IDLE = timedelta(minutes=30)


@pytest.fixture
def engine_name() -> str:
    """One engine: `test_account_engines.py` walks the same ground on both."""
    return "sqlite"


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long slowed tries would have waited; nobody really does."""
    seconds: list[float] = []
    monkeypatch.setattr(sign_in, "pause", seconds.append)
    return seconds


@pytest.fixture
def enter(province: Province) -> Callable[..., Account | None]:
    """Try a name and a password from an address."""

    def attempt(name: str, password: str = PASSWORD, address: str = SCHOOL) -> Account | None:
        return sign_in.authenticate(name, password, address=address, agent="test", clock=province.clock)

    return attempt


def test_the_right_password_gets_in_and_is_recorded(enter: Callable[..., Account | None]) -> None:
    account = enter("  LongPD.thcstk ")
    assert account is not None
    assert (account.username, account.login_count, account.fail_login_count) == ("longpd.thcstk", 1, 0)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "sign_in")).one()
    assert (event.outcome, event.address, event.unit_id) == ("done", SCHOOL, account.unit_id)


@pytest.mark.parametrize(
    ("name", "password"),
    [("longpd.thcstk", "wrong"), ("nobody.thcstk", PASSWORD), ("", PASSWORD), ("longpd.thcstk", ""),
     ("longpd.thcstk", "a\0b"), ("longpd.thcstk", "x" * 5000), ("x" * 5000, PASSWORD)],
)  # fmt: skip
def test_anything_else_does_not(enter: Callable[..., Account | None], name: str, password: str) -> None:
    assert enter(name, password) is None


def test_a_password_typed_with_loose_accents_is_the_same_password(
    province: Province, enter: Callable[..., Account | None]
) -> None:
    actor = acting(province, "longpd.thcstk")
    account_state.change_own_password(actor, PASSWORD, "Mưa rào tháng bảy", clock=province.clock)
    assert enter("longpd.thcstk", "Mu\u031ba ra\u0300o tha\u0301ng ba\u0309y") is not None


def test_500_wrong_passwords_slow_the_guesser_and_keep_nobody_out(
    enter: Callable[..., Account | None], waited: list[float]
) -> None:
    for number in range(500):
        assert enter("giangnt.thcstk", f"guess {number}", ELSEWHERE) is None
    assert len(waited) == 500 - sign_in.FREE_TRIES
    assert waited == sorted(waited)
    assert (waited[0], waited[-1]) == (0.1, sign_in.MAX_DELAY)
    assert enter("giangnt.thcstk", address="192.0.2.44") is not None


def test_a_slowed_try_waits_before_it_is_looked_at(
    enter: Callable[..., Account | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a guesser with many lines would read "wrong" off every line that is turned away."""
    for _ in range(sign_in.FREE_TRIES):
        enter("giangnt.thcstk", "wrong", ELSEWHERE)
    looked: list[str] = []
    monkeypatch.setattr(sign_in, "check_password_hash", lambda *_: looked.append("looked") or False)
    monkeypatch.setattr(sign_in, "pause", lambda _seconds: looked.append("waited"))
    enter("giangnt.thcstk", "wrong", ELSEWHERE)
    assert looked == ["waited", "looked"]


def test_a_second_line_of_the_same_guesser_is_turned_away_unread(
    enter: Callable[..., Account | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(sign_in.FREE_TRIES):
        enter("giangnt.thcstk", "wrong", ELSEWHERE)
    refused: list[str] = []
    inside: list[bool] = []

    def meanwhile(_seconds: float) -> None:
        if inside:
            return
        inside.append(True)
        with pytest.raises(TooManyTries):
            enter("giangnt.thcstk", PASSWORD, ELSEWHERE)
        refused.append("right password, wrong queue")
        assert enter("giangnt.thcstk", PASSWORD, SCHOOL) is not None  # the owner, from elsewhere

    monkeypatch.setattr(sign_in, "pause", meanwhile)
    assert enter("giangnt.thcstk", "wrong", ELSEWHERE) is None
    assert refused == ["right password, wrong queue"]


def test_guesses_from_afar_do_not_slow_the_owner_at_the_usual_place(
    enter: Callable[..., Account | None], waited: list[float]
) -> None:
    assert enter("giangnt.thcstk") is not None
    for number in range(20):
        enter("giangnt.thcstk", f"guess {number}", ELSEWHERE)
    waited.clear()
    assert enter("giangnt.thcstk", "slip of the finger") is None
    assert enter("giangnt.thcstk") is not None
    assert waited == []


def test_old_tries_are_forgotten(
    province: Province, enter: Callable[..., Account | None], waited: list[float]
) -> None:
    for number in range(10):
        enter("giangnt.thcstk", f"guess {number}")
    province.now += sign_in.FORGET_AFTER
    waited.clear()
    enter("giangnt.thcstk", "guess again")
    assert waited == []


def test_60_teachers_behind_one_address_sign_in_within_two_minutes(
    province: Province, enter: Callable[..., Account | None], waited: list[float]
) -> None:
    names = [name for name in province.usernames if name.endswith((".thcstk", ".thcsba"))]
    for turn in range(60):
        name = names[turn % len(names)]
        if turn % 4 == 0:
            enter(name, "slip of the finger")
        assert enter(name) is not None
        province.now += timedelta(seconds=2)
    assert waited == []


def test_many_names_from_one_address_are_refused_but_not_for_those_known_there(
    province: Province, enter: Callable[..., Account | None]
) -> None:
    assert enter("longpd.thcstk") is not None
    for number in range(sign_in.MAX_WRONG_NAMES):
        enter(f"name{number}.thcstk", "wrong")
    with pytest.raises(TooManyTries):
        enter("habtt.thcstk")
    assert enter("longpd.thcstk") is not None
    assert enter("habtt.thcstk", address=ELSEWHERE) is not None
    province.now += sign_in.FORGET_AFTER
    assert enter("habtt.thcstk") is not None


def test_a_disabled_account_does_not_get_in(province: Province, enter: Callable[..., Account | None]) -> None:
    board = acting(province, "quantb.thcstk")
    account_state.disable(
        board, acting(province, "longpd.thcstk").user_id, "Chuyển trường", clock=province.clock
    )
    assert enter("longpd.thcstk") is None


# -- sessions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def session_of(province: Province) -> Callable[[str], LoginSession]:
    """A signed-in session of an account."""

    def open_session(username: str) -> LoginSession:
        user_id = acting(province, username).user_id
        token = sign_in.start_session(user_id, address=SCHOOL, agent="test", clock=province.clock, idle=IDLE)
        return db.session.scalars(sa.select(LoginSession).where(LoginSession.token == token)).one()

    return open_session


def test_a_session_lives_while_somebody_works(
    province: Province, session_of: Callable[[str], LoginSession]
) -> None:
    login = session_of("longpd.thcstk")
    for _ in range(5):
        province.now += timedelta(minutes=20)
        assert sign_in.still_alive(login, province.clock, IDLE)
    assert province.now - login.last_seen_at < timedelta(seconds=1)


def test_an_idle_session_ends_when_it_fell_idle(
    province: Province, session_of: Callable[[str], LoginSession]
) -> None:
    login = session_of("longpd.thcstk")
    fell_idle = login.last_seen_at + IDLE
    province.now += timedelta(hours=3)
    assert sign_in.left_at(login, province.now, IDLE) == fell_idle
    assert not sign_in.still_alive(login, province.clock, IDLE)
    db.session.refresh(login)
    assert (login.ended_at, login.end_reason) == (fell_idle, "idle")
    assert not sign_in.still_alive(login, province.clock, IDLE)


def test_sessions_nobody_came_back_to_are_ended_by_the_next_sign_in(
    province: Province, session_of: Callable[[str], LoginSession]
) -> None:
    left = session_of("longpd.thcstk")
    left_id, fell_idle = left.id, left.last_seen_at + IDLE
    province.now += timedelta(hours=9)
    session_of("habtt.thcstk")
    row = db.session.get_one(LoginSession, left_id)
    assert (row.ended_at, row.end_reason) == (fell_idle, "idle")
    assert sign_in.end_idle_sessions(clock=province.clock, idle=IDLE) == 0


def test_an_ended_session_keeps_its_first_end(
    province: Province, session_of: Callable[[str], LoginSession]
) -> None:
    login = session_of("longpd.thcstk")
    sign_in.end_session(login.token, "sign_out", moment=province.clock())
    first = db.session.get_one(LoginSession, login.id).ended_at
    sign_in.end_session(login.token, "idle", moment=province.clock())
    assert db.session.get_one(LoginSession, login.id).ended_at == first
    assert sign_in.why_ended(login.token) == "sign_out"


def test_old_tries_leave_the_table_but_not_the_audit(
    province: Province, enter: Callable[..., Account | None], session_of: Callable[[str], LoginSession]
) -> None:
    enter("longpd.thcstk", "wrong")
    province.now += sign_in.KNOWN_FOR + timedelta(days=1)
    session_of("habtt.thcstk")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt)) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 1


# -- the form and the API ----------------------------------------------------------------------------------------


def token_of(client: FlaskClient, username: str, password: str = PASSWORD, **more: bool) -> dict[str, str]:
    answer = client.post("/api/v1/security/login", json={"username": username, "password": password, **more})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def sees(app: Flask, token: str) -> bool:
    """Does a token still open anything? Its own session is the smallest thing."""
    answer = app.test_client().post("/api/v1/security/refresh", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


def test_the_api_signs_in_under_the_same_limits(app: Flask, province: Province, waited: list[float]) -> None:
    client = app.test_client()
    for number in range(8):
        wrong = {"username": "longpd.thcstk", "password": f"guess {number}"}
        assert client.post("/api/v1/security/login", json=wrong).status_code == 401
    assert len(waited) == 8 - sign_in.FREE_TRIES
    assert token_of(client, "longpd.thcstk")["access_token"]
    for body in (None, [], {"username": "x"}, {"username": 1, "password": 2}):
        assert client.post("/api/v1/security/login", json=body).status_code == 400


def test_the_api_says_wait_when_an_address_tries_too_many_names(
    app: Flask, province: Province, enter: Callable[..., Account | None]
) -> None:
    for number in range(sign_in.MAX_WRONG_NAMES):
        enter(f"name{number}.thcstk", "wrong", "127.0.0.1")
    body = {"username": "longpd.thcstk", "password": PASSWORD}
    answer = app.test_client().post("/api/v1/security/login", json=body)
    assert (answer.status_code, "message" in answer.get_json()) == (429, True)


def test_a_reset_ends_tokens_and_cookies_alike(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient]
) -> None:
    client = client_for("longpd.thcstk")
    token = token_of(app.test_client(), "longpd.thcstk", refresh=True)["refresh_token"]
    assert sees(app, token)
    assert client.get("/account/").status_code == 200
    board = acting(province, "quantb.thcstk")
    new = account_state.reset_password(board, acting(province, "longpd.thcstk").user_id, clock=province.clock)
    assert not sees(app, token)
    assert client.get("/account/").status_code == 302
    assert "đã được đặt lại" in client.get("/login/").text or "was reset" in client.get("/login/").text
    answer = app.test_client().post(
        "/api/v1/security/login", json={"username": "longpd.thcstk", "password": new.one_time_password}
    )
    assert answer.status_code == 403  # a one-time password is replaced on the page, not by token


def test_signing_out_elsewhere_ends_tokens_too(app: Flask, province: Province) -> None:
    token = token_of(app.test_client(), "longpd.thcstk", refresh=True)["refresh_token"]
    assert account_state.sign_out_elsewhere(acting(province, "longpd.thcstk"), clock=province.clock) == 1
    assert not sees(app, token)


@pytest.fixture
def browser(client_for: Callable[[str], FlaskClient]) -> FlaskClient:
    """A teacher at a staff-room machine."""
    return client_for("longpd.thcstk")


def test_an_idle_browser_is_signed_out_and_told(province: Province, browser: FlaskClient) -> None:
    province.now += timedelta(minutes=29)
    assert browser.get("/account/alive").status_code == 200
    province.now += timedelta(minutes=29)
    assert browser.get("/account/").status_code == 200
    province.now += timedelta(minutes=31)
    assert browser.get("/account/").status_code == 302
    page = browser.get("/login/").text
    assert "tự đăng xuất" in page
    assert 'class="alert alert-info"' in page
    assert db.session.scalars(sa.select(LoginSession.end_reason)).all() == ["idle"]


def test_the_page_may_end_an_idle_session_itself(browser: FlaskClient) -> None:
    answer = browser.get("/logout/?idle=1&next=/accounts/")
    assert answer.headers["Location"] == "/login/?next=/accounts/"
    assert 'class="alert alert-info"' in browser.get("/login/").text
    assert db.session.scalars(sa.select(LoginSession.end_reason)).all() == ["idle"]
    elsewhere = browser.get("/logout/?idle=1&next=//evil.example/")
    assert "evil" not in elsewhere.headers["Location"]


def test_a_wrong_password_on_the_form_says_so_without_saying_which(app: Flask, province: Province) -> None:
    pages = []
    for name in ("longpd.thcstk", "nobody.thcstk"):
        client = app.test_client()
        body = {"username": name, "password": "wrong", "csrf_token": csrf(client, "/login/")}
        pages.append(client.post("/login/", data=body))
    assert [page.status_code for page in pages] == [200, 200]
    assert all('class="alert alert-warning"' in page.text for page in pages)


def test_the_form_needs_both_fields_and_says_where(app: Flask, province: Province) -> None:
    client = app.test_client()
    page = client.post("/login/", data={"csrf_token": csrf(client, "/login/")})
    assert page.text.count('class="hv-error"') == 2
