"""requests to correct final data, their cells, seats and steps

Revision ID: 0009
Revises: 0008

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=24)


PRESET = _word("preset", "s1", "s0", "s4", "s0_s4")
STATE = _word(
    "state",
    "certifying",
    "approving",
    "consenting",
    "witnessing",
    "applied",
    "refused",
    "withdrawn",
    "expired",
    "stale",
)
STEP = _word(
    "step",
    "request",
    "name",
    "certify",
    "approve",
    "consent",
    "witness",
    "apply",
    "spoil",
    "refuse",
    "withdraw",
    "expire",
)
SEAT = _word("seat", "requester", "certifier", "approver", "consent", "leader", "board", "attendee")


def upgrade() -> None:
    """The authorisations first: steps refer to them."""
    _authorisation()
    _request()
    _cell()
    _step()


def _authorisation() -> None:
    op.create_table(
        "authorisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["given_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_authorisation_unit", "authorisation", ["unit_id", "starts_on"])
    op.create_table(
        "authorisation_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("given_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("number", sa.String(length=60), autoincrement=False, nullable=True),
        sa.Column("signed_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("reason", sa.String(length=300), autoincrement=False, nullable=True),
        sa.Column("starts_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("ends_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation_type", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id"),
    )


def _request() -> None:
    op.create_table(
        "correction_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("school_year_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=False),
        sa.Column("requested_as", sa.String(length=12), nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("evidence", sa.String(length=100), nullable=True),
        sa.Column("evidence_name", sa.String(length=160), nullable=True),
        sa.Column("preset", PRESET, nullable=False),
        sa.Column("seats", sa.JSON(), nullable=False),
        sa.Column("seats_above", sa.JSON(), nullable=False),
        sa.Column("upper_unit_id", sa.Integer(), nullable=True),
        sa.Column("certifier_id", sa.Integer(), nullable=True),
        sa.Column("closed", sa.String(length=4), nullable=True),
        sa.Column("state", STATE, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("applied_tx_id", sa.BigInteger(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [target])
            for column, target in (
                ("unit_id", "org_unit.id"),
                ("school_year_id", "school_year.id"),
                ("sheet_id", "gradebook_sheet.id"),
                ("class_id", "school_class.id"),
                ("subject_id", "subject.id"),
                ("requested_by_id", "person.id"),
                ("upper_unit_id", "org_unit.id"),
                ("certifier_id", "person.id"),
                ("applied_tx_id", "tx_log.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, *columns in (
        ("unit", "unit_id", "school_year_id", "state"),
        ("sheet", "sheet_id"),
        ("state", "state", "expires_at"),
        ("tx", "applied_tx_id"),
        ("requested_by_id", "requested_by_id"),
        ("upper_unit_id", "upper_unit_id"),
    ):
        op.create_index(f"ix_correction_request_{name}", "correction_request", columns)


def _cell() -> None:
    op.create_table(
        "correction_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=24), nullable=False),
        sa.Column("old", sa.String(length=500), nullable=True),
        sa.Column("new", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["correction_request.id"]),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("request_id", "student_id", "column", name="uq_correction_cell"),
    )
    op.create_index("ix_correction_cell_student_id", "correction_cell", ["student_id"])


def _step() -> None:
    op.create_table(
        "correction_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("step", STEP, nullable=False),
        sa.Column("seat", SEAT, nullable=True),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("authorisation_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["correction_request.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"]),
        sa.ForeignKeyConstraint(["authorisation_id"], ["authorisation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_correction_step_request", "correction_step", ["request_id", "id"])
    op.create_index("ix_correction_step_person_id", "correction_step", ["person_id"])


def downgrade() -> None:
    """Not offered: records would be lost."""
    raise NotImplementedError("Restore the backup made before this migration instead.")
