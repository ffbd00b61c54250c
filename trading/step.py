"""One step of an account: an input, and the events that follow from it.

The only door: whoever records the inputs and takes these steps again gets the same events.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from core.trading.accounts import DAY_MS, Account, AtVenue, Limits, Price, Rate, Tick
from core.trading.events import (
    Accepted,
    Changed,
    Event,
    Input,
    Looked,
    Marked,
    Opened,
    Opening,
    Ordered,
    Refused,
    Replied,
    Sending,
    Sent,
    Switched,
    Ticked,
    Timed,
    Working,
)
from core.trading.instruments import Instrument
from core.trading.orders import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    Order,
    PlaceOrder,
    VenueMarks,
)
from trading.apply import apply
from trading.margin import stop_out
from trading.matching import exit_fills, is_of, order_fill
from trading.money import deposited, money, steps, ticks
from trading.nightly import nights_charged
from trading.risk import check, refused
from trading.switching import end, happen, in_order, switch, take_back
from trading.valuation import entry_price, equity, exit_price, other, sign
from trading.venues.looking import looked
from trading.venues.sending import replied, sending
from trading.venues.sent_orders import venue_client_id

# A market order that no price fills for so long (ms) is given up.
PATIENCE_MS = 60_000
# An older price says nothing of what an order would have been filled at on paper.
_QUOTED_MS = 2_000
_FIXED = "Exits of an account at a venue are set with the order, or at the venue."


def open_account(opening: Opening) -> tuple[Account, list[Event]]:
    """Make an account with money in it."""
    account = Account(
        account_id=opening.account_id,
        currency=opening.currency,
        leverage=opening.leverage,
        at_venue=AtVenue(venue=opening.venue, hedging=opening.hedging) if opening.venue else None,
    )
    event = Opened(
        at=opening.at,
        currency=opening.currency,
        leverage=opening.leverage,
        postings=deposited(money(opening.deposit)),
    )
    apply(account, event)
    return account, [event]


def step(account: Account, what: Input) -> list[Event]:
    """Change the account by an input; returns what happened, nothing if it changes nothing."""
    if isinstance(what, Ordered):
        return _ordered(account, what)
    if isinstance(what, Ticked):
        return _ticked(account, what)
    if isinstance(what, Timed):
        return _timed(account, what)
    if isinstance(what, Switched):
        return switch(account, what.at, what.state, what.reason, what.epoch)
    if isinstance(what, Sending):
        return sending(account, what)
    if isinstance(what, Replied):
        return replied(account, what)
    if isinstance(what, Looked):
        return looked(account, what)
    raise ValueError("an account is opened once")


def _ordered(account: Account, asked: Ordered) -> list[Event]:
    happened = _mark_of_day(account, asked)
    carry_out: Mapping[type, Callable[[Account, Ordered, Any], list[Event]]] = {
        PlaceOrder: _place,
        ClosePosition: _close,
        ModifyPosition: _protect,
        ModifyOrder: _modify,
        CancelOrder: _cancel,
    }
    return happened + carry_out[type(asked.command)](account, asked, asked.command)


def _mark_of_day(account: Account, asked: Ordered) -> list[Event]:
    """Note what the account was worth as the first command of a day came."""
    if asked.at // DAY_MS <= account.day:
        return []
    return _mark(account, asked.at, asked.view.prices, asked.view.rates)


def _mark(
    account: Account, at: int, prices: Mapping[str, Price], rates: Mapping[str, Rate]
) -> list[Event]:
    now = equity(account, prices, rates)
    if now is None:
        return []
    return happen(account, Marked(at=at, balance=account.balance, equity=now))


def _place(account: Account, asked: Ordered, command: PlaceOrder) -> list[Event]:
    instrument = asked.view.instrument
    if instrument is None:
        return _refuse(asked, "instrument", "The units of this market are not known.")
    volume = steps(instrument, command.volume)
    prices = [_ticks(instrument, p) for p in _prices(command)]
    if volume is None or volume <= 0:
        return _refuse(asked, "volume", f"volume must be a multiple of {instrument.volume_step}.")
    if None in [one for one, told in zip(prices, _prices(command), strict=True) if told]:
        return _refuse(asked, "price", f"Prices must be multiples of {instrument.tick_size}.")
    order = Order(
        id=asked.id,
        client_order_id=asked.client_order_id,
        instrument=instrument,
        side=command.side,
        type=command.type,
        volume=volume,
        price=prices[0],
        stop_loss=prices[1],
        take_profit=prices[2],
        accepted_at=asked.at,
        active_from=asked.at + asked.view.latency_ms,
        expires_at=command.expires_at,
        comment=command.comment,
        decision_id=command.decision_id,
        signal_seq=command.signal_seq,
        signal_hash=command.signal_hash,
        override=command.override,
    )
    return _judge(account, asked, order)


def _judge(account: Account, asked: Ordered, order: Order) -> list[Event]:
    """Accept and send an order, or refuse it."""
    if order.type == "market":
        price = asked.view.prices.get(str(order.instrument.market))
        patience = max(PATIENCE_MS, price.fresh_ms if price else 0)
        order.expires_at = order.active_from + patience
    if account.at_venue is not None:
        order.venue = _marks(account, asked, order)
    verdict = check(account, order, asked)
    if not verdict.accepted:
        event = Refused(
            at=asked.at,
            order_id=asked.id,
            client_order_id=asked.client_order_id,
            verdict=verdict,
        )
        return happen(account, event)
    happened = happen(account, Accepted(at=asked.at, order=order, verdict=verdict))
    if order.venue is not None:
        # It is sent by a step of its own, once nothing else is under way there.
        return happened
    happened += happen(account, Sent(at=asked.at, order_id=order.id))
    if order.type != "market":
        happened += happen(account, Working(at=asked.at, order_id=order.id))
    return happened


def _marks(account: Account, asked: Ordered, order: Order) -> VenueMarks:
    """Return by what the venue will know an order."""
    held = account.positions.get(order.reduces) if order.reduces is not None else None
    name = f"{account.account_id}:{asked.client_order_id}"
    return VenueMarks(
        client_id=venue_client_id(order.instrument.symbol, name),
        closes=None if held is None else held.venue_id,
        flattens=asked.view.venue is not None and asked.view.venue.flattens,
        paper=_on_paper(order, asked),
    )


def _on_paper(order: Order, asked: Ordered) -> int | None:
    """Return at what price (ticks) an order would be filled on paper: its own, or the quote."""
    if order.price is not None:
        return order.price
    price = asked.view.prices.get(str(order.instrument.market))
    if price is None or asked.at - price.at > _QUOTED_MS:
        return None
    return entry_price(order.side, price)


def _close(account: Account, asked: Ordered, command: ClosePosition) -> list[Event]:
    position = account.positions.get(command.position_id)
    if position is None:
        return _refuse(asked, "position", "There is no such open position.")
    instrument = position.instrument
    volume = position.volume
    if command.volume is not None:
        asked_for = steps(instrument, command.volume)
        if asked_for is None or asked_for <= 0:
            detail = f"volume must be a multiple of {instrument.volume_step}."
            return _refuse(asked, "volume", detail)
        volume = asked_for
    order = Order(
        id=asked.id,
        client_order_id=asked.client_order_id,
        instrument=instrument,
        side=other(position.side),
        type="market",
        volume=volume,
        price=None,
        stop_loss=None,
        take_profit=None,
        accepted_at=asked.at,
        active_from=asked.at + asked.view.latency_ms,
        reduces=position.id,
    )
    return _judge(account, asked, order)


def _protect(account: Account, asked: Ordered, command: ModifyPosition) -> list[Event]:
    position = account.positions.get(command.position_id)
    if position is None:
        return _refuse(asked, "position", "There is no such open position.")
    if account.at_venue is not None:
        return _refuse(asked, "venue", _FIXED)
    instrument = position.instrument
    stop, profit = _ticks(instrument, command.stop_loss), _ticks(instrument, command.take_profit)
    price = asked.view.prices.get(str(instrument.market))
    toward = sign(position.side)
    if price is not None:
        here = exit_price(position, price)
        if stop is not None and (here - stop) * toward <= 0:
            return _refuse(asked, "stop_loss", "stop_loss must lie on the losing side.")
        if profit is not None and (profit - here) * toward <= 0:
            return _refuse(asked, "take_profit", "take_profit must lie on the winning side.")
    if (stop is None and command.stop_loss) or (profit is None and command.take_profit):
        return _refuse(asked, "price", f"Prices must be multiples of {instrument.tick_size}.")
    if stop is None and asked.view.limits.needs_stop and position.stop_loss is not None:
        return _refuse(asked, "stop_loss", "A position keeps a stop_loss.")
    event = Changed(
        at=asked.at,
        order_id=asked.id,
        position_id=position.id,
        price=None,
        stop_loss=stop,
        take_profit=profit,
    )
    return happen(account, event)


def _modify(account: Account, asked: Ordered, command: ModifyOrder) -> list[Event]:
    order = account.orders.get(command.order_id)
    if order is None or order.type == "market":
        return _refuse(asked, "order", "There is no such pending order.")
    if account.at_venue is not None:
        return _refuse(asked, "venue", _FIXED)
    instrument = order.instrument
    told = (command.price, command.stop_loss, command.take_profit)
    price, stop, profit = (_ticks(instrument, one) for one in told)
    if price is None or (stop is None and told[1]) or (profit is None and told[2]):
        return _refuse(asked, "price", f"Prices must be multiples of {instrument.tick_size}.")
    changed = replace(order, price=price, stop_loss=stop, take_profit=profit)
    del account.orders[order.id]
    verdict = check(account, changed, asked)
    account.orders[order.id] = order
    if not verdict.accepted:
        return _refuse(asked, verdict.limit, verdict.detail)
    event = Changed(
        at=asked.at,
        order_id=order.id,
        position_id=None,
        price=price,
        stop_loss=stop,
        take_profit=profit,
    )
    return happen(account, event)


def _cancel(account: Account, asked: Ordered, command: CancelOrder) -> list[Event]:
    order = account.orders.get(command.order_id)
    if order is None:
        return _refuse(asked, "order", "There is no such pending order.")
    return take_back(account, order, asked.at, "cancelled", "by its owner")


def _ticked(account: Account, ticked: Ticked) -> list[Event]:
    if account.at_venue is not None or not is_good(ticked.tick):
        return []
    happened: list[Event] = [*exit_fills(account, ticked)]
    for order in in_order(account):
        if is_of(order.instrument, ticked):
            happened += _try(account, order, ticked)
    if ticked.tick.low is not None:
        happened += exit_fills(account, ticked, opened_since=ticked.tick.at)
    return happened


def _try(account: Account, order: Order, ticked: Ticked) -> list[Event]:
    at = ticked.tick.at
    if order.expires_at is not None and order.expires_at <= at:
        return end(account, order.id, at, "expired", _why_expired(order))
    if order.reduces is not None and order.reduces not in account.positions:
        return end(account, order.id, at, "cancelled", "its position is closed")
    filled = order_fill(account, order, ticked)
    if filled is None:
        return []
    happened: list[Event] = [filled]
    if order.id in account.orders:
        happened += end(account, order.id, at, "cancelled", "its position is closed")
    return happened


def is_good(tick: Tick) -> bool:
    """Say whether a price can be believed: crossed and non-positive ones trigger nothing."""
    return 0 < tick.bid <= tick.ask and (tick.low is None or tick.low > 0)


def _timed(account: Account, timed: Timed) -> list[Event]:
    happened: list[Event] = []
    for order in in_order(account):
        if order.expires_at is not None and order.expires_at <= timed.at:
            happened += take_back(account, order, timed.at, "expired", _why_expired(order))
    for charged in nights_charged(account, timed):
        happened += happen(account, charged)
    if timed.limits is not None:
        happened += stop_out(account, timed)
        happened += _mark(account, timed.at, timed.prices, timed.rates)
        happened += _stop_losing(account, timed, timed.limits)
    return happened


def _stop_losing(account: Account, timed: Timed, limits: Limits) -> list[Event]:
    """Halt an account that fell too far, and let one that lost its day only shrink."""
    now = equity(account, timed.prices, timed.rates)
    if now is None:
        return []
    if account.state != "HALTED" and now <= account.peak * (1 - limits.drawdown):
        return switch(account, timed.at, "HALTED", "drawdown", 0)
    start = account.day_equity
    if account.state == "ACTIVE" and start is not None and now <= start * (1 - limits.daily_loss):
        return switch(account, timed.at, "REDUCING", "daily_loss", 0)
    if account.state == "REDUCING" and account.reason == "daily_loss" and start == now:
        return switch(account, timed.at, "ACTIVE", "a new day", 0)
    return []


def _prices(command: PlaceOrder) -> tuple[Decimal | None, ...]:
    return command.price, command.stop_loss, command.take_profit


def _ticks(instrument: Instrument, price: Decimal | None) -> int | None:
    return None if price is None else ticks(instrument, price)


def _why_expired(order: Order) -> str:
    return "no price came" if order.type == "market" else "its time is over"


def _refuse(asked: Ordered, limit: str, detail: str) -> list[Event]:
    return [
        Refused(
            at=asked.at,
            order_id=asked.id,
            client_order_id=asked.client_order_id,
            verdict=refused(limit, detail),
        )
    ]
