"""Who is told what of a correction: whom it waits for, how it ended, and the tier above of what was closed."""

from app.domain.corrections import State
from app.domain.exceptions import ExceptionKind
from app.domain.locks import VN_TIME
from app.models import CorrectionRequest
from app.services.correction_seats import Staffing, seated
from app.services.exceptions import tell_above
from app.services.notices import tell
from app.services.unit_of_work import Work

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
    tell(work, people, f"Đề nghị điều chỉnh {request.code}: {what}", _about(request), correction_url(request))


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
            f"{request.code}: điều chỉnh {len(request.cells)} ô đã khóa sổ, {_about(request)}",
            reason=request.reason,
            url=url,
        )


def _about(request: CorrectionRequest) -> str:
    """Sheet, who asks, why, until when."""
    sheet = request.sheet
    until = request.expires_at.astimezone(VN_TIME)
    return (
        f"{sheet.subject.name} {sheet.group.name}, học kì {'I' * request.term}; {len(request.cells)} ô. "
        f"Lí do: {request.reason.rstrip('.')}. Hạn đến {until:%H:%M ngày %d/%m/%Y}."
    )
