"""Sealed bundles (S3: a new folder for each round, never written over): what gives rise to one."""

from enum import StrEnum


class Occasion(StrEnum):
    """Why a bundle was made."""

    ENTRY = "entry"  # hết một đợt nhập điểm
    CORRECTION = "correction"  # sau điều chỉnh
    CLOSING = "closing"  # khóa sổ
    ORDER = "order"  # theo yêu cầu của lãnh đạo
