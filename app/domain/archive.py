"""What was done with archives, and how it ended."""

from enum import StrEnum


class ArchiveKind(StrEnum):
    """What a run of the archive commands did."""

    BACKUP = "backup"  # sao lưu toàn hệ thống (S2 Điều 8 khoản 3, S4 Điều 20 khoản 1)
    REHEARSAL = "rehearsal"  # diễn tập phục hồi (S2 Điều 8 khoản 3)
    RESTORE = "restore"  # phục hồi
    HANDOVER = "handover"  # bàn giao dữ liệu của một trường (S4 Điều 12 khoản 9)
    TAKEOVER = "takeover"  # nhận bàn giao


class ArchiveOutcome(StrEnum):
    """How it ended."""

    DONE = "done"  # đạt
    FAILED = "failed"  # không đạt
