"""Why this learning result, and what one change would do (TT 22/2021 Điều 9 khoản 2, 3)."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

from app.domain.assessment.facts import Facts, Readings, Value
from app.domain.assessment.steps import Param, Step
from app.domain.assessment.terms import ResultLevel
from app.domain.assessment.tt22_2021.judging import Figures, learning_of
from app.domain.assessment.tt22_2021.learning import (
    COMMENT_SUBJECT_COUNTS,
    CONDITIONS,
    REPLACE_SUBJECT,
    Learning,
    learning_result,
    other_reading,
)
from app.domain.assessment.tt22_2021.scheme import SIX, Scheme
from app.domain.assessment.tt22_2021.sums import NOT_YET, column_name
from app.domain.marks import format_mark
from app.domain.vocabulary import N_, Passing, SubjectKind

UNCONFIRMED: Final = N_("Not yet: a leader of the centre has to confirm the settings first.")
FEW: Final = N_(
    "Not classified: %(count)s scored subjects are counted and the thresholds take %(needed)s; the head decides."
)
REACHED: Final = N_(
    "%(level)s: all comment subjects passed, no scored subject below %(floor)s, and %(count)s subjects with %(reach)s "
    "or more (%(needed)s are needed): %(names)s."
)
REACHED_PASSED: Final = N_(
    "%(level)s: at most one comment subject not passed (%(failed)s), no scored subject below %(floor)s, and %(count)s "
    "subjects with %(reach)s or more (%(needed)s are needed): %(names)s."
)
NOT_REACHED: Final = N_("%(level)s: the conditions of no higher level are met.")
FEW_REACH: Final = N_(
    "%(level)s needs %(needed)s subjects with %(reach)s or more; there are %(count)s: %(names)s."
)
NONE_REACH: Final = N_("%(level)s needs %(needed)s subjects with %(reach)s or more; no subject has that.")
TOO_LOW: Final = N_("%(level)s allows no scored subject below %(floor)s: %(names)s.")
FAILED: Final = N_("%(level)s needs all comment subjects passed; not passed: %(names)s.")
FAILED_TWICE: Final = N_("%(level)s allows one comment subject not passed at most; not passed: %(names)s.")
ADJUSTED: Final = N_(
    "Adjusted from %(before)s to %(level)s: only %(name)s keeps the result from %(would)s, two levels or more above."
)
OPEN_READINGS: Final = {
    (COMMENT_SUBJECT_COUNTS, True): N_(
        "Open reading: if a comment subject could not be the single subject, the result would be %(level)s."
    ),
    (COMMENT_SUBJECT_COUNTS, False): N_(
        "Open reading: if a comment subject could be the single subject, the result would be %(level)s."
    ),
    (REPLACE_SUBJECT, True): N_(
        "Open reading: if the single subject were left out instead of taken as the best, the result would be %(level)s."
    ),
    (REPLACE_SUBJECT, False): N_(
        "Open reading: if the single subject were taken as the best instead of left out, the result would be %(level)s."
    ),
}
"""By the reading and whether the unit holds it."""

SHORT_ONE: Final = N_("%(gap)s more in %(names)s would make it %(level)s.")
SHORT_ANY: Final = N_("%(gap)s more in any one of %(names)s would make it %(level)s.")
SHORT_COMMENT: Final = N_("%(names)s passed would make it %(level)s.")
SHORT_COMMENT_ANY: Final = N_("Any one of %(names)s passed would make it %(level)s.")

LEVELS: Final = tuple(ResultLevel)
_MARKS: Final = tuple(sorted({mark for condition in CONDITIONS for mark in condition[1:3]}))
"""Marks at which something changes: 3.5, 5.0, 6.5, 8.0."""


def learning_steps(facts: Facts, figures: Figures, scheme: Scheme) -> tuple[Step, ...]:
    """The steps to the learning result of these figures, or what keeps it from being judged."""
    articles = scheme.articles
    if scheme.needed is None:
        return (
            Step(articles.learning, UNCONFIRMED),
            *(Step(articles.learning, name) for name in scheme.unconfirmed),
        )
    learning = learning_of(figures, facts, scheme)
    if learning is not None:
        return tuple(_judged(figures, learning, facts.readings, scheme))
    steps = []
    if figures.missing:
        steps.append(Step(articles.learning, NOT_YET, {"columns": _lacking(figures)}))
    if figures.few:
        count = sum(subject.kind is SubjectKind.SCORED for subject in figures.counted)
        steps.append(Step(articles.learning, FEW, {"count": count, "needed": max(scheme.needed)}))
    return tuple(steps)


def _lacking(figures: Figures) -> tuple[str, ...]:
    """Subjects without a result, with the column of the book where one is lacking."""
    names = {subject.code: subject.name for subject in figures.counted}
    found = []
    for missing in figures.missing:
        code, _colon, column = missing.rpartition(":")
        heading = column_name(column)
        found.append(names[code] if heading == column else f"{names[code]} ({heading})")
    return tuple(dict.fromkeys(found))


def _judged(figures: Figures, learning: Learning, readings: Readings, scheme: Scheme) -> Iterator[Step]:
    yield _base(figures, learning.before, scheme)
    if learning.before is not ResultLevel.GOOD:
        yield from _unmet(figures, LEVELS.index(learning.before) - 1, scheme)
    article = scheme.articles.adjustment
    if learning.would is not None:
        (name,) = _cause(figures, learning.by_comment)
        line = {"before": learning.before, "level": learning.level, "would": learning.would, "name": name}
        yield Step(article, ADJUSTED, line)
    for flag in learning.flags:
        found = _again(figures.scores, figures.failed, other_reading(readings, flag), scheme)
        yield Step(article, OPEN_READINGS[flag, getattr(readings, flag)], {"level": found.level})
    if learning.level is not ResultLevel.GOOD:
        yield from _short(figures, learning.level, readings, scheme)


def _again(scores: Iterable[Decimal], failed: int, readings: Readings, scheme: Scheme) -> Learning:
    return learning_result(scores, failed, readings, scheme.needed or SIX, scheme.adjusts)


def _named(figures: Figures, wanted: Callable[[Value | None], bool]) -> tuple[str, ...]:
    """Subjects whose value is wanted, a score beside its name."""
    pairs = zip(figures.counted, figures.values, strict=True)
    return tuple(
        f"{subject.name} {format_mark(value)}" if isinstance(value, Decimal) else subject.name
        for subject, value in pairs
        if wanted(value)
    )


def _failed(figures: Figures) -> tuple[str, ...]:
    return _named(figures, lambda value: value is Passing.FAILED)


def _cause(figures: Figures, by_comment: bool) -> tuple[str, ...]:
    """The single subject: the comment subject that failed, or the lowest scored one."""
    if by_comment:
        return _failed(figures)[:1]
    return _named(figures, lambda value: value == min(figures.scores))[:1]


def _reaching(figures: Figures, place: int, scheme: Scheme) -> dict[str, Param]:
    """Figures of a level's conditions, and who reaches its threshold."""
    level, reach, floor, _failures = CONDITIONS[place]
    names = _named(figures, lambda value: isinstance(value, Decimal) and value >= reach)
    return {
        "level": level,
        "reach": reach,
        "floor": floor,
        "needed": (scheme.needed or SIX)[place],
        "count": len(names),
        "names": names,
        "failed": figures.failed,
    }


def _article(level: ResultLevel, scheme: Scheme) -> str:
    """Where a level's conditions stand."""
    return f"{scheme.articles.learning}{scheme.articles.learning_points[LEVELS.index(level)]}"


def _base(figures: Figures, level: ResultLevel, scheme: Scheme) -> Step:
    """Which level khoản 2 gives, and why."""
    place, article = LEVELS.index(level), _article(level, scheme)
    if level is ResultLevel.NOT_PASSED:
        return Step(article, NOT_REACHED, {"level": level})
    message = REACHED_PASSED if level is ResultLevel.PASSED else REACHED
    return Step(article, message, _reaching(figures, place, scheme))


def _unmet(figures: Figures, place: int, scheme: Scheme) -> Iterator[Step]:
    """Each condition of a level that is not met."""
    level, reach, floor, failures = CONDITIONS[place]
    article = _article(level, scheme)
    if sum(score >= reach for score in figures.scores) < (scheme.needed or SIX)[place]:
        line = _reaching(figures, place, scheme)
        yield Step(article, FEW_REACH if line["count"] else NONE_REACH, line)
    low = _named(figures, lambda value: isinstance(value, Decimal) and value < floor)
    if low:
        yield Step(article, TOO_LOW, {"level": level, "floor": floor, "names": low})
    if figures.failed > failures:
        yield Step(article, FAILED_TWICE if failures else FAILED, {"level": level, "names": _failed(figures)})


def _short(figures: Figures, level: ResultLevel, readings: Readings, scheme: Scheme) -> Iterator[Step]:
    """The smallest change of one subject that would give a higher level, where one subject would do."""
    changes: dict[tuple[Decimal, ResultLevel], list[str]] = {}
    for subject, value in zip(figures.counted, figures.values, strict=True):
        if isinstance(value, Decimal):
            found = _higher(figures, value, level, readings, scheme)
            if found is not None:
                changes.setdefault(found, []).append(subject.name)
    if changes:
        gap, higher = min(changes, key=lambda change: change[0])
        names = tuple(changes[gap, higher])
        message = SHORT_ANY if names[1:] else SHORT_ONE
        yield Step(_article(higher, scheme), message, {"gap": gap, "names": names, "level": higher})
    if figures.failed:
        higher = _again(figures.scores, figures.failed - 1, readings, scheme).level
        if higher.rank > level.rank:
            message = SHORT_COMMENT_ANY if figures.failed > 1 else SHORT_COMMENT
            yield Step(_article(higher, scheme), message, {"names": _failed(figures), "level": higher})


def _higher(
    figures: Figures, value: Decimal, level: ResultLevel, readings: Readings, scheme: Scheme
) -> tuple[Decimal, ResultLevel] | None:
    """How much more in a subject with this value would give which higher level."""
    others = list(figures.scores)
    others.remove(value)
    for mark in _MARKS:
        if mark > value:
            found = _again([*others, mark], figures.failed, readings, scheme).level
            if found.rank > level.rank:
                return mark - value, found
    return None
