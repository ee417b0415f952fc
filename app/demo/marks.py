"""What students of the demo get: by ability, subject and test; written as teachers type it."""

from app.demo.world import Sheet, World, chance
from app.domain.vocabulary import CELL_COLUMNS, Passing, SubjectKind, Threshold
from app.reference.comments_bank import draw_comment

PASSED, FAILED = "Đ", "CĐ"
WEAK = 42
"""Ability, in tenths of a mark, below which a comment subject is not always passed."""

HARDNESS = {"midterm": -2, "final": -1}
"""Tenths by which periodic tests differ from regular ones."""

SCIENCES = frozenset({"math", "physics", "chemistry", "natural_science", "informatics", "foreign_language_1"})
THRESHOLDS = (
    (80, Threshold.FROM_8_0),
    (65, Threshold.FROM_6_5),
    (50, Threshold.FROM_5_0),
    (35, Threshold.FROM_3_5),
)


class Marker:
    """Draws marks and remembers what stands in every cell."""

    def __init__(self, world: World) -> None:
        self.rng = world.rng("marks")
        self.cells: dict[tuple[int, int, str], str] = {}
        self.kept_blank: set[tuple[int, int, str]] = set()
        self._day = world.plan.day
        self._abilities: dict[tuple[int, str], int] = {}

    def ability(self, student_id: int, subject: str) -> int:
        """What the student is worth in the subject, in tenths: the same all through the demo."""
        general = self._drawn(student_id, "", 71, 12)
        bent = self._drawn(student_id, "sciences" if subject in SCIENCES else "letters", 0, 5)
        return general + bent + self._drawn(student_id, subject, 0, 5)

    def _drawn(self, student_id: int, area: str, mean: int, spread: int) -> int:
        key = student_id, area
        if key not in self._abilities:
            self._abilities[key] = int(chance(self._day, f"{student_id} {area}").gauss(mean, spread))
        return self._abilities[key]

    def draw(self, sheet: Sheet, student_id: int, column: str) -> str:
        """A mark as typed: 7 or 6,3 (papers are marked in quarters), Đ or CĐ."""
        worth = self.ability(student_id, sheet.subject)
        if sheet.kind is SubjectKind.COMMENT:
            return FAILED if worth < WEAK and self.rng.random() < 0.2 else PASSED
        tenths = self.rng.gauss(worth + HARDNESS.get(column, 4), 9)
        step = 4 if column in HARDNESS else 2
        return typed(min(max(int(tenths), 10), 100), step)

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
        for column in CELL_COLUMNS:
            text = self.known(former, student_id, column)
            if text is not None:
                self.remember(new, student_id, column, text)

    def corrected(self, sheet: Sheet, student_id: int, column: str, *, upward: bool = False) -> str:
        """Another mark for the same paper: a slip of the pen, a sum added up again."""
        old = self.cells[sheet.id, student_id, column]
        if sheet.kind is SubjectKind.COMMENT:
            return PASSED if old == FAILED else FAILED
        by = self.rng.choice((10, 15, 20) if upward else (-10, -5, 5, 5, 10, 10))
        tenths = tenths_of(old)
        return typed(tenths + by if 0 <= tenths + by <= 100 else tenths - by)

    def comment(self, sheet: Sheet, student_id: int) -> str:
        """A comment that fits what the student has reached so far."""
        return draw_comment(self.rng, self._result(sheet, student_id), sheet.subject)

    def _result(self, sheet: Sheet, student_id: int) -> Threshold | Passing:
        held = [text for column in sheet.columns if (text := self.known(sheet, student_id, column))]
        if sheet.kind is SubjectKind.COMMENT:
            return Passing.FAILED if FAILED in held else Passing.PASSED
        mean = sum(map(tenths_of, held)) // len(held) if held else 60
        return next((threshold for least, threshold in THRESHOLDS if mean >= least), Threshold.BELOW_3_5)


def typed(tenths: int, step: int = 10) -> str:
    """Tenths as a teacher types them, rounded to a `step`-th of a point first: 63 in quarters → 6,3; 70 → 7."""
    parts = (tenths * step + 5) // 10
    rounded = (parts * 20 + step) // (2 * step)
    return str(rounded // 10) if rounded % 10 == 0 else f"{rounded // 10},{rounded % 10}"


def tenths_of(text: str) -> int:
    """The other way round."""
    whole, _comma, decimal = text.partition(",")
    return int(whole) * 10 + int(decimal or 0)
