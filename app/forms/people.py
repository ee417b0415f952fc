"""Fields shared by the sheets of staff and students, and the short forms of their verbs."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from app.forms import fields
from app.forms.converter import REQUIRED
from app.services.enrolments import RELATIONS, is_studying


def is_gone(code: str) -> bool:
    """True for the statuses that say the student has moved or left."""
    return not is_studying(code)


NEEDED = [InputRequired(message=REQUIRED)]
NAME_PARTS = ("family_name", "middle_name", "given_name", "written_name")
GUARDIAN_PARTS = ("full_name", "birth_year", "job", "phone", "email")


def name_fields() -> dict[str, Any]:
    """Họ, đệm, tên kept apart, and the whole name where it is written in another order."""
    return {
        "family_name": fields.TextField(_("Family name"), [Optional(), Length(max=40)]),
        "middle_name": fields.TextField(_("Middle name"), [Optional(), Length(max=60)]),
        "given_name": fields.TextField(_("Given name"), [*NEEDED, Length(max=40)]),
        "written_name": fields.TextField(
            _("Full name as written"),
            [Optional(), Length(max=120)],
            description=_(
                "Only where it is written in another order, e.g. Y Khương Byă whose given name is Khương."
            ),
        ),
    }


def guardian_fields() -> dict[str, Any]:
    """Father, mother and guardian, five fields each."""
    made: dict[str, Any] = {}
    for relation in RELATIONS:
        made |= {
            f"{relation}_full_name": fields.TextField(_("Full name"), [Optional(), Length(max=120)]),
            f"{relation}_birth_year": fields.WholeNumberField(
                _("Year of birth"), [Optional()], low=1900, high=2100
            ),
            f"{relation}_job": fields.TextField(_("Occupation"), [Optional(), Length(max=80)]),
            f"{relation}_phone": fields.TextField(_("Telephone"), [Optional(), Length(max=20)]),
            f"{relation}_email": fields.TextField(_("E-mail"), [Optional(), Length(max=120)]),
        }
    return made


def place_fields() -> dict[str, Any]:
    """The place in a class a student is admitted to."""
    return {
        "school_class": fields.RecordField(_("Class"), NEEDED, kind="school_class"),
        "starts_on": fields.VnDateField(_("From day"), NEEDED),
        "entry_code": fields.CodeField(_("Way of entry"), NEEDED, list_name="entry_kind"),
        "arrival_code": fields.CodeField(_("Status"), NEEDED, list_name="enrolment_status", only=is_studying),
        "other_school": fields.TextField(_("Comes from school"), [Optional(), Length(max=160)]),
    }


class MoveForm(FlaskForm):
    """Into another class of the same year."""

    school_class = fields.RecordField(_("New class"), NEEDED, kind="school_class")
    day = fields.VnDateField(
        _("From day"),
        NEEDED,
        description=_(
            "The day before is the last one in the present class. Within a term it is recorded on that day or later."
        ),
    )
    reason = fields.TextField(_("Reason or decision"), [Optional(), Length(max=300)])


class LeaveForm(FlaskForm):
    """Away from the school, or out of learning."""

    status = fields.CodeField(_("Status"), NEEDED, list_name="enrolment_status", only=is_gone)
    day = fields.VnDateField(_("Last day here"), NEEDED)
    reason = fields.CodeField(_("Reason for leaving"), [Optional()], list_name="leave_reason")
    other_school = fields.TextField(_("Goes to school"), [Optional(), Length(max=160)])


class EnrolForm(FlaskForm):
    """Into a class: the next year's, or back again."""

    school_class = fields.RecordField(_("Class"), NEEDED, kind="school_class")
    day = fields.VnDateField(_("From day"), NEEDED)
    entry = fields.CodeField(_("Way of entry"), NEEDED, list_name="entry_kind")
    status = fields.CodeField(_("Status"), NEEDED, list_name="enrolment_status", only=is_studying)
    other_school = fields.TextField(_("Comes from school"), [Optional(), Length(max=160)])


class ArrivalForm(FlaskForm):
    """The place of somebody who comes from another school."""

    school_class = fields.RecordField(_("Class"), NEEDED, kind="school_class")
    day = fields.VnDateField(_("From day"), NEEDED)


class StatusForm(FlaskForm):
    """Another status of somebody who goes on studying here."""

    status = fields.CodeField(_("Status"), NEEDED, list_name="enrolment_status", only=is_studying)
    day = fields.VnDateField(_("From day"), NEEDED)


class EndForm(FlaskForm):
    """The last day of something dated."""

    day = fields.VnDateField(_("Last day"), NEEDED)
    reason = fields.TextField(_("Reason or decision"), [Optional(), Length(max=120)])


class HomeroomForm(FlaskForm):
    """The homeroom teacher of a class from a day on."""

    person = fields.RecordField(_("Homeroom teacher"), NEEDED, kind="person")
    day = fields.VnDateField(_("From day"), NEEDED)
    decision = fields.TextField(_("Decision"), [Optional(), Length(max=120)])


class FindForm(FlaskForm):
    """Who is meant of those whose record another unit keeps: both must be right."""

    identifier = fields.TextField(
        _("Identifier"),
        [*NEEDED, Length(max=20)],
        description=_(
            "The sector's code, or the 12 digits of the personal identification number, as on the papers."
        ),
    )
    birth_date = fields.VnDateField(_("Date of birth"), NEEDED)


class PlacementForm(FlaskForm):
    """The position here of the person found, but for the role; who is meant goes along and is asked for again."""

    identifier = HiddenField()
    birth_date = fields.VnDateField(widget=HiddenInput())
    title = fields.TextField(
        _("Position"), [Optional(), Length(max=80)], description=_("Empty: the usual one of the role.")
    )
    starts_on = fields.VnDateField(_("From day"), NEEDED)
    ends_on = fields.VnDateField(_("Last day"), [Optional()])
    decision = fields.TextField(_("Decision"), [Optional(), Length(max=120)])


class MembersForm(FlaskForm):
    """Students of a group from a day on."""

    students = fields.RecordsField(_("Students"), [Optional()], kind="student")
    day = fields.VnDateField(_("From day"), NEEDED, description=_("Who is left out ends the day before."))


class MoveUnitForm(FlaskForm):
    """Another unit above from a day on."""

    parent = fields.RecordField(_("Unit above"), NEEDED, kind="org_unit")
    day = fields.VnDateField(_("From day"), NEEDED)
    reason = fields.TextField(_("Decision"), [Optional(), Length(max=300)])


class EndUnitForm(FlaskForm):
    """The last day of a unit and who takes over."""

    day = fields.VnDateField(_("Last day"), NEEDED)
    successors = fields.RecordsField(_("Successors"), [Optional()], kind="org_unit")
    decision = fields.TextField(_("Decision"), [Optional(), Length(max=120)])


class ChoicesForm(FlaskForm):
    """Chosen subjects and chuyên đề of a student."""

    subjects = fields.ManyField(_("Chosen subjects"))
    uncounted = fields.ManyField(_("Taken without counting in the result"))
    clusters = fields.ManyField(_("Topic clusters"))
    day = fields.VnDateField(_("From day"), NEEDED)


def values_of(form: Any, names: Iterable[str]) -> dict[str, Any]:
    """Values of some fields by name."""
    return {name: form[name].data for name in names}
