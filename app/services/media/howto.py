"""What lies beside the bundles on every medium: how they are checked, for a reader without HocVu."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

HOWTO: Final = """\
BẢN LƯU GÓI NIÊM PHONG SỔ ĐIỂM ĐIỆN TỬ
{unit}
Năm học {year}, {term}. Lập lúc {made_at}. Nhãn đĩa: {label}

Trên đĩa này có gì
- {list}: danh mục các gói niêm phong kèm mã băm SHA-256 (máy đọc); {signature}: chữ ký của danh mục.
- {table}: cũng danh mục ấy, mở được bằng Excel hay LibreOffice.
- {checker}: chương trình kiểm tra, chỉ cần Python 3.9 trở lên, không cần mạng hay HocVu.
- Các thư mục còn lại: đơn vị / năm học / lớp / gói. Mỗi gói có sổ (XML, PDF), lịch sử nhập và sửa điểm (lich-su.zip),
  biên bản điều chỉnh, quy tắc tính và danh mục manifest.json của gói.

Kiểm tra định kì (S3 mục 3)
1. Cài Python (python.org) nếu máy chưa có. Máy Linux và macOS thường có sẵn.
2. Mở cửa sổ dòng lệnh ở thư mục gốc của đĩa hay USB (ví dụ: E:).
3. Gõ:   python {checker} > C:\\ket-qua.txt        (Linux, macOS: python3 {checker} > ~/ket-qua.txt)
4. Dòng cuối là "Nguyên vẹn." nếu mọi tệp đúng như khi niêm phong; nếu không, mỗi chỗ sai có một dòng.
5. Vào HocVu, mở sổ theo dõi thiết bị lưu trữ, chọn thiết bị có số này, gửi tệp ket-qua.txt để ghi kết quả kiểm tra.
   Không chạy được Python thì gửi tệp {list} trên đĩa: chương trình chỉ đối chiếu được danh mục, chưa đọc lại các gói.

Không sửa, thêm hay xóa tệp nào trên đĩa: mọi thay đổi đều bị phát hiện. Dữ liệu cá nhân của học sinh: bảo quản có niêm phong.
"""


def table_of(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV that spreadsheets open with its accents; no cell of it is taken for a formula."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([f"'{text}" if (text := str(cell))[:1] in "=+-@" and text else text for cell in row])
    return out.getvalue().encode("utf-8-sig")
