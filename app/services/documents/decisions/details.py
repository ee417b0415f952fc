"""What a decision is ordered with: number, day and place of signing, the school's own grounds, what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.domain.dates import BadDate, parse_date
from app.domain.names import nfc
from app.errors import N_, Invalid
from app.services.typed import one_line

MOST_GROUNDS: Final = 8
NO_NUMBER: Final = N_("Write the decision's number.")
NO_PLACE: Final = N_("Write the place where it is signed.")
IN_FUTURE: Final = N_("The decision's date lies in the future.")
NO_DAY: Final = N_("Write the decision's date as dd/mm/yyyy.")
NO_SOURCE: Final = N_("Choose what the decision is about.")
TOO_MANY: Final = N_("At most eight grounds of your own are printed.")


@dataclass(frozen=True)
class Details:
    """As the print keeps them. `source`: ids of the rows it is about; `as_of`: the day the record is read for."""

    number: str
    signed_on: date
    place: str
    as_of: date
    grounds: tuple[str, ...] = ()
    source: tuple[int, ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "number": self.number,
            "signed_on": self.signed_on.isoformat(),
            "place": self.place,
            "as_of": self.as_of.isoformat(),
            "grounds": list(self.grounds),
            "source": list(self.source),
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Details":
        """What a print kept. Raises Invalid for an order without them."""
        try:
            return cls(
                number=str(kept["number"]),
                signed_on=date.fromisoformat(kept["signed_on"]),
                place=str(kept["place"]),
                as_of=date.fromisoformat(kept["as_of"]),
                grounds=tuple(str(line) for line in kept["grounds"]),
                source=tuple(int(key) for key in kept["source"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid(NO_SOURCE) from error


def read_details(
    typed: Mapping[str, str],
    source: tuple[int, ...],
    today: date,
    *,
    numbered: bool = False,
    of_year: bool = False,
    usual_day: date | None = None,
) -> Details:
    """What somebody typed on the order form. `numbered`: the record knows number and day, nobody types them; `of_year`:
    it is about no row; `usual_day`: of signing, where none is typed.

    Raises Invalid with the field that is missing or wrong.
    """
    if not source and not of_year:
        raise Invalid(NO_SOURCE, problems=(("source", NO_SOURCE),))
    number, signed_on = "", today
    if not numbered:
        number = one_line(typed.get("number"), 60, NO_NUMBER, "number")
        text = typed.get("signed_on", "").strip()
        signed_on = usual_day if usual_day and not text else _day(text, "signed_on")
        if signed_on > today:
            raise Invalid(IN_FUTURE, problems=(("signed_on", IN_FUTURE),))
    grounds = [" ".join(nfc(line).split()) for line in typed.get("grounds", "").splitlines()]
    lines = tuple(one_line(line, 400, field="grounds") for line in grounds if line)
    if len(lines) > MOST_GROUNDS:
        raise Invalid(TOO_MANY, problems=(("grounds", TOO_MANY),))
    return Details(
        number=number,
        signed_on=signed_on,
        place=one_line(typed.get("place"), 80, NO_PLACE, "place"),
        as_of=_day(typed["as_of"], "as_of") if typed.get("as_of", "").strip() else signed_on,
        grounds=lines,
        source=source,
    )


def _day(text: str, field: str) -> date:
    if not text.strip():
        raise Invalid(NO_DAY, problems=((field, NO_DAY),))
    try:
        return parse_date(text)
    except BadDate as error:
        raise Invalid(error.message, problems=((field, error.message),), **error.params) from error
