"""A record goes from one school to another as a file: taken in by the right student only, as it is, and read only."""

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import current_app

from app.domain.access import SYSTEM
from app.errors import Forbidden, Invalid, NotFound
from app.exchange.records import StudentRecord
from app.extensions import db
from app.models import AuditEvent, Grade, IncomingRecord, Student
from app.services import enrolments
from app.services.book_reading import load_seats
from app.services.enrolments import Leaving
from app.services.exchange.files import class_file, student_file
from app.services.exchange.incoming import load_incoming, put_aside, read_incoming, receive
from app.services.exchange.kept import keep_transfer
from app.services.exchange.transfers import bundle_file
from app.services.print_jobs import PAPERS
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.carry_helpers import enter
from tests.services.helpers import acting

OFFICE, OTHER_OFFICE, TEACHER = "hongvt.thcstk", "hongvt.thcsba", "longpd.thcstk"
CODE, BORN = "0661234567", date(2014, 3, 1)


@pytest.fixture
def leaver(province: Province) -> int:
    """A student of 7A with a mark, let go."""
    student_id = load_seats(db.session(), province.first.class_ids["7A"])[0].student.id
    identify(province, student_id)
    enter(province, TEACHER, province.first.sheet_ids["7A", "math", 1], student_id, regular_1="8,5")
    enrolments.leave(
        acting(province, OFFICE), student_id, Leaving("04", date(2026, 11, 13)), clock=province.clock
    )
    return student_id


def identify(province: Province, student_id: int, code: str | None = CODE, born: date = BORN) -> None:
    """Give a student an identifier and a birth date."""
    with transaction(SYSTEM, "test.pupil", clock=province.clock) as work:
        student = work.session.get_one(Student, student_id)
        student.student_code, student.birth_date = code, born


def twin(province: Province) -> int:
    """The same child at the second school, put on file by hand: another installation's school can't see the first."""
    student_id = load_seats(db.session(), province.second.class_ids["7B"])[0].student.id
    with transaction(SYSTEM, "test.pupil", clock=province.clock) as work:
        student = work.session.get_one(Student, student_id)
        student.national_id, student.birth_date = "066214000123", BORN
    return student_id


def record_of(province: Province, leaver: int, number: str = "066214000123") -> bytes:
    """The record of the first school, with the personal number of the child: both schools know it from the papers."""
    with transaction(SYSTEM, "test.pupil", clock=province.clock) as work:
        work.session.get_one(Student, leaver).national_id = None
    record = student_file(acting(province, OFFICE), leaver, clock=province.clock).content
    return record.replace(b" nationality=", f' nationalId="{number}" nationality='.encode())


def bundle(province: Province, leaver: int) -> bytes:
    """The papers the first school gives its leaver to take along."""
    office, papers = acting(province, OFFICE), Path(current_app.config["INSTANCE_DIR"]) / PAPERS
    made = keep_transfer(office, leaver, papers, clock=province.clock)
    return bundle_file(office, made, clock=province.clock).content


def take_in(province: Province, student_id: int, content: bytes, tmp_path: Path) -> int:
    """The second school's office takes a file in."""
    return receive(acting(province, OTHER_OFFICE), student_id, content, tmp_path, clock=province.clock)


def test_a_record_arrives_as_it_was_written(province: Province, leaver: int, tmp_path: Path) -> None:
    child = twin(province)
    record = record_of(province, leaver)
    marks = db.session().scalar(sa.select(sa.func.count()).select_from(Grade))
    row_id = take_in(province, child, record, tmp_path)
    found = read_incoming(db.session(), acting(province, OTHER_OFFICE), row_id, clock=province.clock)
    assert isinstance(found.record, StudentRecord)
    (year,) = found.record.years
    assert [(s.subject, c.column, c.value) for s in year.sheets for r in s.rows for c in r.cells] == [
        ("math", "regular_1", "8.5")
    ]
    assert found.row.source_code == "thcstk"
    assert db.session().scalar(sa.select(sa.func.count()).select_from(Grade)) == marks, "no mark is written"
    with pytest.raises(Invalid, match="already"):
        take_in(province, child, record, tmp_path)
    assert not list(tmp_path.glob("*.zip"))


def test_a_whole_bundle_is_unpacked_and_the_trail_tells_who_took_what_out(
    province: Province, leaver: int, tmp_path: Path
) -> None:
    identify(province, child := twin(province), code=None)
    content = bundle(province, leaver)
    with pytest.raises(Invalid, match=r"is about .* 01/03/2014"):
        take_in(province, child, content, tmp_path)
    identify(province, leaver, code=None)
    identify(province, child, code=CODE)
    assert take_in(province, child, content, tmp_path)
    trail = db.session().scalars(sa.select(AuditEvent.action).where(AuditEvent.action.like("exchange.%")))
    assert sorted(trail) == ["exchange.keep", "exchange.receive", "exchange.transfer"]


def test_what_was_taken_in_by_mistake_is_put_aside_with_a_reason(
    province: Province, leaver: int, tmp_path: Path
) -> None:
    child = twin(province)
    row_id = take_in(province, child, record_of(province, leaver), tmp_path)
    office = acting(province, OTHER_OFFICE)
    with pytest.raises(Invalid, match="why"):
        put_aside(office, row_id, " ", clock=province.clock)
    put_aside(office, row_id, "Nộp nhầm hồ sơ", clock=province.clock)
    with pytest.raises(Invalid, match="already"):
        put_aside(office, row_id, "Lần nữa", clock=province.clock)
    (row,) = load_incoming(db.session(), db.session().get_one(Student, child))
    assert (row.aside_reason, row.content[:5]) == ("Nộp nhầm hồ sơ", "<?xml")


def test_other_schools_and_plain_teachers_get_nothing(
    province: Province, leaver: int, tmp_path: Path
) -> None:
    child = twin(province)
    record = record_of(province, leaver)
    row_id = take_in(province, child, record, tmp_path)
    stranger = acting(province, OFFICE)
    with pytest.raises(NotFound):
        read_incoming(db.session(), stranger, row_id, clock=province.clock)
    with pytest.raises(NotFound):
        receive(stranger, child, record, tmp_path, clock=province.clock)
    with pytest.raises(NotFound):
        class_file(stranger, province.second.class_ids["7B"], 1, clock=province.clock)
    with pytest.raises(Forbidden):
        class_file(acting(province, "habtt.thcsba"), province.second.class_ids["7B"], 1, clock=province.clock)
    with pytest.raises(NotFound):
        student_file(stranger, child, clock=province.clock)


def zipped(**members: bytes) -> bytes:
    """A zip of these members."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


ENTITY = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04nothing",
        b"%PDF-1.7",
        ENTITY,
        "<hoso/>".encode("utf-16"),
        b"\xff\xfe\x00",
        zipped(a=b"1"),
        zipped(**{"../ho-so.xml": b"<a/>", "manifest.json": b"{}"}),
        zipped(**{"manifest.json": b'{"format": "hocvu-archive-1", "members": {}}'}),
        zipped(**{"ho-so.xml": b"0" * 50_000_000, "manifest.json": b"{}"}),
    ],
    ids=["empty", "no zip", "pdf", "entity", "utf-16", "no text", "another zip", "path", "no record", "bomb"],
)
def test_a_file_that_is_no_record_is_refused_whole(
    province: Province, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(Invalid):
        take_in(province, twin(province), content, tmp_path)
    assert db.session().scalar(sa.select(sa.func.count()).select_from(IncomingRecord)) == 0
    assert not list(tmp_path.glob("tmp*"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x89PNG\r\n\x1a\n", "neither a bundle"),
        ("<hoso/>".encode("utf-16"), "neither a bundle"),
        (b'<studentRecord xmlns="urn:hocvu:records:2.0"/>', "written in version 2.0"),
        (b'<studentRecord xmlns="urn:hocvu:records:1.0"/>', "does not follow the format"),
        (b'<studentRecord xmlns="urn:hocvu:records:1.0">', "cut off or damaged at line 1"),
    ],
    ids=["picture", "utf-16", "later version", "empty record", "cut off"],
)
def test_a_refusal_names_what_is_wrong_with_the_file(
    province: Province, tmp_path: Path, content: bytes, why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        take_in(province, twin(province), content, tmp_path)
