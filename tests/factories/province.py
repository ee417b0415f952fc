"""A small province for tests: one department, a commune, two lower secondary schools, a few people. Built in a second.

Everything is invented. Dates stand around CLOCK, a Monday in the first term of 2026-2027.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from werkzeug.security import generate_password_hash

from app.domain.access import SYSTEM
from app.domain.names import fold, full_name, sort_key
from app.domain.vocabulary import (
    Book,
    GroupKind,
    Level,
    Role,
    SubjectKind,
    UnitKind,
    WindowEffect,
    WindowMode,
)
from app.extensions import db
from app.models import (
    Account,
    Enrolment,
    GradebookSheet,
    HomeroomAssignment,
    LockWindow,
    OrgParent,
    OrgUnit,
    Person,
    Position,
    SchoolClass,
    SchoolYear,
    Student,
    Subject,
    TeachingAssignment,
    TeachingGroup,
    Term,
    UnitEpoch,
)
from app.services.unit_of_work import transaction

CLOCK = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  # 09:00 in Vietnam
PASSWORD = "Sen hong no 2026!"
PASSWORD_HASH = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
LONG_AGO = date(2020, 8, 1)
FIRST_DAY = date(2026, 9, 1)

STAFF = (  # username, role, family, middle, given, title
    ("giangnt", Role.PRINCIPAL, "Nguyễn", "Thị", "Giang", "Hiệu trưởng"),
    ("hocnv", Role.VICE_PRINCIPAL, "Nhữ", "Văn", "Học", "Phó Hiệu trưởng"),
    ("hongvt", Role.OFFICE_STAFF, "Vũ", "Thị", "Hồng", "Nhân viên văn phòng"),
    ("quantb", Role.SCHOOL_ADMIN, "Trần", "Bá", "Quân", "Ủy viên Ban quản trị"),
    ("longpd", Role.SUBJECT_TEACHER, "Phạm", "Đức", "Long", "Giáo viên"),
    ("habtt", Role.SUBJECT_TEACHER, "Bùi", "Thị Thu", "Hà", "Giáo viên"),
    ("khuongyb", Role.SUBJECT_TEACHER, "Byă", "Y", "Khương", "Giáo viên"),
)
PUPILS = (
    ("Nguyễn", "Hoàng", "An"), ("Phạm", "Thị Vân", "Anh"), ("Trần", "Đức", "Anh"), ("Lê", "Ngọc", "Ánh"),
    ("Hà", "Gia", "Bảo"), ("Bùi", "Thị Ngọc", "Bích"), ("Đinh", "Văn", "Chiến"), ("Vàng", "Thị", "Chở"),
)  # fmt: skip


@dataclass
class School:
    """Ids of one school of the province."""

    unit_id: int
    code: str
    class_ids: dict[str, int] = field(default_factory=dict)
    person_ids: dict[str, int] = field(default_factory=dict)
    student_ids: list[int] = field(default_factory=list)
    sheet_ids: dict[tuple[str, str, int], int] = field(default_factory=dict)  # (class, subject code, term)
    window_ids: list[int] = field(default_factory=list)


@dataclass
class Province:
    """Ids of everything built, and the clock the application reads."""

    department_id: int
    commune_id: int
    year_id: int
    term_ids: dict[int, int]
    subject_ids: dict[str, int]
    first: School
    second: School
    usernames: tuple[str, ...]
    now: datetime = CLOCK

    def clock(self) -> datetime:
        """The time it is in this test; each reading a microsecond later."""
        self.now += timedelta(microseconds=1)
        return self.now


def build(app: Flask, pupils: int = len(PUPILS), around: datetime | None = None) -> Province:
    """Build the province in the database of `app` and put its clock into the application.

    `around`: the day its dates stand around instead of CLOCK, for servers that read the real clock.
    """
    shift = timedelta(days=((around or CLOCK) - CLOCK).days)
    builder = _Builder(pupils, shift)
    with transaction(SYSTEM, "test.province", clock=lambda: CLOCK + shift - timedelta(days=90)) as work:
        work.stamp()
        province = builder.province(work)
    province.now = CLOCK + shift
    app.extensions["hocvu.clock"] = province.clock
    return province


class _Builder:
    def __init__(self, pupils: int, shift: timedelta = timedelta()) -> None:
        self.pupils = pupils
        self.shift = shift
        self.usernames: list[str] = []

    def day(self, day: date) -> date:
        """The day, moved with the province's clock."""
        return day + self.shift

    def province(self, work: Any) -> Province:
        self.work = work
        department = self.unit(
            "sogd", UnitKind.DEPARTMENT, "Sở Giáo dục và Đào tạo Bình Giang", "Sở GDĐT Bình Giang"
        )
        commune = self.unit(
            "xatk", UnitKind.COMMUNE, "UBND xã Thúc Kháng", "UBND xã Thúc Kháng", department.id
        )
        year = self.add(
            SchoolYear(
                department_id=department.id, start_year=2026, starts_on=self.day(date(2026, 9, 5)),
                ends_on=self.day(date(2027, 5, 31)),
            )
        )  # fmt: skip
        terms = {
            number: self.add(
                Term(
                    unit_id=department.id,
                    school_year_id=year.id,
                    number=number,
                    starts_on=start,
                    ends_on=end,
                    weeks=w,
                )
            ).id
            for number, start, end, w in (
                (1, self.day(date(2026, 9, 7)), self.day(date(2027, 1, 16)), 18),
                (2, self.day(date(2027, 1, 18)), self.day(date(2027, 5, 29)), 17),
            )
        }
        subjects = {
            "math": self.subject("math", "Toán", SubjectKind.SCORED, 1),
            "art": self.subject("arts", "Nghệ thuật", SubjectKind.COMMENT, 2),
        }
        self.year_id, self.subjects, self.department_id, self.commune_id = (
            year.id,
            subjects,
            department.id,
            commune.id,
        )
        self.person_account(
            "sogd", department.id, "vanlt", Role.DEPARTMENT_OFFICER, "Lê", "Thị", "Vân", "Chuyên viên"
        )
        self.person_account(
            "sogd", department.id, "binhhv", Role.DEPARTMENT_LEADER, "Hồ", "Văn", "Bình", "Giám đốc Sở"
        )
        self.person_account(
            "sogd", department.id, "daoct", Role.DEPARTMENT_ADMIN, "Chu", "Thị", "Đào", "Chuyên viên"
        )
        self.person_account("xatk", commune.id, "sonlv", Role.DISTRICT_LEADER, "Lò", "Văn", "Sơn", "Chủ tịch")
        self.person_account(
            "xatk", commune.id, "maipt", Role.DISTRICT_ADMIN, "Phan", "Thị", "Mai", "Chuyên viên"
        )
        first, second = self.school("thcstk", "THCS Thúc Kháng"), self.school("thcsba", "THCS Bình An")
        return Province(
            department.id, commune.id, year.id, terms, subjects, first, second, tuple(self.usernames)
        )

    def add(self, row: Any) -> Any:
        self.work.session.add(row)
        self.work.flush()
        return row

    def unit(self, code: str, kind: UnitKind, name: str, short: str, parent: int | None = None) -> OrgUnit:
        levels = [Level.LOWER_SECONDARY.value] if kind is UnitKind.LOWER_SECONDARY else []
        unit = self.add(
            OrgUnit(
                code=code, kind=kind, name=name, short_name=short, name_folded=fold(name), levels=levels,
                locality_code="bg", starts_on=LONG_AGO,
            )
        )  # fmt: skip
        self.add(UnitEpoch(unit_id=unit.id, epoch=0))
        if parent:
            self.add(OrgParent(unit_id=unit.id, parent_id=parent, starts_on=LONG_AGO))
        return unit

    def subject(self, code: str, name: str, kind: SubjectKind, order: int) -> int:
        found = self.work.session.query(Subject).filter_by(code=code).one_or_none()
        if found is None:
            found = self.add(Subject(code=code, name=name, short_name=name, kind=kind, order_no=order))
        return found.id

    def person_account(
        self, code: str, unit_id: int, stem: str, role: Role, family: str, middle: str, given: str, title: str
    ) -> int:
        name = full_name(family, middle, given, "Y Khương Byă" if given == "Khương" else None)
        person = self.add(
            Person(
                unit_id=unit_id, family_name=family, middle_name=middle, given_name=given, full_name=name,
                name_folded=fold(name), sort_key=sort_key(family, middle, given), title=title,
            )
        )  # fmt: skip
        self.add(Position(person_id=person.id, unit_id=unit_id, role=role, title=title, starts_on=LONG_AGO))
        username = f"{stem}.{code}"
        self.add(
            Account(
                username=username, first_name=f"{family} {middle}".strip(), last_name=given, active=True,
                password=PASSWORD_HASH, unit_id=unit_id, person_id=person.id,
            )
        )  # fmt: skip
        self.usernames.append(username)
        return person.id

    def school(self, code: str, name: str) -> School:
        unit = self.unit(code, UnitKind.LOWER_SECONDARY, f"Trường {name}", name, self.commune_id)
        school = School(unit.id, code)
        for stem, role, family, middle, given, title in STAFF:
            school.person_ids[stem] = self.person_account(
                code, unit.id, stem, role, family, middle, given, title
            )
        for class_name, teacher in (("7A", "longpd"), ("7B", "habtt")):
            self.school_class(school, class_name, teacher)
        self.window(school)
        return school

    def school_class(self, school: School, name: str, teacher: str) -> None:
        row = self.add(
            SchoolClass(
                unit_id=school.unit_id, school_year_id=self.year_id, level=Level.LOWER_SECONDARY, grade=7, name=name,
                circular="tt22-2021",
            )
        )  # fmt: skip
        school.class_ids[name] = row.id
        group = self.add(
            TeachingGroup(
                unit_id=school.unit_id, school_year_id=self.year_id, kind=GroupKind.WHOLE_CLASS, name=name,
                class_id=row.id,
            )
        )  # fmt: skip
        person = school.person_ids[teacher]
        self.add(HomeroomAssignment(person_id=person, class_id=row.id, starts_on=self.day(FIRST_DAY)))
        for code, subject_id in self.subjects.items():
            self.add(
                TeachingAssignment(
                    person_id=person, group_id=group.id, subject_id=subject_id, starts_on=self.day(FIRST_DAY)
                )
            )
            for term in (1, 2):
                school.sheet_ids[name, code, term] = self.sheet(school, row, group.id, subject_id, code, term)
        for number in range(self.pupils):
            school.student_ids.append(self.student(school.unit_id, row.id, number))

    def sheet(
        self, school: School, row: SchoolClass, group_id: int, subject_id: int, code: str, term: int
    ) -> int:
        scored = code == "math"
        return self.add(
            GradebookSheet(
                unit_id=school.unit_id, school_year_id=self.year_id, term=term, group_id=group_id, class_id=row.id,
                subject_id=subject_id, grade=7, level=Level.LOWER_SECONDARY.value, circular="tt22-2021",
                kind=SubjectKind.SCORED if scored else SubjectKind.COMMENT, regular_count=4 if scored else 2,
            )
        ).id  # fmt: skip

    def student(self, unit_id: int, class_id: int, number: int) -> int:
        family, middle, given = PUPILS[number % len(PUPILS)]
        if number >= len(PUPILS):
            middle = f"{middle} {'ABCDEFGHIKLMN'[number // len(PUPILS)]}"
        name = full_name(family, middle, given)
        student = self.add(
            Student(
                unit_id=unit_id, family_name=family, middle_name=middle, given_name=given, full_name=name,
                name_folded=fold(name), sort_key=sort_key(family, middle, given), birth_date=date(2014, 3, 1 + number % 28),
                sex_code="01", ethnicity_code="01",
            )
        )  # fmt: skip
        self.add(Enrolment(student_id=student.id, class_id=class_id, starts_on=self.day(FIRST_DAY)))
        return student.id

    def window(self, school: School) -> None:
        """The department opens term I for everybody; the school locks nothing of its own."""
        if school.code != "thcstk":
            return
        row = self.add(
            LockWindow(
                owner_id=self.department_id, school_year_id=self.year_id, term=1, book=Book.GRADEBOOK,
                effect=WindowEffect.OPEN, mode=WindowMode.WHOLE_BOOK, title="Mở sổ học kì I", reason="Kế hoạch năm học",
                opens_at=datetime(2026, 9, 6, 17, tzinfo=UTC) + self.shift,
                closes_at=datetime(2027, 1, 17, 17, tzinfo=UTC) + self.shift,
                ordered_by_id=self._leader(), executed_by_id=self._admin(),
            )
        )  # fmt: skip
        school.window_ids.append(row.id)

    def _leader(self) -> int:
        return (
            self.work.session.query(Person.id)
            .filter_by(unit_id=self.department_id, given_name="Bình")
            .scalar()
        )

    def _admin(self) -> int:
        return self.work.session.query(Account.id).filter_by(username="daoct.sogd").scalar()


def session() -> Any:
    """The application's session."""
    return db.session
