"""Heads of the personal sheet, and counts written the way a book wants them."""

from app.reports.contexts import StudentList, SubjectPage

STUDENT_LIST_COLUMNS = (
    ("TT", 8),
    ("Họ và tên học sinh", 38),
    ("Ngày, tháng, năm sinh", 18),
    ("Nơi sinh", 27),
    ("Nam, nữ", 10),
    ("Dân tộc", 17),
    ("Đối tượng ưu tiên", 20),
    ("Địa chỉ gia đình", 34),
    ("Họ và tên cha, nghề nghiệp, điện thoại, email (hoặc người giám hộ)", 37),
    ("Họ và tên mẹ, nghề nghiệp, điện thoại, email (hoặc người giám hộ)", 36),
    ("Những thay đổi cần chú ý trong năm học (gia đình, sức khỏe, nơi ở…)", 28),
)
"""Columns of the personal sheet with their widths in millimetres (assessment facts A12 item 2)."""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def in_words(number: int) -> str:
    """0…99 in Vietnamese words, the way a corrected count is secured against a later change.

    Raises ValueError outside that range.
    """
    if not 0 <= number <= 99:
        raise ValueError("in_words takes 0 to 99")
    tens, units = divmod(number, 10)
    if tens == 0:
        return _DIGITS[units]
    head = "mười" if tens == 1 else f"{_DIGITS[tens]} mươi"
    if units == 0:
        return head
    return f"{head} {_units_after_tens(tens, units)}"


def _units_after_tens(tens: int, units: int) -> str:
    if units == 5:
        return "lăm"
    if units == 1 and tens > 1:
        return "mốt"
    return _DIGITS[units]


def corrections_tally(page: SubjectPage) -> str:
    """The line under a subject's list that says how many places were corrected."""
    count = page.corrections
    words = f" (bằng chữ: {in_words(count)})" if 0 <= count <= 99 else ""
    return f"Danh sách gồm {len(page.lines)} học sinh. Số chỗ sửa chữa trong danh sách: {count:02d}{words}."


def students_tally(page: StudentList) -> str:
    """The line under the personal sheet: how many students are listed, and how many are still there."""
    listed = len(page.lines)
    if page.staying == listed:
        return f"Danh sách gồm {listed} học sinh."
    gone = listed - page.staying
    return f"Danh sách gồm {listed} học sinh; đang học {page.staying}, đã chuyển đi hoặc thôi học {gone}."
