"""What can be signed: the papers of one print that are kept (periodic and issued ones), with who has signed them."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor, Target, may
from app.domain.signing import SigningRole
from app.errors import N_, Forbidden, Invalid
from app.models import Document, SchoolClass, Signature
from app.services import scope
from app.services.assignments import of_class
from app.services.closing.signing import authorisation_of
from app.services.documents.checking import digests_now
from app.services.exchange.kept import is_kept_record
from app.services.results.class_page import leads_class
from app.services.signing import store

NOT_KEPT: Final = N_("The file of this paper is not kept any more, or was changed. Print it again.")
NOT_YOURS: Final = N_("You sign papers of your own classes, or as head, or put the seal where you keep it.")
SHOWN: Final = 60


@dataclass(frozen=True)
class Item:
    """One paper to sign. `same`: whether the record still says what the paper says; None where that isn't compared."""

    document_id: int
    title: str
    pages: int
    file: str | None  # as printed, below PAPERS
    digest: str  # of the file as it is now, with the signatures it has
    data_digest: str | None
    same: bool | None
    signed: tuple[Signature, ...]


class Signable(Protocol):
    """Papers that are signed in one action after a readable summary (S0 Điều 8 khoản 4)."""

    @property
    def unit_id(self) -> int:
        """Whose papers."""

    @property
    def items(self) -> Sequence[Item]:
        """The papers, in the order they are shown."""

    @property
    def roles(self) -> Sequence[SigningRole]:
        """As what the actor may sign them."""

    @property
    def seen(self) -> str:
        """What the summary shows, in short: changes with any paper, its data or its signatures."""

    def read(self, item: Item) -> bytes:
        """The file of a paper as it is now. Raises Invalid where it is gone."""


@dataclass(frozen=True)
class Print:
    """The papers of one print."""

    unit_id: int
    title: str
    label: str
    made_at: datetime
    items: tuple[Item, ...]
    roles: tuple[SigningRole, ...]
    deputy: bool  # signs for the head

    @property
    def seen(self) -> str:
        """What the summary shows, in short."""
        told = [(item.document_id, item.digest, item.same) for item in self.items]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]

    def read(self, item: Item) -> bytes:
        """The file of a paper as it is now."""
        return store.read_signed(item.digest) if item.signed else original(item.file, item.digest)


def with_signatures(session: Session, document_id: int, printed: bytes) -> bytes:
    """A paper with the signatures it has by now: the file as printed where there is none. Invalid where it is gone."""
    query = sa.select(Signature.file_digest).where(Signature.document_id == document_id)
    newest = session.scalar(query.order_by(Signature.place.desc()).limit(1))
    return printed if newest is None else store.read_signed(newest)


def original(name: str | None, digest: str) -> bytes:
    """A paper as it was printed. Raises Invalid where it is gone or not what was printed."""
    path = store.printed() / (name or "")
    data = path.read_bytes() if name and path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise Invalid(NOT_KEPT)
    return data


def load_print(
    session: Session, actor: Actor, document_id: int, day: date, *, with_stale: bool = False
) -> Print:
    """The kept papers of the print a document belongs to, but for stale ones, which are signed anew by another print; six
    statements and one reading of the record.

    Raises NotFound outside the actor's reach, Forbidden for who signs none of them.
    """
    first = scope.get(session, actor, Document, document_id, day)
    roles, deputy = _roles(session, actor, first, day)
    if not roles:
        raise Forbidden(NOT_YOURS)
    query = sa.select(Document).where(
        Document.unit_id == first.unit_id,
        Document.label == first.label,
        Document.form == first.form,
        Document.file.is_not(None),
        sa.true() if with_stale else ~Document.stale.has(),
    )
    papers = session.scalars(query.options(joinedload(Document.student)).order_by(Document.place)).all()
    signed, now = _signatures(session, papers), (digests_of_print(session, papers) if papers else None)
    return Print(
        unit_id=first.unit_id,
        title=first.title,
        label=first.label,
        made_at=first.made_at,
        items=tuple(_item(paper, signed[paper.id], now) for paper in papers),
        roles=roles,
        deputy=deputy,
    )


def digests_of_print(session: Session, papers: Sequence[Document]) -> Mapping[int | None, str] | None:
    """Digest by student of what the papers of one print would say now; None for forms that aren't compared."""
    students = tuple(paper.student_id for paper in papers if paper.student_id is not None)
    several = len(papers) > 1 and not is_kept_record(papers[0])
    return digests_now(session, papers[0], students if several else ())


def _item(paper: Document, signed: Sequence[Signature], now: Mapping[int | None, str] | None) -> Item:
    same = None
    if paper.data_digest is not None and now is not None:
        same = now.get(paper.student_id) == paper.data_digest
    return Item(
        document_id=paper.id,
        title=paper.student.full_name if paper.student and not is_kept_record(paper) else paper.title,
        pages=paper.pages,
        file=paper.file,
        digest=signed[-1].file_digest if signed else paper.pdf_digest,
        data_digest=paper.data_digest,
        same=same,
        signed=tuple(signed),
    )


def _signatures(session: Session, papers: Sequence[Document]) -> Mapping[int, list[Signature]]:
    query = sa.select(Signature).where(Signature.document_id.in_([paper.id for paper in papers]))
    query = query.options(joinedload(Signature.person), joinedload(Signature.certificate))
    found: dict[int, list[Signature]] = defaultdict(list)
    for row in session.scalars(query.order_by(Signature.document_id, Signature.place)):
        found[row.document_id].append(row)
    return found


def _roles(
    session: Session, actor: Actor, paper: Document, day: date
) -> tuple[tuple[SigningRole, ...], bool]:
    """As what the actor may sign a paper, in the order of signing; and whether for the head."""
    unit, room = actor.relation_to(paper.unit_id), paper.school_class
    deputy = authorisation_of(session, actor, day) is not None
    leads = room is not None and leads_class(session, actor, room, day)
    teaches = room is not None and any(t.person_id == actor.person_id for t in of_class(session, room.id))
    answers = {
        SigningRole.SUBJECT_TEACHER: teaches and may(actor, Action.PAPER_SIGN, Target(unit, teaches=True)),
        SigningRole.HOMEROOM_TEACHER: leads and may(actor, Action.PAPER_SIGN, Target(unit, homeroom=True)),
        SigningRole.HEAD: may(actor, Action.PAPER_APPROVE, Target(unit, authorised=deputy)),
        SigningRole.SEAL: may(actor, Action.PAPER_SEAL, Target(unit)),
    }
    head = may(actor, Action.PAPER_APPROVE, Target(unit))
    return tuple(role for role, holds in answers.items() if holds), deputy and not head


# -- the list ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PrintLine:
    """A print in the list, with how many of its papers each role has signed."""

    document_id: int
    title: str
    label: str
    made_at: datetime
    class_name: str
    papers: int
    signed: Mapping[SigningRole, int]


def signable_prints(session: Session, actor: Actor, day: date) -> list[PrintLine]:
    """The newest prints the actor may sign or seal: of a teacher those of the own classes; two statements."""
    columns = (Document.unit_id, Document.label, Document.form, Document.made_at, SchoolClass.name)
    query = (
        sa.select(
            sa.func.min(Document.id).label("id"),
            sa.func.min(Document.title).label("title"),
            sa.func.count().label("papers"),
            *columns,
        )
        .outerjoin(SchoolClass, SchoolClass.id == Document.class_id)
        .where(Document.unit_id == actor.unit_id, Document.file.is_not(None), ~Document.stale.has())
        .where(scope.condition(actor, Document, day))
        .group_by(*columns)
        .order_by(Document.made_at.desc(), sa.func.min(Document.id))
        .limit(SHOWN)
    )
    if not (may(actor, Action.PAPER_SEAL, Target()) or may(actor, Action.PAPER_APPROVE, Target())):
        query = query.where(Document.class_id.in_(scope.taught_class_ids(actor)))
    rows = session.execute(query).all()
    signed = _signed(session, [row.label for row in rows], actor.unit_id)
    return [
        PrintLine(
            row.id, row.title, row.label, row.made_at, row.name or "", row.papers, signed[row.label, row.form]
        )
        for row in rows
    ]


def _signed(
    session: Session, labels: Sequence[str], unit_id: int | None
) -> Mapping[tuple[str, str], dict[SigningRole, int]]:
    """How many papers of each print a role has signed."""
    query = (
        sa.select(
            Document.label,
            Document.form,
            Signature.role,
            sa.func.count(Signature.document_id.distinct()).label("papers"),
        )
        .join(Signature, Signature.document_id == Document.id)
        .where(Document.unit_id == unit_id, Document.label.in_(labels))
        .group_by(Document.label, Document.form, Signature.role)
    )
    found: dict[tuple[str, str], dict[SigningRole, int]] = defaultdict(dict)
    for row in session.execute(query):
        found[row.label, row.form][row.role] = row.papers
    return found
