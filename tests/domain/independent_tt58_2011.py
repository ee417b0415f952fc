"""TT 58/2011 once more, straight from the text of its articles and in another manner: obstacles and who could clear them.

Takes nothing from the rules it checks. Marks are whole tenths by subject code; `three` is TT 26/2020's third key subject.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

LOAI = ("Giỏi", "Khá", "Trung bình", "Yếu", "Kém")
MUC = {"Giỏi": (80, 65), "Khá": (65, 50), "Trung bình": (50, 35)}


@dataclass
class HocSinh:
    """A year of a student: averages and comment results (True: Đ), retests, what else Điều 15–18 ask for."""

    diem: dict[str, int]
    nhan_xet: dict[str, bool]
    chuyen: str | None
    three: bool
    hanh_kiem: str
    nghi: int
    lop: int
    diem_lai: dict[str, int] = field(default_factory=dict)
    nhan_xet_lai: dict[str, bool] = field(default_factory=dict)
    hanh_kiem_he: str | None = None


def trung_binh(diem: dict[str, int]) -> int:
    """Điều 11, in tenths, half up."""
    return floor(Fraction(sum(diem.values()), len(diem)) + Fraction(1, 2))


def vuong(loai: str, hs: HocSinh, diem: dict[str, int], nhan_xet: dict[str, bool]) -> list[set[str]]:
    """For each condition of a level (Điều 13 khoản 1–3) that fails: the subjects any of which alone could mend it."""
    muc, san = MUC[loai]
    chinh = {"math", "literature"} | ({"foreign_language"} if hs.three else set())
    found = []
    if trung_binh(diem) < muc:
        found.append(set())
    if all(diem[mon] < muc for mon in chinh):
        found.append(chinh)
    if hs.chuyen and diem[hs.chuyen] < muc:
        found.append({hs.chuyen})
    kem = ({m for m, d in diem.items() if d < san}, {m for m, dat in nhan_xet.items() if not dat})
    return [*found, *(cac_mon if len(cac_mon) == 1 else set() for cac_mon in kem if cac_mon)]


def xep_loai(hs: HocSinh, diem: dict[str, int], nhan_xet: dict[str, bool]) -> tuple[str, str]:
    """Điều 13: before and after khoản 6."""
    truoc = next((loai for loai in MUC if not vuong(loai, hs, diem, nhan_xet)), None)
    if truoc is None:
        truoc = "Yếu" if trung_binh(diem) >= 35 and min(diem.values()) >= 20 else "Kém"
    for loai in ("Giỏi", "Khá"):
        ngan = vuong(loai, hs, diem, nhan_xet)
        if not ngan:
            break
        if set.intersection(*ngan):
            if loai == "Giỏi" and truoc == "Trung bình":
                return truoc, "Khá"
            if truoc == "Yếu":
                return truoc, "Trung bình"
            return truoc, "Yếu" if (loai, truoc) == ("Khá", "Kém") else truoc
    return truoc, truoc


def danh_hieu(hoc_luc: str, hanh_kiem: str) -> str | None:
    """Điều 18."""
    if (hoc_luc, hanh_kiem) == ("Giỏi", "Tốt"):
        return "Học sinh giỏi"
    return "Học sinh tiên tiến" if {hoc_luc, hanh_kiem} <= {"Giỏi", "Khá", "Tốt"} else None


def sau_kiem_tra_lai(hs: HocSinh) -> str | None:
    """Điều 16: học lực with the new results; None while nothing says more than the year's."""
    thi = {m for m, d in hs.diem.items() if d < 50} | {m for m, dat in hs.nhan_xet.items() if not dat}
    if not thi & {*hs.diem_lai, *hs.nhan_xet_lai}:
        return None
    diem = {m: hs.diem_lai.get(m, d) if m in thi else d for m, d in hs.diem.items()}
    nhan_xet = {m: hs.nhan_xet_lai.get(m, dat) if m in thi else dat for m, dat in hs.nhan_xet.items()}
    loai = xep_loai(hs, diem, nhan_xet)[1]
    het = thi <= {*hs.diem_lai, *hs.nhan_xet_lai}
    return loai if het or loai in ("Giỏi", "Khá", "Trung bình") else None


def ket_qua(hs: HocSinh, hoc_luc: str) -> str:
    """Điều 15, 16, 17."""
    len_lop = "hoàn thành" if hs.lop in (9, 12) else "lên lớp"
    if hs.nghi > 45 or hoc_luc == "Kém" or hoc_luc == hs.hanh_kiem == "Yếu":
        return "ở lại"
    if hoc_luc == "Yếu":
        lai = sau_kiem_tra_lai(hs)
        return "kiểm tra lại" if lai is None else "ở lại" if lai in ("Yếu", "Kém") else len_lop
    if hs.hanh_kiem == "Yếu":
        return {None: "hè", "Yếu": "ở lại"}.get(hs.hanh_kiem_he, len_lop)
    return len_lop


def diem_hoc_ki(tx: list[int], dk: list[int], hk: int) -> int:
    """Điều 10 khoản 1 điểm a, in tenths."""
    he_so = [(d, 1) for d in tx] + [(d, 2) for d in dk] + [(hk, 3)]
    return floor(Fraction(sum(d * h for d, h in he_so), sum(h for _d, h in he_so)) + Fraction(1, 2))
