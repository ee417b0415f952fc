"""Of confirming and closing, what the demo's main school has done by today: a check, a publication, a report, an attestation."""

from app.demo.accounts import act
from app.demo.schools import MAIN
from app.demo.world import World
from app.domain.access import Actor
from app.domain.closing import CheckKind, IncidentState
from app.domain.vocabulary import Role
from app.extensions import db
from app.models import GradebookSheet, SchoolYear
from app.services.clock import local_day
from app.services.closing.digests import sheet_digests
from app.services.incidents import answer, report
from app.services.progress_checks import freeze
from app.services.publications import publish
from app.services.reconcile import attest

TITLE = "Dán cột điểm từ Excel bị lệch một hàng"
TEXT = "Khi dán điểm lớp có học sinh mới chuyển đến, điểm lệch xuống một hàng. Nhờ Ban quản trị hướng dẫn."
ADVICE = (
    "Sổ đã chặn dữ liệu lệch tên. Thầy cô tải mẫu mới có học sinh chuyển đến rồi nhập lại bằng tệp Excel."
)


def check_and_publish(world: World) -> None:
    """The head freezes the month's check and publishes midterm marks; a teacher attests a sheet and reports trouble."""
    school, day = world.units[MAIN], local_day(world.clock.now)
    head = act(db.session(), school.head, day, fresh=True)
    year_id = _year_id(world)
    freeze(head, year_id, CheckKind.MONTH, day, clock=world.clock)
    publish(head, year_id, world.plan.term, ("midterm",), 10, "Điểm giữa kì", clock=world.clock)
    sheet = school.sheets_of(world.plan.current.start_year, world.plan.term)[0]
    teacher = act(db.session(), sheet.member_for(sheet.columns[0], day), day, fresh=True)
    digest = sheet_digests(db.session(), (GradebookSheet.id == sheet.id,))[sheet.id]
    attest(teacher, sheet.id, digest, clock=world.clock)
    number = report(teacher, TITLE, TEXT, sheet.id, clock=world.clock)
    answer(_board(world), number, ADVICE, IncidentState.ANSWERED, clock=world.clock)
    report(
        teacher,
        "Máy ở phòng giáo viên không mở được bản in",
        "Tệp PDF tải về không mở được.",
        None,
        clock=world.clock,
    )


def _year_id(world: World) -> int:
    years = db.session.query(SchoolYear.id).filter_by(start_year=world.plan.current.start_year)
    return int(years.scalar())


def _board(world: World) -> Actor:
    school = world.units[MAIN]
    deputy = school.of_role(Role.VICE_PRINCIPAL)[0]
    return act(db.session(), deputy, local_day(world.clock.now), fresh=True)
