"""What an account wants traded by itself, and what was decided for it, over HTTP."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from core.clock.times import now_ms
from core.series import Market
from core.settings import Settings
from core.trading.orders import PlaceOrder
from storage.access.access_keys import TRADER
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from storage.trades.tickers import Ticker, TickerStore
from storage.trading.commands import NewCommand
from tasks.trading.decide_signals import SignalDecisions
from tasks.trading.stop_failing import StoppingRules
from tests.integration.api.conftest import Api
from tests.integration.api.trading.conftest import GOLD, Quotes
from tests.made_signals import TARGET, unsealed
from tests.traders import begun_trader

CONFIG, DECISIONS = "/api/v1/auto-trade/config", "/api/v1/auto-trade/decisions"
WANTED = {"enabled": True, "symbols": ["BTCUSD"], "timeframe": "5m", "min_confidence": 0.5}


@pytest.fixture
def decide(stores: Stores, settings: Settings) -> Callable[..., None]:
    """Seal a signal to buy, and take a pass of the trader."""
    market = Market(TARGET.platform, TARGET.symbol)
    stores.markets.tell(market, {"tick_size": 0.01}, {"spread_bps": 2.0}, "set")
    trader, token = begun_trader(stores, settings)
    decisions = SignalDecisions(stores.decisions, stores.sealed, trader)

    def once(signal_id: str | None = None, bid: float = 100.0, **other: Any) -> None:
        if signal_id:
            told = {"verdict": "skilled", "side": "buy"} | other
            stores.sealed.append([unsealed(signal_id, **told)])
        quote = Ticker(TARGET.symbol, now_ms(), bid=bid, ask=bid + 0.01)
        TickerStore(stores.redis).write(TARGET.platform, [quote])
        trader.hear_prices(token)
        decisions.decide(token)
        trader.carry_out(token)

    return once


async def configure(api: Api, **changes: Any) -> Any:
    """Say what is wanted."""
    told = await api("POST", CONFIG, json=WANTED | changes)
    assert told.status_code == 200, told.text
    return told.json["config"]


async def test_fields_that_are_absent_keep_their_value_and_each_change_is_counted(
    api: Api, decide: Callable[..., None]
) -> None:
    before = (await api("GET", CONFIG)).json["config"]
    assert (before["enabled"], before["version"], before["changed_at"]) == (False, 0, None)
    first = await configure(api)
    assert (first["markets"], first["version"]) == (["coinbase:BTC-USD"], 1)
    second = (await api("POST", CONFIG, json={"max_daily_trades": 3})).json["config"]
    assert second == first | {
        "max_daily_trades": 3, "version": 2, "changed_at": second["changed_at"]
    }  # fmt: skip
    assert (await api("GET", CONFIG)).json == {"status": "configured", "config": second}
    assert (await api("GET", "/api/v1/auto-trade/status")).json["enabled"]


@pytest.mark.parametrize(
    ("changes", "status", "named"),
    [
        ({"paper_trading": False}, 403, "TICKCAST_TRADING_LIVE"),
        ({"max_risk_per_trade": 0.051}, 400, "max_risk_per_trade"),
        ({"max_risk_per_trade": 0}, 400, "max_risk_per_trade"),
        ({"max_daily_trades": 51}, 400, "max_daily_trades"),
        ({"min_confidence": 0.4}, 400, "min_confidence"),
        ({"rr_config": "rr_0_1"}, 400, "rr_config"),
        ({"timeframe": "7m"}, 400, "timeframe"),
        ({"symbols": ["NOSUCHUSD"]}, 400, "symbols"),
        ({"enabled": True}, 400, "symbols"),
        ({"live": True}, 400, "live"),
    ],
)
async def test_what_may_not_be_wanted_is_refused_by_its_name(
    api: Api, changes: dict[str, Any], status: int, named: str
) -> None:
    refused = await api("POST", CONFIG, json=changes)
    assert (refused.status_code, named in refused.text) == (status, True), refused.text
    assert (await api("GET", CONFIG)).json["config"]["version"] == 0


async def test_a_decision_names_its_signal_its_order_and_the_reason(
    api: Api, decide: Callable[..., None], stores: Stores
) -> None:
    await configure(api)
    decide("first")
    decide("second", candles_ago=-2, verdict="unproven")
    told = (await api("GET", DECISIONS)).json["decisions"]
    assert [(one["id"], one["action"], one["result"]) for one in told] == [
        ("dec-second", "HOLD", "none"),
        ("dec-first", "BUY", "pending"),
    ]
    held, bought = told
    assert (held["reason"], held["order_id"], held["executed"]) == ("unproven", None, False)
    assert held["signal"]["hash"] == stores.sealed.newest([TARGET])[0].hash
    (order,) = (await api("GET", "/api/v1/auto-trade/orders")).json["orders"]
    assert (order["id"], order["decision_id"]) == (bought["order_id"], bought["id"])
    last = (await api("GET", "/api/v1/auto-trade/status")).json["last_decision"]
    assert (last["action"], last["reasoning"]) == ("HOLD", held["reasoning"])

    page = (await api("GET", DECISIONS, params={"limit": 1})).json
    rest = (await api("GET", DECISIONS, params={"cursor": page["next_cursor"]})).json
    assert [one["id"] for one in page["decisions"] + rest["decisions"]] == [
        "dec-second", "dec-first"
    ]  # fmt: skip
    assert rest["next_cursor"] is None
    for symbol, found in (("BTCUSD", 2), ("BTC-USD", 2), ("XAUUSD", 0)):
        named = (await api("GET", DECISIONS, params={"symbol": symbol})).json["decisions"]
        assert len(named) == found, symbol


async def test_what_waits_is_ordered_once_when_its_own_account_confirms_it(
    api: Api, decide: Callable[..., None], stores: Stores
) -> None:
    await configure(api, require_confirmation=True)
    decide("first")
    (waiting,) = (await api("GET", DECISIONS)).json["decisions"]
    assert (waiting["state"], waiting["result"]) == ("pending", "pending")
    assert waiting["order_id"] is None
    other = {"X-API-Key": stores.keys.create(TRADER, "another's", account_id=7)[0]}
    reader = {"X-API-Key": stores.keys.create("reader", "reads")[0]}
    confirm, reject = (f"{DECISIONS}/dec-first/{word}" for word in ("confirm", "reject"))
    assert (await api("GET", DECISIONS, headers=other)).json["decisions"] == []
    assert (await api("POST", confirm, headers=other)).status_code == 404
    assert (await api("POST", confirm, headers=reader)).status_code == 403
    assert (await api("POST", confirm)).json["state"] == "confirmed"
    assert (await api("POST", confirm)).status_code == 409
    assert (await api("POST", reject)).status_code == 409
    decide()
    (order,) = (await api("GET", "/api/v1/auto-trade/orders")).json["orders"]
    assert order["client_order_id"] == "dec-first"


async def test_what_is_rejected_or_too_late_comes_to_nothing(
    api: Api, decide: Callable[..., None]
) -> None:
    await configure(api, require_confirmation=True)
    decide("first")
    rejected = (await api("POST", f"{DECISIONS}/dec-first/reject")).json
    assert (rejected["state"], rejected["result"]) == ("rejected", "cancelled")
    decide()
    assert (await api("GET", "/api/v1/auto-trade/orders")).json["orders"] == []


async def test_a_trade_tells_what_its_signal_said_and_scores_it(
    api: Api, decide: Callable[..., None]
) -> None:
    await configure(api)
    decide("first", probability_tp=0.4, probability_sl=0.3)
    decide(bid=100.5)
    decide(bid=103.0)
    history = (await api("GET", "/api/portfolio/history")).json
    (trade,) = history["trades"]
    assert trade["exit"] == "take_profit"
    said = trade["forecast"]
    assert (said["prob_tp_first"], said["baseline"]) == pytest.approx((4 / 7, 1 / 3))
    scored = history["summary"]
    assert scored["brier"] == pytest.approx((3 / 7) ** 2)
    assert scored["brier_baseline"] == pytest.approx((2 / 3) ** 2)
    (decided,) = (await api("GET", DECISIONS)).json["decisions"]
    assert (decided["executed"], decided["result"]) == (True, "profit")


async def test_a_stopping_rule_is_a_row_and_halts_by_itself_until_another_is_stated(
    api: Api, quotes: Quotes, stores: Stores, settings: Settings
) -> None:
    told = {"stop_rule": {"max_drawdown": 0.0001}}
    made = (await api("POST", CONFIG, json=told)).json["config"]
    assert made["stop_rule"]["max_drawdown"] == 0.0001
    assert made["stop_rule"]["min_brier_skill"] is None
    trader, token = begun_trader(stores, settings)
    rules = StoppingRules(stores.stop_rules, stores.trading, trader)
    order = PlaceOrder(platform=GOLD.platform, symbol=GOLD.symbol, side="buy",
                       volume=Decimal("0.01"), stop_loss=Decimal(2_340))  # fmt: skip
    stores.commands.submit([NewCommand(0, order, "one")])
    quotes.tell(2_350.0, 2_350.5)
    assert trader.carry_out(token) == 1
    assert rules.look(token) == 0
    for bid in (2_350.0, 2_330.0):
        quotes.tell(bid, bid + 0.5, now_ms() + 5)
        while not trader.hear_prices(token):
            pass
    assert (rules.look(token), rules.look(token)) == (1, 0)
    status = (await api("GET", "/api/v1/auto-trade/status")).json
    assert (status["state"], status["stopping"]["broken"] is None) == ("HALTED", False)
    assert status["reason"].startswith("stopping rule: fell")
    looser = {"stop_rule": {"max_drawdown": 0.5}}
    assert (await api("POST", CONFIG, json=looser)).status_code == 409
    looser["stop_reason"] = "it was stated for another size"
    rows = (await api("POST", CONFIG, json=looser)).json["config"]["stop_rules"]
    assert [one["loosens"] for one in rows] == [True, False]
    assert rows[0]["trades"] == 1
    assert (await api("GET", "/api/v1/auto-trade/status")).json["stopping"]["broken"] is None
    assert verify_ledger(stores.engine, stores.heads, "decisions").ok
    assert (await api("GET", "/api/v1/auto-trade/verify")).json["ok"]


async def test_a_decision_whose_trade_met_its_stop_came_to_a_loss(
    api: Api, decide: Callable[..., None]
) -> None:
    await configure(api)
    decide("first")
    decide(bid=100.0)
    decide(bid=98.0)
    (decided,) = (await api("GET", DECISIONS)).json["decisions"]
    assert (decided["executed"], decided["result"]) == (True, "loss")
