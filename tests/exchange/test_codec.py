"""Records as XML and back: nothing is lost, the same record gives the same bytes, and a hostile file is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cell_values import WORDS
from app.domain.sheet_forms import CellKind
from app.domain.vocabulary import Passing
from app.exchange import values
from app.exchange.codec import LONGEST, BadXml, from_xml, to_xml
from app.exchange.records import (
    VERSION,
    Cell,
    Gradebook,
    Place,
    Remark,
    Row,
    School,
    Sheet,
    StudentRecord,
    Teacher,
)

SCHOOL = School("thcstk", "Trường THCS Thúc Kháng", "UBND xã Thúc Kháng", "Sở GDĐT Trường Lĩnh")


def book(comment: str = "Chăm học", mark: str = "8.5", name: str = "Y Khương Byă") -> Gradebook:
    """A book of one line with every kind of cell."""
    cells = (
        Cell("regular_1", None, "mark", mark),
        Cell("midterm", "awaiting", "mark", ""),
        Cell("regular_2", None, "passing", "failed"),
        Cell("final_level", None, "level", "H"),
        Cell("training", None, "training", "good"),
        Cell("excused", None, "count", "3"),
        Cell("comment", None, "text", comment),
    )
    return Gradebook(
        version=VERSION,
        school_year="2026-2027",
        term=1,
        class_name="7A",
        grade=7,
        level="lower_secondary",
        circular="tt22-2021",
        homeroom="Phạm Đức Long",
        head="",
        taken_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        school=SCHOOL,
        places=(Place("local-1", name, date(2014, 3, 1), None, "01", date(2026, 9, 5), None),),
        sheets=(
            Sheet(
                1,
                "math",
                "Toán",
                "7A",
                "marks",
                "tt22-2021",
                4,
                (Teacher("Phạm Đức Long", True, None),),
                (Row("local-1", False, "8.5", cells),),
            ),
        ),
        exemptions=(),
        subject_years=(),
        results=(),
        remarks=(Remark(None, "monthly", "2026-11", None, None, None, "Lớp ngoan"),),
    )


ANY_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("\n\t"), max_size=60
)


@given(ANY_TEXT, ANY_TEXT)
def test_every_text_comes_back_as_it_was(comment: str, name: str) -> None:
    record = book(comment=comment, name=name)
    written = to_xml(record)
    assert from_xml(written, Gradebook) == record
    assert to_xml(from_xml(written, Gradebook)) == written


def test_a_letter_xml_cannot_hold_is_told() -> None:
    with pytest.raises(ValueError, match="XML"):
        to_xml(book(comment="\x08"))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Decimal("0.0"), CellKind.MARK),
        (Decimal("10.0"), CellKind.MARK),
        (Passing.FAILED, CellKind.MARK),
        (Decimal("9.0"), CellKind.WHOLE_MARK),
        (0, CellKind.COUNT),
        ("Đạt", CellKind.TEXT),
        (None, CellKind.MARK),
        *((word, kind) for kind, words in WORDS.items() for word in words),
    ],
)
def test_a_cell_is_read_as_it_was_written(value: Any, kind: CellKind) -> None:
    """Zero and blank are two things; so are a mark and the result of a comment subject."""
    assert values.read(*values.written(value, kind)) == value


@pytest.mark.parametrize("mark", ["11.0", "8,5", "8.55", "-1.0", "NaN", "8", " 8.5"])
def test_the_schema_takes_marks_only(mark: str) -> None:
    with pytest.raises(BadXml, match="mark") as refused:
        from_xml(to_xml(book(mark=mark)), Gradebook)
    assert refused.value.line > 1


HOSTILE = {
    "nothing": b"",
    "no XML": b"\x00\x01PK",
    "cut off": to_xml(book())[:300],
    "another root": to_xml(book()).replace(b"gradebook", b"gradeboot"),
    "another record": to_xml(StudentRecord(VERSION, datetime(2026, 1, 1, tzinfo=UTC), SCHOOL, None, ())),  # type: ignore[arg-type]
    "an attribute more": to_xml(book()).replace(b"<gradebook ", b'<gradebook extra="1" '),
    "an entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + to_xml(book("&x;"))[39:],
    "many entities": (
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
    ),
    "too deep": b"<a>" * 5000,
    "too large": b"<" + b"a" * LONGEST,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_record_is_refused(name: str) -> None:
    with pytest.raises(BadXml):
        from_xml(HOSTILE[name], Gradebook)
