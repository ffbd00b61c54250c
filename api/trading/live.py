"""The gates before trading with real money, and who may open them."""

from typing import Annotated

from falcon.asgi import Request, Response
from msgspec import Meta, Struct

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.robots.words import iso
from api.sales.admin_words import number_of
from api.sales.openapi_parts import ADMIN
from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from core.trading.accounts import PAPER
from storage.venues.connections import Connection, ConnectionStore
from storage.venues.gates import missing_gate

_UNKNOWN = "There is no account with this id."
_Login = Annotated[str, Meta(min_length=1, max_length=64)]


class OpenLive(Struct, forbid_unknown_fields=True, kw_only=True):
    """The login of the connected account, typed again."""

    login: _Login


class LiveGate(Struct, kw_only=True):
    """Whether an account may trade with real money; `missing` names the first gate that is shut."""

    account_id: int
    venue: str
    login: str | None
    live_enabled: bool
    live_until: str | None
    missing: str | None


class AdminLive:
    """`/admin/accounts/{account_id}/live`"""

    def __init__(self, connections: ConnectionStore, *, server_live: bool) -> None:
        self._connections = connections
        self._server_live = server_live

    @operation("admin_live_gate", "admin", {200: LiveGate}, errors=(404,), more=ADMIN)
    async def on_get(self, req: Request, resp: Response, account_id: str) -> None:
        """Show the gates of the account that is connected."""
        number = number_of(account_id, _UNKNOWN)
        resp.media = await in_database_thread(self._shown, number)

    @operation(
        "admin_open_live", "admin", {200: LiveGate}, errors=(404, 409), body=True, more=ADMIN
    )
    async def on_post(self, req: Request, resp: Response, account_id: str, json: OpenLive) -> None:
        """Open the account's gate for 30 days; another login at the venue shuts it."""
        number = number_of(account_id, _UNKNOWN)
        resp.media = await in_database_thread(self._open, number, json.login)

    @operation("admin_close_live", "admin", {200: LiveGate}, errors=(404,), more=ADMIN)
    async def on_delete(self, req: Request, resp: Response, account_id: str) -> None:
        """Shut the account's gate."""
        number = number_of(account_id, _UNKNOWN)
        await in_database_thread(self._connections.close_live, number)
        resp.media = await in_database_thread(self._shown, number)

    def _open(self, account_id: int, login: str) -> LiveGate:
        if self._known(account_id).venue == PAPER:
            raise Conflict("The paper account is connected, which trades with no money.")
        self._connections.open_live(account_id, login)
        return self._shown(account_id)

    def _shown(self, account_id: int) -> LiveGate:
        known, now = self._known(account_id), now_ms()
        opened = known.live(now)
        return LiveGate(
            account_id=account_id,
            venue=known.venue,
            login=known.login,
            live_enabled=opened,
            live_until=iso(known.live_until) if opened else None,
            missing=missing_gate(known, now, server_live=self._server_live),
        )

    def _known(self, account_id: int) -> Connection:
        found = self._connections.get(account_id)
        if found is None:
            raise NotFound("This account is connected to no venue.")
        return found
