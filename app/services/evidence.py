"""Files kept as evidence of a decision or a request: under their digest, in the instance folder, never served as such."""

import hashlib
from pathlib import Path
from typing import Final

from app.errors import Invalid

MAX_EVIDENCE: Final = 10 * 1024 * 1024
EVIDENCE_KINDS: Final = {b"%PDF": ".pdf", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg"}


def keep(folder: Path, content: bytes, refusal: str) -> str:
    """Keep the file under its digest; the same file twice is one file. Returns its name in the folder.

    Raises Invalid with `refusal` for an empty one, one too large, or one that is neither PDF nor picture.
    """
    kind = next((end for start, end in EVIDENCE_KINDS.items() if content.startswith(start)), None)
    if kind is None or len(content) > MAX_EVIDENCE:
        raise Invalid(refusal)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = hashlib.sha256(content).hexdigest() + kind
    path = folder / name
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(path)
    return name
