"""`python -m feeds.simulator.metatrader`: a virtual terminal that feeds and trades."""

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

from core.clock.clocks import check_zone
from core.clock.resolutions import DAY
from core.errors import TickcastError
from feeds.simulator.metatrader.account import Slippage
from feeds.simulator.metatrader.broker import USUAL_ZONE, Broker
from feeds.simulator.metatrader.feed_agent import FeedAgent
from feeds.simulator.metatrader.markets import INSTRUMENTS, NOISE, PLANTED, MadeMarket
from feeds.simulator.metatrader.running import Agent, Terminal
from feeds.simulator.metatrader.trader_agent import Inputs, TraderAgent
from feeds.simulator.metatrader.web_request import Caller, Unreliable, WebRequest

EDGES = {"planted": PLANTED, "noise": NOISE}
# Prices are made so far ahead: a run that is longer ends there.
AHEAD_DAYS = 8


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run until interrupted or over, and return the exit status."""
    given = _parser().parse_args(arguments)
    try:
        terminal = _terminal(given)
    except (TickcastError, ValueError, OSError) as error:
        sys.stderr.write(f"simulator: {getattr(error, 'detail', error)}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    ends_at = time.monotonic() + min(60 * given.minutes or 1e9, AHEAD_DAYS * DAY)
    terminal.run(lambda: stop.is_set() or time.monotonic() > ends_at, stop.wait)
    return 0


def _terminal(given: argparse.Namespace) -> Terminal:
    now = time.time()
    zone = check_zone(given.zone)
    markets = [
        MadeMarket.make(
            INSTRUMENTS[symbol], int(now) - given.days * DAY, int(now) + AHEAD_DAYS * DAY,
            edge=EDGES[given.market], seed=given.seed, zone=zone, weekends=given.weekends,
        )
        for symbol in given.symbols.split(",")
    ]  # fmt: skip
    broker = Broker(
        markets, round(now * 1_000), zone=zone, suffix=given.suffix, mode=given.mode,
        program=given.program, clock_off_s=given.server_clock_off,
        slippage=Slippage(given.slippage, given.seed),
    )  # fmt: skip
    return Terminal(broker, _agents(given, broker), lambda line: sys.stdout.write(f"{line}\n"))


def _agents(given: argparse.Namespace, broker: Broker) -> list[Agent]:
    send: Caller = WebRequest(given.url, program=given.program)
    if given.lost or given.late:
        send = Unreliable(send, seed=given.seed, lost=given.lost, late=given.late)
    key = given.key_file.read_text(encoding="utf-8").strip()
    agents: list[Agent] = []
    if given.platform:
        agents.append(
            FeedAgent(broker, send, given.platform, key, gmt_off_s=given.computer_clock_off)
        )
    if given.trader:
        inputs = Inputs(trade=given.trade, suffix=given.suffix)
        agents.append(TraderAgent(broker, send, key, inputs, gmt_off_s=given.computer_clock_off))
    return agents


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m feeds.simulator.metatrader",
        description="A virtual MetaTrader terminal: made-up markets of a broker with a clock and "
        "names of its own, an agent that feeds them to Tickcast, and one that trades its signals.",
    )
    add = parser.add_argument
    add("--url", default="http://127.0.0.1:8000", help="address of Tickcast (%(default)s)")
    add("--key-file", type=Path, default=Path("var/owner.key"), help="its key (%(default)s)")
    add("--platform", default="", help="feed this platform; without it nothing is fed")
    add("--trader", action="store_true", help="ask for signals, report and send heartbeats")
    add("--trade", action="store_true", help="let the trader open positions")
    add("--symbols", default=",".join(INSTRUMENTS), help="markets (%(default)s)")
    add("--suffix", default="", help="what the broker adds to symbols, such as .m")
    add("--market", choices=sorted(EDGES), default="planted", help="an edge, or none")
    add("--days", type=int, default=90, help="days of history (%(default)s)")
    add("--weekends", action="store_true", help="markets never close")
    add("--zone", default=USUAL_ZONE, help="the server's clock (%(default)s)")
    add("--server-clock-off", type=int, default=0, help="seconds that it is wrong")
    add("--computer-clock-off", type=int, default=0, help="seconds that the terminal's own is")
    add("--mode", choices=("hedging", "netting"), default="hedging", help="kind of account")
    add("--program", choices=("mt4", "mt5"), default="mt5", help="which MetaTrader")
    add("--slippage", type=int, default=3, help="points that fills are worse at most")
    add("--lost", type=float, default=0.0, help="share of answers that get lost")
    add("--late", type=float, default=0.0, help="share of reports that come late")
    add("--seed", type=int, default=0, help="the same one makes the same prices")
    add("--minutes", type=float, default=0, help="end after so long; 0 goes on")
    return parser


if __name__ == "__main__":
    sys.exit(main())
