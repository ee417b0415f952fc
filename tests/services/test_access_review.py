"""The access review: everybody with an account, signed by the head, missing ones shown above."""

from datetime import timedelta

import pytest
from flask import Flask

from app.domain.access import SYSTEM
from app.domain.access_review import AccessFlag
from app.domain.vocabulary import Role
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import AdminBoard, AdminBoardMember, Position
from app.services.access_file import export_access
from app.services.access_review import AccessLine, access_list, reviews_below, sign_review
from app.services.clock import local_day
from app.services.unit_of_work import transaction
from app.services.years import Period, chosen_period
from tests.conftest import counting
from tests.factories.province import LONG_AGO, Province
from tests.services.helpers import acting

HEAD = "giangnt.thcstk"


def period_of(province: Province) -> Period:
    """The running term."""
    found = chosen_period(db.session(), acting(province, HEAD), local_day(province.now), None, None)
    assert found is not None
    return found


def lines(province: Province, who: str = HEAD) -> dict[str, AccessLine]:
    """The first school's list, by account."""
    found = access_list(
        db.session(), acting(province, who), province.first.unit_id, period_of(province), province.now
    )
    return {line.username.partition(".")[0]: line for line in found.lines}


def test_everybody_with_an_account_stands_there_with_what_stands_out(app: Flask, province: Province) -> None:
    people = province.first.person_ids
    with transaction(SYSTEM, "test.board", clock=province.clock) as work:
        board = AdminBoard(
            unit_id=province.first.unit_id, decision_number="1", decision_date=LONG_AGO,
            appointed_by_id=people["giangnt"], starts_on=LONG_AGO,
        )  # fmt: skip
        work.session.add(board)
        work.flush()
        work.session.add(
            AdminBoardMember(
                board_id=board.id, person_id=people["longpd"], order_no=1, seat="chair", position_title="Giáo viên",
                duties="Quản trị",
            )
        )  # fmt: skip
        work.session.add(
            Position(
                person_id=people["khuongyb"], unit_id=province.second.unit_id, role=Role.SUBJECT_TEACHER,
                title="Giáo viên", starts_on=LONG_AGO,
            )
        )  # fmt: skip
    found = lines(province)
    assert set(found) == {"giangnt", "hocnv", "hongvt", "quantb", "longpd", "habtt", "khuongyb"}
    assert found["longpd"].flags == {AccessFlag.NEVER_USED, AccessFlag.TEACHES_ON_BOARD}
    assert found["longpd"].teaches
    assert found["longpd"].board == "chair"
    assert found["longpd"].sensitive
    assert found["khuongyb"].elsewhere == ("THCS Bình An",)
    assert AccessFlag.TWO_UNITS in found["khuongyb"].flags
    assert found["hongvt"].flags == {AccessFlag.NEVER_USED}


def test_the_head_signs_what_was_shown(app: Flask, province: Province) -> None:
    head, period = acting(province, HEAD), period_of(province)
    seen = access_list(db.session(), head, province.first.unit_id, period, province.now).digest
    with pytest.raises(Forbidden):
        sign_review(acting(province, "quantb.thcstk"), period, seen, "Đã xem", clock=province.clock)
    with pytest.raises(Invalid):
        sign_review(head, period, seen, " ", clock=province.clock)
    with pytest.raises(Invalid):
        sign_review(head, period, "0" * 64, "Đã xem", clock=province.clock)
    sign_review(head, period, seen, "Đã đối chiếu với quyết định", clock=province.clock)
    found = access_list(db.session(), head, province.first.unit_id, period, province.now)
    assert [(r.note, r.digest == found.digest) for r in found.reviews] == [
        ("Đã đối chiếu với quyết định", True)
    ]
    assert found.reviews[0].figures == {"accounts": 7, "active": 7, "never_used": 7, "sensitive": 0}


def test_the_tier_above_sees_who_has_not(app: Flask, province: Province) -> None:
    head, period = acting(province, HEAD), period_of(province)
    seen = access_list(db.session(), head, province.first.unit_id, period, province.now).digest
    sign_review(head, period, seen, "Đã xem", clock=province.clock)
    office = acting(province, "sonlv.xatk")
    found = reviews_below(db.session(), office, period, local_day(province.now))
    assert [(line.unit.id, line.review is not None) for line in found] == [
        (province.second.unit_id, False),
        (province.first.unit_id, True),
    ]
    assert "longpd" in lines(province, "sonlv.xatk")
    for stranger, error in (("giangnt.thcsba", NotFound), ("longpd.thcstk", Forbidden)):
        with pytest.raises(error):
            lines(province, stranger)


def test_the_file_is_logged_and_refused_to_who_only_reads(app: Flask, province: Province) -> None:
    period = period_of(province)
    unit = province.first.unit_id
    name, data = export_access(db.session(), acting(province, HEAD), unit, period, clock=province.clock)
    assert name.endswith(".xlsx")
    assert data.startswith(b"PK")
    with pytest.raises(Forbidden):
        export_access(db.session(), acting(province, "vanlt.sogd"), unit, period, clock=province.clock)


def test_it_takes_ten_statements_for_any_number_of_accounts(app: Flask, province: Province) -> None:
    head, period = acting(province, HEAD), period_of(province)
    with counting(app) as statements:
        access_list(db.session(), head, province.first.unit_id, period, province.now + timedelta(days=1))
    assert len(statements) <= 10
