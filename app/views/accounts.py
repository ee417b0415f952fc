"""One's own account, and the accounts of a unit."""

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import current_app, flash, g, jsonify, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import login_user

from app.domain.access import Action, Target, may
from app.errors import Invalid
from app.extensions import db
from app.forms.accounts import FlaskForm, NameForm, PasswordForm, ReasonForm, show_problems
from app.models import Account, OrgUnit, Person
from app.security import request_clock
from app.services import account_lists, account_state, accounts, scope
from app.services.sign_in import TooManyTries
from app.services.unit_of_work import record_event
from app.views import role_texts
from app.views.base import PageView, actor, menu, require, tell, today
from app.views.student_sheet import written_apart

CATEGORY = "Administration"


class AccountView(PageView):
    """One's own account: who am I here, what may I do, where am I signed in, and a new password."""

    route_base = "/account"
    default_view = "me"
    rights: ClassVar = {
        "can_me": Action.ACCOUNT_OWN,
        "can_change_password": Action.ACCOUNT_OWN,
        "can_sign_out_elsewhere": Action.ACCOUNT_OWN,
        "can_alive": Action.ACCOUNT_OWN,
    }

    @expose("/")
    @has_access
    def me(self) -> Any:
        """Profile, roles and rights in words, open sessions."""
        account = account_state.own_account(db.session(), actor())
        return self.render_template(
            "accounts/me.html",
            title=_("Profile"),
            account=account,
            actor=actor(),
            roles=role_texts.role_words(actor()),
            rights=role_texts.right_words(actor()),
            sessions=account_state.open_sessions(db.session(), actor()),
            last_sign_in=account_lists.utc(account.last_login),
            device=device,
        )

    @expose("/password", methods=["GET", "POST"])
    @has_access
    def change_password(self) -> Any:
        """Change one's own password; with a one-time password this is the only page there is."""
        form = PasswordForm()
        if form.validate_on_submit():
            try:
                account = account_state.change_own_password(
                    actor(), form.old.data, form.new.data, clock=request_clock()
                )
            except TooManyTries as error:
                flash(tell(error), "danger")
            except Invalid as error:
                explain(form, error)
            else:
                login_user(account)  # the cookie carries the new epoch; every other one is dead
                flash(_("Your password was changed. Other sessions of this account have ended."), "success")
                return redirect(url_for("AccountView.me"))
        forced = account_state.own_account(db.session(), actor()).must_change_password
        title = _("Choose your own password") if forced else _("Change password")
        return self.render_template("accounts/password.html", title=title, form=form, forced=forced)

    @expose("/sign-out-elsewhere", methods=["POST"])
    @has_access
    def sign_out_elsewhere(self) -> Any:
        """End the other sessions of this account."""
        count = account_state.sign_out_elsewhere(actor(), clock=request_clock())
        flash(_("%(n)s other sessions were ended.", n=count), "success")
        return redirect(url_for("AccountView.me"))

    @expose("/alive")
    @has_access
    def alive(self) -> Any:
        """Somebody works on an open page: keeps the session from falling idle."""
        return jsonify(idle_minutes=g.get("hv_idle_minutes") or current_app.config["IDLE_MINUTES"])


class UnitAccountsView(PageView):
    """Accounts of a unit: finding, creating, resetting, disabling, correcting names, last sign-ins."""

    route_base = "/accounts"
    default_view = "index"
    rights: ClassVar = {
        "can_index": Action.ACCOUNT_VIEW,
        "can_show": Action.ACCOUNT_VIEW,
        "can_sign_ins": Action.ACCOUNT_VIEW,
        "can_create": Action.ACCOUNT_MANAGE,
        "can_reset": Action.ACCOUNT_RESET,
        "can_disable": Action.ACCOUNT_RESET,
        "can_enable": Action.ACCOUNT_RESET,
        "can_name": Action.STAFF_MANAGE,
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The list, searched by name or account, filtered by state."""
        require(Action.ACCOUNT_VIEW, Target())
        search, state = request.args.get("q", "")[:80], request.args.get("state", "")
        below = request.args.get("below") == "1" and bool(actor().below)
        page = account_lists.accounts(
            db.session(), actor(), today(), search=search, state=state, below=below, number=page_number()
        )
        missing = len(account_lists.without_account(db.session(), actor(), actor().unit_id, today()))
        return self.render_template(
            "accounts/list.html",
            title=_("Accounts"),
            page=page,
            search=search,
            state=state,
            below=below,
            actor=actor(),
            missing=missing,
            states=role_texts.STATES,
            may_create=may(actor(), Action.ACCOUNT_MANAGE, Target()),
        )

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def create(self) -> Any:
        """Choose staff without accounts; the answer to the form is the printable sheet, shown this once."""
        unit = scope.get(
            db.session(), actor(), OrgUnit, request.args.get("unit", actor().unit_id, type=int), today()
        )
        require(Action.ACCOUNT_MANAGE, Target(unit=actor().relation_to(unit.id)))
        unit_id = unit.id
        form, chosen, problem = FlaskForm(), request.form.getlist("person", type=int), None
        if form.validate_on_submit():
            try:
                made = accounts.create_accounts(actor(), chosen, clock=request_clock(), unit_id=unit_id)
                return self._slips(made, url_for("UnitAccountsView.index"))
            except Invalid as error:
                problem = tell(error)
        people = account_lists.without_account(db.session(), actor(), unit_id, today())
        return self.render_template(
            "accounts/create.html",
            title=_("Create accounts"),
            unit=scope.get(db.session(), actor(), OrgUnit, unit_id, today()),
            people=people,
            chosen=set(chosen),
            problem=problem,
            form=form,
        )

    def _slips(self, made: Sequence[accounts.NewAccount], back: str) -> Any:
        """The printable sheet of one-time passwords. Never stored, so it can't be shown again."""
        record_event(actor(), "account.slips", clock=request_clock(), accounts=[new.username for new in made])
        return slips_page(self, made, back)

    @expose("/<int:account_id>")
    @has_access
    def show(self, account_id: int) -> Any:
        """One account and what may be done with it."""
        account = self._account(account_id)
        session, day = db.session(), today()
        can = {
            "reset": account_state.may_reset(session, actor(), account, day),
            "name": account.person is not None
            and may(actor(), Action.STAFF_MANAGE, Target(unit=actor().relation_to(account.person.unit_id))),
            "holder": account.is_unit_admin
            and may(actor(), Action.ADMIN_ACCOUNT_MANAGE, Target(unit=actor().relation_to(account.unit_id))),
        }
        return self.render_template(
            "accounts/show.html",
            title=account.username,
            account=account,
            state=account_lists.state_of(account),
            states=role_texts.STATES,
            last_sign_in=account_lists.utc(account.last_login),
            holders=account_lists.holders(session, account.id) if account.is_unit_admin else [],
            sign_ins=account_lists.sign_ins(session, actor(), day, account_id=account.id).lines[:8],
            can=can,
            own=account.id == actor().user_id,
            device=device,
        )

    def _account(self, account_id: int) -> Account:
        account = scope.get(db.session(), actor(), Account, account_id, today())
        require(Action.ACCOUNT_VIEW, Target(unit=actor().relation_to(account.unit_id)))
        return account

    @expose("/<int:account_id>/reset", methods=["POST"])
    @has_access
    def reset(self, account_id: int) -> Any:
        """A new one-time password, on a slip."""
        new = account_state.reset_password(actor(), account_id, clock=request_clock())
        return self._slips([new], url_for("UnitAccountsView.show", account_id=account_id))

    @expose("/<int:account_id>/disable", methods=["GET", "POST"])
    @has_access
    def disable(self, account_id: int) -> Any:
        """Ask why, then disable."""
        account = self._account(account_id)
        form = ReasonForm()
        if form.validate_on_submit():
            try:
                account_state.disable(actor(), account_id, form.reason.data, clock=request_clock())
                flash(_("The account is disabled and its sessions have ended."), "success")
                return redirect(url_for("UnitAccountsView.show", account_id=account_id))
            except Invalid as error:
                explain(form, error)
                account = self._account(account_id)
        return self.render_template(
            "accounts/disable.html", title=_("Disable account"), account=account, form=form
        )

    @expose("/<int:account_id>/enable", methods=["POST"])
    @has_access
    def enable(self, account_id: int) -> Any:
        """Let the account sign in again."""
        try:
            account_state.enable(actor(), account_id, clock=request_clock())
            flash(_("The account can sign in again."), "success")
        except Invalid as error:
            flash(tell(error), "danger")
        return redirect(url_for("UnitAccountsView.show", account_id=account_id))

    @expose("/<int:account_id>/name", methods=["GET", "POST"])
    @has_access
    def name(self, account_id: int) -> Any:
        """Correct the parts of the person's name; the account keeps its own."""
        account = self._account(account_id)
        person = account.person
        if person is None:
            return redirect(url_for("UnitAccountsView.show", account_id=account_id))
        form = NameForm(obj=person)
        if form.validate_on_submit():
            try:
                self._correct(form, person)
                return redirect(url_for("UnitAccountsView.show", account_id=account_id))
            except Invalid as error:
                explain(form, error)
                account = self._account(account_id)
        elif request.method == "GET":
            form.written_name.data = written_apart(person)
        return self.render_template(
            "accounts/name.html", title=_("Correct the name"), account=account, form=form
        )

    @staticmethod
    def _correct(form: NameForm, person: Person) -> None:
        account_state.correct_name_parts(
            actor(),
            person.id,
            family=form.family_name.data,
            middle=form.middle_name.data,
            given=form.given_name.data,
            written=form.written_name.data,
            clock=request_clock(),
        )
        flash(_("The name was corrected. The account name stays as it is."), "success")

    @expose("/sign-ins")
    @has_access
    def sign_ins(self) -> Any:
        """Last sign-ins: time, address, outcome; of one account with ?account=."""
        require(Action.ACCOUNT_VIEW, Target())
        account_id = request.args.get("account", type=int)
        account = self._account(account_id) if account_id else None
        page = account_lists.sign_ins(
            db.session(), actor(), today(), account_id=account_id, number=page_number()
        )
        return self.render_template(
            "accounts/sign_ins.html", title=_("Sign-ins"), page=page, account=account, device=device
        )


def slips_page(view: PageView, made: Sequence[accounts.NewAccount], back: str) -> Any:
    """Slips to print and cut, one for each account."""
    return view.render_template(
        "accounts/slips.html",
        title=_("One-time passwords"),
        made=made,
        back=back,
        address=request.host_url.rstrip("/"),
        printed_at=request_clock()(),
    )


def explain(form: Any, error: Invalid) -> None:
    """Say what is wrong beside the fields it concerns, or on top where it concerns none."""
    if not show_problems(form, error):
        flash(tell(error), "danger")


def page_number() -> int:
    """?page=, from 1."""
    return max(1, min(request.args.get("page", 1, type=int), 10_000))


SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
)
BROWSERS = (
    ("coc_coc", "Cốc Cốc"),
    ("Zalo", "Zalo"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device(agent: str | None) -> str:
    """A browser's name as people know it: "Chrome, Windows"; the first words of anything else."""
    text = agent or ""
    found = [next((name for mark, name in table if mark in text), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found)) or text.split("/")[0][:40] or "?"


def register(appbuilder: Any) -> None:
    """Accounts, roles, groups, board, unit administrators and the first department: menu and pages.

    AccountView is registered by `register_views` itself.
    """
    from app.views import board, roles, unit_admins

    label = lazy_gettext("Administration")
    menu(
        appbuilder,
        UnitAccountsView(),
        "Accounts",
        icon="fa-solid fa-users",
        action=Action.ACCOUNT_VIEW,
        label=lazy_gettext("Accounts"),
        category=CATEGORY,
        category_label=label,
    )
    roles.register(appbuilder)
    board.register(appbuilder)
    unit_admins.register(appbuilder)
