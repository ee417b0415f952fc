"""What people decide of a year: who, when, with which reason, and what it changes; on both engines."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.assessment.facts import YEAR
from app.domain.assessment.terms import Conduct, Outcome, SubjectLevel, Title, TraitLevel
from app.domain.vocabulary import Level
from app.domain.year_decisions import Field
from app.errors import Forbidden, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.models import AuditEvent, YearDecision
from app.services.year_book import Effect
from app.services.year_decisions import DecisionChange, decide
from app.services.year_locks import changes_of, load_writes
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.services.results_helpers import YEAR_OVER, Made, fill, judged_of, lines_of, make_class, put
from tests.services.test_results_primary import GRADE_4, fill_primary
from tests.services.year_helpers import open_book

pytestmark = pytest.mark.usefixtures("chain_holds")

HOMEROOM, HEAD, OTHER = "longpd.thcstk", "giangnt.thcstk", "habtt.thcstk"


@pytest.fixture
def made(province: Province) -> Made:
    """Class 8A: good marks, the first student's training result of term II Chưa đạt; the year is over."""
    found = make_class(province, "8A", pupils=2)
    fill(province, found, mark="7.0")
    put(province, found, found.students[0], "training", 2, training="not_passed")
    province.now = YEAR_OVER
    return found


def change(
    student: int, field: Field, new: str, old: str = "", reason: str = "", part: str = ""
) -> DecisionChange:
    return DecisionChange(student, field, old, new, reason, part)


def taken(province: Province, made: Made, username: str, *changes: DecisionChange) -> tuple[Effect, ...]:
    return decide(acting(province, username), made.class_id, changes, clock=province.clock)


def outcome(province: Province, made: Made, student: int) -> object:
    return judged_of(province, made, YEAR)[student].result.outcome


def test_summer_training(province: Province, made: Made) -> None:
    low, fair = made.students
    open_book(province)
    assert outcome(province, made, low) is Outcome.SUMMER_TRAINING
    passed = change(low, Field.TRAINING_AFTER, "passed", reason="Hoàn thành kế hoạch rèn luyện hè")
    (effect,) = taken(province, made, HOMEROOM, passed)
    assert (effect.before.outcome, effect.after.outcome) == (Outcome.SUMMER_TRAINING, Outcome.PROMOTED)
    assert outcome(province, made, low) is Outcome.PROMOTED
    row = db.session.get_one(YearDecision, (low, made.year_id))
    assert (row.training_after, row.training_after_reason) == ("passed", "Hoàn thành kế hoạch rèn luyện hè")
    (entry,) = changes_of(load_writes(db.session(), made.year_id, made.students))
    assert (entry.by, entry.old, entry.new, entry.reason) == (
        "Phạm Đức Long", None, "passed", "Hoàn thành kế hoạch rèn luyện hè",
    )  # fmt: skip
    with pytest.raises(Invalid):
        taken(province, made, HOMEROOM, change(fair, Field.TRAINING_AFTER, "passed", reason="x"))
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "year.decide")).first()
    assert event is not None
    assert event.details == {"students": 1, "fields": ["training_after"]}


def test_a_reason_is_asked_for_and_a_word_of_the_circular(province: Province, made: Made) -> None:
    low = made.students[0]
    open_book(province)
    for wrong in (
        change(low, Field.TRAINING_AFTER, "passed"),
        change(low, Field.TRAINING_AFTER, "average", reason="Tb là từ của TT 58"),
        change(low, Field.TRAINING_AFTER, "passed", reason="x" * 501),
        change(low, Field.TRAINING_AFTER, "", reason="Đã rèn luyện"),  # without what it is for
    ):
        with pytest.raises(Invalid) as refusal:
            taken(province, made, HOMEROOM, wrong)
        assert refusal.value.problems[0].name == "Nguyễn Hoàng An 0"
    assert db.session.scalars(sa.select(YearDecision)).all() == []


def test_who_decides_what(province: Province, made: Made) -> None:
    low = made.students[0]
    open_book(province)
    summer = change(low, Field.TRAINING_AFTER, "passed", reason="Đã rèn luyện")
    plan = change(low, Field.DISABILITY, "Kế hoạch giáo dục cá nhân số 3")
    for username, wanted in ((OTHER, summer), (HEAD, summer), (HOMEROOM, plan), ("hocnv.thcstk", plan)):
        with pytest.raises(Forbidden):
            taken(province, made, username, wanted)
    with pytest.raises(NotFound):
        taken(province, made, "longpd.thcsba", summer)
    with pytest.raises(Forbidden):
        taken(province, made, HOMEROOM, summer, plan)


def test_locked_without_a_window(province: Province, made: Made) -> None:
    wanted = change(made.students[0], Field.TRAINING_AFTER, "passed", reason="Đã rèn luyện")
    with pytest.raises(Locked) as refusal:
        taken(province, made, HOMEROOM, wanted)
    assert refusal.value.reasons[0].key == (0, made.students[0], "training_after")
    open_book(province, ("final",))
    with pytest.raises(Locked):
        taken(province, made, HOMEROOM, wanted)


def test_somebody_saved_first(province: Province, made: Made) -> None:
    low = made.students[0]
    open_book(province)
    taken(province, made, HOMEROOM, change(low, Field.TRAINING_AFTER, "passed", reason="Đã rèn luyện"))
    with pytest.raises(Stale) as refusal:
        taken(province, made, HOMEROOM, change(low, Field.TRAINING_AFTER, "fair", reason="Đã rèn luyện tốt"))
    (conflict,) = refusal.value.conflicts
    assert (conflict.theirs, conflict.yours, conflict.by) == ("passed", "fair", "Phạm Đức Long")
    assert (
        taken(province, made, HOMEROOM, change(low, Field.TRAINING_AFTER, "passed", "passed", "Đã rèn luyện"))
        == ()
    )


def test_the_head_decides_on_a_student_with_a_disability(province: Province, made: Made) -> None:
    low, fair = made.students
    open_book(province)
    plan = "Kế hoạch giáo dục cá nhân số 3"
    with pytest.raises(Invalid):
        taken(province, made, HEAD, change(low, Field.HEAD, "promoted", reason="Theo kế hoạch cá nhân"))
    effects = taken(
        province, made, HEAD, change(low, Field.DISABILITY, plan),
        change(low, Field.HEAD, "promoted", reason="Đạt yêu cầu của kế hoạch cá nhân"),
    )  # fmt: skip
    assert taken(province, made, HEAD, change(low, Field.DISABILITY, plan, plan, "Không kèm lí do")) == ()
    (effect,) = effects
    assert (effect.before.outcome, effect.after.outcome) == (Outcome.SUMMER_TRAINING, Outcome.PROMOTED)
    assert len(effect.entered) == 2
    assert outcome(province, made, low) is Outcome.PROMOTED
    again = change(low, Field.HEAD, "retained", "promoted", "Xét lại theo biên bản họp hội đồng")
    (effect,) = taken(province, made, HEAD, again)
    assert effect.after.outcome is Outcome.RETAINED
    reasons = [
        c.reason for c in changes_of(load_writes(db.session(), made.year_id, [low])) if c.key[2] == "head"
    ]
    assert reasons == ["Xét lại theo biên bản họp hội đồng", "Đạt yêu cầu của kế hoạch cá nhân"]
    assert outcome(province, made, fair) is Outcome.PROMOTED


def test_retests_not_taken_are_over(province: Province) -> None:
    made = make_class(province, "8C", pupils=1)
    (low,) = made.students
    fill(province, made, mark="4.0")
    province.now = YEAR_OVER
    open_book(province)
    assert outcome(province, made, low) is Outcome.RETEST
    (effect,) = taken(province, made, HEAD, change(low, Field.RETEST_OVER, "Học sinh không dự kiểm tra lại"))
    assert (effect.before.outcome, effect.after.outcome) == (Outcome.RETEST, Outcome.RETAINED)


def test_conduct_of_a_year_under_circular_58(province: Province) -> None:
    lines = lines_of(
        ("literature", 140), ("math", 140), ("physics", 35), ("history", 35), ("geography", 35), ("physical_education", 70),
    )  # fmt: skip
    made = make_class(province, "9A", lines, circular="tt26-2020", grade=9, pupils=1)
    (student,) = made.students
    fill(province, made, mark="7.0", training="good")
    province.now = YEAR_OVER
    assert outcome(province, made, student) is None
    wanted = change(student, Field.TRAINING_YEAR, "good")
    open_book(province)
    with pytest.raises(Locked):
        taken(province, made, HOMEROOM, wanted)
    open_book(province, ("final",))
    (effect,) = taken(province, made, HOMEROOM, wanted)
    assert (effect.after.training, effect.after.outcome) == (Conduct.GOOD, Outcome.COMPLETED)
    assert effect.after.title is Title.ADVANCED
    with pytest.raises(Invalid):
        taken(province, made, HOMEROOM, change(student, Field.TRAINING_YEAR, "fair", "good"))
    fair = change(student, Field.TRAINING_YEAR, "fair", "good", "Vi phạm nội quy cuối năm")
    taken(province, made, HOMEROOM, fair)


def test_a_primary_year(province: Province) -> None:
    made = make_class(province, "4A", GRADE_4, circular="tt27-2020", level=Level.PRIMARY, grade=4, pupils=2)
    well, low = made.students
    province.now = YEAR_OVER
    open_book(province, ("final", "retest"))
    fill_primary(province, made, well, SubjectLevel.WELL, "8", TraitLevel.GOOD)
    fill_primary(province, made, low, SubjectLevel.DONE, "6", TraitLevel.PASSED)
    put(province, made, low, "traits", 2, final_trait_1=TraitLevel.NEEDS_EFFORT)
    (effect,) = taken(
        province, made, HOMEROOM, change(well, Field.OUTSTANDING, "Tiến bộ vượt bậc môn Toán"),
        change(well, Field.RECOGNISED, "1"),
    )  # fmt: skip
    assert effect.after.title is Title.EXEMPLARY
    facts = judged_of(province, made, YEAR)[low].facts
    (trait,) = [code for code, level in facts.traits.items() if level == "C"]
    with pytest.raises(Invalid):
        taken(province, made, HOMEROOM, change(low, Field.TRAITS_AFTER, "Đ", part="no_such_trait"))
    (effect,) = taken(province, made, HOMEROOM, change(low, Field.TRAITS_AFTER, "C", part=trait))
    assert effect.after.outcome is Outcome.HEAD_DECIDES
    (effect,) = taken(
        province, made, HEAD, change(low, Field.HEAD, "retained", reason="Cần học thêm một năm")
    )
    assert effect.after.outcome is Outcome.RETAINED
    (effect,) = taken(province, made, HOMEROOM, change(low, Field.TRAITS_AFTER, "Đ", "C", part=trait))
    assert effect.after.outcome is Outcome.PROMOTED
    assert Decimal("6") in {s.test for s in facts.subjects}
