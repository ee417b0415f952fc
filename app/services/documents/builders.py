"""Which builder fills which form: the catalogue names it, this table knows it."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy.orm import Session

from app.reports.contexts import PrintStamp
from app.reports.papers import Printable
from app.services.documents import (
    class_book,
    class_summary,
    contact_book,
    grade_slip,
    mark_sheet,
    old_book,
    school_record,
)
from app.services.documents.asked import Asked, Builder

BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {
        "class_book": class_book.build,
        "class_summary": class_summary.build,
        "old_book": old_book.build,
        "contact_book": contact_book.build,
        "grade_slip": grade_slip.build,
        "mark_sheet": mark_sheet.build,
        "class_marks": mark_sheet.build_class,
        "school_record": school_record.build,
    }
)


def build(session: Session, asked: Asked, stamp: PrintStamp) -> Printable:
    """The form filled from the record as it stands."""
    return BUILDERS[asked.form.builder](session, asked, stamp)
