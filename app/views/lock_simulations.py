"""A window tried out, in the reader's words."""

from dataclasses import dataclass

from flask_babel import gettext as _

from app.services.lock_simulation import Closed, Simulation
from app.views import lock_texts

MOST_LINES = 30


@dataclass(frozen=True)
class SimulationText:
    """What a new window would do: the sentence, and the sheets or schools it would do it to."""

    sentence: str
    lines: tuple[tuple[Closed, str], ...]
    hidden: int
    harmless: bool


def simulation_text(found: Simulation) -> SimulationText:
    """The outcome in a sentence, with the lines that hold the most unfinished cells first."""
    if found.at is None:
        return SimulationText(_("This window has no end, so it closes nothing."), (), 0, harmless=True)
    at = lock_texts.at_time(found.at, ending=True)
    if not found.lines:
        return SimulationText(
            _("Nothing that is open would be closed at %(at)s.", at=at), (), 0, harmless=True
        )
    if found.entered_only:
        words = _(
            "At %(at)s it locks %(entered)s entered cells of %(sheets)s sheets; %(blank)s blank cells stay open.",
            at=at, entered=found.entered, sheets=found.sheets, blank=found.blank,
        )  # fmt: skip
    else:
        words = _(
            "At %(at)s it closes %(sheets)s sheets with %(blank)s unfinished cells.",
            at=at, sheets=found.sheets, blank=found.blank,
        )  # fmt: skip
    lines = [(line, lock_texts.columns_title(line.columns)) for line in found.lines[:MOST_LINES]]
    hidden = max(0, len(found.lines) - MOST_LINES)
    return SimulationText(words, tuple(lines), hidden, harmless=found.entered_only or not found.blank)
