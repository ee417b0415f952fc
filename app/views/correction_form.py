"""The form that asks for a correction: cells of one place, one after the other, with what was typed kept."""

from dataclasses import dataclass, field

from flask import request, url_for
from flask_babel import gettext as _

from app.domain.access import Action, Target, may
from app.domain.corrections import Place
from app.errors import N_, Forbidden, HocVuError, Invalid, NotFound
from app.extensions import db
from app.security import request_clock
from app.services.cells import CellChange
from app.services.correction_places import open_place
from app.services.correction_places.port import NO_SUCH_CELL, Cell, PlaceCells, PlaceFacts, PlaceRef, on_sheet
from app.services.correction_requests import NOT_YOURS, NewCorrection, what_is_closed
from app.views import correction_cells as words
from app.views.base import actor, tell, today

CHOOSE_CELL = N_("Choose the student and the column to be corrected.")
PLACES = {place.value: place for place in (Place.YEAR, Place.NOTES, Place.ATTENDANCE)}


def ask_url(
    place: Place,
    class_id: int,
    student_id: int,
    *columns: str,
    subject_id: int | None = None,
    topic: str | None = None,
) -> str:
    """The form for cells of a class's year or remarks, filled in with a student's."""
    return url_for(
        "CorrectionView.new",
        place=place.value,
        class_id=class_id,
        subject_id=subject_id,
        topic=topic,
        cell=[f"{student_id}:{column}" for column in columns],
    )


@dataclass
class DraftCell:
    """A cell of the form: what it holds, what is typed, why it can't be asked for (if so)."""

    student_id: int
    student: str
    column: str
    title: str
    old: str  # as stored, sent back so that a change meanwhile is seen
    shown: str
    typed: str
    options: list[tuple[str, str]]
    text: bool
    locked: bool
    problem: str = ""

    @property
    def name(self) -> str:
        """Of its form field."""
        return f"new-{self.student_id}-{self.column}"


@dataclass
class Draft:
    """Everything the page of a new request shows."""

    ref: PlaceRef
    place: PlaceFacts
    students: list[tuple[int, str]]
    columns: list[tuple[str, str]]
    cells: list[DraftCell] = field(default_factory=list)
    reason: str = ""
    closed: bool = False
    message: str = ""
    problems: dict[Cell, str] = field(default_factory=dict)

    @property
    def grows(self) -> bool:
        """A further cell was asked for, nothing is sent yet."""
        return request.form.get("do") == "add"

    @property
    def title(self) -> str:
        """Where the cells lie."""
        return words.place_title(self.place)

    @property
    def back_url(self) -> str:
        """The page they stand on."""
        return words.place_url(self.place)

    @property
    def here(self) -> str:
        """The form's own address."""
        if self.ref.place is Place.SHEET:
            return url_for("CorrectionView.new", sheet=self.ref.sheet_id)
        asked = {"class_id": self.ref.class_id, "subject_id": self.ref.subject_id, "topic": self.ref.topic}
        return url_for("CorrectionView.new", place=self.ref.place.value, **asked)  # type: ignore[arg-type]

    @classmethod
    def read(cls, refused: "Draft | None" = None) -> "Draft":
        """The form of this request: from the address or from what was posted. Raises NotFound, Forbidden."""
        ref, now = _asked_place(), request_clock()()
        found = open_place(db.session(), actor(), ref, today())
        # The page is for who may ask; whether somebody entered a cell is looked at when it is sent.
        standing = Target(unit=actor().relation_to(found.facts.unit_id), entered=True)
        if not may(actor(), Action.CORRECTION_REQUEST, standing):
            raise Forbidden(NOT_YOURS)
        cells = found.read(db.session(), now)
        titled = words.titles(found.facts)
        draft = cls(
            ref=ref,
            place=found.facts,
            students=[(key, name if key else _("The whole class")) for key, name in cells.people.items()],
            columns=[(column, titled(column)) for column in cells.columns],
            reason=request.form.get("reason", ""),
            closed=what_is_closed(db.session(), found.facts, now) is not None,
        )
        if refused is not None:
            draft.message, draft.problems = refused.message, refused.problems
        draft.cells = [draft._cell(cells, cell) for cell in draft._places(cells)]
        return draft

    def _places(self, cells: PlaceCells) -> list[Cell]:
        """The cells named so far, each once, with the one that is to be added."""
        asked = [tuple(place.split(":", 1)) for place in request.values.getlist("cell") if ":" in place]
        single = (request.values.get("student", ""), request.values.get("column", ""))
        if request.method == "GET" or self.grows:
            asked.append(single)
        places = {(int(s), c): None for s, c in asked if s.isdecimal() and len(s) < 10}
        known = [place for place in places if cells.has(*place)]
        if self.grows and not all(single):
            self.message = _(CHOOSE_CELL)
        elif self.grows and (int(single[0]) if single[0].isdecimal() else -1, single[1]) not in known:
            self.message = _(NO_SUCH_CELL)
        return known[:50]

    def as_request(self) -> NewCorrection:
        """What was filled in. Raises Invalid without a cell."""
        upload = request.files.get("evidence")
        content = upload.read() if upload and upload.filename else b""
        if not self.cells:
            raise Invalid(CHOOSE_CELL)
        return NewCorrection(
            place=self.ref,
            cells=tuple(
                CellChange(c.student_id, c.column, request.form.get(f"old-{c.student_id}-{c.column}") or None,
                           c.typed or None)
                for c in self.cells
            ),
            reason=self.reason,
            evidence_name=(upload.filename or "") if upload and content else "",
            evidence=content,
        )  # fmt: skip

    def refused(self, error: HocVuError) -> None:
        """Keep what is wrong, cell by cell where it is about cells."""
        self.message = tell(error)
        for problem in getattr(error, "problems", ()):
            if hasattr(problem, "student_id"):
                self.problems[problem.student_id, problem.column] = _(problem.reason, **dict(problem.params))
        for place in getattr(error, "conflicts", ()):
            self.problems[place] = _("This cell holds another value by now.")

    def _cell(self, cells: PlaceCells, place: Cell) -> DraftCell:
        student, column = place
        value = cells.value(student, column)
        stored = None if value is None else str(value)
        kept = request.form.get(f"old-{student}-{column}")
        return DraftCell(
            student_id=student,
            student=cells.people[student] if student else _("The whole class"),
            column=column,
            title=dict(self.columns)[column],
            old=kept if kept is not None and not self.problems.get(place) else stored or "",
            shown=words.shown(self.place, column, stored),
            typed=request.form.get(f"new-{student}-{column}", ""),
            options=words.options(self.place, column),
            text=words.is_text(self.place, column),
            locked=bool(cells.reasons(student, column)),
            problem=self.problems.get(place, ""),
        )


def _asked_place() -> PlaceRef:
    """The place the address speaks of. Raises NotFound for none."""
    place = PLACES.get(request.values.get("place", ""))
    sheet_id, class_id = (request.values.get(name, type=int) for name in ("sheet", "class_id"))
    if place is None and sheet_id is not None:
        return on_sheet(sheet_id)
    if place is None or class_id is None:
        raise NotFound
    topic = None if place is Place.YEAR else request.values.get("topic")
    return PlaceRef(place, None, class_id, request.values.get("subject_id", type=int), topic)
