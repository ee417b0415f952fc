"""What the columns of a sheet are called on paper: Vietnamese, whatever language somebody reads the pages in."""

from app.domain.assessment.primary_plan import traits_of
from app.domain.assessment.registry import CONDUCT
from app.domain.sheet_forms import PERIODIC_COLUMNS, CellKind, SheetForm
from app.models import GradebookSheet
from app.services.lock_notices import COLUMNS
from app.services.sheet_cells import sheet_cells

POINTS = {1: {"midterm": "giữa HKI", "final": "cuối HKI"}, 2: {"midterm": "giữa HKII", "final": "cuối năm"}}
COUNTS = {"excused": "Nghỉ có phép", "unexcused": "Nghỉ không phép"}


def column_names(sheet: GradebookSheet) -> dict[str, str]:
    """Columns of the sheet by the name a printed paper gives them."""
    weighted = {name: f"KTđk {number}" for number, name in enumerate(PERIODIC_COLUMNS, start=1)}
    judged = "Hạnh kiểm" if sheet.circular in CONDUCT else "Kết quả rèn luyện"
    known = {**COLUMNS, **weighted, **COUNTS, "training": judged}
    if sheet.form is SheetForm.WEIGHTED:
        known["final"] = "KThk"
    names = {cell.name: known.get(cell.name, cell.name) for cell in sheet_cells(sheet)}
    if sheet.form in (SheetForm.PRIMARY, SheetForm.TRAITS):
        names |= _of_points(sheet)
    return names


def _of_points(sheet: GradebookSheet) -> dict[str, str]:
    listed = dict(traits_of(sheet.circular, sheet.grade)) if sheet.form is SheetForm.TRAITS else {}
    words = {CellKind.LEVEL: "Mức đạt được", CellKind.WHOLE_MARK: "Điểm KTĐK", CellKind.TEXT: "Nhận xét"}
    names = {}
    for cell in sheet_cells(sheet):
        what = (
            listed[int(cell.name.rpartition("_")[2])].name
            if cell.kind is CellKind.TRAIT
            else words[cell.kind]
        )
        names[cell.name] = f"{what} {POINTS[sheet.term][cell.point]}"
    return names
