"""Who and what the demo consists of: units, staff and classes. Every name is invented; the staff of THCS Thúc Kháng
carries the offices of S1 Điều 6.
"""

from dataclasses import dataclass, field

from app.domain.vocabulary import Level, Role, UnitKind
from app.reference.people import COMMUNES, PROVINCE
from app.reference.people_names import FEMALE, MALE

REGION = PROVINCE.removeprefix("Tỉnh ")
WARD, COMMUNE = list(COMMUNES)[:2]
MAIN = "thcstk"
PILOT = "thtk"
"""The primary school that tried HocVu with a few classes before all took part."""

R = Role


@dataclass(frozen=True)
class NamedOne:
    """A name that is not drawn: (family, middle, given), sex, ethnicity, and how it is written if otherwise."""

    family: str
    middle: str
    given: str
    sex: str = FEMALE
    ethnic_code: str = "01"
    written: str | None = None


@dataclass(frozen=True)
class StaffSpec:
    """A post: role, title and what its holder teaches; `key` finds the holder again."""

    key: str
    role: Role
    title: str
    subjects: tuple[str, ...] = ()
    team: str = ""
    leads: bool = False
    name: NamedOne | None = None


@dataclass(frozen=True)
class UnitSpec:
    """A unit with its posts and, in a school, its classes as (name, grade)."""

    code: str
    kind: UnitKind
    name: str
    short_name: str
    parent: str
    staff: tuple[StaffSpec, ...]
    classes: tuple[tuple[str, int], ...] = ()
    size: int = 0
    levels: tuple[Level, ...] = ()
    locality: str = "bg"
    commune: str = COMMUNE
    since_last_year: bool = False
    pilot: tuple[tuple[str, int], ...] = ()  # the only classes of last year, where not all took part
    under_district: bool = False
    rooms: tuple[str, ...] = ()


def _teachers(team: str, *posts: tuple[str, tuple[str, ...]]) -> tuple[StaffSpec, ...]:
    """Teachers of a team; the first leads it."""
    return tuple(
        StaffSpec(key, R.SUBJECT_TEACHER, "Giáo viên", subjects, team, leads=number == 0)
        for number, (key, subjects) in enumerate(posts)
    )


def _office(
    head: str = "Hiệu trưởng", deputy: str = "Phó Hiệu trưởng", name: NamedOne | None = None
) -> tuple[StaffSpec, ...]:
    return (
        StaffSpec("head", R.PRINCIPAL, head, name=name),
        StaffSpec("deputy", R.VICE_PRINCIPAL, deputy),
        StaffSpec("office", R.OFFICE_STAFF, "Nhân viên văn phòng"),
    )


def _small(name: str) -> str:
    """Xã Ea Lĩnh → xã Ea Lĩnh."""
    return name[0].lower() + name[1:]


DEPARTMENT = UnitSpec(
    "sogd", UnitKind.DEPARTMENT, f"Sở Giáo dục và Đào tạo {REGION}", f"Sở GDĐT {REGION}", "",
    (
        StaffSpec("leader", R.DEPARTMENT_LEADER, "Giám đốc Sở", name=NamedOne("Hồ", "Văn", "Bình", MALE)),
        StaffSpec("admin", R.DEPARTMENT_ADMIN, "Chuyên viên, quản trị hệ thống", name=NamedOne("Chu", "Thị", "Đào")),
        StaffSpec("officer", R.DEPARTMENT_OFFICER, "Chuyên viên", name=NamedOne("Bế", "Thị Kim", "Oanh", FEMALE, "02")),
        StaffSpec("officer2", R.DEPARTMENT_OFFICER, "Chuyên viên"),
        StaffSpec("officer3", R.DEPARTMENT_OFFICER, "Phó Trưởng phòng"),
        StaffSpec("officer4", R.DEPARTMENT_OFFICER, "Trưởng phòng"),
        StaffSpec("inspector", R.INSPECTOR, "Thành viên đoàn kiểm tra", name=NamedOne("Tạ", "Quang", "Vinh", MALE)),
    ),
    locality="tl", commune=WARD,
    rooms=(
        "Văn phòng Sở", "Phòng Giáo dục Mầm non và Tiểu học", "Phòng Giáo dục Trung học và Thường xuyên",
        "Phòng Quản lí chất lượng và Công nghệ thông tin", "Phòng Tổ chức cán bộ",
    ),
)  # fmt: skip

DISTRICT = UnitSpec(
    "pgdbg", UnitKind.DISTRICT, "Phòng Giáo dục và Đào tạo huyện Bình Giang", "Phòng GDĐT Bình Giang", "sogd",
    (
        StaffSpec("leader", R.DISTRICT_LEADER, "Trưởng phòng", name=NamedOne("Lò", "Văn", "Sơn", MALE, "03")),
        StaffSpec("admin", R.DISTRICT_ADMIN, "Chuyên viên", name=NamedOne("Phan", "Thị", "Mai")),
    ),
    rooms=("Tổ Nghiệp vụ", "Tổ Hành chính"),
)  # fmt: skip

COMMUNE_OFFICES = (
    UnitSpec(
        "xael", UnitKind.COMMUNE, f"Ủy ban nhân dân {_small(COMMUNE)}", f"UBND {_small(COMMUNE)}", "sogd",
        (
            StaffSpec("leader", R.DISTRICT_LEADER, "Phó Chủ tịch UBND xã"),
            StaffSpec("admin", R.DISTRICT_ADMIN, "Chuyên viên Phòng Văn hóa – Xã hội"),
            StaffSpec("officer", R.DISTRICT_OFFICER, "Chuyên viên Phòng Văn hóa – Xã hội"),
        ),
        locality="el", rooms=("Phòng Văn hóa – Xã hội",),
    ),
    UnitSpec(
        "pld", UnitKind.COMMUNE, f"Ủy ban nhân dân {_small(WARD)}", f"UBND {_small(WARD)}", "sogd",
        (
            StaffSpec("leader", R.DISTRICT_LEADER, "Phó Chủ tịch UBND phường"),
            StaffSpec("admin", R.DISTRICT_ADMIN, "Chuyên viên Phòng Văn hóa – Xã hội"),
        ),
        locality="ld", commune=WARD, rooms=("Phòng Văn hóa – Xã hội",),
    ),
)  # fmt: skip

MOVED_TO_COMMUNE = {"leader": ("xael", "leader"), "admin": ("xael", "admin")}
"""Staff of the abolished district office and the posts they hold since."""

_MATHS, _WORDS = "Tổ Toán – Tin", "Tổ Ngữ văn – Lịch sử và Địa lí – GDCD"
_SCIENCE, _ARTS = "Tổ Khoa học tự nhiên – Công nghệ", "Tổ Ngoại ngữ – Nghệ thuật – Thể chất"

MAIN_STAFF = (
    StaffSpec("head", R.PRINCIPAL, "Hiệu trưởng", name=NamedOne("Nguyễn", "Thị", "Giang")),
    StaffSpec("deputy", R.VICE_PRINCIPAL, "Phó Hiệu trưởng", name=NamedOne("Nhữ", "Văn", "Học", MALE)),
    StaffSpec("office", R.OFFICE_STAFF, "Nhân viên văn phòng", name=NamedOne("Vũ", "Thị", "Hồng")),
    StaffSpec("clerk", R.OFFICE_STAFF, "Nhân viên văn thư", name=NamedOne("Nông", "Thị", "Nhâm", FEMALE, "07")),
    StaffSpec("it", R.IT_STAFF, "Nhân viên công nghệ thông tin", name=NamedOne("Trương", "Công", "Tín", MALE)),
    StaffSpec(
        "long", R.SUBJECT_TEACHER, "Giáo viên", ("math",), _MATHS, leads=True,
        name=NamedOne("Phạm", "Đức", "Long", MALE),
    ),
    StaffSpec(
        "ha", R.SUBJECT_TEACHER, "Giáo viên", ("math",), _MATHS, name=NamedOne("Bùi", "Thị Thu", "Hà", FEMALE, "06")
    ),
    StaffSpec("it_teacher", R.SUBJECT_TEACHER, "Giáo viên", ("informatics",), _MATHS),
    StaffSpec(
        "giang2", R.SUBJECT_TEACHER, "Giáo viên", ("literature",), _WORDS, leads=True,
        name=NamedOne("Ngô", "Thanh", "Giang", MALE),
    ),
    StaffSpec("words2", R.SUBJECT_TEACHER, "Giáo viên", ("literature",), _WORDS),
    StaffSpec("words3", R.SUBJECT_TEACHER, "Giáo viên", ("literature",), _WORDS),
    StaffSpec("history", R.SUBJECT_TEACHER, "Giáo viên", ("history_geography", "history_geography:history"), _WORDS),
    StaffSpec("geography", R.SUBJECT_TEACHER, "Giáo viên", ("history_geography:geography", "local_education"), _WORDS),
    StaffSpec("civics", R.SUBJECT_TEACHER, "Giáo viên", ("civic_education", "experiential_career"), _WORDS),
    StaffSpec(
        "biology", R.SUBJECT_TEACHER, "Giáo viên", ("natural_science", "natural_science:biology"), _SCIENCE, leads=True
    ),
    StaffSpec("physics", R.SUBJECT_TEACHER, "Giáo viên", ("natural_science:physics",), _SCIENCE),
    StaffSpec(
        "late", R.SUBJECT_TEACHER, "Giáo viên", ("natural_science:chemistry", "technology"), _SCIENCE,
        name=NamedOne("Lý", "A", "Sử", MALE, "08"),
    ),
    StaffSpec("english1", R.SUBJECT_TEACHER, "Giáo viên", ("foreign_language_1",), _ARTS, leads=True),
    StaffSpec("english2", R.SUBJECT_TEACHER, "Giáo viên", ("foreign_language_1",), _ARTS),
    StaffSpec(
        "khuong", R.SUBJECT_TEACHER, "Giáo viên", ("physical_education",), _ARTS,
        name=NamedOne("Byă", "Y", "Khương", MALE, "12", "Y Khương Byă"),
    ),
    StaffSpec("music", R.SUBJECT_TEACHER, "Giáo viên", ("arts", "arts:music"), _ARTS),
    StaffSpec("fine_arts", R.SUBJECT_TEACHER, "Giáo viên", ("arts:fine_arts",), _ARTS),
)  # fmt: skip

_UPPER_MATHS = "Tổ Toán – Tin – Công nghệ"
_UPPER = (
    *_office(name=NamedOne("Mai", "Thị Hồng", "Thơm")),
    StaffSpec("it", R.IT_STAFF, "Nhân viên công nghệ thông tin"),
    StaffSpec("clerk", R.OFFICE_STAFF, "Nhân viên văn thư"),
    StaffSpec(
        "math1", R.SUBJECT_TEACHER, "Giáo viên", ("math",), _UPPER_MATHS, leads=True,
        name=NamedOne("Lê", "Thị Lan", "Ánh"),
    ),
    StaffSpec("math2", R.SUBJECT_TEACHER, "Giáo viên", ("math",), _UPPER_MATHS),
    StaffSpec("it_teacher", R.SUBJECT_TEACHER, "Giáo viên", ("informatics",), _UPPER_MATHS),
    StaffSpec("tech", R.SUBJECT_TEACHER, "Giáo viên", ("technology",), _UPPER_MATHS),
    *_teachers("Tổ Ngữ văn – Ngoại ngữ", ("words1", ("literature",)), ("words2", ("literature",)),
               ("english1", ("foreign_language_1",)), ("english2", ("foreign_language_1",))),
    *_teachers("Tổ Vật lí – Hóa học – Sinh học", ("physics", ("physics",)), ("chemistry", ("chemistry",)),
               ("biology", ("biology", "local_education"))),
    *_teachers("Tổ Lịch sử – Địa lí – GDKT và PL", ("history", ("history",)), ("geography", ("geography",)),
               ("law", ("economics_law", "experiential_career"))),
    *_teachers("Tổ Thể chất – Quốc phòng", ("sport1", ("physical_education",)), ("sport2", ("defence_security",))),
)  # fmt: skip

_MULTI_LEVEL = (
    *_office(),
    *_teachers("Tổ Tiểu học", *((f"primary{n}", ("primary",)) for n in range(1, 6))),
    *_teachers("Tổ Khoa học tự nhiên", ("math", ("math", "informatics")),
               ("science", ("natural_science", "technology")), ("sport", ("physical_education", "local_education"))),
    *_teachers("Tổ Khoa học xã hội", ("words", ("literature", "civic_education")), ("history", ("history_geography",)),
               ("english", ("foreign_language_1",)), ("arts", ("arts", "experiential_career"))),
)  # fmt: skip

_CENTRE_TEACHERS = (
    *_teachers("Tổ Văn hóa", ("math", ("math", "physics")), ("words", ("literature",)), ("chemistry", ("chemistry",)),
               ("history", ("history", "local_education")), ("geography", ("geography", "natural_science")),
               ("law", ("economics_law", "civic_education", "experiential_career", "history_geography"))),
)  # fmt: skip

_DIRECTED = "Giám đốc", "Phó Giám đốc"
_DISTRICT_CENTRE = (*_office(*_DIRECTED, NamedOne("Trần", "Thị Tú", "Quyên")), *_CENTRE_TEACHERS)
_PROVINCIAL_CENTRE = (*_office(*_DIRECTED), *_CENTRE_TEACHERS)

_PRIMARY = (
    *_office(),
    *_teachers("Tổ 1, 2, 3", *((f"primary{n}", ("primary",)) for n in range(1, 9))),
    StaffSpec(
        "primary9", R.SUBJECT_TEACHER, "Giáo viên", ("primary",), "Tổ 4, 5", leads=True,
        name=NamedOne("Đinh", "Thị", "Duyên", FEMALE, "06"),
    ),
    *(StaffSpec(f"primary{n}", R.SUBJECT_TEACHER, "Giáo viên", ("primary",), "Tổ 4, 5") for n in range(10, 13)),
    *_teachers("Tổ Chuyên biệt", ("english", ("foreign_language_1",)), ("sport", ("physical_education",)),
               ("arts", ("arts",))),
    StaffSpec("it", R.IT_STAFF, "Nhân viên công nghệ thông tin"),
)  # fmt: skip

_PRESCHOOL = (
    *_office(),
    *_teachers("Tổ Nhà trẻ", *((f"nursery{n}", ("preschool",)) for n in range(1, 3))),
    StaffSpec(
        "kinder1", R.SUBJECT_TEACHER, "Giáo viên", ("preschool",), "Tổ Mẫu giáo", leads=True,
        name=NamedOne("Lương", "Thị", "Xuân", FEMALE, "03"),
    ),
    *(StaffSpec(f"kinder{n}", R.SUBJECT_TEACHER, "Giáo viên", ("preschool",), "Tổ Mẫu giáo") for n in range(2, 8)),
)  # fmt: skip


def _grades(*pairs: tuple[int, int]) -> tuple[tuple[str, int], ...]:
    """(grade, how many classes) → 6A, 6B …"""
    return tuple((f"{grade}{'ABCDEFGH'[n]}", grade) for grade, many in pairs for n in range(many))


SCHOOLS = (
    UnitSpec(
        MAIN, UnitKind.LOWER_SECONDARY, "Trường Trung học cơ sở Thúc Kháng", "THCS Thúc Kháng", "xael", MAIN_STAFF,
        _grades((6, 2), (7, 2), (8, 2), (9, 2)), 31, since_last_year=True, under_district=True,
    ),
    UnitSpec(
        "thptbg", UnitKind.UPPER_SECONDARY, "Trường Trung học phổ thông Bình Giang", "THPT Bình Giang", "sogd", _UPPER,
        (("10A1", 10), ("10A2", 10), ("11A1", 11), ("11A2", 11), ("12A1", 12), ("12A2", 12)), 36, since_last_year=True,
    ),
    UnitSpec(
        "thcssl", UnitKind.MULTI_LEVEL, "Trường Phổ thông dân tộc bán trú Tiểu học và Trung học cơ sở Suối Lài",
        "PTDTBT TH và THCS Suối Lài", "pld", _MULTI_LEVEL,
        _grades((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1)), 23,
        levels=(Level.PRIMARY, Level.LOWER_SECONDARY), commune=WARD, under_district=True,
    ),
    UnitSpec(
        PILOT, UnitKind.PRIMARY, "Trường Tiểu học Thúc Kháng", "TH Thúc Kháng", "xael", _PRIMARY,
        _grades((1, 3), (2, 3), (3, 2), (4, 2), (5, 2)), 33, since_last_year=True, under_district=True,
        pilot=(("4A", 4), ("5A", 5)),
    ),
    UnitSpec(
        "mnhb", UnitKind.PRESCHOOL, "Trường Mầm non Hoa Ban", "MN Hoa Ban", "pld", _PRESCHOOL,
        (("Nhà trẻ 24–36 tháng", 16), ("Mầm 1", 17), ("Mầm 2", 17), ("Chồi 1", 17), ("Chồi 2", 17), ("Lá 1", 17)), 28,
        commune=WARD, under_district=True,
    ),
    UnitSpec(
        "gdnnbg", UnitKind.VOCATIONAL_CENTRE, "Trung tâm Giáo dục nghề nghiệp – Giáo dục thường xuyên Bình Giang",
        "TT GDNN-GDTX Bình Giang", "sogd", _DISTRICT_CENTRE, (("10", 10), ("11", 11), ("12", 12)), 30,
    ),
    UnitSpec(
        "gdtxtl", UnitKind.PROVINCIAL_CENTRE, f"Trung tâm Giáo dục thường xuyên tỉnh {REGION}",
        f"TT GDTX tỉnh {REGION}", "sogd", _PROVINCIAL_CENTRE, (("9", 9), ("10", 10), ("12", 12)), 30, locality="tl", commune=WARD,
    ),
)  # fmt: skip

SPECS = {spec.code: spec for spec in (DEPARTMENT, DISTRICT, *COMMUNE_OFFICES, *SCHOOLS)}

OLD_CLASSES = {MAIN: (("9A", 9),), PILOT: (("5A", 5),)}
"""The classes of 2023-2024, the last ones under TT 58/2011 as amended by TT 26/2020 and under TT 22/2016."""


@dataclass(frozen=True)
class Combination:
    """What a THPT class chose: subjects of the whole class, two of which each student takes one, and clusters."""

    whole: tuple[str, ...]
    either: tuple[str, ...] = ()
    clusters: tuple[str, ...] = field(default=())


COMBINATIONS = {
    "A1": Combination(
        ("physics", "chemistry", "biology"), ("informatics", "technology"), ("math", "physics", "chemistry")
    ),
    "A2": Combination(
        ("geography", "economics_law", "biology"),
        ("informatics", "technology"),
        ("literature", "history", "geography"),
    ),
    "": Combination(("geography", "economics_law", "physics", "chemistry")),  # centres
}
