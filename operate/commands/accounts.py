"""`tickcast accounts`: subscribers, their plans and their keys."""

from typing import Annotated

import typer

from api.robots.offered import OfferedSlots
from core.clock.resolutions import DAY, parse_resolution, resolution_name
from core.clock.times import format_time, now_ms, parse_time
from core.names import check_name
from core.plain_text import escape_controls
from core.robots.accounts import BASIC, USUAL_CALLS, Account
from core.settings import read_settings
from operate.commands.key_state import key_state
from operate.opened_stores import opened_stores
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.stores import Stores

app = typer.Typer(help="Subscribers, their plans and their keys.", no_args_is_help=True)

AccountId = Annotated[int, typer.Argument(help="Number of the account.")]
Plan = Annotated[str, typer.Option(help="basic, pro or owner.")]
Days = Annotated[int, typer.Option(min=0, help="Ends after so many days; 0: never.")]
Until = Annotated[str, typer.Option(help="Ends then, such as 2026-06-27T00:00:00Z.")]
Symbols = Annotated[
    list[str] | None, typer.Option("--symbol", help="May see this; may be repeated. None: all.")
]
Lengths = Annotated[list[str] | None, typer.Option("--timeframe", help="Such as H1; likewise.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Who it is.")],
    email: Annotated[str, typer.Option(help="Where to reach them; one account each.")] = "",
    plan: Plan = BASIC,
    days: Days = 0,
    until: Until = "",
    symbol: Symbols = None,
    timeframe: Lengths = None,
    rate: Annotated[int, typer.Option(min=1, help="Calls a minute.")] = USUAL_CALLS,
    notes: Annotated[str, typer.Option(help="For the operator.")] = "",
) -> None:
    """Make an account with a plan and a key, and show the key, this once."""
    symbols = [check_name(one, "symbol") for one in symbol or ()]
    lengths = [parse_resolution(one, "timeframe") for one in timeframe or ()]
    settings = read_settings()
    with opened_stores(settings) as stores:
        offered = OfferedSlots(stores.slots, settings.told_markets)
        told = NewAccount(
            user_name=name,
            email=email or None,
            symbols_allowed=tuple(offered.listed(one) for one in symbols) or None,
            tfs_allowed=tuple(lengths) or None,
            rate_limit_per_min=rate,
            notes=notes,
        )
        account = stores.accounts.create(told, plan, _end(days, until))
        typer.echo(f"account {account.id}", err=True)
        _show_new_key(stores, account)


@app.command("key")
def another_key(account_id: AccountId) -> None:
    """Make another key of an account, and show it, this once."""
    with opened_stores(read_settings()) as stores:
        _show_new_key(stores, stores.accounts.get(account_id))


@app.command("list")
def list_accounts() -> None:
    """List the accounts: number, name, email, plan, until when."""
    with opened_stores(read_settings()) as stores:
        for account in stores.accounts.list():
            typer.echo(_line(account))


@app.command("show")
def show(account_id: AccountId) -> None:
    """Show an account: what it may see, its plans and its keys."""
    with opened_stores(read_settings()) as stores:
        account = stores.accounts.get(account_id)
        own = stores.keys.of_account(account_id)
    typer.echo(_line(account))
    limits = account.limits(now_ms())
    symbols = "all" if limits.symbols is None else ", ".join(sorted(limits.symbols)) or "none"
    lengths = (
        "all"
        if limits.resolutions is None
        else ", ".join(resolution_name(one) for one in sorted(limits.resolutions)) or "none"
    )
    typer.echo(f"symbols: {symbols}\ntimeframes: {lengths}")
    typer.echo(f"calls a minute: {account.rate_limit_per_min}")
    if account.notes:
        typer.echo(f"notes: {escape_controls(account.notes)}")
    for plan in account.entitlements:
        end = "no end" if plan.ends_at is None else format_time(plan.ends_at)
        since = format_time(plan.starts_at)
        typer.echo(f"plan: {plan.plan_tier}  {plan.source}  {plan.state}  {since} to {end}")
    for key in own:
        typer.echo(f"key: {key.number}  {key.id}  {key.hint}  {key_state(key)}")


@app.command("plan")
def change_plan(
    account_id: AccountId,
    plan: Annotated[str, typer.Argument(help="basic, pro or owner.")],
    days: Days = 0,
    until: Until = "",
) -> None:
    """Give an account another plan from now on, instead of the one given here before."""
    with opened_stores(read_settings()) as stores:
        typer.echo(_line(stores.accounts.change_plan(account_id, plan, _end(days, until))))


@app.command("end")
def end(account_id: AccountId) -> None:
    """End all plans of an account now; its keys open nothing until it has another."""
    with opened_stores(read_settings()) as stores:
        typer.echo(_line(stores.accounts.end(account_id)))


def _show_new_key(stores: Stores, account: Account) -> None:
    label = account.user_name
    plain, _ = stores.keys.create(SUBSCRIBER, label, account_id=account.id)
    typer.echo(plain)


def _end(days: int, until: str) -> int | None:
    if until:
        return parse_time(until, "until")
    return now_ms() + days * DAY * 1_000 if days else None


def _line(account: Account) -> str:
    now = now_ms()
    tier, until = account.tier(now), account.active_until(now)
    plan = f"{tier or 'no plan'}  {'' if until is None else f'until {format_time(until)}'}"
    name, email = escape_controls(account.user_name), escape_controls(account.email or "-")
    return f"{account.id}  {name}  {email}  {plan}".rstrip()
