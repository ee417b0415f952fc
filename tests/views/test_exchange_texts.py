"""An open record's words: the same stored word means another thing in each place, and a mark is named by its column."""

import pytest
from flask import Flask
from flask_babel import force_locale

from app.exchange.records import Cell
from app.views.exchange_texts import cell_text, result_word


@pytest.fixture
def engine_name() -> str:
    """No database is asked."""
    return "sqlite"


@pytest.mark.parametrize(
    ("circular", "measure", "text", "said"),
    [
        ("tt22-2021", "learning", "good", "Tốt"),
        ("tt22-2021", "title", "good", "Học sinh Giỏi"),
        ("tt22-2021", "title", "excellent", "Học sinh Xuất sắc"),
        ("tt26-2020", "learning", "excellent", "Giỏi"),
        ("tt26-2020", "title", "honours", "Học sinh giỏi"),
        ("tt27-2020", "learning", "excellent", "Hoàn thành xuất sắc"),
        ("tt27-2020", "title", "excellent", "Học sinh Xuất sắc"),
        ("tt27-2020", "outcome", "promoted", "Được lên lớp"),
        ("tt22-2021", "title", "of-another-product", "of-another-product"),
        ("tt99-2030", "learning", "good", "good"),
        ("tt22-2021", "title", None, ""),
    ],
)
def test_a_result_is_said_by_its_circular(
    app: Flask, circular: str, measure: str, text: str | None, said: str
) -> None:
    with app.test_request_context(), force_locale("vi"):
        assert result_word(circular, measure, text) == said


@pytest.mark.parametrize(
    ("kind", "column", "value", "said"),
    [
        ("mark", "regular_2", "8.5", "TX2: 8,5"),
        ("mark", "midterm", "10.0", "ĐĐGgk: 10,0"),
        ("passing", "final", "passed", "ĐĐGck: Đ"),
        ("training", "training", "good", "Rèn luyện: Tốt"),
        ("count", "unexcused", "2", "Nghỉ không phép: 2"),
        ("level", "midterm_level", "T", "Giữa kì: Hoàn thành tốt"),
        ("trait", "final_trait_3", "T", "Cuối kì: Tốt"),
        ("text", "comment", "Chăm học.", "Nhận xét: “Chăm học.”"),
    ],
)
def test_a_cell_is_named_by_its_column(app: Flask, kind: str, column: str, value: str, said: str) -> None:
    with app.test_request_context(), force_locale("vi"):
        assert cell_text(Cell(column, None, kind, value)) == said
