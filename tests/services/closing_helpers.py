"""A school of the small province brought to where its term can be closed."""

from typing import Any

from app.domain.access import SYSTEM
from app.domain.assessment.registry import Circular
from app.domain.closing import Stage
from app.extensions import db
from app.models import Account, OrgUnit, SchoolClass, SchoolYear
from app.services.cells import CellChange
from app.services.closing import signing
from app.services.closing.book import Book
from app.services.closing.load import load_book
from app.services.closing.steps import take_step
from app.services.families import make_account
from app.services.gradebook import enter_scores
from app.services.unit_of_work import record_event, transaction
from tests.factories.province import Province
from tests.services.helpers import acting

OFFICE, VICE, HEAD, BOARD = "hongvt.thcstk", "hocnv.thcstk", "giangnt.thcstk", "quantb.thcstk"
TEACHERS = ("longpd.thcstk", "habtt.thcstk")


def fill(province: Province, term: int = 1, *, judged: bool = False) -> None:
    """Every mark of the first school's term; unless it is `judged`, no result of the term is asked for."""
    if not judged:
        judge_by_none(province)
    school, half = province.first, len(province.first.student_ids) // 2
    for room, teacher, students in (
        ("7A", TEACHERS[0], school.student_ids[:half]),
        ("7B", TEACHERS[1], school.student_ids[half:]),
    ):
        for code, columns, typed in (("math", 4, "8"), ("art", 2, "Đ")):
            names = [*(f"regular_{n + 1}" for n in range(columns)), "midterm", "final"]
            changes = [CellChange(student, name, None, typed) for student in students for name in names]
            sheet = school.sheet_ids[room, code, term]
            enter_scores(acting(province, teacher), sheet, changes, clock=province.clock)


def judge_by_none(province: Province) -> None:
    """Put the classes under a circular that knows no result of a term: two subjects are too few for any other."""
    with transaction(SYSTEM, "test.circular", clock=province.clock) as work:
        for class_id in province.first.class_ids.values():
            work.session.get_one(SchoolClass, class_id).circular = Circular.TT27_2020.value


def book(province: Province, period: int = 1) -> Book:
    """The first school's book."""
    session: Any = db.session()
    session.rollback()
    unit = session.get_one(OrgUnit, province.first.unit_id)
    year = session.get_one(SchoolYear, province.year_id)
    return load_book(session, unit, year, period, province.now)


def sign_own(province: Province, username: str, period: int = 1) -> int:
    """Sign everything that is the teacher's."""
    actor, whole = acting(province, username), book(province, period)
    mine = signing.own_book(db.session(), actor, whole.unit, whole.year, period, province.now)
    signed = signing.Signed(
        {
            s.progress.sheet_id: s.digest
            for s in mine.sheets
            if actor.person_id in {t.person_id for t in s.signers}
        },
        {c.school_class.id: c.data.digest for c in mine.classes},
    )
    return signing.sign(actor, province.year_id, period, signed, clock=province.clock)


def sign_all(province: Province, period: int = 1) -> None:
    """Both teachers sign their sheets and classes."""
    for username in TEACHERS:
        sign_own(province, username, period)


def print_all(province: Province) -> None:
    """The office prints the book of every class."""
    for class_id in province.first.class_ids.values():
        actor = acting(province, OFFICE)
        record_event(actor, "print.class_book", clock=province.clock, class_id=class_id)


def step(province: Province, username: str, which: Stage, period: int = 1) -> None:
    """One step, ticked."""
    take_step(acting(province, username), province.year_id, period, which, "", clock=province.clock)


def approve_all(province: Province, period: int = 1) -> None:
    """The head approves every class, then the school."""
    head, found = acting(province, HEAD), book(province, period)
    classes = {c.school_class.id: c.digest for c in found.classes}
    signing.approve(head, province.year_id, period, classes, clock=province.clock)
    digest = book(province, period).digest
    signing.approve_school(acting(province, HEAD), province.year_id, period, digest, clock=province.clock)


def up_to_closing(province: Province) -> None:
    """Everything before the head closes term I."""
    fill(province)
    sign_all(province)
    print_all(province)
    step(province, OFFICE, Stage.PRINTED)
    step(province, VICE, Stage.PROOF_OPENED)
    sign_all(province)
    step(province, OFFICE, Stage.CHECKED)
    approve_all(province)
    step(province, OFFICE, Stage.SEALED)
    step(province, BOARD, Stage.PROPOSED)


def family(province: Province, student_id: int) -> str:
    """An account of the student with the password of all others; its user name."""
    made = make_account(acting(province, HEAD), student_id, None, clock=province.clock)
    account = db.session.query(Account).filter_by(username=made.username).one()
    with transaction(SYSTEM, "test.password", clock=province.clock) as work:
        known = db.session.query(Account).filter_by(username=HEAD).one()
        fresh = work.session.get_one(Account, account.id)
        fresh.password, fresh.must_change_password = known.password, False
    return made.username
