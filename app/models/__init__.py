"""Every model, imported so that one metadata serves FAB, Alembic and Flask-SQLAlchemy; mapping finished here."""

from app.models.archive import ArchiveRun
from app.models.attendance import Attendance, RollCall
from app.models.audit import (
    AuditEvent,
    ImportBatch,
    LoginSession,
    Notice,
    NoticeRead,
    PrintJob,
    SignInAttempt,
)
from app.models.base import Model
from app.models.bundles import BundleCheck, SealedBundle
from app.models.calendar import SchoolYear, Term
from app.models.chain import AnchorHead, ChainAnchor, ChainHead, ChainLink
from app.models.classes import (
    Delegation,
    ExemptionDecision,
    HomeroomAssignment,
    SchoolClass,
    StudentSubject,
    Subject,
    SubjectPart,
    SubjectPlan,
    TeachingAssignment,
    TeachingGroup,
    TeachingGroupMember,
)
from app.models.closings import Closing, ClosingStep, Confirmation, ReopenRequest
from app.models.corrections import Authorisation, CorrectionCell, CorrectionRequest, CorrectionStep
from app.models.documents import Document
from app.models.gradebook import Grade, GradebookSheet, SheetSubmission, SubjectYear
from app.models.incidents import Incident, IncidentMessage, ProgressCheck, ProgressCheckRow
from app.models.incoming import CountedTerm, IncomingRecord, Transfer
from app.models.lock_requests import ExtensionRequest, ExtensionSeat
from app.models.locks import LockWindow
from app.models.media import ArchiveMedium, ExportJob, MediumCheck
from app.models.notes import StudentNote
from app.models.org import (
    AdminBoard,
    AdminBoardMember,
    Department,
    OrgParent,
    OrgPredecessor,
    OrgUnit,
    Policy,
    UnitEpoch,
    UnitGroup,
    UnitGroupMember,
)
from app.models.people import Account, AccountHolder, Enrolment, Guardian, Person, Position, Student
from app.models.publications import (
    Attestation,
    AttestationNote,
    FamilyLink,
    MarkQuestion,
    MarkQuestionMessage,
    Publication,
)
from app.models.reference import CodeItem, Installation
from app.models.results import StudentResult, YearDecision
from app.models.rounds import SigningRound, StalePaper
from app.models.rows import ROWS, PrimaryGrade, TrainingRow, TraitGrade, WeightedGrade
from app.models.signatures import BundleSignature, Certificate, Signature
from app.models.watch import AccessReview, ExceptionLook, ExceptionNote, Inspection, InspectionUnit
from app.versioning import finish_mapping, tx_log_class

finish_mapping()
TxLog = tx_log_class()

__all__ = [
    "ROWS",
    "AccessReview",
    "Account",
    "AccountHolder",
    "AdminBoard",
    "AdminBoardMember",
    "AnchorHead",
    "ArchiveMedium",
    "ArchiveRun",
    "Attendance",
    "Attestation",
    "AttestationNote",
    "AuditEvent",
    "Authorisation",
    "BundleCheck",
    "BundleSignature",
    "Certificate",
    "ChainAnchor",
    "ChainHead",
    "ChainLink",
    "Closing",
    "ClosingStep",
    "CodeItem",
    "Confirmation",
    "CorrectionCell",
    "CorrectionRequest",
    "CorrectionStep",
    "CountedTerm",
    "Delegation",
    "Department",
    "Document",
    "Enrolment",
    "ExceptionLook",
    "ExceptionNote",
    "ExemptionDecision",
    "ExportJob",
    "ExtensionRequest",
    "ExtensionSeat",
    "FamilyLink",
    "Grade",
    "GradebookSheet",
    "Guardian",
    "HomeroomAssignment",
    "ImportBatch",
    "Incident",
    "IncidentMessage",
    "IncomingRecord",
    "Inspection",
    "InspectionUnit",
    "Installation",
    "LockWindow",
    "LoginSession",
    "MarkQuestion",
    "MarkQuestionMessage",
    "MediumCheck",
    "Model",
    "Notice",
    "NoticeRead",
    "OrgParent",
    "OrgPredecessor",
    "OrgUnit",
    "Person",
    "Policy",
    "Position",
    "PrimaryGrade",
    "PrintJob",
    "ProgressCheck",
    "ProgressCheckRow",
    "Publication",
    "ReopenRequest",
    "RollCall",
    "SchoolClass",
    "SchoolYear",
    "SealedBundle",
    "SheetSubmission",
    "SignInAttempt",
    "Signature",
    "SigningRound",
    "StalePaper",
    "Student",
    "StudentNote",
    "StudentResult",
    "StudentSubject",
    "Subject",
    "SubjectPart",
    "SubjectPlan",
    "SubjectYear",
    "TeachingAssignment",
    "TeachingGroup",
    "TeachingGroupMember",
    "Term",
    "TrainingRow",
    "TraitGrade",
    "Transfer",
    "TxLog",
    "UnitEpoch",
    "UnitGroup",
    "UnitGroupMember",
    "WeightedGrade",
    "YearDecision",
]
