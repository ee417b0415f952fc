"""One page of every form of the catalogue, drawn from the demo of the environment, into docs/screenshots/forms/.

`make screenshots` runs it beside its own demo (DATABASE_URL, INSTANCE_DIR); nothing is registered. Every page is marked as a
preview, for a picture is no paper. A form no class of the demo has is filled with the example (`app/reports/examples`).
"""

import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.orm import Session, joinedload

from app import create_app
from app.extensions import db
from app.models import (
    AdminBoard,
    Closing,
    Enrolment,
    LockWindow,
    OrgUnit,
    SchoolClass,
    SchoolYear,
    TeachingAssignment,
    TeachingGroup,
)
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import ClassBook, PrintStamp
from app.reports.examples import example_of
from app.reports.form import YEAR, DrawnFor, Form
from app.reports.papers import Printable
from app.reports.preview import preview
from app.services.documents import builders
from app.services.documents.asked import Asked

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots" / "forms"
MAIN = "thcstk"
DPI, GREYS = 60, 16
PAGES = {"school_record": 2, "contact_book": 2, "decision_duties": 2}
"""Which page tells most, by builder; the first of the others."""
OF_NOW = frozenset({"correction_summary"})
"""Forms that have most to tell of the year that runs, by builder; of the others the closed one does."""
STAMP = PrintStamp(datetime(2026, 11, 22, tzinfo=UTC), "giangnt.thcstk", "Nguyễn Thị Giang", 0, preview=True)


def asked_for(session: Session, form: Form) -> Asked | None:
    """Something of the demo the form can be printed of: the closed year where there is one; None where it has nothing."""
    if form.drawn_for in (DrawnFor.CLASS, DrawnFor.STUDENT):
        return _of_class(session, form)
    unit = session.scalars(sa.select(OrgUnit).where(OrgUnit.code == MAIN)).one()
    closed = sa.select(Closing).where(Closing.unit_id == unit.id).options(joinedload(Closing.school_year))
    closing = session.scalars(closed.order_by(Closing.term == YEAR, Closing.id)).first()
    year = session.scalars(sa.select(SchoolYear).order_by(SchoolYear.starts_on.desc())).first()
    if closing is None or year is None:
        return None
    if form.is_decision:
        return _decision(session, form, unit, closing, year)
    details = _teacher(session, unit.id, closing.school_year_id) if form.drawn_for is DrawnFor.TEACHER else {}
    if form.builder in OF_NOW:
        return Asked(form, unit, year, None, _period(form), None, date(2026, 11, 22))
    return Asked(
        form, unit, closing.school_year, None, _period(form), None, closing.school_year.ends_on, details
    )


def _period(form: Form) -> int:
    return form.periods[-1] if form.periods else YEAR


def _of_class(session: Session, form: Form) -> Asked | None:
    query = (
        sa.select(SchoolClass)
        .join(Enrolment, Enrolment.class_id == SchoolClass.id)
        .join(SchoolYear, SchoolYear.id == SchoolClass.school_year_id)
        .group_by(SchoolClass.id)
        .order_by(SchoolYear.starts_on, sa.func.count(Enrolment.id).desc(), SchoolClass.id)
        .options(joinedload(SchoolClass.unit), joinedload(SchoolClass.school_year))
    )
    rooms = [
        room
        for room in session.scalars(query)
        if form.fits(room.circular, room.school_year.start_year, room.grade)
        and (form.circulars or room.circular != "preschool")
    ]
    if not rooms:
        return None
    telling = 2026 if form.builder in OF_NOW else 2025
    room = min(
        rooms,
        key=lambda room: (room.school_year.start_year != telling, room.unit.code != MAIN, rooms.index(room)),
    )
    student = None
    if form.drawn_for is DrawnFor.STUDENT:
        seats = sa.select(Enrolment.student_id).where(Enrolment.class_id == room.id)
        student = session.scalar(seats.where(Enrolment.ends_on.is_(None)).limit(1)) or session.scalar(
            seats.limit(1)
        )
    ends = room.school_year.ends_on
    return Asked(
        form, room.unit, room.school_year, room, _period(form), student, min(ends, date(2026, 11, 22))
    )


def _teacher(session: Session, unit_id: int, year_id: int) -> dict[str, Any]:
    """The teacher with the most classes of the year."""
    query = (
        sa.select(TeachingAssignment)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .where(TeachingGroup.unit_id == unit_id, TeachingGroup.school_year_id == year_id)
        .options(joinedload(TeachingAssignment.person))
    )
    found = [row.person for row in session.scalars(query)]
    person = max(found, key=lambda person: (sum(other.id == person.id for other in found), -person.id))
    return {"teacher": person.full_name, "teacher_id": person.id}


def _decision(
    session: Session, form: Form, unit: OrgUnit, closing: Closing, year: SchoolYear
) -> Asked | None:
    boards = sa.select(AdminBoard.id).where(AdminBoard.unit_id == unit.id)
    windows = sa.select(LockWindow.id).where(
        LockWindow.owner_id == unit.id,
        LockWindow.school_year_id == closing.school_year_id,
        LockWindow.sheet_id.is_(None),
    )
    reopened = sa.select(Closing.id).where(Closing.unit_id == unit.id, Closing.reopened_at.is_not(None))
    source: dict[str, list[int]] = {
        "decision.board": list(session.scalars(boards)),
        "decision.closing": [closing.id],
        "decision.reopening": list(session.scalars(reopened.limit(1))),
        "decision.locks": list(session.scalars(windows.order_by(LockWindow.opens_at).limit(6))),
    }
    of_year = form.code == "decision.duties"
    if not of_year and not source[form.code]:
        return None
    day = "2026-11-20" if of_year else closing.closed_at.date().isoformat()
    details = {
        "number": "27/QĐ-THCSTK",
        "signed_on": day,
        "place": "Ea Lĩnh",
        "as_of": day,
        "grounds": [],
        "source": source.get(form.code, []),
    }
    return Asked(
        form, unit, year if of_year else closing.school_year, None, YEAR, None, date(2026, 11, 22), details
    )


def drawn(session: Session, form: Form) -> bytes:
    """The form as a marked PDF. Raises RuntimeError where neither the demo nor the example has anything for it."""
    asked = asked_for(session, form)
    paper: Printable | None = builders.build(session, asked, STAMP) if asked else example_of(form, STAMP)
    if paper is None:
        raise RuntimeError(f"nothing to draw {form.code} from")
    return preview(paper, _telling(paper))


def _telling(paper: Printable) -> tuple[int, ...]:
    """Of a class book the first subject, not its cover; of the older book likewise."""
    if isinstance(paper, ClassBook):
        return (3 + len(paper.before),)
    covers = sum(part.title in ("Bìa", "Sổ gọi tên") for part in paper.parts)
    return (min(covers, len(paper.parts) - 1),)


def picture(pdf: bytes, page: int, target: Path) -> None:
    """One page, or the last one before it, as a small grey picture."""
    from app.reports.renderer import page_count

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "form.pdf"
        source.write_bytes(pdf)
        number = str(min(page, page_count(pdf)))
        command = ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", "-f", number, str(source)]
        subprocess.run([*command, str(Path(folder) / "page")], check=True)
        with Image.open(Path(folder) / "page.png") as page_image:
            page_image.convert("L").quantize(GREYS).save(target, optimize=True)


def main(codes: list[str]) -> int:
    """Pictures of these forms, or of all; those of forms that are gone are removed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with create_app().app_context():
        session = db.session()
        for code, form in CATALOGUE.items():
            if not codes or code in codes:
                picture(drawn(session, form), PAGES.get(form.builder, 1), FOLDER / f"{code}.png")
    for path in FOLDER.glob("*.png"):
        if path.stem not in CATALOGUE:
            path.unlink()
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in docs/screenshots/forms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
