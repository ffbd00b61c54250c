"""Which account is connected, by the words of MetaTrader: connect, look, disconnect."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.json_text import parse_json
from api.http.request_body import read_body
from api.http.threads import in_database_thread, in_thread
from api.http.validation import convert_body
from api.trading.account_of import account_number
from api.trading.mt4.schemas import (
    DISCONNECT,
    AgentConnected,
    Connected,
    ConnectedAccount,
    ConnectRequest,
    DisconnectedAnswer,
    DisconnectRequest,
    StatusAccount,
    StatusAnswer,
)
from api.trading.mt4.venue_terminal import VenueTerminal
from api.trading.portfolio import money
from api.trading.valued import PaperAccounts
from core.trading.accounts import PAPER
from core.trading.orders import FINAL
from storage.trading.accounts import AccountStore
from storage.venues.connections import Connection, ConnectionStore, Seen

SERVER = "Tickcast-Paper"
_BODY_LIMIT = 16 << 10
_PAPER_LOGIN = Seen(PAPER, real=False, investor=False)


class Sessions:
    """Connects a caller to the built-in account or to one at a venue, and says how it stands."""

    def __init__(
        self,
        connections: ConnectionStore,
        accounts: PaperAccounts,
        trading: AccountStore,
        venue: VenueTerminal,
    ) -> None:
        self._venue = venue
        self._connections = connections
        self._accounts = accounts
        self._trading = trading

    async def connect(self, account_id: int, asked: ConnectRequest) -> StatusAccount:
        """Connect an account and return how it stands.

        Raises `NotFound` for one that the venue does not know, and `Conflict` while another
        one is connected.
        """
        if asked.account_id != PAPER:
            return await self._venue.connect(account_id, asked)
        return await in_thread(self._connect_paper, account_id)

    async def status(self, account_id: int) -> StatusAccount | None:
        """Return how the connected account stands, None without one."""
        held = await self.connected(account_id)
        if held is not None and held.venue != PAPER:
            return await self._venue.status(held)
        return None if held is None else await in_thread(self._paper, account_id)

    async def connected(self, account_id: int) -> Connection | None:
        """Return the connection of an account, None without one."""
        return await in_database_thread(self._connections.get, account_id)

    def disconnect(self, account_id: int, *, forget: bool) -> "_LeftOpen":
        """End the session; returns what stays open. Blocks."""
        connection = self._connections.get(account_id)
        left = self._left_open(account_id, connection)
        self._connections.disconnect(account_id, forget=forget)
        return left

    def _connect_paper(self, account_id: int) -> StatusAccount:
        self._connections.connect(account_id, PAPER, PAPER, _PAPER_LOGIN)
        return self._paper(account_id)

    def _left_open(self, account_id: int, connection: Connection | None) -> "_LeftOpen":
        if connection is not None and connection.venue != PAPER:
            return _LeftOpen(*self._venue.left_open(connection))
        held = self._trading.get(account_id)
        if held is None:
            return _LeftOpen([], [])
        orders = [str(one.id) for one in held.orders.values() if one.state not in FINAL]
        return _LeftOpen(orders, [str(one.id) for one in held.positions.values()])

    def _paper(self, account_id: int) -> StatusAccount:
        figures = (valued := self._accounts.value(account_id)).figures
        return StatusAccount(
            id=PAPER,
            login=PAPER,
            server=SERVER,
            platform="mt5",
            balance=money(figures.balance),
            equity=money(figures.equity),
            margin=money(figures.margin),
            free_margin=money(figures.equity - figures.margin),
            profit=money(figures.unrealised),
            currency=valued.account.currency,
            leverage=valued.account.leverage,
        )


class _LeftOpen(NamedTuple):
    orders: list[str]
    positions: list[str]


class AgentConnectResource:
    """`POST /api/v1/auto-trade/mt4/connect`"""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @operation(
        "connect_account", "trading", {200: AgentConnected}, errors=(404, 409, 422, 503), body=True
    )
    async def on_post(self, req: Request, resp: Response, json: ConnectRequest) -> None:
        """Connect an account: `paper` works offline; one at a venue needs its token the first time.

        `venue` is `metaapi` unless said: `bybit_testnet` is the sandbox of `bybit`. A real
        account only shows itself until the gates of live trading are open.
        """
        found = await self._sessions.connect(account_number(req), json)
        resp.media = AgentConnected(
            success=True,
            connected=True,
            account=ConnectedAccount(
                login=found.login, server=found.server, balance=found.balance,
                currency=found.currency, leverage=found.leverage,
            ),
        )  # fmt: skip


class ConnectResource:
    """`POST /api/mt4/connect`"""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @operation("mt4_connect", "trading", {200: Connected}, errors=(404, 409, 422, 503), body=True)
    async def on_post(self, req: Request, resp: Response, json: ConnectRequest) -> None:
        """Connect an account: `paper` works offline; one at a venue needs its token the first time.

        `venue` is `metaapi` unless said: `bybit_testnet` is the sandbox of `bybit`. A real
        account only shows itself until the gates of live trading are open.
        """
        found = await self._sessions.connect(account_number(req), json)
        resp.media = Connected(
            connected=True, account_id=found.id, login=found.login, server=found.server,
            platform=found.platform, balance=found.balance, currency=found.currency,
        )  # fmt: skip


class TerminalStatus:
    """`GET /api/mt4/status`, `GET /api/v1/auto-trade/mt4/status`"""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @operation("mt4_status", "trading", {200: StatusAnswer}, errors=(404, 503))
    async def on_get(self, req: Request, resp: Response) -> None:
        """Read which account is connected, and how it stands."""
        found = await self._sessions.status(account_number(req))
        resp.media = StatusAnswer(connected=found is not None, account=found)


class DisconnectResource:
    """`POST /api/mt4/disconnect`, `POST /api/v1/auto-trade/mt4/disconnect`"""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @operation("mt4_disconnect", "trading", {200: DisconnectedAnswer}, body=True, more=DISCONNECT)
    async def on_post(self, req: Request, resp: Response) -> None:
        """End the session; the token stays for the next time unless `forget` is true.

        Orders and positions that are open stay so, and are named.
        """
        text = await read_body(req, _BODY_LIMIT)
        asked = convert_body(parse_json(text), DisconnectRequest) if text else DisconnectRequest()
        left = await in_database_thread(
            self._sessions.disconnect, account_number(req), forget=asked.forget
        )
        resp.media = DisconnectedAnswer(
            success=True, connected=False, open_orders=left.orders, open_positions=left.positions
        )
