"""Telling who has signed that their signature fell: the data they signed has changed, and they sign it again."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from app.domain.assessment.facts import YEAR
from app.domain.closing import Act
from app.models import Confirmation, GradebookSheet, Notice
from app.services.notices import tell
from app.services.unit_of_work import Work

TITLE: Final = "Cần ký lại: dữ liệu đã ký vừa thay đổi"
BODY: Final = (
    "Sổ môn học bên dưới đã thay đổi sau khi ký. Chữ ký trên sổ, trên tổng hợp lớp và phần duyệt dựa vào đó không còn "
    "hiệu lực: xem lại rồi ký lại; lớp được duyệt lại và in lại."
)


def tell_signers(work: Work, sheet: GradebookSheet) -> None:
    """Inside a save of a signed sheet: a notice to all whose signature rests on it, once until they have signed again."""
    signed = _signed(work, sheet)
    if not signed:
        return
    url = f"/signatures/sheet/{sheet.id}"
    last = (
        sa.select(Notice.person_id, sa.func.max(Notice.created_at))
        .where(Notice.person_id.in_(signed), Notice.url == url)
        .group_by(Notice.person_id)
    )
    told: dict[int | None, datetime] = dict(work.session.execute(last).all())
    people = [person for person, at in signed.items() if person not in told or told[person] < at]
    tell(work, people, TITLE, BODY, url)


def _signed(work: Work, sheet: GradebookSheet) -> dict[int, datetime]:
    """Whose signature on the sheet, or on its class, is the latest act, and since when; one statement."""
    row = Confirmation
    query = (
        sa.select(row.kind, row.period, row.class_id, row.act, row.person_id, row.signed_at)
        .where(
            row.unit_id == sheet.unit_id,
            row.school_year_id == sheet.school_year_id,
            row.period.in_([sheet.term, YEAR]),
            sa.or_(
                row.sheet_id == sheet.id,
                sa.and_(
                    row.sheet_id.is_(None), sa.or_(row.class_id == sheet.class_id, row.class_id.is_(None))
                ),
            ),
        )
        .order_by(row.id)
    )
    newest = {(act.kind, act.period, act.class_id): act for act in work.session.execute(query)}
    found: dict[int, datetime] = {}
    for act in newest.values():
        if act.act is Act.CONFIRMED:
            found[act.person_id] = max(act.signed_at, found.get(act.person_id, act.signed_at))
    return found
