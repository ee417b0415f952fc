"""Flask commands."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import config


def register_commands(app: Flask) -> None:
    """Attach every command to the application."""
    app.cli.add_command(init_app)


@click.command("init-app")
@with_appcontext
def init_app() -> None:
    """Create or migrate the schema, permissions, code lists and the first administrator. Safe to run again."""
    from app.services.setup import FIRST_ADMIN, init_app_data

    instance = current_app.config["INSTANCE_DIR"]
    password = init_app_data(config.ROOT / "migrations", instance)
    if password:
        click.echo(f"First administrator: {FIRST_ADMIN}, one-time password {password} (also in {instance}/first_admin.txt)")
    click.echo("The database is ready.")
