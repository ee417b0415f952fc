"""Papers of corrections out of the record: application, minutes, the summary of a term or year; each print on record.

Only the school prints (S0 Điều 12 khoản 3). xhtml2pdf is loaded when something is drawn.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor, Target, may
from app.domain.corrections import Preset, Seat, State
from app.domain.dates import format_date
from app.domain.locks import VN_TIME
from app.errors import N_, Forbidden, Invalid, Unavailable
from app.models import CorrectionRequest, OrgUnit, SchoolYear
from app.reports.contexts import PrintStamp
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
from app.services import scope
from app.services.book_reading import load_officials, load_units_above
from app.services.clock import Clock, clamp, local_day
from app.services.correction_columns import column_name, place_name, value_name, whose
from app.services.correction_lists import open_request
from app.services.correction_summary import summary
from app.services.printing import AT_THE_SCHOOL, NOT_DRAWN, hold_number, next_number
from app.services.unit_of_work import transaction

log = logging.getLogger(__name__)
NOT_APPLIED: Final = N_("The minutes are printed once the cells were written.")
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


@dataclass(frozen=True)
class Printed:
    """A paper, and what its file is called."""

    pdf: bytes
    name: str


def print_application(actor: Actor, correction_id: int, *, clock: Clock) -> Printed:
    """The application as PDF, recorded. Raises NotFound, Forbidden outside the school, Unavailable."""
    from app.reports.correction_forms import application

    paper = _request_paper(actor, correction_id, "application", clock)
    return Printed(_drawn(lambda: application(paper)), f"don-de-nghi-{paper.code}")


def print_minutes(actor: Actor, correction_id: int, *, clock: Clock) -> Printed:
    """The minutes as PDF, recorded. Raises as `print_application`, and Invalid before the cells were written."""
    from app.reports.correction_forms import minutes

    paper = _request_paper(actor, correction_id, "minutes", clock)
    return Printed(_drawn(lambda: minutes(paper)), f"bien-ban-{paper.code}")


def draw_minutes(session: Session, row: CorrectionRequest, stamp: PrintStamp) -> bytes:
    """The minutes of an applied request for a sealed bundle; the bundle is their record. Raises Unavailable."""
    from app.reports.correction_forms import minutes

    paper = _paper(session, row, "minutes", stamp, local_day(row.finished_at or row.requested_at))
    return _drawn(lambda: minutes(paper))


def print_summary(actor: Actor, year: SchoolYear, term: int, *, clock: Clock) -> Printed:
    """The summary of a term (0: the year) of the actor's own school. Raises Forbidden, Unavailable."""
    from app.reports import correction_forms

    with transaction(actor, "print.correction", clock=clock) as work:
        hold_number(work)
        unit = _own_unit(work.session, actor, local_day(work.now))
        day = local_day(work.now)
        found = summary(work.session, actor, year.id, day, unit_id=unit.id, term=term)
        stamp = PrintStamp(work.now, actor.username, actor.full_name, next_number(work))
        head = load_officials(work.session, unit.id, None, clamp(day, year.starts_on, year.ends_on)).head
        paper = CorrectionSummary(
            heading=_heading(work.session, unit, day),
            period=f"{TERMS[term]} {year.start_year}-{year.start_year + 1}",
            rows=tuple(_summary_row(row) for row in found.applied),
            tallies=tuple(
                TallyRow(t.name, "I" * t.term or "Cả năm", t.requests, t.applied, t.cells, t.refused)
                for t in found.teachers
            ),
            signatures=(
                SignatureBlock(("NGƯỜI LẬP",), actor.full_name),
                SignatureBlock(("HIỆU TRƯỞNG",), head),
            ),
            stamp=stamp,
        )
        work.audit("print.correction", target=unit, form="summary", term=term, number=stamp.number)
    name = f"tong-hop-sua-chua-{year.start_year}-{year.start_year + 1}"
    return Printed(_drawn(lambda: correction_forms.summary(paper)), name)


def _own_unit(session: Session, actor: Actor, day: date) -> OrgUnit:
    unit = scope.get(session, actor, OrgUnit, actor.unit_id, day)
    if not unit.kind.is_school or not may(actor, Action.CORRECTION_SUMMARY, Target()):
        raise Forbidden(AT_THE_SCHOOL)
    return unit


def _request_paper(actor: Actor, correction_id: int, form: str, clock: Clock) -> CorrectionPaper:
    with transaction(actor, "print.correction", clock=clock) as work:
        hold_number(work)
        row = open_request(work.session, actor, correction_id, work.now)
        if not may(actor, Action.CORRECTION_PRINT, Target(unit=actor.relation_to(row.unit_id))):
            raise Forbidden(AT_THE_SCHOOL)
        if form == "minutes" and row.state is not State.APPLIED:
            raise Invalid(NOT_APPLIED)
        stamp = PrintStamp(work.now, actor.username, actor.full_name, next_number(work))
        moment = row.finished_at if form == "minutes" and row.finished_at else row.requested_at
        paper = _paper(work.session, row, form, stamp, local_day(moment))
        work.audit("print.correction", target=row, form=form, number=stamp.number)
        return paper


def _paper(
    session: Session, row: CorrectionRequest, form: str, stamp: PrintStamp, day: date
) -> CorrectionPaper:
    year = row.school_year
    first = row.steps[0]
    above = Seat.APPROVER.value in row.seats_above and row.upper_unit is not None
    place = row.upper_unit.name if above and row.upper_unit else row.unit.name
    return CorrectionPaper(
        heading=_heading(session, row.unit, day),
        code=row.code,
        sheet=f"{_place(row)}, năm học {year.start_year}-{year.start_year + 1}",
        addressee=f"Lãnh đạo {place}" if above else f"Hiệu trưởng {place}",
        requester=row.requested_by.full_name,
        requester_title=first.title or "giáo viên",
        asked_on=_moment(row.requested_at),
        reason=row.reason,
        evidence=row.evidence_name or "không có",
        rows=_rows(row),
        parties=_parties(row),
        grounds=GROUNDS[row.preset],
        applied_at=_moment(row.finished_at) if row.state is State.APPLIED else "",
        transaction=str(row.applied_tx_id or NO_NUMBER),
        signatures=_signatures(row) if form == "minutes" else (SignatureBlock(("NGƯỜI ĐỀ NGHỊ",), row.requested_by.full_name),),
        stamp=stamp,
    )  # fmt: skip


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


def _drawn(draw: Callable[[], bytes]) -> bytes:
    """Drawn outside the transaction: it takes longer than anybody else's save should wait."""
    from app.reports.renderer import RenderError

    try:
        return draw()
    except RenderError as error:
        log.exception("a paper of a correction was not printed")
        raise Unavailable(NOT_DRAWN) from error
