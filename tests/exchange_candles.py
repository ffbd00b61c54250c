"""Files for the simulator: random walks of candles and trades."""

import gzip
import random
from collections.abc import Iterable
from pathlib import Path

Row = list[float]
START = 1_640_995_200  # 2022-01-01


def walk(
    count: int, resolution: int = 3_600, seed: int = 0, outages: Iterable[tuple[int, int]] = ()
) -> list[Row]:
    """Return `count` openings' candles less the outages, given as (first, after) indices."""
    rng = random.Random(seed)
    missing = {i for first, after in outages for i in range(first, after)}
    price, rows = 40_000.0, []
    for i in range(count):
        close = round(price * (1 + rng.gauss(0, 0.01)), 2)
        high = round(max(price, close) * (1 + rng.random() / 100), 2)
        low = round(min(price, close) * (1 - rng.random() / 100), 2)
        row = [START + i * resolution, price, high, low, close, round(rng.random() * 100, 5)]
        rows += [] if i in missing else [row]
        price = close
    return rows


def write_candles(
    folder: Path, platform: str, symbol: str, resolution: int, rows: list[Row]
) -> None:
    path = folder / "candles" / platform / symbol / f"{resolution}.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(map(str, row)) for row in rows]
    path.write_bytes(gzip.compress("\n".join(["time,open,high,low,close,volume", *lines]).encode()))


def write_trades(
    folder: Path, platform: str, symbol: str, count: int, *, pause_ms: int = 20, seed: int = 0
) -> list[list[str]]:
    """Write trades of which about half share their millisecond, price and side with another."""
    rng = random.Random(seed)
    time, price, side, rows = START * 1_000, 40_000.0, "buy", []
    for i in range(count):
        if i and rng.random() < 0.5:
            time += rng.randint(1, 2 * pause_ms)
            price = round(price + rng.gauss(0, 1), 2)
            side = rng.choice(["buy", "sell"])
        size = f"{rng.randint(1, 10**6) / 10**5:.5f}"
        rows.append([str(1_000 + i), str(time), f"{price:.2f}", size, side])
    path = folder / "trades" / platform / f"{symbol}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join(map(",".join, [["trade_id", "time", "price", "size", "side"], *rows]))
    )
    return rows
