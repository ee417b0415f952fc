"""Accounts of the demo: one for each member of staff, one to administer each unit, one printed password."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo.schools import MAIN, PILOT, UnitSpec
from app.demo.world import Member, School, World
from app.domain.access import Actor
from app.domain.names import account_name, admin_account_name
from app.models import Account, AccountHolder, OrgUnit, Person
from app.services.accounts import names_on_account, stem_of
from app.services.actors import actor_for
from app.services.setup import FIRST_ADMIN
from app.services.unit_of_work import Work

PASSWORD = "Xe-dap-cu-2026"  # noqa: S105 (printed on purpose: the demo's people are invented)
FILE = "demo_accounts.txt"

DECISION = "Quyết định số 12/QĐ về việc giao tài khoản quản trị"

LISTED = (
    ("sogd", "leader", "Lãnh đạo Sở"),
    ("sogd", "officer", "Chuyên viên Sở"),
    ("sogd", "inspector", "Thanh tra, kiểm tra (chỉ xem)"),
    ("xael", "leader", "Lãnh đạo UBND xã"),
    ("xael", "admin", "Quản trị cấp xã"),
    (MAIN, "head", "Hiệu trưởng"),
    (MAIN, "deputy", "Phó Hiệu trưởng"),
    (MAIN, "office", "Thành viên Ban quản trị, văn phòng"),
    (MAIN, "clerk", "Văn thư"),
    (MAIN, "it", "Nhân viên công nghệ thông tin"),
    (MAIN, "giang2", "Tổ trưởng chuyên môn (Ngữ văn)"),
    (MAIN, "long", "Giáo viên Toán, chủ nhiệm 7A"),
    (MAIN, "ha", "Giáo viên Toán, chủ nhiệm 7B; nhập thay"),
    (MAIN, "khuong", "Giáo viên bộ môn (GDTC)"),
    (MAIN, "late", "Giáo viên nhập điểm trễ (KHTN, Công nghệ)"),
    ("thptbg", "math1", "Giáo viên Toán THPT"),
    ("thptbg", "head", "Hiệu trưởng THPT"),
    ("gdnnbg", "head", "Giám đốc trung tâm GDNN-GDTX"),
    (PILOT, "primary9", "Giáo viên tiểu học, chủ nhiệm 5A"),
    ("mnhb", "kinder1", "Giáo viên mầm non, lớp Lá 1"),
)
"""Who is printed for trying: unit, post, what the account shows. `admin` and a school's bg_… come first."""


def add_accounts(work: Work, world: World, unit: OrgUnit, school: School, spec: UnitSpec, day: date) -> None:
    """Inside a transaction: accounts of the unit's staff and of its administration. The ids are there afterwards."""
    people = {p.id: p for p in work.session.scalars(sa.select(Person).where(Person.unit_id == unit.id))}
    fixed = {
        post.key for post in spec.staff if post.name
    }  # these names are printed: nobody drawn takes them first
    order = sorted(school.staff.items(), key=lambda item: item[0] not in fixed)
    made = {key: person_account(work, world, unit, people[m.person_id]) for key, m in order}
    holder = next((m for m in school.staff.values() if m.key in ("admin", "office")), school.head)
    admin = _administration(work, world, unit, spec)
    work.session.add(
        AccountHolder(user=admin, person=people[holder.person_id], decision=DECISION, starts_on=day)
    )
    work.flush()
    school.admin_id, school.admin_name = admin.id, admin.username
    for key, member in school.staff.items():
        member.account_id, member.username = made[key].id, made[key].username
        member.address = _address(world, member)


def person_account(work: Work, world: World, unit: OrgUnit, person: Person) -> Account:
    """Inside a transaction: a personal account with the demo's password (S4 Điều 3 khoản 2a)."""
    username = account_name(stem_of(person), unit.code, world.taken)
    world.taken.add(username)
    first, last = names_on_account(person)
    account = Account(
        username=username,
        first_name=first,
        last_name=last,
        password=world.password_hash,
        active=True,
        unit=unit,
        person=person,
        must_change_password=False,
    )
    work.session.add(account)
    return account


def _administration(work: Work, world: World, unit: OrgUnit, spec: UnitSpec) -> Account:
    """The unit's administration account (S4 Điều 3 khoản 2b); the department takes over the installation's `admin`."""
    account = None
    if not spec.parent:
        account = work.session.scalars(
            sa.select(Account).where(Account.username == FIRST_ADMIN)
        ).one_or_none()
    if account is None:
        account = Account(
            username=admin_account_name(spec.locality, spec.code),
            first_name="Quản trị",
            last_name=spec.short_name[:64],
            active=True,
        )
        work.session.add(account)
    account.unit, account.is_unit_admin = unit, True
    account.password, account.must_change_password = world.password_hash, False
    return account


def _address(world: World, member: Member) -> str:
    """Where the member mostly signs in from: addresses kept for documentation, nobody's own."""
    rng = world.rng(f"address {member.unit} {member.key}")
    return (
        f"203.0.113.{rng.randrange(1, 255)}" if rng.random() < 0.6 else f"198.51.100.{rng.randrange(1, 255)}"
    )


def act(session: Session, member: Member, day: date, *, fresh: bool = False) -> Actor:
    """The member as an Actor with the rights of `day`, or `fresh` for this once; those of a year's first day of work are kept."""
    if member.actor is not None and not fresh:
        return member.actor
    account = session.get_one(Account, member.account_id)
    found = replace(actor_for(session, account, day), address=member.address or None)
    if not fresh:
        member.actor = found
    return found


def act_as_admin(session: Session, school: School, day: date) -> Actor:
    """The unit's administration account as an Actor, held by its holder of `day`."""
    return actor_for(session, session.get_one(Account, school.admin_id), day)


def write_list(world: World, folder: Path) -> Path:
    """One line an account: `user name / password  what it is`; `make run` prints the file."""
    rows = [
        (FIRST_ADMIN, "Quản trị cấp Sở"),
        (world.units[MAIN].admin_name, "Tài khoản quản trị của THCS Thúc Kháng"),
    ]
    rows += [(world.units[code].staff[key].username, text) for code, key, text in LISTED]
    rows += world.families
    path = folder / FILE
    lines = ["Tài khoản dùng thử (mọi người và điểm số trong bản trình diễn đều là hư cấu):"]
    lines += [f"  {name} / {PASSWORD}  {text}" for name, text in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
