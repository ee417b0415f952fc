"""What a verification has found is told to the tiers above the units concerned, once."""

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

from app.domain.access import SYSTEM
from app.domain.exceptions import ExceptionKind
from app.models import ExceptionNote
from app.services.chain.places import Place
from app.services.clock import Clock
from app.services.exceptions import LONGEST, tell_above
from app.services.unit_of_work import transaction


def tell_faults(found: Iterable[tuple[Place, str]], *, clock: Clock) -> int:
    """One line a unit in the feed of the tiers above: how many places don't agree, and the first of them.

    `found`: each place with its words. What was told before in the same words is not told again. Returns the lines.
    """
    by_unit: dict[int, list[str]] = defaultdict(list)
    for place, text in found:
        if place.unit_id is not None:
            by_unit[place.unit_id].append(text)
    if not by_unit:
        return 0
    with transaction(SYSTEM, "history.fault", clock=clock) as work:
        known = sa.select(ExceptionNote.unit_id, ExceptionNote.what).where(
            ExceptionNote.kind == ExceptionKind.CHAIN_FAULT, ExceptionNote.unit_id.in_(by_unit)
        )
        told = {(row.unit_id, row.what) for row in work.session.execute(known)}
        fresh = [
            (unit_id, what)
            for unit_id, texts in sorted(by_unit.items())
            if (unit_id, what := f"{len(texts)} chỗ không khớp với dấu vết. {texts[0]}"[:LONGEST]) not in told
        ]
        for unit_id, what in fresh:
            tell_above(work, unit_id, ExceptionKind.CHAIN_FAULT, what)
        return len(fresh)
