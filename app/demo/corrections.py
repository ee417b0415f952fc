"""Requests of the demo to correct final marks: one written into the book, one refused, two on their way."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from app.demo.accounts import act
from app.demo.schools import MAIN
from app.demo.world import Member, School, Sheet, World
from app.domain.corrections import State
from app.domain.marks import format_mark
from app.domain.sheet_forms import SheetForm
from app.errors import HocVuError
from app.extensions import db
from app.models import CorrectionRequest, GradebookSheet
from app.services.cells import CellChange
from app.services.clock import local_day
from app.services.correction_places.port import on_sheet
from app.services.correction_requests import NewCorrection, request_correction
from app.services.correction_seats import load_staffing
from app.services.corrections import refuse, take_seat
from app.services.sheet_reading import load_lines

COLUMN = "regular_1"
HALF = Decimal("0.5")
PAUSE = timedelta(minutes=20)
STORIES: tuple[tuple[str, State, str], ...] = (
    ("Nhập nhầm dòng: bài của em được chấm lại trước lớp ngày trả bài", State.APPLIED, ""),
    ("Cộng sai điểm thành phần, bài kiểm tra lưu ở tổ chuyên môn", State.WITNESSING, ""),
    (
        "Học sinh xin nâng điểm để đủ điều kiện khen thưởng",
        State.REFUSED,
        "Không có căn cứ trên bài kiểm tra",
    ),
    ("Ghi nhầm điểm của hai học sinh trùng tên", State.CERTIFYING, ""),
)
"""Why, how far the request has come by today, and what the head wrote."""


def ask_for_corrections(world: World, folder: Path) -> None:
    """Teachers of the main school ask, one sheet each; the school's people take the seats as far as the story goes."""
    school = world.units[MAIN]
    sheets = _of_others_than_homeroom(world, school)
    for place, (reason, goal, note) in enumerate(STORIES):
        asked = (ask_for(world, sheet, 3 * place, HALF, reason, folder) for sheet in sheets)
        request_id = next(filter(None, asked), None)
        if request_id is not None:
            bring_to(world, school.staff.values(), request_id, goal, note)


def _of_others_than_homeroom(world: World, school: School) -> Iterator[Sheet]:
    """Sheets with scores whose teacher leads neither the class, so that nobody is to be named to certify, nor the school."""
    year, day = world.plan.current.start_year, local_day(world.clock.now)
    for sheet in school.sheets_of(year, world.plan.term):
        room = school.classes.get((year, sheet.name))
        if room is None or sheet.form is not SheetForm.MARKS or COLUMN not in sheet.columns:
            continue
        if sheet.member_for(COLUMN, day) not in (room.homeroom, school.head):
            yield sheet


def ask_for(world: World, sheet: Sheet, place: int, more: Decimal, reason: str, folder: Path) -> int | None:
    """The sheet's teacher asks for so many points more in the first locked mark from a place on; None: there is none."""
    session, day = db.session(), local_day(world.clock.now)
    row = session.get_one(GradebookSheet, sheet.id)
    for line in load_lines(session, row)[place:]:
        mark = line.value(COLUMN)
        if not isinstance(mark, Decimal) or mark + more > 10:
            continue
        typed = CellChange(line.student_id, COLUMN, format_mark(mark), format_mark(mark + more))
        who = act(session, sheet.member_for(COLUMN, day), day, fresh=True)
        try:
            new = NewCorrection(on_sheet(sheet.id), (typed,), reason)
            return request_correction(who, new, folder=folder, clock=world.clock)
        except HocVuError:
            return None
    return None


def bring_to(world: World, people: Iterable[Member], request_id: int, goal: State, note: str) -> None:
    """Of these people those it waits for take their seats, one after the other, until it stands where the story says."""
    session = db.session()
    while not (request := session.get_one(CorrectionRequest, request_id, populate_existing=True)).state.over:
        if request.state is goal or (member := _next(world, people, request)) is None:
            return
        world.clock.move_to(world.clock.now + PAUSE)
        who = act(session, member, local_day(world.clock.now), fresh=True)
        if goal is State.REFUSED and request.state is State.APPROVING:
            refuse(who, request_id, note, clock=world.clock)
        else:
            take_seat(who, request_id, clock=world.clock)


def _next(world: World, people: Iterable[Member], request: CorrectionRequest) -> Member | None:
    day = local_day(world.clock.now)
    staffing = load_staffing(db.session(), request.unit_id, request.class_id, day)
    for member in people:
        seat = staffing.seat_for(request, member.person_id)
        if seat is not None and staffing.leaves_all(request, seat, member.person_id):
            return member
    return None
