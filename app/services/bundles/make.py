"""Making a sealed bundle: what of a class goes into it, and its line in the head's tracking book."""

import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session, joinedload

from app.domain.access import SYSTEM, Actor
from app.domain.assessment.facts import YEAR
from app.domain.bundles import Occasion
from app.domain.corrections import State
from app.errors import Unavailable
from app.exchange.codec import to_xml
from app.models import CorrectionRequest, GradebookSheet, SchoolClass, SealedBundle, StudentResult
from app.reports import catalogue, drawing
from app.reports.contexts import PrintPurpose, PrintStamp
from app.reports.pdfa import archival
from app.reports.renderer import RenderError
from app.services import sheet_list
from app.services.bundles import store
from app.services.bundles.store import Part
from app.services.chain import bundle as history
from app.services.chain.reading import Part as HistoryPart
from app.services.clock import Clock, local_day
from app.services.correction_printing import draw_minutes
from app.services.documents.asked import Asked
from app.services.documents.builders import build
from app.services.exchange.gradebook import class_record
from app.services.printing import NOT_DRAWN
from app.services.unit_of_work import plain_write

log = logging.getLogger(__name__)

FOLDER: Final = "bundles"
BY_ITSELF: Final = "HocVu"
BOOKS: Final = (catalogue.CLASS_BOOK, catalogue.OLD_BOOK, catalogue.PRIMARY_SUMMARY)
CHECKER: Final = Path(__file__).resolve().parents[3] / "scripts" / "check_history.py"


def bundle_root() -> Path:
    """Where this installation keeps its bundles."""
    return Path(current_app.config["INSTANCE_DIR"]) / FOLDER


def make_bundle(
    session: Session,
    school_class: SchoolClass,
    term: int,
    occasion: Occasion,
    *,
    clock: Clock,
    source_id: int | None = None,
    actor: Actor = SYSTEM,
) -> int:
    """Seal what a class has in a term (0: the year) in a new folder; returns the bundle's id. Right and reach are checked.

    The record is read first and written down then; no save waits for the drawing. Raises Unavailable where a paper can't
    be drawn, OSError where the disk is full: nothing is left then.
    """
    now = clock()
    stamp = PrintStamp(
        now, actor.username or BY_ITSELF, actor.full_name or BY_ITSELF, 1, PrintPurpose.PERIODIC
    )
    try:
        parts = list(_parts(session, school_class, term, stamp, now))
    except (RenderError, ValueError) as error:
        log.exception("class %s could not be sealed", school_class.id)
        raise Unavailable(NOT_DRAWN) from error
    facts = _facts(school_class, term, occasion, now, stamp)
    class_id, unit_id, year_id = school_class.id, school_class.unit_id, school_class.school_year_id
    place = Path(
        store.folder_name(school_class.unit.code),
        str(school_class.school_year.start_year),
        f"{store.folder_name(school_class.name)}-{class_id}",
    )
    with plain_write() as writing:
        newest = _newest(writing, class_id)
        sealed = sealed_before(writing, class_id, occasion, source_id)
        if sealed is not None:  # by another process, while this one was drawing
            return sealed
        number = _next_number(newest, bundle_root() / place)
        folder = place / f"{number:04d}-{occasion.value}-{term}"
        previous = newest.digest if newest else None
        digest = store.write(bundle_root() / folder, parts, facts | {"number": number, "previous": previous})
        row = SealedBundle(
            unit_id=unit_id,
            school_year_id=year_id,
            class_id=class_id,
            term=term,
            number=number,
            occasion=occasion,
            source_id=source_id,
            made_at=now,
            user_id=actor.user_id,
            folder=folder.as_posix(),
            files=len(parts),
            size=sum(len(part.content) for part in parts),
            digest=digest,
            previous=previous,
        )
        writing.add(row)
        writing.flush()
        return row.id


def _newest(session: Session, class_id: int) -> SealedBundle | None:
    """The class's newest bundle, while nobody else makes one for it."""
    session.execute(sa.select(SchoolClass.id).where(SchoolClass.id == class_id).with_for_update())
    query = sa.select(SealedBundle).where(SealedBundle.class_id == class_id)
    return session.scalar(query.order_by(SealedBundle.number.desc()).limit(1))


def sealed_before(session: Session, class_id: int, occasion: Occasion, source_id: int | None) -> int | None:
    """The bundle of the class that this closing, correction or window gave rise to before."""
    if source_id is None:
        return None
    query = sa.select(SealedBundle.id).where(
        SealedBundle.class_id == class_id,
        SealedBundle.occasion == occasion,
        SealedBundle.source_id == source_id,
    )
    found: int | None = session.scalar(query.limit(1))
    return found


def _next_number(newest: SealedBundle | None, place: Path) -> int:
    """After the last on record and on disk: a folder whose line was lost in a crash is not written over."""
    there = [int(path.name[:4]) for path in place.glob("[0-9][0-9][0-9][0-9]-*")] if place.is_dir() else []
    return max([newest.number if newest else 0, *there]) + 1


def _facts(
    school_class: SchoolClass, term: int, occasion: Occasion, now: datetime, stamp: PrintStamp
) -> dict[str, Any]:
    unit, year = school_class.unit, school_class.school_year
    return {
        "unit": {"code": unit.code, "name": unit.name},
        "class": school_class.name,
        "school_year": f"{year.start_year}-{year.start_year + 1}",
        "term": term,
        "occasion": occasion.value,
        "made_at": now.isoformat(timespec="seconds"),
        "made_by": {"account": stamp.account, "name": stamp.full_name},
    }


# -- what goes into it -------------------------------------------------------------------------------------------


def _parts(
    session: Session, school_class: SchoolClass, term: int, stamp: PrintStamp, now: datetime
) -> Iterator[Part]:
    for number in (1, 2) if term == YEAR else (term,):
        yield Part(f"so-hk{number}.xml", to_xml(class_record(session, school_class, number, now)))
    yield from _book(session, school_class, term, stamp)
    yield Part("lich-su.zip", _history(session, school_class, term, now))
    yield from _minutes(session, school_class, term, stamp)
    yield Part("quy-tac.json", _rules(session, school_class, term))


def _book(session: Session, school_class: SchoolClass, term: int, stamp: PrintStamp) -> Iterator[Part]:
    """The class's book as printed, by the form of its circular and year; a preschool class has none."""
    year = school_class.school_year
    fitting = (
        form
        for form in BOOKS
        if form.fits(school_class.circular, year.start_year, school_class.grade) and term in form.periods
    )
    form = next(fitting, None)
    if form is None:
        return
    asked = Asked(form, school_class.unit, year, school_class, term, None, local_day(stamp.printed_at))
    paper = build(session, asked, stamp)
    titles, parts = [], []
    for title, draw in drawing.parts_of(paper):
        titles.append(title)
        parts.append(draw())
    yield Part("so.pdf", drawing.file_of(paper, titles, parts))


def _history(session: Session, school_class: SchoolClass, term: int, now: datetime) -> bytes:
    """Chains and anchors of the class's sheets, with the checker: verifies without any database."""
    query = sheet_list.of_class(school_class)
    if term != YEAR:
        query = query.where(GradebookSheet.term == term)
    sheets = tuple(sheet.id for sheet in session.scalars(query))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lich-su.zip"
        part = HistoryPart(unit_id=school_class.unit_id, only=sheets)
        history.export(session, part, path, CHECKER, now)
        return path.read_bytes()


def _minutes(session: Session, school_class: SchoolClass, term: int, stamp: PrintStamp) -> Iterator[Part]:
    """The minutes of every correction written into the class's book in the term."""
    query = (
        sa.select(CorrectionRequest)
        .where(
            CorrectionRequest.class_id == school_class.id,
            CorrectionRequest.state == State.APPLIED,
            *(() if term == YEAR else (CorrectionRequest.term == term,)),
        )
        .options(
            joinedload(CorrectionRequest.unit),
            joinedload(CorrectionRequest.school_year),
            joinedload(CorrectionRequest.requested_by),
        )
        .order_by(CorrectionRequest.id)
    )
    for row in session.scalars(query).unique():
        name = f"bien-ban-{row.requested_at.year}-{row.id:04d}.pdf"
        yield Part(name, archival(draw_minutes(session, row, stamp), stamp.printed_at))


def _rules(session: Session, school_class: SchoolClass, term: int) -> bytes:
    """By which circular, in which version of its rules, the class's results came about."""
    query = (
        sa.select(StudentResult.period, StudentResult.circular, StudentResult.version)
        .where(StudentResult.class_id == school_class.id)
        .distinct()
        .order_by(StudentResult.period, StudentResult.circular, StudentResult.version)
    )
    rows: Sequence[Any] = session.execute(query).all()
    wanted = (YEAR, 1, 2) if term == YEAR else (term,)
    found = [
        {"period": row.period, "circular": row.circular, "version": row.version}
        for row in rows
        if row.period in wanted
    ]
    text = {"circular": school_class.circular, "results": found}
    return json.dumps(text, ensure_ascii=False, indent=1).encode()
