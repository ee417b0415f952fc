"""What the tests of corrections share: marks entered and locked, a request, people with roles, the way to its end."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from app.domain.access import SYSTEM
from app.domain.corrections import Preset, State
from app.domain.policies import PolicyKey
from app.domain.vocabulary import WindowEffect, WindowMode
from app.extensions import db
from app.models import Account, CorrectionRequest, Grade, LockWindow, Policy, Position
from app.services.cells import CellChange
from app.services.correction_places.port import PlaceRef, on_sheet
from app.services.correction_requests import NewCorrection, request_correction
from app.services.corrections import take_seat
from app.services.gradebook import enter_scores
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting

HEAD, DEPUTY, BOARD, OFFICE = "giangnt.thcstk", "hocnv.thcstk", "quantb.thcstk", "hongvt.thcstk"
TEACHER, OTHER, THIRD = "longpd.thcstk", "habtt.thcstk", "khuongyb.thcstk"
LEADER_ABOVE, ADMIN_ABOVE = "sonlv.xatk", "maipt.xatk"
WHY = "Ghi nhầm dòng; bài kiểm tra ghi 8,5"
PAPER = b"%PDF-1.4 bai kiem tra"


def sheet_of(province: Province, room: str = "7A", subject: str = "math") -> int:
    return province.first.sheet_ids[room, subject, 1]


def student_of(province: Province, room: str = "7A", place: int = 0) -> int:
    """A student of the class, by place in the factory's order."""
    first = 0 if room == "7A" else len(province.first.student_ids) // 2
    return province.first.student_ids[first + place]


def enter_and_lock(province: Province, values: dict[str, str], who: str = TEACHER, room: str = "7A") -> None:
    """Marks of the first student, then the window of the department ends: the book is locked."""
    changes = [CellChange(student_of(province, room), column, None, text) for column, text in values.items()]
    enter_scores(acting(province, who), sheet_of(province, room), changes, clock=province.clock)
    lock(province)


def lock(province: Province) -> None:
    """The department's opening ends now."""
    with transaction(SYSTEM, "test.lock", clock=province.clock) as work:
        row = work.session.get_one(LockWindow, province.first.window_ids[0])
        row.closes_at = province.now
    province.now += timedelta(minutes=5)


def freeze(province: Province, *columns: str) -> None:
    """The commune shuts the books, or these columns of them, for an inspection, for a day."""
    with transaction(SYSTEM, "test.freeze", clock=province.clock) as work:
        other = work.session.get_one(LockWindow, province.first.window_ids[0])
        work.session.add(
            LockWindow(
                owner_id=province.commune_id,
                school_year_id=province.year_id,
                book="gradebook",
                effect=WindowEffect.SHUT,
                mode=WindowMode.WHOLE_BOOK,
                columns=list(columns),
                title="Kiểm tra",
                reason="Kế hoạch kiểm tra",
                opens_at=province.now,
                closes_at=province.now + timedelta(days=1),
                ordered_by_id=other.ordered_by_id,
                executed_by_id=other.executed_by_id,
            )
        )


def set_preset(province: Province, preset: Preset, days: int | None = None) -> None:
    """The school's rule from its first day on."""
    with transaction(SYSTEM, "test.policy", clock=province.clock) as work:
        for key, value in (
            (PolicyKey.CORRECTION_PRESET, preset.value),
            (PolicyKey.CORRECTION_DAYS, str(days or 10)),
        ):
            work.session.add(
                Policy(
                    unit_id=province.first.unit_id,
                    key=key.value,
                    value=value,
                    reason="Quy chế của trường",
                    decided_at=province.now,
                    starts_on=date(2026, 9, 1),
                )
            )


def ask(
    province: Province,
    who: str = TEACHER,
    *,
    room: str = "7A",
    old: str | None = "6,5",
    new: str | None = "8,5",
    column: str = "midterm",
    paper: bytes = PAPER,
) -> int:
    """A request for one cell of the first student; returns its id."""
    cells = (CellChange(student_of(province, room), column, old, new),)
    return send(province, who, on_sheet(sheet_of(province, room)), *cells, paper=paper)


def send(province: Province, who: str, place: PlaceRef, *cells: CellChange, paper: bytes = PAPER) -> int:
    """A request for cells of a place, with the test paper as its evidence; returns its id."""
    wanted = NewCorrection(place, cells, WHY, "bai.pdf" if paper else "", paper)
    folder = Path(current_app.config["INSTANCE_DIR"]) / "evidence"
    return request_correction(acting(province, who), wanted, folder=folder, clock=province.clock)


def sit(province: Province, request_id: int, who: str, note: str = "") -> State:
    """The step a request waits for from an account."""
    province.now += timedelta(minutes=1)
    return take_seat(acting(province, who), request_id, note=note, clock=province.clock)


def sit_all(province: Province, request_id: int, people: Sequence[str]) -> State:
    """One after the other."""
    return [sit(province, request_id, who) for who in people][-1]


def found(request_id: int) -> CorrectionRequest:
    db.session.rollback()
    return db.session.get_one(CorrectionRequest, request_id)


def mark(province: Province, column: str = "midterm", room: str = "7A") -> object:
    """What the cell holds."""
    db.session.rollback()
    row = db.session.get(Grade, (sheet_of(province, room), student_of(province, room)))
    return getattr(row, column)


def leave_only(province: Province, *keep: str) -> None:
    """A school of few people: everybody else's account is closed."""
    with transaction(SYSTEM, "test.few", clock=province.clock) as work:
        query = sa.select(Account).where(Account.unit_id == province.first.unit_id)
        for account in work.session.scalars(query):
            account.active = account.username in keep


def move_homeroom(province: Province, room: str, stem: str) -> None:
    """Another homeroom teacher than the subject teacher."""
    from app.models import HomeroomAssignment

    with transaction(SYSTEM, "test.homeroom", clock=province.clock) as work:
        query = sa.select(HomeroomAssignment).where(
            HomeroomAssignment.class_id == province.first.class_ids[room]
        )
        work.session.scalars(query).one().person_id = province.first.person_ids[stem]


def positions(province: Province) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Position)) or 0
