"""The lock calendar, its forms and the page of rules, as people of each tier see them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.vocabulary import WindowEffect, WindowMode
from app.extensions import db
from app.models import LockWindow, Policy
from app.services.lock_windows import NewWindow, add_window
from app.views.lock_forms import Unreadable, moment_text, parse_clock, parse_moment
from tests.conftest import counting, csrf
from tests.factories.province import CLOCK, Province
from tests.services.helpers import acting

Client = Callable[[str], FlaskClient]
DAY = timedelta(days=1)


@pytest.fixture
def engine_name() -> str:
    """Pages ask what the services' own tests ask on both engines."""
    return "sqlite"


def window(province: Province, username: str = "giangnt.thcstk", number: int = 0, **changes: object) -> int:
    """A window of the account's unit, from tomorrow for a week."""
    actor = acting(province, username)
    values: dict[str, object] = {
        "school_year_id": province.year_id,
        "title": f"Đợt nhập {number}",
        "reason": "Kế hoạch",
        "effect": WindowEffect.OPEN,
        "mode": WindowMode.ENTERED_CELLS,
        "opens_at": CLOCK + DAY,
        "closes_at": CLOCK + 8 * DAY,
        "term": 1,
    }
    assert actor.unit_id is not None
    new = NewWindow(**(values | changes))  # type: ignore[arg-type]
    return add_window(actor, actor.unit_id, new, clock=province.clock)


def form(client: FlaskClient, province: Province, **changes: object) -> dict[str, object]:
    """The window form as an administrator would send it."""
    return {
        "csrf_token": csrf(client),
        "title": "Nhập điểm giữa kì",
        "effect": "open",
        "mode": "entered_cells",
        "book": "gradebook",
        "term": "1",
        "columns": ["midterm"],
        "grades": ["7"],
        "opens_at": "17/11/2026 07:00",
        "closes_at": "30/11/2026 24:00",
        "reason": "Kế hoạch kiểm tra",
        "ordered_by": str(province.first.person_ids["giangnt"]),
        "announce": "1",
    } | changes


# -- reading -----------------------------------------------------------------------------------------------------


def test_the_month_shows_bars_of_every_tier_and_the_list_the_same(
    app: Flask, province: Province, client_for: Client
) -> None:
    window(province, "sonlv.xatk", effect=WindowEffect.SHUT, title="Kiểm tra hồ sơ", grades=(7,))
    window(province, title="Đợt của trường", opens_at=CLOCK + DAY)
    page = client_for("longpd.thcstk").get("/locks/").text
    for title in ("Mở sổ học kì I", "Kiểm tra hồ sơ", "Đợt của trường"):
        assert page.count(title) >= 3, title  # bars, list, and the panel or a second week
    assert re.search(r'class="is-xa hv-c2 hv-s6 is-shut"', page)
    assert re.search(r'class="is-truong hv-c1 hv-s2"', page)  # its last week, up to Tuesday
    assert "17/11/2026 09:00" in page
    assert "24/11/2026 09:00" in page


def test_who_may_only_look_sees_no_button(app: Flask, province: Province, client_for: Client) -> None:
    key = window(province)
    for username in ("longpd.thcstk", "hocnv.thcstk", "vanlt.sogd"):
        client = client_for(username)
        unit = f"?unit={province.first.unit_id}" if username.endswith("sogd") else ""
        for path in (f"/locks/{unit}", f"/locks/{key}", "/policies/"):
            page = client.get(path)
            assert page.status_code == 200
            assert not re.search(r"/locks/(add|defaults|\d+/(extend|end|announce))", page.text), path
            assert 'method="post"' not in page.text, path
        assert client.get("/locks/add").status_code == 403
        assert client.get(f"/locks/{key}/end").status_code == 403
        assert client.get("/policies/entry_day").status_code == 403
    assert "/locks/add" in client_for("quantb.thcstk").get("/locks/").text
    assert "/locks/add" in client_for("giangnt.thcstk").get("/locks/").text


def test_the_panel_answers_by_address_for_any_day(app: Flask, province: Province, client_for: Client) -> None:
    client = client_for("longpd.thcstk")
    sheet = province.first.sheet_ids["7A", "math", 1]
    page = client.get(f"/locks/?on=20/11/2026&at=10h30&sheet={sheet}&column=final").text
    assert 'class="hv-verdict is-ok"' in page
    assert "17/01/2027" in page
    page = client.get(f"/locks/?on=20/01/2027&at=10:30&sheet={sheet}&column=final").text
    assert 'class="hv-verdict is-lock"' in page
    assert "00:00 18/01/2027" in page
    assert "Hồ Văn Bình" in page
    assert "daoct.sogd" in page


def test_a_day_that_cannot_be_read_keeps_its_text_and_says_why(
    app: Flask, province: Province, client_for: Client
) -> None:
    page = client_for("longpd.thcstk").get("/locks/?on=31/02/2027&at=25:00").text
    assert 'value="31/02/2027" inputmode="numeric" autocomplete="off" aria-invalid="true"' in page
    assert 'id="hv-on-error"' in page
    page = client_for("longpd.thcstk").get("/locks/?on=01/12/2026&at=25:00").text
    assert 'id="hv-at-error"' in page
    assert (
        client_for("longpd.thcstk").get("/locks/?month=2026-13&sheet=x&unit=&column=average").status_code
        == 200
    )


def test_an_office_asks_about_each_school_below_it_and_no_other(
    app: Flask, province: Province, client_for: Client
) -> None:
    client = client_for("maipt.xatk")
    page = client.get("/locks/").text
    assert "THCS Thúc Kháng" in page
    assert 'id="hv-sheet"' not in page
    assert "Toán 7A" in client.get(f"/locks/?unit={province.first.unit_id}").text
    assert client.get(f"/locks/?unit={province.department_id}").status_code == 404
    assert client_for("giangnt.thcstk").get(f"/locks/?unit={province.second.unit_id}").status_code == 404


def test_a_school_sees_what_binds_it_and_not_what_is_meant_for_others(
    app: Flask, province: Province, client_for: Client
) -> None:
    window(province, "binhhv.sogd", title="Riêng Bình An", unit_ids=(province.second.unit_id,))
    assert "Riêng Bình An" not in client_for("longpd.thcstk").get("/locks/").text
    assert "Riêng Bình An" in client_for("longpd.thcsba").get("/locks/").text


def test_the_calendar_costs_the_same_for_any_number_of_windows(
    app: Flask, province: Province, client_for: Client
) -> None:
    client = client_for("quantb.thcstk")
    counts = []
    for number in (0, 30):
        for n in range(number):
            window(province, number=n, class_ids=(province.first.class_ids["7A"],), announce=False)
        with counting(app) as statements:
            assert client.get("/locks/").status_code == 200
        counts.append(len(statements))
    assert counts[1] <= counts[0] + 1  # the names of classes, once there is a window limited to some
    assert max(counts) <= 13
    office = client_for("daoct.sogd")
    with counting(app) as statements:
        office.get(f"/locks/?unit={province.first.unit_id}&list=year")
    assert len(statements) <= 13


def test_a_week_with_many_windows_says_how_many_more(
    app: Flask, province: Province, client_for: Client
) -> None:
    for n in range(12):
        window(province, number=n, announce=False)
    page = client_for("longpd.thcstk").get("/locks/").text
    assert page.count('class="hv-c1 hv-s7 hv-more"') == 2
    assert all(f"Đợt nhập {n}" in page for n in range(12))


# -- forms -------------------------------------------------------------------------------------------------------


def test_an_administrator_adds_a_window(app: Flask, province: Province, client_for: Client) -> None:
    client = client_for("quantb.thcstk")
    answer = client.post("/locks/add", data=form(client, province))
    assert answer.status_code == 302
    saved = db.session.scalars(
        sa.select(LockWindow).where(LockWindow.owner_id == province.first.unit_id)
    ).one()
    assert answer.location == f"/locks/{saved.id}"
    assert saved.opens_at == datetime(2026, 11, 17, 0, 0, tzinfo=UTC)
    assert saved.closes_at == datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    assert (saved.columns, saved.grades, saved.ordered_by.full_name) == (["midterm"], [7], "Nguyễn Thị Giang")
    page = client.get(answer.location).text
    assert "24:00 30/11/2026" in page
    assert "Nguyễn Thị Giang" in page
    assert "quantb.thcstk" in page


def test_a_refusal_keeps_everything_typed_and_stands_beside_its_field(
    app: Flask, province: Province, client_for: Client
) -> None:
    client = client_for("quantb.thcstk")
    answer = client.post(
        "/locks/add", data=form(client, province, opens_at="31/02/2027 7h", reason="", mode="whole_book")
    )
    assert answer.status_code == 422
    assert 'value="31/02/2027 7h"' in answer.text
    assert 'value="Nhập điểm giữa kì"' in answer.text
    assert 'id="f-opens_at-error"' in answer.text
    assert 'id="f-reason-error"' in answer.text
    assert re.search(r'value="whole_book" checked', answer.text)
    assert re.search(r'value="midterm" checked', answer.text)
    answer = client.post("/locks/add", data=form(client, province, closes_at="16/11/2026", ordered_by=""))
    assert 'href="#f-closes_at"' in answer.text
    assert 'id="f-ordered_by-error"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LockWindow)) == 1


def test_every_regular_column_is_one_tick_and_shutting_needs_no_mode(
    app: Flask, province: Province, client_for: Client
) -> None:
    client = client_for("giangnt.thcstk")
    data = form(client, province, effect="shut", columns=["regular", "final"], closes_at="")
    del data["mode"], data["ordered_by"], data["announce"]
    assert client.post("/locks/add", data=data).status_code == 302
    saved = db.session.scalars(
        sa.select(LockWindow).where(LockWindow.owner_id == province.first.unit_id)
    ).one()
    assert saved.columns == [*(f"regular_{n}" for n in range(1, 9)), "final"]
    assert (saved.closes_at, saved.announced_at) == (None, None)
    answer = client.post("/locks/add", data=form(client, province, columns=["average"]))
    assert 'id="f-columns-error"' in answer.text


def test_extending_ending_and_announcing(app: Flask, province: Province, client_for: Client) -> None:
    key, client = window(province), client_for("quantb.thcstk")
    order = {"csrf_token": csrf(client), "ordered_by": str(province.first.person_ids["giangnt"])}
    assert client.get(f"/locks/{key}/extend").status_code == 200
    refused = client.post(
        f"/locks/{key}/extend", data=order | {"closes_at": "18/11/2026 07:00", "reason": "muộn"}
    )
    assert refused.status_code == 422
    assert 'value="18/11/2026 07:00"' in refused.text
    done = client.post(f"/locks/{key}/extend", data=order | {"closes_at": "2/12/2026", "reason": "chưa xong"})
    assert done.status_code == 302
    assert "24:00 02/12/2026" in client.get(f"/locks/{key}").text
    assert client.post(f"/locks/{key}/announce", data=order).status_code == 302
    assert client.post(f"/locks/{key}/end", data=order | {"reason": ""}).status_code == 422
    assert client.post(f"/locks/{key}/end", data=order | {"reason": "hoãn"}).status_code == 302
    page = client.get(f"/locks/{key}").text
    assert "hoãn" in page
    assert f"/locks/{key}/extend" not in page
    assert "hoãn" in client.get("/locks/").text
    assert client.post(f"/locks/{key}/end", data=order | {"reason": "nữa"}).status_code == 422


def test_the_default_calendar_is_shown_before_it_is_made(
    app: Flask, province: Province, client_for: Client
) -> None:
    client = client_for("quantb.thcstk")
    page = client.get("/locks/defaults").text
    assert "Nhập điểm thường xuyên đến 23/11/2026, học kì I" in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LockWindow)) == 1
    data = {
        "csrf_token": csrf(client),
        "reason": "Kế hoạch năm học",
        "ordered_by": str(province.first.person_ids["giangnt"]),
    }
    assert client.post("/locks/defaults", data=data | {"reason": ""}).status_code == 422
    assert client.post("/locks/defaults", data=data).status_code == 302
    assert "/locks/defaults" in client.get("/locks/?list=year").text
    again = client.post("/locks/defaults", data=data)
    assert again.status_code == 422
    assert client_for("maipt.xatk").get("/locks/defaults").status_code == 422


def test_rules_show_from_whom_they_come_and_are_set_by_order(
    app: Flask, province: Province, client_for: Client
) -> None:
    office, board = client_for("binhhv.sogd"), client_for("quantb.thcstk")
    data = {
        "csrf_token": csrf(office),
        "value": "on_submit",
        "starts_on": "16/11/2026",
        "reason": "Quy chế của Sở",
    }
    assert office.post("/policies/finality", data=data).status_code == 302
    page = board.get("/policies/").text
    assert "Sở GDĐT Bình Giang" in page
    assert '<option value="window_close"' not in page  # looser than the department allows
    assert '<option value="on_leaving"' in page
    mine = {"csrf_token": csrf(board), "value": "45", "starts_on": "16.11", "reason": "thử"}
    refused = board.post("/policies/entry_day", data=mine)
    assert refused.status_code == 422
    assert 'id="e-entry_day-day"' in refused.text
    refused = board.post("/policies/entry_day", data=mine | {"starts_on": "16/11/2026"})
    assert 'id="e-entry_day-value"' in refused.text
    assert 'id="e-entry_day-by"' in refused.text
    assert 'value="45"' in refused.text
    order = {
        "ordered_by": str(province.first.person_ids["giangnt"]),
        "value": "20",
        "starts_on": "16/11/2026",
    }
    assert board.post("/policies/entry_day", data=mine | order).status_code == 302
    assert db.session.scalars(sa.select(Policy.value).where(Policy.key == "entry_day")).one() == "20"
    watch = data | {"value": "8/10/5"}
    assert office.post("/policies/watch_burst", data=watch).status_code == 302
    looser = mine | order | {"value": "9/10/5"}
    assert 'id="e-watch_burst-value"' in board.post("/policies/watch_burst", data=looser).text
    assert "8/10/5 · " in board.get("/policies/").text
    assert board.get("/policies/no_such").status_code == 404


# -- times as people write them ----------------------------------------------------------------------------------


def test_times_are_read_as_people_write_them() -> None:
    noon = datetime(2026, 11, 13, 5, 0, tzinfo=UTC)
    for text in (
        "13/11/2026 12:00",
        "12:00 13/11/2026",
        "12h ngày 13/11/2026",
        "13-11-2026 12h00",
        "13.11.2026, 12:00",
    ):
        assert parse_moment(text) == noon, text
    midnight = datetime(2026, 11, 13, 17, 0, tzinfo=UTC)
    assert parse_moment("13/11/2026 24:00") == parse_moment("13/11/2026", ending=True) == midnight
    assert parse_moment("14/11/2026") == midnight
    assert moment_text(midnight) == "14/11/2026 00:00"
    assert moment_text(midnight, ending=True) == "13/11/2026 24:00"


@pytest.mark.parametrize(
    "text", ["", "mai", "31/02/2027 07:00", "13/11/2026 24:01", "13/11/2026 7", "13/11/2026 12:60"]
)
def test_times_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_moment(text)


@pytest.mark.parametrize("text", ["25:00", "7", "", "07:5", "-1:00"])
def test_clock_times_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_clock(text)
