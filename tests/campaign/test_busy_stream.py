"""Live trades under load: beside a backfill, and at more than can be stored. `make campaign`."""

import json
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.measure import percentile
from bench.running_tickcast import RunningTickcast
from storage.journal.columns import Trades
from storage.redis_connection import connect
from storage.trades.live import LiveKind
from tests.campaign.test_stream_campaign import SEED, Campaign
from tests.stream_load import FIELDS, START, Load, Sender, Verdict, make_load, message, stored
from tests.trade_oracle import RawTrade

pytestmark = pytest.mark.slow

HISTORY = 60_000
LIVE_S, RATE, BODY = 30, 1_000, 100
FIRST_LIVE_ID = 10_000_000
MINUTES = float(os.environ.get("CAMPAIGN_OVERLOAD_MINUTES", "10"))
SENDERS, SYMBOLS, TRADES_A_BODY = 8, 4, 1_000


def _post(connection: HTTPConnection, key: str, body: bytes) -> int:
    connection.request("POST", "/ingest/campaign", body, {"X-API-Key": key})
    answer = connection.getresponse()
    answer.read()
    return answer.status


class Listener:
    """Notes when the newest id of a symbol's live trades was told as stored."""

    def __init__(self, tickcast: RunningTickcast, symbol: str) -> None:
        self._channel = f"live:campaign:{symbol}"
        self._client = connect(tickcast.settings.redis_address)
        self.told: list[tuple[int, float]] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen while the block runs."""
        over = threading.Event()
        with self._client.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(self._channel)
            thread = threading.Thread(target=self._listen, args=(channel, over))
            thread.start()
            try:
                yield
            finally:
                over.set()
                thread.join()

    def _listen(self, channel: object, over: threading.Event) -> None:
        while not over.is_set():
            told = channel.get_message(timeout=0.5)  # type: ignore[attr-defined]
            if told and told["data"][:1] == LiveKind.TRADES.encode():
                last = int(Trades.from_bytes(told["data"][1:]).last_id.max())
                if last >= FIRST_LIVE_ID:
                    self.told.append((last, time.perf_counter()))

    def waited(self, accepted: list[tuple[int, float]]) -> list[float]:
        """Return for each body's last id how long it took from its 202 to the stored trade (s)."""
        told = sorted(self.told, key=lambda one: one[1])
        moments = [next((at for last, at in told if last >= end), math.inf) for end, _ in accepted]
        return [max(0.0, at - begun) for at, (_, begun) in zip(moments, accepted, strict=True)]


def _live(tickcast: RunningTickcast, symbol: str) -> tuple[list[RawTrade], list[tuple[int, float]]]:
    """Post live trades at a steady rate; returns them, and when each body was accepted."""
    connection = HTTPConnection("127.0.0.1", tickcast.port, timeout=60)
    rows: list[RawTrade] = []
    accepted = []
    begun = time.perf_counter()
    for number in range(LIVE_S * RATE // BODY):
        time.sleep(max(0.0, begun + number * BODY / RATE - time.perf_counter()))
        now = time.time_ns() // 1_000 - BODY * 1_000
        part = [
            RawTrade(
                FIRST_LIVE_ID + number * BODY + n, now + n * 1_000, f"{100 + n / 100:.2f}", "1"
            )
            for n in range(BODY)
        ]
        body = json.dumps([message(symbol, one) for one in part]).encode()
        assert _post(connection, tickcast.key, body) == 202
        accepted.append((part[-1].trade_id, time.perf_counter()))
        rows += part
    return rows, accepted


@contextmanager
def _watched_health(tickcast: RunningTickcast) -> Iterator[list[int]]:
    """Ask `/health` twice a second; yields the answers."""
    over, answers = threading.Event(), list[int]()

    def ask() -> None:
        while not over.wait(0.5):
            answers.append(tickcast.health())

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("live", ["LIVE-USD", "C0-USD"], ids=["another symbol", "the same symbol"])
def test_live_trades_do_not_wait_behind_history(live: str, tmp_path: Path) -> None:
    """60,000 shuffled trades of two weeks come while 1,000 a second happen."""
    load = make_load(HISTORY, SEED, symbols=1, repeated=0.0, displaced=1.0, days=14, burst=5)
    with RunningTickcast(tmp_path / "data") as tickcast:
        campaign, listener = Campaign(tickcast, load, SEED), Listener(tickcast, live)
        sender = Sender(tickcast.url, tickcast.key, threads=1)
        posting = threading.Thread(target=sender.send, args=(load.bodies(1_000),))
        with _watched_health(tickcast) as health, listener.listening():
            posting.start()
            rows, accepted = _live(tickcast, live)
            posting.join()
            campaign.load = Load({**load.trades, live: [*load.trades.get(live, []), *rows]}, [])
            verdict = campaign.verdict()
        waited, long = listener.waited(accepted), _longer_than_5_s(tickcast)
    p99 = percentile(waited, 0.99)
    print(
        f"\n{HISTORY:,} trades of history beside {RATE:,} a second of {live}: accepted to stored "
        f"p50 {1_000 * percentile(waited, 0.5):.0f} ms, p99 {1_000 * p99:.0f} ms; "
        f"{verdict}, health {sorted(set(health))}"
    )
    assert verdict == Verdict(0, 0, 0)
    assert set(health) == {200}
    assert p99 < 1
    assert long == {}


def _longer_than_5_s(tickcast: RunningTickcast) -> dict[str, float]:
    """Return how many messages took any worker more than five seconds, by their task."""
    connection = HTTPConnection("127.0.0.1", tickcast.port, timeout=60)
    connection.request("GET", "/metrics/prometheus", headers={"X-API-Key": tickcast.key})
    counted, within = dict[str, float](), dict[str, float]()
    for family in text_string_to_metric_families(connection.getresponse().read().decode()):
        for one in family.samples:
            if one.name == "tickcast_task_seconds_count":
                counted[one.labels["task"]] = one.value
            elif one.name == "tickcast_task_seconds_bucket" and float(one.labels["le"]) == 5:
                within[one.labels["task"]] = one.value
    assert counted
    return {task: late for task, count in counted.items() if (late := count - within[task])}


def _overload_body(number: int) -> bytes:
    """Return a body of one second's trades, which its number determines."""
    at = START // 1_000_000 + number
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    symbol = f"C{number % SYMBOLS}-USD"
    return (
        "["
        + ",".join(
            f'{{"type":"trade","symbol":"{symbol}","trade_id":{number * TRADES_A_BODY + n + 1},'
            f'"time":"{stamp}.{n:03}Z","price":"{_price(number, n)}","size":"{1 + n % 7}"}}'
            for n in range(TRADES_A_BODY)
        )
        + "]"
    ).encode()


def _price(number: int, n: int) -> str:
    return f"{100 + (number * 7 + n * 13) % 1_000 / 100:.2f}"


def _expected(numbers: list[int], resolution: int) -> dict[int, tuple[float, ...]]:
    """Return the candles of accepted bodies of one symbol, in order."""
    found: dict[int, tuple[float, ...]] = {}
    volume = sum(1 + n % 7 for n in range(TRADES_A_BODY))
    for number in numbers:
        prices = [float(_price(number, n)) for n in range(TRADES_A_BODY)]
        own = (prices[0], max(prices), min(prices), prices[-1], volume, TRADES_A_BODY)
        opening = (START // 1_000_000 + number) // resolution * resolution
        had = found.get(opening)
        found[opening] = own if had is None else (
            *(had[0], max(had[1], own[1]), min(had[2], own[2]), own[3]),
            *(had[4] + own[4], had[5] + own[5]),
        )  # fmt: skip
    return found


def _memory_mib(tickcast: RunningTickcast) -> dict[str, float]:
    """Return the resident memory of the parts that live trades pass through, but for Redis."""
    found: dict[str, float] = {}
    for process_id, command in tickcast.processes().items():
        for part in ("gunicorn", "stream_main", "fetcher@"):
            if part in command:
                pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
                found[part] = found.get(part, 0) + pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return found


@pytest.mark.timeout(60 * MINUTES + 900)
def test_more_than_can_be_stored_is_refused_and_counted(tmp_path: Path) -> None:
    """Eight connections send as fast as they can: CAMPAIGN_OVERLOAD_MINUTES varies how long."""
    with RunningTickcast(tmp_path / "data") as tickcast:
        lock, numbers = threading.Lock(), iter(range(10**9))
        accepted: list[int] = []
        statuses: dict[int, int] = {}
        until = time.monotonic() + 60 * MINUTES

        def send() -> None:
            connection = HTTPConnection("127.0.0.1", tickcast.port, timeout=60)
            while time.monotonic() < until:
                with lock:
                    number = next(numbers)
                status = _post(connection, tickcast.key, _overload_body(number))
                with lock:
                    statuses[status] = statuses.get(status, 0) + 1
                    if status == 202:
                        accepted.append(number)

        senders = [threading.Thread(target=send) for _ in range(SENDERS)]
        for one in senders:
            one.start()
        time.sleep(60 * MINUTES / 5)
        early = _memory_mib(tickcast)
        for one in senders:
            one.join()
        late = _memory_mib(tickcast)
        client = connect(tickcast.settings.redis_address)
        deadline = time.monotonic() + 600
        while client.zcard("index:intake") or client.zcard("index:history"):
            assert time.monotonic() < deadline, "what was accepted is not stored"
            time.sleep(0.5)
        wrong = count = 0
        for place in range(SYMBOLS):
            own = sorted(number for number in accepted if number % SYMBOLS == place)
            for resolution in (60, 86_400):
                held = stored(client, f"C{place}-USD", resolution)
                expected = _expected(own, resolution)
                wrong += sum(held.get(at) != one for at, one in expected.items())
                wrong += len(held.keys() - expected.keys())
            count += sum(round(one[FIELDS.index("trades")]) for one in held.values())
        seconds = 60 * MINUTES
        print(
            f"\n{seconds:.0f} s of overload: answers {statuses}, {count / seconds:,.0f} trades/s "
            f"stored, lost {len(accepted) * TRADES_A_BODY - count}, wrong candles {wrong}, "
            f"memory MiB after a fifth {early}, at the end {late}"
        )
    assert statuses.keys() <= {202, 429}
    assert count == len(accepted) * TRADES_A_BODY
    assert wrong == 0
    assert all(late[part] < 1.3 * early[part] + 50 for part in late)
