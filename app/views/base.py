"""Base classes of every view: one scope, one permission table, one write path (design §5, traps 10 to 16)."""

import copy
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_appbuilder import BaseView, ModelView
from flask_appbuilder.widgets import FormWidget, ShowWidget
from flask_babel import lazy_gettext

from app.domain.access import Action, Needed, Target
from app.errors import N_, Forbidden, HocVuError, Invalid, NotFound, Stale
from app.forms.accounts import show_problems
from app.forms.converter import make_form
from app.security import request_clock
from app.services import scope, unit_of_work
from app.views.context import actor, note_visit, require, tell, today
from app.views.datamodel import COUNT_CAP, ScopedFilter, ScopedInterface
from app.views.formats import code_label, enum_label, present
from app.views.listing import ListPage

__all__ = [
    "COUNT_CAP",
    "PageView",
    "ScopedFilter",
    "ScopedInterface",
    "ScopedModelView",
    "actor",
    "key_of",
    "menu",
    "note_visit",
    "require",
    "tell",
    "today",
]

MENU = "menu_access"
SEEN = "hv_seen"
"""The form field that says from which state of a row an edit form was drawn."""
LIST, SHOW, ADD, EDIT, DELETE, DOWNLOAD = (
    "can_list",
    "can_show",
    "can_add",
    "can_edit",
    "can_delete",
    "can_download",
)


class HocVuForm(FormWidget):
    """FAB's form with help and errors tied to their controls."""

    template = "hocvu/form_widget.html"


class HocVuShow(ShowWidget):
    """A record as labels and values."""

    template = "hocvu/show_widget.html"


class ScopedModelView(ListPage, ModelView):
    """FAB CRUD with rows, search box, add and edit selects from one scope, and rights from the permission table.

    A subclass names its model's columns always (trap 14) and its `rights`. Forms write inside one transaction that
    begins before FAB reads, so that SQLite takes its write lock first (trap 21).
    """

    rights: ClassVar[Mapping[str, Action]] = {}
    view_action: ClassVar[Action]
    manage_action: ClassVar[Action | None] = None
    code_columns: ClassVar[Mapping[str, str]] = {}  # column → code list
    exclude_route_methods: ClassVar[set[str]] = {"delete", "download", "action", "action_post"}
    # Rows end by a date; there is no delete button anywhere.
    base_permissions: ClassVar[list[str]] = [LIST, SHOW, ADD, EDIT]
    search_exclude_columns: ClassVar[list[str]] = ["versions"]
    list_template = "hocvu/list.html"
    add_template = "hocvu/add.html"
    edit_template = "hocvu/edit.html"
    show_template = "hocvu/show.html"
    add_widget = edit_widget = HocVuForm
    show_widget = HocVuShow
    add_row_message = lazy_gettext("Saved.")
    edit_row_message = lazy_gettext("Saved.")

    def __init__(self, **kwargs: Any) -> None:
        self.datamodel = copy.copy(
            self.datamodel
        )  # one a view and application: it carries this view's `prepare`
        self.datamodel.prepare = self.prepare_rows
        self.base_filters = [[self._any_column(), ScopedFilter, None], *(self.base_filters or [])]
        self.class_permission_name = self.class_permission_name or type(self).__name__
        self.order_columns = self.order_columns or []
        if self.manage_action is None:
            self.base_permissions = [p for p in self.base_permissions if p not in (ADD, EDIT)]
        super().__init__(**kwargs)
        current_app.appbuilder.sm.view_rights.update(
            {
                (self.class_permission_name, permission): action
                for permission, action in self.all_rights().items()
            }
        )

    @classmethod
    def all_rights(cls) -> dict[str, Action]:
        """FAB permission → action: reading from view_action, writing from manage_action, plus own `rights`."""
        base = {LIST: cls.view_action, SHOW: cls.view_action, MENU: cls.view_action}
        if cls.manage_action is not None:
            base |= {ADD: cls.manage_action, EDIT: cls.manage_action}
        return base | dict(cls.rights)

    def _any_column(self) -> str:
        return sa.inspect(self.datamodel.obj).primary_key[0].name

    def _init_properties(self) -> None:
        super()._init_properties()
        formatters = dict(self.formatters_columns)
        for column in (*self.list_columns, *self.show_columns):
            formatters.setdefault(column, self._formatter(column))
        self.formatters_columns = formatters
        for name, filter_class in self.virtual_filters.items():
            made = [filter_class(name, self.datamodel)]
            self._filters.get_search_filters()[name] = self._filters._all_filters[name] = made

    def _formatter(self, column: str) -> Any:
        if column in self.code_columns:
            return code_label(self.code_columns[column])
        mapped = sa.inspect(self.datamodel.obj).columns.get(column)
        enum = getattr(mapped.type, "enum_class", None) if mapped is not None else None
        if enum is not None:
            return enum_label(enum)
        return present

    def _init_forms(self) -> None:
        self.search_form = self._form(
            self.search_columns, self.search_form_extra_fields or {}, searching=True
        )
        self.add_form = self.add_form or self._form(self.add_columns, self.add_form_extra_fields)
        self.edit_form = self.edit_form or self._form(self.edit_columns, self.edit_form_extra_fields)

    def _form(self, columns: list[str], extra: Mapping[str, Any], searching: bool = False) -> Any:
        return make_form(
            self.datamodel,
            columns,
            labels=self.label_columns,
            help_texts={} if searching else self.description_columns,
            codes=self.code_columns,
            extra=extra,
            rows_of=self.rows_of,
            searching=searching,
        )

    def rows_of(self, model: type) -> Iterable[Any]:
        """Rows of a small table within reach, for a select. Override to narrow or order them."""
        query = scope.scoped(actor(), model, today()) if scope.is_scoped(model) else sa.select(model)
        return self.datamodel.session.scalars(query.limit(COUNT_CAP)).unique().all()

    # -- writing -------------------------------------------------------------------------------------------------

    def target_of(self, item: Any) -> Target:
        """Facts of a row for the permission table: by default where its unit stands."""
        return Target(unit=actor().relation_to(self.unit_of(item)))

    def unit_of(self, item: Any) -> int | None:
        """Id of the unit a row belongs to. Override where the row hangs on a parent."""
        return getattr(item, "unit_id", actor().unit_id)

    def pre_add(self, item: Any) -> None:
        """Fill derived columns and check the row before it is inserted; raise a HocVuError to refuse."""

    def pre_update(self, item: Any) -> None:
        """Fill derived columns and check the row before it is changed; raise a HocVuError to refuse."""

    def after_write(self, work: unit_of_work.Work, item: Any, verb: str) -> None:
        """What else belongs to the same transaction, e.g. creating the row's companions."""

    def create(self, work: unit_of_work.Work, form: Any) -> Any:
        """Inside the transaction: the new row. Override where adding is a verb of a service."""
        item = self.datamodel.obj()
        form.populate_obj(item)
        self.pre_add(item)
        require(self._managing(), self.target_of(item))
        work.session.add(item)
        return item

    def change(self, work: unit_of_work.Work, form: Any, item: Any) -> None:
        """Inside the transaction: write the form onto the fresh row. Override where changing is a verb of a service."""
        form.populate_obj(item)
        self.pre_update(item)
        require(self._managing(), self.target_of(item))

    def prefill_add(self, form: Any) -> None:
        """Give an empty add form its usual values."""

    def fit_form(self, form: Any, item: Any) -> None:
        """Leave out fields that don't concern the row; `item` is None for a new one."""

    def _managing(self) -> Action:
        if self.manage_action is None:
            raise Forbidden(N_("These records are only read here."))
        return self.manage_action

    def _add(self) -> Any:
        if not self.may_add():
            raise Forbidden(
                N_("Your role does not include this. Ask your unit's administrators if it should.")
            )
        form = self.add_form.refresh()
        self.fit_form(form, None)
        if request.method == "POST":
            if form.validate() and self._write("add", form, self.add_row_message):
                return None
        else:
            self.prefill_add(form)
        return self._get_add_widget(form=form)

    def _edit(self, pk: Any) -> Any:
        item = self.datamodel.get(key_of(pk), self._base_filters)
        if item is None:
            abort(404)
        require(self._managing(), self.target_of(item))
        if request.method == "POST":
            form = self.edit_form.refresh(request.form)
            self.fit_form(form, item)
            if form.validate() and self._write("edit", form, self.edit_row_message, item.id):
                return None
            form.hv_seen = request.form.get(SEEN, "")
        else:
            form = self.edit_form.refresh(obj=item)
            self.fit_form(form, item)
            self.prefill_form(form, item)
            form.hv_seen = _digest(form)
        return {**self._get_edit_widget(form=form), "related_views": []}

    def _show(self, pk: Any) -> Any:
        item = self.datamodel.get(key_of(pk), self._base_filters)
        if item is None:
            abort(404)
        self.update_redirect()
        return {**self._get_show_widget(item.id, item), "related_views": []}

    def _get_show_widget(
        self, pk: Any, item: Any, widgets: Any = None, actions: Any = None, show_fieldsets: Any = None
    ) -> dict[str, Any]:
        return {
            "show": self.show_widget(
                pk=pk,
                label_columns=self.label_columns,
                include_columns=self.shown_of(item),
                value_columns=self.datamodel.get_values_item(item, self.shown_of(item)),
                formatters_columns=self.formatters_columns,
                fieldsets=show_fieldsets or self.show_fieldsets,
                modelview_name=type(self).__name__,
                may_edit=EDIT in self.base_permissions and bool(self.editable([item])),
                links=self.row_links(item),
            )
        }

    def shown_of(self, item: Any) -> list[str]:
        """Columns of a record's page."""
        return self.show_columns

    def row_links(self, item: Any) -> list[tuple[str, Any, str]]:
        """Further buttons of a record's page: (address, label, icon)."""
        return []

    def _write(self, verb: str, form: Any, message: Any, pk: Any = None) -> bool:
        """One transaction: fresh row in scope → permission → form → checks → audit. False keeps the form on screen."""
        model = self.datamodel.obj
        try:
            with unit_of_work.transaction(
                actor(), f"{model.__tablename__}.{verb}", clock=request_clock()
            ) as work:
                if pk is None:
                    item = self.create(work, form)
                else:
                    item = scope.get(work.session, actor(), model, pk, today(), hold=True)
                    require(self._managing(), self.target_of(item))
                    self._refuse_overwriting(form, item)
                    self.change(work, form, item)
                self.after_write(work, item, verb)
                work.flush()
                work.audit(f"{model.__tablename__}.{verb}", target=item)
                g.hv_written = item.id
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            if not (isinstance(error, Invalid) and show_problems(form, error)):
                flash(tell(error), "danger")
            return False
        flash(message, "success")
        return True

    def _refuse_overwriting(self, form: Any, item: Any) -> None:
        """A form drawn from an older state would put everything back that somebody else has changed since."""
        fresh = self.edit_form(formdata=None, obj=item)
        self.fit_form(fresh, item)
        self.prefill_form(fresh, item)
        if request.form.get(SEEN, "") not in ("", _digest(fresh)) and _digest(form) != _digest(fresh):
            raise Stale(
                N_("Somebody has changed this record since you opened it. Nothing was saved: open it again.")
            )

    def post_add_redirect(self) -> Any:
        """To the row just made."""
        return redirect(url_for(f"{self.endpoint}.show", pk=g.hv_written))

    post_edit_redirect = post_add_redirect


def _digest(form: Any) -> str:
    """What a form holds, in short: two of them differ when a field does."""
    held = [(f.name, str(getattr(f.data, "id", f.data))) for f in form if f.type != "CSRFTokenField"]
    return hashlib.sha256(repr(held).encode()).hexdigest()[:32]


def key_of(pk: Any) -> int:
    """A row's key from the address; anything but a number is no row."""
    text = str(pk)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        abort(404)
    return int(text)


class PageView(BaseView):
    """Our own pages: each exposed method names its right in `rights`, e.g. {"can_list": Action.SHEET_VIEW}."""

    rights: ClassVar[Mapping[str, Needed]] = {}

    def __init__(self) -> None:
        self.class_permission_name = self.class_permission_name or type(self).__name__
        super().__init__()
        current_app.appbuilder.sm.view_rights.update(
            {(self.class_permission_name, permission): action for permission, action in self.rights.items()}
        )


def menu(
    appbuilder: Any,
    view: Any,
    name: str,
    *,
    icon: str,
    action: Needed,
    label: Any,
    category: str = "",
    category_label: Any = "",
) -> None:
    """Add a view with its menu entry, and the entry to the permission table (who may not, doesn't see it)."""
    rights = appbuilder.sm.view_rights
    rights[(name, MENU)] = action
    appbuilder.add_view(
        view, name, icon=icon, label=label, category=category, category_label=category_label or category
    )
    if category:
        rights.setdefault((category, MENU), Action.HOME_VIEW)
