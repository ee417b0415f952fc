"""Ordering and executing lock windows: add, extend, end, announce.

A tier sets windows of its own only; those of the tiers above stay whatever it does, because the layers are judged
together (design §4). Nothing is deleted: an ended window keeps its row, an extended one its former times.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.access import Action, Actor
from app.domain.vocabulary import WINDOW_COLUMNS, Level, WindowEffect
from app.errors import N_, Forbidden, Invalid
from app.models import LockWindow, OrgUnit, Person
from app.services import lock_notices, scope
from app.services.clock import Clock, local_day
from app.services.late_windows import (
    closed_before,
    outlasts_summer,
    tell_of_past_year,
    tell_of_reopening,
)
from app.services.lock_checks import (
    MAX_REASON,
    NO_END_TO_EXTEND,
    Held,
    NewWindow,
    extension_problems,
    hold,
    require_running,
    text_problems,
    tidy,
    window_problems,
)
from app.services.lock_notices import bound_units, units_below
from app.services.lock_orders import FieldProblem, leaders_of, order_of, refuse
from app.services.notices import tell, tell_units
from app.services.unit_of_work import Work, transaction

__all__ = ["NewWindow", "add_window", "announce", "check_window", "end_window", "extend_window"]

NO_ACCOUNT = N_("A lock window is executed from an account; this work has none.")


def add_window(actor: Actor, owner_id: int, new: NewWindow, *, clock: Clock) -> int:
    """Order a window of the actor's own unit and announce it to those it binds. Returns its id.

    One that opens again what had closed already is told to the tiers above (late_windows). Forbidden without lock.order
    or lock.manage there; Invalid with a FieldProblem for each wrong field.
    """
    with transaction(actor, "lock_window.add", clock=clock, reason=new.reason[:MAX_REASON]) as work:
        day = local_day(clock())
        owner = scope.get(work.session, actor, OrgUnit, owner_id, day)
        ordered_by, problems = order_of(
            work.session, actor, Action.LOCK_MANAGE, owner, new.ordered_by_id, day
        )
        held = hold(work, owner, day)
        new = tidy(new, work.now)
        refuse([*problems, *window_problems(work.session, actor, held, new, work.now)])
        window = build_window(work, owner, new, ordered_by)
        work.session.add(window)
        work.flush()
        late = closed_before(work.session, window, work.now)
        if late:
            tell_of_reopening(work, window, late)
        elif outlasts_summer(window):
            tell_of_past_year(work, window)
        told = _tell(work, held, window, "Mở lại, chỉ ô trống" if late else "Lịch mới") if new.announce else 0
        _tell_leader(work, owner, window, "thêm lịch")
        _report_freeze(work, held, window, "khóa")
        work.audit(
            "lock_window.add", target=window, reason=window.reason, title=window.title, units_told=told
        )
        return window.id


def check_window(session: Session, actor: Actor, owner: OrgUnit, new: NewWindow, now: datetime) -> NewWindow:
    """The window as `add_window` would order it now, nothing held or written. Raises as that does."""
    day = local_day(now)
    _ordered_by, problems = order_of(session, actor, Action.LOCK_MANAGE, owner, new.ordered_by_id, day)
    held, new = Held(owner, tuple(units_below(session, owner.id, day)), day), tidy(new, now)
    refuse([*problems, *window_problems(session, actor, held, new, now)])
    return new


def extend_window(
    actor: Actor,
    window_id: int,
    closes_at: datetime | None,
    reason: str,
    *,
    ordered_by_id: int | None = None,
    clock: Clock,
) -> None:
    """Let a running or coming window close later (None: no end); its former end stays in its history.

    Forbidden without the right in its unit; Invalid when it has ended, or the new end is no later.
    """
    with transaction(actor, "lock_window.extend", clock=clock, reason=reason[:MAX_REASON]) as work:
        window, held, problems, ordered_by = _open_to_change(work, window_id, ordered_by_id, reason, clock)
        if window.closes_at is None:
            raise Invalid(NO_END_TO_EXTEND)
        refuse([*problems, *extension_problems(work, window, closes_at)])
        former = window.closes_at
        window.closes_at = closes_at
        _sign(work, window, ordered_by)
        told = _tell(work, held, window, "Gia hạn", reason) if window.announced_at else 0
        _tell_leader(work, held.owner, window, "gia hạn")
        if outlasts_summer(window):
            tell_of_past_year(work, window)
        work.audit(
            "lock_window.extend", target=window, reason=reason, former=former.isoformat(), units_told=told
        )


def end_window(
    actor: Actor, window_id: int, reason: str, *, ordered_by_id: int | None = None, clock: Clock
) -> None:
    """Stop a window now, or call off one that has not begun. The row stays, with when and why.

    Forbidden without the right in its unit; Invalid when it has ended already.
    """
    with transaction(actor, "lock_window.end", clock=clock, reason=reason[:MAX_REASON]) as work:
        window, held, problems, ordered_by = _open_to_change(work, window_id, ordered_by_id, reason, clock)
        refuse(problems)
        window.ended_at = work.now
        window.ended_reason = reason.strip()
        _sign(work, window, ordered_by)
        told = _tell(work, held, window, "Kết thúc sớm", reason) if window.announced_at else 0
        _tell_leader(work, held.owner, window, "kết thúc sớm")
        _report_freeze(work, held, window, "mở")
        work.audit("lock_window.end", target=window, reason=reason, title=window.title, units_told=told)


def announce(actor: Actor, window_id: int, *, clock: Clock) -> int:
    """Tell every unit a window binds today (S4 Điều 15.3), again if need be. Returns how many units were told."""
    with transaction(actor, "lock_window.announce", clock=clock) as work:
        day = local_day(clock())
        window = scope.get(work.session, actor, LockWindow, window_id, day)
        order_of(work.session, actor, Action.LOCK_MANAGE, window.owner, window.ordered_by_id, day)
        held = Held(window.owner, tuple(units_below(work.session, window.owner_id, day)), day)
        require_running(window, work.now)
        told = _tell(work, held, window, "Nhắc lịch" if window.announced_at else "Lịch mới")
        work.audit("lock_window.announce", target=window, units_told=told)
        return told


def _open_to_change(
    work: Work, window_id: int, ordered_by_id: int | None, reason: str, clock: Clock
) -> tuple[LockWindow, Held, list[FieldProblem], int | None]:
    """The window of the actor's own unit, fresh and under lock; Invalid when it has ended."""
    day = local_day(clock())
    window = scope.get(work.session, work.actor, LockWindow, window_id, day)
    owner = window.owner
    ordered_by, problems = order_of(work.session, work.actor, Action.LOCK_MANAGE, owner, ordered_by_id, day)
    held = hold(work, owner, day)
    work.session.refresh(window, with_for_update=True)
    require_running(window, work.now)
    return window, held, [*problems, *text_problems("reason", reason, MAX_REASON)], ordered_by


def build_window(work: Work, owner: OrgUnit, new: NewWindow, ordered_by: int | None) -> LockWindow:
    """Inside a transaction: the row, not added. Forbidden for the program itself: a person executes it."""
    if work.actor.user_id is None:
        raise Forbidden(NO_ACCOUNT)
    return LockWindow(
        owner_id=owner.id,
        school_year_id=new.school_year_id,
        term=new.term,
        book=new.book,
        effect=new.effect,
        mode=new.mode,
        columns=[column for column in WINDOW_COLUMNS if column in new.columns],
        levels=[level.value for level in Level if level in new.levels],
        grades=sorted(set(new.grades)),
        class_ids=sorted(set(new.class_ids)),
        unit_ids=sorted(set(new.unit_ids)),
        subject_ids=sorted(set(new.subject_ids)),
        sheet_id=new.sheet_id,
        student_ids=sorted(set(new.student_ids)),
        title=new.title,
        reason=new.reason,
        opens_at=new.opens_at,
        closes_at=new.closes_at,
        announced_at=work.now if new.announce else None,
        ordered_by_id=ordered_by,
        executed_by_id=work.actor.user_id,
    )


def _sign(work: Work, window: LockWindow, ordered_by: int | None) -> None:
    """Who ordered and executed the change; who did before stays in the window's versions."""
    if ordered_by is not None:
        window.ordered_by_id = ordered_by
    if work.actor.user_id is not None:
        window.executed_by_id = work.actor.user_id


def _tell(work: Work, held: Held, window: LockWindow, heading: str, reason: str | None = None) -> int:
    """A notice to each unit bound today; how many. Changes say why; the window notes when it was last announced."""
    units = bound_units(window, held.owner, held.below)
    body = lock_notices.window_text(work.session, window, held.owner, leader_name(work, window.ordered_by_id))
    if window.ended_at is not None:
        body = f"Kết thúc lúc {lock_notices.time_text(window.ended_at)}. Lí do: {reason}. {body}"
    elif reason:
        body = f"Lí do gia hạn: {reason}. {body}"
    tell_units(
        work, (unit.id for unit in units), f"{heading}: {window.title}", body, lock_notices.window_url(window)
    )
    window.announced_at = work.now
    return len(units)


def _tell_leader(work: Work, owner: OrgUnit, window: LockWindow, heading: str) -> None:
    """The leader in whose name an administrator acts reads it, whoever else is told."""
    body = lock_notices.window_text(work.session, window, owner, leader_name(work, window.ordered_by_id))
    url = lock_notices.window_url(window)
    lock_notices.tell_who_ordered(work, window.ordered_by_id, f"{heading}, {window.title}", body, url)


def _report_freeze(work: Work, held: Held, window: LockWindow, heading: str) -> None:
    """An office's freeze for an inspection is reported to its leaders and to those of each school (S0 Điều 13.1a)."""
    if window.effect is not WindowEffect.SHUT or held.owner.kind.is_school:
        return
    schools = [unit for unit in bound_units(window, held.owner, held.below) if unit.kind.is_school]
    leaders = leaders_of(work.session, [held.owner.id, *(unit.id for unit in schools)], held.day)
    body = lock_notices.window_text(work.session, window, held.owner, leader_name(work, window.ordered_by_id))
    if window.ended_at is not None:
        body = f"Kết thúc lúc {lock_notices.time_text(window.ended_at)}. {body}"
    tell(
        work,
        {person for listed in leaders.values() for person in listed},
        f"Báo cáo {heading} dữ liệu để kiểm tra tại {len(schools)} trường",
        body,
        lock_notices.window_url(window),
    )


def leader_name(work: Work, person_id: int | None) -> str:
    """Name of the person who ordered it."""
    person = work.session.get(Person, person_id) if person_id is not None else None
    return person.full_name if person else ""
