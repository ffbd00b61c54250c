"""Trades as a careless network delivers them: repeated, out of order, many in a millisecond."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
    write: Callable[[str, RawTrade], dict[str, object]] = field(default_factory=lambda: message)

    def bodies(self, size: int) -> Iterator[bytes]:
        """Yield bodies of `size` messages."""
        for at in range(0, len(self.sent), size):
            yield json.dumps(
                [self.write(symbol, trade) for symbol, trade in self.sent[at : at + size]]
            ).encode()


def make_load(
    count: int,
    seed: int,
    symbols: int = 4,
    repeated: float = 0.1,
    displaced: float = 0.05,
    *,
    days: float = 0,
    burst: int = 1,
    longest_step: int = 1,
) -> Load:
    """Return `count` trades; of the sent ones some are repeated, some far from their place.

    Two of five share their millisecond with the one before. They happen within minutes,
    or over so many `days`, `burst` of them close together. Ids grow by 1 to `longest_step`.
    """
    dice = random.Random(seed)
    names = [f"C{number}-USD" for number in range(symbols)]
    trades: dict[str, list[RawTrade]] = {name: [] for name in names}
    order: list[tuple[float, str, RawTrade]] = []
    pause = days * 86_400_000_000 * burst / count
    time_us = START
    for number in range(count):
        time_us += dice.choice((0, 150, 1_700, 2_300, 6_000))
        if pause and number % burst == 0:
            time_us += int(dice.uniform(0.5, 1.5) * pause)
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


def newest_first(load: Load) -> Load:
    """Return the same trades, each sent after those that happened later."""
    latest = sorted(load.sent, key=lambda entry: -entry[1].time)
    return Load(load.trades, latest, load.write)


def mixed_with_live(load: Load, seed: int, live: float = 0.3) -> Load:
    """Return the same trades: the latest in order, and the others shuffled between them."""
    dice, ordered = random.Random(seed), sorted(load.sent, key=lambda entry: entry[1].time)
    first_live = round(len(ordered) * (1 - live))
    history, latest = ordered[:first_live], ordered[first_live:]
    dice.shuffle(history)
    chosen = [True] * len(latest) + [False] * len(history)
    dice.shuffle(chosen)
    queues = {True: iter(latest), False: iter(history)}
    return Load(load.trades, [next(queues[one]) for one in chosen], load.write)


def restarting_ids(load: Load, after: int) -> Load:
    """Return the same trades, whose ids begin again after so many of a symbol."""

    def write(symbol: str, trade: RawTrade) -> dict[str, object]:
        return message(symbol, trade) | {"trade_id": (trade.trade_id - 1) % after + 1}

    return Load(load.trades, load.sent, write)


def without_ids(load: Load) -> Load:
    """Return the same trades without ids, no two of which happen at one instant."""
    trades: dict[str, list[RawTrade]] = {}
    for symbol, rows in load.trades.items():
        trades[symbol] = []
        for row in rows:
            last = trades[symbol][-1].time if trades[symbol] else 0
            trades[symbol].append(row._replace(time=max(row.time, last + 1)))
    moved = {name: {row.trade_id: row for row in rows} for name, rows in trades.items()}

    def write(symbol: str, trade: RawTrade) -> dict[str, object]:
        told = message(symbol, trade)
        return {name: value for name, value in told.items() if name != "trade_id"}

    return Load(trades, [(name, moved[name][row.trade_id]) for name, row in load.sent], write)


def of_many_decimals(load: Load, seed: int) -> Load:
    """Return the same trades: some sizes of 17 decimals beside ones of one."""
    dice = random.Random(seed)
    sizes = ("12.5", "3", "0.00000000000000001", "0.12345678901234567", "999999.5")
    trades = {
        name: [row._replace(size=dice.choice(sizes)) for row in rows]
        for name, rows in load.trades.items()
    }
    known = {name: {row.trade_id: row for row in rows} for name, rows in trades.items()}
    return Load(trades, [(name, known[name][row.trade_id]) for name, row in load.sent])


def at_microsecond_edges(load: Load, seed: int) -> Load:
    """Return the same trades: half of them a microsecond about a minute's end, in text."""
    dice, minute = random.Random(seed), 60_000_000

    def moved(row: RawTrade) -> RawTrade:
        edge = -(-row.time // minute) * minute + dice.choice((-1, 0, 1))
        return row._replace(time=edge) if dice.random() < 0.5 else row

    trades = {name: [moved(row) for row in rows] for name, rows in load.trades.items()}
    known = {name: {row.trade_id: row for row in rows} for name, rows in trades.items()}

    def write(symbol: str, trade: RawTrade) -> dict[str, object]:
        second, rest = divmod(trade.time, 1_000_000)
        text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return message(symbol, trade) | {"time": f"{text}.{rest:06}+00:00"}

    return Load(trades, [(name, known[name][row.trade_id]) for name, row in load.sent], write)


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
