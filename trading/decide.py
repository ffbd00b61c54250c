"""What follows from a sealed signal for an account: the same inputs, the same decision.

The first thing that speaks against a position is the reason of a `HOLD`. A volume is what loses
the share of equity that may be risked at the signal's stop, rounded down, within all limits.
"""

from decimal import Decimal

import msgspec

from core.trading.accounts import Account, Limits, Price, Rate, TradingState
from core.trading.decisions import Action, Decision, Offer, TradingConfig
from core.trading.instruments import Instrument
from core.trading.orders import PlaceOrder, Side
from trading.money import exact, price_of, ticks_down, ticks_up, volume_of
from trading.sizing import volume_for_share
from trading.valuation import entry_price, equity, other, rate_of, sign

SKILLED = "skilled"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known as a decision is made."""

    now: int
    account: Account
    state: TradingState
    instrument: Instrument | None
    prices: dict[str, Price]
    rates: dict[str, Rate]
    limits: Limits


def decide(offer: Offer, config: TradingConfig, version: int, known: Known) -> Decision:
    """Return what is decided of a signal."""
    against = _against(offer, config, known)
    sized = None if against else sized_order(offer, config, known)
    if isinstance(sized, str):
        against, sized = sized, None
    order = sized
    action: Action = "HOLD"
    if order is not None:
        action = "BUY" if order.side == "buy" else "SELL"
    override = _overrides(offer, config)
    return Decision(
        id=offer.decision_id,
        signal_id=offer.signal_id,
        signal_seq=offer.seq,
        signal_hash=offer.hash,
        platform=offer.platform,
        symbol=offer.symbol,
        action=action,
        confidence=offer.confidence,
        reason=against or "taken",
        reasoning=_reasoning(offer, config, against, order, override),
        override=override,
        valid_until=offer.valid_until,
        prob_tp_first=offer.prob_tp_first,
        baseline=offer.baseline,
        config_version=version,
        needs_confirmation=order is not None and config.require_confirmation,
        order=order,
    )


def _against(offer: Offer, config: TradingConfig, known: Known) -> str | None:
    """Return the first thing that speaks against a position, None if nothing does."""
    most = min(config.max_daily_trades, known.limits.trades_a_day)
    rules = (
        ("halted", known.state != "ACTIVE"),
        ("late", known.now >= offer.valid_until),
        ("unproven", config.require_skill and offer.verdict != SKILLED),
        ("abstained", not offer.acts and (config.require_skill or offer.verdict == SKILLED)),
        ("no_exits", offer.side is None or None in (offer.stop_loss, offer.take_profit)),
        ("low_confidence", offer.confidence < config.min_confidence),
        ("max_daily_trades", known.account.trades_on(known.now) >= most),
        ("no_instrument", known.instrument is None),
    )
    return next((name for name, holds in rules if holds), None)


def sized_order(
    offer: Offer, config: TradingConfig, known: Known, side: Side | None = None
) -> PlaceOrder | str:
    """Return the order that a signal asks for, or why there is none.

    With a `side` that of who does not heed the signal's: the other one has its exits mirrored.
    """
    instrument, side = known.instrument, side or offer.side
    if instrument is None or side is None or not offer.stop_loss or not offer.take_profit:
        return "no_exits"
    price = known.prices.get(str(instrument.market))
    rate = rate_of(known.rates, instrument.quote, known.account.currency)
    owned = equity(known.account, known.prices, known.rates)
    if price is None or rate is None or owned is None or known.now - price.at > price.fresh_ms:
        return "no_price"
    entry = entry_price(side, price)
    stop, target = _exits(instrument, offer.side or side, offer.stop_loss, offer.take_profit)
    if offer.side not in (None, side):
        asked = entry_price(other(side), price)
        stop, target = entry + asked - stop, entry + asked - target
    if (entry - stop) * sign(side) <= 0 or (target - entry) * sign(side) <= 0:
        return "passed"
    volume = _volume(instrument, entry, abs(entry - stop), owned, rate, config, known.limits)
    if volume * instrument.volume_step < instrument.volume_min:
        return "too_small"
    return PlaceOrder(
        platform=instrument.platform,
        symbol=instrument.symbol,
        side=side,
        volume=volume_of(instrument, volume),
        stop_loss=price_of(instrument, stop),
        take_profit=price_of(instrument, target),
        decision_id=offer.decision_id,
        signal_seq=offer.seq,
        signal_hash=offer.hash,
        override=_overrides(offer, config),
    )


def _overrides(offer: Offer, config: TradingConfig) -> bool:
    """Say whether a signal is decided of that has not shown skill."""
    return not config.require_skill and offer.verdict != SKILLED


def _exits(instrument: Instrument, side: Side, stop: Decimal, target: Decimal) -> tuple[int, int]:
    """Return a signal's exits in ticks, between two the further stop and the nearer target."""
    if side == "buy":
        return ticks_down(instrument, stop), ticks_down(instrument, target)
    return ticks_up(instrument, stop), ticks_up(instrument, target)


def _volume(
    instrument: Instrument,
    entry: int,
    distance: int,
    owned: int,
    rate: Decimal,
    config: TradingConfig,
    limits: Limits,
) -> int:
    """Return the volume (steps) that risk and limits allow, rounded down."""
    share = exact(min(config.max_risk_per_trade, limits.risk_per_trade))
    by_risk = volume_for_share(instrument, owned, share, distance, rate)
    of_value = exact(min(limits.notional, limits.per_symbol, limits.gross))
    by_value = volume_for_share(instrument, owned, of_value, entry, rate)
    most = int(instrument.volume_max / instrument.volume_step)
    return min(by_risk, by_value, most)


_WORDS = {
    "halted": "The account takes no new positions at present.",
    "late": "The time to enter this signal is over.",
    "unproven": "The slot has not shown skill: its record does not tell it from chance yet.",
    "abstained": "The signal advises no position: {reason}",
    "no_exits": "The signal names no exits.",
    "low_confidence": "Its confidence {confidence:.2f} is below the {least:.2f} that is asked for.",
    "max_daily_trades": "As many trades were begun today as may be.",
    "no_instrument": "The units of the market are not known.",
    "no_price": "No price that is new enough is known.",
    "passed": "The price has passed one of the signal's exits already.",
    "too_small": "What may be risked is less than the smallest volume loses at the stop.",
}


def _reasoning(
    offer: Offer,
    config: TradingConfig,
    against: str | None,
    order: PlaceOrder | None,
    override: bool,
) -> str:
    if against is not None or order is None:
        words = _WORDS[against or "no_exits"]
        return words.format(
            reason=offer.reason, confidence=offer.confidence, least=config.min_confidence
        )
    chance = ""
    if offer.prob_tp_first is not None and offer.baseline is not None:
        chance = (
            f", its take profit comes first with {offer.prob_tp_first:.0%} "
            f"(without skill {offer.baseline:.0%})"
        )
    branded = " Skill was not asked for: this is an override." if override else ""
    return (
        f"The signal's side has a confidence of {offer.confidence:.2f}{chance}. "
        f"{order.volume:f} risks {config.max_risk_per_trade:.1%} of equity at its stop at most."
        f"{branded}"
    )
