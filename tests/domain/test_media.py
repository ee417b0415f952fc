"""Which media count as the copies a year needs (S3 mục 3)."""

from app.domain.media import Copy, MediumKind, missing_of, next_serial


def test_what_counts() -> None:
    good = {"ended": False, "on_own_disk": False, "whole": True, "sound": True}
    assert missing_of([]) == ("optical", "removable")
    assert missing_of([Copy(MediumKind.DVD, **good), Copy(MediumKind.DISK, **good)]) == ()
    for fault in ({"ended": True}, {"on_own_disk": True}, {"whole": False}, {"sound": False}):
        assert missing_of([Copy(MediumKind.DVD, **(good | fault))]) == ("optical", "removable")
    assert (
        next_serial(MediumKind.USB, 2026, ["USB-2026-01", "USB-2026-09", "USB-2025-12", "x"]) == "USB-2026-10"
    )
