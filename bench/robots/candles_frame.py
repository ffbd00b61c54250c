"""A year of minutes over HTTP to a DataFrame, against `pandas.read_parquet` of the same rows."""

import tempfile
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from bench.candles import random_candles
from bench.live import live_tickcast
from bench.measure import interleaved, seconds_of, show, versus
from client import Tickcast
from core.series import make_series
from storage.candles.candle_store import CandleStore
from storage.redis_connection import connect

CANDLES, MINUTE = 525_600, 60
GOAL_S, GOAL_RATIO = 0.15, 3.0


def run() -> None:
    """Print the medians; the first reading, which packs what it reads, is told apart."""
    asked = make_series("bench", "YEAR", MINUTE)
    with (
        live_tickcast() as tickcast,
        connect(tickcast.settings.redis_address) as redis,
        tempfile.TemporaryDirectory() as folder,
    ):
        CandleStore(redis).write(asked, random_candles(CANDLES, step_s=MINUTE))
        with Tickcast(tickcast.url, tickcast.key, progress=False) as client:

            def read() -> pd.DataFrame:
                frame: pd.DataFrame = client.candles(asked.platform, asked.symbol, asked.resolution)
                if len(frame) != CANDLES:
                    raise RuntimeError(f"{len(frame):,} candles came of {CANDLES:,}")
                return frame

            first = seconds_of(read)()
            contenders = {"ours": seconds_of(read)}
            if find_spec("pyarrow"):
                file = Path(folder, "year.parquet")
                read().to_parquet(file)
                contenders["parquet"] = seconds_of(lambda: pd.read_parquet(file))
            medians = interleaved(contenders)
    ours, peer = medians["ours"], medians.get("parquet")
    met = "met" if ours <= GOAL_S else "MISSED"
    show(
        f"Read {CANDLES:,} candles over HTTP to a DataFrame",
        {
            "client.candles": f"{ours * 1e3:.0f} ms (goal {GOAL_S * 1e3:.0f} ms: {met})",
            "the first time, packing": f"{first:.2f} s",
            "pandas.read_parquet": f"{peer * 1e3:.0f} ms" if peer else "needs pyarrow: make bench",
            "ours in terms of it": versus(ours / peer, GOAL_RATIO) if peer else "",
        },
    )
