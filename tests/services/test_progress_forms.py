"""Progress of sheets that are not of marks alone: what is counted, and whose it is."""

import pytest

from app.domain.entry_schedule import ColumnGroup, EntryState
from app.services import setup
from tests.factories.progress import HEAD, enter, home, office, school
from tests.factories.province import Province
from tests.services.test_sheet_forms import sheets_of


@pytest.fixture
def training(province: Province) -> int:
    """The training sheet of 7A, whose homeroom teacher is TEACHER."""
    setup.seed_homeroom_sheets()
    return sheets_of(province.first.class_ids["7A"], 1)["training"]


def test_a_training_sheet_is_the_homeroom_teachers_work(province: Province, training: int) -> None:
    sheet = next(s for s in home(province).sheets if s.sheet_id == training)
    assert [c.column for c in sheet.columns] == ["final"]
    assert (sheet.groups[ColumnGroup.FINAL].filled, sheet.groups[ColumnGroup.FINAL].required) == (0, 8)
    for student in province.first.student_ids[:8]:
        enter(province, training, (student, "training", None, "T"))
    sheet = next(s for s in home(province).sheets if s.sheet_id == training)
    assert (sheet.state, sheet.last_change) == (EntryState.DONE, province.now)


def test_leaders_see_who_enters_it(province: Province, training: int) -> None:
    sheet = next(s for s in school(province, HEAD).sheets if s.sheet_id == training)
    assert [t.full_name for t in sheet.teachers] == ["Phạm Đức Long"]
    assert training not in {s.sheet_id for s in school(province, HEAD).unassigned}


def test_offices_count_it_with_the_schools_sheets(province: Province, training: int) -> None:
    enter(province, training, (province.first.student_ids[0], "training", None, "K"))
    lines = {line.unit.id: line for line in office(province).schools}
    assert {unit: line.share.filled for unit, line in lines.items()} == {
        province.first.unit_id: 1,
        province.second.unit_id: 0,
    }
