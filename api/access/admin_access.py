"""The operator's routes: opened by a secret, counted, and every call noted."""

import hmac
from collections.abc import Sequence

from falcon.asgi import Request, Response

from api.access.minute_calls import MinuteCalls
from api.http.middleware import request_id
from api.http.routes import Routes
from api.http.threads import in_database_thread
from api.robots.seen import is_owner
from core.errors import Forbidden, Unauthorized
from storage.sales.admin_audit import AdminAudit, AdminCall

ADMIN_HEADER = "X-Admin-Secret"
PREFIX = "/admin"
WRONG_A_MINUTE = 10
_NAMES = ("current", "old")
_WRONG, _OWNERS_KEY = "wrong", "key"


class AdminAccess:
    """Middleware that lets nobody below /admin but holders of a secret; without one it is closed.

    Two secrets may be live while one replaces the other; both are compared, in constant
    time. A call is noted before anything is done for it, and its answer afterwards. What an
    owner may read is left to `Access`, which knows keys, where no secret is sent.
    """

    def __init__(
        self, secrets: Sequence[str], audit: AdminAudit, calls: MinuteCalls, routes: Routes
    ) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._audit = audit
        self._calls = calls
        self._routes = routes

    async def process_request(self, req: Request, resp: Response) -> None:
        """Refuse whoever has no secret, before a route is looked up."""
        req.context.admin = None
        if req.path != PREFIX and not req.path.startswith(f"{PREFIX}/"):
            return
        given = req.get_header(ADMIN_HEADER)
        if given is None and self._routes.of(req.path).owner_reads:
            return
        if not self._secrets:
            raise Forbidden("The admin routes are closed; TICKCAST_ADMIN_SECRET opens them.")
        which = self._which((given or "").encode())
        if which == _WRONG:
            self._calls.count(
                f"admin {req.remote_addr}",
                WRONG_A_MINUTE,
                f"An address may try {WRONG_A_MINUTE} wrong secrets a minute.",
            )
        await self._note(req, which)
        if which == _WRONG:
            raise Unauthorized(f"{ADMIN_HEADER} must hold the admin secret.")
        req.context.admin = which

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Refuse a route of the operator's to whoever has no secret, or no owner's key for it."""
        if not (req.uri_template or "").startswith(f"{PREFIX}/") or req.context.admin:
            return
        if not (self._routes.of(req.uri_template).owner_reads and is_owner(req.context.key)):
            raise Forbidden("This is the operator's.")
        await self._note(req, _OWNERS_KEY)

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Note how the call was answered."""
        number = getattr(req.context, "admin_call", None)
        if number is not None:
            resp.set_header("Cache-Control", "no-store")
            await in_database_thread(self._audit.end, number, resp.status_code)

    async def _note(self, req: Request, which: str) -> None:
        call = AdminCall(req.remote_addr, req.method, req.path, which, request_id(req))
        req.context.admin_call = await in_database_thread(self._audit.begin, call)

    def _which(self, given: bytes) -> str:
        found = _WRONG
        for name, secret in zip(_NAMES, self._secrets, strict=False):
            if hmac.compare_digest(secret, given):
                found = name
        return found
