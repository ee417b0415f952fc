"""What people add to a judged year: results assessed again, summer training, and what is theirs to decide.

A student's `Facts` say what may be entered (`asked_of`, `fields_of`), and what another result makes of them (`assessed_again`),
so that a page can tell "Kiểm tra lại → Được lên lớp".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from app.domain.assessment.decisions import (
    DISABILITY,
    OUTSTANDING,
    PROMOTED,
    RECOGNISED,
    RETAINED,
    RETEST_OVER,
)
from app.domain.assessment.facts import Facts, Result, Value
from app.domain.assessment.primary import COMPLETING
from app.domain.assessment.registry import CONDUCT, PRIMARY, Circular
from app.domain.assessment.terms import Outcome, SubjectLevel, TraitLevel
from app.domain.vocabulary import RETEST

Judge = Callable[[Facts], Result]

COMMENDED: Final = PRIMARY | {Circular.TT26_2020}
"""Circulars with a title for outstanding achievement, which people note."""
_NOTED: Final = (OUTSTANDING, RECOGNISED)


class HeadDecision(StrEnum):
    """What the head decides where it is the head's to decide (TT 27/2020 Điều 11, TT 22/2021 Điều 12 khoản 4)."""

    PROMOTED = "promoted"  # cho lên lớp
    RETAINED = "retained"  # không cho lên lớp


class Decided(Protocol):
    """A row of decisions of a student's year."""

    training_year: str | None
    training_after: str | None
    head: str | None
    head_reason: str | None
    disability_reason: str | None
    outstanding: str | None
    recognised: bool
    traits_after: Mapping[str, str] | None
    retest_over: str | None


def decided(facts: Facts, row: Decided | None) -> Facts:
    """The year's facts with what people decided; without a row, with nothing decided."""
    if row is None:
        return replace(facts, training_after_summer=None, decisions={}, traits_after={})
    decisions = {
        DISABILITY: row.disability_reason,
        row.head: row.head_reason or "",
        RETEST_OVER: row.retest_over,
        OUTSTANDING: row.outstanding,
        RECOGNISED: "" if row.recognised else None,
    }
    return replace(
        facts,
        training=row.training_year if facts.circular in CONDUCT else facts.training,
        training_after_summer=row.training_after,
        decisions={name: text for name, text in decisions.items() if name and text is not None},
        traits_after=dict(row.traits_after or {}),
        closed=facts.closed or row.retest_over is not None,
    )


def assessed_again(facts: Facts, code: str, **results: Value | None) -> Facts:
    """The facts with another result of kiểm tra lại or đánh giá bổ sung in a subject: `retest`, or `retest_test`."""
    subjects = (
        replace(subject, **results) if subject.code == code else subject  # type: ignore[arg-type]
        for subject in facts.subjects
    )
    return replace(facts, subjects=tuple(subjects))


@dataclass(frozen=True, slots=True)
class Asked:
    """What may be entered for a student; empty for who was promoted at the year's end.

    `subjects`: codes to be assessed again; `tests`: of primary subjects whose test is; `traits`: of qualities and
    competences; `summer`: training in the summer; `head`: the head's decision; `over`: retests not taken may end;
    `award`: the title that outstanding results or progress would bring.
    """

    subjects: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    summer: bool = False
    head: bool = False
    over: bool = False
    award: StrEnum | None = None


def asked_of(facts: Facts, judge: Judge) -> Asked:
    """What may be entered for the student, judged as if nothing had been entered after the year."""
    return replace(_asked_again(facts, judge), award=_award(facts, judge))


def _award(facts: Facts, judge: Judge) -> StrEnum | None:
    """The title that comes of outstanding results or progress alone, noted or not."""
    if facts.circular not in COMMENDED:
        return None
    others = {name: text for name, text in facts.decisions.items() if name not in _NOTED}
    noted = judge(replace(facts, decisions=others | dict.fromkeys(_NOTED, ""))).title
    return None if noted is judge(replace(facts, decisions=others)).title else noted


def _asked_again(facts: Facts, judge: Judge) -> Asked:
    bare = judge(_as_it_ended(facts))
    head = DISABILITY in facts.decisions or _for_the_head(facts, judge)
    if bare.outcome is Outcome.SUMMER_TRAINING:
        return Asked(summer=True, head=head)
    again = frozenset(bare.retest_subjects)
    if bare.outcome is Outcome.RETEST:
        return Asked(again, over=_pending(facts, again), head=head)
    if facts.circular in PRIMARY and bare.outcome in (Outcome.SUPPLEMENT, Outcome.HEAD_DECIDES):
        short = [subject for subject in facts.subjects if subject.code in again]
        return Asked(
            subjects=frozenset(s.code for s in short if s.value is SubjectLevel.NOT_DONE),
            tests=frozenset(s.code for s in short if s.test is not None and s.test < COMPLETING.test),
            traits=frozenset(c for c, level in facts.traits.items() if level == TraitLevel.NEEDS_EFFORT),
            head=head,
        )
    return Asked(head=head)


def _as_it_ended(facts: Facts) -> Facts:
    """The facts as the year ended, before anything was assessed again or decided."""
    kept = {
        name: text for name, text in facts.decisions.items() if name in (DISABILITY, OUTSTANDING, RECOGNISED)
    }
    subjects = tuple(replace(subject, retest=None, retest_test=None) for subject in facts.subjects)
    return replace(facts, subjects=subjects, training_after_summer=None, traits_after={}, decisions=kept)


def _for_the_head(facts: Facts, judge: Judge) -> bool:
    """True where the rules end with the head, all results taken as they are now."""
    kept = {name: text for name, text in facts.decisions.items() if name not in (PROMOTED, RETAINED)}
    return judge(replace(facts, decisions=kept)).outcome is Outcome.HEAD_DECIDES


def _pending(facts: Facts, again: frozenset[str]) -> bool:
    """Retests not taken, or said to be over already."""
    taken = {subject.code for subject in facts.subjects if subject.retest is not None}
    return RETEST_OVER in facts.decisions or not again <= taken


class Field(StrEnum):
    """What may be decided of a student's year."""

    TRAINING_YEAR = "training_year"  # hạnh kiểm cả năm (TT 58/2011)
    TRAINING_AFTER = "training_after"  # sau rèn luyện hè
    TRAITS_AFTER = "traits_after"  # phẩm chất, năng lực sau đánh giá bổ sung
    OUTSTANDING = "outstanding"  # thành tích nổi bật, tiến bộ vượt bậc
    RECOGNISED = "recognised"  # được tập thể lớp công nhận
    RETEST_OVER = "retest_over"  # không tổ chức kiểm tra lại nữa
    DISABILITY = "disability_reason"  # đánh giá theo kế hoạch giáo dục cá nhân
    HEAD = "head"  # hiệu trưởng quyết định

    @property
    def lock(self) -> str:
        """The column of lock windows that speaks for it: what ends the year goes with the final tests of term II."""
        at_year_end = (Field.TRAINING_YEAR, Field.OUTSTANDING, Field.RECOGNISED)
        return "final" if self in at_year_end else RETEST

    @property
    def reasoned(self) -> bool:
        """A reason goes with it; the others are texts themselves, or marks of a list."""
        return self in (Field.TRAINING_YEAR, Field.TRAINING_AFTER, Field.HEAD)


def last_of_summer(year_ends_on: date) -> date:
    """The last day on which a school year's decisions are taken: the next year begins in September (TT 22/2021 Điều 13, 14).

    After it they change by a correction request only, which takes the consent of the tier above.
    """
    return date(year_ends_on.year, 8, 31)


def by_head(field: Field, circular: str) -> bool:
    """The head decides it, the homeroom teacher the others; giấy khen of TT 26/2020 are the head's too."""
    if field is Field.OUTSTANDING:
        return circular == Circular.TT26_2020
    return field in (Field.RETEST_OVER, Field.DISABILITY, Field.HEAD)


def fields_of(facts: Facts, asked: Asked) -> tuple[Field, ...]:
    """The decisions a student's year is open to; of an award where a title comes of it, or something is noted already."""
    circular = Circular(facts.circular)
    award = asked.award is not None or any(name in facts.decisions for name in _NOTED)
    offered = {
        Field.TRAINING_YEAR: circular in CONDUCT,
        Field.TRAINING_AFTER: asked.summer,
        Field.TRAITS_AFTER: bool(asked.traits),
        Field.OUTSTANDING: award,
        Field.RECOGNISED: award and circular in PRIMARY,
        Field.RETEST_OVER: asked.over,
        Field.DISABILITY: circular is not Circular.TT58_2011,
        Field.HEAD: asked.head,
    }
    return tuple(field for field, open_ in offered.items() if open_)


REASON: Final = "_reason"
PART: Final = ":"


def column_of(field: Field, part: str = "") -> str:
    """By what name a correction speaks of a decision; `part`: a quality or competence, by code."""
    return f"{field.value}{PART}{part}" if part else field.value


def field_of(column: str) -> tuple[Field, str, bool] | None:
    """Of such a name the decision, the part, and whether it is the reason kept beside it; None for any other."""
    name, _colon, part = column.partition(PART)
    if name in set(Field):
        return (Field(name), part, False) if bool(part) == (name == Field.TRAITS_AFTER) else None
    stem = name.removesuffix(REASON)
    reasoned = not part and stem != name and stem in set(Field) and Field(stem).reasoned
    return (Field(stem), "", True) if reasoned else None
