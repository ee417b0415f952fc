"""How values are shown in lists and sheets: dates, codes, words; True, None and enum names never reach the page."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.dates import format_date
from app.domain.vocabulary import GroupKind, Level, Role, SubjectKind, Tier, UnitKind
from app.reference.code_lists import CODE_LISTS
from app.services.clock import VIETNAM
from app.views.role_texts import ROLES

LABELS: dict[type[Enum], dict[Any, Any]] = {
    UnitKind: {
        UnitKind.DEPARTMENT: lazy_gettext("Department of education"),
        UnitKind.DISTRICT: lazy_gettext("District office"),
        UnitKind.COMMUNE: lazy_gettext("Commune office"),
        UnitKind.PRESCHOOL: lazy_gettext("Preschool"),
        UnitKind.PRIMARY: lazy_gettext("Primary school"),
        UnitKind.LOWER_SECONDARY: lazy_gettext("Lower secondary school"),
        UnitKind.UPPER_SECONDARY: lazy_gettext("Upper secondary school"),
        UnitKind.MULTI_LEVEL: lazy_gettext("Multi-level school"),
        UnitKind.VOCATIONAL_CENTRE: lazy_gettext("Vocational and continuing education centre"),
        UnitKind.PROVINCIAL_CENTRE: lazy_gettext("Provincial continuing education centre"),
    },
    Tier: {
        Tier.DEPARTMENT: lazy_gettext("Department of education"),
        Tier.DISTRICT: lazy_gettext("Middle tier"),
        Tier.SCHOOL: lazy_gettext("School"),
    },
    Level: {
        Level.PRESCHOOL: lazy_gettext("Preschool level"),
        Level.PRIMARY: lazy_gettext("Primary level"),
        Level.LOWER_SECONDARY: lazy_gettext("Lower secondary level"),
        Level.UPPER_SECONDARY: lazy_gettext("Upper secondary level"),
        Level.CONTINUING_LOWER: lazy_gettext("Continuing education, lower secondary"),
        Level.CONTINUING_UPPER: lazy_gettext("Continuing education, upper secondary"),
    },
    SubjectKind: {
        SubjectKind.SCORED: lazy_gettext("Comments and scores"),
        SubjectKind.COMMENT: lazy_gettext("Comments only"),
        SubjectKind.HOMEROOM: lazy_gettext("Entered by homeroom teachers"),
    },
    GroupKind: {
        GroupKind.WHOLE_CLASS: lazy_gettext("Whole class"),
        GroupKind.PART: lazy_gettext("Part of a class"),
        GroupKind.MIXED: lazy_gettext("Students of several classes"),
    },
    Role: dict(ROLES),
}
"""Official term of every enum value that is shown."""

PLAN_STATUS = {
    "compulsory": lazy_gettext("Compulsory"),
    "elective": lazy_gettext("Elective"),
    "optional": lazy_gettext("Optional"),
    "cluster": lazy_gettext("Topic cluster"),
}

CIRCULARS = {
    "tt22-2021": "TT 22/2021",
    "tt27-2020": "TT 27/2020",
    "tt43-2021": "TT 43/2021",
    "tt58-2011": "TT 58/2011",
    "tt26-2020": "TT 26/2020",
    "tt22-2016": "TT 22/2016",
    "preschool": lazy_gettext("Preschool programme"),
}

COLUMN_NAMES = {
    **{f"regular_{n}": lazy_gettext("Regular score %(n)s", n=n) for n in range(1, 9)},
    "midterm": lazy_gettext("Midterm score"),
    "final": lazy_gettext("Final score"),
    **{f"periodic_{n}": lazy_gettext("Weight-2 test %(n)s", n=n) for n in range(1, 9)},
    "midterm_level": lazy_gettext("Level at mid-term"),
    "final_level": lazy_gettext("Level at the end of the term"),
    "midterm_comment": lazy_gettext("Comment at mid-term"),
    "comment": lazy_gettext("Comment"),
}


def present(value: Any) -> Any:
    """Any value as a reader expects it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Enum):
        return _label(value)
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    if isinstance(value, (list, tuple)):
        return ", ".join(str(present(item)) for item in value)
    return value


def _label(value: Enum) -> Any:
    return LABELS.get(type(value), {}).get(value, value.value)


def enum_label(enum: type[Enum]) -> Callable[[Any], Any]:
    """Formatter of a column that FAB hands over as the enum's bare value."""
    return lambda value: present(enum(value)) if value else ""


def code_label(list_name: str) -> Callable[[Any], str]:
    """Formatter: the label of a code; an unknown code stays readable."""
    return CODE_LISTS[list_name].label


def plan_status(value: str | None) -> Any:
    """Standing of a subject in the plan."""
    return PLAN_STATUS.get(value or "", value or "")


def circular(value: str | None) -> Any:
    """A circular by its number, as people name it."""
    return CIRCULARS.get(value or "", value or "")


def grade(value: int | None) -> str:
    """A grade by its number; the two of preschool by their names in the sector database."""
    if value is None:
        return ""
    code = f"{value:02}"
    return CODE_LISTS["grade"].label(code) if value > 12 else str(value)


def columns(value: list[str] | None) -> Any:
    """Columns of an assignment; empty means all of them."""
    if not value:
        return _("All columns")
    return ", ".join(str(COLUMN_NAMES.get(name, name)) for name in value)


def terms(value: list[int] | None) -> str:
    """Terms a subject is taught in: I, II."""
    return ", ".join("I" if n == 1 else "II" for n in value or ())
