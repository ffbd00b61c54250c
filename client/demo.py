"""`make demo`: real candles in, an LSTM trained, its forecast beside last price."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from client.cli import SentencesGroup
from client.commands.forecasts import ONLY_LAST_PRICE, forecast_view, training_view
from client.commands.output import connect, moment, show
from client.forecasts import only_last_price
from client.sample_data import PLATFORM, RESOLUTION, SYMBOL, eurusd_hourly
from client.tickcast import Tickcast
from core.platforms import raw_symbol

MODEL = ("demo", "1")
LIVE_DAYS = 260  # about as many hourly candles as the sample has
app = typer.Typer(cls=SentencesGroup, pretty_exceptions_show_locals=False)


@app.callback(invoke_without_command=True)
def demo(
    platform: Annotated[
        str, typer.Option(help="`file` loads EURUSD of 2017; or an exchange: coinbase, ...")
    ] = PLATFORM,
    symbol: Annotated[
        str | None, typer.Option(help="Of the exchange; BTC/USD if left out.")
    ] = None,
    resolution: Annotated[str, typer.Option(help="Length of a candle.")] = RESOLUTION,
    nsteps: Annotated[int, typer.Option(min=2, help="Candles ahead.")] = 24,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the data at most.")] = 12,
) -> None:
    """Load real candles, train, forecast 1 and 24 steps, and say what that is worth."""
    began = time.monotonic()
    name = symbol or (SYMBOL if platform == PLATFORM else _bitcoin(platform))
    with connect(as_json=False) as tickcast:
        _heading(1, f"Candles of {name} from {platform}")
        _load(tickcast, platform, name, resolution)
        _heading(2, f"An LSTM learns to look {nsteps} candles ahead")
        training = tickcast.train(
            *MODEL, platform=platform, symbol=name, resolution=resolution, nsteps=nsteps,
            epochs=epochs, seed=1, overwrite=True,
        )  # fmt: skip
        _heading(3, "Its forecasts")
        one, path = tickcast.predict(*MODEL), tickcast.predict_nsteps(*MODEL)
        show(forecast_view(one)[0], "", forecast_view(path)[0])
        if only_last_price(path):
            show(f"\n{ONLY_LAST_PRICE}")
        _heading(4, "What they are worth")
        show(*_worth(training.result or {}))
        show(_farewell(tickcast.base_url, time.monotonic() - began))


def _bitcoin(platform: str) -> str:
    return "BTCUSDT" if platform.startswith("binance") else raw_symbol(platform, "BTC/USD")


def _load(tickcast: Tickcast, platform: str, symbol: str, resolution: str) -> None:
    if platform == PLATFORM:
        stored = tickcast.ingest_candles(
            eurusd_hourly(), platform=platform, symbol=symbol, resolution=resolution
        )
    else:
        start = datetime.now(UTC) - timedelta(days=LIVE_DAYS)
        stored = tickcast.ingest_kline(platform, symbol, resolution, start).result or {}
    tickcast.watch(platform, symbol, resolution)
    show(_loaded(stored))
    fresh = "you bring its candles" if platform == PLATFORM else "its candles are fetched"
    show(f"{platform}:{symbol}:{resolution} is on the watch-list now: {fresh}.")


def _loaded(stored: dict[str, Any]) -> str:
    new, revised = stored.get("inserted", 0), stored.get("revised", 0)
    span = f"{moment(stored.get('first'))} to {moment(stored.get('last'))} UTC"
    known = "" if new else " (all were held already: storing again changes nothing)"
    return f"{new:,} candles are new and {revised:,} revised, {span}.{known}"


def _worth(result: dict[str, Any]) -> list[Any]:
    """Return errors at a few horizons, enough to see how they grow, and the verdict."""
    steps = result["by_horizon"]
    few = [step for step in steps if step["horizon"] in (1, 2, 3, 6, 12, 18, len(steps))]
    return training_view(result | {"by_horizon": few})


def _farewell(base_url: str, seconds: float) -> Panel:
    summary = (
        f"Done in {seconds:.0f} s. Errors are absolute, in quote currency, out of sample; "
        "last price is the forecast that nothing changes.\n"
    )
    forecast = f"tickcast predict {' '.join(MODEL)} --nsteps 0"
    lines = (
        summary,
        f"{forecast:<36} the same forecast from the newest candles",
        f"{'tickcast models':<36} what is trained",
        f"{'notebooks/forecast.ipynb':<36} the same with charts",
        f"{base_url + '/docs':<36} every route",
    )
    return Panel(Text("\n".join(lines)), title="Tickcast", border_style="green", expand=False)


def _heading(step: int, words: str) -> None:
    Console(highlight=False).print(f"\n[bold green]{step}/4[/] [bold]{words}[/]")


if __name__ == "__main__":
    app()
