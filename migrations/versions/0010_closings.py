"""confirmations, rounds of closing, publication, reconciliation, incidents, progress checks

Revision ID: 0010
Revises: 0009

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
CONFIRMATIONKIND = sa.Enum(
    "sheet",
    "class_summary",
    "class_approval",
    "school_approval",
    name="confirmationkind",
    native_enum=False,
    length=24,
)
ACT = sa.Enum("confirmed", "withdrawn", name="act", native_enum=False, length=24)
STAGE = sa.Enum(
    "complete",
    "printed",
    "proof_opened",
    "signed",
    "checked",
    "approved",
    "sealed",
    "proposed",
    "closed",
    name="stage",
    native_enum=False,
    length=24,
)
REOPENSTATE = sa.Enum(
    "waiting", "consented", "refused", "withdrawn", name="reopenstate", native_enum=False, length=24
)
INCIDENTSTATE = sa.Enum(
    "new", "working", "answered", "closed", name="incidentstate", native_enum=False, length=24
)
CHECKKIND = sa.Enum("month", "term", name="checkkind", native_enum=False, length=24)


def upgrade() -> None:
    """New tables only."""
    _confirmations()
    _closings()
    _publications()
    _attestations()
    _incidents()
    _checks()


def _confirmations() -> None:
    """What is signed, and the steps to closing."""
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", CONFIRMATIONKIND, nullable=False),
        sa.Column("act", ACT, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.String(length=160), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["sheet_id"], ["gradebook_sheet.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_confirmation_class_id", "confirmation", ["class_id"])
    op.create_index("ix_confirmation_place", "confirmation", ["unit_id", "school_year_id", "period"])
    op.create_index("ix_confirmation_sheet", "confirmation", ["sheet_id", "signed_at"])
    op.create_table(
        "closing_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("step", STAGE, nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_closing_step_place", "closing_step", ["unit_id", "school_year_id", "term", "turn"])


def _closings() -> None:
    """Closings and requests to reopen them, with their history."""
    op.create_table(
        "closing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=False),
        sa.Column("executed_by_id", sa.Integer(), nullable=False),
        sa.Column("reopened_at", MOMENT, nullable=True),
        sa.Column("reopened_until", MOMENT, nullable=True),
        sa.Column("reopened_by_id", sa.Integer(), nullable=True),
        sa.Column("reopened_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "reopened_until IS NULL OR reopened_until > reopened_at", name="ck_closing_reopening"
        ),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["executed_by_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["reopened_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_closing_place", "closing", ["unit_id", "school_year_id", "term"])
    op.create_table(
        "closing_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("school_year_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("term", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("reason", sa.String(length=500), autoincrement=False, nullable=True),
        sa.Column("closed_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("closed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("executed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("reopened_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("reopened_until", MOMENT, autoincrement=False, nullable=True),
        sa.Column("reopened_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("reopened_reason", sa.String(length=500), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_table(
        "reopen_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("closing_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("state", REOPENSTATE, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_unit_id", sa.Integer(), nullable=True),
        sa.Column("decided_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["closing_id"], ["closing.id"]),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["decided_unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reopen_request_closing_id", "reopen_request", ["closing_id"])
    op.create_index("ix_reopen_request_unit", "reopen_request", ["unit_id", "state"])
    op.create_table(
        "reopen_request_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closing_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("state", REOPENSTATE, autoincrement=False, nullable=True),
        sa.Column("reason", sa.String(length=500), autoincrement=False, nullable=True),
        sa.Column("until", MOMENT, autoincrement=False, nullable=True),
        sa.Column("asked_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("asked_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("decided_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("decided_unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("decided_reason", sa.String(length=500), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_index("ix_reopen_request_version_closing_id", "reopen_request_version", ["closing_id"])


def _publications() -> None:
    """What families see and ask."""
    op.create_table(
        "family_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("guardian_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["guardian_id"], ["guardian.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "student_id", name="uq_family_link"),
    )
    op.create_index("ix_family_link_student_id", "family_link", ["student_id"])
    op.create_table(
        "family_link_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("guardian_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("starts_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("ends_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_index("ix_family_link_version_student_id", "family_link_version", ["student_id"])
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("questions_until", MOMENT, nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_reason", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["published_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_publication_place", "publication", ["unit_id", "school_year_id", "term"])
    op.create_table(
        "publication_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("school_year_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("term", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("columns", sa.JSON(), autoincrement=False, nullable=True),
        sa.Column("note", sa.String(length=300), autoincrement=False, nullable=True),
        sa.Column("published_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("questions_until", MOMENT, autoincrement=False, nullable=True),
        sa.Column("published_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("ended_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("ended_reason", sa.String(length=300), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_table(
        "mark_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"]),
        sa.ForeignKeyConstraint(["sheet_id"], ["gradebook_sheet.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_mark_question_sheet", "mark_question", ["sheet_id", "open"])
    op.create_index("ix_mark_question_student", "mark_question", ["student_id"])
    op.create_table(
        "mark_question_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("publication_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("sheet_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("asked_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("open", sa.Boolean(), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_table(
        "mark_question_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("by_family", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["mark_question.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_mark_question_message_question_id", "mark_question_message", ["question_id"])


def _attestations() -> None:
    """Comparisons with teachers' own books."""
    op.create_table(
        "attestation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=24), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=True),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["sheet_id"], ["gradebook_sheet.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attestation_place", "attestation", ["unit_id", "school_year_id", "term"])
    op.create_index("ix_attestation_sheet", "attestation", ["sheet_id", "made_at"])
    op.create_table(
        "attestation_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attestation_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["attestation_id"], ["attestation.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attestation_id", "student_id", name="uq_attestation_note"),
    )


def _incidents() -> None:
    """Reports of trouble."""
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("state", INCIDENTSTATE, nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=True),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("reported_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["reported_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["sheet_id"], ["gradebook_sheet.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incident_reporter", "incident", ["reported_by_id"])
    op.create_index("ix_incident_unit", "incident", ["unit_id", "state"])
    op.create_table(
        "incident_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("title", sa.String(length=160), autoincrement=False, nullable=True),
        sa.Column("state", INCIDENTSTATE, autoincrement=False, nullable=True),
        sa.Column("sheet_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("reported_at", MOMENT, autoincrement=False, nullable=True),
        sa.Column("reported_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )
    op.create_table(
        "incident_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state", INCIDENTSTATE, nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incident_message_incident_id", "incident_message", ["incident_id"])


def _checks() -> None:
    """Frozen progress checks."""
    op.create_table(
        "progress_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("kind", CHECKKIND, nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_year_id"], ["school_year.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_progress_check_place", "progress_check", ["unit_id", "school_year_id", "term"])
    op.create_table(
        "progress_check_row",
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("teacher", sa.String(length=120), nullable=False),
        sa.Column("class_name", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["progress_check.id"]),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("check_id", "order_no"),
    )


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
