"""A form whose columns or words were changed: papers of its earlier edition are no longer compared, corrections still count."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.corrections import Preset
from app.domain.signing import SigningRole
from app.errors import Invalid
from app.extensions import db
from app.models import Document, StalePaper
from app.reports.catalogue import CATALOGUE
from app.services.documents import register
from app.services.documents.checking import Standing, check_paper
from app.services.signing import acts
from tests.factories.province import Province
from tests.services import correction_helpers as corrections
from tests.services.helpers import acting
from tests.services.print_helpers import close_term
from tests.signing.paper_helpers import HEAD, SECRET, add_certificates, order_of
from tests.signing.test_rounds import look, printed

FORM = "class_book"


@pytest.fixture
def book(province: Province) -> Document:
    """The kept book of a term of 7A."""
    corrections.move_homeroom(province, "7A", "habtt")
    corrections.set_preset(province, Preset.S1)
    corrections.enter_and_lock(province, {"midterm": "6,5"})
    close_term(province, 1)
    (found,) = printed(province, province.first.class_ids["7A"], FORM, 1)
    look(province)
    return found


def next_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version of the program has other columns in the form."""
    changed = {**CATALOGUE, FORM: replace(CATALOGUE[FORM], edition=2)}
    monkeypatch.setattr(register, "CATALOGUE", changed)


def standing(paper: Document) -> Standing:
    db.session.rollback()
    found = check_paper(db.session(), paper.check_code)
    assert found is not None
    return found.standing


def test_papers_of_an_earlier_edition_are_not_taken_for_changed(
    app: Flask, province: Province, book: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert standing(book) is Standing.SAME
    next_edition(monkeypatch)
    assert standing(book) is Standing.EARLIER
    assert look(province) == 0
    assert "in theo mẫu trước khi sửa đổi" in app.test_client().get(f"/check/{book.check_code}").text
    certificates = add_certificates(province)
    order = order_of(province, HEAD, book.id, SigningRole.HEAD, certificates[HEAD])
    with pytest.raises(Invalid, match="form of"):
        acts.sign_print(acting(province, HEAD), book.id, order, SECRET, clock=province.clock)

    _old, again = printed(province, province.first.class_ids["7A"], FORM, 1)
    assert again.details == {"edition": 2}
    assert standing(again) is Standing.SAME


def test_a_correction_still_puts_a_paper_of_an_earlier_edition_out_of_date(
    province: Province, book: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_edition(monkeypatch)
    number = corrections.ask(province)
    corrections.sit_all(province, number, (corrections.OTHER, corrections.HEAD))
    assert look(province) == 1
    stale = db.session.scalars(sa.select(StalePaper)).one()
    assert (stale.document_id, stale.correction_id) == (book.id, number)
    assert look(province) == 0
