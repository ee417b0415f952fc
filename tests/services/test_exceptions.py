"""The exception feed: written with the thing it tells, read by the school, noted by the tier above, never cleared."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.exceptions import ExceptionKind
from app.domain.policies import PolicyKey
from app.domain.vocabulary import Finality
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import ExceptionLook, ExceptionNote, TxLog
from app.services.clock import local_day
from app.services.exception_feed import Asked, count_unseen, feed, mark_looked
from app.services.exceptions import tell_above
from app.services.policies import set_policy
from app.services.unit_of_work import transaction
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.helpers import acting


def tell(province: Province, unit_id: int, kind: ExceptionKind = ExceptionKind.REOPENING) -> None:
    """A line about a unit."""
    with transaction(SYSTEM, "test.tell", clock=province.clock) as work:
        tell_above(work, unit_id, kind, "Mở lại sổ học kì I", reason="Nhập sót", url="/locks/", term=1)


EVERYTHING = Asked()


def lines(province: Province, username: str, asked: Asked = EVERYTHING) -> list[str]:
    """Kinds of the lines an account sees."""
    found = feed(db.session(), acting(province, username), asked, local_day(province.now))
    return [line.note.kind.value for line in found.lines]


def test_a_line_goes_back_with_the_thing_it_tells(app: Flask, province: Province) -> None:
    def told_and_refused() -> None:
        with transaction(SYSTEM, "test.tell", clock=province.clock) as work:
            tell_above(work, province.first.unit_id, ExceptionKind.REOPENING, "Mở lại sổ")
            raise Invalid("no")

    with pytest.raises(Invalid):
        told_and_refused()
    assert db.session.scalar(sa.select(sa.func.count(ExceptionNote.id))) == 0


def test_a_loosened_rule_is_told_with_its_history_and_a_tightened_one_is_not(
    app: Flask, province: Province
) -> None:
    head, day = acting(province, "giangnt.thcstk"), local_day(province.now)
    for value, starts_on in ((Finality.ON_LEAVING, day), (Finality.ON_SUBMIT, day + timedelta(days=9))):
        set_policy(
            head,
            province.first.unit_id,
            PolicyKey.FINALITY,
            value.value,
            starts_on,
            "Theo họp",
            clock=province.clock,
        )
    (note,) = db.session.scalars(sa.select(ExceptionNote)).all()
    assert (note.kind, note.unit_id, note.action) == (
        ExceptionKind.LOOSER_POLICY,
        province.first.unit_id,
        "policy.set",
    )
    assert note.details == {"key": "finality", "former": "on_leaving", "value": "on_submit"}
    assert db.session.get_one(TxLog, note.transaction_id).action == "policy.set"


def test_who_sees_what(app: Flask, province: Province) -> None:
    tell(province, province.first.unit_id)
    tell(province, province.second.unit_id, ExceptionKind.EXTENSION)
    assert lines(province, "sonlv.xatk") == ["extension", "reopening"]
    assert lines(province, "vanlt.sogd") == ["extension", "reopening"]
    assert lines(province, "giangnt.thcstk") == ["reopening"]
    assert lines(province, "sonlv.xatk", Asked(kind=ExceptionKind.EXTENSION)) == ["extension"]
    assert lines(province, "sonlv.xatk", Asked(unit_id=province.first.unit_id)) == ["reopening"]
    assert lines(province, "sonlv.xatk", Asked(since=province.now + timedelta(days=1))) == []


def test_the_tier_above_notes_that_it_looked_and_the_school_cannot(app: Flask, province: Province) -> None:
    tell(province, province.first.unit_id)
    note_id = db.session.scalars(sa.select(ExceptionNote.id)).one()
    office, day = acting(province, "sonlv.xatk"), local_day(province.now)
    assert count_unseen(db.session(), office, day) == 1
    with pytest.raises(Forbidden):
        mark_looked(acting(province, "giangnt.thcstk"), note_id, "Đã xem", clock=province.clock)
    with pytest.raises(NotFound):
        mark_looked(acting(province, "giangnt.thcsba"), note_id, "Đã xem", clock=province.clock)
    with pytest.raises(Invalid):
        mark_looked(office, note_id, "  ", clock=province.clock)
    mark_looked(office, note_id, "Đã hỏi Hiệu trưởng, có biên bản", clock=province.clock)
    assert count_unseen(db.session(), office, day) == 0
    assert (
        count_unseen(db.session(), acting(province, "binhhv.sogd"), day) == 1
    )  # each office looks for itself
    assert lines(province, "sonlv.xatk", Asked(unseen=True)) == []
    assert lines(province, "giangnt.thcstk") == ["reopening"]
    assert db.session.scalar(sa.select(ExceptionLook.text)) == "Đã hỏi Hiệu trưởng, có biên bản"


def test_the_feed_takes_three_statements(app: Flask, province: Province) -> None:
    actor, day = acting(province, "sonlv.xatk"), local_day(province.now)
    for _number in range(6):
        tell(province, province.first.unit_id)
    db.session.rollback()
    with counting(app) as statements:
        feed(db.session(), actor, Asked(since=None, until=None), day)
    assert len(statements) <= 3
