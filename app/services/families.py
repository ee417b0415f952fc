"""Families: accounts of students and guardians, the published marks of their own record, and their questions.

S0 Điều 8 khoản 1, S4 Điều 14 khoản 1: marks are shown to the student before they are confirmed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target, may
from app.domain.names import account_name, account_stem
from app.domain.sheet_forms import Cell
from app.errors import N_, Forbidden, Invalid, NotFound
from app.models import (
    ROWS,
    Account,
    FamilyLink,
    GradebookSheet,
    Guardian,
    MarkQuestion,
    MarkQuestionMessage,
    Publication,
    Student,
    Subject,
)
from app.models.base import in_force
from app.services import scope
from app.services.accounts import NewAccount, fresh_password, slip
from app.services.changes import Change
from app.services.clock import Clock, local_day
from app.services.publication_changes import changed_for_child
from app.services.rights import demand
from app.services.sheet_cells import has_average, sheet_cells
from app.services.sheet_reading import load_facts
from app.services.staff import locked_unit
from app.services.typed import paragraphs
from app.services.unit_of_work import Work, transaction

MOST_TEXT: Final = 1000
NO_TEXT: Final = N_("Write your question.")
OVER: Final = N_("The time for questions about these marks is over.")
NOT_YOURS: Final = N_("Only who teaches the subject answers.")
HAS_ACCOUNT: Final = N_("This person has an account for this student already.")


@dataclass(frozen=True)
class PublishedSheet:
    """A subject as the family sees it: the cells published, and the term's result once all of it is."""

    sheet: GradebookSheet
    subject: str
    cells: tuple[tuple[Cell, Any], ...]
    average: Any
    publication: Publication
    question: MarkQuestion | None
    changed: Mapping[str, Change] = field(
        default_factory=dict
    )  # by column, what changed after it was published


@dataclass(frozen=True)
class ChildMarks:
    """A child's published marks of a term."""

    student: Student
    publications: Sequence[Publication]
    sheets: Sequence[PublishedSheet]


def make_account(actor: Actor, student_id: int, guardian_id: int | None, *, clock: Clock) -> NewAccount:
    """An account for a student, or for one of the guardians; its one-time password is told once.

    Raises Forbidden without account.manage, NotFound for somebody else's guardian, Invalid when it exists.
    """
    demand(actor, Action.ACCOUNT_MANAGE, actor.unit_id)
    password, hashed = fresh_password()
    with transaction(actor, "family.account", clock=clock) as work:
        day = local_day(clock())
        unit = locked_unit(work, actor, actor.unit_id, day)
        student = scope.get(work.session, actor, Student, student_id, day)
        guardian = work.session.get(Guardian, guardian_id) if guardian_id else None
        if student.unit_id != unit.id or (
            guardian_id and (guardian is None or guardian.student_id != student.id)
        ):
            raise NotFound
        same = FamilyLink.guardian_id == guardian_id if guardian_id else FamilyLink.guardian_id.is_(None)
        if work.session.scalar(sa.select(FamilyLink.id).where(FamilyLink.student_id == student.id, same)):
            raise Invalid(HAS_ACCOUNT)
        name = guardian.full_name if guardian else student.full_name
        account = Account(
            username=_free_name(work, unit.code, student, "ph" if guardian else "hs"),
            first_name=name.rpartition(" ")[0][:64],
            last_name=name.rpartition(" ")[2][:64],
            password=hashed,
            active=True,
            unit=unit,
            must_change_password=True,
        )
        work.session.add(
            FamilyLink(user=account, student_id=student.id, guardian_id=guardian_id, starts_on=day)
        )
        work.flush()
        work.audit("family.account", target=account, username=account.username, student=student.id)
        return slip(account, name, password)


def _free_name(work: Work, unit_code: str, student: Student, ending: str) -> str:
    suffix = account_name("x", unit_code, ()).removeprefix("x")
    taken = set(work.session.scalars(sa.select(Account.username).where(Account.username.like(f"%{suffix}"))))
    stem = account_stem(student.family_name, student.middle_name, student.given_name)
    return account_name(f"{stem}{ending}", unit_code, taken)


def children(session: Session, actor: Actor, day: date) -> Sequence[Student]:
    """The students whose record the account may read on that day; one statement."""
    query = (
        sa.select(Student)
        .join(FamilyLink, FamilyLink.student_id == Student.id)
        .where(FamilyLink.user_id == actor.user_id, in_force(FamilyLink, day))
        .order_by(Student.sort_key)
    )
    return session.scalars(query).all()


def own_child(session: Session, actor: Actor, student_id: int, day: date) -> Student:
    """One of them. Anybody else's id looks like no id at all."""
    found = next((child for child in children(session, actor, day) if child.id == student_id), None)
    if found is None or not may(actor, Action.OWN_RECORD_VIEW, Target(own_record=True)):
        raise NotFound
    return found


def child_marks(
    session: Session, actor: Actor, student_id: int, year_id: int, term: int, now: datetime
) -> ChildMarks:
    """The marks of a term that are published, and nothing else of the record. NotFound for anybody else's child."""
    student = own_child(session, actor, student_id, local_day(now))
    publications = session.scalars(
        sa.select(Publication)
        .where(
            Publication.unit_id == student.unit_id,
            Publication.school_year_id == year_id,
            Publication.term == term,
            Publication.published_at <= now,
            Publication.ended_at.is_(None),
        )
        .order_by(Publication.id)
    ).all()
    if not publications:
        return ChildMarks(student, (), ())
    questions = _questions(session, student.id)
    sheets = [
        _shown(sheet, subject, row, publications, questions.get(sheet.id))
        for sheet, subject, row in _rows(session, student, year_id, term)
    ]
    shown = [s for s in sheets if s is not None]
    changed = changed_for_child(session, publications, student.id, [s.sheet for s in shown])
    return ChildMarks(student, publications, [_with_changes(s, changed) for s in shown])


def _with_changes(shown: PublishedSheet, changed: Mapping[tuple[int, str], Change]) -> PublishedSheet:
    own = {column: change for (sheet_id, column), change in changed.items() if sheet_id == shown.sheet.id}
    return replace(shown, changed=own)


def _rows(
    session: Session, student: Student, year_id: int, term: int
) -> list[tuple[GradebookSheet, str, Any]]:
    """Sheets of the school with a line of the student: a statement a form."""
    found = []
    for model in ROWS.values():
        query = (
            sa.select(GradebookSheet, Subject, model)
            .join(model, model.sheet_id == GradebookSheet.id)
            .join(Subject, Subject.id == GradebookSheet.subject_id)
            .where(
                model.student_id == student.id,
                GradebookSheet.unit_id == student.unit_id,
                GradebookSheet.school_year_id == year_id,
                GradebookSheet.term == term,
            )
        )
        found += [
            (subject.order_no, sheet, subject.name, row) for sheet, subject, row in session.execute(query)
        ]
    return [(sheet, name, row) for _order, sheet, name, row in sorted(found, key=lambda item: item[0])]


def _shown(
    sheet: GradebookSheet,
    subject: str,
    row: Any,
    publications: Sequence[Publication],
    question: MarkQuestion | None,
) -> PublishedSheet | None:
    """The cells some publication opens; None when it is none of them."""
    everything = next((p for p in publications if not p.columns), None)
    open_columns = {column for p in publications for column in p.columns}
    cells = tuple(
        (cell, getattr(row, cell.name))
        for cell in sheet_cells(sheet)
        if everything or cell.lock in open_columns
    )
    if not cells:
        return None
    average = row.average if everything and has_average(sheet.form) else None
    newest = max(publications, key=lambda p: p.questions_until)
    return PublishedSheet(sheet, subject, cells, average, newest, question)


def _questions(session: Session, student_id: int) -> Mapping[int, MarkQuestion]:
    rows = session.scalars(sa.select(MarkQuestion).where(MarkQuestion.student_id == student_id))
    return {row.sheet_id: row for row in rows}


def ask(actor: Actor, student_id: int, sheet_id: int, text: str, *, clock: Clock) -> int:
    """The family asks about a subject's published marks, or adds to its question. Returns the question's id.

    Raises NotFound for another's child or sheet, Invalid outside the window for questions.
    """
    text = paragraphs(text, MOST_TEXT, NO_TEXT)
    with transaction(actor, "question.ask", clock=clock) as work:
        now = work.now
        sheet = work.session.get(GradebookSheet, sheet_id)
        if sheet is None:
            raise NotFound
        found = child_marks(work.session, actor, student_id, sheet.school_year_id, sheet.term, now)
        shown = next((s for s in found.sheets if s.sheet.id == sheet_id), None)
        if shown is None:
            raise NotFound
        if shown.publication.questions_until <= now:
            raise Invalid(OVER)
        question = shown.question
        if question is None:
            question = MarkQuestion(
                unit_id=sheet.unit_id,
                publication_id=shown.publication.id,
                student_id=student_id,
                sheet_id=sheet_id,
                asked_at=now,
                open=True,
            )
            work.session.add(question)
            work.flush()
        question.open = True
        _say(work, question, text, by_family=True)
        return question.id


def answer(actor: Actor, question_id: int, text: str, *, clock: Clock) -> None:
    """Who teaches the subject answers. Raises NotFound out of reach, Forbidden for anybody else, Invalid."""
    text = paragraphs(text, MOST_TEXT, NO_TEXT)
    with transaction(actor, "question.answer", clock=clock) as work:
        day = local_day(clock())
        question = scope.get(work.session, actor, MarkQuestion, question_id, day)
        facts = load_facts(work.session, actor, question.sheet_id, day, to_write=True)
        if not may(actor, Action.QUESTION_ANSWER, facts.target(actor, work.now)):
            raise Forbidden(NOT_YOURS)
        question.open = False
        _say(work, question, text, by_family=False)


def _say(work: Work, question: MarkQuestion, text: str, *, by_family: bool) -> None:
    work.session.add(
        MarkQuestionMessage(
            question_id=question.id,
            written_at=work.now,
            user_id=work.actor.user_id,
            author=work.actor.full_name[:120],
            by_family=by_family,
            text=text,
        )
    )
    work.audit("question.message", target=question, by_family=by_family)


def load_messages(session: Session, question_ids: Sequence[int]) -> Mapping[int, list[MarkQuestionMessage]]:
    """Messages by question, the oldest first; one statement."""
    query = sa.select(MarkQuestionMessage).where(MarkQuestionMessage.question_id.in_(question_ids))
    found: dict[int, list[MarkQuestionMessage]] = {}
    for row in session.scalars(query.order_by(MarkQuestionMessage.id)):
        found.setdefault(row.question_id, []).append(row)
    return found


def load_questions(session: Session, actor: Actor, day: date, most: int = 200) -> Sequence[MarkQuestion]:
    """Questions about the sheets within reach, those that wait first; one statement."""
    query = (
        scope.scoped(actor, MarkQuestion, day)
        .options(
            joinedload(MarkQuestion.student),
            joinedload(MarkQuestion.sheet).joinedload(GradebookSheet.group),
            joinedload(MarkQuestion.sheet).joinedload(GradebookSheet.subject),
        )
        .order_by(MarkQuestion.open.desc(), MarkQuestion.id.desc())
        .limit(most)
    )
    return session.scalars(query).all()
