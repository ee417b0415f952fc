"""Media sealed bundles are kept on, away from the machine: which kinds there are, and how many copies a year needs.

S3 mục 3: a disk of its own for archives, not in a machine marks are entered on, and a CD or DVD a year, under seal.
S4 Điều 20 khoản 3: one DVD and one USB a year, at the school and again at the office above.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MediumKind(StrEnum):
    """What the bundles lie on."""

    DVD = "dvd"  # đĩa DVD (CD)
    USB = "usb"  # USB
    DISK = "disk"  # ổ cứng rời


class MediumEnd(StrEnum):
    """How a medium left the register: its line stays."""

    LOST = "lost"  # thất lạc
    DESTROYED = "destroyed"  # đã tiêu hủy


class Reading(StrEnum):
    """How a medium was read again."""

    FULL = "full"  # đọc lại toàn bộ bằng chương trình kiểm tra
    LIST = "list"  # chỉ đối chiếu danh mục


class ExportKind(StrEnum):
    """What a background job puts into one file."""

    IMAGE = "image"  # bản lưu của một trường
    COLLECTION = "collection"  # bản tập hợp của các trường trực thuộc
    HANDOVER = "handover"  # bàn giao toàn bộ dữ liệu của trường (S4 Điều 12 khoản 9)


class ImageFormat(StrEnum):
    """As what sealed bundles are given out."""

    ISO = "iso"  # ảnh đĩa ISO 9660/UDF
    ZIP = "zip"  # tệp ZIP


NEEDED: Final[Mapping[str, frozenset[MediumKind]]] = {
    "optical": frozenset({MediumKind.DVD}),
    "removable": frozenset({MediumKind.USB, MediumKind.DISK}),
}
"""The copies a year needs, one of each: what may stand for it."""


@dataclass(frozen=True)
class Copy:
    """A medium as far as it counts. `whole`: it holds the whole year; `sound`: the leader has read it, and last found nothing."""

    kind: MediumKind
    ended: bool
    on_own_disk: bool
    whole: bool
    sound: bool

    @property
    def counts(self) -> bool:
        """Whether it is a copy in the sense of S3 mục 3: never one on the disk the data itself lies on."""
        return self.whole and self.sound and not (self.ended or self.on_own_disk)


def missing_of(copies: Iterable[Copy]) -> tuple[str, ...]:
    """Which of the needed copies a year lacks."""
    there = {copy.kind for copy in copies if copy.counts}
    return tuple(name for name, kinds in NEEDED.items() if not kinds & there)


def next_serial(kind: MediumKind, year: int, taken: Iterable[str]) -> str:
    """The serial number proposed for a new medium, e.g. DVD-2026-03: after the last of its kind and year."""
    begin = f"{kind.value.upper()}-{year}-"
    numbers = [
        int(text[len(begin) :]) for text in taken if text.startswith(begin) and text[len(begin) :].isdigit()
    ]
    return f"{begin}{max(numbers, default=0) + 1:02d}"
