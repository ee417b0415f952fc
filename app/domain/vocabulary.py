"""Words of the field as enums. Values are what the database stores; the official term stands beside each."""

from enum import StrEnum

N_ = str
"""Marks an English msgid for the catalogue (`N_("…")`); whoever shows the message translates it."""


class UnitKind(StrEnum):
    """Kind of a unit in the tree of offices and schools (S0 Điều 1; assessment facts H1)."""

    DEPARTMENT = "department"  # Sở GDĐT
    DISTRICT = "district"  # Phòng GDĐT, until 30/06/2025
    COMMUNE = "commune"  # UBND xã/phường, from 01/07/2025
    PRESCHOOL = "preschool"  # trường mầm non
    PRIMARY = "primary"  # trường tiểu học
    LOWER_SECONDARY = "lower_secondary"  # trường THCS
    UPPER_SECONDARY = "upper_secondary"  # trường THPT
    MULTI_LEVEL = "multi_level"  # trường phổ thông có nhiều cấp học
    VOCATIONAL_CENTRE = "vocational_centre"  # trung tâm GDNN-GDTX
    PROVINCIAL_CENTRE = "provincial_centre"  # trung tâm GDTX tỉnh

    @property
    def tier(self) -> "Tier":
        """The management tier this kind of unit stands on."""
        if self is UnitKind.DEPARTMENT:
            return Tier.DEPARTMENT
        if self in (UnitKind.DISTRICT, UnitKind.COMMUNE):
            return Tier.DISTRICT
        return Tier.SCHOOL

    @property
    def is_school(self) -> bool:
        """True for schools and centres, the units that keep books."""
        return self.tier is Tier.SCHOOL


class Tier(StrEnum):
    """Management tier; the middle one is optional and renamable."""

    DEPARTMENT = "department"  # Sở
    DISTRICT = "district"  # Phòng / UBND xã, phường
    SCHOOL = "school"  # trường, trung tâm


class Level(StrEnum):
    """Level of education (cấp học)."""

    PRESCHOOL = "preschool"  # mầm non
    PRIMARY = "primary"  # tiểu học
    LOWER_SECONDARY = "lower_secondary"  # THCS
    UPPER_SECONDARY = "upper_secondary"  # THPT
    CONTINUING_LOWER = "continuing_lower"  # GDTX cấp THCS
    CONTINUING_UPPER = "continuing_upper"  # GDTX cấp THPT


class SubjectKind(StrEnum):
    """How a subject is assessed (TT 22/2021 Điều 5 khoản 3)."""

    SCORED = "scored"  # đánh giá bằng nhận xét kết hợp đánh giá bằng điểm số
    COMMENT = "comment"  # đánh giá bằng nhận xét
    HOMEROOM = "homeroom"  # no subject: what the homeroom teacher enters (rèn luyện; phẩm chất, năng lực)


class Passing(StrEnum):
    """Result of a comment subject (TT 22/2021 Điều 9 khoản 1 điểm a)."""

    PASSED = "passed"  # Đạt
    FAILED = "failed"  # Chưa đạt


class MarkState(StrEnum):
    """Why a periodic test cell holds what it holds; never typed into the cell (TT 22/2021 Điều 7 khoản 4, 5)."""

    AWAITING = "awaiting"  # vắng, chờ kiểm tra bù
    MADE_UP = "made_up"  # đã kiểm tra bù
    RECORDED_ZERO = "recorded_zero"  # không kiểm tra bù: ghi điểm 0 / Chưa đạt


class GroupKind(StrEnum):
    """Who sits in a teaching group."""

    WHOLE_CLASS = "whole_class"  # cả lớp
    PART = "part"  # một phần của lớp
    MIXED = "mixed"  # học sinh của nhiều lớp


class Book(StrEnum):
    """A book that windows open and lock."""

    GRADEBOOK = "gradebook"  # sổ theo dõi và đánh giá học sinh
    STUDENT_FILE = "student_file"  # danh sách, sơ yếu lí lịch


class WindowEffect(StrEnum):
    """What a lock window does between opens_at and closes_at."""

    OPEN = "open"  # mở sổ
    SHUT = "shut"  # khóa sổ (kiểm tra, niêm sổ)


class WindowMode(StrEnum):
    """What is locked once an opening window has closed."""

    ENTERED_CELLS = "entered_cells"  # khóa các điểm đã nhập; ô trống vẫn mở (S1 Điều 5.1)
    WHOLE_BOOK = "whole_book"  # khóa nhập liệu cả sổ (S4 Điều 6a)
    EXCEPTION = "exception"  # mở riêng có hạn: hết hạn thì trở lại như chưa mở


class Finality(StrEnum):
    """When an entered value becomes final, from loosest to tightest."""

    WINDOW_CLOSE = "window_close"  # khi lịch mở sổ kết thúc
    ENTRY_DAY = "entry_day"  # vào ngày nhập điểm hằng tháng (S1 Điều 5.1)
    ON_SUBMIT = "on_submit"  # khi giáo viên bấm Chốt
    ON_LEAVING = "on_leaving"  # khi thoát khỏi hệ thống (S4 Điều 16.2)

    @property
    def strictness(self) -> int:
        """Rank for "only tightened below": a unit may choose no value of a lower rank than the unit above it."""
        return list(Finality).index(self)


class Role(StrEnum):
    """Role a person holds in a unit (design §7). Teachers' rights on a book come from dated assignments."""

    DEPARTMENT_ADMIN = "department_admin"  # quản trị hệ thống cấp Sở
    DEPARTMENT_OFFICER = "department_officer"  # chuyên viên Sở
    DEPARTMENT_LEADER = "department_leader"  # lãnh đạo Sở
    DISTRICT_ADMIN = "district_admin"  # quản trị hệ thống cấp Phòng / xã
    DISTRICT_OFFICER = "district_officer"  # chuyên viên Phòng / xã
    DISTRICT_LEADER = "district_leader"  # lãnh đạo Phòng / UBND xã
    PRINCIPAL = "principal"  # hiệu trưởng, giám đốc trung tâm
    VICE_PRINCIPAL = "vice_principal"  # phó hiệu trưởng
    SCHOOL_ADMIN = "school_admin"  # thành viên Ban quản trị
    OFFICE_STAFF = "office_staff"  # văn phòng
    IT_STAFF = "it_staff"  # bộ phận CNTT
    TEAM_LEADER = "team_leader"  # tổ trưởng chuyên môn
    HOMEROOM_TEACHER = "homeroom_teacher"  # giáo viên chủ nhiệm
    SUBJECT_TEACHER = "subject_teacher"  # giáo viên bộ môn
    INSPECTOR = "inspector"  # thanh tra, kiểm tra; chỉ đọc, có hạn
    PARENT = "parent"  # cha mẹ, người giám hộ
    STUDENT = "student"  # học sinh


class Threshold(StrEnum):
    """The threshold of TT 22/2021 Điều 9 khoản 2 an average reaches."""

    FROM_8_0 = "8.0"
    FROM_6_5 = "6.5"
    FROM_5_0 = "5.0"
    FROM_3_5 = "3.5"
    BELOW_3_5 = "below"


REGULAR_COLUMNS = tuple(f"regular_{n}" for n in range(1, 9))
"""Cells of regular scores (ĐĐGtx), in printed order; a sheet uses the first `regular_count` of them."""

MARK_COLUMNS = (*REGULAR_COLUMNS, "midterm", "final")
"""Every cell of a sheet that holds a mark."""

CELL_COLUMNS = (*MARK_COLUMNS, "comment")
"""Every cell of a sheet that a teacher writes."""

RETEST = "retest"
"""Kiểm tra, đánh giá lại; rèn luyện hè; decisions of the year: entered after the terms, a column of no sheet."""

WINDOW_COLUMNS = (*CELL_COLUMNS, RETEST)
"""Columns a lock window may name."""
