"""Certificates of people and of schools' seals, and the signatures made with them."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.signing import KeyKind, SigningRole
from app.models.base import Model, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.bundles import SealedBundle
    from app.models.documents import Document
    from app.models.org import OrgUnit
    from app.models.people import Person


class Certificate(Model, Versioned):
    """A certificate known here. Without a person it is the seal of its unit. Ended, never deleted.

    The key itself is never in the database: a key file lies in the instance folder under its fingerprint and its owner's
    passphrase, a token keeps its own, and a key outside signs digests.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        sa.UniqueConstraint("fingerprint", name="uq_certificate_fingerprint"),
        sa.Index("ix_certificate_unit", "unit_id", "not_after"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    key_kind: Mapped[KeyKind] = mapped_column(words(KeyKind, 8), nullable=False)
    name: Mapped[str] = mapped_column(sa.String(200), nullable=False)  # as the certificate has it
    issuer: Mapped[str] = mapped_column(sa.String(200), nullable=False)
    serial: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    not_before: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    not_after: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    pem: Mapped[str] = mapped_column(sa.Text, nullable=False)
    is_demo: Mapped[bool] = mapped_column(nullable=False, default=False)
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    warned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # that it expires soon
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_why: Mapped[str | None] = mapped_column(sa.String(300))
    unit: Mapped["OrgUnit"] = relationship()
    person: Mapped["Person | None"] = relationship()


class Signature(Model):
    """One signature under one paper, with what it stands under. Append-only.

    `source_digest` and `file_digest` (SHA-256) tie the signed files of a paper into a chain; `data_digest` is what the
    record said. `place` counts the paper's signatures from 1.
    """

    __tablename__ = "signature"
    __table_args__ = (
        sa.UniqueConstraint("document_id", "place", name="uq_signature_place"),
        sa.Index("ix_signature_file", "file_digest"),
        sa.Index("ix_signature_unit", "unit_id", "signed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id"), nullable=False)
    place: Mapped[int] = mapped_column(sa.SmallInteger, nullable=False)
    role: Mapped[SigningRole] = mapped_column(words(SigningRole), nullable=False)
    certificate_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate.id"), nullable=False, index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    signed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    source_digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    file_digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    data_digest: Mapped[str | None] = mapped_column(sa.String(64))
    document: Mapped["Document"] = relationship()
    certificate: Mapped["Certificate"] = relationship()
    person: Mapped["Person"] = relationship()


class BundleSignature(Model):
    """One signature of the school over the manifest of a sealed bundle, in a file beside the folder. Append-only."""

    __tablename__ = "bundle_signature"
    __table_args__ = (
        sa.UniqueConstraint("bundle_id", "role", name="uq_bundle_signature"),
        sa.Index("ix_bundle_signature_unit", "unit_id", "signed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    bundle_id: Mapped[int] = mapped_column(sa.ForeignKey("sealed_bundle.id"), nullable=False)
    role: Mapped[SigningRole] = mapped_column(words(SigningRole), nullable=False)
    certificate_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), nullable=False)
    signed_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    manifest_digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    file: Mapped[str] = mapped_column(sa.String(280), nullable=False)  # below the bundle folder
    file_digest: Mapped[str] = mapped_column(sa.String(64), nullable=False)
    bundle: Mapped["SealedBundle"] = relationship()
    certificate: Mapped["Certificate"] = relationship()
    person: Mapped["Person"] = relationship()
