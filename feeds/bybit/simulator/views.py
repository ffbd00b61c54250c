"""What a wallet shows, as Bybit words it: every number is a text."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from feeds.bybit.simulator.wallet import LEAST, MOST, TICK, Execution, Order, Wallet

Json = dict[str, Any]


def key(name: str) -> Json:
    """Return what the key is and may do."""
    only_looks = name.startswith("readonly")
    return {
        "id": "1", "apiKey": name, "readOnly": int(only_looks),
        "userID": 1_000 + sum(name.encode()),
        "permissions": {"ContractTrade": ["Order", "Position"], "Spot": [], "Wallet": []},
        "uta": 1,
    }  # fmt: skip


def wallet(one: Wallet) -> Json:
    """Return the money of a wallet."""
    held = [(name, each) for name, each in one.held.items() if each.size]
    gained = sum((one.unrealised(name) for name, _ in held), Decimal(0))
    margin = sum((abs(each.size) * each.price / 10 for _, each in held), Decimal(0))
    coin = {
        "coin": "USDT", "equity": _text(one.balance + gained), "walletBalance": _text(one.balance),
        "unrealisedPnl": _text(gained), "totalPositionIM": _text(margin), "totalOrderIM": "0",
    }  # fmt: skip
    return {"list": [{"accountType": "UNIFIED", "coin": [coin]}]}


def positions(one: Wallet) -> list[Json]:
    """Return what is held."""
    return [
        {
            "positionIdx": 0, "symbol": name, "side": "Buy" if held.size > 0 else "Sell",
            "size": _text(abs(held.size)), "avgPrice": _text(held.price),
            "markPrice": _text(one.mark(name)), "unrealisedPnl": _text(one.unrealised(name)),
            "stopLoss": _text(held.stop_loss) if held.stop_loss else "",
            "takeProfit": _text(held.take_profit) if held.take_profit else "",
            "leverage": "10", "updatedTime": str(held.updated), "createdTime": "1600000000000",
        }
        for name, held in one.held.items()
        if held.size
    ]  # fmt: skip


def order(one: Order) -> Json:
    """Return an order."""
    return {
        "orderId": one.id, "orderLinkId": one.link_id, "symbol": one.symbol, "side": one.side,
        "orderType": one.type, "orderStatus": one.state, "qty": _text(one.qty),
        "leavesQty": _text(one.qty - one.filled), "cumExecQty": _text(one.filled),
        "price": _text(one.price),
        "triggerPrice": _text(one.trigger) if one.trigger else "",
        "stopOrderType": one.stop_order_type, "reduceOnly": one.reduce_only,
        "createdTime": str(one.created), "updatedTime": str(one.updated),
    }  # fmt: skip


def execution(one: Execution) -> Json:
    """Return a fill."""
    return {
        "execId": one.id, "orderId": one.order.id, "orderLinkId": one.order.link_id,
        "symbol": one.order.symbol, "side": one.order.side, "execType": one.kind,
        "stopOrderType": one.order.stop_order_type, "execQty": _text(one.qty),
        "execPrice": _text(one.price), "execFee": _text(one.fee), "execTime": str(one.at),
        "seq": one.seq,
    }  # fmt: skip


def instrument(symbol: str) -> Json:
    """Return by what steps a symbol is traded."""
    return {
        "symbol": symbol, "contractType": "LinearPerpetual", "status": "Trading",
        "baseCoin": symbol.removesuffix("USDT"), "quoteCoin": "USDT", "settleCoin": "USDT",
        "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": _text(TICK)},
        "lotSizeFilter": {
            "maxOrderQty": _text(MOST), "minOrderQty": _text(LEAST), "qtyStep": _text(LEAST),
            "maxMktOrderQty": _text(MOST),
        },
    }  # fmt: skip


def page(rows: Sequence[Json], asked: Mapping[str, str], most: int) -> Json:
    """Return the rows of a page, and where the next one begins."""
    start, limit = int(asked.get("cursor", "0")), min(int(asked.get("limit", "20")), most)
    end = start + limit
    return {
        "category": "linear", "list": list(rows[start:end]),
        "nextPageCursor": str(end) if end < len(rows) else "",
    }  # fmt: skip


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}"
