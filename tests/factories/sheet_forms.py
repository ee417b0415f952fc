"""A sheet of every form in the small province: primary class 4A with its traits, 7A's training results, 7B under TT 58/2011."""

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.sheet_forms import SheetForm
from app.domain.vocabulary import Level, SubjectKind, UnitKind
from app.extensions import db
from app.models import Enrolment, GradebookSheet, OrgUnit, SchoolClass, Subject, SubjectPlan
from app.services import assignments, classes, setup
from app.services.assignments import NewAssignment
from app.services.classes import NewClass
from app.services.unit_of_work import transaction
from tests.factories.province import FIRST_DAY, Province

CONDUCT = "conduct"
"""Beside the forms: 7B's training sheet under TT 58/2011."""
TEACHERS: dict[str, str] = {
    SheetForm.MARKS: "longpd.thcstk",
    SheetForm.WEIGHTED: "habtt.thcstk",
    SheetForm.PRIMARY: "longpd.thcstk",
    SheetForm.TRAITS: "habtt.thcstk",
    SheetForm.TRAINING: "longpd.thcstk",
    CONDUCT: "habtt.thcstk",
}
"""Who enters the sheet of each form."""


def build(province: Province) -> dict[str, int]:
    """Ids of term I's sheets, one of each form."""
    _plan(province)
    school = province.first
    made = classes.create_class(
        SYSTEM, school.unit_id, province.year_id, NewClass("4A", 4), clock=province.clock
    )
    group = classes.whole_class_group(db.session(), made)
    assert group is not None
    for code in ("math", "art"):
        new = NewAssignment(school.person_ids["longpd"], group.id, province.subject_ids[code], FIRST_DAY)
        assignments.assign_teacher(SYSTEM, new, clock=province.clock)
    assignments.assign_homeroom(SYSTEM, made, school.person_ids["habtt"], FIRST_DAY, clock=province.clock)
    _seat(province, made)
    setup.seed_homeroom_sheets()
    _old_circular(province)
    return {
        SheetForm.MARKS: school.sheet_ids["7A", "math", 1],
        SheetForm.WEIGHTED: school.sheet_ids["7B", "math", 1],
        SheetForm.PRIMARY: sheet_of(made, "math"),
        SheetForm.TRAITS: sheet_of(made, "traits"),
        SheetForm.TRAINING: sheet_of(school.class_ids["7A"], "training"),
        CONDUCT: sheet_of(school.class_ids["7B"], "training"),
    }


def sheet_of(class_id: int, subject: str, term: int = 1) -> int:
    """The id of a class's sheet."""
    query = (
        sa.select(GradebookSheet.id)
        .join(Subject, Subject.id == GradebookSheet.subject_id)
        .where(GradebookSheet.class_id == class_id, GradebookSheet.term == term, Subject.code == subject)
    )
    return db.session.scalars(query).one()


def _plan(province: Province) -> None:
    """The school teaches grade 4 too."""
    with transaction(SYSTEM, "test.levels", clock=province.clock) as work:
        unit = work.session.get_one(OrgUnit, province.first.unit_id)
        unit.kind, unit.levels = UnitKind.MULTI_LEVEL, [Level.PRIMARY.value, Level.LOWER_SECONDARY.value]
        for code, lessons in (("math", 175), ("art", 70)):
            work.session.add(
                SubjectPlan(
                    unit_id=province.department_id,
                    school_year_id=province.year_id,
                    level=Level.PRIMARY,
                    grade=4,
                    subject_id=province.subject_ids[code],
                    annual_lessons=lessons,
                )
            )


def _seat(province: Province, class_id: int) -> None:
    """The students of 7A sit in 4A as well: nobody moves, so both classes have everybody's sheets."""
    with transaction(SYSTEM, "test.seat", clock=province.clock) as work:
        here = sa.select(Enrolment).where(Enrolment.class_id == province.first.class_ids["7A"])
        for place in work.session.scalars(here):
            work.session.add(
                Enrolment(student_id=place.student_id, class_id=class_id, starts_on=place.starts_on)
            )


def _old_circular(province: Province) -> None:
    """7B is judged by TT 58/2011: two weight-2 tests in mathematics, hạnh kiểm instead of kết quả rèn luyện."""
    class_id = province.first.class_ids["7B"]
    with transaction(SYSTEM, "test.old", clock=province.clock) as work:
        work.session.get_one(SchoolClass, class_id).circular = "tt58-2011"
        for sheet in work.session.scalars(
            sa.select(GradebookSheet).where(GradebookSheet.class_id == class_id)
        ):
            sheet.circular = "tt58-2011"
            if sheet.kind is SubjectKind.HOMEROOM:
                continue
            sheet.form, sheet.periodic_count = SheetForm.WEIGHTED, 2


def student_on(sheet_id: int) -> int:
    """The first student of the sheet's class."""
    query = (
        sa.select(sa.func.min(Enrolment.student_id))
        .join(GradebookSheet, GradebookSheet.class_id == Enrolment.class_id)
        .where(GradebookSheet.id == sheet_id)
    )
    return db.session.scalars(query).one()
