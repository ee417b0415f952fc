"""Quyết định thành lập Ban quản trị: members and duties as the head appointed them (S4 Điều 12, 17; S1 Điều 3.2, 6)."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.dates import format_date
from app.errors import NotFound
from app.models import AdminBoard, AdminBoardMember
from app.reports.contexts import PrintStamp
from app.reports.decisions import Article, Grid
from app.reports.papers import Paper
from app.reports.summaries import Head
from app.services.documents.asked import Asked
from app.services.documents.decisions.details import Details
from app.services.documents.decisions.lay import SYSTEM, Body, lay_out, load_signer, worded

SEATS: Final = {"chair": "Trưởng ban", "deputy": "Phó Trưởng ban", "member": "Thành viên"}
_HEADS: Final = (
    Head("TT", 10),
    Head("Họ và tên", 42),
    Head("Chức vụ", 30),
    Head("Nhiệm vụ trong Ban", 24),
    Head("Nhiệm vụ, quyền hạn cụ thể", 59),
)
_DUTIES: Final = (
    (
        "1. Phân quyền cho cá nhân, tổ, nhóm, bộ phận sử dụng hệ thống; tham mưu các điều kiện vật chất, trang thiết bị phục vụ "
        "hoạt động của hệ thống."
    ),
    "2. Quản lí, bảo mật và sao lưu dữ liệu; thực hiện khóa, mở sổ theo yêu cầu của lãnh đạo nhà trường.",
    "3. Cập nhật dữ liệu vào đầu mỗi năm học hoặc khi có thay đổi; hướng dẫn, hỗ trợ giáo viên, nhân viên sử dụng hệ thống.",
    "4. Đề nghị khóa sổ khi kết thúc học kì, năm học; phối hợp với văn phòng in ấn, lưu trữ hồ sơ.",
    "Từng thành viên thực hiện nhiệm vụ, quyền hạn cụ thể ghi tại Điều 1.",
)
_ONE_DAY: Final = timedelta(days=1)


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The decision by which a board was appointed; number and day are those of the record."""
    details = Details.of(asked.details)
    board = load_board(session, asked.unit.id, details.source[0])
    details = Details(
        board.decision_number,
        board.decision_date,
        details.place,
        board.decision_date,
        details.grounds,
        details.source,
    )
    signer = load_signer(session, asked.unit.id, board.decision_date, board.appointed_by_id)
    members = Grid(_HEADS, tuple(_row(number, seat) for number, seat in enumerate(board.members, start=1)))
    body = Body(
        about=f"Về việc thành lập Ban quản trị {SYSTEM}",
        articles=(
            Article(
                f"Thành lập Ban quản trị {SYSTEM} của {asked.unit.name} gồm {len(board.members):02d} thành viên có tên "
                "trong danh sách sau đây:",
                grid=members,
            ),
            Article(
                f"Ban quản trị {SYSTEM} có nhiệm vụ, quyền hạn:",
                tuple(worded(asked, line) for line in _DUTIES),
            ),
            Article(_force(session, board)),
            Article(
                "Văn phòng, các tổ chuyên môn, bộ phận liên quan và các ông (bà) có tên tại Điều 1 chịu trách nhiệm thi "
                "hành Quyết định này./."
            ),
        ),
        grounds=("Theo yêu cầu công tác quản lí, vận hành và sử dụng hệ thống của nhà trường.",),
    )
    return lay_out(session, asked, stamp, details, signer, body)


def load_board(session: Session, unit_id: int, board_id: int) -> AdminBoard:
    """A board of the unit with its members. Raises NotFound."""
    query = sa.select(AdminBoard).where(AdminBoard.id == board_id, AdminBoard.unit_id == unit_id)
    members = joinedload(AdminBoard.members).joinedload(AdminBoardMember.person)
    found = session.scalars(query.options(members)).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def _row(number: int, seat: AdminBoardMember) -> tuple[str, ...]:
    duties = f"{seat.duties} ({seat.note})" if seat.note else seat.duties
    return str(number), seat.person.full_name, seat.position_title, SEATS[seat.seat], duties


def _force(session: Session, board: AdminBoard) -> str:
    """From when it is in force, and which decision it takes the place of."""
    query = sa.select(AdminBoard).where(
        AdminBoard.unit_id == board.unit_id,
        AdminBoard.ends_on == board.starts_on - _ONE_DAY,
        AdminBoard.id != board.id,
    )
    former = session.scalars(query.order_by(AdminBoard.id.desc()).limit(1)).one_or_none()
    since = (
        "kể từ ngày ký"
        if board.starts_on == board.decision_date
        else f"từ ngày {format_date(board.starts_on)}"
    )
    text = f"Quyết định này có hiệu lực {since}"
    if former is None:
        return f"{text}."
    before = f"số {former.decision_number} ngày {format_date(former.decision_date)}"
    return f"{text} và thay thế Quyết định {before} về việc thành lập Ban quản trị."
