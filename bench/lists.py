"""Lists and landing pages with many students: the same page at 2,000 and at 200,000."""

import statistics
import time
from datetime import date

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.names import fold, full_name, sort_key
from app.domain.vocabulary import UnitKind
from app.extensions import db
from app.models import Enrolment, OrgParent, OrgUnit, SchoolClass, Student
from app.services.guards import lifted
from bench.result import Line
from bench.sheet import timed
from tests.conftest import counting, sign_in
from tests.factories import province as factory
from tests.factories.province import FIRST_DAY

FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Lò", "Vàng", "Giàng")
MIDDLES = ("Thị", "Văn", "Đức", "Ngọc", "Minh", "Thu", "Hoàng", "Gia", "Bảo", "Quang")
GIVENS = (
    "An",
    "Bình",
    "Chi",
    "Dũng",
    "Giang",
    "Hà",
    "Khánh",
    "Lan",
    "Mai",
    "Nam",
    "Oanh",
    "Phúc",
    "Quân",
    "Sơn",
    "Yến",
)
PAGES = {
    "list": ("vanlt.sogd", "/students/list/"),
    "search without a hit": ("vanlt.sogd", "/students/list/?_flt_0_name_folded=zzqx"),
    "list of one school": ("giangnt.thcstk", "/students/list/"),
    "grid of a class": ("longpd.thcstk", ""),
}
MOST = {"list": 1.5, "search without a hit": 5.0, "list of one school": 1.5, "grid of a class": 1.5}
"""How much longer a page may take with many students than with 2,000."""
LANDING = (
    "vanlt.sogd",
    "daoct.sogd",
    "sonlv.xatk",
    "giangnt.thcstk",
    "quantb.thcstk",
    "hongvt.thcstk",
    "longpd.thcstk",
)
PER_SCHOOL, PER_CLASS = 500, 50
MOSTLY_CLEAN = 50


def seed(province: factory.Province, start: int, stop: int) -> None:
    """Schools with students number start…stop by plain inserts: quick, and never anything but a measurement."""
    with lifted("bench: many students"), db.engine.connect() as plain:
        connection = plain.execution_options(hocvu_write=True)
        with connection.begin():
            for number in range(start // PER_SCHOOL, stop // PER_SCHOOL):
                _seed_school(connection, province, number)


def _seed_school(connection: sa.Connection, province: factory.Province, number: int) -> None:
    """One school of PER_SCHOOL students in classes of PER_CLASS."""
    unit_id, year = 10_000 + number, {"school_year_id": province.year_id}
    kind, name = UnitKind.LOWER_SECONDARY, f"THCS số {number}"
    unit = {
        "id": unit_id, "code": f"bench{number}", "kind": kind, "name": name, "short_name": name, "name_folded": fold(name),
        "levels": ["lower_secondary"], "locality_code": "bg", "starts_on": FIRST_DAY,
    }  # fmt: skip
    connection.execute(sa.insert(OrgUnit.__table__), [unit])
    link = {"unit_id": unit_id, "parent_id": province.commune_id, "starts_on": FIRST_DAY}
    connection.execute(sa.insert(OrgParent.__table__), [link])
    classes = [
        {"id": 100_000 + 100 * number + n, "unit_id": unit_id, "level": "lower_secondary", "grade": 6 + n % 4,
         "name": f"{6 + n % 4}A{n}", "circular": "tt22-2021", "order_no": n} | year
        for n in range(PER_SCHOOL // PER_CLASS)
    ]  # fmt: skip
    connection.execute(sa.insert(SchoolClass.__table__), classes)
    first = 1_000_000 + number * PER_SCHOOL
    rows = [_student(unit_id, first + n, first + n) for n in range(PER_SCHOOL)]
    connection.execute(sa.insert(Student.__table__), rows)
    places = [
        {
            "student_id": row["id"],
            "class_id": classes[n // PER_CLASS]["id"],
            "starts_on": FIRST_DAY,
            "status_code": "01",
        }
        for n, row in enumerate(rows)
    ]
    connection.execute(sa.insert(Enrolment.__table__), places)


def _settle(engine: str) -> None:
    """What both databases do by themselves in time: gather statistics, and write out what was just seeded."""
    with db.engine.connect() as connection:
        if engine == "sqlite":
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
            return
        connection.exec_driver_sql("ANALYZE TABLE student, enrolment, org_unit")
        connection.exec_driver_sql("SET GLOBAL innodb_max_dirty_pages_pct = 0")
        dirty = "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'"
        while int(connection.exec_driver_sql(dirty).one()[1]) > MOSTLY_CLEAN:
            time.sleep(0.1)
        connection.exec_driver_sql("SET GLOBAL innodb_max_dirty_pages_pct = 90")


def _student(unit_id: int, key: int, n: int) -> dict[str, object]:
    family, middle, given = FAMILIES[n % 12], MIDDLES[n // 12 % 10], GIVENS[n // 120 % 15]
    name = full_name(family, middle, given)
    return {
        "id": key, "unit_id": unit_id, "family_name": family, "middle_name": middle, "given_name": given,
        "full_name": name, "name_folded": fold(name), "sort_key": sort_key(family, middle, given),
        "birth_date": date(2012, 1, 1 + n % 28), "sex_code": "01", "ethnicity_code": "01", "nationality": "Việt Nam",
        "status_code": "01",
    }  # fmt: skip


def measure(app: Flask, engine: str, rounds: int, many: int) -> list[Line]:
    """Lists, a search without a hit and a class's grid at 2,000 students and at `many`; every landing page."""
    with app.app_context():
        province = factory.build(app, pupils=45)
    clients = {name: sign_in(app.test_client(), name) for name in LANDING}
    grid = f"/gradebook/{province.first.sheet_ids['7A', 'math', 1]}"
    lines: list[Line] = []
    medians: dict[tuple[str, int], float] = {}
    for start, stop in ((0, 2_000), (2_000, many)):
        with app.app_context():
            seed(province, start, stop)
            _settle(engine)
        for name, (username, path) in PAGES.items():
            open_page(clients[username], path or grid)
            times = [
                timed(lambda u=username, p=path: open_page(clients[u], p or grid)) for _n in range(rounds)
            ]
            medians[name, stop] = statistics.median(times)
            lines.append(Line(engine, f"{name}, {stop:,} students", medians[name, stop], "ms"))
    for name, most in MOST.items():
        ratio = medians[name, many] / medians[name, 2_000]
        lines.append(Line(engine, f"{name}: {many:,} / 2,000", ratio, "×", most=most))
    return [*lines, *(_landing(app, engine, name, client) for name, client in clients.items())]


def _landing(app: Flask, engine: str, name: str, client: FlaskClient) -> Line:
    open_page(client, "/")
    with counting(app) as statements:
        open_page(client, "/")
    return Line(engine, f"landing page of {name}", len(statements), "statements", most=12)


def open_page(client: FlaskClient, path: str) -> None:
    """One whole request; a page that fails is no measurement."""
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
