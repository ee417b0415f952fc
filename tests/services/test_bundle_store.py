"""A sealed bundle on disk: whole or not at all, never written over, and every later change of it is found."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.errors import Invalid
from app.services.bundles import store
from app.services.bundles.store import Fault, Part

FACTS = {"class": "7A", "number": 1}


@pytest.fixture
def engine_name() -> str:
    """No table is touched."""
    return "sqlite"


@pytest.fixture
def sealed(app: Flask, tmp_path: Path) -> tuple[Path, str]:
    """A bundle of two files, and the digest of its manifest."""
    folder = tmp_path / "7A" / "0001"
    return folder, store.write(folder, [Part("so.xml", b"<so/>"), Part("so.pdf", b"%PDF")], FACTS)


def test_what_was_sealed_stands_there_whole(sealed: tuple[Path, str]) -> None:
    folder, digest = sealed
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json",
        "manifest.sig",
        "so.pdf",
        "so.xml",
    ]
    assert json.loads((folder / store.MANIFEST).read_text())["class"] == "7A"
    assert store.faults(folder, digest) == []
    assert [path.name for path in folder.parent.iterdir()] == ["0001"], "nothing unfinished is left"


def test_nothing_is_written_over(sealed: tuple[Path, str]) -> None:
    folder, digest = sealed
    with pytest.raises(Invalid, match="exists already"):
        store.write(folder, [Part("other.xml", b"<x/>")], FACTS)
    assert store.faults(folder, digest) == []
    assert [path.name for path in folder.parent.iterdir()] == ["0001"]


def changed(folder: Path) -> None:
    """One letter of a file."""
    (folder / "so.xml").chmod(0o644)
    (folder / "so.xml").write_bytes(b"<sO/>")


def linked(folder: Path) -> None:
    """A link in place of a file."""
    target = folder.parent / "elsewhere.xml"
    target.write_bytes(b"<so/>")
    (folder / "so.xml").unlink()
    (folder / "so.xml").symlink_to(target)


def rewritten(folder: Path) -> None:
    """A manifest that fits other content, without the key."""
    changed(folder)
    manifest = folder / store.MANIFEST
    shutil.copy(manifest, folder.parent / "old")
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text().replace("7A", "7B"))


TAMPERED: dict[str, tuple[Callable[[Path], object], set[Fault]]] = {
    "changed": (changed, {Fault("changed", "so.xml")}),
    "missing": (lambda folder: (folder / "so.pdf").unlink(), {Fault("missing", "so.pdf")}),
    "added": (lambda folder: (folder / "them.pdf").write_bytes(b"%PDF"), {Fault("added", "them.pdf")}),
    "linked": (linked, {Fault("changed", "so.xml")}),
    "rewritten": (
        rewritten,
        {Fault("changed", "so.xml"), Fault("changed", "manifest.json"), Fault("signature", "manifest.sig")},
    ),
    "unsigned": (lambda folder: (folder / store.SIGNATURE).unlink(), {Fault("signature", "manifest.sig")}),
    "gone": (shutil.rmtree, {Fault("manifest", "manifest.json")}),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_every_change_is_found(sealed: tuple[Path, str], how: str) -> None:
    folder, digest = sealed
    tamper, expected = TAMPERED[how]
    folder.chmod(0o755)
    tamper(folder)
    assert set(store.faults(folder, digest)) == expected


@pytest.mark.parametrize(
    "name", ["../so.xml", "a/b.xml", "manifest.json", "", ".ẩn", "con\nso", "x" * 200, "so.xml"]
)
def test_a_name_that_is_no_file_name_is_refused_and_nothing_is_left(
    app: Flask, tmp_path: Path, name: str
) -> None:
    with pytest.raises(Invalid):
        store.write(tmp_path / "7A" / "0001", [Part("so.xml", b""), Part(name, b"")], FACTS)
    assert list((tmp_path / "7A").iterdir()) == []


def test_a_full_disk_leaves_nothing(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> Iterator[None]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write(tmp_path / "7A" / "0001", [Part("so.xml", b"<so/>")], FACTS)
    assert list((tmp_path / "7A").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [("10A1", "10A1"), ("Lớp Đọc số 1", "Lop-Doc-so-1"), ("../..", "x"), ("7/2", "7-2"), ("", "x")],
)
def test_folders_have_plain_names(text: str, name: str) -> None:
    assert store.folder_name(text) == name
