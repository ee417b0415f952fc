"""Only an applied correction passes the locks, and it has one door (issue 4, section 5)."""

import re

from tests.architecture.source import modules

APPLIES = {"app/services/corrections.py": "the last step of a request"}
NAMES_IT = {
    "app/services/corrections.py": "the last step of a request",
    "app/services/unit_of_work.py": "defines it",
}


def callers(name: str) -> set[str]:
    return {
        module.where
        for module in modules()
        for _line, called in module.calls()
        if called.rsplit(".", 1)[-1] == name
    }


def test_one_place_applies_corrections() -> None:
    assert callers("apply_correction_cells") == set(APPLIES)


def test_one_place_names_a_transaction_a_correction() -> None:
    assert callers("name_correction") <= set(NAMES_IT)
    spelt = re.compile(r"[\"']correction\.apply[\"']")
    assert {m.where for m in modules() if spelt.search(m.text)} <= {"app/services/unit_of_work.py", *READS}


READS = ("app/services/after_lock.py",)
"""Where the word is read from the record."""
