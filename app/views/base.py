"""Base classes of every view: one scope, one permission table, one write path (design §5, traps 10 to 16)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import abort, current_app, flash, request
from flask_appbuilder import BaseView, ModelView
from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.urltools import get_filter_args
from flask_babel import gettext as _

from app.domain.access import Action, Actor, Target, may
from app.errors import Forbidden, HocVuError, N_, NotFound
from app.security import current_actor, request_clock
from app.services import scope, unit_of_work
from app.services.clock import local_day

COUNT_CAP = 1000

MENU = "menu_access"
LIST, SHOW, ADD, EDIT, DELETE, DOWNLOAD = "can_list", "can_show", "can_add", "can_edit", "can_delete", "can_download"


def actor() -> Actor:
    """Who acts in this request; 401 → the sign-in page when nobody does."""
    found = current_actor()
    if found is None:
        abort(401)
    return found


def today() -> date:
    """The day in Vietnam by this application's clock."""
    return local_day(request_clock()())


def require(action: Action, target: Target) -> None:
    """Raises Forbidden (403 with the reason) when the actor lacks the right on this target."""
    if not may(actor(), action, target):
        raise Forbidden(N_("Your role does not include this. Ask your unit's administrators if it should."))


class ScopedFilter(BaseFilter):
    """FAB's row filter, reading the one scope."""

    name = "Scope"
    arg_name = None

    def apply(self, query: Any, _value: Any) -> Any:
        """Keep the rows the actor can reach."""
        return query.filter(scope.condition(actor(), self.model, today()))


class ScopedInterface(SQLAInterface):
    """FAB's data layer with a capped count and with every write through the unit of work."""

    def query_count(self, query: Any, filters: Any, select_columns: Any = None) -> int:
        """Number of rows, capped at COUNT_CAP + 1: counting 200,000 rows costs more than showing a page."""
        inner = self._apply_inner_all(query, filters, select_columns=select_columns)
        key = sa.inspect(self.obj).primary_key[0]
        capped = inner.with_entities(key).order_by(None).limit(COUNT_CAP + 1).subquery()
        return self.session.query(sa.func.count()).select_from(capped).scalar()

    def add(self, item: Any, commit: bool = True) -> None:
        """FAB never writes a row of ours: ScopedModelView does, through the unit of work (trap 13)."""
        raise Forbidden(N_("Records are written through their own forms only."))

    edit = delete = add

    def delete_all(self, items: list[Any]) -> None:
        """Nothing of the record is ever deleted."""
        raise Forbidden(N_("Records are ended, not deleted."))


class ScopedModelView(ModelView):
    """FAB CRUD with rows, search box, add and edit selects from one scope, and rights from the permission table.

    A subclass names its model's columns always (trap 14) and its `rights`. Forms write inside one transaction that
    begins before FAB reads, so that SQLite takes its write lock first (trap 21).
    """

    rights: ClassVar[Mapping[str, Action]] = {}
    view_action: ClassVar[Action]
    manage_action: ClassVar[Action | None] = None
    page_size = 25
    # Rows end by a date; there is no delete button anywhere.
    base_permissions: ClassVar[list[str]] = [LIST, SHOW, ADD, EDIT]
    search_exclude_columns: ClassVar[list[str]] = ["versions"]
    list_template = "hocvu/list.html"
    add_template = "hocvu/add.html"
    edit_template = "hocvu/edit.html"
    show_template = "hocvu/show.html"

    def __init__(self, **kwargs: Any) -> None:
        model = self.datamodel.obj
        self.base_filters = [[self._any_column(), ScopedFilter, None], *(self.base_filters or [])]
        self.class_permission_name = self.class_permission_name or type(self).__name__
        for attribute in ("add_form_query_rel_fields", "edit_form_query_rel_fields", "search_form_query_rel_fields"):
            setattr(self, attribute, {**self._related_filters(model), **(getattr(self, attribute, None) or {})})
        if self.manage_action is None:
            self.base_permissions = [p for p in self.base_permissions if p not in (ADD, EDIT)]
        super().__init__(**kwargs)
        current_app.appbuilder.sm.view_rights.update(
            {(self.class_permission_name, permission): action for permission, action in self.all_rights().items()}
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

    @staticmethod
    def _related_filters(model: type) -> dict[str, list[list[Any]]]:
        filters = {}
        for relation in sa.inspect(model).relationships:
            related = relation.mapper.class_
            if scope.is_scoped(related):
                filters[relation.key] = [[sa.inspect(related).primary_key[0].name, ScopedFilter, None]]
        return filters

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

    def _add(self) -> Any:
        get_filter_args(self._filters, disallow_if_not_in_search=False)
        exclude_cols = self._filters.get_relation_cols()
        form = self.add_form.refresh()
        if request.method == "POST":
            self._fill_form_exclude_cols(exclude_cols, form)
            if form.validate():
                self.process_form(form, True)
                if self._write("add", form, self.add_row_message):
                    return None
        else:
            self.update_redirect()
        return self._get_add_widget(form=form, exclude_cols=exclude_cols)

    def _edit(self, pk: Any) -> Any:
        get_filter_args(self._filters, disallow_if_not_in_search=False)
        exclude_cols = self._filters.get_relation_cols()
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            abort(404)
        require(self.manage_action, self.target_of(item))
        if request.method == "POST":
            form = self.edit_form.refresh(request.form)
            self._fill_form_exclude_cols(exclude_cols, form)
            form._id = self.datamodel.get_pk_value(item)
            if form.validate():
                self.process_form(form, False)
                if self._write("edit", form, self.edit_row_message, pk):
                    return None
        else:
            form = self.edit_form.refresh(obj=item)
            self.prefill_form(form, pk)
            self.update_redirect()
        return self._get_edit_widget(form=form, exclude_cols=exclude_cols)

    def _write(self, verb: str, form: Any, message: Any, pk: Any = None) -> bool:
        """One transaction: fresh row in scope → permission → form → checks → audit. False keeps the form on screen."""
        model = self.datamodel.obj
        try:
            with unit_of_work.transaction(actor(), f"{model.__tablename__}.{verb}", clock=request_clock()) as work:
                with work.session.no_autoflush:
                    item = model() if pk is None else scope.get(work.session, actor(), model, pk, today())
                    if pk is not None:
                        require(self.manage_action, self.target_of(item))
                    form.populate_obj(item)
                    (self.pre_add if pk is None else self.pre_update)(item)
                    require(self.manage_action, self.target_of(item))
                    work.session.add(item)
                    self.after_write(work, item, verb)
                work.audit(f"{model.__tablename__}.{verb}", target=item)
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            flash(tell(error), "danger")
            return False
        flash(message, "success")
        return True


def tell(error: HocVuError) -> str:
    """A domain error in the reader's language."""
    text = _(error.message)
    return text % error.params if error.params else text


class PageView(BaseView):
    """Our own pages: each exposed method names its right in `rights`, e.g. {"can_list": Action.SHEET_VIEW}."""

    rights: ClassVar[Mapping[str, Action]] = {}

    def __init__(self) -> None:
        self.class_permission_name = self.class_permission_name or type(self).__name__
        super().__init__()
        current_app.appbuilder.sm.view_rights.update(
            {(self.class_permission_name, permission): action for permission, action in self.rights.items()}
        )



def menu(
    appbuilder: Any, view: Any, name: str, *, icon: str, action: Action, label: Any, category: str = "", category_label: Any = ""
) -> None:
    """Add a view with its menu entry, and the entry to the permission table (who may not, doesn't see it)."""
    rights = appbuilder.sm.view_rights
    rights[(name, MENU)] = action
    appbuilder.add_view(
        view, name, icon=icon, label=label, category=category, category_label=category_label or category
    )
    if category:
        rights.setdefault((category, MENU), Action.HOME_VIEW)
