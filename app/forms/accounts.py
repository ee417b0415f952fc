"""Forms of the pages about accounts, roles, groups and boards. The rules live in the services."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.validators import EqualTo, InputRequired, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from app.errors import Invalid
from app.services.boards import MOST
from app.services.staff import NewPerson

NEEDED = lazy_gettext("Fill in this field.")


class DayField(Field):
    """A day written dd/mm/yyyy; None when left empty."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.strftime("%d/%m/%Y") if self.data else ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed: 5/1/2027, 05/01/2027 or a browser's 2027-01-05."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if text:
            self.data = read_day(text)
            if self.data is None:
                raise ValueError(_("Write the day as dd/mm/yyyy."))


def read_day(text: str) -> date | None:
    """The day a text means, or None."""
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None


class NumberSelect(SelectField):
    """A choice of database keys; "" is none chosen."""

    def __init__(self, label: Any, *, optional: bool = False, **kwargs: Any) -> None:
        super().__init__(label, coerce=_number, validators=[] if optional else [_chosen], **kwargs)


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdigit() else None


def _chosen(_form: Any, field: Any) -> None:
    if field.data is None:
        raise StopValidation(str(lazy_gettext("Choose one of the list.")))


def with_blank(choices: Sequence[tuple[int, str]]) -> list[tuple[int | str, str]]:
    """Choices of a NumberSelect, an empty one first so that nothing is chosen by accident."""
    return [("", "—"), *choices]


class SignInForm(FlaskForm):
    """Name and password."""

    username = StringField(lazy_gettext("User Name"), validators=[InputRequired(NEEDED)])
    password = PasswordField(lazy_gettext("Password"), validators=[InputRequired(NEEDED)])


class PasswordForm(FlaskForm):
    """Changing one's own password."""

    old = PasswordField(lazy_gettext("Present password"), validators=[InputRequired(NEEDED)])
    new = PasswordField(lazy_gettext("New password"), validators=[InputRequired(NEEDED)])
    again = PasswordField(
        lazy_gettext("New password again"),
        validators=[InputRequired(NEEDED), EqualTo("new", lazy_gettext("The two new passwords differ."))],
    )


class ReasonForm(FlaskForm):
    """Why an account is disabled."""

    reason = StringField(lazy_gettext("Reason"), validators=[InputRequired(NEEDED)])


class NameFields(PlainForm):
    """The parts of a name."""

    family_name = StringField(lazy_gettext("Family name (họ)"))
    middle_name = StringField(lazy_gettext("Middle name (tên lót)"))
    given_name = StringField(lazy_gettext("Given name (tên)"))
    written_name = StringField(lazy_gettext("Full name as written, if the order differs"))


class NameForm(FlaskForm, NameFields):
    """Correcting the parts of a person's name."""


class ChooseHolder(PlainForm):
    """Somebody of the unit, or a person to be put on file now."""

    person_id = NumberSelect(lazy_gettext("Person of the unit"), optional=True)

    def holder(self) -> int | NewPerson | None:
        """The key of the person chosen, else the new person, else None."""
        if self.person_id.data is not None:
            return self.person_id.data
        if not self.begun():
            return None
        return NewPerson(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            middle_name=self.middle_name.data or "",
            written_name=self.written_name.data or None,
            title=getattr(self, "title", None) and self.title.data,
        )

    def begun(self) -> bool:
        """True when some part of a new person's name is written."""
        parts = self.family_name, self.middle_name, self.given_name, self.written_name
        return any((part.data or "").strip() for part in parts)


class HolderForm(FlaskForm, ChooseHolder, NameFields):
    """The holder of a unit's administration account."""

    decision = StringField(lazy_gettext("Decision (number, date)"), validators=[InputRequired(NEEDED)])


class HeadForm(FlaskForm, ChooseHolder, NameFields):
    """Who heads a unit."""

    title = StringField(lazy_gettext("Position (chức vụ)"))
    decision = StringField(lazy_gettext("Decision (number, date)"), validators=[InputRequired(NEEDED)])
    starts_on = DayField(lazy_gettext("From"))


class DepartmentForm(FlaskForm, NameFields):
    """The first department and the holder of its administration account."""

    name = StringField(lazy_gettext("Name of the department"), validators=[InputRequired(NEEDED)])
    short_name = StringField(lazy_gettext("Short name"), validators=[InputRequired(NEEDED)])
    code = StringField(lazy_gettext("Code"), validators=[InputRequired(NEEDED)])
    locality_code = StringField(lazy_gettext("Code of the province"), validators=[InputRequired(NEEDED)])


class RoleForm(FlaskForm):
    """Granting a role."""

    person_id = NumberSelect(lazy_gettext("Person"))
    role = SelectField(lazy_gettext("Role"))
    title = StringField(lazy_gettext("Position (chức vụ)"))
    decision = StringField(lazy_gettext("Decision (number, date)"))
    starts_on = DayField(lazy_gettext("From"))
    ends_on = DayField(lazy_gettext("Last day"))


class FromDayForm(FlaskForm):
    """From which day something is over."""

    from_day = DayField(lazy_gettext("No longer from"))
    decision = StringField(lazy_gettext("Decision (number, date)"))


class GroupForm(FlaskForm):
    """A group and its rights."""

    kind = SelectField(lazy_gettext("Kind"))
    name = StringField(lazy_gettext("Name"))
    rights = SelectMultipleField(
        lazy_gettext("Rights"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


class MemberForm(FlaskForm):
    """A person for a group."""

    person_id = NumberSelect(lazy_gettext("Person"))
    is_leader = BooleanField(lazy_gettext("Leads the group"))


class SeatFields(PlainForm):
    """One line of the board's table (S1 Điều 6)."""

    person_id = NumberSelect(lazy_gettext("Full name"), optional=True)
    seat = SelectField(lazy_gettext("Seat"))
    position_title = StringField(lazy_gettext("Position (chức vụ)"))
    duties = TextAreaField(lazy_gettext("Duties and rights"))
    note = StringField(lazy_gettext("Note"))


class BoardForm(FlaskForm):
    """The decision that appoints a board; lines without a person are left out."""

    decision_number = StringField(lazy_gettext("Decision number"))
    decision_date = DayField(lazy_gettext("Date of the decision"))
    starts_on = DayField(lazy_gettext("In force from"))
    seats = FieldList(FormField(SeatFields), min_entries=MOST, max_entries=MOST)


def show_problems(form: Any, error: Invalid) -> bool:
    """Put an error's problems beside their fields; False when the form has none of these fields."""
    shown = False
    for name, message in error.problems:
        field = _field(form, name)
        if field is not None:
            text = _(message) % error.params if error.params else _(message)
            field.errors = [*field.errors, text]
            shown = True
    return shown


def _field(form: Any, name: str) -> Any:
    parent, _, rest = name.partition("-")
    if parent not in form:
        return None
    if not rest:
        return form[parent]
    number, _, inner = rest.partition("-")
    entries = form[parent].entries
    return entries[int(number)].form[inner] if number.isdigit() and int(number) < len(entries) else None
