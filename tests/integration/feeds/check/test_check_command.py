"""`tickcast check` as it is run, against the simulator as it is run, sound and with deviations."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from feeds.check.exchange import check_exchange
from feeds.venues import CONNECTORS
from tests.exchange_candles import write_candles
from tests.exchange_files import write_trades
from tests.trade_oracle import RawTrade

MARKETS = [("coinbase", "BTC-USD"), ("binance", "BTCUSDT")]
PROBES = ["candles by REST", "clock", "rate limit", "live feed", "kinds of messages",
          "trades by REST", "trade ids", "candles from trades"]  # fmt: skip
# Played so fast, three seconds hold some minutes of the market.
SPEED, SECONDS = 240, 3
MINUTES, HELD_BY_TRADES = 70, 30


def write_market(
    folder: Path, platform: str, symbol: str, *, extra_volume: float = 0.0, without: int = -1
) -> None:
    """Write the last 70 minutes' candles, and the trades of 30 of them, which make theirs."""
    begun = int(time.time()) // 60 * 60 - 60 * (MINUTES - 5)
    rows, trades = [], []
    for minute in range(MINUTES):
        opening = begun + 60 * minute
        sizes = [f"0.0{minute + 10}{n}" for n in range(6)]
        prices = [f"{100 + (7 * minute + 3 * n) % 11}.5" for n in range(6)]
        if minute < HELD_BY_TRADES:
            trades += [
                RawTrade(5_000 + 6 * minute + n, (opening + 10 * n) * 1_000_000, price, size)
                for n, (price, size) in enumerate(zip(prices, sizes, strict=True))
            ]
        told = [float(price) for price in prices]
        volume = float(sum(map(Decimal, sizes))) + extra_volume
        rows.append([opening, told[0], max(told), min(told), told[-1], volume])
    write_candles(folder, platform, symbol, 60, rows)
    write_trades(folder, platform, symbol, [one for one in trades if one.trade_id != without])


@contextmanager
def simulated(folder: Path, *options: object) -> Iterator[str]:
    command = [sys.executable, "-m", "feeds.simulator", "--data", folder, "--port", 0,
               "--speed", SPEED, *options]  # fmt: skip
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.communicate(timeout=20)


def checked(address: str, platform: str, symbol: str, *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "client.cli", "check", platform, symbol, "--seconds",
               str(SECONDS), "--exchange-url", address, *words]  # fmt: skip
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, timeout=90)
    return done.returncode, done.stdout, done.stderr


def findings(out: str) -> dict[str, tuple[str, str]]:
    told: dict[str, Any] = json.loads(out)
    assert [one["probe"] for one in told["findings"]] == PROBES
    return {one["probe"]: (one["result"], one["said"]) for one in told["findings"]}


@pytest.mark.parametrize(("platform", "symbol"), MARKETS)
def test_a_sound_exchange_passes_every_probe(tmp_path: Path, platform: str, symbol: str) -> None:
    write_market(tmp_path, platform, symbol)
    with simulated(tmp_path) as address:
        code, out, err = checked(address, platform, symbol, "--json")

    results = {probe: result for probe, (result, _) in findings(out).items()}
    assert results == dict.fromkeys(PROBES, "ok"), out
    assert (code, err, json.loads(out)["passed"]) == (0, "", True)


@pytest.mark.parametrize(
    ("market", "options", "probe", "said"),
    [
        ({"extra_volume": 0.5}, [], "candles from trades", "the volume of"),
        ({}, ["--clock-offset", "90"], "clock", "s off ours, more than 5 s"),
        ({}, ["--fault", "429@1"], "rate limit", "request 1 of 10"),
        ({"without": 5_002}, [], "trade ids", "the first is 5002"),
    ],
)
def test_one_deviation_fails_its_probe_by_name(
    tmp_path: Path, market: dict[str, Any], options: list[str], probe: str, said: str
) -> None:
    write_market(tmp_path, "coinbase", "BTC-USD", **market)
    with simulated(tmp_path, *options) as address:
        code, out, _ = checked(address, "coinbase", "BTC-USD", "--json")

    result, told = findings(out)[probe]
    assert (code, result) == (1, "failed"), out
    assert said in told


def test_what_a_feed_leaves_out_is_warned_of_and_fails_nothing(tmp_path: Path) -> None:
    write_market(tmp_path, "coinbase", "BTC-USD")
    with simulated(tmp_path, "--fault", "gap@0.5") as address:
        code, out, _ = checked(address, "coinbase", "BTC-USD", "--json")

    result, told = findings(out)["trade ids"]
    assert (code, result) == (0, "warning"), out
    assert "the feed left out" in told


def test_people_read_a_line_a_probe_and_what_failed(tmp_path: Path) -> None:
    write_market(tmp_path, "coinbase", "BTC-USD")
    with simulated(tmp_path, "--clock-offset", "90") as address:
        code, out, err = checked(address, "coinbase", "BTC-USD")

    assert code == 1
    assert all(probe in out for probe in PROBES)
    assert out.rstrip().endswith("Failed: clock.")
    assert "listening to it for 3 s" in err


def test_a_venue_without_connector_says_what_is_not_possible(tmp_path: Path) -> None:
    write_market(tmp_path, "coinbase", "BTC-USD")
    with simulated(tmp_path) as address:
        code, out, _ = checked(address, "kraken", "BTC-USD", "--json")

    told = findings(out)
    assert (code, told["candles by REST"][0]) == (1, "failed")
    assert {told[probe][0] for probe in PROBES[3:]} == {"not possible here"}
    assert "no connector for the trades of kraken" in told["live feed"][1]


@pytest.mark.parametrize("extra_volume", [0.0, 0.5])
def test_a_venue_without_connector_is_asked_for_its_trades_through_ccxt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra_volume: float
) -> None:
    monkeypatch.delitem(CONNECTORS, "coinbase")
    write_market(tmp_path, "coinbase", "BTC-USD", extra_volume=extra_volume)
    with simulated(tmp_path) as address:
        report = check_exchange("coinbase", "BTC-USD", 1, address)

    told = {one.probe: (one.result.value, one.said) for one in report.findings}
    assert list(told) == PROBES
    assert told["live feed"][0] == "not possible here"
    assert told["trades by REST"][0] == told["trade ids"][0] == "ok"
    result, said = told["candles from trades"]
    assert result == ("warning" if extra_volume else "ok"), said
    assert ("Whether REST left out trades" in said) == bool(extra_volume)
    assert report.passed
