"""`flask assess`: what an inspector runs, on a machine without a database."""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from app.services.assess import as_json, assess_items, read_items
from tests.architecture.source import ROOT
from tests.conftest import make_app

AVERAGE = {
    "regulation": "tt22-2021",
    "kind": "subject_term_average",
    "inputs": {"regular": ["8", "9"], "midterm": "7", "final": "8"},
}
GOLDEN = [
    case
    for path in sorted((ROOT / "tests" / "golden").glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`flask assess -` over what is given, in an application whose database isn't there."""
    folder = tmp_path_factory.mktemp("assess")
    app = make_app(folder, f"sqlite:///{folder}/not/there.db")

    def invoke(content: Any, file: str = "-") -> Result:
        given = content if isinstance(content, bytes) else json.dumps(content).encode()
        return app.test_cli_runner().invoke(args=["assess", file], input=given)

    return invoke


def answers(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_every_golden_case_is_answered_in_turn_with_its_explanation(run: Run) -> None:
    found = answers(run(GOLDEN))
    assert len(found) == len(GOLDEN)
    for case, answer in zip(GOLDEN, found, strict=True):
        if "error" in case["expected"]:
            assert set(answer) == {"error"}
            continue
        assert answer.pop("explanation").strip()
        assert answer == case["expected"]


def test_an_explanation_is_vietnamese_and_names_the_article(run: Run) -> None:
    (answer,) = answers(run([AVERAGE]))
    assert answer["average"] == "7.9"
    assert "7,9" in answer["explanation"]
    assert "Điều 9 khoản 1" in answer["explanation"]


def test_marks_may_be_numbers_and_text_with_comma(run: Run) -> None:
    text = b'[{"regulation": "tt22-2021", "kind": "subject_year_average", "inputs": {"term1": 7.6, "term2": "8,0"}}]'
    assert answers(run(text))[0]["average"] == "7.9"


def test_an_item_that_cannot_be_judged_leaves_the_others(run: Run) -> None:
    wrong: list[Any] = [
        None,
        7,
        "text",
        [],
        {},
        {"regulation": "tt99-2030", "kind": "title", "inputs": {}},
        {**AVERAGE, "kind": "no_such_kind"},
        {**AVERAGE, "kind": ["title"]},
        {**AVERAGE, "inputs": None},
        {**AVERAGE, "inputs": {}},
        {**AVERAGE, "inputs": {"regular": "8", "midterm": "7", "final": "8"}},
        {**AVERAGE, "inputs": {"regular": ["8", "9"], "midterm": "7.25", "final": "8"}},
        {**AVERAGE, "inputs": {"regular": ["8", "9"], "midterm": 10**400, "final": "8"}},
        {**AVERAGE, "inputs": {"regular": ["8", "9"], "midterm": "1e-99999999", "final": "8"}},
        {**AVERAGE, "inputs": {"regular": ["8", "9"], "midterm": "\ud800", "final": "8"}},
        {**AVERAGE, "inputs": {"regular": ["8", "9"], "midterm": [[[]]], "final": float("nan")}},
    ]
    found = answers(run([item for one in wrong for item in (one, AVERAGE)]))
    assert [set(answer) for answer in found[::2]] == [{"error"}] * len(wrong)
    assert all(answer["error"].strip() for answer in found[::2])
    assert {answer["average"] for answer in found[1::2]} == {"7.9"}


def test_an_error_names_the_field_and_the_value(run: Run) -> None:
    item = {**AVERAGE, "inputs": {"regular": ["8", "9"], "midterm": "7.25", "final": "8"}}
    (answer,) = answers(run([item]))
    assert "midterm" in answer["error"]
    assert "7.25" in answer["error"]


def test_a_whole_number_of_thousands_of_digits_is_one_wrong_item(run: Run) -> None:
    content = (
        json.dumps([AVERAGE, {**AVERAGE, "inputs": {"regular": "X"}}]).replace('"X"', "9" * 6000).encode()
    )
    found = answers(run(content))
    assert ["error" in answer for answer in found] == [False, True]


def test_an_empty_list_is_answered_by_an_empty_list(run: Run) -> None:
    assert answers(run([])) == []


def test_decomposed_letters_and_a_byte_order_mark_are_read(run: Run) -> None:
    item = {"regulation": "tt22-2021", "kind": "training_year", "inputs": {"term1": "Tốt", "term2": "Đạt"}}
    text = unicodedata.normalize("NFD", json.dumps([item], ensure_ascii=False))
    assert answers(run(text.encode("utf-8-sig")))[0]["level"] == "Khá"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1,]", b"not json", b"{}", b'"text"', b"null", b"\xff\xfe[]", b"[" * 100_000, b"[] []"],
)
def test_a_file_that_is_no_json_list_is_one_line_and_two(run: Run, content: bytes) -> None:
    refused(run(content))


def test_a_file_that_is_not_there_is_one_line_and_two(run: Run, tmp_path: Path) -> None:
    refused(run(b"", str(tmp_path / "missing.json")))
    refused(run(b"", str(tmp_path)))


def refused(result: Result) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "tệp" in result.stderr.lower() or "danh sách" in result.stderr.lower()


def test_the_command_itself_reads_a_file_without_a_database(tmp_path: Path) -> None:
    file = tmp_path / "items.json"
    file.write_text(json.dumps([AVERAGE, "wrong"]), encoding="utf-8")
    environment = {
        **os.environ,
        "INSTANCE_DIR": str(tmp_path / "instance"),
        "DATABASE_URL": "mysql+pymysql://nobody:nothing@127.0.0.1:1/none",
        "LC_ALL": "C",
    }
    command = [sys.executable, "-m", "flask", "assess", str(file)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    found = json.loads(done.stdout.decode("utf-8"))
    assert found[0]["average"] == "7.9"
    assert set(found[1]) == {"error"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["8.5", "Đ"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
NEARLY = st.fixed_dictionaries(
    {
        "regulation": st.sampled_from(sorted({case["regulation"] for case in GOLDEN})) | JSON,
        "kind": st.sampled_from(sorted({case["kind"] for case in GOLDEN})) | JSON,
        "inputs": st.dictionaries(
            st.sampled_from(sorted({name for case in GOLDEN for name in case["inputs"]})), JSON, max_size=8
        )
        | JSON,
    }
)


@given(st.lists(JSON | NEARLY, max_size=5))
def test_whatever_the_items_are_each_is_answered(items: list[Any]) -> None:
    found = assess_items(read_items(json.dumps(items).encode()), str)
    assert len(json.loads(as_json(found).decode("utf-8"))) == len(items)
    assert all("error" in answer or "explanation" in answer for answer in found)
