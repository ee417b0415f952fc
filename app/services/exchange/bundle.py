"""The bundle a student takes to another school: the record, its papers, and a list of them that is signed; written and read."""

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from app.errors import N_, Invalid
from app.exchange.codec import NAMESPACE, SCHEMA
from app.services.archive.container import Writer, opened
from app.services.chain.keys import PublicKey, sign
from app.services.signing.register import trusted
from app.services.signing.verify import verify

KIND: Final = "transfer"
RECORD_FILE: Final = "ho-so.xml"
PDF_FILES: Final = {"school_record": "hoc-ba.pdf", "grade_slip": "phieu-bao-diem.pdf"}
"""Name of a paper in the bundle by the first part of its form's code."""
MOST_RECORD: Final = 8 * 2**20
"""Bytes of a record; one of twelve years has some 200,000."""
MOST_PAPER: Final = 32 * 2**20
NO_RECORD: Final = N_("The bundle holds no %(name)s. Nothing was taken in.")
TOO_LARGE: Final = N_("The record is larger than any student's record can be. Nothing was taken in.")
SPOILED: Final = N_(
    "The list of this bundle is not the one that was signed. Ask the former school for it anew."
)
BROKEN: Final = N_(
    "%(name)s was changed after it was signed. Nothing was taken in; ask the former school for it anew."
)
README: Final = f"""Hồ sơ chuyển trường của một học sinh.

{RECORD_FILE}: hồ sơ học tập, theo lược đồ {SCHEMA.name} (không gian tên {NAMESPACE}).
{", ".join(PDF_FILES.values())}: bản in của học bạ và phiếu báo điểm (nếu lớp có mẫu).
manifest.json: danh mục tệp kèm mã băm SHA-256 và chữ ký của máy chủ lập gói.

Trường tiếp nhận mở trang của học sinh, chọn "Hồ sơ điện tử", nộp nguyên tệp .zip này, rồi tải giấy xác nhận đã nhận
và gửi lại trường cũ.
"""


@dataclass(frozen=True)
class Bundle:
    """A bundle as it was written: its content, and the digest of the record in it."""

    content: bytes
    record_digest: str


def write_bundle(files: Iterable[tuple[str, bytes]], facts: Mapping[str, Any]) -> Bundle:
    """Files by name, the schema, how to read them, and the signed list."""
    out = BytesIO()
    with Writer(out) as writer:
        for name, data in files:
            writer.add(name, [data])
        writer.add(SCHEMA.name, [SCHEMA.read_bytes()])
        writer.add("DOC-TRUOC.txt", [README.encode()])
        writer.finish({"kind": KIND, **facts, "signed": seal(writer.members)})
    return Bundle(out.getvalue(), writer.members[RECORD_FILE]["sha256"])


def read_record(content: bytes, scratch: Path) -> bytes:
    """The record out of a bundle, or the file itself; nothing of it is left in `scratch`.

    Raises Invalid: no bundle, incomplete, too large, its list or the signature of a paper in it broken.
    """
    if not content.startswith(b"PK"):
        return content
    with TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "bundle.zip"
        path.write_bytes(content)
        with opened(path, None, Path(folder)) as archive:
            if RECORD_FILE not in archive.members:
                raise Invalid(NO_RECORD, name=RECORD_FILE)
            if archive.members[RECORD_FILE]["size"] > MOST_RECORD:
                raise Invalid(TOO_LARGE)
            if not is_sealed(archive.manifest.get("signed"), archive.members):
                raise Invalid(SPOILED)
            archive.check()
            for name in PDF_FILES.values():
                if name in archive.members and archive.members[name]["size"] <= MOST_PAPER:
                    demand_unbroken(name, b"".join(archive.pieces(name)))
            return b"".join(archive.pieces(RECORD_FILE))


def demand_unbroken(name: str, data: bytes) -> None:
    """Raises Invalid for a file that was changed after somebody signed it; one nobody signed passes."""
    if verify(data, trusted()).changed:
        raise Invalid(BROKEN, name=name)


def seal(said: Any) -> dict[str, str]:
    """The signature of this installation under something said."""
    key, signature = sign(_text(said))
    return {"key": key.text, "signature": signature}


def is_sealed(signed: Any, said: Any) -> bool:
    """Whether such a signature stands under it, by the key it names."""
    try:
        n, e = str(signed["key"]).split()
        made = b64decode(signed["signature"], validate=True)
        return PublicKey(int(n, 16), int(e, 16)).holds(_text(said), made)
    except (KeyError, ValueError, TypeError, OverflowError):
        return False


def _text(said: Any) -> str:
    return json.dumps(said, sort_keys=True, ensure_ascii=False)
