"""The only row scope: which rows an actor can reach, for lists, forms, searches, selects, exports and APIs."""

from collections.abc import Callable, Set
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Actor
from app.domain.vocabulary import Role, SubjectKind
from app.errors import NotFound
from app.models import (
    AccessReview,
    Account,
    AccountHolder,
    AdminBoard,
    AdminBoardMember,
    ArchiveMedium,
    Attendance,
    Attestation,
    AuditEvent,
    Authorisation,
    Certificate,
    Closing,
    CodeItem,
    Confirmation,
    CorrectionCell,
    CorrectionRequest,
    CorrectionStep,
    Delegation,
    Department,
    Document,
    Enrolment,
    ExceptionNote,
    ExemptionDecision,
    ExportJob,
    ExtensionRequest,
    ExtensionSeat,
    FamilyLink,
    Grade,
    GradebookSheet,
    Guardian,
    HomeroomAssignment,
    ImportBatch,
    Incident,
    IncomingRecord,
    Inspection,
    InspectionUnit,
    LockWindow,
    LoginSession,
    MarkQuestion,
    OrgParent,
    OrgPredecessor,
    OrgUnit,
    Person,
    Policy,
    Position,
    PrintJob,
    ProgressCheck,
    Publication,
    ReopenRequest,
    RollCall,
    SchoolClass,
    SchoolYear,
    SealedBundle,
    Signature,
    SigningRound,
    Student,
    StudentNote,
    StudentResult,
    StudentSubject,
    Subject,
    SubjectPart,
    SubjectPlan,
    SubjectYear,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
    Term,
    Transfer,
    UnitGroup,
    UnitGroupMember,
    YearDecision,
)
from app.models.base import in_force

T = TypeVar("T")
Condition = sa.ColumnElement[bool]


def condition(actor: Actor, model: type, day: date) -> Condition:
    """SQL that keeps the rows of `model` the actor can reach on `day`.

    Raises KeyError for a model nobody has scoped: refuse by default.
    """
    rule = _RULES[model]
    return sa.true() if actor.is_system else rule(actor, day)


def scoped(actor: Actor, model: type[T], day: date) -> sa.Select[T]:
    """SELECT of `model` within the actor's reach."""
    return sa.select(model).where(condition(actor, model, day))


def get(session: Session, actor: Actor, model: type[T], row_id: Any, day: date, *, hold: bool = False) -> T:
    """The row, or NotFound when it is out of reach: another school's id looks like no id at all.

    `hold` reads it anew and keeps it to the end of the transaction: for whoever compares before changing.
    """
    key = sa.inspect(model).primary_key[0]
    query = scoped(actor, model, day).where(key == row_id)
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    row: T | None = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def is_scoped(model: type) -> bool:
    """True when this file says who reaches the model's rows."""
    return model in _RULES


def taught_before(actor: Actor) -> Condition:
    """SQL over places, classes and students: the actor's school taught whom another school has now (`services/former`)."""
    return sa.and_(SchoolClass.unit_id == actor.unit_id, Student.unit_id != actor.unit_id)


def _reach(actor: Actor, column: Any) -> Condition:
    """Own unit and everything below it."""
    return _among(actor, column, {actor.unit_id, *actor.below})


def _among(actor: Actor, column: Any, units: Set[int | None]) -> Condition:
    """The column names one of these units; of an actor nothing lies beyond, any: four hundred ids are spared."""
    ids = sorted(unit for unit in units if unit is not None)
    found: Condition = column == ids[0] if len(ids) == 1 else column.in_(ids)
    anything: Condition = column.is_not(None)
    return anything if actor.reaches_all else found


def _by_unit(column: Any) -> Callable[[Actor, date], Condition]:
    return lambda actor, _day: _reach(actor, column)


def _upward(column: Any) -> Callable[[Actor, date], Condition]:
    """Own unit, below, and the units above: what a tier sets for those under it is theirs to read."""
    return lambda actor, _day: _among(actor, column, {actor.unit_id, *actor.below, *actor.above})


def _everybody(_actor: Actor, _day: date) -> Condition:
    return sa.true()


def _through(column: Any, model: type, key: Any = None) -> Callable[[Actor, date], Condition]:
    """Reach through a parent row: `column` must be among the reachable rows of `model`."""

    def rule(actor: Actor, day: date) -> Condition:
        wanted = sa.inspect(model).primary_key[0] if key is None else key
        reach: Condition = column.in_(sa.select(wanted).where(condition(actor, model, day)))
        return reach

    return rule


def taught_class_ids(actor: Actor) -> sa.Select[Any]:
    """Classes a teacher teaches or is homeroom teacher of, in any year (S2 Điều 7.1)."""
    own = sa.select(HomeroomAssignment.class_id).where(HomeroomAssignment.person_id == actor.person_id)
    taught = (
        sa.select(TeachingGroup.class_id)
        .join(TeachingAssignment, TeachingAssignment.group_id == TeachingGroup.id)
        .where(TeachingAssignment.person_id == actor.person_id, TeachingGroup.class_id.is_not(None))
    )
    both = sa.union(own, taught).subquery()
    return sa.select(both.c[0])


WIDE = 10
"""From so many units on, a list is read in its own order instead of unit by unit."""


def _students(actor: Actor, _day: date) -> Condition:
    # `+ 0` keeps both engines from the unit's index, where a page would sort every student of the province first
    column = Student.unit_id + 0 if len(actor.below) > WIDE else Student.unit_id
    within = sa.true() if actor.reaches_all else _reach(actor, column)
    if actor.sees_all_students:
        return within
    in_class = sa.select(Enrolment.student_id).where(Enrolment.class_id.in_(taught_class_ids(actor)))
    in_group = (
        sa.select(TeachingGroupMember.student_id)
        .join(TeachingAssignment, TeachingAssignment.group_id == TeachingGroupMember.group_id)
        .where(TeachingAssignment.person_id == actor.person_id)
    )
    return sa.and_(within, sa.or_(Student.id.in_(in_class), Student.id.in_(in_group)))


def _classes_of(actor: Actor) -> sa.Select[int]:
    """Classes within reach whose students the actor sees: of who sees some students only, the own ones."""
    classes = sa.select(SchoolClass.id).where(_reach(actor, SchoolClass.unit_id))
    own = SchoolClass.id.in_(taught_class_ids(actor))
    return classes if actor.sees_all_students else classes.where(own)


def _enrolments(actor: Actor, day: date) -> Condition:
    """Places of the students within reach, and those in own classes of students who have moved to another school."""
    students = sa.select(Student.id).where(_students(actor, day))
    classes = _classes_of(actor)
    return sa.or_(Enrolment.student_id.in_(students), Enrolment.class_id.in_(classes))


def _notes(actor: Actor, day: date) -> Condition:
    """Remarks on classes within reach, and on students within reach: those of a former school come along."""
    students = sa.select(Student.id).where(_students(actor, day))
    classes = _classes_of(actor)
    return sa.or_(StudentNote.class_id.in_(classes), StudentNote.student_id.in_(students))


def _attendance(actor: Actor, day: date) -> Condition:
    """Of classes within reach, and of students within reach: what they missed at a former school comes along."""
    students = sa.select(Student.id).where(_students(actor, day))
    return sa.or_(Attendance.class_id.in_(_classes_of(actor)), Attendance.student_id.in_(students))


def _of_results(model: type[StudentResult | YearDecision]) -> Callable[[Actor, date], Condition]:
    """Results of the unit's classes, and of students within reach: those of a former school come along.

    A teacher's are those of the own homeroom class, and all of whoever sits in it now.
    """

    def rule(actor: Actor, day: date) -> Condition:
        if actor.sees_all_students:
            students = sa.select(Student.id).where(_students(actor, day))
            return sa.or_(_reach(actor, model.unit_id), model.student_id.in_(students))
        own = sa.select(HomeroomAssignment.class_id).where(HomeroomAssignment.person_id == actor.person_id)
        here = sa.select(Enrolment.student_id).where(Enrolment.class_id.in_(own), in_force(Enrolment, day))
        return sa.or_(model.class_id.in_(own), model.student_id.in_(here))

    return rule


def _people(actor: Actor, _day: date) -> Condition:
    """Files kept here, and people who hold or held a position here: one person may work at two schools."""
    held = sa.select(Position.person_id).where(_reach(actor, Position.unit_id))
    return sa.or_(_reach(actor, Person.unit_id), Person.id.in_(held))


def _incidents(actor: Actor, _day: date) -> Condition:
    """Reports of one's unit to those who handle them; of others the own ones."""
    within = _reach(actor, Incident.unit_id)
    if actor.roles & {Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.SCHOOL_ADMIN}:
        return within
    return sa.and_(within, Incident.reported_by_id == actor.person_id)


def _sheets(actor: Actor, _day: date) -> Condition:
    within = _reach(actor, GradebookSheet.unit_id)
    if actor.sees_all_sheets:
        return within
    taught = sa.select(TeachingAssignment.id).where(
        TeachingAssignment.person_id == actor.person_id,
        TeachingAssignment.group_id == GradebookSheet.group_id,
        TeachingAssignment.subject_id == GradebookSheet.subject_id,
    )
    homeroom = sa.select(HomeroomAssignment.id).where(
        HomeroomAssignment.person_id == actor.person_id,
        HomeroomAssignment.class_id == GradebookSheet.class_id,
    )
    delegated = sa.select(Delegation.id).where(
        Delegation.person_id == actor.person_id, Delegation.sheet_id == GradebookSheet.id
    )
    return sa.and_(
        within, sa.or_(*(rows.correlate(GradebookSheet).exists() for rows in (taught, homeroom, delegated)))
    )


_ALL_CORRECTIONS = frozenset(Role) - {
    Role.SUBJECT_TEACHER,
    Role.HOMEROOM_TEACHER,
    Role.TEAM_LEADER,
    Role.IT_STAFF,
    Role.PARENT,
    Role.STUDENT,
}
"""Roles that see every correction of their unit and below; others those they have a part in."""


def _corrections(actor: Actor, _day: date) -> Condition:
    """Of one's unit and below; of a teacher the own ones, those to certify, and those of the own sheets and classes."""
    within = _reach(actor, CorrectionRequest.unit_id)
    if actor.roles & _ALL_CORRECTIONS:
        return within
    seated = sa.select(CorrectionStep.request_id).where(CorrectionStep.person_id == actor.person_id)
    taught = sa.select(TeachingAssignment.id).where(
        TeachingAssignment.person_id == actor.person_id,
        TeachingAssignment.group_id == GradebookSheet.group_id,
        TeachingAssignment.subject_id == GradebookSheet.subject_id,
    )
    sheets = sa.select(GradebookSheet.id).where(taught.correlate(GradebookSheet).exists())
    homeroom = sa.select(HomeroomAssignment.class_id).where(HomeroomAssignment.person_id == actor.person_id)
    return sa.and_(
        within,
        sa.or_(
            CorrectionRequest.requested_by_id == actor.person_id,
            CorrectionRequest.certifier_id == actor.person_id,
            CorrectionRequest.id.in_(seated),
            CorrectionRequest.sheet_id.in_(sheets),
            CorrectionRequest.class_id.in_(homeroom),
        ),
    )


def _inspections(actor: Actor, _day: date) -> Condition:
    """Those one's office has sent, and those into units within reach; an inspector sees the own ones."""
    into = sa.select(InspectionUnit.inspection_id).where(_reach(actor, InspectionUnit.unit_id))
    if actor.inspects_only:
        return Inspection.person_id == actor.person_id
    return sa.or_(_reach(actor, Inspection.unit_id), Inspection.id.in_(into))


_RULES: dict[type, Callable[[Actor, date], Condition]] = {
    OrgUnit: _upward(OrgUnit.id),
    OrgParent: _by_unit(OrgParent.unit_id),
    OrgPredecessor: _by_unit(OrgPredecessor.unit_id),
    Department: _by_unit(Department.unit_id),
    UnitGroup: _by_unit(UnitGroup.unit_id),
    UnitGroupMember: _through(UnitGroupMember.group_id, UnitGroup),
    AdminBoard: _by_unit(AdminBoard.unit_id),
    AdminBoardMember: _through(AdminBoardMember.board_id, AdminBoard),
    Policy: _upward(Policy.unit_id),
    Person: _people,
    Position: _by_unit(Position.unit_id),
    Account: _by_unit(Account.unit_id),
    AccountHolder: _through(AccountHolder.user_id, Account),
    LoginSession: _through(LoginSession.user_id, Account),
    Student: _students,
    Guardian: _through(Guardian.student_id, Student),
    IncomingRecord: _through(IncomingRecord.student_id, Student),
    Enrolment: _enrolments,
    SchoolYear: lambda actor, _day: SchoolYear.department_id == actor.root_id,
    Term: _upward(Term.unit_id),
    # What the homeroom teacher enters is kept under subjects that are none: nobody plans, assigns or chooses them.
    Subject: lambda _actor, _day: Subject.kind != SubjectKind.HOMEROOM,
    SubjectPart: _everybody,
    SubjectPlan: _upward(SubjectPlan.unit_id),
    CodeItem: _everybody,
    SchoolClass: _by_unit(SchoolClass.unit_id),
    HomeroomAssignment: _through(HomeroomAssignment.class_id, SchoolClass),
    TeachingGroup: _by_unit(TeachingGroup.unit_id),
    TeachingGroupMember: _through(TeachingGroupMember.group_id, TeachingGroup),
    TeachingAssignment: _through(TeachingAssignment.group_id, TeachingGroup),
    StudentSubject: _through(StudentSubject.student_id, Student),
    ExemptionDecision: _through(ExemptionDecision.student_id, Student),
    GradebookSheet: _sheets,
    Delegation: _through(Delegation.sheet_id, GradebookSheet),
    Grade: _through(Grade.sheet_id, GradebookSheet),
    SubjectYear: _through(SubjectYear.student_id, Student),
    StudentNote: _notes,
    Attendance: _attendance,
    RollCall: _through(RollCall.class_id, SchoolClass),
    StudentResult: _of_results(StudentResult),
    YearDecision: _of_results(YearDecision),
    LockWindow: _upward(LockWindow.owner_id),
    Closing: _by_unit(Closing.unit_id),
    ReopenRequest: _by_unit(ReopenRequest.unit_id),
    Confirmation: _by_unit(Confirmation.unit_id),
    Publication: _by_unit(Publication.unit_id),
    Attestation: _through(Attestation.sheet_id, GradebookSheet),
    MarkQuestion: _through(MarkQuestion.sheet_id, GradebookSheet),
    FamilyLink: _through(FamilyLink.student_id, Student),
    Incident: _incidents,
    ProgressCheck: _by_unit(ProgressCheck.unit_id),
    ExtensionRequest: _through(ExtensionRequest.sheet_id, GradebookSheet),
    ExtensionSeat: _by_unit(ExtensionSeat.unit_id),
    ExceptionNote: _by_unit(ExceptionNote.unit_id),
    AccessReview: _by_unit(AccessReview.unit_id),
    Inspection: _inspections,
    AuditEvent: _by_unit(AuditEvent.unit_id),
    Authorisation: _by_unit(Authorisation.unit_id),
    CorrectionRequest: _corrections,
    CorrectionCell: _through(CorrectionCell.request_id, CorrectionRequest),
    CorrectionStep: _through(CorrectionStep.request_id, CorrectionRequest),
    Certificate: lambda actor, _day: sa.or_(
        _reach(actor, Certificate.unit_id), Certificate.person_id == actor.person_id
    ),
    SealedBundle: _by_unit(SealedBundle.unit_id),
    ArchiveMedium: _by_unit(ArchiveMedium.unit_id),
    ExportJob: _by_unit(ExportJob.unit_id),
    Signature: _by_unit(Signature.unit_id),
    SigningRound: _by_unit(SigningRound.unit_id),
    Transfer: _by_unit(Transfer.unit_id),
    ImportBatch: _by_unit(ImportBatch.unit_id),
    Document: _by_unit(Document.unit_id),
    PrintJob: lambda actor, _day: PrintJob.user_id == actor.user_id,
}
