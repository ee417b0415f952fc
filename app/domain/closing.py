"""The way to closing a term or year: the steps in their order, who may do each, and what holds it up.

S3 section 3, S4 Điều 19 khoản 2, S0 Điều 14; approval only once everything is entered (S1 Điều 3 khoản 2.5, S4 Điều 12
khoản 7). Plain facts in, plain answers out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.access import Action
from app.domain.assessment.facts import YEAR

PERIODS: Final = (1, 2, YEAR)
"""What can be confirmed and closed, in order: the terms, then the year."""


def terms_of(period: int) -> tuple[int, ...]:
    """The terms whose books a closing is about: of the year, both."""
    return (1, 2) if period == YEAR else (period,)


class ConfirmationKind(StrEnum):
    """What is signed."""

    SHEET = "sheet"  # sổ môn học, by the subject teacher in charge
    CLASS_SUMMARY = "class_summary"  # kết quả, chuyên cần, rèn luyện của lớp, by GVCN
    CLASS_APPROVAL = "class_approval"  # duyệt kết quả của lớp, by the head
    SCHOOL_APPROVAL = "school_approval"  # duyệt kết quả của trường, by the head


class Act(StrEnum):
    """Signing, or taking the signature back."""

    CONFIRMED = "confirmed"  # ký xác nhận
    WITHDRAWN = "withdrawn"  # rút xác nhận


class Standing(StrEnum):
    """How a confirmation stands against the data of now."""

    NONE = "none"  # chưa xác nhận
    CONFIRMED = "confirmed"  # đã xác nhận
    STALE = "stale"  # dữ liệu đã thay đổi sau khi xác nhận


class ReopenState(StrEnum):
    """How a request to reopen stands."""

    WAITING = "waiting"  # chờ cấp trên
    CONSENTED = "consented"  # cấp trên đồng ý
    REFUSED = "refused"  # cấp trên không đồng ý
    WITHDRAWN = "withdrawn"  # đã rút


class IncidentState(StrEnum):
    """How a report of trouble stands."""

    NEW = "new"  # mới
    WORKING = "working"  # đang xử lí
    ANSWERED = "answered"  # đã trả lời
    CLOSED = "closed"  # đã đóng


class CheckKind(StrEnum):
    """What a progress check is of."""

    MONTH = "month"  # tháng
    TERM = "term"  # học kì


class Stage(StrEnum):
    """The steps to closing, in their order."""

    COMPLETE = "complete"  # mọi sổ đủ nội dung và được xác nhận
    PRINTED = "printed"  # văn phòng in
    PROOF_OPENED = "proof_opened"  # phó hiệu trưởng mở đợt kiểm dò
    SIGNED = "signed"  # giáo viên ký bảng xác nhận
    CHECKED = "checked"  # văn phòng kiểm tra chữ ký
    APPROVED = "approved"  # hiệu trưởng duyệt, ký
    SEALED = "sealed"  # đóng dấu giáp lai
    PROPOSED = "proposed"  # Ban quản trị đề nghị khóa sổ
    CLOSED = "closed"  # hiệu trưởng khóa sổ


ORDER: Final = tuple(Stage)

TAKEN_BY: Final[Mapping[Stage, Action | None]] = {
    Stage.COMPLETE: None,
    Stage.PRINTED: Action.CLOSING_OFFICE,
    Stage.PROOF_OPENED: Action.CLOSING_PROOF,
    Stage.SIGNED: None,
    Stage.CHECKED: Action.CLOSING_OFFICE,
    Stage.APPROVED: Action.CLOSING_APPROVE,
    Stage.SEALED: Action.CLOSING_SEAL,
    Stage.PROPOSED: Action.CLOSING_PROPOSE,
    Stage.CLOSED: Action.CLOSING_CLOSE,
}
"""The right each step takes (domain/access says who has it); None: nobody ticks it, the signatures say it is done."""

BOUND: Final = frozenset({Stage.PRINTED, Stage.CHECKED, Stage.SEALED, Stage.PROPOSED})
"""Ticked steps that speak of the data as it was: once it has changed they are to be done again."""


APART: Final = frozenset({Stage.CHECKED, Stage.PROPOSED})
"""Steps nobody takes who approves or closes the round, where the school has others (S0 Điều 14, S4 Điều 19 k2)."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is lacking, counted. All zero: nothing holds the step up."""

    blank_cells: int = 0
    unsigned_sheets: int = 0
    unsigned_classes: int = 0
    unapproved_classes: int = 0
    unexplained: int = 0
    unprinted: int = 0
    open_terms: int = 0
    without_result: int = 0

    @property
    def any(self) -> bool:
        """True while something is lacking."""
        return any(getattr(self, name) for name in self.__dataclass_fields__)


def next_step(done: Collection[Stage]) -> Stage | None:
    """The first step not done; None when all are."""
    return next((step for step in ORDER if step not in done), None)


def allowed(step: Stage, done: Collection[Stage], missing: Missing) -> bool:
    """Whether a step may be taken now: those before it are done, it isn't, and nothing it needs is lacking."""
    return next_step(done) is step and not missing.any


def standing(signed: str | None, now: str) -> Standing:
    """How a signature on the digest `signed` stands against the data's digest `now`."""
    if signed is None:
        return Standing.NONE
    return Standing.CONFIRMED if signed == now else Standing.STALE
