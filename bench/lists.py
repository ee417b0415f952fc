"""Lists and landing pages with many students: the same page at 2,000 and at 200,000."""

import statistics
from datetime import date

import sqlalchemy as sa
from flask import Flask

from app.domain.names import fold, full_name, sort_key
from app.extensions import db
from app.models import Enrolment, Student
from app.services.guards import lifted
from bench.result import Line
from bench.sheet import timed
from tests.conftest import counting, sign_in
from tests.factories import province as factory

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
PAGES = {"list": "/students/list/", "search": "/students/list/?_flt_0_name_folded=zzqx"}


def seed(unit_id: int, class_id: int, start: int, stop: int) -> None:
    """Students number start…stop by plain inserts: quick, and never anything but a measurement."""
    with lifted("bench: many students"), db.engine.connect() as plain:
        connection = plain.execution_options(hocvu_write=True)
        with connection.begin():
            first = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(Student.id), 0))) + 1
            for begin in range(start, stop, 10_000):
                numbers = range(begin, min(begin + 10_000, stop))
                rows = [_student(unit_id, first + n - start, n) for n in numbers]
                connection.execute(sa.insert(Student.__table__), rows)
                connection.execute(
                    sa.insert(Enrolment.__table__),
                    [
                        {
                            "student_id": r["id"],
                            "class_id": class_id,
                            "starts_on": date(2026, 9, 1),
                            "status_code": "01",
                        }
                        for r in rows
                    ],
                )


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
    """List, search without a hit and landing pages at 2,000 students and at `many`."""
    with app.app_context():
        province = factory.build(app)
    second = province.second
    lines: list[Line] = []
    medians: dict[tuple[str, int], float] = {}
    clients = {
        name: sign_in(app.test_client(), name)
        for name in ("vanlt.sogd", "giangnt.thcstk", "longpd.thcstk", "sonlv.xatk")
    }
    for start, stop in ((0, 2_000), (2_000, many)):
        with app.app_context():
            seed(second.unit_id, second.class_ids["7A"], start, stop)
            if engine == "mariadb":
                with db.engine.connect() as connection:
                    connection.exec_driver_sql("ANALYZE TABLE student, enrolment")
        for name, path in PAGES.items():
            times = [timed(lambda path=path: clients["vanlt.sogd"].get(path)) for _n in range(rounds)]
            medians[name, stop] = statistics.median(times)
            lines.append(Line(engine, f"{name}, {stop:,} students", medians[name, stop], "ms"))
    for name, most in (("list", 1.5), ("search", 5)):
        ratio = medians[name, many] / medians[name, 2_000]
        lines.append(Line(engine, f"{name}: {many:,} / 2,000", ratio, "×", most=most))
    for username, client in clients.items():
        with counting(app) as statements:
            client.get("/")
        lines.append(Line(engine, f"landing page of {username}", len(statements), "statements", most=12))
    return lines
