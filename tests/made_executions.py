"""Positions of three brokers with equal tickets, what their terminals report, and what is true."""

import random
from typing import Any

from core.clock.times import format_time

BROKERS = (None, {"login": 7, "server": "Alpha-Live"}, {"login": 7, "server": "Beta-Demo"})
_CLOSING = ("exit_price", "pnl", "commission", "swap", "result")


def made_positions(count: int, now: int, seed: int = 14) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what is true of positions at `now` (epoch s), by terminal and ticket."""
    chance, found = random.Random(seed), dict[tuple[str, int], dict[str, Any]]()
    for number in range(count):
        broker = BROKERS[number % len(BROKERS)]
        opened = now - chance.randrange(400, 2_000_000) // 7 * 7
        truth = {
            "ticket": 100_000 + number // len(BROKERS), "account": broker,
            "symbol": chance.choice(["EURUSD", "XAUUSD", "GBPUSD"]),
            "timeframe": chance.choice(["M15", "H1", "H4"]),
            "signal": chance.choice(["BUY", "SELL"]),
            "confidence": round(chance.random(), 4), "opened_at": format_time(opened * 1_000),
            "entry_price": round(chance.uniform(1, 2), 5), "volume": 1.0,
        }  # fmt: skip
        parts = chance.randrange(0, 4)
        truth["parts"] = [_part(chance, part / 4) for part in range(1, parts + 1)]
        if chance.random() < 0.8:
            closed = {"closed_at": format_time((opened + 300) * 1_000)}
            truth["parts"].append(_part(chance, 1.0) | closed)
        terminal = "" if broker is None else f"{broker['server']}:{broker['login']}"
        found[terminal, truth["ticket"]] = truth
    return found


def _part(chance: random.Random, volume: float) -> dict[str, Any]:
    return {
        "closed_volume": volume,
        "exit_price": round(chance.uniform(1, 2), 5),
        "pnl": round(chance.uniform(-50, 60), 2),
        "commission": round(-chance.random(), 2),
        "swap": round(-chance.random(), 2),
        "result": chance.choice(["TP", "SL", "SO", "MANUAL"]),
    }


def made_reports(
    truth: dict[str, Any], chance: random.Random
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return one to five reports of a position, some with nulls, and what they say together."""
    opening = {name: value for name, value in truth.items() if name != "parts"}
    stages = [opening, *(opening | part for part in truth["parts"])]
    last = chance.randrange(len(stages))
    chosen = sorted(chance.sample(range(last + 1), min(last + 1, chance.randint(1, 5))))
    reports = []
    for stage in chosen:
        told = dict(stages[stage])
        for name in ("confidence", "volume", *_CLOSING):
            if name in told and chance.random() < 0.3:
                told[name] = None
        reports.append(told)
    expected: dict[str, Any] = {}
    for told in reports:
        expected |= {name: value for name, value in told.items() if value is not None}
    repeated = [chance.choice(reports) for _ in range(chance.randint(0, 5 - len(reports)))]
    return reports + repeated, expected
