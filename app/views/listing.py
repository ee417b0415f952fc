"""The list page of a FAB view: filters that live as long as the request, safe paging, one query a page."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import g, has_request_context, request
from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.widgets import ListWidget, RenderTemplateWidget
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.domain.access import Action, Target, may
from app.views.context import actor
from app.views.datamodel import Count


class HocVuList(ListWidget):
    """FAB's list with a capped count and edit buttons only where the row may be edited."""

    template = "hocvu/list_widget.html"


class HocVuSearch(RenderTemplateWidget):
    """The search form: a field a search column, sent by GET as FAB's own filters are."""

    template = "hocvu/search_widget.html"


class ListPage:
    """The listing half of `ScopedModelView`; its other attributes are FAB's."""

    manage_action: ClassVar[Action | None] = None
    order_alias: ClassVar[
        Mapping[str, str]
    ] = {}  # shown column → column it sorts by, e.g. full_name → sort_key
    virtual_filters: ClassVar[Mapping[str, type[BaseFilter]]] = {}  # search fields that are no columns
    link_column: ClassVar[str] = ""  # list column that leads to the row's own page; default: the first
    page_sizes: ClassVar[tuple[int, ...]] = (25, 50, 100)
    page_size = 25
    list_widget = HocVuList
    search_widget = HocVuSearch

    target_of: Callable[[Any], Target]

    # -- filters: FAB keeps them on the view, which threads share; here they live as long as the request ----------

    @property
    def _filters(self) -> Any:
        if not has_request_context():
            return self._made_filters
        kept = g.setdefault("hv_filters", {})
        if self not in kept:
            kept[self] = copy.copy(self._made_filters)
            kept[self].clear_filters()
        return kept[self]

    @_filters.setter
    def _filters(self, made: Any) -> None:
        self._made_filters = made

    def _read_filters(self) -> None:
        """Take `_flt_0_<column>=value` for search columns; anything else in the address is ignored."""
        self._filters.clear_filters()
        for column in self._filters.get_search_filters():
            value = request.args.get(f"_flt_0_{column}", "").strip()[:200]
            if value:
                self._filters.add_filter_index(column, 0, value)

    def filter_values(self) -> dict[str, str]:
        """What the reader searches for now."""
        return {flt.column_name: value for flt, value in self._filters.get_filters_values()}

    # -- the list ------------------------------------------------------------------------------------------------

    def prepare_rows(self, rows: Sequence[Any]) -> None:
        """Give the rows of a page what their columns need beside the model, in one query for all of them."""

    def shown_columns(self) -> list[str]:
        """The list's columns for this reader; by default all of `list_columns`."""
        return list(self.list_columns)

    def editable(self, rows: Sequence[Any]) -> set[Any]:
        """Keys of the rows the actor may edit; no query a row."""
        if self.manage_action is None:
            return set()
        return {row.id for row in rows if may(actor(), self.manage_action, self.target_of(row))}

    def may_add(self) -> bool:
        """True when the actor may add a row to the own unit."""
        return self.manage_action is not None and may(actor(), self.manage_action, Target())

    def links(self) -> list[tuple[str, Any, str]]:
        """Further buttons of the list: (address, label, icon)."""
        return []

    def _list(self, **kwargs: Any) -> Any:
        self._read_filters()
        order_column, order_direction = self._asked_order()
        page, size = self._asked_page()
        widgets = self._get_list_widget(
            filters=self._filters,
            order_column=order_column,
            order_direction=order_direction,
            page=page,
            page_size=size,
        )
        self.update_redirect()
        return self._get_search_widget(form=self._bound_search(), widgets=widgets)

    def _asked_order(self) -> tuple[str, str]:
        name = type(self).__name__
        column, direction = request.args.get(f"_oc_{name}", ""), request.args.get(f"_od_{name}", "asc")
        if column in self.order_columns and direction in ("asc", "desc"):
            return column, direction
        return self.base_order or ("", "")

    def _asked_page(self) -> tuple[int, int]:
        name = type(self).__name__
        size = request.args.get(f"psize_{name}", self.page_size, type=int)
        page = request.args.get(f"page_{name}", 0, type=int)
        return max(0, min(page, 1_000_000)), size if size in self.page_sizes else self.page_size

    @staticmethod
    def _searched() -> bool:
        """True when the reader asked for something; a view's own presets don't count."""
        return any(value.strip() for name, value in request.args.items() if name.startswith("_flt_0_"))

    def _bound_search(self) -> Any:
        values = self.filter_values()
        return self.search_form(MultiDict(values), meta={"csrf": False}) if values else self.search_form(None)

    def _get_search_widget(self, form: Any = None, exclude_cols: Any = None, widgets: Any = None) -> Any:
        widgets = widgets or {}
        widgets["search"] = self.search_widget(
            form=form, include_cols=self.search_columns, active=self._searched(), action=request.path
        )
        return widgets

    def _get_list_widget(
        self, filters: Any, order_column: str = "", order_direction: str = "", page: Any = None, page_size: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:  # fmt: skip
        size = page_size or self.page_size
        if not order_column and self.base_order:
            order_column, order_direction = self.base_order
        count, rows = self.datamodel.query(
            filters.get_joined_filters(self._base_filters),
            self.order_alias.get(order_column, order_column),
            order_direction,
            page=page,
            page_size=size,
        )
        return {
            "list": self.list_widget(
                label_columns=self.label_columns,
                include_columns=self.shown_columns(),
                value_columns=self.datamodel.get_values(rows, self.list_columns),
                order_columns=self.order_columns,
                formatters_columns=self.formatters_columns,
                links_to=self._links(page or 0, size, count),
                order=(order_column, order_direction),
                link_column=self.link_column or self.list_columns[0],
                page=page or 0,
                page_size=size,
                page_sizes=self.page_sizes,
                count=count,
                pks=[row.id for row in rows],
                names=[str(row) for row in rows],
                editable=self.editable(rows),
                may_add=self.may_add(),
                links=self.links(),
                searched=self._searched(),
                modelview_name=type(self).__name__,
                empty=self.empty_text(),
            )
        }

    def _links(self, page: int, size: int, count: Count) -> dict[str, Any]:
        """Addresses of this list on another page, in another size or order."""
        name = type(self).__name__
        asked, direction = self._asked_order()
        last = max(0, (count - 1) // size)
        pages = sorted({0, page - 1, page, page + 1} | ({last} if not count.more else set()))
        turned = {
            column: "desc" if (asked, direction) == (column, "asc") else "asc"
            for column in self.order_columns
        }
        return {
            "order": {
                column: here(**{f"_oc_{name}": column, f"_od_{name}": turn, f"page_{name}": None})
                for column, turn in turned.items()
            },
            "pages": {n: here(**{f"page_{name}": n}) for n in pages if 0 <= n <= last},
            "sizes": {n: here(**{f"psize_{name}": n, f"page_{name}": None}) for n in self.page_sizes},
        }

    def empty_text(self) -> str:
        """What the list says when nothing is in it."""
        return _("Nothing here yet.")


def here(**changes: Any) -> str:
    """The address of this page with some arguments changed (None: left out)."""
    arguments = {**request.args.to_dict(), **changes}
    return (
        request.path + "?" + urlencode({key: value for key, value in arguments.items() if value is not None})
    )
