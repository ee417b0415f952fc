"""Primary results once more, straight from the articles and without the program's rules: plain letters and whole numbers.

TT 27/2020 Điều 9 khoản 2, Điều 11, Điều 13; TT 30/2014 in the wording of TT 22/2016, Điều 14, Điều 16. A pupil is a dict:
`subjects` {name: (level, level again)}, `traits` the same, `tests` {name: (score, score again)}, `grade`, `said` (names of
decisions). Words are the stored values of the program's enums, which is all that is shared with it.
"""

from fractions import Fraction
from typing import Any

Pupil = dict[str, Any]


def tt27_result(pupil: Pupil) -> str | None:
    """Điều 9 khoản 2: four kinds of pupils, each "not yet the one before, but …"."""
    if incomplete(pupil):
        return None
    levels = "".join(now for now, _again in pupil["subjects"].values())
    traits = "".join(now for now, _again in pupil["traits"].values())
    scores = [Fraction(now) for now, _again in pupil["tests"].values()]
    best_letters = set(levels) == {"T"} and set(traits) == {"T"}
    if best_letters and not [s for s in scores if s < 9]:
        return "excellent"
    if best_letters and not [s for s in scores if s < 7]:
        return "well"
    if "C" not in levels and "C" not in traits and not [s for s in scores if s < 5]:
        return "done"
    return "not_done"


def tt22_result(pupil: Pupil) -> str | None:
    """Điều 14 khoản 1 điểm a."""
    found = tt27_result(pupil)
    return "done" if found in ("excellent", "well", "done") else found


def incomplete(pupil: Pupil) -> bool:
    """Some level or score isn't there."""
    return any(
        now is None for part in ("subjects", "traits", "tests") for now, _again in pupil[part].values()
    )


def again(pupil: Pupil) -> str | None:
    """After đánh giá bổ sung: only where every single thing that fell short was looked at again."""
    if tt27_result(pupil) != "not_done":
        return None
    verdict = "done"
    for part, passes in (("subjects", passes_letter), ("traits", passes_letter), ("tests", passes_score)):
        for now, later in pupil[part].values():
            if not passes(now) and later is None:
                return None
            if not passes(now if later is None else later):
                verdict = "not_done"
    return verdict


def passes_letter(letter: str) -> bool:
    """Not chưa hoàn thành, not cần cố gắng."""
    return letter != "C"


def passes_score(score: int) -> bool:
    """5 or more."""
    return not Fraction(score) < 5


def ending(pupil: Pupil) -> str | None:
    """Điều 11 (Điều 14 of the older one): completed, else assessed again, else the head."""
    moves_up = "completed" if pupil["grade"] == 5 else "promoted"
    head = {("promoted",): moves_up, ("retained",): "retained"}.get(
        tuple(sorted({"promoted", "retained"} & pupil["said"]))
    )
    result, later = tt27_result(pupil), again(pupil)
    if result in ("excellent", "well", "done") or later == "done":
        return moves_up
    if "disability" in pupil["said"] and head:
        return head
    if result is None:
        return None
    return "supplement" if later is None else head or "head_decides"


def short_subjects(pupil: Pupil) -> set[str]:
    """Subjects with chưa hoàn thành or a test under 5, of a pupil who has not completed the class."""
    if tt27_result(pupil) != "not_done":
        return set()
    by_level = {name for name, (now, _again) in pupil["subjects"].items() if now == "C"}
    return by_level | {name for name, (now, _again) in pupil["tests"].items() if now < 5}


def tt27_title(pupil: Pupil) -> str | None:
    """Điều 13 khoản 1 điểm a."""
    result = tt27_result(pupil)
    if result == "excellent":
        return "excellent"
    return "exemplary" if result == "well" and {"outstanding", "recognised"} <= pupil["said"] else None


def tt22_title(pupil: Pupil) -> str | None:
    """Điều 16 khoản 1 điểm a."""
    if incomplete(pupil):
        return None
    if tt27_result(pupil) == "excellent":
        return "all_content"
    return "outstanding" if {"outstanding", "recognised"} <= pupil["said"] else None
