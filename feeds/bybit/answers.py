"""What Bybit says of an account, read into the words of all venues."""

from decimal import Decimal
from typing import Literal

import msgspec

from core.venues.account import (
    Side,
    VenueAccount,
    VenueDeal,
    VenueOrder,
    VenuePosition,
    VenuePrice,
    VenueSpecification,
)
from core.venues.trades import MAGIC, OUR_IDS, TradeAnswer
from feeds.bybit.calls import Envelope, Reply, unreadable
from feeds.bybit.lives import Fill, Life, Part
from feeds.bybit.shapes import (
    Execution,
    Instrument,
    Key,
    Order,
    Placed,
    Position,
    Ticker,
    Wallets,
    number,
)

# All is in this coin: profits, fees, what the account is worth.
COIN = "USDT"
_STATES = {
    "Filled": "ORDER_STATE_FILLED", "Cancelled": "ORDER_STATE_CANCELED",
    "PartiallyFilledCanceled": "ORDER_STATE_CANCELED", "Deactivated": "ORDER_STATE_CANCELED",
    "Rejected": "ORDER_STATE_REJECTED", "PartiallyFilled": "ORDER_STATE_PARTIAL",
}  # fmt: skip
_ENDED = frozenset(_STATES) - {"PartiallyFilled"}
_REASONS = {"StopLoss": "SL", "PartialStopLoss": "SL", "TakeProfit": "TP",
            "PartialTakeProfit": "TP"}  # fmt: skip
_FILLS = frozenset({"Trade", "BustTrade", "AdlTrade"})
# Nobody knows whether they did it: a time-out inside, a fault, an id that is there already.
_UNKNOWN_CODES = frozenset({10_000, 10_016, 10_019, 110_072, 170_007})
_REFUSING_STATUSES = frozenset({400, 401, 403, 404, 429})
_SIDES: dict[str, Side] = {"Buy": "buy", "Sell": "sell"}


def account_of(key: Key, wallets: Wallets, venue: str, *, real: bool) -> VenueAccount:
    """Return what is known of an account; nothing beyond its equity is lent here."""
    coins = [one for wallet in wallets.list for one in wallet.coin if one.coin == COIN]
    coin = coins[0] if coins else None
    equity = number(coin.equity) if coin else Decimal(0)
    margin = number(coin.total_position_im) + number(coin.total_order_im) if coin else Decimal(0)
    allowed = "Order" in key.permissions.get("ContractTrade", ())
    return VenueAccount(
        login=str(key.user_id),
        name="",
        server=venue,
        broker="Bybit",
        platform=venue,
        currency=COIN,
        leverage=1,
        balance=number(coin.wallet_balance) if coin else Decimal(0),
        equity=equity,
        margin=margin,
        free_margin=equity - margin,
        real=real,
        investor=key.read_only != 0,
        trade_allowed=allowed,
        hedging=False,
    )


def position_of(row: Position, life: Life) -> VenuePosition:
    """Return an open position, named by the order that opened it."""
    opening = life.opening
    client_id = opening.client_id if opening else ""
    return VenuePosition(
        id=life.position_id,
        symbol=row.symbol,
        side=side_of(row.side),
        volume=number(row.size),
        open_price=number(row.avg_price),
        current_price=number(row.mark_price),
        opened_at=opening.at if opening else row.updated_time,
        profit=number(row.unrealised_pnl),
        swap=Decimal(0),
        commission=Decimal(0),
        stop_loss=number(row.stop_loss) or None,
        take_profit=number(row.take_profit) or None,
        magic=_magic(client_id),
        client_id=client_id or None,
    )


def order_of(row: Order, position_id: str | None) -> VenueOrder:
    """Return an order, waiting or ended."""
    state = _STATES.get(row.order_status, "ORDER_STATE_PLACED")
    return VenueOrder(
        id=order_name(row.symbol, row.order_id),
        symbol=row.symbol,
        side=side_of(row.side),
        state=state,
        volume=number(row.qty),
        remaining=number(row.leaves_qty),
        placed_at=row.created_time,
        done_at=row.updated_time if row.order_status in _ENDED else None,
        price=number(row.price) or number(row.trigger_price) or None,
        position_id=position_id,
        magic=_magic(row.order_link_id),
        client_id=row.order_link_id or None,
    )


def fill_of(row: Execution) -> Fill | None:
    """Return a fill; None for what is none (funding, say)."""
    volume = number(row.exec_qty)
    if row.exec_type not in _FILLS or volume <= 0:
        return None
    return Fill(
        id=row.exec_id,
        symbol=row.symbol,
        side=1 if side_of(row.side) == "buy" else -1,
        volume=volume,
        price=number(row.exec_price),
        fee=number(row.exec_fee),
        at=row.exec_time,
        seq=row.seq,
        order_id=row.order_id,
        client_id=row.order_link_id,
        reason=_REASONS.get(row.stop_order_type, "" if row.exec_type == "Trade" else "SO"),
    )


def deal_of(part: Part) -> VenueDeal:
    """Return a step in the life of a position as a deal."""
    fill = part.fill
    return VenueDeal(
        id=part.id,
        symbol=fill.symbol,
        side="buy" if fill.side > 0 else "sell",
        entry=part.entry,
        volume=part.volume,
        price=fill.price,
        at=fill.at,
        profit=part.profit,
        swap=Decimal(0),
        commission=-part.fee,
        order_id=order_name(fill.symbol, fill.order_id),
        position_id=part.position_id,
        magic=_magic(fill.client_id),
        client_id=fill.client_id or None,
        reason=fill.reason,
    )


def price_of(row: Ticker, at: int) -> VenuePrice:
    """Return bid and ask of a symbol at an instant (epoch ms)."""
    bid, ask = number(row.bid1_price), number(row.ask1_price)
    if not 0 < bid <= ask:
        raise unreadable()
    return VenuePrice(row.symbol, bid, ask, at)


def specification_of(row: Instrument) -> VenueSpecification:
    """Return by what steps a perpetual is traded that is settled in what it is quoted in."""
    tick, sizes = number(row.price_filter.tick_size), row.lot_size_filter
    step, least = number(sizes.qty_step), number(sizes.min_order_qty)
    most = number(sizes.max_mkt_order_qty) or number(sizes.max_order_qty)
    if min(tick, step, least) <= 0 or most < least or row.settle_coin != COIN:
        raise unreadable()
    exponent = tick.normalize().as_tuple().exponent
    return VenueSpecification(
        symbol=row.symbol,
        tick_size=tick,
        digits=max(0, -exponent) if isinstance(exponent, int) else 0,
        contract_size=Decimal(1),
        volume_min=least,
        volume_max=most,
        volume_step=step,
        swap_long=Decimal(0),
        swap_short=Decimal(0),
        quote=row.quote_coin,
    )


def classify(reply: Reply, symbol: str) -> TradeAnswer:
    """Return what a reply to an order proves; whatever is not proven is `unknown`."""
    if not reply.sent:
        return TradeAnswer(state="refused", code="not_sent", detail="It was not sent.")
    if reply.status in _REFUSING_STATUSES:
        told = f"The status was {reply.status}."
        return TradeAnswer(state="refused", code=str(reply.status), detail=told)
    if reply.status != 200:
        told = f"The status was {reply.status}." if reply.status else "No whole answer came."
        return TradeAnswer(state="unknown", code=str(reply.status or "lost"), detail=told)
    try:
        said = msgspec.json.decode(reply.body, type=Envelope)
        placed = msgspec.json.decode(said.result, type=Placed) if said.ret_code == 0 else Placed()
    except (msgspec.MsgspecError, RecursionError):
        return TradeAnswer(state="unknown", code="unreadable", detail="It cannot be read.")
    return _by_code(said.ret_code, placed, symbol)


def order_name(symbol: str, order_id: str) -> str:
    """Return what an order is called: its calls need its symbol, too."""
    return f"{symbol}:{order_id}"


def side_of(word: str) -> Side:
    """Return the side that a word means."""
    if word not in _SIDES:
        raise unreadable()
    return _SIDES[word]


def _by_code(code: int, placed: Placed, symbol: str) -> TradeAnswer:
    state: Literal["done", "refused", "unknown"] = "refused"
    if code == 0:
        state = "done"
    elif code in _UNKNOWN_CODES:
        state = "unknown"
    detail = "It was taken." if state == "done" else f"The code was {code}."
    order_id = order_name(symbol, placed.order_id) if placed.order_id else None
    return TradeAnswer(state=state, code=str(code), detail=detail, order_id=order_id)


def _magic(client_id: str) -> int:
    return MAGIC if client_id.startswith(OUR_IDS) else 0
