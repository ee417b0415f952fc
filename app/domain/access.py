"""Who may do what: one table, action → alternatives of small predicates over plain facts (design §7).

An action is allowed when every predicate of at least one alternative holds. The table builds FAB's roles and menus,
guards the services and prints docs/permissions.md. Whatever isn't in it is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.actions import ABOUT_MARKS, RESULT_RIGHTS, SHEET_RIGHTS, STUDENT_RIGHTS, Action
from app.domain.vocabulary import Role, Tier

__all__ = [
    "GRANTABLE", "RULES", "SYSTEM", "Action", "Actor", "Alternative", "Needed", "Predicate", "Target", "UnitRelation",
    "may", "may_ever",
]  # fmt: skip


class UnitRelation(StrEnum):
    """Where the target's unit stands, seen from the actor's."""

    OWN = "own"
    BELOW = "below"
    OTHER = "other"


@dataclass(frozen=True)
class Actor:
    """Who acts: facts copied from account, positions, board and groups as of a day. Ids are database keys."""

    user_id: int | None
    person_id: int | None
    username: str
    full_name: str
    unit_id: int | None
    unit_name: str = ""
    tier: Tier | None = None
    roles: frozenset[Role] = frozenset()
    rights: frozenset[str] = frozenset()  # actions granted through groups
    titles: tuple[str, ...] = ()
    below: frozenset[int] = frozenset()  # units below on this day
    above: tuple[int, ...] = ()  # units above on this day, nearest first
    keeps_marks: bool = True  # False at a preschool, which observes its children (TT 52/2020)
    reaches_all: bool = False  # no unit lies beyond: as a rule true of a province's department
    session_id: int | None = None
    address: str | None = None
    is_unit_admin: bool = False
    is_system: bool = False  # the program itself: set-up and demo, never a web request

    def relation_to(self, unit_id: int | None) -> UnitRelation:
        """Where a unit stands, seen from this actor's own."""
        if unit_id is not None and unit_id == self.unit_id:
            return UnitRelation.OWN
        return UnitRelation.BELOW if unit_id in self.below else UnitRelation.OTHER

    @property
    def root_id(self) -> int | None:
        """The department at the top of the actor's tree on this day."""
        return self.above[-1] if self.above else self.unit_id

    @property
    def is_family(self) -> bool:
        """True for a student's or guardian's account: it reads the own record and nothing of the school's."""
        return bool(self.roles) and self.roles <= {Role.PARENT, Role.STUDENT}

    @property
    def teaches_only(self) -> bool:
        """True for a teacher without an office in the school: sees the students taught, not the whole school."""
        return bool(self.roles) and self.roles <= {Role.SUBJECT_TEACHER, Role.HOMEROOM_TEACHER}

    @property
    def inspects_only(self) -> bool:
        """True for an inspector without any other role there: reads, and nothing else."""
        return self.roles == {Role.INSPECTOR}

    @property
    def sees_all_sheets(self) -> bool:
        """False for a teacher who reaches the sheets taught only; a group's right over sheets opens the school's."""
        return not self.teaches_only or bool(self.rights & SHEET_RIGHTS)

    @property
    def sees_all_students(self) -> bool:
        """False for a teacher who reaches the students taught only; who prints the books needs all their names."""
        return not self.teaches_only or bool(self.rights & (SHEET_RIGHTS | STUDENT_RIGHTS | RESULT_RIGHTS))


SYSTEM = Actor(None, None, "system", "HocVu", None, is_system=True)
"""The program's own work at set-up."""


@dataclass(frozen=True)
class Target:
    """What is acted on, as far as the right depends on it."""

    unit: UnitRelation = UnitRelation.OWN
    teaches: bool = False  # assigned to the sheet's group and subject on this day
    homeroom: bool = False  # homeroom teacher of the class on this day
    delegated: bool = False  # delegated by the leader for this sheet now
    in_charge: bool = False  # of those who teach the sheet, the one who confirms it
    authorised: bool = False  # the head has authorised the actor to sign for these days (KT. HIỆU TRƯỞNG)
    entered: bool = False  # wrote what the cells hold now
    own_record: bool = False  # the student's, or the child's
    head_account: bool = False  # the account of the person who heads its unit
    admin_account: bool = False  # a unit's administration account (S4 Điều 3 khoản 2b)
    assigned: bool = False  # the leader the check of a medium is assigned to
    directly_below: bool = False  # the unit stands right under the actor's, nothing between them


@dataclass(frozen=True)
class Predicate:
    """A named yes-or-no question; `about_target` ones are left out when only the menu is asked."""

    text: str
    holds: Callable[[Actor, Target], bool] = field(compare=False)
    about_target: bool = False


Alternative = tuple[Predicate, ...]


def has_role(*roles: Role) -> Predicate:
    """The actor holds one of the roles."""
    wanted = frozenset(roles)
    return Predicate(" / ".join(sorted(wanted)), lambda actor, _target: bool(actor.roles & wanted))


OWN_UNIT = Predicate("own unit", lambda _a, target: target.unit is UnitRelation.OWN, about_target=True)
BELOW = Predicate("unit below", lambda _a, target: target.unit is UnitRelation.BELOW, about_target=True)
OWN_OR_BELOW = Predicate(
    "own unit or below", lambda _a, target: target.unit is not UnitRelation.OTHER, about_target=True
)
TEACHES = Predicate("teaches the sheet on this day", lambda _a, target: target.teaches, about_target=True)
HOMEROOM = Predicate("homeroom teacher of the class", lambda _a, target: target.homeroom, about_target=True)
IN_CHARGE = Predicate("in charge of the sheet", lambda _a, target: target.in_charge, about_target=True)
AUTHORISED = Predicate(
    "authorised by the head for this day", lambda _a, target: target.authorised, about_target=True
)
ENTERED = Predicate("entered what the cells hold", lambda _a, target: target.entered, about_target=True)
DELEGATED = Predicate("delegated for the sheet now", lambda _a, target: target.delegated, about_target=True)
ASSIGNED = Predicate("assigned to check the medium", lambda _a, target: target.assigned, about_target=True)
OWN_RECORD = Predicate("own or own child's record", lambda _a, target: target.own_record, about_target=True)

DIRECTLY_BELOW = Predicate("unit directly below", lambda _a, target: target.directly_below, about_target=True)
ORDINARY_ACCOUNT = Predicate(
    "neither the head's account nor the administration account",
    lambda _a, target: not (target.head_account or target.admin_account),
    about_target=True,
)
ADMIN_ACCOUNT = Predicate(
    "the unit's administration account", lambda _a, t: t.admin_account, about_target=True
)
EVERY_ACCOUNT = Predicate("every account", lambda _a, _target: True)
INSTALLER = Predicate(
    "first administrator, before a department", lambda a, _t: a.is_unit_admin and a.unit_id is None
)

R = Role
OFFICE_ADMINS = has_role(R.DEPARTMENT_ADMIN, R.DISTRICT_ADMIN)
OFFICE_LEADERS = has_role(R.DEPARTMENT_LEADER, R.DISTRICT_LEADER)
OFFICES = has_role(
    R.DEPARTMENT_ADMIN,
    R.DEPARTMENT_OFFICER,
    R.DEPARTMENT_LEADER,
    R.DISTRICT_ADMIN,
    R.DISTRICT_OFFICER,
    R.DISTRICT_LEADER,
)
HEADS = has_role(R.PRINCIPAL, R.VICE_PRINCIPAL)
HEAD = has_role(R.PRINCIPAL)
BOARD = has_role(R.SCHOOL_ADMIN)
ADMINS = has_role(R.SCHOOL_ADMIN, R.DEPARTMENT_ADMIN, R.DISTRICT_ADMIN)
LEADERS = has_role(R.PRINCIPAL, R.DEPARTMENT_LEADER, R.DISTRICT_LEADER)
OFFICE_STAFF = has_role(R.OFFICE_STAFF)
IT = has_role(R.IT_STAFF)
TEAM_LEADER = has_role(R.TEAM_LEADER)
TEACHING = (R.TEAM_LEADER, R.HOMEROOM_TEACHER, R.SUBJECT_TEACHER)
TEACHERS = has_role(*TEACHING)
INSPECTOR = has_role(R.INSPECTOR)
SCHOOL_STAFF = has_role(R.PRINCIPAL, R.VICE_PRINCIPAL, R.SCHOOL_ADMIN, R.OFFICE_STAFF, R.IT_STAFF, *TEACHING)
EVERY_STAFF = has_role(*(r for r in Role if r not in (R.PARENT, R.STUDENT)))
ADMINISTRATION = has_role(*(r for r in Role if r not in (R.PARENT, R.STUDENT, *TEACHING)))
"""Leaders, boards, office and IT staff, offices, inspectors: who sets a school up or looks into how it is set up."""

RUNNING: tuple[Alternative, ...] = ((HEADS, OWN_UNIT), (BOARD, OWN_UNIT))
TEACHING_IT: tuple[Alternative, ...] = ((TEACHERS, TEACHES), (TEACHERS, HOMEROOM))
SIGNING: tuple[Alternative, ...] = ((HEAD, OWN_UNIT), (HEADS, OWN_UNIT, AUTHORISED))
LOOKING_IN: tuple[Alternative, ...] = ((OFFICES, BELOW), (INSPECTOR, OWN_OR_BELOW))
"""Who runs the school, who teaches the class, and who looks in from above or to inspect."""

RULES: Mapping[Action, tuple[Alternative, ...]] = {
    Action.HOME_VIEW: ((has_role(*Role),),),
    Action.ORG_VIEW: ((ADMINISTRATION, OWN_OR_BELOW),),
    Action.ORG_MANAGE: ((OFFICE_ADMINS, OWN_OR_BELOW),),
    Action.DEPARTMENT_MANAGE: ((OFFICE_ADMINS, OWN_UNIT),),
    Action.ACCOUNT_VIEW: ((ADMINS, OWN_OR_BELOW), (HEADS, OWN_UNIT), (LEADERS, OWN_UNIT), (IT, OWN_UNIT)),
    # The head manages every account of the unit (S1 Điều 3 khoản 2.2, S4 Điều 12 khoản 4); the board does the work.
    Action.ACCOUNT_MANAGE: ((ADMINS, OWN_OR_BELOW), (LEADERS, OWN_UNIT)),
    # Resetting or disabling lets one act for somebody: never upward. Who heads a unit, and its administration account,
    # are reset by the tier above; the department has none above it, so there its own administrators do it.
    Action.ACCOUNT_RESET: (
        (ADMINS, OWN_UNIT, ORDINARY_ACCOUNT),
        (LEADERS, OWN_UNIT, ORDINARY_ACCOUNT),
        (LEADERS, OWN_UNIT, ADMIN_ACCOUNT),
        (OFFICE_ADMINS, BELOW),
        (has_role(R.DEPARTMENT_ADMIN), OWN_UNIT),
    ),
    Action.ACCOUNT_OWN: ((EVERY_ACCOUNT,),),
    Action.ADMIN_ACCOUNT_MANAGE: (
        (OFFICE_ADMINS, BELOW),
        (LEADERS, OWN_UNIT),
        (has_role(R.DEPARTMENT_ADMIN), OWN_UNIT),
    ),
    Action.HEAD_APPOINT: ((OFFICE_ADMINS, DIRECTLY_BELOW), (has_role(R.DEPARTMENT_ADMIN), OWN_UNIT)),
    Action.DEPARTMENT_CREATE: ((INSTALLER,),),
    Action.ROLE_GRANT: ((ADMINS, OWN_UNIT), (LEADERS, OWN_UNIT)),
    Action.GROUP_MANAGE: ((ADMINS, OWN_UNIT), (LEADERS, OWN_UNIT)),
    Action.BOARD_VIEW: ((EVERY_STAFF, OWN_OR_BELOW),),
    Action.BOARD_APPOINT: ((LEADERS, OWN_UNIT),),
    Action.YEAR_VIEW: ((ADMINISTRATION,),),
    Action.YEAR_MANAGE: ((has_role(R.DEPARTMENT_ADMIN), OWN_OR_BELOW),),
    Action.TERM_MANAGE: ((has_role(R.DEPARTMENT_ADMIN, R.SCHOOL_ADMIN), OWN_UNIT),),
    Action.SUBJECT_VIEW: ((ADMINISTRATION,),),
    Action.SUBJECT_MANAGE: ((has_role(R.DEPARTMENT_ADMIN), OWN_OR_BELOW),),
    Action.PLAN_MANAGE: ((has_role(R.DEPARTMENT_ADMIN, R.SCHOOL_ADMIN), OWN_UNIT),),
    Action.STAFF_VIEW: ((EVERY_STAFF, OWN_OR_BELOW),),
    Action.STAFF_MANAGE: ((ADMINS, OWN_UNIT), (OFFICE_STAFF, OWN_UNIT)),
    Action.CLASS_VIEW: ((EVERY_STAFF, OWN_OR_BELOW),),
    Action.CLASS_MANAGE: ((BOARD, OWN_UNIT), (OFFICE_STAFF, OWN_UNIT)),
    Action.ASSIGNMENT_VIEW: ((EVERY_STAFF, OWN_OR_BELOW),),
    Action.ASSIGNMENT_MANAGE: ((BOARD, OWN_UNIT), (HEADS, OWN_UNIT)),
    Action.STUDENT_VIEW: ((EVERY_STAFF, OWN_OR_BELOW),),
    Action.STUDENT_MANAGE: (
        (BOARD, OWN_UNIT),
        (OFFICE_STAFF, OWN_UNIT),
        (has_role(R.HOMEROOM_TEACHER), HOMEROOM),
    ),
    Action.DATA_IMPORT: ((BOARD, OWN_UNIT), (OFFICE_STAFF, OWN_UNIT)),
    Action.DATA_EXPORT: ((ADMINS, OWN_OR_BELOW), (OFFICE_STAFF, OWN_UNIT), (HEADS, OWN_UNIT)),
    Action.SHEET_VIEW: (
        *RUNNING,
        (OFFICE_STAFF, OWN_UNIT),
        (TEAM_LEADER, OWN_UNIT),
        *TEACHING_IT,
        (SCHOOL_STAFF, DELEGATED),
        *LOOKING_IN,
    ),
    Action.SHEET_ENTER: ((TEACHERS, OWN_UNIT, TEACHES), (SCHOOL_STAFF, OWN_UNIT, DELEGATED)),
    Action.SHEET_EXPORT: ((TEACHERS, TEACHES), *RUNNING, (OFFICE_STAFF, OWN_UNIT)),
    Action.SHEET_DELEGATE: ((HEAD, OWN_UNIT),),
    Action.EXEMPTION_DECIDE: ((HEAD, OWN_UNIT),),
    # After the year: retests by who teaches the subject, summer training by the homeroom teacher (TT 22/2021 Điều 13,
    # 14, 19), and by the head what no rule decides (TT 22/2021 Điều 12 khoản 4, TT 27/2020 Điều 11).
    Action.RETEST_ENTER: ((TEACHERS, OWN_UNIT, TEACHES),),
    Action.YEAR_DECIDE: ((TEACHERS, OWN_UNIT, HOMEROOM),),
    Action.HEAD_DECIDE: ((HEAD, OWN_UNIT),),
    Action.HISTORY_VIEW: (*RUNNING, *TEACHING_IT, (SCHOOL_STAFF, DELEGATED), *LOOKING_IN),
    # A class's results are its homeroom teacher's business and the school's; who teaches a subject sees that sheet.
    Action.RESULT_VIEW: (
        *RUNNING,
        (OFFICE_STAFF, OWN_UNIT),
        (TEAM_LEADER, OWN_UNIT),
        (TEACHERS, HOMEROOM),
        *LOOKING_IN,
    ),
    Action.RESULT_EXPORT: ((TEACHERS, HOMEROOM), *RUNNING, (OFFICE_STAFF, OWN_UNIT)),
    # Teachers' remarks (S4 Điều 13 khoản 3, Điều 14 khoản 3): read by who teaches the class, written by whose they are.
    Action.NOTE_VIEW: (*RUNNING, *TEACHING_IT, *LOOKING_IN),
    Action.NOTE_ENTER: ((TEACHERS, OWN_UNIT, TEACHES), (TEACHERS, OWN_UNIT, HOMEROOM)),
    Action.NOTE_EXPORT: ((TEACHERS, HOMEROOM), *RUNNING),
    # Attendance is the homeroom teacher's to take (S4 Điều 13: Nhập điểm danh); whoever teaches the class sees it.
    Action.ATTENDANCE_VIEW: (*RUNNING, (OFFICE_STAFF, OWN_UNIT), *TEACHING_IT, *LOOKING_IN),
    Action.ATTENDANCE_ENTER: ((TEACHERS, OWN_UNIT, HOMEROOM),),
    Action.LOCK_VIEW: ((EVERY_STAFF, OWN_OR_BELOW),),
    Action.LOCK_MANAGE: ((ADMINS, OWN_UNIT),),
    Action.LOCK_ORDER: ((LEADERS, OWN_UNIT),),
    Action.POLICY_VIEW: ((EVERY_STAFF, OWN_OR_BELOW),),
    Action.POLICY_MANAGE: ((LEADERS, OWN_UNIT), (ADMINS, OWN_UNIT)),
    Action.BOOK_PRINT: (
        (TEACHERS, TEACHES),
        (TEACHERS, HOMEROOM),
        (HEADS, OWN_UNIT),
        (BOARD, OWN_UNIT),
        (OFFICE_STAFF, OWN_UNIT),
    ),
    Action.PRINT_REGISTER: (*RUNNING, (OFFICE_STAFF, OWN_UNIT), *LOOKING_IN),
    Action.RECORD_ISSUE: (*RUNNING, (OFFICE_STAFF, OWN_UNIT)),
    # Sealed bundles: read and collected from above (S4 Điều 20 khoản 3), made at the school only (S3 mục 2).
    Action.BUNDLE_VIEW: (*RUNNING, (OFFICE_STAFF, OWN_UNIT), *LOOKING_IN),
    Action.BUNDLE_MAKE: RUNNING,
    # What is taken to other media (S3 mục 3, S4 Điều 20 khoản 3): the school's own bundles, and those of the schools below.
    Action.BUNDLE_EXPORT: (*RUNNING, (OFFICE_STAFF, OWN_UNIT)),
    Action.BUNDLE_COLLECT: ((OFFICES, BELOW),),
    Action.MEDIUM_VIEW: (*RUNNING, (OFFICE_STAFF, OWN_UNIT), (OFFICES, OWN_UNIT), *LOOKING_IN),
    Action.MEDIUM_KEEP: (*RUNNING, (OFFICE_STAFF, OWN_UNIT), (OFFICES, OWN_UNIT)),
    Action.MEDIUM_CHECK: ((HEADS, OWN_UNIT, ASSIGNED), (OFFICE_LEADERS, OWN_UNIT, ASSIGNED)),
    # Electronic signatures under papers: who answers for the data, the head, and whoever keeps the seal.
    Action.CERTIFICATE_OWN: ((SCHOOL_STAFF,),),
    Action.CERTIFICATE_VIEW: (*RUNNING, (OFFICE_STAFF, OWN_UNIT)),
    Action.CERTIFICATE_MANAGE: RUNNING,
    Action.PAPER_SIGN: ((TEACHERS, OWN_UNIT, TEACHES), (TEACHERS, OWN_UNIT, HOMEROOM)),
    Action.PAPER_APPROVE: SIGNING,
    Action.PAPER_SEAL: ((OFFICE_STAFF, OWN_UNIT), (HEADS, OWN_UNIT)),
    Action.PROGRESS_VIEW: (*RUNNING, (OFFICES, OWN_OR_BELOW), (INSPECTOR, OWN_OR_BELOW)),
    Action.AUDIT_VIEW: (
        (HEADS, OWN_UNIT),
        (ADMINS, OWN_UNIT),
        (OFFICE_LEADERS, OWN_OR_BELOW),
        (INSPECTOR, OWN_OR_BELOW),
    ),
    Action.CODE_VIEW: ((ADMINISTRATION,),),
    Action.OWN_RECORD_VIEW: ((has_role(R.PARENT, R.STUDENT), OWN_RECORD),),
    # Corrections: rows by scope, and of a step the seat decides (services/corrections, domain/corrections).
    Action.CORRECTION_VIEW: ((SCHOOL_STAFF, OWN_UNIT), *LOOKING_IN),
    Action.CORRECTION_REQUEST: (
        (TEACHERS, OWN_UNIT, TEACHES),
        (TEACHERS, OWN_UNIT, HOMEROOM),
        (SCHOOL_STAFF, OWN_UNIT, ENTERED),
    ),
    Action.CORRECTION_STEP: ((SCHOOL_STAFF, OWN_UNIT), (OFFICE_LEADERS, BELOW), (OFFICE_ADMINS, BELOW)),
    Action.CORRECTION_SUMMARY: (*RUNNING, (OFFICE_STAFF, OWN_UNIT), *LOOKING_IN),
    Action.CORRECTION_PRINT: ((SCHOOL_STAFF, OWN_UNIT),),
    Action.AUTHORISATION_GIVE: ((HEAD, OWN_UNIT),),
    # Confirming, approving, closing (S1 Điều 3 khoản 2.5, S3 section 3, S4 Điều 12 khoản 7 and Điều 19 khoản 2).
    # Signed by who had the sheet or class in the period's own days: by now the office may be another.
    Action.SHEET_CONFIRM: ((SCHOOL_STAFF, OWN_UNIT, IN_CHARGE),),
    Action.SHEET_ATTEST: ((TEACHERS, OWN_UNIT, TEACHES), (BOARD, OWN_UNIT)),
    Action.CLASS_CONFIRM: ((SCHOOL_STAFF, OWN_UNIT, HOMEROOM),),
    Action.CLOSING_VIEW: ((SCHOOL_STAFF, OWN_UNIT), *LOOKING_IN),
    Action.CLOSING_OFFICE: ((OFFICE_STAFF, OWN_UNIT), (BOARD, OWN_UNIT)),
    Action.CLOSING_PROOF: ((HEADS, OWN_UNIT),),
    Action.CLOSING_APPROVE: SIGNING,
    Action.CLOSING_SEAL: ((OFFICE_STAFF, OWN_UNIT), (HEADS, OWN_UNIT)),
    Action.CLOSING_PROPOSE: ((BOARD, OWN_UNIT),),
    Action.CLOSING_CLOSE: SIGNING,
    Action.CLOSING_CONSENT: ((OFFICE_LEADERS, BELOW),),
    Action.MARKS_PUBLISH: ((HEADS, OWN_UNIT), (BOARD, OWN_UNIT)),
    Action.QUESTION_ANSWER: ((TEACHERS, OWN_UNIT, TEACHES),),
    Action.INCIDENT_REPORT: ((SCHOOL_STAFF, OWN_UNIT),),
    Action.INCIDENT_HANDLE: ((BOARD, OWN_UNIT), (HEADS, OWN_UNIT)),
    Action.PROGRESS_FREEZE: ((HEADS, OWN_UNIT), (BOARD, OWN_UNIT)),
    # Looking in from above, and what the tier above is told: prompts and lines a school reads and can't clear.
    Action.WATCH_VIEW: ((HEADS, OWN_UNIT), *LOOKING_IN),
    Action.INSPECT: (*RUNNING, *LOOKING_IN),
    Action.INSPECTION_VIEW: ((HEADS, OWN_UNIT), (OFFICES, OWN_OR_BELOW), (INSPECTOR, OWN_UNIT)),
    Action.INSPECTION_MANAGE: ((OFFICE_LEADERS, OWN_UNIT),),
    Action.EXCEPTION_VIEW: (*RUNNING, (OFFICES, OWN_OR_BELOW), (INSPECTOR, OWN_OR_BELOW)),
    Action.CHAIN_VIEW: (*RUNNING, (OFFICES, OWN_OR_BELOW), (INSPECTOR, OWN_OR_BELOW)),
    Action.BACKUP_VIEW: ((ADMINISTRATION, OWN_OR_BELOW),),
    Action.HANDOVER_ORDER: ((HEAD, OWN_UNIT),),  # S4 Điều 12 khoản 9
    Action.EXCEPTION_MARK: ((OFFICES, BELOW),),
    Action.ACCESS_REVIEW_VIEW: (
        (LEADERS, OWN_UNIT),
        (ADMINS, OWN_OR_BELOW),
        (OFFICES, BELOW),
        (INSPECTOR, OWN_OR_BELOW),
    ),
    Action.ACCESS_REVIEW_EXPORT: ((LEADERS, OWN_UNIT), (ADMINS, OWN_UNIT), (OFFICE_LEADERS, BELOW)),
    Action.ACCESS_REVIEW: ((LEADERS, OWN_UNIT),),
}

GRANTABLE = frozenset({
    Action.STUDENT_VIEW, Action.STUDENT_MANAGE, Action.STAFF_VIEW, Action.STAFF_MANAGE, Action.CLASS_MANAGE,
    Action.ASSIGNMENT_MANAGE, Action.DATA_IMPORT, Action.DATA_EXPORT, Action.SHEET_VIEW, Action.SHEET_EXPORT,
    Action.RESULT_VIEW, Action.RESULT_EXPORT, Action.HISTORY_VIEW, Action.BOOK_PRINT, Action.PROGRESS_VIEW,
    Action.AUDIT_VIEW, Action.LOCK_MANAGE, Action.ACCOUNT_VIEW,
})  # fmt: skip
"""Rights a unit's administrators may put into a group (S0 Điều 13.2a). Entering marks comes from assignments only."""


def may(actor: Actor, action: Action, target: Target) -> bool:
    """True when the actor may do the action on a target with these facts."""
    if actor.is_system:
        return True
    if action in actor.rights and action in GRANTABLE and target.unit is UnitRelation.OWN:
        return True
    return any(all(p.holds(actor, target) for p in alternative) for alternative in RULES[action])


Needed = Action | tuple[Action, ...]
"""What a page or a menu entry asks for: a right, or any one of several."""


def may_ever(actor: Actor, needed: Needed) -> bool:
    """True when some target exists the actor could do the action on (or one of them): what menus and page doors ask."""
    if isinstance(needed, tuple):
        return any(may_ever(actor, action) for action in needed)
    if needed in ABOUT_MARKS and not actor.keeps_marks:
        return False
    if actor.is_system or (needed in actor.rights and needed in GRANTABLE):
        return True
    anything = Target()
    return any(
        all(p.about_target or p.holds(actor, anything) for p in alternative) for alternative in RULES[needed]
    )
