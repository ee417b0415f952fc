"""The exception feed: what a unit did beside the calendar stands with the tiers above, and it can't take it back."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from app.domain.exceptions import ExceptionKind
from app.domain.policies import PolicyKey, is_looser
from app.models import ExceptionNote
from app.services.unit_of_work import Work
from app.versioning import TX_INFO

LONGEST: Final = 500
RULES: Final[Mapping[PolicyKey, str]] = {
    PolicyKey.FINALITY: "Thời điểm điểm đã nhập thành điểm đã chốt",
    PolicyKey.ENTRY_DAY: "Ngày nhập điểm hằng tháng",
    PolicyKey.IDLE_MINUTES: "Thời gian tự thoát",
    PolicyKey.CORRECTION_PRESET: "Cách điều chỉnh dữ liệu",
    PolicyKey.CORRECTION_DAYS: "Thời hạn của đề nghị điều chỉnh",
    PolicyKey.WATCH_BURST: "Danh sách cần xem lại, nhiều ô bị sửa trong ít phút",
    PolicyKey.WATCH_DRIFT: "Danh sách cần xem lại, sửa gần như một chiều",
    PolicyKey.WATCH_STUDENT: "Danh sách cần xem lại, nâng nhiều điểm của một học sinh",
    PolicyKey.WATCH_NIGHT: "Danh sách cần xem lại, sửa ban đêm",
    PolicyKey.WATCH_REOPENED: "Danh sách cần xem lại, mở lại nhiều lần",
    PolicyKey.WATCH_RATE: "Danh sách cần xem lại, tỉ lệ sửa cao",
}
"""Settings whose loosening the tier above is told of, by their names in the record."""


def tell_above(
    work: Work,
    unit_id: int,
    kind: ExceptionKind,
    what: str,
    *,
    reason: str | None = None,
    url: str | None = None,
    **details: Any,
) -> None:
    """Inside a transaction: a line every unit above `unit_id` sees, written with the thing it tells or not at all.

    `what` and `reason` are shown as they are, in the language of the record; `url` is a path of this program that shows
    the thing; `details` are plain values (numbers, texts) kept beside it.
    """
    work.session.add(
        ExceptionNote(
            unit_id=unit_id,
            kind=kind,
            happened_at=work.now,
            what=what[:LONGEST],
            reason=reason[:LONGEST] if reason else None,
            url=url,
            details=details,
            action=work.session.info[TX_INFO]["action"],
            user_id=work.actor.user_id,
            person_id=work.actor.person_id,
        )
    )


def tell_if_looser(
    work: Work, unit_id: int, key: PolicyKey, value: str, former: str, reason: str, starts_on: date
) -> None:
    """Inside a transaction: a line to the tiers above when a unit asks for less than it did (S4 Điều 16)."""
    if key not in RULES or not is_looser(key, value, former):
        return
    tell_above(
        work,
        unit_id,
        ExceptionKind.LOOSER_POLICY,
        f"{RULES[key]}: nới lỏng từ ngày {starts_on:%d/%m/%Y}.",
        reason=reason,
        url="/policies/",
        key=key.value,
        former=former,
        value=value,
    )
