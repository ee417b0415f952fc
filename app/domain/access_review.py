"""What a head should look at before signing who has access: plain facts of an account, judged without a clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.domain.vocabulary import Role

UNUSED_FOR: Final = timedelta(days=90)
RUNNING: Final = frozenset({Role.PRINCIPAL, Role.VICE_PRINCIPAL})
TEACHING: Final = frozenset({Role.SUBJECT_TEACHER, Role.HOMEROOM_TEACHER, Role.TEAM_LEADER})


class AccessFlag(StrEnum):
    """Why an account deserves a second look."""

    NEVER_USED = "never_used"  # chưa đăng nhập lần nào
    UNUSED = "unused"  # lâu không đăng nhập
    NO_ROLE = "no_role"  # còn hoạt động mà không có vai trò
    TWO_UNITS = "two_units"  # có vị trí ở nhiều đơn vị
    TEACHES_ON_BOARD = "teaches_on_board"  # vừa dạy vừa ở Ban quản trị
    HEADS_AND_TEACHES = "heads_and_teaches"  # lãnh đạo có dạy lớp
    ENTERS_FOR_OTHERS = "enters_for_others"  # đang nhập thay người khác
    EXTRA_RIGHTS = "extra_rights"  # có thêm quyền qua tổ, nhóm
    NO_HOLDER = "no_holder"  # tài khoản quản trị không có người giữ


SENSITIVE: Final = frozenset(
    {
        AccessFlag.TWO_UNITS,
        AccessFlag.TEACHES_ON_BOARD,
        AccessFlag.HEADS_AND_TEACHES,
        AccessFlag.ENTERS_FOR_OTHERS,
        AccessFlag.NO_HOLDER,
    }
)
"""Combinations that let one person do what two should."""


@dataclass(frozen=True)
class AccessFacts:
    """An account as the review sees it. `units`: where its person holds a position today."""

    active: bool
    is_unit_admin: bool
    last_sign_in: datetime | None
    roles: frozenset[Role] = frozenset()
    on_board: bool = False
    teaches: bool = False
    delegations: int = 0
    rights: frozenset[str] = frozenset()
    units: frozenset[int] = field(default_factory=frozenset)
    has_holder: bool = True
    family: bool = False


def flags(facts: AccessFacts, now: datetime) -> frozenset[AccessFlag]:
    """What stands out in one account; a disabled one can do nothing and has none."""
    if not facts.active:
        return frozenset()
    teaches = facts.teaches or bool(facts.roles & TEACHING)
    last = facts.last_sign_in
    found = {
        AccessFlag.NEVER_USED: last is None,
        AccessFlag.UNUSED: last is not None and now - last > UNUSED_FOR,
        AccessFlag.NO_ROLE: not (
            facts.is_unit_admin or facts.roles or facts.on_board or teaches or facts.family
        ),
        AccessFlag.TWO_UNITS: len(facts.units) > 1,
        AccessFlag.TEACHES_ON_BOARD: teaches and facts.on_board,
        AccessFlag.HEADS_AND_TEACHES: facts.teaches and bool(facts.roles & RUNNING),
        AccessFlag.ENTERS_FOR_OTHERS: facts.delegations > 0,
        AccessFlag.EXTRA_RIGHTS: bool(facts.rights),
        AccessFlag.NO_HOLDER: facts.is_unit_admin and not facts.has_holder,
    }
    return frozenset(flag for flag, holds in found.items() if holds)
