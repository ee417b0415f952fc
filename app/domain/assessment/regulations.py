"""Every circular's rules in one table: who needs them asks here, and never a circular's module."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.domain.assessment import (
    preschool,
    tt22_2016,
    tt22_2021,
    tt26_2020,
    tt27_2020,
    tt43_2021,
    tt58_2011,
)
from app.domain.assessment.facts import Facts, Result, Section
from app.domain.assessment.items import Answer, Inputs, Judge, Unjudgeable
from app.domain.assessment.registry import Circular
from app.domain.vocabulary import N_

NOT_AN_ITEM: Final = N_("The item is not an object with regulation, kind and inputs.")
UNKNOWN_REGULATION: Final = N_("The regulation %(value)s is none of %(words)s.")
UNKNOWN_KIND: Final = N_("For %(regulation)s the kind %(value)s is none of %(words)s.")
INPUTS_NOT_AN_OBJECT: Final = N_("inputs is not an object of named fields.")
NOT_AS_EXPECTED: Final = N_("The inputs of %(kind)s don't have the shape it needs.")


@dataclass(frozen=True, slots=True)
class Rules:
    """A circular as code: the version of the rules, what judges and explains a student, and the parts one by one.

    `kinds`: what judges an item of `flask assess`, by its kind. `articles`: article → msgid of the rule.
    """

    version: str
    judge: Callable[[Facts], Result]
    explain: Callable[[Facts], tuple[Section, ...]]
    kinds: Mapping[str, Judge]
    articles: Mapping[str, str]


_RULES: Final[Mapping[Circular, Rules]] = {
    Circular.TT22_2021: Rules(
        tt22_2021.VERSION, tt22_2021.judge, tt22_2021.explain, tt22_2021.KINDS, tt22_2021.RULES
    ),
    Circular.TT58_2011: Rules(
        tt58_2011.VERSION, tt58_2011.judge, tt58_2011.explain, tt58_2011.KINDS, tt58_2011.RULES
    ),
    Circular.TT26_2020: Rules(
        tt26_2020.VERSION, tt26_2020.judge, tt26_2020.explain, tt26_2020.KINDS, tt26_2020.RULES
    ),
    Circular.TT27_2020: Rules(
        tt27_2020.VERSION, tt27_2020.judge, tt27_2020.explain, tt27_2020.KINDS, tt27_2020.RULES
    ),
    Circular.TT22_2016: Rules(
        tt22_2016.VERSION, tt22_2016.judge, tt22_2016.explain, tt22_2016.KINDS, tt22_2016.RULES
    ),
    Circular.TT43_2021: Rules(
        tt43_2021.VERSION, tt43_2021.judge, tt43_2021.explain, tt43_2021.KINDS, tt43_2021.RULES
    ),
    Circular.PRESCHOOL: Rules(
        preschool.VERSION, preschool.judge, preschool.explain, preschool.KINDS, preschool.RULES
    ),
}


def rules_of(circular: Circular) -> Rules:
    """The rules of a circular; results keep its code and `version`."""
    return _RULES[circular]


def assess_item(item: Any) -> Answer:
    """Judge an item {regulation, kind, inputs}. Unjudgeable, with the reason, for whatever can't be judged."""
    if not isinstance(item, Mapping):
        raise Unjudgeable(NOT_AN_ITEM)
    regulation, kind, inputs = (item.get(name) for name in ("regulation", "kind", "inputs"))
    if regulation not in list(Circular):
        raise Unjudgeable(
            UNKNOWN_REGULATION, value=regulation, words=tuple(circular.value for circular in Circular)
        )
    kinds = rules_of(Circular(regulation)).kinds
    if not isinstance(kind, str) or kind not in kinds:
        raise Unjudgeable(UNKNOWN_KIND, regulation=regulation, value=kind, words=tuple(kinds))
    if not isinstance(inputs, Mapping):
        raise Unjudgeable(INPUTS_NOT_AN_OBJECT)
    try:
        return kinds[kind](Inputs(inputs))
    except Unjudgeable:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unjudgeable(NOT_AS_EXPECTED, kind=kind) from error
