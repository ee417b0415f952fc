"""Quyết định phân công nhiệm vụ: who teaches whom, leads which class, holds which office on a day (S4 Điều 12, 17)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.domain.dates import format_date
from app.domain.vocabulary import Role
from app.models import (
    AdminBoard,
    AdminBoardMember,
    HomeroomAssignment,
    Person,
    Position,
    SchoolClass,
    Subject,
    SubjectPart,
    TeachingAssignment,
    TeachingGroup,
    UnitGroup,
    UnitGroupMember,
)
from app.models.base import in_force
from app.reports.contexts import PrintStamp
from app.reports.decisions import Appendix, Article, Grid
from app.reports.papers import Paper
from app.reports.summaries import Head
from app.services.documents.asked import Asked
from app.services.documents.decisions.board import SEATS
from app.services.documents.decisions.details import Details
from app.services.documents.decisions.lay import SYSTEM, Body, lay_out, load_signer, year_words

_ORDER: Final = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
_HEADS: Final = (
    Head("TT", 9),
    Head("Họ và tên", 36),
    Head("Chức vụ", 22),
    Head("Giảng dạy", 48),
    Head("Chủ nhiệm", 16),
    Head("Tổ chuyên môn, nhiệm vụ khác", 34),
)
_BOARD_HEADS: Final = (
    Head("TT", 9),
    Head("Họ và tên", 40),
    Head("Nhiệm vụ trong Ban", 26),
    Head("Nhiệm vụ, quyền hạn cụ thể", 90),
)


@dataclass
class _Duty:
    """A person's line while it is put together."""

    person: Person
    titles: list[str] = field(default_factory=list)
    taught: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    homeroom: list[str] = field(default_factory=list)
    further: list[str] = field(default_factory=list)
    rank: int = len(_ORDER)

    def row(self, number: int) -> tuple[str, ...]:
        """As it is printed."""
        lessons = "; ".join(f"{subject}: {', '.join(groups)}" for subject, groups in self.taught.items())
        return (
            str(number),
            self.person.full_name,
            ", ".join(dict.fromkeys(self.titles)) or self.person.title or "",
            lessons,
            ", ".join(self.homeroom),
            "; ".join(dict.fromkeys(self.further)),
        )


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """Duties of a school year as they stand on the day asked for; about eight statements, however many people."""
    details, unit = Details.of(asked.details), asked.unit
    day = details.as_of
    duties = _duties(session, asked, day)
    board = _board(session, unit.id, day)
    office = [d.person.full_name for d in duties if d.rank > len(_ORDER)]
    year = year_words(asked.year.start_year)
    first = Appendix(
        f"Phân công nhiệm vụ năm học {year}",
        Grid(_HEADS, tuple(duty.row(number) for number, duty in enumerate(duties, start=1))),
    )
    appendices = [first] if board is None else [first, _board_page(board)]
    body = Body(
        about=f"Về việc phân công nhiệm vụ cán bộ, giáo viên, nhân viên năm học {year}",
        articles=tuple(_articles(asked, len(duties), day, board, office)),
        grounds=("Xét năng lực của cán bộ, giáo viên, nhân viên và yêu cầu nhiệm vụ của nhà trường.",),
        appendices=appendices,
    )
    return lay_out(session, asked, stamp, details, load_signer(session, unit.id, details.signed_on), body)


def _articles(
    asked: Asked, count: int, day: date, board: AdminBoard | None, office: Iterable[str]
) -> Iterable[Article]:
    year, numeral = year_words(asked.year.start_year), " I" if board else ""
    yield Article(
        f"Phân công nhiệm vụ năm học {year}, tính từ ngày {format_date(day)}, đối với {count:02d} cán bộ, giáo viên, nhân "
        f"viên của {asked.unit.name} theo Phụ lục{numeral} kèm theo Quyết định này."
    )
    if board is not None:
        yield Article(
            f"Các thành viên Ban quản trị {SYSTEM} (thành lập theo Quyết định số {board.decision_number} ngày "
            f"{format_date(board.decision_date)}) thực hiện nhiệm vụ theo Phụ lục II."
        )
    if names := ", ".join(office):
        yield Article(
            "Văn phòng in ấn, đóng dấu, lưu trữ các loại sổ và hồ sơ in từ hệ thống; người được phân công phụ trách: "
            f"{names}."
        )
    yield Article(
        "Quyết định này có hiệu lực kể từ ngày ký. Những phân công trước đây trái với Quyết định này không còn hiệu lực."
    )
    yield Article(
        "Văn phòng, các tổ chuyên môn và các ông (bà) có tên trong Phụ lục chịu trách nhiệm thi hành Quyết định này./."
    )


# -- reading -----------------------------------------------------------------------------------------------------


def _duties(session: Session, asked: Asked, day: date) -> list[_Duty]:
    """Everybody with an office, lessons or a class on that day: leaders first, office staff last, others by name."""
    found: dict[int, _Duty] = {}

    def of(person: Person) -> _Duty:
        return found.setdefault(person.id, _Duty(person))

    unit_id, year_id = asked.unit.id, asked.year.id
    for position in _positions(session, unit_id, day):
        duty = of(position.person)
        _rank(duty, position)
    for row in _lessons(session, unit_id, year_id, day):
        subject = f"{row.subject.name} ({row.part.name})" if row.part else row.subject.name
        of(row.person).taught[subject].append(row.group.name)
    for homeroom in _homerooms(session, unit_id, year_id, day):
        of(homeroom.person).homeroom.append(homeroom.school_class.name)
    for member in _members(session, unit_id, day):
        if member.person_id in found:
            lead = " (phụ trách)" if member.is_leader else ""
            found[member.person_id].further.append(f"{member.group.name}{lead}")
    return sorted(found.values(), key=lambda duty: (duty.rank, duty.person.sort_key, duty.person.id))


def _rank(duty: _Duty, position: Position) -> None:
    if position.role is Role.SCHOOL_ADMIN:
        duty.further.append("Ban quản trị")
        return
    if position.title:
        duty.titles.append(position.title)
    if position.role in _ORDER:
        duty.rank = min(duty.rank, _ORDER.index(position.role))
    elif position.role is Role.OFFICE_STAFF and duty.rank == len(_ORDER):
        duty.rank = len(_ORDER) + 1


def _positions(session: Session, unit_id: int, day: date) -> Iterable[Position]:
    query = sa.select(Position).where(
        Position.unit_id == unit_id,
        Position.role.not_in((Role.INSPECTOR, Role.PARENT, Role.STUDENT)),
        in_force(Position, day),
    )
    return session.scalars(query.options(joinedload(Position.person)).order_by(Position.id))


def _lessons(session: Session, unit_id: int, year_id: int, day: date) -> Iterable[TeachingAssignment]:
    query = (
        sa.select(TeachingAssignment)
        .join(TeachingGroup, TeachingGroup.id == TeachingAssignment.group_id)
        .join(Subject, Subject.id == TeachingAssignment.subject_id)
        .outerjoin(SubjectPart, SubjectPart.id == TeachingAssignment.part_id)
        .where(
            TeachingGroup.unit_id == unit_id,
            TeachingGroup.school_year_id == year_id,
            in_force(TeachingAssignment, day),
        )
        .order_by(Subject.order_no, Subject.id, TeachingGroup.name)
        .options(
            joinedload(TeachingAssignment.person),
            joinedload(TeachingAssignment.group),
            joinedload(TeachingAssignment.subject),
            joinedload(TeachingAssignment.part),
        )
    )
    return session.scalars(query)


def _homerooms(session: Session, unit_id: int, year_id: int, day: date) -> Iterable[HomeroomAssignment]:
    query = (
        sa.select(HomeroomAssignment)
        .join(SchoolClass, SchoolClass.id == HomeroomAssignment.class_id)
        .where(
            SchoolClass.unit_id == unit_id,
            SchoolClass.school_year_id == year_id,
            in_force(HomeroomAssignment, day),
        )
        .order_by(SchoolClass.grade, SchoolClass.name)
        .options(joinedload(HomeroomAssignment.person), joinedload(HomeroomAssignment.school_class))
    )
    return session.scalars(query)


def _members(session: Session, unit_id: int, day: date) -> Iterable[UnitGroupMember]:
    query = (
        sa.select(UnitGroupMember)
        .join(UnitGroup, UnitGroup.id == UnitGroupMember.group_id)
        .where(UnitGroup.unit_id == unit_id, in_force(UnitGroup, day), in_force(UnitGroupMember, day))
        .order_by(UnitGroup.name, UnitGroupMember.id)
        .options(joinedload(UnitGroupMember.group))
    )
    return session.scalars(query)


def _board(session: Session, unit_id: int, day: date) -> AdminBoard | None:
    query = sa.select(AdminBoard).where(AdminBoard.unit_id == unit_id, in_force(AdminBoard, day))
    members = joinedload(AdminBoard.members).joinedload(AdminBoardMember.person)
    return session.scalars(query.order_by(AdminBoard.id.desc()).options(members)).unique().first()


def _board_page(board: AdminBoard) -> Appendix:
    rows = tuple(
        (str(number), seat.person.full_name, SEATS[seat.seat], seat.duties)
        for number, seat in enumerate(board.members, start=1)
    )
    return Appendix(f"Nhiệm vụ của thành viên Ban quản trị {SYSTEM}", Grid(_BOARD_HEADS, rows))
