#!/usr/bin/env python3
"""Kiểm tra ngoại tuyến các gói niêm phong của HocVu (trên đĩa, USB hay thư mục đã giải nén).

Chỉ dùng thư viện chuẩn của Python 3.9 trở lên; không cần mạng, máy chủ, cơ sở dữ liệu hay chương trình HocVu.

    python check_bundles.py [THƯ_MỤC ...]

Mỗi gói được so với danh mục manifest.json của nó, chữ ký của danh mục, và gói đứng trước của cùng lớp nếu có ở đây;
trên đĩa DVD, USB còn so với danh mục của cả đĩa (danh-muc.json).
Chữ ký số của nhà trường (tệp .p7s cạnh gói) được kiểm bằng chương trình openssl nếu máy có; gói chưa ký thì nói là chưa ký.
Mã kết thúc: 0 nguyên vẹn, 1 có chỗ không khớp, 2 không có gói nào hoặc không đọc được.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FORMAT = "hocvu-bundle-1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
LIST, LIST_SIGNATURE = "danh-muc.json", "danh-muc.sig"
LIST_FORMAT = "hocvu-media-1"
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
LEAST_KEY = 256  # byte


def digest_of(path: Path) -> str:
    """Mã băm SHA-256 của một tệp."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def signer_of(folder: Path, manifest: bytes, name: str = SIGNATURE) -> str | None:
    """Mã của khóa đã ký danh mục; None nếu chữ ký không khớp."""
    try:
        key, signature = (folder / name).read_text(encoding="ascii").splitlines()
        n, e = (int(number, 16) for number in key.split())
        made = base64.b64decode(signature, validate=True)
        size = (n.bit_length() + 7) // 8
        info = SHA256_INFO + hashlib.sha256(manifest).digest()
        wanted = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
        if size < LEAST_KEY or len(made) != size:
            return None
        same = pow(int.from_bytes(made, "big"), e, n).to_bytes(size, "big") == wanted
    except (OSError, ValueError, OverflowError):
        return None
    return hashlib.sha256(key.encode()).hexdigest()[:16] if same else None


def faults_of(folder: Path, manifest: bytes, facts: dict[str, Any]) -> Iterator[str]:
    """Từng chỗ không khớp của một gói."""
    if facts.get("format") != FORMAT:
        yield "danh mục không phải của HocVu"
        return
    if signer_of(folder, manifest) is None:
        yield "chữ ký của danh mục không khớp"
    listed = {item["name"]: item for item in facts["files"]}
    there = {path.name for path in folder.iterdir()} - {MANIFEST, SIGNATURE}
    yield from (f"có tệp lạ: {name}" for name in sorted(there - listed.keys()))
    yield from (f"thiếu tệp: {name}" for name in sorted(listed.keys() - there))
    for name in sorted(listed.keys() & there):
        path = folder / name
        if path.is_symlink() or not path.is_file() or digest_of(path) != listed[name]["sha256"]:
            yield f"tệp bị thay đổi: {name}"


def check(root: Path) -> tuple[int, list[str], set[str]]:
    """Số gói, các chỗ không khớp và các khóa đã ký, trong một thư mục cùng mọi thư mục con."""
    folders = sorted(path.parent for path in root.rglob(MANIFEST))
    texts, keys = list[str](), set[str]()
    before: dict[Path, tuple[int, str]] = {}
    for folder in folders:
        name = folder.relative_to(root).as_posix()
        try:
            manifest = (folder / MANIFEST).read_bytes()
            facts = json.loads(manifest)
            texts += [f"{name}: {text}" for text in faults_of(folder, manifest, facts)]
            number, previous = facts["number"], facts["previous"]
        except (OSError, ValueError, KeyError, TypeError):
            texts.append(f"{name}: không đọc được danh mục")
            continue
        keys |= {key for key in [signer_of(folder, manifest)] if key}
        last = before.get(folder.parent)
        if last and last[0] == number - 1 and last[1] != previous:
            texts.append(f"{name}: không nối tiếp gói số {last[0]} đứng trước")
        before[folder.parent] = (number, hashlib.sha256(manifest).hexdigest())
    return len(folders), texts, keys


def school_signatures(root: Path) -> tuple[list[str], list[str]]:
    """Chữ ký số của nhà trường ở các gói trong thư mục: lời báo và các chỗ không khớp."""
    openssl = shutil.which("openssl")
    folders = sorted(path.parent for path in root.rglob(MANIFEST))
    unsigned, held, left, faults = 0, 0, 0, list[str]()
    for folder in folders:
        files = sorted(folder.parent.glob(f"{folder.name}.*.p7s"))
        unsigned += not files
        for file in files:
            if openssl is None:
                left += 1
            elif _holds(openssl, file, folder / MANIFEST):
                held += 1
            else:
                faults.append(f"{file.relative_to(root).as_posix()}: chữ ký số của nhà trường không khớp")
    said = [f"Chữ ký số của nhà trường: {held} khớp, {len(faults)} không khớp; {unsigned} gói chưa ký."]
    if left:
        said.append(f"{left} chữ ký số chưa kiểm được: máy này không có chương trình openssl.")
    return said, faults


def _holds(openssl: str, signature: Path, manifest: Path) -> bool:
    """Chữ ký đúng là của danh mục; ai cấp chứng thư thì xem bằng: openssl cms -cmsout -print."""
    command = [openssl, "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", str(signature)]
    done = subprocess.run([*command, "-content", str(manifest)], capture_output=True, check=False)
    return done.returncode == 0


def check_list(root: Path) -> tuple[str | None, list[str]]:
    """Mã băm của danh mục cả đĩa (None nếu thư mục này không có) và các chỗ trên đĩa không khớp với nó."""
    path = root / LIST
    if not path.is_file():
        return None, []
    text = path.read_bytes()
    digest, faults = hashlib.sha256(text).hexdigest(), []
    if signer_of(root, text, LIST_SIGNATURE) is None:
        faults.append(f"chữ ký của {LIST} không khớp")
    try:
        facts = json.loads(text)
        listed = {item["folder"]: item["digest"] for item in facts["bundles"]}
        if facts["format"] != LIST_FORMAT:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return digest, [*faults, f"không đọc được {LIST}"]
    there = {found.parent.relative_to(root).as_posix(): found for found in root.rglob(MANIFEST)}
    faults += [f"thiếu gói: {name}" for name in sorted(listed.keys() - there.keys())]
    faults += [f"gói không có trong danh mục: {name}" for name in sorted(there.keys() - listed.keys())]
    faults += [
        f"gói khác với danh mục: {name}"
        for name in sorted(listed.keys() & there.keys())
        if digest_of(there[name]) != listed[name]
    ]
    return digest, faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Kiểm tra các thư mục được nêu, hoặc thư mục chứa tệp này."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # Windows ghi ra tệp bằng bảng mã khác
    named = list(sys.argv[1:] if arguments is None else arguments)
    roots = [Path(name) for name in named] or [Path(__file__).resolve().parent]
    bundles, faults = 0, list[str]()
    keys, lists, signed = set[str](), list[str](), list[str]()
    for root in roots:
        if not root.is_dir():
            print(f"Không có thư mục {root}.", file=sys.stderr)
            return 2
        count, texts, signers = check(root)
        listed, differences = check_list(root)
        lists += [listed] if listed else []
        said, broken = school_signatures(root)
        signed, faults = signed + said, faults + broken
        bundles, faults, keys = bundles + count, faults + differences + texts, keys | signers
    if not bundles:
        print("Không có gói niêm phong nào ở đây.", file=sys.stderr)
        return 2
    print(f"Đã kiểm tra {bundles} gói niêm phong; khóa ký: {', '.join(sorted(keys)) or 'không có'}.")
    for text in signed:
        print(text)
    for text in lists:
        print(f"Mã danh mục: {text}")
    for text in faults:
        print(f"- {text}")
    print(f"{len(faults)} chỗ không khớp." if faults else "Nguyên vẹn.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
