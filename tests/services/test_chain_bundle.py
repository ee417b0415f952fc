"""The offline checker: Python alone, in a folder of its own, against what the program exported."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Student
from app.services.cells import CellChange
from app.services.chain import anchors
from app.services.gradebook import enter_scores
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.chain import by_hand


@pytest.fixture
def bundle(app: Flask, province: Province, tmp_path: Path) -> Path:
    """A school's year with two saves of a sheet, an anchor, and one save after it; by the command."""
    enter(province, None, "5")
    enter(province, "5", "6.5")
    kept = anchors.make_anchor(anchors.NIGHT, clock=province.clock)
    assert kept is not None
    (tmp_path / "kept.json").write_text(json.dumps(anchors.as_file(db.session(), kept)), encoding="utf-8")
    enter(province, "6.5", "7")
    return export(app, tmp_path / "bundle")


def enter(province: Province, old: str | None, new: str) -> None:
    students = province.first.student_ids[:3]
    changes = [CellChange(student, "regular_1", old, new) for student in students]
    sheet = province.first.sheet_ids["7A", "math", 1]
    enter_scores(acting(province, "longpd.thcstk"), sheet, changes, clock=province.clock)


def export(app: Flask, target: Path) -> Path:
    db.session.remove()
    arguments = ["export-history", str(target), "--unit", "thcstk", "--year", "2026"]
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 0, result.output
    return target


def check(folder: Path, *arguments: str, where: Path | None = None) -> tuple[int, str]:
    """Run the bundle's own checker with nothing but the interpreter, in an empty folder."""
    empty = folder.parent / "empty"
    empty.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(where or folder / "check_history.py"), *arguments],
        cwd=empty, capture_output=True, encoding="utf-8", env={"PYTHONIOENCODING": "utf-8"}, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_an_untouched_bundle_is_intact_without_the_program(
    app: Flask, province: Province, bundle: Path
) -> None:
    assert {path.name for path in bundle.iterdir()} == {
        "README.txt", "anchors.jsonl", "astray.jsonl", "check_history.py", "links.jsonl", "manifest.json", "present.jsonl",
    }  # fmt: skip
    status, said = check(bundle)
    assert (status, said.splitlines()[-1]) == (0, "NGUYÊN VẸN.")
    assert "1 chuỗi có thay đổi sau mốc niêm phong cuối" in said
    assert check(bundle, "--anchor", str(bundle.parent / "kept.json"))[0] == 0


def test_a_zip_is_checked_as_it_is(app: Flask, province: Province, bundle: Path, tmp_path: Path) -> None:
    archive = export(app, tmp_path / "so.zip")
    assert zipfile.is_zipfile(archive)
    status, said = check(bundle, str(archive))
    assert status == 0, said
    assert check(bundle, str(bundle / "README.txt"))[0] == 2
    assert check(bundle, str(tmp_path / "nowhere"))[0] == 2


Lines = list[dict[str, Any]]


def of_sheet(lines: Lines) -> Lines:
    """The links of the one sheet that has three."""
    return [line for line in lines if line["chain"].startswith("s") and "grade" in "".join(line["rows"])]


def raise_mark(lines: Lines) -> Lines:
    link = of_sheet(lines)[1]
    link["rows"][1] = link["rows"][1].replace('"regular_1":65', '"regular_1":95')
    return lines


def drop_row(lines: Lines) -> Lines:
    of_sheet(lines)[1]["rows"].pop()
    return lines


def add_row(lines: Lines) -> Lines:
    link = of_sheet(lines)[1]
    link["rows"].append(link["rows"][0].replace('"student_id":', '"student_id":9'))
    return lines


def other_author(lines: Lines) -> Lines:
    link = of_sheet(lines)[1]
    values = json.loads(link["transaction"])
    link["transaction"] = json.dumps(values | {"user_id": 1}, ensure_ascii=False, separators=(",", ":"))
    return lines


def drop_link(lines: Lines) -> Lines:
    lines.remove(of_sheet(lines)[1])
    return lines


def drop_last(lines: Lines) -> Lines:
    lines.remove(of_sheet(lines)[2])
    return lines


def swap(lines: Lines) -> Lines:
    first, second = of_sheet(lines)[:2]
    first["seq"], second["seq"] = second["seq"], first["seq"]
    return lines


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "a mark raised": (raise_mark, "không khớp mã băm"),
    "a row dropped": (drop_row, "không khớp mã băm"),
    "a row added": (add_row, "không khớp mã băm"),
    "another author": (other_author, "không khớp mã băm"),
    "a link dropped": (drop_link, "thiếu mắt xích từ số 2 đến số 2"),
    "the last link dropped": (drop_last, "thiếu đoạn cuối"),
    "two links swapped": (swap, "không khớp mã băm"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_bundle_tampered_with_is_found(app: Flask, province: Province, bundle: Path, case: str) -> None:
    tamper, wanted = TAMPERED[case]
    file = bundle / "links.jsonl"
    lines = tamper([json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()])
    file.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8")
    status, said = check(bundle)
    assert status == 1
    places = [line for line in said.splitlines() if wanted in line]
    assert places, said
    assert all("sổ: 7A, Toán, học kì 1, 2026-2027" in place for place in places), said
    assert "PHÁT HIỆN" in said


def test_a_chain_that_ends_earlier_is_known_to_the_anchor_kept_outside(
    app: Flask, province: Province, bundle: Path
) -> None:
    """Everything inside agrees: shorter chain, shorter list, no anchors. The file kept outside does not."""
    lines = [json.loads(line) for line in (bundle / "links.jsonl").read_text(encoding="utf-8").splitlines()]
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    chain = of_sheet(lines)[0]["chain"]
    first = of_sheet(lines)[0]
    for link in of_sheet(lines)[1:]:
        lines.remove(link)
    manifest["heads"][chain] = [1, first["digest"]]
    present = (
        (bundle / "present.jsonl").read_text(encoding="utf-8").replace('"regular_1":70', '"regular_1":50')
    )
    (bundle / "links.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    (bundle / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (bundle / "present.jsonl").write_text(present, encoding="utf-8")
    (bundle / "anchors.jsonl").write_text("", encoding="utf-8")
    assert check(bundle)[0] == 0
    status, said = check(bundle, "--anchor", str(bundle.parent / "kept.json"))
    assert status == 1
    assert "7A" in said
    assert "mốc đã cất giữ không còn trong gói" in said


def test_a_forged_anchor_is_found(app: Flask, province: Province, bundle: Path) -> None:
    file = bundle / "anchors.jsonl"
    anchor = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(anchor | {"text": anchor["text"].replace("kind: night", "kind: order")}))
    assert "mốc niêm phong bị sửa" in check(bundle)[1]
    heads = {unit: [line[:-1] + "0" for line in lines] for unit, lines in anchor["heads"].items()}
    file.write_text(json.dumps(anchor | {"heads": heads}), encoding="utf-8")
    assert "danh sách đầu chuỗi của mốc niêm phong bị sửa" in check(bundle)[1]
    signature = anchor["signature"][:-8] + "AAAAAAA="
    file.write_text(json.dumps(anchor | {"signature": signature}), encoding="utf-8")
    assert "chữ ký của mốc niêm phong không đúng" in check(bundle)[1]


def test_a_mark_raised_in_the_database_is_found_without_it(
    app: Flask, province: Province, bundle: Path, tmp_path: Path
) -> None:
    """The first scandal: nobody asked the program, so there is no history; the sheet itself disagrees."""
    student = province.first.student_ids[1]
    with by_hand() as hand:
        hand(
            "UPDATE grade SET regular_1 = 95 WHERE sheet_id = :sheet AND student_id = :student",
            sheet=province.first.sheet_ids["7A", "math", 1], student=student,
        )  # fmt: skip
    status, said = check(export(app, tmp_path / "later"))
    name = db.session.get_one(Student, student).full_name
    (line,) = [line for line in said.splitlines() if "sửa ngoài chương trình" in line]
    assert status == 1
    assert name in line
    assert "sổ ghi 9,5, lịch sử ghi 7,0" in line
    assert "longpd.thcstk" in line
