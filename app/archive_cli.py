"""Flask commands about archives: back up, restore, rehearse a restore, hand a school over and take it over."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext

from app.domain.counts import format_count
from app.errors import N_, HocVuError
from app.security import request_clock
from app.services.clock import VIETNAM
from config import ROOT

if TYPE_CHECKING:
    from app.services.archive.backup import Restored
    from app.services.chain.verify import Findings

MIGRATIONS = ROOT / "migrations"

BACKED_UP = N_("Backed up: %(file)s, %(rows)s rows, %(size)s MB, SHA-256 %(digest)s")
SAME_DISK = N_(
    "WARNING: this file lies on the same disk as the data. It does not count as a second copy; take it elsewhere."
)
TURNED_OVER = N_("Removed because newer ones are there: %(names)s")
RESTORED = N_("Restored the backup of %(made_at)s: %(rows)s rows, %(files)s files, all equal to the backup.")
HISTORY_HOLDS = N_("The history proves itself: %(rows)s rows, %(links)s links, %(anchors)s anchors.")
HISTORY_BROKEN = N_("FOUND: %(faults)s places that do not agree. Look at them with: flask verify-history")
HANDED_OVER = N_("Handed over %(unit)s: %(file)s, %(rows)s rows, %(files)s files, SHA-256 %(digest)s")
OPEN_FILE = N_(
    "WARNING: the file is not encrypted and holds personal data. Give a passphrase, or keep it under lock."
)
TAKEN_OVER = N_(
    "Took over %(unit)s as of %(made_at)s: %(rows)s rows of its own, %(others)s of others they name, %(files)s files."
)
FIRST_ACCOUNT = N_(
    "First account: %(name)s, one-time password %(password)s (also in first_admin.txt). Other accounts get new passwords."
)
NO_ACCOUNT = N_("The school has no administration account: nobody can sign in yet.")
NO_PASSPHRASE = N_("The passphrase file %(name)s can't be read or is empty.")

SEALED = N_("Sealed: %(made)s bundles; %(failed)s could not be made.")
WITHOUT_END = 86_400

PassphraseFile = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="A file whose first line is the passphrase; without it, it is asked for.",
)
ArchiveFile = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@contextmanager
def in_words() -> Iterator[None]:
    """Refusals in Vietnamese, ending with 1."""
    with force_locale("vi"):
        try:
            yield
        except HocVuError as refusal:
            _give_up(gettext(refusal.message) % refusal.params)


def _give_up(reason: str) -> NoReturn:
    raise click.ClickException(reason)


def _say(text: str, **values: Any) -> None:
    click.echo(gettext(text) % values)


def _passphrase(file: Path | None, *, new: bool = False) -> str:
    if file is None:
        asked: str = click.prompt(gettext(N_("Passphrase")), hide_input=True, confirmation_prompt=new)
        return asked
    try:
        found = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if not found:
        _give_up(gettext(NO_PASSPHRASE) % {"name": file.name})
    return found


def _passphrase_for(archive: Path, file: Path | None) -> str | None:
    """Asked for where the archive is encrypted."""
    from app.services.archive.age import is_encrypted

    with archive.open("rb") as begin:
        needed = is_encrypted(begin.read(64))
    return _passphrase(file) if needed else None


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@PassphraseFile
@with_appcontext
def backup(target: Path, passphrase_file: Path | None) -> None:
    """Back the whole installation up into TARGET: a new file, or a folder where older backups are turned over."""
    from app.services.archive.backup import backup as make

    with in_words():
        passphrase = _passphrase(passphrase_file, new=True)
        settings = current_app.config
        made = make(
            target, passphrase, Path(settings["INSTANCE_DIR"]), settings["BACKUP_KEEP"], clock=request_clock()
        )
        size = f"{(made.run.size or 0) / 1_000_000:.1f}".replace(".", ",")
        rows = format_count(made.run.row_count or 0)
        _say(BACKED_UP, file=made.path, rows=rows, size=size, digest=made.run.digest)
        if made.removed:
            _say(TURNED_OVER, names=", ".join(made.removed))
        if not made.run.second_copy:
            _say(SAME_DISK)


@click.command("restore")
@ArchiveFile
@PassphraseFile
@with_appcontext
def restore(file: Path, passphrase_file: Path | None) -> None:
    """Restore a backup into the empty database and instance folder of the settings; ends with 1 where history is broken."""
    from app.services.archive.backup import remember_restore
    from app.services.archive.backup import restore as bring_back

    with in_words():
        passphrase = _passphrase_for(file, passphrase_file)
        done = bring_back(file, passphrase, Path(current_app.config["INSTANCE_DIR"]), MIGRATIONS)
        remember_restore(file, done, clock=request_clock())
        rows, files = format_count(done.rows), format_count(done.files)
        _say(RESTORED, made_at=_local(done.made_at), rows=rows, files=files)
        _tell_history(done.findings)


@click.command("rehearse-restore")
@ArchiveFile
@PassphraseFile
@click.option(
    "--scratch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the trial database lies meanwhile (the system's temporary folder).",
)
@with_appcontext
def rehearse_restore(file: Path, passphrase_file: Path | None, scratch: Path | None) -> None:
    """Restore a backup into a trial database, verify it, keep and print the report; ends with 1 where it fails."""
    from app.services.archive.rehearsal import remember_failure, remember_rehearsal

    begun = request_clock()()
    with in_words():
        passphrase = _passphrase_for(file, passphrase_file)
        try:
            done, faults = _restored_aside(file, passphrase, scratch)
        except HocVuError as refusal:
            text = gettext(refusal.message) % refusal.params
            run = remember_failure(file, begun, refusal, text, clock=request_clock())
        else:
            run = remember_rehearsal(file, begun, done, faults, clock=request_clock())
        click.echo(run.report, nl=False)
        if run.message or run.figures.get("faults"):
            raise SystemExit(1)


def _restored_aside(
    file: Path, passphrase: str | None, scratch: Path | None
) -> "tuple[Restored, tuple[str, ...]]":
    """What a backup gives in an application of its own, gone afterwards; with its faults in words."""
    from app import create_app
    from app.extensions import db
    from app.history_cli import told
    from app.services.archive.backup import restore as bring_back
    from app.services.chain.places import places

    with tempfile.TemporaryDirectory(prefix="hocvu-rehearsal-", dir=scratch) as name:
        folder = Path(name)
        trial = create_app(INSTANCE_DIR=folder, SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'trial.db'}")
        with trial.app_context():
            try:
                done = bring_back(file, passphrase, folder, MIGRATIONS)
                faults = tuple(told(place) for place in places(db.session(), done.findings.faults))
            finally:
                db.session.remove()
                db.engine.dispose()
    return done, faults


@click.command("handover")
@click.argument("unit_code")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--encrypt", is_flag=True, help="Encrypt the file; the passphrase is asked for.")
@PassphraseFile
@with_appcontext
def handover(unit_code: str, target: Path, encrypt: bool, passphrase_file: Path | None) -> None:
    """Hand a school's whole data over: its rows of every table as CSV and JSON, its files, a schema and checksums."""
    from app.services.archive.handover import hand_over

    with in_words():
        passphrase = _passphrase(passphrase_file, new=True) if encrypt or passphrase_file else None
        instance = Path(current_app.config["INSTANCE_DIR"])
        run = hand_over(target, unit_code, instance, passphrase, clock=request_clock())
        values = {"unit": run.figures["unit"], "file": target, "digest": run.digest}
        _say(
            HANDED_OVER,
            rows=format_count(run.row_count or 0),
            files=format_count(run.figures["files"]),
            **values,
        )
        if passphrase is None:
            _say(OPEN_FILE)


@click.command("handover-import")
@ArchiveFile
@PassphraseFile
@with_appcontext
def handover_import(file: Path, passphrase_file: Path | None) -> None:
    """Take a school's hand-over into the empty database and instance folder of the settings."""
    from app.services.archive.takeover import remember_takeover, take_over

    with in_words():
        passphrase = _passphrase_for(file, passphrase_file)
        instance = Path(current_app.config["INSTANCE_DIR"])
        done = take_over(file, passphrase, instance, MIGRATIONS, clock=request_clock())
        remember_takeover(file, done, clock=request_clock())
        _say(
            TAKEN_OVER,
            unit=done.unit,
            made_at=_local(done.made_at),
            rows=format_count(done.rows),
            others=format_count(done.others),
            files=format_count(done.files),
        )
        if done.account:
            _say(FIRST_ACCOUNT, name=done.account[0], password=done.account[1])
        else:
            _say(NO_ACCOUNT)
        _tell_history(done.findings)


@click.command("seal-due")
@with_appcontext
def seal_due() -> None:
    """Make every sealed bundle that is due now, as the worker would one after the other; ends with 1 where one failed."""
    from app.extensions import db
    from app.services.bundles.rounds import Sealing
    from app.services.bundles.rounds import seal_due as make

    sealing, made, before = Sealing(), 0, (-1, 0)
    with in_words():
        while (made, len(sealing.failed)) != before:
            before = (made, len(sealing.failed))
            made += len(make(db.session(), clock=request_clock(), sealing=sealing, seconds=WITHOUT_END))
        _say(SEALED, made=format_count(made), failed=format_count(len(sealing.failed)))
        if sealing.failed:
            raise SystemExit(1)


def _tell_history(findings: "Findings") -> None:
    counted = {"rows": findings.rows, "links": findings.links, "anchors": findings.anchors}
    if not findings.faults:
        _say(HISTORY_HOLDS, **{name: format_count(number) for name, number in counted.items()})
        return
    _say(HISTORY_BROKEN, faults=format_count(len(findings.faults) + findings.more))
    raise SystemExit(1)


def _local(moment: str) -> str:
    from app.services.archive.backup import as_moment

    return f"{as_moment(moment).astimezone(VIETNAM):%H:%M %d/%m/%Y}"


COMMANDS: tuple[click.Command, ...] = (
    backup,
    restore,
    rehearse_restore,
    handover,
    handover_import,
    seal_due,
)
