"""The kinds of files, column by column."""

from collections.abc import Mapping
from typing import Any, Final

from app.services.spreadsheets import cells
from app.services.spreadsheets.cells import code, identifier, show_code, text, whole
from app.services.spreadsheets.columns import EXAMPLE_MARK, STT, Column, Kind

FIRST_BIRTH_YEAR, LAST_BIRTH_YEAR = 1900, 2100
HIGHEST_GRADE: Final = 17


def _number_in_list() -> Column:
    return Column(
        STT,
        "STT",
        cells.text(10),
        ("TT", "Số TT", "Số thứ tự"),
        example=EXAMPLE_MARK,
        ignored=True,
        width=6,
        is_number=True,
    )


def _coded(field: str, heading: str, list_name: str, *aliases: str, **more: Any) -> Column:
    return Column(
        field, heading, code(list_name), aliases, list_name=list_name, show=show_code(list_name), **more
    )


def _day(field: str, heading: str, *aliases: str, **more: Any) -> Column:
    hint = more.pop("hint", "Ngày/tháng/năm, ví dụ 05/09/2026")
    return Column(field, heading, cells.day, aliases, is_date=True, hint=hint, width=12, **more)


_NAME_PARTS = (
    Column(
        "family_name",
        "Họ",
        text(40),
        width=10,
        hint="Chỉ cần khi tên không đứng cuối, ví dụ Y Khương Byă: họ Byă",
    ),
    Column(
        "middle_name", "Tên đệm", text(60), ("Chữ đệm", "Tên lót"), width=12, hint="Y Khương Byă: tên đệm Y"
    ),
    Column("given_name", "Tên", text(40), width=10, hint="Y Khương Byă: tên Khương"),
)
_SCHOOL = Column(
    "school",
    "Mã trường",
    text(160),
    ("Trường", "Tên trường"),
    hint="Có thể bỏ trống; chỉ nhập được cho trường mình",
    width=18,
)
_TEACHER_CODE = ("Mã định danh giáo viên", "Mã GV", "Mã giáo viên")


def _parent(relation: str, vietnamese: str, formal: str) -> tuple[Column, ...]:
    low = vietnamese.lower()
    return (
        Column(
            f"{relation}.full_name",
            f"Họ tên {low}",
            text(120),
            (f"Họ và tên {low}", f"Họ tên {formal}"),
            width=22,
        ),
        Column(
            f"{relation}.birth_year",
            f"Năm sinh {low}",
            whole(FIRST_BIRTH_YEAR, LAST_BIRTH_YEAR),
            (f"Năm sinh của {low}",),
            is_number=True,
        ),
        Column(f"{relation}.job", f"Nghề nghiệp {low}", text(80), (f"Nghề nghiệp của {low}",), width=16),
        Column(f"{relation}.phone", f"Điện thoại {low}", cells.phone, (f"SĐT {low}", f"Số điện thoại {low}")),
        Column(f"{relation}.email", f"Email {low}", cells.email, (f"Thư điện tử {low}",), width=20),
    )


STUDENTS: Final = Kind(
    "students",
    "Học sinh",
    (
        _number_in_list(),
        _SCHOOL,
        Column(
            "student_code",
            "Mã định danh",
            identifier(),
            (
                "Mã định danh Bộ GD&ĐT",
                "Mã định danh Bộ GDĐT",
                "Mã học sinh",
                "Mã HS",
                "Mã định danh học sinh",
            ),
            example="0120260001",
            hint="10 chữ số do Bộ GDĐT cấp; định dạng Văn bản",
        ),
        Column(
            "national_id",
            "Số định danh cá nhân",
            identifier(12),
            ("Số ĐDCN", "Số CCCD", "CCCD", "Số CMND/CCCD", "Số CMND", "Số CCCD/Định danh cá nhân"),
            example="024214000123",
            hint="12 chữ số; định dạng Văn bản để không mất số 0 đầu",
            width=18,
        ),
        Column("register_no", "Số đăng bộ", text(20)),
        Column(
            "full_name",
            "Họ và tên",
            text(120),
            ("Họ tên", "Họ và tên học sinh"),
            True,
            example="Nguyễn Thị Thu An",
            width=26,
        ),
        *_NAME_PARTS,
        _day(
            "birth_date",
            "Ngày sinh",
            "Ngày tháng năm sinh",
            "Ngày, tháng, năm sinh",
            required=True,
            example="01/03/2014",
        ),
        _coded("sex_code", "Giới tính", "sex", "Nam/Nữ", required=True, example="Nữ", width=10),
        Column(
            "class_name",
            "Lớp",
            text(40),
            ("Tên lớp", "Lớp học"),
            True,
            example="7A",
            hint="Tên lớp đã có trong năm học",
            width=10,
        ),
        _day("starts_on", "Ngày vào lớp", "Ngày vào học", hint="Bỏ trống: hôm nay"),
        _coded("status_code", "Trạng thái", "enrolment_status", "Trạng thái học sinh", width=16),
        _coded("ethnicity_code", "Dân tộc", "ethnicity", example="Kinh"),
        _coded("religion_code", "Tôn giáo", "religion"),
        Column("nationality", "Quốc tịch", text(40)),
        Column("birthplace", "Nơi sinh", text(160), width=24),
        Column("hometown", "Quê quán", text(160), width=24),
        Column(
            "address",
            "Chỗ ở hiện nay",
            text(200),
            ("Địa chỉ", "Nơi ở hiện nay", "Chỗ ở", "Địa chỉ gia đình"),
            width=30,
        ),
        Column("phone", "Điện thoại", cells.phone, ("Số điện thoại", "SĐT", "Điện thoại liên hệ")),
        _coded("policy_code", "Diện chính sách", "policy", "Đối tượng chính sách", width=20),
        Column("priority", "Đối tượng ưu tiên", text(120)),
        _coded("disability_code", "Loại khuyết tật", "disability", "Khuyết tật", width=18),
        _coded("blood_group_code", "Nhóm máu", "blood_group", width=10),
        Column("health_note", "Tình trạng sức khỏe", text(200), ("Sức khỏe",), width=20),
        Column("note", "Ghi chú", text(300), width=20),
        *_parent("father", "Cha", "bố"),
        *_parent("mother", "Mẹ", "mẹ"),
        *_parent("guardian", "Người giám hộ", "người giám hộ"),
    ),
)

STAFF: Final = Kind(
    "staff",
    "Cán bộ",
    (
        _number_in_list(),
        _SCHOOL,
        Column(
            "staff_code",
            "Mã định danh",
            identifier(),
            ("Mã định danh Bộ GD&ĐT", "Mã định danh Bộ GDĐT", "Mã cán bộ", *_TEACHER_CODE),
            example="2400012345",
            hint="10 chữ số do Bộ GDĐT cấp; định dạng Văn bản",
        ),
        Column(
            "national_id",
            "Số định danh cá nhân",
            identifier(12),
            ("Số ĐDCN", "Số CCCD", "CCCD", "Số CMND/CCCD", "Số CMND"),
            example="024180000456",
            hint="12 chữ số; định dạng Văn bản để không mất số 0 đầu",
            width=18,
        ),
        Column(
            "full_name",
            "Họ và tên",
            text(120),
            ("Họ tên", "Họ và tên cán bộ"),
            True,
            example="Bùi Thị Thu Hà",
            width=26,
        ),
        *_NAME_PARTS,
        _day("birth_date", "Ngày sinh", "Ngày tháng năm sinh", "Ngày, tháng, năm sinh", example="12/08/1985"),
        _coded("sex_code", "Giới tính", "sex", "Nam/Nữ", example="Nữ", width=10),
        _coded("ethnicity_code", "Dân tộc", "ethnicity", example="Kinh"),
        Column(
            "phone",
            "Điện thoại",
            cells.phone,
            ("Số điện thoại", "SĐT", "Điện thoại di động"),
            example="0912345678",
        ),
        Column("email", "Email", cells.email, ("Thư điện tử",), width=24),
        Column(
            "title",
            "Chức vụ",
            text(80),
            ("Vị trí việc làm",),
            example="Giáo viên",
            hint="Chỉ để in; không cấp quyền",
            width=18,
        ),
        Column("main_subject", "Môn dạy chính", text(80), ("Môn dạy",), example="Toán", width=18),
        Column(
            "team",
            "Tổ chuyên môn",
            text(120),
            ("Tổ bộ môn", "Tổ"),
            hint="Tên tổ đã có trong trường",
            width=18,
        ),
        _coded("status_code", "Trạng thái", "staff_status", "Trạng thái cán bộ", width=16),
    ),
)

CLASSES: Final = Kind(
    "classes",
    "Lớp học",
    (
        _number_in_list(),
        _SCHOOL,
        Column(
            "name",
            "Tên lớp",
            text(40),
            ("Lớp", "Tên lớp học"),
            True,
            example="7A",
            hint="Định dạng Văn bản, để 6/1 không thành ngày",
        ),
        Column(
            "grade",
            "Khối",
            whole(1, HIGHEST_GRADE),
            ("Khối lớp", "Khối học"),
            True,
            example="7",
            is_number=True,
            width=8,
        ),
        Column("order_no", "Thứ tự", whole(0, 999), ("Thứ tự in",), is_number=True, width=8),
        Column(
            "teacher_code",
            "Mã GVCN",
            identifier(),
            ("Mã giáo viên chủ nhiệm", "Mã định danh GVCN"),
            hint="Khi có hai người cùng tên",
        ),
        Column(
            "teacher",
            "Giáo viên chủ nhiệm",
            text(120),
            ("GVCN", "Họ tên GVCN"),
            example="Bùi Thị Thu Hà",
            width=26,
        ),
        _day("starts_on", "Chủ nhiệm từ ngày", hint="Bỏ trống: hôm nay"),
        Column("decision", "Số quyết định", text(120), ("Quyết định",), width=18),
    ),
)

ASSIGNMENTS: Final = Kind(
    "assignments",
    "Phân công",
    (
        _number_in_list(),
        _SCHOOL,
        Column(
            "group", "Lớp hoặc nhóm", text(60), ("Lớp", "Tên lớp", "Nhóm", "Lớp/nhóm"), True, example="7A"
        ),
        Column(
            "subject",
            "Môn học",
            text(120),
            ("Môn", "Tên môn học", "Môn dạy"),
            True,
            example="Khoa học tự nhiên",
            width=24,
        ),
        Column(
            "part",
            "Phân môn",
            text(120),
            ("Mạch nội dung",),
            example="Vật lí",
            hint="Bỏ trống: cả môn",
            width=14,
        ),
        Column(
            "teacher_code",
            "Mã giáo viên",
            identifier(),
            ("Mã GV", "Mã định danh giáo viên"),
            hint="Khi có hai người cùng tên",
        ),
        Column(
            "teacher",
            "Giáo viên",
            text(120),
            ("Họ tên giáo viên", "GVBM", "Giáo viên bộ môn"),
            True,
            example="Phạm Đức Long",
            width=26,
        ),
        Column(
            "columns",
            "Cột điểm",
            cells.gradebook_columns,
            ("Các cột",),
            show=cells.show_gradebook_columns,
            hint="Bỏ trống: mọi cột; hoặc TX1, TX2, GK, CK, NX",
        ),
        Column(
            "in_charge",
            "Phụ trách chính",
            cells.yes_no,
            ("Chịu trách nhiệm chính",),
            example="Có",
            hint="Có hoặc Không; bỏ trống: Có",
        ),
        _day("starts_on", "Từ ngày", hint="Bỏ trống: hôm nay"),
        _day("ends_on", "Đến ngày", hint="Bỏ trống: chưa có ngày kết thúc"),
        Column("decision", "Số quyết định", text(120), ("Quyết định",), width=18),
    ),
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (STUDENTS, STAFF, CLASSES, ASSIGNMENTS)}
