"""On leaving the system everything a person entered is final, however the person leaves (S4 Điều 16 khoản 2); both engines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import Actor
from app.domain.notes import NoteKind
from app.domain.policies import PolicyKey
from app.domain.sheet_forms import SheetForm
from app.domain.year_decisions import Field
from app.errors import Locked
from app.extensions import db
from app.models import Account, LoginSession
from app.services import account_state, sign_in
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.gradebook import enter_scores
from app.services.notes_entry import NoteEdit, enter_notes
from app.services.policies import set_policy
from app.services.retests import RetestChange, enter_retests
from app.services.year_decisions import DecisionChange, decide
from tests.factories import sheet_forms
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.results_helpers import YEAR_OVER, Made, fill, make_class, put
from tests.services.year_helpers import open_book, teach

TEACHER, HEAD = "longpd.thcstk", "giangnt.thcstk"
IDLE = timedelta(minutes=30)
TOLD = "data-hv-leaving"
ONE_ENGINE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def on_leaving(province: Province) -> None:
    head = acting(province, HEAD)
    assert head.unit_id is not None
    set_policy(
        head,
        head.unit_id,
        PolicyKey.FINALITY,
        "on_leaving",
        local_day(province.now),
        "Quy chế",
        clock=province.clock,
    )


def signed_in(province: Province, username: str = TEACHER) -> tuple[Actor, str]:
    """The person in a new sign-in session, and the session's token."""
    who = acting(province, username)
    assert who.user_id is not None
    token = sign_in.start_session(who.user_id, address="", agent="", clock=province.clock, idle=IDLE)
    number = db.session.scalars(sa.select(LoginSession.id).where(LoginSession.token == token)).one()
    return replace(who, session_id=number), token


def enter(province: Province, who: Actor, new: str, old: str | None = None) -> None:
    change = CellChange(province.first.student_ids[0], "final", old, new)
    enter_scores(who, province.first.sheet_ids["7A", "math", 1], [change], clock=province.clock)


def signs_out(province: Province, token: str) -> None:
    sign_in.end_session(token, "sign_out", moment=province.clock())


def idles(province: Province, token: str) -> None:
    """Nobody touches anything, and the page or the next request notices."""
    province.now += IDLE + timedelta(minutes=1)
    sign_in.end_idle_sessions(clock=province.clock, idle=IDLE)


def closes_the_browser(province: Province, token: str) -> None:
    """Nobody ever notices: the session simply ends when it has idled."""
    province.now += IDLE + timedelta(minutes=1)


def session_expires(province: Province, token: str) -> None:
    """The cookie outlives nothing: days later the session is long over."""
    province.now += timedelta(days=8)


def is_disabled(province: Province, token: str) -> None:
    account = db.session.scalars(sa.select(Account.id).where(Account.username == TEACHER)).one()
    account_state.disable(acting(province, HEAD), account, "Chuyển công tác", clock=province.clock)


def password_is_reset(province: Province, token: str) -> None:
    account = db.session.scalars(sa.select(Account.id).where(Account.username == TEACHER)).one()
    account_state.reset_password(acting(province, HEAD), account, clock=province.clock)


def second_tab(province: Province, token: str) -> None:
    """Tabs of one browser share the session: signing out in one of them leaves in all."""
    signs_out(province, token)


ENDINGS = (
    signs_out, idles, closes_the_browser, session_expires, is_disabled, password_is_reset, second_tab,
)  # fmt: skip


@pytest.mark.parametrize("leaves", ENDINGS, ids=lambda verb: verb.__name__)
def test_however_she_leaves_what_she_entered_is_final(
    app: Flask, province: Province, leaves: Callable[[Province, str], None]
) -> None:
    on_leaving(province)
    who, token = signed_in(province)
    enter(province, who, "8")
    enter(province, who, "9", "8")  # while she is there, it is a draft
    leaves(province, token)
    again, _token = (who, "") if leaves is is_disabled else signed_in(province)
    with pytest.raises(Locked) as refusal:
        enter(province, again, "7", "9")
    assert refusal.value.reasons[0].reasons[0].title == "on_leaving"


@ONE_ENGINE
def test_another_browser_of_hers_keeps_only_its_own_drafts(app: Flask, province: Province) -> None:
    """Two sign-ins are two stays: leaving one makes final what was entered in it, whatever else is open."""
    on_leaving(province)
    first, token = signed_in(province)
    other, _token = signed_in(province)
    enter(province, first, "8")
    signs_out(province, token)
    with pytest.raises(Locked):
        enter(province, other, "9", "8")


CELLS = {
    SheetForm.MARKS: ("final", "8"),
    SheetForm.WEIGHTED: ("periodic_1", "8"),
    SheetForm.PRIMARY: ("midterm_level", "T"),
    SheetForm.TRAITS: ("midterm_trait_1", "T"),
    SheetForm.TRAINING: ("training", "Tốt"),
}


def test_every_form_of_sheet_is_final(app: Flask, province: Province) -> None:
    sheets = sheet_forms.build(province)
    on_leaving(province)
    for form, (column, value) in CELLS.items():
        username = sheet_forms.TEACHERS[form]
        who, token = signed_in(province, username)
        student = sheet_forms.student_on(sheets[form])
        enter_scores(who, sheets[form], [CellChange(student, column, None, value)], clock=province.clock)
        signs_out(province, token)
        with pytest.raises(Locked):
            enter_scores(
                signed_in(province, username)[0], sheets[form], [CellChange(student, column, value, None)],
                clock=province.clock,
            )  # fmt: skip


Write = Callable[[Actor, str | None, str], None]
"""Enters a value where another, or none, stood."""


def training(province: Province, column: str) -> Write:
    """A column of a class's conduct and attendance."""
    sheet = sheet_forms.build(province)[SheetForm.TRAINING]
    student = sheet_forms.student_on(sheet)

    def write(actor: Actor, old: str | None, new: str) -> None:
        enter_scores(actor, sheet, [CellChange(student, column, old, new)], clock=province.clock)

    return write


def conduct(province: Province) -> Write:
    return training(province, "training")


def attendance(province: Province) -> Write:
    return training(province, "excused")


def remarks(province: Province) -> Write:
    room, pupil = province.first.class_ids["7A"], province.first.student_ids[0]

    def write(actor: Actor, old: str | None, new: str) -> None:
        edits = [NoteEdit(pupil, old, new)]
        enter_notes(actor, room, NoteKind.MONTHLY, "2026-11", edits, clock=province.clock)

    return write


def after_the_year(province: Province, *short_in: str) -> Made:
    """Class 8A in June, the book open for what follows: Chưa đạt in training, or 3,0 in subjects."""
    made = make_class(province, "8A", pupils=1)
    fill(province, made, mark="7.0")
    (student,) = made.students
    names = (*(f"regular_{n}" for n in range(1, 5)), "midterm", "final")
    for code in short_in:
        if code == "training":
            put(province, made, student, code, 2, training="not_passed")
        else:
            for term in (1, 2):
                put(province, made, student, code, term, **dict.fromkeys(names, Decimal("3.0")))
    province.now = YEAR_OVER
    open_book(province)
    return made


def year_decisions(province: Province) -> Write:
    made = after_the_year(province, "training")

    def write(actor: Actor, old: str | None, new: str) -> None:
        change = DecisionChange(made.students[0], Field.TRAINING_AFTER, old or "", new, "Kế hoạch hè", "")
        decide(actor, made.class_id, [change], clock=province.clock)

    return write


def retests(province: Province) -> Write:
    made = after_the_year(province, "math", "literature")
    math = teach(province, made, "math", "longpd")

    def write(actor: Actor, old: str | None, new: str) -> None:
        change = RetestChange(made.students[0], math, "retest", old, new)
        enter_retests(actor, made.class_id, [change], clock=province.clock)

    return write


KINDS: tuple[tuple[Callable[[Province], Write], tuple[str, str, str]], ...] = (
    (conduct, ("Tốt", "Khá", "Đạt")),
    (attendance, ("1", "2", "3")),
    (remarks, ("Ngoan", "Ngoan, chăm", "Lười")),
    (year_decisions, ("passed", "not_passed", "passed")),
    (retests, ("6,5", "7,0", "8,0")),
)


@ONE_ENGINE
@pytest.mark.parametrize("leaves", ENDINGS, ids=lambda verb: verb.__name__)
@pytest.mark.parametrize(("kind", "values"), KINDS, ids=lambda part: getattr(part, "__name__", ""))
def test_every_kind_of_data_is_final_however_she_leaves(
    app: Flask,
    province: Province,
    kind: Callable[[Province], Write],
    values: tuple[str, str, str],
    leaves: Callable[[Province, str], None],
) -> None:
    write = kind(province)
    on_leaving(province)
    who, token = signed_in(province)
    first, second, third = values
    write(who, None, first)
    write(who, first, second)
    leaves(province, token)
    again = who if leaves is is_disabled else signed_in(province)[0]
    with pytest.raises(Locked):
        write(again, second, third)


@ONE_ENGINE
def test_remarks_are_final_after_the_entry_day(app: Flask, province: Province) -> None:
    head = acting(province, HEAD)
    assert head.unit_id is not None
    set_policy(
        head,
        head.unit_id,
        PolicyKey.FINALITY,
        "entry_day",
        local_day(province.now),
        "Quy chế",
        clock=province.clock,
    )
    room, pupil = province.first.class_ids["7A"], province.first.student_ids[0]
    edits = [NoteEdit(pupil, None, "Ngoan")]
    enter_notes(acting(province, TEACHER), room, NoteKind.MONTHLY, "2026-11", edits, clock=province.clock)
    province.now += timedelta(days=10)  # past 23/11
    edits = [NoteEdit(pupil, "Ngoan", "Lười")]
    with pytest.raises(Locked):
        enter_notes(acting(province, TEACHER), room, NoteKind.MONTHLY, "2026-11", edits, clock=province.clock)


@ONE_ENGINE
def test_who_enters_is_told_beforehand(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient]
) -> None:
    sheet, room = province.first.sheet_ids["7A", "math", 1], province.first.class_ids["7A"]
    paths = (f"/gradebook/{sheet}", f"/gradebook/{sheet}/plain", f"/notes/monthly/{room}")
    client = client_for(TEACHER)
    assert not any(TOLD in client.get(path).text for path in paths)
    on_leaving(province)
    for path in paths:
        assert TOLD in client.get(path).text, path
    assert TOLD not in client_for(HEAD).get(paths[0]).text  # who only looks has nothing to lose


@ONE_ENGINE
def test_who_enters_after_the_year_is_told_beforehand(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient]
) -> None:
    made = after_the_year(province, "training")
    path = f"/results/year/{made.class_id}"
    assert TOLD not in client_for(TEACHER).get(path).text
    on_leaving(province)
    assert TOLD in client_for(TEACHER).get(path).text
    assert TOLD not in client_for(HEAD).get(path).text
