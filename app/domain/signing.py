"""Electronic signatures: in which order who signs a paper, and when a certificate is fit for it.

Who answers for the data signs first, the head after them, and the school's seal covers all (NĐ 30/2020 Điều 32, 33;
S0 Điều 12 khoản 3).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

NOTICE: Final = timedelta(days=30)
"""How long before a certificate expires its holder is told."""


class KeyKind(StrEnum):
    """Where the key of a certificate lies."""

    FILE = "file"  # tệp khóa (PKCS#12)
    DEVICE = "device"  # thiết bị lưu khóa (PKCS#11)
    OUTSIDE = "outside"  # khóa ở ngoài, ký hai bước


class SigningRole(StrEnum):
    """As what somebody signs a paper, in the order of signing."""

    SUBJECT_TEACHER = "subject_teacher"  # giáo viên môn học
    HOMEROOM_TEACHER = "homeroom_teacher"  # giáo viên chủ nhiệm
    HEAD = "head"  # hiệu trưởng, hoặc phó hiệu trưởng ký thay
    SEAL = "seal"  # con dấu của trường

    @property
    def place(self) -> int:
        """Its place in the order."""
        return list(SigningRole).index(self)


class CertificateState(StrEnum):
    """How a certificate stands now."""

    VALID = "valid"  # đang có hiệu lực
    EXPIRING = "expiring"  # sắp hết hạn
    EXPIRED = "expired"  # đã hết hạn
    EARLY = "early"  # chưa có hiệu lực
    ENDED = "ended"  # đã ngừng sử dụng


class Trust(StrEnum):
    """How a signer's certificate stands to the authorities trusted here."""

    TRUSTED = "trusted"  # tổ chức chứng thực được tin cậy
    DEMO = "demo"  # chứng thư thử nghiệm, không có giá trị pháp lý
    OUT_OF_TIME = "out_of_time"  # không còn (hoặc chưa có) hiệu lực lúc ký
    UNKNOWN = "unknown"  # không rõ tổ chức chứng thực


class SigningRefusal(StrEnum):
    """Why somebody can't sign a paper as something now."""

    TWICE = "twice"  # đã ký với tư cách này
    TOO_LATE = "too_late"  # người ký sau đã ký
    HEAD_FIRST = "head_first"  # con dấu chỉ đóng sau chữ ký của hiệu trưởng


def certificate_state(
    not_before: datetime, not_after: datetime, ended_at: datetime | None, now: datetime
) -> CertificateState:
    """How a certificate stands at `now`; times aware."""
    if ended_at is not None and ended_at <= now:
        return CertificateState.ENDED
    if now > not_after:
        return CertificateState.EXPIRED
    if now < not_before:
        return CertificateState.EARLY
    return CertificateState.EXPIRING if not_after - now <= NOTICE else CertificateState.VALID


def usable(state: CertificateState) -> bool:
    """Whether a certificate in this state signs."""
    return state in (CertificateState.VALID, CertificateState.EXPIRING)


def refusal(
    role: SigningRole, person: int | None, signed: Sequence[tuple[SigningRole, int | None]]
) -> SigningRefusal | None:
    """Why `person` can't sign as `role` after those who have `signed` (role and person each); None: may."""
    several = role is SigningRole.SUBJECT_TEACHER  # more than one teaches a class
    if any(before is role and (not several or other == person) for before, other in signed):
        return SigningRefusal.TWICE
    if any(before.place > role.place for before, _person in signed):
        return SigningRefusal.TOO_LATE
    if role is SigningRole.SEAL and SigningRole.HEAD not in (before for before, _person in signed):
        return SigningRefusal.HEAD_FIRST
    return None
