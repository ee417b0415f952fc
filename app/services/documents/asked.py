"""What is to be printed: a form, and the class, student, school and time it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.models import OrgUnit, SchoolClass, SchoolYear
from app.reports.contexts import PrintStamp
from app.reports.form import YEAR, Form
from app.reports.papers import Printable


@dataclass(frozen=True)
class Asked:
    """A print within the actor's right. `period`: 1, 2 or YEAR, as the form has it; `student_id`: of that one alone;
    `student_ids`: of these of the class.
    """

    form: Form
    unit: OrgUnit
    year: SchoolYear
    room: SchoolClass | None
    period: int
    student_id: int | None
    day: date  # the record is read as it stood for this day: who sat where, who held which office
    details: Mapping[str, Any] = field(default_factory=dict)  # what a decision was ordered with
    student_ids: tuple[int, ...] = ()

    @property
    def alone(self) -> set[int] | None:
        """The students it is of; None for everybody."""
        return set(self.student_ids) or (None if self.student_id is None else {self.student_id})

    @property
    def terms(self) -> tuple[int, ...]:
        """The terms it covers."""
        return (1, 2) if self.period == YEAR else (self.period,)

    @property
    def school_class(self) -> SchoolClass:
        """The class; ValueError for a form of the whole school."""
        if self.room is None:
            raise ValueError(f"{self.form.code} is about no class")
        return self.room


Builder = Callable[[Session, Asked, PrintStamp], Printable]
"""Reads the record once and fills the form; it asks for no right: `print_orders` has done so."""
