"""Flask commands."""

import time
from datetime import datetime

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import config

DEMO_NEEDS_EMPTY = "This database has units already; the demo needs an empty one."
DEMO_INTERRUPTED = "A seeding of the demo was interrupted in this database. Start anew with: make demo-reset"


def register_commands(app: Flask) -> None:
    """Attach every command to the application."""
    app.cli.add_command(init_app)
    app.cli.add_command(demo)


@click.command("init-app")
@with_appcontext
def init_app() -> None:
    """Create or migrate the schema, permissions, code lists and the first administrator. Safe to run again."""
    from app.services.setup import FIRST_ADMIN, init_app_data

    instance = current_app.config["INSTANCE_DIR"]
    password = init_app_data(config.ROOT / "migrations", instance)
    if password:
        told = f"First administrator: {FIRST_ADMIN}, one-time password {password}"
        click.echo(f"{told} (also in {instance}/first_admin.txt)")
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
