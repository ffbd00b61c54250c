"""`tickcast feed`, `tickcast replay`: trades and quotes to the server, live or recorded."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from rich.console import RenderableType

from client.access import find_access
from client.commands.output import AsJson, Platform, answer, connect, show
from core.messages import most_frequent
from core.settings import read_settings

if TYPE_CHECKING:
    from feeds.live.figures import FeedFigures

REFRESH_S = 0.5
NOT_ALL_ACCEPTED = 1
QUIET_S = 30.0  # between two reports where nobody looks at a terminal

Run: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
View: TypeAlias = Callable[[], RenderableType]
ExchangeUrl: TypeAlias = Annotated[
    str | None, typer.Option(help="Other address of the exchange, a simulator's for instance.")
]


def feed(
    platform: Platform,
    symbols: Annotated[list[str], typer.Argument(help="As the platform writes them: BTC-USD.")],
    exchange_url: ExchangeUrl = None,
    tickers: Annotated[bool, typer.Option(help="Collect quotes as well.")] = True,
    books: Annotated[bool, typer.Option(help="Keep order books as well, where known.")] = True,
    seconds: Annotated[float | None, typer.Option(min=0, help="End after so long.")] = None,
    as_json: AsJson = False,
) -> None:
    """Collect live trades and quotes of an exchange until Ctrl-C.

    Lost connections are made anew on either side; what was not acknowledged is
    sent again, and trades that the feed left out are fetched. Exit code 1 if the
    server rejected any message.
    """
    # websockets is imported where it is needed: other commands start faster.
    from client.commands.live_tables import feed_summary, feed_view
    from feeds.live.collector import Collector, FeedOptions

    access = find_access()
    url = exchange_url or read_settings().exchange_urls.get(platform)
    options = FeedOptions(platform, symbols, access.base_url, access.api_key, url, tickers, books)

    async def collect() -> Collector:
        collector = Collector(options)
        view = lambda: feed_view(f"{platform} to {access.base_url}", collector.figures)  # noqa: E731
        await _watched(collector.run, view, seconds, shown=not as_json)
        return collector

    figures = asyncio.run(collect()).figures
    answer(as_json, feed_summary(figures), lambda _: [feed_view(platform, figures)])
    _end_by({platform: figures})


def replay(
    folder: Annotated[Path, typer.Argument(help="Folder of trade files or captures.", exists=True)],
    speed: Annotated[str, typer.Option(help="1, 10, ... times as fast as it was; or max.")] = "1",
    platform: Annotated[str | None, typer.Option(help="Only this one; or whose they are.")] = None,
    symbols: Annotated[str, typer.Option(help="Only these trade files: BTC-USD,ETH-USD.")] = "",
    as_json: AsJson = False,
) -> None:
    """Push recorded trades: trades/PLATFORM/SYMBOL.csv[.gz], or captures of feeds as they are.

    Exit code 1 if the server rejected any message.
    """
    from client.commands.live_tables import replay_summary, replay_view
    from feeds.live.figures import FeedFigures
    from feeds.live.player import Player
    from feeds.live.recorded import find_recordings, read_recordings
    from feeds.live.server_push import ServerPush

    pace, wanted = _pace(speed), [name for name in symbols.split(",") if name]
    recordings = find_recordings(folder, platform)
    if not recordings:
        raise typer.BadParameter(
            "no trades/PLATFORM/SYMBOL.csv[.gz] and no captures are in it; "
            "captures without a folder of their platform need --platform."
        )
    access, told, pushed = find_access(), {}, {}
    with connect(as_json) as tickcast:

        async def play(name: str, files: list[Path]) -> Player:
            figures = FeedFigures()

            async def send_large(message: bytes) -> None:
                told = await asyncio.to_thread(tickcast.push, name, message)
                reasons = most_frequent(one["reason"] for one in told["rejected"])
                figures.note_answer(
                    told["accepted"], told["ignored"], told["total_rejected"], reasons
                )

            push = ServerPush(access.base_url, name, access.api_key, figures)
            player = Player(push, figures, speed=pace, send_large=send_large)
            run: Run = lambda stop: player.run(read_recordings(files, wanted), stop)  # noqa: E731
            view = lambda: replay_view(name, player.played, figures)  # noqa: E731
            await _watched(run, view, None, shown=not as_json)
            return player

        for name, files in recordings.items():
            player = asyncio.run(play(name, files))
            pushed[name] = player.figures
            told[name] = replay_summary(player.played, player.figures)
            if not as_json:
                show(replay_view(name, player.played, player.figures))
    if as_json:
        answer(as_json, told, lambda _: [])
    _end_by(pushed)


def _end_by(pushed: Mapping[str, "FeedFigures"]) -> None:
    """End with an exit code and a sentence where a server did not take all that it was sent."""
    for platform, figures in pushed.items():
        reasons = "; ".join(f"{count:,} x {what}" for what, count in figures.reasons.most_common(5))
        if figures.rejected:
            typer.echo(f"{platform}: {figures.rejected:,} messages rejected: {reasons}.", err=True)
        if figures.refused:
            typer.echo(f"{platform}: {figures.refused:,} frames were no JSON messages.", err=True)
    if any(figures.rejected or figures.refused for figures in pushed.values()):
        raise typer.Exit(NOT_ALL_ACCEPTED)


def _pace(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        pace = float(speed)
    except ValueError:
        pace = 0.0
    if not 0 < pace < 1e9:
        raise typer.BadParameter("--speed must be a number above 0, or max")
    return pace


async def _watched(run: Run, view: View, seconds: float | None, *, shown: bool) -> None:
    """Run until it ends, for so long, or until Ctrl-C; a second Ctrl-C does not wait."""
    stop = asyncio.Event()
    running = asyncio.ensure_future(run(stop))

    def interrupt() -> None:
        if stop.is_set():
            running.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    showing = asyncio.ensure_future(_show(view)) if shown else None
    try:
        await running
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        if showing is not None:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)


async def _show(view: View) -> None:
    if not sys.stdout.isatty():
        while True:
            await asyncio.sleep(QUIET_S)
            show(view())
    from rich.live import Live

    with Live(view(), auto_refresh=False, transient=True) as live:
        while True:
            live.update(view(), refresh=True)
            await asyncio.sleep(REFRESH_S)
