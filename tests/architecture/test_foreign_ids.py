"""Every role × every address × another school's ids: refused, and nothing of that school on any page (design §7, §9).

Outside scope is 404, within scope without the right 403; never 200 with foreign data, never 500.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.api import BaseApi
from openpyxl import load_workbook
from pypdf import PdfReader

from app.domain.vocabulary import Role
from app.extensions import db
from app.models import TxLog
from app.views.select import KINDS
from tests.architecture import foreign
from tests.architecture.foreign import ABOVE, MARK, STRANGERS, Foreign
from tests.architecture.routes import OPEN, Route, routes
from tests.conftest import csrf
from tests.factories.province import PASSWORD, Province

CELLS = {"json": {"revision": 0, "changes": [{"student": 1, "column": "final", "old": None, "new": "8"}]}}
BODIES: dict[str, dict[str, Any]] = {
    # What a POST needs to get as far as its scope; the rest is posted as an empty form.
    "GradebookView.cells": CELLS,
    "SheetApi.cells": CELLS,
    "GradebookView.submit": {"json": {"columns": ["final"]}},
    "GradebookView.absence": {"json": {"student": 1, "column": "final", "state": "awaiting"}},
}

NO_IDS = {
    "filename": "files of the program",
    "locale": "a language",
    "kind": "what a remote select offers; its rows are searched below",
    "key": "the name of a policy",
    "number": "an anchor signs for all units; its file names the ends of the reader's own",
}
"""Parameters that are words, not ids."""

TOKENS = re.compile(r"[\w.-]{60,}")
"""Random text in which every four letters turn up sooner or later."""

SEARCH = dict.fromkeys(
    ("q", "term", "_flt_0_full_name", "_flt_0_name", "_flt_0_person", "_flt_0_student"), "zz"
)
"""Looks for the foreign school's rows by name, in every search box at once."""


@pytest.fixture
def engine_name() -> str:
    """Scope is SQL both engines read alike; the verbs' own tests run on both."""
    return "sqlite"


@pytest.fixture
def school(app: Flask, province: Province) -> Foreign:
    foreign.add_strangers(app, province)
    return foreign.build(province)


def with_ids(app: Flask, school: Foreign) -> Iterator[tuple[Route, str]]:
    """Routes that take ids, with the foreign school's filled in."""
    for route in routes(app):
        names = [name for name in route.parameters if name not in NO_IDS]
        if names and route.endpoint not in OPEN and not is_shared(route):
            yield route, route.address(app, **{name: id_for(route, name, school) for name in names})


def is_shared(route: Route) -> bool:
    """True for records of the whole province, such as subjects: nobody's in particular."""
    interface = getattr(route.view, "datamodel", None)
    return interface is not None and interface.obj.__tablename__ in foreign.SHARED


def id_for(route: Route, name: str, school: Foreign) -> int | str:
    interface = getattr(route.view, "datamodel", None)
    if name in {"pk", "id", "row_id"} and interface is not None:
        return school.ids.get(interface.obj.__tablename__, 1)
    if name not in route.rule._converters or not _is_number(route, name):
        return "x"
    found = school.of(name, str(route.rule))
    assert found is not None, (
        f"{route.rule}: tell tests/architecture/foreign.py which table {name} belongs to"
    )
    return found


def _is_number(route: Route, name: str) -> bool:
    return type(route.rule._converters[name]).__name__ == "IntegerConverter"


@dataclass
class Stranger:
    """A signed-in browser, with a bearer token for the API."""

    client: FlaskClient
    username: str

    def __post_init__(self) -> None:
        self.headers = {"X-CSRFToken": csrf(self.client)}
        credentials = {"username": self.username, "password": PASSWORD, "provider": "db"}
        answer = self.client.application.test_client().post("/api/v1/security/login", json=credentials)
        self.bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}

    def send(self, route: Route, address: str, method: str) -> Any:
        """One request to a route."""
        body = BODIES.get(route.endpoint, {"data": {}}) if method != "GET" else {}
        if isinstance(route.view, BaseApi):
            return self.client.application.test_client().open(
                address, method=method, headers=self.bearer, **body
            )
        return self.client.open(address, method=method, headers=self.headers, **body)


def says(answer: Any) -> str:
    """What can be read in an answer, in capitals: a page, the text of a PDF, or the cells of a spreadsheet."""
    if "pdf" in answer.content_type:
        pages = PdfReader(BytesIO(answer.data)).pages
        return " ".join(page.extract_text() for page in pages).upper()
    if "spreadsheet" in answer.content_type:
        book = load_workbook(BytesIO(answer.data), read_only=True)
        return " ".join(
            str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row
        ).upper()
    return TOKENS.sub("", answer.data.decode(errors="replace")).upper()


@pytest.mark.parametrize("username", STRANGERS.values(), ids=STRANGERS.keys())
def test_another_schools_ids_open_nothing(
    app: Flask, school: Foreign, client_for: Callable[[str], FlaskClient], username: str
) -> None:
    stranger, before, wrong = Stranger(client_for(username), username), newest(), []
    for route, address in with_ids(app, school):
        for method in route.methods:
            answer = stranger.send(route, address, method)
            if answer.status_code not in (403, 404):
                wrong.append(f"{method} {route.rule} → {answer.status_code}")
            if MARK in says(answer):
                wrong.append(f"{method} {route.rule} shows foreign data")
    assert not wrong, "\n" + "\n".join(wrong)
    assert foreign.touched(school, before) == []


READERS = [
    Role.SCHOOL_ADMIN,
    Role.PRINCIPAL,
    Role.HOMEROOM_TEACHER,
    Role.INSPECTOR,
    Role.DISTRICT_ADMIN,
    Role.PARENT,
]
"""One of each kind of reach: the whole school, the classes taught, the units below, nothing but one's own."""


@pytest.mark.parametrize("username", [STRANGERS[role] for role in READERS], ids=READERS)
def test_no_list_form_or_search_shows_another_school(
    app: Flask, province: Province, school: Foreign, client_for: Callable[[str], FlaskClient], username: str
) -> None:
    """Pages without ids, and one's own records, asked with foreign ids in the query."""
    client = client_for(username)
    numbers = {name: found for name in foreign.query_names() if (found := school.of(name))}
    wrong = []
    for route in routes(app):
        if "GET" not in route.methods or route.endpoint in OPEN:
            continue
        for own in own_addresses(app, province, route):
            for query in ({}, numbers | SEARCH):
                answer = client.get(own, query_string=query)
                if answer.status_code >= 500:
                    wrong.append(f"{own} {query} → {answer.status_code}")
                if MARK in says(answer):
                    wrong.append(f"{own} {query} shows foreign data")
    assert not wrong, "\n" + "\n".join(wrong)


def own_addresses(app: Flask, province: Province, route: Route) -> Iterator[str]:
    """A route with ids of the stranger's own school; a remote select once for each kind of row."""
    values = {name: own_id(province, name) for name in route.parameters}
    for kind in KINDS if "kind" in values else [None]:
        yield route.address(app, **values | ({"kind": kind} if kind else {}))


def own_id(province: Province, name: str) -> Any:
    """An id of the stranger's own school, as far as the small province has one."""
    own = province.second
    return {
        "sheet_id": own.sheet_ids["7A", "math", 1],
        "class_id": own.class_ids["7A"],
        "student_id": own.student_ids[0],
        "person_id": own.person_ids["longpd"],
        "unit_id": own.unit_id,
        "locale": "vi",
    }.get(name, 1)


@pytest.mark.parametrize(
    "username", [STRANGERS["school_admin"], STRANGERS["office_staff"], STRANGERS["principal"]]
)
def test_no_form_accepts_another_schools_rows(
    app: Flask, school: Foreign, client_for: Callable[[str], FlaskClient], username: str
) -> None:
    """FAB's add forms filled in rightly but for the keys, which are the foreign school's (traps 10, 12)."""
    client = client_for(username)
    token, before = csrf(client), newest()
    for view in app.appbuilder.baseviews:  # type: ignore[attr-defined]
        interface = getattr(view, "datamodel", None)
        if interface is None or "can_add" not in view.base_permissions:
            continue
        answer = client.post(
            f"{view.route_base}/add", data=filled(interface.obj, school), headers={"X-CSRFToken": token}
        )
        assert answer.status_code < 500, view
        assert MARK not in says(answer), view
    assert foreign.touched(school, before) == []


def filled(model: type, school: Foreign) -> dict[str, str]:
    """A form's fields by column and by relation name, keys pointing at the foreign school."""
    mapper = sa.inspect(model)
    data = {}
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if not column.foreign_keys and not column.primary_key:
            value = foreign.sample(column)
            data[attribute.key] = getattr(value, "value", None) or str(value).replace(MARK, "Khác")
    for relation in mapper.relationships:
        table = relation.mapper.local_table.name
        if table in school.ids:
            data[relation.key] = data[f"{relation.key}_id"] = str(school.ids[table])
    return data


@pytest.mark.parametrize("username", ABOVE.values(), ids=ABOVE.keys())
def test_the_tier_above_gets_an_answer_everywhere(
    app: Flask, school: Foreign, client_for: Callable[[str], FlaskClient], username: str
) -> None:
    official, wrong = Stranger(client_for(username), username), []
    for route, address in with_ids(app, school):
        for method in route.methods:
            answer = official.send(route, address, method)
            if answer.status_code >= 500:
                wrong.append(f"{method} {address} → {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


def newest() -> int:
    """The newest transaction."""
    found = db.session.scalar(sa.select(sa.func.max(TxLog.id))) or 0
    db.session.rollback()
    return found
