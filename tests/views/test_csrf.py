"""A form without its token, or with somebody else's: refused with a page that says so."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.factories.province import Province


def test_a_form_with_a_wrong_token_is_refused_with_a_page(
    province: Province, client_for: Callable[[str], FlaskClient]
) -> None:
    answer = client_for("longpd.thcstk").post("/gradebook/1/form", data={"csrf_token": "nobody's"})
    assert answer.status_code == 400
    assert "Phạm Đức" in answer.text
    assert "Tải lại trang" in answer.text
