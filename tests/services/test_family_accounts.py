"""Accounts of families: one for a parent of two, and none that looks like a right without a role."""

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.access_review import AccessFlag
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Guardian, Student
from app.services.clock import local_day
from app.services.families import children, make_account
from app.services.family_accounts import link_account, members
from app.services.unit_of_work import transaction
from tests.conftest import counting, csrf
from tests.factories.province import Province
from tests.services.correction_helpers import HEAD, TEACHER
from tests.services.helpers import acting
from tests.services.test_access_review import lines

MOTHER = "Lò Thị Mai"


@pytest.fixture
def guardians(app: Flask, province: Province) -> list[int]:
    """The same mother of two children, her phone written in two ways; a namesake of hers with another phone."""
    found = []
    with transaction(SYSTEM, "test.guardians", clock=province.clock) as work:
        for student, phone in zip(
            province.first.student_ids[:3], ("0912 345 678", "0912345678", "0988000111"), strict=True
        ):
            row = Guardian(student_id=student, relation="mother", full_name=MOTHER, phone=phone)
            work.session.add(row)
            work.flush()
            found.append(row.id)
    return found


def offers(province: Province, place: int) -> list[str]:
    db.session.rollback()
    student = db.session.get_one(Student, province.first.student_ids[place])
    _child, mother = members(db.session(), student, local_day(province.now))
    return [offer.username for offer in mother.offers]


def test_a_parent_of_two_reads_both_with_one_account(
    app: Flask, province: Province, guardians: list[int]
) -> None:
    first, second, third = province.first.student_ids[:3]
    clerk = acting(province, HEAD)
    assert offers(province, 1) == []
    made = make_account(clerk, first, guardians[0], clock=province.clock)
    assert (offers(province, 1), offers(province, 2)) == ([made.username], [])
    account = acting(province, made.username)
    with pytest.raises(Invalid):
        link_account(clerk, third, guardians[2], account.user_id or 0, clock=province.clock)
    with pytest.raises(NotFound):
        link_account(clerk, second, guardians[0], account.user_id or 0, clock=province.clock)
    with pytest.raises(Forbidden):
        link_account(
            acting(province, TEACHER), second, guardians[1], account.user_id or 0, clock=province.clock
        )
    told = link_account(clerk, second, guardians[1], account.user_id or 0, clock=province.clock)
    assert told == made.username
    day = local_day(province.now)
    assert {c.id for c in children(db.session(), acting(province, told), day)} == {first, second}
    with pytest.raises(Invalid):
        link_account(clerk, second, guardians[1], account.user_id or 0, clock=province.clock)


def test_the_page_names_the_accounts_there_are_and_offers_what_may_be_joined(
    app: Flask, province: Province, guardians: list[int], client_for
) -> None:
    first, second = province.first.student_ids[:2]
    made = make_account(acting(province, HEAD), first, guardians[0], clock=province.clock)
    office = client_for(HEAD)
    page = office.get(f"/publications/accounts/{first}").text
    assert f"<code>{made.username}</code>" in page
    assert page.partition("<main")[2].count("<form") == 1  # the student's
    page = office.get(f"/publications/accounts/{second}").text
    assert page.count(made.username) == 2  # whose it is, and the button
    user_id = acting(province, made.username).user_id
    assert f'name="account" value="{user_id}"' in page
    sent = {"guardian": guardians[1], "account": user_id, "csrf_token": csrf(office)}
    answer = office.post(f"/publications/accounts/{second}", data=sent)
    assert (answer.status_code, 'role="status"' in answer.text) == (200, True)
    assert office.post(f"/publications/accounts/{second}", data=sent).status_code == 422
    with counting(app) as statements:
        student = db.session.get_one(Student, second)
        members(db.session(), student, local_day(province.now))
    assert len(statements) <= 4


def test_the_review_of_access_knows_a_family(app: Flask, province: Province, guardians: list[int]) -> None:
    made = make_account(
        acting(province, HEAD), province.first.student_ids[0], guardians[0], clock=province.clock
    )
    line = lines(province)[made.username.partition(".")[0]]
    assert line.family == (db.session.get_one(Student, province.first.student_ids[0]).full_name,)
    assert line.flags == {AccessFlag.NEVER_USED}
