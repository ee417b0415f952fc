"""What every decision has: heading, grounds, who issues and signs it, to whom it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assessment.facts import YEAR
from app.domain.dates import format_date
from app.domain.vocabulary import Role
from app.models import OrgUnit, Person, Position, SchoolClass
from app.models.base import in_force
from app.reports.contexts import BookCover, PrintStamp
from app.reports.decision_grounds import grounds_of
from app.reports.decisions import Appendix, Article, Decision
from app.reports.papers import Paper, Part
from app.reports.unit_words import UnitWords
from app.services.book_pages import school_cover
from app.services.book_reading import Officials, load_units_above
from app.services.clock import VIETNAM
from app.services.documents.asked import Asked
from app.services.documents.decisions.details import Details

SYSTEM: Final = "hệ thống hồ sơ điện tử"
PERIODS: Final = {1: "học kì I", 2: "học kì II", YEAR: "cả năm"}


@dataclass(frozen=True)
class Signer:
    """Who signs, with the title line by line, and the title of the head for whom a deputy signs."""

    name: str
    title: tuple[str, ...]
    head_title: str


def load_signer(session: Session, unit_id: int, day: date, person_id: int | None = None) -> Signer:
    """The head on that day, or the deputy who decided in the head's place; one statement."""
    query = (
        sa.select(Position.role, Position.title, Person.id, Person.full_name)
        .join(Person, Person.id == Position.person_id)
        .where(
            Position.unit_id == unit_id,
            Position.role.in_((Role.PRINCIPAL, Role.VICE_PRINCIPAL)),
            in_force(Position, day),
        )
        .order_by(Position.starts_on)
    )
    rows = session.execute(query).all()
    head = next((row for row in reversed(rows) if row.role is Role.PRINCIPAL), None)
    title = (head.title if head else "") or UnitWords.of(session.get_one(OrgUnit, unit_id).kind).head
    deputy = next((row for row in rows if row.id == person_id and row.role is Role.VICE_PRINCIPAL), None)
    if deputy is not None:
        return Signer(deputy.full_name, (f"KT. {title.upper()}", deputy.title.upper()), title)
    return Signer(head.full_name if head else "", (title.upper(),), title)


@dataclass(frozen=True)
class Body:
    """What a decision says beside what every one has. `grounds` stand after the legal ones and the school's own."""

    about: str
    articles: Sequence[Article]
    grounds: Sequence[str] = ()
    appendices: Sequence[Appendix] = ()


def lay_out(
    session: Session, asked: Asked, stamp: PrintStamp, details: Details, signer: Signer, body: Body
) -> Paper:
    """The decision as a print; two statements."""
    unit, day, words = asked.unit, details.signed_on, UnitWords.of(asked.unit.kind)
    above = load_units_above(session, unit.id, day)
    rooms = sa.select(SchoolClass.circular).where(
        SchoolClass.unit_id == unit.id, SchoolClass.school_year_id == asked.year.id
    )
    legal = grounds_of(asked.form.code, unit.kind, set(session.scalars(rooms.distinct())), day)
    cover: BookCover = school_cover(unit, asked.year, Officials(head=signer.name), above)
    page = Decision(
        authority_above=cover.authority_above,
        school=unit.name,
        number=details.number,
        place=details.place,
        day=day_words(day),
        about=body.about,
        issuer=f"{signer.head_title} {unit.name}".upper(),
        grounds=(
            *legal,
            *(_ended(line) for line in details.grounds),
            *_last([words.say(line) for line in body.grounds]),
        ),
        articles=tuple(body.articles),
        recipients=(
            f"Như Điều {len(body.articles)};",
            *(f"{office.name} (để báo cáo);" for office in above[:1]),
            "Lưu: VT.",
        ),
        title=signer.title,
        signer=signer.name,
        appendices=tuple(body.appendices),
    )
    title = f"Quyết định số {details.number} ngày {format_date(day)}: {body.about}"
    return Paper(asked.form, cover, title, (Part(title, page),), stamp)


def worded(asked: Asked, text: str) -> str:
    """A sentence every decision of its kind has, in the words of the unit."""
    return UnitWords.of(asked.unit.kind).say(text)


def _ended(line: str) -> str:
    return f"{line.rstrip(' .;')};"


def _last(lines: Sequence[str]) -> tuple[str, ...]:
    """The last ground ends the list."""
    return tuple(
        f"{line.rstrip(' .;')}." if n == len(lines) else _ended(line) for n, line in enumerate(lines, 1)
    )


def day_words(day: date) -> str:
    """ngày 05 tháng 9 năm 2026: days under ten and the first two months with a nought (NĐ 30/2020/NĐ-CP)."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def time_words(moment: datetime) -> str:
    """17 giờ 00 phút ngày 13/11/2026."""
    local = moment.astimezone(VIETNAM)
    return f"{local:%H} giờ {local:%M} phút ngày {local:%d/%m/%Y}"


def period_words(period: int, year: str) -> str:
    """học kì I năm học 2026-2027."""
    return f"năm học {year}" if period == YEAR else f"{PERIODS[period]} năm học {year}"


def year_words(start_year: int) -> str:
    """2026-2027."""
    return f"{start_year}-{start_year + 1}"


def proposal(day: date | None, name: str = "") -> str:
    """The last ground: who proposed it."""
    when = f" ngày {format_date(day)}" if day else ""
    who = f" ({name})" if name else ""
    return f"Xét đề nghị của Ban quản trị {SYSTEM}{who}{when}."
