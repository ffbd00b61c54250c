"""Coinbase `match` messages as a busy market sends them."""

import json
import random
from collections.abc import Iterator

START_S = 1_790_000_000
PER_SECOND = 5_000


def match(symbol: str, trade_id: int, place: int, dice: random.Random) -> dict[str, object]:
    """Return one message; `place` orders trades in time, 5,000 of them a second."""
    second, rest = divmod(place, PER_SECOND)
    microsecond = rest * (1_000_000 // PER_SECOND)
    hour, minute, sec = second // 3_600 % 24, second // 60 % 60, second % 60
    return {
        "type": "match",
        "trade_id": trade_id,
        "maker_order_id": "2a0da34e-61f7-4c36-88e5-c9dd15927b16",
        "taker_order_id": "3c82abaa-c01e-4608-be59-6a1e69742891",
        "side": "sell",
        "size": f"{dice.random() + 1e-8:.8f}",
        "price": f"{60_000 + dice.random():.2f}",
        "product_id": symbol,
        "sequence": trade_id,
        "time": f"2026-11-19T{hour:02}:{minute:02}:{sec:02}.{microsecond:06}Z",
    }


def messages(
    count: int, symbols: int, late: float, seed: int, first_id: int = 1, name: str = "B"
) -> Iterator[dict[str, object]]:
    """Yield `count` messages over `symbols` markets; a share `late` comes up to 5 s late."""
    dice = random.Random(seed)
    ids = dict.fromkeys(range(symbols), first_id)
    for number in range(count):
        market = number % symbols
        place = first_id + number
        if dice.random() < late:
            place = max(place - dice.randrange(5 * PER_SECOND), 1)
        yield match(f"{name}{market}-USD", ids[market], place, dice)
        ids[market] += 1


def bodies(all_messages: Iterator[dict[str, object]], size: int) -> list[bytes]:
    """Return JSON lists of `size` messages; one message alone is no list."""
    listed = list(all_messages)
    parts = [listed[at : at + size] for at in range(0, len(listed), size)]
    return [json.dumps(part[0] if size == 1 else part).encode() for part in parts]
