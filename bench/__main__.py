"""Runs all benches, or those named: `python -m bench [store_candles ...]`.

`exchange_rate` takes the file of that benchmark after its name.
"""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import (
    indicators,
    ingest,
    predict_lstm,
    predict_range,
    read_candles,
    start_up,
    store_candles,
    train_lstm,
)
from bench.accuracy import exchange_rate
from bench.measure import ROUNDS, machine
from bench.robots import candles_frame, market_data, orders, read_trades, scan, sockets

BENCHES: dict[str, Callable[[], None]] = {
    "store_candles": store_candles.run,
    "read_candles": read_candles.run,
    "candles_frame": candles_frame.run,
    "read_trades": read_trades.run,
    "train_lstm": train_lstm.run,
    "predict_lstm": predict_lstm.run,
    "predict_range": predict_range.run,
    "indicators": indicators.run,
    "ingest": ingest.run,
    "market_data": market_data.run,
    "scan": scan.run,
    "sockets": sockets.run,
    "trading": orders.run,
    "start_up": start_up.run,
    "exchange_rate": exchange_rate.run,
}
# The bench whose name a file may follow.
FILED = "exchange_rate"


def main() -> int:
    """Run the benches one after another and return the exit code."""
    benches, unknown = _chosen(sys.argv[1:] or list(BENCHES))
    if unknown:
        print(f"No bench {', '.join(unknown)}; there are {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    begun = time.monotonic()
    print(f"{machine()}\nMedians of {ROUNDS} interleaved rounds.")
    for bench in benches:
        bench()
    print(f"\nAll in {time.monotonic() - begun:.0f} s.")
    return 0


def _chosen(arguments: Sequence[str]) -> tuple[list[Callable[[], None]], list[str]]:
    """Return the benches that are named, with their file, and what names none."""
    benches: list[Callable[[], None]] = []
    unknown = []
    for before, name in zip(("", *arguments), arguments, strict=False):
        if name in BENCHES:
            benches.append(BENCHES[name])
        elif before == FILED:
            benches[-1] = partial(exchange_rate.run, Path(name))
        else:
            unknown.append(name)
    return benches, unknown


if __name__ == "__main__":
    sys.exit(main())
