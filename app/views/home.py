"""The landing page of each role: what is due today, what is late, what waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import redirect, url_for
from flask_appbuilder import IndexView, expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.domain.access import Action, Actor, Target, may, may_ever
from app.domain.lock_calendar import next_monthly_day
from app.domain.vocabulary import Role, Tier
from app.extensions import db
from app.security import current_actor, request_clock
from app.services.clock import local_day
from app.services.closing.waits import count_waits
from app.services.exception_feed import count_unseen
from app.services.families import children
from app.services.lock_requests import count_waiting
from app.services.progress_duties import Duties, school_duties
from app.services.progress_schools import SchoolProgress
from app.services.progress_teacher import SOON, teacher_home
from app.services.year_places import classes_waiting
from app.views import notes_texts, results_texts
from app.views.base import MENU, PageView, actor, today
from app.views.book_check import inspect_page
from app.views.closing_waits import closing_waits
from app.views.progress import chosen_period, frame, link, office_page, school_page
from app.web import current_period, vn_date

TEACHING = frozenset({Role.SUBJECT_TEACHER, Role.HOMEROOM_TEACHER, Role.TEAM_LEADER})
CLERKS = frozenset({Role.OFFICE_STAFF, Role.IT_STAFF})


@dataclass(frozen=True, slots=True)
class Chore:
    """Something for the school's administrators to do."""

    css: str
    icon: str
    title: str
    text: str
    url: str | None
    button: str


class HomeView(IndexView):
    """`/`: the sign-in page for strangers, the role's own page for the rest."""

    @expose("/")
    def index(self) -> Any:
        """Send each to the right page: the highest of those the person's roles open."""
        who = current_actor()
        if who is None:
            return redirect(url_for("AuthDBView.login"))
        self.update_redirect()
        if who.is_family and children(db.session(), who, today()):
            return redirect(url_for("FamilyView.index"))
        template, facts = landing(who)
        return self.render_template(template, waits=waits(who), **facts)


class TeachingView(PageView):
    """Việc dạy của tôi: the teacher's page of somebody whose landing page is another."""

    route_base = "/teaching"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.HOME_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """One's own sheets and tasks."""
        if current_period() is None or not teaches(actor()):
            return redirect("/")
        return self.render_template("home/teacher.html", waits=waits(actor()), **teacher_page())


def plan_day(who: Actor, decided: int | None) -> Iterator[Chore]:
    """The month's education plans, due soon where a unit has decided the day (S1 Điều 3 khoản 5.6)."""
    due = next_monthly_day(today(), decided) if decided and teaches(who) else None
    if due is None or due - today() > SOON:
        return
    text = _("Bring the month's plan up to date, for the team leader to sign.")
    if Role.TEAM_LEADER in who.roles:
        text = _("Bring the month's plan up to date, and sign those of your team.")
    yield Chore(
        "is-warn",
        "fa-calendar-day",
        _("Education plans by %(day)s", day=vn_date(due)),
        text,
        link("LockView.calendar"),
        _("Lock calendar"),
    )


def waits(who: Actor) -> list[Chore]:
    """What waits for this person's own answer, on every landing page."""
    counts = count_waits(db.session(), who, request_clock()())
    found = [*(Chore(*line) for line in closing_waits(counts)), *plan_day(who, counts.plan_day)]
    if n := counts.corrections:
        found.append(
            Chore(
                "is-warn",
                "fa-file-pen",
                _("%(n)s correction requests wait for you", n=n),
                _("Certify, approve or witness; a request nobody finishes lapses."),
                link("CorrectionView.index"),
                _("Look at them"),
            )
        )
    if who.below and may_ever(who, Action.EXCEPTION_MARK) and (n := count_unseen(db.session(), who, today())):
        found.append(
            Chore(
                "is-warn",
                "fa-triangle-exclamation",
                _("%(n)s exceptions of units below not looked at yet", n=n),
                _("Reopenings, corrections of closed data, delegations, loosened rules."),
                link("ExceptionView.index"),
                _("Look at them"),
            )
        )
    return found


def landing(who: Actor) -> tuple[str, dict[str, Any]]:
    """The template of the actor's landing page, and its facts."""
    if who.unit_id is None or not (who.roles or who.rights):
        return "home/empty.html", {"title": _("Today"), "reason": "unit" if who.unit_id is None else "role"}
    if not who.roles <= {Role.PARENT, Role.STUDENT} and current_period() is None:
        return "home/empty.html", {
            "title": _("Today"),
            "reason": "year",
            "years_url": link("SchoolYearView.list"),
        }
    if who.tier is not Tier.SCHOOL and who.inspects_only:
        return "watch/inspect.html", inspect_page()
    if who.tier is not Tier.SCHOOL and may_ever(who, Action.PROGRESS_VIEW):
        waiting = count_waiting(db.session(), who.unit_id, request_clock()())
        return "home/office.html", {**office_page(), "chores": list(lock_request_chores(waiting))}
    if who.tier is Tier.SCHOOL and may(who, Action.PROGRESS_VIEW, Target()):
        return "home/leader.html", leader_page(who)
    if teaches(who):
        return "home/teacher.html", teacher_page()
    if who.roles & CLERKS or who.rights:
        return "home/clerk.html", clerk_page(who)
    return "home/empty.html", {"title": _("Today"), "reason": "family"}


def teaches(who: Actor) -> bool:
    """True for somebody with teaching of the day."""
    return bool(who.roles & TEACHING)


def switch(who: Actor) -> list[tuple[str, str, str]]:
    """(key, label, address) of the landing pages of a person with several roles; empty for one."""
    if not teaches(who) or who.tier is not Tier.SCHOOL or not may(who, Action.PROGRESS_VIEW, Target()):
        return []
    keep = frame()["keep"]
    return [
        ("school", _("Whole school"), url_for("HomeView.index", **keep)),
        ("teaching", _("My teaching"), url_for("TeachingView.index", **keep)),
    ]


def teacher_page() -> dict[str, Any]:
    """Facts of a teacher's page."""
    now = request_clock()()
    home = teacher_home(db.session(), actor(), chosen_period(), now)
    return {
        **frame(),
        "title": None,
        "home": home,
        **after_year(actor()),
        "switch": switch(actor()),
        "here": "teaching",
        "note_words": notes_texts,
        "note_link": lambda duty: url_for(
            f"NotesView.{duty.kind.value}", class_id=duty.class_id, period=duty.period.code
        ),
    }


def leader_page(who: Actor) -> dict[str, Any]:
    """Facts of the page of a school's leaders and Ban quản trị: progress, and what waits for them."""
    facts = school_page(who.unit_id)
    duties = school_duties(db.session(), who, chosen_period(), request_clock()())
    shown = may(who, Action.ASSIGNMENT_MANAGE, Target()) or may(who, Action.ACCOUNT_VIEW, Target())
    chores = chores_of(facts["progress"], duties) if shown else []
    return {
        **facts,
        "duties": duties,
        "chores": chores,
        "show_chores": shown,
        **after_year(who),
        "switch": switch(who),
        "here": "school",
    }


def after_year(who: Actor) -> dict[str, Any]:
    """Once the year is over: own classes in which students wait for retests, summer training or decisions."""
    period, day = chosen_period(), local_day(request_clock()())
    last = period.terms.get(2)
    over = period.is_now and last is not None and last.ends_on < day
    classes = classes_waiting(db.session(), who, period.year_id, day) if over else []
    return {"after_year": [line for line in classes if line.waiting], "outcome_word": results_texts.word}


def chores_of(progress: SchoolProgress, duties: Duties) -> list[Chore]:
    """What the administrators should do today; empty when all is in order."""
    found = [*lock_request_chores(duties.lock_requests), *beginnings(duties)]
    if duties.without_homeroom:
        found.append(
            Chore(
                "is-warn",
                "fa-user-plus",
                _("%(n)s classes without a homeroom teacher", n=duties.without_homeroom),
                _("Nobody can keep their class list and comments."),
                link("HomeroomModelView.list"),
                _("Assign"),
            )
        )
    if progress.unassigned:
        names = ", ".join(f"{s.subject} {s.class_name}" for s in progress.unassigned[:3])
        more = "…" if len(progress.unassigned) > 3 else ""
        found.append(
            Chore(
                "is-warn",
                "fa-diagram-project",
                _("%(n)s sheets without a teacher", n=len(progress.unassigned)),
                f"{names}{more}",
                url_for("ProgressView.sheets", unit_id=progress.unit.id, unassigned=1),
                _("Look at them"),
            )
        )
    if duties.without_students:
        found.append(
            Chore(
                "",
                "fa-people-group",
                _("%(n)s classes without students", n=duties.without_students),
                _("Their sheets stay empty until students are enrolled."),
                link("SchoolClassView.list"),
                _("Look at them"),
            )
        )
    if duties.never_signed_in:
        found.append(
            Chore(
                "",
                "fa-key",
                _(
                    "%(n)s of %(total)s accounts have never signed in",
                    n=duties.never_signed_in,
                    total=duties.accounts,
                ),
                _("Hand over the first password, or close accounts nobody needs."),
                link("UnitAccountsView.index"),
                _("Look at them"),
            )
        )
    return found


def lock_request_chores(count: int) -> Iterator[Chore]:
    """Teachers who ask for locked cells wait for the unit that locks them."""
    if count:
        yield Chore(
            "is-warn",
            "fa-unlock-keyhole",
            _("%(n)s requests to open locked cells", n=count),
            _("They wait for your unit's leader; what is granted ends by itself."),
            url_for("LockRequestView.index"),
            _("Answer"),
        )


def beginnings(duties: Duties) -> Iterator[Chore]:
    """What a school begins with: classes, and accounts for its staff."""
    if not duties.classes:
        yield Chore(
            "is-warn",
            "fa-people-group",
            _("No class in this school year yet"),
            _("Add the classes one by one, or import them with their students from Excel."),
            link("SchoolClassView.list"),
            _("Add classes"),
        )
    if duties.without_account:
        yield Chore(
            "is-warn",
            "fa-user-plus",
            _("%(n)s of the staff without an account", n=duties.without_account),
            _("They cannot sign in until one is made; a whole list takes one press."),
            link("UnitAccountsView.create"),
            _("Make accounts"),
        )


def clerk_page(who: Actor) -> dict[str, Any]:
    """Facts of the office's and the IT staff's page: numbers, and the lists they work in."""
    duties = school_duties(db.session(), who, chosen_period(), request_clock()())
    return {**frame(), "title": None, "duties": duties, "places": places_of(who), "unit_name": who.unit_name}


def places_of(who: Actor) -> list[tuple[str, str, str]]:
    """(icon, label, address) of the pages this person works in, as far as they are installed."""
    wanted = (
        (Action.STUDENT_VIEW, "fa-user-graduate", _("Students"), link("StudentModelView.list")),
        (Action.CLASS_VIEW, "fa-people-group", _("Classes"), link("SchoolClassView.list")),
        (Action.STAFF_VIEW, "fa-chalkboard-user", _("Staff"), link("PersonModelView.list")),
        (Action.DATA_IMPORT, "fa-file-import", _("Import"), link("ImportView.index", "ImportView.list")),
        (Action.SHEET_VIEW, "fa-table-cells", _("Gradebook"), link("GradebookView.index")),
        (Action.BOOK_PRINT, "fa-print", _("Print"), link("PrintView.index", "ReportView.index")),
        (Action.ACCOUNT_VIEW, "fa-key", _("Accounts"), link("UnitAccountsView.index")),
        (Action.LOCK_VIEW, "fa-calendar-days", _("Lock calendar"), link("LockView.calendar")),
    )
    return [
        (icon, label, url)
        for action, icon, label, url in wanted
        if url and may(who, action, Target()) and may_ever(who, action)
    ]


def register(appbuilder: Any) -> None:
    """The menu entry "Home", first for every role, and the teacher's page."""
    appbuilder.sm.view_rights[("Home", MENU)] = Action.HOME_VIEW
    appbuilder.add_link("Home", href="/", icon="fa-inbox", label=lazy_gettext("Today's work"))
    appbuilder.add_view_no_menu(TeachingView)
