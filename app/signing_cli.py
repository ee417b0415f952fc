"""Flask command about electronic signatures: who signed a file, when, and whether it or the record has changed."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext

from app.errors import N_, HocVuError

UNREADABLE = N_("The file %(name)s can't be read.")


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def verify(file: Path) -> None:
    """Say who signed a PDF or XML FILE, when, whether the file and the record have changed since.

    Ends with 0 where every signature holds and every signer is vouched for, 1 where not, 2 where FILE can't be checked.
    """
    from app.extensions import db
    from app.services.signing.checking import check_file
    from app.views.signing_texts import lines_of

    with force_locale("vi"):
        try:
            found = check_file(db.session(), file.read_bytes())
        except OSError:
            click.echo(gettext(UNREADABLE) % {"name": click.format_filename(file)}, err=True)
            raise SystemExit(2) from None
        except HocVuError as refusal:
            click.echo(gettext(refusal.message) % refusal.params, err=True)
            raise SystemExit(2) from None
        for line in lines_of(found):
            click.echo(line)
    raise SystemExit(0 if found.holds else 1)


COMMANDS = (verify,)
