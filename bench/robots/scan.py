"""A thousand robots that ask for signals every fifteen seconds, each call on a new connection."""

import json
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.measure import percentile, show
from bench.running_tickcast import RunningTickcast
from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.robots.accounts import PRO
from feeds.simulator.metatrader.web_request import Answer, WebRequest
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.ledger.signal_rows import SealedSignal
from storage.stores import Stores, open_stores

ROBOTS, EVERY_S, ROUNDS = 1_000, 15.0, 4
# As many slots as 14 symbols have at six lengths of candles.
SYMBOLS = [f"PAIR{number:02}" for number in range(14)]
TIMEFRAMES = {"M5": 300, "M15": 900, "M30": 1_800, "H1": 3_600, "H4": 14_400, "D1": 86_400}
PLATFORM, HORIZON = "bench", 12
# Calls at once that the machine of the robots can make.
THREADS = 24
P50_MS, P99_MS = 5.0, 50.0


class Robot:
    """One terminal: its key, and the tag of the scan that it holds."""

    def __init__(self, url: str, key: str) -> None:
        self._send = WebRequest(url)
        self._key_line = f"X-API-Key: {key}\r\n"
        self._tag = ""

    def scan(self) -> tuple[float, Answer]:
        """Ask once; returns the milliseconds until the answer was read, and the answer."""
        known = f"If-None-Match: {self._tag}\r\n" if self._tag else ""
        begun = time.perf_counter()
        answer = self._send("GET", "/api/scan", self._key_line + known)
        taken = 1_000 * (time.perf_counter() - begun)
        self._tag = answer.header("ETag") or self._tag
        return taken, answer


def run() -> None:
    """Print how long scans took, and how many were answered 304."""
    markets = json.dumps({symbol: list(TIMEFRAMES) for symbol in SYMBOLS})
    horizons = json.dumps(dict.fromkeys(TIMEFRAMES, HORIZON))
    with (
        tempfile.TemporaryDirectory(prefix="tickcast-bench-") as folder,
        RunningTickcast(
            Path(folder) / "data",
            signal_platform=PLATFORM, signal_markets=markets, signal_horizons=horizons,
        ) as tickcast,
    ):  # fmt: skip
        stores = open_stores(tickcast.settings)
        robots = [Robot(tickcast.url, key) for key in _keys(stores)]
        stores.board.put([_signal(target) for target in _targets()])
        stores.close()
        _poll(robots, 1)
        polled = _poll(robots, ROUNDS)
    _show([taken for taken, _ in polled], [answer for _, answer in polled])


def _poll(robots: list[Robot], rounds: int) -> list[tuple[float, Answer]]:
    """Let every robot ask so many times, evenly over the time; returns what each call took."""
    found: list[tuple[float, Answer]] = []
    lock = threading.Lock()

    def ask(robot: Robot) -> None:
        one = robot.scan()
        with lock:
            found.append(one)

    begun, pause = time.monotonic(), EVERY_S / len(robots)
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(rounds * len(robots)):
            time.sleep(max(begun + number * pause - time.monotonic(), 0.0))
            pool.submit(ask, robots[number % len(robots)])
    return found


def _show(taken: list[float], answers: list[Answer]) -> None:
    statuses = [answer.status for answer in answers]
    named = ", ".join(f"{status}: {statuses.count(status):,}" for status in sorted(set(statuses)))
    p50, p99 = percentile(taken, 0.5), percentile(taken, 0.99)
    show(
        f"{ROBOTS:,} robots, a scan of {len(SYMBOLS) * len(TIMEFRAMES)} slots "
        f"every {EVERY_S:g} s, connections included",
        {
            "p50": f"{p50:.1f} ms (goal < {P50_MS:g} ms: {_met(p50, P50_MS)})",
            "p99": f"{p99:.1f} ms (goal < {P99_MS:g} ms: {_met(p99, P99_MS)})",
            "answers": named,
        },
    )


def _met(value: float, goal: float) -> str:
    return "met" if value < goal else "MISSED"


def _keys(stores: Stores) -> list[str]:
    """Return a key of an account of its own for each robot."""
    made = [stores.accounts.create(NewAccount(user_name=f"r{n}"), PRO) for n in range(ROBOTS)]
    return [stores.keys.create(SUBSCRIBER, a.user_name, account_id=a.id)[0] for a in made]


def _targets() -> list[ForecastTarget]:
    return [
        ForecastTarget(PLATFORM, symbol, length, HORIZON, "barrier_signals")
        for symbol in SYMBOLS
        for length in TIMEFRAMES.values()
    ]


def _signal(target: ForecastTarget) -> SealedSignal:
    """Return a signal from the candle that closed last; the board shows it, no ledger has it."""
    now = now_ms() // 1_000
    first = now // target.resolution * target.resolution
    return SealedSignal(
        seq=abs(hash(target)) % 10**9 + 1, made_at=first * 1_000 + 2_000,
        platform=target.platform, symbol=target.symbol, resolution=target.resolution,
        horizon=target.horizon, model=target.model, prev_hash="0" * 64, hash="1" * 64,
        opening=first + (target.horizon - 1) * target.resolution, first_opening=first,
        input_end=first, type="buy", confidence=0.55, probability_hold=0.2, probability_buy=0.55,
        probability_sell=0.25, current_price=1.1, take_profit=1.1022, stop_loss=1.0989,
        expected_percent=0.05, costs_bps=1.3, spread_bps=1.0, reason="Buy: made for the bench.",
        signal_id=str(target)[-36:], model_hash="a" * 64, data_hash="b" * 64,
    )  # fmt: skip
