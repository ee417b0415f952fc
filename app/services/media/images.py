"""Sealed bundles of schools in one file for a DVD or USB: each as it was sealed, a signed list of them, the checker.

A bundle that is no longer what was sealed is left out, and named: no spoiled copy is given out as a good one.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import YEAR
from app.domain.bundles import Occasion
from app.domain.media import ImageFormat
from app.models import OrgUnit, SchoolClass, SealedBundle
from app.services.bundles import store
from app.services.bundles.tracking import CHECKER
from app.services.chain.keys import sign
from app.services.clock import VIETNAM
from app.services.media.howto import HOWTO, table_of
from app.services.media.volumes import LABEL, volume

FORMAT: Final = "hocvu-media-1"
LIST, SIGNATURE, TABLE, GUIDE = "danh-muc.json", "danh-muc.sig", "danh-muc.csv", "HUONG-DAN.txt"
RECEIPTS: Final = "bien-nhan.csv"
TERMS: Final = {1: "học kì I", 2: "học kì II", YEAR: "cả năm"}
OCCASIONS: Final = {
    Occasion.ENTRY: "hết đợt nhập điểm",
    Occasion.CORRECTION: "sau điều chỉnh",
    Occasion.CLOSING: "khóa sổ",
    Occasion.ORDER: "theo yêu cầu của lãnh đạo",
}
HEADS: Final = (
    "Mã đơn vị",
    "Lớp",
    "Gói số",
    "Kì",
    "Dịp",
    "Niêm phong lúc",
    "Số tệp",
    "Byte",
    "SHA-256 danh mục",
    "Thư mục",
)
RECEIPT_HEADS: Final = (
    "Mã đơn vị",
    "Đơn vị",
    "Số gói đã nhận",
    "Số gói thiếu hoặc hỏng",
    "Gói mới nhất niêm phong lúc",
)

Tick = Callable[[int], None]
"""Told how many bundles are done, now and then."""


@dataclass(frozen=True)
class Heading:
    """Whose image it is, of which year and term, made when and by whom."""

    code: str
    name: str
    start_year: int
    term: int
    made_at: datetime
    made_by: str

    @property
    def label(self) -> str:
        """The disc's name, as far as discs take one."""
        return f"HV-{store.folder_name(self.code)[: LABEL - 8]}-{self.start_year}".upper()

    @property
    def year(self) -> str:
        """2025-2026."""
        return f"{self.start_year}-{self.start_year + 1}"


@dataclass
class Contents:
    """What went into an image: its list's SHA-256, and by unit's code how many bundles it has and lacks."""

    digest: str = ""
    bundles: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    newest: int = 0


def bundles_of(session: Session, units: Sequence[int], year_id: int, term: int) -> Sequence[Any]:
    """The bundles of schools in a year, or in one term of it, as rows: bundle, name of the class, code and name of the unit."""
    query = (
        sa.select(SealedBundle, SchoolClass.name, OrgUnit.code, OrgUnit.name)
        .join(SchoolClass, SchoolClass.id == SealedBundle.class_id)
        .join(OrgUnit, OrgUnit.id == SealedBundle.unit_id)
        .where(SealedBundle.unit_id.in_(units), SealedBundle.school_year_id == year_id)
        .order_by(
            OrgUnit.code, SchoolClass.grade, SchoolClass.order_no, SealedBundle.class_id, SealedBundle.number
        )
    )
    if term != YEAR:
        query = query.where(SealedBundle.term == term)
    return session.execute(query).all()


def write_image(
    file: IO[bytes],
    image: ImageFormat,
    heading: Heading,
    rows: Sequence[Any],
    root: Path,
    tick: Tick,
    *,
    schools: Sequence[tuple[str, str]] = (),
    beside: Mapping[int, Sequence[str]] | None = None,
) -> Contents:
    """Write the bundles below `root` into an open file. `schools`: codes and names of those asked for, of a collection.

    `beside`: by bundle, files below `root` that belong to it and lie beside its folder: the school's signatures.

    Raises OSError where the disk is full or a bundle vanishes under our hands.
    """
    target, found = volume(file, image, heading.label, heading.made_at), Contents()
    for number, (bundle, room, code, _name) in enumerate(rows, start=1):
        folder = root / bundle.folder
        faults = store.faults(folder, bundle.digest)
        line = _line(bundle, room, code)
        if faults:
            found.left_out.append(line | {"faults": [[fault.kind, fault.name] for fault in faults]})
        else:
            for path in sorted(folder.iterdir()):
                target.add_file(f"{bundle.folder}/{path.name}", path)
            for name in (beside or {}).get(bundle.id, ()):
                if (root / name).is_file():
                    target.add_file(name, root / name)
            found.bundles.append(line)
        found.newest = max(found.newest, bundle.id)
        tick(number)
    found.digest = _describe(target, heading, found, schools)
    target.close(lambda: tick(len(rows)))
    return found


def _line(bundle: SealedBundle, room: str, code: str) -> dict[str, Any]:
    return {
        "unit": code,
        "class": room,
        "number": bundle.number,
        "term": bundle.term,
        "occasion": bundle.occasion.value,
        "made_at": bundle.made_at.isoformat(timespec="seconds"),
        "files": bundle.files,
        "size": bundle.size,
        "digest": bundle.digest,
        "folder": bundle.folder,
    }


def _describe(target: Any, heading: Heading, found: Contents, schools: Sequence[tuple[str, str]]) -> str:
    """The list with its signature, the same as a table, the receipts, the guide and the checker; the list's SHA-256."""
    text = json.dumps(
        {
            "format": FORMAT,
            "unit": {"code": heading.code, "name": heading.name},
            "school_year": heading.year,
            "term": heading.term,
            "label": heading.label,
            "made_at": heading.made_at.isoformat(timespec="seconds"),
            "made_by": heading.made_by,
            "bundles": found.bundles,
            "left_out": found.left_out,
        },
        ensure_ascii=False,
        sort_keys=True,
        indent=1,
    )
    key, signature = sign(text)
    target.add(LIST, text.encode())
    target.add(SIGNATURE, f"{key.text}\n{signature}\n".encode())
    target.add(TABLE, table_of(HEADS, map(_cells, found.bundles)))
    if schools:
        target.add(RECEIPTS, table_of(RECEIPT_HEADS, receipts(found, schools)))
    guide = HOWTO.format(
        unit=heading.name,
        year=heading.year,
        term=TERMS[heading.term],
        made_at=f"{heading.made_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}",
        label=heading.label,
        list=LIST,
        signature=SIGNATURE,
        table=TABLE,
        checker=CHECKER.name,
    )
    target.add(GUIDE, guide.replace("\n", "\r\n").encode("utf-8-sig"))
    target.add_file(CHECKER.name, CHECKER)
    return sha256(text.encode()).hexdigest()


def _cells(line: dict[str, Any]) -> list[Any]:
    names = ("unit", "class", "number", "term", "occasion", "made_at", "files", "size", "digest", "folder")
    told = line | {"term": TERMS[line["term"]], "occasion": OCCASIONS[Occasion(line["occasion"])]}
    return [told[name] for name in names]


def receipts(found: Contents, schools: Sequence[tuple[str, str]]) -> list[list[Any]]:
    """A line for each school asked for: how many bundles were received, and how many are missing or damaged."""
    return [
        [
            code,
            name,
            len(mine := [line for line in found.bundles if line["unit"] == code]),
            sum(1 for line in found.left_out if line["unit"] == code),
            max((line["made_at"] for line in mine), default=""),
        ]
        for code, name in schools
    ]
