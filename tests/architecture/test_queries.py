"""How many statements a page may take, whoever opens it and however much there is to show (design §9)."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.policies import PolicyKey
from app.domain.vocabulary import Finality
from app.services.clock import local_day
from app.services.gradebook import submit_sheet
from app.services.policies import set_policy
from tests.conftest import counting
from tests.factories.province import Province, build
from tests.services.helpers import acting

BUDGETS = [
    # account, address ({sheet}, {class}, {student}: of the first school), statements at most
    ("longpd.thcstk", "/", 12),
    ("longpd.thcstk", "/gradebook/", 8),
    ("longpd.thcstk", "/gradebook/{sheet}", 10),
    ("longpd.thcstk", "/gradebook/{sheet}/plain", 10),
    ("longpd.thcstk", "/gradebook/{sheet}/cell?student={student}&column=final", 10),
    ("longpd.thcstk", "/gradebook/{sheet}/history", 14),
    ("longpd.thcstk", "/notes/", 8),
    ("longpd.thcstk", "/notes/monthly/{class}", 15),
    ("longpd.thcstk", "/notes/discipline/{class}", 15),
    ("longpd.thcstk", "/notes/student/{student}", 15),
    ("longpd.thcstk", "/attendance/", 8),
    ("longpd.thcstk", "/attendance/day/{class}", 18),
    ("longpd.thcstk", "/attendance/month/{class}", 18),
    ("longpd.thcstk", "/attendance/term/{class}", 22),
    ("longpd.thcstk", "/attendance/student/{student}", 16),
    ("longpd.thcstk", "/students/list/", 10),
    ("longpd.thcstk", "/notices/", 8),
    ("longpd.thcstk", "/account/", 10),
    ("giangnt.thcstk", "/", 12),
    ("giangnt.thcstk", "/results/class/{class}", 24),
    ("hongvt.thcstk", "/", 12),
    ("hongvt.thcstk", "/students/list/", 10),
    ("hongvt.thcstk", "/students/show/{student}", 16),
    ("hongvt.thcstk", "/classes/list/", 12),
    ("quantb.thcstk", "/", 12),
    ("quantb.thcstk", "/accounts/", 12),
    ("quantb.thcstk", "/assignments/list/", 14),
    ("quantb.thcstk", "/locks/", 12),
    ("sonlv.xatk", "/", 12),
    ("vanlt.sogd", "/", 12),
    ("vanlt.sogd", "/students/list/", 10),
    ("vanlt.sogd", "/staff/list/", 10),
    ("daoct.sogd", "/", 12),
    ("daoct.sogd", "/locks/", 12),
]
"""Grows with the pages; a budget is raised only with a reason in the change that raises it."""

GROWING = [
    "/",
    "/gradebook/",
    "/gradebook/{sheet}",
    "/gradebook/{sheet}/plain",
    "/gradebook/{sheet}/history",
    "/notes/monthly/{class}",
    "/attendance/day/{class}",
    "/attendance/month/{class}",
    "/attendance/term/{class}",
    "/students/list/",
]


@pytest.fixture
def engine_name() -> str:
    """The same statements go to both databases."""
    return "sqlite"


def address(province: Province, path: str) -> str:
    school = province.first
    return path.format(
        sheet=school.sheet_ids["7A", "math", 1],
        student=school.student_ids[0],
        **{"class": school.class_ids["7A"]},
    )


def statements(app: Flask, client: FlaskClient, path: str) -> list[str]:
    """What the page sends when opened for the second time: the first fills caches that live as long as a process."""
    assert client.get(path).status_code == 200, path
    with counting(app) as sent:
        assert client.get(path).status_code == 200
    return sent


@pytest.mark.parametrize("username", sorted({username for username, _path, _most in BUDGETS}))
def test_pages_keep_their_budget(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient], username: str
) -> None:
    client = client_for(username)
    over = []
    for who, path, most in BUDGETS:
        if who == username:
            sent = statements(app, client, address(province, path))
            if len(sent) > most:
                over.append(
                    f"{path}: {len(sent)} > {most}\n  "
                    + "\n  ".join(s[:160].replace("\n", " ") for s in sent)
                )
    assert not over, "\n" + "\n".join(over)


@pytest.mark.parametrize("rule", list(Finality))
def test_a_sheet_keeps_its_budget_whatever_makes_marks_final(
    app: Flask, province: Province, client_for: Callable[[str], FlaskClient], rule: Finality
) -> None:
    """However often marks were entered and made final: at most 11 statements to open a sheet, 17 to save it."""
    head, unit, day = acting(province, "giangnt.thcstk"), province.first.unit_id, local_day(province.now)
    set_policy(head, unit, PolicyKey.FINALITY, rule, day, "Quy chế", clock=province.clock)
    client, path = client_for("longpd.thcstk"), address(province, "/gradebook/{sheet}")
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path).text)
    assert token
    for number, column in enumerate(("regular_1", "regular_2", "regular_3")):
        changes = [
            {"student": student, "column": column, "old": None, "new": "8"}
            for student in province.first.student_ids[: 3 + number]
        ]
        with counting(app) as sent:
            answer = client.post(
                f"{path}/cells", json={"changes": changes}, headers={"X-CSRFToken": token[1]}
            )
        assert answer.status_code == 200
        assert len(sent) <= 17, sent
        teacher = acting(province, "longpd.thcstk")
        submit_sheet(teacher, province.first.sheet_ids["7A", "math", 1], [column], clock=province.clock)
    assert len(opened := statements(app, client, path)) <= 11, opened


def test_a_page_asks_no_more_for_a_bigger_class(
    app: Flask, sqlite_template: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One statement a student would be nothing at eight and seconds at forty-five."""
    import shutil

    from tests.conftest import make_app, sign_in

    found = {}
    for pupils in (30, 45):
        folder = tmp_path_factory.mktemp(f"class{pupils}")
        shutil.copy(str(sqlite_template), folder / "test.db")
        other = make_app(folder, f"sqlite:///{folder / 'test.db'}")
        with other.app_context():
            province = build(other, pupils=pupils)
        client = sign_in(other.test_client(), "longpd.thcstk")
        found[pupils] = {path: len(statements(other, client, address(province, path))) for path in GROWING}
    assert found[45] == found[30]
