"""What people decide of a student's year: by the homeroom teacher, and by the head where no rule can (design §6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, may
from app.domain.assessment.facts import YEAR, Facts
from app.domain.assessment.registry import CONDUCT
from app.domain.assessment.terms import Conduct, ResultLevel, TraitLevel
from app.domain.assessment.tt58_2011.year import proposed_conduct_year
from app.domain.names import nfc, unicode_problem
from app.domain.year_decisions import Asked, Field, HeadDecision, asked_of, by_head, fields_of
from app.errors import N_, Forbidden, HocVuError
from app.models import CorrectionRequest, GradebookSheet, YearDecision
from app.services.cells import require_decided
from app.services.clock import Clock, local_day
from app.services.unit_of_work import Work, transaction
from app.services.year_book import Checks, Effect, Entered, YearBook, hold, open_book
from app.services.year_locks import NO_SUBJECT, Key
from app.services.year_places import YearPlaces, load_places

NOT_HOMEROOM: Final = N_("Only the homeroom teacher of the class enters this.")
NOT_HEAD: Final = N_("Only the head of the school decides this.")
NOT_OPEN: Final = N_("This is not open to a decision for this student.")
UNKNOWN_WORD: Final = N_("Choose one of the values offered.")
NEEDS_REASON: Final = N_("Give the reason: it is kept with the decision.")
NEEDS_DECISION: Final = N_(
    "A reason stands here without a decision: choose the decision, or clear the reason."
)
TOO_LONG: Final = N_("At most 500 characters.")
LONGEST: Final = 500


@dataclass(frozen=True)
class DecisionChange:
    """One decision: what the page showed and what it holds now, as text; `part`: a quality or competence, by code."""

    student_id: int
    field: Field
    old: str
    new: str
    reason: str = ""
    part: str = ""

    @property
    def key(self) -> Key:
        """Where it stands."""
        return NO_SUBJECT, self.student_id, self.field.value


def decide(
    actor: Actor, class_id: int, changes: Sequence[DecisionChange], *, clock: Clock
) -> tuple[Effect, ...]:
    """Save decisions of a class's year, all or nothing; what each student's year was before and is after.

    Raises NotFound, Forbidden (not the homeroom teacher, not the head), Invalid, Locked, Stale.
    """
    with transaction(actor, "year.decide", clock=clock) as work:
        places = load_places(work.session, actor, class_id, local_day(clock()))
        _require_right(actor, places, changes)
        sheets = hold(work, places, places.homeroom_sheets())
        book = open_book(work.session, places, work.now)
        effects = write_decisions(work, book, sheets, changes)
        if effects:
            work.audit(
                "year.decide",
                target=places.school_class,
                students=len(effects),
                fields=sorted({entered.key[2] for effect in effects for entered in effect.entered}),
            )
        return effects


def write_decisions(
    work: Work,
    book: YearBook,
    held: Sequence[GradebookSheet],
    changes: Sequence[DecisionChange],
    decided: CorrectionRequest | None = None,
) -> tuple[Effect, ...]:
    """Check and write decisions with the class's sheets held; a `decided` request passes the locks, nothing else does.

    Raises Invalid, Locked, Stale, Forbidden for a request that still waits for somebody; then the rows are as before.
    """
    if decided is not None:
        require_decided(decided)
    effects = _Year(work.session, book, past_locks=decided is not None).apply(changes)
    if effects:
        for sheet in held[-1:]:
            sheet.revision += 1
    return effects


def check_decisions(session: Session, book: YearBook, changes: Sequence[DecisionChange]) -> None:
    """Raise what speaks against these decisions but the locks, and write nothing: what a request for them is asked."""
    _Year(session, book, past_locks=True).check(changes)


def _require_right(actor: Actor, places: YearPlaces, changes: Sequence[DecisionChange]) -> None:
    heads = [by_head(change.field, places.school_class.circular) for change in changes]
    target = places.target(actor)
    if any(heads) and not may(actor, Action.HEAD_DECIDE, target):
        raise Forbidden(NOT_HEAD)
    if not all(heads) and not may(actor, Action.YEAR_DECIDE, target):
        raise Forbidden(NOT_HOMEROOM)


def proposed_conduct(facts: Facts) -> Conduct | None:
    """Hạnh kiểm of the year as the rule proposes it; None before term II has its own (TT 58/2011 Điều 3 khoản 2)."""
    if facts.circular not in CONDUCT or facts.training_2 is None:
        return None
    return proposed_conduct_year(
        None if facts.training_1 is None else Conduct(facts.training_1), Conduct(facts.training_2)
    )


def words_of(field: Field, circular: str) -> tuple[str, ...]:
    """Values a decision takes; empty for a text."""
    if field in (Field.TRAINING_YEAR, Field.TRAINING_AFTER):
        return tuple(Conduct) if circular in CONDUCT else tuple(ResultLevel)
    return {
        Field.TRAITS_AFTER: tuple(TraitLevel),
        Field.HEAD: tuple(HeadDecision),
        Field.RECOGNISED: ("1",),
    }.get(field, ())


def value_of(row: YearDecision | None, field: Field, part: str = "") -> str:
    """What a row holds of a field, as a form shows it."""
    held = getattr(row, field.value, None)
    if field is Field.TRAITS_AFTER:
        held = (held or {}).get(part)
    if field is Field.RECOGNISED:
        held = "1" if held else None
    return held or ""


def reason_of(row: YearDecision | None, field: Field) -> str:
    """The reason kept beside a decision."""
    return getattr(row, f"{field.value}_reason", None) or ""


class _Year:
    """Decisions being taken: applied to the rows one by one, since one may open the next (disability, then the head)."""

    def __init__(self, session: Session, book: YearBook, *, past_locks: bool) -> None:
        self._session = session
        self._past_locks = past_locks
        self._book = book
        self._checks = Checks(book)
        self._circular = book.places.school_class.circular
        self._rows: dict[int, YearDecision] = dict(book.reading.decisions)
        self._entered: dict[int, list[Entered]] = {}

    def apply(self, changes: Sequence[DecisionChange]) -> tuple[Effect, ...]:
        """Check and write all of them; Invalid, Locked or Stale with nothing saved."""
        try:
            self._take_all(changes)
        except HocVuError:
            self._undo()
            raise
        for student in self._entered.keys() - self._book.reading.decisions.keys():
            self._session.add(self._rows[student])
        return tuple(
            Effect(
                student,
                self._book.name(student),
                tuple(entered),
                self._book.judged[student].result,
                self._book.judge(self._facts(student)),
            )
            for student, entered in self._entered.items()
        )

    def check(self, changes: Sequence[DecisionChange]) -> None:
        """Raise what `apply` would, and write nothing."""
        try:
            self._take_all(changes)
        finally:
            self._undo()

    def _take_all(self, changes: Sequence[DecisionChange]) -> None:
        order = list(Field)
        for change in sorted(changes, key=lambda c: (c.student_id, order.index(c.field))):
            self._take(change)
        self._checks.refuse()

    def _undo(self) -> None:
        """The rows as they were: a correction that can't be written goes on and ends as stale."""
        for student in self._entered.keys() & self._book.reading.decisions.keys():
            self._session.expire(self._rows[student])

    def _take(self, change: DecisionChange) -> None:
        checks, student = self._checks, change.student_id
        self._book.name(student)
        if change.field not in fields_of(self._facts(student), self._asked(change)):
            checks.problem(change.key, NOT_OPEN)
            return
        if not self._past_locks:
            checks.lock(change.key, change.field.lock, final=not by_head(change.field, self._circular))
        new, reason = tidy_text(change.new), tidy_text(change.reason) if change.field.reasoned else ""
        if message := self._wrong(change, new, reason):
            checks.problem(change.key, message)
            return
        row = self._row(student)
        held = value_of(row, change.field, change.part)
        if held == new and reason == reason_of(row, change.field):
            return
        if held == new or checks.stale(change.key, tidy_text(change.old), new, held):
            self._set(row, change, new, reason)
            self._entered.setdefault(student, []).append(Entered(change.key, held or None, new or None))

    def _asked(self, change: DecisionChange) -> Asked:
        return asked_of(self._facts(change.student_id), self._book.judge)

    def _facts(self, student: int) -> Facts:
        """The figures with the decisions as they stand so far."""
        if student not in self._rows:
            return self._book.facts(student)
        reading = replace(self._book.reading, decisions={student: self._rows[student]})
        return reading.facts(self._book.places.school_class.id, student, YEAR)

    def _wrong(self, change: DecisionChange, new: str, reason: str) -> str | None:
        words = words_of(change.field, self._circular)
        if new and words and new not in words:
            return UNKNOWN_WORD
        if change.field is Field.TRAITS_AFTER and change.part not in self._asked(change).traits:
            return NOT_OPEN
        if max(len(new), len(reason)) > LONGEST:
            return TOO_LONG
        if new and not reason and self._needs_reason(change, new):
            return NEEDS_REASON
        if reason and not new:
            return NEEDS_DECISION
        return unicode_problem(new) or unicode_problem(reason)

    def _needs_reason(self, change: DecisionChange, new: str) -> bool:
        """Always where one is kept, but for hạnh kiểm of the year as the rule proposes it."""
        if change.field is Field.TRAINING_YEAR:
            return new != proposed_conduct(self._book.facts(change.student_id))
        return change.field.reasoned

    def _row(self, student: int) -> YearDecision:
        if student not in self._rows:
            school_class = self._book.places.school_class
            self._rows[student] = YearDecision(
                student_id=student,
                school_year_id=school_class.school_year_id,
                unit_id=school_class.unit_id,
                class_id=school_class.id,
                recognised=False,
            )
        return self._rows[student]

    @staticmethod
    def _set(row: YearDecision, change: DecisionChange, new: str, reason: str) -> None:
        value: Any = new or None
        if change.field is Field.TRAITS_AFTER:
            others = {code: level for code, level in (row.traits_after or {}).items() if code != change.part}
            value = others | ({change.part: new} if new else {})
        if change.field is Field.RECOGNISED:
            value = bool(new)
        setattr(row, change.field.value, value)
        if change.field.reasoned:
            setattr(row, f"{change.field.value}_reason", reason or None)


def tidy_text(text: str) -> str:
    """A word or text as it is kept."""
    return " ".join(nfc(text).split())
