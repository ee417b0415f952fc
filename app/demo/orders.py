"""Lock windows, settings and boards of the demo, each ordered by a head and made from the unit's own account."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.demo.accounts import act, act_as_admin
from app.demo.plan import ENTRY_DAY, ONE_DAY, at
from app.demo.schools import MAIN
from app.demo.world import Member, School, World
from app.domain.access import Actor
from app.domain.policies import PolicyKey
from app.domain.vocabulary import CELL_COLUMNS, RETEST, Finality, WindowEffect, WindowMode
from app.extensions import db
from app.services.boards import Seat, appoint_board
from app.services.clock import local_day
from app.services.groups import add_member, define_group
from app.services.lock_defaults import generate_default_windows
from app.services.lock_windows import NewWindow, add_window
from app.services.policies import set_policy
from app.services.programme import NewYear

YEAR_PLAN = "Kế hoạch thời gian năm học"

POLICIES = (
    (
        MAIN,
        PolicyKey.FINALITY,
        Finality.ENTRY_DAY.value,
        "Quy chế quản lý, sử dụng sổ điểm điện tử, Điều 5 khoản 1",
    ),
    (MAIN, PolicyKey.ENTRY_DAY, str(ENTRY_DAY), "Nhập điểm ngày 23 hằng tháng, Quy chế Điều 5 khoản 1"),
    (
        MAIN,
        PolicyKey.PLAN_DAY,
        "28",
        "Cập nhật kế hoạch giáo dục ngày 28 hằng tháng, Quy chế Điều 3 khoản 5.6",
    ),
    ("thptbg", PolicyKey.FINALITY, Finality.WINDOW_CLOSE.value, "Điểm được chốt khi lịch mở sổ kết thúc"),
    ("thcssl", PolicyKey.FINALITY, Finality.ON_LEAVING.value, "Điểm được chốt khi thoát khỏi hệ thống"),
    ("gdnnbg", PolicyKey.QUICK_ENTRY, "on", "Giáo viên quen nhập nhanh: 85 là 8,5"),
)
"""Settings of single schools from the running year on."""

_HEAD_DUTIES = """Quản lý sổ điểm điện tử; quyết định thời điểm khóa, mở sổ; cập nhật báo cáo
CSDL ngành theo quy định."""
BOARD = (
    ("head", "chair", "Hiệu trưởng", " ".join(_HEAD_DUTIES.split())),
    (
        "deputy",
        "deputy",
        "Phó Hiệu trưởng",
        "Quản trị sổ điểm điện tử, phụ trách ký duyệt hồ sơ.",
    ),
    (
        "office",
        "member",
        "Nhân viên văn phòng",
        "Cập nhật sổ đăng bộ; in, lưu trữ hồ sơ điện tử theo quy định.",
    ),
)
"""The table of S1 Điều 6."""

PRINTING = ("student.view", "sheet.view", "book.print", "data.export")


def default_windows(world: World, code: str, new: NewYear) -> None:
    """The usual calendar of a year, ordered by the unit's head and made from its administration account."""
    school = world.units[code]
    generate_default_windows(
        _admin(world, school),
        world.years[new.start_year],
        school.id,
        YEAR_PLAN,
        ordered_by_id=school.head.person_id,
        announce=True,
        clock=world.clock,
    )


def set_policies(world: World) -> None:
    """What single schools decided about final marks and entry."""
    for code, key, value, reason in POLICIES:
        school = world.units[code]
        set_policy(
            _admin(world, school),
            school.id,
            key,
            value,
            local_day(world.clock.now),
            reason,
            ordered_by_id=school.head.person_id,
            clock=world.clock,
        )


def appoint_boards(world: World, codes: Sequence[str], decided: date) -> None:
    """Each school's head appoints the Ban quản trị by decision."""
    for number, code in enumerate(codes, start=31):
        school = world.units[code]
        seats = [
            Seat(school.staff[key].person_id, seat, _title(school.staff[key], title), duties)
            for key, seat, title, duties in BOARD
        ]
        head = act(db.session(), school.head, decided, fresh=True)
        appoint_board(head, f"{number}/QĐ-{code.upper()}", decided, seats, clock=world.clock)


def _title(member: Member, usual: str) -> str:
    return member.title if "đốc" in member.title else usual


def printing_section(world: World) -> None:
    """A section of the school with rights out of those its administrators hold (S1 Điều 3.3.1)."""
    school = world.units[MAIN]
    admin = _admin(world, school)
    group = define_group(admin, "section", "Bộ phận in ấn, lưu trữ", PRINTING, clock=world.clock)
    add_member(admin, group, school.staff["clerk"].person_id, clock=world.clock, is_leader=False)


def commune_inspection(world: World) -> None:
    """The commune shuts the books of grade 9 for two days from the day of seeding on."""
    office = world.units["xael"]
    _shut(
        world,
        office,
        title="Khóa sổ khối 9 để kiểm tra hồ sơ",
        reason="Kế hoạch kiểm tra hồ sơ, sổ sách khối 9 của UBND xã",
        opens_at=at(world.plan.day, 0),
        closes_at=at(world.plan.day + 2 * ONE_DAY, 0),
        grades=(9,),
        unit_ids=(world.units[MAIN].id,),
    )


def coming_lock(world: World) -> None:
    """The school announces that its book will be shut for a day next week."""
    day = world.plan.day + timedelta(days=6)
    _shut(
        world,
        world.units[MAIN],
        title="Khóa sổ để kiểm tra tiến độ nhập điểm",
        reason="Ban Giám hiệu kiểm tra tiến độ, tỉ lệ điểm kiểm tra (Quy chế Điều 5 khoản 3)",
        opens_at=at(day, 17),
        closes_at=at(day + ONE_DAY, 17),
    )


def retest_window(world: World, school: School, new: NewYear) -> None:
    """Weeks of the summer in which kiểm tra lại, đánh giá bổ sung and rèn luyện hè are entered, ordered by the head."""
    opens = new.ends_on + timedelta(days=20)
    window = NewWindow(
        school_year_id=world.years[new.start_year],
        title="Kiểm tra lại, đánh giá bổ sung và rèn luyện hè",
        reason="Kế hoạch kiểm tra lại, đánh giá bổ sung và rèn luyện trong kì nghỉ hè",
        effect=WindowEffect.OPEN,
        mode=WindowMode.WHOLE_BOOK,
        opens_at=at(opens, 0),
        closes_at=at(opens + timedelta(days=40), 0),
        term=2,
        columns=(RETEST,),
        ordered_by_id=school.head.person_id,
    )
    add_window(_admin(world, school), school.id, window, clock=world.clock)


def _shut(
    world: World,
    school: School,
    *,
    title: str,
    reason: str,
    opens_at: datetime,
    closes_at: datetime,
    grades: tuple[int, ...] = (),
    unit_ids: tuple[int, ...] = (),
) -> None:
    new = NewWindow(
        school_year_id=world.years[world.plan.current.start_year],
        title=title,
        reason=reason,
        effect=WindowEffect.SHUT,
        mode=WindowMode.WHOLE_BOOK,
        opens_at=opens_at,
        closes_at=closes_at,
        term=world.plan.term,
        columns=CELL_COLUMNS,
        grades=grades,
        unit_ids=unit_ids,
        ordered_by_id=school.head.person_id,
    )
    add_window(_admin(world, school), school.id, new, clock=world.clock)


def _admin(world: World, school: School) -> Actor:
    return act_as_admin(db.session(), school, local_day(world.clock.now))
