"""The catalogue of forms in words: years of use, circulars, page, who signs."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from app.reports.contexts import PrintPurpose
from app.reports.form import DrawnFor, Form, Orientation, Signatory
from app.views.results_texts import circular_name


def kinds() -> list[tuple[DrawnFor, str]]:
    """What a form is about, in the order they are listed."""
    return [
        (DrawnFor.CLASS, _("Of a class")),
        (DrawnFor.STUDENT, _("Of each student of a class")),
        (DrawnFor.TEACHER, _("Of a teacher")),
        (DrawnFor.UNIT, _("Of the school")),
    ]


def labels(forms: Iterable[Form]) -> dict[str, str]:
    """Code → what each is called in a list; those of one name with the circular that tells them apart."""
    known = list(forms)
    often = Counter(form.short_name for form in known)
    return {
        form.code: form.short_name
        if often[form.short_name] == 1
        else f"{form.short_name} ({circulars(form)})"
        for form in known
    }


def purpose_title(value: str) -> str:
    """Why something is printed (S4 Điều 18 khoản 2), on screen; a paper's own words are `PrintPurpose.label`."""
    return {
        PrintPurpose.REGULAR: _("Regular print"),
        PrintPurpose.PERIODIC: _("Periodic print"),
        PrintPurpose.ISSUED: _("Issued on request"),
        PrintPurpose.ENACTED: _("Enacted"),
    }[PrintPurpose(value)]


def years(form: Form) -> str:
    """The school years a form is valid for."""
    first = form.first_school_year
    since = _("from school year %(year)s", year=f"{first}–{first + 1}")
    if form.first_years_by_grade:
        since = _("%(since)s, grade by grade", since=since)
    if form.last_school_year is None:
        return since
    last = form.last_school_year
    return _("%(since)s to %(year)s", since=since, year=f"{last}–{last + 1}")


def circulars(form: Form) -> str:
    """The circulars that may govern a class it is printed for."""
    return ", ".join(circular_name(code) for code in sorted(form.circulars)) or _("any circular")


def page(form: Form) -> str:
    """Its paper."""
    lies = _("across") if form.orientation is Orientation.LANDSCAPE else _("upright")
    return f"{form.sheet.value.upper()}, {lies}"


def signers(form: Form) -> str:
    """Who signs it, in order."""
    names: dict[Signatory, Any] = {
        Signatory.SUBJECT_TEACHER: _("subject teacher"),
        Signatory.HOMEROOM_TEACHER: _("homeroom teacher"),
        Signatory.PRINCIPAL: _("head"),
        Signatory.PARENT: _("parents"),
        Signatory.MAKER: _("who drew it up"),
        Signatory.OFFICER: _("officer in charge"),
    }
    return ", ".join(names[who] for who in form.signatories) or _("as its pages ask")
