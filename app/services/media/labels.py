"""The label of a medium, from the register."""

from io import BytesIO

from app.domain.access import Actor
from app.domain.media import MediumEnd, MediumKind
from app.extensions import db
from app.models import ExportJob
from app.reports.media_label import MediumLabel, media_label
from app.services.book_reading import load_units_above
from app.services.clock import VIETNAM, Clock, local_day
from app.services.media.images import TERMS
from app.services.media.register import load_medium, people_of
from app.services.unit_of_work import record_event

KINDS = {MediumKind.DVD: "Đĩa DVD", MediumKind.USB: "USB", MediumKind.DISK: "Ổ cứng rời"}
ENDS = {MediumEnd.LOST: "ĐÃ THẤT LẠC", MediumEnd.DESTROYED: "ĐÃ TIÊU HỦY"}


def print_label(actor: Actor, medium_id: int, *, clock: Clock) -> tuple[BytesIO, str]:
    """The label as PDF and its file name; written down. Raises NotFound out of reach, Forbidden."""
    now, session = clock(), db.session()
    row = load_medium(session, actor, medium_id, local_day(now)).medium
    job = session.get_one(ExportJob, row.job_id)
    titles = {person.id: person.title for person in people_of(session, row.unit_id, local_day(now)).leaders}
    above = load_units_above(session, row.unit_id, local_day(now))
    made = media_label(
        MediumLabel(
            authority_above=above[0].name if above else "",
            unit=row.unit.name,
            kind=KINDS[row.kind],
            serial=row.serial,
            period=f"{TERMS[row.term].capitalize()}, năm học {row.school_year.label}",
            volume=job.result.get("label", ""),
            bundles=row.bundles,
            digest=row.digest,
            image_made=f"{(job.finished_at or row.made_at).astimezone(VIETNAM):%H:%M %d/%m/%Y}",
            seal_number=row.seal_number or "",
            place=row.place,
            keeper=row.keeper.full_name,
            checker=row.checker.full_name,
            checker_title=titles.get(row.checker_id) or "",
            ended=ENDS[row.ended_as] if row.ended_as else "",
            code=f"HOCVU {row.unit.code} {row.serial} SHA-256 {row.digest}",
            printed_at=now,
            printed_by=actor.full_name,
        )
    )
    record_event(actor, "medium.label", clock=clock, target=row, serial=row.serial)
    return BytesIO(made), f"nhan-{row.serial}.pdf"
