"""The places corrections reach, each behind the same port: sheets, the year of a class, remarks, attendance."""

from datetime import date

from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.corrections import Place
from app.services.correction_places.attendance import AttendancePlace
from app.services.correction_places.notes import NotesPlace
from app.services.correction_places.port import CorrectionPlace, PlaceRef
from app.services.correction_places.sheet import SheetPlace
from app.services.correction_places.year import YearPlace


def open_place(
    session: Session, actor: Actor, ref: PlaceRef, today: date, *, to_write: bool = False
) -> CorrectionPlace:
    """The place within the actor's reach, as of the days of its year; `to_write` leaves out what only a page shows.

    Raises NotFound out of reach, Forbidden for who may not see what lies there.
    """
    if ref.place is Place.SHEET:
        return SheetPlace(session, actor, ref, today, to_write=to_write)
    if ref.place is Place.YEAR:
        return YearPlace(session, actor, ref, today)
    if ref.place is Place.ATTENDANCE:
        return AttendancePlace(session, actor, ref, today)
    return NotesPlace(session, actor, ref, today)
