"""The seeded code lists, to look a code up."""

from typing import ClassVar

from flask_babel import lazy_gettext

from app.domain.access import Action
from app.forms import fields
from app.models import CodeItem
from app.views.base import ScopedInterface, ScopedModelView

LIST_NAMES = {
    "sex": lazy_gettext("Sex"),
    "ethnicity": lazy_gettext("Ethnicity"),
    "religion": lazy_gettext("Religion"),
    "enrolment_status": lazy_gettext("Status of students"),
    "leave_reason": lazy_gettext("Reasons for leaving"),
    "transfer_place": lazy_gettext("Places transferred to"),
    "entry_kind": lazy_gettext("Ways of entry"),
    "policy": lazy_gettext("Policy status"),
    "priority": lazy_gettext("Priority group"),
    "disability": lazy_gettext("Disability"),
    "blood_group": lazy_gettext("Blood group"),
    "nutrition": lazy_gettext("Nutrition"),
    "relation": lazy_gettext("Relation"),
    "staff_status": lazy_gettext("Status of staff"),
    "staff_kind": lazy_gettext("Kinds of staff"),
    "staff_group": lazy_gettext("Groups of staff"),
    "contract_kind": lazy_gettext("Kinds of contract"),
    "concurrent_duty": lazy_gettext("Concurrent duties"),
    "qualification": lazy_gettext("Qualifications"),
    "position": lazy_gettext("Positions"),
    "level": lazy_gettext("Levels"),
    "level_group": lazy_gettext("Groups of levels"),
    "grade": lazy_gettext("Grades"),
    "school_type": lazy_gettext("Types of school"),
    "ownership": lazy_gettext("Ownership"),
    "foreign_language": lazy_gettext("Foreign languages"),
    "foreign_language_programme": lazy_gettext("Foreign language programmes"),
}


class CodeView(ScopedModelView):
    """The code lists of the sector database, as seeded; read only."""

    datamodel = ScopedInterface(CodeItem)
    route_base = "/codes"
    view_action = Action.CODE_VIEW
    list_title = lazy_gettext("Code lists")
    show_title = lazy_gettext("Code")
    label_columns = {
        "list_name": lazy_gettext("List"),
        "code": lazy_gettext("Code"),
        "label": lazy_gettext("Meaning"),
        "order_no": lazy_gettext("Order in lists"),
    }
    formatters_columns: ClassVar = {"list_name": lambda value: LIST_NAMES.get(value, value)}
    list_columns = ["list_name", "code", "label"]
    link_column = "code"
    order_columns = ["list_name", "code"]
    base_order = ("id", "asc")
    search_columns = ["list_name", "label"]
    search_form_extra_fields = {
        "list_name": fields.ChoiceField(
            lazy_gettext("List"), pairs=lambda: sorted(LIST_NAMES.items(), key=lambda pair: str(pair[1]))
        )
    }
    show_columns = ["list_name", "code", "label"]
    add_columns = edit_columns = ["label"]
    page_size = 100
