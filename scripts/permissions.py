"""docs/permissions.md from the permission table: who may do what, for people to read and sign.

python -m scripts.permissions            write the page anew
python -m scripts.permissions --check    fail when it is out of date; writes nothing
"""

import sys
from collections.abc import Iterator

from app.domain.access import GRANTABLE, RULES, Action, Alternative, Predicate
from app.domain.offices import GRANTED_ROLES
from app.domain.vocabulary import Role, Tier
from scripts.pages import DOCS, keep

PAGE = DOCS / "permissions.md"

ROLE_NAMES = {
    Role.DEPARTMENT_ADMIN: "Quản trị hệ thống cấp Sở",
    Role.DEPARTMENT_OFFICER: "Chuyên viên Sở",
    Role.DEPARTMENT_LEADER: "Lãnh đạo Sở",
    Role.DISTRICT_ADMIN: "Quản trị hệ thống cấp Phòng / xã",
    Role.DISTRICT_OFFICER: "Chuyên viên Phòng / xã",
    Role.DISTRICT_LEADER: "Lãnh đạo Phòng / UBND xã",
    Role.PRINCIPAL: "Hiệu trưởng",
    Role.VICE_PRINCIPAL: "Phó hiệu trưởng",
    Role.SCHOOL_ADMIN: "Thành viên Ban quản trị",
    Role.OFFICE_STAFF: "Văn phòng",
    Role.IT_STAFF: "Bộ phận CNTT",
    Role.TEAM_LEADER: "Tổ trưởng chuyên môn",
    Role.HOMEROOM_TEACHER: "Giáo viên chủ nhiệm",
    Role.SUBJECT_TEACHER: "Giáo viên bộ môn",
    Role.INSPECTOR: "Thanh tra, kiểm tra",
    Role.PARENT: "Cha mẹ, người giám hộ",
    Role.STUDENT: "Học sinh",
}

TIER_NAMES = {Tier.DEPARTMENT: "Sở", Tier.DISTRICT: "Phòng / xã", Tier.SCHOOL: "Trường"}

CONDITIONS = {
    "own unit": "trong đơn vị mình",
    "unit below": "ở đơn vị trực thuộc",
    "unit directly below": "ở đơn vị trực thuộc trực tiếp",
    "assigned to check the medium": "được phân công kiểm tra thiết bị đó",
    "own unit or below": "trong đơn vị mình và đơn vị trực thuộc",
    "teaches the sheet on this day": "được phân công dạy môn, lớp đó vào ngày đó",
    "homeroom teacher of the class": "là giáo viên chủ nhiệm của lớp",
    "delegated for the sheet now": "đang được ủy quyền nhập sổ đó",
    "in charge of the sheet": "là người phụ trách sổ đó",
    "authorised by the head for this day": "được hiệu trưởng ủy quyền ký trong ngày đó",
    "entered what the cells hold": "là người đã nhập ô",
    "own or own child's record": "hồ sơ của chính mình hoặc của con mình",
    "neither the head's account nor the administration account": (
        "không phải tài khoản của người đứng đầu, không phải tài khoản quản trị"
    ),
    "the unit's administration account": "tài khoản quản trị của đơn vị",
    "every account": "mọi tài khoản",
    "first administrator, before a department": "quản trị viên đầu tiên, khi chưa có Sở",
}
"""The predicates of the table in Vietnamese; a test fails on one that is missing."""

ACTIONS = {
    Action.ORG_VIEW: ("Xem danh sách đơn vị", "See units"),
    Action.ORG_MANAGE: ("Quản lý đơn vị", "Manage units"),
    Action.DEPARTMENT_MANAGE: ("Quản lý phòng ban của cơ quan", "Manage rooms of an office"),
    Action.DEPARTMENT_CREATE: ("Lập Sở khi cài đặt", "Create the department at installation"),
    Action.ACCOUNT_VIEW: ("Xem tài khoản", "See accounts"),
    Action.ACCOUNT_MANAGE: ("Lập và sửa tài khoản", "Create and change accounts"),
    Action.ACCOUNT_RESET: ("Cấp lại mật khẩu, khóa tài khoản", "Reset or disable accounts"),
    Action.ACCOUNT_OWN: ("Tài khoản của mình", "One's own account"),
    Action.ADMIN_ACCOUNT_MANAGE: (
        "Quản lý tài khoản quản trị của đơn vị",
        "Manage a unit's administration account",
    ),
    Action.HEAD_APPOINT: ("Ghi nhận người đứng đầu đơn vị", "Record who heads a unit"),
    Action.ROLE_GRANT: ("Cấp vai trò", "Grant roles"),
    Action.GROUP_MANAGE: ("Quản lý tổ, nhóm, bộ phận", "Manage teams and groups"),
    Action.BOARD_VIEW: ("Xem Ban quản trị", "See the board of administrators"),
    Action.BOARD_APPOINT: ("Thành lập Ban quản trị", "Appoint the board of administrators"),
    Action.YEAR_VIEW: ("Xem năm học", "See school years"),
    Action.YEAR_MANAGE: ("Quản lý năm học", "Manage school years"),
    Action.TERM_MANAGE: ("Đặt thời gian học kì", "Set the dates of terms"),
    Action.SUBJECT_VIEW: ("Xem môn học", "See subjects"),
    Action.SUBJECT_MANAGE: ("Quản lý môn học", "Manage subjects"),
    Action.PLAN_MANAGE: ("Quản lý kế hoạch môn học", "Manage subject plans"),
    Action.STAFF_VIEW: ("Xem hồ sơ nhân sự", "See staff"),
    Action.STAFF_MANAGE: ("Quản lý hồ sơ nhân sự", "Manage staff"),
    Action.CLASS_VIEW: ("Xem lớp học", "See classes"),
    Action.CLASS_MANAGE: ("Quản lý lớp học", "Manage classes"),
    Action.ASSIGNMENT_VIEW: ("Xem phân công giảng dạy", "See assignments"),
    Action.ASSIGNMENT_MANAGE: ("Phân công giảng dạy, chủ nhiệm", "Assign teachers"),
    Action.STUDENT_VIEW: ("Xem hồ sơ học sinh", "See students"),
    Action.STUDENT_MANAGE: ("Quản lý hồ sơ học sinh", "Manage students"),
    Action.DATA_IMPORT: ("Nhập dữ liệu từ tệp", "Import files"),
    Action.DATA_EXPORT: ("Xuất dữ liệu", "Export data"),
    Action.SHEET_VIEW: ("Xem sổ điểm", "See a gradebook sheet"),
    Action.SHEET_ENTER: ("Nhập điểm, nhận xét", "Enter marks and comments"),
    Action.SHEET_EXPORT: ("Xuất sổ điểm", "Export a sheet"),
    Action.SHEET_DELEGATE: ("Ủy quyền nhập sổ", "Delegate entry"),
    Action.EXEMPTION_DECIDE: ("Quyết định miễn giảm", "Decide exemptions"),
    Action.RETEST_ENTER: ("Nhập kết quả kiểm tra, đánh giá lại", "Enter results of retests"),
    Action.YEAR_DECIDE: (
        "Nhập kết quả rèn luyện hè, hạnh kiểm cả năm",
        "Enter summer training, conduct of the year",
    ),
    Action.HEAD_DECIDE: (
        "Quyết định việc lên lớp do hiệu trưởng xét",
        "Decide what is the head's of a student's year",
    ),
    Action.HISTORY_VIEW: ("Xem lịch sử sửa điểm", "See the history of marks"),
    Action.RESULT_VIEW: ("Xem kết quả của lớp, của học sinh", "See results of classes and students"),
    Action.RESULT_EXPORT: ("Xuất bảng tổng hợp kết quả", "Export the summary of results"),
    Action.NOTE_VIEW: ("Xem nhận xét của giáo viên", "See teachers' remarks"),
    Action.NOTE_ENTER: ("Ghi nhận xét tháng, nền nếp, sổ theo dõi trẻ", "Write remarks"),
    Action.NOTE_EXPORT: ("Xuất sổ theo dõi trẻ", "Export the record of children's development"),
    Action.ATTENDANCE_VIEW: ("Xem điểm danh", "See attendance"),
    Action.ATTENDANCE_ENTER: ("Điểm danh lớp chủ nhiệm", "Take attendance of the own class"),
    Action.LOCK_VIEW: ("Xem lịch khóa, mở sổ", "See lock windows"),
    Action.LOCK_MANAGE: ("Thực hiện khóa, mở sổ", "Execute lock windows"),
    Action.LOCK_ORDER: ("Ra lệnh khóa, mở sổ", "Order lock windows"),
    Action.POLICY_VIEW: ("Xem quy định của đơn vị", "See policies"),
    Action.POLICY_MANAGE: ("Đặt quy định của đơn vị", "Set policies"),
    Action.BOOK_PRINT: ("In sổ", "Print books"),
    Action.BUNDLE_VIEW: ("Xem, tải gói niêm phong", "See and fetch sealed bundles"),
    Action.BUNDLE_MAKE: ("Niêm phong theo yêu cầu", "Seal on order"),
    Action.BUNDLE_EXPORT: (
        "Tạo bản lưu gói niêm phong của trường",
        "Make an image of the school's sealed bundles",
    ),
    Action.BUNDLE_COLLECT: (
        "Tập hợp gói niêm phong của trường trực thuộc",
        "Collect sealed bundles of schools below",
    ),
    Action.MEDIUM_VIEW: ("Xem sổ theo dõi thiết bị lưu trữ", "See the register of archive media"),
    Action.MEDIUM_KEEP: ("Ghi sổ thiết bị lưu trữ", "Keep the register of archive media"),
    Action.MEDIUM_CHECK: ("Kiểm tra thiết bị lưu trữ được phân công", "Check an archive medium"),
    Action.PRINT_REGISTER: ("Xem sổ theo dõi in ấn", "See the register of prints"),
    Action.RECORD_ISSUE: ("Cấp hồ sơ cho học sinh theo yêu cầu", "Issue records to students on request"),
    Action.CERTIFICATE_OWN: ("Quản lí chứng thư số của mình", "Keep one's own certificates"),
    Action.CERTIFICATE_VIEW: ("Xem chứng thư số của trường", "See the school's certificates"),
    Action.CERTIFICATE_MANAGE: (
        "Thêm chứng thư con dấu, ngừng dùng chứng thư",
        "Add the seal's certificate, end certificates",
    ),
    Action.PAPER_SIGN: ("Ký số bản in của lớp mình", "Sign papers of one's classes"),
    Action.PAPER_APPROVE: ("Ký số với tư cách người đứng đầu", "Sign papers as the head"),
    Action.PAPER_SEAL: ("Đóng dấu số của trường", "Put the school's seal on papers"),
    Action.PROGRESS_VIEW: ("Xem tiến độ nhập điểm", "See progress"),
    Action.AUDIT_VIEW: ("Xem nhật ký hệ thống", "See the audit log"),
    Action.BACKUP_VIEW: (
        "Xem tình hình sao lưu, diễn tập phục hồi, thời hạn lưu giữ",
        "See backups, rehearsals, retention",
    ),
    Action.HANDOVER_ORDER: (
        "Yêu cầu bàn giao toàn bộ dữ liệu của trường",
        "Order the hand-over of the school's data",
    ),
    Action.CHAIN_VIEW: ("Xem, tải mốc niêm phong", "See and download anchors of history"),
    Action.CODE_VIEW: ("Xem danh mục", "See code lists"),
    Action.HOME_VIEW: ("Trang chính", "The landing page"),
    Action.OWN_RECORD_VIEW: (
        "Xem kết quả học tập của mình, của con",
        "See one's own or one's child's record",
    ),
    Action.CORRECTION_VIEW: ("Xem đề nghị điều chỉnh", "See correction requests"),
    Action.CORRECTION_REQUEST: ("Lập đề nghị điều chỉnh", "Ask for a correction"),
    Action.CORRECTION_STEP: (
        "Xác nhận, duyệt, chứng kiến điều chỉnh (theo vai)",
        "Certify, approve, witness a correction (by seat)",
    ),
    Action.CORRECTION_SUMMARY: ("Xem tổng hợp điều chỉnh", "See the summary of corrections"),
    Action.CORRECTION_PRINT: ("In đơn, biên bản điều chỉnh", "Print papers of a correction"),
    Action.AUTHORISATION_GIVE: ("Ủy quyền cho phó ký thay", "Authorise a deputy to sign"),
    Action.SHEET_CONFIRM: ("Ký xác nhận sổ môn học", "Confirm a subject's sheet"),
    Action.SHEET_ATTEST: (
        "Đối chiếu sổ với sổ cá nhân, danh sách",
        "Compare a sheet with books and lists outside",
    ),
    Action.CLASS_CONFIRM: ("Ký xác nhận tổng hợp lớp", "Confirm a class's summary"),
    Action.CLOSING_VIEW: ("Xem trình tự khóa sổ", "See the way to closing"),
    Action.CLOSING_OFFICE: ("Ghi nhận đã in, đã kiểm tra chữ ký", "Record prints and checked signatures"),
    Action.CLOSING_PROOF: ("Mở đợt kiểm dò", "Open proof-reading"),
    Action.CLOSING_APPROVE: ("Duyệt lớp, ký duyệt toàn trường", "Approve classes and the school"),
    Action.CLOSING_SEAL: ("Ghi nhận đóng dấu giáp lai", "Record the seam stamp"),
    Action.CLOSING_PROPOSE: ("Đề nghị khóa sổ", "Propose to close"),
    Action.CLOSING_CLOSE: ("Khóa sổ, mở lại sổ", "Close and reopen the book"),
    Action.CLOSING_CONSENT: ("Đồng ý cho mở lại sổ", "Consent to reopening"),
    Action.MARKS_PUBLISH: ("Công khai điểm", "Publish marks"),
    Action.QUESTION_ANSWER: ("Trả lời thắc mắc của gia đình", "Answer families"),
    Action.INCIDENT_REPORT: ("Báo cáo sự cố", "Report incidents"),
    Action.INCIDENT_HANDLE: ("Xử lí báo cáo sự cố", "Deal with incident reports"),
    Action.PROGRESS_FREEZE: ("Chốt kết quả kiểm tra tiến độ", "Freeze progress checks"),
    Action.WATCH_VIEW: ("Xem danh sách cần xem lại", "See the watch list"),
    Action.INSPECT: ("Kiểm tra sổ", "Check books of schools"),
    Action.INSPECTION_VIEW: ("Xem đoàn kiểm tra", "See inspections"),
    Action.INSPECTION_MANAGE: ("Cử người kiểm tra", "Send inspectors"),
    Action.EXCEPTION_VIEW: ("Xem việc báo lên cấp trên", "See what the tier above is told"),
    Action.EXCEPTION_MARK: ("Ghi nhận đã xem việc báo lên", "Note that exceptions were looked at"),
    Action.ACCESS_REVIEW_VIEW: ("Xem rà soát quyền truy cập", "See who has access"),
    Action.ACCESS_REVIEW_EXPORT: ("Xuất rà soát quyền truy cập", "Export who has access"),
    Action.ACCESS_REVIEW: ("Ký rà soát quyền truy cập", "Sign the review of who has access"),
}

HEAD = """\
# Quyền hạn · Permissions

Trang này do `python -m scripts.permissions` lập từ bảng quyền trong `app/domain/access.py`; không sửa bằng tay.
This page is written from the permission table in `app/domain/access.py`; change the table, not the page.

Một việc được phép khi **một dòng** dưới tên việc đó đúng trọn vẹn; việc không có trong bảng thì không ai được làm.
An action is allowed when **one line** under it holds completely; what is not in the table is refused to everybody.
Ngoài phạm vi của mình, bản ghi xem như không tồn tại (404); trong phạm vi mà không có quyền thì bị từ chối kèm lí do (403).
Outside one's scope a record looks as if it weren't there (404); within it, a missing right is refused with the reason (403).
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, *_actions(), *_matrix(), *_grantable(), *_granted_roles()]
    return "\n".join(parts).rstrip() + "\n"


def _actions() -> Iterator[str]:
    yield "## Ai được làm gì · Who may do what\n"
    yield "| Việc | Action | Ai, trong điều kiện nào | Who, on what condition |"
    yield "|---|---|---|---|"
    for action, alternatives in RULES.items():
        vietnamese, english = ACTIONS[action]
        yield (
            f"| {vietnamese} | {english} (`{action.value}`) | {_lines(alternatives, True)} | {_lines(alternatives, False)} |"
        )
    yield ""


def _lines(alternatives: tuple[Alternative, ...], vietnamese: bool) -> str:
    return "<br>".join(_line(alternative, vietnamese) for alternative in alternatives)


def _line(alternative: Alternative, vietnamese: bool) -> str:
    """Who, and after a colon on which conditions."""
    who, *conditions = (_words(predicate, vietnamese) for predicate in alternative)
    return f"{who}: {', '.join(conditions)}" if conditions else who


def _words(predicate: Predicate, vietnamese: bool) -> str:
    """A predicate as a phrase; one about roles lists them, all of them shortly."""
    roles = roles_of(predicate)
    if roles is None:
        return CONDITIONS[predicate.text] if vietnamese else predicate.text
    missing = [role for role in Role if role not in roles]
    if not missing:
        return "mọi vai trò" if vietnamese else "every role"
    if len(missing) <= 2:
        names = _join(missing, vietnamese)
        return f"mọi vai trò trừ {names}" if vietnamese else f"every role but {names}"
    return _join([role for role in Role if role in roles], vietnamese)


def _join(roles: list[Role], vietnamese: bool) -> str:
    return ", ".join(ROLE_NAMES[role] if vietnamese else role.value for role in roles)


def roles_of(predicate: Predicate) -> frozenset[Role] | None:
    """The roles a predicate names, or None when it asks something else."""
    words = predicate.text.split(" / ")
    known = {role.value for role in Role}
    return frozenset(Role(word) for word in words) if set(words) <= known else None


def _matrix() -> Iterator[str]:
    yield "## Theo vai trò · By role\n"
    yield "● được làm trong đơn vị mình hoặc khi đủ điều kiện ở bảng trên · may, where the condition above holds\n"
    columns = list(Role)
    yield "| Việc | " + " | ".join(ROLE_NAMES[role] for role in columns) + " |"
    yield "|---|" + ":-:|" * len(columns)
    for action, alternatives in RULES.items():
        marks = ("●" if _ever(role, alternatives) else "" for role in columns)
        yield f"| {ACTIONS[action][0]} | " + " | ".join(marks) + " |"
    yield ""


def _ever(role: Role, alternatives: tuple[Alternative, ...]) -> bool:
    """True when some alternative is open to the role by its role alone."""
    return any(
        all(roles is None or role in roles for roles in map(roles_of, alternative))
        and "first administrator" not in " ".join(p.text for p in alternative)
        for alternative in alternatives
    )


def _grantable() -> Iterator[str]:
    yield "## Quyền được đưa vào tổ, nhóm, bộ phận · Rights a group may hold\n"
    yield "Quy chế Điều 13 khoản 2a. Quyền nhập điểm chỉ có từ phân công giảng dạy hoặc ủy quyền.\n"
    yield from (
        f"- {ACTIONS[action][0]} · {ACTIONS[action][1]} (`{action.value}`)"
        for action in Action
        if action in GRANTABLE
    )
    yield ""


def _granted_roles() -> Iterator[str]:
    yield "## Vai trò mà quản trị đơn vị được cấp · Roles a unit's administrators may grant\n"
    yield "Không ai cấp được vai trò của mình hay vai trò cao hơn; người đứng đầu do cấp trên ghi nhận.\n"
    yield "| Cấp | Vai trò |"
    yield "|---|---|"
    for tier, roles in GRANTED_ROLES.items():
        yield f"| {TIER_NAMES[tier]} | {_join([role for role in Role if role in roles], vietnamese=True)} |"


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    return keep(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main())
