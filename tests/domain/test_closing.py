"""The way to closing as a truth table: which stage may be taken when, and by whom."""

from itertools import combinations

import pytest

from app.domain.access import Action, Actor, Target, UnitRelation, may
from app.domain.assessment.facts import YEAR
from app.domain.closing import (
    BOUND,
    ORDER,
    TAKEN_BY,
    Missing,
    Stage,
    Standing,
    allowed,
    next_step,
    standing,
    terms_of,
)
from app.domain.vocabulary import Role

R = Role
WHO: dict[Stage, set[Role]] = {
    Stage.COMPLETE: set(),
    Stage.PRINTED: {R.OFFICE_STAFF, R.SCHOOL_ADMIN},
    Stage.PROOF_OPENED: {R.PRINCIPAL, R.VICE_PRINCIPAL},
    Stage.SIGNED: set(),
    Stage.CHECKED: {R.OFFICE_STAFF, R.SCHOOL_ADMIN},
    Stage.APPROVED: {R.PRINCIPAL},
    Stage.SEALED: {R.OFFICE_STAFF, R.PRINCIPAL, R.VICE_PRINCIPAL},
    Stage.PROPOSED: {R.SCHOOL_ADMIN},
    Stage.CLOSED: {R.PRINCIPAL},
}
"""Who takes a stage in the own school without further facts (S3 section 3, S4 Điều 19 khoản 2, S0 Điều 14)."""


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("role", list(Role))
def test_each_stage_is_taken_by_whom_the_regulations_name(stage: Stage, role: Role) -> None:
    actor = Actor(1, 1, role, role, 1, roles=frozenset({role}))
    action = TAKEN_BY[stage]
    assert (action is not None and may(actor, action, Target())) == (role in WHO[stage])
    if action is not None:
        assert not may(actor, action, Target(unit=UnitRelation.OTHER))
        assert not may(actor, action, Target(unit=UnitRelation.BELOW))


@pytest.mark.parametrize("action", [Action.CLOSING_APPROVE, Action.CLOSING_CLOSE])
def test_a_deputy_signs_only_when_authorised(action: Action) -> None:
    deputy = Actor(1, 1, "d", "d", 1, roles=frozenset({Role.VICE_PRINCIPAL}))
    teacher = Actor(1, 1, "t", "t", 1, roles=frozenset({Role.SUBJECT_TEACHER}))
    assert not may(deputy, action, Target())
    assert may(deputy, action, Target(authorised=True))
    assert not may(teacher, action, Target(authorised=True))


def test_a_stage_is_taken_exactly_when_all_before_it_are_done_and_nothing_is_missing() -> None:
    for size in range(len(ORDER) + 1):
        for done in combinations(ORDER, size):
            first = next((stage for stage in ORDER if stage not in done), None)
            assert next_step(done) is first
            for stage in ORDER:
                assert allowed(stage, done, Missing()) == (stage is first)
                assert not allowed(stage, done, Missing(blank_cells=1))


@pytest.mark.parametrize("name", Missing.__dataclass_fields__)
def test_anything_missing_holds_a_stage_up(name: str) -> None:
    assert Missing(**{name: 1}).any
    assert not Missing().any


def test_ticked_stages_that_speak_of_the_data_fall_with_it() -> None:
    assert frozenset({Stage.PRINTED, Stage.CHECKED, Stage.SEALED, Stage.PROPOSED}) == BOUND


def test_a_signature_holds_for_exactly_the_data_it_was_given_on() -> None:
    assert standing(None, "a") is Standing.NONE
    assert standing("a", "a") is Standing.CONFIRMED
    assert standing("a", "b") is Standing.STALE


def test_the_year_is_about_both_terms() -> None:
    assert [terms_of(period) for period in (1, 2, YEAR)] == [(1,), (2,), (1, 2)]
