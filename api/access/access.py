"""Who may call what: without a key nothing, and no change but the owner's, unless a route says."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any

import msgspec
from falcon import PayloadTypeError
from falcon.asgi import Request, Response, WebSocket

from api.access.minute_calls import MinuteCalls
from api.access.open_streams import OpenStreams, until_revoked
from api.http.routes import Route, Routes
from api.http.threads import in_database_thread
from core.errors import Forbidden, TooManyRequests, Unauthorized, Unavailable
from storage.access.access_keys import FORECAST, OWNER, READER, AccessKey, AccessKeyStore

HEADER = "X-API-Key"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# A revoked key must be refused within a second, so a good one is believed for half of it.
_BELIEF_SECONDS = 0.5
_BELIEVED_LIMIT = 1_024
_KEY_LENGTH_LIMIT = 256
_AUTH_SECONDS = 5
# A public answer, that the database hangs for instance, waits for it no longer.
_PUBLIC_SECONDS = 1.0
_UNAUTHORIZED, _TOO_MANY = 4_401, 4_429


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
        required: bool,
        streams: OpenStreams,
        calls: MinuteCalls,
        address_calls: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._routes = routes
        self._required = required
        self._streams = streams
        self._address_calls = address_calls
        self._calls = calls
        self._clock = clock
        self._believed: dict[bytes, tuple[float, AccessKey]] = {}
        self._looked_up: dict[bytes, asyncio.Future[AccessKey | None]] = {}

    async def process_request(self, req: Request, resp: Response) -> None:
        public = self._routes.is_public(req.path)
        find = self._find_soon if public else self._find
        plain = req.get_header(HEADER)
        req.context.key = await find(plain)
        req.context.plain = plain
        req.context.trusted = req.context.key is not None or not self._required
        if not req.context.trusted:
            self._count(req.remote_addr)
        if not req.context.trusted and not public:
            raise Unauthorized(f"{HEADER} must hold a valid key.")

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Refuse what the key's role may not do, and one stream too many."""
        self._check_role(req, req.method, params)
        if req.context.key and self._routes.of(req.uri_template).stream:
            self._streams.check(req.context.key.id)

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Let a stream of events end with its key."""
        if resp.sse is not None and getattr(req.context, "key", None):
            resp.sse = self._counted(resp.sse, req.context.key.id, req.context.plain)

    async def _counted(
        self, events: AsyncIterator[Any], key_id: str, plain: str
    ) -> AsyncGenerator[Any]:
        # Of many that began at once those too many end; who asks later is told why.
        with contextlib.suppress(TooManyRequests), self._streams.one_more(key_id):
            held = until_revoked(events, lambda: self._opens(plain), _BELIEF_SECONDS)
            async with contextlib.aclosing(held):
                async for event in held:
                    yield event

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Refuse a wrong key before the socket is accepted."""
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
        self._check_role(req, "WEBSOCKET", params)
        if req.context.key:
            self._streams.check(req.context.key.id)
        await ws.accept()
        if not req.context.trusted:
            plain = await _first_message(ws)
            req.context.key = await self._find(plain)
            if req.context.key is None:
                raise Unauthorized('Send {"type": "auth", "api_key": "..."} first.')
            req.context.trusted, req.context.plain = True, plain
            self._check_role(req, "WEBSOCKET", params)
            self._streams.check(req.context.key.id)
            await ws.send_text('{"type":"authenticated"}')
        if req.context.key:
            watching = self._watch(ws, req.context.key.id, req.context.plain)
            req.context.watch = asyncio.create_task(watching)

    async def _watch(self, ws: WebSocket, key_id: str, plain: str) -> None:
        """Close an open socket soon after its key was revoked, or if it is one too many."""
        try:
            with self._streams.one_more(key_id):
                while not ws.closed:
                    await asyncio.sleep(_BELIEF_SECONDS)
                    if not await self._opens(plain) and not ws.closed:
                        await ws.close(_UNAUTHORIZED, Unauthorized.type)
        except TooManyRequests as error:
            await ws.close(_TOO_MANY, error.type)

    async def _opens(self, plain: str) -> bool:
        """Say whether a key opens still; while nobody knows, it does."""
        try:
            return await self._find(plain) is not None
        except Unavailable:
            return True

    def _count(self, address: str) -> None:
        sentence = f"An address may call {self._address_calls} times a minute without a valid key."
        self._calls.count(address, self._address_calls, sentence)

    def _check_role(self, req: Request, method: str, params: Mapping[str, str]) -> None:
        key, public = req.context.key, self._routes.is_public(req.path)
        if key and not public and not may_call(key.role, method, self._routes.of(req.uri_template)):
            raise Forbidden(f"A key of the role {key.role} may not do this.")
        if key and not _is_in_scope(key, self._routes.of(req.uri_template).purpose, params):
            raise Forbidden(f"This key opens {', '.join(key.scopes)} and nothing else.")

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
        # All callers with one key wait for one look-up; that one of them goes ends it for none.
        looked_up = self._looked_up.get(digest)
        if looked_up is None:
            looked_up = asyncio.ensure_future(self._look_up(digest, plain))
            looked_up.add_done_callback(_note_error)
            self._looked_up[digest] = looked_up
        return await asyncio.shield(looked_up)

    async def _look_up(self, digest: bytes, plain: str) -> AccessKey | None:
        try:
            found = await in_database_thread(self._keys.find, plain)
        finally:
            del self._looked_up[digest]
        self._believed.pop(digest, None)
        if found:
            self._believe(digest, found)
        return found

    def _believe(self, digest: bytes, key: AccessKey) -> None:
        if len(self._believed) >= _BELIEVED_LIMIT:
            self._believed.clear()
        self._believed[digest] = (self._clock() + _BELIEF_SECONDS, key)


def _note_error(looked_up: asyncio.Future[AccessKey | None]) -> None:
    """Look at how a look-up ended, which nobody may have waited for to its end."""
    if not looked_up.cancelled():
        looked_up.exception()


def may_call(role: str, method: str, route: Route) -> bool:
    """Say whether a key of a role may call a route.

    Readers read, and compute where it says so; other roles call what names them, and no more.
    """
    if role == READER:
        return method in _READING or method in route.computes
    return role == OWNER or role in route.roles


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
