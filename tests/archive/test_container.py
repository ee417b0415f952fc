"""An archive that somebody else made, or that suffered: refused before anything is done with it."""

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import Invalid
from app.services.archive import container
from app.services.archive.container import FORMAT, MANIFEST, Writer, is_plain_name, opened


def listing(**members: bytes) -> dict[str, Any]:
    from hashlib import sha256

    found = {n: {"size": len(c), "sha256": sha256(c).hexdigest()} for n, c in members.items()}
    return {"format": FORMAT, "members": found}


def archive(path: Path, members: dict[str, bytes], manifest: Any = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
        if manifest is not None:
            made.writestr(MANIFEST, json.dumps(manifest))
    return path


def check(path: Path) -> dict[str, Any]:
    with opened(path, None, path.parent) as reader:
        reader.check()
        return reader.members


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with path.open("wb") as file, Writer(file) as writer:
        writer.add("tables/grade.jsonl", [b"[1,85]\n", b"[2,", b"90]\n"])
        writer.finish({"kind": "test"})
    with opened(path, None, tmp_path) as reader:
        assert list(reader.lines("tables/grade.jsonl")) == [b"[1,85]", b"[2,90]"]
        assert reader.manifest["kind"] == "test"


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a//b",
        "./a",
        "a\\b",
        "C:/x",
        "a/",
        "",
        "x" * 300,
        "a\nb",
        "a/..",
        "con. ",
        "\x00",
    ],
)
def test_names_that_lead_elsewhere(name: str) -> None:
    assert not is_plain_name(name)


@pytest.mark.parametrize("name", ["../out", "/out", "a\\out", "a/../../out"])
def test_an_archive_with_such_a_name_is_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.zip", {name: b"x"}, listing(**{name: b"x"}))
    with pytest.raises(Invalid, match="not made by HocVu"):
        check(path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo("files/evidence/x")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, "/etc/passwd")
        made.writestr(MANIFEST, json.dumps(listing()))
    with pytest.raises(Invalid, match="not made by HocVu"):
        check(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("x", b"1")
        made.writestr("x", b"2")
        made.writestr(MANIFEST, json.dumps(listing(x=b"1")))
    with pytest.raises(Invalid, match="not made by HocVu"):
        check(path)


def test_a_member_that_grows_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    bomb = bytes(2 * container.SMALL)
    path = archive(tmp_path / "a.zip", {"x": bomb}, listing(x=bomb))
    assert path.stat().st_size < 100_000
    with pytest.raises(Invalid, match="not made by HocVu"):
        check(path)


def lie_about_the_size(path: Path) -> None:
    """A size in the zip's own directory that is smaller than what comes out."""
    raw = path.read_bytes()
    real, told = (5_000_000).to_bytes(4, "little"), (50).to_bytes(4, "little")
    path.write_bytes(raw.replace(real, told))


def test_a_member_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"x": bytes(5_000_000)}, listing(x=bytes(50)))
    lie_about_the_size(path)
    with pytest.raises(Invalid):
        check(path)


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        [],
        {"format": "another", "members": {}},
        {"format": FORMAT},
        {"format": FORMAT, "members": {"x": 1}},
        {"format": FORMAT, "members": {"x": {"size": "1", "sha256": ""}}},
    ],
)
def test_an_archive_without_a_list_of_its_members(tmp_path: Path, manifest: Any) -> None:
    with pytest.raises(Invalid, match="not an archive of HocVu"):
        check(archive(tmp_path / "a.zip", {"x": b"1"}, manifest))


def more(members: dict[str, bytes]) -> dict[str, bytes]:
    return members | {"y": b"2"}


def fewer(members: dict[str, bytes]) -> dict[str, bytes]:
    return {}


def changed(members: dict[str, bytes]) -> dict[str, bytes]:
    return {"x": b"2"}


@pytest.mark.parametrize("tamper", [more, fewer, changed])
def test_members_that_are_not_what_the_list_says(
    tmp_path: Path, tamper: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    with pytest.raises(Invalid, match="does not hold what its list says"):
        check(archive(tmp_path / "a.zip", tamper({"x": b"1"}), listing(x=b"1")))


@pytest.mark.parametrize("part", [0, 10, 50, 90, 99])
def test_an_archive_that_was_cut_off(tmp_path: Path, part: int) -> None:
    whole = archive(tmp_path / "a.zip", {"x": b"1" * 5000}, listing(x=b"1" * 5000)).read_bytes()
    path = tmp_path / "b.zip"
    path.write_bytes(whole[: len(whole) * part // 100])
    with pytest.raises(Invalid, match="not an archive of HocVu"):
        check(path)
