"""The head's tracking book (S3): the bundles of a school by class, and one of them as an archive to be kept elsewhere."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import Action, Actor
from app.domain.bundles import Occasion
from app.errors import N_, Invalid
from app.extensions import db
from app.models import BundleCheck, BundleSignature, SchoolClass, SchoolYear, SealedBundle
from app.services import scope
from app.services.bundles.check import check, faulty_bundles, newest_checks
from app.services.bundles.make import bundle_root, make_bundle
from app.services.bundles.signed import signatures_of
from app.services.bundles.store import Fault
from app.services.clock import Clock, local_day
from app.services.programme import terms_of
from app.services.rights import demand
from app.services.unit_of_work import record_event

CHECKER: Final = Path(__file__).resolve().parents[3] / "scripts" / "check_bundles.py"
PAGE: Final = 200
SPOILED: Final = N_("This bundle no longer holds what was sealed. Restore it from another copy first.")
WRONG_TERM: Final = N_("Choose term I, term II or the whole year.")


@dataclass(frozen=True)
class ClassLine:
    """A class with how many bundles it has, the newest of them, and how many no longer fit what was sealed."""

    school_class: SchoolClass
    bundles: int
    newest: SealedBundle | None
    faulty: int


@dataclass(frozen=True)
class ClassBundles:
    """Every bundle of a class, newest first, with the last look at each."""

    school_class: SchoolClass
    rows: Sequence[SealedBundle]
    checks: Mapping[int, BundleCheck]
    signed: Mapping[int, Sequence[BundleSignature]]


def load_classes(session: Session, actor: Actor, unit_id: int, year_id: int, day: date) -> list[ClassLine]:
    """The classes of a school in a year with their bundles; five statements, whatever the number of bundles."""
    year = scope.get(session, actor, SchoolYear, year_id, day)
    demand(actor, Action.BUNDLE_VIEW, unit_id)
    classes = session.scalars(
        scope.scoped(actor, SchoolClass, day)
        .where(SchoolClass.unit_id == unit_id, SchoolClass.school_year_id == year.id)
        .order_by(SchoolClass.grade, SchoolClass.order_no, SchoolClass.name)
    ).all()
    ids = [c.id for c in classes]
    query = sa.select(SealedBundle.class_id, sa.func.count(), sa.func.max(SealedBundle.id)).where(
        SealedBundle.class_id.in_(ids)
    )
    counted = {row[0]: row for row in session.execute(query.group_by(SealedBundle.class_id))}
    newest = {
        row.class_id: row
        for row in session.scalars(
            sa.select(SealedBundle).where(SealedBundle.id.in_([r[2] for r in counted.values()]))
        )
    }
    faults = session.execute(faulty_bundles(SealedBundle.class_id, SealedBundle.class_id.in_(ids)))
    faulty = {row[0]: row[1] for row in faults}
    return [
        ClassLine(c, counted[c.id][1] if c.id in counted else 0, newest.get(c.id), faulty.get(c.id, 0))
        for c in classes
    ]


def load_class(session: Session, actor: Actor, class_id: int, day: date) -> ClassBundles:
    """The bundles of a class. Raises NotFound out of reach, Forbidden."""
    school_class = scope.get(session, actor, SchoolClass, class_id, day)
    demand(actor, Action.BUNDLE_VIEW, school_class.unit_id)
    rows = session.scalars(
        sa.select(SealedBundle)
        .where(SealedBundle.class_id == class_id)
        .options(joinedload(SealedBundle.user))
        .order_by(SealedBundle.number.desc())
        .limit(PAGE)
    ).all()
    ids = [row.id for row in rows]
    return ClassBundles(school_class, rows, newest_checks(session, ids), signatures_of(session, ids))


def order(actor: Actor, class_id: int, term: int, *, clock: Clock) -> int:
    """The school's leaders have a class sealed now; returns the bundle's id.

    Raises NotFound, Forbidden, Invalid for a term the school doesn't have, Unavailable where a paper can't be drawn.
    """
    session, day = db.session(), local_day(clock())
    school_class = scope.get(session, actor, SchoolClass, class_id, day)
    demand(actor, Action.BUNDLE_MAKE, school_class.unit_id)
    if term not in {0, *terms_of(session, school_class.unit_id, school_class.school_year)}:
        raise Invalid(WRONG_TERM)
    bundle_id = make_bundle(session, school_class, term, Occasion.ORDER, clock=clock, actor=actor)
    record_event(actor, "bundle.make", clock=clock, target=session.get(SealedBundle, bundle_id), term=term)
    return bundle_id


def look(actor: Actor, bundle_id: int, *, clock: Clock) -> list[Fault]:
    """Check a bundle now. Raises NotFound, Forbidden."""
    row = _within(actor, bundle_id, clock)
    return check(row.id, clock=clock)


def as_zip(actor: Actor, bundle_id: int, *, clock: Clock) -> tuple[str, bytes]:
    """Name and content of a bundle's archive with the checker inside, to be kept elsewhere (S4 Điều 20 khoản 3).

    Raises NotFound, Forbidden, Invalid where the folder is no longer what was sealed: no spoiled copy is given out.
    """
    row = _within(actor, bundle_id, clock)
    folder = bundle_root() / row.folder
    if check(row.id, clock=clock):
        raise Invalid(SPOILED)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{row.folder}/{path.name}")
        for signature in signatures_of(db.session(), [row.id]).get(row.id, ()):
            archive.write(bundle_root() / signature.file, signature.file)
        archive.write(CHECKER, CHECKER.name)
    record_event(actor, "bundle.fetch", clock=clock, target=row, digest=row.digest)
    return f"niem-phong-{row.folder.replace('/', '-')}.zip", out.getvalue()


def _within(actor: Actor, bundle_id: int, clock: Clock) -> SealedBundle:
    session = db.session()
    row = scope.get(session, actor, SealedBundle, bundle_id, local_day(clock()))
    demand(actor, Action.BUNDLE_VIEW, row.unit_id)
    return row
