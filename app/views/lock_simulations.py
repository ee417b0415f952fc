"""A window tried out, in the reader's words."""

from dataclasses import dataclass, replace

from flask_babel import gettext as _

from app.errors import N_
from app.services.lock_simulation import Closed, Simulation
from app.views import lock_texts

MOST_LINES = 30
BLANK_ONLY = N_(
    "Only blank cells can be entered; entered marks change by a correction request. The unit above is told."
)


@dataclass(frozen=True)
class SimulationText:
    """What a new window would do: the sentence, and the sheets or schools it would do it to."""

    sentence: str
    lines: tuple[tuple[Closed, str], ...]
    hidden: int
    harmless: bool
    reopens: str = ""


def simulation_text(found: Simulation) -> SimulationText:
    """The outcome in a sentence, with the lines that hold the most unfinished cells first, and whether it reopens."""
    text = _outcome(found)
    if found.reopens is None:
        return text
    title, at = found.reopens.title, lock_texts.at_time(found.reopens.at, ending=True)
    reopens = _("Reopened after it had closed (%(title)s, %(at)s).", title=title, at=at)
    return replace(text, harmless=False, reopens=" ".join((reopens, _(BLANK_ONLY))))


def _outcome(found: Simulation) -> SimulationText:
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
