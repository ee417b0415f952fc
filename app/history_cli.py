"""Flask commands about the chain of history: verify, anchor, export, and the rights a database account needs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext

from app.domain.counts import format_count
from app.errors import N_, HocVuError
from app.services.clock import VIETNAM, system_clock
from config import ROOT

if TYPE_CHECKING:
    from app.services.chain.places import Place

INTACT = N_("Intact: %(rows)s rows of history, %(links)s links, %(anchors)s anchors.")
WRITTEN = N_("%(links)s links written to %(target)s. To check them: python check_history.py")
BROKEN = N_("FOUND: %(faults)s places that do not agree.")


@click.command("verify-history")
@click.option("--unit", "unit_code", help="Only this unit's sheets and its own chain.")
@click.option("--year", type=int, help="Only sheets of the school year that began in this year.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only transactions from this day on.")
@click.option(
    "--anchor", "outside", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True,
    help="A file of an anchor that was kept outside; may be given several times.",
)  # fmt: skip
@with_appcontext
def verify_history(
    unit_code: str | None, year: int | None, since: datetime | None, outside: tuple[Path, ...]
) -> None:
    """Work out every digest of the history again; names each place that does not agree and then ends with 1."""
    from app.extensions import db
    from app.services.chain.alarm import tell_faults
    from app.services.chain.places import places
    from app.services.chain.reading import part_of
    from app.services.chain.verify import verify

    begins = since.replace(tzinfo=VIETNAM).astimezone(UTC) if since else None
    with force_locale("vi"):
        try:
            part = part_of(db.session(), unit_code, year, begins)
        except HocVuError as refusal:
            raise click.ClickException(gettext(refusal.message) % refusal.params) from refusal
        found = verify(part, outside)
        named = [(place, told(place)) for place in places(db.session(), found.faults)]
        for _place, text in named:
            click.echo(f"- {text}")
        if not found.faults:
            counted = {
                "rows": format_count(found.rows),
                "links": format_count(found.links),
                "anchors": format_count(found.anchors),
            }
            click.echo(gettext(INTACT) % counted)
            return
        click.echo(gettext(BROKEN) % {"faults": format_count(len(found.faults) + found.more)})
        tell_faults(named, clock=system_clock)
    raise SystemExit(1)


def told(place: "Place") -> str:
    """A fault and its place as a line."""
    from app.services.chain.places import TEXTS
    from app.views.audit import action_label
    from app.web import vn_time

    fault = place.fault
    parts = [
        (_("School or office"), place.unit),
        (_("Class"), place.sheet),
        (_("Subject"), place.subject),
        (_("Term"), str(place.term) if place.term is not None else ""),
        (_("School year"), f"{place.year}-{place.year + 1}" if place.year else ""),
        (_("Student"), place.student),
        (_("Table"), f"{place.table} ({place.key})" if place.table else ""),
        (_("Correction request"), place.correction),
        (_("Transaction"), str(fault.tx_id or "")),
        (_("Time"), vn_time(place.at, True) if place.at else ""),
        (_("Account"), f"{place.account} {place.person}".strip()),
        (_("Action"), action_label(place.action) if place.action else ""),
        (_("Chain"), f"{fault.chain}/{fault.seq}" if fault.chain else ""),
        (_("Seen by"), fault.source),
    ]
    where = "; ".join(f"{name}: {value}" for name, value in parts if value)
    return ". ".join((gettext(TEXTS[fault.kind]), where))


def _(text: str) -> str:
    return gettext(text)


@click.command("anchor")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def anchor(file: Path | None) -> None:
    """Bind the ends of all chains that moved into one signed anchor now; with FILE, write the newest one there."""
    from app.extensions import db
    from app.services.chain import anchors

    with force_locale("vi"):
        made = anchors.make_anchor(anchors.ORDER, clock=system_clock)
        newest = anchors.newest(db.session())
        if newest is None:
            raise click.ClickException(gettext(N_("There is no history to anchor yet.")))
        number = {"number": newest.number, "heads": newest.heads, "digest": newest.digest}
        text = (
            N_("Anchor %(number)s: %(heads)s chains, digest %(digest)s")
            if made
            else N_("Nothing has changed since anchor %(number)s (%(heads)s chains, digest %(digest)s).")
        )
        click.echo(gettext(text) % number)
        if file is not None:
            kept = anchors.as_file(db.session(), newest)
            file.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@click.command("export-history")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--unit", "unit_code", help="Only this unit's sheets and its own chain.")
@click.option("--year", type=int, help="Only sheets of the school year that began in this year.")
@with_appcontext
def export_history(target: Path, unit_code: str | None, year: int | None) -> None:
    """Write history, anchors and the standalone checker into the folder or .zip TARGET."""
    from app.extensions import db
    from app.services.chain.bundle import CHECKER, export
    from app.services.chain.reading import part_of

    with force_locale("vi"):
        try:
            part = part_of(db.session(), unit_code, year, None)
        except HocVuError as refusal:
            raise click.ClickException(gettext(refusal.message) % refusal.params) from refusal
        written = export(db.session(), part, target, ROOT / "scripts" / CHECKER, system_clock())
        click.echo(gettext(WRITTEN) % {"links": format_count(written), "target": target})


@click.command("history-grants")
@click.argument("database")
@click.argument("account")
@with_appcontext
def history_grants(database: str, account: str) -> None:
    """Print the rights ACCOUNT needs on the tables of a MariaDB DATABASE: history may be added to, never changed."""
    from app.services.chain.triggers import grants

    for line in grants(database, account):
        click.echo(line)


COMMANDS = (verify_history, anchor, export_history, history_grants)
