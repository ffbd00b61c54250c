"""Sealed signals are decided of once, in the chain before their orders, and only where skill is."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from core.settings import Settings
from core.trading.decisions import TradingConfig
from core.trading.shadows import SHADOWS, shadow_of
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from storage.trades.tickers import Ticker, TickerStore
from tasks.trading.decide_signals import SignalDecisions
from tests.made_signals import TARGET, unsealed
from tests.traders import begun_trader

WANTED = TradingConfig(
    enabled=True,
    symbols=("BTCUSD",),
    markets=((TARGET.platform, TARGET.symbol),),
    timeframe="5m",
    min_confidence=0.5,
)
SKILLED = {"verdict": "skilled", "side": "buy"}


@pytest.fixture
def decide(stores: Stores, redis_settings: Settings) -> Callable[[], int]:
    """A pass of the trader: decisions of what is sealed, then what is to be carried out."""
    settings = redis_settings.model_copy(update={"risk_notional": 0.5, "order_latency_ms": 0})
    trader, token = begun_trader(stores, settings)
    decisions = SignalDecisions(stores.decisions, stores.sealed, trader)

    def once() -> int:
        tickers = TickerStore(stores.redis)
        tickers.write(TARGET.platform, [Ticker(TARGET.symbol, now_ms(), bid=100.0, ask=100.01)])
        ordered = decisions.decide(token)
        trader.carry_out(token)
        return ordered

    return once


def seal(stores: Stores, **other: Any) -> None:
    """Seal a signal to buy at 100, with exits at 99 and 102."""
    stores.sealed.append([unsealed(**other)])


def test_a_skilled_signal_is_ordered_once_with_its_own_exits(
    stores: Stores, decide: Callable[[], int]
) -> None:
    stores.decisions.change(0, WANTED, "test")
    seal(stores, **SKILLED)
    assert (decide(), decide()) == (1, 0)
    (decided,) = stores.decisions.page(0, 10)
    assert (decided.state, decided.decision.action) == ("sent", "BUY")
    (order,) = stores.trading.orders(0, 10)
    assert order.client_order_id == decided.decision.id == "dec-first"
    assert (order.body["stop_loss"], order.body["take_profit"]) == (99.0, 102.0)
    # 2% of 10,000 at risk would be 198 coins; half of equity buys 49.99.
    assert order.body["volume"] == 49.995
    assert order.body["signal_hash"] == stores.sealed.newest([TARGET])[0].hash
    for chain in ("decisions", "orders"):
        assert verify_ledger(stores.engine, stores.heads, chain).ok


@pytest.mark.parametrize(
    ("signal", "changes", "reason"),
    [
        ({"verdict": "unproven", "side": "buy"}, {}, "unproven"),
        ({**SKILLED, "type": "hold"}, {}, "abstained"),
        (SKILLED, {"min_confidence": 0.9}, "low_confidence"),
        ({**SKILLED, "stop_loss": 100.5}, {}, "passed"),
    ],
)
def test_what_speaks_against_a_position_is_recorded_as_its_reason(
    stores: Stores,
    decide: Callable[[], int],
    signal: dict[str, Any],
    changes: dict[str, Any],
    reason: str,
) -> None:
    stores.decisions.change(0, replace(WANTED, **changes), "test")
    seal(stores, **signal)
    assert decide() == 0
    (decided,) = stores.decisions.page(0, 10)
    assert (decided.state, decided.decision.action) == ("none", "HOLD")
    assert decided.decision.reason == reason
    assert stores.trading.orders(0, 10) == []


def test_an_order_without_proven_skill_is_branded(
    stores: Stores, decide: Callable[[], int]
) -> None:
    stores.decisions.change(0, replace(WANTED, require_skill=False), "test")
    seal(stores, verdict="unproven", side="buy", type="hold")
    assert decide() == 1
    (decided,) = stores.decisions.page(0, 10)
    assert decided.decision.override
    (order,) = stores.trading.orders(0, 10)
    assert order.body["override"]


def test_a_decision_that_waits_is_ordered_when_its_account_confirms_it_and_no_other(
    stores: Stores, decide: Callable[[], int]
) -> None:
    stores.decisions.change(0, replace(WANTED, require_confirmation=True), "test")
    seal(stores, **SKILLED)
    decide()
    assert stores.trading.orders(0, 10) == []
    with pytest.raises(NotFound):
        stores.decisions.confirm(7, "dec-first", "another")
    assert stores.decisions.confirm(0, "dec-first", "me").state == "confirmed"
    with pytest.raises(Conflict):
        stores.decisions.reject(0, "dec-first", "me")
    decide()
    (order,) = stores.trading.orders(0, 10)
    assert order.state == "sent"


def test_shadow_accounts_trade_beside_it_by_the_same_engine(
    stores: Stores, decide: Callable[[], int]
) -> None:
    stores.decisions.change(0, WANTED, "test")
    seal(stores, **SKILLED)
    assert decide() == 1
    decide()
    beside = {name: stores.trading.orders(shadow_of(0, name), 10) for name in SHADOWS}
    assert beside["always_flat"] == []
    (order,) = beside["ignore_model"]
    assert (order.state, order.client_order_id) == ("sent", "dec-first")
    (mine,) = stores.trading.orders(0, 10)
    distance = {one.account_id: abs(one.body["stop_loss"] - one.body["take_profit"])
                for one in (mine, order)}  # fmt: skip
    assert distance[0] == distance[order.account_id] == 3.0
    assert {one.client_order_id for one in beside["coin_flip"]} <= {"dec-first"}
    for name in SHADOWS:
        assert stores.trading.get(shadow_of(0, name)) is not None
    stores.switches.change(0, "HALTED", "a test", "test")
    decide()
    flipped = stores.trading.get(shadow_of(0, "coin_flip"))
    assert flipped is not None
    assert flipped.state == "HALTED"


def test_a_change_of_what_was_changed_meanwhile_is_refused(stores: Stores) -> None:
    first = stores.decisions.change(0, WANTED, "one", 0)
    assert stores.decisions.change(0, WANTED, "another", first.version).version == 2
    with pytest.raises(Conflict):
        stores.decisions.change(0, WANTED, "one", first.version)
    assert stores.decisions.config(0).changed_by == "another"
