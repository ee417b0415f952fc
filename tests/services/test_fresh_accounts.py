"""One person who resets passwords fills no seats with them (needs A2, A3): refused, told to the tier above, or seen by it."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.corrections import IN_HAND, State
from app.domain.exceptions import ExceptionKind
from app.domain.watch import MANY_ACCOUNTS, Pattern
from app.errors import Forbidden
from app.extensions import db
from app.models import Account, ExceptionNote
from app.services.account_state import disable, enable, reset_password
from app.services.corrections import take_seat
from app.services.watch_list import schools_to_watch, watch_list
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.correction_helpers import (
    BOARD,
    DEPUTY,
    HEAD,
    LEADER_ABOVE,
    OTHER,
    TEACHER,
    ask,
    enter_and_lock,
    found,
    mark,
    move_homeroom,
    sit,
    sit_all,
)
from tests.services.helpers import acting

ADDRESS = "203.0.113.7"


def account_id(username: str) -> int:
    return db.session.scalars(sa.select(Account.id).where(Account.username == username)).one()


def reset(province: Province, by: str, *whose: str) -> None:
    """One-time passwords, which whoever resets can read."""
    for username in whose:
        reset_password(acting(province, by), account_id(username), clock=province.clock)


def locked_mark(province: Province) -> None:
    move_homeroom(province, "7A", "habtt")
    enter_and_lock(province, {"midterm": "4"})


def told() -> list[ExceptionNote]:
    rows = sa.select(ExceptionNote).where(ExceptionNote.kind == ExceptionKind.ACCOUNT_IN_HAND)
    return list(db.session.scalars(rows.order_by(ExceptionNote.id)))


def test_the_head_who_resets_passwords_sits_with_none_of_them(app: Flask, province: Province) -> None:
    """The scandal replayed: the head signs in as each of them; her own seat is the one she can't take."""
    locked_mark(province)
    reset(province, HEAD, TEACHER, OTHER, BOARD, DEPUTY)
    request = ask(province, old="4", new="8")
    sit(province, request, OTHER)
    with pytest.raises(Forbidden) as refused:
        sit(province, request, HEAD)
    assert refused.value.params["name"] == "Nguyễn Thị Giang"
    assert found(request).state is State.APPROVING
    assert mark(province) == 4
    assert {note.details["account"] for note in told()} == {TEACHER, OTHER}
    assert {note.unit_id for note in told()} == {province.first.unit_id}


def test_nor_do_they_once_she_sits(app: Flask, province: Province) -> None:
    """Reset after her own step: the next seat is refused to the account."""
    locked_mark(province)
    request = ask(province, old="4", new="8")
    sit_all(province, request, (OTHER, HEAD))
    reset(province, HEAD, TEACHER, BOARD)
    for who in (TEACHER, BOARD):
        with pytest.raises(Forbidden):
            sit(province, request, who)
    sit(province, request, DEPUTY)  # an account nobody has had in hand
    province.now += IN_HAND
    assert sit_all(province, request, (TEACHER, BOARD)) is State.APPLIED
    assert told() == []


def test_an_account_enabled_again_counts_alike_and_one_handled_from_above_does_not(
    app: Flask, province: Province
) -> None:
    locked_mark(province)
    disable(acting(province, HEAD), account_id(OTHER), "thử", clock=province.clock)
    enable(acting(province, HEAD), account_id(OTHER), clock=province.clock)
    reset(province, "maipt.xatk", HEAD)
    request = ask(province, old="4", new="8")
    sit(province, request, OTHER)
    assert [note.details["account"] for note in told()] == [OTHER]
    with pytest.raises(Forbidden):
        sit(province, request, HEAD)


def test_many_accounts_at_one_address_stand_on_the_watch_list(app: Flask, province: Province) -> None:
    locked_mark(province)
    request = ask(province, old="4", new="8")
    for who in (OTHER, HEAD, TEACHER, BOARD, DEPUTY):
        province.now += timedelta(seconds=5)
        take_seat(replace(acting(province, who), address=ADDRESS), request, clock=province.clock)
    span = (province.now - timedelta(days=1), province.now + timedelta(minutes=1))
    actor = acting(province, LEADER_ABOVE)
    with counting(app) as statements:
        seen = watch_list(db.session(), actor, province.first.unit_id, *span)
    assert len(statements) <= 15
    (prompt,) = seen.of(Pattern.ONE_ADDRESS)
    assert (prompt.cells, prompt.unit_id) == (5, province.first.unit_id)
    assert found(request).code in prompt.about
    assert ADDRESS in prompt.about
    line = next(s for s in schools_to_watch(db.session(), actor, *span) if s.unit.id == prompt.unit_id)
    assert line.counts[Pattern.ONE_ADDRESS] == 1


def test_few_accounts_or_a_whole_day_at_one_address_prompt_nobody(app: Flask, province: Province) -> None:
    """A school sits behind one address: it takes many accounts within the hour."""
    locked_mark(province)
    request = ask(province, old="4", new="8")
    for number, who in enumerate((OTHER, HEAD, TEACHER)):
        province.now += timedelta(hours=2 if number else 0)
        take_seat(replace(acting(province, who), address=ADDRESS), request, clock=province.clock)
    assert MANY_ACCOUNTS > 2
    span = (province.now - timedelta(days=1), province.now + timedelta(minutes=1))
    seen = watch_list(db.session(), acting(province, LEADER_ABOVE), province.first.unit_id, *span)
    assert seen.of(Pattern.ONE_ADDRESS) == []
