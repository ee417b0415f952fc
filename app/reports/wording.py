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
    return listed_tally(len(page.lines), page.corrections)


def listed_tally(listed: int, corrections: int) -> str:
    """How many students a list has, and how many of its places were corrected."""
    return f"Danh sách gồm {listed} học sinh. Số chỗ sửa chữa trong danh sách: {counted(corrections)}."


def counted(number: int) -> str:
    """A number as a book writes it: 02 (bằng chữ: hai)."""
    return f"{number:02d} (bằng chữ: {in_words(number)})" if 0 <= number <= 99 else f"{number:02d}"


def students_tally(page: StudentList) -> str:
    """The line under the personal sheet: how many students are listed, and how many are still there."""
    listed = len(page.lines)
    if page.staying == listed:
        return f"Danh sách gồm {listed} học sinh."
    gone = listed - page.staying
    return f"Danh sách gồm {listed} học sinh; đang học {page.staying}, đã chuyển đi hoặc thôi học {gone}."
