"""Why a student has this học lực: the threshold that holds, what lacks for the next one, the adjustment."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.domain.assessment.facts import SubjectFigure
from app.domain.assessment.steps import Param, Step
from app.domain.assessment.terms import AcademicLevel
from app.domain.assessment.tt58_2011.averages import mean
from app.domain.assessment.tt58_2011.learning import (
    LEVELS,
    POOR,
    WEAK,
    WEAK_FLOOR,
    WEAK_REACH,
    Classified,
    level_of,
    standing,
    values,
)
from app.domain.assessment.tt58_2011.subject_steps import NOT_YET
from app.domain.assessment.tt58_2011.variant import Variant
from app.domain.assessment.tt58_2011.wording import column_names, named
from app.domain.assessment.weighted import quotient, short
from app.domain.marks import tenths
from app.domain.vocabulary import N_, Passing

MEAN: Final = N_(
    "Average of %(count)s subjects: (%(sum)s) / %(count)s = %(quotient)s, rounded to %(average)s."
)
EXEMPT: Final = N_("Not counted, by exemption: %(subjects)s.")
HOLDS: Final = N_(
    "%(level)s: the average %(average)s is from %(reach)s up, so is %(key)s, no subject is below %(floor)s and"
    " every comment subject is passed."
)
SPECIAL_HOLDS: Final = N_("Specialised class: %(subject)s is from %(reach)s up as well.")
WEAK_HOLDS: Final = N_(
    "%(level)s: the average %(average)s is from %(reach)s up and no subject is below %(floor)s."
)
POOR_HOLDS: Final = N_("%(level)s: none of the other levels is reached.")
LACKS_AVERAGE: Final = N_("%(level)s needs an average from %(reach)s up; it is %(average)s.")
LACKS_KEY: Final = N_("%(level)s needs one of %(keys)s from %(reach)s up; the highest is %(best)s.")
LACKS_SPECIAL: Final = N_("%(level)s needs the specialised subject from %(reach)s up; it is %(subject)s.")
LACKS_FLOOR: Final = N_("%(level)s needs no subject below %(floor)s; below it: %(subjects)s.")
LACKS_COMMENT: Final = N_("%(level)s needs every comment subject passed; not passed: %(subjects)s.")
ONE_SCORE: Final = N_("Only %(lack)s lacks in %(subject)s for %(level)s.")
ONE_OF: Final = N_("Only %(lack)s lacks in one of these subjects for %(level)s: %(subjects)s.")
ONE_COMMENT: Final = N_("Only a pass in %(subject)s lacks for %(level)s.")
NOT_LISTED: Final = N_(
    "The average reaches %(reached)s and only %(subject)s pulls the level down to %(before)s, but the circular"
    " lists no adjustment for this case."
)
FROM_FAIR: Final = N_(
    "Open reading: the average also reaches 8,0, but Giỏi lacks more than this one subject, so that it is adjusted"
    " as a case of Khá."
)

_NEXT_BETTER: Final = {
    level: better for better, level in zip(AcademicLevel, list(AcademicLevel)[1:], strict=False)
}
Scores = Sequence[tuple[SubjectFigure, Decimal]]


def learning_steps(
    subjects: Sequence[SubjectFigure],
    specialised: str | None,
    found: Classified,
    variant: Variant,
    *,
    retested: bool = False,
) -> tuple[Step, ...]:
    """From the average to the level, with what lacks for the next one; `found` is what `classify` gave."""
    if found.average is None or found.before is None:
        codes = {subject.code: subject.name for subject in subjects}
        return (Step(variant.article("Điều 11"), NOT_YET, {"missing": column_names(found.missing, codes)}),)
    results = values(subjects, retested)
    scores = [(subject, value) for subject, value in results if isinstance(value, Decimal)]
    failed = [subject for subject, value in results if value is Passing.FAILED]
    return (
        *average_steps(subjects, scores, found.average, variant),
        *_Explainer(scores, failed, specialised, found, variant).steps(),
    )


def average_steps(
    subjects: Sequence[SubjectFigure], scores: Scores, average: Decimal, variant: Variant
) -> tuple[Step, ...]:
    """ĐTB of the subjects written out, and who is left out by exemption."""
    marks = [value for _subject, value in scores]
    total = Fraction(sum(map(tenths, marks)), 10 * len(marks))
    params: dict[str, Param] = {
        "count": len(marks),
        "sum": " + ".join(map(short, marks)),
        "quotient": quotient(total),
        "average": average,
    }
    exempt = tuple(subject.name for subject in subjects if subject.exempt)
    out = (Step(variant.article("Điều 12"), EXEMPT, {"subjects": exempt}),) if exempt else ()
    return (*out, Step(variant.article("Điều 11"), MEAN, params))


class _Explainer:
    """The steps of one student's học lực, from figures read once."""

    def __init__(
        self,
        scores: Scores,
        failed: Sequence[SubjectFigure],
        specialised: str | None,
        found: Classified,
        variant: Variant,
    ) -> None:
        self._scores, self._failed, self._specialised = scores, failed, specialised
        self._found, self._variant = found, variant
        self._average = found.average or mean([value for _subject, value in scores])
        self._standing = standing(scores, len(failed), self._average, specialised, variant)

    def steps(self) -> tuple[Step, ...]:
        """The level before adjustment, the adjustment, what lacks for the next level."""
        before, level = self._found.before or POOR, self._found.level or POOR
        target = _NEXT_BETTER.get(level)
        holding = self._holding(before)
        if target is None:
            return (*holding, *self._adjustment())
        # Kém has said already why it isn't Yếu.
        lacking = (step for step in self._lacking(target) if step not in holding)
        return (*holding, *self._adjustment(), *lacking, *self._one_change(target))

    def _article(self, level: AcademicLevel) -> str:
        return self._variant.article(f"Điều 13 khoản {1 + list(AcademicLevel).index(level)}")

    def _holding(self, level: AcademicLevel) -> tuple[Step, ...]:
        article, average = self._article(level), self._average
        if level is POOR:
            return (Step(article, POOR_HOLDS, {"level": level}), *self._lacking(WEAK))
        if level is WEAK:
            params: dict[str, Param] = {"reach": WEAK_REACH, "floor": WEAK_FLOOR}
            return (Step(article, WEAK_HOLDS, {"level": level, "average": average, **params}),)
        reach, floor = next((reach, floor) for name, reach, floor in LEVELS if name is level)
        params = {"level": level, "average": average, "reach": reach, "floor": floor, "key": self._best_key()}
        special = Step(article, SPECIAL_HOLDS, {"subject": self._special(), "reach": reach})
        return (Step(article, HOLDS, params), *((special,) if self._specialised is not None else ()))

    def _adjustment(self) -> tuple[Step, ...]:
        """The adjustment, or why there is none although one subject alone cost two levels or more."""
        found, before = self._found, self._found.before or POOR
        if found.reached is None or found.reached.rank - before.rank < 2:
            return ()
        article = self._variant.article("Điều 13 khoản 6")
        params: dict[str, Param] = {
            "reached": found.reached,
            "subject": found.cause,
            "before": before,
            "level": found.level,
        }
        if found.level is before:
            return (Step(article, NOT_LISTED, params),)
        step = Step(article, self._variant.adjusted, params)
        return (step, Step(article, FROM_FAIR)) if found.flags else (step,)

    def _lacking(self, target: AcademicLevel) -> tuple[Step, ...]:
        """Each condition of the target level that doesn't hold."""
        here, article, steps = self._standing, self._article(target), []
        reach, floor = next(
            ((reach, floor) for name, reach, floor in LEVELS if name is target), (WEAK_REACH, WEAK_FLOOR)
        )
        needs: dict[str, Param] = {"level": target, "reach": reach, "floor": floor}
        if here.average < reach:
            steps.append(Step(article, LACKS_AVERAGE, {**needs, "average": here.average}))
        low = self._named(lambda value: value < floor)
        if target is not WEAK:
            steps.extend(self._lacking_subjects(article, needs, reach))
        if low:
            steps.append(Step(article, LACKS_FLOOR, {**needs, "subjects": low}))
        return tuple(steps)

    def _lacking_subjects(self, article: str, needs: dict[str, Param], reach: Decimal) -> list[Step]:
        """Conditions of Giỏi, Khá and Trung bình on key, specialised and comment subjects."""
        here, steps = self._standing, []
        if here.best_key < reach:
            names: dict[str, Param] = {"keys": self._variant.key_names, "best": self._best_key()}
            steps.append(Step(article, LACKS_KEY, {**needs, **names}))
        if here.specialised is not None and here.specialised < reach:
            steps.append(Step(article, LACKS_SPECIAL, {**needs, "subject": self._special()}))
        if self._failed:
            names_failed = tuple(subject.name for subject in self._failed)
            steps.append(Step(article, LACKS_COMMENT, {**needs, "subjects": names_failed}))
        return steps

    def _one_change(self, target: AcademicLevel) -> tuple[Step, ...]:
        """The smallest single change that would give the target level, where one is enough."""
        article = self._article(target)
        if target is not WEAK and len(self._failed) == 1:
            enough = self._level_with(self._scores, 0).rank >= target.rank
            params: dict[str, Param] = {"subject": self._failed[0].name, "level": target}
            return (Step(article, ONE_COMMENT, params),) if enough else ()
        found = [
            (lack, subject.name) for subject, _v in self._scores if (lack := self._lack(subject, target))
        ]
        if not found:
            return ()
        least = min(lack for lack, _name in found)
        names = tuple(name for lack, name in found if lack == least)
        if len(names) == 1:
            return (Step(article, ONE_SCORE, {"lack": least, "subject": names[0], "level": target}),)
        return (Step(article, ONE_OF, {"lack": least, "subjects": names, "level": target}),)

    def _lack(self, subject: SubjectFigure, target: AcademicLevel) -> Decimal | None:
        """How much more in one subject alone would give the target level; None where not even 10 would."""
        now = next(value for one, value in self._scores if one is subject)

        def enough(code: int) -> bool:
            changed = [(one, _mark(code) if one is subject else value) for one, value in self._scores]
            return self._level_with(changed, len(self._failed)).rank >= target.rank

        higher = range(tenths(now) + 1, 101)  # a higher mark never lowers the level, khoản 6 apart
        place = bisect_left(higher, True, key=enough)
        return _mark(higher[place]) - now if place < len(higher) else None

    def _level_with(self, scores: Scores, failed: int) -> AcademicLevel:
        average = mean([value for _subject, value in scores])
        return level_of(standing(scores, failed, average, self._specialised, self._variant))

    def _named(self, wanted: Callable[[Decimal], bool]) -> tuple[str, ...]:
        return tuple(named(subject.name, value) for subject, value in self._scores if wanted(value))

    def _best_key(self) -> str:
        keys = [
            (value, subject.name)
            for subject, value in self._scores
            if subject.code in self._variant.key_codes
        ]
        value, name = max(keys, key=lambda pair: pair[0])
        return named(name, value)

    def _special(self) -> str:
        found = [named(s.name, value) for s, value in self._scores if s.code == self._specialised]
        return found[0] if found else ""


def _mark(code: int) -> Decimal:
    return Decimal(f"{code}E-1")
