"""What the tests of imports and exports share: files of the small province, and the two steps of an import."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.models import (
    Enrolment,
    Guardian,
    HomeroomAssignment,
    ImportBatch,
    Person,
    SchoolClass,
    Student,
    TeachingAssignment,
    TxLog,
)
from app.services import imports
from app.services.spreadsheets.plan import Plan, RowVerdict
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.workbooks import table

ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""For judgements, which no engine does differently."""

BOARD, OFFICE = "quantb.thcstk", "hongvt.thcstk"
HEADINGS = (
    "Mã định danh",
    "Số định danh cá nhân",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Lớp",
    "Họ tên cha",
    "Điện thoại cha",
)
BINH = {"Họ và tên": "Trần Văn Bình", "Ngày sinh": "05/06/2014", "Giới tính": "Nam", "Lớp": "7A"}
AN = {"Họ và tên": "Nguyễn Hoàng An", "Ngày sinh": "01/03/2014", "Giới tính": "Nam"}
"""The first pupil of every class of the small province."""

RECORD = (
    Student,
    Guardian,
    Enrolment,
    Person,
    SchoolClass,
    TeachingAssignment,
    HomeroomAssignment,
    ImportBatch,
    TxLog,
)


def students(*rows: Mapping[str, Any], headings: Sequence[str] = HEADINGS, **options: Any) -> bytes:
    return table(headings, *rows, **options)


def dry(province: Province, kind: str, data: bytes, account: str = BOARD) -> Plan:
    return imports.dry_run(acting(province, account), kind, data, clock=province.clock)


def carry_out(
    province: Province, kind: str, data: bytes, account: str = BOARD, digest: str | None = None
) -> int:
    digest = digest or dry(province, kind, data, account).digest
    return imports.apply(acting(province, account), kind, data, digest, "Đợt thử", clock=province.clock)


def only(plan: Plan) -> RowVerdict:
    (row,) = plan.rows
    return row


def saved() -> list[int]:
    """How many rows the record holds, class by class."""
    return [db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in RECORD]


def places(student_id: int) -> list[tuple[str, date, date | None]]:
    query = (
        sa.select(SchoolClass.name, Enrolment.starts_on, Enrolment.ends_on)
        .join(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id == student_id)
        .order_by(Enrolment.starts_on)
    )
    return [tuple(row) for row in db.session.execute(query)]


def messages(row: RowVerdict) -> list[tuple[str, str]]:
    return [(problem.column, problem.message) for problem in row.problems]
