"""Trades as a careless network delivers them: repeated, out of order, many in a millisecond."""

import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import redis

from tests.trade_oracle import RawTrade, oracle_candles

FIELDS = ("open", "high", "low", "close", "volume", "trades")
RESOLUTIONS = (60, 300, 900, 3_600, 86_400)
START = 1_760_000_000_000_000  # microseconds


@dataclass
class Load:
    """What happened by symbol, and the order in which it is sent."""

    trades: dict[str, list[RawTrade]]
    sent: list[tuple[str, RawTrade]]

    def bodies(self, size: int) -> Iterator[bytes]:
        """Yield bodies of `size` messages in the generic form."""
        for at in range(0, len(self.sent), size):
            yield json.dumps(
                [message(symbol, trade) for symbol, trade in self.sent[at : at + size]]
            ).encode()


def make_load(
    count: int,
    seed: int,
    symbols: int = 4,
    repeated: float = 0.1,
    displaced: float = 0.05,
    *,
    days: float = 0,
    longest_step: int = 1,
) -> Load:
    """Return `count` trades; of the sent ones some are repeated, some far from their place.

    Two of five share their millisecond with the one before. They happen within minutes,
    or over so many `days`. Ids grow by 1 to `longest_step`.
    """
    dice = random.Random(seed)
    names = [f"C{number}-USD" for number in range(symbols)]
    trades: dict[str, list[RawTrade]] = {name: [] for name in names}
    order: list[tuple[float, str, RawTrade]] = []
    slower = max(1.0, days * 86_400_000_000 / (count * 2_030))
    time_us = START
    for number in range(count):
        time_us += int(dice.choice((0, 150, 1_700, 2_300, 6_000)) * slower)
        name = dice.choice(names)
        price, size = f"{dice.uniform(90, 110):.2f}", f"{dice.uniform(1e-8, 5):.8f}"
        before = trades[name][-1].trade_id if trades[name] else 0
        step = dice.randint(1, longest_step) if longest_step > 1 else 1
        trade = RawTrade(before + step, time_us, price, size)
        trades[name].append(trade)
        place = number + dice.uniform(0, 5_000) if dice.random() < displaced else float(number)
        order.append((place, name, trade))
        if dice.random() < repeated:
            order.append((place + dice.uniform(0, 20_000), name, trade))
    order.sort(key=lambda entry: entry[0])
    return Load(trades, [(name, trade) for _, name, trade in order])


def message(symbol: str, trade: RawTrade) -> dict[str, object]:
    """Return a trade in the generic form."""
    return {
        "type": "trade",
        "symbol": symbol,
        "price": trade.price,
        "size": trade.size,
        "time": trade.time,
        "trade_id": trade.trade_id,
        "side": "buy",
    }


@dataclass
class Sender:
    """Posts bodies from several threads until each was accepted, whatever fails meanwhile."""

    url: str
    key: str
    threads: int = 3
    accepted: int = 0
    refused: int = 0
    failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, bodies: Iterator[bytes]) -> None:
        """Return when every body was answered with 202."""
        workers = [threading.Thread(target=self._work, args=(bodies,)) for _ in range(self.threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, bodies: Iterator[bytes]) -> None:
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30) as client:
            while True:
                with self._lock:
                    body = next(bodies, None)
                if body is None:
                    return
                self._until_accepted(client, body)

    def _until_accepted(self, client: httpx.Client, body: bytes) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                status = client.post("/ingest/campaign", content=body).status_code
            except httpx.HTTPError:
                status = 0
            if status == 202:
                self.accepted += 1
                return
            self.refused += status == 429
            self.failed += status != 429
            assert status in (0, 429, 500, 502, 503), status
            time.sleep(0.05)
        raise AssertionError("a body was not accepted within two minutes")


def stored(client: "redis.Redis", symbol: str, resolution: int) -> dict[int, tuple[float, ...]]:
    """Return the stored candles as the oracle gives them."""
    # At one moment: a candle that begins meanwhile has all its fields or none.
    pipe = client.pipeline(transaction=True)
    for name in FIELDS:
        series = f"ts:campaign:{symbol}:{resolution}:{name}"
        pipe.execute_command("TS.RANGE", series, "-", "+")  # type: ignore[no-untyped-call]
    columns = pipe.execute(raise_on_error=False)
    if any(isinstance(column, redis.ResponseError) for column in columns):
        return {}
    return {
        rows[0][0] // 1_000: tuple(float(value) for _, value in rows)
        for rows in zip(*columns, strict=True)
    }


def count_stored(client: "redis.Redis", load: Load) -> int:
    """Return how many trades the day candles count."""
    return sum(
        round(candle[-1])
        for symbol in load.trades
        for candle in stored(client, symbol, 86_400).values()
    )


@dataclass
class Verdict:
    """How many trades are missing or too many, and candles that differ from the oracle's."""

    lost: int
    extra: int
    wrong_candles: int


def judge(client: "redis.Redis", load: Load) -> Verdict:
    """Compare everything stored with the oracle."""
    lost = extra = wrong = 0
    for symbol, trades in load.trades.items():
        for resolution in RESOLUTIONS:
            expected, held = oracle_candles(trades, resolution), stored(client, symbol, resolution)
            wrong += sum(held.get(at) != candle for at, candle in expected.items())
            wrong += len(held.keys() - expected.keys())
        difference = len(trades) - sum(
            round(c[-1]) for c in stored(client, symbol, 86_400).values()
        )
        lost, extra = lost + max(difference, 0), extra + max(-difference, 0)
    return Verdict(lost, extra, wrong)
