"""After a class's year: retests by who teaches the subject, summer training by the homeroom teacher, the head's decisions."""

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import request
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action, Target, may
from app.domain.locks import LockRule
from app.domain.vocabulary import RETEST
from app.errors import Forbidden, HocVuError, Invalid, Locked, NotFound, Stale
from app.extensions import db
from app.security import request_clock
from app.services.clock import local_day
from app.services.correction_lists import corrected_in_year
from app.services.correction_places.year import NO_PART
from app.services.lock_checks import is_near, last_day
from app.services.lock_orders import may_order
from app.services.retests import enter_retests
from app.services.year_book import Effect, YearBook, open_book
from app.services.year_decisions import decide
from app.services.year_locks import HEADS_OWN
from app.services.year_places import YearPlaces, classes_waiting, load_places
from app.views import lock_texts
from app.views import results_texts as words
from app.views import year_fields as fields
from app.views import year_texts as texts
from app.views.base import PageView, actor, note_visit, tell, today
from app.views.year_fields import Rows, Typed
from app.web import current_period

AFTER_YEAR = (Action.RETEST_ENTER, Action.YEAR_DECIDE, Action.HEAD_DECIDE)
"""What brings somebody to the classes of a year that is over."""


class YearEntryView(PageView):
    """Kiểm tra lại, rèn luyện hè, quyết định của hiệu trưởng (TT 22/2021 Điều 12–14, TT 27/2020 Điều 11)."""

    route_base = "/results/year"
    default_view = "index"
    rights: ClassVar = {
        "can_index": AFTER_YEAR,
        "can_form": (*AFTER_YEAR, Action.RESULT_VIEW),
        "can_retests": Action.RETEST_ENTER,
        "can_decisions": (Action.YEAR_DECIDE, Action.HEAD_DECIDE),
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The reader's classes of the chosen year."""
        period = current_period()
        if period is None:
            return self.render_template("home/empty.html", title=_("After the year"), reason="year")
        return self.render_template(
            "results/year_classes.html",
            title=_("After the year: retests and decisions"),
            classes=classes_waiting(db.session(), actor(), period.year_id, today()),
            words=words,
            year=period.label,
        )

    @expose("/<int:class_id>")
    @has_access
    def form(self, class_id: int) -> Any:
        """What may be entered after the class's year, and what was."""
        return self._page(class_id, Typed())

    @expose("/<int:class_id>/retests", methods=["GET", "POST"])
    @has_access
    def retests(self, class_id: int) -> Any:
        """Save results assessed again, all or nothing. The answer stands at this address: read again, it is the form."""
        if request.method == "GET":
            return self._page(class_id, Typed())
        changes = fields.read_retests(request.form)
        return self._save(class_id, lambda: enter_retests(actor(), class_id, changes, clock=request_clock()))

    @expose("/<int:class_id>/decisions", methods=["GET", "POST"])
    @has_access
    def decisions(self, class_id: int) -> Any:
        """Save decisions of the homeroom teacher or of the head, all or nothing."""
        if request.method == "GET":
            return self._page(class_id, Typed())
        return self._save(
            class_id,
            lambda: decide(actor(), class_id, fields.read_decisions(request.form), clock=request_clock()),
        )

    def _save(self, class_id: int, verb: Any) -> Any:
        try:
            effects = verb()
        except (Forbidden, NotFound):
            raise
        except HocVuError as error:
            return self._page(class_id, Typed(request.form), error=error), error.status
        return self._page(class_id, Typed(), effects=effects, saved=True)

    def _page(
        self,
        class_id: int,
        typed: Typed,
        *,
        error: HocVuError | None = None,
        effects: Sequence[Effect] = (),
        saved: bool = False,
    ) -> str:
        now = request_clock()()
        places = load_places(db.session(), actor(), class_id, local_day(now))
        rights = _rights(places)
        book = open_book(db.session(), places, now)
        refused = _refused(error, book, typed)
        asks = Target(unit=actor().relation_to(places.school_class.unit_id), entered=True)
        rows = Rows(
            book,
            typed,
            corrected_in_year(db.session(), class_id),
            may_ask=may(actor(), Action.CORRECTION_REQUEST, asks),
        )
        note_visit("result.view", places.school_class.unit_id, school_class=class_id)
        return self.render_template(
            "results/year.html",
            title=None,
            school_class=places.school_class,
            circular=words.circular_name(places.school_class.circular),
            retests=rows.retests(may_enter=rights["enter"], sees_all=rights["view"]),
            homeroom=rows.decisions(head=False, editable=rights["homeroom"]) if rights["view"] else [],
            head=rows.decisions(head=True, editable=rights["head"])
            if rights["head"] or places.homeroom
            else [],
            any_open=fields.any_open,
            rights=rights,
            students=[(key, judged.pupil.full_name) for key, judged in book.judged.items()],
            disability_open=rights["head"] and not book.locks.reasons(HEADS_OWN),
            locked=_lock_lines(book),
            leaving=lock_texts.leaving_text(book.locks.policies)
            if rights["enter"] or rights["homeroom"]
            else "",
            column=lock_texts.column_title(RETEST),
            unopened=all(reason.rule is LockRule.NO_WINDOW for reason in book.locks.states[RETEST].reasons),
            may_order=may_order(actor(), Action.LOCK_MANAGE, places.school_class.unit_id),
            may_open=is_near(places.school_class.school_year, local_day(now)),
            last_day=last_day(places.school_class.school_year),
            refused=refused,
            message=tell(error) if error else "",
            typed=typed.form,
            effects=[_effect(effect, book) for effect in effects],
            saved=saved,
        )


def _rights(places: YearPlaces) -> dict[str, bool]:
    """What the reader may do here; Forbidden for who may do nothing."""
    who, target = actor(), places.target(actor())
    found = {
        "enter": may(who, Action.RETEST_ENTER, places.target(who, teaches=bool(places.taught))),
        "homeroom": may(who, Action.YEAR_DECIDE, target),
        "head": may(who, Action.HEAD_DECIDE, target),
        "view": may(who, Action.RESULT_VIEW, target),
    }
    if not any(found.values()):
        raise Forbidden(NO_PART)
    return found


def _lock_lines(book: YearBook) -> list[str]:
    """Why nothing can be entered now; empty while the book is open for it."""
    state, column = book.locks.states[RETEST], lock_texts.column_title(RETEST)
    return [] if state.open else [f"{lock_texts.reason_line(reason, column)}." for reason in state.reasons]


def _refused(error: HocVuError | None, book: YearBook, typed: Typed) -> list[str]:
    """Every field that speaks against the save, with whose it is; each is noted at its field too."""
    found: list[tuple[Any, str]] = []
    if isinstance(error, Invalid):
        found = [(item, _(item.message)) for item in error.problems if hasattr(item, "key")]
    elif isinstance(error, Locked):
        found = [(item, texts.held_text(item)) for item in error.reasons]
    elif isinstance(error, Stale):
        circular = book.places.school_class.circular
        found = [(item, texts.conflict_text(item, circular)) for item in error.conflicts]
    for item, text in found:
        typed.problems[item.key, ""] = text
    return [f"{item.name}, {texts.what_text(item.key, book)}: {text}" for item, text in found]


def _effect(effect: Effect, book: YearBook) -> dict[str, Any]:
    """What was saved for a student and what it changes, in words."""
    circular = book.places.school_class.circular
    entered = [
        (
            texts.what_text(item.key, book),
            texts.value_text(item.old, item.key[2], circular),
            texts.value_text(item.new, item.key[2], circular),
        )
        for item in effect.entered
    ]
    before, after = (
        words.word(result.outcome) if result.outcome else _("Not judged yet")
        for result in (effect.before, effect.after)
    )
    return {"name": effect.name, "entered": entered, "before": before, "after": after}
