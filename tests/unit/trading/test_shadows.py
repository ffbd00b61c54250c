"""Shadow accounts: coins that anybody can throw again, the same exits, and honest differences."""

import random
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from core.trading.accounts import Price
from core.trading.decisions import Offer, TradingConfig
from core.trading.orders import PlaceOrder
from core.trading.shadows import SHADOWS, answers_to, shadow_of
from tests.unit.trading.test_paper_engine import BEGAN, GOLD, WIDE, Run
from trading.decide import Known, sized_order
from trading.shadows import coin, coin_flip_order, difference, random_side_order

OFFER = Offer(
    signal_id="s", seq=1, hash="a" * 64, platform="broker", symbol="XAUUSD", acts=True, side="buy",
    confidence=0.7, stop_loss=Decimal(2_340), take_profit=Decimal(2_370), verdict="skilled",
    reason="", valid_until=BEGAN + 60_000, prob_tp_first=0.4, baseline=1 / 3,
)  # fmt: skip
CONFIG = TradingConfig(max_risk_per_trade=0.02)


def known(**other: Any) -> Known:
    """Return what is known of gold at 2,350."""
    prices = {"broker:XAUUSD": Price(235_000, 235_050, BEGAN)}
    told: dict[str, Any] = {
        "now": BEGAN, "account": Run().account, "state": "ACTIVE", "instrument": GOLD,
        "prices": prices, "rates": {}, "limits": replace(WIDE, risk_per_trade=0.02),
    }  # fmt: skip
    return Known(**told | other)


def test_numbers_of_shadows_are_their_own_and_lead_back_to_their_account() -> None:
    accounts = [0, 1, 2, 17, 10**12]
    found = {shadow_of(one, name): one for one in accounts for name in SHADOWS}
    assert len(found) == len(accounts) * len(SHADOWS)
    assert max(found) < -1
    assert all(answers_to(number) == owner for number, owner in found.items())
    assert [answers_to(one) for one in accounts] == accounts


def test_coins_are_fair_independent_and_the_same_each_time() -> None:
    hashes = [f"{n:064x}" for n in range(4_000)]
    enters = [coin(one, "coin_flip enters") for one in hashes]
    sides = [coin(one, "coin_flip side") for one in hashes]
    assert enters == [coin(one, "coin_flip enters") for one in hashes]
    # Four standard errors of a fair coin.
    for heads in (enters, sides, [a == b for a, b in zip(enters, sides, strict=True)]):
        assert abs(sum(heads) - 2_000) < 4 * 31.6


def test_the_other_side_has_the_same_distances_to_its_exits() -> None:
    own, other = sized_order(OFFER, CONFIG, known()), sized_order(OFFER, CONFIG, known(), "sell")
    assert isinstance(own, PlaceOrder)
    assert isinstance(other, PlaceOrder)
    assert (own.stop_loss, own.take_profit) == (2_340, 2_370)
    # Bought at 2,350.50, sold at 2,350.00.
    assert (other.stop_loss, other.take_profit) == (Decimal("2360.5"), Decimal("2330.5"))
    assert (own.side, other.side, own.volume) == ("buy", "sell", other.volume)


def test_ignore_model_takes_either_side_and_coin_flip_about_half_of_the_signals() -> None:
    offers = [replace(OFFER, hash=f"{n:064x}") for n in range(200)]
    sides = [random_side_order(one, CONFIG, known()) for one in offers]
    assert {one.side for one in sides if one} == {"buy", "sell"}
    assert None not in sides
    entered = [coin_flip_order(one, CONFIG, "unproven", known()) for one in offers]
    assert 60 < sum(one is not None for one in entered) < 140
    assert all(coin_flip_order(one, CONFIG, "late", known()) is None for one in offers)


@pytest.mark.parametrize("better", [0.0, 0.5])
def test_the_interval_of_a_difference_holds_it_about_as_often_as_it_says(better: float) -> None:
    dice, held = random.Random(4), 0
    for _ in range(300):
        mine = {str(n): dice.choice([-1, 2]) + better for n in range(60)}
        other = {str(n): float(dice.choice([-1, 2])) for n in range(60)}
        found = difference(mine, other)
        assert found.paired
        assert found.interval is not None
        held += found.interval[0] <= better <= found.interval[1]
    assert held >= 270


def test_few_trades_give_no_interval_and_say_so() -> None:
    found = difference({"a": 1.0}, {"b": -1.0})
    assert (found.r, found.interval, found.reason) == (2.0, None, "fewer than 30 trades")
    assert difference({}, {"b": 1.0}).r is None
