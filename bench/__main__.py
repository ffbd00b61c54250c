"""Runs all benches, or those named: `python -m bench [store_candles ...]`."""

import sys
import time
from collections.abc import Callable

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
from bench.measure import ROUNDS, machine

BENCHES: dict[str, Callable[[], None]] = {
    "store_candles": store_candles.run,
    "read_candles": read_candles.run,
    "train_lstm": train_lstm.run,
    "predict_lstm": predict_lstm.run,
    "predict_range": predict_range.run,
    "indicators": indicators.run,
    "ingest": ingest.run,
    "start_up": start_up.run,
}


def main() -> int:
    """Run the benches one after another and return the exit code."""
    names = sys.argv[1:] or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        print(f"No bench {', '.join(unknown)}; there are {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    begun = time.monotonic()
    print(f"{machine()}\nMedians of {ROUNDS} interleaved rounds.")
    for name in names:
        BENCHES[name]()
    print(f"\nAll in {time.monotonic() - begun:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
