"""The account that is connected at a venue, by what the trader read there."""

import time

from api.http.threads import in_database_thread
from api.trading.mt4.schemas import (
    ConnectRequest,
    Mt4Candle,
    Mt4Position,
    Platform,
    StatusAccount,
    TickAnswer,
)
from api.trading.venues.question_door import QuestionDoor, TokenNeeded
from core.clock.times import format_time, now_ms
from core.errors import Conflict, InvalidRequest, NotFound
from core.venues.account import VenueAccount, VenuePosition, VenuePrice, VenueSnapshot
from core.venues.names import BYBIT, BYBIT_TESTNET, METAAPI
from core.venues.questions import Question, VenueCandle
from core.venues.trades import MAGIC
from storage.stores import Stores
from storage.venues.connections import Connection

# What was read so short a time ago (ms) is not read anew for another caller.
_NEW_MS = 1_000
_ORDERS_LOOKED_AT = 1_000


class VenueTerminal:
    """Raises what `QuestionDoor.ask` does."""

    def __init__(self, stores: Stores, door: QuestionDoor) -> None:
        self._stores = stores
        self._door = door

    async def connect(self, owner: int, asked: ConnectRequest) -> StatusAccount:
        """Connect an account, by its token or the one that is kept, and return how it stands."""
        question = await in_database_thread(self._question, owner, asked)
        await self._door.ask(owner, question, VenueAccount)
        held = await in_database_thread(self._stores.connections.get, owner)
        if held is None:
            raise Conflict("The account was disconnected meanwhile.")
        return _status(held, await self._snapshot(held))

    async def status(self, held: Connection) -> StatusAccount:
        """Return how the connected account stands."""
        return _status(held, await self._read(held))

    async def positions(self, held: Connection) -> list[Mt4Position]:
        """Return the open positions of the connected account, others' too."""
        shown = await self._read(held)
        names = await in_database_thread(self._client_ids, held.number)
        return [_position(one, names) for one in shown.positions]

    async def tick(self, held: Connection, symbol: str) -> TickAnswer:
        """Return the venue's newest bid and ask of a symbol."""
        asked = Question(kind="price", venue_account=held.venue_account, symbol=symbol)
        told = await self._door.ask(held.account_id, asked, VenuePrice)
        return TickAnswer(
            symbol=told.symbol,
            bid=float(told.bid),
            ask=float(told.ask),
            spread=float(told.ask - told.bid),
            timestamp=format_time(told.at),
        )

    async def candles(
        self, held: Connection, symbol: str, resolution: int, limit: int, end_s: int | None
    ) -> list[Mt4Candle]:
        """Return the venue's newest candles of a symbol, oldest first."""
        asked = Question(
            kind="candles",
            venue_account=held.venue_account,
            symbol=symbol,
            resolution=resolution,
            limit=limit,
            end_s=end_s or int(time.time()) + 1,
        )
        found = await self._door.ask(held.account_id, asked, list[VenueCandle])
        return [
            Mt4Candle(
                time=format_time(one.at * 1_000), open=one.open, high=one.high, low=one.low,
                close=one.close, volume=one.volume,
            )
            for one in found
        ]  # fmt: skip

    def position_number(self, held: Connection, position_id: str) -> int:
        """Return the number of a position of ours at the venue.

        Raises `Conflict` for one that was not opened here, and `NotFound`; blocks.
        """
        account = self._stores.trading.get(held.number)
        for number, one in account.positions.items() if account else ():
            if one.venue_id == position_id:
                return number
        foreign = account.at_venue.foreign if account and account.at_venue else ()
        if any(one.shown.id == position_id for one in foreign):
            raise Conflict("The position was not opened here: it is counted, and never touched.")
        raise NotFound("There is no such position.")

    def left_open(self, held: Connection) -> tuple[list[str], list[str]]:
        """Return the orders and positions that stay as a session ends; blocks."""
        account = self._stores.trading.get(held.number)
        if account is None:
            return [], []
        positions = [one.venue_id or str(one.id) for one in account.positions.values()]
        return [str(number) for number in account.orders], positions

    def _question(self, owner: int, asked: ConnectRequest) -> Question:
        connections, name = self._stores.connections, asked.account_id
        other, known = connections.get(owner), connections.find(owner, name)
        if other is not None and other.venue_account != name:
            raise Conflict("Another account is connected: disconnect it first.")
        venue = asked.venue or (known.venue if known else METAAPI)
        if known is not None and known.venue != venue:
            # Its token was told for another place, and goes nowhere else.
            detail = f"account_id names an account at {known.venue}; give this one another name."
            raise InvalidRequest(detail, field="venue")
        if asked.token is None and connections.token(owner, name) is None:
            raise TokenNeeded("token is needed: none of this account is kept.")
        locked = None if asked.token is None else connections.lock(owner, name, asked.token)
        told = None if locked is None else tuple(locked)
        return Question(kind="connect", venue=venue, venue_account=name, token=told)  # type: ignore[arg-type]

    async def _read(self, held: Connection) -> VenueSnapshot:
        """Return the account as it is now, or was a moment ago."""
        shown = await in_database_thread(self._kept, held)
        if shown is not None and now_ms() - shown.read_at <= _NEW_MS:
            return shown
        asked = Question(kind="read", venue_account=held.venue_account)
        await self._door.ask(held.account_id, asked, VenueAccount)
        return await self._snapshot(held)

    async def _snapshot(self, held: Connection) -> VenueSnapshot:
        shown = await in_database_thread(self._kept, held)
        if shown is None:
            raise NotFound("The account was forgotten meanwhile.")
        return shown

    def _kept(self, held: Connection) -> VenueSnapshot | None:
        return self._stores.connections.snapshot(held.account_id, held.venue_account)

    def _client_ids(self, number: int) -> dict[str, str]:
        """Return under which id of the caller's each position at the venue was opened."""
        account = self._stores.trading.get(number)
        held = account.positions.values() if account else ()
        orders = self._stores.trading.orders(number, _ORDERS_LOOKED_AT)
        names = {one.id: one.client_order_id for one in orders}
        return {one.venue_id: names.get(one.id, "") for one in held if one.venue_id}


def _status(held: Connection, shown: VenueSnapshot) -> StatusAccount:
    told = shown.account
    return StatusAccount(
        id=held.venue_account,
        login=told.login,
        server=told.server,
        platform=_platform(held.venue, told.platform),
        balance=float(told.balance),
        equity=float(told.equity),
        margin=float(told.margin),
        free_margin=float(told.free_margin),
        profit=float(sum(one.profit for one in shown.positions)),
        currency=told.currency,
        leverage=told.leverage,
    )


def _platform(venue: str, told: str) -> Platform:
    if venue == BYBIT:
        return BYBIT
    if venue == BYBIT_TESTNET:
        return BYBIT_TESTNET
    return "mt4" if told == "mt4" else "mt5"


def _position(one: VenuePosition, names: dict[str, str]) -> Mt4Position:
    return Mt4Position(
        id=one.id,
        symbol=one.symbol,
        type="BUY" if one.side == "buy" else "SELL",
        volume=float(one.volume),
        open_price=float(one.open_price),
        current_price=float(one.current_price),
        stop_loss=None if one.stop_loss is None else float(one.stop_loss),
        take_profit=None if one.take_profit is None else float(one.take_profit),
        profit=float(one.profit),
        swap=float(one.swap),
        open_time=format_time(one.opened_at),
        commission=float(one.commission),
        client_order_id=names.get(one.id),
        foreign=one.id not in names and one.magic != MAGIC,
    )
