"""From a broker's bars to signals, trades and executions, beside an oracle that knows prices."""

import json
from typing import Any, NamedTuple

import numpy as np
import pytest

from core.ledger import SIGNALS
from core.signals import HOLD
from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.markets import M5, NOISE, TICK_S, TICKS, MadeMarket
from feeds.simulator.metatrader.trader_agent import TraderAgent
from feeds.simulator.metatrader.web_request import Unreliable
from storage.ledger.ledger_verify import verify_ledger
from storage.ledger.signal_rows import SealedSignal
from tests.integration.ea.stage import HORIZON, Stage

CLOSES = 60
# The trader asks so long after a close (s), and looks after its positions once more later.
ASKS, LOOKS = 4, 34


class Expected(NamedTuple):
    """What should have become of a signal."""

    entry: float
    exit: float
    result: str


def test_planted_signals_are_traded_and_every_execution_is_told_as_it_was(stage: Stage) -> None:
    broker = stage.broker(days=21)
    feed = stage.feed(broker, content_type="text/plain")
    stage.backfill(feed)
    stage.offer()
    line = Unreliable(stage.line(), seed=3, lost=0.2, late=0.2)
    trader = _trader(stage, broker, line)
    sealed: list[SealedSignal] = []
    for number, close in enumerate(stage.closes(CLOSES, broker)):
        feed.pace.now()
        feed.on_timer()
        assert stage.sealer.run() == 1
        sealed.append(_newest(stage))
        stage.to(close + ASKS, broker)
        if number == CLOSES // 2:
            trader = _trader(stage, broker, line)  # its computer was switched off
        trader.scans.now()
        trader.on_timer()
        assert {item["pred_id"] for item in trader.items.values()} == {sealed[-1].seq}
        stage.to(close + LOOKS, broker)
        trader.reports.now()
        trader.on_timer()
    _tell_all(stage, broker, trader, line)
    (market,) = broker.markets.values()
    spoken = [row for row in sealed if row.type != HOLD]
    assert len(spoken) >= 20
    right = [row.type == _carried_on(market, row) for row in spoken]
    assert np.mean(right) >= 0.95
    _executions_are(stage, {row.seq: _oracle(market, row, stage.now) for row in spoken}, spoken)
    assert verify_ledger(stage.stores.engine, stage.stores.heads, SIGNALS).ok


def test_noise_is_not_traded(stage: Stage) -> None:
    broker = stage.broker(days=21, edge=NOISE)
    feed = stage.feed(broker)
    stage.backfill(feed)
    stage.offer()
    trader = _trader(stage, broker, stage.line())
    words = []
    for close in stage.closes(20, broker):
        feed.pace.now()
        feed.on_timer()
        assert stage.sealer.run() == 1
        stage.to(close + ASKS, broker)
        trader.scans.now()
        trader.on_timer()
        words += [item["signal"] for item in trader.items.values()]
    assert len(words) == 20
    assert sum(word != "NO_TRADE" for word in words) <= 1


def _trader(stage: Stage, broker: Broker, send: Any) -> TraderAgent:
    return stage.trader(broker, send, most_positions=1_000, risk_percent=0.1)


def _newest(stage: Stage) -> SealedSignal:
    return stage.stores.board.newest([stage.target])[stage.target]


def _carried_on(market: MadeMarket, row: SealedSignal) -> str:
    """Return the side of the last candle's return, of which the next carries on a part."""
    place = int(np.searchsorted(market.times, row.first_opening))
    closes = market.bids[place - 2 : place, -1]
    return "buy" if closes[1] > closes[0] else "sell"


def _tell_all(stage: Stage, broker: Broker, trader: TraderAgent, line: Unreliable) -> None:
    """Let what is left be told, however often the line breaks."""
    for _ in range(200):
        if not trader.untold():
            break
        stage.to(stage.now + 1, broker)
        trader.reports.now()
        trader.report()
    line.send_held()
    assert trader.untold() == 0
    assert trader.refused == []


def _oracle(market: MadeMarket, row: SealedSignal, until: int) -> Expected | None:
    """Return what the prices say of a signal: entered when it was asked for, left at its exits.

    None where nothing could be entered or its end has not come.
    """
    asked, end = row.first_opening + ASKS, row.opening + M5 + ASKS
    assert row.take_profit
    assert row.stop_loss
    profit, stop = round(row.take_profit, 5), round(row.stop_loss, 5)
    side = 1 if row.type == "buy" else -1
    place = int(np.searchsorted(market.times, asked, "right")) - 1
    first = place * TICKS + (asked - int(market.times[place])) // TICK_S
    ticks = np.repeat(market.times, TICKS) + np.tile(np.arange(TICKS) * TICK_S, len(market.times))
    bids = market.bids.ravel()
    asks = np.round(bids + np.repeat(market.spreads, TICKS) * 1e-5, 5)
    entry = asks[first] if side == 1 else bids[first]
    outs = bids if side == 1 else asks
    if side * (entry - stop) <= 0 or side * (profit - entry) <= 0:
        return None
    for tick in range(first + 1, len(ticks)):
        if ticks[tick] > min(end, until):
            break
        if side * (outs[tick] - stop) <= 0:
            return Expected(entry, outs[tick], "SL")
        if side * (outs[tick] - profit) >= 0:
            return Expected(entry, profit, "TP")
    if end > until:
        return Expected(entry, float("nan"), "open")
    return Expected(entry, outs[tick - 1], "TIME")


def _executions_are(
    stage: Stage, expected: dict[int, Expected | None], spoken: list[SealedSignal]
) -> None:
    answer = stage.line()(
        "GET", "/api/account/executions?limit=1000", f"X-API-Key: {stage.key}\r\n"
    )
    assert answer.status == 200, answer.body
    told = {row["pred_id"]: row for row in json.loads(answer.body)["executions"]}
    assert set(told) == {seq for seq, one in expected.items() if one}
    sides = {row.seq: row.type.upper() for row in spoken}
    for seq, row in told.items():
        one = expected[seq]
        assert one
        assert (row["symbol"], row["timeframe"], row["signal"]) == ("EURUSD", "M5", sides[seq])
        assert row["matched"]
        assert row["entry_price"] == pytest.approx(one.entry, abs=1e-9)
        assert (row["result"] or "open") == one.result
        if one.result != "open":
            assert row["exit_price"] == pytest.approx(one.exit, abs=1e-9)
    assert {row["result"] for row in told.values()} >= {"TP", "SL"}
    assert HORIZON * M5 == 1_800  # long enough that some end at a barrier
