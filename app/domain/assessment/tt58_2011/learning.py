"""Học lực of a term or year: TT 58/2011 Điều 11, 12 and 13."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import SubjectFigure, Value
from app.domain.assessment.terms import AcademicLevel
from app.domain.assessment.tt58_2011.averages import mean
from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.vocabulary import Passing

EXCELLENT, FAIR, AVERAGE, WEAK, POOR = AcademicLevel

LEVELS: Final = (
    (EXCELLENT, Decimal("8.0"), Decimal("6.5")),
    (FAIR, Decimal("6.5"), Decimal("5.0")),
    (AVERAGE, Decimal("5.0"), Decimal("3.5")),
)
"""Level, what the average, a key subject and the specialised subject reach, what no subject is below."""

WEAK_REACH: Final = Decimal("3.5")
WEAK_FLOOR: Final = Decimal("2.0")
RETEST_BELOW: Final = Decimal("5.0")
HIGHEST: Final = Decimal("10.0")

RAISED: Final[Mapping[tuple[AcademicLevel, AcademicLevel], AcademicLevel]] = {
    (EXCELLENT, AVERAGE): FAIR,
    (EXCELLENT, WEAK): AVERAGE,
    (FAIR, WEAK): AVERAGE,
    (FAIR, POOR): WEAK,
}
"""Điều 13 khoản 6: (level the average reaches, level one subject pulls it down to) → adjusted level."""

NO_SUBJECT: Final = "subjects"
NO_KEY_SUBJECT: Final = "key_subject"
FLAG_FROM_FAIR: Final = "adjusted_from_fair"
"""Open reading of khoản 6 that was used: the average reaches 8.0, yet only Khá lies open but for one subject."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What Điều 13 looks at: the average, the best key subject, the lowest subject, the specialised one (None outside
    a lớp chuyên), and how many comment subjects are Chưa đạt.
    """

    average: Decimal
    best_key: Decimal
    lowest: Decimal
    specialised: Decimal | None
    failed: int


@dataclass(frozen=True, slots=True)
class Classified:
    """Học lực: `before` and after the adjustment, `cause` the one subject it rests on, `reached` the level but for it."""

    average: Decimal | None = None
    before: AcademicLevel | None = None
    level: AcademicLevel | None = None
    reached: AcademicLevel | None = None
    cause: str | None = None
    missing: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """Open readings that changed the level."""
        from_fair = self.reached is FAIR and self.average is not None and self.average >= LEVELS[0][1]
        return (FLAG_FROM_FAIR,) if self.level is not self.before and from_fair else ()


def level_of(standing: Standing) -> AcademicLevel:
    """Học lực before any adjustment (Điều 13 khoản 1–5)."""
    average, key, lowest, special = standing.average, standing.best_key, standing.lowest, standing.specialised
    if not standing.failed:
        for level, reach, floor in LEVELS:
            if (
                average >= reach
                and key >= reach
                and lowest >= floor
                and (special is None or special >= reach)
            ):
                return level
    return WEAK if average >= WEAK_REACH and lowest >= WEAK_FLOOR else POOR


def needs_retest(value: Value | None) -> bool:
    """Whether a subject may be tested again: under 5.0 or Chưa đạt (Điều 16)."""
    return value is Passing.FAILED or (isinstance(value, Decimal) and value < RETEST_BELOW)


def counted(subjects: Iterable[SubjectFigure]) -> list[SubjectFigure]:
    """The subjects that make the result: neither exempt (Điều 12) nor chosen extra ones."""
    return [subject for subject in subjects if subject.counts and not subject.exempt]


def values(
    subjects: Iterable[SubjectFigure], retested: bool = False
) -> list[tuple[SubjectFigure, Value | None]]:
    """The counted subjects with their results; `retested`: with a retest's in its place (Điều 16)."""
    return [
        (
            subject,
            subject.retest
            if retested and subject.retest is not None and needs_retest(subject.value)
            else subject.value,
        )
        for subject in counted(subjects)
    ]


def missing_of(subjects: Iterable[SubjectFigure]) -> tuple[str, ...]:
    """What lacks, as `subject:column`, or the subject alone where no column is named."""
    return tuple(
        code
        for subject in counted(subjects)
        if subject.value is None
        for code in ([f"{subject.code}:{column}" for column in subject.missing] or [subject.code])
    )


def classify(
    subjects: Iterable[SubjectFigure], specialised: str | None, variant: Variant, *, retested: bool = False
) -> Classified:
    """ĐTB of the subjects (Điều 11) and học lực by it (Điều 13), for a term or a year.

    Without a result, a key subject or the specialised subject nothing is classified: `missing` says what lacks.
    """
    scores: list[tuple[SubjectFigure, Decimal]] = []
    failed: list[SubjectFigure] = []
    for subject, value in values(subjects, retested):
        if value is None:
            return Classified(missing=missing_of(subjects))
        if value is Passing.FAILED:
            failed.append(subject)
        elif isinstance(value, Decimal):
            scores.append((subject, value))
    lacking = _lacking(scores, specialised, variant)
    if lacking:
        return Classified(missing=lacking)
    average = mean([value for _subject, value in scores])
    before = level_of(standing(scores, len(failed), average, specialised, variant))
    plain = Classified(average, before, before)
    if before in (EXCELLENT, FAIR) or average < LEVELS[1][1]:
        return plain
    return _adjusted(plain, scores, failed, specialised, variant)


def standing(
    scores: Iterable[tuple[SubjectFigure, Decimal]],
    failed: int,
    average: Decimal,
    specialised: str | None,
    variant: Variant,
) -> Standing:
    """What Điều 13 looks at. ValueError without a key subject."""
    lowest, best_key, special = HIGHEST, None, None
    for subject, value in scores:
        lowest = min(lowest, value)
        if subject.code in variant.key_codes and (best_key is None or value > best_key):
            best_key = value
        if subject.code == specialised:
            special = value
    if best_key is None:
        raise ValueError("no key subject")
    return Standing(average, best_key, lowest, special, failed)


def _lacking(
    scores: list[tuple[SubjectFigure, Decimal]], specialised: str | None, variant: Variant
) -> tuple[str, ...]:
    """Subjects without which Điều 13 can't be asked."""
    if not scores:
        return (NO_SUBJECT,)
    codes = {subject.code for subject, _value in scores}
    if not codes & variant.key_codes:
        return (NO_KEY_SUBJECT,)
    return (specialised,) if specialised is not None and specialised not in codes else ()


def _adjusted(
    plain: Classified,
    scores: list[tuple[SubjectFigure, Decimal]],
    failed: list[SubjectFigure],
    specialised: str | None,
    variant: Variant,
) -> Classified:
    """Điều 13 khoản 6: the level the student would have were one subject alone different, the average as it is.

    A scored subject is thought of as 10, a comment subject as Đạt. That level, Giỏi or Khá, and the level reached
    are looked up in RAISED; Giỏi → Kém is not among them and stays.
    """
    average = plain.average
    low = [subject for subject, value in scores if value < LEVELS[1][2]]
    if average is None or plain.before is None or len(failed) + len(low) > 1:
        return plain
    causes = failed or low or [subject for subject, _value in scores]
    for subject, imagined in ((cause, _as_if(cause, scores)) for cause in causes):
        reached = level_of(standing(imagined, 0, average, specialised, variant))
        if reached in (EXCELLENT, FAIR):
            level = RAISED.get((reached, plain.before), plain.before)
            return Classified(average, plain.before, level, reached, subject.name)
    return plain


def _as_if(
    one: SubjectFigure, scores: list[tuple[SubjectFigure, Decimal]]
) -> list[tuple[SubjectFigure, Decimal]]:
    return [(subject, HIGHEST if subject is one else value) for subject, value in scores]
