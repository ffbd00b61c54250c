"""`python -m feeds.simulator --data DIR --port 9300`: an exchange made of files."""

import argparse
import sys
from pathlib import Path

from feeds.simulator.running import run_simulator
from feeds.simulator.server import SimulatorOptions


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and serve until interrupted."""
    given = _parser().parse_args(arguments)
    options = SimulatorOptions(
        data=given.data,
        fault=given.fault,
        seed=given.seed,
        shift_to_now=given.shift_to_now,
        speed=given.speed,
        clock_offset_s=given.clock_offset,
    )
    return run_simulator(options, given.host, given.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m feeds.simulator",
        description="Serve Coinbase Exchange's and Binance's public REST and WebSocket protocols "
        "from files: DATA/candles/{coinbase,binance}/SYMBOL/SECONDS.csv[.gz] and "
        "DATA/trades/{coinbase,binance}/SYMBOL.csv[.gz].",
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder that holds candles/ and trades/")
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=9300, help="port to listen on (%(default)s; 0: a free one)")
    add("--fault", default="", help="fail at random: 429@0.1,500@0.05,drop@0.02,gap@0.01")
    add("--seed", type=int, help="make the faults repeatable")
    add("--shift-to-now", action="store_true", help="the files end at the present and go on")
    add("--speed", type=float, default=1.0, help="how fast time goes on (%(default)s)")
    add("--clock-offset", type=float, default=0.0, help="seconds that the market's clock is ahead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
