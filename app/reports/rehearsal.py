"""The report of a restore rehearsal, as the school files it (S2 Điều 8 khoản 3; S4 Điều 20 khoản 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.counts import format_count

COUNTED: Final = {
    "org_unit": "đơn vị",
    "ab_user": "tài khoản",
    "person": "cán bộ, giáo viên",
    "student": "học sinh",
    "school_class": "lớp",
    "gradebook_sheet": "trang sổ",
    "tx_log": "lần ghi có dấu vết",
    "chain_link": "mắt xích",
}
"""What a reader knows by number, of all tables."""


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal found. Times are local."""

    begun: datetime
    ended: datetime
    made_by: str
    file: str
    digest: str
    backup_made_at: datetime
    revision: str
    tables: Mapping[str, int]
    files: int
    history_rows: int
    links: int
    anchors: int
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came back and the history proves itself."""
        return not self.faults


def rehearsal_report(found: Rehearsal) -> str:
    """The report as plain text."""
    result = "ĐẠT" if found.passed else "KHÔNG ĐẠT"
    counted = [
        f"   - {name}: {format_count(found.tables[key])}"
        for key, name in COUNTED.items()
        if key in found.tables
    ]
    tables, rows = format_count(len(found.tables)), format_count(sum(found.tables.values()))
    history = format_count(found.history_rows)
    lines = [
        "BIÊN BẢN DIỄN TẬP PHỤC HỒI DỮ LIỆU",
        f"Ngày {found.begun:%d/%m/%Y}, từ {found.begun:%H:%M:%S} đến {found.ended:%H:%M:%S}",
        "",
        f"1. Người thực hiện (tài khoản máy chủ): {found.made_by}",
        f"2. Bản sao lưu: {found.file}, lập lúc {found.backup_made_at:%H:%M:%S %d/%m/%Y}",
        f"   SHA-256: {found.digest}",
        f"   Lược đồ dữ liệu: {found.revision}",
        "3. Phục hồi vào cơ sở dữ liệu thử, tách khỏi hệ thống đang chạy:",
        f"   - {tables} bảng, {rows} dòng, {format_count(found.files)} tệp; từng bảng đọc lại trùng khớp với bản sao lưu",
        *counted,
        "4. Kiểm tra dấu vết:",
        f"   - {history} dòng lịch sử, {format_count(found.links)} mắt xích, {format_count(found.anchors)} mốc niêm phong",
        *_faults(found.faults),
        f"5. Kết quả: {result}",
        "",
        "Người thực hiện                                   Người chứng kiến",
    ]
    return "\n".join(lines) + "\n"


def _faults(faults: tuple[str, ...]) -> list[str]:
    if not faults:
        return ["   - không có chỗ nào không khớp"]
    return [f"   - {format_count(len(faults))} chỗ không khớp:", *(f"     + {text}" for text in faults[:20])]


def failed_report(begun: datetime, made_by: str, file: str, reason: str) -> str:
    """The report of a rehearsal whose restore itself failed."""
    return (
        "BIÊN BẢN DIỄN TẬP PHỤC HỒI DỮ LIỆU\n"
        f"Ngày {begun:%d/%m/%Y}, lúc {begun:%H:%M:%S}\n\n"
        f"1. Người thực hiện (tài khoản máy chủ): {made_by}\n"
        f"2. Bản sao lưu: {file}\n"
        f"3. Không phục hồi được: {reason}\n"
        "4. Kết quả: KHÔNG ĐẠT. Dùng bản sao lưu khác và diễn tập lại ngay.\n"
    )
