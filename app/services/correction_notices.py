"""Who is told what of a correction: whom it waits for, how it ended, and the tier above of what was closed."""

from collections.abc import Iterable
from datetime import timedelta

from app.domain.corrections import IN_HAND, State
from app.domain.exceptions import ExceptionKind
from app.domain.locks import VN_TIME
from app.models import CorrectionRequest
from app.services.correction_columns import place_name
from app.services.correction_seats import Staffing, seated
from app.services.exceptions import tell_above
from app.services.fresh_accounts import Handled
from app.services.notices import tell
from app.services.unit_of_work import Work

MOMENT = timedelta(microseconds=1)
"""A day's end is the next day's 00:00; people name the day that ends."""
WAITING = {
    State.CERTIFYING: "chờ xác nhận",
    State.APPROVING: "chờ duyệt",
    State.CONSENTING: "chờ cấp trên đồng ý",
    State.WITNESSING: "chờ người chứng kiến",
}
ENDED = {
    State.APPLIED: "đã ghi vào sổ",
    State.REFUSED: "bị từ chối",
    State.WITHDRAWN: "đã rút",
    State.EXPIRED: "đã hết hạn",
    State.STALE: "không ghi được vì ô đã thay đổi",
}


def correction_url(request: CorrectionRequest) -> str:
    """Where the request is shown."""
    return f"/corrections/{request.id}"


def tell_waiting(work: Work, request: CorrectionRequest, staffing: Staffing) -> None:
    """A notice to everybody the request waits for now."""
    people = staffing.waiting(request) - {work.actor.person_id}
    naming = request.state is State.CERTIFYING and staffing.needs_naming(request)
    what = "chờ chỉ định người xác nhận" if naming else WAITING[request.state]
    until = request.expires_at.astimezone(VN_TIME) - MOMENT
    about = f"{_about(request)} Hạn: hết ngày {until:%d/%m/%Y}."
    tell(work, people, f"Đề nghị điều chỉnh {request.code}: {what}", about, correction_url(request))


def tell_heads_own(work: Work, request: CorrectionRequest, staffing: Staffing) -> None:
    """A line to the tiers above when a unit's head asks for a correction of what the head entered."""
    if request.requested_by_id not in staffing.heads:
        return
    tell_above(
        work,
        request.unit_id,
        ExceptionKind.HEADS_OWN,
        f"{request.code}: người đứng đầu đề nghị điều chỉnh {_what(request)}",
        reason=request.reason,
        url=correction_url(request),
    )


def tell_in_hand(work: Work, request: CorrectionRequest, handled: Iterable[Handled]) -> None:
    """A line to the tiers above when an account that its own school has just had in hand takes a seat; once for each.

    The requester's is told with the first seat.
    """
    acts = {work.actor.user_id} if request.filled else {work.actor.user_id, *_accounts(request)}
    told: set[int] = set()
    for item in handled:
        if item.account_id not in acts or item.account_id in told or item.unit_id != request.unit_id:
            continue
        told.add(item.account_id)
        tell_above(
            work,
            request.unit_id,
            ExceptionKind.ACCOUNT_IN_HAND,
            f"{request.code}: tài khoản {item.username} tham gia trong vòng {IN_HAND.days} ngày kể từ khi được "
            f"{item.by} tạo, mở lại hoặc đặt lại mật khẩu; {place_name(request)}",
            reason=request.reason,
            url=correction_url(request),
            account=item.username,
        )


def _accounts(request: CorrectionRequest) -> set[int]:
    return {row.user_id for row in request.steps if row.user_id}


def tell_end(work: Work, request: CorrectionRequest) -> None:
    """A notice to who asked and to who took part; a line to the tier above where it concerns that tier."""
    ended = ENDED[request.state]
    people = {request.requested_by_id, *seated(request)} - {work.actor.person_id}
    url = correction_url(request)
    tell(work, people, f"Đề nghị điều chỉnh {request.code} {ended}", _about(request), url)
    if request.state is not State.APPLIED or request.upper_unit_id is None:
        return
    if request.closed:
        tell_above(
            work,
            request.unit_id,
            ExceptionKind.CORRECTION_CLOSED,
            f"{request.code}: điều chỉnh dữ liệu đã khóa sổ, {_what(request)}",
            reason=request.reason,
            url=url,
        )


def _what(request: CorrectionRequest) -> str:
    """How many cells, and where."""
    return f"{len(request.cells)} ô, {place_name(request)}"


def _about(request: CorrectionRequest) -> str:
    """The same with why."""
    return f"{_what(request)}. Lí do: {request.reason.rstrip('.')}."
