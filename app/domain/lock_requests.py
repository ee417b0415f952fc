"""A request to open locked cells for a while: where it stands, read off what each unit that locks them has answered."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum


class ExtensionState(StrEnum):
    """Where a request to open locked cells stands."""

    WAITING = "waiting"  # chờ ý kiến
    GRANTED = "granted"  # đã mở, còn hạn
    OVER = "over"  # đã mở, hết hạn
    REFUSED = "refused"  # không đồng ý
    WITHDRAWN = "withdrawn"  # đã rút
    LAPSED = "lapsed"  # quá hạn chưa trả lời


def request_state(
    answers: Sequence[bool | None], until: datetime, withdrawn: bool, now: datetime
) -> ExtensionState:
    """State of a request. `answers`: one for each unit that locks the cells, None while it has not decided.

    One refusal refuses it: no unit opens what another one holds (layers). What was granted in part opens nothing.
    """
    if False in answers:
        return ExtensionState.REFUSED
    if withdrawn:
        return ExtensionState.WITHDRAWN
    over = until <= now
    if None in answers:
        return ExtensionState.LAPSED if over else ExtensionState.WAITING
    return ExtensionState.OVER if over else ExtensionState.GRANTED
