"""The command `tickcast`: the client's commands, and those that work on the data folder."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from client.cli import app, run
from core.clock.resolutions import DAY, MINUTE
from core.clock.times import format_time, now_ms
from core.plain_text import escape_controls
from core.settings import read_settings
from operate.commands import accounts, feeds, plans, regimes, webhooks
from operate.commands.key_state import key_state
from operate.opened_stores import opened_stores
from storage.access.access_keys import OWNER, AccessKey
from storage.backup.backup import restore_backup, verify_backup, write_backup

keys = typer.Typer(help="Keys that open the API of this data folder.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(accounts.app, name="accounts")
app.add_typer(feeds.app, name="feeds")
app.add_typer(webhooks.app, name="webhooks")
app.command("plans")(plans.plans)
app.command("regimes")(regimes.regimes)

BackupFile = Annotated[Path, typer.Argument(help="The backup file.", dir_okay=False)]


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="File to write.", dir_okay=False)] = None,
) -> None:
    """Write candles, forecasts, records and models into one file, and verify it.

    Works on the data folder of this machine, beside a running server or without.
    """
    target = file or Path(f"tickcast-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar")
    with opened_stores(read_settings()) as stores:
        write_backup(stores, target)
    manifest = verify_backup(target)
    typer.echo(f"{target}: {target.stat().st_size:,} bytes, {_contents(manifest.counts)}.")


@app.command()
def restore(
    file: BackupFile,
    force: Annotated[
        bool, typer.Option(help="Replace what is there; else only an empty place is filled.")
    ] = False,
) -> None:
    """Verify a backup and put back all that it holds; the server must be stopped."""
    with opened_stores(read_settings(), alone=True) as stores:
        manifest = restore_backup(stores, file, force=force)
        stores.marks.accept()
    typer.echo(f"Restored {_contents(manifest.counts)}.")


@app.command()
def doctor(
    accept: Annotated[
        bool, typer.Option(help="Take what there is for all there is; health is well again.")
    ] = False,
) -> None:
    """Say whether SQL, Redis and the files are whole and belong together; exit 1 unless so."""
    with opened_stores(read_settings()) as stores:
        faults, dead = stores.marks.faults(), stores.dead_letters.counts().fault
        if faults and accept:
            stores.marks.accept()
        if dead and accept:
            stores.dead_letters.forget()
        for fault in faults:
            typer.echo(f"{fault.part}: {fault.reason}." if accept else fault.sentence)
    if dead:
        typer.echo(f"dead letters: {dead}.")
    if not faults and not dead:
        typer.echo("SQL, Redis and the files belong together, and none is older than the others.")
    elif accept:
        typer.echo("What is missing is given up; what there is was accepted.")
    else:
        raise typer.Exit(1)


@app.command("verify-backup")
def verify_file(file: BackupFile) -> None:
    """Check every digest of a backup."""
    manifest = verify_backup(file)
    typer.echo(f"{file} is whole: {_contents(manifest.counts)}.")


@keys.command("list")
def list_keys() -> None:
    """List the keys: id, role, label, hint, since when, and whether it still opens."""
    with opened_stores(read_settings()) as stores:
        for key in stores.keys.list():
            since, label = format_time(key.created_at), escape_controls(key.label)
            role, state = f"{key.role}{_scopes(key)}", key_state(key)
            typer.echo(f"{key.id}  {role}  {label}  {key.hint}  {since}  {state}")


def _scopes(key: AccessKey) -> str:
    return f" ({', '.join(key.scopes)})" if key.scopes else ""


@keys.command("create")
def create_key(
    label: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[
        str,
        typer.Option(
            help="owner: everything. reader: reads and forecasts, changes nothing. "
            "feeder: pushes candles of a terminal, by its scope."
        ),
    ] = OWNER,
    days: Annotated[int, typer.Option(min=0, help="Ends after so many days; 0: never.")] = 0,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="Opens only this, e.g. ingest:binance, ingest:*, forecast:NAME; may be repeated."
        ),
    ] = None,
) -> None:
    """Make a key and show it, this once."""
    ends = now_ms() + days * DAY * 1_000 if days else None
    with opened_stores(read_settings()) as stores:
        plain, _ = stores.keys.create(role, label, ends, scope or ())
    typer.echo(plain)


@keys.command("rotate")
def rotate_key(
    key_id: Annotated[str, typer.Argument(help="Id of the key to replace.")],
    overlap: Annotated[int, typer.Option(min=0, help="Minutes that both keys open.")] = 0,
) -> None:
    """Make a key like another, show it, this once, and close the other."""
    with opened_stores(read_settings()) as stores:
        plain, _ = stores.keys.rotate(key_id, overlap * MINUTE * 1_000)
    typer.echo(plain)


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="Id of the key.")]) -> None:
    """Close a key, at once and for good."""
    with opened_stores(read_settings()) as stores:
        key = stores.keys.revoke(key_id)
    typer.echo(f"{key.id} ({escape_controls(key.label)}) is revoked.")


def _contents(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def main() -> None:
    """Run the command line and exit."""
    run()


if __name__ == "__main__":
    main()
