"""Accounts by S4 Điều 3: their names, their passwords, who may touch whose."""

import logging
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.security import check_password_hash

from app.domain.access import SYSTEM, Actor
from app.domain.vocabulary import Role, UnitKind
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Account, AccountHolder, AuditEvent, OrgUnit, Person, Position
from app.services import account_lists, account_state, accounts, org, sign_in
from app.services.actors import actor_for
from app.services.clock import local_day
from app.services.people import PersonName, add_person
from app.services.staff import NewPerson
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting

DECISION = "QĐ số 12/QĐ-UBND ngày 05/08/2026"
NEW = "Mưa rào tháng bảy 2026"


@pytest.fixture
def engine_name() -> str:
    """One engine: `test_account_engines.py` walks the same ground on both."""
    return "sqlite"


def hire(province: Province, *names: PersonName, unit_id: int | None = None) -> list[int]:
    """People on file at the first school (or another unit), without accounts. Returns their ids."""
    with transaction(SYSTEM, "test.hire", clock=province.clock) as work:
        unit = work.session.get_one(OrgUnit, unit_id or province.first.unit_id)
        people = [add_person(work, unit, name, {}, day=local_day(province.now)) for name in names]
        work.flush()
        return [person.id for person in people]


def account_of(username: str) -> Account:
    return db.session.scalars(sa.select(Account).where(Account.username == username)).one()


def account_id(username: str) -> int:
    return account_of(username).id


def names_made(province: Province, actor: Actor, ids: list[int]) -> list[str]:
    return [new.username for new in accounts.create_accounts(actor, ids, clock=province.clock)]


# -- names -------------------------------------------------------------------------------------------------------


def test_a_whole_staff_list_gets_names_by_s4_article_3(province: Province) -> None:
    """In a new school: the principal is filed first and gets the plain name, the second Giang a number."""
    with transaction(SYSTEM, "test.school", clock=province.clock) as work:
        commune = work.session.get_one(OrgUnit, province.commune_id)
        new = org.NewUnit("thcsmd", UnitKind.LOWER_SECONDARY, "Trường THCS Mới", "THCS Mới", date(2026, 8, 1))
        unit_id = org.add_unit(work, new, commune).id
    ids = hire(
        province,
        PersonName("Nguyễn", "Thị", "Giang"),
        PersonName("Ngô", "Thanh", "Giang"),
        PersonName("Byă", "Y", "Khương", "Y Khương Byă"),
        PersonName("Đặng", "", "Đức"),
        unit_id=unit_id,
    )
    made = accounts.create_accounts(
        acting(province, "maipt.xatk"), list(reversed(ids)), clock=province.clock, unit_id=unit_id
    )
    assert [new.username for new in reversed(made)] == [
        "giangnt.thcsmd",
        "giangnt2.thcsmd",
        "khuongyb.thcsmd",
        "ducd.thcsmd",
    ]
    assert [new.full_name for new in made][1] == "Y Khương Byă"


def test_the_parts_decide_in_whatever_order_they_are_stored(province: Province) -> None:
    """họ Byă, or Y taken for the họ: the tên is Khương, the initials follow the written name."""
    board = acting(province, "quantb.thcstk")
    ids = hire(
        province,
        PersonName("Byă", "Y", "Khương", "Y Khương Byă"),
        PersonName("Y", "Byă", "Khương", "Y Khương Byă"),
    )
    assert names_made(province, board, ids) == ["khuongyb2.thcstk", "khuongyb3.thcstk"]


def test_a_name_is_never_used_again(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    account_state.disable(board, account_id("longpd.thcstk"), "Chuyển trường", clock=province.clock)
    assert names_made(province, board, hire(province, PersonName("Phan", "Đình", "Long"))) == [
        "longpd2.thcstk"
    ]


def test_correcting_the_parts_leaves_the_account_its_name(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    person_id = province.first.person_ids["khuongyb"]
    account_state.correct_name_parts(
        board, person_id, family="Y", middle="Khương", given="Byă", written=None, clock=province.clock
    )
    account = account_of("khuongyb.thcstk")
    assert (account.first_name, account.last_name, account.person.full_name) == (
        "Y Khương",
        "Byă",
        "Y Khương Byă",
    )
    version = db.session.get_one(Person, person_id).versions
    assert [row.given_name for row in version] == ["Khương", "Byă"]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        (("Lê", "Thị", "", None), "given_name"),
        (("Lê", "Thị", "Hoa", "Lê Thị Huệ"), "written_name"),
        (("Lª", "ThÞ", "V©n", None), "family_name"),
        (("L" * 41, "", "Hoa", None), "family_name"),
    ],
)
def test_a_name_that_is_none_is_refused_beside_its_field(
    province: Province, parts: tuple[str, str, str, str | None], field: str
) -> None:
    family, middle, given, written = parts
    with pytest.raises(Invalid) as refused:
        account_state.correct_name_parts(
            acting(province, "quantb.thcstk"),
            province.first.person_ids["longpd"],
            family=family,
            middle=middle,
            given=given,
            written=written,
            clock=province.clock,
        )
    assert refused.value.problems[0][0] == field


def test_unit_codes_are_unique_over_the_whole_database(province: Province) -> None:
    new = org.NewUnit("thcstk", UnitKind.LOWER_SECONDARY, "Trường THCS Khác", "THCS Khác", date(2026, 8, 1))
    with pytest.raises(Invalid):
        org.create_unit(acting(province, "daoct.sogd"), new, province.department_id, clock=province.clock)


# -- creating ----------------------------------------------------------------------------------------------------


def test_one_time_passwords_are_hashed_and_never_logged(
    province: Province, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ids = hire(province, PersonName("Lê", "Thị", "Hoa"), PersonName("Lê", "Văn", "Nam"))
    made = accounts.create_accounts(acting(province, "quantb.thcstk"), ids, clock=province.clock)
    assert len({new.one_time_password for new in made}) == 2
    for new in made:
        stored = account_of(new.username)
        assert stored.must_change_password
        assert new.one_time_password not in (stored.password or "")
        assert check_password_hash(stored.password or "", new.one_time_password)
        assert new.one_time_password not in repr(new)
        assert new.one_time_password not in caplog.text
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "account.create")).all()
    assert [event.details for event in events] == [{"username": "hoalt.thcstk"}, {"username": "namlv.thcstk"}]


def test_all_or_none_are_made(province: Province) -> None:
    board = acting(province, "quantb.thcstk")
    (new,) = hire(province, PersonName("Lê", "Thị", "Hoa"))
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Account))
    cases = (
        (Invalid, [new, province.first.person_ids["longpd"]]),
        (NotFound, [new, province.second.person_ids["longpd"]]),
        (NotFound, [new, 999_999]),
        (Invalid, []),
        (Invalid, list(range(1, 500))),
    )
    for error, ids in cases:
        with pytest.raises(error):
            accounts.create_accounts(board, ids, clock=province.clock)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Account)) == before


@pytest.mark.parametrize(
    "username", ["longpd.thcstk", "hongvt.thcstk", "hocnv.thcstk", "quantb.thcsba", "sonlv.xatk"]
)
def test_only_its_administrators_and_head_make_a_units_accounts(province: Province, username: str) -> None:
    ids = hire(province, PersonName("Lê", "Thị", "Hoa"))
    with pytest.raises(Forbidden):
        accounts.create_accounts(
            acting(province, username), ids, clock=province.clock, unit_id=province.first.unit_id
        )


def test_a_teacher_of_two_schools_has_an_account_at_each(province: Province) -> None:
    lent = province.second.person_ids["longpd"]
    with transaction(SYSTEM, "test.lend", clock=province.clock) as work:
        work.session.add(
            Position(
                person_id=lent, unit_id=province.first.unit_id, role=Role.SUBJECT_TEACHER, title="Giáo viên",
                starts_on=date(2026, 9, 1),
            )
        )  # fmt: skip
    waiting = account_lists.without_account(
        db.session(), acting(province, "quantb.thcstk"), province.first.unit_id, local_day(province.now)
    )
    assert [person.id for person in waiting] == [lent]
    assert names_made(province, acting(province, "quantb.thcstk"), [lent]) == ["longpd2.thcstk"]


# -- administration accounts -------------------------------------------------------------------------------------


def test_a_units_administration_account_has_one_named_holder(province: Province) -> None:
    above = acting(province, "maipt.xatk")
    first = province.first
    made = accounts.create_unit_admin(
        above, first.unit_id, first.person_ids["hongvt"], DECISION, clock=province.clock
    )
    assert (made.username, made.full_name) == ("bg_thcstk", "Vũ Thị Hồng")
    actor = acting(province, "bg_thcstk")
    assert (actor.full_name, actor.roles) == ("Vũ Thị Hồng", {Role.SCHOOL_ADMIN})
    with pytest.raises(Invalid):
        accounts.create_unit_admin(
            above, first.unit_id, first.person_ids["hocnv"], DECISION, clock=province.clock
        )

    token = sign_in.start_session(made.account_id, address="", agent="", clock=province.clock)
    before = account_of("bg_thcstk").session_epoch
    province.now += timedelta(days=30)
    new = accounts.change_holder(
        above, made.account_id, first.person_ids["hocnv"], DECISION, clock=province.clock
    )
    account = account_of("bg_thcstk")
    assert (new.full_name, account.session_epoch, account.must_change_password) == (
        "Nhữ Văn Học",
        before + 1,
        True,
    )
    assert not check_password_hash(account.password or "", made.one_time_password)
    assert sign_in.why_ended(token) == "reset"
    held = db.session.scalars(sa.select(AccountHolder).order_by(AccountHolder.id)).all()
    today = local_day(province.now)
    assert [row.ends_on for row in held] == [today - timedelta(days=1), None]
    assert acting(province, "bg_thcstk").full_name == "Nhữ Văn Học"
    was = actor_for(db.session(), account, today - timedelta(days=1))
    assert was.full_name == "Vũ Thị Hồng"
    with pytest.raises(Invalid):
        accounts.change_holder(
            above, made.account_id, first.person_ids["hocnv"], DECISION, clock=province.clock
        )


def test_the_first_holder_of_a_new_school_is_put_on_file_at_once(province: Province) -> None:
    new = org.NewUnit(
        "thcsmd",
        UnitKind.LOWER_SECONDARY,
        "Trường THCS Mới",
        "THCS Mới",
        date(2026, 8, 1),
        locality_code="BG",
    )
    daoct = acting(province, "daoct.sogd")
    unit_id = org.create_unit(daoct, new, province.department_id, clock=province.clock)
    daoct = acting(province, "daoct.sogd")
    holder = NewPerson("Khương", "Byă", "Y", "Y Khương Byă")
    made = accounts.create_unit_admin(daoct, unit_id, holder, DECISION, clock=province.clock)
    assert (made.username, made.full_name) == ("bg_thcsmd", "Y Khương Byă")


def test_administration_accounts_come_from_above_or_from_the_head(province: Province) -> None:
    first = province.first
    for username in ("quantb.thcstk", "longpd.thcstk", "giangnt.thcsba", "quantb.thcsba", "sonlv.xatk"):
        with pytest.raises(Forbidden):
            accounts.create_unit_admin(
                acting(province, username),
                first.unit_id,
                first.person_ids["hongvt"],
                DECISION,
                clock=province.clock,
            )
    head = acting(province, "giangnt.thcstk")
    with pytest.raises(Invalid):
        accounts.create_unit_admin(
            head, first.unit_id, first.person_ids["hongvt"], "  ", clock=province.clock
        )
    with pytest.raises(NotFound):
        accounts.create_unit_admin(
            head, first.unit_id, province.second.person_ids["hongvt"], DECISION, clock=province.clock
        )
    made = accounts.create_unit_admin(
        head, first.unit_id, first.person_ids["hongvt"], DECISION, clock=province.clock
    )
    with pytest.raises(Forbidden):
        accounts.change_holder(
            acting(province, "quantb.thcstk"), made.account_id, first.person_ids["quantb"], DECISION,
            clock=province.clock,
        )  # fmt: skip
    with pytest.raises(Invalid):
        accounts.change_holder(
            head, account_id("longpd.thcstk"), first.person_ids["hocnv"], DECISION, clock=province.clock
        )


# -- the first department ----------------------------------------------------------------------------------------


def test_the_installer_creates_the_department_and_hands_it_to_a_person(app: Flask) -> None:
    from app.services.clock import system_clock as clock

    def installer() -> Actor:
        return actor_for(db.session(), account_of("admin"), local_day(clock()))

    assert installer().roles == {Role.DEPARTMENT_ADMIN}
    words = ("sogd", "Sở Giáo dục và Đào tạo Bình Giang", "Sở GDĐT Bình Giang", "bg")
    for wrong in (("--", *words[1:]), ("s" * 21, *words[1:]), (words[0], "", *words[2:]), (*words[:3], " ")):
        with pytest.raises(Invalid):
            accounts.create_first_department(installer(), *wrong, NewPerson("Đào"), clock=clock)
    unit_id = accounts.create_first_department(
        installer(), *words, NewPerson("Đào", "Chu", "Thị"), clock=clock
    )
    actor = installer()
    assert (actor.unit_id, actor.full_name, actor.roles) == (unit_id, "Chu Thị Đào", {Role.DEPARTMENT_ADMIN})
    with pytest.raises(Forbidden):
        accounts.create_first_department(actor, *words, NewPerson("Đào"), clock=clock)


def test_nobody_else_creates_a_department(province: Province) -> None:
    words = ("sogd2", "Sở Hai", "Sở Hai", "h")
    for username in ("daoct.sogd", "binhhv.sogd", "quantb.thcstk"):
        with pytest.raises(Forbidden):
            accounts.create_first_department(
                acting(province, username), *words, NewPerson("Đào"), clock=province.clock
            )
    with pytest.raises(Forbidden):  # the installer comes too late where a department exists
        accounts.create_first_department(
            acting(province, "admin"), *words, NewPerson("Đào"), clock=province.clock
        )
