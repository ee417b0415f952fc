"""Whom a row means by a teacher's name or identifier: somebody of this unit, and only one."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import N_
from app.models import Person, Position
from app.reference.code_lists import match_key
from app.services.spreadsheets.rows import Parsed, ParsedRow, grouped
from app.services.staff import GONE

NO_TEACHER: Final = N_("Nobody called %(name)s works in this unit. Write the name as in the list of staff.")
TWO_TEACHERS: Final = N_("Several people are called %(name)s. Give the teacher's identifier.")
NO_CODE: Final = N_("Nobody in this unit has the identifier %(code)s.")
OTHER_NAME: Final = N_("The identifier %(code)s belongs to %(name)s, not to the name in this row.")


class Teachers:
    """People of the unit, its own and those who hold a position there from `day` on."""

    def __init__(self, session: Session, unit_id: int, day: date) -> None:
        held = sa.select(Position.id).where(
            Position.person_id == Person.id,
            Position.unit_id == unit_id,
            sa.or_(Position.ends_on.is_(None), Position.ends_on >= day),
        )
        query = sa.select(Person).where(
            sa.or_(Person.unit_id == unit_id, held.exists()), Person.status_code.not_in(GONE)
        )
        people = session.scalars(query.order_by(Person.id)).all()
        self.names: Mapping[int, str] = {person.id: person.full_name for person in people}
        self._by_code = {person.staff_code: person for person in people if person.staff_code}
        self._by_name: Mapping[str, Sequence[Person]] = grouped(
            people, lambda person: match_key(person.full_name)
        )

    def find(self, parsed: Parsed, row: ParsedRow) -> Person | None:
        """The person of the columns teacher_code and teacher; None with the reason noted, or where both are blank."""
        code, name = row.get("teacher_code"), row.get("teacher")
        if code is not None:
            return self._by_identifier(parsed, row, code, name)
        if name is None:
            return None
        found = self._by_name.get(match_key(name), ())
        if len(found) != 1:
            parsed.refuse(row, "teacher", TWO_TEACHERS if found else NO_TEACHER, name=name)
            return None
        return found[0]

    def _by_identifier(self, parsed: Parsed, row: ParsedRow, code: str, name: str | None) -> Person | None:
        person = self._by_code.get(code)
        if person is None:
            parsed.refuse(row, "teacher_code", NO_CODE, code=code)
        elif name is not None and match_key(name) != match_key(person.full_name):
            parsed.refuse(row, "teacher", OTHER_NAME, code=code, name=person.full_name)
            return None
        return person
