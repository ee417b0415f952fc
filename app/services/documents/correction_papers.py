"""Papers of corrections out of the record: application, minutes, the summary of a term or year of a school or class."""

from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from app.domain.access import SYSTEM
from app.domain.corrections import Preset, Seat
from app.domain.dates import format_date
from app.domain.locks import VN_TIME
from app.models import CorrectionRequest, OrgUnit
from app.reports.book_catalogue import CORRECTION_APPLICATION, CORRECTION_MINUTES
from app.reports.contexts import BookCover, PrintStamp
from app.reports.correction_forms import (
    CellRow,
    CorrectionPaper,
    CorrectionSummary,
    Heading,
    Party,
    SignatureBlock,
    SummaryRow,
    TallyRow,
)
from app.reports.form import Form
from app.reports.papers import Paper, Part
from app.reports.rewording import reworded
from app.reports.unit_words import UnitWords
from app.services.book_reading import load_officials, load_units_above
from app.services.clock import clamp, local_day
from app.services.correction_columns import column_name, place_name, value_name, whose
from app.services.correction_summary import summary
from app.services.documents.asked import Asked
from app.services.documents.words import head_title

PAPERS: Final = {form.code: form for form in (CORRECTION_APPLICATION, CORRECTION_MINUTES)}
"""Papers of one request, by their codes."""
NO_NUMBER: Final = "chưa có"
TERMS: Final = {0: "Năm học", 1: "Học kì I, năm học", 2: "Học kì II, năm học"}
GROUNDS: Final = {
    Preset.S1: "Hiệu trưởng cho phép theo đề nghị của giáo viên",
    Preset.S0: "lãnh đạo đơn vị cho phép, Ban quản trị và giáo viên chủ nhiệm chứng kiến",
    Preset.S4: "Hiệu trưởng đồng ý; đại diện lãnh đạo, Ban quản trị và người đề nghị chứng kiến",
    Preset.S0_S4: "Hiệu trưởng đồng ý; đại diện lãnh đạo, Ban quản trị, giáo viên chủ nhiệm và người đề nghị chứng kiến",
}
"""What the unit's rule asks for, as the minutes say it."""
SEATS: Final = {
    Seat.CERTIFIER: "Giáo viên chủ nhiệm xác nhận, chứng kiến",
    Seat.APPROVER: "Hiệu trưởng duyệt",
    Seat.CONSENT: "Cấp trên đồng ý",
    Seat.LEADER: "Đại diện lãnh đạo chứng kiến",
    Seat.BOARD: "Ban quản trị chứng kiến",
    Seat.ATTENDEE: "Người đề nghị dự",
}


def paper_of(session: Session, row: CorrectionRequest, form: Form, stamp: PrintStamp) -> Paper:
    """The application or the minutes of a request."""
    minutes = form is CORRECTION_MINUTES
    day = local_day(row.finished_at if minutes and row.finished_at else row.requested_at)
    page = _page(row, _heading(session, row.unit, day), minutes=minutes)
    title = f"{form.name} {row.code}"
    room = row.school_class.name if row.school_class else ""
    words = UnitWords.of(row.unit.kind)
    cover = _cover(page.heading, row.school_year.start_year, room, words)
    return reworded(Paper(form, cover, title, (Part(title, page),), stamp), words)


def _page(row: CorrectionRequest, heading: Heading, *, minutes: bool) -> CorrectionPaper:
    """The minutes tell who took part and when it was written; the application says what was asked."""
    year = row.school_year
    first = row.steps[0]
    above = Seat.APPROVER.value in row.seats_above and row.upper_unit is not None
    place = row.upper_unit.name if above and row.upper_unit else row.unit.name
    return CorrectionPaper(
        heading=heading,
        code=row.code,
        sheet=f"{_place(row)}, năm học {year.start_year}-{year.start_year + 1}",
        addressee=f"Lãnh đạo {place}" if above else f"Hiệu trưởng {place}",
        requester=row.requested_by.full_name,
        requester_title=first.title or "giáo viên",
        asked_on=_moment(row.requested_at),
        reason=row.reason,
        evidence=row.evidence_name or "không có",
        rows=_rows(row),
        parties=_parties(row) if minutes else (),
        grounds=GROUNDS[row.preset],
        applied_at=_moment(row.finished_at) if minutes else "",
        transaction=str(row.applied_tx_id or NO_NUMBER) if minutes else "",
        signatures=_signatures(row)
        if minutes
        else (SignatureBlock(("NGƯỜI ĐỀ NGHỊ",), row.requested_by.full_name),),
    )


def build_summary(session: Session, asked: Asked, stamp: PrintStamp) -> Paper:
    """Mẫu tổng hợp sửa chữa dữ liệu of a term or year (0), of the school or of a class (S4 Điều 20 khoản 2)."""
    year, room = asked.year, asked.room
    found = summary(
        session,
        SYSTEM,
        year.id,
        asked.day,
        unit_id=asked.unit.id,
        term=asked.period,
        class_id=room.id if room else None,
    )
    officials = load_officials(session, asked.unit.id, None, clamp(asked.day, year.starts_on, year.ends_on))
    page = CorrectionSummary(
        heading=_heading(session, asked.unit, asked.day),
        period=f"{TERMS[asked.period]} {year.start_year}-{year.start_year + 1}",
        room=room.name if room else "",
        rows=tuple(_summary_row(row) for row in found.applied),
        tallies=tuple(
            TallyRow(t.name, "I" * t.term or "Cả năm", t.requests, t.applied, t.cells, t.refused)
            for t in found.teachers
        ),
        signatures=(
            SignatureBlock(("NGƯỜI LẬP",), ""),
            SignatureBlock(head_title(officials), officials.head),
        ),
    )
    cover = _cover(page.heading, year.start_year, page.room, UnitWords.of(asked.unit.kind))
    return Paper(asked.form, cover, asked.form.short_name, (Part(asked.form.name, page),), stamp)


def _cover(heading: Heading, year: int, room: str, words: UnitWords) -> BookCover:
    return BookCover(
        province="",
        authority_above=heading.authority_above,
        school=heading.school,
        class_name=room,
        school_year=f"{year}-{year + 1}",
        grade=0,
        homeroom_teacher="",
        principal="",
        words=words,
    )


def _heading(session: Session, unit: OrgUnit, day: date) -> Heading:
    above = load_units_above(session, unit.id, day)
    words = f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"
    return Heading(above[0].name if above else "", unit.name, words)


def _place(row: CorrectionRequest) -> str:
    """In the middle of a sentence."""
    if row.sheet is not None:
        return f"sổ môn {row.sheet.subject.name}, {row.sheet.group.name}, học kì {'I' * row.term}"
    name = place_name(row)
    return name[:1].lower() + name[1:]


def _rows(row: CorrectionRequest) -> tuple[CellRow, ...]:
    return tuple(
        CellRow(
            student=whose(cell),
            born=format_date(cell.student.birth_date) if cell.student else "",
            column=column_name(row, cell.column),
            old=value_name(row, cell.column, cell.old),
            new=value_name(row, cell.column, cell.new),
        )
        for cell in row.cells
    )


def _parties(row: CorrectionRequest) -> tuple[Party, ...]:
    first = row.steps[0]
    found = [Party("Người đề nghị", row.requested_by.full_name, first.title, _moment(first.happened_at))]
    for seat in map(Seat, row.seats):
        if step := row.filled.get(seat):
            person = step.person.full_name if step.person else ""
            found.append(Party(_seat(row, seat), person, step.title, _moment(step.happened_at)))
    return tuple(found)


def _seat(row: CorrectionRequest, seat: Seat) -> str:
    if seat.value in row.seats_above and row.upper_unit is not None and seat is not Seat.CONSENT:
        return f"{SEATS[seat].replace('Hiệu trưởng duyệt', 'Lãnh đạo cấp trên duyệt')} ({row.upper_unit.short_name})"
    if seat is Seat.CERTIFIER and row.certifier_id is not None:
        return "Người được chỉ định xác nhận thay giáo viên chủ nhiệm"
    step = row.filled[seat]
    if seat is Seat.APPROVER and step.authorisation is not None:
        return f"Duyệt thay Hiệu trưởng theo giấy ủy quyền số {step.authorisation.number}"
    return SEATS[seat]


def _signatures(row: CorrectionRequest) -> tuple[SignatureBlock, ...]:
    """Requester, certifier, witnesses, and last who approved: for the head "KT.", above by its own title."""
    headings: dict[Seat, tuple[str, ...]] = {
        Seat.CERTIFIER: ("NGƯỜI XÁC NHẬN",),
        Seat.LEADER: ("ĐẠI DIỆN LÃNH ĐẠO",),
        Seat.BOARD: ("BAN QUẢN TRỊ",),
        Seat.CONSENT: ("CẤP TRÊN ĐỒNG Ý",),
        Seat.APPROVER: _approver_heading(row),
    }
    order = (Seat.CERTIFIER, Seat.LEADER, Seat.BOARD, Seat.CONSENT, Seat.APPROVER)
    taken = [(seat, row.filled[seat].person) for seat in order if seat in row.filled]
    return (
        SignatureBlock(("NGƯỜI ĐỀ NGHỊ",), row.requested_by.full_name),
        *(SignatureBlock(headings[seat], person.full_name) for seat, person in taken if person),
    )


def _approver_heading(row: CorrectionRequest) -> tuple[str, ...]:
    step = row.filled.get(Seat.APPROVER)
    if step and step.authorisation is not None:
        return ("KT. HIỆU TRƯỞNG", step.title.upper())
    return (step.title.upper(),) if step and step.title else ("HIỆU TRƯỞNG",)


def _summary_row(row: CorrectionRequest) -> SummaryRow:
    approved = row.filled.get(Seat.APPROVER)
    return SummaryRow(
        code=row.code,
        day=format_date(local_day(row.finished_at)) if row.finished_at else "",
        sheet=place_name(row).replace("học kì", "HK"),
        requester=row.requested_by.full_name,
        approver=approved.person.full_name if approved and approved.person else "",
        cells=_rows(row),
        reason=row.reason,
    )


def _moment(moment: Any) -> str:
    return f"{moment.astimezone(VN_TIME):%H:%M %d/%m/%Y}" if moment else ""
