"""`make demo-fx`: a server with three made-up markets, signals, and a robot that trades them."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.clock.resolutions import DAY
from core.clock.times import format_time
from core.process.lifetime import die_with_parent
from feeds.simulator.metatrader.account import Refused, Slippage
from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.feed_agent import FeedAgent
from feeds.simulator.metatrader.markets import H1, INSTRUMENTS, M5, MadeMarket
from feeds.simulator.metatrader.running import Agent, Terminal
from feeds.simulator.metatrader.trader_agent import Inputs, TraderAgent
from feeds.simulator.metatrader.web_request import Caller, WebRequest

PLATFORM, SUFFIX = "demo-fx", ".m"
HISTORY_DAYS = 21
# How many candles ahead the demo's signals look: the fewest for which models are asked for by hand.
HORIZON = 6
# Tests of each model before it speaks: fewer than usual, so that it does at the next close.
FOLDS = 2
READY = re.compile(r"Tickcast is ready: (http://\S+?)/app#key=(\S+)")
STOP_S = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Run until some trades are over, the time is, or Ctrl-C; return the exit code."""
    given = _parser().parse_args(arguments)
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    given.data_dir.mkdir(parents=True, exist_ok=True)
    print(
        "Three made-up markets that never close, with an edge planted in them: nothing is real.",
        flush=True,
    )
    with _server(given.data_dir, given.port, stop) as address:
        if address is None:
            return 0 if stop.is_set() else 1
        url, key = address
        print(f"Watch it: {url}/app#key={key}\nCtrl-C ends it.\n", flush=True)
        terminal, trader = _terminal(url, key, given.seed)
        ends_at = time.monotonic() + 60 * given.minutes
        terminal.run(
            lambda: (
                stop.is_set() or time.monotonic() > ends_at or _has_seen_enough(terminal.broker)
            ),
            stop.wait,
        )
        _close_all(terminal.broker, trader)
        print(_summary(terminal.broker), flush=True)
    return 0


@contextmanager
def _server(data_dir: Path, port: int, stop: threading.Event) -> Iterator[tuple[str, str] | None]:
    """Yield address and key of a server of the demo's own once it is ready, None if it ends."""
    log = data_dir / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "operate.run"],
            env=_environment(data_dir, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while process.poll() is None and not stop.is_set():
            if found := READY.search(log.read_text(errors="replace")):
                yield found[1], found[2]
                return
            stop.wait(0.2)
        if not stop.is_set():
            sys.stderr.write(log.read_text(errors="replace")[-2_000:])
        yield None
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(STOP_S)


def _environment(data_dir: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TICKCAST_")}
    markets = ", ".join(f'"{symbol}": ["M5"]' for symbol in INSTRUMENTS)
    return kept | {
        "TICKCAST_DATA_DIR": str(data_dir),
        "TICKCAST_PORT": str(port),
        "TICKCAST_SIGNAL_PLATFORM": PLATFORM,
        "TICKCAST_SIGNAL_MARKETS": f"{{{markets}}}",
        "TICKCAST_SIGNAL_HORIZONS": f'{{"M5": {HORIZON}}}',
        # No more than the broker has: what it lacks would be asked for again and again.
        "TICKCAST_FEED_HISTORY_BARS": str(HISTORY_DAYS * DAY // M5 - 1),
    }


def _terminal(url: str, key: str, seed: int) -> tuple[Terminal, TraderAgent]:
    now = time.time()
    markets = [
        MadeMarket.make(
            one, int(now) - HISTORY_DAYS * DAY, int(now) + DAY, seed=seed, weekends=True
        )
        for one in INSTRUMENTS.values()
    ]
    broker = Broker(
        markets, round(now * 1_000), suffix=SUFFIX, balance=100_000.0, slippage=Slippage(2, seed)
    )
    send = WebRequest(url)
    trader = TraderAgent(broker, send, key, Inputs(trade=True, suffix=SUFFIX, most_lots=5.0))
    feed = FeedAgent(broker, send, PLATFORM, key)
    agents: list[Agent] = [feed, FirstModels(feed, broker, send, key), trader]
    return Terminal(broker, agents, lambda line: print(f"  {line}", flush=True)), trader


class FirstModels:
    """Has models trained as soon as their candles are there, instead of when the schedule looks."""

    def __init__(self, feed: FeedAgent, broker: Broker, send: Caller, key: str) -> None:
        self._feed, self._broker, self._send = feed, broker, send
        self._headers = (
            f"X-API-Key: {key}\r\nContent-Type: application/json\r\nPrefer: respond-async"
        )
        self._lacking = [market.instrument.symbol for market in broker.markets.values()]
        self._problem = self._asked = ""

    def on_timer(self) -> None:
        """Ask for the next market's models once the server holds the history."""
        if not self._lacking or self._feed.accepted < self._history():
            return
        wanted = {"symbol": self._lacking[0], "platform": PLATFORM, "horizons": [HORIZON]}
        body = json.dumps({**wanted, "folds": FOLDS}).encode()
        told = self._send("POST", "/api/v1/models/train", self._headers, body)
        if told.status in (200, 202, 409):  # 409: the schedule was first
            self._lacking.pop(0)
            close = (self._broker.now_ms // 1_000 // M5 + 1) * M5
            self._asked = f"at {_utc(close)} at the earliest"
        self._problem = "" if told.status == 409 else told.problem("models")

    def _history(self) -> int:
        """Return how many bars of both lengths the broker has."""
        now = self._broker.now_ms // 1_000
        fives = sum(int(one.finished(now).stop) for one in self._broker.markets.values())
        return fives + fives * M5 // H1

    def state(self) -> str:
        """Return in a line when the first signals may come."""
        if self._problem or self._lacking:
            return self._problem
        return f"models: being trained; the first signals come when a candle closes, {self._asked}"


def _utc(second: int) -> str:
    return format_time(second * 1_000)[11:19] + " UTC"


def _has_seen_enough(broker: Broker) -> bool:
    """Say whether as many trades are over as there are markets.

    One of each takes half an hour more wherever prices reach no exit.
    """
    over = [deal for deal in broker.account.deals if deal.entry == "out"]
    return len(over) >= len(broker.markets)


def _close_all(broker: Broker, trader: TraderAgent) -> None:
    for position in list(broker.account.positions):
        try:
            broker.account.close(position.identifier)
        except Refused as refusal:
            print(f"  {position.symbol}: {refusal}", flush=True)
    trader.report()


def _summary(broker: Broker) -> str:
    deals = broker.account.deals
    closed = [deal for deal in deals if deal.entry == "out"]
    earned = sum(deal.profit + deal.commission for deal in deals)
    if not deals:
        return "\nNothing was traded: models were still being trained, or no signal to trade came."
    return f"\n{len(closed)} trades, {earned:+.2f} USD of made-up money on made-up markets."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operate.commands.demo_fx", description=__doc__)
    add = parser.add_argument
    add("--data-dir", type=Path, default=Path("var/demo-fx"), help="its folder (%(default)s)")
    add("--port", type=int, default=8000, help="its port (%(default)s)")
    add("--minutes", type=float, default=45, help="end after so long (%(default)s)")
    add("--seed", type=int, default=0, help="the same one makes the same prices")
    return parser


if __name__ == "__main__":
    sys.exit(main())
