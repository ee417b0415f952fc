"""The access review as a workbook; each export is logged."""

from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.access_review import AccessFlag
from app.domain.names import file_name
from app.services.access_review import AccessLine, access_list
from app.services.clock import VIETNAM, Clock, local_day
from app.services.rights import unit_for
from app.services.spreadsheets.writing import bold_cell, text_cell
from app.services.unit_of_work import record_event
from app.services.years import Period

HEADINGS: Final = (
    "STT", "Tài khoản", "Họ và tên", "Chức vụ", "Ban quản trị", "Tổ, nhóm có quyền", "Dạy lớp", "Đang nhập thay",
    "Đơn vị khác", "Đăng nhập gần nhất", "Trạng thái", "Cần xem",
)  # fmt: skip
WIDTHS: Final = (6, 24, 26, 28, 14, 30, 10, 14, 26, 18, 14, 44)
SEATS: Final = {"chair": "Trưởng ban", "deputy": "Phó trưởng ban", "member": "Ủy viên"}
FLAGS: Final = {
    AccessFlag.NEVER_USED: "chưa đăng nhập lần nào",
    AccessFlag.UNUSED: "90 ngày chưa đăng nhập",
    AccessFlag.NO_ROLE: "còn hoạt động mà không có vai trò",
    AccessFlag.TWO_UNITS: "có vị trí ở hai đơn vị",
    AccessFlag.TEACHES_ON_BOARD: "vừa dạy vừa ở Ban quản trị",
    AccessFlag.HEADS_AND_TEACHES: "lãnh đạo có dạy lớp",
    AccessFlag.ENTERS_FOR_OTHERS: "đang nhập thay người khác",
    AccessFlag.EXTRA_RIGHTS: "có thêm quyền qua tổ, nhóm",
    AccessFlag.NO_HOLDER: "tài khoản quản trị không có người giữ",
}


def export_access(
    session: Session, actor: Actor, unit_id: int, period: Period, *, clock: Clock
) -> tuple[str, bytes]:
    """Name and content of the file. NotFound out of reach; Forbidden without access_review.export."""
    unit_for(session, actor, Action.ACCESS_REVIEW_EXPORT, unit_id, local_day(clock()))
    found = access_list(session, actor, unit_id, period, clock())
    book = Workbook(write_only=True)
    page: Any = book.create_sheet("Rà soát quyền truy cập")
    page.freeze_panes = "C3"
    for index, width in enumerate(WIDTHS, start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    page.append([bold_cell(page, f"Rà soát quyền truy cập: {found.unit.name}")])
    page.append([bold_cell(page, heading) for heading in HEADINGS])
    for number, line in enumerate(found.lines, start=1):
        page.append([number, *(text_cell(page, value) for value in _row(line))])
    stream = BytesIO()
    book.save(stream)
    record_event(actor, "access_review.export", clock=clock, target=found.unit, rows=len(found.lines))
    return f"{file_name(f'ra soat quyen truy cap {found.unit.short_name}')}.xlsx", stream.getvalue()


def _without_position(line: AccessLine) -> str:
    if line.family:
        return f"Gia đình: xem điểm đã công khai của {', '.join(line.family)}"
    return "Tài khoản quản trị" if line.is_unit_admin else ""


def _row(line: AccessLine) -> tuple[str, ...]:
    last = line.last_sign_in
    return (
        line.username,
        line.name,
        ", ".join(line.titles) or _without_position(line),
        SEATS.get(line.board or "", ""),
        ", ".join(name for name, rights in line.groups if rights),
        "có" if line.teaches else "",
        str(line.delegations or ""),
        ", ".join(line.elsewhere),
        f"{last.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if last else "",
        "đang dùng" if line.active else "đã khóa",
        "; ".join(FLAGS[flag] for flag in AccessFlag if flag in line.flags),
    )
