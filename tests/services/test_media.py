"""Archive media: images of sealed bundles, the register of what they were written onto, checks, collections from above."""

import io
import json
import subprocess
import sys
import zipfile
from collections import namedtuple
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from pycdlib import PyCdlib

from app.domain.exceptions import ExceptionKind
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import ArchiveMedium, AuditEvent, ExceptionNote, ExportJob, MediumCheck, Notice, SealedBundle
from app.services.bundles import collecting, tracking
from app.services.bundles.make import bundle_root
from app.services.job_rows import JobState
from app.services.media import checks, export_jobs, exports, labels, register
from app.services.media.export_jobs import purge_exports, run_export
from app.services.media.images import GUIDE, LIST, RECEIPTS
from app.services.media.register import Given
from tests.conftest import counting
from tests.factories.province import Province
from tests.services.correction_helpers import DEPUTY, HEAD, TEACHER, enter_and_lock
from tests.services.helpers import acting

STRANGER = "giangnt.thcsba"
OFFICE = "vanlt.sogd"


@pytest.fixture
def sealed(province: Province) -> SealedBundle:
    """A bundle of 7A, ordered by the head."""
    enter_and_lock(province, {"midterm": "6,5"})
    bundle_id = tracking.order(
        acting(province, HEAD), province.first.class_ids["7A"], 1, clock=province.clock
    )
    return db.session().get_one(SealedBundle, bundle_id)


@pytest.fixture
def instance(app: Flask) -> Path:
    """The installation's folder."""
    return Path(app.config["INSTANCE_DIR"])


def made(province: Province, instance: Path, image: str = "zip", who: str = HEAD, term: int = 0) -> ExportJob:
    """An image of the school's bundles, made."""
    job_id = exports.order_image(acting(province, who), province.year_id, term, image, clock=province.clock)
    return ran(province, instance, job_id)


def ran(province: Province, instance: Path, job_id: int) -> ExportJob:
    """A job after its run."""
    run_export(job_id, instance, clock=province.clock)
    db.session.rollback()
    return db.session().get_one(ExportJob, job_id)


def fetched(province: Province, instance: Path, job: ExportJob, who: str = HEAD) -> Path:
    """Its file."""
    return exports.fetch(acting(province, who), job.id, instance, clock=province.clock)


def run(folder: Path) -> tuple[int, str]:
    """The checker of a medium as a stranger runs it there: nothing but Python."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "check_bundles.py")],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def on_medium(path: Path, folder: Path) -> Path:
    """What is on a medium the image was written onto."""
    folder.mkdir()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        return folder
    disc = PyCdlib()
    disc.open(str(path))
    for above, _folders, names in disc.walk(udf_path="/"):
        for name in names:
            place = folder / f"{above}/{name}".lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            disc.get_file_from_iso(str(place), udf_path=f"{above.rstrip('/')}/{name}")
    disc.close()
    return folder


@pytest.mark.parametrize("image", ["zip", "iso"])
def test_an_image_checks_itself(
    province: Province, sealed: SealedBundle, instance: Path, tmp_path: Path, image: str
) -> None:
    job = made(province, instance, image)
    assert (job.state, job.result["bundles"], job.message) == (JobState.DONE, 1, None)
    medium = on_medium(fetched(province, instance, job), tmp_path / "medium")
    code, said = run(medium)
    assert code == 0, said
    assert f"Mã danh mục: {job.result['list_digest']}" in said
    assert sha256((medium / LIST).read_bytes()).hexdigest() == job.result["list_digest"]
    assert "python check_bundles.py" in (medium / GUIDE).read_text(encoding="utf-8-sig")
    for path in (bundle_root() / sealed.folder).iterdir():
        assert (medium / sealed.folder / path.name).read_bytes() == path.read_bytes()
    (medium / sealed.folder / "so.pdf").write_bytes(b"%PDF")
    assert run(medium)[0] == 1


def test_a_disc_reads_the_same_under_every_name(
    province: Province, sealed: SealedBundle, instance: Path
) -> None:
    disc = PyCdlib()
    disc.open(str(fetched(province, instance, made(province, instance, "iso"))))
    found = []
    for way in ("udf_path", "joliet_path", "rr_path"):
        out = io.BytesIO()
        disc.get_file_from_iso_fp(out, **{way: f"/{sealed.folder}/manifest.json"})
        found.append(sha256(out.getvalue()).hexdigest())
    disc.close()
    assert found == [sealed.digest] * 3


def test_a_missing_bundle_of_a_medium_is_found(
    province: Province, sealed: SealedBundle, instance: Path, tmp_path: Path
) -> None:
    tracking.order(acting(province, HEAD), province.first.class_ids["7B"], 1, clock=province.clock)
    medium = on_medium(fetched(province, instance, made(province, instance)), tmp_path / "medium")
    for path in (medium / sealed.folder).iterdir():
        path.unlink()
    code, said = run(medium)
    assert (code, f"thiếu gói: {sealed.folder}" in said) == (1, True), said


def test_a_spoiled_bundle_is_left_out_and_named(
    province: Province, sealed: SealedBundle, instance: Path
) -> None:
    path = bundle_root() / sealed.folder / "so.pdf"
    path.chmod(0o644)
    path.write_bytes(b"%PDF")
    job = made(province, instance)
    assert (job.state, job.message) == (JobState.FAILED, export_jobs.ALL_SPOILED)
    tracking.order(acting(province, HEAD), province.first.class_ids["7B"], 1, clock=province.clock)
    job = made(province, instance)
    assert (job.result["bundles"], len(job.result["left_out"])) == (1, 1)
    with zipfile.ZipFile(fetched(province, instance, job)) as archive:
        (line,) = json.loads(archive.read(LIST))["left_out"]
        assert (line["folder"], line["faults"]) == (sealed.folder, [["changed", "so.pdf"]])
        assert not any(name.startswith(sealed.folder) for name in archive.namelist())


def test_without_bundles_or_room_nothing_is_left(
    province: Province, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made(province, instance).message == export_jobs.NOTHING
    tracking.order(acting(province, HEAD), province.first.class_ids["7A"], 1, clock=province.clock)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(export_jobs.shutil, "disk_usage", lambda _path: usage(10, 9, 1_000_000))
    job = made(province, instance)
    assert (job.state, job.message, job.result["params"]["free"]) == (
        JobState.FAILED,
        export_jobs.NO_ROOM,
        "1",
    )
    assert not (instance / exports.FOLDER / str(job.id)).exists()


def test_a_killed_run_begins_anew_and_files_expire(
    province: Province, sealed: SealedBundle, instance: Path
) -> None:
    actor = acting(province, HEAD)
    job_id = exports.order_image(actor, province.year_id, 0, "zip", clock=province.clock)
    assert export_jobs._claim(job_id, province.clock) is not None
    half = instance / exports.FOLDER / str(job_id) / "half.zip"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"PK")
    assert ran(province, instance, job_id).state == JobState.RUNNING, "somebody else is at it"
    province.now += export_jobs.SILENT * 2
    assert export_jobs.forgotten_exports(db.session(), province.now) == [job_id]
    job = ran(province, instance, job_id)
    assert (job.state, half.exists()) == (JobState.DONE, False)
    province.now += exports.KEEP
    with pytest.raises(NotFound, match="not kept"):
        fetched(province, instance, job)
    assert purge_exports(instance, clock=province.clock) == 1


def test_a_cancelled_job_leaves_nothing(province: Province, sealed: SealedBundle, instance: Path) -> None:
    actor = acting(province, HEAD)
    job_id = exports.order_image(actor, province.year_id, 0, "zip", clock=province.clock)
    exports.cancel(actor, job_id, clock=province.clock)
    assert ran(province, instance, job_id).state == JobState.CANCELLED
    with pytest.raises(Invalid, match="nothing to stop"):
        exports.cancel(actor, job_id, clock=province.clock)


def test_strangers_and_teachers_order_and_fetch_nothing(
    province: Province, sealed: SealedBundle, instance: Path
) -> None:
    job = made(province, instance)
    with pytest.raises(NotFound):
        fetched(province, instance, job, STRANGER)
    with pytest.raises(Forbidden):
        fetched(province, instance, job, TEACHER)
    with pytest.raises(Forbidden):
        fetched(province, instance, job, OFFICE)
    with pytest.raises(Forbidden):
        made(province, instance, who=TEACHER)
    (instance / exports.FOLDER / str(job.id) / (job.file or "")).write_bytes(b"PK")
    with pytest.raises(Invalid, match="not the one that was made"):
        fetched(province, instance, job)


# -- the register ------------------------------------------------------------------------------------------------


def given(province: Province, job: ExportJob, **more: Any) -> Given:
    """What is written in about a medium."""
    keeper, checker = acting(province, HEAD).person_id or 0, acting(province, DEPUTY).person_id or 0
    known = {"kind": "dvd", "serial": "DVD-2026-01", "seal_number": "NP-01", "place": "Tủ số 2"}
    return Given(**{"job_id": job.id, "keeper_id": keeper, "checker_id": checker, **known, **more})


def written(
    province: Province, instance: Path, job: ExportJob, folders: tuple[Path, ...] = (), **more: Any
) -> int:
    """A medium in the register."""
    return register.add(
        acting(province, HEAD), given(province, job, **more), folders, instance, clock=province.clock
    )


def lines(province: Province, who: str = HEAD) -> register.Register:
    """The register of the first school."""
    db.session.rollback()
    return register.load_register(
        db.session(), acting(province, who), province.first.unit_id, province.year_id, province.now.date()
    )


def looked_at(
    province: Province, instance: Path, job: ExportJob, medium_id: int, folders: tuple[Path, ...] = ()
) -> None:
    """The assigned leader compares the list of the medium."""
    with zipfile.ZipFile(fetched(province, instance, job)) as archive:
        content = archive.read(LIST)
    checks.check(acting(province, DEPUTY), medium_id, content, folders, instance, clock=province.clock)


def test_a_year_needs_a_disc_and_something_removable(
    province: Province, sealed: SealedBundle, instance: Path
) -> None:
    job = made(province, instance)
    assert lines(province).missing == ("optical", "removable")
    disc = written(province, instance, job)
    assert lines(province).missing == ("optical", "removable"), "nobody has looked at it yet"
    looked_at(province, instance, job, disc)
    assert lines(province).missing == ("removable",)
    looked_at(province, instance, job, written(province, instance, job, kind="usb", serial="USB-2026-01"))
    assert (lines(province).missing, lines(province).counted) == ((), 2)
    with pytest.raises(Invalid, match="in the register already"):
        written(province, instance, job)
    tracking.order(acting(province, HEAD), province.first.class_ids["7B"], 1, clock=province.clock)
    assert [line.lacking for line in lines(province).lines] == [1, 1]
    assert lines(province).missing == ("optical", "removable"), "a bundle was sealed since"


def test_a_copy_on_the_data_s_own_disk_does_not_count(
    province: Province, sealed: SealedBundle, instance: Path
) -> None:
    own = instance / "mounted"
    own.mkdir()
    job = made(province, instance)
    with pytest.raises(Invalid, match="not one of those"):
        written(province, instance, job, folder=str(own), kind="disk")
    with pytest.raises(Invalid, match="disk is not there"):
        written(province, instance, job, (instance / "away",), folder=str(instance / "away"), kind="disk")
    medium_id = written(province, instance, job, (own,), folder=str(own), kind="disk")
    looked_at(province, instance, job, medium_id, (own,))
    (line,) = lines(province).lines
    assert (line.medium.on_own_disk, line.counts) == (True, False)


def test_only_the_assigned_leader_checks(
    province: Province, sealed: SealedBundle, instance: Path, tmp_path: Path
) -> None:
    job = made(province, instance)
    medium_id = written(province, instance, job)
    medium = on_medium(fetched(province, instance, job), tmp_path / "medium")

    def look(content: bytes, who: str = DEPUTY) -> MediumCheck:
        return checks.check(acting(province, who), medium_id, content, [], instance, clock=province.clock)

    report = run(medium)[1].encode()
    with pytest.raises(Forbidden, match="assigned"):
        look(report, HEAD)
    for nothing in (b"", b"Nguy\xc3\xaan v\xe1\xba\xb9n.", b"\xff", b"{}", b"[" * 5000):
        with pytest.raises(Invalid):
            look(nothing)
    assert (look(report).faults, look(report.decode().encode("utf-16")).faults) == ([], [])
    assert look((medium / LIST).read_bytes()).reading.value == "list"
    assert lines(province).lines[0].counts
    (medium / sealed.folder / "so.pdf").unlink()
    assert "thiếu tệp: so.pdf" in look(run(medium)[1].encode()).faults[0]
    assert not lines(province).lines[0].counts
    with pytest.raises(Invalid, match="list alone"):
        look((medium / LIST).read_bytes())
    told = db.session().scalars(
        sa.select(ExceptionNote).where(ExceptionNote.kind == ExceptionKind.BUNDLE_FAULT)
    )
    assert [note.what.split(":")[0] for note in told] == ["Thiết bị lưu trữ DVD-2026-01"]
    other = (medium / LIST).read_bytes().replace(b"7A", b"7B")
    assert look(other).faults == [checks.OTHER_LIST]


def test_a_lost_medium_stays_in_the_register(
    province: Province, sealed: SealedBundle, instance: Path
) -> None:
    head = acting(province, HEAD)
    medium_id = written(province, instance, made(province, instance))
    row = db.session().get_one(ArchiveMedium, medium_id)
    register.change(
        head, medium_id, "Kho lưu trữ", "NP-02", row.keeper_id, row.checker_id, clock=province.clock
    )
    with pytest.raises(Invalid, match="by which decision"):
        register.end(head, medium_id, "lost", " ", clock=province.clock)
    register.end(head, medium_id, "lost", "Biên bản 05/BB", clock=province.clock)
    (line,) = lines(province).lines
    assert (line.medium.place, line.medium.ended_reason, line.counts) == (
        "Kho lưu trữ",
        "Biên bản 05/BB",
        False,
    )
    with pytest.raises(Invalid, match="no longer in use"):
        register.end(head, medium_id, "destroyed", "lần nữa", clock=province.clock)
    with pytest.raises(NotFound):
        register.end(acting(province, STRANGER), medium_id, "lost", "x", clock=province.clock)


def test_the_label_names_the_medium(province: Province, sealed: SealedBundle, instance: Path) -> None:
    medium_id = written(province, instance, made(province, instance))
    content, name = labels.print_label(acting(province, HEAD), medium_id, clock=province.clock)
    assert (content.getvalue()[:4], name) == (b"%PDF", "nhan-DVD-2026-01.pdf")


# -- from above --------------------------------------------------------------------------------------------------


def test_an_office_collects_and_the_school_is_told(
    province: Province, sealed: SealedBundle, instance: Path, tmp_path: Path
) -> None:
    office, units = acting(province, OFFICE), [province.first.unit_id]
    with pytest.raises(NotFound):
        exports.order_collection(
            acting(province, HEAD), [999_999], province.year_id, 0, "zip", clock=province.clock
        )
    with pytest.raises(Forbidden):
        exports.order_collection(
            acting(province, HEAD), units, province.year_id, 0, "zip", clock=province.clock
        )
    job_id = exports.order_collection(office, units, province.year_id, 0, "zip", clock=province.clock)
    job = ran(province, instance, job_id)
    assert (job.state, job.message) == (JobState.DONE, None)
    medium = on_medium(fetched(province, instance, job, OFFICE), tmp_path / "medium")
    assert run(medium)[0] == 0
    assert "thcstk" in (medium / RECEIPTS).read_text(encoding="utf-8-sig")
    logged = db.session().scalars(sa.select(AuditEvent).where(AuditEvent.action == "bundle.collected")).all()
    assert [(event.unit_id, event.details["bundles"]) for event in logged] == [(province.first.unit_id, 1)]
    noted = sa.select(sa.func.count()).where(Notice.title == "Gói niêm phong được cấp trên tập hợp")
    assert db.session().scalar(noted) == 1


def test_an_office_sees_what_is_sealed_and_missing(
    app: Flask, province: Province, sealed: SealedBundle
) -> None:
    office, day = acting(province, OFFICE), province.now.date()
    with counting(app) as statements:
        found = collecting.load_schools(db.session(), office, province.year_id, day)
    assert len(statements) <= 9
    by_unit = {line.unit.id: line for line in found.lines}
    line = by_unit[province.first.unit_id]
    assert (line.bundles, line.missing, line.faulty, line.size) == (1, 0, 0, sealed.size)
    (only,) = collecting.load_schools(db.session(), office, province.year_id, day, query="thuc khang").lines
    assert only.unit.id == province.first.unit_id
