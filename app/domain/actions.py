"""What can be done, as far as it needs a right: the words of the permission table (domain/access)."""

from enum import StrEnum


class Action(StrEnum):
    """A user-level verb that needs a right. Its value is stable: it is stored in groups' rights."""

    ORG_VIEW = "org.view"
    ORG_MANAGE = "org.manage"
    DEPARTMENT_MANAGE = "department.manage"
    ACCOUNT_VIEW = "account.view"
    ACCOUNT_MANAGE = "account.manage"
    ACCOUNT_RESET = "account.reset"
    ACCOUNT_OWN = "account.own"
    ADMIN_ACCOUNT_MANAGE = "admin_account.manage"
    HEAD_APPOINT = "head.appoint"
    DEPARTMENT_CREATE = "department.create"
    ROLE_GRANT = "role.grant"
    GROUP_MANAGE = "group.manage"
    BOARD_VIEW = "board.view"
    BOARD_APPOINT = "board.appoint"
    YEAR_VIEW = "year.view"
    YEAR_MANAGE = "year.manage"
    TERM_MANAGE = "term.manage"
    SUBJECT_VIEW = "subject.view"
    SUBJECT_MANAGE = "subject.manage"
    PLAN_MANAGE = "plan.manage"
    STAFF_VIEW = "staff.view"
    STAFF_MANAGE = "staff.manage"
    CLASS_VIEW = "class.view"
    CLASS_MANAGE = "class.manage"
    ASSIGNMENT_VIEW = "assignment.view"
    ASSIGNMENT_MANAGE = "assignment.manage"
    STUDENT_VIEW = "student.view"
    STUDENT_MANAGE = "student.manage"
    DATA_IMPORT = "data.import"
    DATA_EXPORT = "data.export"
    SHEET_VIEW = "sheet.view"
    SHEET_ENTER = "sheet.enter"
    SHEET_EXPORT = "sheet.export"
    SHEET_DELEGATE = "sheet.delegate"
    EXEMPTION_DECIDE = "exemption.decide"
    RETEST_ENTER = "retest.enter"
    YEAR_DECIDE = "year.decide"
    HEAD_DECIDE = "head.decide"
    HISTORY_VIEW = "history.view"
    RESULT_VIEW = "result.view"
    RESULT_EXPORT = "result.export"
    NOTE_VIEW = "note.view"
    NOTE_ENTER = "note.enter"
    NOTE_EXPORT = "note.export"
    LOCK_VIEW = "lock.view"
    LOCK_MANAGE = "lock.manage"
    LOCK_ORDER = "lock.order"
    POLICY_VIEW = "policy.view"
    POLICY_MANAGE = "policy.manage"
    BOOK_PRINT = "book.print"
    PROGRESS_VIEW = "progress.view"
    AUDIT_VIEW = "audit.view"
    CODE_VIEW = "code.view"
    HOME_VIEW = "home.view"
    OWN_RECORD_VIEW = "own_record.view"
    CORRECTION_VIEW = "correction.view"
    CORRECTION_REQUEST = "correction.request"
    CORRECTION_STEP = "correction.step"
    CORRECTION_SUMMARY = "correction.summary"
    CORRECTION_PRINT = "correction.print"
    AUTHORISATION_GIVE = "authorisation.give"
    SHEET_CONFIRM = "sheet.confirm"
    SHEET_ATTEST = "sheet.attest"
    CLASS_CONFIRM = "class.confirm"
    CLOSING_VIEW = "closing.view"
    CLOSING_OFFICE = "closing.office"
    CLOSING_PROOF = "closing.proof"
    CLOSING_APPROVE = "closing.approve"
    CLOSING_SEAL = "closing.seal"
    CLOSING_PROPOSE = "closing.propose"
    CLOSING_CLOSE = "closing.close"
    CLOSING_CONSENT = "closing.consent"
    MARKS_PUBLISH = "marks.publish"
    QUESTION_ANSWER = "question.answer"
    INCIDENT_REPORT = "incident.report"
    INCIDENT_HANDLE = "incident.handle"
    PROGRESS_FREEZE = "progress.freeze"

    WATCH_VIEW = "watch.view"
    INSPECT = "inspect"
    INSPECTION_VIEW = "inspection.view"
    INSPECTION_MANAGE = "inspection.manage"
    EXCEPTION_VIEW = "exception.view"
    CHAIN_VIEW = "chain.view"
    EXCEPTION_MARK = "exception.mark"
    ACCESS_REVIEW_VIEW = "access_review.view"
    ACCESS_REVIEW_EXPORT = "access_review.export"
    ACCESS_REVIEW = "access_review.sign"


RESULT_RIGHTS = frozenset({Action.RESULT_VIEW, Action.RESULT_EXPORT})
STUDENT_RIGHTS = frozenset({Action.STUDENT_VIEW, Action.STUDENT_MANAGE, Action.DATA_EXPORT})
SHEET_RIGHTS = frozenset({Action.SHEET_VIEW, Action.SHEET_EXPORT, Action.HISTORY_VIEW, Action.BOOK_PRINT})
"""Rights of a group that are of no use without the rows of the whole school."""

ABOUT_MARKS = frozenset({
    Action.SHEET_VIEW, Action.SHEET_ENTER, Action.SHEET_EXPORT, Action.SHEET_DELEGATE, Action.EXEMPTION_DECIDE,
    Action.RETEST_ENTER, Action.YEAR_DECIDE, Action.HEAD_DECIDE, Action.HISTORY_VIEW, Action.RESULT_VIEW, Action.RESULT_EXPORT,
    Action.CORRECTION_VIEW, Action.CORRECTION_REQUEST, Action.CORRECTION_STEP, Action.CORRECTION_SUMMARY,
    Action.CORRECTION_PRINT, Action.AUTHORISATION_GIVE,
    Action.SHEET_CONFIRM, Action.SHEET_ATTEST, Action.CLASS_CONFIRM, Action.CLOSING_VIEW, Action.CLOSING_OFFICE,
    Action.CLOSING_PROOF, Action.CLOSING_APPROVE, Action.CLOSING_SEAL, Action.CLOSING_PROPOSE, Action.CLOSING_CLOSE,
    Action.MARKS_PUBLISH, Action.QUESTION_ANSWER, Action.PROGRESS_FREEZE,
})  # fmt: skip
"""What there is nothing to do on where no marks are kept."""
