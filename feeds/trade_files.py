"""Trade files: `trade_id,time,price,size,side`, times in epoch ms, the side the taker's."""

import csv
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TRADE_FILE = re.compile(r"(.+)\.csv(\.gz)?\Z")
_WHOLE = re.compile(r"\d{1,19}\Z", re.ASCII)
_DECIMAL = re.compile(r"\d{1,40}(\.\d{1,40})?([eE][-+]?\d{1,3})?\Z|\.\d{1,40}\Z", re.ASCII)


class Trade(NamedTuple):
    """One trade: `time` in epoch milliseconds, `side` the taker's, numbers as the file has them."""

    trade_id: int
    time: int
    price: str
    size: str
    side: str


def read_trades(path: Path) -> Iterator[Trade]:
    """Yield the trades of a file in its order.

    Raises `ValueError` naming the line that is no trade, `OSError` or `EOFError` when the
    file cannot be read.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            try:
                trade = _trade(row)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise ValueError(f"line {rows.line_num} is not a trade") from None
            yield trade


def _trade(row: dict[str, str]) -> Trade:
    price, size, side = row["price"], row["size"], row["side"].lower()
    if not (_DECIMAL.match(price) and _DECIMAL.match(size) and side in ("buy", "sell")):
        raise ValueError
    if float(price) <= 0:
        raise ValueError
    return Trade(_whole(row["trade_id"]), _whole(row["time"]), price, size, side)


def _whole(text: str) -> int:
    if not _WHOLE.match(text):
        raise ValueError
    return int(text)
