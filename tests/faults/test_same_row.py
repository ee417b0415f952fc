"""Two people change the same row at once: neither change runs into the other, and the history stays true."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.errors import Stale
from app.extensions import db
from app.models import Person, Student
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.faults.test_waiting import in_the_background
from tests.services.test_chain import ON_MARIADB
from tests.support.chain import assert_chain_holds


def change(province: Province, model: type, key: int, name: str, value: str) -> None:
    with transaction(SYSTEM, "test.change", clock=province.clock) as work:
        setattr(work.session.get_one(model, key), name, value)


def meanwhile(app: Flask, work: Callable[[], None]) -> None:
    """Let somebody else do it, from beginning to end."""
    thread, outcome = in_the_background(app, work)
    thread.join(30)
    assert outcome == [None]


@ON_MARIADB
@pytest.mark.parametrize("flushed_before", [False, True])
def test_the_second_to_save_a_row_is_told_and_nothing_is_mixed(
    app: Flask, province: Province, flushed_before: bool
) -> None:
    """SQLite never comes here: whoever writes has waited before reading."""
    student, other = province.first.student_ids[:2]
    person = db.session.query(Person.id).filter_by(unit_id=province.first.unit_id).limit(1).scalar()
    db.session.rollback()

    def change_birthplace() -> None:
        change(province, Student, student, "birthplace", "Bình Dương")

    def change_name() -> None:
        with transaction(SYSTEM, "test.change", clock=province.clock) as work:
            if flushed_before:  # its number is lower than the other's then
                work.session.get_one(Person, person).title = "Giáo viên chính"
                work.flush()
                meanwhile(app, change_birthplace)
            work.session.get_one(Student, student).full_name = "Tên Khác"
            if not flushed_before:
                meanwhile(app, change_birthplace)

    with pytest.raises(Stale):
        change_name()
    assert_chain_holds()
    row = db.session.get_one(Student, student)
    assert (row.birthplace, row.full_name == "Tên Khác") == ("Bình Dương", False)
    change(province, Student, student, "full_name", "Tên Khác")
    change(province, Student, other, "birthplace", "Huế")
    assert_chain_holds()
