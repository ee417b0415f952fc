"""Places in classes for many students at once: what `enrolments` does for one, without a query each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.models import Enrolment, SchoolClass, Student, TeachingGroup, TeachingGroupMember
from app.reference.code_lists import CODE_LISTS
from app.services.enrolments import ONE_DAY
from app.services.spreadsheets.rows import Ground, chunks
from app.services.unit_of_work import Work

PASSED_THE_EXAM, FROM_ELSEWHERE, PROMOTED = "0", "1", "4"
"""Codes of entry_kind: trúng tuyển, chuyển đến, lên lớp."""

_CAME = frozenset(
    item.code for item in CODE_LISTS["enrolment_status"].items if item.label_vi.startswith("Chuyển đến")
)


@dataclass(frozen=True)
class Move:
    """A place in a class from a day; `current` is the one it replaces, `ends` all that it ends."""

    school_class: SchoolClass
    day: date
    status_code: str
    current: Enrolment | None = None
    ends: tuple[Enrolment, ...] = ()


class Placer:
    """Writes places; reads class lists and group seats once for all."""

    def __init__(self, work: Work, ground: Ground, moves: Sequence[Move]) -> None:
        self._work = work
        self._day = ground.day
        self._last_order = self._orders({move.school_class.id for move in moves})
        self._seats = self._open_seats([move.current for move in moves if move.current is not None])

    def place(self, student: Student, move: Move) -> None:
        """End what the new place replaces, the groups drawn from it too, and begin the new one."""
        for former in move.ends:
            former.ends_on = move.day - ONE_DAY
        if move.current is not None:
            for seat in self._seats.get((student.id, move.current.class_id), []):
                seat.ends_on = max(seat.starts_on, move.day - ONE_DAY)
        order = self._last_order.get(move.school_class.id, 0) + 1
        self._last_order[move.school_class.id] = order
        self._work.session.add(
            Enrolment(
                student=student,
                class_id=move.school_class.id,
                starts_on=move.day,
                status_code=move.status_code,
                status_date=move.day,
                entry_code=self._entry_code(move),
                order_no=order,
            )
        )
        student.status_code = move.status_code

    def change_status(self, student: Student, place: Enrolment, status_code: str) -> None:
        """Another status of somebody who stays in the class."""
        place.status_code, place.status_date = status_code, self._day
        student.status_code = status_code

    @staticmethod
    def _entry_code(move: Move) -> str | None:
        if move.current is not None:
            return move.current.entry_code or PASSED_THE_EXAM
        if move.status_code in _CAME:
            return FROM_ELSEWHERE
        return PROMOTED if move.ends else PASSED_THE_EXAM

    def _orders(self, class_ids: set[int]) -> dict[int, int]:
        query = sa.select(Enrolment.class_id, sa.func.max(Enrolment.order_no)).group_by(Enrolment.class_id)
        found: dict[int, int] = {}
        for some in chunks(sorted(class_ids)):
            for class_id, highest in self._work.session.execute(query.where(Enrolment.class_id.in_(some))):
                found[class_id] = highest or 0
        return found

    def _open_seats(
        self, places: Sequence[Enrolment]
    ) -> dict[tuple[int, int | None], list[TeachingGroupMember]]:
        """Seats in groups drawn from the classes that are left, by student and class."""
        query = (
            sa.select(TeachingGroupMember, TeachingGroup.class_id)
            .join(TeachingGroup, TeachingGroup.id == TeachingGroupMember.group_id)
            .where(sa.or_(TeachingGroupMember.ends_on.is_(None), TeachingGroupMember.ends_on >= self._day))
            .where(TeachingGroup.class_id.is_not(None))
        )
        found: dict[tuple[int, int | None], list[TeachingGroupMember]] = {}
        for some in chunks(place.student_id for place in places):
            for seat, class_id in self._work.session.execute(
                query.where(TeachingGroupMember.student_id.in_(some))
            ):
                found.setdefault((seat.student_id, class_id), []).append(seat)
        return found
