"""Bundles are looked at again and again: what has gone or changed is told to the school and to the tier above."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.access import SYSTEM
from app.domain.exceptions import ExceptionKind
from app.models import BundleCheck, SealedBundle
from app.services.bundles import store
from app.services.bundles.make import bundle_root
from app.services.bundles.signed import signature_faults
from app.services.bundles.store import Fault
from app.services.clock import Clock
from app.services.exceptions import tell_above
from app.services.notices import tell_units
from app.services.unit_of_work import transaction

EVERY: Final = timedelta(days=7)
BATCH: Final = 200
NONE: Final = "[]"
"""No faults, as a column of JSON keeps them."""
_WORDS: Final = {
    "missing": "thiếu tệp",
    "changed": "tệp bị thay đổi",
    "added": "có tệp lạ",
    "manifest": "không đọc được danh mục",
    "signature": "chữ ký không khớp",
}


def check_due(session: Session, *, clock: Clock, seconds: int = 0) -> list[int]:
    """Check the bundles that have not been looked at for longest and whose days are over, one at least where there is one.

    Goes on for so many seconds; returns the ids of those that were looked at.
    """
    looked = (
        sa.select(sa.func.max(BundleCheck.checked_at))
        .where(BundleCheck.bundle_id == SealedBundle.id)
        .correlate(SealedBundle)
        .scalar_subquery()
    )
    last = sa.func.coalesce(looked, SealedBundle.made_at)
    query = (
        sa.select(SealedBundle.id).where(last <= clock() - EVERY).order_by(last, SealedBundle.id).limit(BATCH)
    )
    done, begun = list[int](), time.monotonic()
    for bundle_id in session.scalars(query).all():
        check(bundle_id, clock=clock)
        done.append(bundle_id)
        if time.monotonic() - begun >= seconds:
            break
    return done


def check(bundle_id: int, *, clock: Clock) -> list[Fault]:
    """Compare a bundle with its manifest and its line; what is new in it is told. Returns what was found."""
    with transaction(SYSTEM, "bundle.check", clock=clock) as work:
        row = work.session.get_one(
            SealedBundle,
            bundle_id,
            options=[joinedload(SealedBundle.unit), joinedload(SealedBundle.school_class)],
        )
        found = store.faults(bundle_root() / row.folder, row.digest) + signature_faults(work.session, row.id)
        before = newest_checks(work.session, [row.id]).get(row.id)
        faults = [[fault.kind, fault.name] for fault in found]
        work.session.add(BundleCheck(bundle_id=row.id, checked_at=work.now, faults=faults))
        if faults and (before is None or before.faults != faults):
            first = found[0]
            what = (
                f"Gói niêm phong số {row.number} của lớp {row.school_class.name}: {_WORDS[first.kind]} "
                f"({first.name})" + (f" và {len(found) - 1} chỗ khác" if len(found) > 1 else "")
            )
            url = f"/bundles/class/{row.class_id}"
            tell_above(work, row.unit_id, ExceptionKind.BUNDLE_FAULT, what, url=url)
            tell_units(work, [row.unit_id], "Gói niêm phong không khớp", what, url)
        return found


def newest_checks(session: Session, ids: Sequence[int]) -> dict[int, BundleCheck]:
    """The last check of each bundle; one statement."""
    last = sa.select(sa.func.max(BundleCheck.id)).where(BundleCheck.bundle_id.in_(ids))
    query = sa.select(BundleCheck).where(BundleCheck.id.in_(last.group_by(BundleCheck.bundle_id)))
    return {row.bundle_id: row for row in session.scalars(query)}


def faulty_bundles(group: Any, *which: Any) -> sa.Select[Any]:
    """SELECT of how many bundles by a column were found damaged when they were last looked at."""
    last = (
        sa.select(sa.func.max(BundleCheck.id).label("id"))
        .join(SealedBundle, SealedBundle.id == BundleCheck.bundle_id)
        .where(*which)
        .group_by(BundleCheck.bundle_id)
        .subquery()
    )
    return (
        sa.select(group, sa.func.count())
        .select_from(BundleCheck)
        .join(last, last.c.id == BundleCheck.id)
        .join(SealedBundle, SealedBundle.id == BundleCheck.bundle_id)
        .where(sa.type_coerce(BundleCheck.faults, sa.Text) != NONE)
        .group_by(group)
    )


def next_check(row: SealedBundle, last: BundleCheck | None) -> datetime:
    """When a bundle is looked at again."""
    return (last.checked_at if last else row.made_at) + EVERY
