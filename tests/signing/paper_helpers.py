"""A kept print to sign, and people of the test province with their certificates."""

import hashlib
from collections.abc import Sequence

from flask import current_app

from app.domain.access import SYSTEM
from app.extensions import db
from app.models import Account, Document
from app.services.clock import local_day
from app.services.print_jobs import PAPERS
from app.services.signing import register, store
from app.services.signing.acts import Order
from app.services.signing.keys import as_file
from app.services.signing.papers import load_print
from app.services.unit_of_work import transaction
from tests.factories.province import Province
from tests.services.helpers import acting
from tests.support.signing import Signers, pem, plain_pdf, signers

TEACHER, HEAD, OFFICE, BOARD = "longpd.thcstk", "giangnt.thcstk", "hongvt.thcstk", "quantb.thcstk"
SECRET = "mật khẩu của khóa"


def kept_print(province: Province, texts: Sequence[str] = ("mot", "hai"), number: int = 7) -> list[int]:
    """Papers of one print of class 7A, with their files. Returns their ids."""
    school, folder = province.first, current_app.config["INSTANCE_DIR"] / PAPERS
    folder.mkdir(exist_ok=True)
    with transaction(SYSTEM, "test.print", clock=province.clock) as work:
        user = work.session.query(Account).filter_by(username=OFFICE).one()
        rows = []
        for place, text in enumerate(texts, 1):
            pdf = plain_pdf(text)
            (folder / f"{number}-{place}.pdf").write_bytes(pdf)
            rows.append(
                Document(
                    unit_id=school.unit_id,
                    school_year_id=province.year_id,
                    class_id=school.class_ids["7A"],
                    student_id=school.student_ids[place - 1],
                    form="grade_slip_of_the_test",
                    title="Phiếu báo điểm lớp 7A",
                    purpose="periodic",
                    number=number,
                    label=f"{number}/2026",
                    place=place,
                    pages=1,
                    read_on=local_day(work.now),
                    made_at=work.now,
                    user_id=user.id,
                    made_by="Vũ Thị Hồng",
                    check_code="TEST" + "".join("ABCDEFGHIJ"[int(d)] for d in f"{number:04}{place:04}"),
                    pdf_digest=hashlib.sha256(pdf).hexdigest(),
                    file=f"{number}-{place}.pdf",
                )
            )
        work.session.add_all(rows)
        work.flush()
        return [row.id for row in rows]


def people_of(province: Province) -> Signers:
    """The same people in every test of a process."""
    return signers(province.now.replace(minute=0, second=0, microsecond=0))


def add_certificates(province: Province) -> dict[str, int]:
    """The teacher's, the head's and the school's seal; the authority is trusted. Ids by account and "seal"."""
    people = people_of(province)
    trust = store.settings().trust
    trust.mkdir(parents=True, exist_ok=True)
    (trust / "root.crt").write_bytes(pem(people.authority.certificate))
    wanted = ((TEACHER, people.teacher, False), (HEAD, people.head, False), (BOARD, people.seal, True))
    return {
        "seal" if seal else name: register.add_file(
            acting(province, name), as_file(key, SECRET), SECRET, seal=seal, clock=province.clock
        ).certificate_id
        for name, key, seal in wanted
    }


def order_of(province: Province, name: str, document_id: int, role: str, certificate_id: int) -> Order:
    """An order made from the summary as it is now."""
    db.session.rollback()
    found = load_print(db.session(), acting(province, name), document_id, local_day(province.now))
    return Order(role, certificate_id, found.seen)
