"""An order of a request, as the trader is told it."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal

from api.http.middleware import symbol_of
from api.markets.symbol_resolver import SymbolResolver
from api.trading.schemas import TradeRequest
from core.errors import InvalidRequest
from core.trading.instruments import Instrument, instrument_of
from core.trading.orders import OrderType, PlaceOrder, Side
from storage.markets.markets import MarketStore
from trading.money import exact, ticks
from trading.valuation import sign

_TYPES: dict[str, OrderType] = {"": "market", "LIMIT": "limit", "STOP": "stop"}


# What a name means is asked for anew so often (s): the trader judges orders by its own look.
_BELIEF_S = 1.0


class OrderReader:
    """Reads orders of requests; blocks, and raises what `MarketNames.find` does."""

    def __init__(
        self,
        symbols: SymbolResolver,
        markets: MarketStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._symbols = symbols
        self._markets = markets
        self._clock = clock
        self._looking = threading.Lock()
        self._held: dict[tuple[str, str | None], tuple[float, Instrument]] = {}

    def instrument(self, name: str, platform: str | None) -> Instrument:
        """Return what a name means; raises `InvalidRequest` where its units are not known."""
        # One looks for all who ask at the same time.
        with self._looking:
            found = self._known(name, platform)
            if found is None:
                found, now = self._look(name, platform), self._clock()
                fresh = {named: one for named, one in self._held.items() if now < one[0]}
                self._held = fresh | {(name, platform): (now + _BELIEF_S, found)}
        return found

    def read(self, asked: TradeRequest) -> PlaceOrder:
        """Return the order that a request asks for; raises `InvalidRequest` naming the field."""
        _parts(asked)
        return _read(asked, self.instrument(asked.symbol, asked.platform))

    def read_at_once(self, asked: TradeRequest) -> PlaceOrder | None:
        """Do as `read` without blocking; None where what the symbol means must be looked up."""
        instrument = self._known(asked.symbol, asked.platform)
        return None if instrument is None else _read(asked, instrument)

    def _known(self, name: str, platform: str | None) -> Instrument | None:
        until, found = self._held.get((name, platform), (0.0, None))
        return found if self._clock() < until else None

    def _look(self, name: str, platform: str | None) -> Instrument:
        market = self._symbols.market(symbol_of(name), platform)
        instrument = instrument_of(self._markets.get(market))
        if instrument is None:
            raise InvalidRequest(
                f"The units of {market} are not known; PUT /markets/{market.platform}/"
                f"{market.symbol} tells tick_size, contract_size, volume_min, volume_step and "
                "volume_max.",
                field="symbol",
            )
        return instrument


def _read(asked: TradeRequest, instrument: Instrument) -> PlaceOrder:
    order = _order(asked, instrument.platform, instrument.symbol)
    check_units(order, instrument)
    check_sides(order)
    return order


def read_order(asked: TradeRequest, venue: str) -> PlaceOrder:
    """Return the order of a request for an account at a venue, by the venue's own symbols.

    Its units are judged with the venue's, by the trader. Raises `InvalidRequest`.
    """
    if asked.platform not in (None, venue):
        raise InvalidRequest(f"The account's symbols are of {venue}.", field="platform")
    _parts(asked)
    order = _order(asked, venue, symbol_of(asked.symbol))
    check_sides(order)
    return order


def _parts(asked: TradeRequest) -> tuple[Side, OrderType]:
    """Return side and kind of an order; raises `InvalidRequest` for a price that it cannot have."""
    side, kind = _split(asked.action)
    if kind == "market" and asked.price is not None:
        raise InvalidRequest("A market order has no price; leave it null.", field="price")
    if kind != "market" and asked.price is None:
        raise InvalidRequest(f"{asked.action} needs a price.", field="price")
    _check_comment(asked.comment or "")
    return side, kind


def _order(asked: TradeRequest, platform: str, symbol: str) -> PlaceOrder:
    side, kind = _parts(asked)
    return PlaceOrder(
        platform=platform,
        symbol=symbol,
        side=side,
        type=kind,
        volume=exact(asked.volume),
        price=exact(asked.price),
        stop_loss=exact(asked.stop_loss),
        take_profit=exact(asked.take_profit),
        comment=asked.comment or "",
    )


def check_units(order: PlaceOrder, instrument: Instrument) -> None:
    """Raise `InvalidRequest` for numbers between two steps, or a volume out of bounds."""
    if order.volume % instrument.volume_step:
        raise InvalidRequest(
            f"volume must be a multiple of {instrument.volume_step:f}.", field="volume"
        )
    if not instrument.volume_min <= order.volume <= instrument.volume_max:
        raise InvalidRequest(
            f"volume must be from {instrument.volume_min:f} to {instrument.volume_max:f}.",
            field="volume",
        )
    for name in ("price", "stop_loss", "take_profit"):
        if (value := getattr(order, name)) is not None:
            ticks_of(instrument, name, value)


def ticks_of(instrument: Instrument, field: str, price: Decimal) -> int:
    """Return a price of a request in ticks; raises `InvalidRequest` for one between two."""
    found = ticks(instrument, price)
    if found is None:
        detail = f"{field} must be a multiple of {instrument.tick_size:f}."
        raise InvalidRequest(detail, field=field)
    return found


def check_sides(order: PlaceOrder) -> None:
    """Raise `InvalidRequest` for a stop and a target that lie on the wrong sides of each other."""
    toward = sign(order.side)
    stop, target, entry = order.stop_loss, order.take_profit, order.price
    below, above = ("below", "above") if toward > 0 else ("above", "below")
    if stop is not None and target is not None and (target - stop) * toward <= 0:
        raise InvalidRequest(f"stop_loss must lie {below} take_profit.", field="stop_loss")
    if entry is not None and stop is not None and (entry - stop) * toward <= 0:
        raise InvalidRequest(f"stop_loss must lie {below} the price.", field="stop_loss")
    if entry is not None and target is not None and (target - entry) * toward <= 0:
        raise InvalidRequest(f"take_profit must lie {above} the price.", field="take_profit")


def _split(action: str) -> tuple[Side, OrderType]:
    side, _, kind = action.partition("_")
    return ("buy" if side == "BUY" else "sell"), _TYPES[kind]


def _check_comment(comment: str) -> None:
    try:
        comment.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidRequest("comment must be Latin-1 text.", field="comment") from None
    if any(ord(letter) < 32 for letter in comment):
        raise InvalidRequest("comment must be of one line.", field="comment")
