"""An account at Bybit as a trading venue: linear perpetuals settled in USDT, one-way positions."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from core.clock.times import now_ms
from core.errors import ExchangeRefused
from core.venues.account import (
    VenueAccount,
    VenueOrder,
    VenuePrice,
    VenueReading,
    VenueSpecification,
)
from core.venues.names import BYBIT, BYBIT_TESTNET
from core.venues.questions import VenueCandle
from core.venues.trades import (
    SendCancel,
    SendClose,
    SendModify,
    SendOrder,
    TradeAnswer,
    VenueCommand,
)
from feeds.bybit.answers import (
    COIN,
    account_of,
    classify,
    deal_of,
    fill_of,
    order_of,
    position_of,
    price_of,
    specification_of,
)
from feeds.bybit.calls import BybitCalls, unreadable
from feeds.bybit.lives import Fill, Life, Part, ended_before, live, symbol_and_side
from feeds.bybit.shapes import (
    Candles,
    Executions,
    Instruments,
    Key,
    Order,
    Orders,
    Position,
    Positions,
    Tickers,
    Wallets,
    number,
)

_LINEAR = "linear"
_PAGE, _MOST_PAGES = 50, 40
# The venue's clock may be ahead of ours or behind, and its history goes by it.
_SLACK_MS = 600_000
# One call of the history may ask for so much, and it is read so far back at most.
_WINDOW_MS, _OLDEST_MS = 7 * 86_400_000, 182 * 86_400_000
_READINGS = 3
# The fills of what changed so short a time ago (ms) may not be listed yet.
_SETTLED_MS = 60_000
_INTERVALS = {60: "1", 180: "3", 300: "5", 900: "15", 1_800: "30", 3_600: "60", 7_200: "120",
              14_400: "240", 86_400: "D"}  # fmt: skip
# An order that stands for the stop or the target of a position.
_EXITS = ("StopLoss", "TakeProfit", "PartialStopLoss", "PartialTakeProfit", "TrailingStop")

Parameters = dict[str, str | int]


class BybitAccount:
    """One account; `TradingVenue` says what its members mean. Not for several threads at once.

    Its real hosts, the sandbox's, or `base_url`. Raises `ExchangeRefused` for a token of another
    form than `KEY:SECRET`.
    """

    def __init__(
        self, token: str, *, sandbox: bool, base_url: str | None = None, timeout_s: float = 15.0
    ) -> None:
        self._calls = BybitCalls(token, sandbox=sandbox, base_url=base_url, timeout_s=timeout_s)
        self._sandbox = sandbox
        self._fills: dict[str, Fill] = {}
        # All fills since `_from` are known, but those of positions closed before `_needed`.
        self._from = self._needed = self._until = 0

    def close(self) -> None:
        """Close its connections."""
        self._calls.close()

    def account(self) -> VenueAccount:
        """Return the account's money and rights."""
        key = self._calls.get("privateGetV5UserQueryApi", {}, Key)
        asked: Parameters = {"accountType": "UNIFIED", "coin": COIN}
        wallets = self._calls.get("privateGetV5AccountWalletBalance", asked, Wallets)
        name = BYBIT_TESTNET if self._sandbox else BYBIT
        return account_of(key, wallets, name, real=not self._sandbox)

    def reading(self, since: int) -> VenueReading:
        """Return all positions and orders, and the history since an instant (epoch ms).

        Positions are told apart by their fills, so that both must be of one moment: a reading
        during which positions changed is not complete.
        """
        for _ in range(_READINGS):
            found = self._read_once(since)
            if found is not None:
                return found
        return VenueReading(read_at=now_ms(), since=since, complete=False)

    def price(self, symbol: str) -> VenuePrice:
        """Return the newest prices of a symbol."""
        asked: Parameters = {"category": _LINEAR, "symbol": symbol}
        found = self._calls.get("publicGetV5MarketTickers", asked, Tickers).list
        if not found:
            raise unreadable()
        return price_of(found[0], now_ms())

    def specification(self, symbol: str) -> VenueSpecification:
        """Return by what steps a symbol is traded."""
        asked: Parameters = {"category": _LINEAR, "symbol": symbol}
        found = self._calls.get("publicGetV5MarketInstrumentsInfo", asked, Instruments).list
        if not found or found[0].contract_type != "LinearPerpetual":
            raise ExchangeRefused(f"bybit has no linear perpetual {symbol[:64]}.")
        return specification_of(found[0])

    def candles(self, symbol: str, resolution: int, limit: int, end_s: int) -> list[VenueCandle]:
        """Return the newest candles that open before an instant, oldest first."""
        if resolution not in _INTERVALS:
            raise ExchangeRefused(f"bybit has no candles of {resolution} seconds.")
        asked: Parameters = {
            "category": _LINEAR,
            "symbol": symbol,
            "interval": _INTERVALS[resolution],
            "end": 1_000 * end_s - 1,
            "limit": limit,
        }
        rows = self._calls.get("publicGetV5MarketKline", asked, Candles).list
        return [VenueCandle(row[0] // 1_000, *row[1:6]) for row in reversed(rows)]

    def trade(self, command: VenueCommand, send_by: float | None = None) -> TradeAnswer:
        """Send a command, once; not after `send_by` (by `time.monotonic`)."""
        told = _told(command)
        if told is None:
            return TradeAnswer(state="refused", code="not_sent", detail="It names no position.")
        method, body = told
        return classify(self._calls.post_once(method, body, send_by), str(body["symbol"]))

    def _read_once(self, since: int) -> VenueReading | None:
        """Return a reading, None where what is held changed while it was read."""
        # In this order whatever happens meanwhile is seen twice rather than never.
        waiting = self._orders("privateGetV5OrderRealtime", {"settleCoin": COIN, "openOnly": 0})
        held = self._positions()
        read_at = now_ms()
        ended = self._ended_orders(since, read_at)
        lives = self._lives(since, held, read_at)
        if _sizes(held) != _sizes(self._positions()):
            return None
        parts = [part for one in lives.values() for part in one.parts]
        opened = {part.fill.order_id: part.position_id for part in parts if part.entry == "in"}

        def shown(rows: list[Order]) -> tuple[VenueOrder, ...]:
            return tuple(order_of(one, opened.get(one.order_id)) for one in rows)

        changed = [one.symbol for one in held if read_at - one.updated_time < _SETTLED_MS]
        listed = all(lives[name].is_whole for name in changed) and _are_listed(ended, parts)
        return VenueReading(
            read_at=read_at,
            since=since,
            clock_offset_ms=self._calls.clock_offset_ms,
            complete=listed,
            positions=tuple(position_of(one, lives[one.symbol]) for one in held),
            orders=shown([one for one in waiting if one.stop_order_type not in _EXITS]),
            history=shown(ended),
            deals=tuple(deal_of(part) for part in parts if part.fill.at >= since - _SLACK_MS),
        )

    def _positions(self) -> list[Position]:
        asked: Parameters = {"category": _LINEAR, "settleCoin": COIN, "limit": 200}
        found = self._pages("privateGetV5PositionList", asked, Positions)
        if any(one.position_idx for one in found):
            raise ExchangeRefused("The account at bybit hedges; set it to one-way positions.")
        return [one for one in found if number(one.size)]

    def _orders(self, method: str, more: Parameters) -> list[Order]:
        return self._pages(method, {"category": _LINEAR, "limit": _PAGE, **more}, Orders)

    def _ended_orders(self, since: int, until: int) -> list[Order]:
        found: list[Order] = []
        for start, end in _windows(since - _SLACK_MS, until + _SLACK_MS):
            times: Parameters = {"startTime": start, "endTime": end}
            found += self._orders("privateGetV5OrderHistory", times)
        return found

    def _lives(self, since: int, held: list[Position], now: int) -> dict[str, Life]:
        """Return the life of every symbol that is held or was traded since an instant."""
        start, sizes = max(0, since - _SLACK_MS), _sizes(held)
        if not self._from or start < self._needed:
            self._fills.clear()
            self._fetch(start, now)
            self._from = start
        else:
            self._fetch(self._until - _SLACK_MS, now)
        self._needed, self._until = start, now
        lives = self._walked(sizes)
        while not all(one.is_whole for one in lives.values()) and self._from > now - _OLDEST_MS:
            earlier = self._from - _WINDOW_MS
            self._fetch(earlier, self._from - _SLACK_MS)
            self._from = earlier
            lives = self._walked(sizes)
        for name in ended_before(list(lives.values()), start):
            del self._fills[name]
        return lives

    def _walked(self, sizes: Mapping[str, Decimal]) -> dict[str, Life]:
        by_symbol: dict[str, list[Fill]] = {name: [] for name in sizes}
        for fill in self._fills.values():
            by_symbol.setdefault(fill.symbol, []).append(fill)
        return {
            name: live(name, sizes.get(name, Decimal(0)), by_symbol[name]) for name in by_symbol
        }

    def _fetch(self, start: int, end: int) -> None:
        for first, last in _windows(start, end + _SLACK_MS):
            asked: Parameters = {"category": _LINEAR, "startTime": first, "endTime": last}
            rows = self._pages("privateGetV5ExecutionList", asked | {"limit": 100}, Executions)
            fills = filter(None, map(fill_of, rows))
            self._fills |= {one.id: one for one in fills}

    def _pages(self, method: str, asked: Parameters, kind: type[Any]) -> list[Any]:
        found: list[Any] = []
        cursor: Parameters = {}
        for _ in range(_MOST_PAGES):
            page = self._calls.get(method, asked | cursor, kind)
            found += page.list
            if not page.next_page_cursor or not page.list:
                return found
            cursor = {"cursor": page.next_page_cursor}
        raise unreadable()


def _are_listed(ended: list[Order], parts: list[Part]) -> bool:
    """Say whether the fills of all orders that ended are there: they may come a moment later."""
    filled: dict[str, Decimal] = {}
    for part in parts:
        name = part.fill.order_id
        filled[name] = filled.get(name, Decimal(0)) + part.volume
    return all(number(one.cum_exec_qty) <= filled.get(one.order_id, Decimal(0)) for one in ended)


def _sizes(held: list[Position]) -> dict[str, Decimal]:
    """Return what is held of each symbol, below 0 of a short position."""
    return {one.symbol: number(one.size) * (1 if one.side == "Buy" else -1) for one in held}


def _windows(start: int, end: int) -> list[tuple[int, int]]:
    """Return times of at most a window each, which together are those from start to end."""
    firsts = range(max(0, start), max(1, end), _WINDOW_MS)
    return [(first, min(first + _WINDOW_MS, end)) for first in firsts]


def _told(command: VenueCommand) -> tuple[str, dict[str, object]] | None:
    """Return the call and the body that carry a command out, None where it means nothing."""
    write: Mapping[type, Callable[[Any], tuple[str, dict[str, object]] | None]] = {
        SendOrder: _placed,
        SendClose: _closed,
        SendModify: _protected,
        SendCancel: _cancelled,
    }
    return write[type(command)](command)


def _placed(command: SendOrder) -> tuple[str, dict[str, object]]:
    body = _order(command.symbol, command.side, command.volume, command.client_id)
    if command.type == "limit":
        body |= {"orderType": "Limit", "price": _text(command.price), "timeInForce": "GTC"}
    if command.type == "stop":
        rises = 1 if command.side == "buy" else 2
        body |= {"triggerPrice": _text(command.price), "triggerDirection": rises}
    for name, level in (("stopLoss", command.stop_loss), ("takeProfit", command.take_profit)):
        if level is not None:
            body |= {name: _text(level), "tpslMode": "Full"}
    return "privatePostV5OrderCreate", body


def _closed(command: SendClose) -> tuple[str, dict[str, object]] | None:
    held = symbol_and_side(command.position_id)
    if held is None or command.volume is None:
        return None
    side = "sell" if held[1] > 0 else "buy"
    # It can only shrink what is held: nothing is opened the other way.
    body = _order(held[0], side, command.volume, command.client_id) | {"reduceOnly": True}
    return "privatePostV5OrderCreate", body


def _protected(command: SendModify) -> tuple[str, dict[str, object]] | None:
    held = symbol_and_side(command.position_id)
    if held is None:
        return None
    levels = {"stopLoss": command.stop_loss, "takeProfit": command.take_profit}
    told = {name: "0" if level is None else _text(level) for name, level in levels.items()}
    body = {"category": _LINEAR, "symbol": held[0], "positionIdx": 0, "tpslMode": "Full", **told}
    return "privatePostV5PositionTradingStop", body


def _cancelled(command: SendCancel) -> tuple[str, dict[str, object]] | None:
    symbol, _, order_id = command.order_id.partition(":")
    body: dict[str, object] = {"category": _LINEAR, "symbol": symbol, "orderId": order_id}
    return ("privatePostV5OrderCancel", body) if order_id else None


def _order(symbol: str, side: str, volume: Decimal, client_id: str) -> dict[str, object]:
    return {
        "category": _LINEAR,
        "symbol": symbol,
        "side": side.capitalize(),
        "orderType": "Market",
        "qty": _text(volume),
        "positionIdx": 0,
        "orderLinkId": client_id,
    }


def _text(value: Decimal | None) -> str:
    return f"{value:f}"
