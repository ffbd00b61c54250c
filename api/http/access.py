"""Who may call what: without a key nothing, and no change but the owner's, unless a route says."""

import asyncio
import hashlib
import time
from collections.abc import Callable

import msgspec
from falcon import PayloadTypeError
from falcon.asgi import Request, Response, WebSocket

from api.http.address_calls import AddressCalls
from api.http.routes import Route, Routes
from api.http.threads import in_database_thread
from core.errors import Forbidden, Unauthorized, Unavailable
from storage.access.access_keys import OWNER, READER, AccessKey, AccessKeyStore

HEADER = "X-API-Key"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# A revoked key must be refused within a second, so a good one is believed for half of it.
_BELIEF_SECONDS = 0.5
_BELIEVED_LIMIT = 1_024
_KEY_LENGTH_LIMIT = 256
_AUTH_SECONDS = 5
# A public answer, that the database hangs for instance, waits for it no longer.
_PUBLIC_SECONDS = 1.0
_UNAUTHORIZED = 4_401


class Access:
    """Middleware that knows the caller before any route is looked up.

    It runs first, so that a path which does not exist answers 401 without a key
    too: nobody learns the routes by trying. `req.context.key` is the key's
    record, or None for a public call without one; with `required` false (auth
    off) every call passes.
    """

    def __init__(
        self,
        keys: AccessKeyStore,
        routes: Routes,
        required: bool = True,
        calls: AddressCalls | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._routes = routes
        self._required = required
        self._calls = calls or AddressCalls(1_200)
        self._clock = clock
        self._believed: dict[bytes, tuple[float, AccessKey]] = {}

    async def process_request(self, req: Request, resp: Response) -> None:
        public = self._routes.is_public(req.path)
        find = self._find_soon if public else self._find
        req.context.key = await find(req.get_header(HEADER))
        req.context.trusted = req.context.key is not None or not self._required
        if not req.context.trusted:
            self._calls.count(req.remote_addr)
        if not req.context.trusted and not public:
            raise Unauthorized(f"{HEADER} must hold a valid key.")

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Refuse what the key's role may not do."""
        self._check_role(req, req.method)

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Refuse a wrong key and a foreign page before the socket is accepted."""
        origin = req.get_header("Origin")
        if origin and origin.partition("://")[2] != req.netloc:
            raise Forbidden("Origin: pages of other hosts may not open sockets here.")
        plain = req.get_header(HEADER)
        req.context.key = await self._find(plain)
        req.context.trusted = req.context.key is not None or not self._required
        if plain and not req.context.trusted:
            raise Unauthorized(f"{HEADER} must hold a valid key.")
        if req.context.key:
            req.context.plain = plain

    async def process_resource_ws(
        self, req: Request, ws: WebSocket, resource: object, params: dict[str, str]
    ) -> None:
        """Accept the socket; one that sent no key in a header must do so in its first message."""
        self._check_role(req, "WEBSOCKET")
        await ws.accept()
        if not req.context.trusted:
            plain = await _first_message(ws)
            req.context.key = await self._find(plain)
            if req.context.key is None:
                raise Unauthorized('Send {"type": "auth", "api_key": "..."} first.')
            req.context.trusted, req.context.plain = True, plain
            self._check_role(req, "WEBSOCKET")
            await ws.send_text('{"type":"authenticated"}')
        if req.context.key:
            req.context.watch = asyncio.create_task(self._watch(ws, req.context.plain))

    async def _watch(self, ws: WebSocket, plain: str) -> None:
        """Close an open socket soon after its key was revoked."""
        while not ws.closed:
            await asyncio.sleep(_BELIEF_SECONDS)
            try:
                known = await self._find(plain)
            except Unavailable:
                continue
            if known is None and not ws.closed:
                await ws.close(_UNAUTHORIZED, Unauthorized.type)

    def _check_role(self, req: Request, method: str) -> None:
        key = req.context.key
        if key and not may_call(key.role, method, self._routes.of(req.uri_template)):
            raise Forbidden(f"A key of the role {key.role} may not do this.")

    async def _find_soon(self, plain: str | None) -> AccessKey | None:
        """Find the key, unless the database is away: what is public is told all the same."""
        try:
            return await asyncio.wait_for(self._find(plain), _PUBLIC_SECONDS)
        except (Unavailable, TimeoutError):
            return None

    async def _find(self, plain: str | None) -> AccessKey | None:
        if not plain or len(plain) > _KEY_LENGTH_LIMIT:
            return None
        digest = hashlib.sha256(plain.encode()).digest()
        until, believed = self._believed.get(digest, (0.0, None))
        if believed and self._clock() < until:
            return believed
        found = await in_database_thread(self._keys.find, plain)
        self._believed.pop(digest, None)
        if found:
            self._believe(digest, found)
        return found

    def _believe(self, digest: bytes, key: AccessKey) -> None:
        if len(self._believed) >= _BELIEVED_LIMIT:
            self._believed.clear()
        self._believed[digest] = (self._clock() + _BELIEF_SECONDS, key)


def may_call(role: str, method: str, route: Route) -> bool:
    """Say whether a key of a role may call a route: readers read, and compute where it says so."""
    return role == OWNER or (role == READER and (method in _READING or method in route.computes))


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
