"""Units of the three tiers, their dated places in the tree, their rooms, groups and boards."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.vocabulary import Tier, UnitKind
from app.models.base import Dated, Model, UTCDateTime, Versioned, words

if TYPE_CHECKING:
    from app.models.people import Person


class OrgUnit(Model, Versioned, Dated):
    """A department, an office of the middle tier, a school or a centre. Ended, never deleted."""

    __tablename__ = "org_unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(24), unique=True, nullable=False)
    kind: Mapped[UnitKind] = mapped_column(words(UnitKind), nullable=False)
    name: Mapped[str] = mapped_column(sa.String(160), nullable=False)
    short_name: Mapped[str] = mapped_column(sa.String(60), nullable=False)
    name_folded: Mapped[str] = mapped_column(sa.String(160), nullable=False, index=True)
    levels: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)
    locality_code: Mapped[str] = mapped_column(sa.String(24), nullable=False, default="")
    ministry_code: Mapped[str | None] = mapped_column(sa.String(24))
    address: Mapped[str | None] = mapped_column(sa.String(200))
    phone: Mapped[str | None] = mapped_column(sa.String(20))

    def __str__(self) -> str:
        return self.short_name

    @property
    def tier(self) -> Tier:
        """The management tier the unit stands on."""
        return self.kind.tier


class OrgParent(Model, Versioned, Dated):
    """Who stood above whom, and when: offices were abolished on 30/06/2025, schools merge and move."""

    __tablename__ = "org_parent"
    __table_args__ = (
        sa.Index("ix_org_parent_parent_unit", "parent_id", "unit_id"),
        sa.CheckConstraint("unit_id <> parent_id", name="ck_org_parent_other"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False, index=True)
    parent_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    unit: Mapped[OrgUnit] = relationship(foreign_keys=[unit_id])
    parent: Mapped[OrgUnit] = relationship(foreign_keys=[parent_id])


class OrgPredecessor(Model, Versioned):
    """A unit took over from another on a day (renamed, merged, split)."""

    __tablename__ = "org_predecessor"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False, index=True)
    predecessor_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    happened_on: Mapped[date] = mapped_column(sa.Date, nullable=False)
    decision: Mapped[str | None] = mapped_column(sa.String(120))
    unit: Mapped[OrgUnit] = relationship(foreign_keys=[unit_id])
    predecessor: Mapped[OrgUnit] = relationship(foreign_keys=[predecessor_id])


class Department(Model, Versioned, Dated):
    """A room (phòng ban) inside an office (S4 Điều 4 khoản 2)."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False, index=True)
    name: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    duties: Mapped[str | None] = mapped_column(sa.String(300))
    unit: Mapped[OrgUnit] = relationship()

    def __str__(self) -> str:
        return self.name


class UnitEpoch(Model):
    """One row a unit: a save holds it shared, a closing takes it exclusively (design §6). Not versioned: a lock."""

    __tablename__ = "unit_epoch"

    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(nullable=False, default=0)


class UnitGroup(Model, Versioned, Dated):
    """A tổ, nhóm or bộ phận of a unit, with rights its maker holds (S0 Điều 13.2a, S1 Điều 3.3.1, S4 Điều 8.1)."""

    __tablename__ = "unit_group"
    __table_args__ = (sa.UniqueConstraint("unit_id", "name", name="uq_unit_group_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    kind: Mapped[str] = mapped_column(
        sa.String(16), nullable=False
    )  # team (tổ) · group (nhóm) · section (bộ phận)
    name: Mapped[str] = mapped_column(sa.String(120), nullable=False)
    rights: Mapped[list[str]] = mapped_column(sa.JSON, nullable=False, default=list)
    unit: Mapped[OrgUnit] = relationship()
    members: Mapped[list["UnitGroupMember"]] = relationship(back_populates="group")

    def __str__(self) -> str:
        return self.name


class UnitGroupMember(Model, Versioned, Dated):
    """A person in a group; a team leader is marked."""

    __tablename__ = "unit_group_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("unit_group.id"), nullable=False, index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    is_leader: Mapped[bool] = mapped_column(nullable=False, default=False)
    group: Mapped[UnitGroup] = relationship(back_populates="members")
    person: Mapped["Person"] = relationship()


class AdminBoard(Model, Versioned, Dated):
    """Ban quản trị of a unit, appointed by its head by decision (S0 Điều 6.1, 12.2; S1 Điều 6; S4 Điều 12.1, 17.2)."""

    __tablename__ = "admin_board"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False, index=True)
    decision_number: Mapped[str] = mapped_column(sa.String(60), nullable=False)
    decision_date: Mapped[date] = mapped_column(sa.Date, nullable=False)
    appointed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False)
    unit: Mapped[OrgUnit] = relationship()
    appointed_by: Mapped["Person"] = relationship()
    members: Mapped[list["AdminBoardMember"]] = relationship(
        back_populates="board", order_by="AdminBoardMember.order_no"
    )


class AdminBoardMember(Model, Versioned):
    """A seat of the board: the columns of S1 Điều 6 (TT, họ và tên, chức vụ, nhiệm vụ quyền hạn, ghi chú)."""

    __tablename__ = "admin_board_member"
    __table_args__ = (sa.UniqueConstraint("board_id", "person_id", name="uq_admin_board_member"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("admin_board.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), nullable=False, index=True)
    order_no: Mapped[int] = mapped_column(nullable=False)
    seat: Mapped[str] = mapped_column(sa.String(12), nullable=False)  # chair · deputy · member
    position_title: Mapped[str] = mapped_column(sa.String(80), nullable=False)
    duties: Mapped[str] = mapped_column(sa.String(500), nullable=False)
    note: Mapped[str | None] = mapped_column(sa.String(200))
    board: Mapped[AdminBoard] = relationship(back_populates="members")
    person: Mapped["Person"] = relationship()


class Policy(Model, Versioned, Dated):
    """A dated setting of a unit, inherited downward; `finality` may only be tightened below."""

    __tablename__ = "policy"
    __table_args__ = (sa.Index("ix_policy_unit_key", "unit_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("org_unit.id"), nullable=False)
    key: Mapped[str] = mapped_column(
        sa.String(32), nullable=False
    )  # finality · entry_day · quick_entry · idle_minutes
    value: Mapped[str] = mapped_column(sa.String(60), nullable=False)
    reason: Mapped[str] = mapped_column(sa.String(300), nullable=False)
    ordered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)
    unit: Mapped[OrgUnit] = relationship()
    ordered_by: Mapped["Person | None"] = relationship()
