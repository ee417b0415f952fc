"""Signatures of the school over sealed bundles: files beside the folder, which is never touched (S3: không ghi đè)."""

from collections.abc import Sequence
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.models import BundleSignature
from app.services.bundles.make import bundle_root
from app.services.bundles.store import Fault


def signatures_of(session: Session, bundles: Sequence[int]) -> dict[int, list[BundleSignature]]:
    """By bundle, in the order they were put; one statement."""
    query = (
        sa.select(BundleSignature)
        .where(BundleSignature.bundle_id.in_(bundles))
        .options(joinedload(BundleSignature.certificate))
        .order_by(BundleSignature.id)
    )
    found: dict[int, list[BundleSignature]] = {}
    for row in session.scalars(query):
        found.setdefault(row.bundle_id, []).append(row)
    return found


def signature_faults(session: Session, bundle_id: int) -> list[Fault]:
    """Signature files of a bundle that have gone or are not what was kept."""
    found = []
    for row in signatures_of(session, [bundle_id]).get(bundle_id, ()):
        path = bundle_root() / row.file
        if not path.is_file():
            found.append(Fault("missing", path.name))
        elif sha256(path.read_bytes()).hexdigest() != row.file_digest:
            found.append(Fault("changed", path.name))
    return found
