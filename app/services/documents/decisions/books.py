"""Decisions on books: closing a term or year, opening what is closed, the times when they are locked and open.

S0 Điều 6 khoản 3, Điều 14; S1 Điều 3 khoản 2.3, Điều 7 khoản 2; S4 Điều 12 khoản 5, Điều 19 khoản 2, Điều 20.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.closing import ReopenState, Stage
from app.domain.vocabulary import WindowEffect, WindowMode
from app.errors import NotFound
from app.models import Closing, ClosingStep, LockWindow, OrgUnit, ReopenRequest, SchoolClass
from app.reports.contexts import PrintStamp
from app.reports.decisions import Article, Grid
from app.reports.papers import Paper
from app.reports.summaries import Head
from app.services.clock import local_day
from app.services.documents.asked import Asked
from app.services.documents.decisions.details import Details
from app.services.documents.decisions.lay import (
    SYSTEM,
    Body,
    lay_out,
    load_signer,
    period_words,
    proposal,
    time_words,
    worded,
    year_words,
)
from app.services.lock_notices import scope_text, time_text

_DONE_BY: Final = Article(
    f"Ban quản trị {SYSTEM}, văn phòng, các tổ chuyên môn, giáo viên chủ nhiệm, giáo viên bộ môn chịu trách nhiệm thi hành "
    "Quyết định này. Quyết định có hiệu lực kể từ ngày ký./."
)
_CORRECTIONS: Final = (
    "Sau thời điểm khóa sổ, khi phát hiện sai sót, người nhập dữ liệu khâu đó làm đơn đề nghị; việc sửa chữa chỉ được thực "
    "hiện khi Hiệu trưởng cho phép, đúng các ô được duyệt, có người chứng kiến, lập biên bản và lưu vết trên hệ thống."
)
_KEEPING: Final = (
    "Văn phòng phối hợp với Ban quản trị in các loại sổ từ hệ thống, kiểm tra chữ ký xác nhận của giáo viên bộ môn và giáo "
    "viên chủ nhiệm, trình Hiệu trưởng ký duyệt, đóng dấu giáp lai, lưu trữ sổ giấy và sao lưu dữ liệu theo quy định."
)
_HEADS: Final = (
    Head("TT", 9),
    Head("Nội dung", 45),
    Head("Phạm vi", 45),
    Head("Từ", 33),
    Head("Đến", 33),
)


def build_closing(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """Closing a term or year, as the head closed it on the proposal of the board; about eight statements."""
    details = Details.of(asked.details)
    row = load_closing(session, asked.unit.id, details.source[0])
    when = period_words(row.term, year_words(row.school_year.start_year))
    body = Body(
        about=f"Về việc khóa sổ {when}",
        articles=(
            Article(
                f"Khóa sổ {when} của {asked.unit.name} gồm {_classes(session, row):02d} lớp trên {SYSTEM}, kể từ "
                f"{time_words(row.closed_at)}. Lí do: {row.reason.rstrip('. ')}."
            ),
            Article(worded(asked, _CORRECTIONS)),
            Article(worded(asked, _KEEPING)),
            _DONE_BY,
        ),
        grounds=(_proposed(session, row),),
    )
    signer = load_signer(session, asked.unit.id, local_day(row.closed_at), row.closed_by_id)
    return lay_out(session, asked, stamp, details, signer, body)


def build_reopening(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """Opening a closed term or year again, for good or until a time. Raises NotFound for what is not reopened."""
    details = Details.of(asked.details)
    row = load_closing(session, asked.unit.id, details.source[0])
    if row.reopened_at is None:
        raise NotFound
    when = period_words(row.term, year_words(row.school_year.start_year))
    until = (
        f" đến {time_words(row.reopened_until)}; hết thời hạn này sổ tự khóa lại"
        if row.reopened_until
        else "; sổ được khóa lại theo đúng trình tự khi hoàn thành"
    )
    body = Body(
        about=f"Về việc mở lại sổ {when}",
        articles=(
            Article(
                f"Mở lại sổ {when} của {asked.unit.name} (đã khóa lúc {time_words(row.closed_at)}), từ "
                f"{time_words(row.reopened_at)}{until}."
            ),
            Article(
                f"Lí do mở sổ: {(row.reopened_reason or '').rstrip('. ')}. Chỉ những nội dung nêu trong lí do được nhập, sửa; "
                "mọi thay đổi được lưu vết trên hệ thống."
            ),
            _DONE_BY,
        ),
        grounds=tuple(line for line in (_consent(session, row),) if line)
        or (f"Xét yêu cầu quản lí, sử dụng {SYSTEM} của nhà trường.",),
    )
    signer = load_signer(session, asked.unit.id, local_day(row.reopened_at), row.reopened_by_id)
    return lay_out(session, asked, stamp, details, signer, body)


def build_locks(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """The times at which books are locked and open, as the school's lock orders have them."""
    details = Details.of(asked.details)
    windows = load_windows(session, asked.unit.id, asked.year.id, details.source)
    rows = tuple(_window(session, number, window) for number, window in enumerate(windows, start=1))
    year = year_words(asked.year.start_year)
    body = Body(
        about=f"Về việc quy định thời điểm khóa, mở sổ năm học {year}",
        articles=(
            Article(
                f"Quy định thời điểm khóa, mở sổ trên {SYSTEM} của {asked.unit.name} năm học {year} như sau:",
                grid=Grid(_HEADS, rows),
            ),
            Article(
                f"Ban quản trị {SYSTEM} thực hiện khóa, mở sổ trên hệ thống đúng các thời điểm nêu tại Điều 1 và thông báo "
                "đến cán bộ, giáo viên, nhân viên."
            ),
            Article(worded(asked, _CORRECTIONS)),
            _DONE_BY,
        ),
        grounds=(proposal(None),),
    )
    return lay_out(
        session, asked, stamp, details, load_signer(session, asked.unit.id, details.signed_on), body
    )


# -- reading -----------------------------------------------------------------------------------------------------


def load_closing(session: Session, unit_id: int, closing_id: int) -> Closing:
    """A closing of the unit. Raises NotFound."""
    query = sa.select(Closing).where(Closing.id == closing_id, Closing.unit_id == unit_id)
    found = session.scalars(query.options(joinedload(Closing.school_year))).one_or_none()
    if found is None:
        raise NotFound
    return found


def load_windows(
    session: Session, unit_id: int, year_id: int, window_ids: tuple[int, ...]
) -> list[LockWindow]:
    """Lock orders of the unit in the year, by their days. Raises NotFound for another's."""
    query = sa.select(LockWindow).where(
        LockWindow.id.in_(window_ids),
        LockWindow.owner_id == unit_id,
        LockWindow.school_year_id == year_id,
    )
    found = list(session.scalars(query.order_by(LockWindow.opens_at, LockWindow.id)))
    if len(found) != len(set(window_ids)):
        raise NotFound
    return found


def _window(session: Session, number: int, window: LockWindow) -> tuple[str, ...]:
    opens = window.effect is WindowEffect.OPEN
    after = ""
    if opens and window.mode is WindowMode.ENTERED_CELLS:
        after = "; hết hạn khóa các điểm đã nhập"
    elif opens and window.mode is WindowMode.WHOLE_BOOK:
        after = "; hết hạn khóa cả sổ"
    ends = min((end for end in (window.closes_at, window.ended_at) if end is not None), default=None)
    return (
        str(number),
        f"{'Mở sổ' if opens else 'Khóa sổ'}: {window.title}{after}",
        scope_text(session, window),
        time_text(window.opens_at),
        time_text(ends, ending=True) if ends else "Khi có quyết định khác",
    )


def _classes(session: Session, row: Closing) -> int:
    query = sa.select(sa.func.count()).where(
        SchoolClass.unit_id == row.unit_id, SchoolClass.school_year_id == row.school_year_id
    )
    return session.scalar(query) or 0


def _proposed(session: Session, row: Closing) -> str:
    """The board's proposal of that round."""
    query = sa.select(ClosingStep).where(
        ClosingStep.unit_id == row.unit_id,
        ClosingStep.school_year_id == row.school_year_id,
        ClosingStep.term == row.term,
        ClosingStep.turn == row.turn,
        ClosingStep.step == Stage.PROPOSED,
        ClosingStep.done_at <= row.closed_at,
    )
    query = query.options(joinedload(ClosingStep.person)).order_by(ClosingStep.id.desc()).limit(1)
    step = session.scalars(query).one_or_none()
    return proposal(local_day(step.done_at), step.person.full_name) if step else proposal(None)


def _consent(session: Session, row: Closing) -> str:
    """That the tier above consented, where it had to."""
    query = (
        sa.select(OrgUnit.name, ReopenRequest.decided_at)
        .join(OrgUnit, OrgUnit.id == ReopenRequest.decided_unit_id)
        .where(
            ReopenRequest.closing_id == row.id,
            ReopenRequest.state == ReopenState.CONSENTED,
            ReopenRequest.until == row.reopened_until,
        )
    )
    found = session.execute(query.order_by(ReopenRequest.id.desc()).limit(1)).one_or_none()
    if found is None:
        return ""
    return f"Căn cứ ý kiến đồng ý của {found.name} ngày {local_day(found.decided_at):%d/%m/%Y} về việc mở lại sổ."
