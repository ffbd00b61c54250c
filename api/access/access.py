"""Who may call what: without a key nothing, and no change but the owner's, unless a route says."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

import msgspec
from falcon import PayloadTypeError
from falcon.asgi import Request, Response, WebSocket

from api.access.callers import Caller, Callers
from api.access.minute_calls import MinuteCalls
from api.access.open_streams import OpenStreams, until_revoked
from api.http.routes import Route, Routes
from core.clock.times import now_ms
from core.errors import Forbidden, RequestError, TooManyRequests, Unauthorized, Unavailable
from storage.access.access_keys import FORECAST, OWNER, READER, TRADER, AccessKey

HEADER = "X-API-Key"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_AUTH_SECONDS = 5
# What is open ends within a second of its key, which is believed for half of one.
_LOOK_SECONDS = 0.25
# A public answer, that the database hangs for instance, waits for it no longer.
_PUBLIC_SECONDS = 1.0
_UNAUTHORIZED, _TOO_MANY, _GOING_AWAY = 4_401, 4_429, 1_001


class Access:
    """Middleware that knows the caller before any route is looked up.

    It runs first, so that a path which does not exist answers 401 without a key
    too: nobody learns the routes by trying. `req.context.key` is the key's
    record, or None for a public call without one, and `req.context.account` whose it
    is; with `required` false (auth off) every call passes. `req.context.late` says that
    the plan has ended, and that the route is one of those that take late reports.
    """

    def __init__(
        self,
        callers: Callers,
        routes: Routes,
        required: bool,
        streams: OpenStreams,
        calls: MinuteCalls,
        address_calls: int,
        socket_hours: float,
    ) -> None:
        self._callers = callers
        self._routes = routes
        self._required = required
        self._streams = streams
        self._address_calls = address_calls
        self._socket_seconds = socket_hours * 3_600
        self._calls = calls

    async def process_request(self, req: Request, resp: Response) -> None:
        if req.context.admin:
            # Whoever has the admin secret needs no key, and has none: `AdminAccess` says so.
            self._admit(req, None, None)
            req.context.late, req.context.trusted = False, True
            return
        public = self._routes.is_public(req.path)
        find = self._known_soon if public else self._callers.known
        plain = req.get_header(HEADER)
        caller, now = await find(plain), now_ms()
        refused = caller.refusal(now) if caller else None
        late = refused is not None and self._routes.of(req.path).late_reports
        req.context.late = late and caller is not None and caller.may_report_late(now)
        self._admit(req, None if refused and not req.context.late else caller, plain)
        if not req.context.trusted:
            self._count(req.remote_addr)
        if not req.context.trusted and not public:
            raise refused or Unauthorized(f"{HEADER} must hold a valid key.")

    def _admit(self, req: Request, caller: Caller | None, plain: str | None) -> None:
        req.context.key = caller.key if caller else None
        req.context.account = caller.account if caller else None
        req.context.plain = plain
        req.context.trusted = caller is not None or not self._required

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Refuse what the key's role may not do, and one stream too many."""
        self._check_role(req, req.method, params)
        if req.context.key and self._routes.of(req.uri_template).stream:
            self._streams.check(_holder(req))

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Let a stream of events end with its key."""
        if resp.sse is not None and getattr(req.context, "key", None):
            resp.sse = self._counted(resp.sse, req)

    async def _counted(self, events: AsyncIterator[Any], req: Request) -> AsyncGenerator[Any]:
        # Of many that began at once those too many end; who asks later is told why.
        with contextlib.suppress(TooManyRequests), self._streams.one_more(_holder(req)):
            held = until_revoked(events, lambda: self._opens(req), _LOOK_SECONDS)
            async with contextlib.aclosing(held):
                async for event in held:
                    yield event

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Refuse a wrong key before the socket is accepted."""
        plain = req.get_header(HEADER)
        caller = await self._callers.known(plain)
        refused = caller.refusal(now_ms()) if caller else None
        self._admit(req, None if refused else caller, plain)
        if plain and not req.context.trusted:
            raise refused or Unauthorized(f"{HEADER} must hold a valid key.")

    async def process_resource_ws(
        self, req: Request, ws: WebSocket, resource: object, params: dict[str, str]
    ) -> None:
        """Accept the socket; one that sent no key in a header must do so in its first message."""
        self._check_role(req, "WEBSOCKET", params)
        if req.context.key:
            self._streams.check(_holder(req))
        await ws.accept()
        if not req.context.trusted:
            plain = await _first_message(ws)
            caller = await self._callers.known(plain)
            refused = caller.refusal(now_ms()) if caller else None
            if caller is None or refused:
                raise refused or Unauthorized('Send {"type": "auth", "api_key": "..."} first.')
            self._admit(req, caller, plain)
            self._check_role(req, "WEBSOCKET", params)
            self._streams.check(_holder(req))
            await ws.send_text('{"type":"authenticated"}')
        req.context.watch = asyncio.create_task(self._watch(ws, req))

    async def _watch(self, ws: WebSocket, req: Request) -> None:
        """Close a socket soon after its key ended, if it is one too many, or too old."""
        ends, key = time.monotonic() + self._socket_seconds, req.context.key
        try:
            with self._streams.one_more(_holder(req)) if key else contextlib.nullcontext():
                while not ws.closed:
                    await asyncio.sleep(_LOOK_SECONDS)
                    refused = await self._refusal(req) if key else None
                    if refused and not ws.closed:
                        await ws.close(_UNAUTHORIZED, refused.type)
                    elif time.monotonic() > ends and not ws.closed:
                        await ws.close(_GOING_AWAY, "connect anew")
        except TooManyRequests as error:
            await ws.close(_TOO_MANY, error.type)

    async def _opens(self, req: Request) -> bool:
        return await self._refusal(req) is None

    async def _refusal(self, req: Request) -> RequestError | None:
        """Return why a call's key opens no more, None if it does; what its account is now is noted.

        While nobody knows of a change, what was known last holds, and ends when it says so.
        """
        try:
            caller = await self._callers.known(req.context.plain)
        except Unavailable:
            caller = Caller(req.context.key, req.context.account)
        if caller is None:
            return Unauthorized(f"{HEADER} must hold a valid key.")
        req.context.account = caller.account
        return caller.refusal(now_ms())

    def _count(self, address: str) -> None:
        sentence = f"An address may call {self._address_calls} times a minute without a valid key."
        self._calls.count(address, self._address_calls, sentence)

    def _check_role(self, req: Request, method: str, params: Mapping[str, str]) -> None:
        key, public = req.context.key, self._routes.is_public(req.path)
        if key and not public and not may_call(key.role, method, self._routes.of(req.uri_template)):
            raise Forbidden(f"A key of the role {key.role} may not do this.")
        if key and not _is_in_scope(key, self._routes.of(req.uri_template).purpose, params):
            raise Forbidden(f"This key opens {', '.join(key.scopes)} and nothing else.")

    async def _known_soon(self, plain: str | None) -> Caller | None:
        """Find the key, unless the database is away: what is public is told all the same."""
        try:
            return await asyncio.wait_for(self._callers.known(plain), _PUBLIC_SECONDS)
        except (Unavailable, TimeoutError):
            return None


def may_call(role: str, method: str, route: Route) -> bool:
    """Say whether a key of a role may call a route.

    Readers read, and compute where it says so; traders do too, and call what names them; other
    roles call what names them, and no more.
    """
    reads = method in _READING or method in route.computes
    if role == READER:
        return reads
    if role == TRADER:
        return reads or role in route.roles
    return role == OWNER or role in route.roles


def _holder(req: Request) -> str:
    """Return who is counted: an account, whose second key is no second budget, or a key."""
    account, key = req.context.account, req.context.key
    return f"account-{account.id}" if account else str(key.id)


def _is_in_scope(key: AccessKey, purpose: str, params: Mapping[str, str]) -> bool:
    """Say whether a narrowed key may call a route: a platform stands in the path.

    For whom a forecast speaks is told by the body, which the resource checks.
    """
    if purpose == FORECAST:
        return key.serves(purpose)
    return key.reaches(purpose, params.get("platform", ""))


async def _first_message(ws: WebSocket) -> str | None:
    """Return the key that an opening `auth` message brings."""
    try:
        text = await asyncio.wait_for(ws.receive_text(), _AUTH_SECONDS)
        message = msgspec.json.decode(text, type=_AuthMessage)
    except (TimeoutError, msgspec.MsgspecError, PayloadTypeError):
        return None
    return message.api_key


class _AuthMessage(msgspec.Struct, tag_field="type", tag="auth"):
    api_key: str
