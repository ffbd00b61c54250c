"""Made-up trades, and files of them for the simulator."""

import csv
import random
from collections.abc import Container, Iterable
from pathlib import Path

from tests.trade_oracle import RawTrade

START_MS = 1_700_000_000_000


def made_trades(
    count: int,
    *,
    first_id: int = 1_000,
    step_ms: int = 10,
    without: Container[int] = (),
    seed: int = 1,
) -> list[RawTrade]:
    """Return trades of an exchange that never gave out the ids in `without`."""
    dice = random.Random(seed)
    return [
        RawTrade(
            n,
            (START_MS + step_ms * (n - first_id)) * 1_000,
            f"{60_000 + dice.randint(-500, 500) / 100:.2f}",
            f"{dice.uniform(1e-6, 2):.8f}",
        )
        for n in range(first_id, first_id + count)
        if n not in without
    ]


def write_trades(folder: Path, platform: str, symbol: str, trades: Iterable[RawTrade]) -> None:
    """Write the file of one market as the simulator reads it."""
    path = folder / "trades" / platform / f"{symbol}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(["trade_id", "time", "price", "size", "side"])
        for trade in trades:
            writer.writerow((trade.trade_id, trade.time // 1_000, trade.price, trade.size, "buy"))
