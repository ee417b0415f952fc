"""Flask commands."""

import time
from datetime import datetime
from typing import NoReturn

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext

import config
from app.archive_cli import COMMANDS as ARCHIVE_COMMANDS
from app.errors import N_
from app.history_cli import COMMANDS
from app.signing_cli import COMMANDS as SIGNING_COMMANDS

DEMO_NEEDS_EMPTY = "This database has units already; the demo needs an empty one."
DEMO_INTERRUPTED = "A seeding of the demo was interrupted in this database. Start anew with: make demo-reset"
NO_TRIGGERS = (
    "This database account may not create triggers: history is kept by the program and its chain, "
    "but the database itself does not refuse changes to it (docs/operations.md)."
)
UNREADABLE = N_("The file %(name)s can't be read.")


def register_commands(app: Flask) -> None:
    """Attach every command to the application."""
    app.cli.add_command(init_app)
    app.cli.add_command(demo)
    app.cli.add_command(assess)
    app.cli.add_command(recompute)
    for command in (*COMMANDS, *ARCHIVE_COMMANDS, *SIGNING_COMMANDS):
        app.cli.add_command(command)


@click.command("init-app")
@with_appcontext
def init_app() -> None:
    """Create or migrate the schema, permissions, code lists and the first administrator. Safe to run again."""
    from app.services.chain.triggers import ensure_triggers
    from app.services.setup import FIRST_ADMIN, init_app_data

    instance = current_app.config["INSTANCE_DIR"]
    password = init_app_data(config.ROOT / "migrations", instance)
    if password:
        told = f"First administrator: {FIRST_ADMIN}, one-time password {password}"
        click.echo(f"{told} (also in {instance}/first_admin.txt)")
    if not ensure_triggers():
        click.echo(NO_TRIGGERS)
    click.echo("The database is ready.")


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where units exist.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day the demo is laid around (today).")
@with_appcontext
def demo(if_empty: bool, day: datetime | None) -> None:
    """Seed the demonstration province into an empty database. The same day gives the same province."""
    from app.demo import DemoExists, HalfDone, seed
    from app.demo.plan import FIRST_DAY
    from app.services.clock import local_day, system_clock

    today = local_day(system_clock())
    chosen = day.date() if day else today
    if not FIRST_DAY <= chosen <= today:
        raise click.ClickException(f"The demo needs a day from {FIRST_DAY:%d/%m/%Y} to today.")
    started = time.monotonic()

    def say(text: str) -> None:
        click.echo(f"[{time.monotonic() - started:3.0f} s] {text}")

    try:
        world = seed(chosen, folder=current_app.config["INSTANCE_DIR"], say=say)
    except DemoExists as error:
        if if_empty:
            return
        raise click.ClickException(f"{DEMO_NEEDS_EMPTY} Nothing was changed.") from error
    except HalfDone as error:
        raise click.ClickException(DEMO_INTERRUPTED) from error
    say("Ready: " + ", ".join(f"{number:,} {what}" for what, number in world.counts.items()))


@click.command("assess")
@click.argument("file")
@with_appcontext
def assess(file: str) -> None:
    """Judge the items of a JSON file ("-": standard input) by the circulars, each with its explanation.

    The file is a list of {"regulation": …, "kind": …, "inputs": {…}}. Needs no database. Ends with 2 where the file
    can't be read; an item that can't be judged is answered with {"error": …}.
    """
    from app.errors import Invalid
    from app.services.assess import as_json, assess_items, read_items

    with force_locale("vi"):
        try:
            with click.open_file(file, "rb") as stream:
                items = read_items(stream.read())
        except OSError:
            _give_up(gettext(UNREADABLE) % {"name": click.format_filename(file)})
        except Invalid as refusal:
            _give_up(gettext(refusal.message) % refusal.params)
        click.echo(as_json(assess_items(items, gettext)), nl=False)


@click.command("recompute")
@click.argument("unit_code")
@click.argument("start_year", type=int)
@click.option("--reason", required=True, help="Why; kept with every change.")
@with_appcontext
def recompute(unit_code: str, start_year: int, reason: str) -> None:
    """Work a school's averages and results of a year out again from its marks; what differs is written with history."""
    from app.errors import HocVuError
    from app.services.clock import system_clock
    from app.services.results.recompute import recompute_school

    with force_locale("vi"):
        try:
            done = recompute_school(unit_code, start_year, reason=reason, clock=system_clock)
        except HocVuError as refusal:
            _give_up(gettext(refusal.message) % refusal.params)
    click.echo(f"{done.averages:,} averages put right, {done.results:,} results written.")


def _give_up(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    raise SystemExit(2)
