"""TT 58/2011 and as amended: 10,000 generated students of each, judged by the rules and computed again from the articles."""

import random
from types import ModuleType

import pytest

from app.domain.assessment import tt26_2020, tt58_2011
from app.domain.assessment.facts import Facts
from app.domain.assessment.items import vietnamese
from app.domain.assessment.terms import Conduct
from app.domain.vocabulary import Passing
from tests.domain import independent_tt58_2011 as again
from tests.domain.tt58_2011_students import COMMENTS, SCORED, comment, facts, score, tenths

EDGES = (19, 20, 34, 35, 49, 50, 64, 65, 79, 80, 81)
RESULTS = {"lên lớp": "promoted", "hoàn thành": "completed", "kiểm tra lại": "retest"}
RESULTS |= {"hè": "summer_training", "ở lại": "retained"}


def drawn(source: random.Random, three: bool) -> again.HocSinh:
    """A student near the edges of a level: most marks about one threshold, one or two elsewhere."""
    centre = source.choice((36, 50, 58, 65, 72, 80, 88))
    scores = {code: min(100, max(0, centre + source.randint(-6, 14))) for code in SCORED}
    for code in source.sample(SCORED, source.choice((0, 1, 1, 1, 2, 3))):
        scores[code] = source.choice(EDGES) if source.random() < 0.8 else source.randint(0, 100)
    passed = {code: source.random() > 0.06 for code in COMMENTS}
    levels = [vietnamese(level) for level in Conduct]
    again_scores = {c: source.choice((34, 35, 49, 50, 65)) for c in SCORED if source.random() < 0.7}
    return again.HocSinh(
        scores,
        passed,
        source.choice((None, None, "physics", "math")),
        three,
        source.choice(levels),
        source.choice((0, 44, 45, 46)),
        source.choice((8, 9, 12)),
        again_scores if source.random() < 0.6 else {},
        {code: source.random() < 0.7 for code in COMMENTS if source.random() < 0.5},
        source.choice((None, *levels)),
    )


def facts_of(student: again.HocSinh) -> Facts:
    word = {vietnamese(level): level.value for level in Conduct}
    scores = [
        score(c, tenths(m), retest=tenths(student.diem_lai[c]) if c in student.diem_lai else None)
        for c, m in student.diem.items()
    ]
    passing = {True: Passing.PASSED, False: Passing.FAILED, None: None}
    comments = [
        comment(c, passing[ok], retest=passing[student.nhan_xet_lai.get(c)])
        for c, ok in student.nhan_xet.items()
    ]
    return facts(
        *scores,
        *comments,
        training=word[student.hanh_kiem],
        training_after_summer=word[student.hanh_kiem_he] if student.hanh_kiem_he else None,
        absences=student.nghi,
        grade=student.lop,
        specialised_subject=student.chuyen,
    )


@pytest.mark.parametrize(("rules", "three"), [(tt58_2011, False), (tt26_2020, True)], ids=["tt58", "tt26"])
def test_ten_thousand_students_computed_again(rules: ModuleType, three: bool) -> None:
    source = random.Random(582011)
    seen = set()
    for _number in range(10_000):
        student = drawn(source, three)
        before, level = again.xep_loai(student, student.diem, student.nhan_xet)
        result = rules.judge(facts_of(student))
        assert result.average == tenths(again.trung_binh(student.diem)), student
        assert [vietnamese(word) for word in (result.learning_before, result.learning)] == [before, level], (
            student
        )
        assert (result.title and vietnamese(result.title)) == again.danh_hieu(level, student.hanh_kiem), (
            student
        )
        assert result.outcome == RESULTS[again.ket_qua(student, level)], student
        seen.add((before, level, result.outcome))
    adjusted = {(before, level) for before, level, _outcome in seen if before != level}
    assert adjusted == {("Trung bình", "Khá"), ("Yếu", "Trung bình"), ("Kém", "Yếu")}
    assert {outcome for _before, _level, outcome in seen} == set(RESULTS.values())
