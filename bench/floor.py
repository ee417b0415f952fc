"""The floor of a class save: the same rows and their history by raw executemany, durably committed."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy_continuum import version_class

from app.extensions import db
from app.models import Grade, TxLog
from app.services.guards import lifted

COLUMNS = ("regular_1", "regular_2", "regular_3", "regular_4", "midterm", "final", "average")


def raw_save(sheet_id: int, students: list[int], mark: int, now: Any) -> None:
    """Update the rows, insert one transaction row and one history row each, commit; nothing else."""
    grade, history = Grade.__table__, version_class(Grade).__table__
    with lifted("bench: the floor"), db.engine.connect() as plain:
        connection = plain.execution_options(hocvu_write=True)
        with connection.begin():
            tx = connection.execute(
                sa.insert(TxLog.__table__).values(issued_at=now, action="bench.floor")
            ).inserted_primary_key[0]
            where = sa.and_(grade.c.sheet_id == sheet_id, grade.c.student_id == sa.bindparam("b_student"))
            values = {column: sa.bindparam(f"v_{column}", type_=sa.SmallInteger) for column in COLUMNS}
            row = {f"v_{column}": mark for column in COLUMNS}
            connection.execute(
                sa.update(grade)
                .where(where)
                .values({c: sa.type_coerce(v, sa.SmallInteger) for c, v in values.items()}),
                [{"b_student": student, **row} for student in students],
            )
            connection.execute(
                sa.insert(history).values(
                    {
                        c: sa.type_coerce(sa.bindparam(f"v_{c}", type_=sa.SmallInteger), sa.SmallInteger)
                        for c in COLUMNS
                    }
                    | {
                        k: sa.bindparam(f"k_{k}")
                        for k in ("sheet_id", "student_id", "transaction_id", "operation_type")
                    }
                ),
                [
                    {
                        "k_sheet_id": sheet_id,
                        "k_student_id": s,
                        "k_transaction_id": tx,
                        "k_operation_type": 1,
                        **row,
                    }
                    for s in students
                ],
            )
