"""`tickcast feeds`: terminals that push candles, and the clocks of their brokers."""

from typing import Annotated

import typer

from core.brokers.clock import BrokerClock, shown_offset
from core.clock.resolutions import resolution_name
from core.clock.times import format_time, parse_time
from core.plain_text import escape_controls
from core.settings import read_settings
from operate.opened_stores import opened_stores
from storage.stores import Stores
from storage.terminals.terminals import FeedState

app = typer.Typer(help="Terminals of brokers that push candles.", no_args_is_help=True)


@app.command("list")
def list_feeds() -> None:
    """List the fed platforms: clock, last push, counts, terminals, symbols, what is late."""
    with opened_stores(read_settings()) as stores:
        clocks = stores.feeds.platforms()
        for platform, clock in clocks.items():
            _show(stores, platform, clock)
    if not clocks:
        typer.echo("No terminal has pushed anything yet.")


@app.command("confirm-clock")
def confirm_clock(
    platform: Annotated[str, typer.Argument(help="The platform that the terminal feeds.")],
    zone: Annotated[
        str, typer.Argument(help="Its server's clock: NY+7, UTC+2, or a zone as Europe/Athens.")
    ],
    since: Annotated[
        str, typer.Option(help="When it was set to that; without it, the last push that was taken.")
    ] = "",
) -> None:
    """Take a zone for a broker's clock, after it has changed it or where none was learnt."""
    begun = parse_time(since, "since") // 1_000 if since else None
    with opened_stores(read_settings()) as stores:
        clock = stores.feeds.confirm(platform, zone, begun)
    typer.echo(f"{platform} runs by {clock.zone}; its days begin at {clock.day}.")
    _show_earlier(clock)


def _show(stores: Stores, platform: str, clock: BrokerClock) -> None:
    state = stores.feeds.state(platform)
    ahead = "" if state.utc_offset_s is None else f", {shown_offset(state.utc_offset_s)} of UTC"
    pushed = "never" if state.last_push_at is None else format_time(state.last_push_at)
    typer.echo(f"{platform}  {clock.zone} (by {clock.source}{ahead})  last push {pushed}")
    _show_earlier(clock)
    counts = ", ".join(f"{count:,} {name}" for name, count in state.counts.items())
    typer.echo(f"  candles: {counts}")
    _show_terminals(state)
    names = stores.feeds.symbols(platform).items()
    shown = ", ".join(f"{symbol} ({escape_controls(name)})" for name, symbol in names)
    typer.echo(f"  symbols: {shown or 'none'}")
    for series, newest in stores.freshness.noted().items():
        if series.platform == platform:
            since = "never came" if newest is None else f"last {format_time(newest * 1_000)}"
            typer.echo(f"  late: {series.symbol} {resolution_name(series.resolution)}, {since}")


def _show_earlier(clock: BrokerClock) -> None:
    for zone, until in clock.earlier:
        typer.echo(f"  until {format_time(until * 1_000)} it ran by {zone}")


def _show_terminals(state: FeedState) -> None:
    for one in state.terminals:
        name = escape_controls(f"{one.server or 'unnamed'} {one.company}").strip()
        demo = " (demo)" if one.demo else ""
        typer.echo(
            f"  terminal: {name}{demo}, build {one.build}, seen {format_time(one.seen_at)}, "
            f"clock {one.clock_offset_s:+d} s"
        )
    if state.refusal and state.refused_at:
        typer.echo(f"  refused {format_time(state.refused_at)}: {state.refusal}")
