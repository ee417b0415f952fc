"""What makes a hand-over readable without HocVu: CSV, a schema, a page of explanation."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from app.services.archive.tables import LINES, Shape, shape_of

README: Final = """BÀN GIAO DỮ LIỆU
{name} (mã {code}), ngày {day}

Gói này chứa toàn bộ dữ liệu của trường trong hệ thống HocVu (S4 Điều 12 khoản 9).

  csv/          mỗi bảng một tệp CSV (UTF-8, dấu phẩy, dòng đầu là tên cột), mở được bằng Excel hoặc LibreOffice.
                Ô không có giá trị để trống; chuỗi rỗng viết là "".
  tables/       cùng các dòng đó dạng JSON: mỗi dòng một mảng, thứ tự cột ghi trong manifest.json.
  companions/   những dòng của đơn vị khác mà dữ liệu của trường dẫn tới (ví dụ người duyệt ở cấp trên),
                chỉ giữ những cột bắt buộc.
  files/        tệp minh chứng, văn bản của trường.
  schema.json   ý nghĩa kiểu dữ liệu, khóa và quan hệ giữa các bảng.
  anchors.jsonl mốc niêm phong của lịch sử.
  manifest.json danh sách tệp, số dòng và mã SHA-256 của từng tệp.

Bảng có đuôi _version giữ mọi phiên bản của từng dòng; tx_log cho biết ai ghi, lúc nào, từ đâu, vì sao.
Điểm số ghi bằng phần mười: 85 là 8,5; 200 là Chưa đạt, 201 là Đạt. Giờ ghi theo UTC.
Mật khẩu và mã phiên đăng nhập không được bàn giao.

Nhập vào một hệ thống HocVu còn trống: flask handover-import TỆP
"""

KINDS: Final = {
    "integer": "số nguyên",
    "boolean": "0 hoặc 1",
    "text": "chuỗi",
    "json": "chuỗi JSON",
    "day": "ngày, YYYY-MM-DD",
    "instant": "thời điểm UTC đến phần triệu giây, YYYY-MM-DD HH:MM:SS.ffffff",
    "second": "thời điểm UTC đến giây",
    "bytes": "dữ liệu nhị phân, viết bằng base64",
}


def as_csv(shape: Shape, found: Iterable[list[Any]]) -> Iterator[bytes]:
    """Rows as CSV that Excel opens with its letters whole; nothing is left empty, an empty text is \"\"."""
    lines = ["\ufeff" + ",".join(shape.columns)]
    for row in found:
        lines.append(",".join(map(_cell, row)))
        if len(lines) >= LINES:
            yield ("\r\n".join(lines) + "\r\n").encode()
            lines.clear()
    if lines:
        yield ("\r\n".join(lines) + "\r\n").encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(int(value))
    return '"' + str(value).replace('"', '""') + '"'


def schema_of(tables: Iterable[sa.Table], withheld: Mapping[tuple[str, str], Any]) -> str:
    """The tables with their columns, keys and references."""
    found = {
        "kinds": KINDS,
        "tables": {
            table.name: _table(table, {c for t, c in withheld if t == table.name}) for table in tables
        },
    }
    return json.dumps(found, ensure_ascii=False, indent=1)


def _table(table: sa.Table, withheld: set[str]) -> dict[str, Any]:
    shape = shape_of(table)
    return {
        "key": list(shape.key),
        "columns": [
            {
                "name": name,
                "kind": kind,
                "may_be_empty": bool(table.c[name].nullable),
                "refers_to": next((key.target_fullname for key in table.c[name].foreign_keys), None),
            }
            | ({"withheld": True} if name in withheld else {})
            for name, kind in zip(shape.columns, shape.kinds, strict=True)
        ],
    }
