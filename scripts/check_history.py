#!/usr/bin/env python3
"""Kiểm tra ngoại tuyến lịch sử sổ điểm do `flask export-history` ghi ra.

Chỉ dùng thư viện chuẩn của Python 3.9 trở lên; không cần mạng, máy chủ, cơ sở dữ liệu hay chương trình HocVu.

    python check_history.py [THƯ_MỤC_HOẶC_ZIP] [--anchor TỆP_MỐC ...]

Mã kết thúc: 0 nguyên vẹn, 1 có chỗ không khớp, 2 không đọc được.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

START = "0" * 64
FORMAT = "hocvu-history-1"
ANCHOR_FORMAT = "hocvu-anchor-1"
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
LEAST_KEY = 256  # byte
MOST_NAMED = 3
DELETED = 2
VIETNAM = timedelta(hours=7)  # giờ lưu là giờ quốc tế
SHEET_TABLES = {
    "grade": "điểm",
    "weighted_grade": "điểm",
    "primary_grade": "đánh giá môn học",
    "trait_grade": "phẩm chất, năng lực",
    "training_row": "rèn luyện",
}
REQUEST_TABLES = {"correction_request": "đề nghị điều chỉnh", "correction_cell": "ô của đề nghị điều chỉnh"}
MOVING = {"state", "certifier_id", "closed", "finished_at", "applied_tx_id"}  # thay đổi theo các bước
LOG_TABLES = {
    "audit_event": "nhật ký",
    "sheet_submission": "lần chốt điểm",
    "correction_step": "bước của đề nghị điều chỉnh",
}
MARKS = ("regular_", "periodic_", "midterm", "final", "average")


def digest_of(text: str) -> str:
    """Mã băm SHA-256."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class Bundle:
    """Các tệp của gói, trong thư mục hoặc trong tệp .zip."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.archive = zipfile.ZipFile(self.path) if self.path.is_file() else None

    def lines(self, name: str) -> Iterator[Any]:
        """Từng dòng JSON của một tệp."""
        with self._open(name) as file:
            for line in io.TextIOWrapper(file, encoding="utf-8", newline="\n"):
                if line.strip():
                    yield json.loads(line)

    def manifest(self) -> Any:
        """Bảng kê của gói."""
        with self._open("manifest.json") as file:
            return json.loads(file.read().decode("utf-8"))

    def _open(self, name: str) -> IO[bytes]:
        return self.archive.open(name) if self.archive else (self.path / name).open("rb")


class Check:
    """Kết quả kiểm tra: các chỗ không khớp, mỗi chỗ kèm nơi chốn."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.manifest = bundle.manifest()
        self.names = self.manifest.get("names", {})
        self.faults: list[str] = []
        # Chuỗi → số thứ tự → (mã băm mắt xích trước, mã băm, giao dịch)
        self.links: dict[str, dict[int, tuple[str, str, int]]] = {}
        # Dòng của sổ, của đề nghị điều chỉnh → lần ghi cuối: (thứ tự, việc, giá trị, nơi ghi)
        self.newest: dict[tuple[str, int, int], tuple[int, int, dict[str, Any], tuple[str, ...]]] = {}
        self.rows = 0
        self.bound: dict[str, int] = {}  # chuỗi → mắt xích cuối có chữ ký

    def run(self, outside: Sequence[str]) -> list[str]:
        """Kiểm tra mọi thứ; `outside`: các tệp mốc đã cất giữ ở nơi khác."""
        for link in self.bundle.lines("links.jsonl"):
            self.link(link)
        for chain in sorted(self.links):
            self.chain(chain)
        self.heads()
        self.astray()
        self.present()
        self.anchors(list(self.bundle.lines("anchors.jsonl")))
        for path in outside:
            self.outside(Path(path))
        return self.faults

    def say(self, what: str, *where: str) -> None:
        """Ghi một chỗ không khớp."""
        self.faults.append("; ".join([what, *(part for part in where if part)]))

    # -- nơi chốn --------------------------------------------------------------------------------------------------

    def place(self, chain: str) -> str:
        """Chuỗi của sổ nào, đơn vị nào."""
        kind, number = chain[:1], chain[1:]
        if kind == "s":
            return "sổ: " + self.names.get("sheets", {}).get(number, "số " + number)
        if number == "0":
            return "chuỗi chung của hệ thống"
        return "đơn vị: " + self.names.get("units", {}).get(number, "số " + number)

    def transaction(self, text: str, number: int) -> str:
        """Ai, lúc nào, việc gì."""
        if not text:
            return f"giao dịch {number}"
        values = json.loads(text)
        account = self.names.get("accounts", {}).get(str(values.get("user_id")), "HocVu")
        person = self.names.get("people", {}).get(str(values.get("person_id")), "")
        at = datetime.fromisoformat(values["issued_at"]) + VIETNAM
        who = f"{account} {person}".strip()
        return f"giao dịch {number}, {at:%H:%M:%S %d/%m/%Y}, tài khoản {who}, việc {values.get('action', '')}"

    def event(self, link: dict[str, Any]) -> str:
        """Dòng nhật ký không kèm giao dịch: số, lúc nào, ai, việc gì."""
        number = -link["tx"]
        values = json.loads(link["rows"][0])[2] if link["rows"] else {}
        if values.get("happened_at"):
            at = datetime.fromisoformat(values["happened_at"]) + VIETNAM
            account = self.names.get("accounts", {}).get(str(values.get("user_id")), "HocVu")
            return f"nhật ký số {number}, {at:%H:%M:%S %d/%m/%Y}, tài khoản {account}, việc {values.get('action', '')}"
        return f"nhật ký số {number}"

    def astray(self) -> None:
        """Dòng có trong cơ sở dữ liệu mà không chuỗi nào biết."""
        for table, _operation, values in self.bundle.lines("astray.jsonl"):
            kind = LOG_TABLES.get(table, "dòng lịch sử " + table)
            where = f"{kind} số {values['id']}" if "id" in values else kind
            sheet = self.place(f"s{values['sheet_id']}") if "sheet_id" in values else ""
            self.say(
                "dòng không thuộc mắt xích nào (thêm ngoài chương trình)", where, sheet, self.student(values)
            )

    def student(self, values: dict[str, Any]) -> str:
        """Học sinh của một dòng."""
        number = str(values.get("student_id", ""))
        name = self.names.get("students", {}).get(number)
        return "học sinh: " + (name or "số " + number) if number else ""

    # -- mắt xích --------------------------------------------------------------------------------------------------

    def link(self, link: dict[str, Any]) -> None:
        """Mã băm của một mắt xích, tính lại từ nguyên văn giao dịch và các dòng."""
        chain, seq, told = link["chain"], link["seq"], link["transaction"]
        who = self.transaction(told, link["tx"]) if link["tx"] > 0 else self.event(link)
        where = (self.place(chain), f"mắt xích {chain}/{seq}", who)
        digests = "\n".join(sorted(digest_of(row) for row in link["rows"]))
        if digest_of(f"{link['prev']}\n{chain} {seq}\n{told}\n{digests}") != link["digest"]:
            students = sorted({self.student(json.loads(row)[2]) for row in link["rows"]} - {""})
            few = ", ".join(students) if len(students) <= MOST_NAMED else f"{len(students)} học sinh"
            self.say("nội dung giao dịch không khớp mã băm (bị sửa, thêm hoặc xóa)", *where, few)
        if link["tx"] < 0:  # dòng nhật ký không kèm giao dịch: số của nó là số giao dịch, đổi dấu
            right = not told and {json.loads(row)[2].get("id") for row in link["rows"]} <= {-link["tx"]}
        else:
            right = bool(told) and json.loads(told).get("id") == link["tx"]
        if not right:
            self.say("giao dịch đã bị xóa khỏi nhật ký, hoặc mắt xích nói về giao dịch khác", *where)
        known = self.links.setdefault(chain, {})
        if seq in known:
            self.say("hai mắt xích cùng số thứ tự", *where)
        known[seq] = (link["prev"], link["digest"], link["tx"])
        for row in link["rows"]:
            self.row(chain, seq, link["tx"], row, where)

    def row(self, chain: str, seq: int, tx: int, text: str, where: tuple[str, ...]) -> None:
        """Một dòng lịch sử: có đúng chuỗi của sổ, và có phải lần ghi cuối."""
        self.rows += 1
        table, operation, values = json.loads(text)
        if table not in SHEET_TABLES and table not in REQUEST_TABLES:
            return
        if table in SHEET_TABLES and chain != f"s{values['sheet_id']}":
            self.say("dòng lịch sử nằm sai chuỗi", *where, self.student(values))
        key = key_of(table, values)
        order = seq if table in SHEET_TABLES else tx  # các lần ghi một đề nghị nằm ở nhiều chuỗi
        if key not in self.newest or self.newest[key][0] < order:
            self.newest[key] = (order, operation, values, where)

    def chain(self, chain: str) -> None:
        """Không thiếu mắt xích nào, và mắt xích nào cũng nối với mắt xích trước."""
        before, number = START, 0
        for seq in sorted(self.links[chain]):
            prev, digest, tx = self.links[chain][seq]
            where = (self.place(chain), f"mắt xích {chain}/{seq}", f"giao dịch {tx}")
            if seq != number + 1:
                self.say(f"thiếu mắt xích từ số {number + 1} đến số {seq - 1}", *where)
            elif prev != before:
                self.say("mắt xích không nối với mắt xích trước (đổi thứ tự hoặc viết lại)", *where)
            before, number = digest, seq

    def heads(self) -> None:
        """Đầu của từng chuỗi theo bảng kê."""
        for chain, (seq, digest) in self.manifest["heads"].items():
            self.end(chain, seq, digest, "bảng kê của gói")
            last = max(self.links.get(chain, {seq: None}))
            if last > seq:
                self.say(f"chuỗi dài hơn bảng kê {last - seq} mắt xích", self.place(chain))
        for chain in sorted(set(self.links) - set(self.manifest["heads"])):
            self.say("chuỗi không có trong bảng kê của gói", self.place(chain))

    def end(self, chain: str, seq: int, digest: str, source: str) -> None:
        """Một mắt xích mà nơi khác từng thấy phải còn đó."""
        link = self.links.get(chain, {}).get(seq)
        where = (self.place(chain), f"mắt xích {chain}/{seq}", "theo " + source)
        if link is None:
            self.say("mắt xích từng có nay không còn (thiếu đoạn cuối)", *where)
        elif link[1] != digest:
            self.say("mắt xích từng có nay là mắt xích khác (lịch sử bị viết lại)", *where)

    # -- sổ hiện tại -----------------------------------------------------------------------------------------------

    def present(self) -> None:
        """Sổ như người dùng đang thấy, so với lần ghi cuối trong lịch sử."""
        seen = set()
        for table, newer_elsewhere, values in self.bundle.lines("present.jsonl"):
            key = key_of(table, values)
            seen.add(key)
            self.compare(key, values, MOVING if newer_elsewhere else set())
        for key, (_order, operation, values, where) in sorted(self.newest.items()):
            if key not in seen and operation != DELETED:
                self.say(
                    "dòng của sổ bị xóa ngoài chương trình", self.row_place(key), *where, self.student(values)
                )

    def row_place(self, key: tuple[str, int, int]) -> str:
        """Sổ nào, hoặc đề nghị điều chỉnh số mấy."""
        return (
            f"{REQUEST_TABLES[key[0]]} số {key[1]}" if key[0] in REQUEST_TABLES else self.place(f"s{key[1]}")
        )

    def compare(self, key: tuple[str, int, int], values: dict[str, Any], moving: set[str]) -> None:
        """Một dòng của sổ; `moving`: cột có lần ghi mới hơn ngoài gói."""
        place, student = self.row_place(key), self.student(values)
        if key not in self.newest:
            self.say("dòng của sổ không có lịch sử (thêm ngoài chương trình)", place, student)
            return
        _order, _operation, kept, where = self.newest[key]
        for column in sorted((set(values) | set(kept)) - moving):
            now, then = shown(column, values.get(column)), shown(column, kept.get(column))
            if now != then:
                what = f"{(SHEET_TABLES | REQUEST_TABLES)[key[0]]}, cột {column}: sổ ghi {now}, lịch sử ghi {then}"
                last = "lần ghi cuối: " + where[2]
                self.say("sổ khác lịch sử (sửa ngoài chương trình)", place, student, what, last)

    # -- mốc niêm phong --------------------------------------------------------------------------------------------

    def anchors(self, anchors: list[dict[str, Any]]) -> None:
        """Các mốc trong gói, mốc nào cũng nối với mốc trước."""
        before, number = START, 0
        for anchor in anchors:
            name = f"mốc niêm phong số {anchor['number']}"
            previous = self.anchor(anchor, name, self.manifest["keys"].get(anchor["key_id"]))
            if anchor["number"] != number + 1 or previous != before:
                self.say("thiếu mốc niêm phong liền trước", name)
            before, number = anchor["digest"], anchor["number"]

    def anchor(self, anchor: dict[str, Any], name: str, key: dict[str, str] | None) -> str:
        """Chữ ký, mã băm, rồi từng đầu chuỗi của một mốc; trả về mã băm của mốc trước."""
        text = anchor["text"]
        pairs = (line.partition(": ") for line in text.splitlines())
        fields = {field: value for field, _colon, value in pairs}
        if digest_of(text) != anchor["digest"] or fields.get("number") != str(anchor["number"]):
            self.say("mốc niêm phong bị sửa", name)
        if not key or not signature_holds(key, text, anchor["signature"]):
            self.say("chữ ký của mốc niêm phong không đúng", name)
            return fields.get("previous", "")
        units = {line.split(" ")[1]: line for line in text.splitlines() if line.startswith("unit ")}
        for unit, heads in anchor["heads"].items():
            listed = digest_of("\n".join(heads))
            if units.get(unit) != f"unit {unit} {len(heads)} {listed}":
                self.say("danh sách đầu chuỗi của mốc niêm phong bị sửa", name)
                continue
            self.bind(heads, name)
        mine = str((self.manifest.get("unit") or {}).get("id", ""))
        if mine in units and mine not in anchor["heads"]:
            self.say("mốc niêm phong thiếu danh sách đầu chuỗi của đơn vị", name)
        return fields.get("previous", "")

    def bind(self, heads: Sequence[str], name: str) -> None:
        """Các đầu chuỗi của gói mà mốc đã thấy; chuỗi ngoài gói (đơn vị, năm học khác) thì bỏ qua."""
        for head in heads:
            chain, seq, digest = head.split(" ")
            if chain in self.links or chain in self.manifest["heads"]:
                self.bound[chain] = max(self.bound.get(chain, 0), int(seq))
                self.end(chain, int(seq), digest, name)

    def outside(self, path: Path) -> None:
        """Một mốc đã cất giữ ở nơi khác: khóa nằm trong chính tệp ấy, người giữ tệp bảo đảm."""
        anchor = json.loads(path.read_text(encoding="utf-8"))
        if anchor.get("format") != ANCHOR_FORMAT:
            self.say("không phải tệp mốc niêm phong", path.name)
            return
        self.anchor(anchor, f"mốc niêm phong {path.name}", anchor.get("public_key"))
        if anchor["key_id"] not in self.manifest["keys"]:
            self.say("gói không có khóa đã ký mốc cất giữ", path.name, "khóa " + anchor["key_id"][:16])
        inside = {a["number"]: a["digest"] for a in self.bundle.lines("anchors.jsonl")}
        if inside.get(anchor["number"]) != anchor["digest"]:
            self.say("mốc đã cất giữ không còn trong gói, hoặc đã bị thay", path.name)


def key_of(table: str, values: dict[str, Any]) -> tuple[str, int, int]:
    """Dòng nào: sổ và học sinh, hoặc số của đề nghị hay của ô."""
    if table in REQUEST_TABLES:
        return (table, values["id"], 0)
    return (table, values["sheet_id"], values["student_id"])


def shown(column: str, value: Any) -> str:
    """Điểm (lưu theo phần mười) như trong sổ; giá trị khác như đã lưu."""
    if value is None:
        return "trống"
    if isinstance(value, int) and column.startswith(MARKS):
        return {200: "Chưa đạt", 201: "Đạt"}.get(value, f"{value / 10:.1f}".replace(".", ","))
    return str(value)


def signature_holds(key: dict[str, str], text: str, signature: str) -> bool:
    """RSA PKCS#1 v1.5 với SHA-256, bằng phép lũy thừa của Python."""
    n, e = int(key["n"], 16), int(key["e"], 16)
    size = (n.bit_length() + 7) // 8
    given = base64.b64decode(signature)
    if size < LEAST_KEY or len(given) != size:
        return False
    info = SHA256_INFO + hashlib.sha256(text.encode("utf-8")).digest()
    wanted = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    return pow(int.from_bytes(given, "big"), e, n).to_bytes(size, "big") == wanted


def key_id(key: dict[str, str]) -> str:
    """Số hiệu của khóa, để đối chiếu với số hiệu đã ghi nhận ở nơi khác."""
    return digest_of(f"{key['n']} {key['e']}")


def summary(check: Check) -> None:
    """Đã xem những gì, khóa nào đã ký, đoạn nào chưa có chữ ký."""
    unit = (check.manifest.get("unit") or {}).get("name", "Toàn bộ hệ thống")
    links = sum(len(links) for links in check.links.values())
    print(f"{unit}: {check.rows} dòng lịch sử, {links} mắt xích, {len(check.links)} chuỗi.")
    for name, key in sorted(check.manifest["keys"].items()):
        print(f"Khóa đã ký các mốc: {name}" + ("" if key_id(key) == name else " (KHÔNG ĐÚNG)"))
    later = [chain for chain in check.links if max(check.links[chain]) > check.bound.get(chain, 0)]
    if later:
        print(f"{len(later)} chuỗi có thay đổi sau mốc niêm phong cuối; đoạn ấy chưa có chữ ký.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Chạy từ dòng lệnh."""
    parser = argparse.ArgumentParser(description="Kiểm tra ngoại tuyến lịch sử sổ điểm.")
    here = str(Path(__file__).resolve().parent)
    parser.add_argument("bundle", nargs="?", default=here, help="thư mục hoặc tệp .zip")
    parser.add_argument("--anchor", action="append", default=[], help="tệp mốc niêm phong cất giữ ở nơi khác")
    options = parser.parse_args(arguments)
    try:
        check = Check(Bundle(options.bundle))
        if check.manifest.get("format") != FORMAT:
            raise ValueError("không phải gói lịch sử của HocVu")
        faults = check.run(options.anchor)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        print(f"Không đọc được gói: {type(error).__name__}: {error}")
        return 2
    for fault in faults:
        print("- " + fault)
    summary(check)
    print(f"PHÁT HIỆN {len(faults)} CHỖ KHÔNG KHỚP." if faults else "NGUYÊN VẸN.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
