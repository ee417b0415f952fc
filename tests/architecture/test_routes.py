"""Every address asks for a right, and the same program answers the same addresses (design §5, traps 10 and 16)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder import BaseView, ModelView
from flask_appbuilder.api import BaseApi
from flask_appbuilder.models.sqla.interface import SQLAInterface

from app.views.base import PageView, ScopedInterface, ScopedModelView
from tests.architecture.routes import OPEN, PUBLIC, routes
from tests.conftest import make_app

FABS_OWN = {
    "HomeView": "the landing page; everybody's",
    "AuthDBView": "signing in",
    "LocaleView": "the language",
    "UtilView": "FAB's way back",
    "MenuApi": "FAB's menu for programs",
    "SignInApi": "signing in by a program",
}
"""Views that are neither ScopedModelView nor PageView, each with its reason."""


@pytest.fixture
def engine_name() -> str:
    """Routes don't know the database."""
    return "sqlite"


def test_two_applications_in_one_process_have_the_same_routes(app: Flask, tmp_path: Path) -> None:
    """A module-level AppBuilder would leave the second one with two (trap 4)."""
    other = make_app(tmp_path / "other", f"sqlite:///{tmp_path / 'other.db'}")
    mine, its = ([(str(r.rule), r.endpoint, tuple(r.methods)) for r in routes(a)] for a in (app, other))
    assert mine == its
    assert app.appbuilder.sm.view_rights == other.appbuilder.sm.view_rights  # type: ignore[attr-defined]
    assert app.appbuilder is not other.appbuilder  # type: ignore[attr-defined]


def test_every_route_asks_for_a_right_of_the_table(app: Flask) -> None:
    rights = app.appbuilder.sm.view_rights  # type: ignore[attr-defined]
    open_doors = [
        f"{route.rule} ({route.endpoint}): {route.door or 'no @has_access'}"
        for route in routes(app)
        if route.endpoint not in OPEN and not route.shut and (route.door is None or route.door not in rights)
    ]
    assert not open_doors, "\n" + "\n".join(open_doors)


def test_a_door_is_one_fab_knows_too(app: Flask) -> None:
    """has_access refuses a permission the view doesn't list, so a forgotten one shuts its page for everybody."""
    shut = [
        f"{route.rule}: {route.door}"
        for route in routes(app)
        if route.door
        and route.endpoint not in OPEN
        and not route.shut
        and route.door[1] not in route.view.base_permissions
    ]
    assert not shut, "\n" + "\n".join(shut)


def test_no_right_is_left_without_a_door(app: Flask) -> None:
    """A misspelt permission in `rights` would shut a page nobody tests."""
    doors = {route.door for route in routes(app)} | {
        (view.class_permission_name, permission)
        for view in app.appbuilder.baseviews  # type: ignore[attr-defined]
        for permission in view.base_permissions or ()
    }
    menu = {(name, "menu_access") for name in _menu_names(app.appbuilder.menu.get_list())}  # type: ignore[attr-defined]
    rights = app.appbuilder.sm.view_rights  # type: ignore[attr-defined]
    unused = {door for door in rights if door not in doors | menu and door[1] != "menu_access"}
    assert unused == set()
    assert {name for name in menu if name not in rights} == set()


def _menu_names(items):
    for item in items:
        if item.name != "-":
            yield item.name
        yield from _menu_names(item.childs)


def test_the_list_of_open_routes_is_no_longer_than_needed(app: Flask) -> None:
    assert set(OPEN) <= {route.endpoint for route in routes(app)}


def test_a_stranger_sees_the_sign_in_page_and_nothing_else(app: Flask, province: object) -> None:
    client, seen = app.test_client(), []
    for route in routes(app):
        if "GET" not in route.methods or route.endpoint in PUBLIC:
            continue
        answer = client.get(route.address(app))
        if answer.status_code not in (302, 401, 403, 404):
            seen.append(f"{route.rule}: {answer.status_code}")
        elif answer.status_code == 302:
            assert "/login/" in answer.location or answer.location in ("/", "http://localhost/"), route
    assert not seen, "\n" + "\n".join(seen)


def test_a_stranger_changes_nothing(app: Flask, province: object) -> None:
    """Without a token every POST is refused by CSRF; with a token of the sign-in page by the right."""
    from tests.conftest import csrf

    client = app.test_client()
    token = csrf(client, "/login/")
    for route in routes(app):
        for method in set(route.methods) - {"GET"}:
            if route.endpoint in OPEN or isinstance(route.view, BaseApi):
                continue
            address = route.address(app)
            assert client.open(address, method=method).status_code == 400, (
                f"{method} {route.rule} without a token"
            )
            answer = client.open(address, method=method, headers={"X-CSRFToken": token})
            assert answer.status_code in (302, 401, 403), f"{method} {route.rule}: {answer.status_code}"


def test_views_stand_on_the_two_bases(app: Flask) -> None:
    """Every view of a model has its rows, forms and searches from the one scope; every other its rights named."""
    wrong = []
    for view in app.appbuilder.baseviews:  # type: ignore[attr-defined]
        name = type(view).__name__
        if getattr(view, "datamodel", None) is not None:
            if not isinstance(view, ScopedModelView):
                wrong.append(f"{name} shows a model without ScopedModelView")
        elif not isinstance(view, (PageView, BaseApi)) and name not in FABS_OWN:
            wrong.append(f"{name} is no PageView")
    assert not wrong, "\n" + "\n".join(wrong)
    assert set(FABS_OWN) <= {type(view).__name__ for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]


def model_views(app: Flask) -> list[ModelView]:
    return [view for view in app.appbuilder.baseviews if isinstance(view, ModelView)]  # type: ignore[attr-defined]


def test_model_views_write_through_the_unit_of_work(app: Flask) -> None:
    for view in model_views(app):
        assert isinstance(view.datamodel, ScopedInterface), type(view).__name__
        assert "can_delete" not in view.base_permissions, f"{type(view).__name__} deletes"
        for permission in view.base_permissions:
            assert permission in type(view).all_rights(), f"{type(view).__name__}: {permission} has no action"


def test_no_view_has_actions_of_fabs_kind(app: Flask) -> None:
    """FAB's /action loads rows without the row filter and asks no @has_access; ours are pages of their own."""
    assert [type(view).__name__ for view in model_views(app) if view.actions] == []
    assert [str(r.rule) for r in routes(app) if r.endpoint.endswith((".action", ".action_post"))] == []


def test_no_view_offers_history_as_a_column(app: Flask) -> None:
    """Continuum's `versions` relation would load the whole history (trap 10)."""
    for view in model_views(app):
        columns = {
            name: getattr(view, name)
            for name in ("list_columns", "show_columns", "add_columns", "edit_columns", "search_columns")
        }
        assert {n for n, found in columns.items() if "versions" in found} == set(), type(view).__name__


def test_every_model_view_names_its_columns(app: Flask) -> None:
    """FAB's defaults are all columns and all relations, each a full select (trap 14)."""
    for view in model_views(app):
        writes = view.manage_action is not None
        needed = [
            "list_columns",
            "show_columns",
            "search_columns",
            *(["add_columns", "edit_columns"] if writes else []),
        ]
        named = {name for cls in type(view).__mro__ if cls not in ModelView.__mro__ for name in vars(cls)}
        fieldsets = {n.replace("columns", "fieldsets") for n in needed}
        missing = {
            n for n in needed if n not in named and n.replace("columns", "fieldsets") not in named & fieldsets
        }
        assert missing == set(), type(view).__name__


def test_no_api_takes_a_cookie_without_a_token(app: Flask) -> None:
    """FAB exempts its APIs from CSRF (trap 7): then only a bearer token may open them, never a browser's cookie."""
    for view in app.appbuilder.baseviews:  # type: ignore[attr-defined]
        if isinstance(view, BaseApi) and type(view).__name__ not in FABS_OWN:
            assert not (view.csrf_exempt and view.allow_browser_login), type(view).__name__


def test_a_cookie_opens_no_api(app: Flask, client_for: Callable[[str], FlaskClient]) -> None:
    """Tried, not only declared: a signed-in browser gets 401 from every API of ours."""
    client = client_for("longpd.thcstk")
    for route in routes(app):
        if isinstance(route.view, BaseApi) and route.endpoint not in OPEN:
            for method in route.methods:
                assert client.open(route.address(app), method=method).status_code == 401, (
                    f"{method} {route.rule}"
                )


def test_plain_interfaces_are_used_nowhere(app: Flask) -> None:
    for view in app.appbuilder.baseviews:  # type: ignore[attr-defined]
        interface = getattr(view, "datamodel", None)
        assert not (isinstance(interface, SQLAInterface) and not isinstance(interface, ScopedInterface))
        assert isinstance(view, (BaseView, BaseApi))
