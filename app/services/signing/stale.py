"""Finding kept papers the record has moved away from. Done by the worker: a save waits for no print.

What moved is told by the chains over the history: a sheet's chain says which class, at once; a unit's chain only that
something of the unit has changed, and then all its kept papers are read again, once an hour at most. A paper is stale when
what it would say now has another digest (`documents/checking`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import SYSTEM
from app.domain.assessment.facts import YEAR
from app.domain.corrections import State
from app.domain.vocabulary import Role
from app.models import (
    ChainLink,
    CorrectionCell,
    CorrectionRequest,
    Document,
    GradebookSheet,
    Installation,
    Position,
    Signature,
    SigningRound,
    StalePaper,
    StudentResult,
    TxLog,
)
from app.models.base import in_force
from app.reports.catalogue import CATALOGUE
from app.reports.contexts import PrintPurpose
from app.reports.form import DrawnFor
from app.services.clock import Clock, local_day
from app.services.documents.checking import gone_elsewhere
from app.services.notices import tell
from app.services.signing.papers import digests_of_print
from app.services.signing.rounds import settle
from app.services.signing.waiting import current_papers
from app.services.unit_of_work import Work, plain_write, transaction

COMPARED: Final = (PrintPurpose.PERIODIC.value, PrintPurpose.ISSUED.value)
FORMS: Final = tuple(
    form.code
    for form in CATALOGUE.values()
    if form.drawn_for is not DrawnFor.TEACHER and not form.is_decision
)
"""A teacher's own book stands for what the teacher wrote; a decision isn't taken anew by printing it."""
OVERLAP: Final = timedelta(seconds=30)
"""A transaction may become visible a little after the instant it was judged by."""
WIDE: Final = timedelta(hours=1)
CLASSES_LOOKED, UNITS_LOOKED = "stale_classes_looked", "stale_units_looked"
URL: Final = "/signing-rounds/"
TITLE: Final = "Cần in lại, ký lại: {title}"
BODY: Final = "Dữ liệu của {n} bản in lưu đã thay đổi{why}. Bản in và chữ ký cũ vẫn được lưu; hãy in lại rồi ký lại bản mới."

Condition = sa.ColumnElement[bool]


def look_for_stale(session: Session, *, clock: Clock) -> int:
    """Mark what has become stale since the last look, open rounds for it and tell whom it concerns; then see which rounds
    are done. Returns how many papers were marked.
    """
    now = clock()
    classes, units = _looked(session)
    wide = units is None or now - units >= WIDE
    where = _moved(session, units if wide else classes, wide)
    marked = 0
    if where is not None:
        marked = sum(_compare(session, ids, clock) for ids in _current(session, where))
        with plain_write() as writing:
            for key in (CLASSES_LOOKED, UNITS_LOOKED) if wide else (CLASSES_LOOKED,):
                _note_look(writing, key, now)
    settle(session, clock=clock)
    return marked


def _note_look(writing: Session, key: str, now: datetime) -> None:
    row = writing.get(Installation, key) or Installation(key=key)
    row.value = now.isoformat()
    writing.add(row)


def _looked(session: Session) -> tuple[datetime | None, datetime | None]:
    keys = (CLASSES_LOOKED, UNITS_LOOKED)
    rows = session.execute(sa.select(Installation.key, Installation.value).where(Installation.key.in_(keys)))
    known = {row.key: datetime.fromisoformat(row.value) for row in rows}
    return known.get(CLASSES_LOOKED), known.get(UNITS_LOOKED)


def _moved(session: Session, since: datetime | None, wide: bool) -> Condition | None:
    """SQL: papers of which something may have changed since then; None where nothing moved."""
    if since is None:
        return sa.true()
    moment = since - OVERLAP
    chains = (
        sa.select(ChainLink.chain).join(TxLog, TxLog.id == ChainLink.tx_id).where(TxLog.issued_at > moment)
    )
    moved = set(session.scalars(chains.distinct()))
    judged = sa.select(StudentResult.class_id, StudentResult.period).where(StudentResult.computed_at > moment)
    classes = {(class_id, period) for class_id, period in session.execute(judged.distinct())}
    sheets = [int(chain[1:]) for chain in moved if chain.startswith("s")]
    touched = sa.select(GradebookSheet.class_id, GradebookSheet.unit_id, GradebookSheet.term)
    touched = touched.where(GradebookSheet.id.in_(sheets)).distinct()
    rows = session.execute(touched).all() if sheets else ()
    classes |= {(row.class_id, row.term) for row in rows if row.class_id is not None}
    units = {row.unit_id for row in rows if row.class_id is None}  # a sheet of several classes
    if wide:
        units |= {int(chain[1:]) for chain in moved if chain.startswith("u")}
    found: list[Condition] = [Document.unit_id.in_(units)] if units else []
    for term in {term for _class, term in classes}:
        of_term = [class_id for class_id, known in classes if known == term]
        covers = sa.or_(Document.period.is_(None), Document.period == YEAR, Document.period >= term)
        found.append(sa.and_(Document.class_id.in_(of_term), covers))
    return sa.or_(*found) if found else None


def _current(session: Session, where: Condition) -> list[list[int]]:
    """The papers, print by print."""
    query = sa.select(Document.id, Document.unit_id, Document.label, Document.form).order_by(Document.id)
    query = query.where(
        where,
        Document.data_digest.is_not(None),
        Document.purpose.in_(COMPARED),
        Document.form.in_(FORMS),
        *current_papers(),
    )
    found: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for row in session.execute(query):
        found[row.unit_id, row.label, row.form].append(row.id)
    return list(found.values())


def _compare(session: Session, ids: Sequence[int], clock: Clock) -> int:
    """Mark the papers of one print that say something else by now."""
    papers = _load(session, ids)
    now = digests_of_print(session, papers)
    moved = [] if now is None else [p for p in papers if now.get(p.student_id) != p.data_digest]
    stale = _to_renew(session, moved) if moved else []
    if stale:
        with transaction(SYSTEM, "paper.stale", clock=clock) as work:
            _mark(work, _load(work.session, stale))
    return len(stale)


def _to_renew(session: Session, moved: Sequence[Document]) -> list[int]:
    """The ids of papers to be printed anew: of a student who left for another school, only those a correction touched."""
    gone = gone_elsewhere(session, moved)
    causes = _causes(session, moved) if gone else {}
    return [paper.id for paper in moved if paper.id not in gone or paper.id in causes]


def _load(session: Session, ids: Sequence[int]) -> Sequence[Document]:
    query = sa.select(Document).where(Document.id.in_(ids)).order_by(Document.id)
    whose = (joinedload(Document.unit), joinedload(Document.school_year), joinedload(Document.school_class))
    return session.scalars(query.options(*whose)).all()


def _mark(work: Work, papers: Sequence[Document]) -> None:
    first, causes = papers[0], _causes(work.session, papers)
    why = next((causes[p.id] for p in papers if p.id in causes), None)
    row = _open_round(work, first, why)
    for paper in papers:
        cause = causes.get(paper.id)
        since = (cause.finished_at if cause else None) or work.now
        row.papers.append(
            StalePaper(document_id=paper.id, since=since, correction_id=cause.id if cause else None)
        )
    work.flush()
    work.audit("paper.stale", target=row, number=first.label, papers=len(papers), form=first.form)
    reason = f" theo đề nghị điều chỉnh {why.code}" if why else ""
    body = BODY.format(n=len(papers), why=reason)
    tell(work, _concerned(work, papers), TITLE.format(title=first.title), body, URL)


def _open_round(work: Work, paper: Document, why: CorrectionRequest | None) -> SigningRound:
    """The open round of the same form, class and period, else a new one; each issued record has its own."""
    same = ("unit_id", "school_year_id", "class_id", "form", "period", "purpose")
    values = {name: getattr(paper, name) for name in same}
    query = sa.select(SigningRound).where(
        SigningRound.closed_at.is_(None),
        *(getattr(SigningRound, name).is_not_distinct_from(value) for name, value in values.items()),
    )
    row = None
    if paper.purpose == PrintPurpose.PERIODIC.value:
        row = work.session.scalars(query.order_by(SigningRound.id.desc()).limit(1)).one_or_none()
    if row is None:
        row = SigningRound(**values, opened_at=work.now, correction_id=why.id if why else None)
        work.session.add(row)
    return row


def _causes(session: Session, papers: Sequence[Document]) -> Mapping[int, CorrectionRequest]:
    """The newest correction applied since each paper was made that touches its class, and its student where it has one."""
    first = papers[0]
    if first.class_id is None:
        return {}
    query = (
        sa.select(CorrectionRequest, CorrectionCell.student_id)
        .join(CorrectionCell, CorrectionCell.request_id == CorrectionRequest.id)
        .where(
            CorrectionRequest.class_id == first.class_id,
            CorrectionRequest.state == State.APPLIED,
            CorrectionRequest.finished_at > min(paper.made_at for paper in papers),
        )
        .order_by(CorrectionRequest.finished_at, CorrectionRequest.id)
    )
    rows = session.execute(query).all()
    found = {}
    for paper in papers:
        mine = [r for r, student in rows if paper.student_id in (None, student)]
        mine = [r for r in mine if r.finished_at is not None and r.finished_at > paper.made_at]
        if mine:
            found[paper.id] = mine[-1]
    return found


def _concerned(work: Work, papers: Sequence[Document]) -> set[int]:
    """Who signed them, and the school's office."""
    ids = [paper.id for paper in papers]
    signers = sa.select(Signature.person_id).where(Signature.document_id.in_(ids))
    office = sa.select(Position.person_id).where(
        Position.unit_id == papers[0].unit_id,
        Position.role == Role.OFFICE_STAFF,
        in_force(Position, local_day(work.now)),
    )
    return set(work.session.scalars(signers.union(office)))
