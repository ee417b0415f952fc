"""Reading teachers' remarks: what a page of a class holds, who may write it, whether it is open; each in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Actor, Target
from app.domain.assessment import preschool
from app.domain.finality import Rule
from app.domain.lock_calendar import TermDates
from app.domain.locks import ColumnState, LockReason
from app.domain.notes import NoteKind, NotePeriod, Span, homeroom_kind, period_now, periods
from app.domain.policies import PolicyKey
from app.domain.vocabulary import GroupKind, Level
from app.errors import NotFound
from app.models import (
    Enrolment,
    HomeroomAssignment,
    Person,
    SchoolClass,
    SchoolYear,
    Student,
    StudentNote,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.base import in_force
from app.services import scope
from app.services.clock import local_day
from app.services.notes_history import NoteChange, histories_of
from app.services.notes_locks import final_notes, note_state, reasons_of
from app.services.policies import settings_of
from app.services.programme import terms_of
from app.services.unit_rules import Policies, load_rules, policies_on

WHOLE_CLASS = 0
"""Stands for the student where a remark is on the class."""


@dataclass(frozen=True)
class Teaching:
    """Somebody who teaches the class a subject on the day, with the group it is taught in."""

    person_id: int
    subject: Subject
    group_id: int
    group_kind: GroupKind


@dataclass(frozen=True)
class NoteBook:
    """Remarks of one kind on a class, with everything the right to them depends on.

    `subject` or `area` where the kind has one; `teaching`: who teaches the class anything on the day.
    """

    school_class: SchoolClass
    kind: NoteKind
    subject: Subject | None
    area: str | None
    teaching: tuple[Teaching, ...]
    homeroom_ids: frozenset[int]
    periods: tuple[NotePeriod, ...]

    def teaches(self, actor: Actor) -> bool:
        """True for a teacher of the subject in this class; of any subject where the remarks have none."""
        return any(
            t.person_id == actor.person_id and (self.subject is None or t.subject.id == self.subject.id)
            for t in self.teaching
        )

    def target(self, actor: Actor) -> Target:
        """The facts the permission table asks of who reads: whoever teaches the class, its homeroom teacher."""
        return _target(actor, self.school_class, self.teaching, self.homeroom_ids)

    def entry_target(self, actor: Actor) -> Target:
        """Those of who writes: subject teachers on nền nếp in their subject, the homeroom teacher the rest."""
        by_subject = self.kind is NoteKind.DISCIPLINE
        return Target(
            unit=actor.relation_to(self.school_class.unit_id),
            teaches=by_subject and self.teaches(actor),
            homeroom=not by_subject and actor.person_id in self.homeroom_ids,
        )

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Subjects taught in the class, in printed order."""
        return tuple({t.subject.id: t.subject for t in self.teaching}.values())

    def period(self, code: str) -> NotePeriod:
        """The period of a code. Raises NotFound for one this year has not."""
        found = next((period for period in self.periods if period.code == code), None)
        if found is None:
            raise NotFound
        return found

    def before(self, period: NotePeriod) -> NotePeriod | None:
        """The period before."""
        place = self.periods.index(period)
        return self.periods[place - 1] if place else None

    def cell(self, period: NotePeriod, student_id: int) -> str:
        """Which remark it is: once in the database. A student's is the same in whichever class it was written."""
        topic = self.subject.id if self.subject else self.area or ""
        whose = f"s{student_id}" if student_id else f"c{self.school_class.id}"
        return f"{self.kind}/{self.school_class.school_year_id}/{period.code}/{topic}/{whose}"


@dataclass(frozen=True)
class NoteLine:
    """A student's line of a page, or the class's own (`student_id` WHOLE_CLASS)."""

    student_id: int
    full_name: str
    left_on: date | None
    note: StudentNote | None
    previous: StudentNote | None
    elsewhere: str  # the class it was written in, where that is another: there it stays
    history: tuple[NoteChange, ...]
    reasons: tuple[LockReason, ...] = ()

    @property
    def text(self) -> str | None:
        """The remark; None for blank."""
        return self.note.text if self.note else None

    @property
    def reached(self) -> bool | None:
        """Whether the goal of the area is reached; None where nothing is said."""
        return self.note.reached if self.note else None

    @property
    def blank(self) -> bool:
        """True where neither text nor level is given."""
        return self.text is None and self.reached is None

    def present(self, day: date) -> bool:
        """True while the student is in the class."""
        return self.left_on is None or self.left_on >= day


@dataclass(frozen=True)
class NotePage:
    """A class's remarks in one period, as they stand now."""

    book: NoteBook
    period: NotePeriod
    previous: NotePeriod | None
    lines: tuple[NoteLine, ...]
    state: ColumnState
    now: datetime
    policies: Policies

    @property
    def missing(self) -> int:
        """Students of the class without a remark."""
        day = local_day(self.now)
        return sum(1 for line in self.lines if line.student_id and line.blank and line.present(day))


def load_book(
    session: Session,
    actor: Actor,
    class_id: int,
    kind: NoteKind,
    day: date,
    *,
    subject_id: int | None = None,
    area: str | None = None,
) -> NoteBook:
    """The book of a class as of `day`; without a subject or area, the actor's own or the first.

    Raises NotFound out of reach, for a kind the class has not, and for a subject not taught in it.
    """
    room = open_room(session, actor, class_id, day)
    if kind not in kinds_of(room.level):
        raise NotFound
    teaching = _teaching(session, room.id, day)
    year = room.school_year
    return NoteBook(
        school_class=room,
        kind=kind,
        subject=_subject(teaching, actor, subject_id) if kind is NoteKind.DISCIPLINE else None,
        area=_area(room, area) if kind is NoteKind.DEVELOPMENT else None,
        teaching=teaching,
        homeroom_ids=_homeroom(session, room.id, day),
        periods=year_periods(session, room.unit_id, year, kind, day),
    )


def kinds_of(level: Level) -> tuple[NoteKind, ...]:
    """The remarks classes of a level have."""
    own = homeroom_kind(level)
    return (own,) if own is NoteKind.DEVELOPMENT else (own, NoteKind.DISCIPLINE)


def year_periods(
    session: Session, unit_id: int, year: SchoolYear, kind: NoteKind, day: date
) -> tuple[NotePeriod, ...]:
    """The periods of a year for a kind: months, or as the school has set it for nền nếp. At most two statements."""
    span = Span.MONTHLY
    if kind is NoteKind.DISCIPLINE:
        span = Span(settings_of(session, unit_id, day)[PolicyKey.DISCIPLINE_PERIOD].value)
    return periods(span, domain_terms(terms_of(session, unit_id, year).values()))


def domain_terms(terms: Iterable[Any]) -> list[TermDates]:
    """Terms as rows or services have them, for the rules; one without a day between its dates is none."""
    return [TermDates(t.number, t.starts_on, t.ends_on) for t in terms if t.starts_on < t.ends_on]


def read_page(session: Session, book: NoteBook, code: str | None, now: datetime) -> NotePage:
    """The page of a period, without a code the latest that has begun. Raises NotFound for one the year has not."""
    today = local_day(now)
    period = book.period(code) if code else period_now(book.periods, today) or next(iter(book.periods), None)
    if period is None:
        raise NotFound
    state = note_state(session, book.school_class, period.term, now)
    rules = load_rules(session, book.school_class.unit_id)
    lines = load_lines(session, book, period, state, rules, now)
    return NotePage(book, period, book.before(period), lines, state, now, policies_on(rules, today))


def load_lines(
    session: Session,
    book: NoteBook,
    period: NotePeriod,
    state: ColumnState,
    rules: Sequence[Rule],
    now: datetime,
) -> tuple[NoteLine, ...]:
    """Everybody in the class during the period, by name, after the class itself where it is remarked on.

    `rules`: the decisions the school stands under. Three statements, whatever the size of the class.
    """
    roster: list[tuple[int, str, date | None]] = list(_roster(session, book, period))
    if book.kind is NoteKind.DISCIPLINE:
        roster.insert(0, (WHOLE_CLASS, book.school_class.name, None))
    before = book.before(period)
    found = _notes(session, book, [p for p in (period, before) if p], [number for number, *_x in roster])
    notes = {key: note for key, (note, _room_name) in found.items()}
    histories = histories_of(session, [book.cell(period, number) for number, *_x in roster])
    final = final_notes(state, rules, histories, now)
    lines = []
    for number, name, left_on in roster:
        note, where = found.get(book.cell(period, number), (None, ""))
        past = histories.get(note.cell, ()) if note else ()
        lines.append(
            NoteLine(
                student_id=number,
                full_name=name,
                left_on=left_on,
                note=note,
                previous=notes.get(book.cell(before, number)) if before else None,
                elsewhere=where if note and note.class_id != book.school_class.id else "",
                history=past,
                reasons=reasons_of(state, final.get(note.cell) if note else None),
            )
        )
    return tuple(lines)


def room_target(session: Session, actor: Actor, room: SchoolClass, day: date) -> Target:
    """The facts the permission table asks of who reads remarks of a class; two statements."""
    return _target(actor, room, _teaching(session, room.id, day), _homeroom(session, room.id, day))


def _target(
    actor: Actor, room: SchoolClass, teaching: Sequence[Teaching], homeroom_ids: frozenset[int]
) -> Target:
    return Target(
        unit=actor.relation_to(room.unit_id),
        teaches=any(t.person_id == actor.person_id for t in teaching),
        homeroom=actor.person_id in homeroom_ids,
    )


def open_room(session: Session, actor: Actor, class_id: int, day: date) -> SchoolClass:
    """A class within reach, with its year and school. Raises NotFound out of reach."""
    query = (
        scope.scoped(actor, SchoolClass, day)
        .where(SchoolClass.id == class_id)
        .options(joinedload(SchoolClass.school_year), joinedload(SchoolClass.unit))
    )
    room = session.scalars(query).one_or_none()
    if room is None:
        raise NotFound
    return room


def _homeroom(session: Session, class_id: int, day: date) -> frozenset[int]:
    query = sa.select(HomeroomAssignment.person_id).where(
        HomeroomAssignment.class_id == class_id, in_force(HomeroomAssignment, day)
    )
    return frozenset(session.scalars(query))


def _teaching(session: Session, class_id: int, day: date) -> tuple[Teaching, ...]:
    """Who teaches the class, or a group some of its students sit in."""
    mixed = (
        sa.select(TeachingGroupMember.group_id)
        .join(Enrolment, Enrolment.student_id == TeachingGroupMember.student_id)
        .where(Enrolment.class_id == class_id, in_force(Enrolment, day), in_force(TeachingGroupMember, day))
    )
    query = (
        sa.select(TeachingAssignment.person_id, Subject, TeachingGroup.id, TeachingGroup.kind)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .where(
            sa.or_(TeachingGroup.class_id == class_id, TeachingGroup.id.in_(mixed)),
            in_force(TeachingAssignment, day),
        )
        .order_by(Subject.order_no, Subject.id, TeachingAssignment.id)
    )
    return tuple(Teaching(*row) for row in session.execute(query))


def _subject(teaching: Sequence[Teaching], actor: Actor, subject_id: int | None) -> Subject:
    own = [t.subject for t in teaching if t.person_id == actor.person_id]
    everything = [*own, *(t.subject for t in teaching)]
    wanted = (s for s in everything if subject_id is None or s.id == subject_id)
    found = next(wanted, None)
    if found is None:
        raise NotFound
    return found


def _area(room: SchoolClass, code: str | None) -> str:
    known = area_codes(room.grade)
    if code is not None and code not in known:
        raise NotFound
    return code or known[0]


def area_codes(grade: int) -> tuple[str, ...]:
    """Areas of development a preschool class is observed in."""
    return tuple(area.code for area in preschool.areas_of(grade))


def _roster(session: Session, book: NoteBook, period: NotePeriod) -> list[Any]:
    """(id, name, last day) of who sat in the class during the period; who came back stands once."""
    query = (
        sa.select(Student.id, Student.full_name, Enrolment.ends_on)
        .join(Enrolment, Enrolment.student_id == Student.id)
        .where(
            Enrolment.class_id == book.school_class.id,
            Enrolment.starts_on <= period.ends_on,
            sa.or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= period.starts_on),
        )
        .order_by(Student.sort_key, Student.id, sa.func.coalesce(Enrolment.ends_on, date.max).desc())
    )
    if groups := _part_groups(book):
        seated = sa.select(TeachingGroupMember.student_id).where(
            TeachingGroupMember.group_id.in_(groups), TeachingGroupMember.starts_on <= period.ends_on
        )
        query = query.where(Student.id.in_(seated))
    rows: dict[int, Any] = {}
    for row in session.execute(query):
        rows.setdefault(row.id, row)
    return list(rows.values())


def _part_groups(book: NoteBook) -> list[int]:
    """Groups the subject is taught in where none of them is the whole class; empty otherwise."""
    if book.subject is None:
        return []
    groups = [t for t in book.teaching if t.subject.id == book.subject.id]
    whole = any(t.group_kind is GroupKind.WHOLE_CLASS for t in groups)
    return [] if whole else sorted({t.group_id for t in groups})


def _notes(
    session: Session, book: NoteBook, wanted: Sequence[NotePeriod], students: Sequence[int]
) -> dict[str, tuple[StudentNote, str]]:
    """By cell, the remark and the name of its class."""
    cells = [book.cell(period, number) for period in wanted for number in students]
    query = (
        sa.select(StudentNote, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == StudentNote.class_id)
        .where(StudentNote.cell.in_(cells))
        .options(joinedload(StudentNote.author).load_only(Person.full_name))
        .execution_options(populate_existing=True)
    )
    return {note.cell: (note, name) for note, name in session.execute(query)}
