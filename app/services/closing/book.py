"""A school's term or year on its way to being closed: every sheet and class with its signature against the data of now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.assessment.facts import YEAR
from app.domain.closing import BOUND, Missing, Stage, Standing, next_step, standing
from app.models import Closing, OrgUnit, SchoolClass, SchoolYear
from app.services.closing.digests import ClassData, together
from app.services.closing.questions import Questions
from app.services.progress_figures import SheetProgress, Teacher


@dataclass(frozen=True)
class Signature:
    """The latest act on a book that still counts: who signed what, when."""

    digest: str
    turn: int
    signed_at: datetime
    person_id: int
    full_name: str
    authority: str | None


@dataclass(frozen=True)
class SheetLine:
    """A subject's sheet with how its confirmation stands; `blank`: cells that are still to be filled."""

    progress: SheetProgress
    term: int
    digest: str
    signature: Signature | None
    blank: int
    unexplained: int
    questions: Questions

    @property
    def standing(self) -> Standing:
        """The signature against the data of now."""
        return standing(self.signature.digest if self.signature else None, self.digest)

    @property
    def signers(self) -> tuple[Teacher, ...]:
        """Who confirms it: those in charge, where nobody is all who teach it."""
        teachers = self.progress.teachers
        return tuple(t for t in teachers if t.in_charge) or teachers


@dataclass(frozen=True)
class ClassLine:
    """A class: its homeroom teacher's confirmation of the summary, and the head's approval."""

    school_class: SchoolClass
    homeroom: tuple[tuple[int, str], ...]
    data: ClassData
    signature: Signature | None
    approval: Signature | None
    sheets: tuple[SheetLine, ...]
    blank: int  # of what the homeroom teacher enters
    due: bool  # results are being brought up to date
    unprinted: bool
    without_result: int  # students whose result cannot be worked out yet

    @property
    def standing(self) -> Standing:
        """The homeroom teacher's signature against the data of now."""
        return standing(self.signature.digest if self.signature else None, self.data.digest)

    @property
    def digest(self) -> str:
        """Of all that the approval speaks about: the summary and every sheet of the class."""
        return together(
            "approval",
            {0: self.data.digest} | {line.progress.sheet_id: line.digest for line in self.sheets},
        )

    @property
    def approved(self) -> Standing:
        """The head's approval against the data of now."""
        return standing(self.approval.digest if self.approval else None, self.digest)

    @property
    def missing(self) -> Missing:
        """What keeps the class from being approved."""
        return Missing(
            blank_cells=self.blank + sum(line.blank for line in self.sheets),
            unsigned_sheets=sum(line.standing is not Standing.CONFIRMED for line in self.sheets),
            unsigned_classes=int(self.standing is not Standing.CONFIRMED),
            unexplained=sum(line.unexplained for line in self.sheets),
            without_result=self.without_result,
        )


@dataclass(frozen=True)
class StepDone:
    """A step that was ticked in this round."""

    step: Stage
    done_at: datetime
    person_id: int
    full_name: str
    note: str | None
    digest: str


@dataclass(frozen=True)
class Book:
    """Everything the way to closing asks of a school's term (1, 2) or year (0)."""

    unit: OrgUnit
    year: SchoolYear
    period: int
    turn: int
    sheets: tuple[SheetLine, ...]
    classes: tuple[ClassLine, ...]
    signature: Signature | None  # the head's approval for the school
    ticked: Mapping[Stage, StepDone]
    closings: tuple[Closing, ...]  # of this period, the newest first
    closed_terms: frozenset[int]

    @property
    def closing(self) -> Closing | None:
        """The closing that holds, if any."""
        return next((row for row in self.closings if not row.is_over), None)

    @property
    def digest(self) -> str:
        """Of everything that is closed."""
        groups = {
            line.progress.sheet_id: line.digest for line in self.sheets if line.progress.class_id is None
        }
        return together("school", groups | {-line.school_class.id: line.digest for line in self.classes})

    @property
    def approved(self) -> Standing:
        """The head's approval for the school in this round, against the data of now."""
        signed = self.signature if self.signature and self.signature.turn == self.turn else None
        return standing(signed.digest if signed else None, self.digest)

    @property
    def questions(self) -> int:
        """Questions of families that wait for an answer."""
        return sum(line.questions.count for line in self.sheets)

    def in_round(self, signature: Signature | None) -> bool:
        """Signed after this round of proof-reading was opened."""
        opened = self.ticked.get(Stage.PROOF_OPENED)
        return bool(signature and opened and signature.signed_at >= opened.done_at)

    def missing(self, step: Stage) -> Missing:
        """What holds a step up."""
        if step is Stage.COMPLETE:
            return Missing(
                blank_cells=sum(s.blank for s in self.sheets) + sum(c.blank for c in self.classes),
                unsigned_sheets=sum(line.standing is not Standing.CONFIRMED for line in self.sheets),
                unsigned_classes=sum(line.standing is not Standing.CONFIRMED for line in self.classes),
                unexplained=sum(line.unexplained for line in self.sheets),
                without_result=sum(line.without_result for line in self.classes),
                open_terms=len({1, 2} - self.closed_terms) if self.period == YEAR else 0,
            )
        if step is Stage.PRINTED:
            return Missing(unprinted=sum(line.unprinted for line in self.classes))
        if step is Stage.SIGNED:
            return Missing(
                unsigned_sheets=sum(not self.in_round(line.signature) for line in self.sheets),
                unsigned_classes=sum(not self.in_round(line.signature) for line in self.classes),
            )
        if step is Stage.APPROVED:
            return Missing(
                unapproved_classes=sum(line.approved is not Standing.CONFIRMED for line in self.classes)
            )
        return Missing()

    @property
    def done(self) -> frozenset[Stage]:
        """Steps done, by what is signed and ticked for the data of now.

        What is closed stays closed; where a correction has changed it since, the steps before closing fall back and are
        taken once more for the data of now.
        """
        found = {step for step in (Stage.COMPLETE, Stage.SIGNED) if not self.missing(step).any}
        if self.approved is Standing.CONFIRMED:
            found.add(Stage.APPROVED)
        digest = self.digest
        found |= {s for s, tick in self.ticked.items() if s not in BOUND or tick.digest == digest}
        if self.closing is not None:
            found |= {Stage.PROPOSED, Stage.CLOSED}
        return frozenset(found)

    @property
    def fallen_back(self) -> bool:
        """Closed, but something has changed since: it is signed, printed and approved again, while it stays closed."""
        return self.closing is not None and self.next_step is not None

    @property
    def next_step(self) -> Stage | None:
        """The step it waits for; None once it is closed and stands as it was."""
        return next_step(self.done)
