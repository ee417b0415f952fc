"""What students of the demo get: by ability, subject and test; written as teachers type it."""

from random import Random

from app.demo.endings import FAILED, PASSED, Ending, tenths_text
from app.demo.world import Sheet, World, chance
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.sheet_forms import CellKind, SheetForm
from app.domain.vocabulary import Passing, SubjectKind, Threshold
from app.reference.comments_bank import Result, draw_comment, subject_comments

SUPPORTED = 60
"""General ability below which differences are smaller than they were drawn."""

WEAK = 42
"""Ability, in tenths of a mark, below which a comment subject is not always passed."""

YOUNG = 7
"""Tenths by which children of a primary school do better."""

HARDNESS = {"midterm": -2, "final": -1}
"""Tenths by which periodic tests differ from regular ones."""

SCIENCES = frozenset({"math", "physics", "chemistry", "natural_science", "informatics", "foreign_language_1"})
THRESHOLDS = (
    (80, Threshold.FROM_8_0),
    (65, Threshold.FROM_6_5),
    (50, Threshold.FROM_5_0),
    (35, Threshold.FROM_3_5),
)
LEVELS = ((70, "T", 7, 10), (44, "H", 5, 8), (-99, "C", 2, 4))
"""Ability from which a primary subject is done so well, with the test scores that go with it."""

MANNERS = ((70, 0), (55, 1), (42, 2), (-99, 3))
"""Conduct from which a term's training result is Tốt, Khá, Đạt or Trung bình, Chưa đạt or Yếu."""
_TRAINING = {CellKind.TRAINING: ("Tốt", "Khá", "Đạt", "CĐ"), CellKind.CONDUCT: ("Tốt", "Khá", "Tb", "Yếu")}
LOW = frozenset({"Đạt", "CĐ", "Tb", "Yếu"})
"""Training results for which the homeroom teacher gives the reason."""

SICKLY = 10
"""Health below which a student misses many sessions, with leave: two in a hundred."""


class Marker:
    """Draws marks and remembers what stands in every cell."""

    def __init__(self, world: World) -> None:
        self.rng = world.rng("marks")
        self.cells: dict[tuple[int, int, str], str] = {}
        self.kept_blank: set[tuple[int, int, str]] = set()
        self.endings: dict[tuple[int, int], Ending] = {}  # (sheet, student) → what it is to come to
        self._day = world.plan.day
        self._abilities: dict[tuple[int, str], int] = {}
        self._missed: dict[tuple[int, int], tuple[int, int]] = {}

    def ability(self, student_id: int, subject: str) -> int:
        """What the student is worth in the subject, in tenths: the same all through the demo."""
        general = self._drawn(student_id, "", 71, 12)
        if general < SUPPORTED:  # whoever falls behind is helped along: few fail a year
            general = SUPPORTED - (SUPPORTED - general) // 3
        bent = self._drawn(student_id, "sciences" if subject in SCIENCES else "letters", 0, 5)
        return general + bent + self._drawn(student_id, subject, 0, 5)

    def _drawn(self, student_id: int, area: str, mean: int, spread: int) -> int:
        key = student_id, area
        if key not in self._abilities:
            self._abilities[key] = int(chance(self._day, f"{student_id} {area}").gauss(mean, spread))
        return self._abilities[key]

    def draw(self, sheet: Sheet, student_id: int, column: str) -> str | None:
        """What the teacher types into a blank cell; None where there is nothing to say."""
        ending = self.endings.get((sheet.id, student_id))
        told = ending.text(sheet, column) if ending else None
        if told is not None:
            return told
        kind = sheet.cell(column).kind
        if kind is CellKind.TEXT:
            return self._comment(sheet, student_id, column)
        if kind is CellKind.MARK:
            return self._mark(sheet, student_id, column)
        if kind in (CellKind.LEVEL, CellKind.WHOLE_MARK):
            return self._primary(sheet, student_id, kind)
        if kind is CellKind.COUNT:
            return str(self.sessions_of(sheet, student_id)[column == "unexcused"])
        manners = self._manners(student_id)
        if kind is CellKind.TRAIT:
            return "T" if manners >= MANNERS[1][0] else "Đ"
        place = next(place for least, place in MANNERS if manners >= least)
        return _TRAINING[kind][place]

    def _mark(self, sheet: Sheet, student_id: int, column: str) -> str:
        """7 or 6,3 (papers are marked in quarters), Đ or CĐ."""
        worth = self.ability(student_id, sheet.subject)
        if sheet.kind is SubjectKind.COMMENT:
            return FAILED if worth < WEAK and self.rng.random() < 0.2 else PASSED
        tenths = self.rng.gauss(worth + HARDNESS.get(column, 4), 9)
        step = 4 if column in HARDNESS else 2
        return typed(min(max(int(tenths), 10), 100), step)

    def _primary(self, sheet: Sheet, student_id: int, kind: CellKind) -> str:
        """T, H or C; a test scored in whole numbers that suits it."""
        worth = self.ability(student_id, sheet.subject) + YOUNG
        _from, level, least, most = next(row for row in LEVELS if worth >= row[0])
        if kind is CellKind.LEVEL:
            return level
        tenths = int(self.rng.gauss(worth + 5, 7))
        return str(min(max((tenths + 5) // 10, least), most))

    def _manners(self, student_id: int) -> int:
        return int(self.rng.gauss(self._drawn(student_id, "manners", 78, 13), 4))

    def sessions_of(self, sheet: Sheet, student_id: int) -> tuple[int, int]:
        """Sessions missed in a term with leave and without: what attendance adds up to and the book counts."""
        ending = self.endings.get((sheet.id, student_id))
        if ending:
            excused, unexcused = (ending.text(sheet, column) for column in ("excused", "unexcused"))
            return int(excused or 0), int(unexcused or 0)
        key = sheet.id, student_id
        if key not in self._missed:
            rng = chance(self._day, f"{sheet.id} {student_id} sessions")
            self._missed[key] = (
                self._sessions(rng, student_id, "excused"),
                self._sessions(rng, student_id, "unexcused"),
            )
        return self._missed[key]

    def _sessions(self, rng: Random, student_id: int, column: str) -> int:
        """Sessions missed in a term: mostly none to three; never so many that the year's limit is near."""
        if column == "unexcused":
            often = self._drawn(student_id, "manners", 78, 13) < MANNERS[1][0]
            return rng.choice((0, 1, 1, 2, 4) if often else (0, 0, 0, 0, 0, 1))
        if self._drawn(student_id, "health", 50, 20) < SICKLY:
            return rng.randint(10, 17)
        return min(int(rng.expovariate(0.7)), 5)

    def known(self, sheet: Sheet, student_id: int, column: str) -> str | None:
        """What stands in the cell, None for blank."""
        return self.cells.get((sheet.id, student_id, column))

    def is_free(self, sheet: Sheet, student_id: int, column: str) -> bool:
        """True for a blank cell that is to be filled like all others."""
        cell = sheet.id, student_id, column
        return cell not in self.cells and cell not in self.kept_blank

    def remember(self, sheet: Sheet, student_id: int, column: str, text: str | None) -> None:
        """What stands in the cell from now on."""
        if text is None:
            self.cells.pop((sheet.id, student_id, column), None)
        else:
            self.cells[sheet.id, student_id, column] = text

    def came_along(self, student_id: int, former: Sheet, new: Sheet) -> None:
        """The student's cells of one sheet stand in another now, too."""
        for cell in former.cells:
            text = self.known(former, student_id, cell.name)
            if text is not None:
                self.remember(new, student_id, cell.name, text)

    def corrected(self, sheet: Sheet, student_id: int, column: str, *, upward: bool = False) -> str:
        """Another mark for the same paper: a slip of the pen, a sum added up again."""
        old = self.cells[sheet.id, student_id, column]
        if sheet.kind is SubjectKind.COMMENT:
            return PASSED if old == FAILED else FAILED
        by = self.rng.choice((10, 15, 20) if upward else (-10, -5, 5, 5, 10, 10))
        tenths = tenths_of(old)
        if upward and tenths < 100:
            return typed(min(tenths + by, 100))
        return typed(tenths + by if 0 <= tenths + by <= 100 else tenths - by)

    def _comment(self, sheet: Sheet, student_id: int, column: str) -> str | None:
        """A comment that fits what the student has reached so far."""
        if sheet.form is SheetForm.TRAINING:
            return self._reason(sheet, student_id)
        if sheet.form is SheetForm.TRAITS:
            return self.rng.choice(subject_comments(self._traits(sheet, student_id, column), sheet.subject))
        if sheet.form is SheetForm.PRIMARY:
            level = self.known(sheet, student_id, f"{_point(column)}_level")
            return draw_comment(self.rng, SubjectLevel(level), sheet.subject) if level else None
        return draw_comment(self.rng, self._result(sheet, student_id), sheet.subject)

    def _reason(self, sheet: Sheet, student_id: int) -> str | None:
        """Why the term's training result is a low one."""
        if self.known(sheet, student_id, "training") not in LOW:
            return None
        return self.rng.choice(subject_comments(Passing.FAILED, sheet.subject))

    def _traits(self, sheet: Sheet, student_id: int, column: str) -> TraitLevel:
        """The lowest of a point's levels."""
        held = {self.known(sheet, student_id, name) for name in sheet.at_point(_point(column))}
        return next(
            level for level in (TraitLevel.NEEDS_EFFORT, TraitLevel.PASSED, TraitLevel.GOOD) if level in held
        )

    def _result(self, sheet: Sheet, student_id: int) -> Result:
        held = [text for column in sheet.columns if (text := self.known(sheet, student_id, column))]
        if sheet.kind is SubjectKind.COMMENT:
            return Passing.FAILED if FAILED in held else Passing.PASSED
        mean = sum(map(tenths_of, held)) // len(held) if held else 60
        return next((threshold for least, threshold in THRESHOLDS if mean >= least), Threshold.BELOW_3_5)


def _point(column: str) -> str:
    """The point of a primary comment."""
    return "midterm" if column == "midterm_comment" else "final"


def typed(tenths: int, step: int = 10) -> str:
    """Tenths as a teacher types them, rounded to a `step`-th of a point first: 63 in quarters → 6,3; 70 → 7."""
    parts = (tenths * step + 5) // 10
    rounded = (parts * 20 + step) // (2 * step)
    return tenths_text(rounded)


def tenths_of(text: str) -> int:
    """The other way round."""
    whole, _comma, decimal = text.partition(",")
    return int(whole) * 10 + int(decimal or 0)
