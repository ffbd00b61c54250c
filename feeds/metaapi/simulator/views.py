"""What MetaApi shows of an account, in its words."""

from typing import Any

from core.clock.times import format_time
from feeds.metaapi.simulator.trading_account import (
    LEAST,
    MOST,
    STEP,
    Marks,
    Pending,
    TradingAccount,
)
from feeds.metaapi.simulator.words import broker_time
from feeds.simulator.metatrader.account import BUY, Deal, Position

Json = dict[str, Any]


def record(one: TradingAccount, region: str) -> Json:
    """Return the account as provisioning knows it."""
    return {
        "_id": one.name, "login": str(one.account.login), "name": one.name,
        "server": one.account.server, "region": region, "state": "DEPLOYED",
        "connectionStatus": "CONNECTED", "version": 4 if one.account.program == "mt4" else 5,
        "magic": 0, "type": "cloud-g2", "reliability": "regular",
    }  # fmt: skip


def information(one: TradingAccount) -> Json:
    """Return balance, equity and what the account may do."""
    account = one.account
    equity, margin = round(account.equity, 2), round(account.margin, 2)
    level = {"marginLevel": round(equity / margin * 100, 2)} if margin else {}
    kind = "REAL" if one.real else "DEMO"
    return {
        "broker": "Simulated Ltd", "currency": account.currency, "server": account.server,
        "balance": account.balance, "equity": equity, "margin": margin,
        "freeMargin": round(equity - margin, 2), "leverage": account.leverage, **level,
        "tradeAllowed": one.trade_allowed, "investorMode": one.investor,
        "marginMode": "ACCOUNT_MARGIN_MODE_RETAIL_HEDGING", "name": one.name,
        "login": account.login, "credit": 0, "platform": one.account.program,
        "type": f"ACCOUNT_TRADE_MODE_{kind}",
    }  # fmt: skip


def position(one: TradingAccount, held: Position) -> Json:
    """Return an open position."""
    now = one.account.price(held.symbol).to_close(held.side)
    profit = round(one.account.floating(held), 2)
    stops = {"stopLoss": held.sl or None, "takeProfit": held.tp or None}
    return {
        "id": str(held.identifier),
        "type": "POSITION_TYPE_BUY" if held.side == BUY else "POSITION_TYPE_SELL",
        "symbol": held.symbol, "magic": held.magic, **_times(held.time_ms),
        "openPrice": held.price_open, "currentPrice": now, "currentTickValue": 1,
        "volume": held.volume, "swap": 0, "commission": 0, "profit": profit,
        "unrealizedProfit": profit, "realizedProfit": 0,
        "reason": "POSITION_REASON_EXPERT", "platform": one.account.program,
        **_present(stops), **_marks(one, str(held.identifier)),
    }  # fmt: skip


def order(one: TradingAccount, held: Pending) -> Json:
    """Return an order that waits, or one of the history."""
    open_still = held.done_ms is None
    done = {} if held.done_ms is None else {
        "doneTime": format_time(held.done_ms), "doneBrokerTime": broker_time(held.done_ms),
    }  # fmt: skip
    more = {
        "stopLoss": held.sl or None, "takeProfit": held.tp or None,
        "openPrice": held.price or None, "positionId": held.position_id,
    }  # fmt: skip
    filled = held.state == "ORDER_STATE_FILLED"
    return {
        "id": held.id, "type": held.type, "state": held.state, "symbol": held.symbol,
        "magic": held.magic, **_times(held.time_ms), "volume": held.volume,
        "currentVolume": held.volume if open_still or not filled else 0,
        "platform": one.account.program, **done, **_present(more), **_marks(one, held.id),
    }  # fmt: skip


def deal(one: TradingAccount, made: Deal) -> Json:
    """Return a deal of the history."""
    side = "BUY" if made.side == BUY else "SELL"
    return {
        "id": str(made.ticket), "type": f"DEAL_TYPE_{side}",
        "entryType": f"DEAL_ENTRY_{made.entry.upper()}", "symbol": made.symbol,
        "magic": made.magic, **_times(made.time_ms), "volume": made.volume,
        "price": made.price, "commission": made.commission, "swap": made.swap,
        "profit": made.profit, "positionId": str(made.position_id),
        "reason": f"DEAL_REASON_{made.reason}", "platform": one.account.program,
        **_marks(one, str(made.ticket)),
    }  # fmt: skip


def price(one: TradingAccount, symbol: str) -> Json:
    """Return the prices of a symbol."""
    quoted = one.prices.price(symbol)
    return {
        "symbol": symbol, "bid": quoted.bid, "ask": quoted.ask, **_times(quoted.time_ms),
        "profitTickValue": 1, "lossTickValue": 1, "accountCurrencyExchangeRate": 1,
    }  # fmt: skip


def specification(one: TradingAccount, symbol: str) -> Json:
    """Return what a symbol is traded by."""
    known = one.prices.instruments[symbol]
    return {
        "symbol": symbol, "tickSize": known.point, "minVolume": LEAST, "maxVolume": MOST,
        "volumeStep": STEP, "contractSize": known.contract, "digits": known.digits,
        "point": known.point, "stopsLevel": 0, "freezeLevel": 0, "swapLong": -1.5,
        "swapShort": 0.4, "swapMode": "SYMBOL_SWAP_MODE_POINTS", "profitCurrency": "USD",
        "marginCurrency": "USD", "tradeSessions": {}, "allowedOrderTypes": [
            "SYMBOL_ORDER_MARKET", "SYMBOL_ORDER_LIMIT", "SYMBOL_ORDER_STOP",
        ],
    }  # fmt: skip


def _times(at_ms: int) -> Json:
    return {"time": format_time(at_ms), "brokerTime": broker_time(at_ms)}


def _marks(one: TradingAccount, name: str) -> Json:
    marks = one.marks.get(name, Marks())
    return _present({"clientId": marks.client_id, "comment": marks.comment})


def _present(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}
