"""Which version of a school's own form a period is printed in: decided from a day on, in the school's rules.

A period is printed in the version that held on its last day: what was over before the decision keeps its form.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.policies import FORM_VERSIONS, PolicyKey
from app.models import SchoolYear
from app.reports.catalogue import CATALOGUE, versions_of
from app.reports.form import YEAR, Form
from app.services import scope
from app.services.policies import settings_of
from app.services.programme import terms_of, usual_year

KEYS: Final = {codes[0]: key for key, codes in FORM_VERSIONS.items()}
"""The rule that decides on a form, by the code of its first version."""


@dataclass(frozen=True)
class Start:
    """From when a version could be used: the first day, and the period it begins with."""

    day: date
    year: str
    term: int


def rule_of(form: Form) -> PolicyKey | None:
    """The rule that decides which version is printed; None for a form with one version."""
    return KEYS.get(form.version_of or form.code)


def version_for(session: Session, form: Form, unit_id: int, year: SchoolYear, period: int) -> Form:
    """The version a period is printed in; two statements for a form with several, none for any other."""
    key = rule_of(form)
    if key is None:
        return form
    terms = terms_of(session, unit_id, year)
    last = year.ends_on if period == YEAR or period not in terms else terms[period].ends_on
    return CATALOGUE[settings_of(session, unit_id, last)[key].value]


def others(form: Form) -> tuple[Form, ...]:
    """The other versions of a form of the school's own."""
    return tuple(found for found in versions_of(form) if found is not form)


def running_year(session: Session, actor: Actor, day: date) -> SchoolYear | None:
    """The school year of that day, or the last one begun; None before the first."""
    query = scope.scoped(actor, SchoolYear, day).where(SchoolYear.starts_on <= day)
    return session.scalars(query.order_by(SchoolYear.starts_on.desc()).limit(1)).one_or_none()


def starts(session: Session, unit_id: int, year: SchoolYear, day: date) -> list[Start]:
    """From when on a version can be decided: the next school year first, then the year's terms that aren't over."""
    found = [
        Start(max(day, term.starts_on), year.label, number)
        for number, term in terms_of(session, unit_id, year).items()
        if term.ends_on >= day
    ]
    following = usual_year(year.start_year + 1)
    return [Start(following.starts_on, f"{year.start_year + 1}–{year.start_year + 2}", 1), *found]
