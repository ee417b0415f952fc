"""Roles, rights and states in the words of the staff room."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from app.domain.access import Action, Actor, may_ever
from app.domain.vocabulary import Role

ROLES: Mapping[Role, Any] = {
    Role.DEPARTMENT_ADMIN: _("System administrator of the department"),
    Role.DEPARTMENT_OFFICER: _("Officer of the department"),
    Role.DEPARTMENT_LEADER: _("Leader of the department"),
    Role.DISTRICT_ADMIN: _("System administrator of the district or commune"),
    Role.DISTRICT_OFFICER: _("Officer of the district or commune"),
    Role.DISTRICT_LEADER: _("Leader of the district or commune"),
    Role.PRINCIPAL: _("Principal"),
    Role.VICE_PRINCIPAL: _("Vice principal"),
    Role.SCHOOL_ADMIN: _("Member of the board of administrators"),
    Role.OFFICE_STAFF: _("School office"),
    Role.IT_STAFF: _("Information technology"),
    Role.TEAM_LEADER: _("Team leader"),
    Role.HOMEROOM_TEACHER: _("Homeroom teacher"),
    Role.SUBJECT_TEACHER: _("Teacher of a subject"),
    Role.INSPECTOR: _("Inspector (reads only)"),
    Role.PARENT: _("Parent or guardian"),
    Role.STUDENT: _("Student"),
}

RIGHTS: Mapping[Action, Any] = {
    Action.ORG_MANAGE: _("Manage units"),
    Action.DEPARTMENT_MANAGE: _("Manage rooms of the office"),
    Action.ACCOUNT_VIEW: _("See accounts and sign-ins"),
    Action.ACCOUNT_MANAGE: _("Create accounts"),
    Action.ACCOUNT_RESET: _("Reset passwords, disable accounts"),
    Action.ADMIN_ACCOUNT_MANAGE: _("Give out administration accounts"),
    Action.HEAD_APPOINT: _("Appoint heads of units"),
    Action.ROLE_GRANT: _("Grant and withdraw roles"),
    Action.GROUP_MANAGE: _("Manage groups"),
    Action.BOARD_APPOINT: _("Appoint the board of administrators"),
    Action.YEAR_MANAGE: _("Manage school years"),
    Action.TERM_MANAGE: _("Set term dates"),
    Action.SUBJECT_MANAGE: _("Manage subjects"),
    Action.PLAN_MANAGE: _("Set subject plans"),
    Action.STAFF_VIEW: _("See staff"),
    Action.STAFF_MANAGE: _("Manage staff"),
    Action.CLASS_VIEW: _("See classes"),
    Action.CLASS_MANAGE: _("Manage classes"),
    Action.ASSIGNMENT_VIEW: _("See teaching assignments"),
    Action.ASSIGNMENT_MANAGE: _("Assign teachers"),
    Action.STUDENT_VIEW: _("See students"),
    Action.STUDENT_MANAGE: _("Manage students"),
    Action.DATA_IMPORT: _("Import data from files"),
    Action.DATA_EXPORT: _("Export data"),
    Action.SHEET_VIEW: _("See gradebooks"),
    Action.SHEET_ENTER: _("Enter marks of classes assigned or delegated"),
    Action.SHEET_EXPORT: _("Export gradebooks"),
    Action.SHEET_DELEGATE: _("Let somebody enter marks in a teacher's place"),
    Action.EXEMPTION_DECIDE: _("Decide exemptions"),
    Action.RETEST_ENTER: _("Enter results of retests"),
    Action.YEAR_DECIDE: _("Enter summer training, conduct of the year"),
    Action.HEAD_DECIDE: _("Decide what is the head's of a student's year"),
    Action.HISTORY_VIEW: _("See the history of marks"),
    Action.RESULT_VIEW: _("See results of classes and students"),
    Action.RESULT_EXPORT: _("Export results of a class"),
    Action.NOTE_VIEW: _("See teachers' remarks"),
    Action.NOTE_ENTER: _("Write remarks on classes assigned"),
    Action.NOTE_EXPORT: _("Export the record of children's development"),
    Action.ATTENDANCE_VIEW: _("See attendance"),
    Action.ATTENDANCE_ENTER: _("Take attendance of the own class"),
    Action.LOCK_VIEW: _("See the lock calendar"),
    Action.LOCK_MANAGE: _("Carry out locking and opening"),
    Action.LOCK_ORDER: _("Order locking and opening"),
    Action.POLICY_MANAGE: _("Set policies"),
    Action.BOOK_PRINT: _("Print books"),
    Action.BUNDLE_VIEW: _("See sealed bundles"),
    Action.BUNDLE_MAKE: _("Seal on order"),
    Action.PRINT_REGISTER: _("See the register of prints"),
    Action.RECORD_ISSUE: _("Issue records to students"),
    Action.CERTIFICATE_OWN: _("Keep one's own certificates"),
    Action.CERTIFICATE_VIEW: _("See the school's certificates"),
    Action.CERTIFICATE_MANAGE: _("Add the seal's certificate, end certificates"),
    Action.PAPER_SIGN: _("Sign papers of one's classes"),
    Action.PAPER_APPROVE: _("Sign papers as the head"),
    Action.PAPER_SEAL: _("Put the school's seal on papers"),
    Action.PROGRESS_VIEW: _("See entry progress"),
    Action.WATCH_VIEW: _("See the watch list"),
    Action.INSPECT: _("Check books of schools"),
    Action.INSPECTION_VIEW: _("See inspections"),
    Action.INSPECTION_MANAGE: _("Send inspectors"),
    Action.EXCEPTION_VIEW: _("See what the tier above is told"),
    Action.EXCEPTION_MARK: _("Note that exceptions were looked at"),
    Action.ACCESS_REVIEW_VIEW: _("See who has access"),
    Action.ACCESS_REVIEW_EXPORT: _("Export who has access"),
    Action.ACCESS_REVIEW: _("Sign the review of who has access"),
    Action.AUDIT_VIEW: _("See the trace of changes"),
    Action.SHEET_CONFIRM: _("Confirm the sheets one is in charge of"),
    Action.SHEET_ATTEST: _("Compare sheets with books and lists outside"),
    Action.CLASS_CONFIRM: _("Confirm the summary of one's class"),
    Action.CLOSING_OFFICE: _("Record prints and checked signatures"),
    Action.CLOSING_PROOF: _("Open proof-reading"),
    Action.CLOSING_APPROVE: _("Approve classes and sign for the school"),
    Action.CLOSING_SEAL: _("Record the seam stamp"),
    Action.CLOSING_PROPOSE: _("Propose to close the book"),
    Action.CLOSING_CLOSE: _("Close and reopen the book"),
    Action.CLOSING_CONSENT: _("Consent to reopening in schools below"),
    Action.MARKS_PUBLISH: _("Publish marks to families"),
    Action.QUESTION_ANSWER: _("Answer questions of families"),
    Action.INCIDENT_REPORT: _("Report incidents"),
    Action.INCIDENT_HANDLE: _("Deal with incident reports"),
    Action.PROGRESS_FREEZE: _("Freeze progress checks"),
    Action.OWN_RECORD_VIEW: _("See one's own record"),
}
"""What is worth telling. A right without words here is a door everybody of the kind has."""

STATES: Mapping[str, Any] = {
    "active": _("In use"),
    "one_time": _("New password due"),
    "disabled": _("Disabled"),
    "never": _("Never signed in"),
}

SEATS: Mapping[str, Any] = {"chair": _("Chair"), "deputy": _("Deputy chair"), "member": _("Member")}
GROUP_KINDS: Mapping[str, Any] = {"team": _("Team"), "group": _("Working group"), "section": _("Section")}


def role_words(actor: Actor) -> list[str]:
    """The actor's roles, in the order of the vocabulary."""
    return [str(ROLES[role]) for role in Role if role in actor.roles]


def right_words(actor: Actor) -> list[str]:
    """What the actor may do at all, in words."""
    return [str(text) for action, text in RIGHTS.items() if may_ever(actor, action)]


def right_name(value: str) -> str:
    """A stored right in words; the stored text where it is no longer known."""
    try:
        return str(RIGHTS.get(Action(value), value))
    except ValueError:
        return value
