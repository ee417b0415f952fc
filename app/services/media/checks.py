"""Reading a medium again (S3 mục 3: kiểm tra của lãnh đạo được phân công): by the checker's report, or by its list alone."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from app.domain.access import Action, Actor, may
from app.domain.exceptions import ExceptionKind
from app.domain.media import Reading
from app.errors import N_, Forbidden, Invalid
from app.models import ArchiveMedium, MediumCheck
from app.services.clock import Clock, local_day
from app.services.exceptions import tell_above
from app.services.media.images import FORMAT
from app.services.media.register import HAS_ENDED, lies_with_the_data, medium_for, newest_checks, target_of
from app.services.notices import tell
from app.services.unit_of_work import transaction

MOST: Final = 1_000_000
"""Letters of a report; one of a whole year's bundles has a few hundred."""
NOT_ASSIGNED: Final = N_("Only the leader assigned to this medium enters the result of a check.")
NOTHING_READ: Final = N_("Send the checker's report, or the list danh-muc.json of the medium.")
READ_WHOLE: Final = N_(
    "The last check found something. The list alone says nothing of the files: run check_bundles.py on the medium again."
)
UNKNOWN: Final = N_("This is neither a report of check_bundles.py nor the list danh-muc.json of a medium.")
_LIST: Final = re.compile(r"^Mã danh mục: ([0-9a-f]{64})\s*$", re.MULTILINE)
_COUNT: Final = re.compile(r"^Đã kiểm tra (\d{1,7}) gói niêm phong", re.MULTILINE)
_WHOLE: Final = re.compile(r"^Nguyên vẹn\.\s*$", re.MULTILINE)
_FAULT: Final = re.compile(r"^- (.+?)\s*$", re.MULTILINE)

OTHER_LIST: Final = "danh mục không phải của thiết bị này"
NO_LIST: Final = "không có danh mục danh-muc.json trên thiết bị"
FEWER: Final = "đọc được {found} gói, sổ ghi {noted}"


class Read(NamedTuple):
    """What was read from a medium."""

    reading: Reading
    digest: str | None
    bundles: int | None
    faults: list[str]
    report: str


def read(content: bytes, row: ArchiveMedium) -> Read:
    """A report of the checker or a list, against the register. Raises Invalid for anything else."""
    if not content.strip():
        raise Invalid(NOTHING_READ)
    text = _text(content)
    if text.lstrip().startswith("{"):
        return _read_list(content, text, row)
    count = _COUNT.search(text)
    whole = _WHOLE.search(text)
    told = _FAULT.findall(text)
    if count is None or not (whole or told):
        raise Invalid(UNKNOWN)
    listed = _LIST.search(text)
    faults = list(told)
    if listed is None:
        faults.append(NO_LIST)
    elif listed[1] != row.digest:
        faults.append(OTHER_LIST)
    if int(count[1]) < row.bundles:
        faults.append(FEWER.format(found=count[1], noted=row.bundles))
    return Read(Reading.FULL, listed[1] if listed else None, int(count[1]), faults[:200], text[:MOST])


def _text(content: bytes) -> str:
    """PowerShell writes what a program prints as UTF-16."""
    if len(content) > 2 * MOST:
        raise Invalid(UNKNOWN)
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig").replace(
            "\r\n", "\n"
        )
    except UnicodeDecodeError:
        raise Invalid(UNKNOWN) from None


def _read_list(content: bytes, text: str, row: ArchiveMedium) -> Read:
    try:
        held = json.loads(text)
        number = len(held["bundles"]) if held["format"] == FORMAT else -1
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid(UNKNOWN) from None
    if number < 0:
        raise Invalid(UNKNOWN)
    digest = sha256(content).hexdigest()
    return Read(Reading.LIST, digest, number, [] if digest == row.digest else [OTHER_LIST], "")


def check(
    actor: Actor, medium_id: int, content: bytes, folders: list[Path], instance: Path, *, clock: Clock
) -> MediumCheck:
    """Keep the result of a check; what does not fit is told to the keeper and to the tier above.

    Raises NotFound, Forbidden for all but the leader assigned, Invalid for what can't be read and for a mere list after a
    check that found something.
    """
    with transaction(actor, "medium.check", clock=clock) as work:
        row = medium_for(work.session, actor, medium_id, local_day(work.now), hold=True)
        if not may(actor, Action.MEDIUM_CHECK, target_of(actor, row)):
            raise Forbidden(NOT_ASSIGNED)
        if row.ended_at is not None:
            raise Invalid(HAS_ENDED)
        found = read(content, row)
        last = newest_checks(work.session, [row.id]).get(row.id)
        if last and last.faults and found.reading is Reading.LIST and not found.faults:
            raise Invalid(READ_WHOLE)
        if row.folder:
            row.on_own_disk = lies_with_the_data(row.folder, folders, instance)
        done = MediumCheck(
            medium_id=row.id,
            checked_at=work.now,
            user_id=actor.user_id,
            reading=found.reading,
            digest=found.digest,
            bundles=found.bundles,
            faults=found.faults,
            report=found.report or None,
        )
        work.session.add(done)
        work.flush()
        work.audit(
            "medium.check",
            target=row,
            serial=row.serial,
            faults=len(found.faults),
            reading=found.reading.value,
        )
        if found.faults:
            what = f"Thiết bị lưu trữ {row.serial}: {found.faults[0]}"
            url = f"/media/{row.id}"
            tell_above(work, row.unit_id, ExceptionKind.BUNDLE_FAULT, what, url=url)
            tell(work, [row.keeper_id], "Thiết bị lưu trữ không khớp", what, url)
        return done
